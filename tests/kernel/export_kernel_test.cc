// SPDX-License-Identifier: BSD-2-Clause

// Jails as files: what comes back, and what a file from elsewhere cannot do.

#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::string kPlace = "/run/export";

class ExportTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    fs::create_directory(kPlace);
    fs::permissions(kPlace, fs::perms::owner_all);
  }
  void TearDown() override {
    run("umount -q " + kPlace + "/fs");
    fs::remove_all(kPlace);
    KernelTest::TearDown();
  }
  static std::string shell(const std::string& line) { return seen("cd " + kPlace + "; " + line); }
  // A thick jail www of the tiny tree.
  static void make_www(const std::string& more = "") {
    make_tree(kPlace + "/www");
    write_file(kPlace + "/jail.conf", "www { path = " + kPlace + "/www; persist; " + more + "}\n");
  }
};

TEST_F(ExportTest, ROOT_AThinJailComesBackWhole) {
  ASSERT_EQ(shell("tar -C " + tiny_tree() +
                  " -cf - . |"
                  " gaol release import --releases $PWD/releases --name tiny -"),
            "");
  ASSERT_EQ(shell("gaol create www --releases $PWD/releases -r tiny --path $PWD/www >jail.conf"),
            "");
  ASSERT_EQ(shell("jail -f jail.conf -c www; jexec www sh -c 'echo mine >/etc/motd;"
                  " ln /etc/motd /etc/same; rm /bin/vi; rm -r /tmp; mkdir -m 1777 /tmp;"
                  " chown 33:44 /etc/motd; chmod 4711 /etc/motd; dd if=/dev/zero of=/sparse bs=1"
                  " count=1 seek=10000000 2>/dev/null; mkfifo /pipe'; jail -qf jail.conf -r www"),
            "www: created\n");
  ASSERT_EQ(shell("gaol export www --conf jail.conf"), "");
  EXPECT_EQ(shell("gaol import www.gaol.tar copy --path $PWD/copy >copy.conf"),
            "linux/amd64, 1 layer\n");
  struct stat is, same;
  ASSERT_EQ(::stat((kPlace + "/copy/etc/motd").c_str(), &is), 0);
  ASSERT_EQ(::stat((kPlace + "/copy/etc/same").c_str(), &same), 0);
  EXPECT_EQ(is.st_ino, same.st_ino);
  EXPECT_EQ(is.st_uid, 33u);
  EXPECT_EQ(is.st_gid, 44u);
  EXPECT_EQ(is.st_mode & 07777, 04711u);
  EXPECT_FALSE(fs::exists(kPlace + "/copy/bin/vi")) << "removed in the jail, not below it";
  ASSERT_EQ(::stat((kPlace + "/copy/sparse").c_str(), &is), 0);
  EXPECT_EQ(is.st_size, 10'000'001);
  EXPECT_LT(is.st_blocks * 512, 1'000'000);
  ASSERT_EQ(::stat((kPlace + "/www.gaol.tar").c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 077, 0u) << "others may read a jail's secrets";
  EXPECT_EQ(shell("sed s/x/x/ copy.conf"),
            "copy {\n  path = \"/run/export/copy\";\n  host.hostname = \"www\";\n"
            "  exec.start = \"/bin/sh /etc/rc\";\n  exec.stop = \"/bin/sh /etc/rc.shutdown\";\n"
            "  exec.clean;\n  mount.devfs;\n  persist;\n}\n");
  EXPECT_EQ(
      shell("jail -f copy.conf -c copy; jexec copy cat /etc/motd; jail -qf copy.conf -r copy"),
      "copy: created\nmine\n");
}

// One file follows the other, as a database's do: of any moment, they are at most one step apart.
TEST_F(ExportTest, ROOT_ARunningJailIsExportedAsOfOneMoment) {
  GAOL_NEEDS(run("cd " + kPlace +
                 " && mkdir fs && truncate -s 256M disk && mkfs.btrfs -q disk &&"
                 " mount -o loop disk fs")
                     .status == 0,
             "no btrfs here");
  ASSERT_EQ(shell("gaol release builtin --releases $PWD/fs/releases tiny >/dev/null;"
                  "gaol create www --releases $PWD/fs/releases -r tiny --path $PWD/fs/jails/www"
                  " exec.start='sh /writer' >jail.conf"),
            "");
  write_file(kPlace + "/fs/jails/www/writer",
             "put() { echo $n | dd of=/x conv=fsync 2>/dev/null; mv /x $1; }\n"
             "{ n=0; while :; do n=$((n+1)); put /a; put /b; done; } &\n");
  ASSERT_EQ(shell("jail -qf jail.conf -c www"), "");
  ASSERT_EQ(settled("ls /run/export/fs/jails/www/b", "/run/export/fs/jails/www/b\n"),
            "/run/export/fs/jails/www/b\n");
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(shell("gaol export www --conf jail.conf && gaol import www.gaol.tar two --path"
                    " $PWD/fs/jails/two >/dev/null; rm www.gaol.tar; cd fs/jails;"
                    " apart=$(($(cat two/a) - $(cat two/b))); [ $apart -le 1 -a $apart -ge 0 ] &&"
                    " gaol destroy --path $PWD/two --yes --now >/dev/null; ls -A . .gaol/.scratch"),
              "linux/amd64, 1 layer\n.:\n.gaol\nwww\n\n.gaol/.scratch:\n");
  EXPECT_EQ(shell("jail -qf jail.conf -r www"), "");
}

TEST_F(ExportTest, ROOT_IdsOfAShiftedTreeStayAtHome) {
  constexpr uint32_t kFirst = 0x70000000;
  make_www();
  ASSERT_EQ(
      shell("mkdir -p .gaol/www && echo 1879048192 >.gaol/www/owners && touch www/program &&"
            " chown -hR 1879048192:1879048192 www && chown 1879048225:1879048236 www/program"),
      "");
  vfs_cap_data capability{};
  capability.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  capability.data[0].permitted = 1U << CAP_NET_BIND_SERVICE;
  vfs_ns_cap_data shifted{VFS_CAP_REVISION_3 | VFS_CAP_FLAGS_EFFECTIVE, {}, kFirst};
  shifted.data[0].permitted = capability.data[0].permitted;
  const auto set = [](const std::string& tree, const auto& value) {
    return ::setxattr((kPlace + tree + "/program").c_str(), "security.capability", &value,
                      sizeof value, 0);
  };
  ASSERT_EQ(set("/www", shifted), 0);
  ASSERT_EQ(shell("gaol export www --conf jail.conf && gaol import www.gaol.tar two --path $PWD/two"
                  " >/dev/null 2>&1"),
            "");
  EXPECT_EQ(shell("stat -c '%u %g' two two/program two/etc/passwd"), "0 0\n33 44\n0 0\n");
  vfs_cap_data came{};
  ASSERT_EQ(
      ::getxattr((kPlace + "/two/program").c_str(), "security.capability", &came, sizeof came),
      static_cast<ssize_t>(sizeof came));
  EXPECT_EQ(std::memcmp(&came, &capability, sizeof came), 0);
}

TEST_F(ExportTest, ROOT_ParametersSurviveWhateverIsInThem) {
  make_www(R"($v = "of a variable"; exec.prestart = 'a; "b" \\ } $c', "$v"; meta.k = "x\ny";
              allow.nomlock; exec.clean;)");
  ASSERT_EQ(shell("gaol export www --conf jail.conf"), "");
  const auto came = shell("gaol import www.gaol.tar two --path $PWD/two 2>notes | tee two.conf");
  EXPECT_THAT(came, HasSubstr(R"(  exec.prestart = "a; \"b\" \\ } \$c", "of a variable";)"));
  EXPECT_THAT(came, HasSubstr(R"(  meta.k = "x\012y";)"));
  EXPECT_THAT(came, HasSubstr("  allow.nomlock;\n"));
  EXPECT_EQ(shell("cat notes"),
            "linux/amd64, 1 layer\n"
            "gaol: look at these before the jail starts: exec.prestart\n");
  // Read again it is the same.
  EXPECT_EQ(shell("jail -f jail.conf -e ';' | tr ';' '\\n' | sort | sed 's|/www|/two|; "
                  "s/^name=www/name=two/'"),
            shell("jail -f two.conf -e ';' | tr ';' '\\n' | sort"));
}

// The file with another text in place of what it says of jail.conf, and digests that fit.
std::string forge(const std::string& conf) {
  const std::string script = R"(
import hashlib, json, os, sys, tarfile
def digest(b): return hashlib.sha256(b).hexdigest()
os.makedirs('forged/blobs/sha256', exist_ok=True)
tarfile.open('www.gaol.tar').extractall('forged')
def blob(d): return open('forged/blobs/sha256/' + d['digest'][7:], 'rb').read()
def put(b):
    open('forged/blobs/sha256/' + digest(b), 'wb').write(b)
    return {'digest': 'sha256:' + digest(b), 'size': len(b)}
index = json.load(open('forged/index.json'))
manifest = json.loads(blob(index['manifests'][0]))
config = json.loads(blob(manifest['config']))
config['org.gaol.jail']['conf'] = sys.argv[1]
manifest['config'] = put(json.dumps(config).encode())
index['manifests'][0].update(put(json.dumps(manifest).encode()))
json.dump(index, open('forged/index.json', 'w'))
)";
  write_file(kPlace + "/forge.py", script);
  write_file(kPlace + "/conf", conf);
  return seen("cd " + kPlace +
              "; rm -rf forged bad; python3 forge.py \"$(cat conf)\";"
              " gaol import forged bad --path $PWD/bad");
}

TEST_F(ExportTest, ROOT_AForgedConfigurationStaysWithItsJail) {
  GAOL_NEEDS(run("command -v python3").status == 0, "needs python3");
  make_www();
  ASSERT_EQ(shell("gaol export www --conf jail.conf"), "");
  const std::string usual =
      "gaol: what the file says of jail.conf is not of one jail alone, and is left out\nbad {\n  "
      "path = \"/run/export/bad\";\n"
      "  exec.start = \"/bin/sh /etc/rc\";";
  for (const char* conf :
       {"} other { path = /; persist; } bad {", ".include \"/etc/passwd\";", "persist = ;",
        "no.such.parameter = 1;", "persist; }", "} * { allow.mlock; } bad {"}) {
    const auto said = forge(conf);
    EXPECT_THAT(said, HasSubstr(usual)) << conf;
    EXPECT_THAT(said, Not(HasSubstr("other {"))) << conf;
    EXPECT_THAT(said, Not(HasSubstr("root:"))) << conf;
    EXPECT_EQ(run("gaol destroy --path " + kPlace + "/bad --yes").status, 0);
  }
}

// An entry of a cpio in POSIX's old form, which is what pax writes for ezjail.
std::string cpio(const std::string& name, unsigned mode, const std::string& data, int inode = 0,
                 int names = 1) {
  char header[80];
  std::snprintf(header, sizeof header, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06zo%011zo", 1u,
                static_cast<unsigned>(inode), mode, 0u, 0u, static_cast<unsigned>(names), 0u, 1u,
                name.size() + 1, data.size());
  return header + name + '\0' + data;
}

TEST_F(ExportTest, ROOT_WhatEzjailArchivedIsImported) {
  write_file(kPlace + "/plain",
             cpio("prop.ezjail-www-202601010000.00-host-15-amd64", 0100644,
                  "export jail_www_hostname=\"www.example\"\nexport jail_www_ip=\"192.0.2.1\"\n"
                  "export jail_www_exec_start=\"/bin/sh /etc/rc\"\ntouch /run/export/ran\n") +
                 cpio("fstab.ezjail", 0100644, "x") + cpio("ezjail", 040755, "") +
                 cpio("ezjail/etc", 040755, "") + cpio("ezjail/etc/motd", 0100644, "hi", 7, 2) +
                 cpio("ezjail/etc/same", 0100644, "hi", 7, 2) + cpio("TRAILER!!!", 0, ""));
  EXPECT_EQ(shell("gzip <plain >www-202601010000.00.tar.gz; gaol import www-*.tar.gz www"
                  " --path $PWD/www"),
            "www {\n  path = \"/run/export/www\";\n  host.hostname = \"www.example\";\n"
            "  ip4.addr = \"192.0.2.1\";\n  exec.start = \"/bin/sh /etc/rc\";\n  persist;\n}\n");
  EXPECT_EQ(shell("cat www/etc/motd www/etc/same; ls -d ran prop* ezjail 2>&1"),
            "hihils: cannot access 'ran': No such file or directory\n"
            "ls: cannot access 'prop*': No such file or directory\n"
            "ls: cannot access 'ezjail': No such file or directory\n[exit 2]\n");
  EXPECT_EQ(fs::hard_link_count(kPlace + "/www/etc/motd"), 2u);
}

TEST_F(ExportTest, ROOT_WhatIocageExportedSaysWhatToDo) {
  write_file(kPlace + "/renamed", "PK\x03\x04 and so on");
  ASSERT_EQ(shell("mkdir -p mnt/iocage/images; echo x >mnt/iocage/images/www_2026-01-01;"
                  " tar -cJf www_2026-01-01.tar.xz mnt/iocage/images/www_2026-01-01"),
            "");
  for (const std::string file : {"renamed", "www_2026-01-01.tar.xz"})
    EXPECT_EQ(shell("gaol import " + file + " www"),
              "gaol: import: " + file +
                  ": a jail as iocage exports it: streams of ZFS (unpack it,"
                  " `zfs receive` them, and import a tar of what is in root)\n[exit 1]\n");
}

TEST_F(ExportTest, ROOT_RefusesAndLeavesNothing) {
  make_www();
  EXPECT_EQ(shell("gaol export wwv --conf jail.conf"),
            "gaol: export: jail \"wwv\" not found, did you mean \"www\"?\n[exit 1]\n");
  EXPECT_EQ(shell("touch there; gaol export www there --conf jail.conf"),
            "gaol: export: there: File exists\n[exit 1]\n");
  EXPECT_EQ(shell("gaol export www /nowhere/x --conf jail.conf"),
            "gaol: export: /nowhere/x.part: No such file or directory\n[exit 1]\n");
  ASSERT_EQ(shell("jail -qf jail.conf -c www"), "");
  EXPECT_EQ(shell("gaol export www --conf jail.conf"),
            "gaol: export: /run/export/www: jail \"www\" runs in it (jail -r www)\n[exit 1]\n");
  ASSERT_EQ(shell("jail -qf jail.conf -r www"), "");
  EXPECT_EQ(shell("ls"), "jail.conf\nthere\nwww\n");
  EXPECT_EQ(shell("gaol import there"),
            "gaol: import: there: Unrecognized archive format\n[exit 1]\n");
  EXPECT_EQ(
      shell("gaol import there ../x"),
      "gaol: import: name \"../x\": a jail's name has letters, digits and \"._-\", and begins with"
      " a letter or digit\n[exit 1]\n");
}

}  // namespace
}  // namespace gaol::test
