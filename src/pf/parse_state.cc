// SPDX-License-Identifier: BSD-2-Clause
//
// The options of `keep state` and of `set state-defaults`.
#include <algorithm>
#include <iterator>
#include <utility>

#include "pf/names.h"
#include "pf/parse.h"

namespace gaol::pf {

constexpr Parser::StateOption Parser::kStateOptions[] = {
    {"allow-related", nullptr, &StateOptions::allow_related},
    {"floating", nullptr, &StateOptions::floating},
    {"if-bound", nullptr, &StateOptions::if_bound},
    {"max", &Parser::state_max},
    {"max-src-conn", &Parser::state_max_src_conn},
    {"max-src-conn-rate", &Parser::state_max_src_conn_rate},
    {"max-src-nodes", &Parser::state_max_src_nodes},
    {"max-src-states", &Parser::state_max_src_states},
    {"no-sync", nullptr, &StateOptions::no_sync},
    {"overload", &Parser::state_overload},
    {"pflow", nullptr, &StateOptions::pflow},
    {"sloppy", nullptr, &StateOptions::sloppy},
    {"source-track", &Parser::state_source_track},
};

// Up to `close`, or to the end of the statement.
Parsed<> Parser::state_options(StateOptions& options, std::string_view close) {
  const std::set<std::string_view> outer = std::exchange(seen_, {});
  if (close.empty()) {
    TRY(state_option(options));
    while (!end_of_statement()) {
      accept(",");
      TRY(state_option(options));
    }
  } else {
    TRY(items_until(close, [&] { return state_option(options); }));
  }
  seen_ = outer;
  return {};
}

Parsed<> Parser::state_option(StateOptions& options) {
  const Position where = token_.at;
  const auto* known = std::ranges::find_if(
      kStateOptions, [this](const StateOption& option) { return at(option.word); });
  if (known != std::end(kStateOptions)) {
    if (!seen_.insert(known->word).second)
      return wrong(where, known->word == "overload"
                              ? std::string("multiple 'overload' table definitions")
                              : concat("state option '", known->word, "' multiple definitions"));
    if (known->flag) options.*known->flag = true;
    if (options.if_bound && options.floating)
      return syntax("if-bound and floating exclude each other");
    advance();
    if (known->flag) return {};
    return (this->*known->read)(options);
  }
  const std::string text = TRY(timeout());
  const auto named = timeout_named(text);
  if (!named) return wrong(where, concat("illegal timeout name ", text));
  if (*named == Timeout::interval || *named == Timeout::frag)
    return wrong(where, concat("illegal state timeout ", text));
  if (options.timeouts.contains(*named))
    return wrong(where, concat("state timeout ", text, " multiple definitions"));
  options.timeouts[*named] =
      TRY(number_up_to(UINT32_MAX, "a number of seconds", "only positive values permitted:"));
  return {};
}

Parsed<uint32_t> Parser::state_count(std::string_view what) {
  const Position where = token_.at;
  const int64_t count = TRY(number("a number"));
  if (count == 0) return wrong(where, concat("'", what, "' must be > 0"));
  if (count < 0 || count > UINT32_MAX) return wrong(where, "only positive values permitted");
  return static_cast<uint32_t>(count);
}

Parsed<> Parser::state_max(StateOptions& options) {
  options.max = TRY(number_up_to(UINT32_MAX, "a number", "only positive values permitted:"));
  return {};
}

Parsed<> Parser::state_max_src_conn(StateOptions& options) {
  options.max_src_conn = TRY(state_count("max-src-conn"));
  return {};
}

Parsed<> Parser::state_max_src_conn_rate(StateOptions& options) {
  constexpr uint32_t kMost = UINT32_MAX / 1000;
  constexpr std::string_view kNegative = "only positive values permitted:";
  const Position where = token_.at;
  const uint32_t count = TRY(number_up_to(UINT32_MAX, "a number", kNegative));
  TRY(expect("/"));
  const uint32_t seconds = TRY(number_up_to(UINT32_MAX, "a number of seconds", kNegative));
  if (count == 0 || seconds == 0) return wrong(where, "'max-src-conn-rate' values must be > 0");
  if (count >= kMost)
    return wrong(where, concat("'max-src-conn-rate' maximum rate must be < ", kMost));
  options.max_src_conn_rate = {count, seconds};
  return {};
}

Parsed<> Parser::state_max_src_nodes(StateOptions& options) {
  options.max_src_nodes = TRY(state_count("max-src-nodes"));
  return {};
}

Parsed<> Parser::state_max_src_states(StateOptions& options) {
  options.max_src_states = TRY(state_count("max-src-states"));
  return {};
}

Parsed<> Parser::state_overload(StateOptions& options) {
  options.overload = TRY(table_name());
  if (accept("flush"))
    options.flush = accept("global") ? StateOptions::Flush::global : StateOptions::Flush::rule;
  return {};
}

Parsed<> Parser::state_source_track(StateOptions& options) {
  if (accept("rule"))
    options.tracking = StateOptions::Tracking::rule;
  else
    accept("global"), options.tracking = StateOptions::Tracking::global;
  return {};
}

}  // namespace gaol::pf
