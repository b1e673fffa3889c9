#include "registry/consul/kv_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::registry::consul {
namespace {
using ::testing::HasSubstr;

TEST(KvAnswer, GivesKeysValuesAndVersions) {
  std::string body = R"([
      {"LockIndex": 0, "Key": "a/b", "Flags": 0, "Value": "L2RlbW8=", "CreateIndex": 7, "ModifyIndex": 18446744073709551615},
      {"ModifyIndex": 9, "Value": null, "Key": "a/\u00e9/", "Session": "adf4", "LockIndex": 1}])";
  EXPECT_EQ(parse_kv_answer(body), (std::vector<Entry>{{"a/b", "/demo", UINT64_MAX}, {"a/é/", "", 9}}));
}

TEST(KvAnswer, BrokenTextIsAnError) {
  for (auto text :
       {"", "{}", "null", "[{}]", R"([{"Key":"a"}])", R"([{"ModifyIndex":1}])",
        R"([{"Key":"a","ModifyIndex":0}])", R"([{"Key":"a","ModifyIndex":"1"}])",
        R"([{"Key":"a","ModifyIndex":-1}])", R"([{"Key":1,"ModifyIndex":1}])",
        R"([{"Key":"a","ModifyIndex":1,"Value":"no base64!"}])", R"([{"Key":"a","ModifyIndex":1)"}) {
    std::string body = text;
    auto entries = parse_kv_answer(body);
    EXPECT_TRUE(!entries && entries.error().code == Errc::Rejected) << text;
  }
}

TEST(Transaction, HasAVerbForEveryOperation) {
  std::vector<Operation> operations{Put{"a", std::string("\0\xFF", 2)},
                                    PutIfVersion{"b", "", 0},
                                    PutIfVersion{"c", "x", 7},
                                    Delete{"d"},
                                    DeleteTree{"e/"},
                                    CheckVersion{"f", 8},
                                    CheckVersion{"g\"", 0}};
  EXPECT_EQ(render_transaction(operations), R"([{"KV":{"Verb":"set","Key":"a","Value":"AP8="}},)"
                                            R"({"KV":{"Verb":"cas","Key":"b","Value":"","Index":0}},)"
                                            R"({"KV":{"Verb":"cas","Key":"c","Value":"eA==","Index":7}},)"
                                            R"({"KV":{"Verb":"delete","Key":"d"}},)"
                                            R"({"KV":{"Verb":"delete-tree","Key":"e/"}},)"
                                            R"({"KV":{"Verb":"check-index","Key":"f","Index":8}},)"
                                            R"({"KV":{"Verb":"check-not-exists","Key":"g\""}}])");
}

TEST(Transaction, ItsVersionIsTheHighestOfTheWrittenKeys) {
  EXPECT_EQ(parse_transaction_answer(R"({"Results":[{"KV":{"Key":"a","Value":null,"ModifyIndex":20}},
                                         {"KV":{"Key":"b","ModifyIndex":19}},{"Service":{}},null],"Errors":null})"),
            20u);
  EXPECT_EQ(parse_transaction_answer(R"({"Results":[],"Errors":null})"), 0u);
  EXPECT_FALSE(parse_transaction_answer("rubbish"));
  EXPECT_FALSE(parse_transaction_answer(R"({"Results":null})"));
}

TEST(Transaction, ARefusalIsAConflictWithConsulsWords) {
  auto error = parse_transaction_refusal(
      R"({"Results":null,"Errors":[{"OpIndex":0,"What":"failed index check for key \"t/1\", current modify index 67 != 1"}]})");
  EXPECT_EQ(error.code, Errc::Conflict);
  EXPECT_THAT(error.what, HasSubstr("current modify index 67 != 1"));
}

TEST(Transaction, AMissingRightIsNoConflict) {
  auto error = parse_transaction_refusal(R"({"Errors":[{"OpIndex":0,"What":"Permission denied"},
                                             {"OpIndex":1,"What":"Permission denied"}]})");
  EXPECT_EQ(error.code, Errc::Rejected);
  EXPECT_THAT(error.what, HasSubstr("ACL token"));
}

TEST(Transaction, AnUnreadableRefusalIsStillAConflict) {
  for (auto text : {"", "[]", "{}", R"({"Errors":[null,{"What":7}]})"})
    EXPECT_EQ(parse_transaction_refusal(text).code, Errc::Conflict) << text;
}

}  // namespace
}  // namespace dfp::registry::consul
