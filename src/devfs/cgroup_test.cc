// SPDX-License-Identifier: BSD-2-Clause

#include "devfs/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string.h>
#include <sys/stat.h>

#include "devfs/bpf/device_map.h"
#include "devfs/nodes.h"
#include "tests/fake_kernel.h"

namespace gaol::devfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

sys::Node node(unsigned mode, unsigned major, unsigned minor) {
  return {.name = "n", .mode = mode, .major = major, .minor = minor, .target = {}};
}

// The jail's entry, a line each: `c 10:200-200 rw`.
std::vector<std::string> entry(FakeKernel& kernel) {
  std::vector<std::string> out;
  for (const auto& [key, value] : kernel.maps[GAOL_DEVICE_MAP]) {
    device_jail jail;
    EXPECT_EQ(value.size(), sizeof jail);
    memcpy(&jail, value.data(), sizeof jail);
    for (const auto& range : std::span(jail.range, jail.count))
      out.push_back(concat(range.type == BPF_DEVCG_DEV_BLOCK ? "b " : "c ", range.major, ":",
                           range.first, "-", range.last, " ",
                           range.access & BPF_DEVCG_ACC_READ ? "r" : "",
                           range.access & BPF_DEVCG_ACC_WRITE ? "w" : ""));
  }
  return out;
}

std::vector<std::string> allowed(const std::vector<sys::Node>& nodes) {
  FakeKernel kernel;
  EXPECT_TRUE(allow(kernel, 7, nodes));
  return entry(kernel);
}

TEST(DevfsCgroup, CommonDevicesNeedNoEntry) {
  EXPECT_THAT(allowed(standard_nodes(4)), IsEmpty());
  EXPECT_THAT(allowed(standard_nodes(5)), ElementsAre("c 10:200-200 rw"));
}

TEST(DevfsCgroup, AStandardJailCostsNoCall) {
  FakeKernel kernel;
  EXPECT_TRUE(allow(kernel, 7, standard_nodes(4)));
  EXPECT_THAT(kernel.diary, IsEmpty());
}

TEST(DevfsCgroup, NeighboursAreOneRow) {
  EXPECT_THAT(
      allowed({node(S_IFBLK | 0660, 7, 1), node(S_IFBLK | 0660, 7, 0), node(S_IFBLK | 0660, 7, 3),
               node(S_IFCHR | 0660, 7, 2), node(S_IFBLK | 0440, 7, 2), node(S_IFBLK | 0660, 7, 1)}),
      ElementsAre("b 7:2-2 r", "b 7:0-1 rw", "b 7:3-3 rw", "c 7:2-2 rw"));
}

TEST(DevfsCgroup, AccessIsWhatTheModeLetsAnyone) {
  EXPECT_THAT(allowed({node(S_IFCHR | 0444, 10, 1), node(S_IFCHR | 0002, 10, 2),
                       node(S_IFCHR | 0600, 10, 3), node(S_IFCHR | 0111, 10, 4)}),
              ElementsAre("c 10:4-4 ", "c 10:1-1 r", "c 10:2-2 w", "c 10:3-3 rw"));
}

TEST(DevfsCgroup, OtherNodesAreNoDevices) {
  EXPECT_THAT(allowed({node(S_IFDIR | 0755, 0, 0), node(S_IFLNK | 0777, 0, 0)}), IsEmpty());
}

TEST(DevfsCgroup, ASmallerSetReplacesALarger) {
  FakeKernel kernel;
  ASSERT_TRUE(allow(kernel, 7, standard_nodes(5)));
  ASSERT_TRUE(replace(kernel, 7, {node(S_IFCHR | 0600, 10, 1)}));
  EXPECT_THAT(entry(kernel), ElementsAre("c 10:1-1 rw"));
  ASSERT_TRUE(replace(kernel, 7, standard_nodes(4)));
  EXPECT_THAT(kernel.maps[GAOL_DEVICE_MAP], IsEmpty());
}

TEST(DevfsCgroup, AKernelWithoutTheProgramIsNoFailure) {
  FakeKernel kernel;
  kernel.fail_on("map_put", ENOENT);
  kernel.fail_on("map_drop", ENOENT);
  EXPECT_TRUE(allow(kernel, 7, standard_nodes(5)));
  EXPECT_TRUE(replace(kernel, 7, standard_nodes(4)));
  EXPECT_TRUE(forget(kernel, 7));
}

TEST(DevfsCgroup, Refuses) {
  FakeKernel kernel;
  std::vector<sys::Node> many;
  for (unsigned minor = 0; minor < 2 * DEVICE_RANGES; minor += 2)
    many.push_back(node(S_IFCHR | 0600, 10, minor));
  EXPECT_TRUE(check(many));
  EXPECT_TRUE(allow(kernel, 7, many));
  many.push_back(node(S_IFCHR | 0600, 11, 0));
  const auto refused = allow(kernel, 7, many);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().line(),
            "devfs_ruleset: not supported on this system: more than 128 rows of devices");
  EXPECT_FALSE(check(many));
  kernel.fail_on("map_put", EPERM);
  EXPECT_FALSE(allow(kernel, 7, standard_nodes(5)));
}

}  // namespace
}  // namespace gaol::devfs
