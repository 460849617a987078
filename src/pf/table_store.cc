// SPDX-License-Identifier: BSD-2-Clause
#include "pf/table_store.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace gaol::pf {
namespace {

// None of these is in the name of a set.
constexpr char kSlash = '+', kStaged = '~';
constexpr std::string_view kMark = "~changing";

std::string file_name(const TableId& id) {
  auto name = id;
  std::ranges::replace(name, '/', kSlash);
  return name;
}

std::vector<sys::SetChange> of_both(const TableId& id, const TableRows& before,
                                    const TableRows& after, bool whole) {
  std::vector<sys::SetChange> changes;
  for (const auto& [prefix, family] : {std::pair{"inet/", AF_INET}, {"inet6/", AF_INET6}}) {
    auto change = difference(before, after, family);
    change.name = prefix + id;
    change.empty = whole;
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace

TableStore::TableStore(sys::Kernel& kernel, std::string directory)
    : kernel_(kernel), directory_(std::move(directory)) {}

std::string TableStore::place(const TableId& id) const {
  return concat(directory_, "/", file_name(id));
}

Result<> TableStore::open() {
  if (auto made = kernel_.make_dir(directory_, 0755); !made && made.error().code != EEXIST)
    return made;
  const auto mark = concat(directory_, "/", kMark);
  const auto id = kernel_.read_file(mark);
  if (!id) return {};
  const auto rows = TRY(read(*id));
  if (auto done = sys::change_sets("pf", of_both(*id, {}, rows, true));
      !done && done.error().code != ENOENT)
    return done;
  return kernel_.remove_file(mark);
}

Result<TableRows> TableStore::read(const TableId& id) const {
  const auto text = kernel_.read_file(place(id));
  if (!text && text.error().code == ENOENT) return TableRows{};
  auto rows = rows_from(TRY(text));
  if (!rows) return fail(std::move(rows).error().in(place(id)));
  return rows;
}

Result<> TableStore::change(const TableId& id, const TableRows& before, const TableRows& after) {
  const auto mark = concat(directory_, "/", kMark);
  TRY(kernel_.publish(mark, id));
  TRY(kernel_.publish(place(id), to_text(after)));
  auto done = sys::change_sets("pf", of_both(id, before, after, false));
  if (!done && (done.error().code == EEXIST || done.error().code == ENOENT))  // others changed it
    done = sys::change_sets("pf", of_both(id, {}, after, true));
  if (!done) TRY(kernel_.publish(place(id), to_text(before)));
  TRY(kernel_.remove_file(mark));
  return done;
}

Result<> TableStore::zero(const TableId& id, const TableRows& rows) {
  return kernel_.publish(place(id), to_text(rows));
}

Result<> TableStore::stage(const TableId& id, const TableRows& rows) {
  return kernel_.publish(place(id) + kStaged, to_text(rows));
}

Result<std::vector<std::string>> TableStore::files() const {
  auto names = kernel_.list_dir(directory_);
  if (!names && names.error().code == ENOENT) return std::vector<std::string>{};
  return names;
}

Result<> TableStore::settle(const std::vector<TableId>& all) {
  std::vector<std::string> wanted;
  std::ranges::transform(all, std::back_inserter(wanted), file_name);
  for (const auto& name : TRY(files())) {
    const auto from = concat(directory_, "/", name);
    if (name.ends_with(kStaged)) {
      const auto text = TRY(kernel_.read_file(from));
      TRY(kernel_.publish(from.substr(0, from.size() - 1), text));
      TRY(kernel_.remove_file(from));
    } else if (std::ranges::count(wanted, name) == 0) {
      TRY(kernel_.remove_file(from));
    }
  }
  return {};
}

Result<> TableStore::abandon() {
  for (const auto& name : TRY(files()))
    if (name.ends_with(kStaged)) TRY(kernel_.remove_file(concat(directory_, "/", name)));
  return {};
}

}  // namespace gaol::pf
