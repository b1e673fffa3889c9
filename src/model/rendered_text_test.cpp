#include "model/rendered_text.hpp"

#include <gtest/gtest.h>

namespace dfp::model {
namespace {

Definition pair() {
  Definition d;
  d.service = "a";
  d.consul_template_fe_path = "/fe.tmpl";
  d.consul_template_be_path = "/be.tmpl";
  return d;
}

TEST(RenderedText, FindsTheTemplateOfALine) {
  auto text =
      join_rendered("acl a path /\nuse_backend b if a", "/be.tmpl", "backend b\n  server s 1.2.3.4:5\n");
  EXPECT_EQ(text,
            "acl a path /\nuse_backend b if a\n# rendered from /be.tmpl\nbackend b\n  server s 1.2.3.4:5\n");
  EXPECT_EQ(rendered_place(pair(), text, 1), (RenderedPlace{"/fe.tmpl", 1}));
  EXPECT_EQ(rendered_place(pair(), text, 2), (RenderedPlace{"/fe.tmpl", 2}));
  EXPECT_EQ(rendered_place(pair(), text, 4), (RenderedPlace{"/be.tmpl", 1}));
  EXPECT_EQ(rendered_place(pair(), text, 5), (RenderedPlace{"/be.tmpl", 2}));
}

TEST(RenderedText, OneTemplateHasAllLines) {
  Definition d;
  d.consul_template_path = "/x.tmpl";
  EXPECT_EQ(rendered_place(d, "a\nb\n", 2), (RenderedPlace{"/x.tmpl", 2}));
  EXPECT_EQ(rendered_place({}, "a\nb\n", 2), (RenderedPlace{"", 2}));
}

TEST(RenderedText, ATemplateThatGivesNothingTakesNoLine) {
  auto text = join_rendered("", "/be.tmpl", "backend b\n");
  EXPECT_EQ(rendered_place(pair(), text, 2), (RenderedPlace{"/be.tmpl", 1}));
}

}  // namespace
}  // namespace dfp::model
