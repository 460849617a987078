// SPDX-License-Identifier: BSD-2-Clause

// Servers as Debian has them, unchanged, in two jails side by side on the same ports: on the host's
// network stack, where each of them listens on every address, and on stacks of their own. Run by
// `./bootstrap test --long`, which fetches the release with all of them, once.

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// What the tests make lies on a disk, and stays there for the next run.
const std::string kReleases = "/var/cache/gaol/programs";
const std::string kTrees = kReleases + "/trees";

struct Stack {
  const char* name;
  const char* parameters;  // with N for the last digit
  const char* network;     // what comes before that digit
};
constexpr Stack kStacks[] = {
    {"shared", "ip4.addr = \"em0|192.0.2.1N/32\";", "192.0.2.1"},
    {"vnet",
     "vnet; vnet.bridge = bridge0; vnet.ip4 = 198.51.100.1N/24; vnet.router = 198.51.100.1;",
     "198.51.100.1"},
};

class ProgramTest : public KernelTest, public testing::WithParamInterface<Stack> {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    GAOL_NEEDS(fs::exists(kReleases + "/apps"), "needs the release that bootstrap fetches for it");
    ASSERT_EQ(seen("ip link add em0 type veth peer name out0 && ip link set em0 up &&"
                   " ip link set out0 up && ip addr add 192.0.2.1/24 dev em0 &&"
                   " ip link add bridge0 type bridge && ip link set bridge0 up &&"
                   " ip addr add 198.51.100.1/24 dev bridge0"),
              "");
    std::string conf =
        "persist; mount.devfs; host.hostname = $name; allow.raw_sockets;\n"
        "sysvshm = new; sysvsem = new; sysvmsg = new;\n";
    for (const char* number : {"1", "2"}) {
      const std::string name = std::string("jail") + number;
      fs::remove_all(kTrees + "/" + name);
      ASSERT_EQ(
          seen("mkdir -p " + kTrees + " && cp -a " + kReleases + "/apps " + kTrees + "/" + name),
          "");
      std::string parameters = GetParam().parameters;
      parameters.replace(parameters.find('N'), 1, number);
      conf += name + " { path = " + kTrees + "/" + name + "; " + parameters + " }\n";
    }
    write_file("/run/jail.conf", conf);
    ASSERT_EQ(seen("jail -qf /run/jail.conf -c"), "");
  }
  void TearDown() override {
    run("jail -R jail1; jail -R jail2; ip link del em0; ip link del bridge0");
    fs::remove_all(kTrees);
    KernelTest::TearDown();
  }

  // The same in either jail, as root of it.
  static void in_both(const std::string& line) {
    for (const char* jail : {"jail1", "jail2"}) {
      write_file("/run/line", line);
      const auto done = run(std::string("jexec ") + jail + " sh -s </run/line >/run/said 2>&1");
      EXPECT_EQ(done.status, 0) << jail << ": " << seen("cat /run/said");
    }
  }
  static std::string in(const std::string& jail, const std::string& line) {
    write_file("/run/line", line);
    return seen("jexec " + jail + " sh -s </run/line 2>/dev/null");
  }
  // Of the jail of that number.
  static std::string address(int number) { return GetParam().network + std::to_string(number); }
  static std::string from_host(int number, std::string line) {
    for (size_t at; (at = line.find("ADDRESS")) != line.npos;) line.replace(at, 7, address(number));
    return line;
  }
  // What the host and the jail itself, at its localhost, are told by each.
  static void both_answer(const std::string& line, const std::string& said) {
    for (const int number : {1, 2}) {
      const auto right = said + std::to_string(number) + "\n";
      EXPECT_EQ(settled(from_host(number, line), right), right);
    }
  }
};

TEST_P(ProgramTest, ROOT_NET_BPF_Nginx) {
  in_both(
      "sed -i /::/d /etc/nginx/sites-enabled/default; hostname >/var/www/html/index.html; nginx");
  both_answer("curl -s -m 5 http://ADDRESS/", "jail");
}

TEST_P(ProgramTest, ROOT_NET_BPF_Postgres) {
  in_both(
      "echo 'host all all 0.0.0.0/0 trust' >/etc/postgresql/15/main/pg_hba.conf\n"
      "echo 'local all all trust' >>/etc/postgresql/15/main/pg_hba.conf\n"
      "pg_ctlcluster 15 main start -- -o '-c listen_addresses=*'\n"
      "su postgres -c \"psql -qc 'create table who as select text '\\''$(hostname)'\\'' as n'\"");
  for (const std::string name : {"jail1", "jail2"})
    EXPECT_EQ(in(name, "psql -h 127.0.0.1 -U postgres -tAc 'select n from who'"), name + "\n");
  EXPECT_EQ(in("jail1", "psql -h " + address(1) + " -U postgres -tAc 'select n from who'"),
            "jail1\n");
}

TEST_P(ProgramTest, ROOT_NET_BPF_OpenSsh) {
  in_both(
      "mkdir -p /run/sshd; mkdir -pm 700 /root/.ssh; ssh-keygen -A; /usr/sbin/sshd\n"
      "ssh-keygen -qN '' -t ed25519 -f /root/.ssh/id_ed25519\n"
      "cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys");
  for (const std::string name : {"jail1", "jail2"})
    EXPECT_EQ(in(name, "ssh -o StrictHostKeyChecking=no localhost hostname"), name + "\n");
}

// Datagrams, received on a socket for every address: the answer comes from where they went.
TEST_P(ProgramTest, ROOT_NET_BPF_Dnsmasq) {
  in_both(
      "dnsmasq -C /dev/null --no-resolv --no-hosts --user=root "
      "--address=/who.test/10.0.0.$(hostname | tr -d a-z)");
  both_answer(
      "busybox nslookup who.test ADDRESS | awk '/10.0.0/ { print $NF }' | sed s/10.0.0./jail/",
      "jail");
}

TEST_P(ProgramTest, ROOT_NET_BPF_Unbound) {
  in_both(
      "mkdir -p /run; unbound -c /dev/stdin <<X\nserver:\n interface: 0.0.0.0\n do-ip6: no\n"
      " access-control: 0.0.0.0/0 allow\n interface-automatic: no\n chroot: \"\"\n username: \"\"\n"
      " pidfile: \"\"\n local-data: \"who.test. A 10.0.0.$(hostname | tr -d a-z)\"\nX");
  both_answer(
      "busybox nslookup who.test ADDRESS | awk '/10.0.0/ { print $NF }' | sed s/10.0.0./jail/",
      "jail");
}

TEST_P(ProgramTest, ROOT_NET_BPF_Node) {
  in_both(
      "cat >/tmp/server.js <<'X'\n"
      "require('http').createServer((q, r) => r.end(require('os').hostname() + '\\n'))"
      ".listen(3000)\nX\n"
      "node /tmp/server.js >/dev/null 2>&1 &");
  both_answer("curl -s -m 5 http://ADDRESS:3000/", "jail");
}

TEST_P(ProgramTest, ROOT_NET_BPF_Ping) {
  in_both("ping -qc 1 -w 5 " + std::string(GetParam().network));
}

INSTANTIATE_TEST_SUITE_P(Stacks, ProgramTest, testing::ValuesIn(kStacks),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace gaol::test
