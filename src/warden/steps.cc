// SPDX-License-Identifier: BSD-2-Clause
#include "warden/steps.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "dataset/delegation.h"
#include "devfs/cgroup.h"
#include "jail/address.h"
#include "net/alias.h"
#include "net/epair.h"
#include "net/fib.h"
#include "net/stack.h"
#include "sys/helper.h"
#include "warden/door.h"
#include "warden/way_in.h"
#include "warden/wiring.h"

namespace gaol::warden {

namespace {

using What = Report::What;

constexpr int kPatience = 2000;  // milliseconds for what was killed to end

// What it is given must outlive it.
Entrance entrance(const Machine& machine, const Record& record) {
  return {
      .enter = [&](const sys::Command& command) -> Result<sys::Fd> {
        const WayIn way = TRY(way_in(machine.kernel, record));
        return jail::enter_prison(machine.kernel, way.entry(), command);
      },
      .user = [&](std::string_view who) { return jail_user(machine.kernel, record.init.pid, who); },
      .vnet = record.settings.jailsys("vnet") == jail::Jailsys::fresh};
}

Result<sys::Fd> boot(Start& start, const sys::Command& command) {
  const Machine& machine = start.machine;
  sys::Fd first =
      TRY(start_init_system(machine.kernel, start.record, machine.store.empty_dir(), command));
  start.record.first = machine.kernel.identify(first);
  TRY(machine.store.publish(start.record));
  return first;
}

CommandContext context_of(Start& start) {
  auto context =
      command_context(start.machine, start.request.settings, start.record, start.plan.path);
  context.entrance = entrance(start.machine, start.record);
  context.entrance.boot = [&](const sys::Command& command) { return boot(start, command); };
  context.argv = start.request.command_argv;
  return context;
}

template <size_t N>
struct Name {
  char text[N];
  constexpr Name(const char (&literal)[N]) { std::ranges::copy(literal, text); }
};

// A step that is a list of commands.
template <Name kParameter, Where kWhere>
Result<> commands(Start& start) {
  return start.machine.hooks(context_of(start), kParameter.text, kWhere);
}

// --- aliases ---

// An address that another jail of ours brought is ours as well: the last one takes it away.
bool brought_by_other(const Machine& machine, const Record& record, const net::Alias& alias,
                      const std::vector<Jid>& users) {
  return std::ranges::any_of(users, [&](Jid user) {
    if (user == record.jid) return false;
    const auto other = machine.store.read(user);
    return other && std::ranges::count(other->aliases, alias) > 0;
  });
}

std::vector<Jid> users_of(const Machine& machine, const net::Alias& alias) {
  return machine.store.users_of(jail::address_text(alias.address));
}

// Written down before the first is added, so that a kill -9 in between leaks none.
Result<> bring_aliases(Start& start) {
  sys::Kernel& kernel = start.machine.kernel;
  Record& record = start.record;
  std::vector<net::Alias> missing;
  for (const auto& alias : start.plan.aliases) {
    const bool there = TRY(kernel.has_address(alias.interface, alias.address));
    if (!there) missing.push_back(alias);
    if (!there || brought_by_other(start.machine, record, alias, users_of(start.machine, alias)))
      record.aliases.push_back(alias);
  }
  TRY(start.machine.store.note(record));
  TRY(net::add_aliases(kernel, missing));
  return {};
}

Result<> add_aliases(Start& start) {
  if (start.plan.aliases.empty()) return {};
  auto brought = bring_aliases(start);
  if (!brought) return fail(std::move(brought).error().in("interface"));
  return {};
}

Result<> drop_aliases(const Machine& machine, Record& record) {
  std::vector<net::Alias> mine;
  for (const auto& alias : record.aliases)
    if (!brought_by_other(machine, record, alias, users_of(machine, alias))) mine.push_back(alias);
  record.aliases.clear();
  return net::remove_aliases(machine.kernel, mine);
}

// --- its routing table ---

uint32_t fib_of(const jail::Settings& settings) {
  return static_cast<uint32_t>(settings.integer("exec.fib"));
}

// exec.prestart may be what fills it.
Result<> choose_fib(Start& start) {
  const auto fib = fib_of(start.request.settings);
  if (fib == 0) return {};
  auto chosen = net::choose_fib(start.machine.kernel, start.record.jid, fib);
  if (!chosen) return fail(std::move(chosen).error().in("exec.fib"));
  return {};
}

Result<> leave_fib(const Machine& machine, Record& record) {
  const auto fib = fib_of(record.settings);
  return fib ? net::leave_fib(machine.kernel, record.jid, fib) : Result<>{};
}

// --- the cgroup: what it may do on the host's network stack, and which devices it may open ---

Result<> load_stack_programs(const Machine& machine, const std::string& root) {
  auto loader = TRY(sys::helper_path(machine.kernel, "gaol-stack"));
  const sys::Fd child = TRY(machine.kernel.spawn({.argv = {std::move(loader), "load", root}}));
  const auto status = TRY(machine.kernel.reap(child, -1));
  if (*status != 0) return fail("gaol-stack load failed; `gaol doctor` tells what is missing");
  return {};
}

Result<> hold_on_stack(Start& start) {
  sys::Kernel& kernel = start.machine.kernel;
  const auto plan = stack_of(start.request.settings, start.record.first_id, start.record.jid);
  auto applied = net::apply(kernel, start.record.cgroup, plan);
  if (!applied && applied.error().code == ENOENT) {
    const auto root = TRY(cgroup_root(kernel));
    auto loaded = load_stack_programs(start.machine, root);
    if (!loaded && !net::needed(plan)) {
      start.machine.report.tell(What::detail,
                                "abstract unix sockets of the host are open to the jail, and "
                                "devices held by its mounts alone, because its programs could "
                                "not be loaded");
      return {};
    }
    TRY(std::move(loaded));
    applied = net::apply(kernel, start.record.cgroup, plan);
  }
  if (!applied) return fail(std::move(applied).error().in("ip4.addr"));
  return {};
}

// Programs that were loaded for a cgroup that is gone hold nobody in a new one.
Result<> make_root(Start& start, const std::string& root) {
  auto made = start.machine.kernel.make_dir(root, 0755);
  if (!made) return made.error().code == EEXIST ? Result<>{} : made;
  if (!start.machine.kernel.open(net::kPrograms, O_PATH)) return {};
  return load_stack_programs(start.machine, root);
}

Result<> make_cgroup(Start& start) {
  sys::Kernel& kernel = start.machine.kernel;
  const std::string& path = start.record.cgroup;
  auto made = kernel.make_dir(path, 0755);
  if (!made && made.error().code == ENOENT) {
    const auto root = TRY(cgroup_root(kernel));
    TRY(make_root(start, root));
    made = kernel.make_dir(path, 0755);
  }
  TRY(std::move(made));
  start.cgroup = TRY(kernel.open(path, O_RDONLY | O_DIRECTORY));
  TRY(hold_on_stack(start));
  const auto cgroup = TRY(kernel.cgroup_id(path));
  return devfs::allow(kernel, cgroup, start.plan.prison.devices);
}

Result<> drop_cgroup(const Machine& machine, Record& record) {
  const auto id = machine.kernel.cgroup_id(record.cgroup);
  if (!id) return {};
  // The entries first: without the directory nobody would know their key any more.
  auto undone =
      net::undo(machine.kernel, *id, stack_of(record.settings, record.first_id, record.jid));
  auto forgotten = devfs::forget(machine.kernel, *id);
  if (undone) undone = std::move(forgotten);
  TRY(machine.kernel.end_cgroup(record.cgroup));
  return undone;
}

// --- the prison ---

void tell_ancestors(const Machine& machine, Jid jid);

// A jail that is to have commands lives by `persist` until they have run.
void tell_creation(const Start& start, std::string_view how_it_ended) {
  jail::Settings settings = start.request.settings;
  if (!start.plan.persist) settings.set({.id = *jail::find("persist"), .values = {}});
  start.machine.report.tell(
      What::detail,
      concat("jail_set(JAIL_CREATE)", jail_set_words(settings, Words::all), how_it_ended));
}

bool will_boot(const Request& request) {
  const auto boots = [](std::string_view line) {
    const auto argv = parse_command(line).argv;
    return !argv.empty() && is_init_system(argv.front());
  };
  const auto any = [&](const char* parameter) {
    return std::ranges::any_of(request.settings.list(parameter), boots);
  };
  return any("exec.start") || any("command") ||
         (!request.command_argv.empty() && is_init_system(request.command_argv.front()));
}

Result<> create(Start& start) {
  if (start.parent) start.plan.prison.parent = &start.parent_init;
  start.plan.prison.tree = TRY(find_tree(start.machine.kernel, start.plan, start.parent));
  start.plan.prison.first_id = start.record.first_id;
  if (const auto owners = start.plan.prison.tree.owners; owners && owners != start.record.first_id)
    return fail_errno(EBUSY, "path ", start.plan.path, ": its owners have been shifted just now");
  start.plan.prison.boots = will_boot(start.request);
  start.plan.prison.empty_dir = start.machine.store.empty_dir();
  auto prison = jail::create_prison(start.machine.kernel, start.plan.prison, start.cgroup,
                                    [&](const jail::Prison& born) {
                                      start.record.init = born.init();
                                      start.record.line = born.line();
                                      return start.machine.store.note(start.record);
                                    });
  tell_creation(start, prison ? "" : concat(": ", prison.error().text));
  if (!prison) {
    start.record.init = {};
    return std::unexpected(std::move(prison).error());
  }
  start.prison = std::move(*prison);
  if (start.parent)
    TRY(jail::tell_init(start.machine.kernel, start.parent_init, jail::WhenEmpty::hold));
  TRY(start.machine.store.enter(start.record));
  tell_ancestors(start.machine, start.record.parent);
  start.machine.report.tell(What::created, start.request.title);
  return {};
}

void collect_strays(const Machine& machine, Jid jid) {
  std::erase_if(machine.strays, [&](const Stray& stray) {
    if (stray.jid == jid) (void)machine.kernel.reap(stray.process, kPatience);
    return stray.jid == jid;
  });
}

Result<> end_prison(const Machine& machine, Record& record) {
  if (record.init.pid == 0) return {};
  const auto init = machine.kernel.pidfd(record.init);
  if (!init) return {};  // gone by itself
  // Init is the first process of a PID namespace: the kernel kills the others with it.
  TRY(machine.kernel.signal(*init, SIGKILL));
  collect_strays(machine, record.jid);
  // What is in the jail is dead from here on. Init stays as long as somebody's child in it is not
  // collected, a stopped jexec's for example, and that must not stop the rest.
  (void)TRY(machine.kernel.wait_gone(*init, kPatience));
  return {};
}

// --- interfaces of its own ---

Error no_interface(Error error) {
  Error told = std::move(error).in("vnet.interface");
  if (told.code == ENODEV) told.hint = "exec.prestart can make it; several need commas";
  return told;
}

Error no_bridge(Error error) {
  Error told = std::move(error).in("vnet.bridge");
  if (told.code == ENODEV) told.hint = "`ifconfig bridge0 create` makes one";
  return told;
}

Result<> push_interfaces(Start& start) {
  if (start.plan.interfaces.empty()) return {};
  sys::Kernel& kernel = start.machine.kernel;
  const sys::Fd netns =
      TRY(kernel.namespace_of(start.prison.pidfd(), start.record.init.pid, "net"));
  TRY(keep_network(start.machine, start.record.jid, netns));
  auto& lent = start.record.interfaces;
  for (const auto& interface : start.plan.interfaces) {
    lent.push_back({interface});
    TRY(start.machine.store.publish(start.record));
    auto pushed = kernel.push_link(interface, netns);
    if (!pushed) {
      lent.pop_back();
      return fail(no_interface(std::move(pushed).error()));
    }
    lent.back().index = *pushed;
  }
  return start.machine.store.publish(start.record);
}

Result<> pull_interfaces(const Machine& machine, Record& record) {
  const auto place = machine.store.network(record.jid);
  const auto netns = machine.kernel.open(place, O_RDONLY);
  if (!netns) return {};  // none was ever lent
  Result<> first;
  for (const auto& interface : record.interfaces)
    if (auto pulled = machine.kernel.pull_link(interface, *netns); !pulled && first)
      first = fail(std::move(pulled).error().in("vnet.interface"));
  record.interfaces.clear();
  TRY(machine.kernel.unpin_namespace(place));
  return first;
}

Result<> lay_wires(Start& start) {
  if (start.plan.wires.empty()) return {};
  sys::Kernel& kernel = start.machine.kernel;
  const sys::Fd netns =
      TRY(kernel.namespace_of(start.prison.pidfd(), start.record.init.pid, "net"));
  const auto host = net::host_id(kernel);
  size_t number = 0;
  for (auto& wire : start.plan.wires) {
    settle_wire(wire, number++, start.record.jid, start.record.name, host);
    auto laid = kernel.lay_wire(wire, netns);
    if (!laid) return fail(no_bridge(std::move(laid).error()));
  }
  return {};
}

Result<> cut_wires(const Machine& machine, Record& record) {
  Result<> first;
  for (size_t number = count_wires(record.settings); number-- > 0;)
    if (auto cut = machine.kernel.cut_wire(outer_name(record.jid, number)); !cut && first)
      first = fail(std::move(cut).error().in("vnet.bridge"));
  return first;
}

// --- its datasets ---

// As FreeBSD's, it tells what cannot be delegated, and goes on.
Result<> delegate_datasets(Start& start) {
  const Machine& machine = start.machine;
  const auto& datasets = start.plan.datasets;
  if (datasets.empty()) return {};
  const auto& init = start.prison.pidfd();
  const sys::Fd ns = TRY(machine.kernel.namespace_of(init, start.record.init.pid, "user"));
  const auto users = TRY(machine.store.make_users(start.record.jid));
  TRY(machine.kernel.pin_namespace(ns, users));
  for (const auto& dataset : datasets) {
    auto given = dataset::delegate(dataset, {users, start.record.first_id});
    if (given) continue;
    machine.report.tell(What::failed, std::move(given).error().in("zfs.dataset").line());
  }
  return {};
}

Result<> take_datasets_back(const Machine& machine, Record& record) {
  const auto datasets = record.settings.list("zfs.dataset");
  const auto users = machine.store.users(record.jid);
  if (datasets.empty() || !machine.kernel.exists(users.c_str())) return {};
  for (const auto& dataset : datasets) TRY(dataset::take_back(dataset, {users, record.first_id}));
  return machine.kernel.unpin_namespace(users);
}

// --- NAT ---

Result<> tell_nft(const Machine& machine, std::string words) {
  auto nft = TRY(find_nft(machine.kernel));
  const sys::Fd child = TRY(machine.kernel.spawn({.argv = {std::move(nft), std::move(words)}}));
  const auto status = TRY(machine.kernel.reap(child, -1));
  if (*status != 0) return fail("nft(8) failed");
  return {};
}

Result<> lay_nat(Start& start) {
  if (!start.plan.nat) return {};
  auto laid = tell_nft(start.machine, net::lay_nat(*start.plan.nat));
  if (!laid) return fail(std::move(laid).error().in("vnet.nat"));
  return {};
}

Result<> cut_nat(const Machine& machine, Record& record) {
  const auto nat = TRY(nat_of(record.settings));
  if (!nat) return {};
  auto cut = tell_nft(machine, net::cut_nat(*nat));
  if (!cut) return fail(std::move(cut).error().in("vnet.nat"));
  return {};
}

// --- the last step ---

// Processes of the jail besides its init, as pids on the host.
std::vector<int> inmates(const Machine& machine, const Record& record) {
  std::vector<int> out;
  if (const auto text = machine.kernel.read_file(record.cgroup + "/cgroup.procs"))
    for (auto word : words(*text))
      if (const auto pid = number<int>(word); pid && *pid != record.init.pid) out.push_back(*pid);
  return out;
}

// --- what the host does for it ---

Result<> open_doors(Start& start) {
  if (!wants_doors(start.record.settings)) return {};
  TRY(set_doors(start.machine.kernel, start.record));
  return start.machine.store.publish(start.record);
}

// They go before it does. FreeBSD asks their processes nothing: they are killed. Before that, that
// no new ones come.
Result<> end_descendants(const Machine& machine, Record& record);

struct Step {
  std::string_view name;
  Result<> (*run)(Start&);
  Result<> (*undo)(const Machine&, Record&);
};

constexpr Step kStart[] = {
    {"exec.prepare", commands<"exec.prepare", Where::host>, nullptr},
    {"ip4.addr", add_aliases, drop_aliases},
    {"exec.prestart", commands<"exec.prestart", Where::host>, nullptr},
    {"exec.fib", choose_fib, leave_fib},
    {"cgroup", make_cgroup, drop_cgroup},
    {"create", create, end_prison},
    {"children", open_doors, end_descendants},
    {"exec.created", commands<"exec.created", Where::host>, nullptr},
    {"zfs.dataset", delegate_datasets, take_datasets_back},
    {"vnet.interface", push_interfaces, pull_interfaces},
    {"vnet.bridge", lay_wires, cut_wires},
    {"vnet.nat", lay_nat, cut_nat},
    {"exec.start", commands<"exec.start", Where::jail>, nullptr},
    {"command", commands<"command", Where::jail>, nullptr},
    {"exec.poststart", commands<"exec.poststart", Where::host>, nullptr},
};

Result<> told(const Machine& machine, Result<> result) {
  if (result) return result;
  Error& error = result.error();
  if (error.code == ENOSYS && error.hint.empty())
    error.hint = "`gaol doctor` tells what this kernel lacks";
  machine.report.tell(What::failed, error.line());
  return result;
}

// Undoes the first `steps` rows, last first. What cannot be undone is told, and does not stop the
// rest. True when nothing is left.
bool undo_from(const Machine& machine, Record& record, size_t steps) {
  bool all = true;
  while (steps-- > 0)
    if (kStart[steps].undo) all &= told(machine, kStart[steps].undo(machine, record)).has_value();
  return all;
}

// The last jail below one that is not to persist may have been all that kept it.
void let_end(const Machine& machine, Jid jid) {
  const auto jail = machine.store.read(jid);
  if (!jail || jail->settings.on("persist") || !machine.store.descendants(jid).empty()) return;
  if (const auto init = machine.kernel.pidfd(jail->init))
    (void)jail::tell_init(machine.kernel, *init, jail::WhenEmpty::end);
}

// That it has one more below it, or one less.
void tell_ancestors(const Machine& machine, Jid jid) {
  while (const auto record = jid ? machine.store.read(jid) : std::nullopt) {
    tell_jail(machine, *record);
    jid = record->parent;
  }
}

void forget(const Machine& machine, const Record& record) {
  auto lock = machine.locked ? Result<sys::Fd>{} : machine.store.lock();
  machine.store.forget(record, claims_of(record.settings));
  if (!record.parent) return;
  tell_ancestors(machine, record.parent);
  let_end(machine, record.parent);
}

Result<> end_descendants(const Machine& machine, Record& record) {
  Result<> first = close_doors(machine.kernel, record);
  for (const Jid jid : machine.store.descendants(record.jid)) {
    auto child = machine.store.read(jid);
    if (!child) continue;
    if (undo_from(machine, *child, std::size(kStart)))
      forget(machine, *child);
    else if (first)
      first = fail("not all of the jail \"", child->name, "\" below it is gone");
  }
  return first;
}

Result<> unpublish(const Machine& machine, const Record& record) {
  const auto lock = TRY(machine.store.lock());
  return machine.store.unpublish(record);
}

// A jail that is not to persist lives from here on as long as a process or a jail does in it.
Result<> settle(Start& start) {
  const Machine& machine = start.machine;
  if (!start.plan.persist)
    machine.report.tell(What::detail,
                        concat("jail_set(JAIL_UPDATE) jid=", start.record.jid, " nopersist"));
  const bool has_children = !machine.store.descendants(start.record.jid).empty();
  if (!start.plan.persist && !has_children && inmates(machine, start.record).empty() &&
      !machine.kernel.alive(start.record.first)) {
    // With nothing to bring back from it, what its birth held is let go while it dies.
    if (start.record.interfaces.empty()) (void)machine.kernel.signal(start.prison.pidfd(), SIGKILL);
    start.prison = {};
    // A record outlives what cannot be undone: the next command finds it and tries again.
    if (!undo_from(machine, start.record, std::size(kStart)))
      return fail("the jail is over, but not all of it is gone");
    forget(machine, start.record);
    return {};
  }
  if (!start.plan.persist && !has_children)
    TRY(jail::tell_init(machine.kernel, start.prison.pidfd(), jail::WhenEmpty::end));
  machine.store.settle(start.record.jid);
  return {};
}

bool all_gone(sys::Kernel& kernel, const std::vector<sys::Fd>& processes,
              std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  return std::ranges::all_of(processes, [&](const sys::Fd& process) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    const auto gone = kernel.wait_gone(process, std::max<int>(0, static_cast<int>(left.count())));
    return gone && *gone;
  });
}

// Where the jail has an init system, that ends the others; it was asked to by exec.stop.
std::vector<sys::Fd> init_system(const Stop& stop) {
  std::vector<sys::Fd> out;
  if (stop.record.first.pid == 0) return out;
  if (auto first = stop.machine.kernel.pidfd(stop.record.first)) out.push_back(std::move(*first));
  return out;
}

// SIGTERM to every process of the jail but init, then a wait until all have gone.
void ask_to_end(const Stop& stop) {
  const Machine& machine = stop.machine;
  const auto timeout = std::chrono::seconds(stop.settings.integer("stop.timeout"));
  if (timeout.count() <= 0) return;
  std::vector<sys::Fd> asked = init_system(stop);
  const bool by_itself = !asked.empty();
  std::string pids;
  if (!by_itself)
    for (const int pid : inmates(machine, stop.record)) {
      auto process = machine.kernel.pidfd_of_member(pid, stop.record.cgroup);
      if (!process || !machine.kernel.signal(*process, SIGTERM)) continue;
      asked.push_back(std::move(*process));
      pids += concat(" ", pid);
    }
  if (asked.empty()) return;
  if (!by_itself) machine.report.tell(What::detail, concat("sent SIGTERM to:", pids));
  machine.report.tell(What::waiting, "");
  const bool gone = all_gone(machine.kernel, asked, timeout);
  machine.report.tell(What::working, "");
  if (!gone) machine.report.tell(What::detail, "timed out");
}

Result<> run_hooks(Stop& stop, std::string_view parameter, Where where) {
  if (!stop.hooks) return {};
  auto context = command_context(stop.machine, stop.settings, stop.record, stop.path);
  if (where == Where::jail) context.entrance = entrance(stop.machine, stop.record);
  return stop.machine.hooks(context, parameter, where);
}

// An init system that nothing else is said of is asked in its own way.
Result<> run_exec_stop(Stop& stop) {
  const auto first = init_system(stop);
  if (!stop.settings.list("exec.stop").empty() || first.empty())
    return run_hooks(stop, "exec.stop", Where::jail);
  const auto farewell = farewell_of(stop.machine.kernel, stop.record.first);
  if (farewell.signal) {
    stop.machine.report.tell(What::detail, concat("sent signal ", farewell.signal,
                                                  " to its init system: ", stop.record.first.pid));
    (void)stop.machine.kernel.signal(first.front(), farewell.signal);
    return {};
  }
  auto context = command_context(stop.machine, stop.settings, stop.record, stop.path);
  context.entrance = entrance(stop.machine, stop.record);
  (void)told(stop.machine, run_command(context, {farewell.argv, false}, Where::jail));
  return {};
}

}  // namespace

Result<std::string> cgroup_root(sys::Kernel& kernel) {
  return concat(TRY(kernel.cgroup_mount()), "/gaol");
}

namespace {

std::string outermost_path(const Store& store, const Record& record, const std::string& path) {
  const auto parent = record.parent ? store.read(record.parent) : std::nullopt;
  return parent ? outermost_path(store, *parent, parent->settings.text("path")) : path;
}

}  // namespace

void tell_jail(const Machine& machine, const Record& record) {
  const auto root =
      machine.kernel.open(concat("/proc/", record.init.pid, "/root"), O_PATH | O_DIRECTORY);
  if (!root) return;
  const auto children = machine.store.descendants(record.jid).size();
  for (const auto& file : files_of(record.settings, children))
    (void)machine.kernel.put_text(*root, concat("dev/gaol/", file.name), file.text);
}

CommandContext command_context(const Machine& machine, const jail::Settings& settings,
                               const Record& record, const std::string& path) {
  return {.kernel = machine.kernel,
          .report = machine.report,
          .strays = machine.strays,
          .settings = settings,
          .jid = record.init.pid ? record.jid : 0,
          .name = record.name,
          .path = path,
          .tenancy = outermost_path(machine.store, record, path)};
}

std::vector<std::string_view> start_step_names() {
  std::vector<std::string_view> out;
  for (const auto& step : kStart) out.push_back(step.name);
  return out;
}

Result<> keep_network(const Machine& machine, Jid jid, const sys::Fd& netns) {
  const auto place = TRY(machine.store.make_network(jid));
  if (machine.kernel.exists(place.c_str())) return {};
  return machine.kernel.pin_namespace(netns, place);
}

Result<> forget_first(const Machine& machine, Record& record) {
  if (record.first.pid == 0 || machine.kernel.alive(record.first)) return {};
  const auto lock = machine.locked ? Result<sys::Fd>{} : machine.store.lock();
  const sys::Fd init = TRY(machine.kernel.pidfd(record.init));
  TRY(jail::forget_first(machine.kernel, init));
  record.first = {};
  return machine.store.publish(record);
}

Result<> run_start(Start& start) {
  size_t done = 0;
  Result<> result;
  for (const auto& step : kStart) {
    result = told(start.machine, step.run(start));
    // The failing step left nothing of its own, except the cgroup that its jail sits in.
    ++done;
    if (!result) break;
  }
  if (result) return settle(start);
  const bool created = start.record.init.pid != 0;
  (void)start.machine.store.unpublish(start.record);
  if (undo_from(start.machine, start.record, done)) forget(start.machine, start.record);
  if (created && !start.request.title.empty())
    start.machine.report.tell(What::removed, start.request.title);
  return result;
}

Result<> run_stop(Stop& stop) {
  const Machine& machine = stop.machine;
  if (machine.kernel.alive(stop.record.init)) {
    (void)told(machine, forget_first(machine, stop.record));
    TRY(told(machine, run_hooks(stop, "exec.prestop", Where::host)));
    TRY(told(machine, run_exec_stop(stop)));
    ask_to_end(stop);
  }
  stop.record.owner = machine.kernel.self();
  TRY(unpublish(machine, stop.record));
  Result<> first;
  for (const auto undo : {end_descendants, cut_nat, cut_wires, pull_interfaces, take_datasets_back,
                          end_prison, drop_cgroup, leave_fib}) {
    auto undone = told(machine, undo(machine, stop.record));
    stop.gone &= undone.has_value();
    if (first) first = std::move(undone);
  }
  machine.report.tell(What::removed, stop.title);
  auto cleaned = run_cleanup(stop);
  if (first) first = std::move(cleaned);
  if (stop.gone) forget(machine, stop.record);
  return first;
}

Result<> run_cleanup(Stop& stop) {
  const Machine& machine = stop.machine;
  auto first = told(machine, run_hooks(stop, "exec.poststop", Where::host));
  auto dropped = told(machine, drop_aliases(machine, stop.record));
  stop.gone &= dropped.has_value();
  if (first) first = std::move(dropped);
  auto released = told(machine, run_hooks(stop, "exec.release", Where::host));
  if (first) first = std::move(released);
  return first;
}

void sweep(const Machine& machine, Record record) {
  const Machine locked{machine.kernel, machine.store,  machine.report,
                       machine.hooks,  machine.strays, true};
  if (undo_from(locked, record, std::size(kStart))) forget(locked, record);
}

}  // namespace gaol::warden
