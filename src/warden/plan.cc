// SPDX-License-Identifier: BSD-2-Clause
#include "warden/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>

#include "dataset/delegation.h"
#include "dataset/store.h"
#include "devfs/cgroup.h"
#include "devfs/load.h"
#include "jail/address.h"
#include "jail/conf.h"
#include "jail/view.h"
#include "net/fib.h"
#include "warden/compat.h"
#include "warden/wiring.h"

namespace gaol::warden {

namespace {

using jail::Jailsys;
using jail::Settings;

jail::Place place_of(const Settings& settings, std::string_view parameter) {
  if (!settings.has(parameter)) return jail::Place::if_present;
  return settings.on(parameter) ? jail::Place::required : jail::Place::no;
}

std::vector<std::string> strings(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

// \040 and its like, as fstab(5) writes blanks.
std::string unescaped(std::string_view field) {
  std::string out;
  for (size_t i = 0; i < field.size(); ++i) {
    const auto digits = field.substr(std::min(i + 1, field.size()), 3);
    const bool octal = field[i] == '\\' && digits.size() == 3 &&
                       std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '7'; });
    if (octal) {
      out.push_back(
          static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + digits[2] - '0'));
      i += 3;
    } else {
      out.push_back(field[i]);
    }
  }
  return out;
}

// A path of the host's as a jail has it whose root is `root`; that itself is `/`. By words alone:
// the kernel resolves what is left inside the jail, where no `..` and no link leads out of it.
Result<std::string> inside(const std::string& path, const std::string& root) {
  if (path == root) return std::string("/");
  const std::string_view prefix = root == "/" ? std::string_view{} : std::string_view(root);
  const bool below = path.starts_with(prefix) && path.substr(prefix.size()).starts_with('/');
  if (!below) return fail(path, ": not below the parent jail's path ", root);
  const auto inner = path.substr(prefix.size());
  for (const auto component : split(inner, '/'))
    if (component == "..") return fail(path, ": has a .. in it");
  return inner;
}

Result<jail::MountLine> mount_line(std::string_view line, const std::string& path,
                                   const std::string& parameter) {
  const auto fields = words(line);
  if (fields.size() < 3) return fail(parameter, ": ", line, ": missing information");
  jail::MountLine out{.source = unescaped(fields[0]),
                      .target = unescaped(fields[1]),
                      .type = std::string(fields[2]),
                      .options = {},
                      .subject = concat(parameter, ": ", unescaped(fields[1]))};
  if (fields.size() > 3) out.options = strings(split(fields[3], ','));
  if (!out.target.starts_with('/')) return fail(out.subject, ": not an absolute pathname");
  // Mountpoints are written as the host sees them; the jail's own mount namespace starts at
  // its root.
  const std::string prefix = path == "/" ? "" : path;
  std::string target = out.target;
  while (target.size() > 1 && target.ends_with('/')) target.pop_back();
  if (target != prefix && !target.starts_with(prefix + "/"))
    return fail(out.subject, ": not below the jail's path ", path);
  target.erase(0, prefix.size());
  target.erase(0, target.find_first_not_of('/'));
  out.target = std::move(target);
  return out;
}

// The tree that a path lies in by its words: this jail's own, or one that gaol made for another.
std::string tree_around(sys::Kernel& kernel, const std::string& source, const std::string& own) {
  if (own != "/" && (source == own || source.starts_with(own + "/"))) return own;
  for (auto path = source; path.starts_with('/'); path.resize(path.rfind('/')))
    if (kernel.exists(dataset::split_place(path).records().c_str())) return path;
  return {};
}

Result<std::vector<jail::MountLine>> mount_lines(sys::Kernel& kernel, const Settings& settings,
                                                 const std::string& path) {
  std::vector<jail::MountLine> out;
  for (const auto& line : settings.list("mount"))
    out.push_back(TRY(mount_line(line, path, "mount")));
  for (const auto& file : settings.list("mount.fstab")) {
    if (file.empty()) continue;
    auto text = kernel.read_file(file);
    if (!text) return fail(std::move(text).error().in("mount.fstab"));
    int number = 0;
    for (auto line : split(*text, '\n')) {
      ++number;
      line = trim(line.substr(0, line.find('#')));
      if (line.empty()) continue;
      auto mount = mount_line(line, path, "mount.fstab");
      if (!mount) return fail(std::move(mount).error().advise(file, ":", number));
      out.push_back(std::move(*mount));
    }
  }
  for (auto& line : out) line.source_tree = tree_around(kernel, line.source, path);
  return out;
}

// What fstab(5) files of FreeBSD say of /dev and /proc is what mount.devfs and its like say: these
// are made by the jail itself, masked, and nowhere else.
struct StandardMount {
  std::string_view type, target;
  jail::Place jail::PrisonPlan::*place;  // null: comes along with another
};
constexpr StandardMount kStandardMounts[] = {
    {"devfs", "dev", &jail::PrisonPlan::dev},    {"fdescfs", "dev/fd", nullptr},
    {"procfs", "proc", &jail::PrisonPlan::proc}, {"linprocfs", "proc", &jail::PrisonPlan::proc},
    {"proc", "proc", &jail::PrisonPlan::proc},   {"linsysfs", "sys", nullptr},
};

Result<> take_mounts(std::vector<jail::MountLine> lines, jail::PrisonPlan& prison) {
  for (auto& line : lines) {
    const auto* standard = std::ranges::find(kStandardMounts, line.type, &StandardMount::type);
    if (standard == std::end(kStandardMounts)) {
      prison.mounts.push_back(std::move(line));
    } else if (line.target != standard->target) {
      return fail(line.subject, ": ", line.type, " can be mounted at /", standard->target,
                  " of the jail only");
    } else if (standard->place) {
      prison.*standard->place = jail::Place::required;
    }
  }
  return {};
}

// FreeBSD's first loopback interface is lo0.
std::string interface_here(sys::Kernel& kernel, const std::string& name) {
  return name == "lo0" && !kernel.exists("/sys/class/net/lo0") ? "lo" : name;
}

// Only an element that names an interface, or the parameter `interface`, makes an alias.
Result<std::vector<net::Alias>> aliases_of(sys::Kernel& kernel, const Settings& settings) {
  std::vector<net::Alias> out;
  const std::string standard = settings.text("interface");
  const std::pair<const char*, int> families[] = {{"ip4.addr", AF_INET}, {"ip6.addr", AF_INET6}};
  for (const auto& [parameter, family] : families) {
    for (const auto& element : settings.list(parameter)) {
      auto spec = TRY(jail::parse_alias(element, family));
      if (spec.interface.empty()) spec.interface = standard;
      if (spec.interface.empty()) continue;
      out.push_back({interface_here(kernel, spec.interface), spec.address});
    }
  }
  return out;
}

// What tells a host from others, and the file of a Linux userland that says so.
struct Identity {
  const char* parameter;
  const char* name;  // in /etc
  std::string (*text)(const Settings&);
};
constexpr Identity kIdentities[] = {
    {"host.hostid", "hostid", jail::hostid_file},
    {"host.hostuuid", "machine-id", jail::machine_id_file},
};

std::optional<Error> first_fault(const Settings& settings) {
  auto faults = jail::check(settings);
  if (faults.empty()) return {};
  return std::move(faults.front());
}

// A link as the last component is refused: whoever may change it would choose the tree.
Result<> check_directory(sys::Kernel& kernel, const std::string& path) {
  if (auto link = kernel.read_symlink(path))
    return fail(Error{0, concat("path ", path, ": is a symbolic link to ", *link),
                      concat("give the directory itself")});
  auto dir = kernel.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (dir) return {};
  Error error = std::move(dir).error();
  error.text = concat("path ", error.text);
  if (error.code == ENOENT)
    return fail(std::move(error).advise("create it, for example with `gaol create`"));
  return fail(std::move(error));
}

// Reading the log asks for CAP_SYSLOG over the host where this is set, whatever the node's mode.
constexpr const char* kLogIsRestricted = "/proc/sys/kernel/dmesg_restrict";

Result<> check_log(sys::Kernel& kernel, const Settings&) {
  const auto restricted = kernel.read_file(kLogIsRestricted);
  if (restricted && trim(*restricted) == "0") return {};
  return fail(
      "not supported on this system: its log is for root of the host alone while "
      "kernel.dmesg_restrict is 1");
}

Result<> check_delegation(sys::Kernel& kernel, const Settings& settings) {
  const auto datasets = settings.list("zfs.dataset");
  return dataset::check_delegation(kernel, datasets.empty() ? "none" : datasets.front());
}

// Permissions that come to a device. Its node belongs to the jail's root, with this mode.
struct DevicePermission {
  std::string_view parameter;
  const char* node;
  unsigned mode;
  Result<> (*check)(sys::Kernel&, const Settings&) = nullptr;  // what else the host must have
  bool is_given(const Settings& settings) const {
    const bool is_list = jail::param(*jail::find(parameter)).type == jail::Type::list;
    return is_list ? !settings.list(parameter).empty() : settings.on(parameter);
  }
};
constexpr DevicePermission kDevicePermissions[] = {
    {"allow.mount.fusefs", "fuse", 0666},
    {"allow.mount.zfs", "zfs", 0666, check_delegation},
    {"allow.read_msgbuf", "kmsg", 0440, check_log},
    {"allow.vmm", "kvm", 0660},
    {"zfs.dataset", "zfs", 0666, check_delegation},
};

bool may_mount(const Settings& settings) {
  return settings.on("allow.mount") && settings.integer("enforce_statfs") < 2;
}

// What root of the jail may mount, once it may mount at all.
struct MountPermission {
  std::string_view parameter;
  jail::Grant grant;
};
constexpr MountPermission kMountPermissions[] = {
    {"allow.mount.devfs", jail::kGrantDevfs},    {"allow.mount.fdescfs", jail::kGrantFdescfs},
    {"allow.mount.fusefs", jail::kGrantFusefs},  {"allow.mount.linprocfs", jail::kGrantProcfs},
    {"allow.mount.linsysfs", jail::kGrantSysfs}, {"allow.mount.nullfs", jail::kGrantNullfs},
    {"allow.mount.procfs", jail::kGrantProcfs},  {"allow.mount.tmpfs", jail::kGrantTmpfs},
    {"allow.mount.zfs", jail::kGrantZfs},
};

Result<sys::Node> permitted_node(sys::Kernel& kernel, const DevicePermission& permission,
                                 const Settings& settings) {
  if (permission.check) TRY(permission.check(kernel, settings));
  auto node = kernel.read_node("/dev", permission.node);
  if (!node) return fail("not supported on this system: the host has no /dev/", permission.node);
  node->mode = (node->mode & S_IFMT) | permission.mode;
  node->uid = node->gid = 0;
  return node;
}

Result<> see_as_parent(StartPlan& plan, const Record& parent) {
  const auto root = parent.settings.text("path");
  auto inner = inside(plan.path, root);
  if (!inner) return fail(std::move(inner).error().in("path"));
  plan.inner_path = std::move(*inner);
  // A tree comes with all that is mounted in it; the parent's own /dev and /proc must lie below.
  const bool covered = plan.prison.dev != jail::Place::no && plan.prison.proc != jail::Place::no;
  if (plan.inner_path == "/" && !covered)
    return fail("path ", plan.path,
                ": a jail that has the whole tree of its parent cannot do without mount.devfs and "
                "mount.procfs");
  for (auto& line : plan.prison.mounts) {
    if (line.type == "tmpfs") continue;
    auto source = inside(line.source, root);
    if (source && *source == "/")
      return fail(line.subject, ": ", line.source, ": the parent jail's root");
    if (!source) return fail(std::move(source).error().in(line.subject));
    line.source = std::move(*source);
  }
  return {};
}

Result<bool> on_our_stack(sys::Kernel& kernel, const Record& jail) {
  const auto ours = TRY(kernel.read_symlink("/proc/self/ns/net"));
  return ours == TRY(kernel.read_symlink(concat("/proc/", jail.init.pid, "/ns/net")));
}

// Aliases are made where jail(8) runs, on the host.
Result<> refuse_foreign_aliases(sys::Kernel& kernel, const StartPlan& plan, const Record& parent) {
  if (plan.aliases.empty() || TRY(on_our_stack(kernel, parent))) return {};
  return fail(
      Error{0,
            concat("interface ", plan.aliases.front().interface,
                   ": not supported on this system: the jail shares the network stack of \"",
                   parent.name, "\", and jail(8) adds addresses on the host's alone"),
            "add the address in that jail and leave the interface out here"});
}

// The host has to be a router, and whoever has it knows best whether it may be one.
Result<> check_nat(sys::Kernel& kernel, const net::NatPlan& nat, const Record* parent) {
  const std::string name = nat.outgoing ? "vnet.nat" : "vnet.rdr";
  if (parent) return fail(name, ": a jail below another is not on the host's bridges");
  struct Family {
    int family;
    const char* knob;
    const char* variable;
  };
  constexpr Family kFamilies[] = {
      {AF_INET, "/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward"},
      {AF_INET6, "/proc/sys/net/ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding"}};
  for (const auto& [family, knob, variable] : kFamilies) {
    if (std::ranges::count(nat.addresses, family, &sys::Address::family) == 0) continue;
    const auto state = kernel.read_file(knob);
    if (!state || trim(*state) != "1")
      return fail(Error{EPERM, concat(name, ": the host does not forward packets"),
                        concat("`sysctl ", variable, "=1`")});
  }
  auto nft = find_nft(kernel);
  if (!nft) return fail(std::move(nft).error().in(name));
  return {};
}

Result<> check_fib(sys::Kernel& kernel, const StartPlan& plan, int64_t fib, const Record* parent) {
  if (fib == 0) return {};
  TRY(net::check_fib(fib));
  if (!plan.prison.vnet && (!parent || TRY(on_our_stack(kernel, *parent)))) return {};
  return fail(Error{0,
                    concat(fib,
                           ": not supported on this system: the tables of a vnet jail's stack "
                           "are its own root's"),
                    "ip-rule(8) in the jail chooses among them"});
}

// A thin tree's lower layer is named by a file that the parent's root may write.
Result<> refuse_thin(sys::Kernel& kernel, const StartPlan& plan, const Record& parent) {
  constexpr size_t kMostOrigin = 4096;
  const sys::Fd root =
      TRY(kernel.open(concat("/proc/", parent.init.pid, "/root"), O_PATH | O_DIRECTORY));
  const auto slash = plan.inner_path.rfind('/');
  const auto origin = concat(plan.inner_path.substr(0, slash), "/.gaol/",
                             plan.inner_path.substr(slash + 1), "/origin");
  if (!kernel.read_in_root(root, origin, kMostOrigin)) return {};
  return fail("path ", plan.path,
              ": not supported on this system: a thin clone cannot be the tree of a jail below a "
              "jail yet; make a copy of it");
}

}  // namespace

mac::Permissions permissions_of(const Settings& settings) {
  const bool vnet = settings.jailsys("vnet") == Jailsys::fresh;
  const auto enabled = [&](std::string_view name) {
    return settings.jailsys(name) != Jailsys::disable;
  };
  return {.raw_sockets = settings.on("allow.raw_sockets"),
          .socket_af = settings.on("allow.socket_af"),
          .mlock = settings.on("allow.mlock"),
          .proc_debug = settings.on("allow.unprivileged_proc_debug"),
          .suser = settings.on("allow.suser"),
          .reserved_ports = settings.on("allow.reserved_ports"),
          .sysvmsg = enabled("sysvmsg"),
          .sysvsem = enabled("sysvsem"),
          .sysvshm = enabled("sysvshm"),
          .inet4 = vnet || enabled("ip4"),
          .inet6 = vnet || enabled("ip6"),
          .vnet = vnet,
          .set_hostname = settings.on("allow.set_hostname"),
          .own_ipc = !(shared_namespaces(settings) & CLONE_NEWIPC),
          .net_admin = settings.integer("securelevel") < 3,
          .read_msgbuf = settings.on("allow.read_msgbuf"),
          .own_release = !settings.text("osrelease").empty(),
          .mount = may_mount(settings)};
}

jail::Orders orders_of(const Settings& settings) {
  jail::Orders orders;
  if (settings.on("allow.set_hostname")) orders.grants |= jail::kGrantHostname;
  if (may_mount(settings)) {
    orders.grants |= jail::kGrantMount;
    for (const auto& kind : kMountPermissions)
      if (settings.on(kind.parameter)) orders.grants |= kind.grant;
  }
  if (settings.on("allow.raw_sockets") && settings.jailsys("vnet") != Jailsys::fresh)
    orders.grants |= jail::kGrantRawSockets;
  const std::string release = settings.text("osrelease");
  release.copy(orders.release, sizeof orders.release - 1);
  return orders;
}

std::vector<jail::PrisonPlan::File> files_of(const Settings& settings, size_t children) {
  std::vector<jail::PrisonPlan::File> out{
      {"sysctl", jail::view_text(jail::variables_of_jail(settings, children)), {}, {}}};
  // The standard value stands for none: the tree keeps its own file.
  for (const auto& identity : kIdentities)
    if (settings.text(identity.parameter) != jail::param(*jail::find(identity.parameter)).standard)
      out.push_back({identity.name, identity.text(settings), concat("etc/", identity.name),
                     concat(identity.parameter, ": /etc/", identity.name)});
  return out;
}

uint64_t shared_namespaces(const Settings& settings) {
  const auto inherits = [&](std::string_view name) {
    return settings.jailsys(name) == Jailsys::inherit;
  };
  return (inherits("host") ? CLONE_NEWUTS : 0U) |
         (inherits("sysvmsg") || inherits("sysvsem") || inherits("sysvshm") ? CLONE_NEWIPC : 0U);
}

net::StackPlan stack_of(const Settings& settings, uint32_t first_id, Jid jid) {
  const bool vnet = settings.jailsys("vnet") == Jailsys::fresh;
  const auto family = [&](std::string_view state, int kind) {
    net::FamilyPlan plan{.inherit = vnet || settings.jailsys(state) == Jailsys::inherit,
                         .addresses = {},
                         .by_network = settings.on(concat(state, ".saddrsel"))};
    if (!plan.inherit)
      for (const auto& element : settings.list(concat(state, ".addr")))
        if (auto spec = jail::parse_alias(element, kind)) plan.addresses.push_back(spec->address);
    return plan;
  };
  net::StackPlan plan{.v4 = family("ip4", AF_INET),
                      .v6 = family("ip6", AF_INET6),
                      .reserved_ports_uid = {},
                      .own_stack = vnet};
  if (settings.integer("exec.fib") != 0) plan.mark = net::fib_mark(jid);
  if (settings.on("allow.reserved_ports")) plan.reserved_ports_uid = first_id;
  return plan;
}

Result<std::string> find_nft(sys::Kernel& kernel) {
  for (const char* path : {"/usr/sbin/nft", "/sbin/nft", "/usr/local/sbin/nft", "/usr/bin/nft"})
    if (kernel.exists(path)) return path;
  return fail(Error{ENOENT, "not supported on this system: there is no nft(8)",
                    "it is in the package nftables"});
}

std::vector<std::string> claims_of(const Settings& settings) {
  auto out = addresses_of(settings);
  if (const auto nat = nat_of(settings); nat && *nat)
    for (const auto& redirect : (*nat)->redirects) out.push_back(redirect.claim());
  return out;
}

std::vector<std::string> addresses_of(const Settings& settings) {
  std::vector<std::string> out;
  const auto plan = stack_of(settings);
  for (const auto& family : {plan.v4, plan.v6})
    for (const auto& address : family.addresses) out.push_back(jail::address_text(address));
  return out;
}

std::string identity(const Settings& settings) {
  return settings.text(settings.has("jid") ? "jid" : "name");
}

std::string jail_set_words(const Settings& settings, Words which) {
  std::string out;
  for (const auto& setting : settings.all()) {
    const auto when = jail::param(setting.id).when;
    if (when == jail::When::any || (when == jail::When::create && which == Words::all))
      out += concat(" ", jail::export_setting(setting));
  }
  return out;
}

Result<std::string> absolute_path(sys::Kernel& kernel, const Request& request) {
  std::string path = request.settings.text("path");
  if (path.empty()) return fail("path: empty");
  if (!path.starts_with('/')) {
    if (!request.title.empty()) return fail("path ", path, ": not an absolute pathname");
    path = concat(TRY(kernel.read_symlink("/proc/self/cwd")), "/", path);
  }
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Result<> check_name(std::string_view name) {
  if (name.contains('/')) return fail("name: ", name, ": a jail's name has no /");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::ranges::any_of(name, is_control)) return fail("name: has control characters in it");
  return {};
}

Result<std::vector<sys::Node>> devices_of(sys::Kernel& kernel, const Settings& settings) {
  auto nodes = TRY(devfs::jail_nodes(kernel, static_cast<int>(settings.integer("devfs_ruleset"))));
  for (const auto& permission : kDevicePermissions) {
    if (!permission.is_given(settings) ||
        std::ranges::count(nodes, permission.node, &sys::Node::name) > 0)
      continue;
    auto node = permitted_node(kernel, permission, settings);
    if (!node) return fail(std::move(node).error().in(permission.parameter));
    nodes.push_back(std::move(*node));
  }
  TRY(devfs::check(nodes));
  return nodes;
}

bool asks_for_devices(const Settings& settings) {
  return settings.has("devfs_ruleset") ||
         std::ranges::any_of(kDevicePermissions, [&](const DevicePermission& permission) {
           return settings.has(permission.parameter);
         });
}

Result<StartPlan> make_plan(sys::Kernel& kernel, const Request& request, const Record* parent) {
  const Settings& settings = request.settings;
  if (auto fault = first_fault(settings)) return std::unexpected(std::move(*fault));
  StartPlan plan;
  plan.name = settings.text("name");
  if (settings.has("jid")) plan.jid = static_cast<Jid>(settings.integer("jid"));
  TRY(check_name(plan.name));
  plan.persist = settings.on("persist");
  plan.runs_something = request.runs_something || !settings.list("exec.start").empty() ||
                        settings.has("command") || !settings.list("exec.poststart").empty();
  if (!plan.persist && !plan.runs_something)
    return fail(
        Error{EINVAL, "new jail must persist or attach", "add persist, or a command to run in it"});

  plan.path = TRY(absolute_path(kernel, request));
  plan.prison.hostname = settings.text("host.hostname");
  plan.prison.domainname = settings.text("host.domainname");
  plan.prison.shared = shared_namespaces(settings);
  plan.prison.vnet = settings.jailsys("vnet") == Jailsys::fresh;
  plan.prison.dev = place_of(settings, "mount.devfs");
  plan.prison.proc = place_of(settings, "mount.procfs");
  plan.prison.orders = orders_of(settings);
  plan.prison.devices = TRY(devices_of(kernel, settings));
  plan.prison.files = files_of(settings, 0);
  if (plan.prison.vnet) plan.prison.words = TRY(compat_dir(kernel));
  plan.prison.commands = parent || settings.integer("children.max") > 0;
  if (plan.prison.files.size() > 1 && plan.prison.dev == jail::Place::no)
    return fail(plan.prison.files.back().subject, ": lies in the jail's /dev, and it has none");
  auto lines = TRY(mount_lines(kernel, settings, plan.path));
  TRY(take_mounts(std::move(lines), plan.prison));
  plan.permissions = permissions_of(settings);
  plan.stack = stack_of(settings);
  plan.aliases = TRY(aliases_of(kernel, settings));
  plan.claims = claims_of(settings);
  plan.interfaces = settings.list("vnet.interface");
  if (!plan.interfaces.empty() && !plan.prison.vnet)
    return fail(Error{0, "vnet.interface: the jail has no network stack of its own",
                      "is `vnet;` missing?"});
  plan.datasets = settings.list("zfs.dataset");
  plan.wires = TRY(wires_of(settings));
  if (!plan.wires.empty() && !plan.prison.vnet)
    return fail(
        Error{0, "vnet.bridge: the jail has no network stack of its own", "is `vnet;` missing?"});
  plan.nat = TRY(nat_of(settings));
  if (plan.nat) TRY(check_nat(kernel, *plan.nat, parent));
  auto fib = check_fib(kernel, plan, settings.integer("exec.fib"), parent);
  if (!fib) return fail(std::move(fib).error().in("exec.fib"));
  plan.inner_path = plan.path;
  if (parent) {
    // Its parent's root could name any dataset of the host.
    if (!plan.datasets.empty())
      return fail("zfs.dataset: not supported on this system: a jail below a jail gets none");
    TRY(see_as_parent(plan, *parent));
    TRY(refuse_foreign_aliases(kernel, plan, *parent));
  }
  return plan;
}

Result<dataset::Tree> find_tree(sys::Kernel& kernel, const StartPlan& plan, const Record* parent) {
  if (parent) {
    TRY(refuse_thin(kernel, plan, *parent));
    return dataset::Tree{.path = plan.inner_path};
  }
  TRY(check_directory(kernel, plan.path));
  auto tree = dataset::resolve(plan.path, kernel);
  if (!tree) return fail(std::move(tree).error().in("path ", plan.path));
  return tree;
}

}  // namespace gaol::warden
