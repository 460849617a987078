// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Statements to rules: names are looked up, what pf fills in by itself is filled in, lists become
// the product of their alternatives in pfctl's order, and what contradicts itself is refused.
// It takes one statement after the other, because options and macros hold from where they stand.
// Source: pf.conf(5), FreeBSD 15; the texts are pfctl(8)'s.

#include <set>
#include <string>
#include <vector>

#include "pf/hosts.h"
#include "pf/lex.h"
#include "pf/syntax.h"

namespace gaol::pf {

// A line that pfctl -v shows as soon as a statement is read.
struct Declared {
  enum class Kind : uint8_t { macro, option, table, queue };
  Kind kind;
  std::string line;
};

class Expander {
 public:
  // What is read goes to the ruleset at `path`.
  Expander(Policy& policy, Complaints& complaints, const World& world, std::string path);

  void take(Statement& statement);
  std::vector<Declared> take_declared() { return std::move(declared_); }
  // Files that anchors are to be loaded from, after this one.
  const std::vector<LoadSyntax>& loads() const { return loads_; }

 private:
  enum class Class : uint8_t { any, option, ether, scrub, queue, translation, filter };

  // What one rule of a product is made of. What its list does not have is the default.
  struct Choice {
    InterfaceTest on;
    uint8_t protocol = 0;
    std::optional<IcmpWord> icmp;
    Host source, destination;
    Ports source_port, destination_port;
    std::string os;
    Ids user, group;
  };
  // The lists of a rule, none of them empty.
  struct Lists {
    std::vector<InterfaceTest> interfaces;
    std::vector<uint8_t> protocols;
    std::vector<std::optional<IcmpWord>> icmp;
    std::vector<Host> from, to;
    std::vector<Ports> from_port, to_port;
    std::vector<std::string> os;
    std::vector<Ids> users, groups;
  };

  // --- expand.cc ---
  void take(MacroSyntax& macro);
  void take(OptionSyntax& option);
  void take(TableSyntax& syntax);
  void take(Limiter& limiter);
  void take(LoadSyntax& load);
  void take(BlockSyntax& block);
  bool in_order(Class next);
  void error(std::string_view text);
  void error_at(Position at, std::string_view text);
  // An error that rules of one statement may share is told once.
  void error_of_rule(std::string_view text);
  bool resolve(const std::vector<HostWord>& words, std::vector<Host>& out);
  void read_table_file(const std::string& file, std::vector<TableEntry>& out);
  std::optional<std::string> anchor_path(AnchorCall& anchor, bool has_body);
  void take_body(std::vector<Statement>& body, const std::string& path);
  Ruleset& ruleset() { return policy_.rulesets[path_]; }
  static std::optional<uint32_t> id_number(const std::string& text);
  std::optional<Ids> resolve_id(const IdWord& word, bool group);

  // --- lists (expand_lists.cc) ---
  std::optional<Lists> lists_of(const Tests& tests);
  // Calls `add` for each combination; false if there are too many of them.
  template <class F>
  bool product(const Lists& lists, F add);
  // The family, interface, addresses and ports of a rule. False: they exclude each other.
  static bool choose(Match& match, const Choice& choice);
  bool icmp_fits(const Choice& choice);
  void after_product(size_t added);

  // --- expand_filter.cc ---
  void take(FilterSyntax& syntax);
  void take(AntispoofSyntax& syntax);
  bool prepare(FilterSyntax& syntax);
  bool prepare_state(FilterSyntax& syntax);
  bool finish_state(StateOptions& options);
  bool prepare_anchor(FilterSyntax& syntax);
  bool prepare_limiters(FilterRule& rule);
  void add_filter(const FilterSyntax& syntax, const Choice& choice);
  bool add_pools(const FilterSyntax& syntax, FilterRule& rule);
  // `binat`: it will be two rules, one for each direction.
  bool consistent(const FilterRule& rule, bool binat);
  void append(FilterRule rule);
  bool prepare_binat(FilterSyntax& syntax);
  void add_binat(const FilterRule& rule);
  void antispoof_one(const AntispoofSyntax& all, const AntispoofSyntax::Where& where);

  // --- expand_nat.cc ---
  enum class PoolUse : uint8_t { nat, rdr, binat, route, af_to };
  static PoolUse use_of(TranslationRule::Kind kind);
  bool prepare_pool(std::optional<PoolSyntax>& pool, PoolUse use);
  // Those of the family; if the rule has none yet, it gets theirs.
  bool fill_pool(const PoolSyntax& syntax, PoolUse use, Family& family, Pool& out);
  bool check_pool(const PoolSyntax& pool, PoolUse use);
  bool choose_method(const PoolSyntax& syntax, Pool& pool);
  void take(TranslationSyntax& syntax);
  void take(ScrubSyntax& syntax);
  bool check_translation(const TranslationSyntax& rule);
  bool check_translation_anchor(const TranslationSyntax& rule);
  bool check_binat(TranslationRule& rule);
  void add_translation(const TranslationSyntax& syntax, const Choice& choice);

  // --- expand_link.cc ---
  void take(EtherSyntax& syntax);
  void take(AltqSyntax& syntax);
  void take(QueueSyntax& syntax);
  void add_ether(const Lists& layer3, const EtherRule& rule);
  const Altq* parent_of(const Queue& queue, const std::string& interface, bool& leaf_scheduler);

  Policy& policy_;
  Complaints& complaints_;
  const World& world_;
  Hosts hosts_;
  std::string path_;  // of the ruleset that rules go to
  Position at_;       // of the statement
  Class class_ = Class::any;
  std::set<std::string, std::less<>> said_;  // errors of this statement's rules
  size_t added_ = 0;                         // rules of this statement
  size_t all_ = 0;                           // rules of the policy
  std::map<std::string, int> unnamed_;       // anchors without a name, by the path they are in
  std::vector<Declared> declared_;
  std::vector<LoadSyntax> loads_;
};

}  // namespace gaol::pf
