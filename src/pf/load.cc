// SPDX-License-Identifier: BSD-2-Clause

// The hooks' chains are made once and never deleted: while one is registered anew, packets go
// by. All else is deleted and made again in the transaction that brings the rules, but for sets
// that have a place in both: what is in them was put there by others.

#include "pf/load.h"

// The next header defines it too, and otherwise.
#undef _GNU_SOURCE
#include <nftables/libnftables.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "pf/lower_nat.h"
#include "sys/kernel.h"
#include "sys/table_objects.h"

namespace gaol::pf {
namespace {

constexpr const char* kTable = "pf";
constexpr std::string_view kGeneration = "generation-";  // the name of a counter, with the number

class Nftables {
 public:
  Nftables() : context_(::nft_ctx_new(NFT_CTX_DEFAULT), ::nft_ctx_free) {
    ::nft_ctx_buffer_output(context_.get());
    ::nft_ctx_buffer_error(context_.get());
    ::nft_ctx_output_set_flags(context_.get(), NFT_CTX_OUTPUT_TERSE);  // no elements of sets
  }
  // What the commands print; they are one transaction.
  Result<std::string> run(const std::string& commands) {
    const int failed = ::nft_run_cmd_from_buffer(context_.get(), commands.c_str());
    std::string said = ::nft_ctx_get_error_buffer(context_.get());
    std::string printed = ::nft_ctx_get_output_buffer(context_.get());
    if (failed != 0) return fail("nftables: ", said.substr(0, said.find('\n')));
    return printed;
  }

 private:
  std::unique_ptr<nft_ctx, decltype(&::nft_ctx_free)> context_;
};

using Kind = sys::TableObject::Kind;

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::chain: return "chain";
    case Kind::set: return "set";
    case Kind::map: return "map";
    case Kind::counter: return "counter";
  }
  std::unreachable();
}

// `counter in/1` and so on, of all that the commands declare.
std::set<std::string_view> declared(std::string_view commands) {
  constexpr std::string_view kAdd = "add ", kFamily = " inet pf ";
  std::set<std::string_view> all;
  for (const auto line : split(commands, '\n')) {
    const auto at = line.find(kFamily);
    if (!line.starts_with(kAdd) || at == line.npos) continue;
    const auto end = line.find(' ', at + kFamily.size());
    all.insert(line.substr(kAdd.size(), std::min(end, line.size()) - kAdd.size()));
  }
  return all;
}

// The commands that leave the hooks and what is needed again. Nothing that something else names can
// be deleted: the rules come first, and maps and sets before the chains that their elements name.
// Of chains and counters there are as many as there are rules, so they stay where they can.
std::string clearing(const std::vector<sys::TableObject>& objects, const Lowered& lowered) {
  std::string commands = objects.empty() ? "" : "flush table inet pf\n";
  const auto needed = declared(lowered.text);
  for (const auto& [kind, name, hook] : objects) {
    const auto what = concat(word_of(kind), " inet pf ", name);
    const bool anew = kind == Kind::counter && lowered.counters_are_set;
    const bool again = kind == Kind::chain || kind == Kind::counter
                           ? needed.contains(what) && !anew
                           : std::ranges::count(lowered.sets, name) != 0;
    if (!hook && !again) commands += concat("delete ", what, "\n");
  }
  return commands;
}

// Whether the kernel takes packets from outside for 127.0.0.0/8 and answers them from there. It
// must not while nothing guards that, so the guard comes first and goes last.
Result<> open_loopback(Nftables& nft, bool open) {
  if (open) {
    Commands guard;
    guard_loopback(guard);
    (void)TRY(nft.run(concat("add table inet pf\n", guard.declarations, guard.rules)));
  }
  return sys::real_kernel().write_file("/proc/sys/net/ipv4/conf/all/route_localnet",
                                       open ? "1" : "0");
}

// What is in the table, once the loopback is open or shut.
Result<std::vector<sys::TableObject>> prepare(Nftables& nft, bool open) {
  auto objects = TRY(sys::table_objects(kTable));
  const bool was_open = std::ranges::count(objects, kLoopback, &sys::TableObject::name) != 0;
  if (!open && !was_open) return objects;
  TRY(open_loopback(nft, open));
  return sys::table_objects(kTable);
}

}  // namespace

Result<> load(const Lowered& lowered, Loading how) {
  Nftables nft;
  const std::string_view table =
      how.enabled ? "add table inet pf\n" : "add table inet pf { flags dormant; }\n";
  const auto before = TRY(prepare(nft, lowered.loopback && how.enabled));
  const auto commands = concat(clearing(before, lowered), table, lowered.text,
                               "add counter inet pf ", kGeneration, how.generation, "\n");
  (void)TRY(nft.run(commands));
  return lowered.counters_are_set ? Result<>{} : reset_counters();
}

Result<> change(const std::string& commands) {
  (void)TRY(Nftables().run(commands));
  return {};
}

Result<bool> is_loaded(uint64_t generation) {
  if (generation == 0) return !TRY(sys::has_table(kTable));
  return sys::has_counter(kTable, concat(kGeneration, generation));
}

Result<std::vector<RuleCounts>> counted(size_t rules) {
  std::vector<RuleCounts> all(rules);
  for (const auto& [name, packets, bytes] : TRY(sys::table_counters(kTable))) {
    const auto slash = std::min(name.find('/'), name.size() - 1);
    const auto n = number<size_t>(name.substr(slash + 1));
    if (!n || *n >= rules) continue;
    const auto kind = name.substr(0, slash);
    if (kind == "in") all[*n].in = {packets, bytes};
    if (kind == "out") all[*n].out = {packets, bytes};
    if (kind == "made") all[*n].made = packets;
  }
  return all;
}

// A counter that is declared twice is the first one.
void keep_counters(Lowered& lowered, const Lowered& before, const std::vector<RuleCounts>& counts) {
  std::map<std::string_view, const RuleCounts*> by_name;
  for (size_t n = 0; n < counts.size(); ++n) by_name[before.names[n]] = &counts[n];
  std::string preset;
  for (size_t n = 0; n < lowered.names.size(); ++n) {
    const auto found = by_name.find(lowered.names[n]);
    if (found == by_name.end()) continue;
    const auto& [in, out, made] = *found->second;
    for (const auto& [kind, count] :
         {std::pair{"in", in}, {"out", out}, {"made", Counted{.packets = made}}})
      if (count != Counted{})
        preset += concat("add counter inet pf ", kind, "/", n, " { packets ", count.packets,
                         " bytes ", count.bytes, " }\n");
  }
  lowered.text.insert(0, preset);
  lowered.counters_are_set = true;
}

Result<> reset_counters() {
  (void)TRY(sys::table_counters(kTable, sys::Counting::starts_anew));
  return {};
}

Result<> unload() {
  Nftables nft;
  if (!TRY(sys::has_table(kTable))) return {};
  (void)TRY(prepare(nft, false));
  (void)TRY(nft.run("delete table inet pf"));
  return {};
}

}  // namespace gaol::pf
