// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/dataset.h"

#include <algorithm>
#include <cerrno>

#include "host/mounts.h"

namespace gaol::dataset {

namespace {

constexpr std::string_view kRecords = ".gaol";
constexpr std::string_view kScratch = ".scratch";

// A tree's name split where its store ends.
struct Place {
  std::string store, name;
  std::string path() const { return concat(store, "/", name); }
  std::string records() const { return concat(store, "/", kRecords, "/", name); }
  std::string record(std::string_view which) const { return concat(records(), "/", which); }
  std::string scratch() const { return concat(store, "/", kRecords, "/", kScratch, "/", name); }
};

// By words alone; nothing is asked of the kernel.
Place split_place(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {".", std::string(path)};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

// The same with the store's real name, so that a tree has one name in every record.
Result<Place> locate(const std::string& path) {
  if (!path.starts_with('/')) return fail(path, ": not an absolute pathname");
  Place at = split_place(path);
  if (at.name.empty() || at.name.starts_with('.')) return fail(path, ": not a name for a tree");
  if (at.store.empty()) return fail(path, ": a tree directly below / is not gaol's to manage");
  const auto store = sys::open_dir(concat(at.store, "/"));
  if (store) at.store = TRY(sys::real_path(*store));
  if (!store && store.error().code != ENOENT) return fail(Error(store.error()));
  return at;
}

bool absent(const Error& error) { return error.code == ENOENT || error.code == ENOTDIR; }

// The line of a record; empty when there is none.
Result<std::string> read_record(sys::Kernel& kernel, const std::string& path) {
  const auto text = kernel.read_file(path);
  if (text) return std::string(trim(*text));
  if (absent(text.error())) return std::string();
  return fail(Error(text.error()));
}

Result<std::vector<std::string>> names_in(const std::string& dir) {
  auto names = sys::real_kernel().list_dir(dir);
  if (!names && absent(names.error())) return std::vector<std::string>();
  return names;
}

Result<> make_dirs(const std::string& path, unsigned mode) {
  auto& kernel = sys::real_kernel();
  auto made = kernel.make_dir(path, mode);
  if (!made && made.error().code == ENOENT) {
    TRY(make_dirs(split_place(path).store, 0755));
    made = kernel.make_dir(path, mode);
  }
  if (!made && made.error().code != EEXIST) return made;
  return {};
}

// The place of a tree to be made; the directories around it are made if they are missing.
Result<Place> new_place(const std::string& path) {
  const Place at = TRY(locate(path));
  TRY(make_dirs(at.store, 0700));
  return locate(path);
}

// Removes a directory and all below it; it need not be there.
Result<> remove_all(const std::string& path) {
  const Place at = split_place(path);
  const auto parent = TRY(sys::open_dir(at.store));
  auto removed = sys::remove_tree(parent, at.name);
  if (!removed && removed.error().code != ENOENT) return removed;
  return {};
}

// The end of every destruction, and of every making that failed. The scratch tree goes last:
// as long as it is there, the next command knows that there is something to finish.
Result<> discard(const Place& at) {
  TRY(remove_all(at.records()));
  return remove_all(at.scratch());
}

// Writers of one store wait for each other here; readers take no lock.
Result<sys::Fd> lock_store(const std::string& store) {
  const auto records = concat(store, "/", kRecords);
  const auto scratch = concat(records, "/", kScratch);
  TRY(make_dirs(records, 0700));
  TRY(make_dirs(scratch, 0700));
  auto lock = TRY(sys::real_kernel().lock(concat(records, "/.lock")));
  const auto left_behind = TRY(names_in(scratch));
  for (const auto& name : left_behind) TRY(discard(Place{store, name}));
  return lock;
}

// The base tree of a clone or copy.
struct Base {
  Place at;
  sys::Fd dir;
  bool ours = false;  // made by gaol: it must not be destroyed meanwhile, nor under its clones
};

Result<Info> info_of(const Place& at);

Result<Base> open_base(const std::string& path) {
  Base base;
  base.dir = TRY(sys::open_dir(path));
  base.at = split_place(TRY(sys::real_path(base.dir)));
  const Info info = TRY(info_of(base.at));
  if (info.kind == Kind::thin) return fail(path, ": is a thin clone itself, of ", info.from);
  base.ours = info.kind != Kind::foreign;
  return base;
}

struct Locks {
  sys::Fd first, second;
};
// Of both stores, always in the same order, so that two commands cannot wait for each other.
Result<Locks> lock_both(const Place& at, const Base& base) {
  Locks locks;
  if (!base.ours || base.at.store == at.store) {
    locks.first = TRY(lock_store(at.store));
  } else {
    locks.first = TRY(lock_store(std::min(at.store, base.at.store)));
    locks.second = TRY(lock_store(std::max(at.store, base.at.store)));
  }
  TRY(info_of(base.at));  // it may have been destroyed while we waited
  return locks;
}

// Links in `clones` are named after the clone; two of one name in different stores get a number.
Result<> note_clone(const Place& base, const Place& clone) {
  auto& kernel = sys::real_kernel();
  TRY(make_dirs(base.record("clones"), 0700));
  for (int n = 1;; ++n) {
    const auto suffix = n > 1 ? concat(".", n) : std::string();
    const auto link = concat(base.record("clones"), "/", clone.name, suffix);
    auto made = kernel.make_symlink(clone.path(), link);
    if (made || made.error().code != EEXIST) return made;
    if (TRY(kernel.read_symlink(link)) == clone.path()) return {};
  }
}

// The trees that stand on `base`. A link alone proves nothing: its clone may have been destroyed,
// or never finished.
Result<std::vector<std::string>> clones_of(const Place& base) {
  auto& kernel = sys::real_kernel();
  std::vector<std::string> clones;
  const auto links = TRY(names_in(base.record("clones")));
  for (const auto& link : links) {
    auto path = TRY(kernel.read_symlink(concat(base.record("clones"), "/", link)));
    const Tree tree = TRY(resolve(path));
    if (tree.lower == base.path()) clones.push_back(std::move(path));
  }
  std::ranges::sort(clones);
  return clones;
}

Result<Info> info_of(const Place& at) {
  auto& kernel = sys::real_kernel();
  const auto entry = TRY(sys::entry_at(at.path()));
  if (entry == sys::Entry::absent) return fail_errno(ENOENT, at.path());
  if (entry == sys::Entry::other) return fail_errno(ENOTDIR, at.path());
  Info info;
  info.path = at.path();
  if (info.from = TRY(read_record(kernel, at.record("origin"))); !info.from.empty())
    info.kind = Kind::thin;
  else if (info.from = TRY(read_record(kernel, at.record("made"))); !info.from.empty())
    info.kind = Kind::thick;
  info.clones = TRY(clones_of(at));
  return info;
}

using Fill = std::function<Result<>(const std::string& dir)>;
struct Making {
  std::string_view record;  // the name of the record, `origin` or `made`
  std::string_view from;    // its line
  Fill contents;            // fills the empty tree
  Fill records;             // adds to its records
};

Result<> fill_and_publish(const Place& at, const Making& making) {
  auto& kernel = sys::real_kernel();
  TRY(kernel.make_dir(at.scratch(), 0755));
  TRY(making.contents(at.scratch()));
  TRY(kernel.make_dir(at.records(), 0700));
  TRY(making.records(at.records()));
  TRY(sys::write_record(at.record(making.record), concat(making.from, "\n")));
  return sys::rename_new(at.scratch(), at.path());
}

// REQUIRES: the lock of the tree's store is held.
Result<> make(const Place& at, const Making& making) {
  if (TRY(sys::entry_at(at.path())) != sys::Entry::absent) return fail_errno(EEXIST, at.path());
  const auto clones = TRY(clones_of(at));
  if (!clones.empty())
    return fail(at.path(), ": removed by hand under its thin clones: ", join(clones, ", "));
  TRY(remove_all(at.records()));  // of a tree that was removed by hand
  auto made = fill_and_publish(at, making);
  if (!made) (void)discard(at);  // the first failure is the one to tell
  return made;
}

Result<> make_thick(const Place& at, std::string_view from, const Fill& fill) {
  const auto fill_and_flush = [&](const std::string& dir) -> Result<> {
    TRY(fill(dir));
    const auto tree = TRY(sys::open_dir(dir));
    return sys::flush(tree);
  };
  return make(at, {.record = "made",
                   .from = from,
                   .contents = fill_and_flush,
                   .records = [](const std::string&) { return Result<>(); }});
}

}  // namespace

Result<Tree> resolve(const std::string& path, sys::Kernel& kernel) {
  const Place at = split_place(path);
  auto origin = TRY(read_record(kernel, at.record("origin")));
  Tree tree;
  tree.path = path;
  if (origin.empty()) return tree;
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

Result<std::vector<Info>> list(const std::string& store) {
  std::vector<Info> trees;
  const auto names = TRY(names_in(concat(store, "/", kRecords)));
  for (const auto& name : names) {
    if (name.starts_with('.')) continue;
    auto info = inspect(concat(store, "/", name));
    if (!info && absent(info.error())) continue;  // being made or destroyed, or removed by hand
    if (!info) return fail(std::move(info).error());
    if (info->kind != Kind::foreign) trees.push_back(*std::move(info));
  }
  return trees;
}

Result<> clone(const std::string& base_path, const std::string& path) {
  const Base base = TRY(open_base(base_path));
  const Place at = TRY(new_place(path));
  const Locks locks = TRY(lock_both(at, base));
  const auto look_like_base = [&](const std::string& dir) -> Result<> {
    const auto layer = TRY(sys::open_dir(dir));  // its attributes are the overlay root's
    return sys::copy_attributes(base.dir, layer);
  };
  const auto records = [&](const std::string& dir) -> Result<> {
    TRY(sys::real_kernel().make_dir(concat(dir, "/work"), 0700));
    // Noted before it exists: a base must never lose sight of a clone.
    return base.ours ? note_clone(base.at, at) : Result<>();
  };
  return make(
      at,
      {.record = "origin", .from = base.at.path(), .contents = look_like_base, .records = records});
}

Result<sys::Copied> copy(const std::string& base_path, const std::string& path) {
  const Base base = TRY(open_base(base_path));
  const Place at = TRY(new_place(path));
  const Locks locks = TRY(lock_both(at, base));
  sys::Copied copied;
  const auto copy_base = [&](const std::string& dir) -> Result<> {
    const auto tree = TRY(sys::open_dir(dir));
    copied = TRY(sys::copy_tree(base.dir, tree));
    return {};
  };
  TRY(make_thick(at, concat("copy of ", base.at.path()), copy_base));
  return copied;
}

Result<> build(const std::string& path, std::string_view from, const Fill& fill) {
  const Place at = TRY(new_place(path));
  const auto lock = TRY(lock_store(at.store));
  return make_thick(at, from, fill);
}

Result<> check_destroy(const Info& tree) {
  if (tree.kind == Kind::foreign) return fail(tree.path, ": not made by gaol");
  if (!tree.clones.empty())
    return fail(tree.path, ": in use by thin clones: ", join(tree.clones, ", "));
  const auto table = TRY(sys::real_kernel().read_file("/proc/self/mountinfo"));
  const auto mounts = host::mounts_below(host::parse_mounts(table), tree.path);
  if (!mounts.empty()) return fail(tree.path, ": something is mounted at ", mounts.front().point);
  return {};
}

Result<> destroy(const std::string& path) {
  const Place at = TRY(locate(path));
  const Info seen = TRY(info_of(at));
  TRY(check_destroy(seen));  // before a lock file is made in a store that is not ours
  const auto lock = TRY(lock_store(at.store));
  const Info tree = TRY(info_of(at));
  TRY(check_destroy(tree));
  TRY(sys::rename_new(at.path(), at.scratch()));  // from here on it is only rubbish
  return discard(at);
}

}  // namespace gaol::dataset
