// SPDX-License-Identifier: BSD-2-Clause

// The host's /dev is nobody's but root's, so that plain paths are good enough to walk it. Nodes
// come and go while we look: what has gone is passed over.

#include "sys/nodes.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

namespace gaol::sys {

namespace {

bool is_node(mode_t mode) {
  return S_ISCHR(mode) || S_ISBLK(mode) || S_ISDIR(mode) || S_ISLNK(mode);
}

struct Found {
  Node node;
  dev_t filesystem;
};

Result<Found> look_at(const std::string& dir, const std::string& name) {
  const std::string path = concat(dir, "/", name);
  struct stat is;
  if (::lstat(path.c_str(), &is) != 0) return fail_errno(errno, path);
  if (!is_node(is.st_mode)) return fail_errno(ENOENT, path);
  Node node{.name = name, .mode = is.st_mode, .target = {}, .uid = is.st_uid, .gid = is.st_gid};
  if (S_ISCHR(is.st_mode) || S_ISBLK(is.st_mode)) {
    node.major = major(is.st_rdev);
    node.minor = minor(is.st_rdev);
  }
  if (S_ISLNK(is.st_mode)) node.target = TRY(real_kernel().read_symlink(path));
  return Found{std::move(node), is.st_dev};
}

class Walk {
 public:
  explicit Walk(const std::string& dir) : dir_(dir) {}

  Result<std::vector<Node>> everything() {
    struct stat is;
    if (::lstat(dir_.c_str(), &is) != 0) return fail_errno(errno, dir_);
    filesystem_ = is.st_dev;
    TRY(below("", kDeepestNode));
    return std::move(nodes_);
  }

 private:
  Result<> below(const std::string& prefix, int levels) {
    auto names = real_kernel().list_dir(concat(dir_, "/", prefix));
    if (!names) return names.error().code == ENOENT ? Result<>{} : fail(std::move(names).error());
    for (const auto& name : *names) {
      auto found = look_at(dir_, prefix + name);
      if (!found && found.error().code == ENOENT) continue;
      if (!found) return fail(std::move(found).error());
      if (found->filesystem != filesystem_) continue;
      const bool deeper = S_ISDIR(found->node.mode) && levels > 0;
      nodes_.push_back(std::move(found->node));
      if (deeper) TRY(below(concat(prefix, name, "/"), levels - 1));
    }
    return {};
  }

  const std::string& dir_;
  dev_t filesystem_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace

Result<Node> read_node(const std::string& dir, const std::string& name) {
  return std::move(TRY(look_at(dir, name)).node);
}

Result<std::vector<Node>> read_nodes(const std::string& dir) { return Walk(dir).everything(); }

}  // namespace gaol::sys
