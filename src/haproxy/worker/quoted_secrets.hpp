#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dfp::haproxy {

/// Lines of HAProxy's output as they may be logged: those about its configuration, in which it quotes what it
/// does not like, without the secrets in there (config::mask_quotations()). Reads the file only where there
/// is such a line, which takes time in proportion to its size (10,000 services: about 0.1 s); one that cannot
/// be read leaves nothing but the place of each message.
std::vector<std::string> without_secrets(std::vector<std::string> lines,
                                         const std::filesystem::path& config_file);

}  // namespace dfp::haproxy
