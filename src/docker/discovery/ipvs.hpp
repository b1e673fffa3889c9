#pragma once
#include <filesystem>
#include <string>

namespace dfp::docker::discovery {

/// Whether a kernel can carry the virtual IPs and the routing mesh of a swarm.
enum class Ipvs { Present, Absent, Unknown };

/// Looks for the module ip_vs: loaded, built in, or there to be loaded.
/// @param root "/" but in tests
/// @param release of the kernel (uname -r)
Ipvs find_ipvs(const std::filesystem::path& root, const std::string& release);
/// For the kernel that runs this.
Ipvs find_ipvs();

}  // namespace dfp::docker::discovery
