#include "gatehousectl/answer.hpp"

#include "config/json_text.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace gatehouse::gatehousectl {

namespace {

using nlohmann::json;

const json& nothing() {
    static const json null;
    return null;
}

}  // namespace

json json_of(std::string_view text) {
    constexpr std::size_t deepest = 64;
    auto value = config::parse_json(text, {deepest, config::Comments::refused});
    return value ? std::move(*value) : json();
}

std::string line_of(const json& value, bool for_terminal) {
    return value.dump(-1, ' ', for_terminal, json::error_handler_t::replace);
}

const json& part_of(const json& object, const char* member) {
    if (!object.is_object()) return nothing();
    const auto found = object.find(member);
    return found == object.end() ? nothing() : *found;
}

std::string text_in(const json& object, const char* member) {
    const json& value = part_of(object, member);
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
    return {};
}

std::int64_t number_in(const json& object, const char* member) {
    const json& value = part_of(object, member);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

bool truth_in(const json& object, const char* member) {
    const json& value = part_of(object, member);
    return value.is_boolean() && value.get<bool>();
}

std::vector<std::string> texts_in(const json& object, const char* member) {
    std::vector<std::string> texts;
    for (const json& item : part_of(object, member)) {
        if (item.is_string()) texts.push_back(item.get<std::string>());
    }
    return texts;
}

std::vector<Finding> findings_in(const json& object, const char* member) {
    std::vector<Finding> findings;
    for (const json& item : part_of(object, member)) {
        findings.push_back(
            {text_in(item, "code"), text_in(item, "severity"), text_in(item, "message"), text_in(item, "advice")});
    }
    return findings;
}

std::string cell(const json& object, const char* member) {
    const std::string text = text_in(object, member);
    return text.empty() ? "-" : text;
}

std::string time_cell(const json& object, const char* member) {
    const std::string text = text_in(object, member);
    return text.empty() ? "-" : time_text(text);
}

}  // namespace gatehouse::gatehousectl
