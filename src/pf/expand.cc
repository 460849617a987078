// SPDX-License-Identifier: BSD-2-Clause
//
// What is no rule: options, tables, anchors' names; and what all rules share.
#include "pf/expand.h"

#include <algorithm>

#include "base/text.h"
#include "pf/names.h"
#include "pf/print.h"
#include "pf/table_file.h"

namespace gaol::pf {

namespace {

constexpr size_t kAnchorComponent = 63, kAnchorPath = 1023;

void add_entries(const std::vector<Host>& hosts, std::vector<TableEntry>& out) {
  for (const Host& host : hosts) out.push_back({std::get<Network>(host.address), host.negated});
}

}  // namespace

Expander::Expander(Policy& policy, Complaints& complaints, const World& world, std::string path)
    : policy_(policy),
      complaints_(complaints),
      world_(world),
      hosts_(world),
      path_(std::move(path)) {
  (void)ruleset();
}

void Expander::take(Statement& statement) {
  at_ = statement.at;
  said_.clear();
  added_ = 0;
  std::visit([this](auto& what) { take(what); }, statement.what);
}

void Expander::error_at(Position at, std::string_view text) { complaints_.add(at, text); }
void Expander::error(std::string_view text) { error_at(at_, text); }
void Expander::error_of_rule(std::string_view text) {
  if (said_.emplace(text).second) error(text);
}

bool Expander::in_order(Class next) {
  if (policy_.options.require_order.value_or(true) && next < class_) {
    error(
        "Rules must be in order: options, ethernet, normalization, queueing, translation, "
        "filtering");
    return false;
  }
  class_ = std::max(class_, next);
  return true;
}

bool Expander::resolve(const std::vector<HostWord>& words, std::vector<Host>& out) {
  bool good = true;
  for (const HostWord& word : words) {
    auto found = hosts_.resolve(word);
    if (found) {
      std::ranges::move(*found, std::back_inserter(out));
      continue;
    }
    good = false;
    if (!found.error().note.empty()) complaints_.note(found.error().note);
    error_at(word.at, found.error().text);
  }
  return good;
}

// --- macros and options ---

void Expander::take(MacroSyntax& macro) {
  declared_.push_back({Declared::Kind::macro, print_macro(macro.name, macro.value)});
}

void Expander::take(OptionSyntax& option) {
  if (!in_order(Class::option)) return;
  Options& all = policy_.options;
  Options& one = option.options;
  if (one.state_defaults && all.state_defaults) return error("cannot redefine state-defaults");
  if (one.fingerprints && !world_.read(*one.fingerprints))
    return error(concat("error loading fingerprints ", *one.fingerprints));
  if (const std::string line = print(one); !line.empty())
    declared_.push_back({Declared::Kind::option, line.substr(0, line.size() - 1)});
  const auto set = [](auto& to, auto& from) {
    if (from) to = std::move(from);
  };
  if (one.optimization)
    for (const auto& [timeout, value] : timeouts_of(*one.optimization))
      all.timeouts[timeout] = value;
  for (const auto& [timeout, value] : one.timeouts) all.timeouts[timeout] = value;
  for (const auto& [limit, value] : one.limits) all.limits[limit] = value;
  if (one.skip && all.skip) one.skip->insert(one.skip->begin(), all.skip->begin(), all.skip->end());
  set(all.skip, one.skip);
  set(all.optimization, one.optimization);
  set(all.ruleset_optimization, one.ruleset_optimization);
  set(all.loginterface, one.loginterface);
  set(all.hostid, one.hostid);
  set(all.debug, one.debug);
  set(all.reassemble, one.reassemble);
  set(all.syncookies, one.syncookies);
  set(all.fingerprints, one.fingerprints);
  set(all.block_policy, one.block_policy);
  set(all.fail_policy, one.fail_policy);
  set(all.if_bound, one.if_bound);
  set(all.require_order, one.require_order);
  set(all.state_defaults, one.state_defaults);
  all.keep_counters |= one.keep_counters;
}

// --- tables ---

void Expander::read_table_file(const std::string& file, std::vector<TableEntry>& out) {
  const auto text = world_.read(file);
  if (!text) return error(concat("cannot load \"", file, "\": ", errno_text(text.error().code)));
  for (const auto word : table_words(*text)) {
    const auto found = table_entries(word, hosts_);
    if (!found) {
      if (!found.error().note.empty()) complaints_.note(found.error().note);
      return error(concat("file \"", file, "\" contains bad data"));
    }
    out.insert(out.end(), found->begin(), found->end());
  }
}

void Expander::take(TableSyntax& syntax) {
  Table table = std::move(syntax.table);
  for (const auto& source : syntax.sources) {
    TableSource& out = table.sources.emplace_back();
    out.file = source.file;
    std::vector<Host> hosts;
    if (!resolve(source.hosts, hosts)) return;
    add_entries(hosts, out.entries);
    if (!source.file.empty()) read_table_file(source.file, out.entries);
  }
  declared_.push_back({Declared::Kind::table, print(table)});
  auto& tables = ruleset().tables;
  const auto known = std::ranges::find(tables, table.name, &Table::name);
  if (known == tables.end()) {
    tables.push_back(std::move(table));
    return;
  }
  if (!path_.empty())
    complaints_.warn(at_,
                     concat("table <", table.name, "> already defined in anchor \"", path_, "\""));
  *known = std::move(table);
}

void Expander::take(Limiter& limiter) {
  for (const Limiter& other : policy_.limiters)
    if (other.source == limiter.source && (other.id == limiter.id || other.name == limiter.name))
      return error(concat("limiter ", limiter.name, " id ", limiter.id, " is already defined"));
  declared_.push_back({Declared::Kind::option, print(limiter)});
  policy_.limiters.push_back(std::move(limiter));
}

// --- anchors ---

void Expander::take(LoadSyntax& load) { loads_.push_back(std::move(load)); }

void Expander::take(BlockSyntax& block) { take_body(block.body, path_); }

// Takes the wildcard off, and gives what it names. Nothing: it may not be called so.
std::optional<std::string> Expander::anchor_path(AnchorCall& anchor, bool has_body) {
  const auto refuse = [&](std::string_view text) -> std::optional<std::string> {
    error(text);
    return {};
  };
  const std::string prefix = path_.empty() ? std::string() : path_ + "/";
  if (anchor.name.empty()) {
    if (!has_body) return refuse("anchors without explicit rules must specify a name");
    return concat(prefix, "_", ++unnamed_[path_]);
  }
  if (anchor.name.starts_with('_'))
    return refuse("anchor names beginning with '_' are reserved for internal use");
  if (has_body && anchor.name.contains('/'))
    return refuse("anchor paths containing '/' cannot be used for inline anchors.");
  std::string_view name = anchor.name;
  anchor.children = name == "*" || name.ends_with("/*");
  if (anchor.children) name.remove_suffix(std::min<size_t>(name.size(), 2));
  std::string path = name.starts_with('/') ? std::string(name.substr(1)) : concat(prefix, name);
  if (anchor.children && name.empty() && !anchor.name.starts_with('/')) path = path_;
  for (const auto component : split(path, '/'))
    if (component.size() > kAnchorComponent || path.size() > kAnchorPath)
      return refuse(concat("anchor name '", anchor.name, "' too long"));
  return path;
}

void Expander::take_body(std::vector<Statement>& body, const std::string& path) {
  const std::string outer = std::exchange(path_, path);
  (void)ruleset();
  for (Statement& statement : body) {
    const bool fits = std::holds_alternative<FilterSyntax>(statement.what) ||
                      std::holds_alternative<TableSyntax>(statement.what) ||
                      std::holds_alternative<MacroSyntax>(statement.what) ||
                      std::holds_alternative<EtherSyntax>(statement.what);
    if (fits)
      take(statement);
    else
      error_at(statement.at,
               "syntax error (only rules, anchors, tables and macros may stand here)");
  }
  path_ = outer;
}

// --- users ---

std::optional<uint32_t> Expander::id_number(const std::string& text) {
  const auto value = number<uint64_t>(text);
  if (!value) return {};
  return *value < kUnknownId ? std::optional(static_cast<uint32_t>(*value)) : std::nullopt;
}

std::optional<Ids> Expander::resolve_id(const IdWord& word, bool group) {
  const std::string_view kind = group ? "group" : "user";
  const auto resolve_one = [&](const std::string& text) -> std::optional<uint32_t> {
    if (text == "unknown") return kUnknownId;
    const bool digits = text.find_first_not_of("-0123456789") == text.npos;
    const auto id = digits ? id_number(text) : (group ? world_.group : world_.user)(text);
    if (!id)
      error_at(word.at, digits ? concat("illegal ", group ? "gid" : "uid", " value ", text)
                               : concat("unknown ", kind, " ", text));
    return id;
  };
  const auto low = resolve_one(word.low);
  const auto high = word.high.empty() ? std::optional<uint32_t>(0) : resolve_one(word.high);
  if (!low || !high) return {};
  const bool unknown = *low == kUnknownId || *high == kUnknownId;
  if (unknown && word.op != Compare::eq && word.op != Compare::ne) {
    error_at(word.at, concat(kind, " unknown requires operator = or !="));
    return {};
  }
  return Ids{word.op, *low, *high};
}

}  // namespace gaol::pf
