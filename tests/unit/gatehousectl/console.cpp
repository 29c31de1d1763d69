#include "gatehousectl/console.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/gatehousectl/pseudo_terminal.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cstring>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <vector>

namespace console_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;
using nlohmann::json;

namespace {

struct Said {
    std::string status = "200 OK";
    std::string body{};
    std::string type = "application/json";
};

// A daemon that gives these answers, one to each connection, and a console that talks to it.
class Front {
public:
    explicit Front(std::vector<Said> answers, bool as_json = false, const Patience& patience = {})
        : client_(ConsoleSocket{folder_ / "s", "the test"}, {}, patience),
          console(client_, terminal_, out, err, as_json),
          listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = (folder_ / "s").string();
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener_.get(), 8) == 0);
        thread_ = std::thread([this, answers = std::move(answers)] { serve(answers); });
    }
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;
    ~Front() {
        ended_ = true;
        if (thread_.joinable()) thread_.join();
    }

    // Everything that was asked: request lines and bodies; only after the last answer.
    std::vector<std::string> asked() {
        thread_.join();
        return asked_;
    }

    std::ostringstream out;
    std::ostringstream err;

private:
    void serve(const std::vector<Said>& answers) {
        for (const Said& answer : answers) {
            pollfd waiting{listener_.get(), POLLIN, 0};
            while (::poll(&waiting, 1, 20) == 0) {
                if (ended_) return;
            }
            const base::Descriptor taken(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            tests::be_patient(taken);
            std::string request;
            while (!is_whole(request) && tests::receive_some(taken, request) == tests::End::open)
                continue;
            asked_.push_back(request.substr(0, request.find(" HTTP/")) + request.substr(request.find("\r\n\r\n") + 4));
            (void)tests::send_all(taken, "HTTP/1.1 " + answer.status + "\r\nContent-Type: " + answer.type +
                                             "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" +
                                             answer.body);
        }
    }
    static bool is_whole(const std::string& request) {
        const auto head = request.find("\r\n\r\n");
        if (head == std::string::npos) return false;
        const auto length = request.find("Content-Length: ");
        const std::size_t body = length == std::string::npos ? 0 : std::stoul(request.substr(length + 16));
        return request.size() >= head + 4 + body;
    }

    tests::Folder folder_;
    Client client_;
    Terminal terminal_{-1, -1, -1};
    std::vector<std::string> asked_;
    std::atomic<bool> ended_ = false;

public:
    Console console;

private:
    base::Descriptor listener_;
    std::thread thread_;
};

Failure failure(const std::string& pointer, const std::string& detail) {
    return refusal(422, json{{"code", "bad_value"}, {"detail", detail}, {"pointer", pointer}}.dump());
}

}  // namespace

TEST_CASE("an answer is there as it came and as it reads; a body goes out as JSON") {
    Front front({{.body = "{\"name\": \"ada\"}"}, {.status = "204 No Content", .type = "text/plain"}});
    const auto got = front.console.get("/api/v1/x");
    REQUIRE(got);
    CHECK(got->body == "{\"name\": \"ada\"}");
    CHECK((**got).at("name") == "ada");
    const auto sent = front.console.send("PUT", "/api/v1/y", json{{"email", "\xFF"}});
    REQUIRE(sent);
    CHECK((**sent).is_null());
    CHECK(front.asked() == std::vector<std::string>{"GET /api/v1/x", "PUT /api/v1/y{\"email\":\"\xEF\xBF\xBD\"}"});
}

TEST_CASE("what is no JSON comes from somebody else, but where a file was asked for") {
    const std::string deep = std::string(65, '[') + std::string(65, ']');
    Front front({{.body = "half {"},
                 {.body = deep},
                 {.body = R"({"a":1,"a":2})"},
                 {.body = "\x1B[31m", .type = "text/plain"},
                 {.body = ""},
                 {.body = "-----BEGIN", .type = "application/x-pem-file"},
                 {.status = "409 Conflict", .body = R"({"code":"no_previous"})"}});
    for (int i = 0; i < 5; ++i) {
        const auto broken = front.console.get("/x");
        REQUIRE_FALSE(broken);
        CHECK(broken.error().exit == Exit::unreachable);
        CHECK(broken.error().error.code == "daemon_unknown");
    }
    CHECK(front.console.file("/x") == "-----BEGIN");
    CHECK(front.console.file("/x").error().error.code == "no_previous");
}

TEST_CASE("a problem document is the failure of the command, with its findings") {
    const json problem{
        {"code", "expired"},
        {"detail", "It is over."},
        {"findings", {{{"code", "expired"}, {"severity", "refuse"}, {"message", "M."}, {"advice", ""}}}}};
    Front front({{.status = "422 Unprocessable Content", .body = problem.dump()}});
    const auto refused = front.console.get("/x");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().exit == Exit::refused);
    CHECK(refused.error().error.code == "expired");
    CHECK(refused.error().error.message == "It is over.");
    CHECK(refused.error().findings == std::vector<Finding>{{"expired", "refuse", "M.", ""}});
    CHECK(refused.error().body == problem.dump());
}

TEST_CASE("a refusal that says nothing of itself is told by its status") {
    CHECK(refusal(503, "").error.message == "The daemon answered 503.");
    CHECK(refusal(403, R"({"title":"Forbidden"})").error.message == "The daemon answered 403 Forbidden.");
    CHECK(refusal(500, "<html>").error.message == "The daemon answered 500.");
    for (const std::string& body : {std::string("\x1B[31m"), std::string(9'000'000, '['), std::string("[]")})
        CHECK(refusal(500, body).body.empty());
}

TEST_CASE("where the problem lies is told in the words of the command line") {
    CHECK(failure("/days", "/days must be at least 1.").error.message == "--days must be at least 1.");
    CHECK(failure("/names/3", "This is no name.").error.message == "This is no name. (--name)");
    CHECK(failure("/subject/country", "It has two letters.").error.message == "It has two letters. (C in --subject)");
    CHECK(failure("/subject/street", "No.").error.message == "No. (--subject)");
    CHECK(failure("/namesake", "No.").error.message == "No.");
    CHECK(failure("?limit", "No.").error.message == "No. (--limit)");
}

TEST_CASE("all pages of a list are fetched and become one") {
    Front front({{.body = R"({"items":[1,2],"next":"c&1"})"}, {.body = R"({"items":[3],"next":null})"}});
    const auto all = front.console.list({"operators"});
    REQUIRE(all);
    CHECK((**all).at("items") == json{1, 2, 3});
    CHECK(front.asked() == std::vector<std::string>{"GET /api/v1/operators?limit=1000",
                                                    "GET /api/v1/operators?limit=1000&cursor=c%261"});
}

TEST_CASE("with --json a list is its first page as it came, but where it was asked for all") {
    Front front({{.body = "{\"items\": [1], \"next\": \"c\"}"},
                 {.body = R"({"items":[1],"next":"c"})"},
                 {.body = R"({"items":[2],"next":null})"}},
                true);
    const auto page = front.console.list({"operators"});
    REQUIRE(page);
    CHECK(page->body == "{\"items\": [1], \"next\": \"c\"}");
    const auto all = front.console.all({"audit"}, {{"actor", "ada"}});
    REQUIRE(all);
    CHECK(json::parse(all->body) == json{{"items", {1, 2}}, {"next", nullptr}});
    CHECK(front.asked().at(2) == "GET /api/v1/audit?actor=ada&limit=1000&cursor=c");
}

TEST_CASE("a failure on a later page is the failure of the list") {
    Front front({{.body = R"({"items":[1],"next":"c"})"}, {.status = "503 Service Unavailable", .body = "{}"}});
    CHECK_FALSE(front.console.list({"operators"}));
}

TEST_CASE("a list without end is given up: it goes round in circles, or is too large, or takes too long") {
    const std::vector<Said> circle{{.body = R"({"items":[1],"next":"a"})"},
                                   {.body = R"({"items":[2],"next":"b"})"},
                                   {.body = R"({"items":[3],"next":"a"})"}};
    Front round(circle);
    CHECK(round.console.list({"tokens"}).error().error.code == "daemon_unknown");
    CHECK(round.asked().size() == 3);

    std::vector<Said> large;
    const std::string filling(Client::answer_bytes - 100, 'x');
    for (const char* cursor : {"a", "b", "c", "d", "e"})
        large.push_back({.body = R"({"items":[")" + filling + R"("],"next":")" + cursor + R"("})"});
    static_assert(4 * Client::answer_bytes == Console::list_bytes);
    Front flood(large);
    const auto flooded = flood.console.list({"tokens"});
    REQUIRE_FALSE(flooded);
    CHECK(flooded.error().exit == Exit::refused);
    CHECK(flooded.error().error.code == "list_too_long");

    Patience impatience;
    impatience.to_list = std::chrono::milliseconds(0);
    Front slow(circle, false, impatience);
    CHECK(slow.console.list({"tokens"}).error().error.code == "daemon_silent");
}

TEST_CASE("an answer is printed on lines of its own") {
    Front front({});
    for (const char* body : {"[1 ]", "{}\n", ""})
        front.console.print_as_it_came({body, nullptr});
    CHECK(front.out.str() == "[1 ]\n{}\n");
}

TEST_CASE("what a terminal shows as JSON is plain ASCII, an answer and a refusal") {
    const tests::PseudoTerminal screen;
    const Terminal terminal(screen.terminal(), screen.terminal(), screen.terminal());
    const std::string body =
        "{\"detail\":\"\xC2\x9B"
        "31m\xE2\x80\xAE\x7F\\u001b\"}";
    const std::string shown = "{\"detail\":\"\\u009b31m\\u202e\\u007f\\u001b\"}\n";
    const Client client(ConsoleSocket{"/nowhere", "the test"});
    std::ostringstream out;
    std::ostringstream err;
    Console(client, terminal, out, err, true).print_as_it_came({body, std::make_shared<const json>(json::parse(body))});
    CHECK(out.str() == shown);
    out.str("");
    CHECK(report(refusal(500, body), true, terminal, out, err) == 1);
    CHECK(out.str() == shown);
    CHECK(err.str().empty());
}

TEST_CASE("a failure ends on stderr in sentences, and with --json as the daemon told it on stdout") {
    Failure failed = refusal(422, R"({"code":"a\u001b","detail":"One.\nTwo \u001b[31m."})");
    failed.findings = {{"expired", "refuse", "M.", "Do this."}};
    const Terminal nobody(-1, -1, -1);
    std::ostringstream out;
    std::ostringstream err;
    CHECK(report(failed, false, nobody, out, err) == 1);
    CHECK(out.str().empty());
    CHECK(err.str() == "gatehousectl: One.\n  Two \\x1B[31m. [a\\x1B]\n  refuse  expired  M. Do this.\n");
    std::ostringstream told;
    std::ostringstream nothing;
    CHECK(report(failed, true, nobody, told, nothing) == 1);
    CHECK(told.str() == failed.body + "\n");
    CHECK(nothing.str().empty());
    // The daemon said nothing: there is nothing to hand on.
    const auto own = unreachable("daemon_not_running", "It is not there.", "Start it.");
    CHECK(report(own.value(), true, nobody, told, nothing) == 3);
    CHECK(nothing.str() == "gatehousectl: It is not there. Start it.\n");
}

}  // namespace console_test
