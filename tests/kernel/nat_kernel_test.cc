// SPDX-License-Identifier: BSD-2-Clause

// vnet.nat and vnet.rdr: a host with jails on a bridge, and somebody outside who knows the host
// only.

#include <gmock/gmock.h>

#include "tests/support/host.h"

namespace gaol::test {
namespace {

class NatTest : public KernelTest {
 protected:
  void SetUp() override {
    GAOL_NEEDS(run("command -v nft").status == 0, "needs nft");
    KernelTest::SetUp();
    // Where frames of a bridge go through the rules for packets, what is redirected is bridged.
    run("sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0");
    ASSERT_EQ(run("ip link add em0 type veth peer name out0 && ip addr add 192.0.2.1/24 dev em0 &&"
                  " ip addr add 2001:db8:1::1/64 dev em0 nodad && ip link set em0 up &&"
                  " ip link add bridge0 type bridge && ip addr add 10.1.0.1/24 dev bridge0 &&"
                  " ip addr add 2001:db8::1/64 dev bridge0 nodad && ip link set bridge0 up &&"
                  " sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
                  .err,
              "");
    ASSERT_EQ(
        seen("jail -c name=outside path=" + tiny_tree() + " persist vnet vnet.interface=out0"), "");
    ASSERT_EQ(seen("nsenter -n -t " + init_of("outside") +
                   " sh -c 'ip link set out0 up; ip addr add 192.0.2.9/24 dev out0;"
                   " ip addr add 2001:db8:1::9/64 dev out0 nodad'; jexec outside httpd -p 80 -h /"),
              "");
    run("echo hello >" + tiny_tree() + "/hello");
  }
  void TearDown() override {
    if (IsSkipped()) return;
    run("jail -r '*'; ip link del em0; ip link del bridge0; rm " + tiny_tree() +
        "/hello;"
        " nft delete table inet gaol; sysctl -qw net.ipv4.ip_forward=0"
        " net.ipv6.conf.all.forwarding=0");
    KernelTest::TearDown();
  }

  static std::string create(const std::string& parameters) {
    return seen("jail -c path=" + tiny_tree() + " persist vnet vnet.bridge=bridge0 " + parameters);
  }
  static std::string web(const std::string& more) {
    return create(
        "name=web vnet.ip4=10.1.0.2/24 vnet.ip6=2001:db8::2/64 "
        "vnet.router=10.1.0.1,2001:db8::1 " +
        more);
  }
  // What a jail, or the host, gets from a server there: an address, a blank and a port.
  static std::string got(const std::string& who, const std::string& from) {
    const auto ask =
        "printf \"GET /hello HTTP/1.0\\r\\n\\r\\n\" | nc -w 2 " + from + " | tail -n 1";
    return run(who == "host" ? "busybox sh -c '" + ask + "'"
                             : "jexec " + who + " sh -c '" + ask + "'")
        .out;
  }
  // In the end: IPv6 neighbours on a link that has just come up are found after a while only.
  static std::string gets(const std::string& who, const std::string& from) {
    std::string out;
    for (int tries = 0; out.empty() && tries < 5; ++tries) out = got(who, from);
    return out;
  }
  static std::string elements() { return run("nft list table inet gaol | grep -c elements").out; }
};

TEST_F(NatTest, ROOT_NET_BPF_AJailReachesTheOutsideAsTheHost) {
  EXPECT_EQ(web("vnet.nat"), "");
  EXPECT_EQ(create("name=db vnet.ip4=10.1.0.3/24 vnet.router=10.1.0.1"), "");
  EXPECT_EQ(got("web", "192.0.2.9 80"), "hello\n");
  EXPECT_EQ(gets("web", "2001:db8:1::9 80"), "hello\n");
  EXPECT_EQ(got("db", "192.0.2.9 80"), "");
}

TEST_F(NatTest, ROOT_NET_BPF_APortOfTheHostLeadsToAJail) {
  EXPECT_EQ(web("'vnet.rdr=tcp 8080 -> 80, tcp 192.0.2.1:81 -> 80'"), "");
  EXPECT_EQ(create("name=db vnet.ip4=10.1.0.3/24 vnet.router=10.1.0.1"), "");
  EXPECT_EQ(seen("jail -c name=www persist path=" + tiny_tree() + " 'ip4.addr=em0|192.0.2.5/32'"),
            "");
  run("jexec web httpd -p 80 -h /");
  struct {
    const char* who;
    const char* where;
  } const cases[] = {
      {"outside", "192.0.2.1 8080"}, {"outside", "192.0.2.1 81"}, {"outside", "2001:db8:1::1 8080"},
      {"host", "192.0.2.1 8080"},    {"host", "10.1.0.1 8080"},   {"host", "2001:db8:1::1 8080"},
      {"db", "192.0.2.1 8080"},      {"db", "10.1.0.1 8080"},     {"www", "192.0.2.1 8080"},
      {"web", "192.0.2.1 8080"},
  };
  for (const auto& [who, where] : cases) EXPECT_EQ(gets(who, where), "hello\n") << who << where;
  EXPECT_EQ(got("outside", "192.0.2.5 81"), "");  // another address of the host's
  EXPECT_EQ(got("outside", "192.0.2.1 80"), "");
}

TEST_F(NatTest, ROOT_NET_BPF_WhatCannotBeIsRefused) {
  EXPECT_EQ(web("'vnet.rdr=tcp 8080'"), "");
  struct {
    const char* parameters;
    const char* said;
  } const cases[] = {
      {"vnet.ip4=10.1.0.3/24 'vnet.rdr=udp 8080,tcp 8080 -> 80'",
       "vnet.rdr: tcp 8080 goes to jail \"web\" already"},
      {"vnet.ip4=10.1.0.3/24 'vnet.rdr=tcp em0:80'",
       "vnet.rdr: \"tcp em0:80\": expected `tcp PORT`, `tcp PORT -> PORT` or `tcp ADDRESS:PORT`, "
       "or "
       "udp"},
      {"vnet.nat",
       "vnet.nat: the host knows no address of the jail (vnet.ip4 or vnet.ip6 gives it one)"},
      {"vnet.ip6=2001:db8::3/64 vnet.nat",
       "vnet.nat: the host does not forward packets (`sysctl net.ipv6.conf.all.forwarding=1`)"},
  };
  run("sysctl -qw net.ipv6.conf.all.forwarding=0");
  for (const auto& c : cases)
    EXPECT_EQ(create(std::string("name=db ") + c.parameters),
              std::string("jail: ") + c.said + "\n[exit 1]\n");
  EXPECT_EQ(seen("jail -r web"), "");
  EXPECT_EQ(create("name=db vnet.ip4=10.1.0.3/24 'vnet.rdr=tcp 8080'"), "");
}

// However it ends, and whatever somebody did to the firewall meanwhile.
TEST_F(NatTest, ROOT_NET_BPF_NothingIsLeftOfAJail) {
  const std::string all = "vnet.nat 'vnet.rdr=tcp 8080 -> 80,udp 53,tcp 192.0.2.1:81'";
  for (int round = 0; round < 4; ++round) {
    ASSERT_EQ(web(all), "") << round;
    EXPECT_EQ(elements(), "7\n");
    if (round % 2)
      run("kill -9 " + init_of("web"));
    else
      EXPECT_EQ(seen("jail -r web"), "");
    EXPECT_EQ(settled("jls name", "outside\n"), "outside\n");
    EXPECT_EQ(elements(), "0\n");
  }
  ASSERT_EQ(web(all), "");
  run("nft flush ruleset");
  EXPECT_EQ(seen("jail -r web"), "");
  EXPECT_EQ(web(all), "");
  EXPECT_EQ(got("web", "192.0.2.9 80"), "hello\n");
}

}  // namespace
}  // namespace gaol::test
