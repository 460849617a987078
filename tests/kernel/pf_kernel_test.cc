// SPDX-License-Identifier: BSD-2-Clause

// Policies by chance, in the kernel and in the interpreter: real packets go through a router that
// has two legs, and both have to say the same of each, and of every rule how many it decided, and
// of how many bytes.
//
// Nobody else answers: whoever is outside has no addresses, and what the router says by itself
// never reaches pf's rules. One processor does it all, so that frames arrive in the order in which
// they were sent; the last of them is a marker.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include "base/text.h"
#include "pf/interpreter.h"
#include "pf/load.h"
#include "pf/lower_match.h"
#include "pf/print.h"
#include "tests/pf/generator.h"
#include "tests/support/host.h"

namespace gaol::test {
namespace {

using namespace pf::reference;
using pf::Family;

constexpr uint32_t kOurs = 0x40000000;             // the mark of what the router is to send
constexpr const char* kTheRouters = "0x80000000";  // of what reached it, and of its answers
constexpr uint16_t kMarker = 0x88b5;               // an ethertype for experiments
constexpr uint64_t kSeed = 20;
constexpr size_t kTrips = 64;

using Bytes = std::vector<uint8_t>;

void put16(Bytes& bytes, size_t at, uint32_t value) {
  bytes[at] = static_cast<uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<uint8_t>(value);
}
uint16_t get16(const Bytes& bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// The sum of RFC 1071, of all words.
uint16_t checksum(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t at = 0; at + 1 < bytes.size(); at += 2) sum += get16(bytes, at);
  if (bytes.size() % 2 != 0) sum += static_cast<uint32_t>(bytes.back() << 8);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Of what is behind `at`, and of the addresses.
uint16_t transport_checksum(const Bytes& bytes, size_t at, const Packet& packet) {
  Bytes summed(bytes.begin() + static_cast<long>(at), bytes.end());
  if (summed.size() % 2 != 0) summed.push_back(0);
  if (packet.protocol != IPPROTO_ICMP) {
    const size_t place = summed.size();
    summed.resize(place + 4);
    put16(summed, place, packet.protocol);
    put16(summed, place + 2, static_cast<uint32_t>(bytes.size() - at));
    summed.insert(summed.end(), packet.source.begin(), packet.source.end());
    summed.insert(summed.end(), packet.destination.begin(), packet.destination.end());
  }
  return checksum(summed);
}

// TCP, UDP, ICMP or nothing that is known.
void put_transport(Bytes& bytes, size_t at, const Trip& trip) {
  const auto& packet = trip.packet;
  size_t sum = 0;
  switch (packet.protocol) {
    case IPPROTO_TCP:
      put16(bytes, at + 6, (trip.answers ? 2000 : 1000) + (packet.flags & 2 ? 0 : 1));
      if (packet.flags & 16) put16(bytes, at + 10, trip.answers ? 1001 : 2001);
      put16(bytes, at + 14, 65535);
      bytes[at + 12] = 5 << 4;
      bytes[at + 13] = packet.flags;
      sum = at + 16;
      [[fallthrough]];
    case IPPROTO_UDP:
      put16(bytes, at, packet.source_port);
      put16(bytes, at + 2, packet.destination_port);
      if (packet.protocol == IPPROTO_TCP) break;
      put16(bytes, at + 4, static_cast<uint32_t>(bytes.size() - at));
      sum = at + 6;
      break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      bytes[at] = packet.icmp_type;
      bytes[at + 1] = packet.icmp_code;
      put16(bytes, at + 4, packet.source_port);
      sum = at + 2;
      break;
    default: break;
  }
  if (sum != 0) put16(bytes, sum, transport_checksum(bytes, at, packet));
}

// From the header of IP on. Its id is found again by id_of().
Bytes bytes_of(const Trip& trip) {
  const auto& packet = trip.packet;
  Bytes bytes(packet.length);
  if (packet.family == Family::inet) {
    const size_t header = packet.options ? 24 : 20;
    bytes[0] = static_cast<uint8_t>(0x40 | header / 4);
    if (packet.options) std::fill_n(&bytes[20], 4, 1);  // that do nothing
    bytes[1] = packet.tos;
    put16(bytes, 2, packet.length);
    put16(bytes, 4, trip.id);
    bytes[8] = 64;
    bytes[9] = packet.protocol;
    std::copy_n(packet.source.begin(), 4, &bytes[12]);
    std::copy_n(packet.destination.begin(), 4, &bytes[16]);
    put16(bytes, 10, checksum(Bytes(bytes.begin(), bytes.begin() + static_cast<long>(header))));
    put_transport(bytes, header, trip);
  } else {
    put16(bytes, 0, 0x6000U | static_cast<uint32_t>(packet.tos << 4));
    put16(bytes, 2, trip.id);  // of the flow label
    put16(bytes, 4, packet.length - 40);
    bytes[6] = packet.options ? uint8_t{IPPROTO_DSTOPTS} : packet.protocol;
    if (packet.options) {
      bytes[40] = packet.protocol;
      bytes[42] = 1;  // an option that fills the six bytes
      bytes[43] = 4;
    }
    bytes[7] = 64;
    std::copy_n(packet.source.begin(), 16, &bytes[8]);
    std::copy_n(packet.destination.begin(), 16, &bytes[24]);
    put_transport(bytes, packet.options ? 48 : 40, trip);
  }
  return bytes;
}

uint16_t id_of(const Bytes& ip) { return get16(ip, ip[0] >> 4 == 4 ? 4 : 2); }

// What is known of a packet by its first bytes.
Packet packet_of(const Bytes& ip, size_t at = 0) {
  Packet packet;
  const bool four = ip[at] >> 4 == 4;
  packet.family = four ? Family::inet : Family::inet6;
  packet.protocol = ip[at + (four ? 9 : 6)];
  const size_t length = four ? 4 : 16;
  const auto addresses = ip.begin() + static_cast<long>(at + (four ? 12 : 8));
  std::copy_n(addresses, length, packet.source.begin());
  std::copy_n(addresses + static_cast<long>(length), length, packet.destination.begin());
  size_t next = at + (four ? ip[at] % 16 * 4U : 40U);
  if (!four && packet.protocol == IPPROTO_DSTOPTS) {
    packet.protocol = ip[next];
    next += 8;
  }
  if (packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP) {
    packet.source_port = get16(ip, next);
    packet.destination_port = get16(ip, next + 2);
  }
  if (packet.protocol == IPPROTO_TCP && ip.size() > next + 13) packet.flags = ip[next + 13];
  if (packet.protocol == IPPROTO_ICMP || packet.protocol == IPPROTO_ICMPV6) {
    packet.source_port = packet.destination_port = get16(ip, next + 4);
    packet.icmp_type = ip[next];
    packet.icmp_code = ip[next + 1];
  }
  packet.length = static_cast<uint32_t>(next - at);  // of its headers
  return packet;
}

constexpr uint8_t kSyn = 2, kAck = 16;

// An answer, and the packet that it answers.
struct Heard {
  Answer answer;
  Packet to;
};

std::string line_of(const Packet& packet) {
  std::string line;
  for (const auto& end : {packet.source, packet.destination}) {
    char text[INET6_ADDRSTRLEN];
    ::inet_ntop(packet.family == Family::inet ? AF_INET : AF_INET6, end.data(), text, sizeof text);
    line += concat(text, " ");
  }
  return concat(line, int{packet.protocol}, " ", packet.source_port, " ", packet.destination_port);
}

std::string text_of(const Heard& heard) {
  const auto& answer = heard.answer;
  return concat(answer.kind == Answer::Kind::rst ? "rst" : concat("icmp ", int{answer.code}), " ",
                line_of(heard.to));
}

// In a packet that answers a blocked one.
std::optional<Heard> answer_in(const Bytes& ip) {
  const auto packet = packet_of(ip);
  const uint8_t unreachable = packet.family == Family::inet ? 3 : 1;
  const bool icmp = packet.protocol == IPPROTO_ICMP || packet.protocol == IPPROTO_ICMPV6;
  if (icmp && packet.icmp_type == unreachable)
    return Heard{{Answer::Kind::unreachable, packet.icmp_code}, packet_of(ip, packet.length + 8)};
  if (packet.protocol != IPPROTO_TCP || id_of(ip) != 0) return {};
  auto to = reversed(packet);
  to.flags = packet.flags & kAck ? kSyn : kAck;
  return Heard{{Answer::Kind::rst}, to};
}

// A socket for whole frames of one interface.
class Wire {
 public:
  Wire(const std::string& interface, uint16_t protocol) {
    fd_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(protocol));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(protocol);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    const timeval patience{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Wire(const Wire&) = delete;
  ~Wire() { ::close(fd_); }

  void send(uint16_t protocol, const Bytes& payload) {
    Bytes frame(ETH_HLEN);
    std::fill_n(frame.begin(), 2 * ETH_ALEN, 2);  // every end of a wire has the address 02:02:...
    put16(frame, 12, protocol);
    frame.insert(frame.end(), payload.begin(), payload.end());
    EXPECT_EQ(::send(fd_, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  }
  // What is behind the frame's header, and its protocol; 0 if nothing comes.
  uint16_t receive(Bytes& payload) {
    Bytes frame(2000);
    sockaddr_ll from{};
    do {
      socklen_t size = sizeof from;
      const auto got =
          ::recvfrom(fd_, frame.data(), 2000, 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got < ETH_HLEN) return 0;
      payload.assign(frame.begin() + ETH_HLEN, frame.begin() + got);
    } while (from.sll_pkttype == PACKET_OUTGOING);
    return get16(frame, 12);
  }

 private:
  int fd_;
};

void send_from_router(const Packet& packet, const Bytes& bytes) {
  const bool four = packet.family == Family::inet;
  const int fd = ::socket(four ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_MARK, &kOurs, sizeof kOurs), 0);
  sockaddr_in6 six{};
  sockaddr_in inet{};
  six.sin6_family = AF_INET6;
  inet.sin_family = AF_INET;
  std::copy_n(packet.destination.begin(), 16, six.sin6_addr.s6_addr);
  std::memcpy(&inet.sin_addr, packet.destination.data(), 4);
  const auto* to = four ? reinterpret_cast<sockaddr*>(&inet) : reinterpret_cast<sockaddr*>(&six);
  const auto sent =
      ::sendto(fd, bytes.data(), bytes.size(), 0, to, four ? sizeof inet : sizeof six);
  EXPECT_TRUE(sent > 0 || errno == EPERM) << errno;  // dropped
  ::close(fd);
}

class PfTest : public KernelTest {
 protected:
  void SetUp() override {
    GAOL_NEEDS(run("command -v nft").status == 0, "needs nft");
    KernelTest::SetUp();
    ::sched_getaffinity(0, sizeof processors_, &processors_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ::sched_setaffinity(0, sizeof one, &one);
    lay_wires();
    configure();
  }
  void TearDown() override {
    if (IsSkipped()) return;
    for (auto* wires : {&inner_, &outer_}) wires->clear();
    run("ip link del em0; ip link del em1; nft delete table inet sink;"
        " sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0");
    EXPECT_TRUE(pf::unload());
    ::sched_setaffinity(0, sizeof processors_, &processors_);
    KernelTest::TearDown();
  }

  // What came out of the router, and what was heard of the rest.
  struct Emerged {
    int leg = 0;
    Packet packet;
  };
  struct Outcome {
    std::set<uint16_t> ids;
    std::vector<Emerged> packets;
    std::multiset<std::string> answers;

    // Of TCP only the first segment of a connection has an answer that both give.
    void hear(const Heard& heard, With with) {
      const bool first = with != With::tests_alone && heard.to.flags == kSyn;
      if (heard.to.protocol != IPPROTO_TCP || first) answers.insert(text_of(heard));
    }
  };

  // Whether pf lets it through.
  static bool passes(Interpreter& pf, const Trip& trip) {
    std::string tag;
    auto packet = trip.packet;
    const auto from = trip.from == kRouter ? "" : concat("em", trip.from);
    if (!from.empty() && !pf.passes(packet, {pf::Direction::in, from, from}, tag)) return false;
    return trip.to == kRouter ||
           pf.passes(packet, {pf::Direction::out, concat("em", trip.to), from}, tag);
  }

  // The leg that the packet leaves by.
  static int way_to(const Packet& packet) {
    const auto host = packet.destination[packet.family == Family::inet ? 3 : 15];
    return host == 1 ? kRouter : packet.destination[1] - 1;
  }

  // What pf lets out of the router, if the translation chooses as it was seen.
  static std::optional<Emerged> translated(Interpreter& pf, const Trip& trip, const Packet* seen) {
    std::string tag;
    Packet packet = trip.packet;
    const auto from = trip.from == kRouter ? "" : concat("em", trip.from);
    if (!from.empty() && !pf.passes(packet, {pf::Direction::in, from, from}, tag, seen)) return {};
    const int leg = way_to(packet);
    if (leg != kRouter &&
        !pf.passes(packet, {pf::Direction::out, concat("em", leg), from}, tag, seen))
      return {};
    return Emerged{leg, packet};
  }

  // Whether it is sent back to where it came from. pf takes that for its own answer.
  static bool is_reflected(Interpreter pf, const Trip& trip) {
    std::string tag;
    Packet packet = trip.packet;
    const auto from = concat("em", trip.from);
    return trip.from != kRouter && pf.passes(packet, {pf::Direction::in, from, from}, tag) &&
           packet.source == packet.destination;
  }

  // Packet by packet: what comes out is what is answered.
  void converse(Interpreter& pf, std::vector<Trip> connection) {
    if (is_reflected(pf, connection.front())) return;
    std::optional<Emerged> reached;
    for (auto& trip : connection) {
      trip.id = static_cast<uint16_t>(++sent_);
      trip.packet.length = 100;
      if (trip.answers) {
        const auto ends = reversed(reached->packet);
        trip.from = reached->leg;
        trip.packet.source = ends.source;
        trip.packet.destination = ends.destination;
        trip.packet.source_port = ends.source_port;
        trip.packet.destination_port = ends.destination_port;
      }
      send(trip);
      const auto seen = came_out(With::translations).packets;
      const auto states = pf.states();
      const auto right = translated(pf, trip, seen.empty() ? nullptr : &seen[0].packet);
      const auto leaves = right && right->leg != kRouter;
      ASSERT_EQ(seen.size(), leaves ? 1 : 0) << line_of(trip.packet);
      if (leaves) {
        EXPECT_EQ(line_of(seen[0].packet), line_of(right->packet)) << line_of(trip.packet);
        EXPECT_EQ(seen[0].leg, right->leg);
      }
      if (right) ++passed_;
      if (!trip.answers && !reached) reached = right;
      if (!reached) return pf.forget_states(states);
    }
  }

  // The same for many connections; and that counters are right.
  void compare_connections(const pf::Policy& policy, Generator& generator) {
    load(policy);
    Interpreter interpreter(policy, {{}, routes()});
    for (int n = 0; n < 16; ++n) converse(interpreter, generator.connection());
    compare_counters(interpreter, policy);
    translations_ += interpreter.translations();
  }

  // What pf lets out of the router.
  static Outcome allowed(Interpreter& pf, const std::vector<Trip>& trips, With with) {
    Outcome out;
    std::vector<const Packet*> arrived;
    for (const auto& trip : trips) {
      const auto states = pf.states();
      const bool passed = passes(pf, trip);
      const bool known = std::ranges::any_of(arrived, [&](const Packet* before) {
        return same_ends(*before, trip.packet) || same_ends(*before, reversed(trip.packet));
      });
      if (passed) arrived.push_back(&trip.packet);
      if (!passed && !known) pf.forget_states(states);
      if (passed && trip.to != kRouter) out.ids.insert(trip.id);
      const bool stray = trip.packet.source[1] == kNowhere + 1;
      if (pf.answer().kind != Answer::Kind::none && trip.from != kRouter && !stray)
        out.hear(Heard{pf.answer(), trip.packet}, with);
    }
    return out;
  }

  // As pf.conf would have it, one anchor after the other.
  static std::string described(const pf::Policy& policy) {
    std::string text;
    for (const auto& [path, ruleset] : policy.rulesets) {
      text += concat("# anchor \"", path, "\"\n");
      for (const auto& table : ruleset.tables) text += pf::print(table) + "\n";
      text += pf::print_rules(policy, path, pf::Rules::translation);
      text += pf::print_rules(policy, path, pf::Rules::filter);
    }
    return text;
  }

  // The policy in the kernel and in the interpreter; what a failure prints is enough to see it.
  void compare(const pf::Policy& policy, const std::vector<Trip>& trips, With with) {
    load(policy);
    for (const auto& trip : trips) send(trip);

    Interpreter interpreter(policy, {{}, routes()});
    const auto right = allowed(interpreter, trips, with);
    const auto outcome = came_out(with);
    EXPECT_EQ(outcome.ids, right.ids) << described(policy);
    EXPECT_EQ(outcome.answers, right.answers) << described(policy);
    sent_ += trips.size();
    passed_ += right.ids.size();
    answered_ += right.answers.size();
    by_state_ += interpreter.by_state();
    compare_counters(interpreter, policy);
  }

  void load(const pf::Policy& policy) {
    auto lowered = pf::lower(policy);
    ASSERT_TRUE(lowered) << lowered.error().line() << "\n" << described(policy);
    const auto loaded = pf::load(*lowered);
    ASSERT_TRUE(loaded) << loaded.error().line() << "\n" << lowered->text;
    rules_ = std::move(lowered->rules);
    forget_connections();
  }

  void compare_counters(const Interpreter& interpreter, const pf::Policy& policy) {
    const auto counted = pf::counted(rules_.size());
    ASSERT_TRUE(counted) << counted.error().line();
    for (size_t rule = 0; rule < counted->size(); ++rule) {
      const auto found = interpreter.counts().find(rules_[rule]);
      const auto [in, out, made] =
          found == interpreter.counts().end() ? RuleCount{} : found->second;
      EXPECT_EQ((*counted)[rule],
                (pf::RuleCounts{{in.packets, in.bytes}, {out.packets, out.bytes}, made}))
          << pf::print(*rules_[rule]) << "\n"
          << described(policy);
      decided_ += in.packets + out.packets;
    }
  }

  void compare_many(With with, uint64_t policies) {
    for (uint64_t seed = kSeed; seed < kSeed + policies && !HasFailure(); ++seed) {
      SCOPED_TRACE(concat("seed ", seed));
      Generator generator(seed, with);
      const auto policy = generator.policy();
      if (with == With::translations)
        compare_connections(policy, generator);
      else
        compare(policy, generator.trips(kTrips), with);
      if (HasFailure()) ADD_FAILURE() << described(policy);
    }
  }

  size_t sent_ = 0, passed_ = 0, decided_ = 0, by_state_ = 0, answered_ = 0, translations_ = 0;
  std::vector<const pf::FilterRule*> rules_;

  std::set<uint16_t> arrived() { return came_out(With::tests_alone).ids; }

  // Once everything sent before is through.
  Outcome came_out(With with) {
    Bytes payload;
    for (size_t leg = 0; leg < kLegs; ++leg) {
      outer_[leg]->send(kMarker, Bytes(46));
      EXPECT_EQ(inner_[leg]->receive(payload), kMarker);
    }
    Outcome out;
    for (size_t leg = 0; leg < kLegs; ++leg) {
      inner_[leg]->send(kMarker, Bytes(46));
      while (const auto protocol = outer_[leg]->receive(payload)) {
        if (protocol == kMarker) break;
        if (protocol != ETHERTYPE_IP && protocol != ETHERTYPE_IPV6) continue;
        if (const auto answer = answer_in(payload)) {
          out.hear(*answer, with);
          continue;
        }
        out.ids.insert(id_of(payload));
        out.packets.push_back({static_cast<int>(leg), packet_of(payload)});
      }
    }
    return out;
  }

  void send(const Trip& trip) {
    const auto bytes = bytes_of(trip);
    if (trip.from == kRouter) return send_from_router(trip.packet, bytes);
    outer_[static_cast<size_t>(trip.from)]->send(
        trip.packet.family == Family::inet ? ETHERTYPE_IP : ETHERTYPE_IPV6, bytes);
  }

  cpu_set_t processors_;

 private:
  void lay_wires() {
    const int host = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);  // outside
    const auto netns = concat("/proc/", ::getpid(), "/fd/", host);
    for (const std::string leg : {"0", "1"}) {
      EXPECT_EQ(run("ip link add out" + leg + " address 02:02:02:02:02:02 type veth peer name em" +
                    leg + " address 02:02:02:02:02:02 netns " + netns + " && ip link set out" +
                    leg + " addrgenmode none && ip link set out" + leg + " up")
                    .err,
                "");
      outer_.push_back(std::make_unique<Wire>("out" + leg, ETH_P_ALL));
    }
    ASSERT_EQ(::setns(host, CLONE_NEWNET), 0);
    ::close(host);
  }

  // Whoever is outside is known by its address: nobody asks for it, and pf's rules meet no packets
  // but ours.
  void configure() {
    std::string script =
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"
        " net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0"
        " net.ipv4.icmp_ratemask=0 net.ipv6.icmp.ratemask="
        " net.ipv4.fwmark_reflect=1 net.ipv6.fwmark_reflect=1\n"
        "nft -f - <<END\n"
        "table inet sink {\n"
        " chain in { type filter hook prerouting priority -400;"
        "  icmpv6 type { 130-137, 143 } drop; }\n"
        " chain local { type filter hook input priority 0; meta mark set " +
        std::string(kTheRouters) +
        "; }\n"
        " chain out { type filter hook output priority -400;"
        "  meta mark 0x40000000 accept; meta mark " +
        kTheRouters +
        " drop; icmp type 3 accept;"
        "  icmpv6 type 1 accept; tcp flags & rst == rst accept; drop; }\n"
        "}\nEND\n";
    for (int leg = 0; leg < kLegs; ++leg) {
      const auto dev = concat("em", leg);
      script += concat("sysctl -qw net.ipv4.conf.", dev, ".rp_filter=0 net.ipv6.conf.", dev,
                       ".accept_ra=0\n");
      script += concat("ip link set ", dev, " addrgenmode none\nip link set ", dev, " up\n");
      script += concat("ip addr add 10.", leg + 1, ".0.1/24 dev ", dev, "\nip addr add fd0",
                       leg + 1, "::1/64 dev ", dev, " nodad\n");
      for (const int host : {2, 3, 4, 5, 64, 65})
        for (const auto& to :
             {concat("10.", leg + 1, ".0.", host),
              concat("fd0", leg + 1, "::", pf::hex(static_cast<uint32_t>(host)).substr(2))})
          script += concat("ip neigh add ", to, " dev ", dev,
                           " lladdr 02:02:02:02:02:02 nud permanent\n");
    }
    EXPECT_EQ(run(script).err, "");
    for (const char* dev : {"em0", "em1"}) inner_.push_back(std::make_unique<Wire>(dev, kMarker));
    // Conntrack is there once a rule asks for it, and then it looks at checksums.
    const auto loaded = pf::load(*pf::lower({}));
    EXPECT_TRUE(loaded) << loaded.error().line();
    EXPECT_EQ(run("sysctl -qw net.netfilter.nf_conntrack_checksum=0").err, "");
  }

  std::vector<std::unique_ptr<Wire>> inner_, outer_;  // the router's ends, and the others
};

TEST_F(PfTest, ROOT_NET_TheKernelDecidesAsPfDoes) {
  compare_many(With::tests_alone, 400);
  // Neither everything nor nothing passes, and rules are asked.
  EXPECT_GT(passed_, sent_ / 5);
  EXPECT_LT(passed_, sent_ * 3 / 4);
  EXPECT_GT(decided_, sent_ / 2);
  EXPECT_GT(answered_, sent_ / 20);
}

TEST_F(PfTest, ROOT_NET_StatesAdmitWhatTheyDoInPf) {
  compare_many(With::states, 300);
  EXPECT_GT(passed_, sent_ / 5);
  EXPECT_LT(passed_, sent_ * 3 / 4);
  EXPECT_GT(by_state_, sent_ / 20);
  EXPECT_GT(answered_, sent_ / 50);
}

TEST_F(PfTest, ROOT_NET_TranslationsAreThoseOfPfInBothDirections) {
  compare_many(With::translations, 300);
  EXPECT_GT(passed_, sent_ / 2);
  EXPECT_GT(translations_, sent_ / 30);
}

TEST_F(PfTest, ROOT_NET_TagsStickAndOrderCounts) {
  compare_many(With::tags, 300);
  EXPECT_GT(passed_, sent_ / 5);
  EXPECT_LT(passed_, sent_ * 3 / 4);
  EXPECT_GT(decided_, sent_ / 3);
}

// A datagram from a host of em0 to one of em1.
Trip datagram(uint16_t id) {
  Trip trip{.from = 0, .to = 1, .id = id};
  trip.packet.protocol = IPPROTO_UDP;
  trip.packet.length = 100;
  std::copy_n(host_address(Family::inet, 0, 0).bytes, 16, trip.packet.source.begin());
  std::copy_n(host_address(Family::inet, 1, 0).bytes, 16, trip.packet.destination.begin());
  return trip;
}

// Blocks what comes from a table.
pf::Lowered blocked(std::vector<pf::TableSource> sources) {
  pf::Policy policy;
  auto& ruleset = policy.rulesets[""];
  ruleset.tables.push_back({.name = "t", .persist = true, .sources = std::move(sources)});
  auto& rule = ruleset.filter.emplace_back();
  rule.verdict = pf::Verdict::block;
  rule.match.source.address = pf::TableName{"t"};
  return *pf::lower(policy);
}

TEST_F(PfTest, ROOT_NET_NothingSlipsThroughWhileRulesChange) {
  const auto rules = blocked({{"", {{host_address(Family::inet, 0, 0)}}}});
  ASSERT_TRUE(pf::load(rules));
  std::atomic<bool> done = false;
  std::jthread loader([&] {
    ::sched_setaffinity(0, sizeof processors_, &processors_);
    for (int n = 0; n < 100; ++n) EXPECT_TRUE(pf::load(rules));
    done = true;
  });
  size_t sent = 0;
  for (; !done; ++sent) send(datagram(static_cast<uint16_t>(sent % 1000 + 1)));
  EXPECT_GT(sent, 1000);
  EXPECT_THAT(arrived(), testing::IsEmpty());
}

// Everything but datagrams to port 666 passes, from `source` with a port of pf's choice.
pf::Policy masking(uint8_t source) {
  pf::Policy policy;
  auto& ruleset = policy.rulesets[""];
  auto& nat = ruleset.nat.emplace_back();
  nat.match.on = {"em1", false};
  nat.match.family = Family::inet;
  auto address = host_address(Family::inet, 1, 0);
  address.bytes[3] = source;
  nat.pool.members.push_back({.address = address});
  auto& pass = ruleset.filter.emplace_back();
  pass.state = pf::State::keep;
  pass.flags = {kSyn, kSyn | kAck};
  auto& block = ruleset.filter.emplace_back();
  block.verdict = pf::Verdict::block;
  block.match.protocol = IPPROTO_UDP;
  block.match.destination.port = {pf::Compare::eq, 666};
  return policy;
}

Trip answer_of(const Trip& trip, const Packet& seen, uint8_t flags) {
  Trip back = trip;
  back.packet = reversed(seen);
  back.packet.flags = flags;
  back.packet.length = trip.packet.length;
  std::swap(back.from, back.to);
  back.answers = true;
  return back;
}

TEST_F(PfTest, ROOT_NET_ConnectionsGoOnWhileRulesChange) {
  load(masking(64));
  Trip old = datagram(1);
  old.packet.protocol = IPPROTO_TCP;
  old.packet.source_port = 1001;
  old.packet.destination_port = 80;
  old.packet.flags = kSyn;
  send(old);
  const auto first = came_out(With::translations).packets;
  ASSERT_EQ(first.size(), 1);
  const auto known = line_of(first[0].packet);
  send(answer_of(old, first[0].packet, kSyn | kAck));
  old.packet.flags = kAck;
  ASSERT_EQ(came_out(With::translations).packets.size(), 1);

  std::atomic<bool> done = false;
  std::jthread loader([&] {
    ::sched_setaffinity(0, sizeof processors_, &processors_);
    for (int n = 0; n < 100; ++n) EXPECT_TRUE(pf::load(*pf::lower(masking(n % 2 ? 64 : 65))));
    done = true;
  });
  // A processor has one queue for everybody on the machine: a packet may be lost in it.
  size_t rounds = 0, kept = 0, answered = 0, sources[256] = {};
  for (; !done && !HasFailure(); ++rounds) {
    auto fresh = datagram(2), refused = datagram(3);
    fresh.packet.source_port = static_cast<uint16_t>(2000 + rounds % 40000);
    fresh.packet.destination_port = 53;
    refused.packet.source_port = fresh.packet.source_port;
    refused.packet.destination_port = 666;
    for (const auto& trip : {old, fresh, refused}) send(trip);
    for (const auto& [leg, packet] : came_out(With::translations).packets) {
      kept += line_of(packet) == known;
      if (line_of(packet) == known) continue;
      EXPECT_EQ(packet.destination_port, 53);
      EXPECT_GT(packet.source_port, 50000);
      ++sources[packet.source[3]];
    }
    send(answer_of(old, first[0].packet, kAck));
    for (const auto& [leg, packet] : came_out(With::translations).packets)
      answered += line_of(packet) == line_of(reversed(old.packet));
  }
  EXPECT_GT(rounds, 10);
  EXPECT_GT(kept, rounds * 9 / 10);
  EXPECT_GT(answered, rounds * 9 / 10);
  EXPECT_GT(sources[64], 0);
  EXPECT_GT(sources[65], 0);
  EXPECT_GT(sources[64] + sources[65], rounds * 9 / 10);
}

// The kernel takes nothing from outside for 127.0.0.1, but for what pf sends there.
TEST_F(PfTest, ROOT_NET_RedirectionsReachTheLoopback) {
  auto policy = masking(64);
  auto& redirect = policy.rulesets[""].rdr.emplace_back();
  redirect.kind = pf::TranslationRule::Kind::rdr;
  redirect.match.family = Family::inet;
  redirect.match.protocol = IPPROTO_UDP;
  redirect.match.destination.port = {pf::Compare::eq, 25};
  redirect.pool.members.push_back({.address = pf::Network{AF_INET, {127, 0, 0, 1}, 32}});
  redirect.pool.low = 8025;
  load(policy);

  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(8025);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto received = [&](const Trip& trip) {
    send(trip);
    (void)arrived();
    char bytes[256];
    return ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0;
  };
  auto mail = datagram(1), stray = datagram(2), forged = datagram(3);
  mail.packet.destination_port = 25;
  const uint8_t loopback[] = {127, 0, 0, 1};
  std::copy_n(loopback, 4, stray.packet.destination.begin());
  stray.packet.destination_port = 8025;
  forged.packet = mail.packet;
  std::copy_n(loopback, 4, forged.packet.source.begin());
  EXPECT_TRUE(received(mail));
  EXPECT_FALSE(received(stray));
  EXPECT_FALSE(received(forged));
  load(masking(64));
  EXPECT_FALSE(received(stray));
  ::close(fd);
}

TEST_F(PfTest, ROOT_NET_ATableKeepsWhatItHasUnlessItIsSaidAgain) {
  const auto passes = [&] {
    send(datagram(1));
    return !arrived().empty();
  };
  ASSERT_TRUE(pf::load(blocked({{"", {{host_address(Family::inet, 0, 0)}}}})));
  EXPECT_FALSE(passes());
  ASSERT_TRUE(pf::load(blocked({})));
  EXPECT_FALSE(passes());
  // What fails changes nothing.
  auto broken = blocked({{"", {}}});
  broken.text += "add rule inet pf in jump nowhere\n";
  EXPECT_THAT(pf::load(broken).error().line(), testing::StartsWith("nftables: "));
  EXPECT_FALSE(passes());
  ASSERT_TRUE(pf::load(blocked({{"", {}}})));
  EXPECT_TRUE(passes());
}

}  // namespace
}  // namespace gaol::test
