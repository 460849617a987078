// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// pf.conf(5), words to statements, by recursive descent. It knows the grammar and the names of
// FreeBSD's numbers; it asks the machine for nothing but the files that are included.
// After a fault it goes on behind the statement, so that one run tells of all of them.
// Source: pf.conf(5), GRAMMAR; the texts are pfctl(8)'s.

#include <expected>
#include <set>

#include "pf/lex.h"
#include "pf/syntax.h"

namespace gaol::pf {

// What is wrong at a place. Empty: it has been said.
struct Fault {
  Position at;
  std::string text;
};
template <class T = void>
using Parsed = std::expected<T, Fault>;

class Parser {
 public:
  Parser(Lexer& lexer, Macros& macros, Complaints& complaints, ReadFile read)
      : lexer_(lexer), macros_(macros), complaints_(complaints), read_(std::move(read)) {
    advance();
  }
  // The next statement without a fault; nothing at the end.
  std::optional<Statement> next();

 private:
  using What = decltype(Statement::what);
  using Read = Parsed<What> (Parser::*)();
  struct Opening {
    std::string_view word;
    Read read;
  };
  static const Opening kOpenings[];
  // An option is a flag, or is read by a function; of neither there is none here.
  struct FilterOption {
    std::string_view word;
    Parsed<> (Parser::*read)(FilterSyntax&);
    std::string_view again = {};  // what is said of a second one; empty: it may be repeated
    bool FilterRule::*flag = nullptr;
  };
  static const FilterOption kFilterOptions[];
  struct StateOption {
    std::string_view word;
    Parsed<> (Parser::*read)(StateOptions&);
    bool StateOptions::*flag = nullptr;
  };
  static const StateOption kStateOptions[];
  struct SetOption {
    std::string_view word;
    Parsed<> (Parser::*read)(Options&);
    bool Options::*flag = nullptr;
  };
  static const SetOption kSetOptions[];
  struct PoolOption {
    std::string_view word;
    Parsed<> (Parser::*read)(PoolSyntax&);
    std::string_view again;
    bool Pool::*flag = nullptr;
    Pool::Choice choice = Pool::Choice::first;
  };
  static const PoolOption kPoolOptions[];
  struct SchedulerOption {
    std::string_view word;
    unsigned schedulers;  // a bit for each that takes it
    Parsed<> (Parser::*read)(SchedulerOptions&);
    bool SchedulerOptions::*flag = nullptr;
  };
  static const SchedulerOption kSchedulerOptions[];

  // --- words (parse.cc) ---
  void advance() { token_ = lexer_.next(); }
  bool at(std::string_view what) const { return token_.is(what); }
  bool accept(std::string_view what);
  Parsed<> expect(std::string_view what);
  static std::unexpected<Fault> wrong(Position where, std::string_view text);
  std::unexpected<Fault> syntax(std::string_view hint) const;
  Parsed<std::string> name(std::string_view of_what);
  Parsed<std::string> joined(std::string_view of_what);
  // A name, or a number as it is written.
  Parsed<std::string> word(std::string_view of_what);
  Parsed<int64_t> number(std::string_view of_what);
  Parsed<uint32_t> number_up_to(uint64_t most, std::string_view of_what, std::string_view refusal);
  void newlines();
  template <class F>
  Parsed<> list(F item);
  template <class F>
  Parsed<> items_until(std::string_view close, F item);

  // --- statements (parse.cc) ---
  std::optional<Statement> statement();
  Parsed<What> read_statement();
  Parsed<> end_of_statement();
  void recover();
  Parsed<> include();
  Parsed<What> macro();
  Parsed<What> table();
  Parsed<What> limiter();
  Parsed<> limiter_clause(Limiter& limiter);
  Parsed<What> load();
  Parsed<What> braces();
  Parsed<std::vector<Statement>> body();
  Parsed<HostWord> table_host();

  // --- options (parse_option.cc) ---
  Parsed<What> option();
  Parsed<What> more_options();
  Parsed<> set_limit(Options& options);
  Parsed<> set_timeout(Options& options);
  Parsed<std::string> timeout();
  Parsed<> set_block_policy(Options& options);
  Parsed<> set_debug(Options& options);
  Parsed<> set_fail_policy(Options& options);
  Parsed<> set_fingerprints(Options& options);
  Parsed<> set_hostid(Options& options);
  Parsed<> set_loginterface(Options& options);
  Parsed<> set_optimization(Options& options);
  Parsed<> set_reassemble(Options& options);
  Parsed<> set_require_order(Options& options);
  Parsed<> set_ruleset_optimization(Options& options);
  Parsed<> set_skip(Options& options);
  Parsed<> set_state_defaults(Options& options);
  Parsed<> set_state_policy(Options& options);
  Parsed<> set_syncookies(Options& options);
  Parsed<Reply::Kind> policy();
  Parsed<bool> yes_or_no();
  Parsed<uint8_t> percentage();

  // --- what rules test (parse_tests.cc) ---
  Direction direction();
  Parsed<> on(std::vector<Listed<InterfaceTest>>& out);
  Parsed<> interfaces(std::vector<Listed<InterfaceTest>>& out);
  Parsed<InterfaceTest> interface();
  Family family();
  Parsed<> protocols(Tests& tests);
  Parsed<> from_to(Tests& tests);
  Parsed<> hosts(std::vector<HostWord>& out, int depth);
  Parsed<HostWord> host();
  Parsed<> address(HostWord& host);
  Parsed<> dynamic(HostWord& host);
  Parsed<std::string> table_name();
  Parsed<> ports(std::vector<Listed<Ports>>& out);
  Parsed<Ports> port_test();
  static Parsed<uint16_t> port(Position where, std::string_view text);
  Parsed<> ids(std::vector<IdWord>& out);
  Parsed<IdWord> id_test();
  Compare unary();
  Parsed<uint8_t> flag_set();
  Parsed<uint8_t> icmp_code(bool v6, uint8_t type);
  Parsed<> icmp(std::vector<IcmpWord>& out, bool v6);
  Parsed<> log(std::optional<Log>& log, bool* quick);
  Parsed<> tagged(TagTest& out);
  Parsed<std::string> tag();
  Parsed<uint16_t> rtable();
  Parsed<uint8_t> tos();
  Parsed<Rate> rate();

  // --- filter rules, anchors, antispoof (parse_filter.cc) ---
  Parsed<What> filter();
  Parsed<What> anchor();
  Parsed<What> antispoof();
  Parsed<> filter_middle(FilterSyntax& rule);
  Parsed<> filter_options(FilterSyntax& rule);
  Parsed<> block_reply(FilterSyntax& rule);
  Parsed<> route(FilterSyntax& rule);
  Parsed<> af_to(FilterSyntax& rule);
  Parsed<> binat_to(FilterSyntax& rule);
  Parsed<> divert_to(FilterSyntax& rule);
  Parsed<> dnpipe(FilterSyntax& rule);
  Parsed<> dnqueue(FilterSyntax& rule);
  Parsed<> flags(FilterSyntax& rule);
  Parsed<> group(FilterSyntax& rule);
  Parsed<> icmp_type(FilterSyntax& rule);
  Parsed<> icmp6_type(FilterSyntax& rule);
  Parsed<> label(FilterSyntax& rule);
  Parsed<> max_pkt_rate(FilterSyntax& rule);
  Parsed<> max_pkt_size(FilterSyntax& rule);
  Parsed<> nat_to(FilterSyntax& rule);
  Parsed<> negated(FilterSyntax& rule);
  Parsed<> prio(FilterSyntax& rule);
  Parsed<> probability(FilterSyntax& rule);
  Parsed<> queue_of_rule(FilterSyntax& rule);
  Parsed<> rdr_to(FilterSyntax& rule);
  Parsed<> received_on(FilterSyntax& rule);
  Parsed<> ridentifier(FilterSyntax& rule);
  Parsed<> rtable_of_rule(FilterSyntax& rule);
  Parsed<> scrub_of_rule(FilterSyntax& rule);
  Parsed<> set_of_rule(FilterSyntax& rule);
  Parsed<> set_one(FilterSyntax& rule);
  Parsed<> source_limiter(FilterSyntax& rule);
  Parsed<> limiter_use(LimiterUse& use, std::string_view kind);
  Parsed<> state_no(FilterSyntax& rule);
  Parsed<> state_keep(FilterSyntax& rule);
  Parsed<> state_modulate(FilterSyntax& rule);
  Parsed<> state_synproxy(FilterSyntax& rule);
  Parsed<> state_limiter(FilterSyntax& rule);
  Parsed<> state(FilterSyntax& rule, State state);
  Parsed<> tag_of_rule(FilterSyntax& rule);
  Parsed<> tagged_of_rule(FilterSyntax& rule);
  Parsed<> tos_of_rule(FilterSyntax& rule);
  Parsed<> user(FilterSyntax& rule);
  Parsed<std::string> label_text();
  Parsed<uint32_t> identifier();
  Parsed<uint32_t> chance();
  Parsed<uint8_t> priority();
  Parsed<Dummynet> dummynet(bool queue);

  // --- state options (parse_state.cc) ---
  Parsed<> state_options(StateOptions& options, std::string_view close);
  Parsed<> state_option(StateOptions& options);
  Parsed<> state_max(StateOptions& options);
  Parsed<> state_max_src_conn(StateOptions& options);
  Parsed<> state_max_src_conn_rate(StateOptions& options);
  Parsed<> state_max_src_nodes(StateOptions& options);
  Parsed<> state_max_src_states(StateOptions& options);
  Parsed<> state_overload(StateOptions& options);
  Parsed<> state_source_track(StateOptions& options);
  Parsed<uint32_t> state_count(std::string_view what);

  // --- translation and scrub (parse_nat.cc) ---
  Parsed<What> translation();
  Parsed<What> scrub();
  Parsed<What> no();
  Parsed<> nat_pass(TranslationSyntax& rule);
  Parsed<> binat_tests(TranslationSyntax& rule);
  Parsed<What> translation_rule(bool negated);
  Parsed<What> translation_anchor();
  Parsed<> translation_tail(TranslationSyntax& rule);
  Parsed<What> scrub_rule(bool negated);
  Parsed<> scrub_option(ScrubSyntax& rule);
  Parsed<bool> normalization(Normalization& out);
  Parsed<PoolSyntax> pool(bool routing);
  Parsed<> pool_ports(PoolSyntax& out);
  Parsed<HostWord> pool_host(bool routing);
  Parsed<> pool_options(PoolSyntax& out);
  Parsed<> pool_map_e(PoolSyntax& pool);
  Parsed<> pool_source_hash(PoolSyntax& pool);
  Parsed<std::string> hash_digits(std::string_view text) const;

  // --- ethernet and queues (parse_link.cc) ---
  Parsed<What> ether();
  Parsed<> ether_tests(EtherSyntax& out);
  Parsed<> ether_option(EtherSyntax& out);
  Parsed<> macs(std::vector<Listed<MacTest>>& out);
  Parsed<MacTest> mac();
  Parsed<> ether_protocols(EtherSyntax& out);
  Parsed<What> altq();
  Parsed<What> queue();
  Parsed<> scheduler(SchedulerOptions& options);
  Parsed<> scheduler_option(SchedulerOptions& options);
  Parsed<> sched_realtime(SchedulerOptions& options);
  Parsed<> sched_linkshare(SchedulerOptions& options);
  Parsed<> sched_upperlimit(SchedulerOptions& options);
  Parsed<> sched_buckets(SchedulerOptions& options);
  Parsed<> sched_hogs(SchedulerOptions& options);
  Parsed<> sched_target(SchedulerOptions& options);
  Parsed<> sched_interval(SchedulerOptions& options);
  Parsed<Bandwidth> bandwidth();
  Parsed<ServiceCurve> curve();
  Parsed<std::string> queue_name();

  Lexer& lexer_;
  Macros& macros_;
  Complaints& complaints_;
  ReadFile read_;
  Token token_;
  std::vector<Statement> ready_;     // read with the last one: a statement may set several options
  std::set<std::string_view> seen_;  // options of this rule
  int lists_ = 0;                    // that are open
  int bodies_ = 0;
};

template <class F>
Parsed<> Parser::items_until(std::string_view close, F item) {
  for (newlines(); !accept(close); newlines()) {
    if (token_.kind == Token::Kind::end) return syntax("a list that is not closed");
    TRY(item());
    accept(",");
  }
  return {};
}

// One item, or several in braces.
template <class F>
Parsed<> Parser::list(F item) {
  if (!accept("{")) return item();
  ++lists_;
  newlines();
  if (at("}")) return syntax("an empty list");
  TRY(items_until("}", item));
  --lists_;
  return {};
}

}  // namespace gaol::pf
