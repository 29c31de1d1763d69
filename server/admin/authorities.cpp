#include "server/admin/authorities.hpp"

#include "server/admin/audit_trail.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/json_body.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace gatehouse::admin {

namespace {

using certstore::Anchor;
using certstore::Authorities;
using certstore::Finding;

constexpr std::size_t most_pem_bytes = 1024UL * 1024;  // as JSON, where a line end takes two

const char* state_of(const Anchor& anchor, std::int64_t now) {
    if (anchor.expired_at(now)) return "expired";
    return anchor.not_yet_valid_at(now) ? "not_yet_valid" : "valid";
}

Json authority_shape(const Anchor& anchor, std::int64_t now) {
    return {{"certificate", certificate_shape(anchor.facts, now)}, {"state", state_of(anchor, now)}};
}

Finding finding_of(const base::Error& error, certstore::Severity severity) {
    return {error.code, severity, error.message, error.advice};
}

http::Response unavailable() {
    return http::problem(503, "unavailable", "The store of believed certificates could not be built.");
}

// ---- what is there

http::Response list_authorities(const Services& services, const http::Request& /*it has nothing to say*/) {
    const auto store = services.trust.current();
    if (!store) return unavailable();
    std::vector<const Anchor*> sorted;
    for (const Anchor& anchor : store->anchors())
        sorted.push_back(&anchor);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* left, const auto* right) { return left->facts.subject < right->facts.subject; });
    Json body{{"items", Json::array()}, {"next", nullptr}};
    for (const Anchor* anchor : sorted)
        body["items"].push_back(authority_shape(*anchor, std::time(nullptr)));
    std::vector<Finding> faults;
    for (const base::Error& fault : store->faults())
        faults.push_back(finding_of(fault, certstore::Severity::warn));
    body["faults"] = findings_shape(faults);
    return json_response(body);
}

// ---- more and fewer

http::Judged<std::string> read_pem(const http::Request& request) {
    const auto read = [](http::JsonObject& body, std::string& pem) {
        body.text("pem", pem, {.least = 1, .most = most_pem_bytes, .characters = http::Characters::any});
    };
    return http::read_json<std::string>(request, read, {.bytes = most_pem_bytes});
}

http::Response answer_to(const Services& services, const Authorities::Added& outcome) {
    Json body{{"added", Json::array()}, {"known", 0}};
    for (const Anchor& anchor : outcome.added)
        body["added"].push_back(authority_shape(anchor, std::time(nullptr)));
    std::vector<Finding> refusals;
    std::size_t known = 0;
    for (const Authorities::Refused& one : outcome.refused) {
        if (one.error.code == "authority_known") {
            ++known;
        } else {
            refusals.push_back(finding_of(one.error, certstore::Severity::refuse));
        }
    }
    if (outcome.added.empty() && known == 0) {
        const auto broken = std::find_if(outcome.refused.begin(), outcome.refused.end(),
                                         [](const auto& one) { return one.error.kind == base::ErrorKind::io; });
        if (broken != outcome.refused.end()) {
            log_failure(services, "authority.added", broken->error);
            return http::problem(broken->error);
        }
        return problem_with(422, {base::ErrorKind::input, "none_added", "None of this can be believed.", ""}, refusals);
    }
    body["known"] = known;
    body["refused"] = findings_shape(refusals);
    return json_response(body, outcome.added.empty() ? 200 : 201);
}

Note note_of(const Anchor& anchor, const std::string& from) {
    Json detail{{"after_sha256", anchor.facts.fingerprint_sha256}};
    if (!from.empty()) detail["from"] = from;
    return {.action = "authority.added",
            .object = anchor.facts.subject,
            .detail = detail.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

// The code of what refused the text, or a certificate of it: the first, since a text may hold hundreds.
std::string refusal_of(const base::Result<Authorities::Added>& outcome) {
    if (!outcome) return outcome.error().code;
    for (const Authorities::Refused& one : outcome->refused) {
        if (one.error.code != "authority_known") return one.error.code;
    }
    return "";
}

http::Later add_authorities(const Services& services, const http::Request& request) {
    auto pem = read_pem(request);
    if (!pem) co_return http::problem(pem.error());
    std::string from;
    co_return co_await add_anchors(services, request, std::move(*pem), std::move(from));
}

std::string subject_of(const Services& services, const std::string& fingerprint) {
    if (const auto store = services.trust.current()) {
        for (const Anchor& anchor : store->anchors()) {
            if (anchor.facts.fingerprint_sha256 == fingerprint) return anchor.facts.subject;
        }
    }
    return fingerprint;  // a file that is damaged can be removed too
}

Note note_of_removal(const std::string& subject, const std::string& fingerprint) {
    const Json detail{{"before_sha256", fingerprint}};
    return {.action = "authority.removed",
            .object = subject,
            .detail = detail.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

http::Later remove_authority(const Services& services, const http::Request& request) {
    const std::string fingerprint(request.parameter("fingerprint_sha256"));
    const std::string subject = subject_of(services, fingerprint);
    Note entry = note_of_removal(subject, fingerprint);
    auto removing = services.trust.remove(fingerprint);
    const auto removed = co_await audited(services, request, std::move(entry), std::move(removing));
    if (!removed) co_return http::problem(removed.error());
    co_return no_content();
}

// ---- the system's

http::Response system_response(bool included, std::size_t count) {
    return json_response({{"included", included}, {"count", count}});
}

http::Later show_system_roots(const Services& services, const http::Request& /*it has nothing to say*/) {
    const auto store = services.trust.current();
    if (!store) co_return unavailable();
    const auto count = co_await services.trust.count_system_roots();
    if (!count) co_return http::problem(count.error());
    co_return system_response(store->system_roots(), *count);
}

http::Later set_system_roots(const Services& services, const http::Request& request) {
    const auto included =
        http::read_json<bool>(request, [](http::JsonObject& body, bool& value) { body.boolean("included", value); });
    if (!included) co_return http::problem(included.error());
    Note entry{.action = "authority.system", .object = *included ? "included" : "left out"};
    auto including = services.trust.include_system_roots(*included);
    const auto set = co_await audited(services, request, std::move(entry), std::move(including));
    if (!set) co_return http::problem(set.error());
    co_return co_await show_system_roots(services, request);
}

}  // namespace

http::Later add_anchors(const Services& services, const http::Request& request, std::string pem, std::string from) {
    const auto outcome = co_await services.trust.add(std::move(pem));
    if (!outcome) log_failure(services, "authority.added", outcome.error());
    if (const std::string refusal = refusal_of(outcome); !refusal.empty()) {
        Note entry{.action = "authority.added", .object = from, .refusal = refusal};
        co_await note(services, request, std::move(entry));
    }
    if (!outcome && outcome.error().kind == base::ErrorKind::input) {
        co_return http::problem(http::Refusal{422, outcome.error().code, outcome.error().text(), "/pem"});
    }
    if (!outcome) co_return http::problem(outcome.error());
    for (const Anchor& anchor : outcome->added) {
        Note entry = note_of(anchor, from);
        co_await note(services, request, std::move(entry));
    }
    co_return answer_to(services, *outcome);
}

void add_authority_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    const std::string all = "/api/v1/authorities";
    routes.push_back({Method::get, all, Access::read, 0, with(services, list_authorities)});
    routes.push_back({Method::post, all, Access::operate, most_pem_bytes, with(services, add_authorities)});
    routes.push_back({Method::get, all + "/system", Access::read, 0, with(services, show_system_roots)});
    routes.push_back(
        {Method::put, all + "/system", Access::operate, most_json_bytes, with(services, set_system_roots)});
    routes.push_back(
        {Method::delete_, all + "/{fingerprint_sha256}", Access::operate, 0, with(services, remove_authority)});
}

}  // namespace gatehouse::admin
