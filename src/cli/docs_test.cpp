#include "cli/docs.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/source_dir.hpp"
#include "parameters/table.hpp"
#include "settings/properties.hpp"

namespace dfp::cli {
namespace {

std::string committed(const std::string& page) {
  auto text = file::read(source_dir() + "/docs/reference/" + page);
  return text ? *text : text.error().what;
}

void expect_fresh(const std::string& page, const std::string& rendered) {
  EXPECT_TRUE(committed(page) == rendered) << "docs/reference/" << page << " is stale: run ./dev docs";
}

TEST(Reference, IsWhatTheTablesSay) {
  expect_fresh("parameters.md", render_parameters_page());
  expect_fresh("settings.md", render_settings_page());
  expect_fresh("endpoints.md", render_endpoints_page());
  expect_fresh("exit-statuses.md", render_exit_statuses_page());
}

TEST(Reference, NamesEveryRow) {
  auto page = render_parameters_page();
  for (const auto& info : parameters::reconfigure_parameters())
    EXPECT_TRUE(page.contains("`" + std::string(info.name) + "`"));
  page = render_settings_page();
  for (const auto& property : settings::properties())
    EXPECT_TRUE(page.contains("`" + property.variable() + "`"));
  EXPECT_TRUE(page.contains("`STATS_USER_ENV`"));
}

TEST(Reference, ABarDoesNotBreakATable) {
  for (const auto& page : {render_parameters_page(), render_settings_page(), render_endpoints_page()})
    for (std::size_t at = 0; (at = page.find("| ", at)) != std::string::npos; ++at)
      EXPECT_TRUE(at == 0 || page[at - 1] == ' ' || page[at - 1] == '\n' || page[at - 1] == '\\');
}

}  // namespace
}  // namespace dfp::cli
