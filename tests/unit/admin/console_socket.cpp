#include "server/admin/console_socket.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/net/wire.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <utility>
#include <vector>

namespace console_socket_test {

using namespace gatehouse;
using admin::Console;
using http::Access;
using http::Method;
using tests::End;

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

http::Response text(std::string body) {
    http::Response response;
    response.body = std::move(body);
    return response;
}

// A stream that says a few words, one whenever it is woken, and ends.
class Words final : public http::Stream, public std::enable_shared_from_this<Words> {
public:
    explicit Words(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    std::optional<std::string> take() override {
        if (!said_all()) {
            if (!std::exchange(woken_, false)) return "";
            if (++said_ < 3) wake_later();
            return "word" + std::to_string(said_) + " ";
        }
        return std::nullopt;
    }
    void wake_by(std::function<void()> wake) override {
        wake_ = std::move(wake);
        wake_later();
    }

private:
    [[nodiscard]] bool said_all() const { return said_ == 3; }
    void wake_later() {
        asio::post(executor_, [weak = weak_from_this()] {
            const auto self = weak.lock();
            if (!self) return;  // and nobody who could be woken
            self->woken_ = true;
            self->wake_();
        });
    }

    asio::any_io_executor executor_;
    std::function<void()> wake_;
    bool woken_ = false;
    int said_ = 0;
};

// One that has nothing to say and does not end.
class Silence final : public http::Stream {
public:
    std::optional<std::string> take() override { return ""; }
    void wake_by(std::function<void()> /*wake*/) override {}
};

asio::awaitable<http::Response> later(std::string body) {
    co_await asio::post(asio::use_awaitable);
    co_return text(std::move(body));
}

struct Client {
    base::Descriptor socket;
    std::string heard{};
    End end = End::open;

    void say(std::string_view bytes) const { REQUIRE(tests::send_all(socket, bytes)); }
    // Whether this comes, sooner or later; it is taken out of what was heard.
    [[nodiscard]] bool hears(std::string_view words) {
        while (heard.find(words) == std::string::npos) {
            end = tests::receive_some(socket, heard);
            if (end != End::open) return false;
        }
        heard.erase(0, heard.find(words) + words.size());
        return true;
    }
    // All that still comes until the connection ends.
    [[nodiscard]] std::string hear_out() {
        while ((end = tests::receive_some(socket, heard)) == End::open)
            continue;
        return std::exchange(heard, "");
    }
};

std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

// A console with a few routes, on a thread of its own as in the appliance.
class House {
    tests::Folder folder_;

public:
    const fs::path path = folder_ / "run/console.sock";

    explicit House(admin::ConsoleLimits limits = {})
        : console_(std::in_place, io_.get_executor(), log_, router(), limits) {
        const auto listening = console_->listen(path);
        INFO((listening ? std::string() : listening.error().text()));
        REQUIRE(listening);
        thread_ = std::thread([this] { io_.run(); });
    }
    House(const House&) = delete;
    House& operator=(const House&) = delete;
    ~House() {
        asio::post(io_, [this] {
            console_.reset();
            work_.reset();
        });
        thread_.join();
    }

    [[nodiscard]] std::optional<Client> try_visit() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.native().size());
        Client client{base::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
        if (::connect(client.socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            return std::nullopt;
        tests::be_patient(client.socket);
        return client;
    }
    [[nodiscard]] Client visit() const {
        auto client = try_visit();
        REQUIRE(client);
        return std::move(*client);
    }
    void stop() {
        asio::post(io_, [this] { console_->stop(); });
    }
    [[nodiscard]] std::string logged() const { return errors_.text(); }

private:
    [[nodiscard]] std::shared_ptr<const http::Router> router() {
        const auto executor = io_.get_executor();
        std::vector<http::Route> routes;
        routes.push_back({Method::get, "/hello", Access::anyone, 0, [](const auto&) { return text("hello"); }});
        routes.push_back({Method::get, "/who", Access::console, 0, [](const http::Request& request) {
                              return text(request.caller->name + " by " + request.caller->means);
                          }});
        routes.push_back({Method::post, "/echo", Access::anyone, 100,
                          [](const http::Request& request) { return text("<" + std::string(request.body) + ">"); }});
        routes.push_back({Method::get, "/later", Access::anyone, 0,
                          http::LaterHandler([](const http::Request&) { return later("it took a while"); })});
        routes.push_back({Method::get, "/words", Access::anyone, 0, [executor](const auto&) {
                              http::Response response;
                              response.body = std::make_shared<Words>(executor);
                              return response;
                          }});
        routes.push_back({Method::get, "/silence", Access::anyone, 0, [](const auto&) {
                              http::Response response;
                              response.body = std::make_shared<Silence>();
                              return response;
                          }});
        routes.push_back({Method::get, "/broken", Access::anyone, 0,
                          [](const auto&) -> http::Response { throw std::runtime_error("a promise"); }});
        return std::make_shared<const http::Router>(std::move(routes), http::Handler(), admin::console_gate());
    }

    tests::CapturedErrors errors_;
    base::Log log_;
    asio::io_context io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    std::optional<Console> console_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("the socket is for its owner alone, in a folder that is made, and requests on it are answered") {
    const House house;
    struct stat found {};
    REQUIRE(::lstat(house.path.c_str(), &found) == 0);
    CHECK(S_ISSOCK(found.st_mode));
    CHECK((found.st_mode & 07777) == 0600);
    Client client = house.visit();
    client.say(get("/hello"));
    CHECK(client.hears("HTTP/1.1 200 OK\r\n"));
    CHECK(client.hears("\r\nContent-Length: 5\r\n\r\nhello"));
}

TEST_CASE("who comes this far is root at the console, whatever a route asks") {
    const House house;
    Client client = house.visit();
    client.say(get("/who"));
    CHECK(client.hears("\r\n\r\nroot by console"));
}

TEST_CASE("one connection takes several requests, sent one by one or at once, and ends when it is asked to") {
    const House house;
    Client client = house.visit();
    for (int i = 0; i < 2; ++i) {
        client.say(get("/hello"));
        CHECK(client.hears("\r\n\r\nhello"));
    }
    client.say(get("/later") + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none" + get("/nowhere") +
               "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(client.hears("\r\n\r\nit took a while"));
    CHECK(client.hears("\r\n\r\n<one>"));
    CHECK(client.hears("HTTP/1.1 404 "));
    CHECK(client.hears("Connection: close\r\n\r\nhello"));
    CHECK(client.hear_out().empty());
    CHECK(client.end == End::hung_up);
}

TEST_CASE("a body comes as a whole however it is sent, and is asked for where the client waits to be") {
    const House house;
    Client client = house.visit();
    for (const char c : std::string_view("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "3\r\none\r\n4\r\n two\r\n0\r\n\r\n"))
        client.say({&c, 1});
    CHECK(client.hears("\r\n\r\n<one two>"));
    client.say("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    CHECK(client.hears("HTTP/1.1 100 Continue\r\n\r\n"));
    client.say("three");
    CHECK(client.hears("HTTP/1.1 200 OK\r\n"));
    CHECK(client.hears("\r\n\r\n<three>"));
}

TEST_CASE("a body that is too large is refused, told or not, and the connection ends") {
    const House house;
    for (const std::string& rest : {std::string("Content-Length: 101\r\n\r\n"),
                                    std::string("Expect: 100-continue\r\nContent-Length: 101\r\n\r\n"),
                                    "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x')}) {
        Client client = house.visit();
        client.say("POST /echo HTTP/1.1\r\nHost: a\r\n" + rest);
        CHECK(client.hears("HTTP/1.1 413 "));
        CHECK(client.hears("Connection: close\r\n"));
        CHECK(client.hear_out().find("body_too_large") != std::string::npos);
    }
}

TEST_CASE("what is no HTTP is refused, and the connection ends") {
    const House house({.header_bytes = 1024});
    Client garbage = house.visit();
    garbage.say("EHLO box.example\r\n\r\n");
    CHECK(garbage.hears("HTTP/1.1 400 "));
    CHECK(garbage.hears("Connection: close\r\n"));
    (void)garbage.hear_out();
    CHECK(garbage.end == End::hung_up);
    Client large = house.visit();
    large.say("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(1024, 'x'));
    CHECK(large.hears("HTTP/1.1 431 "));
}

TEST_CASE("a stream is sent as it comes, and its end is the connection's") {
    const House house;
    Client client = house.visit();
    client.say(get("/words"));
    CHECK(client.hears("HTTP/1.1 200 OK\r\n"));
    CHECK(client.hears("Connection: close\r\n\r\n"));
    CHECK(client.hear_out() == "word1 word2 word3 ");
    CHECK(client.end == End::hung_up);
}

TEST_CASE("clients that go away, and a handler that breaks its promise, are their own affair") {
    const House house;
    for (const std::string& begun : {std::string(), std::string("GET /hel"), get("/later"), get("/words"),
                                     std::string("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234")})
        house.visit().say(begun);
    Client broken = house.visit();
    broken.say(get("/broken"));
    CHECK(broken.hear_out().empty());
    CHECK(house.logged().find("request.failed: A part of Gatehouse failed unexpectedly: a promise") !=
          std::string::npos);
    Client client = house.visit();
    client.say(get("/hello"));
    CHECK(client.hears("\r\n\r\nhello"));
}

TEST_CASE("more connections than may be end at once, until others have gone") {
    const House house({.connections = 2});
    Client first = house.visit();
    first.say(get("/hello"));
    CHECK(first.hears("hello"));
    {
        Client second = house.visit();
        second.say(get("/hello"));
        CHECK(second.hears("hello"));
        Client third = house.visit();
        CHECK(third.hear_out().empty());
        CHECK(third.end == End::hung_up);
    }
    CHECK(tests::eventually([&] {
        Client next = house.visit();
        return tests::send_all(next.socket, get("/hello")) && next.hears("hello");
    }));
    first.say(get("/hello"));
    CHECK(first.hears("hello"));
}

TEST_CASE("at its end those who wait are sent away, wherever they are, and the socket's file goes") {
    House house;
    std::vector<Client> clients;
    for (const std::string& begun : {std::string(), std::string("GET /hel"), get("/hello"), get("/silence")}) {
        clients.push_back(house.visit());
        if (!begun.empty()) clients.back().say(begun);
    }
    CHECK(clients[2].hears("hello"));
    CHECK(clients[3].hears("\r\n\r\n"));
    house.stop();
    for (Client& client : clients) {
        CHECK(client.hear_out().empty());
        CHECK((client.end == End::hung_up || client.end == End::reset));
    }
    CHECK(tests::eventually([&] { return !fs::exists(house.path); }));
    CHECK_FALSE(house.try_visit());
}

TEST_CASE("a socket that was left behind is replaced; anything else in its place stays, and is told") {
    const tests::Folder folder;
    const fs::path path = folder / "s";
    base::Log log(base::LogLevel::error);
    asio::io_context io;
    const auto router = std::make_shared<const http::Router>(std::vector<http::Route>());
    { asio::local::stream_protocol::acceptor left(io, asio::local::stream_protocol::endpoint(path.string())); }
    REQUIRE(fs::is_socket(path));
    {
        Console console(io.get_executor(), log, router);
        CHECK(console.listen(path));
    }
    CHECK_FALSE(fs::exists(path));
    folder.write("s", "somebody's own");
    Console console(io.get_executor(), log, router);
    const auto taken = console.listen(path);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().kind == base::ErrorKind::conflict);
    CHECK(taken.error().code == "console_path_taken");
    CHECK(taken.error().message.find(path.string()) != std::string::npos);
    CHECK(fs::file_size(path) == 14);
    for (const fs::path& impossible : {folder / std::string(200, 'x'), folder / "s/below"}) {
        const auto failed = console.listen(impossible);
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code == "console_not_listening");
    }
}

}  // namespace console_socket_test
