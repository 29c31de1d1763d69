#include "server/admin/certificate.hpp"

#include "certstore/bundle.hpp"
#include "certstore/confirmations.hpp"
#include "certstore/download.hpp"
#include "records/digest.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/certificate_wishes.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/credentials/awaitable_change.hpp"
#include "server/http/query.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::admin {

namespace {

using credentials::Change;
using credentials::Changed;

std::int64_t now() {
    return std::time(nullptr);
}

// ---- answers

unsigned status_of(const base::Error& error) {
    if (error.kind == base::ErrorKind::conflict || error.code == "no_previous") return 409;
    // What the gates refused lies in the pair, and so does what could not be parsed.
    if (error.kind == base::ErrorKind::input || error.code == "key_locked" || error.code == "key_missing") return 422;
    return http::status_of(error);
}

http::Response answer_to(const Changed& changed, const Change& change) {
    if (change.only_check) {
        Changed told = changed;
        // What can't even be judged is told in the same way as what is judged and refused.
        if (told.refused && told.findings.empty()) told.findings.push_back(certstore::refusal(*told.refused));
        return json_response(change_shape(told, "", now()));
    }
    if (changed.refused) {
        return problem_with(status_of(*changed.refused), *changed.refused, changed.findings);
    }
    if (!changed.unconfirmed.empty()) {
        std::string codes;
        for (const auto& finding : changed.unconfirmed) {
            if (("," + codes + ",").find("," + finding.code + ",") != std::string::npos) continue;
            codes += (codes.empty() ? "" : ",") + finding.code;
        }
        return problem_with(409,
                            {base::ErrorKind::conflict, "confirmation_required",
                             "What the certificate warns of has to be confirmed: " + codes + ".",
                             "Ask again with ?confirm=" + codes + "."},
                            changed.findings);
    }
    return json_response(change_shape(changed, change.id, now()));
}

// ---- requests

std::string new_change_id() {
    return std::string(records::random_bearer("c_").reveal().substr(0, 18));
}

credentials::Trigger trigger_of(const http::Request& request) {
    return request.caller->means == by_console ? credentials::Trigger::console : credentials::Trigger::api;
}

http::Judged<std::vector<std::string>> confirmed_in(const http::Query& query) {
    const auto text = query.one("confirm");
    if (!text) return tl::unexpected(text.error());
    if (*text == nullptr) return std::vector<std::string>{};
    auto codes = certstore::confirmed_codes(**text);
    if (!codes) return tl::unexpected(http::Refusal{422, codes.error().code, codes.error().text()});
    return std::move(*codes);
}

// What all changes have in common. `only_check` is taken where `may_be_dry`.
http::Judged<Change> begin_change(const http::Request& request, bool may_be_dry) {
    const auto query = http::Query::parse(request.query);
    if (!query) return tl::unexpected(query.error());
    const auto known = may_be_dry ? query->only({"confirm", "dry_run"}) : query->only({"confirm"});
    if (!known) return tl::unexpected(known.error());
    auto confirmed = confirmed_in(*query);
    if (!confirmed) return tl::unexpected(confirmed.error());
    const auto dry = query->boolean("dry_run");
    if (!dry) return tl::unexpected(dry.error());
    Change change;
    change.confirmed = std::move(*confirmed);
    change.only_check = dry->value_or(false);
    change.trigger = trigger_of(request);
    change.id = new_change_id();
    return change;
}

// ---- handlers

// What all changes of a pair end with: done on the credentials thread, audited, answered.
http::Later carry_out(const Services& services, const http::Request& request, config::Interface interface,
                      Change change, const char* action) {
    Change asked;  // what the answer needs of it, without the secrets
    asked.only_check = change.only_check;
    asked.id = change.id;
    const Changed changed = co_await credentials::await_change(services.credentials, interface, std::move(change));
    if (!asked.only_check) {
        const Json detail{{"interface", config::name(interface)},
                          {"change_id", asked.id},
                          {"before_sha256", changed.fingerprint_before},
                          {"after_sha256", changed.activated ? changed.certificate->fingerprint_sha256 : ""}};
        if (changed.refused) log_failure(services, action, *changed.refused);
        std::string refusal = changed.refused ? changed.refused->code : "";
        if (refusal.empty() && !changed.activated) refusal = "confirmation_required";
        Note entry{.action = action,
                   .object = std::string(config::name(interface)),
                   .refusal = std::move(refusal),
                   .detail = detail.dump()};
        co_await note(services, request, std::move(entry));
    }
    co_return answer_to(changed, asked);
}

http::Later upload(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) co_return no_such_door(request);
    auto change = begin_change(request, true);
    if (!change) co_return http::problem(change.error());
    const auto parts = read_parts(request);
    if (!parts) co_return http::problem(parts.error());
    // What is encrypted says itself how long it takes to open: not on a thread that serves others.
    auto bundle =
        co_await services.unpacking.run([&] { return certstore::read_bundle(parts->pieces, parts->passphrase); });
    if (!bundle) {
        const base::Error& error = bundle.error();
        co_return refused(error, {{"key_locked", "/passphrase"},
                                  {"passphrase_missing", "/passphrase"},
                                  {"passphrase_wrong", "/passphrase"}});
    }
    change->wish = upload_of(std::move(*bundle));
    co_return co_await carry_out(services, request, *interface, std::move(*change), "certificate.uploaded");
}

http::Later regenerate(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) co_return no_such_door(request);
    auto change = begin_change(request, false);
    if (!change) co_return http::problem(change.error());
    credentials::Regenerate wish;
    if (!request.body.empty()) {
        auto read = read_regenerate(request);
        if (!read) co_return http::problem(read.error());
        wish = std::move(*read);
    }
    if (const auto refusal = judge_names(wish.names)) co_return http::problem(*refusal);
    change->wish = std::move(wish);
    co_return co_await carry_out(services, request, *interface, std::move(*change), "certificate.regenerated");
}

http::Later roll_back(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) co_return no_such_door(request);
    auto change = begin_change(request, false);
    if (!change) co_return http::problem(change.error());
    change->wish = credentials::RollBack{};
    co_return co_await carry_out(services, request, *interface, std::move(*change), "certificate.rolled_back");
}

http::Response show(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) return no_such_door(request);
    return json_response(served_shape(*services.board.status(*interface), now()));
}

http::Response download(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) return no_such_door(request);
    const auto query = http::Query::parse(request.query);
    if (!query) return http::problem(query.error());
    if (const auto known = query->only({"format"}); !known) return http::problem(known.error());
    const auto asked = query->one("format");
    if (!asked) return http::problem(asked.error());
    const auto format = certstore::download_format(*asked == nullptr ? "pem" : **asked);
    if (!format) return http::problem(422, "bad_parameter", "format is one of pem, der, chain and p7b.");
    const auto status = services.board.status(*interface);
    auto file = certstore::download(*status->credential, *format, status->hostname);
    if (!file) return http::problem(file.error());
    http::Response response;
    response.fields = {{"Content-Type", file->content_type},
                       {"Content-Disposition", "attachment; filename=\"" + file->file_name + "\""},
                       {"Cache-Control", "no-store"},
                       {"X-Content-Type-Options", "nosniff"}};
    response.body = std::move(file->bytes);
    return response;
}

}  // namespace

void add_certificate_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    const std::string base = "/api/v1/interfaces/{interface}/certificate";
    routes.push_back({Method::get, base, Access::read, 0, with(services, show)});
    routes.push_back({Method::put, base, Access::operate, most_upload_bytes, with(services, upload)});
    routes.push_back(
        {Method::post, base + "/regenerate", Access::operate, most_json_bytes, with(services, regenerate)});
    routes.push_back({Method::post, base + "/rollback", Access::operate, 0, with(services, roll_back)});
    routes.push_back({Method::get, base + "/download", Access::read, 0, with(services, download)});
}

}  // namespace gatehouse::admin
