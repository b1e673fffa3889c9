#include "api/json.hpp"

#include <gtest/gtest.h>

#include <boost/json/value.hpp>

#include "parameters/table.hpp"

namespace dfp::api {
namespace {

model::Definition full() {
  model::Definition d;
  d.service = "go-demo";
  d.color = "blue";
  d.paths = {"/demo", "/a&b"};
  d.domains = {"a.com", "*.b.com"};
  d.path_type = model::PathType::End;
  d.skip_check = true;
  d.acl_name = "05";
  return d;
}

TEST(NineKeys, AreTheOriginalsInItsOrder) {
  EXPECT_EQ(
      render_json(nine_keys(true, "", full())),
      R"({"Status":"OK","Message":"","ServiceName":"go-demo","ServiceColor":"blue","ServicePath":["/demo","/a\u0026b"],)"
      R"("ServiceDomain":"a.com,*.b.com","ConsulTemplatePath":"","PathType":"path_end","SkipCheck":true})");
}

TEST(NineKeys, NothingIsOmittedAndAnAbsentPathIsNull) {
  EXPECT_EQ(
      render_json(nine_keys(false, "no <b>", {})),
      R"({"Status":"NOK","Message":"no \u003cb\u003e","ServiceName":"","ServiceColor":"","ServicePath":null,)"
      R"("ServiceDomain":"","ConsulTemplatePath":"","PathType":"","SkipCheck":false})");
}

TEST(DefinitionJson, HasEveryParameter) {
  auto object = definition_json(full());
  EXPECT_EQ(object.begin()->key(), "ServiceName");
  EXPECT_EQ(object.at("AclName").as_string(), "05");
  EXPECT_EQ(object.size(), parameters::table().size());
}

TEST(DefinitionJson, OfSeveralDestinationsListsThemAll) {
  auto shop = full();
  shop.others[2].paths = {"/admin"};
  shop.others[2].port = 9090;
  EXPECT_FALSE(definition_json(full()).contains("ServiceDest"));
  EXPECT_EQ(
      render_json(definition_json(shop).at("ServiceDest").as_array()),
      R"([{"Index":1,"ServicePath":["/demo","/a\u0026b"],"ServiceDomain":"a.com,*.b.com","PathType":"path_end",)"
      R"("StripPath":false,"SkipCheck":true,"Port":""},{"Index":2,"ServicePath":["/admin"],"ServiceDomain":"","PathType":"",)"
      R"("StripPath":false,"SkipCheck":false,"Port":"9090"}])");
}

TEST(RenderJson, EscapesLineSeparatorsAsGoDoes) {
  EXPECT_EQ(render_json(boost::json::value("a\xE2\x80\xA8 b\xE2\x80\xA9 c\xE2\x80\xA6\n")),
            "\"a\\u2028 b\\u2029 c\xE2\x80\xA6\\n\"");
}

TEST(InstanceJson, ShowsWhatIdentifiesAndReachesIt) {
  model::Instance instance;
  instance.node = "n";
  instance.id = "i";
  instance.address = "1.2.3.4";
  instance.port = 80;
  instance.tags = {"x"};
  EXPECT_EQ(
      render_json(instance_json(instance)),
      R"({"Node":"n","ID":"i","Address":"1.2.3.4","Port":80,"Tags":["x"],"Health":"passing","Weight":1})");
}

}  // namespace
}  // namespace dfp::api
