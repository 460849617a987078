// SPDX-License-Identifier: BSD-2-Clause
#include "warden/warden.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/socket.h>

#include <algorithm>

#include "dataset/delegation.h"
#include "devfs/cgroup.h"
#include "jail/address.h"
#include "jail/hierarchy.h"
#include "warden/door.h"
#include "warden/ids.h"

namespace gaol::warden {

namespace {

std::unexpected<Error> not_found(std::string_view who) {
  return std::unexpected(Error{ENOENT, concat("\"", who, "\" not found"), {}});
}

std::unexpected<Error> exists(std::string_view who) {
  return std::unexpected(Error{EEXIST, concat("\"", who, "\" already exists"), {}});
}

std::string name_of(const jail::Settings& settings, Jid jid) {
  auto name = settings.text("name");
  return name.empty() ? concat(jid) : name;
}

// Two jails may share an address only while it is the one address of either.
bool clash(const net::FamilyPlan& ours, const net::FamilyPlan& theirs) {
  if (ours.addresses.size() == 1 && theirs.addresses.size() == 1) return false;
  return std::ranges::any_of(ours.addresses, [&](const sys::Address& address) {
    return std::ranges::any_of(theirs.addresses, [&](const sys::Address& other) {
      return std::ranges::equal(address.bytes, other.bytes);
    });
  });
}

// Whether a parameter means the same in both, given or by default.
bool same(const jail::Param& param, const jail::Settings& a, const jail::Settings& b) {
  switch (param.type) {
    case jail::Type::jailsys: return a.jailsys(param.name) == b.jailsys(param.name);
    case jail::Type::boolean: return a.on(param.name) == b.on(param.name);
    case jail::Type::list:
    case jail::Type::ip4_list:
    case jail::Type::ip6_list: return a.list(param.name) == b.list(param.name);
    default: return a.text(param.name) == b.text(param.name);
  }
}

// What was settled when the jail was created. Whoever wants it otherwise restarts the jail.
std::optional<Error> changes_what_is_fixed(const jail::Settings& before,
                                           const jail::Settings& after) {
  const uint64_t changed = shared_namespaces(before) ^ shared_namespaces(after);
  std::string what;
  if (changed & CLONE_NEWUTS) what = "host";
  if (changed & CLONE_NEWIPC) what = "inherit of sysvmsg, sysvsem and sysvshm";
  for (const char* family : {"ip4", "ip6"})
    if ((before.jailsys(family) == jail::Jailsys::inherit) !=
        (after.jailsys(family) == jail::Jailsys::inherit))
      what = family;
  if (files_of(before, 0).size() != files_of(after, 0).size())
    what = "host.hostid or host.hostuuid";
  if (what.empty()) return {};
  return Error{EROFS, concat(what, " cannot be changed after creation"), {}};
}

// The settings of a running jail with the changeable ones of `wanted` over them.
Result<jail::Settings> merge(const Record& record, const jail::Settings& wanted) {
  jail::Settings merged = record.settings;
  merged.set({.id = *jail::find("jid"), .values = {concat(record.jid)}});
  for (const auto& setting : wanted.all()) {
    const auto& param = jail::param(setting.id);
    if (param.when == jail::When::create && param.name != "jid" &&
        !same(param, wanted, record.settings))
      return fail(Error{EROFS, concat(param.name, " cannot be changed after creation"), {}});
    if (param.when == jail::When::create || param.when == jail::When::tool) continue;
    if (param.type == jail::Type::keyvalue)
      merged.put_buffer(param.name,
                        wanted.buffer(param.name, record.settings.buffer(param.name, "")));
    else
      merged.set(setting);
  }
  if (auto fixed = changes_what_is_fixed(record.settings, merged))
    return std::unexpected(std::move(*fixed));
  if (auto faults = jail::check(merged); !faults.empty())
    return std::unexpected(std::move(faults.front()));
  const auto level = record.settings.integer("securelevel");
  if (merged.integer("securelevel") < level)
    return fail(Error{EPERM,
                      concat("securelevel ", merged.integer("securelevel"), ": it is ", level,
                             " and can only be raised"),
                      {}});
  return merged;
}

// As records have them.
Result<jail::Settings> settings_wanted(sys::Kernel& kernel, const Request& request) {
  jail::Settings wanted = request.settings;
  if (wanted.has("path"))
    wanted.set({.id = *jail::find("path"), .values = {TRY(absolute_path(kernel, request))}});
  return wanted;
}

// Fills in the number of jails below each. REQUIRES: sorted by jid.
void count_children(std::vector<Entry>& jails) {
  for (const auto& jail : jails)
    for (Jid above = jail.parent; above != 0;) {
      const auto ancestor = std::ranges::lower_bound(jails, above, {}, &Entry::jid);
      if (ancestor == jails.end() || ancestor->jid != above) break;
      ++ancestor->children;
      above = ancestor->parent;
    }
}

std::vector<std::string> without(std::vector<std::string> all,
                                 const std::vector<std::string>& some) {
  std::erase_if(all, [&](const std::string& one) { return std::ranges::count(some, one) > 0; });
  return all;
}

}  // namespace

Warden::Warden(sys::Kernel& kernel, Report report, std::string root, RunParameter hooks)
    : kernel_(kernel),
      report_(std::move(report)),
      hooks_(std::move(hooks)),
      store_(kernel, std::move(root)) {}

// Read again once its owner is known to be gone: until then it went on, or came to its end.
std::optional<Record> Warden::abandoned(Jid jid) {
  const auto record = store_.read_busy(jid);
  if (!record || kernel_.alive(record->owner)) return {};
  return store_.read_busy(jid);
}

void Warden::finish_the_dead() {
  const auto busy = store_.busy();
  for (const Jid jid : busy.jids)
    if (auto record = abandoned(jid)) sweep(machine(), std::move(*record));
  for (const auto& path : busy.torn) (void)kernel_.remove_file(path);
}

std::optional<Record> Warden::living(Jid jid) {
  auto record = store_.read(jid);
  if (!record || running(*record) || kernel_.alive(record->owner)) return record;
  record = store_.read(jid);  // see abandoned()
  if (!record || running(*record)) return record;
  sweep(machine(), std::move(*record));
  return store_.read(jid);  // nothing, if all of it could be undone
}

std::optional<Record> Warden::named(const std::string& name) {
  const auto jid = store_.jid_of_name(name);
  auto record = jid ? living(*jid) : std::nullopt;
  if (record && record->name != name) return {};  // it has been renamed
  return record;
}

Result<> Warden::refuse_taken(const StartPlan& plan) {
  if (!plan.name.empty() && named(plan.name)) return exists(plan.name);
  if (plan.jid && living(*plan.jid)) return exists(concat(*plan.jid));
  return {};
}

// A tree or a dataset with ids of its own has one jail at a time: two would be one to the kernel.
Result<uint32_t> Warden::take_ids(const StartPlan& plan, Jid jid) {
  const auto at = dataset::split_place(plan.path);
  auto first = TRY(dataset::read_owners(kernel_, at)).first;
  if (first) TRY(dataset::check_range(at.path(), first));
  const bool of_tree = first != 0;
  if (!plan.datasets.empty()) first = TRY(dataset::ids_of_datasets(plan.datasets, first));
  if (!first) return first_id_of(jid);
  auto others = store_.jids();
  std::ranges::copy(store_.busy().jids, std::back_inserter(others));
  for (const Jid other : others)
    if (const auto record = living(other); record && record->first_id == first)
      return fail(Error{
          EBUSY,
          of_tree
              ? concat("path ", plan.path, ": jail \"", record->name, "\" has the ids of this tree")
              : concat("zfs.dataset: jail \"", record->name, "\" has the ids of these datasets"),
          concat("jail -r ", record->name)});
  return first;
}

std::string_view Warden::stack_owner(std::string_view name) const {
  for (; !name.empty(); name = jail::parent_name(name)) {
    const auto jid = store_.jid_of_name(std::string(name));
    const auto record = jid ? store_.read(*jid) : std::nullopt;
    if (record && record->settings.jailsys("vnet") == jail::Jailsys::fresh) break;
  }
  return name;
}

Result<> Warden::refuse_clash(const jail::Settings& settings, std::string_view self) {
  const auto ours = stack_of(settings);
  for (const auto& address : addresses_of(settings)) {
    for (const Jid user : store_.users_of(address)) {
      const auto other = living(user);
      if (!other || jail::is_below(other->name, self) || jail::is_below(self, other->name) ||
          other->name == self || stack_owner(other->name) != stack_owner(self))
        continue;
      const auto theirs = stack_of(other->settings);
      const bool four = clash(ours.v4, theirs.v4);
      if (four || clash(ours.v6, theirs.v6))
        return fail(Error{EADDRINUSE,
                          concat(four ? "ip4.addr: IPv4" : "ip6.addr: IPv6", " addresses clash: ",
                                 address, " belongs to jail \"", other->name, "\""),
                          "jails may share an address only if it is the single one of each"});
    }
  }
  return {};
}

Result<> Warden::refuse_ports(const StartPlan& plan) {
  if (!plan.nat) return {};
  for (const auto& redirect : plan.nat->redirects)
    for (const Jid user : store_.users_of(redirect.claim()))
      if (const auto other = living(user))
        return fail(Error{
            EADDRINUSE,
            concat("vnet.rdr: ", redirect.claim(), " goes to jail \"", other->name, "\" already"),
            {}});
  return {};
}

// What is not asked for stays as the jail has it, who may have changed it.
Result<> Warden::give_names(const sys::Fd& init, const jail::Settings& wanted) {
  if (!wanted.has("host.hostname") && !wanted.has("host.domainname")) return {};
  sys::Names names = TRY(kernel_.names(init));
  if (wanted.has("host.hostname")) names.host = wanted.text("host.hostname");
  if (wanted.has("host.domainname")) names.domain = wanted.text("host.domainname");
  return jail::give_names(kernel_, init, names);
}

// Also what is as before: a kill -9 may have come between an order and its record.
Result<> Warden::give_orders(const sys::Fd& init, const jail::Settings& before,
                             const jail::Settings& after) {
  auto given = jail::give_orders(kernel_, init, orders_of(before), orders_of(after));
  if (!given && given.error().code == EPERM)
    return fail(Error{EPERM,
                      "allow: a jail that began with nothing to be granted by its init cannot be "
                      "given it while it runs",
                      "restart the jail with it"});
  return given;
}

void Warden::read_names(Record& jail) const {
  const sys::Resident init{jail.init};
  const auto now = kernel_.look_at({&init, 1}, sys::See::names)[0].names;
  if (!now) return;
  jail.settings.set({.id = *jail::find("host.hostname"), .values = {now->host}});
  jail.settings.set({.id = *jail::find("host.domainname"), .values = {now->domain}});
}

Result<std::unique_ptr<Record>> Warden::parent_of(std::string_view name) {
  const auto above = jail::parent_name(name);
  if (above.empty()) return nullptr;
  if (std::ranges::count(name, '.') >= net::kDeepestJail)
    return fail("name: ", name, ": not supported on this system: more than ", net::kDeepestJail,
                " jails in each other");
  auto parent = find(above);
  if (!parent) return fail(Error{ENOENT, concat("jail \"", above, "\" not found"), {}});
  return std::make_unique<Record>(std::move(*parent));
}

Result<> Warden::refuse_child(const Record& parent, jail::Settings& settings) {
  const auto now = store_.read(parent.jid);
  if (!now || !running(*now) || !store_.listed(parent.jid))
    return fail(Error{ENOENT, concat("jail \"", parent.name, "\" is dying"), {}});
  TRY(jail::settle_below(now->settings, settings));
  // Every jail above has its own limit, for all that is below it.
  for (std::string_view above = now->name; !above.empty(); above = jail::parent_name(above)) {
    const auto ancestor = TRY(find(above));
    const auto below = std::ranges::count_if(store_.descendants(ancestor.jid),
                                             [&](Jid jid) { return living(jid).has_value(); });
    if (below >= ancestor.settings.integer("children.max"))
      return fail(Error{EPERM, "prison limit exceeded", {}});
  }
  return {};
}

Result<> Warden::refuse_more(const Record& child, jail::Settings& settings) {
  const auto parent = store_.read(child.parent);
  return parent ? jail::settle_below(parent->settings, settings) : Result<>{};
}

Result<> Warden::tighten_descendants(const Record& record) {
  auto below = store_.descendants(record.jid);
  std::ranges::reverse(below);  // each after the one it is below
  Result<> first;
  for (const Jid jid : below) {
    auto child = living(jid);
    const auto parent = child ? store_.read(child->parent) : std::nullopt;
    if (!parent) continue;
    // One that resists must not save the others.
    if (auto done = tighten(*child, *parent); !done && first)
      first = fail(std::move(done).error().in("jail \"", child->name, "\""));
  }
  return first;
}

Result<> Warden::tighten(Record& child, const Record& parent) {
  const auto before = child.settings;
  jail::inherit_again(child.inherits, child.settings);
  jail::tighten(parent.settings, child.settings);
  if (child.settings == before) return {};
  const auto init = kernel_.pidfd(child.init);
  if (!init) return {};  // it has ended
  const auto old = addresses_of(before), now = addresses_of(child.settings);
  TRY(store_.take_addresses(child.jid, without(now, old)));
  TRY(net::replace(kernel_, child.cgroup, stack_of(before, child.first_id, child.jid),
                   stack_of(child.settings, child.first_id, child.jid)));
  TRY(give_orders(*init, before, child.settings));
  TRY(set_doors(kernel_, child));
  TRY(store_.publish(child));
  tell_jail(machine(), child);
  store_.return_addresses(child.jid, without(old, now));
  return {};
}

Result<> Warden::rename_descendants(const Record& record, const std::string& old_name) {
  for (const Jid jid : store_.descendants(record.jid)) {
    auto child = living(jid);
    if (!child) continue;
    const auto name = record.name + child->name.substr(old_name.size());
    child->settings.set({.id = *jail::find("name"), .values = {name}});
    TRY(store_.rename(*child, name));
  }
  return {};
}

Result<Jid> Warden::start(const Request& asked) {
  const auto parent = TRY(parent_of(asked.settings.text("name")));
  Request request = asked;
  if (parent) TRY(jail::settle_below(parent->settings, request.settings));
  Start start{.machine = machine(),
              .request = request,
              .plan = TRY(make_plan(kernel_, request, parent.get())),
              .record = {},
              .parent = parent.get(),
              .parent_init = {},
              .cgroup = {},
              .prison = {}};
  TRY(store_.prepare());
  {
    const auto lock = TRY(store_.lock());
    finish_the_dead();
    if (parent) TRY(refuse_child(*parent, request.settings));
    TRY(refuse_taken(start.plan));
    TRY(refuse_clash(request.settings, start.plan.name));
    TRY(refuse_ports(start.plan));
    Record& record = start.record;
    record.jid = TRY(store_.allocate(start.plan.jid));
    record.name = name_of(request.settings, record.jid);
    record.settings = request.settings;
    record.settings.set({.id = *jail::find("path"), .values = {start.plan.path}});
    record.owner = kernel_.self();
    if (parent) {
      // One tenant, one range of ids, and one cgroup around all that is his.
      start.parent_init = TRY(kernel_.pidfd(parent->init));
      record.parent = parent->jid;
      record.inherits = jail::inherited_families(asked.settings);
      record.first_id = parent->first_id;
      record.cgroup = concat(parent->cgroup, "/", record.jid);
    } else {
      record.first_id = TRY(take_ids(start.plan, record.jid));
      record.cgroup = concat(TRY(cgroup_root(kernel_)), "/", record.jid);
    }
    TRY(store_.reserve(record, start.plan.claims));
  }
  TRY(run_start(start));
  if (parent) {
    // What the parent lost while the child was being made.
    const auto lock = TRY(store_.lock());
    TRY(tighten_descendants(*parent));
  }
  return start.record.jid;
}

Result<Record> Warden::find(std::string_view jid_or_name) {
  auto jid = number<Jid>(jid_or_name);
  const bool by_name = !jid;
  if (by_name) jid = store_.jid_of_name(std::string(jid_or_name));
  if (!jid || *jid <= 0) return not_found(jid_or_name);
  auto record = store_.read(*jid);
  if (!record || !running(*record)) return not_found(jid_or_name);
  if (by_name && record->name != jid_or_name) return not_found(jid_or_name);  // renamed
  return std::move(*record);
}

bool Warden::sweep_the_dead(const std::vector<Jid>& dead) {
  const auto busy = store_.busy();
  const bool unfinished = !busy.torn.empty() || std::ranges::any_of(busy.jids, [&](Jid jid) {
    return abandoned(jid).has_value();
  });
  if (dead.empty() && !unfinished) return false;
  const auto lock = store_.lock();
  if (!lock) return false;
  finish_the_dead();
  for (const Jid jid : dead) (void)living(jid);
  return true;
}

std::vector<Record> Warden::list() {
  std::vector<Record> alive;
  std::vector<Jid> dead;
  for (const Jid jid : store_.jids()) {
    auto record = store_.read(jid);
    if (!record) continue;
    if (running(*record))
      alive.push_back(std::move(*record));
    else
      dead.push_back(jid);
  }
  if (sweep_the_dead(dead))  // an unfinished one may have been among the living
    std::erase_if(alive, [&](const Record& record) { return !running(record); });
  return alive;
}

std::vector<Jid> Warden::look_at(std::vector<Entry>& jails, Names names) {
  std::vector<sys::Resident> inits;
  inits.reserve(jails.size());
  for (const auto& jail : jails) inits.push_back({jail.init, jail.line});
  auto sights = kernel_.look_at(inits, names == Names::live ? sys::See::names : sys::See::life);
  std::vector<Jid> dead;
  for (size_t at = 0; at < jails.size(); ++at) {
    Entry& jail = jails[at];
    auto& [alive, now] = sights[at];
    if (!alive && !std::exchange(jail.dying, true)) dead.push_back(jail.jid);
    if (!now) continue;
    jail.hostname = std::move(now->host);
    jail.domainname = std::move(now->domain);
  }
  return dead;
}

Result<std::vector<Entry>> Warden::listing(Dying dying, Names names) {
  auto entries = TRY(store_.entries());
  if (sweep_the_dead(look_at(entries, names))) {
    entries = TRY(store_.entries());
    look_at(entries, names);
  }
  if (dying == Dying::hidden) std::erase_if(entries, &Entry::dying);
  count_children(entries);
  return entries;
}

Result<Entry> Warden::look_up(std::string_view jid_or_name, Dying dying, Names names) {
  auto jid = number<Jid>(jid_or_name);
  if (!jid) jid = store_.jid_of_name(std::string(jid_or_name));
  if (!jid || *jid <= 0) return not_found(jid_or_name);
  if (const auto record = store_.read(*jid)) {
    std::vector<Entry> only = {entry_of(*record, 0)};
    look_at(only, names);
    Entry& entry = only.front();
    entry.children = static_cast<int>(store_.descendants(*jid).size());
    if (record->init.pid != 0 && (!entry.dying || dying == Dying::shown)) return std::move(entry);
    return not_found(jid_or_name);
  }
  for (auto& entry : TRY(listing(dying, names)))  // whoever may not read records
    if (entry.jid == *jid) return std::move(entry);
  return not_found(jid_or_name);
}

Result<> Warden::stop(const Record& jail, const jail::Settings* configured,
                      const std::string& title) {
  const jail::Settings none;
  Stop stop{.machine = machine(),
            .settings = configured ? *configured : none,
            .hooks = configured != nullptr,
            .title = title,
            .record = jail,
            .path = jail.settings.text("path")};
  return run_stop(stop);
}

Result<> Warden::cleanup(const jail::Settings& settings, const std::string& title) {
  Stop stop{.machine = machine(),
            .settings = settings,
            .title = title,
            .record = {},
            .path = settings.text("path")};
  stop.record.name = settings.text("name");
  stop.record.settings = settings;
  return run_cleanup(stop);
}

Result<> Warden::modify(const Request& request) {
  const auto who = identity(request.settings);
  if (who.empty()) return fail("no jail specified");
  TRY(find(who));  // before the lock, which is not there where no jail has ever been
  const auto lock = TRY(store_.lock());
  Record record = TRY(find(who));
  const auto changed = change(record, request);
  report_.tell(Report::What::detail, concat("jail_set(JAIL_UPDATE) jid=", record.jid,
                                            jail_set_words(request.settings, Words::changeable),
                                            changed ? "" : concat(": ", changed.error().text)));
  if (changed) report_.tell(Report::What::updated, request.title);
  return changed;
}

Result<> Warden::change(Record& record, const Request& request) {
  const auto wanted = TRY(settings_wanted(kernel_, request));
  jail::Settings merged = TRY(merge(record, wanted));
  const std::string name = name_of(merged, record.jid);
  TRY(check_name(name));
  if (name != record.name && named(name)) return exists(name);
  if (jail::parent_name(name) != jail::parent_name(record.name))
    return fail("name: ", name, ": a jail stays below the one that it was made below");
  if (record.parent) TRY(refuse_more(record, merged));
  TRY(refuse_clash(merged, record.name));

  const bool has_children = !store_.descendants(record.jid).empty();
  std::optional<std::vector<sys::Node>> devices;
  if (asks_for_devices(wanted)) devices = TRY(devices_of(kernel_, merged));

  const auto before = addresses_of(record.settings), after = addresses_of(merged);
  const sys::Fd init = TRY(kernel_.pidfd(record.init));
  TRY(give_orders(init, record.settings, merged));
  TRY(store_.take_addresses(record.jid, without(after, before)));
  TRY(give_names(init, wanted));
  TRY(net::replace(kernel_, record.cgroup, stack_of(record.settings, record.first_id, record.jid),
                   stack_of(merged, record.first_id, record.jid)));
  if (devices) {
    const auto cgroup = TRY(kernel_.cgroup_id(record.cgroup));
    TRY(devfs::replace(kernel_, cgroup, *devices));
  }
  TRY(jail::tell_init(
      kernel_, init,
      merged.on("persist") || has_children ? jail::WhenEmpty::hold : jail::WhenEmpty::end));
  record.settings = std::move(merged);
  std::erase_if(record.inherits,
                [&](const std::string& family) { return wanted.has(concat(family, ".addr")); });
  tell_jail(machine(), record);
  TRY(set_doors(kernel_, record));
  const std::string old_name = record.name;
  TRY(name == old_name ? store_.publish(record) : store_.rename(record, name));
  if (has_children && name != old_name) TRY(rename_descendants(record, old_name));
  store_.return_addresses(record.jid, without(before, after));
  if (has_children) TRY(tighten_descendants(record));
  return {};
}

bool Warden::needs_restart(const Request& request) {
  const auto record = find(identity(request.settings));
  if (!record) return false;
  const auto wanted = settings_wanted(kernel_, request);
  if (!wanted) return false;
  const auto merged = merge(*record, *wanted);
  return !merged && merged.error().code == EROFS;
}

Result<sys::Fd> Warden::attach(const Record& jail, const sys::Command& command) {
  const WayIn way = TRY(open_way(jail));
  return jail::enter_prison(kernel_, way.entry(), command);
}

Result<WayIn> Warden::open_way(const Record& jail) {
  if (jail.first.pid == 0 || kernel_.alive(jail.first)) return way_in(kernel_, jail);
  const auto lock = TRY(store_.lock());
  Record record = TRY(find(concat(jail.jid)));
  Machine mine = machine();
  mine.locked = true;
  TRY(forget_first(mine, record));
  return way_in(kernel_, record);
}

Result<User> Warden::user_of(const Record& jail, std::string_view who) {
  return jail_user(kernel_, jail.init.pid, who);
}

Result<> Warden::enter(const Record& jail) {
  const WayIn way = TRY(open_way(jail));
  return jail::move_into_prison(kernel_, way.entry());
}

Result<sys::Fd> Warden::network_of(const Record& jail) {
  const sys::Fd init = TRY(kernel_.pidfd(jail.init));
  return kernel_.namespace_of(init, jail.init.pid, "net");
}

// Recorded first: what is not there when the jail ends is no failure, what is forgotten is lost.
Result<> Warden::lend(const Record& jail, const std::string& interface) {
  const auto lock = TRY(store_.lock());
  Record record = TRY(find(concat(jail.jid)));
  if (record.settings.jailsys("vnet") != jail::Jailsys::fresh)
    return fail("jail \"", record.name, "\" has no network stack of its own (vnet)");
  const sys::Fd netns = TRY(network_of(record));
  TRY(keep_network(machine(), record.jid, netns));
  // It is on the host: what is recorded under the name is of one that has gone.
  std::erase_if(record.interfaces, [&](const auto& link) { return link.name == interface; });
  record.interfaces.push_back({interface});
  TRY(store_.publish(record));
  record.interfaces.back().index = TRY(kernel_.push_link(interface, netns));
  return store_.publish(record);
}

Result<> Warden::take_back(const Record& jail, const std::string& interface) {
  const auto lock = TRY(store_.lock());
  Record record = TRY(find(concat(jail.jid)));
  const sys::Fd netns = TRY(network_of(record));
  const auto lent = std::ranges::find(record.interfaces, interface, &sys::LentLink::name);
  const bool ours = lent != record.interfaces.end();
  const bool there = TRY(kernel_.pull_link(ours ? *lent : sys::LentLink{interface}, netns));
  if (!there) return fail(Error{ENODEV, concat("interface ", interface, " does not exist"), {}});
  if (ours) record.interfaces.erase(lent);
  return store_.publish(record);
}

}  // namespace gaol::warden
