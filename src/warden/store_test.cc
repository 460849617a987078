// SPDX-License-Identifier: BSD-2-Clause
#include "warden/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/fake_host.h"
#include "warden/ids.h"

namespace gaol::warden {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Jid kLast = 999999;
constexpr Jid kTurn = static_cast<Jid>(kRanges);  // jids this far apart share their ids

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    EXPECT_TRUE(store_.prepare());
    lock_ = store_.lock().value();
  }

  Record record(Jid jid, const std::string& name = "web") {
    Record out{.jid = jid, .name = name};
    out.owner = {1, 1};
    return out;
  }
  Jid next() { return store_.allocate({}).value(); }
  void take(Jid jid) {
    ASSERT_TRUE(store_.allocate(jid));
    ASSERT_TRUE(store_.reserve(record(jid, concat("jail", jid)), {}));
  }

  FakeHost kernel_;
  Store store_{kernel_, "/run/gaol"};
  sys::Fd lock_;
};

TEST_F(StoreTest, JidsOnlyGrow) {
  EXPECT_EQ(next(), 1);
  EXPECT_EQ(next(), 2) << "also when nobody took the first";
  take(3);
  EXPECT_EQ(next(), 4);
  Store again(kernel_, "/run/gaol");
  EXPECT_EQ(again.allocate({}).value(), 5) << "also over commands";
}

TEST_F(StoreTest, AfterTheLastTheSearchWraps) {
  take(1);
  ASSERT_TRUE(store_.allocate(2));
  kernel_.files["/run/gaol/lock"] = concat(kLast - 1, " ", kLast - 1);
  EXPECT_EQ(next(), kLast);
  EXPECT_EQ(next(), 2) << "1 runs";
  EXPECT_EQ(next(), 3);
}

TEST_F(StoreTest, AnExplicitJidIsGivenOnceAndMovesNothing) {
  EXPECT_EQ(store_.allocate(500).value(), 500);
  EXPECT_EQ(next(), 1);
  take(500);
  EXPECT_EQ(store_.allocate(500).error().text, "jail 500 already exists");
}

TEST_F(StoreTest, RunningJailsNeverShareIds) {
  take(5);
  ASSERT_TRUE(store_.allocate(5 + 2 * kTurn).error().text.contains("range of ids is in use"));
  ASSERT_TRUE(store_.allocate(6 + kTurn));
  take(6 + kTurn);
  // The search passes what shares with a running one.
  kernel_.files["/run/gaol/lock"] = concat(4, " ", 6 + kTurn);
  EXPECT_EQ(next(), 7);
  // A damaged counter must not lead to shared ids either.
  take(1);
  for (const char* junk : {"junk", "0 x", "0"}) {
    kernel_.files["/run/gaol/lock"] = junk;
    EXPECT_EQ(next(), 2) << junk;
  }
}

TEST(Ids, RangesLieApartAndBelowNobody) {
  std::map<uint32_t, Jid> owners;
  for (Jid jid = 1; jid <= kTurn; ++jid) {
    const uint32_t first = first_id_of(jid);
    EXPECT_EQ(first % 65536, 0u);
    EXPECT_GE(first, 0x70000000u);
    EXPECT_LE(first, 0xFFEF0000u - 65536);
    EXPECT_TRUE(owners.try_emplace(first, jid).second) << jid << " and " << owners[first];
  }
  EXPECT_EQ(first_id_of(7), first_id_of(7 + kTurn));
  EXPECT_THAT(jids_sharing_ids(7 + kTurn, kLast), testing::Contains(7));
  EXPECT_THAT(jids_sharing_ids(kTurn, kTurn + 1), ElementsAre(kTurn)) << "there is no jid 0";
}

TEST_F(StoreTest, ARecordComesAndGoes) {
  const auto before = kernel_.footprint();
  const Record web = record(next());
  const std::vector<std::string> addresses = {"10.0.0.1", "::1"};
  ASSERT_TRUE(store_.reserve(web, addresses));
  EXPECT_EQ(store_.jid_of_name("web"), 1);
  EXPECT_THAT(store_.users_of("::1"), ElementsAre(1));
  EXPECT_THAT(store_.busy().jids, ElementsAre(1));
  EXPECT_THAT(store_.jids(), IsEmpty()) << "it shows in no listing before it runs";

  ASSERT_TRUE(store_.enter(web));
  store_.settle(1);
  EXPECT_THAT(store_.jids(), ElementsAre(1));
  EXPECT_THAT(store_.busy().jids, IsEmpty());

  ASSERT_TRUE(store_.unpublish(web));
  EXPECT_THAT(store_.jids(), IsEmpty());
  EXPECT_EQ(store_.jid_of_name("web"), 1) << "its name is taken until all of it is gone";
  store_.forget(web, addresses);
  EXPECT_EQ(kernel_.footprint(), before);
}

TEST_F(StoreTest, AnAddressIsInTheBooksAsLongAsSomebodyUsesIt) {
  ASSERT_TRUE(store_.reserve(record(1, "a"), {"10.0.0.1"}));
  ASSERT_TRUE(store_.reserve(record(2, "b"), {"10.0.0.1"}));
  EXPECT_THAT(store_.users_of("10.0.0.1"), ElementsAre(1, 2));
  store_.forget(record(1, "a"), {"10.0.0.1"});
  EXPECT_THAT(store_.users_of("10.0.0.1"), ElementsAre(2));
  EXPECT_FALSE(store_.jid_of_name("a"));
}

TEST_F(StoreTest, ForgettingLeavesANameThatIsSomebodyElsesByNow) {
  ASSERT_TRUE(store_.reserve(record(2), {}));
  store_.forget(record(1), {});
  EXPECT_EQ(store_.jid_of_name("web"), 2);
}

TEST_F(StoreTest, JailsThatAreNamedByTheirNumberNeedNoEntry) {
  ASSERT_TRUE(store_.reserve(record(3, "3"), {}));
  EXPECT_FALSE(store_.jid_of_name("3"));
}

TEST_F(StoreTest, TheNewestRecordCountsAndItsOwnerIsTheBusyOnes) {
  Record web = record(1);
  ASSERT_TRUE(store_.reserve(web, {}));
  ASSERT_TRUE(store_.enter(web));
  web.owner = {99, 9};
  web.interfaces = {{"ep0b", 5}};
  ASSERT_TRUE(store_.publish(web));
  const auto busy = store_.read_busy(1);
  ASSERT_TRUE(busy);
  EXPECT_THAT(busy->interfaces, ElementsAre(sys::LentLink{"ep0b", 5}));
  EXPECT_EQ(busy->owner, (sys::ProcessId{1, 1}));
}

TEST_F(StoreTest, HalfWrittenRecordsAreFound) {
  kernel_.files["/run/gaol/busy/8.new"] = "{\"jid";
  kernel_.files["/run/gaol/busy/9"] = record(9).to_text();
  kernel_.files["/run/gaol/busy/9.new"] = "";
  EXPECT_THAT(store_.busy().torn, ElementsAre("/run/gaol/busy/8.new"))
      << "the other one's owner writes";
  store_.forget(record(9), {});
  EXPECT_FALSE(kernel_.files.contains("/run/gaol/busy/9.new"));
}

TEST_F(StoreTest, ARunningJailIsFiledUnderAnotherName) {
  const auto before = kernel_.footprint();
  Record jail = record(1, "old");
  ASSERT_TRUE(store_.reserve(jail, {}));
  ASSERT_TRUE(store_.enter(jail));
  ASSERT_TRUE(store_.rename(jail, "new"));
  EXPECT_EQ(store_.jid_of_name("new"), 1);
  EXPECT_FALSE(store_.jid_of_name("old"));
  EXPECT_EQ(store_.read(1)->name, "new");
  ASSERT_TRUE(store_.rename(jail, "1"));
  EXPECT_FALSE(store_.jid_of_name("new")) << "a number is found without";
  store_.forget(jail, {});
  EXPECT_EQ(kernel_.footprint(), before);
}

TEST_F(StoreTest, ARenamingThatWasCutShortStandsInNobodysWay) {
  kernel_.symlinks["/run/gaol/names/web"] = "7";
  ASSERT_TRUE(store_.reserve(record(8), {}));
  EXPECT_EQ(store_.jid_of_name("web"), 8);
}

TEST_F(StoreTest, DamagedRecordsAreNobody) {
  kernel_.files["/run/gaol/jails/4"] = "{}";
  kernel_.files["/run/gaol/busy/5"] = "";
  EXPECT_FALSE(store_.read(4));
  EXPECT_FALSE(store_.read_busy(5));
  EXPECT_FALSE(store_.allocate(4)) << "but their jid is taken";
}

}  // namespace
}  // namespace gaol::warden
