// SPDX-License-Identifier: BSD-2-Clause

// gaol net resolver: jails on one bridge find each other by name. dnsmasq(8) answers at the
// bridge's addresses and asks the host's own servers for the rest; we keep its list of names as
// jails come, go, and get other addresses.

#include <errno.h>
#include <signal.h>

#include "net/names.h"
#include "tools/gaol_net.h"

namespace gaol::tools {

namespace {

constexpr const char* kDnsmasq = "/usr/sbin/dnsmasq";
constexpr const char* kDirectory = "/run/gaol/resolver";
constexpr const char* kIndex = "/run/gaol/index";
constexpr int kLookAgain = 1000;  // milliseconds
constexpr int kLookAnyway = 10;   // looks: addresses that come by DHCP are in no record
constexpr int kPatience = 2000;   // milliseconds for dnsmasq to end

volatile sig_atomic_t asked_to_end = 0;
void end_soon(int) { asked_to_end = 1; }

class Resolver {
 public:
  explicit Resolver(const std::string& bridge)
      : bridge_(bridge), file_(concat(kDirectory, "/", bridge)) {}

  Result<> run() {
    const auto networks = TRY(look_at_networks());
    const auto addresses = TRY(net::addresses_of_bridge(networks.map, bridge_));
    if (!kernel_.exists(kDnsmasq))
      return fail(
          Error{ENOENT, concat(kDnsmasq, " is missing"), "the package dnsmasq-base has it"});
    if (auto made = kernel_.make_dir(kDirectory, 0755); !made && made.error().code != EEXIST)
      return made;
    TRY(write(net::hosts_of_bridge(networks.map, bridge_)));
    const sys::Fd dnsmasq = TRY(kernel_.spawn(
        {.argv = words(addresses), .environment = {"PATH=/usr/sbin:/usr/bin"}, .directory = "/"}));
    say(concat(bridge_, ": names are answered at ", join(addresses, ", "),
               " (in a jail's resolv.conf: nameserver ", addresses.front(), ", search ", bridge_,
               ")"));
    std::fflush(stdout);
    auto ended = keep(dnsmasq);
    (void)kernel_.signal(dnsmasq, SIGTERM);
    (void)kernel_.reap(dnsmasq, kPatience);
    (void)kernel_.remove_file(file_);
    return ended;
  }

 private:
  std::vector<std::string> words(const std::vector<std::string>& addresses) const {
    return {kDnsmasq,
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--pid-file=",
            "--log-facility=-",
            "--no-hosts",
            "--bind-interfaces",
            concat("--listen-address=", join(addresses, ",")),
            concat("--addn-hosts=", file_),
            concat("--local=/", bridge_, "/"),
            "--domain-needed",
            "--bogus-priv"};
  }

  Result<> keep(const sys::Fd& dnsmasq) {
    for (int look = 1; !asked_to_end; ++look) {
      if (TRY(kernel_.wait_gone(dnsmasq, kLookAgain))) return fail("dnsmasq has ended");
      auto index = kernel_.read_file(kIndex).value_or("");
      if (index == index_ && look % kLookAnyway != 0) continue;
      index_ = std::move(index);
      const auto networks = TRY(look_at_networks());
      const auto names = net::hosts_of_bridge(networks.map, bridge_);
      if (names == names_) continue;
      TRY(write(names));
      TRY(kernel_.signal(dnsmasq, SIGHUP));
    }
    return {};
  }

  Result<> write(const std::string& names) {
    names_ = names;
    return kernel_.publish(file_, names, 0644);
  }

  sys::Kernel& kernel_ = sys::real_kernel();
  const std::string bridge_, file_;
  std::string index_, names_;
};

}  // namespace

Result<int> resolver(const Words& words) {
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, end_soon);
  TRY(Resolver(words.operands[0]).run());
  return 0;
}

}  // namespace gaol::tools
