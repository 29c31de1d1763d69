#include "server/http/session.hpp"

#include "server/net/awaited.hpp"
#include "tests/unit/net/context.hpp"
#include "tests/unit/net/tls_client.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace session_test {

using namespace gatehouse;
using http::Access;
using http::Method;
using tests::Answer;
using tests::End;
using tests::TlsClient;

namespace {

using Tell = std::function<void(std::string)>;

http::Response text(std::string body) {
    http::Response response;
    response.body = std::move(body);
    return response;
}

// A stream that says what it is told to; the worker's thread only.
class Feed final : public http::Stream {
public:
    std::optional<std::string> take() override {
        if (text_.empty() && ended_) return std::nullopt;
        return std::exchange(text_, "");
    }
    void wake_by(std::function<void()> wake) override { wake_ = std::move(wake); }
    void say(const std::string& words) {
        text_ += words;
        wake_();
    }
    void end() {
        ended_ = true;
        wake_();
    }

private:
    std::string text_;
    bool ended_ = false;
    std::function<void()> wake_;
};

std::string large() {
    std::string pieces;
    for (int i = 0; i < 100'000; ++i)
        pieces += std::to_string(i) + ' ';
    return pieces;
}

// One worker with one site, on the worker's thread; and the answers that somebody waits for.
class Stand {
public:
    explicit Stand(const config::Limits& limits = {}) {
        site_.log = &log_;
        site_.context = tests::any_context();
        site_.limits = limits;
        site_.hsts = "max-age=60";
        site_.router = std::make_shared<const http::Router>(routes());
        worker_.start("test-worker");
    }
    Stand(const Stand&) = delete;
    Stand& operator=(const Stand&) = delete;
    ~Stand() {
        there([this] {
            worker_.drain();
            worker_.abandon();
        });
        while (answer_one("the end"))
            continue;
        worker_.join();
    }

    // Not waited for: what is asked of it from there on comes after it.
    void there(std::function<void()> task) { worker_.post(std::move(task)); }
    [[nodiscard]] TlsClient visit() {
        tests::Wire wire = tests::tcp_wire();
        there([this, socket = wire.server.release()] {
            http::Session::start(worker_, site_, socket, net::Address::parse("192.0.2.7").value(), over_);
        });
        TlsClient client(std::move(wire.client));
        REQUIRE(client.shake_hands());
        return client;
    }
    // Changes a limit, for what begins from now on.
    void limit(std::uint32_t config::Limits::*which, std::uint32_t value) {
        there([this, which, value] { site_.limits.*which = value; });
    }
    void say(const std::string& words) {
        there([this, words] { feed_.lock()->say(words); });
    }
    void end_stream() {
        there([this] { feed_.lock()->end(); });
    }
    [[nodiscard]] bool stream_is_gone() {
        return tests::eventually([this] { return feed_.expired(); });
    }
    void drain() {
        there([this] { worker_.drain(); });
    }
    // Waits until so many handlers wait for an answer.
    [[nodiscard]] bool waiting_become(std::size_t count) {
        return tests::eventually([&] {
            const std::lock_guard lock(mutex_);
            return waiting_.size() == count;
        });
    }
    // Answers the one that has waited for the longest time; from this thread. False: nobody waits.
    bool answer_one(const std::string& words) {
        Tell tell;
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.empty()) return false;
            tell = std::move(waiting_.front());
            waiting_.erase(waiting_.begin());
        }
        tell(words);
        return true;
    }
    [[nodiscard]] int over() const { return ended_; }
    [[nodiscard]] bool over_become(int count) {
        return tests::eventually([&] { return ended_ == count; });
    }
    [[nodiscard]] const http::Traffic& traffic() const { return site_.traffic; }
    [[nodiscard]] std::uint64_t requests(unsigned status) const {
        return site_.traffic.requests.at(status - http::Traffic::least_status).get();
    }
    [[nodiscard]] std::string logged() const { return errors_.text(); }

private:
    http::Later wait_for_answer(bool breaks) {
        const std::function<void(Tell)> begin = [this](Tell tell) {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(tell));
        };
        std::string words = co_await net::awaited<std::string>(begin);
        if (breaks) throw std::runtime_error(words);
        co_return text(std::move(words));
    }
    [[nodiscard]] std::vector<http::Route> routes() {
        std::vector<http::Route> routes;
        routes.push_back({Method::get, "/hello", Access::anyone, 0, [](const auto&) { return text("hello"); }});
        routes.push_back({Method::post, "/echo", Access::anyone, 100,
                          [](const http::Request& request) { return text("<" + std::string(request.body) + ">"); }});
        routes.push_back({Method::get, "/later", Access::anyone, 0,
                          http::LaterHandler([this](const http::Request&) { return wait_for_answer(false); })});
        routes.push_back({Method::get, "/broken-later", Access::anyone, 0,
                          http::LaterHandler([this](const http::Request&) { return wait_for_answer(true); })});
        routes.push_back({Method::get, "/broken", Access::anyone, 0,
                          [](const auto&) -> http::Response { throw std::runtime_error("a promise"); }});
        routes.push_back({Method::get, "/large", Access::anyone, 0, [](const auto&) { return text(large()); }});
        routes.push_back({Method::get, "/stream", Access::anyone, 0, [this](const auto&) {
                              const auto feed = std::make_shared<Feed>();
                              feed_ = feed;
                              http::Response response;
                              response.body = feed;
                              return response;
                          }});
        return routes;
    }

    tests::CapturedErrors errors_;
    base::Log log_;
    http::Site site_;
    std::weak_ptr<Feed> feed_;  // the last one; set on the worker's thread before its head is sent
    std::mutex mutex_;
    std::vector<Tell> waiting_;  // guarded by it
    std::atomic<int> ended_ = 0;
    const http::Session::Ended over_ = [this](const net::Address&) { ++ended_; };
    net::Worker worker_;
};

std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: box.example\r\n" + fields + "\r\n";
}

std::string hear_out(TlsClient& client) {
    std::string heard;
    for (std::string more = client.hear(); !more.empty(); more = client.hear())
        heard += more;
    return heard;
}

// Hears until this was said.
bool hears(TlsClient& client, const std::string& words) {
    std::string heard;  // the end of it, in which they may begin
    for (std::string more = client.hear(); !more.empty(); more = client.hear()) {
        heard += more;
        if (heard.find(words) != std::string::npos) return true;
        heard.erase(0, heard.size() - std::min(heard.size(), words.size()));
    }
    return false;
}

}  // namespace

TEST_CASE("a connection takes one request after the other until the client wants no more, and is counted") {
    Stand stand;
    TlsClient client = stand.visit();
    for (int i = 0; i < 3; ++i) {
        const Answer answer = client.get("/hello");
        CHECK(answer.status == 200);
        CHECK(answer.body == "hello");
        CHECK(answer.has("Strict-Transport-Security: max-age=60"));
        CHECK_FALSE(answer.has("Connection: close"));
    }
    CHECK(client.get("/nowhere").status == 404);
    CHECK(stand.traffic().connections.get() == 1);
    CHECK(stand.over() == 0);
    CHECK(client.ask(get("/hello", "Connection: close\r\n")).has("Connection: close"));
    CHECK(client.wait_for_end() == End::goodbye);
    client.hang_up();
    CHECK(stand.over_become(1));
    CHECK(stand.traffic().connections.get() == 0);
    CHECK(stand.requests(200) == 4);
    CHECK(stand.requests(404) == 1);
    CHECK(stand.traffic().handshakes.at(static_cast<std::size_t>(http::HandshakeEnd::tls_1_3)).get() == 1);
}

TEST_CASE("an HTTP/1.0 client's connection ends after its answer, unless it asks for more") {
    Stand stand;
    TlsClient client = stand.visit();
    const Answer kept = client.ask("GET /hello HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    CHECK(kept.status == 200);
    CHECK(kept.has("Connection: keep-alive"));
    CHECK(client.ask("GET /hello HTTP/1.0\r\nHost: a\r\n\r\n").has("Connection: close"));
    CHECK(client.wait_for_end() == End::goodbye);
}

TEST_CASE("requests that come at once are answered one after the other, also where one has to wait") {
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.say(get("/hello") + get("/later") +
                       "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none" + get("/nowhere")));
    CHECK(client.answer().body == "hello");
    REQUIRE(stand.waiting_become(1));
    stand.answer_one("it took a while");
    CHECK(client.answer().body == "it took a while");
    CHECK(client.answer().body == "<one>");
    CHECK(client.answer().status == 404);
}

TEST_CASE("more requests at once than have their turn in a row are all answered") {
    Stand stand;
    TlsClient client = stand.visit();
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += get("/hello");
    REQUIRE(client.say(all));
    for (int i = 0; i < 100; ++i)
        REQUIRE(client.answer().body == "hello");
}

TEST_CASE("a request that comes byte by byte is the same request") {
    Stand stand;
    TlsClient client = stand.visit();
    for (const char c : std::string("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                    "3\r\none\r\n4\r\n two\r\n0\r\n\r\n"))
        REQUIRE(client.say({&c, 1}));
    CHECK(client.answer().body == "<one two>");
}

TEST_CASE("while one client waits for another thread's answer others are served, and each gets its own") {
    Stand stand;
    TlsClient first = stand.visit();
    TlsClient second = stand.visit();
    REQUIRE(first.say(get("/later")));
    REQUIRE(stand.waiting_become(1));
    REQUIRE(second.say(get("/later")));
    REQUIRE(stand.waiting_become(2));
    CHECK(stand.visit().get("/hello").body == "hello");
    stand.answer_one("one");
    stand.answer_one("two");
    CHECK(second.answer().body == "two");
    CHECK(first.answer().body == "one");
    CHECK(first.get("/hello").body == "hello");
}

TEST_CASE("a client that goes away while its answer is waited for is let go when the answer is there") {
    Stand stand;
    {
        TlsClient client = stand.visit();
        REQUIRE(client.say(get("/later")));
        REQUIRE(stand.waiting_become(1));
    }
    CHECK(stand.visit().get("/hello").status == 200);
    CHECK(stand.over() <= 1);  // the visitor above, perhaps; never the one that is waited for
    CHECK(stand.answer_one("for nobody"));
    CHECK(stand.over_become(2));
}

TEST_CASE("a handler that breaks its promise, at once or later, is a 500 that tells nothing, and the log knows why") {
    Stand stand;
    TlsClient client = stand.visit();
    const Answer at_once = client.get("/broken");
    CHECK(at_once.status == 500);
    CHECK(at_once.body.find("a promise") == std::string::npos);
    REQUIRE(client.say(get("/broken-later")));
    REQUIRE(stand.waiting_become(1));
    stand.answer_one("another one");
    CHECK(client.answer().status == 500);
    CHECK(client.get("/hello").status == 200);
    const std::string logged = stand.logged();
    for (const std::string said : {"failed unexpectedly: a promise.", "(path=/broken)",
                                   "failed unexpectedly: another one.", "(path=/broken-later)"})
        CHECK(logged.find(said) != std::string::npos);
}

TEST_CASE("a body is asked for only where somebody wants it") {
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.say("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    CHECK(client.answer(true).status == 100);
    CHECK(client.ask("three").body == "<three>");
    const Answer unasked =
        client.ask("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    CHECK(unasked.status == 200);
    CHECK(unasked.has("Connection: close"));
    CHECK(client.wait_for_end() == End::goodbye);
}

TEST_CASE("a handler whose answer is waited for is called once, also where a body that it does not want is announced") {
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.say("GET /later HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    REQUIRE(stand.waiting_become(1));
    stand.answer_one("once");
    const Answer answer = client.answer();
    CHECK(answer.body == "once");
    CHECK(answer.has("Connection: close"));
    CHECK(client.wait_for_end() == End::goodbye);
    CHECK_FALSE(stand.answer_one("twice"));
}

TEST_CASE("a large text arrives whole, in pieces that are made as they are read") {
    Stand stand;
    TlsClient client = stand.visit();
    CHECK(client.get("/large").body == large());
    CHECK(client.get("/hello").body == "hello");
}

TEST_CASE("a body that nobody wants is passed over, and the next request is found behind it") {
    Stand stand;
    TlsClient client = stand.visit();
    CHECK(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /").body == "hello");
    CHECK(client.get("/nowhere").status == 404);
}

TEST_CASE("what is too large or no HTTP is refused, and ends the connection") {
    Stand stand;
    for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
             {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413},
             {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x'),
              413},
             {"EHLO box.example\r\n\r\n", 400},
             {get("/hello", "X: " + std::string(20'000, 'x') + "\r\n"), 431}}) {
        TlsClient client = stand.visit();
        const Answer answer = client.ask(request);
        CHECK(answer.status == status);
        CHECK(answer.has("Connection: close"));
        CHECK(client.wait_for_end() == End::goodbye);
    }
}

TEST_CASE("who says nothing is sent away, who does not finish its header is told so first") {
    config::Limits limits;
    limits.header_seconds = 0;
    Stand stand(limits);
    TlsClient slow = stand.visit();
    const Answer answer = slow.ask("GET /hel");
    CHECK(answer.status == 408);
    CHECK(slow.wait_for_end() == End::goodbye);
    stand.limit(&config::Limits::idle_seconds, 0);
    TlsClient idle = stand.visit();
    CHECK(hear_out(idle).empty());
    CHECK(idle.end() == End::goodbye);
}

TEST_CASE("a stream is sent as it is said, and its end is the connection's") {
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.say(get("/stream") + get("/hello")));
    const Answer head = client.answer(true);
    CHECK(head.status == 200);
    CHECK(head.has("Connection: close"));
    CHECK(head.head.find("Content-Length") == std::string::npos);
    for (const std::string words : {"one", "two"}) {
        stand.say(words);
        CHECK(client.hear() == words);
    }
    stand.say("three");
    stand.end_stream();
    CHECK(hear_out(client) == "three");
    CHECK(client.end() == End::goodbye);
    CHECK(stand.stream_is_gone());
}

TEST_CASE("a stream goes with its client, and at the latest when the worker drains") {
    Stand stand;
    TlsClient leaving = stand.visit();
    REQUIRE(leaving.say(get("/stream")));
    CHECK(leaving.answer(true).status == 200);
    leaving.hang_up();
    CHECK(stand.stream_is_gone());
    CHECK(stand.over_become(1));
    TlsClient staying = stand.visit();
    REQUIRE(staying.say(get("/stream")));
    CHECK(staying.answer(true).status == 200);
    stand.drain();
    CHECK(staying.wait_for_end() != End::no_answer);
    CHECK(stand.stream_is_gone());
}

TEST_CASE("while the worker drains a first request is answered, and connections that had theirs end") {
    Stand stand;
    TlsClient kept = stand.visit();
    REQUIRE(kept.say(get("/hello")));
    CHECK(kept.answer().status == 200);
    TlsClient fresh = stand.visit();
    stand.drain();
    CHECK(kept.wait_for_end() == End::goodbye);
    REQUIRE(fresh.say(get("/hello")));
    const Answer answer = fresh.answer();
    CHECK(answer.status == 200);
    CHECK(answer.has("Connection: close"));
    CHECK(fresh.wait_for_end() == End::goodbye);
    TlsClient silent = stand.visit();
    CHECK(silent.wait_for_end() == End::goodbye);
}

TEST_CASE("a large piece of a stream arrives whole, and a client that stops reading one is cut off") {
    const std::string large(24'000'000, 'x');
    const bool reads = GENERATE(true, false);
    Stand stand;
    TlsClient client = stand.visit();
    REQUIRE(client.say(get("/stream")));
    CHECK(client.answer(true).status == 200);
    if (!reads) stand.limit(&config::Limits::idle_seconds, 0);
    stand.say(large + "the end");
    if (reads) {
        CHECK(hears(client, "the end"));
        stand.say("more");
        CHECK(client.hear() == "more");
    } else {
        CHECK(stand.over_become(1));
        CHECK(stand.stream_is_gone());
        CHECK(hear_out(client).size() < large.size());
    }
}

}  // namespace session_test
