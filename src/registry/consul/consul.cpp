#include "registry/consul/consul.hpp"

#include "registry/confirmed_catalog.hpp"
#include "registry/consul/catalog.hpp"
#include "registry/consul/client.hpp"
#include "registry/consul/key_value.hpp"
#include "registry/consul/registrar.hpp"
#include "registry/consul/template_source.hpp"

namespace dfp::registry::consul {

struct Consul::State {
  State(Executor executor, ConsulOptions options)
      : client(std::move(executor), std::move(options)),
        catalog(client),
        confirmed(catalog),
        key_value(client),
        registrar(client),
        template_source(client) {}
  Client client;
  ConsulCatalog catalog;
  ConfirmedCatalog confirmed;
  ConsulKeyValue key_value;
  ConsulRegistrar registrar;
  ConsulTemplateSource template_source;
};

Consul::Consul(Executor executor, ConsulOptions options)
    : state_(std::make_unique<State>(std::move(executor), std::move(options))) {}
Consul::~Consul() = default;

Catalog& Consul::catalog() { return state_->confirmed; }
KeyValue& Consul::key_value() { return state_->key_value; }
Registrar& Consul::registrar() { return state_->registrar; }
TemplateSource& Consul::template_source() { return state_->template_source; }
void Consul::cancel() { state_->client.cancel(); }

}  // namespace dfp::registry::consul
