#include "app/template_files.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/confined_folder.hpp"

namespace dfp::app {

Result<std::string> read_template_file(const std::string& folder, const std::string& name) {
  auto opened = file::ConfinedFolder::open(folder);
  auto text = opened ? opened->read(name) : std::unexpected(opened.error());
  if (text) return text;
  auto code = text.error().code == Errc::Unavailable ? Errc::Unavailable : Errc::InvalidArgument;
  return fail(code, fmt::format("template {}: {} (templates are read below {}, see templates-dir)", name,
                                text.error().what, folder));
}

std::string hash_of(const std::vector<TemplateFile>& files) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const auto& file : files)  // with the final zero: a text must not move from one file to the next
    EVP_DigestUpdate(context.get(), file.text.c_str(), file.text.size() + 1);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  std::string text = "sha256:";
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace dfp::app
