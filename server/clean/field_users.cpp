#include "server/clean/field_users.hpp"

#include "records/password.hpp"
#include "server/clean/limits.hpp"
#include "server/clean/organizations.hpp"
#include "server/clean/people.hpp"
#include "server/clean/shapes.hpp"
#include "server/clean/visit.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using records::UserRole;

// What clients say of a user, as texts.
constexpr std::array<std::string_view, 6> described{"login", "name", "email", "title", "role", "password"};

http::Response refuse_parameter(std::string_view name, std::string_view saying) {
    return http::problem(422, "bad_parameter", "The parameter " + std::string(name) + " " + std::string(saying));
}

std::string login_of(const Visit& visit) {
    return std::string(visit.request().parameter("login"));
}

http::Response shown_response(const Visit& visit, const base::Result<Shown>& shown) {
    return shown ? enveloped(visit.request(), field_user_alone(*shown)) : http::refused(shown.error());
}

http::Response field_done(const base::Result<void>& done) {
    return done ? http::no_content() : http::refused(done.error());
}

// ---- who am I

// By its key a user is known without the disk; of a device that showed its secret the key is looked up.
http::Later whoami(const Services& services, const Visit& visit) {
    if (!visit.presented.key)
        co_return shown_response(visit, co_await show_user(services, visit.asking, visit.user().login));
    const Shown shown{visit.user(), std::string(visit.presented.key->reveal())};
    co_return enveloped(visit.request(), field_user_alone(shown));
}

// ---- one user

http::Later get_user(const Services& services, const Visit& visit) {
    co_return shown_response(visit, co_await show_user(services, visit.asking, login_of(visit)));
}

http::Later put_user(const Services& services, const Visit& visit) {
    if (const auto texts = visit.arguments.expect_texts(described); !texts) co_return http::problem(texts.error());
    records::UserChange change;
    change.name = visit.arguments.text("name");
    change.email = visit.arguments.text("email");
    change.title = visit.arguments.text("title");
    if (const auto role = visit.arguments.find("role")) {
        change.role = records::user_role_of(*role);
        if (!change.role) co_return refuse_parameter("role", "must be user, org-admin or admin.");
    }
    const auto changed = co_await change_user(services, visit.asking, login_of(visit), std::move(change));
    co_return changed ? http::no_content() : http::refused(changed.error());
}

http::Later delete_user(const Services& services, const Visit& visit) {
    co_return field_done(co_await remove_user(services, visit.asking, login_of(visit)));
}

// What a change leaves, as `get_user` shows it.
http::Later after(const Services& services, const Visit& visit, const base::Result<records::User>& changed) {
    if (!changed) co_return http::refused(changed.error());
    co_return shown_response(visit, co_await show_user(services, visit.asking, changed->login));
}

http::Later put_active(const Services& services, const Visit& visit) {
    const auto confirmed = visit.arguments.find("confirm_conflicts");
    const bool confirm = confirmed && (*confirmed == "true" || *confirmed == "1");
    const auto changed = co_await activate_user(services, visit.asking, login_of(visit), confirm);
    co_return co_await after(services, visit, changed);
}

http::Later delete_active(const Services& services, const Visit& visit) {
    const auto changed = co_await deactivate_user(services, visit.asking, login_of(visit));
    co_return co_await after(services, visit, changed);
}

http::Later put_key(const Services& services, const Visit& visit) {
    co_return shown_response(visit, co_await renew_key(services, visit.asking, login_of(visit)));
}

http::Later put_password(const Services& services, const Visit& visit) {
    const auto password = visit.arguments.find("password");
    if (!password) co_return refuse_parameter("password", "is missing.");
    if (password->size() > records::longest_password) co_return refuse_parameter("password", "is too long.");
    base::Secret wanted(*password);
    co_return field_done(co_await give_password(services, visit.asking, login_of(visit), std::move(wanted)));
}

// ---- limits

http::Response standing_response(const Visit& visit, const base::Result<Standing>& standing) {
    if (!standing) return http::refused(standing.error());
    return enveloped(visit.request(),
                     {{"user", rate_shape(standing->user)}, {"organization", rate_shape(standing->organization)}});
}

http::Later get_limit(const Services& services, const Visit& visit) {
    co_return standing_response(visit, co_await standing_of(services, visit.asking, login_of(visit)));
}

http::Later put_limit(const Services& services, const Visit& visit) {
    constexpr std::string_view name = "submission-rate-limit";
    const auto given = visit.arguments.json(name);
    if (!given) co_return http::problem(given.error());
    auto limits = *given ? limits_of(**given) : std::nullopt;
    if (!limits) co_return refuse_parameter(name, "must be a list of pairs [samples, minutes].");
    co_return standing_response(visit,
                                co_await limit_user(services, visit.asking, login_of(visit), std::move(*limits)));
}

// ---- the users of an organization

http::Later get_users(const Services& services, const Visit& visit) {
    const auto id = number_of(visit.request().parameter("id"));
    if (!id) co_return http::problem(no_organization());
    const auto all = co_await show_users(services, visit.asking, *id);
    if (!all) co_return http::refused(all.error());
    Json users = Json::array();
    for (const Shown& shown : *all)
        users.push_back(field_user(shown));
    co_return enveloped(visit.request(), {{"users", std::move(users)}});
}

http::Later post_user(const Services& services, const Visit& visit) {
    if (const auto texts = visit.arguments.expect_texts(described); !texts) co_return http::problem(texts.error());
    Newcomer newcomer;
    newcomer.organization_id = number_of(visit.request().parameter("id"));
    if (!newcomer.organization_id) co_return http::problem(no_organization());
    newcomer.fields.login = visit.arguments.text("login").value_or("");
    newcomer.fields.name = visit.arguments.text("name").value_or("");
    newcomer.fields.email = visit.arguments.text("email").value_or("");
    newcomer.fields.title = visit.arguments.text("title").value_or("");
    if (newcomer.fields.login.empty()) co_return refuse_parameter("login", "is missing.");
    const auto role = records::user_role_of(visit.arguments.find("role").value_or("user"));
    if (!role) co_return refuse_parameter("role", "must be user, org-admin or admin.");
    newcomer.fields.role = *role;
    if (const auto password = visit.arguments.find("password")) {
        if (password->size() > records::longest_password) co_return refuse_parameter("password", "is too long.");
        newcomer.password.emplace(*password);
    }
    const auto made = co_await make_user(services, visit.asking, std::move(newcomer));
    if (!made) co_return http::refused(made.error());
    // Alone, and as the list of one that the same address gives.
    Json data = field_user_alone(*made);
    data["users"] = Json::array({field_user(*made)});
    co_return enveloped(visit.request(), data);
}

http::Later delete_field_organization(const Services& services, const Visit& visit) {
    const auto id = number_of(visit.request().parameter("id"));
    if (!id) co_return http::problem(no_organization());
    co_return field_done(co_await remove_organization(services, visit.asking, *id));
}

}  // namespace

void add_field_user_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Method;
    // The key may come in the body of a GET too.
    const auto add = [&](Method method, const char* path, auto handler) {
        routes.push_back({method, path, http::Access::anyone, Arguments::most_bytes, with_visit(services, handler)});
    };
    add(Method::get, "/api/v3/session/whoami", whoami);
    add(Method::get, "/api/v3/users/{login}", get_user);
    add(Method::put, "/api/v3/users/{login}", put_user);
    add(Method::delete_, "/api/v3/users/{login}", delete_user);
    add(Method::put, "/api/v3/users/{login}/active", put_active);
    add(Method::delete_, "/api/v3/users/{login}/active", delete_active);
    add(Method::put, "/api/v3/users/{login}/api-key", put_key);
    add(Method::put, "/api/v3/users/{login}/password", put_password);
    add(Method::get, "/api/v3/users/{login}/rate-limit", get_limit);
    add(Method::put, "/api/v3/users/{login}/rate-limit", put_limit);
    add(Method::get, "/api/v3/organizations/{id}/users", get_users);
    add(Method::post, "/api/v3/organizations/{id}/users", post_user);
    add(Method::delete_, "/api/v3/organizations/{id}", delete_field_organization);
}

}  // namespace gatehouse::clean
