#include "docker/discovery/swaps.hpp"

#include <gmock/gmock.h>

namespace dfp::docker::discovery {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;
using Paths = std::vector<std::string>;

struct Scene {
  std::map<std::string, model::Definition> orders;
  model::DesiredState served;

  static model::Definition definition(const std::string& name, Paths paths) {
    model::Definition made;
    made.service = name;
    made.paths = std::move(paths);
    return made;
  }
  Scene& serves(const std::string& name, Paths paths) {
    served.services[name].definition = definition(name, std::move(paths));
    return *this;
  }
  Scene& orders_for(const std::string& name, Paths paths) {
    orders[name] = definition(name, std::move(paths));
    return *this;
  }
  std::set<std::string> way() const { return in_each_others_way(orders, served); }
};

TEST(Swaps, OfTwoServicesNeedOneOutOfTheWay) {
  Scene scene;
  scene.serves("blue", {"/"}).serves("green", {"/preview"}).serves("other", {"/other"});
  scene.orders_for("blue", {"/preview"}).orders_for("green", {"/"});
  EXPECT_THAT(scene.way(), ElementsAre("blue"));
}

TEST(Swaps, OfThreeAreACircleToo) {
  Scene scene;
  scene.serves("a", {"/1"}).serves("b", {"/2"}).serves("c", {"/3"});
  scene.orders_for("a", {"/2"}).orders_for("b", {"/3"}).orders_for("c", {"/1"});
  EXPECT_THAT(scene.way(), ElementsAre("a"));
}

TEST(Swaps, AreNotWhatResolvesItselfOneAfterTheOther) {
  Scene scene;
  scene.serves("a", {"/1"}).serves("b", {"/2"}).serves("c", {"/3"});
  scene.orders_for("a", {"/2"}).orders_for("b", {"/free"}).orders_for("c", {"/1"});
  EXPECT_THAT(scene.way(), IsEmpty());
}

TEST(Swaps, AreNotMadeForAnOrderThatWouldBeRefusedAfterwards) {
  Scene scene;
  scene.serves("blue", {"/"}).serves("green", {"/preview"});
  scene.orders_for("blue", {"/preview"}).orders_for("green", {"/", "/preview"});
  EXPECT_THAT(scene.way(), IsEmpty()) << "green does not give /preview up";
  EXPECT_THAT(Scene().serves("a", {"/"}).orders_for("b", {"/"}).way(), IsEmpty());
}

}  // namespace
}  // namespace dfp::docker::discovery
