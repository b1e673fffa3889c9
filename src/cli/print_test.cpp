#include "cli/print.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace dfp::cli {
namespace {

std::string render(api::Action action, const char* json, View view = {}) {
  return render_answer(action, boost::json::parse(json).as_object(), view);
}

TEST(PrintReconfigure, ShowsThePlanOfADryRun) {
  EXPECT_EQ(
      render(
          api::Action::Reconfigure,
          R"({"Status":"OK","Message":"a has no instance","ServiceName":"a","AppliedBy":"nothing","Reason":"",
                       "Revision":1,"Instances":0,"DryRun":true,
                       "Plan":[{"What":"add route /a","Means":"reload","Reason":"new backend"}]})"),
      "a would be routed to 0 instance(s), revision 1 (nothing to change)\n"
      "  reload   add route /a (new backend)\n"
      "a has no instance\n");
}

TEST(PrintRemove, SaysWhenThereWasNothing) {
  EXPECT_EQ(
      render(api::Action::Remove, R"({"Message":"","ServiceName":"a","AppliedBy":"runtime","Reason":""})"),
      "a is removed (runtime)\n");
  EXPECT_EQ(render(api::Action::Remove, R"({"Message":"service a was not configured","ServiceName":"a"})"),
            "service a was not configured\n");
}

TEST(PrintServices, ShowsRoutesInstancesAndWhatIsNotInUse) {
  EXPECT_EQ(render(api::Action::Services,
                   R"({"Status":"OK","Synchronised":true,"Services":[
                       {"ServiceName":"go-demo","ServiceColor":"blue","ServicePath":["/a","/b"],"ServiceDomain":"x.com",
                        "Revision":3,"ChangedAt":"2026-01-31T12:00:00Z","ChangedBy":"api 127.0.0.1",
                        "Instances":[{"Node":"n","ID":"i","Address":"10.0.0.1","Port":80,"Health":"passing"}],
                        "Registered":[]},
                       {"ServiceName":"b","Revision":1,"Instances":[],"Registered":null}],
                       "Quarantined":{"c":"bad regex"},"NotRefreshed":{"a":"no file"},"WatchProblems":{"b":"no key"},"NotRouted":["d","e"],
                       "Differences":["route /a is missing"],"LiveError":"it is frozen",
                       "CatalogError":"registry away"})",
                   {.details = true}),
            "go-demo (blue)  revision 3, 2026-01-31T12:00:00Z by api 127.0.0.1\n"
            "  hosts       x.com\n"
            "  paths       /a, /b\n"
            "  instances   10.0.0.1:80 i on n (passing)\n"
            "  registered  none\n"
            "  (reconfigure takes over what is registered)\n"
            "b  revision 1,  by \n"
            "  instances   none\n"
            "quarantined: c: bad regex\n"
            "served as stored: a: no file\n"
            "does not follow the registry: b: no key\n"
            "registered, not routed: d, e\n"
            "the registry could not be read: registry away\n"
            "HAProxy differs: route /a is missing\n"
            "HAProxy could not be asked: it is frozen\n");
}

TEST(PrintServices, OfAnEmptyProxySaysSo) {
  EXPECT_EQ(render(api::Action::Services, R"({"Status":"OK","Synchronised":false,"Services":[]})"),
            "no service is configured\nnot yet synchronised with the registry\n");
}

/// "No service is down" must not be concluded from an answer that does not say.
TEST(WhyHealthIsUnknown, TellsSilenceFromHealth) {
  auto why = [](const char* answer) { return why_health_is_unknown(boost::json::parse(answer).as_object()); };
  EXPECT_EQ(why(R"({"HealthError":"","Services":[]})"), "");
  EXPECT_EQ(why(R"({"HealthError":"it is frozen","Services":[{}]})"), "it is frozen");
  EXPECT_NE(why(R"({"Services":[{}]})"), "");
}

TEST(PrintRegister, ShowsTheInstance) {
  EXPECT_EQ(render(api::Action::Register,
                   R"({"Message":"registered","ServiceName":"a",
                       "Instance":{"Node":"n","ID":"i","Address":"::1","Port":80,"Health":"passing"}})"),
            "a [::1]:80 i on n (passing): registered\n");
}

/// An answer of another version must not end the client.
TEST(Print, ForeignShapesAreSurvived) {
  for (auto action : {api::Action::Reconfigure, api::Action::Remove, api::Action::Services,
                      api::Action::Register, api::Action::Ping})
    for (
        auto json :
        {"{}",
         R"({"Message":1,"Services":[1,{}],"Quarantined":{"a":1},"Instance":3,"Plan":[2],"NotRouted":[{}]})"})
      for (bool details : {false, true}) EXPECT_FALSE(render(action, json, {details}).empty());
}

}  // namespace
}  // namespace dfp::cli
