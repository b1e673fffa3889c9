#pragma once
#include <string>

namespace dfp {

/// The checkout that the program was built from: for tests, which read golden files and documents there.
const std::string& source_dir();

}  // namespace dfp
