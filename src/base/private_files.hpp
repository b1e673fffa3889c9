#pragma once
#include <filesystem>
#include <string_view>

#include "base/result.hpp"

/// Folders and files that nobody but our user may read or exchange: they hold secrets, and HAProxy, often
/// started as root, loads what lies there. Blocking; no system call is trusted to have worked.
namespace dfp::file {

/// Makes a folder of ours with mode 0700, or makes sure that one that exists is: no link, owned by our user.
/// Its mode becomes 0700. Root takes an empty one of another user over, as of an image that has prepared it
/// for its usual user. A folder on the way to it that another user (but root) owns, or that everybody may
/// write to without the sticky bit, is refused to root; others are told in the log.
/// @param setting its name for the message ("run-dir")
/// @return InvalidArgument with the folder, its owner and the way out.
Result<> make_private_folder(const std::filesystem::path& folder, std::string_view setting);

/// The same for a file with mode 0600: made empty when it is missing; refused when it is a link, no regular
/// file, has a second name, or belongs to another user. Does not open a file that exists, so its locks stay
/// (fcntl(2)).
/// @return InvalidArgument with the file, the reason and the way out; Unavailable with errno's text.
Result<> make_private_file(const std::filesystem::path& file, std::string_view setting);

}  // namespace dfp::file
