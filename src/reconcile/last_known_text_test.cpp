#include "reconcile/last_known_text.hpp"

#include <gtest/gtest.h>

namespace dfp::reconcile {
namespace {

model::Service service(std::string name) {
  model::Service s;
  s.definition.service = std::move(name);
  s.definition.paths = {"/" + s.definition.service};
  s.changed_by = "test";
  return s;
}

std::string text_of(std::initializer_list<std::string> entries) {
  std::string text = "{";
  for (const auto& entry : entries) text += (text.size() > 1 ? ",\n" : "\n") + entry;
  return text + "\n}\n";
}

TEST(LastKnownText, AServiceAndItsHoldComeBackAsTheyWere) {
  auto read = parse_last_known(text_of(
      {render_last_known(service("a"), ""), render_last_known(service("b"), "2026-01-31T12:00:00Z")}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state.services.at("a"), service("a"));
  EXPECT_EQ(read->state.services.at("b"), service("b"));
  EXPECT_EQ(read->held, (std::map<std::string, std::string>{{"b", "2026-01-31T12:00:00Z"}}));
}

TEST(LastKnownText, ARecordOfANewerVersionCostsOnlyItsOwnService) {
  auto read = parse_last_known(text_of({render_last_known(service("a"), ""), R"("b": {"version":99,"x":1})",
                                        R"("c": "no record")", render_last_known(service("d"), "")}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state.services.size(), 2);
  ASSERT_TRUE(read->broken.contains("b"));
  EXPECT_TRUE(read->broken.at("b").contains("newer")) << read->broken.at("b");
  EXPECT_EQ(read->unreadable.at("b"), R"({"version":99,"x":1})") << "kept, for a program that can read it";
  EXPECT_TRUE(read->broken.contains("c"));
}

TEST(LastKnownText, ATextThatIsCutOffGivesTheServicesThatAreWhole) {
  auto whole = text_of({render_last_known(service("a"), ""), render_last_known(service("b"), ""),
                        render_last_known(service("c"), "")});
  auto read = parse_last_known(whole.substr(0, whole.size() - 20));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->state.services.contains("a"));
  EXPECT_TRUE(read->state.services.contains("b"));
  EXPECT_TRUE(read->broken.contains("c"));
  EXPECT_TRUE(read->cut);
}

TEST(LastKnownText, ATextWithoutItsEndIsCutWhereverThatWas) {
  auto a = render_last_known(service("a"), "");
  auto added = "\n" + render_last_known(service("b"), "") + "\n";
  auto whole = text_of({a}) + added;
  auto is_cut = [](const std::string& text) { return parse_last_known(text)->cut; };
  EXPECT_FALSE(is_cut(text_of({a})));
  EXPECT_FALSE(is_cut(whole));
  EXPECT_TRUE(is_cut(whole.substr(0, whole.size() - 20))) << "in the record that was added last";
  EXPECT_TRUE(is_cut("{\n" + a + "\n")) << "at the end of a line";
}

TEST(LastKnownText, ALineThatIsSpoiltCostsOnlyItsOwnService) {
  auto a = render_last_known(service("a"), "");
  auto read =
      parse_last_known(text_of({a.substr(0, a.size() / 2) + "\x01", render_last_known(service("b"), "")}));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->broken.contains("a"));
  EXPECT_TRUE(read->state.services.contains("b"));
}

TEST(LastKnownText, OfRecordsThatWereAddedTheLastOneCounts) {
  auto newer = service("a");
  newer.revision = 7;
  auto read = parse_last_known(text_of({render_last_known(service("a"), "2026-01-31T12:00:00Z"),
                                        render_last_known(service("b"), ""), R"("c": {"version":99})"}) +
                               "\n" + render_last_known(newer, "") + "\n\n" + render_last_known_absence("b") +
                               "\n\n" + render_last_known(service("c"), "") + "\n\n\"a\": {\"vers");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state.services.at("a"), newer) << "what was cut off after it costs nothing";
  EXPECT_FALSE(read->state.services.contains("b"));
  EXPECT_TRUE(read->state.services.contains("c"));
  EXPECT_TRUE(read->held.empty());
  auto none = parse_last_known("{\n}\n\n" + render_last_known_absence("a") + "\n");
  ASSERT_TRUE(none) << "the last service was removed";
  EXPECT_TRUE(none->state.services.empty());
}

TEST(LastKnownText, WhatHoldsNoServiceIsRejected) {
  for (auto text : {"", "garbage", "[1, 2]", "{\"\": "}) {
    auto read = parse_last_known(text);
    EXPECT_FALSE(read) << text;
  }
  EXPECT_TRUE(parse_last_known("{}"));
}

}  // namespace
}  // namespace dfp::reconcile
