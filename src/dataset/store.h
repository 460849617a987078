// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// What is the same for every driver: where the records of a tree are, who may change them, and
// how a tree comes to be and goes so that a command that is killed leaves nothing behind.
//
// A tree is made in .scratch and renamed into place when it and its records are complete, and
// goes the opposite way. So whoever takes the lock knows that what it finds in .scratch was left
// by a command that was killed. What moves in several steps (a tree, its records, a file elsewhere
// that belongs to it) is written down before the first (.moving); whoever finds that note takes
// the others, and says so (report_repairs_to()).

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dataset/dataset.h"
#include "sys/kernel.h"

namespace gaol::dataset {

inline constexpr std::string_view kRecords = ".gaol";

// A tree's name split where its store ends.
struct Place {
  std::string store, name;
  std::string path() const { return concat(store, "/", name); }
  std::string records() const { return concat(store, "/", kRecords, "/", name); }
  std::string record(std::string_view which) const { return concat(records(), "/", which); }
  std::string scratch() const { return in_scratch().path(); }
  // .scratch as a store in itself.
  Place in_scratch() const { return {concat(store, "/", kRecords, "/.scratch"), name}; }
  // The header of a stream that broke on its way here.
  std::string partial() const { return concat(store, "/", kRecords, "/.partial/", name); }
  // The trees thrown away lately, a store in itself under the same lock.
  std::string trash() const { return concat(store, "/", kRecords, "/.trash"); }
};
// By words alone; nothing is asked of the kernel.
Place split_place(std::string_view path);
// The same with the store's real name, so that a tree has one name in every record.
Result<Place> locate(const std::string& path);
// The place of a tree to be made; the directories around it are made if they are missing.
Result<Place> new_place(const std::string& path);

// Whether an error says that there is nothing.
inline bool absent(const Error& error) { return error.code == ENOENT || error.code == ENOTDIR; }
// The line of a record; empty when there is none.
Result<std::string> read_record(sys::Kernel& kernel, const std::string& path);
// Sorted; none of a directory that is not there.
Result<std::vector<std::string>> names_in(const std::string& dir);
// Makes a directory and what is missing above it; it may be there.
Result<> make_dirs(const std::string& path, unsigned mode);
// Removes a directory and all below it; it need not be there.
Result<> remove_all(const std::string& path);

// Has what is in `dir` count where what is in `like` does (sys/project.h).
Result<> join_project(const std::string& like, const std::string& dir);

// Writers of one store wait for each other here, and finish what a killed one left; readers take
// no lock.
class Lock {
 public:
  explicit Lock(sys::Fd file) : file_(std::move(file)) { held_.push_back(file_.get()); }
  Lock(Lock&&) noexcept = default;
  ~Lock() {
    if (file_) std::erase(held_, file_.get());
  }
  // The lock of the store that is changed, for a program to hold as well: what it has begun ends
  // before the next command, even when we are killed. The one taken last, if none was said to be
  // it. -1 when there is none.
  static int latest() { return held_.empty() ? -1 : held_.back(); }
  void is_of_changed_store() {
    std::erase(held_, file_.get());
    held_.push_back(file_.get());
  }

 private:
  static inline std::vector<int> held_;
  sys::Fd file_;
};
Result<Lock> lock_store(const std::string& store);

// Tells whoever report_repairs_to() named.
void report(std::string_view line);

using Fill = std::function<Result<>(const std::string& dir)>;
// What the records of a new tree say of it.
struct Made {
  std::string_view record;  // the name of the record, `origin` or `made`
  std::string from;         // its line
  Fill more;                // adds to the records
};
// The next six REQUIRE the lock.
// Makes the tree that `contents` puts at the path it is given. EEXIST when something stands there.
Result<> make(const Place& at,
              const std::function<Result<Made>(const std::string& scratch)>& contents,
              const Companion& file);
// The same of a tree that `act` makes at `at`, in one step.
Result<> make_in_place(const Place& at, const Made& made, const std::function<Result<>()>& act,
                       const Companion& file);
// The tree at `at` gives way to the one that `contents` makes; its records stay.
Result<> replace(const Place& at, const Fill& contents);
// Moves a tree and its records. EEXIST when something stands there.
Result<> move(const Place& from, const Place& to, const Companion& file);
// The tree at `at` goes to `away`, the one that `contents` makes takes its place: both or none.
Result<> supersede(const Place& at, const Place& away,
                   const std::function<Result<Made>(const std::string& scratch)>& contents);
// Gone from its path at once, from the disk when this returns.
Result<> remove(const Place& at, const std::string& file);

}  // namespace gaol::dataset
