// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/dataset.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <span>

#include "dataset/driver.h"
#include "dataset/owners.h"
#include "dataset/partial.h"
#include "dataset/state.h"
#include "dataset/store.h"
#include "host/mounts.h"
#include "sys/delta.h"
#include "sys/merged.h"
#include "sys/program.h"

namespace gaol::dataset {

namespace {

constexpr std::string_view kCloneOf = "clone of ", kCopyOf = "copy of ",
                           kBasejailOf = "basejail of ";
constexpr std::string_view kStreamMark = "gaol-stream 2", kRest = "rest";

// All but its clones, which may be thousands.
Result<Info> look_at(const Place& at);

// The base tree of a clone or copy.
struct Base {
  Place at;
  sys::Fd dir;
  Info info;
  // Made by gaol: it must not be destroyed meanwhile, nor under its clones.
  bool ours() const { return info.kind != Kind::foreign; }
};

Result<Base> open_base(const std::string& path) {
  Base base;
  base.dir = TRY(sys::open_dir(path));
  base.at = split_place(TRY(sys::real_path(base.dir)));
  base.info = TRY(look_at(base.at));
  return base;
}

using Locks = std::vector<Lock>;
// Of all these stores, always in the same order, so that two commands cannot wait for each other.
// The first is the one that is changed.
Result<Locks> lock_all(std::vector<std::string> stores) {
  const std::string changed = stores.front();
  std::ranges::sort(stores);
  const auto again = std::ranges::unique(stores);
  stores.erase(again.begin(), again.end());
  Locks locks;
  for (const auto& store : stores) locks.push_back(TRY(lock_store(store)));
  const auto which = std::ranges::find(stores, changed) - stores.begin();
  locks[static_cast<size_t>(which)].is_of_changed_store();
  return locks;
}

Result<Locks> lock_for(const Place& at, const Base& base) {
  std::vector<std::string> stores = {at.store};
  if (base.ours()) stores.push_back(base.at.store);
  auto locks = TRY(lock_all(std::move(stores)));
  TRY(look_at(base.at));  // it may have been destroyed while we waited
  return locks;
}

// Links in `clones` are named after the clone; two of one name in different stores get a number.
// Only a base that gaol made keeps them. The link comes before the clone: a base must never lose
// sight of one.
Result<> note_clone(const Place& base, const Place& clone) {
  auto& kernel = sys::real_kernel();
  if (TRY(look_at(base)).kind == Kind::foreign) return {};
  TRY(make_dirs(base.record("clones"), 0700));
  for (int n = 1;; ++n) {
    const auto suffix = n > 1 ? concat(".", n) : std::string();
    const auto link = concat(base.record("clones"), "/", clone.name, suffix);
    auto made = kernel.make_symlink(clone.path(), link);
    if (made || made.error().code != EEXIST) return made;
    if (TRY(kernel.read_symlink(link)) == clone.path()) return {};
  }
}

// The overlays and basejails that stand on `base`. A link alone proves nothing: its clone may have
// been destroyed, or never finished.
Result<std::vector<std::string>> trees_on(const Place& base) {
  auto& kernel = sys::real_kernel();
  std::vector<std::string> clones;
  const auto links = TRY(names_in(base.record("clones")));
  for (const auto& link : links) {
    auto path = TRY(kernel.read_symlink(concat(base.record("clones"), "/", link)));
    if (TRY(ground_of(path)) == base.path()) clones.push_back(std::move(path));
  }
  return clones;
}

Result<> read_kind(const Place& at, Info& info) {
  auto& kernel = sys::real_kernel();
  info.from = TRY(read_record(kernel, at.record("origin")));
  info.layered = !info.from.empty();
  if (!info.layered) info.from = TRY(read_record(kernel, at.record("made")));
  if (info.from.empty()) return {};
  info.kind = info.layered ? Kind::thin : Kind::thick;
  for (const auto& [words, kind] :
       {std::pair{kCloneOf, Kind::thin}, std::pair{kBasejailOf, Kind::based}}) {
    if (info.layered || !info.from.starts_with(words)) continue;
    info.from.erase(0, words.size());
    info.kind = kind;
  }
  return {};
}

Result<Info> look_at(const Place& at) {
  const auto entry = TRY(sys::entry_at(at.path()));
  if (entry == sys::Entry::absent) return fail_errno(ENOENT, at.path());
  if (entry == sys::Entry::other) return fail_errno(ENOTDIR, at.path());
  Info info;
  info.path = at.path();
  TRY(read_kind(at, info));
  info.owners = TRY(read_owners(sys::real_kernel(), at)).first;
  info.driver = TRY(driver_at(at.store))->name();
  return info;
}

// Its clones are those that these tell, and what stands on the tree by its records.
Result<Info> info_of(const Place& at, std::span<const Dependence> dependences) {
  Info info = TRY(look_at(at));
  info.clones = TRY(trees_on(at));
  for (const auto& dependence : dependences)
    if (dependence.base == at.path()) info.clones.push_back(dependence.clone);
  std::ranges::sort(info.clones);
  return info;
}

Result<Info> info_of(const Place& at) {
  Driver& driver = *TRY(driver_at(at.store));
  const auto dependences = TRY(driver.dependences(at.store));
  return info_of(at, dependences);
}

// REQUIRES: nothing stands there.
Result<> check_no_overlays(const Place& at) {
  const auto clones = TRY(trees_on(at));
  if (clones.empty()) return {};
  return fail(at.path(), ": removed by hand under its thin clones: ", join(clones, ", "));
}

Result<> make_new(
    const Place& at, const Companion& file,
    const std::function<Result<Made>(Driver&, const std::string& scratch)>& contents) {
  if (TRY(sys::entry_at(at.path())) == sys::Entry::absent) TRY(check_no_overlays(at));
  Driver& driver = *TRY(driver_at(at.store));
  return make(
      at, [&](const std::string& scratch) { return contents(driver, scratch); }, file);
}

// What the records of an overlay on `base` say, whose layer is at `layer` now.
Made overlay_on(const Place& base, const Place& at, const std::string& layer) {
  const auto more = [base, at, layer](const std::string& records) -> Result<> {
    const auto work = concat(records, "/work");
    TRY(sys::real_kernel().make_dir(work, 0700));
    TRY(join_project(layer, work));
    return note_clone(base, at);
  };
  return {"origin", base.path(), more};
}

// An empty layer; its attributes are those of the overlay's root.
Result<> make_layer(Driver& driver, const Base& base, const std::string& scratch) {
  TRY(driver.make(scratch));
  const auto layer = TRY(sys::open_dir(scratch));
  return sys::copy_attributes(base.dir, layer);
}

Made basejail_of(const Place& base, const Place& at) {
  return {"made", concat(kBasejailOf, base.path()),
          [base, at](const std::string&) { return note_clone(base, at); }};
}

// An overlay or a basejail beside another one.
Result<> clone_sibling(const Base& other, const Place& at, const Companion& file) {
  const Place base = split_place(other.info.from);
  std::vector<std::string> stores = {at.store, other.at.store};
  if (TRY(look_at(base)).kind != Kind::foreign) stores.push_back(base.store);
  const Locks locks = TRY(lock_all(std::move(stores)));
  TRY(look_at(other.at));
  const uint32_t owners = TRY(settled_owners(sys::real_kernel(), other.at));
  return make_new(at, file, [&](Driver& driver, const std::string& scratch) -> Result<Made> {
    TRY(driver.copy(other.at.path(), scratch));
    TRY(adopt(at, scratch, owners));
    return other.info.layered ? overlay_on(base, at, scratch) : basejail_of(base, at);
  });
}

// Copies all that `base` shows.
Result<sys::Copied> copy_shown(const Base& base, Driver& driver, const std::string& scratch) {
  if (!base.info.layered) return driver.copy(base.at.path(), scratch);
  const auto lower = TRY(sys::open_dir(base.info.from));
  const auto shown = TRY(sys::merged(base.dir, lower));
  return driver.copy(concat("/proc/self/fd/", shown.get(), "/."), scratch);
}

// What it has not itself would be missing where it goes.
Result<> check_whole(const Info& tree) {
  if (tree.kind != Kind::based) return {};
  return fail(tree.path, ": is a basejail: the rest of it is in ", tree.from);
}

Made copy_of(const std::string& base) { return {"made", concat(kCopyOf, base), {}}; }

// What is made to take the place of a tree may hold as much.
Result<> keep_limit(Driver& driver, const Place& at, const std::string& scratch) {
  const auto used = TRY(driver.usage(at.path()));
  if (!used.limit) return {};
  return driver.limit(scratch, *used.limit);
}

Error cannot_clone(const std::string& path, const Driver& driver, const Base& base) {
  return {0, concat(path, ": ", driver.name(), " cannot clone ", base.at.path()),
          "a copy can be made of it: --thick"};
}

// A tree of gaol's, with the lock of its store.
struct Tended {
  Place at;
  Lock lock;
  Driver* driver;
};
Result<Tended> tend(const std::string& path) {
  const Place at = TRY(locate(path));
  if (TRY(look_at(at)).kind == Kind::foreign)  // before a lock file is made in a store not ours
    return fail(path, ": not made by gaol");
  auto lock = TRY(lock_store(at.store));
  TRY(look_at(at));
  return Tended{at, std::move(lock), TRY(driver_at(at.store))};
}

// Moves a tree, and tells the tree it stands on.
Result<> move_tree(const Place& from, const Place& to, const Companion& file) {
  const auto ground = TRY(ground_of(from.path()));
  if (!ground.empty()) TRY(note_clone(split_place(ground), to));
  TRY(move(from, to, file));
  return move_range(from, to);
}

Result<> check_snapshot(Driver& driver, const Place& at, const std::string& label) {
  const auto all = TRY(driver.snapshots(at));
  if (std::ranges::find(all, label, &Snapshot::label) != all.end()) return {};
  return fail_errno(ENOENT, at.path(), "@", label);
}

// Shows a tree as its jail sees it, or as it saw it when the snapshot was taken.
Result<> with_view(const Tended& tree, const std::string& label,
                   const std::function<Result<>(const sys::Side&)>& use) {
  const Tree parts = TRY(resolve(tree.at.path()));
  uint32_t root = parts.owners;
  const auto show = [&](const std::string& dir) -> Result<> {
    const auto top = TRY(sys::open_dir(dir));
    if (!parts.thin()) return use({top, root});
    const auto lower = TRY(sys::open_dir(parts.lower));
    const auto shown = TRY(sys::merged(top, lower));
    return use({shown});
  };
  if (label.empty()) return show(tree.at.path());
  TRY(check_snapshot(*tree.driver, tree.at, label));
  root = TRY(snapshot_owners(*tree.driver, tree.at, label));
  return tree.driver->read(tree.at, label, show);
}

Result<> check_label(const std::string& label) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:";
  if (!label.empty() && !label.starts_with('.') && !label.starts_with('-') &&
      label.find_first_not_of(kAllowed) == label.npos)
    return {};
  return fail("snapshot \"", label, "\": not a name");
}

std::string labels_of(const std::vector<Snapshot>& snapshots) {
  std::vector<std::string> labels;
  for (const auto& snapshot : snapshots) labels.push_back(snapshot.label);
  return join(labels, ", ");
}

// Never through a mount: what a jail's owner has bound into the tree is not the tree's. OpenZFS
// mounts a snapshot where somebody reads it, below .zfs, and takes it away itself.
Result<> check_no_mounts(const std::string& path) {
  const auto table = TRY(sys::real_kernel().read_file("/proc/self/mountinfo"));
  auto mounts = host::mounts_below(host::parse_mounts(table), path);
  if (TRY(driver_at(split_place(path).store))->mounts())
    std::erase_if(mounts, [&](const auto& mount) {
      return mount.point == path ||
             (host::is_zfs(mount) && mount.point.starts_with(concat(path, "/.zfs/")));
    });
  if (!mounts.empty()) return fail(path, ": something is mounted at ", mounts.front().point);
  return {};
}

// Where a tree's companion waits in the trash.
std::string file_in_trash(const Place& bin) { return concat(bin.path(), ".conf"); }

Result<Place> place_in_trash(const Place& at) {
  Place bin{at.trash(), {}};
  TRY(make_dirs(bin.store, 0700));
  auto second = static_cast<int64_t>(::time(nullptr));
  do {  // two of one name in one second
    bin.name = concat(at.name, ".", second++);
  } while (TRY(sys::entry_at(bin.path())) != sys::Entry::absent);
  return bin;
}

}  // namespace

Result<Tree> resolve(const std::string& path, sys::Kernel& kernel) {
  const Place at = split_place(path);
  auto origin = TRY(read_record(kernel, at.record("origin")));
  Tree tree;
  tree.path = path;
  if (origin.empty()) {
    const auto owners = TRY(read_owners(kernel, at));
    if (owners.to) return fail(Error{0, "its owners are being shifted", "gaol shift"});
    tree.owners = owners.first;
    return tree;
  }
  tree.lower = std::move(origin);
  tree.store = at.store;
  tree.upper = at.name;
  tree.work = concat(kRecords, "/", at.name, "/work");
  return tree;
}

Result<Info> inspect(const std::string& path) {
  const Place at = TRY(locate(path));
  return info_of(at);
}

Result<std::string> ground_of(const std::string& path) {
  Info info;
  TRY(read_kind(split_place(path), info));
  return info.layered || info.kind == Kind::based ? info.from : std::string();
}

Result<std::vector<Info>> list(const std::string& store) {
  std::vector<Info> trees;
  const auto names = TRY(names_in(concat(store, "/", kRecords)));
  if (names.empty()) return trees;
  const Place any = TRY(locate(concat(store, "/any")));
  Driver& driver = *TRY(driver_at(any.store));
  const auto dependences = TRY(driver.dependences(any.store));
  for (const auto& name : names) {
    if (name.starts_with('.')) continue;
    auto info = info_of(Place{any.store, name}, dependences);
    if (!info && absent(info.error())) continue;  // being made or destroyed, or removed by hand
    if (!info) return fail(std::move(info).error());
    if (info->kind != Kind::foreign) trees.push_back(*std::move(info));
  }
  return trees;
}

Result<> clone(const std::string& base_path, const std::string& path, const Companion& file) {
  const Base base = TRY(open_base(base_path));
  const Place at = TRY(new_place(path));
  if (base.info.layered || base.info.kind == Kind::based) return clone_sibling(base, at, file);
  const Locks locks = TRY(lock_for(at, base));
  const uint32_t owners = TRY(settled_owners(sys::real_kernel(), base.at));
  const Made made{"made", concat(kCloneOf, base.at.path()), {}};
  const auto clone_to = [&](Driver& driver, const std::string& to) -> Result<bool> {
    const bool cloned = TRY(driver.clone(base.at.path(), to));
    if (cloned || (driver.layers() && owners == 0)) return cloned;
    return fail(cannot_clone(path, driver, base));
  };
  Driver& in_place = *TRY(driver_at(at.store));
  if (in_place.clones_in_place() && owners == 0) {
    const auto act = [&]() -> Result<> {
      (void)TRY(clone_to(in_place, at.path()));
      return {};
    };
    return make_in_place(at, made, act, file);
  }
  return make_new(at, file, [&](Driver& driver, const std::string& scratch) -> Result<Made> {
    if (TRY(clone_to(driver, scratch))) {
      TRY(adopt(at, scratch, owners));
      return made;
    }
    TRY(make_layer(driver, base, scratch));
    return overlay_on(base.at, at, scratch);
  });
}

Result<sys::Copied> copy(const std::string& base_path, const std::string& path,
                         const Companion& file) {
  const Base base = TRY(open_base(base_path));
  TRY(check_whole(base.info));
  const Place at = TRY(new_place(path));
  const Locks locks = TRY(lock_for(at, base));
  const uint32_t owners = TRY(settled_owners(sys::real_kernel(), base.at));
  sys::Copied copied;
  const auto copy_base = [&](Driver& driver, const std::string& scratch) -> Result<Made> {
    copied = TRY(copy_shown(base, driver, scratch));
    TRY(adopt(at, scratch, owners));
    return copy_of(base.at.path());
  };
  TRY(make_new(at, file, copy_base));
  return copied;
}

Result<sys::Copied> copy_around(const std::string& base_path,
                                const std::vector<std::string>& mounted, const std::string& path,
                                const Companion& file) {
  const Base base = TRY(open_base(base_path));
  TRY(check_whole(base.info));
  const Place at = TRY(new_place(path));
  const Locks locks = TRY(lock_for(at, base));
  const uint32_t owners = TRY(settled_owners(sys::real_kernel(), base.at));
  const auto own = [&](const std::string& name) {
    return std::ranges::none_of(mounted,
                                [&](const auto& dir) { return name.starts_with(dir + "/"); });
  };
  sys::Copied copied;
  const auto copy_own = [&](Driver& driver, const std::string& scratch) -> Result<Made> {
    TRY(driver.make(scratch));
    const auto tree = TRY(sys::open_dir(scratch));
    copied = TRY(sys::copy_tree(base.dir, tree, own));
    TRY(sys::flush(tree));
    TRY(adopt(at, scratch, owners));
    return basejail_of(base.at, at);
  };
  TRY(make_new(at, file, copy_own));
  return copied;
}

Result<> build(const std::string& path, std::string_view from, const Fill& fill,
               const Companion& file) {
  const Place at = TRY(new_place(path));
  const auto lock = TRY(lock_store(at.store));
  return make_new(at, file, [&](Driver& driver, const std::string& scratch) -> Result<Made> {
    TRY(driver.make(scratch));
    TRY(fill(scratch));
    const auto tree = TRY(sys::open_dir(scratch));
    TRY(sys::flush(tree));
    return Made{"made", std::string(from), {}};
  });
}

Result<> rename(const std::string& path, const std::string& to, const Companion& file) {
  const Tended tree = TRY(tend(path));
  const Place target = TRY(locate(to));
  if (target.store != tree.at.store)
    return fail(to, ": is not in the directory of ", tree.at.path());
  const auto standing = TRY(trees_on(tree.at));
  if (!standing.empty()) return fail(path, ": in use by thin clones: ", join(standing, ", "));
  TRY(check_no_mounts(tree.at.path()));
  return move_tree(tree.at, target, file);
}

Result<std::string> thicken(const std::string& path) {
  const Tended tree = TRY(tend(path));
  const Info info = TRY(info_of(tree.at));
  if (info.kind != Kind::thin) return fail(path, ": is no thin tree");
  TRY(check_destroy(info));
  const uint32_t owners = TRY(settled_owners(sys::real_kernel(), tree.at));
  const Place bin = TRY(place_in_trash(tree.at));
  if (info.layered) TRY(note_clone(split_place(info.from), bin));
  const auto copy_all = [&](const std::string& scratch) -> Result<Made> {
    const Base base = TRY(open_base(tree.at.path()));  // no longer: what is open stays mounted
    TRY(copy_shown(base, *tree.driver, scratch));
    TRY(keep_range(split_place(scratch), owners));  // what is in the trash has it no more
    TRY(keep_limit(*tree.driver, tree.at, scratch));
    return copy_of(info.from);
  };
  TRY(supersede(tree.at, bin, copy_all));
  return bin.path();
}

namespace {

// A clone of `base` that shows what the tree at `at` does.
Result<Made> clone_delta(Driver& driver, const Base& base, const Place& at,
                         const std::string& scratch) {
  const bool cloned = TRY(driver.clone(base.at.path(), scratch));
  if (!cloned && !driver.layers()) return fail(cannot_clone(at.path(), driver, base));
  if (!cloned) TRY(make_layer(driver, base, scratch));
  const auto wanted = TRY(sys::open_dir(at.path()));
  const auto made = TRY(sys::open_dir(scratch));
  TRY(sys::write_delta(base.dir, wanted, made, cloned ? sys::Start::clone : sys::Start::layer));
  TRY(sys::flush(made));
  TRY(keep_limit(driver, at, scratch));
  if (cloned) return Made{"made", concat(kCloneOf, base.at.path()), {}};
  return overlay_on(base.at, at, scratch);
}

}  // namespace

Result<std::string> make_thin(const std::string& path, const std::string& base_path) {
  const Base base = TRY(open_base(base_path));
  const Place at = TRY(locate(path));
  if (TRY(look_at(at)).kind == Kind::foreign) return fail(path, ": not made by gaol");
  const Locks locks = TRY(lock_for(at, base));
  const Info info = TRY(info_of(at));
  if (info.kind != Kind::thick) return fail(path, ": is no thick tree");
  if (!TRY(ground_of(base.at.path())).empty() || base.at.path() == at.path())
    return fail(base_path, ": cannot be what a thin tree stands on");
  TRY(check_destroy(info));
  for (const auto& tree : {at, base.at})
    if (TRY(settled_owners(sys::real_kernel(), tree)) != 0)
      return fail(
          Error{0, concat(tree.path(), ": its files belong to a jail's ids"), "gaol shift --back"});
  const Place bin = TRY(place_in_trash(at));
  Driver& driver = *TRY(driver_at(at.store));
  TRY(supersede(
      at, bin, [&](const std::string& scratch) { return clone_delta(driver, base, at, scratch); }));
  return bin.path();
}

Result<Usage> usage(const std::string& path) {
  const Place at = TRY(locate(path));
  Driver& driver = *TRY(driver_at(at.store));
  return driver.usage(at.path());
}

// What a tree stands on it shares.
Result<Room> room(const std::string& path) {
  const Place at = TRY(locate(path));
  Driver& driver = *TRY(driver_at(at.store));
  const auto top = TRY(sys::open_dir(at.path()));
  Room room = TRY(driver.room(at));
  const auto ground = TRY(ground_of(at.path()));
  if (!ground.empty()) {
    const auto below = TRY(sys::open_dir(ground));
    room.tree.shared += TRY(sys::tree_size(below));
  }
  const auto used = TRY(driver.usage(at.path()));
  room.limit = used.limit;
  room.left = TRY(sys::free_room(top));
  if (room.limit) room.left = std::min(room.left, *room.limit - std::min(*room.limit, used.bytes));
  return room;
}

Result<> limit(const std::string& path, uint64_t bytes) {
  const Tended tree = TRY(tend(path));
  return tree.driver->limit(tree.at.path(), bytes);
}

std::string_view property_word(Property which) {
  switch (which) {
    case Property::compression: return "compression";
    case Property::reservation: return "reservation";
  }
  return {};
}

Result<std::string> property(const std::string& path, Property which) {
  const Place at = TRY(locate(path));
  TRY(look_at(at));  // it is there
  return TRY(driver_at(at.store))->property(at.path(), which);
}

Result<> set_property(const std::string& path, Property which, const std::string& value) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (value.empty() || value.starts_with('-') || value.find_first_not_of(kAllowed) != value.npos)
    return fail(property_word(which), " \"", value, "\": not a value");
  const Tended tree = TRY(tend(path));
  return tree.driver->set(tree.at.path(), which, value);
}

Result<> promote(const std::string& path) {
  const Tended tree = TRY(tend(path));
  const Info info = TRY(look_at(tree.at));
  if (info.kind != Kind::thin) return fail(path, ": is no thin tree");
  TRY(tree.driver->promote(tree.at.path()));
  if (info.owners != 0)
    TRY(note_mixed(tree.at));  // those of what it was cloned from are its own now
  return sys::write_record(tree.at.record("made"), concat("clone once of ", info.from, "\n"));
}

Result<std::vector<Difference>> diff(const std::string& path, const std::string& from,
                                     const std::string& to) {
  const Tended tree = TRY(tend(path));
  const Info info = TRY(look_at(tree.at));
  if (from.empty() && info.kind != Kind::thin)
    return fail(Error{0, concat(path, ": is no thin tree, so since which snapshot?"),
                      concat("gaol snapshots")});
  std::vector<Difference> found;
  const auto compare = [&](const sys::Side& before) {
    return with_view(tree, to, [&](const sys::Side& after) {
      return sys::compare_trees(before, after, [&](sys::Change change, std::string_view name) {
        found.push_back({change, std::string(name)});
      });
    });
  };
  if (from.empty()) {
    const auto base = TRY(sys::open_dir(info.from));
    const Tree parts = TRY(resolve(info.from));
    TRY(compare({base, parts.owners}));
  } else {
    TRY(with_view(tree, from, compare));
  }
  std::ranges::sort(found, {}, &Difference::path);
  return found;
}

Result<> check_destroy(const Info& tree) {
  if (tree.kind == Kind::foreign) return fail(tree.path, ": not made by gaol");
  if (tree.clones.empty()) return check_no_mounts(tree.path);
  Error error{EBUSY, concat(tree.path, ": in use by thin clones: ", join(tree.clones, ", ")), {}};
  if (std::ranges::all_of(tree.clones, [](const auto& path) { return path.contains("/.trash/"); }))
    error.hint = "gaol trash empty --all";
  return fail(std::move(error));
}

Result<> destroy(const std::string& path, const std::string& file) {
  const Tended tree = TRY(tend(path));
  const Info info = TRY(info_of(tree.at));
  TRY(check_destroy(info));
  return remove(tree.at, file);
}

Result<std::vector<Snapshot>> snapshots(const std::string& path) {
  const Place at = TRY(locate(path));
  TRY(info_of(at));
  Driver& driver = *TRY(driver_at(at.store));
  return driver.snapshots(at);
}

Result<bool> instant_snapshots(const std::string& path) {
  const Place at = TRY(locate(path));
  return TRY(driver_at(at.store))->instant();
}

Result<> snapshot(const std::string& path, const std::string& label) {
  TRY(check_label(label));
  const Tended tree = TRY(tend(path));
  (void)TRY(settled_owners(sys::real_kernel(), tree.at));
  return tree.driver->snapshot(tree.at, label);
}

Result<> rollback(const std::string& path, const std::string& label, Newer newer) {
  const Tended tree = TRY(tend(path));
  TRY(check_no_mounts(tree.at.path()));
  auto all = TRY(tree.driver->snapshots(tree.at));
  const auto wanted = std::ranges::find(all, label, &Snapshot::label);
  if (wanted == all.end()) return fail_errno(ENOENT, path, "@", label);
  const std::vector<Snapshot> lost(std::next(wanted), all.end());
  if (!tree.driver->keeps_newer()) {
    if (newer == Newer::keep && !lost.empty())
      return fail(path, "@", label, ": newer snapshots would be lost: ", labels_of(lost));
    for (const auto& snapshot : lost) TRY(tree.driver->forget(tree.at, snapshot.label));
  }
  const auto owners = TRY(snapshot_owners(*tree.driver, tree.at, label));
  return take_in(tree.at, owners, [&] { return tree.driver->rollback(tree.at, label); });
}

Result<> destroy_snapshot(const std::string& path, const std::string& label) {
  const Tended tree = TRY(tend(path));
  const auto all = TRY(tree.driver->snapshots(tree.at));
  if (std::ranges::find(all, label, &Snapshot::label) == all.end())
    return fail_errno(ENOENT, path, "@", label);
  return tree.driver->forget(tree.at, label);
}

Result<> as_of_now(const std::string& path, const std::function<Result<>(const Tree&)>& use) {
  const Tended tree = TRY(tend(path));
  Tree shown = TRY(resolve(tree.at.path()));
  shown.path = tree.at.scratch();
  if (!TRY(tree.driver->clone(tree.at.path(), shown.path)))
    return fail(path, ": ", tree.driver->name(), " cannot clone it");
  auto used = use(shown);
  auto removed = tree.driver->remove(shown.path);
  return used ? removed : used;
}

std::string Stream::header() const {
  return concat(kStreamMark, " ", driver, " ", label, " ", from.empty() ? "-" : from, " ", owners,
                rest ? concat(" ", kRest) : std::string(), "\n");
}

Result<Stream> parse_header(std::string_view line) {
  if (!line.starts_with(kStreamMark)) return fail("not a stream of gaol send");
  auto fields = words(line.substr(kStreamMark.size()));
  const bool rest = fields.size() == 5 && fields.back() == kRest;
  if (rest) fields.pop_back();
  const auto owners = fields.size() == 4 ? number<uint32_t>(fields[3]) : std::nullopt;
  if (!owners || !is_plain_or_range(*owners)) return fail("not a stream of gaol send");
  Stream stream{std::string(fields[0]), std::string(fields[1]), std::string(fields[2]), *owners,
                rest};
  TRY(check_label(stream.label));
  if (stream.from == "-") stream.from.clear();
  return stream;
}

namespace {

// To be asked for them, the snapshot may have to be put where it can be read.
Result<uint32_t> owners_sent(Driver& driver, const Place& at, const std::string& label) {
  if (!is_mixed(at)) return settled_owners(sys::real_kernel(), at);
  const auto lock = TRY(lock_store(at.store));
  return snapshot_owners(driver, at, label);
}

}  // namespace

// Without the lock: who receives may be of the same store, and wait for it.
Result<> send(const std::string& path, const std::string& label, const std::string& from,
              const std::string& token) {
  const Place at = TRY(locate(path));
  const Info info = TRY(info_of(at));
  if (info.kind == Kind::foreign) return fail(path, ": not made by gaol");
  if (info.layered)
    return fail(Error{0, concat(path, ": is an overlay on ", info.from), "gaol convert --thick"});
  TRY(check_whole(info));
  Driver& driver = *TRY(driver_at(at.store));
  const auto all = TRY(driver.snapshots(at));
  for (const auto& wanted : {label, from})
    if (!wanted.empty() && std::ranges::find(all, wanted, &Snapshot::label) == all.end())
      return fail_errno(ENOENT, path, "@", wanted);
  const auto owners = TRY(owners_sent(driver, at, label));
  const Stream stream{std::string(driver.name()), label, from, owners, !token.empty()};
  TRY(sys::write_out(stream.header()));
  return token.empty() ? driver.send(at, label, from) : driver.send_rest(at, label, token);
}

std::optional<uint64_t> stream_size(const std::string& path, const std::string& label,
                                    const std::string& from) {
  const auto at = locate(path);
  if (!at) return {};
  const auto driver = driver_at(at->store);
  return driver ? (*driver)->stream_size(*at, label, from) : std::nullopt;
}

namespace {

Result<> take_stream(Driver& driver, const Place& at, const Stream& stream, const Companion& file) {
  if (!stream.from.empty()) {
    TRY(look_at(at));  // zfs(8) would look for another tree that the changes fit
    TRY(check_no_mounts(at.path()));
    return take_in(at, stream.owners, [&] { return driver.receive_changes(at, stream.label); });
  }
  return make_new(at, file, [&](Driver&, const std::string&) -> Result<Made> {
    TRY(driver.receive(at, stream.label));
    if (stream.owners != 0) TRY(note_mixed(at));
    TRY(adopt(at, at.scratch(), stream.owners));
    return Made{"made", concat("received @", stream.label), {}};
  });
}

}  // namespace

Result<> receive(const std::string& path, const Stream& stream, const Companion& file) {
  const Place at = TRY(new_place(path));
  const auto lock = TRY(lock_store(at.store));
  Driver& driver = *TRY(driver_at(at.store));
  if (driver.name() != stream.driver)
    return fail(path, ": a stream of ", stream.driver, " cannot be received on ", driver.name());
  TRY(begin_stream(driver, at, stream));
  return end_stream(driver, at, stream, take_stream(driver, at, stream, file));
}

Result<std::string> throw_away(const std::string& path, const std::string& file) {
  const Tended tree = TRY(tend(path));
  const Info info = TRY(info_of(tree.at));
  TRY(check_destroy(info));
  const Place bin = TRY(place_in_trash(tree.at));
  Companion companion;
  if (auto text = sys::real_kernel().read_file(file))
    companion = {file, file_in_trash(bin), *std::move(text), 0600};
  TRY(move_tree(tree.at, bin, companion));
  return bin.path();
}

Result<std::vector<Rubbish>> rubbish(const std::string& store) {
  const Place any = TRY(locate(concat(store, "/any")));
  std::vector<Rubbish> all;
  const auto names = TRY(names_in(any.trash()));
  for (const auto& name : names) {
    const auto dot = name.rfind('.');
    if (dot == 0 || dot == name.npos) continue;
    const auto thrown = number<int64_t>(std::string_view(name).substr(dot + 1));
    const Place bin{any.trash(), name};
    if (thrown) all.push_back({bin.path(), file_in_trash(bin), name.substr(0, dot), *thrown});
  }
  std::ranges::stable_sort(all, {}, &Rubbish::thrown);
  return all;
}

Result<> recover(const Rubbish& rubbish, const std::string& to, const Companion& file) {
  const Place at = TRY(locate(to));
  const auto lock = TRY(lock_store(at.store));
  const Place bin = split_place(rubbish.path);
  if (bin.store != at.trash()) return fail(to, ": was not thrown away here");
  return move_tree(bin, at, file);
}

Result<std::vector<std::string>> empty_trash(const std::string& store, int64_t before) {
  std::vector<std::string> gone;
  const Place any = TRY(locate(concat(store, "/any")));
  if (TRY(rubbish(store)).empty()) return gone;  // no lock file where there was none
  const auto lock = TRY(lock_store(any.store));
  const auto all = TRY(rubbish(store));
  for (const auto& tree : all) {
    if (tree.thrown > before) break;
    const Place at = split_place(tree.path);
    const Info info = TRY(info_of(at));
    if (!info.clones.empty()) continue;
    TRY(check_no_mounts(tree.path));
    TRY(remove(at, tree.file));
    gone.push_back(tree.name);
  }
  return gone;
}

Result<> repair(const std::string& store) {
  const Place any = TRY(locate(concat(store, "/any")));
  if (TRY(sys::entry_at(concat(any.store, "/", kRecords))) == sys::Entry::absent) return {};
  TRY(lock_store(any.store));
  return {};
}

}  // namespace gaol::dataset
