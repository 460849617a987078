// SPDX-License-Identifier: BSD-2-Clause
#include "devfs/nodes.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/suggest.h"

namespace gaol::devfs {

namespace {

// Nodes of a jail's own. pts and shm are directories to mount devpts and a tmpfs's worth of shared
// memory on; the latter is no device, FreeBSD has it in the kernel, and so no rule hides it.
struct Own {
  const char* name;
  unsigned mode;
  unsigned major = 0, minor = 0;
  const char* target = "";
  int set = kJailSet;  // which of the standard ones is the first to show it
};
constexpr std::string_view kAlways = "shm";
constexpr Own kOwn[] = {
    {"null", S_IFCHR | 0666, 1, 3},
    {"zero", S_IFCHR | 0666, 1, 5},
    {"full", S_IFCHR | 0666, 1, 7},
    {"random", S_IFCHR | 0666, 1, 8},
    {"urandom", S_IFCHR | 0666, 1, 9},
    {"tty", S_IFCHR | 0666, 5, 0},
    {"pts", S_IFDIR | 0755},
    {"shm", S_IFDIR | 01777},
    {"ptmx", S_IFLNK, 0, 0, "pts/ptmx"},
    {"fd", S_IFLNK, 0, 0, "/proc/self/fd"},
    {"stdin", S_IFLNK, 0, 0, "/proc/self/fd/0"},
    {"stdout", S_IFLNK, 0, 0, "/proc/self/fd/1"},
    {"stderr", S_IFLNK, 0, 0, "/proc/self/fd/2"},
    {"net", S_IFDIR | 0755, 0, 0, "", kJailVnetSet},
    {"net/tun", S_IFCHR | 0666, 10, 200, "", kJailVnetSet},
};

// Names that no device of the host stands behind: what is below them is a jail's own as well.
constexpr std::string_view kOwnPlaces[] = {"pts", "fd", "shm"};

bool is_own(std::string_view name) {
  return std::ranges::count(kOwn, name, &Own::name) > 0 ||
         std::ranges::count(kOwnPlaces, name.substr(0, name.find('/'))) > 0;
}

sys::Node node_of(const Own& own) {
  return {.name = own.name,
          .mode = own.mode,
          .major = own.major,
          .minor = own.minor,
          .target = own.target};
}

// FreeBSD's drivers say what kind of device theirs is. Linux has a kind for each major number, with
// few exceptions.
struct Kind {
  Type type;
  unsigned format;
  unsigned first_major, last_major;
  unsigned first_minor = 0, last_minor = ~0U;
};
constexpr Kind kKinds[] = {
    {Type::disk, S_IFBLK, 0, ~0U},    {Type::mem, S_IFCHR, 1, 1, 1, 2},  // mem, kmem
    {Type::mem, S_IFCHR, 1, 1, 4, 4},                                    // port
    {Type::tape, S_IFCHR, 9, 9},                                         // st
    {Type::tty, S_IFCHR, 2, 5},      // pty*, tty*, ttyS*, console
    {Type::tty, S_IFCHR, 128, 143},  // pts
    {Type::tty, S_IFCHR, 166, 166},  // ttyACM*
    {Type::tty, S_IFCHR, 188, 188},  // ttyUSB*
    {Type::tty, S_IFCHR, 204, 204},  // ttyAMA* and other serial lines
};

bool is_of(Type type, const sys::Node& node) {
  return std::ranges::any_of(kKinds, [&](const Kind& kind) {
    return kind.type == type && kind.format == (node.mode & S_IFMT) &&
           node.major >= kind.first_major && node.major <= kind.last_major &&
           node.minor >= kind.first_minor && node.minor <= kind.last_minor;
  });
}

bool matches(const Rule& rule, const sys::Node& node) {
  if (!rule.path.empty() && ::fnmatch(rule.path.c_str(), node.name.c_str(), FNM_PATHNAME) != 0)
    return false;
  return !rule.type || is_of(*rule.type, node);
}

bool is_unconditional(const Rule& rule) { return rule.path.empty() && !rule.type; }

// --- the sets that one leads to ---

class Reach {
 public:
  explicit Reach(const Rulesets& sets) : sets_(sets) {}

  Result<std::vector<const Ruleset*>> from(int number) {
    const auto* set = sets_.find(number);
    if (!set) return fail("no such ruleset");
    TRY(visit(*set));
    return std::move(reached_);
  }

 private:
  Result<> visit(const Ruleset& set) {
    if (std::ranges::count(reached_, &set)) return {};
    line_.push_back(set.number);
    for (const Rule& rule : set.rules) {
      if (!rule.include) continue;
      if (std::ranges::count(line_, rule.include))
        return fail(rule.where, ": ruleset ", rule.include, " includes itself");
      const auto* next = sets_.find(rule.include);
      if (!next) return fail(rule.where, ": ruleset ", rule.include, ": no such ruleset");
      TRY(visit(*next));
    }
    line_.pop_back();
    reached_.push_back(&set);
    return {};
  }

  const Rulesets& sets_;
  std::vector<uint16_t> line_;  // from the first set to this one
  std::vector<const Ruleset*> reached_;
};

// Whether the set begins by hiding everything, itself or in what it includes first.
bool begins_hidden(const Rulesets& sets, const Ruleset& set) {
  if (set.rules.empty() || !is_unconditional(set.rules.front())) return false;
  const Rule& first = set.rules.front();
  if (first.sight) return first.sight == Sight::hide && !first.include;
  return first.include && begins_hidden(sets, *sets.find(first.include));
}

void ask_for(Question& question, const std::string& path) {
  for (auto end = path.find('/');; end = path.find('/', end + 1)) {
    auto name = path.substr(0, end);
    if (!is_own(name) && !std::ranges::count(question.names, name))
      question.names.push_back(std::move(name));
    if (end == path.npos) return;
  }
}

// --- users and groups ---

// The third field of the line that begins with `name`; passwd(5) and group(5) agree that far.
Result<unsigned> id_of(const std::string& name, std::string_view file, const char* kind) {
  constexpr unsigned kIds = 65536;
  std::optional<unsigned> id = number<unsigned>(name);
  std::vector<std::string_view> names;
  for (const auto line : split(file, '\n')) {
    const auto fields = split(line, ':');
    if (id || fields.size() < 3) continue;
    names.push_back(fields[0]);
    if (fields[0] == name) id = number<unsigned>(fields[2]);
  }
  if (!id) return fail("unknown ", kind, " \"", name, "\"", did_you_mean(name, names));
  if (*id >= kIds) return fail(kind, " ", name, ": a jail's end at ", kIds - 1);
  return *id;
}

struct Owner {
  std::optional<unsigned> uid, gid;
};

Result<Owner> owner_of(const Rule& rule, const Accounts& accounts) {
  Owner owner;
  if (!rule.user.empty()) owner.uid = TRY(id_of(rule.user, accounts.passwd, "user"));
  if (!rule.group.empty()) owner.gid = TRY(id_of(rule.group, accounts.group, "group"));
  return owner;
}

// --- running a set ---

class Run {
 public:
  Run(const Rulesets& sets, const Ruleset& first) : sets_(sets), first_(first) {}

  Result<> learn_owners(const std::vector<const Ruleset*>& reached, const Accounts& accounts) {
    for (const auto* set : reached)
      for (const Rule& rule : set->rules) {
        if (rule.user.empty() && rule.group.empty()) continue;
        auto owner = owner_of(rule, accounts);
        if (!owner) return fail(std::move(owner).error().in(rule.where));
        owners_[&rule] = *owner;
      }
    return {};
  }

  // REQUIRES: the directory of a node was shown, or not, before it.
  void show(sys::Node node) {
    const auto slash = node.name.rfind('/');
    if (slash != node.name.npos && !shown_.contains(node.name.substr(0, slash))) return;
    Sight sight = Sight::unhide;
    run(first_, node, sight);
    if (sight == Sight::hide && node.name != kAlways) return;
    shown_.insert(node.name);
    nodes_.push_back(std::move(node));
  }

  std::vector<sys::Node> take() && { return std::move(nodes_); }

 private:
  void run(const Ruleset& set, sys::Node& node, Sight& sight) {
    for (const Rule& rule : set.rules) {
      if (!matches(rule, node)) continue;
      if (rule.sight) sight = *rule.sight;
      if (rule.mode && !S_ISLNK(node.mode)) node.mode = (node.mode & S_IFMT) | *rule.mode;
      if (const auto owner = owners_.find(&rule); owner != owners_.end()) {
        node.uid = owner->second.uid.value_or(node.uid);
        node.gid = owner->second.gid.value_or(node.gid);
      }
      if (rule.include) run(*sets_.find(rule.include), node, sight);
    }
  }

  const Rulesets& sets_;
  const Ruleset& first_;
  std::map<const Rule*, Owner> owners_;
  std::set<std::string> shown_;
  std::vector<sys::Node> nodes_;
};

// Users of the host that a jail has no number for are nobody there.
sys::Node inside(sys::Node node) {
  constexpr unsigned kIds = 65536, kNobody = 65534;
  if (node.uid >= kIds) node.uid = kNobody;
  if (node.gid >= kIds) node.gid = kNobody;
  return node;
}

}  // namespace

Result<Question> question(const Rulesets& sets, int number) {
  const auto reached = TRY(Reach(sets).from(number));
  Question question{.everything = !begins_hidden(sets, *sets.find(number)), .names = {}};
  for (const auto* set : reached)
    for (const Rule& rule : set->rules) {
      if (rule.sight != Sight::unhide || is_own(rule.path)) continue;
      if (rule.path.empty() || rule.path.find_first_of("*?[\\") != rule.path.npos)
        question.everything = true;
      else
        ask_for(question, rule.path);
    }
  return question;
}

bool names_accounts(const Rulesets& sets, int number) {
  const auto reached = Reach(sets).from(number);
  const auto is_name = [](const std::string& who) {
    return !who.empty() && !gaol::number<unsigned>(who);
  };
  return reached && std::ranges::any_of(*reached, [&](const Ruleset* set) {
           return std::ranges::any_of(set->rules, [&](const Rule& rule) {
             return is_name(rule.user) || is_name(rule.group);
           });
         });
}

Result<std::vector<sys::Node>> evaluate(const Rulesets& sets, int number,
                                        const std::vector<sys::Node>& host,
                                        const Accounts& accounts) {
  const auto reached = TRY(Reach(sets).from(number));
  Run run(sets, *sets.find(number));
  TRY(run.learn_owners(reached, accounts));
  for (const Own& own : kOwn) run.show(node_of(own));
  for (const auto& node : host)
    if (!is_own(node.name)) run.show(inside(node));
  return std::move(run).take();
}

std::vector<sys::Node> standard_nodes(int number) {
  std::vector<sys::Node> out;
  out.reserve(std::size(kOwn));
  for (const Own& own : kOwn)
    if (own.set <= number) out.push_back(node_of(own));
  return out;
}

}  // namespace gaol::devfs
