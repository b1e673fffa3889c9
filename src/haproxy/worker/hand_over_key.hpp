#pragma once
#include <filesystem>

#include "haproxy/config/hand_over.hpp"

namespace dfp::haproxy {

/// The socket name and the secret of the HAProxy of a run directory. They last as long as its master: all its
/// workers, and control planes that take it over, must agree on them. They stand in the file `hand-over`
/// (mode 0600) and, for when a cleaner has emptied the directory, in the master's environment, which only its
/// user can read. Where neither has them (its rights differ from ours) they are made anew; then the
/// connections of workers from before get 503, all others go on.
config::HandOver load_hand_over(const std::filesystem::path& run_dir);

/// For a HAProxy that starts: a name that nobody can have taken before. On a machine with hostile users, one
/// of them could otherwise sit on the name in the moment in which a HAProxy has died, and keep the next one
/// from starting.
config::HandOver new_hand_over();

/// For the environment of a master: NAME=VALUE.
std::string hand_over_environment(const config::HandOver& hand_over);

/// Writes the file, where it does not say so already. One that cannot be written is logged.
void keep_hand_over(const std::filesystem::path& run_dir, const config::HandOver& hand_over);

}  // namespace dfp::haproxy
