// SPDX-License-Identifier: BSD-2-Clause

// jail.service and jail@NAME.service under a real systemd: it is the first process of namespaces
// of its own, with cgroup v2 alone, an /etc of its own, and no units but these, the targets they
// name, and two that watch the order of things. Such a machine is up within a second.

#include <filesystem>
#include <string>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSystemd = "/lib/systemd/systemd";
constexpr const char* kLimits = "cd /proc/sys/fs; for name in file-max nr_open; do ";

// Where the files below are, and what units and hooks leave for us to read.
const std::string kPlace = "/run/machine/";

constexpr const char* kTargets =
    "sysinit basic multi-user network-online network local-fs remote-fs shutdown umount final "
    "poweroff";

constexpr const char* kJails = R"(path = "/run/tree"; persist;
exec.poststop = "echo $name >>/run/machine/stopped";
web { depend = db; exec.prestart = "test -e /run/machine/network"; }
db { }
)";

constexpr const char* kBoot = R"(set -e
mount -t proc proc /proc
while mountpoint -q /sys/fs/cgroup; do umount --recursive --lazy /sys/fs/cgroup; done
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mkdir -p /run/gaol
mount -t tmpfs gaol /run/gaol
mount -t tmpfs none /usr/lib/systemd/system-generators
mount --bind /run/machine/etc /etc
exec env -i container=test SYSTEMD_UNIT_PATH=/run/machine/units PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --log-target=console
)";

class SystemdTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    GAOL_NEEDS(fs::exists(kSystemd), "needs systemd");
    limits_ = run(std::string(kLimits) + "echo $name=$(cat $name); done | xargs").out;
    furnish();
    boot();
    GAOL_NEEDS(inside("systemctl is-system-running --wait").status == 0,
               "systemd does not run here");
  }
  void TearDown() override {
    run("kill -9 $(cat " + kPlace + "unshare); sleep 0.1");
    // The first process of a machine thinks that they are its own.
    run("cd /proc/sys/fs; for limit in " + limits_ + "\ndo echo ${limit#*=} >${limit%=*}; done");
    run("cd $(findmnt -nfo TARGET -t cgroup2) && for try in $(seq 50); do find machine -depth "
        "-type d -exec rmdir {} + && break; sleep 0.1; done");
    run("rm -rf /run/machine /run/systemd /run/credentials /run/lock");
    KernelTest::TearDown();
  }

  // A shell line on the machine, with the built commands at hand.
  static Outcome inside(const std::string& line) {
    write_file(kPlace + "line", line);
    return run("nsenter --all --target $(pgrep -P $(cat " + kPlace + "unshare)) sh " + kPlace +
               "line");
  }
  static std::string jails() { return inside("jls name").out; }

 private:
  static void furnish() {
    run("mkdir -p " + kPlace + "units/multi-user.target.wants " + kPlace +
        "units/network-online.target.wants " + kPlace + "etc/jail.conf.d");
    run("cp -a /etc/passwd /etc/group /etc/nsswitch.conf " + kPlace + "etc");
    run(std::string("cd /lib/systemd/system; cp systemd-poweroff.service $(for t in ") + kTargets +
        "; do echo $t.target; done) " + kPlace + "units");
    // The units that are installed, with the script where it was built.
    run("cp '" GAOL_BIN_DIR "/../'jail*.service " + kPlace +
        "units && sed -i 's,^\\(Exec.*=-*\\)[^ ]*jail,\\1" GAOL_BIN_DIR
        "/../libexec/gaol/rc.d/jail,' " +
        kPlace + "units/jail*.service");
    write_file(kPlace + "units/network.service",
               "[Unit]\nDefaultDependencies=no\nBefore=network-online.target\n[Service]\n"
               "Type=oneshot\nExecStart=/bin/sh -c 'sleep 0.3; touch /run/machine/network'\n");
    write_file(kPlace + "units/late.service",
               "[Unit]\nAfter=jail.service\n[Service]\nType=oneshot\n"
               "ExecStart=/bin/sh -c '" GAOL_BIN_DIR "/jls name >/run/machine/at-boot'\n");
    run("cd " + kPlace +
        "units; ln -s multi-user.target default.target; "
        "ln -s ../network.service network-online.target.wants; "
        "ln -s ../jail.service ../late.service multi-user.target.wants");
    write_file(kPlace + "etc/rc.conf",
               "jail_enable=YES\n"
               "jail_program='" GAOL_BIN_DIR
               "/jail'\n"
               "jail_jls='" GAOL_BIN_DIR
               "/jls'\n"
               "jail_reverse_stop=YES\n");
    write_file(kPlace + "etc/jail.conf", kJails);
    write_file(kPlace + "etc/jail.conf.d/alone.conf", "alone { path = \"/run/tree\"; persist; }\n");
    write_file(kPlace + "etc/jail.conf.d/bad.conf", "bad { path = \"/nowhere\"; persist; }\n");
  }

  static void boot() {
    write_file(kPlace + "boot", kBoot);
    run("machine=$(findmnt -nfo TARGET -t cgroup2)/machine; mkdir $machine;"
        "(echo 0 >$machine/cgroup.procs; exec unshare --fork --kill-child --pid --mount --cgroup "
        "--uts --ipc sh " +
        kPlace + "boot) >/dev/null 2>&1 & echo $! >" + kPlace + "unshare");
    run("for try in $(seq 100); do test -S /run/systemd/private && break; sleep 0.1; done");
  }

  std::string limits_;
};

TEST_F(SystemdTest, ROOT_JailsStartAtBootInTheirPlaceAndStopAtItsEnd) {
  EXPECT_EQ(inside("cat /proc/1/comm; stat -fc %T /sys/fs/cgroup").out, "systemd\ncgroup2fs\n");
  EXPECT_EQ(inside("systemctl is-active jail").out, "active\n");
  EXPECT_EQ(run("cat " + kPlace + "at-boot").out, "db\nweb\n") << "nobody waited for the jails";
  EXPECT_EQ(inside("systemctl poweroff").status, 0);
  EXPECT_EQ(run("for try in $(seq 100); do kill -0 $(cat " + kPlace +
                "unshare) 2>/dev/null || exit 0; sleep 0.1; done; exit 1")
                .status,
            0);
  EXPECT_EQ(run("cat " + kPlace + "stopped").out, "web\ndb\n");
}

TEST_F(SystemdTest, ROOT_AJailIsAUnit) {
  EXPECT_EQ(inside("systemctl start jail@alone").status, 0);
  EXPECT_EQ(jails(), "db\nweb\nalone\n");
  EXPECT_EQ(inside("systemctl restart jail@alone && systemctl is-active jail@alone").out,
            "active\n");
  EXPECT_EQ(inside("systemctl stop jail@alone").status, 0);
  EXPECT_EQ(jails(), "db\nweb\n");
  // What runs already is left as it is; its unit may stop it all the same.
  EXPECT_EQ(inside("systemctl start jail@db && jls -j db jid").out, "1\n");
  EXPECT_EQ(inside("systemctl stop jail@web jail@db").status, 0);
  EXPECT_EQ(inside("systemctl start jail@bad").status, 1);
  EXPECT_EQ(inside("systemctl is-active jail@bad").out, "failed\n");
  // Jails are in nobody's way when the service that started them is killed.
  const auto before = jails();
  EXPECT_EQ(inside("systemctl kill --signal=KILL jail; systemctl is-active jail").out, "active\n");
  EXPECT_EQ(jails(), before);
}

}  // namespace
}  // namespace gaol::test
