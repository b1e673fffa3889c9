#include "docker/discovery/catalog.hpp"

#include <gmock/gmock.h>

#include "base/testing.hpp"
#include "docker/discovery/testing/swarm_objects.hpp"
#include "docker/testing/fake_engine.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::docker::discovery {
namespace {
using namespace std::chrono_literals;
using docker::testing::FakeEngine;
using ::testing::ElementsAre;
using ::testing::SizeIs;

struct World {
  explicit World(Executor executor)
      : engine(executor), others(executor), source(executor, engine, "proxy"), catalog(source, others, "") {
    engine.containers["proxy"] = proxy_container();
    engine.swarm_nodes = {swarm_node("n1")};
    auto service = swarm_service("web", 1);
    service.ports = {{.target = 8080, .published = 0, .protocol = "tcp", .host_mode = false}};
    engine.swarm_services = {service};
    engine.swarm_tasks = {swarm_task("web", 1)};
    model::Instance db;
    db.service = "db";
    db.node = "somewhere";
    db.id = "1";
    others.put_instance(db);
  }
  FakeEngine engine;
  registry::testing::FakeRegistry others;
  SwarmSource source;
  DockerCatalog catalog;
};

Deadline soon() { return Deadline::after(5s); }

TEST(DockerCatalogs, KnowTheEnginesServicesAndThoseOfTheRegistry) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    auto names = co_await w.catalog.services(soon());
    EXPECT_THAT(*names, ElementsAre("db", "web"));
    auto web = co_await w.catalog.instances("web", soon());
    EXPECT_EQ(web->at(0).address, "10.0.1.1");
    auto db = co_await w.catalog.instances("db", soon());
    EXPECT_THAT(*db, SizeIs(1));
    auto nobody = co_await w.catalog.instances("nobody", soon());
    EXPECT_THAT(*nobody, SizeIs(0));
  });
}

TEST(DockerCatalogs, WithoutTheEngineTheRegistryIsStillThere) {
  dfp::testing::run([](Executor executor) -> Task<> {
    World w(executor);
    w.engine.go_away();
    auto db = co_await w.catalog.instances("db", soon());
    EXPECT_TRUE(db);
    auto web = co_await w.catalog.instances("web", soon());
    EXPECT_FALSE(web);
    if (!web) EXPECT_EQ(web.error().code, Errc::Unavailable);
  });
}

TEST(OwnContainer, IsFoundInTheMounts) {
  const std::string id(64, 'a');
  auto line =
      "621 600 254:0 /var/lib/docker/containers/" + id + "/hostname /etc/hostname rw - ext4 /dev/vda rw\n";
  EXPECT_EQ(container_id_in("1 2 0:1 / / rw - overlay\n" + line), id);
  EXPECT_EQ(container_id_in("1 2 0:1 /containers/short/hostname / rw\n"), "");
  EXPECT_EQ(container_id_in("1 2 0:1 /containers/" + id + "/mounts /x rw\n"), "");
  EXPECT_EQ(container_id_in(""), "");
}

}  // namespace
}  // namespace dfp::docker::discovery
