#include "cli/parameter_options.hpp"

#include <gtest/gtest.h>

#include "cli/testing.hpp"

namespace dfp::cli {
namespace {

constexpr auto kDone =
    R"({"Status":"OK","Message":"","ServiceName":"a","AppliedBy":"reload","Reason":"","Revision":3,"Instances":2})";
/// Nothing listens there: whoever asks ends with kNoAddress.
const std::string kNowhere = "http://127.0.0.1:1";

std::string target_of(std::vector<std::string> words) {
  FakeApi api(json_answer(200, kDone));
  words.insert(words.end(), {"--api", api.url()});
  auto ended = run_words(words);
  EXPECT_EQ(ended.status, kOk) << ended.errors;
  auto target = api.target();
  return target.substr(target.rfind('/') + 1);
}

struct WordsCase {
  const char* name;
  std::vector<std::string> words, same;
};
void PrintTo(const WordsCase& test, std::ostream* out) { *out << test.name; }
class Words : public testing::TestWithParam<WordsCase> {};

TEST_P(Words, MeanTheSameAsFlags) { EXPECT_EQ(target_of(GetParam().words), target_of(GetParam().same)); }

INSTANTIATE_TEST_SUITE_P(
    Table, Words,
    testing::Values(WordsCase{"Reconfigure",
                              {"reconfigure", "go-demo", "/demo"},
                              {"reconfigure", "--service-name", "go-demo", "--service-path", "/demo"}},
                    WordsCase{"BetweenFlags",
                              {"reconfigure", "--service-color", "blue", "go-demo", "--watch=true", "/a,/b",
                               "--skip-check"},
                              {"reconfigure", "--service-name", "go-demo", "--service-color", "blue",
                               "--watch", "--service-path", "/a,/b", "--skip-check"}},
                    WordsCase{"OneOfBothByFlag",
                              {"reconfigure", "--serviceName", "go-demo", "/demo"},
                              {"reconfigure", "go-demo", "--servicePath", "/demo"}},
                    WordsCase{"Remove", {"remove", "go-demo"}, {"remove", "--service-name", "go-demo"}},
                    WordsCase{"Services", {"services", "go-demo"}, {"services", "--service-name", "go-demo"}},
                    WordsCase{
                        "NamedAsACommand", {"services", "config"}, {"services", "--service-name", "config"}},
                    WordsCase{"Register",
                              {"register", "a", "--address", "127.0.0.1", "--port", "1"},
                              {"register", "--service-name", "a", "--address", "127.0.0.1", "--port", "1"}},
                    WordsCase{"Deregister",
                              {"deregister", "a", "--id", "1"},
                              {"deregister", "--service-name", "a", "--id", "1"}}),
    [](const auto& test) { return test.param.name; });

struct RefusedCase {
  const char* name;
  std::vector<std::string> words;
  const char* why;
};
void PrintTo(const RefusedCase& test, std::ostream* out) { *out << test.name; }
class RefusedWithoutAsking : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedWithoutAsking, NamesTheArgument) {
  auto words = GetParam().words;
  words.insert(words.end(), {"--api", kNowhere});
  auto ended = run_words(words);
  EXPECT_EQ(ended.status, kUsage);
  EXPECT_TRUE(ended.errors.contains(GetParam().why)) << ended.errors;
  EXPECT_EQ(ended.output, "");
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedWithoutAsking,
    testing::Values(
        RefusedCase{
            "NothingGiven", {"reconfigure"}, "missing --service-name; for example: docker-flow-proxy"},
        RefusedCase{"AnEmptyName", {"remove", ""}, "remove: missing --service-name"},
        RefusedCase{"SeveralMissing", {"register", "a"}, "register: missing --address, --port"},
        RefusedCase{"NoRoute",
                    {"reconfigure", "a", "--watch"},
                    "missing one of --service-path, --service-domain, --consul-template-path"},
        RefusedCase{"NoInstance", {"deregister", "a", "--port", "1"}, "missing one of --id, --address"},
        RefusedCase{
            "ASwitchBeforeTheWords", {"reconfigure", "--watch", "a", "/a"}, "--watch: \"a\" is not true"},
        RefusedCase{"TwoNames", {"remove", "a", "b"}, "remove: unexpected argument \"b\""},
        RefusedCase{"TheNameTwice", {"remove", "a", "--service-name", "b"}, "service-name"}),
    [](const auto& test) { return test.param.name; });

TEST(Required, ARouteWithAnIndexIsARoute) {
  EXPECT_EQ(target_of({"reconfigure", "a", "--service-path.1", "/x"}),
            "reconfigure?serviceName=a&servicePath.1=%2Fx");
}

}  // namespace
}  // namespace dfp::cli
