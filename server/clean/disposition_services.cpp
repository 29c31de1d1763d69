#include "server/clean/disposition_services.hpp"

#include "records/disposition_services.hpp"
#include "records/dispositions.hpp"
#include "server/clean/asking.hpp"
#include "server/clean/disposition_shapes.hpp"
#include "server/clean/paging.hpp"
#include "server/clean/people.hpp"
#include "server/clean/shapes.hpp"
#include "server/clean/syndication_desk.hpp"
#include "server/http/json_body.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using base::Result;
using records::Database;
using records::Dispositions;
using records::DispositionService;
using records::DispositionServices;

// ---- who may, and of which

base::Error no_service() {
    return {base::ErrorKind::not_found, "no_service", "There is no such disposition update service.", {}};
}

// What a handler of one service is given.
struct Call {
    const SyndicationServices& syndication;
    const http::Request& request;
    Asking asking;
    std::int64_t id = 0;  // of the path's service; 0: it names none

    [[nodiscard]] const Services& door() const { return syndication.door; }
    [[nodiscard]] archive::Archive& archive() const { return *syndication.door.archive; }
};

template <class Handler>
http::Later handle(const SyndicationServices& syndication, const http::Request& request, Handler handler) {
    Call call{syndication, request, signed_in(request), 0};
    if (auto may = judge_admin(call.asking.member->user); !may) co_return http::problem(may.error());
    const auto text = request.parameter("id");
    const auto id = number_of(text);
    if (!text.empty() && !id) co_return http::problem(no_service());
    call.id = id.value_or(0);
    co_return co_await handler(call);
}

// For administrators alone: `handler(call)`, which gives a Later.
template <class Handler>
auto for_administrators(const SyndicationServices& syndication, Handler handler) {
    return [&syndication, handler](const http::Request& request) { return handle(syndication, request, handler); };
}

// Runs `work` with the room of the services, on the archive's thread.
template <class Work>
auto with_services(const Call& call, Work work) {
    return call.archive().run([&door = call.door(), work = std::move(work)](Database& database) mutable {
        DispositionServices services(database, door.box_key);
        return work(services);
    });
}

// ---- the list

http::Response service_response(const Result<DispositionService>& service, const SyndicationServices& syndication,
                                unsigned status = 200) {
    if (!service && service.error().code == "service_exists")
        return http::problem(http::Refusal{409, service.error().code, service.error().text(), "/url"});
    if (!service) {
        return http::refused(service.error(), {{"url_invalid", "/url"},
                                               {"user_invalid", "/user"},
                                               {"password_invalid", "/password"},
                                               {"password_needed", "/password"}});
    }
    return http::json_response(service_shape(*service, syndication.states()), status);
}

http::Later list_services(const Call& call) {
    const auto services = co_await with_services(call, [](DispositionServices& room) { return room.list(); });
    if (!services) co_return http::problem(services.error());
    const ServiceStates states = call.syndication.states();
    Json items = Json::array();
    for (const DispositionService& service : *services)
        items.push_back(service_shape(service, states));
    co_return http::list_response(std::move(items));
}

http::Judged<records::ServiceRequest> read_service(const http::Request& request) {
    return http::read_json<records::ServiceRequest>(request, [](http::JsonObject& body, records::ServiceRequest& wish) {
        constexpr http::TextRule any{.least = 0, .most = 4096};  // records judges it
        body.text("url", wish.url, any);
        body.text("user", wish.user_name, any);
        body.secret("password", wish.password, 0, 4096);
        body.choice("network", wish.network, {{"clean", config::Network::clean}, {"dirty", config::Network::dirty}});
    });
}

// Which service, by its number and by its URL, whatever becomes of either.
Note note_of(std::string action, std::int64_t id, const std::string& url) {
    Note note{.action = std::move(action), .object = id == 0 ? records::shown_url(url) : std::to_string(id)};
    if (id != 0) note.detail["id"] = id;
    if (!url.empty()) note.detail["url"] = records::shown_url(url);
    return note;
}

Note note_of(std::string action, std::int64_t id, const records::ServiceRequest& wish) {
    Note note = note_of(std::move(action), id, wish.url);
    if (wish.network) note.detail["network"] = config::name(*wish.network);
    note.detail["password_changed"] = wish.password.has_value();
    return note;
}

// As audited, of what has ended.
template <class T>
boost::asio::awaitable<void> record_result(const Call& call, Note about, const Result<T>& result) {
    archive::Note entry = entry_of(call.asking, std::move(about));
    if (!result) {
        archive::log_failure(call.door().log, entry.action, result.error());
        entry.refusal = result.error().code;
    }
    return archive::note(trail_of(call.door()), call.request, std::move(entry));
}

http::Later add_service(const Call& call) {
    const auto wish = read_service(call.request);
    if (!wish) co_return http::problem(wish.error());
    const auto added =
        co_await with_services(call, [&](DispositionServices& room) { return room.add(*wish, records::now()); });
    Note note = note_of("disposition_service.added", added ? added->id : 0, *wish);
    co_await record_result(call, std::move(note), added);
    if (added) call.syndication.services_changed();
    co_return service_response(added, call.syndication, 201);
}

// ---- one

Result<DispositionService> found_service(DispositionServices& room, std::int64_t id) {
    auto service = room.find(id);
    if (!service) return base::fail(service.error());
    if (!*service) return base::fail(no_service());
    return std::move(**service);
}

http::Later get_service(const Call& call) {
    const auto service =
        co_await with_services(call, [&](DispositionServices& room) { return found_service(room, call.id); });
    co_return service_response(service, call.syndication);
}

http::Later change_service(const Call& call) {
    const auto wish = read_service(call.request);
    if (!wish) co_return http::problem(wish.error());
    auto changing =
        with_services(call, [&](DispositionServices& room) { return room.edit(call.id, *wish, records::now()); });
    Note note = note_of("disposition_service.changed", call.id, *wish);
    const auto changed = co_await audited(call.door(), call.asking, std::move(note), std::move(changing));
    if (changed) call.syndication.services_changed();
    co_return service_response(changed, call.syndication);
}

// Batch by batch, so that nobody else's work with the database waits for long.
boost::asio::awaitable<Result<void>> remove_all_of(const Call& call) {
    while (true) {
        auto removing = with_services(call, [&](DispositionServices& room) { return room.remove_next(call.id); });
        const auto gone = co_await std::move(removing);
        if (!gone) co_return base::fail(gone.error());
        if (*gone) co_return Result<void>();
    }
}

http::Later remove_service(const Call& call) {
    const auto known =
        co_await with_services(call, [&](DispositionServices& room) { return found_service(room, call.id); });
    auto removing = remove_all_of(call);
    Note note = note_of("disposition_service.removed", call.id, known ? known->url : std::string());
    const auto removed = co_await audited(call.door(), call.asking, std::move(note), std::move(removing));
    if (removed) call.syndication.services_changed();
    co_return removed ? http::no_content() : http::problem(removed.error());
}

http::Later test_service(const Call& call) {
    constexpr std::chrono::seconds after_one_ended{5};
    const auto place = call.syndication.tests.take(std::to_string(call.asking.member->user.id));
    if (!place) co_return http::too_many(after_one_ended);
    auto access = co_await with_services(call, [&](DispositionServices& room) { return room.access(call.id); });
    if (!access) co_return http::problem(access.error());
    if (!access->password) co_return http::problem(409, "password_locked", access->password.error().text());
    Note note = note_of("disposition_service.tested", call.id, access->service.url);
    auto testing = call.syndication.test(called_service(std::move(*access)));
    const auto test = co_await std::move(testing);
    note.detail["ok"] = test.ok;
    co_await record_result(call, std::move(note), Result<void>());
    if (test.ok) {
        const auto hastened = co_await call.archive().run(
            [&](Database& database) { return Dispositions(database).hasten(call.id, records::now()); });
        if (!hastened) co_return http::problem(hastened.error());
        call.syndication.tested(call.id);
    }
    co_return http::json_response(test_shape(test));
}

boost::asio::awaitable<Result<DispositionService>> retry_one_of(const Call& call, std::int64_t id) {
    auto retrying = call.archive().run([&](Database& database) -> Result<DispositionService> {
        DispositionServices services(database, call.door().box_key);
        if (auto service = found_service(services, call.id); !service) return service;
        auto retried = Dispositions(database).retry(call.id, id, records::now());
        if (!retried) return base::fail(retried.error());
        if (auto hastened = Dispositions(database).hasten(call.id, records::now()); !hastened)
            return base::fail(hastened.error());
        return found_service(services, call.id);
    });
    co_return co_await std::move(retrying);
}

// Batch by batch, as above. What fails meanwhile again is not retried: its id was passed.
boost::asio::awaitable<Result<DispositionService>> retry_all_of(const Call& call) {
    Dispositions::Retried batch{Dispositions::most_of_batch, 0};
    while (batch.count == Dispositions::most_of_batch) {
        auto retrying = call.archive().run(
            [&](Database& database) { return Dispositions(database).retry_next(call.id, batch.last, records::now()); });
        const auto retried = co_await std::move(retrying);
        if (!retried) co_return base::fail(retried.error());
        batch = *retried;
    }
    auto hastening = call.archive().run([&](Database& database) -> Result<DispositionService> {
        if (auto hastened = Dispositions(database).hasten(call.id, records::now()); !hastened)
            return base::fail(hastened.error());
        DispositionServices services(database, call.door().box_key);
        return found_service(services, call.id);
    });
    co_return co_await std::move(hastening);
}

http::Later retry_service(const Call& call) {
    std::optional<std::int64_t> one;
    const auto read = http::read_json(call.request, [&](http::JsonObject& body) {
        body.whole("disposition", one, 1, std::numeric_limits<std::int64_t>::max());
    });
    if (!read) co_return http::problem(read.error());
    auto retrying = one ? retry_one_of(call, *one) : retry_all_of(call);
    const auto service = co_await std::move(retrying);
    Note note = note_of("disposition_service.retried", call.id, service ? service->url : std::string());
    if (one) note.detail["disposition"] = *one;
    co_await record_result(call, std::move(note), service);
    if (service) call.syndication.hasten(call.id);
    co_return service_response(service, call.syndication);
}

// The cursor is the id of the last one: what fails meanwhile has a larger one.
http::Later list_failed(const Call& call) {
    const auto wanted =
        read_query<Page>(call.request, {"limit", "cursor"}, [](Reader& query, Page& page) { query.page(page); });
    if (!wanted) co_return http::problem(wanted.error());
    const auto before = wanted->cursor.empty() ? std::nullopt : number_of(wanted->cursor);
    if (!wanted->cursor.empty() && !before) {
        co_return page_refusal({base::ErrorKind::input, "cursor_invalid", "The cursor is none that this list gave out.",
                                "Begin with the first page."});
    }
    const std::size_t limit = std::min<std::size_t>(wanted->limit, Dispositions::most_of_batch);
    const auto failed =
        co_await call.archive().run([&](Database& database) -> Result<std::vector<records::Disposition>> {
            DispositionServices services(database, call.door().box_key);
            if (auto service = found_service(services, call.id); !service) return base::fail(service.error());
            return Dispositions(database).failed(call.id, before, limit);
        });
    if (!failed) co_return http::problem(failed.error());
    Json items = Json::array();
    for (const records::Disposition& one : *failed)
        items.push_back(failed_shape(one));
    std::optional<std::string> next;
    if (failed->size() == limit) next = std::to_string(failed->back().id);
    co_return http::list_response(std::move(items), next);
}

}  // namespace

void add_disposition_service_routes(std::vector<http::Route>& routes, const SyndicationServices& syndication) {
    using http::Method;
    const auto add = [&](Method method, const char* path, std::uint64_t most_bytes, auto handler) {
        routes.push_back({method, path, http::Access::operate, most_bytes, for_administrators(syndication, handler)});
    };
    const char* all = "/api/v1/disposition-services";
    const char* one = "/api/v1/disposition-services/{id}";
    add(Method::get, all, 0, list_services);
    add(Method::post, all, most_json_bytes, add_service);
    add(Method::get, one, 0, get_service);
    add(Method::put, one, most_json_bytes, change_service);
    add(Method::delete_, one, 0, remove_service);
    add(Method::post, "/api/v1/disposition-services/{id}/test", most_json_bytes, test_service);
    add(Method::post, "/api/v1/disposition-services/{id}/retry", most_json_bytes, retry_service);
    add(Method::get, "/api/v1/disposition-services/{id}/failed", 0, list_failed);
}

}  // namespace gatehouse::clean
