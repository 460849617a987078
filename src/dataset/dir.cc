// SPDX-License-Identifier: BSD-2-Clause

// Trees in plain directories. Nothing here is instant but a rename, so whatever takes its time is
// done in .scratch and renamed from there.
//
//   .gaol/www/snapshots/monday/tree    the tree www as it was; `monday` was last changed then

#include <algorithm>
#include <cerrno>

#include "dataset/driver.h"
#include "sys/program.h"

namespace gaol::dataset {

namespace {

std::string snapshots_dir(const Place& at) { return at.record("snapshots"); }
std::string snapshot_dir(const Place& at, const std::string& label) {
  return concat(snapshots_dir(at), "/", label);
}

constexpr const char* kPlain = ": not supported on this system: the tree is a plain directory";

}  // namespace

std::string Dir::frozen_tree(const Place& at, const std::string& label) {
  return concat(snapshot_dir(at, label), "/tree");
}

Result<bool> Dir::settle(const std::string& path) {
  return TRY(sys::entry_at(path)) == sys::Entry::directory;
}

Result<> Dir::make(const std::string& path) { return sys::real_kernel().make_dir(path, 0755); }

Result<bool> Dir::clone(const std::string&, const std::string&) { return false; }

Result<sys::Copied> Dir::copy(const std::string& from, const std::string& to) {
  const auto source = TRY(sys::open_dir(from));
  TRY(make(to));
  const auto target = TRY(sys::open_dir(to));
  auto copied = sys::copy_tree(source, target);
  if (copied) TRY(sys::flush(target));
  return copied;
}

Result<> Dir::move(const std::string& from, const std::string& to) {
  return sys::rename_new(from, to);
}

Result<> Dir::remove(const std::string& path) { return remove_all(path); }

Result<std::vector<Dependence>> Dir::dependences(const std::string&) {
  return std::vector<Dependence>();
}

Result<std::vector<Snapshot>> Dir::snapshots(const Place& at) {
  std::vector<Snapshot> all;
  const auto labels = TRY(names_in(snapshots_dir(at)));
  for (const auto& label : labels) {
    if (TRY(sys::entry_at(frozen_tree(at, label))) == sys::Entry::absent) continue;
    all.push_back({label, TRY(sys::changed_at(snapshot_dir(at, label)))});
  }
  std::ranges::stable_sort(all, {}, &Snapshot::taken);
  return all;
}

Result<> Dir::snapshot(const Place& at, const std::string& label) {
  TRY(make_dirs(snapshot_dir(at, label), 0700));
  if (TRY(settle(frozen_tree(at, label)))) return fail_errno(EEXIST, at.path(), "@", label);
  return freeze(at, frozen_tree(at, label));
}

Result<> Dir::freeze(const Place& at, const std::string& to) {
  auto frozen = copy(at.path(), at.scratch());
  if (frozen) return move(at.scratch(), to);
  (void)remove(at.scratch());
  return fail(std::move(frozen).error());
}

Result<> Dir::rollback(const Place& at, const std::string& label) {
  return replace(at, [&](const std::string& scratch) -> Result<> {
    TRY(copy(frozen_tree(at, label), scratch));
    return {};
  });
}

Result<> Dir::forget(const Place& at, const std::string& label) {
  TRY(remove(frozen_tree(at, label)));
  return remove_all(snapshot_dir(at, label));
}

Result<> Dir::read(const Place& at, const std::string& label, const Fill& use) {
  return use(frozen_tree(at, label));
}

// A tar, with what copies of a tree have: owners by number, extended attributes, holes.
Result<> Dir::send(const Place& at, const std::string& label, const std::string& from) {
  if (!from.empty()) return fail(at.path(), ": send --from", kPlain);
  return sys::run_through({"tar", "--create", "--sparse", "--numeric-owner", "--xattrs",
                           "--xattrs-include=*", "--file=-", "--directory", frozen_tree(at, label),
                           "."});
}

Result<> Dir::receive(const Place& at, const std::string& label) {
  TRY(make(at.scratch()));
  TRY(sys::run_through({"tar", "--extract", "--preserve-permissions", "--numeric-owner", "--xattrs",
                        "--xattrs-include=*", "--file=-", "--directory", at.scratch()},
                       Lock::latest()));
  const auto received = TRY(sys::open_dir(at.scratch()));
  TRY(sys::flush(received));
  const auto aside = concat(at.scratch(), "@");
  TRY(copy(at.scratch(), aside));
  TRY(make_dirs(snapshot_dir(at, label), 0700));
  return move(aside, frozen_tree(at, label));
}

Result<> Dir::receive_changes(const Place& at, const std::string&) {
  return fail(at.path(), ": receive of changes", kPlain);
}

Result<Usage> Dir::usage(const std::string& path) {
  const auto top = TRY(sys::open_dir(path));
  return Usage{TRY(sys::tree_size(top)), {}};
}

Result<> Dir::limit(const std::string& path, uint64_t) { return fail(path, ": quota", kPlain); }

Result<std::string> Dir::property(const std::string& path, Property which) {
  return fail(path, ": ", property_word(which), kPlain);
}

Result<> Dir::set(const std::string& path, Property which, const std::string&) {
  return fail(path, ": ", property_word(which), kPlain);
}

Result<> Dir::promote(const std::string& path) { return fail(path, ": promote", kPlain); }

}  // namespace gaol::dataset
