#include "server/admin/signing_request.hpp"

#include "certstore/request.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/certificate_wishes.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/credentials/awaitable_change.hpp"

#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

http::Response request_response(const std::string& pem, unsigned status) {
    const auto facts = certstore::describe_request(pem, "request.csr");
    if (!facts) return http::problem(facts.error());
    return json_response({{"subject", facts->subject},
                          {"names", facts->names},
                          {"key_type", facts->key_type},
                          {"public_key_sha256", facts->public_key_sha256},
                          {"pem", pem}},
                         status);
}

Note note_of(const char* action, config::Interface interface) {
    const std::string door(config::name(interface));
    return {.action = action, .object = door, .detail = Json{{"interface", door}}.dump()};
}

http::Response show_request(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) return no_such_door(request);
    const auto status = services.board.status(*interface);
    if (status->pending_request.empty()) return http::problem(404, "no_request", "No signing request is pending.");
    return request_response(status->pending_request, 200);
}

http::Later make_request(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) co_return no_such_door(request);
    const auto wish = read_request_wish(request, services.board.status(*interface)->hostname);
    if (!wish) co_return http::problem(wish.error());
    auto made = co_await services.key_making.run([&] { return certstore::make_request(*wish); });
    if (!made) co_return refused_request(made.error(), *wish);
    const std::string pem = made->request_pem;
    credentials::RequestChange keep = credentials::KeepRequest{std::move(made->request_pem), std::move(made->key_pem)};
    const auto kept = co_await audited(services, request, note_of("certificate.requested", *interface),
                                       credentials::await_settled(services.credentials, *interface, std::move(keep)));
    if (!kept) co_return http::problem(kept.error());
    co_return request_response(pem, 201);
}

http::Later discard_request(const Services& services, const http::Request& request) {
    const auto interface = interface_of(request);
    if (!interface) co_return no_such_door(request);
    credentials::RequestChange discard = credentials::DiscardRequest{};
    const auto discarded =
        co_await audited(services, request, note_of("certificate.request_discarded", *interface),
                         credentials::await_settled(services.credentials, *interface, std::move(discard)));
    if (!discarded) co_return http::problem(discarded.error());
    co_return no_content();
}

}  // namespace

void add_signing_request_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    const std::string path = "/api/v1/interfaces/{interface}/certificate/request";
    routes.push_back({Method::get, path, Access::read, 0, with(services, show_request)});
    routes.push_back({Method::post, path, Access::operate, most_json_bytes, with(services, make_request)});
    routes.push_back({Method::delete_, path, Access::operate, 0, with(services, discard_request)});
}

}  // namespace gatehouse::admin
