#include "server/admin/audit_trail.hpp"

#include "tests/unit/admin/rooms.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>

namespace admin_audit_trail_test {

using namespace gatehouse;
using admin::Note;
using admin::Services;
using records::Via;
using tests::Rooms;

namespace asio = boost::asio;

namespace {

http::Request request_by(std::string_view means) {
    http::Request request;
    request.peer = net::Address::parse("192.0.2.7").value();
    if (!means.empty())
        request.caller =
            std::make_shared<const http::Caller>(http::Caller{"ada", std::string(means), "1", http::Access::operate});
    return request;
}

asio::awaitable<bool> noted(const Services& services, const http::Request& request, Note note) {
    co_await admin::note(services, request, std::move(note));
    co_return true;
}

void note(Rooms& rooms, const http::Request& request, Note entry) {
    CHECK(rooms.loop.await(noted(rooms.services, request, std::move(entry))));
}

asio::awaitable<base::Result<int>> outcome(base::Result<int> result) {
    co_return result;
}

}  // namespace

TEST_CASE("a record says who did what to what, how they came and from where, and what refused it") {
    Rooms rooms;
    note(rooms, request_by(admin::by_session),
         {.action = "operator.made", .object = "bob", .detail = R"({"role":"read"})"});
    note(rooms, request_by(admin::by_token), {.action = "certificate.uploaded", .refusal = "expired"});
    const auto entries = rooms.audit();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].actor == "ada");
    CHECK(entries[0].via == Via::session);
    CHECK(entries[0].address == "192.0.2.7");
    CHECK(entries[0].action == "operator.made");
    CHECK(entries[0].object == "bob");
    CHECK(entries[0].refusal.empty());
    CHECK(nlohmann::json::parse(entries[0].detail) == nlohmann::json{{"role", "read"}});
    CHECK(entries[1].via == Via::token);
    CHECK(entries[1].refusal == "expired");
    CHECK(rooms.logged().empty());
}

TEST_CASE("who comes by the console comes from no address") {
    Rooms rooms;
    note(rooms, request_by(admin::by_console), {.action = "a.b"});
    const auto entries = rooms.audit();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].via == Via::console);
    CHECK(entries[0].address.empty());
}

TEST_CASE("who is not let in is recorded by the name that was typed, and a name that is given counts") {
    Rooms rooms;
    note(rooms, request_by(""), {.action = "session.refused", .actor = "typed"});
    note(rooms, request_by(admin::by_session), {.action = "session.ended", .actor = "another"});
    const auto entries = rooms.audit();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].actor == "typed");
    CHECK(entries[0].via == Via::session);
    CHECK(entries[1].actor == "another");
}

TEST_CASE("a record that cannot be written is logged, and whoever waits for it goes on") {
    Rooms rooms;
    rooms.forbid_writing();
    note(rooms, request_by(admin::by_session), {.action = "operator.made"});
    admin::record_own(rooms.services, rooms.loop.io.get_executor(), {.action = "certificate.changed"});
    CHECK(rooms.audit().empty());
    rooms.loop.run_until([&] { return rooms.logged().find("certificate.changed") != std::string::npos; });
    CHECK(rooms.logged().find("audit.failed: operator.made was not recorded.") != std::string::npos);
    CHECK(rooms.logged().find("audit.failed: certificate.changed was not recorded.") != std::string::npos);
}

TEST_CASE("without a database the log says what happened") {
    Rooms rooms;
    rooms.services.archive = nullptr;
    note(rooms, request_by(admin::by_console), {.action = "certificate.uploaded", .object = "clean"});
    CHECK(rooms.logged().find("audit.unrecorded: certificate.uploaded by ada, without a database. "
                              "(action=certificate.uploaded object=clean code=\"\")") != std::string::npos);
    rooms.services.archive = &rooms.archive;
    CHECK(rooms.audit().empty());
}

TEST_CASE("what nobody asked for is the system's own, from nowhere") {
    Rooms rooms;
    admin::record_own(rooms.services, rooms.loop.io.get_executor(),
                      {.action = "certificate.changed", .object = "clean", .actor = "ada", .refusal = "expired"});
    const auto entries = rooms.audit();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].actor == "system");
    CHECK(entries[0].via == Via::system);
    CHECK(entries[0].address.empty());
    CHECK(entries[0].object == "clean");
    CHECK(entries[0].refusal == "expired");
}

TEST_CASE("what is audited is recorded as done or refused, and its result handed on") {
    Rooms rooms;
    const http::Request request = request_by(admin::by_session);
    const auto audited = [&](base::Result<int> result) {
        return rooms.loop.await(admin::audited(rooms.services, request, {.action = "a.b"}, outcome(std::move(result))));
    };
    CHECK(audited(7) == base::Result<int>(7));
    const auto refused = audited(base::fail(base::ErrorKind::conflict, "operator_exists", "There is one."));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "operator_exists");
    const auto entries = rooms.audit();
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].refusal.empty());
    CHECK(entries[1].refusal == "operator_exists");
}

namespace {

http::Request request_of_a_reader() {
    http::Request request;
    request.peer = net::Address::parse("192.0.2.7").value();
    request.caller = std::make_shared<const http::Caller>(
        http::Caller{"bob", std::string(admin::by_session), "2", http::Access::read});
    return request;
}

base::Result<int> no_such() {
    return base::fail(base::ErrorKind::not_found, "not_found", "There is none.");
}

}  // namespace

TEST_CASE("what who only reads is refused is recorded at once, and more of it folded and counted") {
    Rooms rooms;
    const http::Request request = request_of_a_reader();
    for (int i = 0; i < 20; ++i) {
        Note entry{.action = "a.b", .object = std::to_string(i), .detail = R"({"role":"read"})"};
        CHECK_FALSE(rooms.loop.await(admin::audited(rooms.services, request, std::move(entry), outcome(no_such()))));
    }
    const auto entries = rooms.audit();
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].actor == "bob");
    CHECK(entries[0].action == "a.b");
    CHECK(entries[0].object == "0");
    CHECK(entries[0].address == "192.0.2.7");
    CHECK(entries[0].refusal == "not_found");
    CHECK(nlohmann::json::parse(entries[0].detail) ==
          nlohmann::json{{"role", "read"}, {"count", 1}, {"interface", "admin"}});
    const auto rest = rooms.services.change_refusals.rest();
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].count == 19);
    CHECK(rest[0].object == "19");
}

TEST_CASE("what operators are refused is recorded each time") {
    Rooms rooms;
    const http::Request request = request_by(admin::by_token);
    for (int i = 0; i < 100; ++i)
        CHECK_FALSE(rooms.loop.await(admin::audited(rooms.services, request, {.action = "a.b"}, outcome(no_such()))));
    CHECK(rooms.audit().size() == 100);
}

TEST_CASE("beyond their pace nothing is begun of what those do who only read, and none of it is lost to the audit") {
    Rooms rooms;
    const http::Request request = request_of_a_reader();
    int done = 0;
    const auto change = [&]() -> asio::awaitable<base::Result<int>> { co_return ++done; };
    std::uint64_t refused = 0;
    for (int i = 0; i < 200; ++i) {
        const auto result = rooms.loop.await(admin::audited(rooms.services, request, {.action = "a.b"}, change()));
        if (result) continue;
        CHECK(result.error().code == "too_many_changes");
        ++refused;
    }
    CHECK(refused > 100);
    CHECK(static_cast<std::uint64_t>(done) == 200 - refused);
    CHECK(rooms.audit().size() == static_cast<std::size_t>(done) + 1);
    const auto rest = rooms.services.change_refusals.rest();
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].count == refused - 1);
}

TEST_CASE("the log says why an answer is 5xx, and nothing where it is none or says that there is too much to do") {
    Rooms rooms;
    for (const char* code : {"too_many_devices", "too_many_changes", "busy"})
        archive::log_failure(rooms.services.log, "a.b", {base::ErrorKind::unavailable, code, "What.", ""});
    CHECK(rooms.logged().empty());
    archive::log_failure(rooms.services.log, "a.b", {base::ErrorKind::io, "file_io", "What.", ""});
    CHECK(rooms.logged().find("file_io") != std::string::npos);
}

}  // namespace admin_audit_trail_test
