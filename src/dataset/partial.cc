// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/partial.h"

#include <cerrno>
#include <optional>

namespace gaol::dataset {

namespace {

// The header that is kept for `at`, with what there is to go on with.
Result<std::optional<Partial>> partial_at(Driver& driver, const Place& at) {
  const auto line = TRY(read_record(sys::real_kernel(), at.partial()));
  if (line.empty()) return std::nullopt;
  Partial partial{at.path(), TRY(parse_header(line)), {}};
  partial.token = TRY(driver.token(at, partial.stream));
  return partial;
}

Result<> drop(Driver& driver, const Place& at) {
  const auto partial = TRY(partial_at(driver, at));
  if (!partial) return {};
  TRY(driver.abandon(at, partial->stream));
  return sys::real_kernel().remove_file(at.partial());
}

Result<std::vector<std::string>> names_of_partials(const std::string& store) {
  return names_in(split_place(Place{store, "any"}.partial()).store);
}

}  // namespace

Result<> begin_stream(Driver& driver, const Place& at, Stream stream) {
  if (!stream.rest) {
    TRY(drop(driver, at));
    if (!TRY(driver.keeps_partial(at))) return {};
    TRY(make_dirs(split_place(at.partial()).store, 0700));
    return sys::write_record(at.partial(), stream.header());
  }
  stream.rest = false;
  const auto partial = TRY(partial_at(driver, at));
  if (partial && partial->stream.header() == stream.header()) return {};
  return fail(at.path(), ": there is nothing that this could be the rest of");
}

Result<> end_stream(Driver& driver, const Place& at, const Stream& stream, Result<> received) {
  const auto partial = TRY(partial_at(driver, at));
  if (received || !partial || partial->token.empty()) {
    TRY(drop(driver, at));
    return received;
  }
  const auto from = stream.from.empty() ? std::string() : concat(" --from ", stream.from);
  received.error().hint = concat("what has come is kept; the rest of it: gaol send ", at.name, "@",
                                 stream.label, from, " --resume ", partial->token);
  return received;
}

Result<> drop_useless_partials(const std::string& store) {
  const auto names = TRY(names_of_partials(store));
  for (const auto& name : names) {
    const Place at{store, name};
    Driver& driver = *TRY(driver_at(store));
    const auto partial = TRY(partial_at(driver, at));
    if (!partial || !partial->token.empty()) continue;
    TRY(drop(driver, at));
    report(concat(at.path(), ": half received: gone"));
  }
  return {};
}

Result<std::vector<Partial>> partials(const std::string& store) {
  std::vector<Partial> all;
  const auto names = TRY(names_of_partials(store));
  if (names.empty()) return all;
  const Place any = TRY(locate(concat(store, "/any")));
  Driver& driver = *TRY(driver_at(any.store));
  for (const auto& name : names) {
    auto partial = TRY(partial_at(driver, {any.store, name}));
    if (partial && !partial->token.empty()) all.push_back(*std::move(partial));
  }
  return all;
}

Result<> abandon(const std::string& path) {
  const Place at = TRY(locate(path));
  if (TRY(sys::entry_at(at.partial())) == sys::Entry::absent)
    return fail(path, ": there is nothing of a stream that broke");
  const auto lock = TRY(lock_store(at.store));
  return drop(*TRY(driver_at(at.store)), at);
}

}  // namespace gaol::dataset
