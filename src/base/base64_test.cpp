#include "base/base64.hpp"

#include <gtest/gtest.h>

namespace dfp {
namespace {

TEST(Base64, TheVectorsOfRfc4648) {
  for (auto [bytes, text] : {std::pair{"", ""},
                             {"f", "Zg=="},
                             {"fo", "Zm8="},
                             {"foo", "Zm9v"},
                             {"foob", "Zm9vYg=="},
                             {"fooba", "Zm9vYmE="},
                             {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(base64::encode(bytes), text);
    EXPECT_EQ(base64::decode(text), bytes);
  }
}

TEST(Base64, EveryByteAtEveryPositionComesBack) {
  for (std::size_t length = 1; length <= 5; ++length)
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes(length, static_cast<char>(byte));
      EXPECT_EQ(base64::decode(base64::encode(bytes)), bytes);
    }
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (auto text :
       {"Z", "Zg", "Zg=", "Zg==\n", "Z===", "====", "=", "Zh==", "Zm9=", "Zm 9v", "Zm-_", "Zg==Zg=="})
    EXPECT_EQ(base64::decode(text), std::nullopt) << text;
}

}  // namespace
}  // namespace dfp
