#include "server/clean/shapes.hpp"

#include <charconv>

namespace gatehouse::clean {

namespace {

Json registration_shape(const std::optional<records::Registration>& registration) {
    if (!registration) return nullptr;
    return {{"state", records::name(registration->state)},
            {"kind", records::name(registration->kind)},
            {"source_address", registration->source_address},
            {"first_seen", http::moment_shape(registration->first_seen)},
            {"last_poll", http::moment_or_null(registration->last_poll)},
            {"conflicts", registration->conflicts},
            {"expires_at", http::moment_or_null(registration->expires)}};
}

}  // namespace

Json user_shape(const records::User& user) {
    return {{"login", user.login},
            {"name", user.name},
            {"email", user.email},
            {"title", user.title},
            {"role", records::name(user.role)},
            {"active", user.active},
            {"device", user.device},
            {"organization", {{"id", user.organization_id}, {"name", user.organization_name}}},
            {"created_at", http::moment_shape(user.created)},
            {"last_used_at", http::moment_or_null(user.last_seen)},
            {"registration", registration_shape(user.registration)}};
}

Json organization_shape(const records::Organization& organization) {
    return {{"id", organization.id},
            {"name", organization.name},
            {"active", organization.active},
            {"users", organization.users},
            {"created_at", http::moment_shape(organization.created)}};
}

Json identity_shape(const records::UserSession& session) {
    const records::User& who = session.who;
    return {{"interface", "clean"},
            {"username", who.login},
            {"name", who.name},
            {"email", who.email},
            {"title", who.title},
            {"role", records::name(who.role)},
            {"organization_id", who.organization_id},
            {"organization_name", who.organization_name},
            {"session_id", std::to_string(session.id)},
            {"expires_at", http::moment_shape(session.ends)},
            {"idle_seconds", std::chrono::duration_cast<std::chrono::seconds>(session.idle).count()},
            {"initial_password", who.initial_password}};
}

Json field_user(const Shown& shown) {
    const records::User& user = shown.user;
    return {{"login", user.login},
            {"name", user.name},
            {"email", user.email},
            {"title", user.title},
            {"role", records::name(user.role)},
            {"active", user.active},
            {"api_key", shown.api_key ? Json(*shown.api_key) : Json(nullptr)},
            {"properties", Json::object()}};
}

Json field_user_alone(const Shown& shown) {
    Json shape = field_user(shown);
    shape["integration_id"] = nullptr;
    shape["organization_id"] = shown.user.organization_id;
    shape["device"] = shown.user.device;
    return shape;
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Json rate_shape(const records::RateState& state) {
    Json limits = Json::array();
    for (const auto& [samples, window] : state.limits)
        limits.push_back(Json::array({samples, window.count()}));
    return {{"submission-rate-limit", std::move(limits)},
            {"submission-wait-seconds", state.wait.count()},
            {"submissions-available", state.available ? Json(*state.available) : Json(nullptr)}};
}

}  // namespace gatehouse::clean
