#include "server/http/query.hpp"

#include "base/utf8.hpp"
#include "config/json_text.hpp"
#include "config/nearest_name.hpp"
#include "server/http/percent.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace gatehouse::http {

namespace {

tl::unexpected<Refusal> refuse_parameter(std::string_view name, std::string_view saying) {
    return tl::unexpected<Refusal>(
        {422, "bad_parameter", "The parameter " + config::in_quotes(name) + " " + std::string(saying)});
}

Flaw decode(std::string_view text, std::size_t text_bytes, std::string& out) {
    if (!append_unescaped(text, Plus::space, out)) return Flaw::query_escape;
    if (out.size() > text_bytes) return Flaw::query_too_large;
    return out.find('\0') == std::string::npos && base::is_utf8(out) ? Flaw::none : Flaw::query_text;
}

}  // namespace

Judged<Query> Query::parse(std::string_view text, const QueryLimits& limits) {
    Query query;
    while (!text.empty()) {
        const auto parameter = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), parameter.size() + 1));
        if (parameter.empty()) continue;
        if (query.parameters_.size() == limits.parameters) return refuse(Flaw::query_too_large);
        const auto equals = std::min(parameter.find('='), parameter.size());
        auto& [name, value] = query.parameters_.emplace_back();
        Flaw flaw = decode(parameter.substr(0, equals), limits.text_bytes, name);
        if (flaw == Flaw::none && equals < parameter.size())
            flaw = decode(parameter.substr(equals + 1), limits.text_bytes, value);
        if (flaw != Flaw::none) return refuse(flaw);
    }
    return query;
}

Judged<const std::string*> Query::one(std::string_view name) const {
    const std::string* found = nullptr;
    for (const auto& [known, value] : parameters_) {
        if (known != name) continue;
        if (found != nullptr) return refuse_parameter(name, "is there more than once.");
        found = &value;
    }
    return found;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [known, value] : parameters_) {
        if (known == name) values.emplace_back(value);
    }
    return values;
}

Judged<std::optional<std::int64_t>> Query::whole(std::string_view name, std::int64_t least, std::int64_t most) const {
    const auto text = one(name);
    if (!text) return tl::unexpected<Refusal>(text.error());
    if (*text == nullptr) return std::nullopt;
    std::int64_t value = 0;
    const char* const end = (*text)->data() + (*text)->size();
    const auto read = std::from_chars((*text)->data(), end, value);
    if (read.ec != std::errc() || read.ptr != end || value < least || value > most) {
        return refuse_parameter(
            name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
    }
    return value;
}

Judged<std::optional<bool>> Query::boolean(std::string_view name) const {
    const auto text = one(name);
    if (!text) return tl::unexpected<Refusal>(text.error());
    if (*text == nullptr) return std::nullopt;
    if (**text == "true" || **text == "1") return true;
    if (**text == "false" || **text == "0") return false;
    return refuse_parameter(name, "must be true or false.");
}

Judged<void> Query::only(std::initializer_list<std::string_view> known) const {
    for (const auto& parameter : parameters_) {
        const std::string_view name = parameter.first;
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const auto meant = config::nearest_name(name, known);
        return refuse_parameter(name, meant.empty() ? std::string("is not known here.")
                                                    : "is not known here. Did you mean \"" + meant + "\"?");
    }
    return {};
}

}  // namespace gatehouse::http
