// SPDX-License-Identifier: BSD-2-Clause
#include "warden/message.h"

#include <algorithm>

#include "warden/encode.h"

namespace gaol::warden {

namespace {

using nlohmann::json;

constexpr size_t kMostSettings = 512, kMostWords = 4096;

std::string text_of(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

template <class Id>
json json_of(const std::optional<Id>& id) {
  return id ? json(*id) : json();
}
std::optional<uint32_t> id_from(const json& j) {
  if (j.is_null()) return {};
  return j.get<uint32_t>();
}

json json_of(const sys::Command& command) {
  return {{"argv", command.argv},           {"environment", command.environment},
          {"directory", command.directory}, {"new_session", command.new_session},
          {"uid", json_of(command.uid)},    {"gid", json_of(command.gid)},
          {"groups", command.groups}};
}

sys::Command command_from(const json& j) {
  return {.argv = j.at("argv"),
          .environment = j.at("environment"),
          .directory = j.at("directory"),
          .new_session = j.at("new_session"),
          .uid = id_from(j.at("uid")),
          .gid = id_from(j.at("gid")),
          .groups = j.at("groups").get<std::vector<uint32_t>>()};
}

json json_of(const User& user) {
  return {{"name", user.name}, {"home", user.home}, {"shell", user.shell},
          {"uid", user.uid},   {"gid", user.gid},   {"groups", user.groups}};
}

User user_from(const json& j) {
  return {.name = j.at("name"),
          .home = j.at("home"),
          .shell = j.at("shell"),
          .uid = j.at("uid"),
          .gid = j.at("gid"),
          .groups = j.at("groups").get<std::vector<uint32_t>>()};
}

// C's strings end there, and the kernel reads those.
bool has_nul(const json& j) {
  if (j.is_string()) return j.get_ref<const std::string&>().contains('\0');
  return j.is_structured() && std::ranges::any_of(j, has_nul);
}

template <class Read>
auto read(const char* what, Read&& act) -> Result<decltype(act())> {
  try {
    return act();
  } catch (const std::exception& damage) {  // the library's way to say so, and optional's
    return fail("damaged ", what, ": ", damage.what());
  }
}

}  // namespace

std::string Question::to_text() const {
  return text_of({{"verb", verb},
                  {"who", who},
                  {"settings", warden::to_json(settings)},
                  {"runs", runs},
                  {"flag", flag},
                  {"number", number},
                  {"text", text},
                  {"command", json_of(command)},
                  {"failure", failure}});
}

Result<Question> Question::from_text(std::string_view text) {
  auto question = TRY(read("question", [&] {
    const json j = parse(text);
    if (has_nul(j)) throw json::other_error::create(0, "a NUL in a text", nullptr);
    return Question{.verb = j.at("verb"),
                    .who = j.at("who"),
                    .settings = settings_from(j.at("settings")),
                    .runs = j.at("runs"),
                    .flag = j.at("flag"),
                    .number = j.at("number"),
                    .text = j.at("text"),
                    .command = command_from(j.at("command")),
                    .failure = j.at("failure")};
  }));
  const auto& command = question.command;
  if (question.settings.all().size() > kMostSettings || command.argv.size() > kMostWords ||
      command.environment.size() > kMostWords || command.groups.size() > kMostWords)
    return fail("damaged question: too many of something");
  return question;
}

std::string Answer::to_text() const {
  json happened = json::array();
  for (const auto& [what, words] : told) happened.push_back({what, words});
  json out = {{"kind", kind}, {"told", happened}, {"number", number}, {"text", text}};
  switch (kind) {
    case Kind::error: out["error"] = {error.code, error.text, error.hint}; break;
    case Kind::run: out["in_jail"] = in_jail; break;
    case Kind::jail: out["jail"] = jail.to_text(); break;
    case Kind::entry: out["entry"] = {trim(to_line(entry)), entry.children}; break;
    case Kind::user: out["user"] = json_of(user); break;
    case Kind::done:
    case Kind::begun: break;
  }
  return text_of(out);
}

Result<Answer> Answer::from_text(std::string_view text) {
  return read("answer", [&] {
    const json j = parse(text);
    Answer out{.kind = j.at("kind"), .number = j.at("number"), .text = j.at("text")};
    for (const auto& happened : j.at("told"))
      out.told.emplace_back(happened.at(0).get<Report::What>(), happened.at(1));
    switch (out.kind) {
      case Kind::error:
        out.error = {j.at("error").at(0), j.at("error").at(1), j.at("error").at(2)};
        break;
      case Kind::run: out.in_jail = j.at("in_jail"); break;
      case Kind::jail:
        out.jail = Record::from_text(j.at("jail").get_ref<const std::string&>()).value();
        break;
      case Kind::entry:
        out.entry = from_line(j.at("entry").at(0).get_ref<const std::string&>()).value();
        out.entry.children = j.at("entry").at(1);
        break;
      case Kind::user: out.user = user_from(j.at("user")); break;
      case Kind::done:
      case Kind::begun: break;
    }
    return out;
  });
}

}  // namespace gaol::warden
