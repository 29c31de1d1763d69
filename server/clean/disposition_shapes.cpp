#include "server/clean/disposition_shapes.hpp"

#include "config/settings.hpp"
#include "records/time.hpp"
#include "server/http/rfc3339.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::clean {

namespace {

using records::DispositionService;

Json time_or_null(const std::optional<records::Time>& time) {
    return time ? http::moment_shape(*time) : Json(nullptr);
}

// One word for how it stands.
std::string_view service_state(const DispositionService& service, const integrations::ServiceState& state) {
    if (state.locked) return "locked";
    if (state.away) return "away";
    if (service.queue.waiting > 0) return "telling";
    return service.queue.failed > 0 ? "failed" : "idle";
}

Json page_word(integrations::MendingPage page) {
    switch (page) {
        case integrations::MendingPage::authorities:
            return "authorities";
        case integrations::MendingPage::network:
            return "network";
        case integrations::MendingPage::service:
            return "service";
        case integrations::MendingPage::none:
            break;
    }
    return nullptr;
}

}  // namespace

Json service_shape(const DispositionService& service, const ServiceStates& states) {
    const auto found = states.find(service.id);
    const integrations::ServiceState state = found == states.end() ? integrations::ServiceState() : found->second;
    Json failure = nullptr;
    if (service.last_failure)
        failure = {{"at", http::moment_shape(*service.last_failure)}, {"message", service.failure_message}};
    return {{"id", service.id},
            {"url", service.url},
            {"user", service.user_name},
            {"password", records::shown_for_password},
            {"network", config::name(service.network)},
            {"created_at", http::moment_shape(service.created)},
            {"state", service_state(service, state)},
            {"message", state.away || state.locked || service.queue.waiting > 0 ? state.message : std::string()},
            {"queue",
             {{"waiting", service.queue.waiting},
              {"failed", service.queue.failed},
              {"dropped", service.queue.dropped},
              {"oldest_waiting_at", time_or_null(service.queue.oldest_waiting)}}},
            {"last_success_at", time_or_null(service.last_success)},
            {"last_failure", std::move(failure)}};
}

Json failed_shape(const records::Disposition& one) {
    return {{"id", one.id},
            {"sample", one.sample},
            {"sha256", one.sha256},
            {"score", one.score},
            {"analyzed_at", http::moment_shape(one.analyzed_at)},
            {"queued_at", http::moment_shape(one.queued_at)},
            {"attempts", one.attempts},
            {"message", one.message}};
}

Json test_shape(const integrations::ConnectionTest& test) {
    Json steps = Json::array();
    for (const auto& one : test.steps) {
        steps.push_back({{"step", one.step},
                         {"ok", one.ok ? Json(*one.ok) : Json(nullptr)},
                         {"message", one.message},
                         {"page", page_word(one.page)}});
    }
    Json chain = Json::array();
    for (const auto& certificate : test.chain) {
        const auto moment = [](std::int64_t seconds) {
            return http::moment_shape(http::Microseconds(std::chrono::seconds(seconds)));
        };
        chain.push_back({{"subject", certificate.subject},
                         {"issuer", certificate.issuer},
                         {"not_before", moment(certificate.not_before)},
                         {"not_after", moment(certificate.not_after)},
                         {"fingerprint_sha256", certificate.fingerprint_sha256}});
    }
    return {{"ok", test.ok}, {"steps", std::move(steps)}, {"chain", std::move(chain)}};
}

}  // namespace gatehouse::clean
