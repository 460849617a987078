// SPDX-License-Identifier: BSD-2-Clause
//
// Run by cmake/musl.cmake: do the compiler's C++ library and unwinder work on musl? It uses of
// them what the commands use, and ends with 0 when each exception was caught and destructors ran.
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <unordered_map>

static bool throws(const std::function<void()>& act) {
  auto alive = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = alive;
  try {
    [mine = std::move(alive), &act] { act(); }();
  } catch (const std::exception& e) {
    return watch.expired() && e.what() != nullptr;
  }
  return false;
}

int main(int argc, char**) {
  std::map<std::string, int> tree{{"a", argc}};
  std::unordered_map<std::string, int> table{{"a", argc}};
  const std::optional<int> none;
  const bool ok = throws([&] { tree.at("b"); }) && throws([&] { table.at("b"); }) &&
                  throws([&] { (void)none.value(); }) &&
                  throws([] { std::function<void()>()(); }) &&
                  throws([] { (void)::operator new(SIZE_MAX / 2); });
  return ok && std::chrono::steady_clock::now().time_since_epoch().count() > 0 ? 0 : 1;
}
