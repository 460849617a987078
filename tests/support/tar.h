// SPDX-License-Identifier: BSD-2-Clause
#pragma once

// Tar archives by hand, so that a test can write what no decent program would.

#include <cstdio>
#include <string>
#include <vector>

namespace gaol::test {

struct TarEntry {
  std::string name;
  char type = '0';  // 0 file, 1 hard link, 2 symbolic link, 3 and 4 devices, 5 directory, 6 fifo
  std::string data;
  std::string link;  // where a link leads
  unsigned mode = 0644, uid = 0, gid = 0;
  uint64_t claims = 0;  // the size in the header, where it is not the data's
};

// As POSIX has it (ustar); a size too large for its octal digits as GNU writes it.
inline std::string tar_header(const TarEntry& entry) {
  std::string header(512, '\0');
  const auto put = [&](size_t at, size_t length, const std::string& text) {
    header.replace(at, std::min(length, text.size()), text, 0, length);
  };
  const auto octal = [&](size_t at, size_t digits, uint64_t value) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*llo", static_cast<int>(digits),
                  static_cast<unsigned long long>(value));
    put(at, digits, text);
  };
  const uint64_t size = entry.claims ? entry.claims : entry.data.size();
  put(0, 100, entry.name);
  octal(100, 7, entry.mode);
  octal(108, 7, entry.uid);
  octal(116, 7, entry.gid);
  if (size >> 33) {
    header[124] = '\x80';
    for (size_t i = 0; i < 8; ++i) header[135 - i] = static_cast<char>(size >> (8 * i));
  } else {
    octal(124, 11, size);
  }
  octal(136, 11, 1'000'000'000);
  put(148, 8, "        ");
  header[156] = entry.type;
  put(157, 100, entry.link);
  put(257, 8, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  octal(148, 6, sum);
  header[154] = '\0';
  return header;
}

inline std::string tar(const std::vector<TarEntry>& entries) {
  std::string out;
  for (const auto& entry : entries) {
    out += tar_header(entry) + entry.data;
    out.resize((out.size() + 511) / 512 * 512, '\0');
  }
  return out.append(1024, '\0');
}

}  // namespace gaol::test
