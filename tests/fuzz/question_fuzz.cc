// SPDX-License-Identifier: BSD-2-Clause
//
// Any bytes as what the root of a jail asks the host, up to the words that the warden is given. A
// damaged question is an error; an accepted one survives being written and read again, and nothing
// in it has left the jail.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "warden/viewer.h"

using gaol::warden::Question;
using gaol::warden::Record;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto question = Question::from_text({reinterpret_cast<const char*>(data), size});
  if (!question) return 0;
  const std::string text = question->to_text();
  const auto again = Question::from_text(text);
  if (!again || again->to_text() != text) std::abort();

  Record self;
  self.name = "foo";
  self.settings.set({.id = *gaol::jail::find("path"), .key = {}, .values = {"/jails/foo"}});
  const auto settings = gaol::warden::settings_from_inside(self, question->settings);
  if (!settings) return 0;
  for (const auto& setting : settings->all())
    if (gaol::jail::param(setting.id).when == gaol::jail::When::tool &&
        !gaol::jail::param(setting.id).name.starts_with("mount"))
      std::abort();
  if (settings->has("name") && !settings->text("name").starts_with("foo.")) std::abort();
  if (settings->has("path") && !settings->text("path").starts_with("/jails/foo")) std::abort();
  return 0;
}
