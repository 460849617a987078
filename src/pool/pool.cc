// SPDX-License-Identifier: BSD-2-Clause
#include "pool/pool.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/suggest.h"
#include "host/mounts.h"
#include "sys/kernel.h"
#include "sys/tree.h"

namespace gaol::pool {

namespace {

constexpr std::string_view kOneMayFail = "any one disk may fail";
constexpr Layout kLayouts[] = {
    {"mirror", System::zfs, 2, 0, "mirror", "all disks but one may fail"},
    {"mirrors", System::zfs, 4, 2, "mirror", "one disk of each pair may fail"},
    {"raidz", System::zfs, 3, 0, "raidz", kOneMayFail},
    {"raidz2", System::zfs, 4, 0, "raidz2", "any two disks may fail"},
    {"raidz3", System::zfs, 5, 0, "raidz3", "any three disks may fail"},
    {"raid1", System::btrfs, 2, 0, "", kOneMayFail},
    {"raid10", System::btrfs, 4, 0, "", kOneMayFail},
};

// A tenth less than the largest is a disk of the same kind by another maker.
constexpr uint64_t kTolerance = 10;

bool plain_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  const bool letter_first = !name.empty() && std::isalpha(static_cast<unsigned char>(name[0]));
  return letter_first && name.size() <= 64 && name.find_first_not_of(kAllowed) == name.npos;
}

Result<> check_free(const Disk& disk, Contents contents) {
  if (!disk.user.empty()) return fail(disk.path, ": ", disk.user);
  if (!disk.content.empty() && contents == Contents::keep)
    return fail(Error{0, concat(disk.path, ": holds ", disk.content),
                      "--overwrite takes it all the same, and all on it is lost"});
  return {};
}

Result<> check_disks(const Wish& wish) {
  for (auto disk = wish.disks.begin(); disk != wish.disks.end(); ++disk) {
    TRY(check_free(*disk, wish.contents));
    if (std::ranges::count(wish.disks, disk->path, &Disk::path) > 1)
      return fail(disk->path, ": is named twice");
  }
  const auto [small, large] = std::ranges::minmax(wish.disks, {}, &Disk::bytes);
  if (wish.layout->system == System::zfs && small.bytes < large.bytes - large.bytes / kTolerance)
    return fail(Error{0,
                      concat(large.path, " has ", size_text(large.bytes), ", ", small.path,
                             " only ", size_text(small.bytes)),
                      "the smallest counts for all of them: take disks of one size"});
  return {};
}

// What every dataset of the pool inherits. Without the first two, access control lists and file
// capabilities of a Linux userland are refused or slow; zfs-fuse knows neither.
constexpr const char* kDatasets[] = {"acltype=posixacl", "xattr=sa"};
constexpr const char* kEveryDataset[] = {"compression=on", "atime=off"};

Words zpool_create(const Wish& wish) {
  Words words = {"zpool", "create", "-m", concat("/", wish.name)};
  if (wish.contents == Contents::overwrite) words.emplace_back("-f");
  if (!wish.fuse)
    for (const char* property : kDatasets) words.insert(words.end(), {"-O", property});
  for (const char* property : kEveryDataset) words.insert(words.end(), {"-O", property});
  words.push_back(wish.name);
  const size_t group = wish.layout->group ? wish.layout->group : wish.disks.size();
  for (size_t i = 0; i < wish.disks.size(); ++i) {
    if (i % group == 0) words.emplace_back(wish.layout->group_word);
    words.push_back(wish.disks[i].path);
  }
  return words;
}

std::vector<Words> btrfs_create(const Wish& wish) {
  const std::string profile(wish.layout->word), place = concat("/", wish.name);
  Words make = {"mkfs.btrfs", "-q", "-L", wish.name, "-d", profile, "-m", profile};
  if (wish.contents == Contents::overwrite) make.emplace_back("-f");
  for (const auto& disk : wish.disks) make.push_back(disk.path);
  return {make,
          {"mkdir", "-p", place},
          {"mount", "-t", "btrfs", "-o", "noatime", wish.disks[0].path, place}};
}

uint64_t whole_number(std::string_view text) { return number<uint64_t>(text).value_or(0); }

// "2.5K" as zpool prints numbers of errors, in powers of 1024. What it rounded stays so.
uint64_t zpool_number(std::string_view text) {
  constexpr std::string_view kUnits = "KMGTPE";
  const auto unit = text.empty() ? kUnits.npos : kUnits.find(text.back());
  const auto point = std::min(text.find('.'), text.size());
  const uint64_t factor = unit == kUnits.npos ? 1 : uint64_t{1} << (10 * (unit + 1));
  const auto tenths = point < text.size() ? whole_number(text.substr(point + 1, 1)) : 0;
  if (unit != kUnits.npos) text.remove_suffix(1);
  return whole_number(text.substr(0, point)) * factor + tenths * factor / 10;
}

size_t indentation(std::string_view line) { return line.find_first_not_of(" \t"); }

// zfs-fuse leaves out where devices are.
void name_devices(Pool& pool) {
  for (auto& member : pool.members)
    if (const auto path = concat("/dev/", member.name);
        !member.name.contains('/') && sys::real_kernel().exists(path.c_str()))
      member.name = path;
}

Result<std::vector<Pool>> zfs_pools(const Ask& ask) {
  auto listed = ask({"zpool", "list", "-H", "-o", "name,health"});
  if (!listed) return std::vector<Pool>();  // no ZFS, or its modules are not loaded
  auto pools = parse_zpool_list(*listed);
  for (auto& pool : pools) {
    auto status = ask({"zpool", "status", "-P", pool.name});
    if (!status) status = ask({"zpool", "status", pool.name});  // zfs-fuse has no -P
    if (!status) return fail(std::move(status).error());
    parse_zpool_status(*status, pool);
    name_devices(pool);
    const auto said =
        ask({"zfs", "get", "-H", "-p", "-o", "value", "used,available,mountpoint", pool.name});
    const auto values = said ? split(*said, '\n') : std::vector<std::string_view>();
    if (values.size() < 3) continue;  // of a pool that cannot be read
    pool.used = whole_number(values[0]);
    pool.bytes = pool.used + whole_number(values[1]);
    pool.place = values[2];
  }
  return pools;
}

// How the last replacement stands, or else the last scrub.
std::string btrfs_scan(const Pool& pool, const Ask& ask) {
  const auto replaced = ask({"btrfs", "replace", "status", "-1", pool.place});
  if (replaced && !replaced->starts_with("Never")) return concat("replacement: ", trim(*replaced));
  const auto scrubbed = ask({"btrfs", "scrub", "status", pool.place});
  std::string status, summary;
  for (const auto line : split(scrubbed ? std::string_view(*scrubbed) : std::string_view(), '\n')) {
    const auto value = trim(line.substr(std::min(line.find(':') + 1, line.size())));
    if (line.starts_with("Status:")) status = value;
    if (line.starts_with("Error summary:")) summary = value;
  }
  return status.empty() ? std::string() : concat("scrub: ", status, ", ", summary);
}

Result<std::vector<Pool>> btrfs_pools(const Ask& ask) {
  const auto shown = ask({"btrfs", "filesystem", "show", "--raw", "--mounted"});
  if (!shown) return std::vector<Pool>();
  auto pools = parse_btrfs_show(*shown);
  const auto mounts = host::parse_mounts(TRY(sys::real_kernel().read_file("/proc/self/mountinfo")));
  for (auto& pool : pools) {
    for (const auto& member : pool.members)
      if (const auto at = std::ranges::find(mounts, member.name, &host::Mount::source);
          pool.place.empty() && at != mounts.end())
        pool.place = at->point;
    if (pool.place.empty()) continue;
    if (const auto stats = ask({"btrfs", "device", "stats", pool.place}))
      parse_btrfs_stats(*stats, pool);
    if (const auto usage = ask({"btrfs", "filesystem", "usage", "--raw", pool.place}))
      parse_btrfs_usage(*usage, pool);
    pool.scan = btrfs_scan(pool, ask);
  }
  return pools;
}

// The data partition that ZFS makes on a disk it is given, by the names that udev and the kernel
// have for it.
bool is_member(const Member& member, std::string_view disk) {
  if (!member.name.starts_with(disk)) return false;
  const auto rest = std::string_view(member.name).substr(disk.size());
  return rest.empty() || rest == "1" || rest == "p1" || rest == "-part1";
}

Words replace_words(const Pool& pool, const std::string& old, const Replacement& what) {
  const bool zfs = pool.system == System::zfs;
  Words words = zfs ? Words{"zpool", "replace"} : Words{"btrfs", "replace", "start"};
  if (what.contents == Contents::overwrite) words.emplace_back("-f");
  if (zfs)
    words.insert(words.end(), {pool.name, old, what.by.path});
  else
    words.insert(words.end(), {old, what.by.path, pool.place});
  return words;
}

}  // namespace

std::string_view system_word(System system) { return system == System::zfs ? "zfs" : "btrfs"; }

std::span<const Layout> layouts() { return kLayouts; }

Result<const Layout*> find_layout(std::string_view word) {
  if (const auto* found = std::ranges::find(kLayouts, word, &Layout::word);
      found != std::end(kLayouts))
    return found;
  std::vector<std::string> all;
  for (const auto& layout : kLayouts) all.emplace_back(layout.word);
  return fail("no layout \"", word, "\"; there are ", join(all, ", "));
}

Result<Plan> plan(const Wish& wish) {
  const auto& layout = *wish.layout;
  if (!plain_name(wish.name))
    return fail("\"", wish.name, "\" is no name for a pool: a letter, then letters, digits, _-.");
  if (wish.disks.size() < layout.least)
    return fail(layout.word, " takes ", layout.least, " disks or more, not ", wish.disks.size());
  if (layout.group && wish.disks.size() % layout.group)
    return fail(layout.word, " takes disks in groups of ", layout.group, ", not ",
                wish.disks.size());
  TRY(check_disks(wish));
  if (layout.system == System::zfs) return Plan{{zpool_create(wish)}, {}};
  return Plan{btrfs_create(wish),
              concat("LABEL=", wish.name, " /", wish.name, " btrfs noatime,nofail 0 0")};
}

Result<> carry_out(const Plan& plan, const Ask& ask) {
  for (const auto& words : plan.commands) TRY(ask(words));
  if (plan.mount_line.empty()) return {};
  auto& kernel = sys::real_kernel();
  const auto table = kernel.read_file("/etc/fstab");
  const bool unended = table && !table->empty() && !table->ends_with('\n');
  (void)TRY(kernel.append("/etc/fstab", concat(unended ? "\n" : "", plan.mount_line, "\n"), 0644));
  return {};
}

bool Pool::healthy() const {
  return state == "ONLINE" && fault.empty() &&
         std::ranges::all_of(members, [](const Member& m) { return m.errors == 0; });
}

std::string Pool::advice() const {
  for (const auto& member : members)
    if (member.state != "ONLINE")
      return concat("gaol pool replace ", name, " ", member.name, " NEW-DISK");
  if (!remedy.empty()) return remedy;
  for (const auto& member : members)
    if (member.errors)
      return concat(member.name, " has made ", member.errors, " errors: gaol pool scrub ", name,
                    ", and replace the disk if there are more");
  return healthy() ? std::string() : concat("gaol pool scrub ", name);
}

Result<std::vector<Pool>> pools(const Ask& ask) {
  auto all = TRY(zfs_pools(ask));
  auto others = TRY(btrfs_pools(ask));
  std::ranges::move(others, std::back_inserter(all));
  std::ranges::sort(all, {}, &Pool::name);
  return all;
}

Result<Pool> find_pool(std::string_view name, const std::vector<Pool>& pools) {
  if (const auto found = std::ranges::find(pools, name, &Pool::name); found != pools.end())
    return *found;
  std::vector<std::string_view> names;
  for (const auto& pool : pools) names.push_back(pool.name);
  return fail(Error{ENOENT, concat("no pool \"", name, "\"", did_you_mean(name, names)),
                    "`gaol pool list` shows them"});
}

Result<> scrub(const Pool& pool, const Ask& ask) {
  const auto words = pool.system == System::zfs ? Words{"zpool", "scrub", pool.name}
                                                : Words{"btrfs", "scrub", "start", pool.place};
  TRY(ask(words));
  return {};
}

Result<> check_name(const std::string& name, const std::vector<Pool>& pools) {
  const auto place = concat("/", name);
  if (std::ranges::find(pools, name, &Pool::name) != pools.end())
    return fail_errno(EEXIST, "pool \"", name, "\"");
  const auto held = sys::real_kernel().list_dir(place);
  if (held && !held->empty()) return fail_errno(ENOTEMPTY, place);
  return {};
}

Taken members_of(const std::vector<Pool>& pools) {
  Taken taken;
  for (const auto& pool : pools)
    for (const auto& member : pool.members) {
      auto device = sys::real_kernel().open(member.name, O_PATH | O_CLOEXEC);
      if (!device) continue;  // it is gone
      auto path = sys::real_path(*device);
      taken.emplace(path ? *std::move(path) : member.name, pool.name);
    }
  return taken;
}

Result<> replace(const Pool& pool, const Replacement& what, const Ask& ask) {
  const auto old = std::ranges::find_if(
      pool.members, [&](const Member& member) { return is_member(member, what.member); });
  if (old == pool.members.end()) {
    std::vector<std::string_view> names;
    for (const auto& each : pool.members) names.push_back(each.name);
    return fail(pool.name, " has no disk \"", what.member, "\"", did_you_mean(what.member, names));
  }
  TRY(check_free(what.by, what.contents));
  TRY(ask(replace_words(pool, old->name, what)));
  return {};
}

std::vector<Pool> parse_zpool_list(std::string_view text) {
  std::vector<Pool> pools;
  for (const auto line : split(text, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() != 2) continue;
    Pool pool;
    pool.name = fields[0];
    pool.state = fields[1];
    pools.push_back(std::move(pool));
  }
  return pools;
}

// A table of "NAME STATE READ WRITE CKSUM" behind "config:", where what is in a group stands
// further to the right than its line: a disk is a line with nothing in it.
void parse_zpool_status(std::string_view text, Pool& pool) {
  struct Row {
    size_t depth;
    std::vector<std::string_view> fields;
  };
  std::vector<Row> rows;
  bool table = false;
  for (const auto line : split(text, '\n')) {
    const auto fields = words(line);
    if (fields.empty()) continue;
    if (fields[0] == "scan:" || fields[0] == "scrub:")
      pool.scan = trim(line.substr(line.find(':') + 1));
    if (fields[0] == "errors:") {
      const auto errors = trim(line.substr(line.find(':') + 1));
      if (errors != "No known data errors") pool.fault = errors;
      break;
    }
    if (table && fields.size() >= 5) rows.push_back({indentation(line), fields});
    table = table || fields[0] == "NAME";
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& [depth, fields] = rows[i];
    if (i + 1 < rows.size() && rows[i + 1].depth > depth) continue;
    const auto errors = zpool_number(fields[2]) + zpool_number(fields[3]) + zpool_number(fields[4]);
    pool.members.push_back({std::string(fields[0]), std::string(fields[1]), errors});
  }
  if (!pool.fault.empty())
    pool.remedy = concat("restore the files that `zpool status -v ", pool.name, "` names");
}

// Label: 'tank'  uuid: 3f...
//   Total devices 2 FS bytes used 147456
//   devid    1 size 536870912 used 92274688 path /dev/vdb
//   devid    2 size 0 used 0 path <missing disk> MISSING
std::vector<Pool> parse_btrfs_show(std::string_view text) {
  std::vector<Pool> pools;
  bool wanted = false;
  for (const auto line : split(text, '\n')) {
    const auto fields = words(line);
    if (fields.empty()) continue;
    if (fields[0] == "Label:") {
      const auto begin = line.find('\''), end = line.rfind('\'');
      wanted = begin != line.npos && end > begin;
      if (!wanted) continue;
      Pool pool;
      pool.name = line.substr(begin + 1, end - begin - 1);
      pool.system = System::btrfs;
      pool.state = "ONLINE";
      pools.push_back(std::move(pool));
    } else if (wanted && fields[0] == "Total" && fields.size() >= 7) {
      pools.back().used = whole_number(fields[6]);
    } else if (wanted && fields[0] == "devid" && fields.size() >= 8) {
      const bool missing = fields.back() == "MISSING";
      pools.back().members.push_back(
          {std::string(missing ? fields[1] : fields[7]), missing ? "missing" : "ONLINE", 0});
      if (missing) pools.back().state = "DEGRADED";
    } else if (wanted && line.contains("Some devices missing")) {
      pools.back().state = "DEGRADED";
    }
  }
  return pools;
}

// [/dev/vdb].write_io_errs    0
void parse_btrfs_stats(std::string_view text, Pool& pool) {
  for (const auto line : split(text, '\n')) {
    const auto fields = words(line);
    const auto close = line.find("].");
    if (fields.size() != 2 || !line.starts_with('[') || close == line.npos) continue;
    const auto member = std::ranges::find(pool.members, line.substr(1, close - 1), &Member::name);
    if (member != pool.members.end()) member->errors += whole_number(fields[1]);
  }
}

// Free (estimated):   134217728   (min: 134217728)
// Multiple profiles:        yes   (data, metadata)
// Data,RAID1: Size:67108864, Used:0 (0.00%)
// What was written while a disk was missing has one copy, and a replacement does not mend that.
void parse_btrfs_usage(std::string_view text, Pool& pool) {
  std::string profile;
  bool several = false;
  for (const auto line : split(text, '\n')) {
    const auto fields = words(line);
    if (fields.size() < 3) continue;
    if (fields[0] == "Free" && fields[1] == "(estimated):")
      pool.bytes = pool.used + whole_number(fields[2]);
    if (fields[0] == "Multiple") several = fields[2] == "yes";
    if (const auto raid = fields[0].find(",RAID"); raid != line.npos)
      profile = concat("raid", fields[0].substr(raid + 5, fields[0].find(':') - raid - 5));
  }
  if (!several || profile.empty()) return;
  pool.fault = "some data has one copy only";
  pool.remedy = concat("btrfs balance start --enqueue -dconvert=", profile,
                       ",soft -mconvert=", profile, ",soft ", pool.place);
}

}  // namespace gaol::pool
