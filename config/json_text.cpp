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

// Builds the document from the parser's events and stops at the first thing that is not allowed.
template <class Json>
class Builder {
public:
    using Text = typename Json::string_t;

    explicit Builder(std::string_view text) : text_(text) {}

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
        problem_ = {path(), "appears twice"};
        return false;
    }

    bool parse_error(std::size_t read, const std::string& /*token*/, const nlohmann::detail::exception& error) {
        problem_ = {place(text_, read), is_secret ? "this is not valid JSON" : shortened(error.what())};
        return false;
    }

    [[nodiscard]] Json& document() { return document_; }
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
        if (levels_.size() == deepest_json) {
            problem_ = {"the text", "nests more than " + std::to_string(deepest_json) + " levels deep"};
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

    std::string_view text_;
    Json document_;
    std::vector<Level> levels_;
    JsonProblem problem_{"line 1, column 1:", "this is not valid JSON"};
};

template <class Json>
tl::expected<Json, JsonProblem> parse(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    Builder<Json> builder(text);
    constexpr bool strict = true;
    constexpr bool ignore_comments = true;
    if (!Json::sax_parse(text.begin(), text.end(), &builder, nlohmann::detail::input_format_t::json, strict,
                         ignore_comments)) {
        return tl::unexpected<JsonProblem>(std::move(builder.problem()));
    }
    return std::move(builder.document());
}

}  // namespace

tl::expected<nlohmann::json, JsonProblem> parse_json(std::string_view text) {
    return parse<nlohmann::json>(text);
}

tl::expected<SecretJson, JsonProblem> parse_secret_json(std::string_view text) {
    return parse<SecretJson>(text);
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

std::string in_quotes(std::string_view text) {
    const bool cut = text.size() > longest_shown;
    const nlohmann::json whole = std::string(text.substr(0, longest_shown)) + (cut ? "..." : "");
    return whole.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace gatehouse::config
