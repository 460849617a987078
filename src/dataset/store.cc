// SPDX-License-Identifier: BSD-2-Clause
#include "dataset/store.h"

#include <algorithm>
#include <cerrno>

#include "dataset/driver.h"
#include "dataset/owners.h"
#include "dataset/partial.h"
#include "sys/project.h"

namespace gaol::dataset {

namespace {

Result<Place> place_with_real_store(Place at) {
  const auto store = sys::open_dir(concat(at.store, "/"));
  if (store) at.store = TRY(sys::real_path(*store));
  if (!store && store.error().code != ENOENT) return fail(Error(store.error()));
  return at;
}

constexpr std::string_view kTakenBack = ": half made or half destroyed: gone";

Report& reporter() {
  static Report reporter = [](std::string_view) {};
  return reporter;
}

// The end of every destruction, and of every making that failed. The scratch tree goes last:
// as long as it is there, the next command knows that there is something to finish.
// Whether a tree stands, of which this was only the scratch.
Result<bool> discard(const Place& at) {
  Driver& driver = *TRY(driver_at(at.store));
  const bool stands = TRY(driver.settle(at.path()));
  if (!stands) {
    const auto snapshots = TRY(driver.snapshots(at));
    for (const auto& snapshot : snapshots) TRY(driver.forget(at, snapshot.label));
    TRY(give_range_back(at));
    TRY(remove_all(at.records()));
  }
  TRY(driver.remove(at.scratch()));
  return stands;
}

// Those of a tree that was to take the place of another.
Result<> forget_scratch_records(const std::string& store) {
  return remove_all(concat(store, "/", kRecords, "/.scratch/", kRecords));
}

std::string moving_note(const std::string& store) {
  return concat(store, "/", kRecords, "/.moving");
}

struct Move {
  Place from, to;
  bool made() const { return from.path() == to.scratch(); }
  bool destroyed() const { return to.path() == from.scratch(); }
};
// One after the other, and a file with them.
struct Moves {
  std::vector<Move> trees;
  Companion file;
};

// Two lines a tree, an empty one, and the file's: what goes, what comes, its mode, its text.
Result<> note_moves(const std::string& store, const Moves& moves) {
  std::string note;
  for (const auto& [from, to] : moves.trees) note += concat(from.path(), "\n", to.path(), "\n");
  const auto& file = moves.file;
  note += concat("\n", file.from, "\n", file.to, "\n", file.mode, "\n", file.text);
  return sys::write_record(moving_note(store), note);
}

Moves parse_moves(std::string_view note) {
  const auto next_line = [&note] {
    const auto line = note.substr(0, note.find('\n'));
    note.remove_prefix(std::min(note.size(), line.size() + 1));
    return std::string(line);
  };
  Moves moves;
  for (auto from = next_line(); !from.empty(); from = next_line())
    moves.trees.push_back({split_place(from), split_place(next_line())});
  moves.file.from = next_line();
  moves.file.to = next_line();
  moves.file.mode = number<unsigned>(next_line()).value_or(0600);
  moves.file.text = note;
  return moves;
}

Result<> forget_moves(const std::string& store) {
  return sys::real_kernel().remove_file(moving_note(store));
}

Result<> write_companion(const Companion& file) {
  if (file.to.empty()) return {};
  TRY(make_dirs(split_place(file.to).store, 0755));
  return sys::real_kernel().publish(file.to, file.text, file.mode);
}

Result<> remove_companion(const std::string& path) {
  if (path.empty()) return {};
  auto removed = sys::real_kernel().remove_file(path);
  if (!removed && !absent(removed.error())) return removed;
  return {};
}

// What is left of a move: all of it, the records alone, or nothing. Whether a tree is where it was
// to go: one that was to be made there may have been nowhere yet.
Result<bool> finish_move(Driver& driver, const Move& move) {
  const auto& [from, to] = move;
  const bool waiting = TRY(driver.settle(from.path()));
  if (TRY(driver.settle(to.path()))) {
    if (waiting) return true;  // done before, and `from` has another tree by now
  } else if (waiting) {
    TRY(driver.move(from.path(), to.path()));
  } else {
    (void)TRY(discard(to));
    return false;
  }
  auto moved = sys::rename_new(from.records(), to.records());
  if (!moved && !absent(moved.error())) return fail(std::move(moved).error());
  return true;
}

// The file comes first and goes last: it is what is most easily taken back. Whether all trees are
// where they were to go.
Result<bool> finish_moves(const std::string& store, const Moves& moves) {
  Driver& driver = *TRY(driver_at(store));
  TRY(write_companion(moves.file));
  bool all = true;
  for (const auto& move : moves.trees) all = TRY(finish_move(driver, move)) && all;
  TRY(remove_companion(all ? moves.file.from : moves.file.to));
  TRY(forget_moves(store));
  return all;
}

Result<> check_room_for(const Companion& file) {
  if (file.to.empty() || TRY(sys::entry_at(file.to)) == sys::Entry::absent) return {};
  return fail_errno(EEXIST, file.to);
}

// REQUIRES: nothing stands where trees are to go.
Result<> do_moves(const std::string& store, const Moves& moves) {
  TRY(check_room_for(moves.file));
  TRY(note_moves(store, moves));
  auto moved = finish_moves(store, moves);
  if (moved) return {};
  const auto& first = moves.trees.front().to;
  if (TRY(sys::entry_at(first.path())) == sys::Entry::absent) {
    TRY(remove_companion(moves.file.to));
    TRY(forget_moves(store));
  }
  return fail(std::move(moved).error());
}

void report_move(const Move& move) {
  const auto from = move.from.path(), to = move.to.path();
  if (move.made())
    report(concat(to, ": was being made: finished"));
  else if (move.destroyed())
    report(concat(from, ": was being destroyed: finished"));
  else
    report(concat(from, ": was on its way to ", to, ": finished"));
}

Result<> finish_what_was_begun(const std::string& store) {
  const auto note = sys::real_kernel().read_file(moving_note(store));
  if (note) {
    const Moves moves = parse_moves(*note);
    if (TRY(finish_moves(store, moves)))
      for (const auto& move : moves.trees) report_move(move);
    else
      report(concat(moves.trees.front().to.path(), kTakenBack));
  }
  const auto scratch = concat(store, "/", kRecords, "/.scratch");
  if (TRY(names_in(scratch)).empty()) return {};
  TRY(forget_scratch_records(store));
  const auto left_behind = TRY(names_in(scratch));
  for (const auto& name : left_behind) {
    const Place at{store, name};
    const bool stands = TRY(discard(at));
    report(concat(at.path(),
                  stands ? ": stands; what a killed command left of it is gone" : kTakenBack));
  }
  return {};
}

using Contents = std::function<Result<Made>(const std::string& scratch)>;

Result<> write_records(const Place& at, const Made& made) {
  TRY(make_dirs(at.records(), 0700));
  if (made.more) TRY(made.more(at.records()));
  return sys::write_record(at.record(made.record), concat(made.from, "\n"));
}

Result<> make_and_publish(const Place& at, const Contents& contents, const Companion& file) {
  const Made made = TRY(contents(at.scratch()));
  TRY(write_records(at, made));
  Driver& driver = *TRY(driver_at(at.store));
  if (!driver.mounts() && file.to.empty()) return driver.move(at.scratch(), at.path());
  // A mount moves in several steps, and is to be seen at neither place between them.
  return do_moves(at.store, {{{at.in_scratch(), at}}, file});
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

Result<> join_project(const std::string& like, const std::string& dir) {
  const auto example = TRY(sys::open_dir(like));
  const auto project = sys::project_of(example);
  if (project == 0) return {};
  const auto top = TRY(sys::open_dir(dir));
  return sys::give_to_project(top, project);
}

Result<Lock> lock_store(const std::string& store) {
  const auto records = concat(store, "/", kRecords);
  TRY(make_dirs(records, 0700));
  TRY(make_dirs(concat(records, "/.scratch"), 0700));
  Lock lock(TRY(sys::real_kernel().lock(concat(records, "/.lock"))));
  TRY(finish_what_was_begun(store));
  TRY(finish_what_was_begun(concat(records, "/.trash")));
  TRY(drop_useless_partials(store));
  return lock;
}

void report_repairs_to(Report tell) { reporter() = std::move(tell); }

void report(std::string_view line) { reporter()(line); }

namespace {

// Nothing may stand there but the records of a tree that was removed by hand.
Result<> clear(const Place& at) {
  if (TRY(sys::entry_at(at.path())) != sys::Entry::absent) return fail_errno(EEXIST, at.path());
  if (TRY(sys::entry_at(at.records())) != sys::Entry::absent) (void)TRY(discard(at));
  return {};
}

Result<> act_in_place(const Place& at, const Made& made, const std::function<Result<>()>& act,
                      const Companion& file) {
  TRY(check_room_for(file));
  TRY(sys::real_kernel().make_dir(at.scratch(), 0700));  // as long as it is there, somebody looks
  TRY(write_records(at, made));
  TRY(note_moves(at.store, {{{at.in_scratch(), at}}, file}));
  auto done = write_companion(file);
  if (done) done = act();
  if (!done) TRY(remove_companion(file.to));
  TRY(forget_moves(at.store));
  return done;
}

}  // namespace

Result<> make_in_place(const Place& at, const Made& made, const std::function<Result<>()>& act,
                       const Companion& file) {
  TRY(clear(at));
  auto done = act_in_place(at, made, act, file);
  if (done) return sys::real_kernel().remove_dir(at.scratch());
  (void)discard(at);
  return done;
}

Result<> make(const Place& at, const Contents& contents, const Companion& file) {
  TRY(clear(at));
  auto made = make_and_publish(at, contents, file);
  if (!made) (void)discard(at);  // the first failure is the one to tell
  return made;
}

Result<> replace(const Place& at, const Fill& contents) {
  auto replaced = contents(at.scratch());
  if (replaced) replaced = sys::exchange(at.scratch(), at.path());
  auto discarded = discard(at);
  if (!replaced) return replaced;
  if (!discarded) return fail(std::move(discarded).error());
  return {};
}

namespace {

// Room for a tree and its records.
Result<> make_room(const Place& to) {
  if (TRY(sys::entry_at(to.path())) != sys::Entry::absent) return fail_errno(EEXIST, to.path());
  TRY(make_dirs(concat(to.store, "/", kRecords, "/.scratch"), 0700));
  return remove_all(to.records());
}

}  // namespace

Result<> move(const Place& from, const Place& to, const Companion& file) {
  TRY(make_room(to));
  return do_moves(from.store, {{{from, to}}, file});
}

Result<> supersede(const Place& at, const Place& away, const Contents& contents) {
  TRY(make_room(away));
  const Place made_at = at.in_scratch();
  const auto build = [&]() -> Result<> {
    const Made made = TRY(contents(made_at.path()));
    TRY(write_records(made_at, made));
    return do_moves(at.store, {{{at, away}, {made_at, at}}, {}});
  };
  auto built = build();
  auto forgotten = forget_scratch_records(at.store);
  if (built) return forgotten;
  (void)discard(at);
  return built;
}

Result<> remove(const Place& at, const std::string& file) {
  TRY(do_moves(at.store, {{{at, at.in_scratch()}}, {file, {}, {}}}));  // only rubbish from here on
  (void)TRY(discard(at));
  return {};
}

}  // namespace gaol::dataset
