#include "metrics/exposition.hpp"

#include <gtest/gtest.h>

namespace dfp::metrics {
namespace {

TEST(Exposition, WritesAFamily) {
  std::string out;
  Exposition family(out, "dfp_x_total", "What it is.", "counter");
  family.add({}, std::uint64_t{7});
  family.add({{"a", "say \"no\"\n"}, {"b", "\\"}}, 0.5);
  EXPECT_EQ(out,
            "# HELP dfp_x_total What it is.\n# TYPE dfp_x_total counter\n"
            "dfp_x_total 7\n"
            "dfp_x_total{a=\"say \\\"no\\\"\\n\",b=\"\\\\\"} 0.5\n");
}

}  // namespace
}  // namespace dfp::metrics
