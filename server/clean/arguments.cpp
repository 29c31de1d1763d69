#include "server/clean/arguments.hpp"

#include "config/json_text.hpp"
#include "server/http/accept.hpp"
#include "server/http/json_body.hpp"
#include "server/http/query.hpp"

#include <algorithm>
#include <charconv>

namespace gatehouse::clean {

namespace {

using config::SecretJson;
using http::Judged;

constexpr http::MultipartLimits form_limits{};
constexpr std::size_t most_of_address = http::QueryLimits().text_bytes;  // one value in a query

tl::unexpected<http::Refusal> refuse(unsigned status, std::string_view code, std::string detail) {
    return tl::unexpected<http::Refusal>({status, std::string(code), std::move(detail)});
}

// The name alone: the value may be a key.
tl::unexpected<http::Refusal> unfit_parameter(std::string_view name, const std::string& saying) {
    return refuse(422, "bad_parameter", "The parameter " + std::string(name) + " " + saying);
}

// What a form writes as one parameter several times.
bool is_list_of_texts(const SecretJson& value) {
    return value.is_array() && std::all_of(value.begin(), value.end(), [](const auto& one) { return one.is_string(); });
}

std::string_view view(const config::SecretString& text) {
    return {text.data(), text.size()};
}

}  // namespace

void Arguments::add(std::string_view name, std::string_view value) {
    values_.emplace_back(std::string(name), config::SecretString(value));
}

Judged<void> Arguments::take_query(std::string_view text, std::size_t most_text) {
    const auto query = http::Query::parse(text, {.text_bytes = most_text});
    if (!query) return tl::unexpected<http::Refusal>(query.error());
    for (const auto& [name, value] : query->parameters())
        add(name, value);
    return {};
}

Judged<void> Arguments::take_json(std::string_view body) {
    auto document = config::parse_secret_json(body, {http::deepest_body, config::Comments::refused});
    if (!document) {
        return refuse(400, "bad_json",
                      "The body can't be read: " + document.error().where + " " + document.error().what + ".");
    }
    if (!document->is_object()) return refuse(422, "wrong_type", "The body must be a JSON object.");
    for (auto& [name, value] : document->items()) {
        const std::string text_name(view(name));
        if (value.is_string()) {
            add(text_name, view(value.get_ref<const config::SecretString&>()));
        } else if (is_list_of_texts(value)) {
            for (const auto& one : value)
                add(text_name, view(one.get_ref<const config::SecretString&>()));
            nested_.emplace_back(text_name, std::move(value));
        } else if (value.is_array() || value.is_object()) {
            nested_.emplace_back(text_name, std::move(value));
        } else if (!value.is_null()) {
            add(text_name, view(value.dump()));
        }
    }
    return {};
}

Judged<Arguments> Arguments::read(const http::Request& request) {
    Arguments arguments;
    Judged<void> taken;
    if (!request.body.empty()) {
        switch (http::body_type(request)) {
            case http::BodyType::form:
                taken = arguments.take_query(request.body, most_bytes);
                break;
            case http::BodyType::json:
            case http::BodyType::untold:
                taken = arguments.take_json(request.body);
                break;
            case http::BodyType::multipart: {
                const auto form = http::read_form(request, form_limits, most_bytes);
                if (!form) return tl::unexpected<http::Refusal>(form.error());
                for (const auto& part : form->parts())
                    arguments.add(part.header.name, part.value.reveal());
                break;
            }
            case http::BodyType::other:
                return refuse(415, "unsupported_media_type", "This address takes a form or JSON, in UTF-8.");
        }
    }
    if (taken) taken = arguments.take_query(request.query, most_of_address);
    if (!taken) return tl::unexpected<http::Refusal>(std::move(taken.error()));
    return arguments;
}

Judged<Arguments> Arguments::read(const http::Request& request, const std::vector<http::FormPart>& fields) {
    Arguments arguments;
    for (const auto& part : fields) {
        if (!part.header.filename) arguments.add(part.header.name, part.value.reveal());
    }
    if (auto taken = arguments.take_query(request.query, most_of_address); !taken)
        return tl::unexpected<http::Refusal>(std::move(taken.error()));
    return arguments;
}

std::optional<std::string_view> Arguments::find(std::string_view name) const {
    const auto found =
        std::find_if(values_.begin(), values_.end(), [&](const Value& value) { return value.first == name; });
    return found == values_.end() ? std::nullopt : std::optional(view(found->second));
}

std::vector<std::string_view> Arguments::all(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const auto& [known, value] : values_) {
        if (known == name) found.push_back(view(value));
    }
    return found;
}

std::optional<std::string> Arguments::text(std::string_view name) const {
    const auto found = find(name);
    return found ? std::optional(std::string(*found)) : std::nullopt;
}

Judged<void> Arguments::expect_texts(std::span<const std::string_view> names) const {
    for (const auto& [known, value] : nested_) {
        if (std::find(names.begin(), names.end(), known) != names.end())
            return unfit_parameter(known, "must be a text.");
    }
    return {};
}

Judged<std::optional<std::int64_t>> Arguments::whole(std::string_view name, std::int64_t least,
                                                     std::int64_t most) const {
    const auto text = find(name);
    if (!text) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size() || number < least || number > most) {
        return unfit_parameter(
            name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ".");
    }
    return number;
}

Judged<std::optional<SecretJson>> Arguments::json(std::string_view name) const {
    for (const auto& [known, value] : nested_) {
        if (known == name) return value;
    }
    const auto text = find(name);
    if (!text) return std::nullopt;
    auto document = config::parse_secret_json(*text, {http::deepest_body, config::Comments::refused});
    if (!document) return unfit_parameter(name, "is no JSON.");
    return std::move(*document);
}

}  // namespace gatehouse::clean
