// SPDX-License-Identifier: BSD-2-Clause
#include "warden/record.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/fake_host.h"

namespace gaol::warden {
namespace {

Record sample() {
  return {.jid = 7,
          .name = "web",
          .settings = settings({"path=/jails/web", "nopersist", "exec.start=a; b",
                                "exec.start=\xff\n\"", "meta.k=v", "meta.k2", "ip4.addr=10.0.0.1"}),
          .owner = {12, 345},
          .init = {13, uint64_t{1} << 63},
          .first_id = 0x70070000,
          .cgroup = "/sys/fs/cgroup/gaol/7",
          .aliases = {{"lo1", {AF_INET, {10, 0, 0, 1}, 32}}, {"em0", {AF_INET6, {0x20, 1}, 64}}},
          .interfaces = {{"ep0b", 5}},
          .inherits = {"ip6"},
          .dying = true};
}

TEST(Record, ComesBackAsItWas) {
  const Record before = sample();
  const auto after = Record::from_text(before.to_text());
  ASSERT_TRUE(after) << after.error().text;
  EXPECT_EQ(after->jid, 7);
  EXPECT_EQ(after->name, "web");
  EXPECT_EQ(after->owner, before.owner);
  EXPECT_EQ(after->init, before.init);
  EXPECT_EQ(after->first_id, before.first_id);
  EXPECT_EQ(after->cgroup, before.cgroup);
  EXPECT_EQ(after->aliases, before.aliases);
  EXPECT_EQ(after->interfaces, before.interfaces);
  EXPECT_EQ(after->inherits, before.inherits);
  EXPECT_TRUE(after->dying);
  EXPECT_EQ(after->settings.all().size(), before.settings.all().size());
  EXPECT_FALSE(after->settings.on("persist"));
  EXPECT_EQ(after->settings.list("exec.start").front(), "a; b");
  EXPECT_EQ(after->settings.buffer("meta", "k2=x"), "k=v");
  EXPECT_EQ(after->to_text(), Record::from_text(after->to_text())->to_text());
}

TEST(Record, BytesThatAreNoUtf8DoNotSpoilIt) {
  EXPECT_EQ(Record::from_text(sample().to_text())->settings.list("exec.start").size(), 2u);
}

TEST(Record, DamageIsAnErrorWhereverItIs) {
  const std::string whole = sample().to_text();
  for (size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_FALSE(Record::from_text(whole.substr(0, cut))) << cut;
  for (const char* text :
       {"", "null", "[]", "7", "{}", R"({"jid": "seven"})", "\xff\xfe", "{\"jid\":7,"})
    EXPECT_TRUE(Record::from_text(text).error().text.starts_with("damaged record: ")) << text;
}

TEST(Record, AParameterThatIsNoMoreIsDamage) {
  std::string text = sample().to_text();
  text.replace(text.find("exec.start"), 10, "exec.strat");
  EXPECT_FALSE(Record::from_text(text));
}

TEST(Record, AddressesHaveTheirLength) {
  const std::string whole = sample().to_text();
  const auto at = whole.find("[10,0,0,1,") + 1;
  EXPECT_FALSE(Record::from_text(std::string(whole).replace(at, 2, "1e21")));
  EXPECT_FALSE(Record::from_text(std::string(whole).erase(at, 3)));
  const auto longer = Record::from_text(std::string(whole).insert(at, "1,2,3,4,5,6,7,8,9,"));
  EXPECT_EQ(longer->aliases[0].address.prefix, 32) << "what is too much goes nowhere";
}

}  // namespace
}  // namespace gaol::warden
