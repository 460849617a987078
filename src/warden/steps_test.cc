// SPDX-License-Identifier: BSD-2-Clause

// Starts and stops on a machine in memory: which calls are made, in which order, and which are
// not; and that nothing is left, whichever call fails and wherever a kill -9 strikes.

#include "warden/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/fake_host.h"
#include "warden/warden.h"

namespace gaol::warden {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr int kFailed = W_EXITCODE(1, 0);

const std::vector<std::string> kHooks = {
    "name=web",
    "path=/jails/web",
    "persist",
    "exec.prepare=prep",
    "exec.prestart=prestart",
    "exec.created=created",
    "exec.start=inside",
    "exec.poststart=post",
    "exec.prestop=prestop",
    "exec.stop=goodbye",
    "exec.poststop=poststop",
    "exec.release=release",
    "ip4.addr=lo1|10.0.0.1,10.0.0.2",
};

// The lines of a diary that say something about the order of steps.
std::vector<std::string> steps_of(const std::vector<std::string>& diary) {
  std::vector<std::string> out;
  for (const auto& line : diary)
    for (const char* begin : {"spawn ", "add_address ", "remove_address ", "make_dir /sys/",
                              "end_cgroup ", "clone", "push_link ", "pull_link ", "signal "})
      if (line.starts_with(begin)) out.push_back(line);
  return out;
}

class StepsTest : public testing::Test {
 protected:
  StepsTest() {
    // The state of every later start: directories made, programs loaded.
    EXPECT_TRUE(warden().start(request({"name=first", "path=/jails/web", "command=true"})));
    kernel_.diary.clear();
    told_.clear();
    before_ = kernel_.footprint();
  }
  Warden warden() {
    return Warden(kernel_, {[this](Report::What what, std::string_view text) {
                    using enum Report::What;
                    if (what == created || what == removed)
                      told_.push_back(concat(what == created ? "created " : "removed ", text));
                    if (what == failed) told_.push_back(concat("failed ", text));
                  }});
  }
  Result<Jid> start(const std::vector<std::string>& words) {
    return warden().start(request(words, "web"));
  }
  Result<> stop(const std::vector<std::string>& words) {
    const auto configured = settings(words);
    Warden ours = warden();
    return ours.stop(ours.find("web").value(), &configured, "web");
  }

  FakeHost kernel_;
  std::vector<std::string> told_, before_;
};

TEST_F(StepsTest, AStartGoesByTheManPage) {
  ASSERT_TRUE(start(kHooks));
  EXPECT_THAT(steps_of(kernel_.diary),
              ElementsAre("spawn prep", "add_address lo1 10.0.0.1/32", "spawn prestart",
                          "make_dir /sys/fs/cgroup/gaol/2", "clone into namespaces",
                          "spawn created", "clone", "spawn post"));
  EXPECT_THAT(told_, ElementsAre("created web"));
  EXPECT_THAT(start_step_names(),
              ElementsAre("exec.prepare", "ip4.addr", "exec.prestart", "exec.fib", "cgroup",
                          "create", "children", "exec.created", "zfs.dataset", "vnet.interface",
                          "vnet.bridge", "vnet.nat", "exec.start", "command", "exec.poststart"));
}

TEST_F(StepsTest, AStopGoesByTheManPage) {
  ASSERT_TRUE(start(kHooks));
  kernel_.diary.clear();
  told_.clear();
  ASSERT_TRUE(stop(kHooks));
  EXPECT_THAT(steps_of(kernel_.diary),
              ElementsAre("spawn prestop", "clone", StartsWith("signal 1000"),
                          "end_cgroup /sys/fs/cgroup/gaol/2", "spawn poststop",
                          "remove_address lo1 10.0.0.1/32", "spawn release"));
  EXPECT_THAT(told_, ElementsAre("removed web"));
  EXPECT_EQ(kernel_.footprint(), before_);
}

TEST_F(StepsTest, NoHookRunsWhenAStartIsUndone) {
  kernel_.exits = {0, 0, 0, 0, kFailed};
  EXPECT_EQ(start(kHooks).error().text, "post: failed");
  EXPECT_THAT(steps_of(kernel_.diary),
              ElementsAre("spawn prep", "add_address lo1 10.0.0.1/32", "spawn prestart",
                          "make_dir /sys/fs/cgroup/gaol/2", "clone into namespaces",
                          "spawn created", "clone", "spawn post", StartsWith("signal 1000"),
                          "end_cgroup /sys/fs/cgroup/gaol/2", "remove_address lo1 10.0.0.1/32"));
  EXPECT_THAT(told_, ElementsAre("created web", "failed post: failed", "removed web"));
  EXPECT_EQ(kernel_.footprint(), before_);
}

TEST_F(StepsTest, BeforeTheJailThereIsNothingToRemove) {
  kernel_.exits = {kFailed};
  EXPECT_FALSE(start(kHooks));
  EXPECT_THAT(steps_of(kernel_.diary), ElementsAre("spawn prep"));
  EXPECT_THAT(told_, ElementsAre("failed prep: failed"));
  EXPECT_EQ(kernel_.footprint(), before_);
}

TEST_F(StepsTest, AStopThatIsRefusedLeavesTheJailAlone) {
  ASSERT_TRUE(start(kHooks));
  const auto running = kernel_.footprint();
  for (const std::deque<std::optional<int>>& exits :
       {std::deque<std::optional<int>>{kFailed}, {0, kFailed}}) {
    kernel_.exits = exits;
    kernel_.diary.clear();
    EXPECT_FALSE(stop(kHooks));
    EXPECT_THAT(kernel_.diary, Not(Contains(StartsWith("signal "))));
    EXPECT_EQ(kernel_.footprint(), running);
  }
}

TEST_F(StepsTest, FailuresAfterTheRemovalDoNotStopTheRest) {
  ASSERT_TRUE(start(kHooks));
  told_.clear();
  kernel_.exits = {0, 0, kFailed, kFailed};
  EXPECT_EQ(stop(kHooks).error().text, "poststop: failed") << "the first one";
  EXPECT_THAT(told_,
              ElementsAre("removed web", "failed poststop: failed", "failed release: failed"));
  EXPECT_EQ(kernel_.footprint(), before_);
}

TEST_F(StepsTest, WithoutPersistAndProcessesItIsGoneAtOnce) {
  ASSERT_TRUE(start({"name=web", "path=/jails/web", "exec.start=true"}));
  EXPECT_THAT(told_, ElementsAre("created web"));
  EXPECT_EQ(kernel_.footprint(), before_);
}

TEST_F(StepsTest, InterfacesComeBackBeforeTheirNamespaceGoes) {
  kernel_.links["ep0b"] = 3;
  before_ = kernel_.footprint();
  const std::vector<std::string> words = {"name=web", "path=/jails/web", "persist", "vnet",
                                          "vnet.interface=ep0b"};
  ASSERT_TRUE(start(words));
  EXPECT_FALSE(kernel_.links.contains("ep0b"));
  ASSERT_TRUE(stop(words));
  EXPECT_THAT(steps_of(kernel_.diary),
              ElementsAre("make_dir /sys/fs/cgroup/gaol/2", "clone into namespaces",
                          "push_link ep0b", "pull_link ep0b 7", StartsWith("signal 1000"),
                          "end_cgroup /sys/fs/cgroup/gaol/2"));
  EXPECT_EQ(kernel_.footprint(), before_);
}

TEST_F(StepsTest, TheProgramsAreLoadedByTheFirstWhoNeedsThem) {
  kernel_.fail_on("map_put", ENOENT);
  EXPECT_EQ(start({"name=web", "path=/jails/web", "persist", "ip4.addr=10.0.0.1"}).error().code,
            ENOENT);
  EXPECT_THAT(kernel_.diary,
              Contains("spawn /usr/libexec/gaol/gaol-stack load /sys/fs/cgroup/gaol"));
  EXPECT_EQ(kernel_.footprint(), before_);
}

// --- whichever call fails, wherever a kill strikes ---

struct Act {
  const char* name;
  bool starts;
  std::vector<std::string> words;
};
const Act kActs[] = {
    {"start", true, kHooks},
    {"stop", false, kHooks},
    {"start vnet", true, {"name=web", "path=/jails/web", "persist", "vnet", "vnet.interface=ep0b"}},
    {"stop vnet", false, {"name=web", "path=/jails/web", "persist", "vnet", "vnet.interface=ep0b"}},
    {"start wired",
     true,
     {"name=web", "path=/jails/web", "persist", "vnet", "vnet.bridge=br0,br0"}},
    {"stop wired",
     false,
     {"name=web", "path=/jails/web", "persist", "vnet", "vnet.bridge=br0,br0"}},
    {"start with NAT",
     true,
     {"name=web", "path=/jails/web", "persist", "vnet", "vnet.bridge=br0", "vnet.ip4=10.0.0.2/24",
      "vnet.nat", "vnet.rdr=tcp 80"}},
    {"stop with NAT",
     false,
     {"name=web", "path=/jails/web", "persist", "vnet", "vnet.bridge=br0", "vnet.ip4=10.0.0.2/24",
      "vnet.nat", "vnet.rdr=tcp 80"}},
};

// A machine on which the act is about to happen.
struct Stage : FakeHost {
  explicit Stage(const Act& act) {
    links = {{"ep0b", 3}, {"br0", 4}};
    files["/usr/sbin/nft"] = "";
    files["/proc/sys/net/ipv4/ip_forward"] = "1\n";
    EXPECT_TRUE(Warden(*this).start(request({"name=first", "path=/jails/web", "command=true"})));
    before = footprint();
    if (!act.starts) {
      EXPECT_TRUE(Warden(*this).start(request(act.words)));
    }
    diary.clear();
  }
  void perform(const Act& act) {
    Warden warden(*this);
    const auto configured = settings(act.words);
    if (act.starts)
      (void)warden.start(request(act.words));
    else
      (void)warden.stop(warden.find("web").value(), &configured, "web");
  }
  // The command has ended, one way or another. Two more come.
  void expect_whole_or_nothing(const std::string& trace) {
    living.erase(1);
    const auto jails = Warden(*this).list();
    living[1] = 1;
    for (const auto& jail : jails) EXPECT_TRUE(Warden(*this).stop(jail, nullptr, "")) << trace;
    EXPECT_THAT(footprint(), testing::ElementsAreArray(before)) << trace;
  }
  std::vector<std::string> before;
};

TEST(StepsCutShort, AFailingCallLeavesAWholeJailOrNone) {
  for (const auto& act : kActs) {
    Stage rehearsal(act);
    rehearsal.perform(act);
    for (size_t nth = 1; nth <= rehearsal.diary.size(); ++nth) {
      // Removing our own files does not fail; an interface that cannot be brought back dies with
      // its namespace.
      const std::string line = rehearsal.diary[nth - 1];
      if (line.starts_with("remove_file /run/") || line.starts_with("remove_dir /run/") ||
          line.starts_with("pull_link "))
        continue;
      Stage stage(act);
      stage.fail_nth(nth, EIO);
      stage.perform(act);
      stage.expect_whole_or_nothing(concat(act.name, ": ", line));
    }
  }
}

TEST(StepsCutShort, AKillAnywhereIsFinishedByTheNextCommand) {
  for (const auto& act : kActs) {
    Stage rehearsal(act);
    rehearsal.perform(act);
    for (size_t nth = 1; nth <= rehearsal.diary.size(); ++nth) {
      Stage stage(act);
      stage.kill_nth(nth);
      EXPECT_THROW(stage.perform(act), FakeKernel::Killed);
      stage.expect_whole_or_nothing(concat(act.name, ", before ", stage.diary.back()));
    }
  }
}

// --- commands beside each other ---

// A command that comes to its end, settles its jail and exits, at the moment when another one
// asks whether it is alive.
struct JustEnded : FakeHost {
  bool alive(const sys::ProcessId& process) override {
    if (process != kOther) return FakeHost::alive(process);
    files.erase("/run/gaol/busy/1");
    return false;
  }
  static constexpr sys::ProcessId kOther{77, 1};
};

TEST(Beside, AStartThatEndsWhileWeLookIsNotSwept) {
  JustEnded host;
  ASSERT_TRUE(Warden(host).start(request({"name=web", "path=/jails/web", "persist"})));
  Record record = Warden(host).find("web").value();
  record.owner = JustEnded::kOther;
  for (const auto& look : {+[](Warden& warden) { EXPECT_EQ(warden.list().size(), 1u); },
                           +[](Warden& warden) {
                             EXPECT_EQ(warden.start(request({"name=web", "persist"})).error().text,
                                       "\"web\" already exists");
                           }}) {
    host.files["/run/gaol/busy/1"] = record.to_text();
    Warden warden(host);
    look(warden);
    EXPECT_TRUE(warden.find("web"));
  }
}

}  // namespace
}  // namespace gaol::warden
