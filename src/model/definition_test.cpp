#include "model/definition.hpp"

#include <gtest/gtest.h>

#include "model/plan.hpp"

namespace dfp::model {
namespace {

struct PathCase {
  const char* path;
  PathType type;
  bool allowed;
};
void PrintTo(const PathCase& c, std::ostream* os) { *os << to_string(c.type) << " " << c.path; }

class Paths : public testing::TestWithParam<PathCase> {};

TEST_P(Paths, AreCheckedByTypeAndCharacters) {
  EXPECT_EQ(check_path(GetParam().path, GetParam().type).has_value(), GetParam().allowed);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Paths,
    testing::Values(PathCase{"/demo", PathType::Beg, true}, PathCase{"/a+b/c;d=e@f:(g)", PathType::Beg, true},
                    PathCase{"/caf%C3%A9", PathType::Beg, true}, PathCase{"demo", PathType::Beg, false},
                    PathCase{"demo", PathType::Exact, false}, PathCase{".png", PathType::End, true},
                    PathCase{"", PathType::Sub, false}, PathCase{"//", PathType::Dir, false},
                    PathCase{"/x/", PathType::Dir, true}, PathCase{"/a b", PathType::Beg, false},
                    PathCase{"/a#b", PathType::Beg, false}, PathCase{"/a?b", PathType::Beg, false},
                    PathCase{"/a\nb", PathType::Beg, false}, PathCase{"/a\"b", PathType::Beg, false},
                    PathCase{"/a{b}", PathType::Beg, false}, PathCase{"/a%2", PathType::Beg, false},
                    PathCase{"/é", PathType::Beg, false},
                    PathCase{"^/v[0-9]+/(a|b){2}$", PathType::Reg, true},
                    PathCase{"^/a b", PathType::Reg, false}, PathCase{"^/a\tb", PathType::Reg, false}));

TEST(Names, RefuseWhatCouldLeaveTheirPlace) {
  EXPECT_TRUE(check_service_name("go-demo_2.x"));
  for (auto bad : {"", "-x", "_x", "a/b", "a b", "a\nb", "a:b", "a#b", "../x", "a{b", "é"})
    EXPECT_FALSE(check_service_name(bad)) << bad;
  EXPECT_FALSE(check_service_name(std::string(129, 'a')));
  EXPECT_EQ(check_service_name("a\nb").error().what.substr(0, 22), "serviceName: \"a\\x0ab\" ");
}

TEST(Domains, AreHostNamesOrOneLeadingWildcard) {
  for (auto good : {"example.com", "*.example.com", "localhost", "10.0.0.1", "a_b.c"})
    EXPECT_TRUE(check_domain(good)) << good;
  for (auto bad : {"", "*", "*example.com", "a.*.com", "example.com:80", "http://a", "a/b", "A.com", "-a.com",
                   "a..b", "a."})
    EXPECT_FALSE(check_domain(bad)) << bad;
}

TEST(Validate, NeedsSomethingToRouteBy) {
  Definition d;
  d.service = "x";
  EXPECT_FALSE(validate(d));
  d.domains = {"example.com"};
  EXPECT_TRUE(validate(d));
  d.path_type = PathType::Reg;
  EXPECT_FALSE(validate(d));
}

TEST(Plan, OneReloadStepMakesItAReload) {
  Plan plan{{{{"a"}, step::AddRoute{}, Means::Runtime},
             {{"a"}, step::AddDestination{}, Means::Reload, "no spare backend is left"}}};
  EXPECT_EQ(plan.means(), Means::Reload);
  EXPECT_EQ(plan.reason(), "no spare backend is left");
  EXPECT_EQ(Plan{}.means(), Means::Nothing);
}

TEST(Step, HasANameForProgramsAndALineForPeople) {
  Step route{{"shop", 2}, step::AddRoute{{"a.com", PathType::Exact, "/x", "", "shop", 2}}};
  EXPECT_EQ(kind_name(route), "add_route");
  EXPECT_EQ(render_step(route), "add route a.com/x (path) -> destination 2 of shop");
  Step last{{"shop"}, step::ReloadInstead{}};
  EXPECT_EQ(kind_name(last), "reload_instead") << "one name for each kind, in order";
  EXPECT_EQ(render_step({{"shop"}, step::SetWeight{"10.0.0.1", 80, 5}}),
            "set weight of 10.0.0.1:80 of shop to 5");
}

}  // namespace
}  // namespace dfp::model
