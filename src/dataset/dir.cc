// SPDX-License-Identifier: BSD-2-Clause

// Trees in plain directories. Nothing here is instant but a rename, so whatever takes its time is
// done in .scratch and renamed from there.
//
//   .gaol/www/snapshots/monday/tree    the tree www as it was; `monday` was last changed then
//   .gaol/www/ids/monday               a link to nowhere, from its first stream on: what this
//                                      snapshot is called wherever it is received

#include <algorithm>
#include <cerrno>

#include "dataset/driver.h"
#include "dataset/import.h"
#include "sys/helper.h"
#include "sys/program.h"
#include "sys/project.h"

namespace gaol::dataset {

namespace {

std::string snapshots_dir(const Place& at) { return at.record("snapshots"); }
std::string snapshot_dir(const Place& at, const std::string& label) {
  return concat(snapshots_dir(at), "/", label);
}

std::string ids_dir(const Place& at) { return at.record("ids"); }

// A snapshot's own name, by which changes find the one they begin with.
Result<std::string> id_of(const Place& at, const std::string& label) {
  auto& kernel = sys::real_kernel();
  const auto fresh = TRY(kernel.read_file("/proc/sys/kernel/random/uuid"));
  const auto link = concat(ids_dir(at), "/", label);
  TRY(make_dirs(ids_dir(at), 0700));
  auto made = kernel.make_symlink(std::string(trim(fresh)), link);
  if (!made && made.error().code != EEXIST) return fail(std::move(made).error());
  return kernel.read_symlink(link);
}

Result<> keep_id(const Place& at, const std::string& label, std::string_view id) {
  TRY(make_dirs(ids_dir(at), 0700));
  return sys::real_kernel().make_symlink(std::string(id), concat(ids_dir(at), "/", label));
}

Result<> forget_id(const Place& at, const std::string& label) {
  auto gone = sys::real_kernel().remove_file(concat(ids_dir(at), "/", label));
  if (!gone && !absent(gone.error())) return gone;
  return {};
}

Result<std::string> snapshot_with_id(const Place& at, std::string_view id) {
  const auto labels = TRY(names_in(ids_dir(at)));
  for (const auto& label : labels)
    if (sys::real_kernel().read_symlink(concat(ids_dir(at), "/", label)).value_or("") == id)
      return label;
  return fail(at.path(), kNoBase);
}

// The line of ids in front of a stream: of the snapshot, and of the one it begins with.
Result<std::vector<std::string>> read_ids(size_t count) {
  constexpr size_t kId = 36;
  const auto line = TRY(sys::read_line(count * (kId + 1)));
  std::vector<std::string> ids;
  for (const auto id : words(line)) ids.emplace_back(id);
  const auto right = [](const std::string& id) {
    return id.size() == kId && id.find_first_not_of("0123456789abcdef-") == id.npos;
  };
  if (ids.size() != count || !std::ranges::all_of(ids, right))
    return fail("not a stream of gaol send");
  return ids;
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
    return join_project(at.path(), scratch);
  });
}

Result<> Dir::forget(const Place& at, const std::string& label) {
  TRY(remove(frozen_tree(at, label)));
  TRY(forget_id(at, label));
  return remove_all(snapshot_dir(at, label));
}

Result<> Dir::read(const Place& at, const std::string& label, const Fill& use) {
  return use(frozen_tree(at, label));
}

// A tar, with what copies of a tree have: owners by number, extended attributes, holes. Changes are
// gaol-archive's to tell.
Result<> Dir::send(const Place& at, const std::string& label, const std::string& from) {
  const auto id = TRY(id_of(at, label));
  if (!from.empty()) {
    const auto base = TRY(id_of(at, from));
    TRY(sys::write_out(concat(id, " ", base, "\n")));
    return sys::run_through({TRY(sys::helper_path(sys::real_kernel(), "gaol-archive")), "changes",
                             frozen_tree(at, from), frozen_tree(at, label)},
                            sys::Stream::out);
  }
  TRY(sys::write_out(id + "\n"));
  return sys::run_through(
      {"tar", "--create", "--sparse", "--numeric-owner", "--xattrs", "--xattrs-include=*",
       "--file=-", "--directory", frozen_tree(at, label), "."},
      sys::Stream::out);
}

Result<> Dir::receive(const Place& at, const std::string& label) {
  const auto ids = TRY(read_ids(1));
  TRY(make(at.scratch()));
  TRY(arrived(
      sys::run_through({"tar", "--extract", "--preserve-permissions", "--numeric-owner", "--xattrs",
                        "--xattrs-include=*", "--file=-", "--directory", at.scratch()},
                       sys::Stream::in, Lock::latest())));
  const auto received = TRY(sys::open_dir(at.scratch()));
  TRY(sys::flush(received));
  const auto aside = concat(at.scratch(), "@");
  TRY(copy(at.scratch(), aside));
  return keep(at, aside, label, ids[0]);
}

// What was received becomes a snapshot.
Result<> Dir::keep(const Place& at, const std::string& received, const std::string& label,
                   const std::string& id) {
  TRY(forget_id(at, label));
  TRY(keep_id(at, label, id));
  TRY(make_dirs(snapshot_dir(at, label), 0700));
  return move(received, frozen_tree(at, label));
}

Result<> Dir::receive_changes(const Place& at, const std::string& label) {
  if (TRY(settle(frozen_tree(at, label)))) return fail_errno(EEXIST, at.path(), "@", label);
  const auto ids = TRY(read_ids(2));
  const auto base = TRY(snapshot_with_id(at, ids[1]));
  const auto aside = concat(at.scratch(), "@");
  const auto copy_aside = [&](const std::string& scratch) -> Result<> {
    TRY(copy(aside, scratch));
    return {};
  };
  const auto act = [&]() -> Result<> {
    TRY(copy(frozen_tree(at, base), aside));
    TRY(arrived(run_archive({"apply", aside}, report)));
    TRY(replace(at, copy_aside));
    return keep(at, aside, label, ids[0]);
  };
  auto received = act();
  if (!received) (void)remove(aside);
  return received;
}

Result<Usage> Dir::usage(const std::string& path) {
  const auto top = TRY(sys::open_dir(path));
  const auto project = sys::project_of(top);
  if (project == 0 || sys::check_projects(top)) return Usage{TRY(sys::tree_size(top)), {}};
  const auto use = TRY(sys::project_use(top, project));
  return Usage{use.used, use.limit ? std::optional(use.limit) : std::nullopt};
}

Result<sys::Room> Dir::room_of(const std::string& path) {
  const auto top = TRY(sys::open_dir(path));
  return sys::tree_room(top);
}

Result<Room> Dir::room(const Place& at) {
  Room room;
  room.tree = TRY(room_of(at.path()));
  const auto all = TRY(snapshots(at));
  for (const auto& snapshot : all) {
    const auto kept = TRY(room_of(frozen_tree(at, snapshot.label)));
    room.snapshots.push_back({snapshot.label, kept});
    room.snapshots_own += kept.own;
  }
  return room;
}

// A tree has a project of its own once it has had a limit. The number comes first, so that nobody
// else takes it; an overlay's scratch directory has it too, for nothing moves from one project to
// another.
Result<> Dir::limit(const std::string& path, uint64_t bytes) {
  const auto top = TRY(sys::open_dir(path));
  if (const auto none = sys::check_projects(top))
    return fail(Error{0, concat(path, ": quota: not supported on this system: ", none->why),
                      std::string(none->hint)});
  auto project = sys::project_of(top);
  if (project == 0 && bytes == 0) return {};
  if (project == 0) project = TRY(sys::new_project(top));
  TRY(sys::limit_project(top, project, bytes));
  TRY(sys::give_to_project(top, project));
  const auto work = split_place(path).record("work");
  if (TRY(sys::entry_at(work)) == sys::Entry::absent) return {};
  return join_project(path, work);
}

Result<std::string> Dir::property(const std::string& path, Property which) {
  return fail(path, ": ", property_word(which), kPlain);
}

Result<> Dir::set(const std::string& path, Property which, const std::string&) {
  return fail(path, ": ", property_word(which), kPlain);
}

Result<> Dir::promote(const std::string& path) { return fail(path, ": promote", kPlain); }

}  // namespace gaol::dataset
