// SPDX-License-Identifier: BSD-2-Clause
//
// jail.conf(5), blocks to jails.
//
// Nothing is settled before it is settled for one jail: a global `path = "/jails/$name"` has as
// many values as there are jails, and a variable may be replaced by a later wildcard. So each
// jail goes through the whole of it: the statements of its block and of all wildcards that match
// are merged in file order, then variables are substituted in what is left. What does not depend
// on the jail is done once before: every name becomes a slot, a small number, and a jail's record
// of a slot is found by indexing. Thousands of jails then cost no look-up by name.
#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>
#include <unordered_map>

#include "base/suggest.h"
#include "jail/conf.h"
#include "jail/conf_parse.h"

namespace gaol::jail {

namespace {

// Thirty variables, each twice the one before, must not take the machine's memory.
constexpr size_t kValueLimit = 1 << 20;

// What a statement sets, or a variable stands for.
struct Slot {
  bool variable = false;  // of the file; the rest are parameters
  ParamId id = 0;
  std::string key{};    // of a buffer; of a variable its name
  bool is_list = true;  // others keep the last of several values
};

// A statement with its names looked up.
struct Bound {
  const Statement* written;
  uint32_t slot = 0;
  bool negated = false;
  std::string fault{};  // of any jail that it applies to
  std::string where{};
  std::vector<uint32_t> references{};  // the slots of its variable pieces, in order
};

// What one jail has in a slot.
struct Record {
  uint32_t slot;
  enum State : uint8_t { fresh, open, done, failed } state = fresh;
  std::vector<const Bound*> parts;  // one, and what was added with `+=`
  std::vector<std::string> values;
  size_t bytes = 0;  // of all values, and one for each
};

bool holds_list(Type type) {
  return type == Type::list || type == Type::ip4_list || type == Type::ip6_list;
}

bool is_jid(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

// The names of all parameters and variables that occur, as numbers.
class Names {
 public:
  const Slot& slot(uint32_t i) const { return slots_[i]; }
  size_t count() const { return slots_.size(); }

  Bound bind(const Statement& statement);
  uint32_t parameter(ParamId id, const std::string& key = {});

 private:
  uint32_t variable(std::string_view name);
  uint32_t reference(std::string_view name);
  const Result<Spelling>& spelled(std::string_view word);
  uint32_t numbered(std::string name, Slot slot);

  std::vector<Slot> slots_;
  std::unordered_map<std::string, uint32_t> numbers_;  // `$name` or name
  std::unordered_map<std::string_view, Result<Spelling>> words_;
  std::unordered_map<std::string_view, uint32_t> references_;
};

uint32_t Names::numbered(std::string name, Slot slot) {
  const auto [at, added] = numbers_.emplace(std::move(name), slots_.size());
  if (added) slots_.push_back(std::move(slot));
  return at->second;
}

uint32_t Names::parameter(ParamId id, const std::string& key) {
  const Param& known = param(id);
  std::string name = key.empty() ? std::string(known.name) : concat(known.name, '.', key);
  return numbered(std::move(name), {false, id, key, holds_list(known.type)});
}

uint32_t Names::variable(std::string_view name) {
  return numbered(concat('$', name), {.variable = true, .key = std::string(name)});
}

// Spelled once for each word: the near miss of an unknown one is dear.
const Result<Spelling>& Names::spelled(std::string_view word) {
  auto known = words_.find(word);
  if (known == words_.end()) known = words_.emplace(word, spelling(word)).first;
  return known->second;
}

// A variable never has the name of a parameter, so what `$name` means is known from the word.
// A dot is the sign of one key of a buffer; `$nopersist` is no way to write a value.
uint32_t Names::reference(std::string_view name) {
  const auto [at, added] = references_.emplace(name, 0);
  if (!added) return at->second;
  if (const auto id = find(name)) return at->second = parameter(*id);
  if (name.contains('.'))
    if (const auto word = spelling(name); word && !word->negated)
      return at->second = parameter(word->id, word->key);
  return at->second = variable(name);
}

Bound Names::bind(const Statement& statement) {
  Bound bound{.written = &statement, .where = statement.place.where()};
  for (const Value& value : statement.values)
    for (const Piece& piece : value)
      if (piece.variable) bound.references.push_back(reference(piece.text));

  if (statement.variable) {
    bound.slot = variable(statement.name);
    if (find(statement.name))
      bound.fault =
          concat("variable \"$", statement.name, "\" cannot have the same name as a parameter");
  } else if (const auto& word = spelled(statement.name)) {
    bound.slot = parameter(word->id, word->key);
    bound.negated = word->negated;
  } else {
    bound.fault = word.error().text;
  }
  if (!bound.fault.empty()) bound.fault = statement.place.error(bound.fault).text;
  return bound;
}

// Wildcard blocks, found by what their names say before the first wildcard. A generated file may
// hold one for every jail; trying each on every jail would then be quadratic.
class Wildcards {
 public:
  explicit Wildcards(const std::vector<Block>& blocks);
  // The blocks whose pattern matches, in file order, and among them `self`.
  const std::vector<size_t>& matching(std::string_view name, size_t self);

 private:
  void gather(std::string_view prefix, std::string_view name);

  const std::vector<Block>& blocks_;
  std::unordered_map<std::string_view, std::vector<size_t>> by_prefix_;
  std::vector<size_t> found_;
};

Wildcards::Wildcards(const std::vector<Block>& blocks) : blocks_(blocks) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string_view name = blocks[i].name;
    if (!is_wildcard(name)) continue;
    size_t star = 0;
    while (name.substr(star, name.find('.', star) - star) != "*") star = name.find('.', star) + 1;
    by_prefix_[name.substr(0, star)].push_back(i);
  }
}

void Wildcards::gather(std::string_view prefix, std::string_view name) {
  const auto bucket = by_prefix_.find(prefix);
  if (bucket == by_prefix_.end()) return;
  for (const size_t i : bucket->second)
    if (wildcard_match(blocks_[i].name, name)) found_.push_back(i);
}

const std::vector<size_t>& Wildcards::matching(std::string_view name, size_t self) {
  found_.assign(1, self);
  gather({}, name);
  for (size_t dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1))
    gather(name.substr(0, dot + 1), name);
  std::ranges::sort(found_);
  return found_;
}

// Makes one jail after the other; its memory serves for all.
class Expander {
 public:
  explicit Expander(const Tree& tree);
  Conf conf();

 private:
  JailConf jail(size_t self);
  void imply(uint32_t slot, std::string_view value);
  void merge(const Bound& bound);
  void resolve(uint32_t root);
  void open(Record& opened);
  bool assemble(Record& opened);
  bool add_values(Record& opened, const Bound& part);
  const Record* referenced(const Bound& part, const Piece& piece, uint32_t slot);
  std::string what_was_meant(const Bound& part, std::string_view variable) const;
  std::string near_miss(std::string_view variable) const;
  void store();
  bool refuse(Position place, std::string_view what);

  uint32_t add_record(uint32_t slot);
  Record* record(uint32_t slot) {
    return places_[slot].jail == now_ ? &records_[places_[slot].index] : nullptr;
  }

  const Tree& tree_;
  Names names_;
  const uint32_t name_, jid_;               // slots
  std::vector<std::vector<Bound>> bounds_;  // by block
  Wildcards wildcards_;

  JailConf jail_;     // the one at hand
  uint32_t now_ = 0;  // its number, counted from 1
  struct RecordPlace {
    uint32_t jail = 0;  // whose record it is; an earlier jail's is none
    uint32_t index = 0;
  };
  std::vector<RecordPlace> places_;  // by slot
  std::vector<Record> records_;      // the first `used_` are this jail's, in stored order
  uint32_t used_ = 0;
  std::vector<uint32_t> path_;  // records under way
};

Expander::Expander(const Tree& tree)
    : tree_(tree),
      name_(names_.parameter(find("name").value())),
      jid_(names_.parameter(find("jid").value())),
      wildcards_(tree.blocks) {
  for (const Block& block : tree.blocks) {
    auto& bounds = bounds_.emplace_back();
    bounds.reserve(block.statements.size());
    for (const Statement& statement : block.statements) bounds.push_back(names_.bind(statement));
  }
  places_.resize(names_.count());
}

Conf Expander::conf() {
  Conf conf;
  for (size_t i = 0; i < tree_.blocks.size(); ++i)
    if (!is_wildcard(tree_.blocks[i].name)) conf.jails.push_back(jail(i));

  conf.by_name.resize(conf.jails.size());
  std::iota(conf.by_name.begin(), conf.by_name.end(), 0U);
  std::ranges::sort(conf.by_name, {},
                    [&](uint32_t i) -> std::string_view { return conf.jails[i].name; });
  return conf;
}

JailConf Expander::jail(size_t self) {
  const Block& block = tree_.blocks[self];
  jail_ = {};
  jail_.name = block.name;
  jail_.where = block.place.where();
  ++now_;
  used_ = 0;
  imply(is_jid(block.name) ? jid_ : name_, block.name);
  for (const size_t i : wildcards_.matching(block.name, self))
    for (const Bound& bound : bounds_[i]) merge(bound);

  const uint32_t stored = used_;
  // A jail without a name is called by its number, so `$name` has a value in every jail.
  if (!record(name_)) imply(name_, block.name);
  for (uint32_t i = 0; i < stored; ++i) resolve(i);
  used_ = stored;
  store();
  return std::move(jail_);
}

uint32_t Expander::add_record(uint32_t slot) {
  if (used_ == records_.size()) records_.emplace_back();
  Record& added = records_[used_];
  added.slot = slot;
  added.state = Record::fresh;
  added.parts.clear();
  added.values.clear();
  added.bytes = 0;
  places_[slot] = {now_, used_};
  return used_++;
}

void Expander::imply(uint32_t slot, std::string_view value) {
  Record& implied = records_[add_record(slot)];
  implied.state = Record::done;
  implied.values.emplace_back(value);
  implied.bytes = value.size() + 1;
}

void Expander::merge(const Bound& bound) {
  if (!bound.fault.empty()) {
    jail_.errors.push_back({0, bound.fault, {}});
    if (bound.written->variable) jail_.removable = false;
    return;
  }
  Record* earlier = record(bound.slot);
  if (earlier && (bound.slot == name_ || bound.slot == jid_)) {
    refuse(bound.written->place, concat("cannot redefine parameter \"", bound.written->name, '"'));
    return;
  }
  if (!earlier) earlier = &records_[add_record(bound.slot)];
  if (!bound.written->append) earlier->parts.clear();
  earlier->parts.push_back(&bound);
}

// Depth first without recursion: a file decides how long its chains of variables are. A record is
// opened, then what it refers to is resolved, then it is put together; whatever it then still
// finds open is on its own path, which is a loop.
void Expander::resolve(uint32_t root) {
  path_.push_back(root);
  while (!path_.empty()) {
    Record& last = records_[path_.back()];
    if (last.state == Record::fresh) {
      open(last);
      continue;
    }
    if (last.state == Record::open) last.state = assemble(last) ? Record::done : Record::failed;
    path_.pop_back();
  }
}

void Expander::open(Record& opened) {
  opened.state = Record::open;
  for (const Bound* part : opened.parts)
    for (const uint32_t slot : part->references)
      if (const Record* next = record(slot); next && next->state == Record::fresh)
        path_.push_back(places_[slot].index);
}

bool Expander::assemble(Record& opened) {
  for (const Bound* part : opened.parts)
    if (!add_values(opened, *part)) return false;
  auto& values = opened.values;
  if (!names_.slot(opened.slot).is_list && values.size() > 1)
    values.erase(values.begin(), values.end() - 1);
  return true;
}

bool Expander::add_values(Record& opened, const Bound& part) {
  const Statement& written = *part.written;
  auto slot = part.references.begin();
  for (const Value& value : written.values) {
    const bool whole = value.size() == 1 && value.front().variable;
    std::string text;
    for (const Piece& piece : value) {
      if (!piece.variable) {
        text.append(piece.text);
        continue;
      }
      const Position place{written.place.file, piece.offset};
      const Record* from = referenced(part, piece, *slot++);
      if (!from) return false;
      if (whole) {
        std::ranges::copy(from->values, std::back_inserter(opened.values));
        opened.bytes += from->bytes;
      } else if (from->values.size() == 1) {
        text.append(from->values.front());
      } else {
        return refuse(place, concat(written.name, ": array cannot be substituted inline"));
      }
      if (opened.bytes + text.size() > kValueLimit)
        return refuse(place, concat(written.name, ": longer than ", kValueLimit, " bytes"));
    }
    if (whole) continue;
    opened.bytes += text.size() + 1;
    opened.values.push_back(std::move(text));
  }
  return true;
}

// Nothing if it has no value; then the jail has an error, this one or that of the variable.
const Record* Expander::referenced(const Bound& part, const Piece& piece, uint32_t slot) {
  const Position place{part.written->place.file, piece.offset};
  const Record* found = record(slot);
  if (found && found->state == Record::failed) return nullptr;
  if (found && found->state == Record::open) {
    refuse(place, concat(piece.text, ": variable loop"));
    return nullptr;
  }
  // A boolean in its "no" form has a value that means the opposite of what it says.
  const bool negated = found && !found->parts.empty() && found->parts.back()->negated;
  if (!found || found->values.empty() || negated) {
    refuse(place, concat(part.written->name, ": variable \"", piece.text, "\" not found",
                         found ? "" : what_was_meant(part, piece.text)));
    return nullptr;
  }
  return found;
}

// A variable of the jail, or one that the shell of a command has, such as JID.
std::string Expander::what_was_meant(const Bound& part, std::string_view variable) const {
  auto near = near_miss(variable);
  if (near.empty() && part.written->name.starts_with("exec."))
    return concat(" (for the shell's own, write \\$", variable, ")");
  return near;
}

// Of a jail's first error only: it takes a look at every variable that the jail has.
std::string Expander::near_miss(std::string_view variable) const {
  if (!jail_.errors.empty()) return {};
  std::vector<std::string_view> known;
  for (const Record& made : std::span(records_).first(used_))
    if (const Slot& slot = names_.slot(made.slot); slot.variable) known.push_back(slot.key);
  return did_you_mean(variable, known);
}

void Expander::store() {
  for (Record& made : std::span(records_).first(used_)) {
    const Slot& slot = names_.slot(made.slot);
    if (slot.variable || made.state == Record::failed) continue;
    const Bound* last = made.parts.empty() ? nullptr : made.parts.back();
    jail_.settings.set({slot.id, slot.key, std::move(made.values), last && last->negated,
                        last ? last->where : jail_.where});
  }
}

// What is refused here hides what the jail's removal would do.
bool Expander::refuse(Position place, std::string_view what) {
  jail_.errors.push_back(place.error(what));
  jail_.removable = false;
  return false;
}

}  // namespace

Result<Conf> load_conf(const std::string& path, const Source& source) {
  const Tree tree = TRY(parse_conf(path, source));
  return Expander(tree).conf();
}

}  // namespace gaol::jail
