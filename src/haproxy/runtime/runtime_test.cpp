#include <gtest/gtest.h>

#include "haproxy/runtime/commands.hpp"
#include "haproxy/runtime/replies.hpp"

/// Replies as HAProxy 2.6.12 gave them.
namespace dfp::haproxy::runtime {
namespace {

std::vector<std::string> replies_of(std::string_view output, std::size_t piece) {
  ReplyReader reader;
  std::vector<std::string> replies;
  for (std::size_t at = 0; at < output.size(); at += piece) {
    reader.feed(output.substr(at, piece));
    while (auto reply = reader.next()) replies.push_back(*reply);
  }
  return replies;
}

TEST(ReplyReader, CutsTheOutputOfASessionHoweverItArrives) {
  std::string output =
      "\n> New server registered.\n\n> \n> Server deleted.\n> + + + \n> 0x1 /a b\n0x2 /c d\n\n> ";
  std::vector<std::string> wanted = {"", "New server registered.", "", "Server deleted.",
                                     "", "0x1 /a b\n0x2 /c d"};
  for (std::size_t piece : {1UL, 2UL, 3UL, 7UL, 1000UL})
    EXPECT_EQ(replies_of(output, piece), wanted) << piece;
}

TEST(ProcessList, KnowsMasterWorkersAndFailedReloads) {
  auto list = parse_process_list(
      "#<PID>          <type>          <reloads>       <uptime>        <version>      \n"
      "8737            master          3 [failed: 1]   0d00h03m48s     2.6.12-1+deb12u4\n"
      "# workers\n"
      "10460           worker          0               0d00h00m01s     2.6.12-1+deb12u4\n"
      "# old workers\n"
      "10439           worker          1               0d00h00m41s     2.6.12-1+deb12u4\n"
      "# programs\n\n");
  ASSERT_TRUE(list) << list.error().what;
  EXPECT_EQ(list->master, 8737);
  EXPECT_EQ(list->reloads, 3);
  EXPECT_EQ(list->failed, 1);
  EXPECT_EQ(list->workers, std::vector<pid_t>{10460});
  EXPECT_EQ(list->old_workers, std::vector<pid_t>{10439});
  EXPECT_EQ(list->version, "2.6.12-1+deb12u4");
  EXPECT_FALSE(parse_process_list("Unknown command"));
}

TEST(Info, IsReadWhateverTheCaseOfTheKeys) {
  auto info = parse_info("Name: HAProxy\nVersion: 2.6.12\nPid: 12\ndescription: a b: c\nStopping: 1\n");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->pid, 12);
  EXPECT_EQ(info->description, "a b: c");
  EXPECT_TRUE(info->stopping);
  EXPECT_FALSE(parse_info(""));
}

TEST(Map, EntriesKeepTheirOrder) {
  auto entries = parse_map("0x562bc5962480 /a a\n0x562bc59625a0 example.com/ b\n");
  ASSERT_TRUE(entries);
  EXPECT_EQ(*entries, (std::vector<MapEntry>{{"/a", "a"}, {"example.com/", "b"}}));
  EXPECT_TRUE(parse_map("")->empty());
  EXPECT_FALSE(parse_map("Unknown map identifier. Please use #<id> or <file>."));
}

TEST(Servers, AdminAndCheckStatesAreTakenApart) {
  auto rows = parse_servers(
      "1\n# be_id be_name srv_id srv_name ...\n"
      "4 svc:a 1 s1 127.0.0.1 0 0 1 1 226 8 2 0 6 0 0 0 - 1 - 0 0 - - 0\n"
      "7 spare-1 2 q6 ::1 2 1 7 7 0 1 0 2 0 0 0 0 - 9 - 0 0 - - 0\n");
  ASSERT_TRUE(rows) << rows.error().what;
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_FALSE((*rows)[0].up);
  EXPECT_TRUE((*rows)[0].checked);
  EXPECT_EQ((*rows)[0].port, 1);
  EXPECT_EQ((*rows)[1].address, "::1");
  EXPECT_EQ((*rows)[1].weight, 7);
  EXPECT_TRUE((*rows)[1].maintenance);
  EXPECT_FALSE((*rows)[1].checked);
  EXPECT_FALSE(parse_servers("1\nNo such backend."));
}

TEST(Commands, ArgumentsStayOneArgument) {
  EXPECT_EQ(add_map("routes.map", "/a;b c\\d<<", "v\nx"), "add map routes.map /a\\;b\\ c\\\\d\\<\\< vx");
}

}  // namespace
}  // namespace dfp::haproxy::runtime
