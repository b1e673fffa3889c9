#include "haproxy/process/message.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy::process {
namespace {

TEST(Message, WhatCommandsBringAboutIsRoutine) {
  for (const char* text :
       {"backend 'x' has no server available!", "Server deleted.", "'server x/y' : New server registered.",
        "Server x/y is UP/READY (leaving forced maintenance).",
        "Server x/y is going DOWN for maintenance. 0 active and 0 backup servers left."})
    for (const char* prefix : {"", "CLI : "}) {
      auto message = parse_message("[ALERT]    (12) : " + std::string(prefix) + text);
      EXPECT_EQ(message.rank, Message::Rank::Alert);
      EXPECT_EQ(message.text, text);
      EXPECT_TRUE(message.routine) << text;
    }
  for (const char* text : {"Server x/y is DOWN, reason: z",
                           "Server x/y is going DOWN for maintenance (No IP for server ). 0 active and"})
    EXPECT_FALSE(parse_message("[WARNING]  (12) : CLI : " + std::string(text)).routine) << text;
}

TEST(Message, OrdinaryStartsAndEndsAreRoutine) {
  for (const char* text :
       {"New worker (7) forked", "Loading success.", "Exiting Master process...",
        "Current worker (7) exited with code 0 (Exit)", "Former worker (7) exited with code 0 (Exit)",
        "All workers exited. Exiting... (0)"})
    EXPECT_TRUE(parse_message("[WARNING]  (5) : " + std::string(text)).routine) << text;
  for (const char* text :
       {"Current worker (7) exited with code 139 (Segmentation fault)",
        "All workers exited. Exiting... (139)", "Proxy 'x': cannot do that", "Server x/y is DOWN, reason: z"})
    EXPECT_FALSE(parse_message("[ALERT]    (5) : " + std::string(text)).routine) << text;
}

TEST(Message, HasNeitherRankNorProcess) {
  EXPECT_EQ(parse_message("[WARNING]  (5) : config : parsing [x:1] : odd").text, "parsing [x:1] : odd");
  EXPECT_EQ(parse_message("without a form").text, "without a form");
  EXPECT_EQ(parse_message("").text, "");
}

TEST(Message, TellsOfAServer) {
  auto down = parse_server_change(
      "Server spare:http-rr:00001/node_a is DOWN, reason: Layer7 wrong status, code: 500, info: \"a. b\", "
      "check "
      "duration: 2ms. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in "
      "queue.");
  ASSERT_TRUE(down);
  EXPECT_FALSE(down->up);
  EXPECT_FALSE(down->last);
  EXPECT_EQ(down->backend, "spare:http-rr:00001");
  EXPECT_EQ(down->server, "node_a");
  EXPECT_EQ(down->reason, "Layer7 wrong status, code: 500, info: \"a. b\", check duration: 2ms");
  auto up = parse_server_change(
      "Server b/s is UP, reason: Layer4 check passed, check duration: 0ms. 2 active and 0");
  ASSERT_TRUE(up);
  EXPECT_TRUE(up->up);
  EXPECT_EQ(up->reason, "Layer4 check passed, check duration: 0ms");
}

TEST(Message, TellsOfTheLastServer) {
  auto down =
      parse_server_change("Server b/s is DOWN, reason: x. 0 active and 0 backup servers left. 0 sessions");
  ASSERT_TRUE(down);
  EXPECT_TRUE(down->last);
}

TEST(Message, WhatIsOrderedOfAServerIsNoChangeByAChecker) {
  for (const char* text : {"Server b/s is UP/READY (leaving forced maintenance).",
                           "Server b/s is going DOWN for maintenance. 0 active and", "Server deleted.",
                           "Server ", "Server b is DOWN, reason: x", "Server a is / DOWN, reason: x"})
    EXPECT_FALSE(parse_server_change(text)) << text;
}

}  // namespace
}  // namespace dfp::haproxy::process
