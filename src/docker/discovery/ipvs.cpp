#include "docker/discovery/ipvs.hpp"

#include <sys/utsname.h>

#include "base/file.hpp"

namespace dfp::docker::discovery {

Ipvs find_ipvs(const std::filesystem::path& root, const std::string& release) {
  std::error_code ignored;
  if (std::filesystem::exists(root / "proc/net/ip_vs", ignored)) return Ipvs::Present;
  auto modules = root / "lib/modules" / release;
  bool known = false;
  for (auto name : {"modules.builtin", "modules.dep"}) {
    auto list = file::read(modules / name);
    if (!list) continue;
    known = true;
    if (list->contains("/ip_vs.ko")) return Ipvs::Present;
  }
  // Without module support nothing can be loaded later.
  if (!std::filesystem::exists(root / "proc/modules", ignored) || known) return Ipvs::Absent;
  return Ipvs::Unknown;
}

Ipvs find_ipvs() {
  utsname name{};
  if (::uname(&name) != 0) return Ipvs::Unknown;
  return find_ipvs("/", name.release);
}

}  // namespace dfp::docker::discovery
