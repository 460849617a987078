// SPDX-License-Identifier: BSD-2-Clause

#include "net/stack.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string.h>

#include "net/bpf/stack_map.h"
#include "tests/fake_kernel.h"

namespace gaol::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kCgroup = "/sys/fs/cgroup/gaol/7";
const std::string kJails = "/sys/fs/bpf/gaol/jails";
const std::string kAddresses = "/sys/fs/bpf/gaol/addresses";

sys::Address address(const char* text) {
  sys::Address out{strchr(text, ':') ? AF_INET6 : AF_INET, {}, 0};
  EXPECT_EQ(inet_pton(out.family, text, out.bytes), 1) << text;
  return out;
}

FamilyPlan only(std::initializer_list<const char*> texts) {
  FamilyPlan plan;
  for (const char* text : texts) plan.addresses.push_back(address(text));
  return plan;
}

const FamilyPlan kInherit{.inherit = true, .addresses = {}};

std::string text_of(const stack_address& a) {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, a.word, text, sizeof text);
}

std::string text_of(const stack_family& family) {
  if (family.count == STACK_UNLIMITED) return "unlimited";
  if (family.count == 0) return "disabled";
  return concat(family.count, " from ", text_of(family.primary));
}

// The only entry of the map "jails", in words.
std::string entry(FakeKernel& kernel) {
  const auto& map = kernel.maps[kJails];
  if (map.size() != 1) return concat(map.size(), " entries");
  stack_jail jail;
  EXPECT_EQ(map.begin()->second.size(), sizeof jail);
  memcpy(&jail, map.begin()->second.data(), sizeof jail);
  std::string out = concat(text_of(jail.v4), ", ", text_of(jail.v6));
  if (jail.reserved_ports_uid != STACK_NOBODY) out += concat(", ports ", jail.reserved_ports_uid);
  if (jail.own_stack) out += ", own stack";
  return out;
}

// The keys of the map "addresses": cgroup and address.
std::vector<std::string> members(FakeKernel& kernel) {
  std::vector<std::string> out;
  for (const auto& [key, value] : kernel.maps[kAddresses]) {
    stack_member member;
    EXPECT_EQ(key.size(), sizeof member);
    EXPECT_EQ(value.size(), 1u);
    memcpy(&member, key.data(), sizeof member);
    out.push_back(concat(member.cgroup, " ", text_of(member.address)));
  }
  return out;
}

TEST(Stack, EntriesSayWhatThePlanSays) {
  struct {
    StackPlan plan;
    const char* entry;
    std::vector<std::string> members;
  } const cases[] = {
      {{}, "disabled, disabled", {}},
      {{kInherit, kInherit, {}}, "unlimited, unlimited", {}},
      {{kInherit, kInherit, {}, true}, "unlimited, unlimited, own stack", {}},
      {{kInherit, {}, 0}, "unlimited, disabled, ports 0", {}},
      {{only({"10.0.0.1"}), {}, 100000}, "1 from ::ffff:10.0.0.1, disabled, ports 100000", {}},
      {{{}, only({"fd00::1"}), {}}, "disabled, 1 from fd00::1", {}},
      {{only({"10.0.0.2", "10.0.0.1"}), only({"fd00::1"}), {}},
       "2 from ::ffff:10.0.0.2, 1 from fd00::1",
       {"7 ::ffff:10.0.0.1", "7 ::ffff:10.0.0.2"}},
      {{kInherit, only({"fd00::1", "::1"}), {}},
       "unlimited, 2 from fd00::1",
       {"7 ::1", "7 fd00::1"}},
  };
  for (const auto& c : cases) {
    FakeKernel kernel;
    kernel.cgroup_ids[kCgroup] = 7;
    const auto id = apply(kernel, kCgroup, c.plan);
    ASSERT_TRUE(id) << c.entry;
    EXPECT_EQ(entry(kernel), c.entry);
    EXPECT_EQ(members(kernel), c.members) << c.entry;
    EXPECT_TRUE(undo(kernel, *id, c.plan));
    EXPECT_THAT(kernel.maps[kJails], IsEmpty()) << c.entry;
    EXPECT_THAT(kernel.maps[kAddresses], IsEmpty()) << c.entry;
  }
}

TEST(Stack, TheJailsEntryComesLastAndGoesFirst) {
  FakeKernel kernel;
  const StackPlan plan{only({"10.0.0.1", "10.0.0.2"}), {}, {}};
  ASSERT_TRUE(undo(kernel, apply(kernel, kCgroup, plan).value(), plan));
  EXPECT_THAT(kernel.diary, ElementsAre("map_put " + kAddresses, "map_put " + kAddresses,
                                        "map_put " + kJails, "map_drop " + kJails,
                                        "map_drop " + kAddresses, "map_drop " + kAddresses));
}

TEST(Stack, AFailedApplyLeavesNothingAndIsReported) {
  const StackPlan plan{only({"10.0.0.1", "10.0.0.2"}), only({"fd00::1", "fd00::2"}), {}};
  for (size_t nth = 1; nth <= 5; nth++) {
    FakeKernel kernel;
    kernel.fail_nth(nth, E2BIG);
    const auto id = apply(kernel, kCgroup, plan);
    ASSERT_FALSE(id) << nth;
    EXPECT_EQ(id.error().code, E2BIG);
    EXPECT_THAT(kernel.maps[kJails], IsEmpty()) << nth;
    EXPECT_THAT(kernel.maps[kAddresses], IsEmpty()) << nth;
  }
}

TEST(Stack, WithoutTheProgramsApplySaysENOENTAndUndoHasNothingToDo) {
  FakeKernel kernel;
  kernel.fail_on("map_", ENOENT);
  const StackPlan plan{only({"10.0.0.1", "10.0.0.2"}), {}, {}};
  EXPECT_EQ(apply(kernel, kCgroup, plan).error().code, ENOENT);
  kernel.diary.clear();
  EXPECT_TRUE(undo(kernel, 7, plan));
  EXPECT_THAT(kernel.diary, ElementsAre("map_drop " + kJails));
}

TEST(Stack, AJailWithoutItsCgroupIsRefusedBeforeAnythingIsWritten) {
  FakeKernel kernel;
  kernel.fail_on("cgroup_id", ENOENT);
  EXPECT_FALSE(apply(kernel, kCgroup, {}));
  EXPECT_THAT(kernel.diary, IsEmpty());
}

TEST(Stack, OnlyAddressesNeedThePrograms) {
  EXPECT_TRUE(needed({only({"10.0.0.1"}), {}, {}}));
  EXPECT_TRUE(needed({kInherit, only({"fd00::1"}), {}}));
  EXPECT_FALSE(needed({kInherit, {}, {}}));
  EXPECT_FALSE(needed({}));
}

TEST(Stack, ReplacingAddsBeforeItDropsAndKeepsWhatStays) {
  FakeKernel kernel;
  kernel.cgroup_ids[kCgroup] = 7;
  const StackPlan before{only({"10.0.0.1", "10.0.0.2"}), only({"fd00::1"}), {}};
  const StackPlan after{only({"10.0.0.2", "10.0.0.3"}), {}, {}};
  ASSERT_TRUE(apply(kernel, kCgroup, before));
  kernel.diary.clear();
  ASSERT_TRUE(replace(kernel, kCgroup, before, after));
  EXPECT_EQ(entry(kernel), "2 from ::ffff:10.0.0.2, disabled");
  EXPECT_EQ(members(kernel), (std::vector<std::string>{"7 ::ffff:10.0.0.2", "7 ::ffff:10.0.0.3"}));
  EXPECT_THAT(kernel.diary, ElementsAre("map_put " + kAddresses, "map_put " + kAddresses,
                                        "map_put " + kJails, "map_drop " + kAddresses));
}

TEST(Stack, ReplacingWithoutTheProgramsIsAFailureOnlyWhereTheyAreNeeded) {
  FakeKernel kernel;
  kernel.fail_on("map_", ENOENT);
  EXPECT_TRUE(replace(kernel, kCgroup, {}, {kInherit, {}, {}}));
  EXPECT_EQ(replace(kernel, kCgroup, {}, {only({"10.0.0.1"}), {}, {}}).error().code, ENOENT);
}

}  // namespace
}  // namespace gaol::net
