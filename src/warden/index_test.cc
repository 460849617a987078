// SPDX-License-Identifier: BSD-2-Clause
#include "warden/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_host.h"
#include "warden/store.h"

namespace gaol::warden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Record sample(Jid jid = 7) {
  Record out{.jid = jid, .name = concat("jail", jid)};
  out.settings = settings({"path=/jails/a\tb", "host.hostname=a\\n\nb", "host.domainname=lan",
                           "nopersist", "meta.k=\\", "meta.gone", "exec.start=secret",
                           "ip4.addr=lo1|10.0.0.1/24,10.0.0.2", "ip6.addr=::1", "env="});
  out.init = {13, uint64_t{1} << 63};
  return out;
}

std::string_view without_newline(std::string_view line) { return line.substr(0, line.size() - 1); }

TEST(Index, ALineComesBackAsItWas) {
  const std::string line = to_line(entry_of(sample(), 99));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto entry = from_line(without_newline(line));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->jid, 7);
  EXPECT_EQ(entry->inode, 99u);
  EXPECT_EQ(entry->init, (sys::ProcessId{13, uint64_t{1} << 63}));
  EXPECT_FALSE(entry->dying);
  EXPECT_EQ(entry->name, "jail7");
  EXPECT_EQ(entry->hostname, "a\\n\nb");
  EXPECT_EQ(entry->domainname, "lan");
  EXPECT_EQ(entry->path, "/jails/a\tb");
  EXPECT_EQ(entry->ip4, "10.0.0.1,10.0.0.2");
  EXPECT_EQ(entry->ip6, "::1");
  EXPECT_EQ(to_line(*entry), line);
}

TEST(Index, SettingsComeBackExceptThoseOfTheTool) {
  const auto entry = from_line(without_newline(to_line(entry_of(sample(), 1))));
  const jail::Settings given = entry->settings();
  EXPECT_FALSE(given.has("exec.start")) << "hooks are nobody else's business";
  EXPECT_EQ(given.all().size(), sample().settings.all().size() - 1);
  EXPECT_FALSE(given.on("persist"));
  EXPECT_EQ(given.text("host.hostname"), "a\\n\nb");
  EXPECT_EQ(given.buffer("meta", "gone=1"), "k=\\");
  EXPECT_EQ(given.text("env"), "");
  EXPECT_THAT(given.list("ip4.addr"), ElementsAre("lo1|10.0.0.1/24", "10.0.0.2"));

  Record bare{.jid = 1, .name = "1"};
  EXPECT_THAT(from_line(without_newline(to_line(entry_of(bare, 1))))->settings().all(), IsEmpty());
}

TEST(Index, APartOfALineIsNone) {
  const std::string line = to_line(entry_of(sample(), 99));
  for (size_t cut = 0; cut < line.size() - 1; ++cut)
    EXPECT_FALSE(from_line(line.substr(0, cut))) << cut;
  for (const char* junk : {"", "\t.", "x\t1\t1\t1\t0\ta\tb\tc\td\te\t\t.", "1\t2\t3\t."})
    EXPECT_FALSE(from_line(junk)) << junk;
}

// The index as part of a store: whatever becomes of the file, listings stay true.
class StoreIndexTest : public testing::Test {
 protected:
  StoreIndexTest() { EXPECT_TRUE(store_.prepare()); }
  void start(const Record& record) {
    ASSERT_TRUE(store_.reserve(record, {}));
    ASSERT_TRUE(store_.enter(record));
    store_.settle(record.jid);
  }
  std::vector<std::string> hostnames() {
    std::vector<std::string> out;
    const auto entries = store_.entries();
    for (const auto& entry : *entries) out.push_back(entry.hostname);
    return out;
  }
  Record named(Jid jid, const std::string& hostname) {
    Record out{.jid = jid, .name = concat("jail", jid)};
    out.settings = settings({"host.hostname=" + hostname});
    out.init = {100 + jid, 1};
    return out;
  }
  FakeHost kernel_;
  std::string& index() { return kernel_.files["/run/gaol/index"]; }
  Store store_{kernel_, "/run/gaol"};
};

TEST_F(StoreIndexTest, AListingOpensNoRecord) {
  for (const Jid jid : {10, 9, 100}) start(named(jid, concat("host", jid)));
  kernel_.fail_on("read_file /run/gaol/jails/", EACCES);
  EXPECT_THAT(hostnames(), ElementsAre("host9", "host10", "host100"));
}

TEST_F(StoreIndexTest, ALineIsAsGoodAsTheFileItWasMadeFrom) {
  start(named(1, "before"));
  Record changed = named(1, "after");
  const std::string old = index();
  ASSERT_TRUE(store_.publish(changed));
  EXPECT_THAT(hostnames(), ElementsAre("after"));
  index() = old;  // a kill -9 between the two
  EXPECT_THAT(hostnames(), ElementsAre("after"));
}

TEST_F(StoreIndexTest, WhatIsLostOrTornIsMended) {
  start(named(1, "one"));
  start(named(2, "two"));
  const std::string whole = index();
  for (const std::string& damaged :
       {std::string(), std::string("\x01\n\tjunk"), whole.substr(0, whole.size() - 5),
        whole.substr(7), std::string("1\t2\t3\n")}) {
    index() = damaged;
    EXPECT_THAT(hostnames(), ElementsAre("one", "two")) << damaged;
    EXPECT_EQ(std::ranges::count(index(), '\n'), 2) << "it is whole again: " << damaged;
  }
  // A line after a torn one is not lost with it.
  index() = whole.substr(0, whole.size() - 5);
  start(named(3, "three"));
  kernel_.fail_on("read_file /run/gaol/jails/3", EACCES);
  EXPECT_THAT(hostnames(), ElementsAre("one", "two", "three"));
}

TEST_F(StoreIndexTest, TheDyingAreInItUntilTheyAreForgotten) {
  Record web = named(1, "web");
  start(web);
  ASSERT_TRUE(store_.unpublish(web));
  auto entries = store_.entries().value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_TRUE(entries[0].dying);
  store_.forget(web, {});
  EXPECT_THAT(hostnames(), IsEmpty());
}

TEST_F(StoreIndexTest, WhatNeverRanIsNotDying) {
  Record web = named(1, "web");
  web.init = {};
  ASSERT_TRUE(store_.reserve(web, {}));
  EXPECT_THAT(hostnames(), IsEmpty()) << "it is being made";
  ASSERT_TRUE(store_.unpublish(web));
  EXPECT_THAT(hostnames(), IsEmpty());
}

TEST_F(StoreIndexTest, ItDoesNotGrowForEver) {
  start(named(1, std::string(1 << 10, 'x')));
  for (int change = 0; change < 3000; ++change)
    ASSERT_TRUE(store_.publish(named(1, std::string(1 << 10, 'x'))));
  EXPECT_LT(index().size(), size_t{2} << 20);
  EXPECT_THAT(store_.entries().value(), testing::SizeIs(1));
}

TEST_F(StoreIndexTest, WhoMayNotWriteReadsWhatThereIs) {
  start(named(1, "one"));
  index().clear();
  for (const char* call : {"lock ", "publish ", "append "}) kernel_.fail_on(call, EACCES);
  EXPECT_THAT(hostnames(), ElementsAre("one"));
  kernel_.fail_on("list_inodes ", EACCES);
  kernel_.fail_on("list_dir ", EACCES);
  EXPECT_EQ(store_.entries().error().code, EACCES);
}

}  // namespace
}  // namespace gaol::warden
