#include "records/disposition_services.hpp"

#include "tests/unit/records/dispositions.hpp"

namespace disposition_services_test {
namespace {

using namespace gatehouse;
using namespace gatehouse::records;
using namespace gatehouse::tests;
using std::chrono::seconds;

struct Shelf {
    Box box;
    Database database = box.open();
    DispositionServices services{database, box_key()};

    std::string password(std::int64_t id) {
        const auto access = services.access(id);
        REQUIRE(access);
        return access->password ? std::string(access->password->reveal()) : access->password.error().code;
    }
    ServiceRequest as_it_is(std::int64_t id) {
        const auto now = service_now(database, id);
        ServiceRequest request;
        request.url = now.url;
        request.user_name = now.user_name;
        request.network = now.network;
        return request;
    }
};

}  // namespace

TEST_CASE("disposition services: one is kept as it was said, its password for the call alone") {
    Shelf shelf;
    auto request = service_request();
    request.network = config::Network::clean;
    const auto made = shelf.services.add(request, new_year);
    REQUIRE(made);
    CHECK(made->url == "https://cloud.example.test/dispositions");
    CHECK(made->user_name == "gatehouse");
    CHECK(made->network == config::Network::clean);
    CHECK(made->created == new_year);
    CHECK_FALSE(made->last_success);
    CHECK_FALSE(made->last_failure);
    CHECK(made->queue.waiting == 0);
    CHECK_FALSE(made->queue.oldest_waiting);
    CHECK(shelf.password(made->id) == "let me in");
    const auto again = DispositionServices(shelf.database, box_key()).list();
    REQUIRE(again);
    REQUIRE(again->size() == 1);
    CHECK(again->front().id == made->id);
}

TEST_CASE("disposition services: the database holds no password that can be read") {
    Shelf shelf;
    add_service(shelf.database);
    const auto rows = shelf.database.query("SELECT sealed_password FROM disposition_services");
    REQUIRE(rows);
    CHECK(rows->front().bytes(0).find("let me in") == std::string::npos);
    CHECK(rows->front().bytes(0).size() > 24);
}

TEST_CASE("disposition services: a password opens at its own row and URL only") {
    Shelf shelf;
    const auto one = add_service(shelf.database, "one");
    const auto two = add_service(shelf.database, "two");
    SECTION("moved to another row") {
        REQUIRE(
            shelf.database.change("UPDATE disposition_services SET sealed_password = (SELECT sealed_password FROM "
                                  "disposition_services WHERE id = $1) WHERE id = $2",
                                  {one, two}));
        CHECK(shelf.password(one) == "let me in");
        CHECK(shelf.password(two) == "sealed_damaged");
    }
    SECTION("sent elsewhere") {
        REQUIRE(
            shelf.database.change("UPDATE disposition_services SET url = 'https://thief.test/' WHERE id = $1", {two}));
        CHECK(shelf.password(two) == "sealed_damaged");
        const auto all = shelf.services.access();
        REQUIRE(all);
        CHECK(all->size() == 2);
        CHECK(all->at(0).password);
    }
    SECTION("another box") {
        DispositionServices other(shelf.database, base::Secret(std::string_view("the key of another box altogether")));
        const auto access = other.access(one);
        REQUIRE(access);
        CHECK(error_of(access->password).code == "sealed_damaged");
        CHECK(error_of(access->password).message.find("https://one.example.test/") != std::string::npos);
    }
}

TEST_CASE("disposition services: an edit changes what it says and keeps the password it does not say") {
    Shelf shelf;
    const auto id = add_service(shelf.database);
    auto request = shelf.as_it_is(id);
    request.user_name = "another";
    request.network = config::Network::clean;
    const auto before = service_now(shelf.database, id).version;
    const auto edited = shelf.services.edit(id, request, new_year);
    REQUIRE(edited);
    CHECK(edited->user_name == "another");
    CHECK(edited->network == config::Network::clean);
    CHECK(edited->version != before);
    CHECK(shelf.password(id) == "let me in");
    request.password = base::Secret(std::string_view("changed"));
    REQUIRE(shelf.services.edit(id, request, new_year));
    CHECK(shelf.password(id) == "changed");
}

TEST_CASE("disposition services: what an edit does not say of the network stays") {
    Shelf shelf;
    const auto id = add_service(shelf.database);
    auto request = shelf.as_it_is(id);
    request.network = config::Network::clean;
    REQUIRE(shelf.services.edit(id, request, new_year));
    request.network.reset();
    CHECK(shelf.services.edit(id, request, new_year)->network == config::Network::clean);
    CHECK(service_now(shelf.database, add_service(shelf.database, "new")).network == config::Network::dirty);
}

TEST_CASE("disposition services: what is shown instead of a password is none") {
    Shelf shelf;
    const auto id = add_service(shelf.database);
    auto request = shelf.as_it_is(id);
    request.password = base::Secret(shown_for_password);
    CHECK(error_of(shelf.services.edit(id, request, new_year)).code == "password_invalid");
    CHECK(error_of(shelf.services.add(service_request("https://a.test/", "*****"), new_year)).code ==
          "password_invalid");
    CHECK(shelf.password(id) == "let me in");
}

TEST_CASE("disposition services: a URL is kept plain, so that one service is there once") {
    Shelf shelf;
    const auto made = shelf.services.add(service_request("https://CLOUD.test:443/Path?Query"), new_year);
    REQUIRE(made);
    CHECK(made->url == "https://cloud.test/Path?Query");
    CHECK(shelf.password(made->id) == "let me in");
    CHECK(error_of(shelf.services.add(service_request("https://cloud.test/Path?Query"), new_year)).code ==
          "service_exists");
    auto request = shelf.as_it_is(made->id);
    request.url = "https://Cloud.test:443/Path?Query";
    REQUIRE(shelf.services.edit(made->id, request, new_year));
    CHECK(shelf.password(made->id) == "let me in");
    for (const char* same : {"https://cloud.test:4430/", "https://[2001:db8::443]/", "https://cloud.test/x:443"})
        CHECK(plain_url(same) == same);
    CHECK(plain_url("https://[2001:DB8::1]:443/") == "https://[2001:db8::1]/");
    const auto foreign = error_of(check_service_url("https://wölke.test/"));
    CHECK(foreign.code == "url_invalid");
    CHECK(foreign.text().find("xn--") != std::string::npos);
}

TEST_CASE("disposition services: no password goes to another URL than it was meant for") {
    Shelf shelf;
    const auto id = add_service(shelf.database);
    auto request = shelf.as_it_is(id);
    request.url = "https://thief.test/";
    CHECK(error_of(shelf.services.edit(id, request, new_year)).code == "password_needed");
    CHECK(service_now(shelf.database, id).url == "https://cloud.example.test/dispositions");
    request.password = base::Secret(std::string_view("for the thief"));
    REQUIRE(shelf.services.edit(id, request, new_year));
    CHECK(shelf.password(id) == "for the thief");
}

TEST_CASE("disposition services: an edit lets what waits for later be tried now") {
    Shelf shelf;
    const auto id = add_service(shelf.database);
    queued(shelf.database, "a");
    const auto first = due_of(shelf.database, id, new_year).dispositions.at(0).id;
    const DispositionOutcome again{DispositionOutcome::Kind::again, first, id, "busy", seconds(600)};
    REQUIRE(Dispositions(shelf.database).record(std::span(&again, 1), new_year));
    CHECK(due_samples(shelf.database, id, new_year + seconds(5)).empty());
    REQUIRE(shelf.services.edit(id, shelf.as_it_is(id), new_year + seconds(5)));
    CHECK(due_samples(shelf.database, id, new_year + seconds(5)).size() == 1);
}

TEST_CASE("disposition services: one URL and user is one service, and there are not too many") {
    Shelf shelf;
    const auto id = add_service(shelf.database);
    CHECK(error_of(shelf.services.add(service_request(), new_year)).code == "service_exists");
    const auto other = add_service(shelf.database, "other");
    auto request = service_request();
    CHECK(error_of(shelf.services.edit(other, request, new_year)).code == "service_exists");
    request.user_name = "somebody else";
    CHECK(shelf.services.add(request, new_year));
    for (auto count = shelf.services.list()->size(); count < DispositionServices::most_services; ++count)
        add_service(shelf.database, "number" + std::to_string(count));
    CHECK(error_of(shelf.services.add(service_request("https://one.too.many/"), new_year)).code == "too_many_services");
    REQUIRE(shelf.services.remove_next(id));
    CHECK(shelf.services.add(service_request("https://one.too.many/"), new_year));
}

TEST_CASE("disposition services: what is removed is gone with all that waited and failed") {
    Shelf shelf;
    const auto one = add_service(shelf.database, "one");
    const auto two = add_service(shelf.database, "two");
    queued(shelf.database, "a");
    queued(shelf.database, "a");
    queued(shelf.database, "b");
    const auto failed = due_of(shelf.database, one, new_year).dispositions.at(0).id;
    const DispositionOutcome refused{DispositionOutcome::Kind::refused, failed, one, "no"};
    REQUIRE(Dispositions(shelf.database).record(std::span(&refused, 1), new_year));
    CHECK(Dispositions(shelf.database).waiting() == 5);
    REQUIRE(shelf.services.remove_next(one));
    CHECK(Dispositions(shelf.database).waiting() == 3);
    CHECK(shelf.database.query("SELECT count(*) FROM dispositions")->front().integer(0) == 3);
    CHECK(service_now(shelf.database, two).queue.waiting == 3);
    CHECK(error_of(shelf.services.remove_next(one)).code == "no_service");
    CHECK(error_of(shelf.services.edit(one, service_request(), new_year)).code == "no_service");
    CHECK(error_of(shelf.services.access(one)).code == "no_service");
    CHECK_FALSE(*shelf.services.find(one));
    CHECK(add_service(shelf.database, "three") > two);  // no number comes back
}

TEST_CASE("disposition services: what may be secret in a URL is not shown") {
    CHECK(shown_url("https://cloud.example.test:8443/a/b@c?token=hidden") == "https://cloud.example.test:8443/a/b@c");
    CHECK(shown_url("https://cloud.example.test?hidden") == "https://cloud.example.test");
    CHECK(shown_url("https://ada:hidden@cloud.example.test/x") == "https://cloud.example.test/x");
    CHECK(shown_url("http://hidden@cloud/") == "http://cloud/");
    CHECK(shown_url("hidden@cloud") == "cloud");
    CHECK(shown_url("").empty());
    Shelf shelf;
    const auto made = shelf.services.add(service_request("https://cloud.example.test/x?token=hidden"), new_year);
    REQUIRE(made);
    REQUIRE(shelf.database.change("UPDATE disposition_services SET sealed_password = $1", {Bytes{"no"}}));
    const auto access = shelf.services.access(made->id);
    REQUIRE(access);
    REQUIRE_FALSE(access->password);
    CHECK(access->password.error().text().find("https://cloud.example.test/x") != std::string::npos);
    CHECK(access->password.error().text().find("hidden") == std::string::npos);
}

TEST_CASE("disposition services: only https to a host goes") {
    for (const std::string url :
         {"https://cloud.example.test", "https://cloud", "https://cloud.example.test/", "https://192.0.2.1/a/b",
          "https://cloud.example.test:8443/x?y=z@w", "https://[2001:db8::1]/", "https://[2001:db8::1]:65535?a"}) {
        CAPTURE(url);
        CHECK(check_service_url(url));
    }
    for (const std::string url : {"",
                                  "http://cloud.example.test/",
                                  "HTTPS://cloud.example.test/",
                                  "ftp://cloud/",
                                  "https:/cloud/",
                                  "https://",
                                  "https:///path",
                                  "https://:443/",
                                  "https://cloud:0/",
                                  "https://cloud:65536/",
                                  "https://cloud:/",
                                  "https://cloud:44x/",
                                  "https://2001:db8::1/",
                                  "https://[2001:db8::1/",
                                  "https://[cloud]/",
                                  "https://[]/",
                                  "https://cloud.example.test/#part",
                                  "https://cloud example/",
                                  "https://cloud/\r\nHost: x",
                                  "https://cloud\\.example/",
                                  "https://cl\xC3\xB6ud/",
                                  "https://-cloud/",
                                  "https://1.2.3/",
                                  "cloud.example"}) {
        CAPTURE(url);
        CHECK(error_of(check_service_url(url)).code == "url_invalid");
    }
    CHECK(check_service_url("https://cloud/" + std::string(2034, 'x')));
    CHECK_FALSE(check_service_url("https://cloud/" + std::string(2035, 'x')));
    for (const char c : std::string_view("<>^`{|}")) {
        CAPTURE(c);
        CHECK(error_of(check_service_url(std::string("https://cloud/") + c)).code == "url_invalid");
    }
    for (const std::string url :
         {"https://ada:hunter2@cloud/", "https://hunter2@cloud", "https://ada:hunter2@cloud?x"}) {
        const auto error = error_of(check_service_url(url));
        CHECK(error.code == "url_invalid");
        CHECK(error.text().find("hunter2") == std::string::npos);
    }
}

TEST_CASE("disposition services: user names and passwords that no header can carry are refused") {
    Shelf shelf;
    const auto said = [&](std::string user, const std::string& password) {
        auto request = service_request("https://cloud/", password);
        request.user_name = std::move(user);
        return error_of(shelf.services.add(request, new_year)).code;
    };
    for (const std::string& user : {std::string(), std::string("a:b"), std::string("a\nb"), std::string("a\0b", 3),
                                    std::string("\xFF"), std::string(257, 'u')}) {
        CHECK(said(user, "password") == "user_invalid");
    }
    for (const std::string& password :
         {std::string(), std::string("a\r\n"), std::string("\x80"), std::string(1025, 'p')}) {
        CHECK(said("user", password) == "password_invalid");
    }
    auto none = service_request();
    none.password.reset();
    CHECK(error_of(shelf.services.add(none, new_year)).code == "password_needed");
    CHECK(shelf.services.list()->empty());
    auto longest = service_request("https://cloud/", std::string(1024, 'p'));
    longest.user_name = std::string(256, 'u');
    CHECK(shelf.services.add(longest, new_year));
}

}  // namespace disposition_services_test
