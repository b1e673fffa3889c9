// Renders the benchmark's templates with this project's engine; see main.go, whose output it imitates.
//
//   template_bench ROUNDS INSTANCES.json TEMPLATE...
#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "registry/consul/catalog_json.hpp"
#include "template/consul/consul_template.hpp"

namespace {
using namespace dfp;
using tmpl::consul::ConsulTemplate;

struct Times {
  double best_ms, middle_ms;
};

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().what);
  std::exit(1);
}

template <class T>
T must(std::expected<T, tmpl::TemplateError> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.error().text());
  std::exit(1);
}

template <class Work>
Times measure(int rounds, Work work) {
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) {
    auto begin = std::chrono::steady_clock::now();
    work();
    all.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(all);
  return {all.front(), all[all.size() / 2]};
}

std::string sha256(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

tmpl::consul::Snapshot load(const std::string& file) {
  auto text = must(file::read(file));
  tmpl::consul::Snapshot snapshot;
  registry::ServiceQuestion question{.service = "web"};
  snapshot.put(question, {must(registry::consul::parse_health_records(text)), 1});
  return snapshot;
}

void run(int rounds, const std::string& file, const tmpl::consul::Snapshot& snapshot) {
  auto text = must(file::read(file));
  auto name = std::filesystem::path(file).filename().string();
  std::optional<ConsulTemplate> parsed;
  auto parse = measure(rounds, [&] { parsed = must(ConsulTemplate::parse(name, text)); });
  std::string output;
  auto render = measure(rounds, [&] {
    auto evaluation = parsed->evaluate(snapshot, {}, {});
    output = must(std::move(evaluation.text));
  });
  fmt::print(
      R"({{"template":"{}","parse":{{"best_ms":{},"middle_ms":{}}},"render":{{"best_ms":{},"middle_ms":{}}},)"
      R"("template_bytes":{},"bytes":{},"sha256":"{}"}})"
      "\n",
      name, parse.best_ms, parse.middle_ms, render.best_ms, render.middle_ms, text.size(), output.size(),
      sha256(output));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: template_bench ROUNDS INSTANCES.json TEMPLATE...\n");
    return 2;
  }
  auto snapshot = load(argv[2]);
  for (int i = 3; i < argc; ++i) run(std::atoi(argv[1]), argv[i], snapshot);
}
