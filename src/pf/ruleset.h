// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What a pf.conf(5) means: plain data, in the order in which pf evaluates it.
//
// A rule here has one value in every place. Macros and lists are expanded, names are addresses and
// numbers, what pf fills in by itself is filled in, and what may not stand together was refused.
// Nothing here depends on how it was written but for Position, which is for messages. What
// belongs to anchors lies in rulesets of their own, by path; a rule only calls them.
// Source: pf.conf(5), FreeBSD 15; the section is named at each type.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sys/kernel.h"

namespace gaol::pf {

// Where a statement begins; line and column are counted from 1.
struct Position {
  uint32_t file = 0;  // its place in Policy::files
  uint32_t line = 0, column = 0;
};

// --- what a packet is tested for (PACKET FILTERING: Parameters) ---

enum class Family : uint8_t { any, inet, inet6 };
enum class Direction : uint8_t { any, in, out };

// The name of an interface or of a group of them. Whether it exists is known when a packet comes.
struct InterfaceTest {
  std::string name;  // empty: no test
  bool negated = false;
};

// An address with its prefix; the bits of the host are clear.
using Network = sys::Address;
// From the first to the last, both included; of one family.
struct AddressRange {
  Network first, last;
};
// The table of that name in the rule's own anchor, or else in the main ruleset. It need not exist.
struct TableName {
  std::string name;
};
// `(em0:network)`: what the interface, the group or `self` has at the time of the packet.
struct DynamicAddress {
  enum class Part : uint8_t { address, network, broadcast, peer };
  std::string interface;
  Part part = Part::address;
  bool no_alias = false;      // :0, the first address of each family and no IPv6 link-local one
  std::optional<int> prefix;  // of the networks around its addresses
};
enum class Special : uint8_t { any, no_route, urpf_failed };
using Address = std::variant<Special, Network, AddressRange, TableName, DynamicAddress>;

enum class Compare : uint8_t { none, eq, ne, lt, le, gt, ge, range, inside, outside };
// `none` is no test. `range` is low:high with both ends, `inside` low><high without them, `outside`
// low<>high is below low or above high. The others compare with low.
template <class N>
struct Comparison {
  Compare op = Compare::none;
  N low = 0, high = 0;
};
using Ports = Comparison<uint16_t>;
// A user or group id, of who has the local socket. No socket: kUnknownId, with eq and ne alone.
using Ids = Comparison<uint32_t>;
constexpr uint32_t kUnknownId = UINT32_MAX;

// One end of a packet. Ports are tested in TCP, UDP and SCTP alone.
struct Side {
  bool negated = false;  // the address, not the port
  Address address = Special::any;
  Ports port;
};

struct TagTest {
  std::string name;  // empty: no test
  bool negated = false;
};

// The tests that rules of every kind but ethernet have.
struct Match {
  Direction direction = Direction::any;
  InterfaceTest on;
  Family family = Family::any;
  uint8_t protocol = 0;  // 0: every one
  Side source, destination;
  std::string os;  // of the source: a name of pf.os(5), tcp only; empty: no test
  TagTest tagged;
};

// Of the bits in `among` exactly those in `set` are on. FIN is 1, then SYN, RST, PUSH, ACK, URG,
// ECE and CWR.
struct TcpFlags {
  uint8_t set = 0, among = 0;  // among 0: no test
};
// Which of ICMP and ICMPv6 is said by the rule's protocol.
struct IcmpTest {
  std::optional<uint8_t> type, code;
};
struct Rate {
  uint32_t count = 0, seconds = 0;
};

// --- options (OPTIONS) ---

// In pf's own order, which is that of printing.
enum class Timeout : uint8_t {
  tcp_first,
  tcp_opening,
  tcp_established,
  tcp_closing,
  tcp_finwait,
  tcp_closed,
  udp_first,
  udp_single,
  udp_multiple,
  icmp_first,
  icmp_error,
  other_first,
  other_single,
  other_multiple,
  frag,
  interval,
  adaptive_start,  // a number of states
  adaptive_end,    // a number of states
  src_track,
  tcp_tsdiff,
  sctp_first,
  sctp_opening,
  sctp_established,
  sctp_closing,
  sctp_closed,
};
using Timeouts = std::map<Timeout, uint32_t>;  // seconds, but for the two above

enum class Limit : uint8_t { states, src_nodes, frags, table_entries, anchors, eth_anchors };
enum class Debug : uint8_t { none, urgent, misc, loud };
enum class Optimization : uint8_t { normal, high_latency, aggressive, conservative };
enum class RulesetOptimization : uint8_t { none, basic, profile };

struct Reassembly {
  bool on = false, no_df = false;
};
struct Syncookies {
  enum class Mode : uint8_t { never, always, adaptive };
  Mode mode = Mode::never;
  uint8_t start = 25, end = 12;  // per cent of the limit of states; adaptive only
};

// --- tables (TABLES) ---

struct TableEntry {
  Network network;
  bool negated = false;  // the most specific entry decides
};
// A list in braces, or what was in a file.
struct TableSource {
  std::string file;  // empty: a list
  std::vector<TableEntry> entries;
};
struct Table {
  Position at;
  std::string name;
  bool constant = false, persist = false, counters = false;
  std::vector<TableSource> sources;  // none: what the table has stays
};

// --- what is done with a packet ---

struct Log {
  bool all = false;      // not only the packet that makes the state
  bool matches = false;  // and every later rule that this packet matches
  bool user = false;
  std::string to;  // a pflog interface; empty: pflog0
};

// Addresses to translate to or to route by (POOL OPTIONS). All of one family, unless tables or
// dynamic addresses are among them.
struct Pool {
  struct Member {
    std::string interface;                // routing: the way out; empty: found by the route
    std::optional<Address> address = {};  // empty: only the interface decides
  };
  enum class Choice : uint8_t { first, bitmask, random, source_hash, round_robin };
  struct MapE {
    uint8_t offset = 0, length = 0;
    uint16_t psid = 0;
  };
  std::vector<Member> members;
  Choice choice = Choice::first;
  std::string key;  // source_hash: 32 hexadecimal digits; empty: a random one
  // Of a source that is translated: the ports it may get, 50001 to 65535 if both are 0. Of
  // a destination: the first and last, or only the first, or none (it is kept).
  uint16_t low = 0, high = 0;
  bool shifted = false;  // destination, `low:*`: as far above low as it was above the rule's port
  bool sticky = false, static_port = false, endpoint_independent = false;
  bool prefer_ipv6_nexthop = false;
  std::optional<MapE> map_e;
};

// no-df, min-ttl and so on (TRAFFIC NORMALIZATION).
struct Normalization {
  bool no_df = false, random_id = false, reassemble_tcp = false;
  uint8_t min_ttl = 0;   // 0: as it is
  uint16_t max_mss = 0;  // 0: as it is
  std::optional<uint8_t> tos;

  auto operator<=>(const Normalization&) const = default;
};

// What a blocked packet's sender hears, or that of a passed one for which no state can be made.
struct Reply {
  enum class Kind : uint8_t { drop, rst, icmp, any };  // any: what suits the protocol
  Kind kind = Kind::drop;
  uint8_t ttl = 0;  // rst; 0: the usual
  // The code of ICMP unreachable (type 3) and of ICMPv6 unreachable (type 1): port-unr.
  uint8_t icmp_code = 3, icmp6_code = 4;
};

// STATEFUL FILTERING and STATEFUL TRACKING OPTIONS.
enum class State : uint8_t { none, keep, modulate, synproxy };
struct StateOptions {
  enum class Tracking : uint8_t { none, rule, global };
  enum class Flush : uint8_t { none, rule, global };
  uint32_t max = 0;  // 0 is no limit, here and below
  uint32_t max_src_states = 0, max_src_conn = 0, max_src_nodes = 0;
  Rate max_src_conn_rate;  // count 0: none
  Tracking tracking = Tracking::none;
  std::string overload;  // a table; empty: none
  Flush flush = Flush::none;
  bool no_sync = false, sloppy = false, pflow = false, allow_related = false;
  bool if_bound = false;  // to the interface it was made on
  bool floating = false;  // asked for: `set state-policy` is not
  Timeouts timeouts;
};

// What the file sets; what it does not mention is empty.
struct Options {
  Timeouts timeouts;                 // with those that `optimization` stands for
  std::map<Limit, uint32_t> limits;  // 0: no limit
  std::optional<Optimization> optimization;
  std::optional<RulesetOptimization> ruleset_optimization;
  std::optional<std::string> loginterface;  // empty: none
  std::optional<uint32_t> hostid;
  std::optional<Debug> debug;
  std::optional<std::vector<std::string>> skip;  // interfaces and groups
  std::optional<Reassembly> reassemble;
  std::optional<Syncookies> syncookies;
  std::optional<std::string> fingerprints;  // a file
  bool keep_counters = false;
  // These have done their work: every rule says for itself what it does.
  std::optional<Reply::Kind> block_policy, fail_policy;
  std::optional<bool> if_bound, require_order;
  std::optional<StateOptions> state_defaults;
};

// The rules of an anchor, evaluated at this place (ANCHORS).
struct AnchorCall {
  std::string name;       // as written; empty: an inline one without a name
  std::string path;       // in Policy::rulesets
  bool children = false;  // `name/*`: instead of it all that are directly below, in byte order
  bool is_inline = false;
};

// Classes that a rule puts a packet into (QUEUEING).
struct Queues {
  std::string name, ack;  // `ack`: of TCP ACKs without data and low delay; empty: no other
};
struct Dummynet {
  bool queue = false;                // dnqueue, not dnpipe
  uint16_t number = 0, reverse = 0;  // reverse: for the other direction; 0: none
};
struct SetPriority {
  uint8_t priority = 0, low_delay = 0;
};

// --- rules ---

enum class Verdict : uint8_t { pass, block, match, anchor };

// `state limiter` and `source limiter`, by number (STATEFUL FILTERING).
struct LimiterUse {
  std::string name;  // as written; empty: by number
  uint8_t id = 0;    // 0: none
  bool no_match = false;
};

// nat-to, rdr-to and af-to of a filter rule.
struct FilterTranslation {
  std::optional<Pool> source;       // nat-to; af-to: from
  std::optional<Pool> destination;  // rdr-to; af-to: to
  Family af_to = Family::any;       // any: no af-to
};

struct Routing {
  enum class Kind : uint8_t { none, route_to, reply_to, dup_to };
  Kind kind = Kind::none;
  Pool pool;
};

// FILTERING RULES and the calls of anchors among them.
struct FilterRule {
  Position at;
  Verdict verdict = Verdict::pass;
  AnchorCall anchor;  // of Verdict::anchor
  Reply reply;
  bool quick = false;
  std::optional<Log> log;

  Match match;
  Ids user, group;
  TcpFlags flags;
  IcmpTest icmp;
  std::optional<uint8_t> tos, prio;
  InterfaceTest received_on;
  bool fragment = false;
  uint32_t probability = 0;  // in UINT32_MAX; 0: always
  uint16_t max_packet_size = 0;
  Rate max_packet_rate;  // count 0: none
  LimiterUse state_limiter, source_limiter;

  State state = State::none;
  StateOptions state_options;
  bool once = false;
  bool allow_opts = false;
  Routing routing;
  FilterTranslation translation;
  Normalization scrub;
  std::optional<SetPriority> set_priority;
  std::optional<uint8_t> set_tos;
  std::vector<std::string> labels;  // $srcaddr and so on are filled in
  uint32_t ridentifier = 0;
  std::string tag;
  Queues queue;
  std::optional<Dummynet> dummynet;
  std::optional<uint16_t> rtable;
  std::optional<uint16_t> divert_port;
  std::optional<Network> divert_to;
};

// TRANSLATION, in the form of rules of their own. The first match wins.
struct TranslationRule {
  enum class Kind : uint8_t { nat, rdr, binat };
  enum class Act : uint8_t { translate, keep, anchor };  // keep: `no nat`

  Position at;
  Kind kind = Kind::nat;
  Act act = Act::translate;
  AnchorCall anchor;
  bool pass = false;  // no filter rule is asked
  std::optional<Log> log;
  Match match;
  std::string tag;
  std::optional<uint16_t> rtable;
  Pool pool;  // binat: one network, as large as the source
};

// TRAFFIC NORMALIZATION, in the form of rules of their own. The first match wins.
struct ScrubRule {
  Position at;
  bool no = false;  // `no scrub`
  std::optional<Log> log;
  Match match;
  Normalization normalization;
  bool reassemble = true;  // fragments
  std::optional<uint16_t> rtable;
};

struct MacTest {
  sys::Mac address{}, mask{};  // mask of zeroes: no test
  bool negated = false;
};

// ETHERNET FILTERING RULES: stateless, the last match or the first quick one wins.
struct EtherRule {
  Position at;
  Verdict verdict = Verdict::pass;
  AnchorCall anchor;
  Direction direction = Direction::any;
  bool quick = false;
  InterfaceTest on;
  std::string bridge_to;
  uint16_t protocol = 0;  // 0: every one
  MacTest source, destination;
  bool layer3 = false;  // what follows is tested
  Side l3_source, l3_destination;
  TagTest tagged;
  std::vector<std::string> labels;
  std::string queue, tag;
  uint32_t ridentifier = 0;
  std::optional<Dummynet> dummynet;
};

// --- ALTQ (QUEUEING) ---

struct Bandwidth {
  uint64_t bits = 0;          // a second
  uint32_t millipercent = 0;  // of the parent's, if not 0
};
enum class Scheduler : uint8_t { none, cbq, priq, hfsc, fairq, codel };
// A curve: `first` for `milliseconds`, `then` for ever.
struct ServiceCurve {
  Bandwidth first;
  uint32_t milliseconds = 0;
  Bandwidth then;
};
struct SchedulerOptions {
  Scheduler scheduler = Scheduler::none;
  bool is_default = false, borrow = false, red = false, ecn = false, rio = false, codel = false;
  std::optional<ServiceCurve> realtime, linkshare, upperlimit;
  uint32_t buckets = 0;               // fairq
  Bandwidth hogs;                     // fairq
  uint32_t target = 0, interval = 0;  // codel, milliseconds
};
struct Altq {
  Position at;
  InterfaceTest on;
  SchedulerOptions options;
  std::optional<Bandwidth> bandwidth;
  uint32_t qlimit = 0, tbrsize = 0;
  std::vector<std::string> queues;
};
struct Queue {
  Position at;
  std::string name;
  InterfaceTest on;
  SchedulerOptions options;
  std::optional<Bandwidth> bandwidth;
  std::optional<uint8_t> priority;
  uint32_t qlimit = 0;
  std::vector<std::string> children;
};

// --- limiters (STATEFUL FILTERING) ---

struct Limiter {
  Position at;
  bool source = false;  // a source limiter, not a state limiter
  std::string name;
  uint8_t id = 0;
  uint32_t entries = 0, limit = 0;
  Rate rate;
  std::optional<uint8_t> inet_mask, inet6_mask;
  std::string table;
  uint32_t above = 0, below = 0;
};

// --- all of it ---

// One anchor, or the main ruleset.
struct Ruleset {
  std::vector<Table> tables;
  std::vector<EtherRule> ether;
  std::vector<ScrubRule> scrub;
  std::vector<TranslationRule> nat, rdr, binat;
  std::vector<FilterRule> filter;
};

struct Policy {
  std::vector<std::string> files;
  Options options;
  std::vector<Altq> altq;
  std::vector<Queue> queues;
  std::vector<Limiter> limiters;
  // By path: "" is the main ruleset, "web/in" the anchor `in` of the anchor `web`. What is only
  // called, and filled by others, is not here.
  std::map<std::string, Ruleset, std::less<>> rulesets;
};

}  // namespace gaol::pf
