// SPDX-License-Identifier: BSD-2-Clause

// gaol log: what rules of pf have logged, as tcpdump(1) shows FreeBSD's pflog(4), or for tcpdump.

#include <errno.h>
#include <unistd.h>

#include "pf/pflog.h"
#include "sys/kernel.h"
#include "tools/gaol.h"

namespace gaol::tools {
namespace {

constexpr option kOwn[] = {{"help", no_argument, nullptr, 'h'},
                           {"read", required_argument, nullptr, 'r'},
                           {"write", required_argument, nullptr, 'w'},
                           {}};

// Where records go: lines for people, or a capture.
class Records {
 public:
  static Result<Records> open(const Words& words) {
    Records made;
    const auto file = words.text('w');
    made.capture_ = !file.empty();
    if (made.capture_ && file != "-") made.to_ = std::fopen(file.c_str(), "we");
    if (!made.to_) return fail_errno(errno, file);
    if (made.capture_) made.put(pf::pcap_header());
    std::fflush(made.to_);
    return made;
  }
  void add(const pf::LogRecord& record) {
    if (capture_)
      put(pf::pcap_record(record));
    else
      write_line(to_, pf::print(record));
    std::fflush(to_);
  }

 private:
  void put(std::string_view bytes) { std::fwrite(bytes.data(), 1, bytes.size(), to_); }

  std::FILE* to_ = stdout;
  bool capture_ = false;
};

Result<int> read(const std::string& file, Records records) {
  const auto text = TRY(sys::real_kernel().read_file(file == "-" ? "/dev/stdin" : file));
  std::string_view rest = text;
  rest.remove_prefix(TRY(pf::check_pcap_header(rest)));
  while (const auto record = pf::take_record(rest)) records.add(*record);
  if (!rest.empty()) return fail(file, ": ends in the middle of a packet");
  return 0;
}

Result<int> log_command(const Words& words) {
  const auto group = pf::log_group(words.operands.empty() ? "" : words.operands[0]);
  if (!group) return fail(words.operands[0], ": not a pflog interface");
  auto records = TRY(Records::open(words));
  if (words.has('r')) return read(words.text('r'), records);
  auto log = sys::PacketLog::open(*group);
  if (!log && log.error().code == EPERM && ::geteuid() == 0)
    return fail("somebody reads it already");
  const auto add = [&](const sys::LoggedPacket& packet) {
    if (const auto record = pf::record_of(packet)) records.add(*record);
  };
  const auto opened = TRY(std::move(log));
  TRY(opened.follow(add));
  return 0;
}

constexpr Subcommand kCommands[] = {
    {"log pf", "[-r FILE] [-w FILE] [INTERFACE]", "rw", 0, 1, log_command, 1, kOwn},
};

}  // namespace

std::span<const Subcommand> log_commands() { return kCommands; }

}  // namespace gaol::tools
