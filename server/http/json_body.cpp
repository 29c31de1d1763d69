#include "server/http/json_body.hpp"

#include "base/utf8.hpp"
#include "config/json_text.hpp"
#include "config/nearest_name.hpp"
#include "server/http/accept.hpp"

#include <algorithm>
#include <cstdint>

namespace gatehouse::http {

using config::SecretJson;

namespace {

constexpr unsigned unprocessable = 422;
constexpr std::size_t longest_pointer = 256;

std::string_view view(const config::SecretString& text) {
    return {text.data(), text.size()};
}

// What it is instead; never its content, which may be a secret in the wrong place.
std::string_view kind_of(const SecretJson& value) {
    if (value.is_object()) return "an object";
    if (value.is_array()) return "a list";
    if (value.is_string()) return "a text";
    if (value.is_boolean()) return "true or false";
    if (value.is_null()) return "null";
    return value.is_number_integer() ? "a whole number" : "a number with a fraction or out of range";
}

std::string_view subject(std::string_view pointer) {
    return pointer.empty() ? "The body" : pointer;
}

// The first fault is the one that is told.
void note(JsonObject::Fault& fault, std::string_view code, std::string pointer, std::string_view saying) {
    if (fault.refusal) return;
    fault.is_missing = code == "missing_member";
    std::string detail;
    detail.append(subject(pointer)).append(" ").append(saying);
    fault.refusal = Refusal{unprocessable, std::string(code), std::move(detail), std::move(pointer)};
}

void wrong_type(JsonObject::Fault& fault, std::string pointer, std::string_view expected, const SecretJson& value) {
    std::string saying("must be ");
    saying.append(expected).append(", not ").append(kind_of(value)).append(".");
    note(fault, "wrong_type", std::move(pointer), saying);
}

std::string range(std::string_view what, std::uint64_t least, std::uint64_t most) {
    std::string text = least == most ? std::to_string(most) : std::to_string(least) + " to " + std::to_string(most);
    return text.append(" ").append(what);
}

bool fits(std::string_view text, Characters characters) {
    if (characters == Characters::any) return true;
    return std::none_of(text.begin(), text.end(), [&](char c) {
        const bool line = c == '\t' || c == '\n' || c == '\r';
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        return control && !(line && characters == Characters::lines);
    });
}

std::optional<std::string> judge_text(const SecretJson& value, const std::string& pointer, const TextRule& rule,
                                      JsonObject::Fault& fault) {
    if (!value.is_string()) {
        wrong_type(fault, pointer, "a text", value);
        return std::nullopt;
    }
    const auto text = view(value.get_ref<const config::SecretString&>());
    const auto length = base::count_characters(text);
    if (length < rule.least || length > rule.most) {
        note(fault, "bad_value", pointer, "must have " + range("characters.", rule.least, rule.most));
        return std::nullopt;
    }
    if (!fits(text, rule.characters)) {
        note(fault, "bad_value", pointer,
             rule.characters == Characters::line ? "must not hold control characters or line breaks."
                                                 : "must not hold control characters.");
        return std::nullopt;
    }
    return std::string(text);
}

std::optional<std::vector<std::int64_t>> whole_numbers(const SecretJson& list, std::size_t count) {
    if (!list.is_array() || list.size() != count) return std::nullopt;
    std::vector<std::int64_t> numbers;
    for (const auto& element : list) {
        const bool too_large = element.is_number_unsigned() &&
                               std::cmp_greater(element.get<std::uint64_t>(), std::numeric_limits<std::int64_t>::max());
        if (!element.is_number_integer() || too_large) return std::nullopt;
        numbers.push_back(element.get<std::int64_t>());
    }
    return numbers;
}

std::string listed(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words)
        text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

}  // namespace

JsonObject::JsonObject(const SecretJson& value, std::string pointer, Fault& fault)
    : value_(&value), pointer_(std::move(pointer)), fault_(&fault) {
    if (!value.is_object()) wrong_type(fault, pointer_, "an object", value);
}

// A pointer to a member whose name is very long says where that stands instead.
std::string JsonObject::pointer_to(std::string_view name) const {
    auto pointer = config::member_pointer(pointer_, name);
    return pointer.size() > longest_pointer ? pointer_ : pointer;
}

bool JsonObject::has(std::string_view name) const {
    return value_->is_object() && value_->contains(name);
}

const SecretJson* JsonObject::member(std::string_view name, bool optional) {
    known_.push_back(name);
    if (fault_->refusal) return nullptr;
    const auto found = value_->find(name);
    if (found != value_->end()) return &*found;
    if (!optional) note(*fault_, "missing_member", pointer_to(name), "is missing.");
    return nullptr;
}

const SecretJson* JsonObject::list(std::string_view name, bool optional, const ListRule& rule) {
    const auto* found = member(name, optional);
    if (found == nullptr) return nullptr;
    if (!found->is_array()) {
        wrong_type(*fault_, pointer_to(name), "a list", *found);
        return nullptr;
    }
    if (found->size() < rule.least || found->size() > rule.most) {
        refuse_value(name, "must have " + range("elements.", rule.least, rule.most));
        return nullptr;
    }
    return found;
}

std::optional<std::string> JsonObject::read_text(std::string_view name, bool optional, const TextRule& rule) {
    const auto* found = member(name, optional);
    if (found == nullptr) return std::nullopt;
    return judge_text(*found, pointer_to(name), rule, *fault_);
}

std::optional<base::Secret> JsonObject::read_secret(std::string_view name, bool optional, std::size_t least,
                                                    std::size_t most) {
    const auto* found = member(name, optional);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string()) {
        wrong_type(*fault_, pointer_to(name), "a text", *found);
        return std::nullopt;
    }
    const auto text = view(found->get_ref<const config::SecretString&>());
    if (text.size() < least || text.size() > most) {
        refuse_value(name, "must have " + range("bytes.", least, most));
        return std::nullopt;
    }
    return base::Secret(text);
}

std::optional<std::int64_t> JsonObject::read_whole(std::string_view name, bool optional, std::int64_t least,
                                                   std::int64_t most) {
    const auto* found = member(name, optional);
    if (found == nullptr) return std::nullopt;
    if (!found->is_number_integer()) {
        wrong_type(*fault_, pointer_to(name), "a whole number", *found);
        return std::nullopt;
    }
    const bool too_large = found->is_number_unsigned() && std::cmp_greater(found->get<std::uint64_t>(), most);
    const auto value = too_large ? most : found->get<std::int64_t>();
    if (too_large || value < least || value > most) {
        refuse_value(name, "must be from " + std::to_string(least) + " to " + std::to_string(most) + ".");
        return std::nullopt;
    }
    return value;
}

std::optional<bool> JsonObject::read_boolean(std::string_view name, bool optional) {
    const auto* found = member(name, optional);
    if (found == nullptr) return std::nullopt;
    if (!found->is_boolean()) {
        wrong_type(*fault_, pointer_to(name), "true or false", *found);
        return std::nullopt;
    }
    return found->get<bool>();
}

std::optional<std::size_t> JsonObject::read_choice(std::string_view name, bool optional,
                                                   const std::vector<std::string_view>& words) {
    const auto* found = member(name, optional);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string()) {
        wrong_type(*fault_, pointer_to(name), "a text", *found);
        return std::nullopt;
    }
    const auto word = view(found->get_ref<const config::SecretString&>());
    const auto chosen = std::find(words.begin(), words.end(), word);
    if (chosen == words.end()) {
        refuse_value(name, "must be one of " + listed(words) + ".");
        return std::nullopt;
    }
    return static_cast<std::size_t>(chosen - words.begin());
}

std::optional<std::vector<std::string>> JsonObject::read_texts(std::string_view name, bool optional,
                                                               const ListRule& rule, const TextRule& text_rule) {
    const auto* found = list(name, optional, rule);
    if (found == nullptr) return std::nullopt;
    std::vector<std::string> texts;
    for (const auto& element : *found) {
        const auto pointer = config::member_pointer(pointer_to(name), std::to_string(texts.size()));
        auto text = judge_text(element, pointer, text_rule, *fault_);
        if (!text) return std::nullopt;
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::optional<std::vector<std::vector<std::int64_t>>> JsonObject::read_number_lists(std::string_view name,
                                                                                    bool optional, const ListRule& rule,
                                                                                    std::size_t each) {
    const auto* found = list(name, optional, rule);
    if (found == nullptr) return std::nullopt;
    std::vector<std::vector<std::int64_t>> lists;
    for (const auto& element : *found) {
        auto numbers = whole_numbers(element, each);
        if (!numbers) {
            const auto pointer = config::member_pointer(pointer_to(name), std::to_string(lists.size()));
            note(*fault_, "bad_value", pointer, "must be a list of " + range("whole numbers.", each, each));
            return std::nullopt;
        }
        lists.push_back(std::move(*numbers));
    }
    return lists;
}

std::optional<Microseconds> JsonObject::read_time(std::string_view name, bool optional) {
    const auto* found = member(name, optional);
    if (found == nullptr) return std::nullopt;
    if (!found->is_string()) {
        wrong_type(*fault_, pointer_to(name), "a time as text", *found);
        return std::nullopt;
    }
    const auto time = parse_rfc3339(view(found->get_ref<const config::SecretString&>()));
    if (!time) refuse_value(name, "must be an RFC 3339 time, as 2024-02-29T13:05:00Z.");
    return time;
}

void JsonObject::object(std::string_view name, const Read& read) {
    constexpr bool optional = false;
    const auto* found = member(name, optional);
    if (found == nullptr) return;
    JsonObject inner(*found, pointer_to(name), *fault_);
    if (!inner.sound()) return;
    read(inner);
    inner.finish();
}

bool JsonObject::optional_object(std::string_view name, const Read& read) {
    const bool there = has(name);
    if (there) {
        object(name, read);
    } else {
        known_.push_back(name);
    }
    return there;
}

void JsonObject::objects(std::string_view name, const ListRule& rule, const Read& read) {
    constexpr bool optional = false;
    const auto* found = list(name, optional, rule);
    if (found == nullptr) return;
    std::size_t index = 0;
    for (const auto& element : *found) {
        JsonObject inner(element, config::member_pointer(pointer_to(name), std::to_string(index++)), *fault_);
        if (!inner.sound()) return;
        read(inner);
        inner.finish();
    }
}

void JsonObject::refuse_value(std::string_view name, std::string_view saying) {
    note(*fault_, "bad_value", pointer_to(name), saying);
}

void JsonObject::finish() {
    if (fault_->refusal && !fault_->is_missing) return;
    for (const auto& [name, value] : value_->get_ref<const SecretJson::object_t&>()) {
        if (std::find(known_.begin(), known_.end(), view(name)) != known_.end()) continue;
        const auto meant = config::nearest_name(view(name), known_);
        // A member is missing: an unknown one is worth more only where it is probably that one, misspelt.
        if (fault_->refusal && meant.empty()) continue;
        fault_->refusal.reset();
        note(*fault_, "unknown_member", pointer_to(view(name)),
             meant.empty() ? std::string("is not known here.") : "is not known here. Did you mean \"" + meant + "\"?");
        return;
    }
}

namespace {

tl::unexpected<Refusal> refuse_document(const config::JsonProblem& problem) {
    using Kind = config::JsonProblem::Kind;
    if (problem.kind == Kind::repeated_member) {
        return tl::unexpected<Refusal>(
            {unprocessable, "duplicate_member", problem.pointer + " is there more than once.", problem.pointer});
    }
    return tl::unexpected<Refusal>(
        {400, "bad_json", "The body can't be read: " + problem.where + " " + problem.what + "."});
}

}  // namespace

Judged<void> read_json(const Request& request, const JsonObject::Read& read, const JsonRule& rule) {
    const auto type = body_type(request);
    if (type != BodyType::json && !(rule.untyped && type == BodyType::untold)) {
        return tl::unexpected<Refusal>(
            {415, "unsupported_media_type", "This address takes JSON in UTF-8: Content-Type: application/json."});
    }
    if (request.body.size() > rule.bytes) {
        return tl::unexpected<Refusal>(
            {413, "body_too_large",
             "The body is larger than the " + std::to_string(rule.bytes) + " bytes taken here."});
    }
    const auto document = config::parse_secret_json(request.body, {deepest_body, config::Comments::refused});
    if (!document) return refuse_document(document.error());
    JsonObject::Fault fault;
    JsonObject body(*document, {}, fault);
    if (!fault.refusal) {
        read(body);
        body.finish();
    }
    if (fault.refusal) return tl::unexpected<Refusal>(std::move(*fault.refusal));
    return {};
}

}  // namespace gatehouse::http
