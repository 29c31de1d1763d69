#include "records/tokens.hpp"

#include "records/operators.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/operators.hpp"
#include "server/admin/replies.hpp"
#include "server/admin/shapes.hpp"
#include "server/http/json_body.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

using records::Database;
using records::Tokens;

Json token_shape(const records::Token& token) {
    return {{"id", std::to_string(token.id)},
            {"name", token.name},
            {"role", records::name(token.role)},
            {"created_at", moment_shape(token.created)},
            {"operator", token.operator_name},
            {"expires_at", moment_or_null(token.expires)},
            {"last_used_at", moment_or_null(token.last_used)}};
}

http::Later list_tokens(const Services& services, const http::Request& /*it has nothing to say*/) {
    const auto all =
        co_await services.archive->run([&](Database& database) -> base::Result<std::vector<records::Token>> {
            if (auto written = services.identities.keep_up(database); !written) return base::fail(written.error());
            return Tokens(database).list();
        });
    if (!all) co_return http::problem(all.error());
    Json items = Json::array();
    for (const auto& token : *all)
        items.push_back(token_shape(token));
    co_return list_response(std::move(items));
}

struct Wish {
    records::NewToken token;
    std::optional<std::string> owner;  // an operator's name; only the console, which is none, can give it
};

http::Judged<Wish> read_wish(const http::Request& request) {
    return http::read_json<Wish>(request, [&](http::JsonObject& body, Wish& wish) {
        body.text("name", wish.token.name, {.least = 1, .most = 64});
        body.choice("role", wish.token.role, {{"read", records::Role::read}, {"operate", records::Role::operate}});
        body.time("expires_at", wish.token.expires);
        if (request.caller->means == by_console) body.text("operator", wish.owner, {.least = 1, .most = 64});
    });
}

// Whose token it becomes: the caller's, or of whom the console names, or of the only one there is.
base::Result<std::int64_t> owner_of(Database& database, const http::Caller& caller,
                                    const std::optional<std::string>& named) {
    records::Operators operators(database);
    if (caller.means == by_console && !named) {
        const auto all = operators.list();
        if (!all) return base::fail(all.error());
        if (all->size() == 1) return all->front().id;
        return base::fail(base::ErrorKind::input, "missing_member", "There are several operators.",
                          "Say with \"operator\" to whom the token belongs.");
    }
    const std::string& name = named ? *named : caller.name;
    const auto who = operators.find(name);
    if (!who) return base::fail(who.error());
    if (*who) return (*who)->id;
    return base::fail(base::ErrorKind::input, "no_operator", "There is no operator " + name + ".");
}

http::Response refused_token(const base::Error& error) {
    return refused(error, {{"name_invalid", "/name"},
                           {"expiry_past", "/expires_at"},
                           {"missing_member", "/operator"},
                           {"no_operator", "/operator"}});
}

http::Later make_token(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    auto wish = read_wish(request);
    if (!wish) co_return http::problem(wish.error());
    auto issue = services.archive->run([&](Database& database) -> base::Result<records::IssuedToken> {
        const auto owner = owner_of(database, *request.caller, wish->owner);
        if (!owner) return base::fail(owner.error());
        wish->token.operator_id = *owner;
        auto token = Tokens(database).issue(wish->token, records::now());
        if (token) services.identities.refresh(database);
        return token;
    });
    Note entry{.action = "token.made", .object = wish->token.name};
    auto issued = co_await audited(services, request, std::move(entry), std::move(issue));
    if (!issued) co_return refused_token(issued.error());
    Json shape = token_shape(issued->token);
    shape["token"] = issued->bearer.reveal();
    co_return json_response(shape, 201);
}

http::Later revoke_token(const Services& services, const http::Request& request) {
    if (auto no = refuse_token(request)) co_return std::move(*no);
    const std::string text(request.parameter("id"));
    std::int64_t id = 0;
    const auto* end = text.data() + text.size();
    const bool is_number = std::from_chars(text.data(), end, id).ptr == end;
    std::string name;
    const auto revoked = co_await services.archive->run([&](Database& database) -> base::Result<void> {
        const auto all = Tokens(database).list();
        if (!all) return base::fail(all.error());
        for (const auto& token : *all) {
            if (!is_number || token.id != id) continue;
            name = token.name;
            if (auto gone = Tokens(database).revoke(token.operator_id, id); !gone) return gone;
            services.identities.forget_token(id);
            services.identities.refresh(database);
            return {};
        }
        return base::fail(base::ErrorKind::not_found, "not_found", "There is no token " + text + ".");
    });
    Note entry{.action = "token.revoked",
               .object = name.empty() ? text : name,
               .refusal = revoked ? "" : revoked.error().code};
    co_await note(services, request, std::move(entry));
    if (!revoked) co_return http::problem(revoked.error());
    co_return no_content();
}

}  // namespace

void add_token_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::get, "/api/v1/tokens", Access::read, 0, with(services, list_tokens)});
    routes.push_back({Method::post, "/api/v1/tokens", Access::operate, most_json_bytes, with(services, make_token)});
    routes.push_back({Method::delete_, "/api/v1/tokens/{id}", Access::operate, 0, with(services, revoke_token)});
}

}  // namespace gatehouse::admin
