#include "records/settings.hpp"

#include "config/json_text.hpp"

#include <algorithm>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_setting_name = 128;

bool is_setting_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= longest_setting_name && std::all_of(name.begin(), name.end(), is_allowed);
}

tl::unexpected<base::Error> invalid(std::string message) {
    return base::fail(ErrorKind::input, "setting_invalid", std::move(message));
}

}  // namespace

Result<std::optional<std::string>> Settings::get(std::string_view name) {
    if (!is_setting_name(name)) return std::nullopt;
    const auto rows = database_->query("SELECT json FROM settings WHERE name = $1", {name});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    return rows->front().text(0);
}

Result<std::map<std::string, std::string>> Settings::all() {
    const auto rows = database_->query("SELECT name, json FROM settings");
    if (!rows) return base::fail(rows.error());
    std::map<std::string, std::string> values;
    for (const Row& row : *rows)
        values.emplace(row.text(0), row.text(1));
    return values;
}

Result<void> Settings::put(std::string_view name, std::string_view json, Time now) {
    if (!is_setting_name(name)) return invalid(config::in_quotes(name) + " can't be a setting's name.");
    if (json.size() > longest_value) return invalid("The value of " + std::string(name) + " is larger than 64 KiB.");
    const auto document = config::parse_json(json);
    if (!document) {
        return invalid("The value of " + std::string(name) + " is not JSON: " + document.error().where + " " +
                       document.error().what + ".");
    }
    const auto done = database_->change(
        "INSERT INTO settings (name, json, changed) VALUES ($1, $2, $3) "
        "ON CONFLICT (name) DO UPDATE SET json = $2, changed = $3",
        {name, document->dump(), now});
    if (!done) return base::fail(done.error());
    return {};
}

Result<void> Settings::remove(std::string_view name) {
    if (!is_setting_name(name)) return {};
    const auto done = database_->change("DELETE FROM settings WHERE name = $1", {name});
    if (!done) return base::fail(done.error());
    return {};
}

}  // namespace gatehouse::records
