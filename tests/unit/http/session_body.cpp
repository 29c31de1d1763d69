// Bodies that a handler reads as they arrive.
#include "server/http/session.hpp"
#include "server/net/awaited.hpp"
#include "tests/unit/net/context.hpp"
#include "tests/unit/net/tls_client.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

namespace session_body_test {

using namespace gatehouse;
using http::Access;
using http::BodyReader;
using http::Method;
using tests::Answer;
using tests::End;
using tests::TlsClient;

namespace {

using Nothing = std::monostate;

// Where a handler waits until the test lets it go on.
class Door {
public:
    boost::asio::awaitable<Nothing> pass() {
        const std::function<void(std::function<void(Nothing)>)> wait = [this](std::function<void(Nothing)> go_on) {
            const std::lock_guard lock(mutex_);
            if (open_) return go_on({});
            waiting_.push_back(std::move(go_on));
        };
        Nothing nothing = co_await net::awaited<Nothing>(wait);
        co_return nothing;
    }
    void open() {
        std::vector<std::function<void(Nothing)>> freed;
        {
            const std::lock_guard lock(mutex_);
            open_ = true;
            freed.swap(waiting_);
        }
        for (const auto& go_on : freed)
            go_on({});
    }
    [[nodiscard]] bool has_somebody() {
        return tests::eventually([this] {
            const std::lock_guard lock(mutex_);
            return !waiting_.empty();
        });
    }

private:
    std::mutex mutex_;
    bool open_ = false;
    std::vector<std::function<void(Nothing)>> waiting_;
};

http::Response text(std::string body) {
    http::Response response;
    response.body = std::move(body);
    return response;
}

// What handlers have seen; any thread.
struct Seen {
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> largest_piece = 0;
    std::atomic<int> refused = 0;  // the status of the last refusal
    std::atomic<int> refusals = 0;
};

// Reads all there is and answers with it, or with the refusal.
http::Later echo(BodyReader& body, Seen& seen, bool keep) {
    std::string all;
    for (;;) {
        const BodyReader::Piece piece = co_await body.next();
        if (!piece) {
            ++seen.refusals;
            seen.refused = static_cast<int>(piece.error().status);
            co_return http::problem(piece.error());
        }
        if (!*piece) break;
        seen.bytes += (*piece)->size();
        seen.largest_piece = std::max<std::uint64_t>(seen.largest_piece, (*piece)->size());
        if (keep) all += **piece;
    }
    const BodyReader::Piece again = co_await body.next();
    if (!again || *again) co_return text("the end does not last");
    co_return text("<" + all + ">");
}

http::Later echo_behind(Door& door, BodyReader& body, Seen& seen) {
    co_await door.pass();
    http::Response response = co_await echo(body, seen, true);
    co_return response;
}

// Waits between the first piece and the others.
http::Later echo_with_a_pause(Door& door, BodyReader& body, Seen& seen) {
    const BodyReader::Piece first = co_await body.next();
    if (!first || !*first) co_return text("no first piece");
    const std::string beginning(**first);
    co_await door.pass();
    http::Response rest = co_await echo(body, seen, true);
    if (rest.status == 200) rest.body = beginning + std::get<std::string>(rest.body);
    co_return rest;
}

// In the first two seconds, unless it says that it takes it back.
http::Later echo_in_time(BodyReader& body, Seen& seen, bool takes_it_back) {
    body.end_after(std::chrono::seconds(2), {408, "key_late", "The key has not come."});
    if (takes_it_back) body.end_never();
    http::Response response = co_await echo(body, seen, false);
    co_return response;
}

http::Later answer_at_once() {
    co_return http::problem(429, "too_many", "Not today.");
}

constexpr std::uint64_t most = 1UL << 30;
constexpr std::chrono::milliseconds half_a_second{500};

// One worker with one site whose routes read their bodies themselves.
class Stand {
public:
    explicit Stand(std::chrono::milliseconds tick = half_a_second) : worker_(tick) {
        site_.log = &log_;
        site_.context = tests::any_context();
        site_.router = std::make_shared<const http::Router>(routes());
        worker_.start("test-worker");
    }
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;
    ~Stand() {
        end();
        door.open();
        worker_.join();
    }

    [[nodiscard]] TlsClient visit() {
        tests::Wire wire = tests::tcp_wire();
        worker_.post([this, socket = wire.server.release()] {
            http::Session::start(worker_, site_, socket, net::Address::parse("192.0.2.7").value(), over_);
        });
        TlsClient client(std::move(wire.client));
        REQUIRE(client.shake_hands());
        return client;
    }
    void end() {
        worker_.post([this] {
            worker_.drain();
            worker_.abandon();
        });
    }
    // Waits until the worker's clock has gone on by so many half seconds, as long as it takes them to be.
    [[nodiscard]] bool ticks_go_by(net::Tick count) {
        std::atomic<net::Tick> now = 0;
        const auto look = [&] {
            std::promise<net::Tick> told;
            worker_.post([&] { told.set_value(worker_.now()); });
            return told.get_future().get();
        };
        const net::Tick begin = look();
        return tests::eventually([&] { return look() >= begin + count; });
    }
    [[nodiscard]] bool over_become(int count) {
        return tests::eventually([&] { return over_count_ == count; });
    }

    Door door;
    Seen seen;

private:
    [[nodiscard]] std::vector<http::Route> routes() {
        std::vector<http::Route> routes;
        routes.push_back({Method::post, "/echo", Access::anyone, 100,
                          [this](const http::Request&, BodyReader& body) { return echo(body, seen, true); }});
        routes.push_back({Method::post, "/large", Access::anyone, most,
                          [this](const http::Request&, BodyReader& body) { return echo(body, seen, false); }});
        routes.push_back({Method::post, "/wait", Access::anyone, most,
                          [this](const http::Request&, BodyReader& body) { return echo_behind(door, body, seen); }});
        routes.push_back({Method::post, "/pause", Access::anyone, most, [this](const http::Request&, BodyReader& body) {
                              return echo_with_a_pause(door, body, seen);
                          }});
        for (const bool takes_it_back : {true, false}) {
            routes.push_back({Method::post, takes_it_back ? "/freed" : "/timed", Access::anyone, most,
                              [this, takes_it_back](const http::Request&, BodyReader& body) {
                                  return echo_in_time(body, seen, takes_it_back);
                              }});
        }
        routes.push_back({Method::post, "/never", Access::anyone, most,
                          [](const http::Request&, BodyReader&) { return answer_at_once(); }});
        routes.push_back({Method::post, "/closed", Access::read, most,
                          [this](const http::Request&, BodyReader& body) { return echo(body, seen, true); }});
        routes.push_back({Method::get, "/get", Access::anyone, 0,
                          [this](const http::Request&, BodyReader& body) { return echo(body, seen, true); }});
        routes.push_back({Method::get, "/hello", Access::anyone, 0, [](const auto&) { return text("hello"); }});
        return routes;
    }

    tests::CapturedErrors errors_;
    base::Log log_;
    http::Site site_;
    std::atomic<int> over_count_ = 0;
    const http::Session::Ended over_ = [this](const net::Address&) { ++over_count_; };
    net::Worker worker_;
};

std::string post(const std::string& path, const std::string& fields) {
    return "POST " + path + " HTTP/1.1\r\nHost: box.example\r\n" + fields + "\r\n";
}

std::string length(std::uint64_t size) {
    return "Content-Length: " + std::to_string(size) + "\r\n";
}

const std::string chunked = "Transfer-Encoding: chunked\r\n";
const std::string expect = "Expect: 100-continue\r\n";

}  // namespace

TEST_CASE("a handler reads a body as it arrives, counted or in chunks, and the next request is found behind it") {
    Stand stand;
    TlsClient client = stand.visit();
    for (int i = 0; i < 3; ++i) {
        const Answer counted = client.ask(post("/echo", length(3)) + "one");
        CHECK(counted.body == "<one>");
        CHECK_FALSE(counted.has("Connection: close"));
        CHECK(client.ask(post("/echo", chunked) + "3\r\none\r\n4;a=b\r\n two\r\n0\r\nX: y\r\n\r\n").body ==
              "<one two>");
        CHECK(client.ask(post("/echo", length(0))).body == "<>");
        CHECK(client.ask(post("/echo", "")).body == "<>");
        CHECK(client.ask(post("/echo", chunked) + "0\r\n\r\n").body == "<>");
    }
    REQUIRE(client.say(post("/echo", length(3)) + "one" + post("/echo", length(3)) + "two" +
                       "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(client.answer().body == "<one>");
    CHECK(client.answer().body == "<two>");
    CHECK(client.answer().body == "hello");
}

TEST_CASE("a body that comes byte by byte to a handler that reads it is the same body") {
    Stand stand;
    TlsClient client = stand.visit();
    for (const char c : post("/echo", chunked) + "3\r\none\r\n4\r\n two\r\n0\r\n\r\n")
        REQUIRE(client.say({&c, 1}));
    CHECK(client.answer().body == "<one two>");
}

TEST_CASE("HEAD of a route whose handler reads its body is GET without what it says") {
    Stand stand;
    TlsClient client = stand.visit();
    CHECK(client.get("/get").body == "<>");
    REQUIRE(client.say("HEAD /get HTTP/1.1\r\nHost: a\r\n\r\n"));
    const Answer head = client.answer(true);
    CHECK(head.status == 200);
    CHECK(head.has("Content-Length: 2"));
    CHECK(client.get("/hello").body == "hello");
}

TEST_CASE("a body is asked for when the handler asks, and not before") {
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.say(post("/wait", expect + length(3))));
    REQUIRE(stand.door.has_somebody());
    REQUIRE(::fcntl(client.socket().get(), F_SETFL, O_NONBLOCK) == 0);
    CHECK(client.hear().empty());
    CHECK(client.end() == End::no_answer);
    REQUIRE(::fcntl(client.socket().get(), F_SETFL, 0) == 0);
    stand.door.open();
    CHECK(client.answer(true).status == 100);
    CHECK(client.ask("one").body == "<one>");
    CHECK(client.get("/hello").body == "hello");
}

TEST_CASE("a handler that answers without its body never asks for it, and ends the connection") {
    Stand stand;
    TlsClient client = stand.visit();
    const Answer answer = client.ask(post("/never", expect + length(3)));
    CHECK(answer.status == 429);
    CHECK(answer.has("Connection: close"));
    CHECK(client.wait_for_end() == End::goodbye);
}

TEST_CASE("who sends a large body before it reads still gets the answer that did not wait for it") {
    const std::string path = GENERATE("/never", "/closed");
    Stand stand;
    TlsClient client = stand.visit();
    constexpr std::size_t size = 24'000'000;
    REQUIRE(client.say(post(path, length(size))));
    const std::string piece(1'000'000, 'x');
    for (std::size_t sent = 0; sent < size; sent += piece.size())
        REQUIRE(client.say(piece));
    const Answer answer = client.answer();
    CHECK(answer.status == (path == "/never" ? 429 : 403));
    CHECK(client.wait_for_end() == End::goodbye);
}

TEST_CASE("nothing is read from a client while the handler does not ask") {
    Stand stand;
    TlsClient client = stand.visit();
    constexpr std::size_t size = 64'000'000;
    REQUIRE(client.say(post("/wait", length(size))));
    REQUIRE(stand.door.has_somebody());
    const std::string piece(64'000, 'x');
    std::size_t said = 0;
    std::string left;  // of a record that went only half way
    REQUIRE(::fcntl(client.socket().get(), F_SETFL, O_NONBLOCK) == 0);
    const auto takes_more = [&] {
        pollfd poll{client.socket().get(), POLLOUT, 0};
        return ::poll(&poll, 1, 300) == 1;
    };
    while (said < size && takes_more()) {
        if (left.empty()) {
            left = client.seal(piece);
            said += piece.size();
        }
        const ssize_t sent = ::send(client.socket().get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (sent > 0) left.erase(0, static_cast<std::size_t>(sent));
    }
    CHECK(said < size);
    CHECK(stand.seen.bytes == 0);
    REQUIRE(::fcntl(client.socket().get(), F_SETFL, 0) == 0);
    stand.door.open();
    REQUIRE(client.push(left));
    for (; said < size; said += piece.size())
        REQUIRE(client.say(piece));
    CHECK(client.answer().body.size() == size + 2);
    CHECK(stand.seen.bytes == size);
}

TEST_CASE("what arrives while the handler is busy is read as soon as it asks again") {
    // Without ticks nobody looks a second time.
    Stand stand(std::chrono::minutes(10));
    TlsClient client = stand.visit();
    REQUIRE(client.say(post("/pause", length(7)) + "one"));
    REQUIRE(stand.door.has_somebody());
    REQUIRE(client.say(" two"));
    // Another client's request is served after that: the worker has seen what came.
    CHECK(stand.visit().get("/hello").body == "hello");
    stand.door.open();
    CHECK(client.answer().body == "one< two>");
}

TEST_CASE("a request that arrives while a handler is busy with the one before is read when that is answered") {
    Stand stand(std::chrono::minutes(10));
    TlsClient client = stand.visit();
    REQUIRE(client.say(post("/wait", length(0))));
    REQUIRE(stand.door.has_somebody());
    REQUIRE(client.say("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(stand.visit().get("/hello").body == "hello");
    stand.door.open();
    CHECK(client.answer().body == "<>");
    CHECK(client.answer().body == "hello");
}

TEST_CASE("a client has no part in the time that the handler takes") {
    Stand stand(std::chrono::milliseconds(50));
    TlsClient client = stand.visit();
    REQUIRE(client.say(post("/pause", length(7)) + "one"));
    REQUIRE(stand.door.has_somebody());
    REQUIRE(stand.ticks_go_by(22));  // half seconds; ten seconds are forgiven to a client
    stand.door.open();
    REQUIRE(stand.ticks_go_by(2));
    REQUIRE(client.say(" two"));
    CHECK(client.answer().body == "one< two>");
}

TEST_CASE("a client that stops sending is told so when its time is over, and the handler before it") {
    Stand stand(std::chrono::milliseconds(2));
    TlsClient client = stand.visit();
    REQUIRE(client.say(post("/echo", length(7)) + "one"));
    const Answer answer = client.answer();
    CHECK(answer.status == 408);
    CHECK(answer.has("Connection: close"));
    CHECK(stand.seen.refused == 408);
    CHECK(client.wait_for_end() == End::goodbye);
}

TEST_CASE("who has sent much is cut off like anybody else when nothing comes any more") {
    Stand stand(std::chrono::milliseconds(20));
    TlsClient client = stand.visit();
    constexpr std::uint64_t much = 10'000'000;  // at the least rate that is enough for hours
    REQUIRE(client.say(post("/large", length(2 * much)) + std::string(much, 'x')));
    REQUIRE(tests::eventually([&] { return stand.seen.bytes == much; }));
    REQUIRE(tests::eventually([&] { return stand.seen.refused == 408; }));
    CHECK(client.answer().status == 408);
}

TEST_CASE("a body ends when the handler says, whether nothing comes any more or more and more") {
    const bool goes_on = GENERATE(true, false);
    Stand stand(std::chrono::milliseconds(50));
    // Enough at once that the least rate is met for hours.
    const std::string piece(1'000'000, 'x');
    TlsClient other = stand.visit();
    REQUIRE(other.say(post("/large", length(most)) + piece));
    TlsClient client = stand.visit();
    REQUIRE(client.say(post("/timed", length(most)) + piece));
    while (goes_on && stand.seen.refused == 0 && client.say(piece))
        continue;
    REQUIRE(tests::eventually([&] { return stand.seen.refused == 408; }));
    CHECK(stand.seen.refusals == 1);  // who has been silent for as long is not cut off yet
    if (!goes_on) CHECK(client.answer().body.find("key_late") != std::string::npos);
}

TEST_CASE("a body whose end was taken back comes as any other") {
    Stand stand(std::chrono::milliseconds(20));
    TlsClient client = stand.visit();
    REQUIRE(client.say(post("/freed", length(1'000'003)) + std::string(1'000'000, 'x')));
    REQUIRE(tests::eventually([&] { return stand.seen.bytes == 1'000'000; }));
    REQUIRE(stand.ticks_go_by(6));  // half seconds
    CHECK(client.ask("end").status == 200);
}

TEST_CASE("a handler is told when its client goes away in the middle of a body") {
    Stand stand;
    const bool says_goodbye = GENERATE(true, false);
    const bool after_some = GENERATE(true, false);
    {
        TlsClient client = stand.visit();
        REQUIRE(client.say(post("/large", length(1'000'000)) + (after_some ? std::string(70'000, 'x') : "")));
        if (after_some) REQUIRE(tests::eventually([&] { return stand.seen.bytes == 70'000; }));
        if (says_goodbye) REQUIRE(client.push(client.goodbye()));
        client.hang_up();
    }
    CHECK(tests::eventually([&] { return stand.seen.refused == 400; }));
    CHECK(stand.over_become(1));
}

TEST_CASE("a client that goes away right behind its last bytes is noticed too") {
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.get("/hello").status == 200);
    REQUIRE(client.say(post("/wait", chunked)));
    REQUIRE(stand.door.has_somebody());
    REQUIRE(client.say("5\r\n"));
    client.hang_up();
    CHECK(stand.visit().get("/hello").body == "hello");  // the worker was told of both
    stand.door.open();
    CHECK(tests::eventually([&] { return stand.seen.refused == 400; }));
}

TEST_CASE("a handler that is busy when its client goes away is told at its next question") {
    Stand stand;
    {
        TlsClient client = stand.visit();
        REQUIRE(client.say(post("/pause", length(7)) + "one"));
        REQUIRE(stand.door.has_somebody());
        client.hang_up();
    }
    stand.door.open();
    CHECK(tests::eventually([&] { return stand.seen.refused == 400; }));
    CHECK(stand.over_become(1));
}

TEST_CASE("a handler that waits for a body is told when the server ends, one that is busy when it asks") {
    const bool busy = GENERATE(true, false);
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.say(post(busy ? "/pause" : "/echo", length(7)) + "one"));
    if (busy) REQUIRE(stand.door.has_somebody());
    if (!busy) REQUIRE(tests::eventually([&] { return stand.seen.bytes == 3; }));
    stand.end();
    stand.door.open();
    CHECK(tests::eventually([&] { return stand.seen.refused == 503; }));
    CHECK(stand.over_become(1));
    CHECK(client.wait_for_end() != End::no_answer);
}

TEST_CASE(
    "the handler is told of a body that is too large: before it where its length is told, else where it becomes so") {
    Stand stand;
    TlsClient counted = stand.visit();
    const Answer told = counted.ask(post("/echo", expect + length(101)));
    CHECK(told.status == 413);
    CHECK(told.has("Connection: close"));
    CHECK(stand.seen.bytes == 0);
    TlsClient uncounted = stand.visit();
    CHECK(uncounted.ask(post("/echo", chunked) + "65\r\n" + std::string(101, 'x')).status == 413);
    CHECK(stand.visit().ask(post("/echo", length(100)) + std::string(100, 'x')).status == 200);
}

TEST_CASE("the handler is told of chunks that are none") {
    Stand stand;
    TlsClient client = stand.visit();
    const Answer answer = client.ask(post("/echo", chunked) + "3\r\none\r\nx\r\n");
    CHECK(answer.status == 400);
    CHECK(answer.body.find("bad_chunk") != std::string::npos);
    CHECK(client.wait_for_end() == End::goodbye);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("two hundred megabytes that pass through a handler are nowhere whole in memory") {
    const auto resident = [] {
        std::uint64_t total = 0;
        std::uint64_t pages = 0;
        std::ifstream("/proc/self/statm") >> total >> pages;
        return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    };
    Stand stand;
    TlsClient client = stand.visit();
    constexpr std::uint64_t size = 200UL << 20;
    const std::string piece(64UL * 1024, 'x');
    REQUIRE(client.say(post("/large", length(size))));
    for (int i = 0; i < 100; ++i)  // what the test itself needs, and every buffer that stays
        REQUIRE(client.say(piece));
    const bool all_seen =
        tests::eventually([&] { return stand.seen.refused != 0 || stand.seen.bytes == 100 * piece.size(); });
    REQUIRE(stand.seen.refused == 0);
    REQUIRE(all_seen);
    const std::uint64_t before = resident();
    std::uint64_t highest = before;
    for (std::uint64_t sent = 100 * piece.size(); sent < size; sent += piece.size()) {
        REQUIRE(client.say(piece));
        if (sent % (4UL << 20) == 0) highest = std::max(highest, resident());
    }
    CHECK(client.answer().body == "<>");
    CHECK(stand.seen.bytes == size);
    CHECK(stand.seen.largest_piece <= 64UL * 1024);
    INFO("grown by " << highest - before << " bytes");
    CHECK(highest - before < 1UL << 20);
}
#endif

}  // namespace session_body_test
