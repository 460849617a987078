// SPDX-License-Identifier: BSD-2-Clause
#include "devfs/rules.h"

// A line is a header, `[name=number]`, or a rule: `add`, perhaps a number, then conditions and
// actions in any order. What stands behind a word of a rule is read by the word's own row of
// kWords, and nothing else knows the words.

#include <algorithm>
#include <iterator>

#include "base/suggest.h"

namespace gaol::devfs {

namespace {

constexpr unsigned kStep = 100;  // between rules that were given no number
constexpr size_t kLongestWord = 255;

struct Word {
  std::string text;
  size_t column = 0;  // counted from 0
};

constexpr std::string_view kTypeWords[] = {"disk", "mem", "tape", "tty"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

bool is_name(std::string_view text) {
  constexpr auto begins = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && begins(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return begins(c) || (c >= '0' && c <= '9'); });
}

// 1 to 65535; 0 names no set and no rule.
std::optional<uint16_t> small_number(std::string_view text) {
  const auto value = number<uint16_t>(text);
  return value && *value != 0 ? value : std::nullopt;
}

// One file, line by line.
class Reader {
 public:
  Reader(const std::string& file, const std::vector<Ruleset>& known) : file_(file), known_(known) {}

  Result<std::vector<Ruleset>> read(std::string_view text) {
    for (const auto line : split(text, '\n')) {
      ++line_;
      if (const auto nul = line.find('\0'); nul != line.npos) return fault(nul, "NUL byte");
      const auto at = line.find_first_not_of(" \t\r\f\v");
      if (at == line.npos || line[at] == '#') continue;
      TRY(line[at] == '[' ? header(line, at) : rule(line));
    }
    return std::move(sets_);
  }

 private:
  std::string where(size_t column) const { return concat(file_, ":", line_, ":", column + 1); }

  template <class... Parts>
  std::unexpected<Error> fault(size_t column, const Parts&... what) const {
    return fail(where(column), ": ", what...);
  }

  Result<> header(std::string_view line, size_t begin) {
    const auto end = line.find(']', begin);
    if (end == line.npos) return fault(begin, R"("[" without "]")");
    const auto behind = line.find_first_not_of(" \t\r\f\v", end + 1);
    if (behind != line.npos && line[behind] != '#')
      return fault(behind, "only a comment may stand behind \"]\"");
    const auto inside = line.substr(begin + 1, end - begin - 1);
    const auto equals = inside.find('=');
    if (equals == inside.npos) return fault(begin, "a set begins with [name=number]");
    const auto name = inside.substr(0, equals), digits = inside.substr(equals + 1);
    if (!is_name(name)) return fault(begin + 1, "\"", name, "\" is not a name");
    const auto set = small_number(digits);
    if (!set) return fault(begin + equals + 2, "\"", digits, "\" is not a number from 1 to 65535");
    for (const auto& other : sets_)
      if (other.number == *set || other.name == name)
        return fault(begin + 1, other.number == *set ? "number " : "name ",
                     other.number == *set ? digits : name, " is taken by [", other.name, "=",
                     other.number, "]");
    sets_.push_back({*set, std::string(name), {}});
    return {};
  }

  Result<> rule(std::string_view line) {
    words_ = TRY(words_of(line));
    next_ = 0;
    const Word first = words_.front();
    if (sets_.empty()) return fault(first.column, "a rule before the first [name=number]");
    if (first.text != "add") {
      constexpr std::string_view kAdd[] = {"add"};
      return fault(first.column, "\"", first.text, R"(": only "add" may stand here)",
                   did_you_mean(first.text, kAdd));
    }
    next_ = 1;
    Rule rule;
    rule.where = where(first.column);
    TRY(number_of(rule, first.column));
    while (next_ < words_.size()) TRY(part(rule));
    if (!rule.sight && rule.user.empty() && rule.group.empty() && !rule.mode && !rule.include)
      return fault(first.column, "a rule without an action");
    auto& rules = sets_.back().rules;
    const auto place = std::ranges::upper_bound(rules, rule.number, {}, &Rule::number);
    rules.insert(place, std::move(rule));
    return {};
  }

  Result<> number_of(Rule& rule, size_t column) {
    const auto& rules = sets_.back().rules;
    if (next_ < words_.size() && number<int>(words_[next_].text)) {
      const Word& word = words_[next_++];
      const auto given = small_number(word.text);
      if (!given) return fault(word.column, "\"", word.text, "\" is not a number from 1 to 65535");
      if (std::ranges::count(rules, *given, &Rule::number))
        return fault(word.column, "the set has a rule ", *given, " already");
      rule.number = *given;
      return {};
    }
    const unsigned next = (rules.empty() ? 0 : rules.back().number) + kStep;
    if (next > UINT16_MAX) return fault(column, "no number is left behind ", next - kStep);
    rule.number = static_cast<uint16_t>(next);
    return {};
  }

  // --- the words of a rule ---

  struct Keyword {
    std::string_view word;
    Result<> (*read)(const Reader&, Rule&, const Word& keyword, const Word& value);
    bool takes_value;
    bool (*given)(const Rule&);
  };
  static const Keyword kKeywords[8];

  Result<> part(Rule& rule) {
    const Word keyword = words_[next_++];
    const auto* known = std::ranges::find(kKeywords, keyword.text, &Keyword::word);
    if (known == std::end(kKeywords)) {
      std::vector<std::string_view> all;
      for (const auto& one : kKeywords) all.push_back(one.word);
      return fault(keyword.column, "unknown word \"", keyword.text, "\"",
                   did_you_mean(keyword.text, all));
    }
    if (known->given(rule)) return fault(keyword.column, "a second \"", keyword.text, "\"");
    if (!known->takes_value) return known->read(*this, rule, keyword, keyword);
    if (next_ == words_.size())
      return fault(keyword.column, "\"", keyword.text, "\" without a value");
    const Word value = words_[next_++];
    if (value.text.empty()) return fault(value.column, "an empty ", keyword.text);
    return known->read(*this, rule, keyword, value);
  }

  static Result<> read_path(const Reader& in, Rule& rule, const Word&, const Word& value) {
    const std::string_view path = value.text;
    if (path.starts_with('/'))
      return in.fault(value.column, "path ", path,
                      " is below /dev already: leave out what is before");
    for (const auto component : split(path, '/'))
      if (component.empty() || component == "." || component == "..")
        return in.fault(value.column, "path ", path, " names no node");
    rule.path = path;
    return {};
  }

  static Result<> read_type(const Reader& in, Rule& rule, const Word&, const Word& value) {
    const auto* known = std::ranges::find(kTypeWords, value.text);
    if (known == std::end(kTypeWords))
      return in.fault(value.column, "unknown type \"", value.text, "\"",
                      did_you_mean(value.text, kTypeWords));
    rule.type = static_cast<Type>(known - std::begin(kTypeWords));
    return {};
  }

  static Result<> read_sight(const Reader& in, Rule& rule, const Word& keyword, const Word&) {
    if (rule.sight) return in.fault(keyword.column, "hide and unhide in one rule");
    rule.sight = keyword.text == "hide" ? Sight::hide : Sight::unhide;
    return {};
  }

  static Result<> read_user(const Reader&, Rule& rule, const Word&, const Word& value) {
    rule.user = value.text;
    return {};
  }
  static Result<> read_group(const Reader&, Rule& rule, const Word&, const Word& value) {
    rule.group = value.text;
    return {};
  }

  static Result<> read_mode(const Reader& in, Rule& rule, const Word&, const Word& value) {
    unsigned mode = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto parsed = std::from_chars(value.text.data(), end, mode, 8);
    if (parsed.ec != std::errc{} || parsed.ptr != end || mode > 07777)
      return in.fault(value.column, "\"", value.text, "\" is not an octal mode");
    rule.mode = mode;
    return {};
  }

  static Result<> read_include(const Reader& in, Rule& rule, const Word&, const Word& value) {
    const auto set = small_number(value.text);
    if (!set) return in.fault(value.column, "\"", value.text, "\" is not the number of a set");
    rule.include = *set;
    return {};
  }

  // --- the shell's part: blanks, quotes, $name and comments ---

  Result<std::vector<Word>> words_of(std::string_view line) const {
    std::vector<Word> out;
    for (size_t at = 0; at < line.size();) {
      if (is_blank(line[at])) {
        ++at;
        continue;
      }
      if (line[at] == '#') break;
      Word word{{}, at};
      while (at < line.size() && !is_blank(line[at])) TRY(piece(line, at, word.text));
      if (word.text.size() > kLongestWord) return fault(word.column, "word too long");
      out.push_back(std::move(word));
    }
    return out;
  }

  // One quoted string, variable or character of a word.
  Result<> piece(std::string_view line, size_t& at, std::string& word) const {
    const char c = line[at];
    if (c == '$') return variable(line, at, word);
    if (c == '\'' || c == '"') return quoted(line, at, word);
    if (c == '\\' && ++at == line.size()) return fault(at - 1, "nothing behind the backslash");
    word += line[at++];
    return {};
  }

  Result<> quoted(std::string_view line, size_t& at, std::string& word) const {
    const size_t begin = at;
    const char quote = line[at++];
    while (at < line.size() && line[at] != quote) {
      if (quote == '"' && line[at] == '$')
        TRY(variable(line, at, word));
      else
        word += line[at++];
    }
    if (at == line.size()) return fault(begin, "a quote that is not closed");
    ++at;
    return {};
  }

  Result<> variable(std::string_view line, size_t& at, std::string& word) const {
    const size_t begin = at++;
    const bool braced = at < line.size() && line[at] == '{';
    if (braced) ++at;
    const size_t name_begin = at;
    while (at < line.size() && is_name(line.substr(name_begin, at + 1 - name_begin))) ++at;
    const auto name = line.substr(name_begin, at - name_begin);
    if (name.empty() || (braced && (at == line.size() || line[at++] != '}')))
      return fault(begin, "\"$\" without the name of a set");
    std::vector<std::string_view> names;
    for (const auto* sets : {&sets_, &known_})
      for (const auto& set : *sets) {
        if (set.name == name) {
          word += concat(set.number);
          return {};
        }
        names.push_back(set.name);
      }
    return fault(begin, "no set is named \"", name, "\"", did_you_mean(name, names));
  }

  const std::string& file_;
  const std::vector<Ruleset>& known_;
  std::vector<Ruleset> sets_;
  size_t line_ = 0;
  std::vector<Word> words_;  // of this line
  size_t next_ = 0;
};

constexpr Reader::Keyword Reader::kKeywords[] = {
    {"path", read_path, true, [](const Rule& rule) { return !rule.path.empty(); }},
    {"type", read_type, true, [](const Rule& rule) { return rule.type.has_value(); }},
    {"hide", read_sight, false, [](const Rule& rule) { return rule.sight == Sight::hide; }},
    {"unhide", read_sight, false, [](const Rule& rule) { return rule.sight == Sight::unhide; }},
    {"user", read_user, true, [](const Rule& rule) { return !rule.user.empty(); }},
    {"group", read_group, true, [](const Rule& rule) { return !rule.group.empty(); }},
    {"mode", read_mode, true, [](const Rule& rule) { return rule.mode.has_value(); }},
    {"include", read_include, true, [](const Rule& rule) { return rule.include != 0; }},
};

std::string octal(unsigned mode) {
  char digits[8];
  return {digits, std::to_chars(digits, std::end(digits), mode, 8).ptr};
}

}  // namespace

Result<> Rulesets::read(const std::string& name, std::string_view text) {
  for (auto& set : TRY(Reader(name, sets_).read(text))) {
    const auto place = std::ranges::lower_bound(sets_, set.number, {}, &Ruleset::number);
    if (place != sets_.end() && place->number == set.number)
      *place = std::move(set);
    else
      sets_.insert(place, std::move(set));
  }
  return {};
}

const Ruleset* Rulesets::find(int number) const {
  const auto place = std::ranges::lower_bound(sets_, number, {}, &Ruleset::number);
  return place != sets_.end() && place->number == number ? &*place : nullptr;
}

std::string text_of(const Rule& rule) {
  std::string out = concat(rule.number);
  const auto part = [&](std::string_view word, std::string_view value) {
    if (!value.empty()) out += concat(" ", word, " ", value);
  };
  if (rule.type) part("type", kTypeWords[static_cast<size_t>(*rule.type)]);
  part("path", rule.path);
  if (rule.sight) out += *rule.sight == Sight::hide ? " hide" : " unhide";
  part("user", rule.user);
  part("group", rule.group);
  if (rule.mode) part("mode", octal(*rule.mode));
  if (rule.include) part("include", concat(rule.include));
  return out;
}

}  // namespace gaol::devfs
