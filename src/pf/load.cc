// SPDX-License-Identifier: BSD-2-Clause

// The hooks' chains are made once and never deleted: while one is registered anew, packets go
// by. All else is deleted and made again in the transaction that brings the rules, but for sets
// that have a place in both: what is in them was put there by others.

#include "pf/load.h"

// The next header defines it too, and otherwise.
#undef _GNU_SOURCE
#include <nftables/libnftables.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace gaol::pf {
namespace {

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

struct Object {
  std::string kind, name;
  bool hook = false;
};

// The chains, sets and counters of the table; nothing while there is none.
std::vector<Object> objects(Nftables& nft) {
  std::vector<Object> all;
  const auto listing = nft.run("list table inet pf");
  if (!listing) return all;
  for (const auto line : split(*listing, '\n')) {
    const auto word = words(line);
    if (word.size() == 3 && word[2] == "{" && word[0] != "table")
      all.push_back({std::string(word[0]), std::string(word[1])});
    if (word.size() > 2 && word[0] == "type" && word[2] == "hook") all.back().hook = true;
  }
  return all;
}

// The commands that leave the hooks and what is kept. Nothing that a rule names can be deleted:
// the rules come first, and chains, which elements of maps may name, before sets.
std::string clearing(const std::vector<Object>& objects, const std::vector<std::string>& kept) {
  std::string commands = objects.empty() ? "" : "flush table inet pf\n";
  for (const auto& [kind, name, hook] : objects)
    if (!hook && std::ranges::count(kept, name) == 0)
      commands += concat("delete ", kind, " inet pf ", name, "\n");
  return commands;
}

}  // namespace

Result<> load(const Lowered& lowered, Loading how) {
  Nftables nft;
  const std::string_view table =
      how.enabled ? "add table inet pf\n" : "add table inet pf { flags dormant; }\n";
  const auto commands = concat(clearing(objects(nft), lowered.sets), table, lowered.text,
                               "add counter inet pf ", kGeneration, how.generation, "\n");
  (void)TRY(nft.run(commands));
  return {};
}

Result<> change(const std::string& commands) {
  (void)TRY(Nftables().run(commands));
  return {};
}

Result<uint64_t> generation() {
  Nftables nft;
  for (const auto& [kind, name, hook] : objects(nft))
    if (kind == "counter" && name.starts_with(kGeneration))
      return number<uint64_t>(name.substr(kGeneration.size())).value_or(0);
  return 0;
}

Result<std::vector<RuleCounts>> counted(size_t rules) {
  std::vector<RuleCounts> all(rules);
  const auto listing = TRY(Nftables().run("list counters table inet pf"));
  std::string_view name;
  for (const auto line : split(listing, '\n')) {
    const auto word = words(line);
    if (word.size() == 3 && word[0] == "counter") name = word[1];
    if (word.size() != 4 || word[0] != "packets") continue;
    const auto slash = std::min(name.find('/'), name.size() - 1);
    const auto n = number<size_t>(name.substr(slash + 1));
    if (!n || *n >= rules) continue;
    const Counted count{number<uint64_t>(word[1]).value_or(0),
                        number<uint64_t>(word[3]).value_or(0)};
    const auto kind = name.substr(0, slash);
    if (kind == "in") all[*n].in = count;
    if (kind == "out") all[*n].out = count;
    if (kind == "made") all[*n].made = count.packets;
  }
  return all;
}

Result<> reset_counters() {
  Nftables nft;
  if (!objects(nft).empty()) (void)TRY(nft.run("reset counters table inet pf"));
  return {};
}

Result<> unload() {
  Nftables nft;
  if (!objects(nft).empty()) (void)TRY(nft.run("delete table inet pf"));
  return {};
}

}  // namespace gaol::pf
