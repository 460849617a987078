// SPDX-License-Identifier: BSD-2-Clause
#include "host/machine.h"

#include <set>

namespace gaol::host {

namespace {

constexpr std::string_view kNics = "/sys/class/net";

std::string line_of(sys::Kernel& kernel, const std::string& path) {
  const auto text = kernel.read_file(path);
  return text ? std::string(trim(*text)) : std::string();
}

// The value of `key: value` or `key=value`.
std::string_view value_of(std::string_view line, std::string_view key, char separator) {
  const auto at = line.find(separator);
  if (at == line.npos || trim(line.substr(0, at)) != key) return {};
  return trim(line.substr(at + 1));
}

Memory parse_meminfo(std::string_view text) {
  Memory memory;
  const auto kibibytes = [](std::string_view value) {
    return number<uint64_t>(value.substr(0, value.find(' '))).value_or(0) * 1024;
  };
  for (const auto line : split(text, '\n')) {
    if (const auto value = value_of(line, "MemTotal", ':'); !value.empty())
      memory.bytes = kibibytes(value);
    if (const auto value = value_of(line, "MemAvailable", ':'); !value.empty())
      memory.available = kibibytes(value);
  }
  return memory;
}

// os-release(5): PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
std::string parse_system(std::string_view text) {
  for (const auto line : split(text, '\n')) {
    auto value = value_of(line, "PRETTY_NAME", '=');
    if (value.size() > 1 && value.front() == '"') value = value.substr(1, value.size() - 2);
    if (!value.empty()) return std::string(value);
  }
  return {};
}

std::vector<Nic> nics_of(sys::Kernel& kernel) {
  std::vector<Nic> nics;
  for (const auto& name :
       kernel.list_dir(std::string(kNics)).value_or(std::vector<std::string>())) {
    const auto at = concat(kNics, "/", name);
    const auto driver = kernel.read_symlink(concat(at, "/device/driver"));
    if (!driver) continue;
    nics.push_back({name, driver->substr(driver->rfind('/') + 1),
                    line_of(kernel, concat(at, "/address")),
                    number<uint64_t>(line_of(kernel, concat(at, "/speed"))).value_or(0),
                    line_of(kernel, concat(at, "/operstate")) == "up"});
  }
  return nics;
}

}  // namespace

// A core is told by its number in its package. Where neither is said, as on Arm, a thread is one.
Processor parse_cpuinfo(std::string_view text) {
  Processor processor;
  std::set<std::string, std::less<>> packages;
  std::set<std::pair<std::string, std::string>> cores;
  std::string package;
  for (const auto line : split(text, '\n')) {
    if (!value_of(line, "processor", ':').empty()) ++processor.threads;
    if (const auto value = value_of(line, "model name", ':'); !value.empty())
      processor.model = value;
    if (const auto value = value_of(line, "physical id", ':'); !value.empty()) {
      package = value;
      packages.insert(package);
    }
    if (const auto value = value_of(line, "core id", ':'); !value.empty())
      cores.emplace(package, value);
  }
  if (!packages.empty()) processor.packages = packages.size();
  processor.cores = cores.empty() ? processor.threads : cores.size();
  return processor;
}

Machine look_at_machine(sys::Kernel& kernel) {
  Machine machine;
  machine.name = line_of(kernel, "/proc/sys/kernel/hostname");
  machine.system = parse_system(line_of(kernel, "/etc/os-release"));
  machine.kernel = line_of(kernel, "/proc/sys/kernel/osrelease");
  const auto uptime = line_of(kernel, "/proc/uptime");
  machine.uptime = number<uint64_t>(uptime.substr(0, uptime.find('.'))).value_or(0);
  machine.processor = parse_cpuinfo(line_of(kernel, "/proc/cpuinfo"));
  machine.memory = parse_meminfo(line_of(kernel, "/proc/meminfo"));
  machine.nics = nics_of(kernel);
  return machine;
}

}  // namespace gaol::host
