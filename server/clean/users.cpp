#include "server/clean/users.hpp"

#include "records/password.hpp"
#include "server/clean/paging.hpp"
#include "server/clean/people.hpp"
#include "server/clean/shapes.hpp"
#include "server/http/json_body.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using records::Database;
using records::UserRole;

constexpr http::TextRule any_line{.least = 0, .most = 256};  // records judges how long it may be

std::string login_of(const http::Request& request) {
    return std::string(request.parameter("login"));
}

http::Response user_response(const base::Result<records::User>& user) {
    if (!user) {
        return http::refused(user.error(),
                             {{"name_invalid", "/name"}, {"email_invalid", "/email"}, {"title_invalid", "/title"}});
    }
    return http::json_response(user_shape(*user));
}

http::Response done_response(const base::Result<void>& done) {
    return done ? http::no_content() : http::refused(done.error());
}

// ---- the list

struct ListedUsers {
    records::UserFilter filter;
    records::UserOrder order;
    Page page;
};

http::Judged<ListedUsers> read_users_list(const http::Request& request) {
    return read_query<ListedUsers>(
        request, {"search", "organization_id", "role", "pending", "sort", "order", "limit", "cursor"},
        [](Reader& query, ListedUsers& wanted) {
            query.text("search", wanted.filter.search);
            query.whole("organization_id", wanted.filter.organization_id, 1);
            query.choice("role", wanted.filter.role,
                         {{"user", UserRole::user}, {"org-admin", UserRole::org_admin}, {"admin", UserRole::admin}});
            query.boolean("pending", wanted.filter.pending);
            query.choice("sort", wanted.order.by,
                         {{"login", records::UserSort::login},
                          {"name", records::UserSort::name},
                          {"created_at", records::UserSort::created}});
            query.choice("order", wanted.order.descending, {{"asc", false}, {"desc", true}});
            query.page(wanted.page);
            // Only those that wait; false is as if it were left out.
            if (wanted.filter.pending && !*wanted.filter.pending) wanted.filter.pending.reset();
        });
}

http::Later list_users(const Services& services, const http::Request& request) {
    auto wanted = read_users_list(request);
    if (!wanted) co_return http::problem(wanted.error());
    const records::User& caller = signed_in(request).member->user;
    if (caller.role != UserRole::admin) {
        const auto asked = wanted->filter.organization_id.value_or(caller.organization_id);
        if (asked != caller.organization_id) co_return http::list_response(Json::array());
        wanted->filter.organization_id = asked;
    }
    auto page = co_await services.archive->run([&](Database& database) {
        return records::Users(database).list(wanted->filter, wanted->order, wanted->page.cursor, wanted->page.limit);
    });
    if (!page) co_return page_refusal(page.error());
    services.members->bring_up_to_date(page->users);
    Json items = Json::array();
    for (const auto& user : page->users)
        items.push_back(user_shape(user));
    co_return http::list_response(std::move(items), page->next);
}

// ---- one

http::Judged<Newcomer> read_newcomer(const http::Request& request) {
    return http::read_json<Newcomer>(request, [](http::JsonObject& body, Newcomer& newcomer) {
        records::UserFields& fields = newcomer.fields;
        body.text("login", fields.login, any_line);
        std::optional<std::string> name;
        std::optional<std::string> email;
        std::optional<std::string> title;
        body.text("name", name, any_line);
        body.text("email", email, any_line);
        body.text("title", title, any_line);
        fields.name = name.value_or("");
        fields.email = email.value_or("");
        fields.title = title.value_or("");
        body.choice("role", fields.role,
                    {{"user", UserRole::user}, {"org-admin", UserRole::org_admin}, {"admin", UserRole::admin}});
        body.whole("organization_id", newcomer.organization_id, 1, INT64_MAX);
        body.secret("password", newcomer.password, 0, records::longest_password);
    });
}

http::Later add_user(const Services& services, const http::Request& request) {
    auto newcomer = read_newcomer(request);
    if (!newcomer) co_return http::problem(newcomer.error());
    const Asking asking = signed_in(request);
    auto made = co_await make_user(services, asking, std::move(*newcomer));
    if (!made) {
        co_return http::refused(made.error(), {{"login_invalid", "/login"},
                                               {"name_invalid", "/name"},
                                               {"email_invalid", "/email"},
                                               {"title_invalid", "/title"},
                                               {"no_organization", "/organization_id"},
                                               {"password_short", "/password"},
                                               {"password_long", "/password"},
                                               {"password_is_name", "/password"}});
    }
    co_return http::json_response(user_shape(made->user), 201);
}

http::Later get_user(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    auto user = co_await find_user(services, asking, login_of(request));
    if (user) services.members->bring_up_to_date({&*user, 1});
    co_return user_response(user);
}

http::Later put_user(const Services& services, const http::Request& request) {
    auto change = http::read_json<records::UserChange>(request, [](http::JsonObject& body, records::UserChange& wish) {
        body.text("name", wish.name, any_line);
        body.text("email", wish.email, any_line);
        body.text("title", wish.title, any_line);
        body.choice("role", wish.role,
                    {{"user", UserRole::user}, {"org-admin", UserRole::org_admin}, {"admin", UserRole::admin}});
    });
    if (!change) co_return http::problem(change.error());
    const Asking asking = signed_in(request);
    co_return user_response(co_await change_user(services, asking, login_of(request), std::move(*change)));
}

http::Later delete_user(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    co_return done_response(co_await remove_user(services, asking, login_of(request)));
}

http::Later put_active(const Services& services, const http::Request& request) {
    std::optional<bool> confirmed;
    if (!request.body.empty()) {
        const auto read =
            http::read_json(request, [&](http::JsonObject& body) { body.boolean("confirm_conflicts", confirmed); });
        if (!read) co_return http::problem(read.error());
    }
    const Asking asking = signed_in(request);
    co_return user_response(co_await activate_user(services, asking, login_of(request), confirmed.value_or(false)));
}

http::Later delete_active(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    co_return user_response(co_await deactivate_user(services, asking, login_of(request)));
}

http::Later delete_registration(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    co_return done_response(co_await reset_device(services, asking, login_of(request)));
}

// ---- its key

http::Later get_key(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    const auto key = co_await show_key(services, asking, login_of(request));
    if (!key) co_return http::problem(key.error());
    co_return http::json_response({{"api_key", *key}});
}

http::Later post_key(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    const auto renewed = co_await renew_key(services, asking, login_of(request));
    if (!renewed) co_return http::problem(renewed.error());
    co_return http::json_response({{"api_key", renewed->api_key.value_or("")}});
}

}  // namespace

void add_user_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    routes.push_back({Method::get, "/api/v1/users", Access::operate, 0, with(services, list_users)});
    routes.push_back({Method::post, "/api/v1/users", Access::operate, most_json_bytes, with(services, add_user)});
    routes.push_back({Method::get, "/api/v1/users/{login}", Access::read, 0, with(services, get_user)});
    routes.push_back({Method::put, "/api/v1/users/{login}", Access::read, most_json_bytes, with(services, put_user)});
    routes.push_back({Method::delete_, "/api/v1/users/{login}", Access::operate, 0, with(services, delete_user)});
    routes.push_back(
        {Method::put, "/api/v1/users/{login}/active", Access::operate, most_json_bytes, with(services, put_active)});
    routes.push_back(
        {Method::delete_, "/api/v1/users/{login}/active", Access::operate, 0, with(services, delete_active)});
    routes.push_back({Method::delete_, "/api/v1/users/{login}/registration", Access::operate, 0,
                      with(services, delete_registration)});
    routes.push_back({Method::get, "/api/v1/users/{login}/api-key", Access::read, 0, with(services, get_key)});
    routes.push_back({Method::post, "/api/v1/users/{login}/api-key", Access::read, 0, with(services, post_key)});
}

}  // namespace gatehouse::clean
