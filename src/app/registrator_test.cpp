#include "app/registrator.hpp"

#include <gmock/gmock.h>

#include "app/registrator_tags.hpp"

namespace dfp::app {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

settings::Docker asking_for(std::string registrator) {
  settings::Docker docker;
  docker.registrator = std::move(registrator);
  return docker;
}

TEST(InnerRegistrator, TakesOptionsAsTheCommandDoes) {
  auto options = inner_registrator(asking_for(R"(-explicit -tags '{{strSlice .ID 0 12}},x' --ip=10.0.0.7)"));
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_TRUE((*options)->explicit_only);
  EXPECT_EQ((*options)->tags_template, "{{strSlice .ID 0 12}},x");
  EXPECT_EQ((*options)->ip, "10.0.0.7");
}

TEST(InnerRegistrator, NamesTheSettingInWhatItRefuses) {
  EXPECT_THAT(inner_registrator(asking_for("-tags '{{.ID}}")).error().what,
              HasSubstr("registrator: a ' is not closed"));
  EXPECT_THAT(inner_registrator(asking_for("-nonsense")).error().what,
              HasSubstr("registrator: \"-nonsense\""));
}

TEST(RegistratorTags, OfPlainTextNeedNoTemplate) {
  auto tags = tags_template({.tags = {"a"}});
  ASSERT_TRUE(tags);
  EXPECT_FALSE(*tags);
}

TEST(RegistratorTags, AreRenderedFromTheEnginesWords) {
  auto tags = tags_template({.tags_template = "name={{.Name}}"});
  ASSERT_TRUE(tags) << tags.error().what;
  EXPECT_EQ((*tags)(R"({"Name":"/c1"})"), "name=/c1");
}

TEST(RegistratorTags, NameThePlaceThatCannotBeParsed) {
  auto tags = tags_template({.tags_template = "a,{{.ID}},{{nonsense}}"});
  ASSERT_FALSE(tags);
  EXPECT_EQ(tags.error(), (Error{Errc::InvalidArgument,
                                 "--tags: function \"nonsense\" not defined (line 1, at character 13)"}));
}

TEST(RegistratorTags, TellWhyThereAreNone) {
  auto tags = tags_template({.tags_template = "{{.Nonsense}}"});
  ASSERT_TRUE(tags) << tags.error().what;
  EXPECT_THAT((*tags)("{}").error().what, HasSubstr("tags:1:2: executing \"tags\" at <.Nonsense>"));
}

}  // namespace
}  // namespace dfp::app
