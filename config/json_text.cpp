#include "config/json_text.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace gatehouse::config {

namespace {

constexpr std::size_t longest_shown = 64;

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

// `read`: how many bytes the lexer had read, the last of them being the one it stumbled over.
std::string place(std::string_view text, std::size_t read) {
    const std::string_view before = text.substr(0, std::min(read == 0 ? 0 : read - 1, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::string_view on_line = newline == std::string_view::npos ? before : before.substr(newline + 1);
    const auto column = 1 + std::count_if(on_line.begin(), on_line.end(), [](char c) { return !is_continuation(c); });
    return "line " + std::to_string(line) + ", column " + std::to_string(column) + ":";
}

// "[json.exception.parse_error.101] parse error at line 2, column 3: syntax error ..." without what we say ourselves.
// It quotes the text, which may hold any byte: those that are no plain character become '?'.
std::string shortened(std::string_view said) {
    const std::size_t words = said.find("syntax error");
    const std::size_t bracket = said.find("] ");
    if (words != std::string_view::npos) {
        said.remove_prefix(words);
    } else if (bracket != std::string_view::npos) {
        said.remove_prefix(bracket + 2);
    }
    std::string clean(said);
    std::replace_if(
        clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7F; }, '?');
    return clean;
}

// nlohmann's lexer keeps the raw bytes of the token that it reads, for its errors, in a buffer that nobody wipes. A
// secret text is therefore given to it between spaces, which let that buffer grow before anything secret is read, so
// that it is never moved, and a string of spaces, the seal, which is written over all that the buffer held. The parser
// stumbles over the seal after a whole document; nothing in the text can look like it, since it is longer than the
// text.
class Seal {
public:
    explicit Seal(std::string_view text) : text_(text) {}

    // Bytes before the text.
    [[nodiscard]] std::size_t lead() const { return text_.size() + 16; }
    [[nodiscard]] std::string token() const { return '"' + std::string(text_.size(), ' ') + '"'; }
    [[nodiscard]] SecretString sealed_text() const {
        SecretString sealed;
        sealed.reserve(lead() + 2 * text_.size() + 3);
        sealed.append(lead(), ' ').append(text_);
        sealed.append("\n").append(token());  // the line end ends a comment
        return sealed;
    }

private:
    std::string_view text_;
};

// Builds the document from the parser's events and stops at the first thing that is not allowed.
template <class Json>
class Builder {
public:
    using Text = typename Json::string_t;

    Builder(std::string_view text, const JsonRules& rules) : text_(text), deepest_(rules.deepest) {}

    bool null() { return add(Json(nullptr)); }
    bool boolean(bool value) { return add(Json(value)); }
    bool number_integer(std::int64_t value) { return add(Json(value)); }
    bool number_unsigned(std::uint64_t value) { return add(Json(value)); }
    template <class Digits>  // the reader of binary formats, which we never use, insists on std::string
    bool number_float(double value, const Digits& /*digits*/) {
        return add(Json(value));
    }
    bool string(Text& value) {
        const bool added = add(Json(value));
        if constexpr (is_secret) ::explicit_bzero(value.data(), value.size());  // the lexer's own buffer
        return added;
    }
    bool binary(typename Json::binary_t& /*value*/) { return false; }

    bool start_object(std::size_t /*elements*/) { return open(Json::object()); }
    bool end_object() { return close(); }
    bool start_array(std::size_t /*elements*/) { return open(Json::array()); }
    bool end_array() { return close(); }

    bool key(Text& name) {
        Level& level = levels_.back();
        level.member = name;
        if (!level.value->contains(name)) return true;
        problem_ = {JsonProblem::Kind::repeated_member, path(), "appears twice", pointer()};
        return false;
    }

    bool parse_error(std::size_t read, const std::string& token, const nlohmann::detail::exception& error) {
        if constexpr (is_secret) {
            // The seal stands where nothing may stand but after a whole document.
            sealed_ = has_document_ && levels_.empty() && token == Seal(text_).token();
            problem_.where = place(text_, read - std::min(read, Seal(text_).lead()));
        } else {
            problem_.where = place(text_, read);
            problem_.what = shortened(error.what());
        }
        return false;
    }

    [[nodiscard]] Json& document() { return document_; }
    /// Of a secret text: the parser came to its seal.
    [[nodiscard]] bool sealed() const { return sealed_; }
    [[nodiscard]] JsonProblem& problem() { return problem_; }

private:
    static constexpr bool is_secret = !std::is_same_v<Text, std::string>;

    struct Level {
        Json* value;  // stays valid: a parent gets its next child only after this level is closed
        Text member;
    };

    Json* place_value(Json value) {
        if (levels_.empty()) {
            document_ = std::move(value);
            has_document_ = true;
            return &document_;
        }
        Level& level = levels_.back();
        if (level.value->is_array()) {
            level.value->push_back(std::move(value));
            return &level.value->back();
        }
        return &((*level.value)[level.member] = std::move(value));
    }

    bool add(Json value) { return place_value(std::move(value)) != nullptr; }

    bool open(Json value) {
        if (levels_.size() == deepest_) {
            problem_ = {JsonProblem::Kind::too_deep,
                        "the text",
                        "nests more than " + std::to_string(deepest_) + " levels deep",
                        {}};
            return false;
        }
        Json* placed = place_value(std::move(value));
        levels_.push_back({placed, {}});
        return true;
    }

    bool close() {
        levels_.pop_back();
        return true;
    }

    // Of the member whose name was just read: the last level is an object, and each list is at its last element.
    [[nodiscard]] std::string path() const {
        std::string path;
        for (const Level& level : levels_) {
            if (level.value->is_array()) {
                path += "[" + std::to_string(level.value->size() - 1) + "]";
            } else {
                path = member_path(path, {level.member.data(), level.member.size()});
            }
        }
        return path;
    }

    // The same for a program.
    [[nodiscard]] std::string pointer() const {
        std::string pointer;
        for (const Level& level : levels_) {
            if (level.value->is_array()) {
                pointer = member_pointer(pointer, std::to_string(level.value->size() - 1));
            } else {
                pointer = member_pointer(pointer, {level.member.data(), level.member.size()});
            }
        }
        return pointer;
    }

    std::string_view text_;
    std::size_t deepest_;
    Json document_;
    bool has_document_ = false;
    bool sealed_ = false;
    std::vector<Level> levels_;
    JsonProblem problem_{JsonProblem::Kind::syntax, "line 1, column 1:", "this is not valid JSON", {}};
};

template <class Json>
bool read(std::string_view text, Builder<Json>& builder, const JsonRules& rules) {
    constexpr bool strict = true;
    return Json::sax_parse(text.begin(), text.end(), &builder, nlohmann::detail::input_format_t::json, strict,
                           rules.comments == Comments::taken);
}

template <class Json>
tl::expected<Json, JsonProblem> parse(std::string_view text, const JsonRules& rules) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {  // the parser would take it for the end
        return tl::unexpected<JsonProblem>(
            {JsonProblem::Kind::syntax, place(text, nul + 1), "this is not valid JSON: a NUL byte", {}});
    }
    Builder<Json> builder(text, rules);
    bool sound = false;
    if constexpr (std::is_same_v<Json, SecretJson>) {
        static_cast<void>(read(Seal(text).sealed_text(), builder, rules));
        sound = builder.sealed();
    } else {
        sound = read(text, builder, rules);
    }
    if (!sound) return tl::unexpected<JsonProblem>(std::move(builder.problem()));
    return std::move(builder.document());
}

}  // namespace

tl::expected<nlohmann::json, JsonProblem> parse_json(std::string_view text, const JsonRules& rules) {
    return parse<nlohmann::json>(text, rules);
}

tl::expected<SecretJson, JsonProblem> parse_secret_json(std::string_view text, const JsonRules& rules) {
    return parse<SecretJson>(text, rules);
}

std::string member_path(std::string_view parent, std::string_view member) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    std::string path(parent);
    if (!member.empty() && member.size() <= longest_shown && std::all_of(member.begin(), member.end(), is_plain)) {
        if (!path.empty()) path += '.';
        path += member;
        return path;
    }
    return path + "[" + in_quotes(member) + "]";
}

std::string member_pointer(std::string_view parent, std::string_view member) {
    std::string pointer(parent);
    pointer += '/';
    for (const char c : member) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
    return pointer;
}

std::string in_quotes(std::string_view text) {
    const bool cut = text.size() > longest_shown;
    const nlohmann::json whole = std::string(text.substr(0, longest_shown)) + (cut ? "..." : "");
    return whole.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace gatehouse::config
