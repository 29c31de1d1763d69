#include "server/clean/organizations.hpp"

#include "server/clean/paging.hpp"
#include "server/clean/shapes.hpp"
#include "server/http/json_body.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using base::Result;
using records::Database;
using records::Organization;
using records::Organizations;

constexpr http::TextRule name_line{.least = 0, .most = 256};  // records judges how long it may be

Result<Organization> found(Database& database, std::int64_t id) {
    auto organization = Organizations(database).find(id);
    if (!organization) return base::fail(organization.error());
    if (!*organization) return base::fail(no_organization());
    return std::move(**organization);
}

http::Response organization_response(const Result<Organization>& organization, unsigned status = 200) {
    if (!organization) return http::refused(organization.error(), {{"name_invalid", "/name"}});
    return http::json_response(organization_shape(*organization), status);
}

http::Later list_organizations(const Services& services, const http::Request& request) {
    if (auto may = judge_admin(signed_in(request).member->user); !may) co_return http::problem(may.error());
    const auto wanted =
        read_query<Page>(request, {"limit", "cursor"}, [](Reader& query, Page& page) { query.page(page); });
    if (!wanted) co_return http::problem(wanted.error());
    const auto page = co_await services.archive->run(
        [&](Database& database) { return Organizations(database).list("", wanted->cursor, wanted->limit); });
    if (!page) co_return page_refusal(page.error());
    Json items = Json::array();
    for (const auto& organization : page->organizations)
        items.push_back(organization_shape(organization));
    co_return http::list_response(std::move(items), page->next);
}

http::Later add_organization(const Services& services, const http::Request& request) {
    std::string name;
    const auto read = http::read_json(request, [&](http::JsonObject& body) { body.text("name", name, name_line); });
    if (!read) co_return http::problem(read.error());
    const Asking asking = signed_in(request);
    auto making = services.archive->run([&](Database& database) -> Result<Organization> {
        if (auto may = judge_admin(asking.member->user); !may) return base::fail(may.error());
        auto made = Organizations(database).make(name, records::now());
        if (made) users_changed(services, database, asking.member->user.login);
        return made;
    });
    Note note{.action = "organization.made", .object = name};
    co_return organization_response(co_await audited(services, asking, std::move(note), std::move(making)), 201);
}

http::Later get_organization(const Services& services, const http::Request& request) {
    const Asking asking = signed_in(request);
    const auto id = number_of(request.parameter("id"));
    if (!id || !judge_organization(asking.member->user, *id)) co_return http::problem(no_organization());
    co_return organization_response(
        co_await services.archive->run([&](Database& database) { return found(database, *id); }));
}

struct Change {
    std::optional<std::string> name;
    std::optional<bool> active;
};

Result<Organization> change(const Services& services, Database& database, const Asking& asking, std::int64_t id,
                            const Change& wish) {
    if (auto may = judge_ordering(asking.member->user, id); !may) return base::fail(may.error());
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    Organizations organizations(database);
    if (wish.name) {
        if (auto renamed = organizations.rename(id, *wish.name); !renamed) return base::fail(renamed.error());
    }
    if (wish.active) {
        if (auto set = organizations.set_active(id, *wish.active); !set) return base::fail(set.error());
    }
    auto now = found(database, id);
    if (!now) return now;
    if (auto kept = transaction->commit(); !kept) return base::fail(kept.error());
    if (!now->active) services.members->forget_organization(id);
    users_changed(services, database, asking.member->user.login);
    return now;
}

http::Later put_organization(const Services& services, const http::Request& request) {
    const auto wish = http::read_json<Change>(request, [](http::JsonObject& body, Change& wanted) {
        body.text("name", wanted.name, name_line);
        body.boolean("active", wanted.active);
    });
    if (!wish) co_return http::problem(wish.error());
    const auto id = number_of(request.parameter("id"));
    if (!id) co_return http::problem(no_organization());
    const Asking asking = signed_in(request);
    auto changing =
        services.archive->run([&](Database& database) { return change(services, database, asking, *id, *wish); });
    Note note{.action = "organization.changed", .object = std::to_string(*id)};
    if (wish->name) note.detail["name"] = *wish->name;
    if (wish->active) note.detail["active"] = *wish->active;
    co_return organization_response(co_await audited(services, asking, std::move(note), std::move(changing)));
}

http::Later delete_organization(const Services& services, const http::Request& request) {
    const auto id = number_of(request.parameter("id"));
    if (!id) co_return http::problem(no_organization());
    const Asking asking = signed_in(request);
    const auto removed = co_await remove_organization(services, asking, *id);
    co_return removed ? http::no_content() : http::problem(removed.error());
}

}  // namespace

Result<void> judge_ordering(const records::User& asking, std::int64_t organization_id) {
    if (asking.role == records::UserRole::admin) return {};
    if (auto may = judge_organization(asking, organization_id); !may) return may;
    return judge_admin(asking);
}

Outcome<void> remove_organization(const Services& services, const Asking& asking, std::int64_t id) {
    auto removing = services.archive->run([&](Database& database) -> Result<void> {
        if (auto may = judge_ordering(asking.member->user, id); !may) return may;
        auto removed = Organizations(database).remove(id);
        if (removed) users_changed(services, database, asking.member->user.login);
        return removed;
    });
    Note note{.action = "organization.removed", .object = std::to_string(id)};
    co_return co_await audited(services, asking, std::move(note), std::move(removing));
}

void add_organization_routes(std::vector<http::Route>& routes, const Services& services) {
    using http::Access;
    using http::Method;
    const char* all = "/api/v1/organizations";
    const char* one = "/api/v1/organizations/{id}";
    routes.push_back({Method::get, all, Access::operate, 0, with(services, list_organizations)});
    routes.push_back({Method::post, all, Access::operate, most_json_bytes, with(services, add_organization)});
    routes.push_back({Method::get, one, Access::operate, 0, with(services, get_organization)});
    routes.push_back({Method::put, one, Access::operate, most_json_bytes, with(services, put_organization)});
    routes.push_back({Method::delete_, one, Access::operate, 0, with(services, delete_organization)});
}

}  // namespace gatehouse::clean
