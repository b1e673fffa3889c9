#include "cli/services_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "parameters/table.hpp"

namespace dfp::cli {
namespace {

boost::json::object parsed(const char* text) { return boost::json::parse(text).as_object(); }

constexpr auto kThree = R"({"Status":"OK","Synchronised":true,"Services":[
    {"ServiceName":"web","ServicePath":["/a","/b"],"ServiceDomain":"x.com,y.com,z.com","Revision":12,
     "ChangedAt":"2026-01-31T12:00:00Z","Up":1,"Servers":[
       {"Destination":1,"Address":"10.0.0.1","Port":80,"State":"UP","Seconds":7,"Check":"L4OK","Text":""},
       {"Destination":1,"Address":"10.0.0.2","Port":80,"State":"DOWN","Seconds":5,"Check":"L4CON","Text":"refused"}],
     "Instances":[],"Registered":[]},
    {"ServiceName":"shop","ServiceColor":"blue","ServicePath":["/shop"],"Revision":3,"ChangedAt":"2026-01-31T12:00:01Z",
     "Up":0,"Servers":[],"Instances":[],"Registered":[{"ID":"i"}],"Unhealthy":["shop-1: 500"]},
    {"ServiceName":"tmpl","ConsulTemplatePath":"/t","Revision":1,"ChangedAt":"2026-01-31T12:00:02Z"}],
    "LabelProblems":{"bad":"com.df.port: x"},"DiscoveryError":"no engine","Fresh":["of","tomorrow"]})";

TEST(ServicesTable, IsSortedAndSaysWhatIsWrongBelow) {
  EXPECT_EQ(
      render_services_table(parsed(kThree), Colors::Off),
      "SERVICE  COLOR  HOSTS     PATHS       UP/ALL  REV  CHANGED\n"
      "shop     blue   *         /shop       0/0     3    2026-01-31T12:00:01Z\n"
      "tmpl     -      -         (template)  -       1    2026-01-31T12:00:02Z\n"
      "web      -      x.com +2  /a +1       1/2     12   2026-01-31T12:00:00Z\n"
      "shop: NO SERVER UP (0/0)\n"
      "shop: unhealthy: shop-1: 500\n"
      "shop: other instances are registered than in use (--wide lists them; reconfigure takes over what is "
      "registered)\n"
      "web: server 10.0.0.2:80 DOWN for 5 s: L4CON, refused\n"
      "labels are wrong: bad: com.df.port: x\n"
      "the labels could not be read: no engine\n");
}

TEST(ServicesTable, AServiceWithoutServerIsRed) {
  auto text = render_services_table(parsed(kThree), Colors::On);
  EXPECT_TRUE(text.contains("\x1b[31m0/0   \x1b[0m")) << text;
  EXPECT_FALSE(text.contains("\x1b[31m1/2"));
}

TEST(ServicesTable, ShowsTheRoutesOfAllDestinations) {
  auto text = render_services_table(
      parsed(R"({"Services":[{"ServiceName":"a","ServicePath":["/x"],"Revision":1,"ServiceDest":[
          {"Index":1,"ServicePath":["/x"]},{"Index":2,"ServicePath":["/y"],"ServiceDomain":"b.com"}]}]})"),
      Colors::Off);
  EXPECT_TRUE(text.contains("a        -      b.com  /x +1  -       1")) << text;
}

TEST(ServicesTable, ALongPathIsShortened) {
  boost::json::object service{{"ServiceName", "a"},
                              {"ServicePath", boost::json::array{"/" + std::string(2000, 'x')}}};
  auto text = render_services_table({{"Services", boost::json::array{service}}}, Colors::Off);
  EXPECT_LT(text.size(), 300U);
  EXPECT_TRUE(text.contains("/xxxx") && text.contains("..."));
}

/// What --json shows is shown here, too: whatever is added to the table of parameters.
TEST(ServicesDetails, ShowEveryParameter) {
  boost::json::object service{{"ServiceName", "a"}};
  std::vector<std::string> wanted;
  for (const auto& parameter : parameters::table()) {
    std::string key(parameter.info.name);
    auto value = "is-" + key;
    key[0] = static_cast<char>(key[0] - 'a' + 'A');
    bool is_list = parameter.info.type == parameters::ParameterType::List && !parameter.joined_in_json;
    bool is_flag = parameter.info.type == parameters::ParameterType::Bool;
    wanted.push_back(is_flag ? std::string(parameter.info.name) : value);
    if (is_flag)
      service[key] = true;
    else if (is_list)
      service[key] = boost::json::array{value};
    else
      service[key] = value;
  }
  auto text = render_services_details({{"Services", boost::json::array{service}}});
  for (const auto& one : wanted) EXPECT_TRUE(text.contains(one)) << one << " in\n" << text;
}

TEST(ServicesDetails, ShowServersInstancesAndWhatIsNew) {
  auto text = render_services_details(parsed(kThree));
  for (auto part : {"web  UP 1/2  revision 12", "  servers     10.0.0.1:80 UP for 7 s: L4OK\n",
                    "              10.0.0.2:80 DOWN for 5 s: L4CON, refused\n", "  unhealthy   shop-1: 500\n",
                    "labels are wrong: bad: com.df.port: x\n", "fresh: of, tomorrow\n"})
    EXPECT_TRUE(text.contains(part)) << part << " in\n" << text;
  text = render_services_details(parsed(
      R"({"Services":[{"ServiceName":"a","Registered":[{"ID":"i","Node":"n","Address":"web.lan","Port":80,"Health":"passing",
            "Tags":["t","u"],"Weight":3}],"Instances":[{"ID":"i","Node":"n","Address":"web.lan","Port":80,"Health":"passing",
            "Tags":["t","u"],"Weight":3,"UsedAddress":"10.0.0.9","NameProblem":"no answer"}]}]})"));
  EXPECT_TRUE(text.contains(
      "web.lan:80 i on n (passing), weight 3, tags t, u, used as 10.0.0.9, problem: no answer\n"))
      << text;
  EXPECT_FALSE(text.contains("registered")) << "a resolved name is no other instance";
}

}  // namespace
}  // namespace dfp::cli
