// Decodes the JSON body of an API request into typed values. What does not fit is refused with a pointer to the member
// at fault: the first one found, since programs read the answer. The document, secrets and all, is wiped when this is
// done with it; the request's own bytes are the session's. No state; any thread.
#pragma once

#include "base/secret.hpp"
#include "config/secret_json.hpp"
#include "server/http/flaw.hpp"
#include "server/http/request.hpp"
#include "server/http/rfc3339.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gatehouse::http {

/// Levels of objects and arrays that a body may nest.
inline constexpr std::size_t deepest_body = 64;

struct JsonRule {
    std::size_t bytes = 64UL * 1024;  ///< of the whole body
    bool untyped = false;             ///< a body without Content-Type is taken for JSON
};

enum class Characters {
    line,   ///< no control characters
    lines,  ///< but tabs and line ends
    any
};

struct TextRule {
    std::size_t least = 1;  ///< characters
    std::size_t most = 255;
    Characters characters = Characters::line;
};

struct ListRule {
    std::size_t least = 0;  ///< elements
    std::size_t most = 100;
};

/// Whether a target is a std::optional, and what it is without that.
template <class Target>
struct Member {
    static constexpr bool is_optional = false;
    using Value = Target;
};
template <class Target>
struct Member<std::optional<Target>> {
    static constexpr bool is_optional = true;
    using Value = Target;
};

/// One object of a body. Each function reads a member: into a std::optional one that may be missing, into anything else
/// one that must be there. null is no value of any type. What is missing or wrong leaves the target as it was and is
/// the refusal of the whole (422): missing_member, wrong_type, bad_value; after the last one, unknown_member.
class JsonObject {
public:
    /// What was found wrong in a body, shared by all its objects.
    struct Fault {
        std::optional<Refusal> refusal;
        bool is_missing = false;  ///< a member that is missing; an unknown one like it says more
    };

    /// Used by read_json. References: all outlive the object.
    JsonObject(const config::SecretJson& value, std::string pointer, Fault& fault);

    template <class Target>
    void text(std::string_view name, Target& target, const TextRule& rule = {}) {
        assign(target, read_text(name, Member<Target>::is_optional, rule));
    }
    /// A text for a base::Secret, of `least` to `most` bytes.
    template <class Target>
    void secret(std::string_view name, Target& target, std::size_t least, std::size_t most) {
        assign(target, read_secret(name, Member<Target>::is_optional, least, most));
    }
    /// A whole number.
    template <class Target>
    void whole(std::string_view name, Target& target, std::int64_t least, std::int64_t most) {
        using Number = typename Member<Target>::Value;
        static_assert(std::integral<Number> && !std::same_as<Number, bool>);
        // No more than the target can hold, whatever the caller says.
        if (std::cmp_less(least, std::numeric_limits<Number>::min()))
            least = static_cast<std::int64_t>(std::numeric_limits<Number>::min());
        if (std::cmp_greater(most, std::numeric_limits<Number>::max()))
            most = static_cast<std::int64_t>(std::numeric_limits<Number>::max());
        const auto value = read_whole(name, Member<Target>::is_optional, least, most);
        if (value) target = static_cast<Number>(*value);
    }
    template <class Target>
    void boolean(std::string_view name, Target& target) {
        assign(target, read_boolean(name, Member<Target>::is_optional));
    }
    /// One of some words.
    template <class Target>
    void choice(std::string_view name, Target& target,
                std::initializer_list<std::pair<std::string_view, typename Member<Target>::Value>> choices) {
        std::vector<std::string_view> words;
        for (const auto& [word, meaning] : choices)
            words.push_back(word);
        const auto chosen = read_choice(name, Member<Target>::is_optional, words);
        if (chosen) target = (choices.begin() + *chosen)->second;
    }
    /// A list of texts.
    template <class Target>
    void texts(std::string_view name, Target& target, const ListRule& list, const TextRule& rule = {}) {
        assign(target, read_texts(name, Member<Target>::is_optional, list, rule));
    }
    /// A list of lists of `each` whole numbers that 64 bits hold.
    template <class Target>
    void number_lists(std::string_view name, Target& target, const ListRule& list, std::size_t each) {
        assign(target, read_number_lists(name, Member<Target>::is_optional, list, each));
    }
    /// An RFC 3339 time.
    template <class Target>
    void time(std::string_view name, Target& target) {
        assign(target, read_time(name, Member<Target>::is_optional));
    }

    using Read = std::function<void(JsonObject&)>;
    /// An object that must be there; `read` reads its members.
    void object(std::string_view name, const Read& read);
    /// One that may be missing: `read` is then not called, and this is false.
    bool optional_object(std::string_view name, const Read& read);
    /// A list of objects that must be there; `read` is called with each, in their order.
    void objects(std::string_view name, const ListRule& list, const Read& read);

    /// Whether there is such a member, of whatever type.
    [[nodiscard]] bool has(std::string_view name) const;
    /// What a handler finds wrong with the value of a member: 422 bad_value. `saying` ends the sentence that begins
    /// with the member's pointer: "must be …".
    void refuse_value(std::string_view name, std::string_view saying);
    /// Nothing was found wrong so far.
    [[nodiscard]] bool sound() const { return !fault_->refusal; }

    /// Refuses what nothing asked for. Called by read_json and the functions above when `read` is done.
    void finish();

private:
    template <class Target, class Value>
    static void assign(Target& target, std::optional<Value>&& value) {
        if (value) target = std::move(*value);
    }

    [[nodiscard]] std::optional<std::string> read_text(std::string_view name, bool optional, const TextRule& rule);
    [[nodiscard]] std::optional<base::Secret> read_secret(std::string_view name, bool optional, std::size_t least,
                                                          std::size_t most);
    [[nodiscard]] std::optional<std::int64_t> read_whole(std::string_view name, bool optional, std::int64_t least,
                                                         std::int64_t most);
    [[nodiscard]] std::optional<bool> read_boolean(std::string_view name, bool optional);
    [[nodiscard]] std::optional<std::size_t> read_choice(std::string_view name, bool optional,
                                                         const std::vector<std::string_view>& words);
    [[nodiscard]] std::optional<std::vector<std::string>> read_texts(std::string_view name, bool optional,
                                                                     const ListRule& list, const TextRule& rule);
    [[nodiscard]] std::optional<std::vector<std::vector<std::int64_t>>> read_number_lists(std::string_view name,
                                                                                          bool optional,
                                                                                          const ListRule& list,
                                                                                          std::size_t each);
    [[nodiscard]] std::optional<Microseconds> read_time(std::string_view name, bool optional);

    // Null: missing, which is a fault unless `optional`, or a fault was found already.
    [[nodiscard]] const config::SecretJson* member(std::string_view name, bool optional);
    [[nodiscard]] const config::SecretJson* list(std::string_view name, bool optional, const ListRule& rule);
    [[nodiscard]] std::string pointer_to(std::string_view name) const;

    const config::SecretJson* value_;
    std::string pointer_;
    Fault* fault_;
    std::vector<std::string_view> known_;
};

/// Parses the body, calls `read` with the object that it is, and says what was found wrong. 415
/// unsupported_media_type; 413 body_too_large; 400 bad_json, also where it nests too deeply; 422 duplicate_member,
/// wrong_type where it is no object, and what JsonObject refuses.
[[nodiscard]] Judged<void> read_json(const Request& request, const JsonObject::Read& read, const JsonRule& rule = {});

/// The same into a value of its own: read_json<SignIn>(request, [](JsonObject& body, SignIn& value) { … }).
template <class Value, class ReadValue>
[[nodiscard]] Judged<Value> read_json(const Request& request, ReadValue read, const JsonRule& rule = {}) {
    Value value{};
    auto judged = read_json(request, JsonObject::Read([&](JsonObject& body) { read(body, value); }), rule);
    if (!judged) return tl::unexpected<Refusal>(std::move(judged.error()));
    return value;
}

}  // namespace gatehouse::http
