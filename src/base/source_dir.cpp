#include "base/source_dir.hpp"

namespace dfp {

const std::string& source_dir() {
  static const std::string folder = DFP_SOURCE_DIR;
  return folder;
}

}  // namespace dfp
