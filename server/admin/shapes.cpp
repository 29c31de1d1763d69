#include "server/admin/shapes.hpp"

#include "base/days.hpp"
#include "certstore/padlock.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::admin {

void put_padlock(Json& into, const credentials::DoorStatus& status) {
    const certstore::Padlock padlock = credentials::padlock_of(status);
    into["padlock"] = certstore::name(padlock.colour);
    into["padlock_reasons"] = Json::array();
    for (const auto& reason : padlock.reasons)
        into["padlock_reasons"].push_back(reason.message);
}

Json certificate_shape(const certstore::CertificateFacts& facts, std::int64_t now) {
    return {{"subject", facts.subject},
            {"issuer", facts.issuer},
            {"serial", facts.serial},
            {"names", facts.names},
            {"not_before", time_shape(facts.not_before)},
            {"not_after", time_shape(facts.not_after)},
            {"days_left", base::days_between(now, facts.not_after)},
            {"key_type", facts.key_type},
            {"key_bits", facts.key_bits},
            {"fingerprint_sha256", facts.fingerprint_sha256},
            {"public_key_sha256", facts.public_key_sha256},
            {"self_signed", facts.self_signed},
            {"ca", facts.ca}};
}

Json findings_shape(const std::vector<certstore::Finding>& findings) {
    Json items = Json::array();
    std::vector<const certstore::Finding*> sorted;
    sorted.reserve(findings.size());
    for (const auto& finding : findings)
        sorted.push_back(&finding);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto* left, const auto* right) { return left->severity > right->severity; });
    for (const auto* finding : sorted) {
        items.push_back({{"code", finding->code},
                         {"severity", certstore::name(finding->severity)},
                         {"message", finding->message},
                         {"advice", finding->advice}});
    }
    return items;
}

Json troubles_shape(const std::vector<Trouble>& troubles) {
    Json items = Json::array();
    for (const Trouble& trouble : troubles)
        items.push_back({{"code", trouble.code}, {"message", trouble.message}, {"advice", trouble.advice}});
    return items;
}

Json reload_shape(const credentials::LastReload& reload) {
    return {{"at", time_shape(reload.at)},
            {"trigger", name(reload.trigger)},
            {"result", name(reload.result)},
            {"code", text_or_null(reload.code)},
            {"message", reload.message},
            {"fingerprint_sha256", text_or_null(reload.fingerprint_sha256)},
            {"change_id", text_or_null(reload.change_id)}};
}

Json served_shape(const credentials::DoorStatus& status, std::int64_t now) {
    Json shape = certificate_shape(status.certificate, now);
    shape["interface"] = config::name(status.interface);
    shape["hostname"] = status.hostname;
    shape["source"] = name(status.source);
    shape["activated_at"] = time_shape(status.activated_at);
    shape["trigger"] = name(status.activated_by);
    shape["chain"] = Json::array();
    for (const auto& facts : status.credential->facts())
        shape["chain"].push_back(certificate_shape(facts, now));
    shape["chain_complete"] = status.credential->facts().back().self_signed || status.anchor;
    shape["anchor"] = status.anchor ? certificate_shape(*status.anchor, now) : Json(nullptr);
    shape["findings"] = findings_shape(status.findings);
    put_padlock(shape, status);
    shape["previous"] = status.previous ? certificate_shape(*status.previous, now) : Json(nullptr);
    return shape;
}

Json change_shape(const credentials::Changed& changed, const std::string& change_id, std::int64_t now) {
    return {{"change_id", text_or_null(change_id)},
            {"fingerprint_sha256", changed.certificate ? Json(changed.certificate->fingerprint_sha256) : Json(nullptr)},
            {"findings", findings_shape(changed.findings)},
            {"certificate", changed.certificate ? certificate_shape(*changed.certificate, now) : Json(nullptr)},
            {"key_from", changed.key_from ? Json(credentials::name(*changed.key_from)) : Json(nullptr)}};
}

http::Response problem_with(unsigned status, const base::Error& error,
                            const std::vector<certstore::Finding>& findings) {
    http::Response response = http::problem(status, error.code, status < 500 ? error.text() : "");
    Json document = Json::parse(std::get<std::string>(response.body));
    document["findings"] = findings_shape(findings);
    response.body = document.dump(-1, ' ', false, Json::error_handler_t::replace);
    return response;
}

}  // namespace gatehouse::admin
