#include "haproxy/state/template_error.hpp"

#include <gtest/gtest.h>

#include "model/rendered_text.hpp"

namespace dfp::haproxy {
namespace {

std::string told(const model::Service& service, std::string what) {
  return template_error(service, {Errc::Rejected, std::move(what)}).what;
}

TEST(TemplateError, NamesTheTemplateAndItsLine) {
  model::Service service;
  service.definition.service = "go-demo";
  service.definition.consul_template_path = "/t/go-demo.tmpl";
  EXPECT_EQ(told(service, "line 7 (lua-load x): 'lua-load' runs Lua"),
            "service go-demo: template /t/go-demo.tmpl: rendered line 7 (lua-load x): 'lua-load' runs Lua");
  EXPECT_EQ(
      told(service, "line 3: unknown keyword\nline 4: in line with that"),
      "service go-demo: template /t/go-demo.tmpl: rendered line 3: unknown keyword\nrendered line 4: in "
      "line with that");
  EXPECT_EQ(told(service, "no line at all"), "service go-demo: template: no line at all");
}

TEST(TemplateError, OfAPairNamesTheRightOne) {
  model::Service service;
  service.definition.service = "go-demo";
  service.definition.template_fe_path = "fe";
  service.definition.template_be_path = "be";
  service.rendered = model::join_rendered("acl a path /\n", "be", "backend b\n  bogus\n");
  EXPECT_EQ(told(service, "line 1 (acl): a"), "service go-demo: template fe: rendered line 1 (acl): a");
  EXPECT_EQ(told(service, "line 4 (bogus): b"), "service go-demo: template be: rendered line 2 (bogus): b");
}

}  // namespace
}  // namespace dfp::haproxy
