#include "net/http_parser.hpp"

#include <gtest/gtest.h>

namespace dfp::net {
namespace {

const std::string kRequests[] = {
    "GET /a?b HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0;ext=1\r\nTrailer: t\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
    "Chunked\r\n\r\n1\r\na\r\nA;e\r\n0123456789\r\n000\r\n\r\n",
};

/// Feeds in pieces of `step` bytes.
RequestParser feed(std::string_view bytes, std::size_t step, ParseLimits limits = {}) {
  RequestParser parser(limits);
  std::size_t used = 0;
  for (std::size_t end = step; !parser.done(); end += step) {
    end = std::min(end, bytes.size());
    auto count = parser.feed(bytes.substr(used, end - used));
    EXPECT_TRUE(count) << count.error().what;
    if (!count) break;
    used += *count;
    if (end == bytes.size()) break;
  }
  EXPECT_EQ(used, bytes.size());
  return parser;
}

TEST(RequestParser, PiecesMakeTheSameMessage) {
  for (const auto& bytes : kRequests) {
    auto whole = feed(bytes, bytes.size());
    ASSERT_TRUE(whole.done()) << bytes;
    for (std::size_t step = 1; step < bytes.size(); ++step) {
      auto pieces = feed(bytes, step);
      EXPECT_TRUE(pieces.done()) << bytes << " in pieces of " << step;
      EXPECT_EQ(pieces.request().body, whole.request().body);
      EXPECT_EQ(pieces.request().target, whole.request().target);
    }
  }
}

TEST(RequestParser, ATrailerIsNotAHeader) {
  auto parser = feed(kRequests[3], 1000);
  EXPECT_FALSE(parser.request().headers.find("Trailer"));
}

TEST(RequestParser, StopsBehindItsMessage) {
  RequestParser parser({});
  auto used = parser.feed(kRequests[1] + kRequests[0]);
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(used, kRequests[1].size());
}

TEST(RequestParser, TheHeadsLimitIsExactHoweverItArrives) {
  const auto& head = kRequests[0];
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, head.size()}) {
    EXPECT_TRUE(feed(head, step, {head.size(), 0}).done());
    RequestParser tight({head.size() - 1, 0});
    std::size_t used = 0;
    int status = 0;
    for (std::size_t end = step; status == 0 && end <= head.size() + step; end += step) {
      auto count = tight.feed(std::string_view(head).substr(used, end - used));
      if (count)
        used += *count;
      else
        status = count.error().status;
    }
    EXPECT_EQ(status, 431) << "in pieces of " << step;
  }
}

TEST(ResponseParser, PiecesOfTheBodyCanBeTakenAway) {
  ResponseParser parser(false, {});
  std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(parser.feed(head), head.size());
  EXPECT_TRUE(parser.head_done());
  EXPECT_EQ(parser.feed("5\r\nhel"), 6U);
  EXPECT_EQ(std::exchange(parser.response().body, {}), "hel");
  EXPECT_EQ(parser.feed("lo"), 2U);
  EXPECT_EQ(parser.response().body, "lo");
  EXPECT_FALSE(parser.end_of_stream()) << "the last chunk is missing";
}

}  // namespace
}  // namespace dfp::net
