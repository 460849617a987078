// SPDX-License-Identifier: BSD-2-Clause
//
// `set`: every option is a row of a table. A statement may set several limits or timeouts; each
// becomes an option of its own, for that is how they are printed.
#include <algorithm>
#include <iterator>

#include "base/suggest.h"
#include "pf/names.h"
#include "pf/parse.h"

namespace gaol::pf {

constexpr Parser::SetOption Parser::kSetOptions[] = {
    {"block-policy", &Parser::set_block_policy},
    {"debug", &Parser::set_debug},
    {"fail-policy", &Parser::set_fail_policy},
    {"fingerprints", &Parser::set_fingerprints},
    {"hostid", &Parser::set_hostid},
    {"keepcounters", nullptr, &Options::keep_counters},
    {"limit", &Parser::set_limit},
    {"loginterface", &Parser::set_loginterface},
    {"optimization", &Parser::set_optimization},
    {"reassemble", &Parser::set_reassemble},
    {"require-order", &Parser::set_require_order},
    {"ruleset-optimization", &Parser::set_ruleset_optimization},
    {"skip", &Parser::set_skip},
    {"state-defaults", &Parser::set_state_defaults},
    {"state-policy", &Parser::set_state_policy},
    {"syncookies", &Parser::set_syncookies},
    {"timeout", &Parser::set_timeout},
};

Parsed<Parser::What> Parser::option() {
  const Position where = token_.at;
  advance();
  const auto* known = std::ranges::find_if(
      kSetOptions, [this](const SetOption& option) { return at(option.word); });
  if (known == std::end(kSetOptions)) {
    std::vector<std::string_view> words;
    for (const auto& option : kSetOptions) words.push_back(option.word);
    return syntax(
        concat("there is no option \"", token_.text, "\"", did_you_mean(token_.text, words)));
  }
  advance();
  const bool several = at("{");
  if (several && known->word != "limit" && known->word != "timeout" && known->word != "skip")
    return syntax("this option has one value");
  if (!several || known->word == "skip") {
    OptionSyntax one;
    if (known->flag)
      one.options.*known->flag = true;
    else
      TRY((this->*known->read)(one.options));
    return one;
  }
  std::vector<OptionSyntax> all;
  const auto item = [&]() -> Parsed<> {
    TRY((this->*known->read)(all.emplace_back().options));
    return {};
  };
  TRY(list(item));
  for (size_t i = 1; i < all.size(); ++i) ready_.push_back({where, std::move(all[i])});
  return std::move(all[0]);
}

Parsed<> Parser::set_limit(Options& options) {
  const Position where = token_.at;
  const std::string text = TRY(name("the name of a limit"));
  const auto limit = limit_named(text);
  if (!limit) {
    complaints_.note("Bad pool name.");
    return wrong(where, concat("unable to set limit ", text));
  }
  options.limits[*limit] =
      TRY(number_up_to(UINT32_MAX, "a number", "only positive values permitted:"));
  return {};
}

// One of them is a reserved word elsewhere.
Parsed<std::string> Parser::timeout() {
  if (accept("interval")) return std::string("interval");
  return name("the name of a timeout");
}

Parsed<> Parser::set_timeout(Options& options) {
  const Position where = token_.at;
  const std::string text = TRY(timeout());
  const auto known = timeout_named(text);
  if (!known) {
    complaints_.note("Bad timeout name.");
    return wrong(where, concat("unknown timeout ", text));
  }
  options.timeouts[*known] =
      TRY(number_up_to(UINT32_MAX, "a number of seconds", "only positive values permitted:"));
  return {};
}

Parsed<Reply::Kind> Parser::policy() {
  if (accept("drop")) return Reply::Kind::drop;
  if (accept("return")) return Reply::Kind::any;
  return syntax("drop or return is expected");
}

Parsed<> Parser::set_block_policy(Options& options) {
  options.block_policy = TRY(policy());
  return {};
}

Parsed<> Parser::set_fail_policy(Options& options) {
  options.fail_policy = TRY(policy());
  return {};
}

Parsed<> Parser::set_debug(Options& options) {
  const Position where = token_.at;
  const std::string text = TRY(name("a level"));
  options.debug = debug_named(text);
  if (!options.debug) {
    complaints_.note(concat("unknown debug level \"", text, "\""));
    return wrong(where, concat("error setting debuglevel ", text));
  }
  return {};
}

Parsed<> Parser::set_fingerprints(Options& options) {
  options.fingerprints = TRY(name("the name of a file"));
  return {};
}

Parsed<> Parser::set_hostid(Options& options) {
  const Position where = token_.at;
  const std::string text = TRY(word("a number"));
  const auto id = any_base(text);
  if (!id || *id > UINT32_MAX) return wrong(where, concat("illegal hostid value ", text));
  if (*id == 0) return wrong(where, "hostid must be non-zero");
  options.hostid = static_cast<uint32_t>(*id);
  return {};
}

Parsed<> Parser::set_loginterface(Options& options) {
  options.loginterface = TRY(name("an interface"));
  if (*options.loginterface == "none") options.loginterface->clear();
  return {};
}

Parsed<> Parser::set_optimization(Options& options) {
  const Position where = token_.at;
  const std::string text = TRY(name("an optimization"));
  options.optimization = optimization_named(text);
  if (!options.optimization) return wrong(where, concat("unknown optimization ", text));
  return {};
}

Parsed<> Parser::set_ruleset_optimization(Options& options) {
  const Position where = token_.at;
  const std::string text = TRY(name("an optimization"));
  options.ruleset_optimization = ruleset_optimization_named(text);
  if (!options.ruleset_optimization)
    return wrong(where, concat("unknown ruleset-optimization ", text));
  return {};
}

Parsed<bool> Parser::yes_or_no() {
  if (accept("no")) return false;
  const Position where = token_.at;
  const std::string text = TRY(name("yes or no"));
  if (text != "yes")
    return wrong(where, concat("invalid value '", text, "', expected 'yes' or 'no'"));
  return true;
}

Parsed<> Parser::set_reassemble(Options& options) {
  Reassembly reassembly{.on = TRY(yes_or_no())};
  reassembly.no_df = accept("no-df");
  options.reassemble = reassembly;
  return {};
}

Parsed<> Parser::set_require_order(Options& options) {
  options.require_order = TRY(yes_or_no());
  return {};
}

Parsed<> Parser::set_skip(Options& options) {
  TRY(expect("on"));
  options.skip.emplace();
  std::vector<Listed<InterfaceTest>> all;
  TRY(interfaces(all));
  for (const auto& [where, interface] : all) {
    if (interface.negated) return wrong(where, "skip on ! <interface> is not supported");
    if (interface.name != "none") options.skip->push_back(interface.name);
  }
  return {};
}

Parsed<> Parser::set_state_defaults(Options& options) {
  seen_.clear();
  return state_options(options.state_defaults.emplace(), "");
}

Parsed<> Parser::set_state_policy(Options& options) {
  if (!at("if-bound") && !at("floating")) return syntax("if-bound or floating is expected");
  options.if_bound = at("if-bound");
  advance();
  return {};
}

Parsed<uint8_t> Parser::percentage() {
  const Position where = token_.at;
  const std::string text = TRY(word("a percentage"));
  if (!text.ends_with('%'))
    return wrong(where, concat("illegal percentage value ", text, " (% is missing)"));
  const auto value = gaol::number<uint8_t>(std::string_view(text).substr(0, text.size() - 1));
  if (!value || *value > 100) return wrong(where, concat("illegal percentage value ", text));
  return *value;
}

Parsed<> Parser::set_syncookies(Options& options) {
  constexpr std::string_view kModes[] = {"never", "always", "adaptive"};
  Syncookies out;
  const Position where = token_.at;
  const std::string text = TRY(name("never, always or adaptive"));
  const auto* mode = std::ranges::find(kModes, text);
  if (mode == std::end(kModes)) return wrong(where, concat("unknown syncookies mode ", text));
  out.mode = static_cast<Syncookies::Mode>(mode - std::begin(kModes));
  if (at("(") && out.mode != Syncookies::Mode::adaptive)
    return wrong(token_.at, "syncookies start/end only apply to adaptive");
  if (accept("(")) {
    const auto item = [&]() -> Parsed<> {
      const bool start = token_.text == "start";
      if (!start && token_.text != "end") return syntax("start or end is expected");
      advance();
      (start ? out.start : out.end) = TRY(percentage());
      return {};
    };
    TRY(items_until(")", item));
    if (out.end >= out.start) return wrong(where, "start must be higher than end");
  }
  options.syncookies = out;
  return {};
}

}  // namespace gaol::pf
