// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// A pf.conf(5) as it is written: statements in their order, with lists still lists and names still
// names. What stands once in a statement is in the rule it will become already.
// Source: pf.conf(5), GRAMMAR.

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pf/ruleset.h"

namespace gaol::pf {

struct Word {
  Position at;
  std::string text;
};

// An alternative of a list, and where it stands.
template <class T>
struct Listed {
  Position at;
  T value{};
};

struct HostWord {
  enum class Kind : uint8_t { any, no_route, urpf_failed, name, table, range, dynamic };
  Position at;
  Kind kind = Kind::name;
  bool negated = false;
  std::string name, last;   // last: the end of a range
  std::optional<int> bits;  // behind a slash
  std::string interface;    // routing: (interface host)
};

struct IdWord {
  Position at;
  Compare op = Compare::eq;
  std::string low, high;
};

struct IcmpWord {
  Position at;
  bool v6 = false;
  IcmpTest test;
};

// The lists of a rule. An empty one tests nothing.
struct Tests {
  std::vector<Listed<InterfaceTest>> interfaces;
  std::vector<Listed<uint8_t>> protocols;
  std::vector<IcmpWord> icmp;
  std::vector<HostWord> from, to;
  std::vector<Listed<Ports>> from_port, to_port;
  std::vector<Word> os;
  std::vector<IdWord> users, groups;
};

// What addresses to choose from, and how.
struct PoolSyntax {
  Position at;
  std::vector<HostWord> hosts;
  Pool pool;            // without members
  bool chosen = false;  // an algorithm was named
  bool ports = false;   // a port was
};

struct Statement;

struct MacroSyntax {
  std::string name, value;
};
struct OptionSyntax {
  Options options;  // the one that is set
};
struct TableSyntax {
  struct Source {
    std::string file;
    std::vector<HostWord> hosts;
  };
  Table table;
  std::vector<Source> sources;
};
struct EtherSyntax {
  EtherRule rule;
  std::vector<Listed<InterfaceTest>> interfaces;
  std::vector<Listed<uint16_t>> protocols;
  std::vector<Listed<MacTest>> from, to;
  Tests layer3;
  std::optional<std::vector<Statement>> body;
};
struct ScrubSyntax {
  ScrubRule rule;
  Tests tests;
};
struct TranslationSyntax {
  TranslationRule rule;
  Tests tests;
  std::optional<PoolSyntax> to;
};
struct FilterSyntax {
  FilterRule rule;
  Tests tests;
  bool state_given = false, flags_given = false, reply_given = false, log_user = false;
  std::optional<PoolSyntax> route, nat_to, rdr_to, binat_to, af_from, af_to;
  std::optional<HostWord> divert;
  std::optional<std::vector<Statement>> body;  // of an anchor
};
struct LoadSyntax {
  std::string anchor, file;
};
struct AntispoofSyntax {
  struct Where {
    Position at;
    std::string name;
    bool dynamic = false;
  };
  std::vector<Where> interfaces;
  FilterRule rule;
};
struct AltqSyntax {
  Altq altq;
  std::vector<Listed<InterfaceTest>> interfaces;
};
struct QueueSyntax {
  Queue queue;
  std::vector<Listed<InterfaceTest>> interfaces;
};
// Rules in braces that belong to the ruleset they stand in.
struct BlockSyntax {
  std::vector<Statement> body;
};

struct Statement {
  Position at;
  std::variant<MacroSyntax, OptionSyntax, TableSyntax, Limiter, EtherSyntax, ScrubSyntax,
               TranslationSyntax, AltqSyntax, QueueSyntax, AntispoofSyntax, FilterSyntax,
               LoadSyntax, BlockSyntax>
      what;
};

}  // namespace gaol::pf
