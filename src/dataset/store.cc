// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/store.h"

#include <cerrno>

#include "dataset/driver.h"

namespace gaol::dataset {

namespace {

Result<Place> place_with_real_store(Place at) {
  const auto store = sys::open_dir(concat(at.store, "/"));
  if (store) at.store = TRY(sys::real_path(*store));
  if (!store && store.error().code != ENOENT) return fail(Error(store.error()));
  return at;
}

// The end of every destruction, and of every making that failed. The scratch tree goes last:
// as long as it is there, the next command knows that there is something to finish.
Result<> discard(const Place& at) {
  Driver& driver = *TRY(driver_at(at.store));
  if (!TRY(driver.settle(at.path()))) {
    const auto snapshots = TRY(driver.snapshots(at));
    for (const auto& snapshot : snapshots) TRY(driver.forget(at, snapshot.label));
    TRY(remove_all(at.records()));
  }
  return driver.remove(at.scratch());
}

std::string moving_note(const std::string& store) {
  return concat(store, "/", kRecords, "/.moving");
}

struct Move {
  Place from, to;
};
Result<> note_moves(const std::string& store, const std::vector<Move>& moves) {
  std::string note;
  for (const auto& move : moves) note += concat(move.from.path(), "\n", move.to.path(), "\n");
  return sys::write_record(moving_note(store), note);
}
Result<> forget_moves(const std::string& store) {
  return sys::real_kernel().remove_file(moving_note(store));
}

// What is left of a move: all of it, the records alone, or nothing.
Result<> finish_move(Driver& driver, const Move& move) {
  const auto& [from, to] = move;
  const bool waiting = TRY(driver.settle(from.path()));
  if (TRY(driver.settle(to.path()))) {
    if (waiting) return {};  // done before, and `from` has another tree by now
  } else if (waiting) {
    TRY(driver.move(from.path(), to.path()));
  }
  auto moved = sys::rename_new(from.records(), to.records());
  if (!moved && !absent(moved.error())) return moved;
  return {};
}

Result<> finish_moves(const std::string& store, const std::vector<Move>& moves) {
  Driver& driver = *TRY(driver_at(store));
  for (const auto& move : moves) TRY(finish_move(driver, move));
  return forget_moves(store);
}

// REQUIRES: nothing stands where trees are to go.
Result<> do_moves(const std::string& store, const std::vector<Move>& moves) {
  TRY(note_moves(store, moves));
  auto moved = finish_moves(store, moves);
  const auto& first = moves.front().to;
  if (!moved && TRY(sys::entry_at(first.path())) == sys::Entry::absent) TRY(forget_moves(store));
  return moved;
}

Result<> finish_what_was_begun(const std::string& store) {
  auto& kernel = sys::real_kernel();
  const auto note = kernel.read_file(moving_note(store));
  if (note) {
    const auto lines = split(*note, '\n');
    std::vector<Move> moves;
    for (size_t i = 0; i + 1 < lines.size(); i += 2)
      moves.push_back({split_place(lines[i]), split_place(lines[i + 1])});
    TRY(finish_moves(store, moves));
  }
  const auto left_behind = TRY(names_in(concat(store, "/", kRecords, "/.scratch")));
  for (const auto& name : left_behind) TRY(discard(Place{store, name}));
  return {};
}

using Contents = std::function<Result<Made>(const std::string& scratch)>;

Result<> make_and_publish(const Place& at, const Contents& contents) {
  const Made made = TRY(contents(at.scratch()));
  TRY(make_dirs(at.records(), 0700));
  if (made.more) TRY(made.more(at.records()));
  TRY(sys::write_record(at.record(made.record), concat(made.from, "\n")));
  Driver& driver = *TRY(driver_at(at.store));
  if (!driver.mounts()) return driver.move(at.scratch(), at.path());
  // A mount moves in several steps, and is to be seen at neither place between them.
  return do_moves(at.store, {{split_place(at.scratch()), at}});
}

}  // namespace

Place split_place(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {".", std::string(path)};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

Result<Place> locate(const std::string& path) {
  if (!path.starts_with('/')) return fail(path, ": not an absolute pathname");
  Place at = split_place(path);
  if (at.name.empty() || at.name.starts_with('.')) return fail(path, ": not a name for a tree");
  if (at.store.empty()) return fail(path, ": a tree directly below / is not gaol's to manage");
  return place_with_real_store(std::move(at));
}

Result<Place> new_place(const std::string& path) {
  const Place at = TRY(locate(path));
  TRY(make_dirs(at.store, 0700));
  return locate(path);
}

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

Result<> remove_all(const std::string& path) {
  const Place at = split_place(path);
  const auto parent = TRY(sys::open_dir(at.store));
  auto removed = sys::remove_tree(parent, at.name);
  if (!removed && removed.error().code != ENOENT) return removed;
  return {};
}

Result<Lock> lock_store(const std::string& store) {
  const auto records = concat(store, "/", kRecords);
  TRY(make_dirs(records, 0700));
  TRY(make_dirs(concat(records, "/.scratch"), 0700));
  Lock lock(TRY(sys::real_kernel().lock(concat(records, "/.lock"))));
  TRY(finish_what_was_begun(store));
  TRY(finish_what_was_begun(concat(records, "/.trash")));
  return lock;
}

Result<> make(const Place& at, const Contents& contents) {
  if (TRY(sys::entry_at(at.path())) != sys::Entry::absent) return fail_errno(EEXIST, at.path());
  TRY(discard(at));  // the records of a tree that was removed by hand
  auto made = make_and_publish(at, contents);
  if (!made) (void)discard(at);  // the first failure is the one to tell
  return made;
}

Result<> replace(const Place& at, const Fill& contents) {
  auto replaced = contents(at.scratch());
  if (replaced) replaced = sys::exchange(at.scratch(), at.path());
  auto discarded = discard(at);
  return replaced ? discarded : replaced;
}

namespace {

// Room for a tree and its records.
Result<> make_room(const Place& to) {
  if (TRY(sys::entry_at(to.path())) != sys::Entry::absent) return fail_errno(EEXIST, to.path());
  TRY(make_dirs(concat(to.store, "/", kRecords, "/.scratch"), 0700));
  return remove_all(to.records());
}

}  // namespace

Result<> move(const Place& from, const Place& to) {
  TRY(make_room(to));
  return do_moves(from.store, {{from, to}});
}

Result<> supersede(const Place& at, const Place& away, const Place& with) {
  TRY(make_room(away));
  return do_moves(at.store, {{at, away}, {with, at}});
}

Result<> remove(const Place& at) {
  Driver& driver = *TRY(driver_at(at.store));
  TRY(driver.move(at.path(), at.scratch()));  // from here on it is only rubbish
  return discard(at);
}

}  // namespace gaol::dataset
