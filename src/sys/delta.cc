// SPDX-License-Identifier: BSD-2-Clause

// First both trees are read side by side, then what differs is written: a file that is not the same
// in every way goes as a whole. Files with several names are the knot: an overlay shows them as the
// base has them, so all names of one file are written when they are not the base's, or when what
// one of them says is new.

#include "sys/delta.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sys/listing.h"

namespace gaol::sys {

namespace {

using Path = std::string;  // from the top, "usr/bin"; the top itself is ""
using Paths = std::set<Path>;

Path below(const Path& dir, const std::string& name) {
  return dir.empty() ? name : concat(dir, "/", name);
}
Path parent_of(const Path& path) {
  const auto slash = path.rfind('/');
  return slash == Path::npos ? Path() : path.substr(0, slash);
}
std::string last_of(const Path& path) { return path.substr(path.rfind('/') + 1); }
std::string to_open(const Path& path) { return path.empty() ? "." : path; }

bool same_looks(const struct stat& one, const struct stat& other) {
  return one.st_mode == other.st_mode && one.st_uid == other.st_uid && one.st_gid == other.st_gid &&
         one.st_rdev == other.st_rdev && same_time(one.st_mtim, other.st_mtim);
}

// Of two files of one size, from where they are.
Result<bool> same_contents(const Fd& one, const Fd& other) {
  constexpr size_t kAtOnce = 1 << 16;
  std::vector<char> mine(kAtOnce), theirs(kAtOnce);
  for (off_t at = 0;;) {
    const auto got = ::pread(one.get(), mine.data(), mine.size(), at);
    if (got < 0) return fail_errno(errno, "read");
    if (got == 0) return true;
    const auto size = static_cast<size_t>(got);
    if (::pread(other.get(), theirs.data(), size, at) != got ||
        std::memcmp(mine.data(), theirs.data(), size) != 0)
      return false;
    at += got;
  }
}

// One name that both trees have.
struct Pair {
  const Listing &old, &young;
  const std::string& name;
  const struct stat &was, &is;
  Result<bool> same() const;
};

Result<bool> Pair::same() const {
  if (!same_looks(was, is)) return false;
  if (S_ISLNK(is.st_mode)) return link_text(old.dir, name) == link_text(young.dir, name);
  if (!S_ISREG(is.st_mode) && !S_ISDIR(is.st_mode)) return true;
  if (S_ISREG(is.st_mode) && was.st_size != is.st_size) return false;
  const auto before = open_here(old.dir, name, O_RDONLY | O_NOFOLLOW);
  const auto after = open_here(young.dir, name, O_RDONLY | O_NOFOLLOW);
  if (!before || !after) return false;  // a mount: the copy will say so
  if (TRY(extended_of(*before)) != TRY(extended_of(*after))) return false;
  return S_ISDIR(is.st_mode) || TRY(same_contents(*before, *after));
}

// The names of each file that has several.
class Links {
 public:
  void see(const Path& path, const struct stat& is) {
    if (S_ISREG(is.st_mode) && is.st_nlink > 1) names_[{is.st_dev, is.st_ino}].insert(path);
  }
  // With the files that have one name in this tree and others elsewhere.
  std::vector<Paths> all() const {
    std::vector<Paths> out;
    for (const auto& [file, paths] : names_) out.push_back(paths);
    return out;
  }

 private:
  std::map<std::pair<dev_t, ino_t>, Paths> names_;
};

class Delta {
 public:
  Delta(const Fd& base, const Fd& wanted) : base_(base), wanted_(wanted) {}

  Result<> find() {
    std::vector<Path> waiting = {{}};
    while (!waiting.empty()) {
      const Path next = std::move(waiting.back());
      waiting.pop_back();
      TRY(directory(next, waiting));
    }
    untie();
    return {};
  }

  Result<Copied> write(const Fd& made, Start start) const {
    if (start == Start::clone) {
      for (const auto& path : gone_) TRY(take_away(made, path));
      for (const auto& path : replaced_) TRY(take_away(made, path));
      for (const auto& path : redressed_) TRY(undress(made, path));
    } else {
      for (const auto& path : gone_) TRY(hide(made, path));
    }
    return copy_tree(wanted_, made, [this](const Path& path) { return written_.contains(path); });
  }

 private:
  Result<> directory(const Path& path, std::vector<Path>& waiting) {
    const Listing old = TRY(list_entries(base_, to_open(path)));
    const Listing young = TRY(list_entries(wanted_, to_open(path)));
    for (const auto& [name, was] : old.entries) {
      before_.see(below(path, name), was);
      if (!young.entries.contains(name)) is_gone(below(path, name));
    }
    for (const auto& [name, is] : young.entries) {
      const auto was = old.entries.find(name);
      after_.see(below(path, name), is);
      if (was == old.entries.end())
        is_written(below(path, name));
      else
        TRY(compare({old, young, name, was->second, is}, below(path, name)));
      if (S_ISDIR(is.st_mode)) waiting.push_back(below(path, name));
    }
    return {};
  }

  Result<> compare(const Pair& pair, const Path& path) {
    const auto same = pair.same();
    if (!same) return fail(Error(same.error()).in(path));
    if (*same) return {};
    if (S_ISDIR(pair.is.st_mode) && S_ISDIR(pair.was.st_mode)) {
      redressed_.insert(path);
      is_written(path);
    } else {
      is_replaced(path);
    }
    return {};
  }

  // With the directories above: that is where it is written, and what looks different then.
  void is_written(const Path& path) {
    for (Path at = path; !at.empty() && written_.insert(at).second;) at = parent_of(at);
  }
  void is_replaced(const Path& path) {
    replaced_.insert(path);
    is_written(path);
  }
  void is_gone(const Path& path) {
    gone_.insert(path);
    is_written(parent_of(path));
  }

  void untie() {
    const auto before = before_.all(), after = after_.all();
    const std::set<Paths> unchanged(before.begin(), before.end());
    const std::set<Paths> kept(after.begin(), after.end());
    const auto rewrite = [this](const Paths& paths) {
      for (const auto& path : paths)
        if (!written_.contains(path) && !gone_.contains(path)) is_replaced(path);
    };
    for (const auto& paths : before)
      if (!kept.contains(paths)) rewrite(paths);
    for (const auto& paths : after) {
      bool any = !unchanged.contains(paths);
      for (const auto& path : paths) any = any || written_.contains(path);
      if (any) rewrite(paths);
    }
  }

  static Result<> take_away(const Fd& made, const Path& path) {
    const auto parent = TRY(open_here(made, to_open(parent_of(path)), O_RDONLY | O_DIRECTORY));
    const auto name = last_of(path);
    if (::unlinkat(parent.get(), name.c_str(), 0) == 0) return {};
    if (errno != EISDIR) return fail_errno(errno, path);
    return remove_tree(parent, name);
  }

  // Of a directory that gets others. What cannot go is the system's, and comes with every file.
  static Result<> undress(const Fd& made, const Path& path) {
    const auto dir = TRY(open_here(made, to_open(path), O_RDONLY | O_DIRECTORY));
    const auto all = TRY(extended_of(dir));
    for (const auto& [name, value] : all) (void)::fremovexattr(dir.get(), name.c_str());
    return {};
  }

  // As an overlay says that a name is gone.
  static Result<> hide(const Fd& layer, const Path& path) {
    for (auto slash = path.find('/'); slash != Path::npos; slash = path.find('/', slash + 1)) {
      const auto above = path.substr(0, slash);
      if (::mkdirat(layer.get(), above.c_str(), 0700) != 0 && errno != EEXIST)
        return fail_errno(errno, above);
    }
    if (::mknodat(layer.get(), path.c_str(), S_IFCHR, 0) != 0) return fail_errno(errno, path);
    return {};
  }

  const Fd& base_;
  const Fd& wanted_;
  Links before_, after_;
  Paths written_;               // what is copied, and the directories above
  Paths replaced_;              // of them: what takes the place of something else
  Paths redressed_ = {Path()};  // of them: directories that look different
  Paths gone_;
};

}  // namespace

Result<Copied> write_delta(const Fd& base, const Fd& wanted, const Fd& made, Start start) {
  Delta delta(base, wanted);
  TRY(delta.find());
  return delta.write(made, start);
}

}  // namespace gaol::sys
