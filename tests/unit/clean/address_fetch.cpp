#include "server/clean/address_fetch.hpp"

#include "tests/unit/net/https_calls.hpp"
#include "tests/unit/samples/store_box.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace address_fetch_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;

namespace {

std::string redirect(const std::string& location, int status = 302) {
    return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location +
           "\r\nContent-Length: 3\r\n\r\nno!";
}

// A server that answers each path by what the test says, and a store that fetched files go to.
struct Fetching {
    explicit Fetching(std::function<std::string(const std::string& request)> answer)
        : peer({.chain = {&CloudKeys::get().server}}, [this, answer = std::move(answer)](Conversation& conversation) {
              for (std::string asked = conversation.request(); !asked.empty(); asked = conversation.request()) {
                  peer.note_request(asked);
                  if (!conversation.say(answer(asked))) return;
              }
          }) {
        calling.believe(CloudKeys::get().authority);
    }
    explicit Fetching(const std::string& answer) : Fetching([answer](const std::string&) { return answer; }) {}

    TlsPeer peer;
    tests::StoreBox box;
    std::unique_ptr<samples::SampleStore> store = box.open();
    tests::CapturedErrors errors;
    base::Log log;
    Calling calling;
    net::Pool pool{2, 100};
    clean::FetchLimits limits{.bytes = 1'000'000, .policy = loopback_allowed};

    // The checksum of what was fetched, or the refusal.
    std::string fetch(const std::string& target = "/file.bin") {
        const clean::FetchPlace place{*calling.client, *store, pool, log};
        auto held = calling.loop.await(clean::fetch_content(place, {"cloud.test", peer.port(), target}, limits));
        if (!held) return std::to_string(held.error().status) + " " + held.error().code + ": " + held.error().detail;
        return held->content.sha256;
    }
    [[nodiscard]] bool left_nothing() const { return box.listing().empty(); }
};

bool says(const std::string& text, const std::string& part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what an address answers is stored byte for byte", "[address_fetch]") {
    const std::string large(700'000, 'x');
    for (const std::string& body : {std::string("a small file"), large}) {
        Fetching one(ok(body));
        const std::string sha256 = one.fetch();
        REQUIRE(sha256.size() == 64);
        CHECK(tests::read_all(*one.store, sha256) == body.substr(0, 1000));
        CHECK(one.store->used_bytes() == body.size());
        REQUIRE(one.peer.requests().size() == 1);
        CHECK(one.peer.requests().front().starts_with("GET /file.bin HTTP/1.1\r\n"));
        CHECK_FALSE(says(one.peer.requests().front(), "Authorization"));
        CHECK(says(one.peer.requests().front(), "User-Agent: Gatehouse\r\n"));
        CHECK(one.peer.requests().front().find("User-Agent") == one.peer.requests().front().rfind("User-Agent"));
    }
}

TEST_CASE("redirects are followed to https alone, five of them at most", "[address_fetch]") {
    Fetching chain([](const std::string& request) {
        if (request.starts_with("GET /file.bin ")) return redirect("/other/../next?x=y", 301);
        return request.starts_with("GET /next?x=y ") ? redirect("last", 307) : ok("found at last");
    });
    CHECK(chain.fetch().size() == 64);
    CHECK(chain.peer.requests().size() == 3);

    Fetching circle(redirect("/file.bin"));
    CHECK(says(circle.fetch(), "422 url_failed: The address leads to others more than 5 times."));
    CHECK(circle.peer.requests().size() == 6);
    CHECK(circle.left_nothing());

    Fetching down(redirect("http://cloud.test/file.bin"));
    CHECK(says(down.fetch(), "https"));
    Fetching nowhere("HTTP/1.1 302 Elsewhere\r\nContent-Length: 0\r\n\r\n");
    CHECK(says(nowhere.fetch(), "422 url_failed"));
}

TEST_CASE("a redirect to a private or own address is not followed, whatever name it hides behind", "[address_fetch]") {
    for (const char* location : {"https://10.0.0.1/", "https://192.168.1.1/", "https://[::1]/",
                                 "https://169.254.169.254/", "https://[64:ff9b::a00:1]/", "https://100.64.0.1/"}) {
        CAPTURE(location);
        Fetching one(redirect(location));
        one.limits.policy = [](const net::Address& address) {
            return address == net::Address::parse("127.0.0.1") ? base::Result<void>() : net::refuse_private(address);
        };
        CHECK(one.fetch() == "422 url_failed: That address may not be fetched.");
        CHECK(one.left_nothing());
    }
    Fetching own(ok("never sent"));
    own.limits.policy = net::refuse_private;
    CHECK(own.fetch() == "422 url_failed: That address may not be fetched.");
    CHECK(own.peer.accepted() == 0);
}

TEST_CASE("who submits an address learns nothing of what is inside, which the log tells", "[address_fetch]") {
    Fetching one(ok("never sent"));
    const std::string server = one.calling.dns.endpoint().address.text();
    const auto fetched = [&](const std::string& host, std::uint16_t port) {
        const clean::FetchPlace place{*one.calling.client, *one.store, one.pool, one.log};
        auto held = one.calling.loop.await(clean::fetch_content(place, {host, port, "/?token=hidden"}, one.limits));
        REQUIRE_FALSE(held);
        CHECK_FALSE(says(held.error().detail, server));
        CHECK_FALSE(says(held.error().detail, "169.254"));
        return held.error().detail;
    };
    CHECK(fetched("link.test", 443) == "That address may not be fetched.");
    CHECK(fetched("nobody.test", 443) == "The name nobody.test could not be resolved.");
    one.calling.believe_no_more(CloudKeys::get().authority);
    const std::uint16_t port = one.peer.port();
    CHECK(fetched("cloud.test", port) ==
          "No TLS connection to cloud.test:" + std::to_string(port) + " could be trusted.");
    one.peer.listening().stop();
    CHECK(fetched("cloud.test", port) == "cloud.test:" + std::to_string(port) + " could not be connected to.");
    const std::string log = one.errors.text();
    CHECK(says(log, "sample.not_fetched"));
    CHECK(says(log, "169.254.1.1 is a link-local address"));
    CHECK(says(log, server));
    CHECK_FALSE(says(log, "hidden"));
}

TEST_CASE("what is too large, empty, no file or breaks off leaves nothing", "[address_fetch]") {
    Fetching large(ok(std::string(1'000'001, 'x')));
    CHECK(says(large.fetch(), "413 url_too_large"));
    CHECK(large.left_nothing());
    std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 20; ++i)
        chunks += "10000\r\n" + std::string(65'536, 'x') + "\r\n";
    Fetching endless(chunks + "0\r\n\r\n");
    CHECK(says(endless.fetch(), "413 url_too_large"));
    CHECK(endless.left_nothing());
    Fetching empty(ok(""));
    CHECK(says(empty.fetch(), "422 url_empty"));
    Fetching missing("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
    CHECK(says(missing.fetch(), "answers with status 404"));
    CHECK(missing.left_nothing());
    Fetching cut([](const std::string&) {
        return "HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\n" + std::string(300'000, 'x');
    });
    cut.limits.whole = std::chrono::seconds(1);
    CHECK(says(cut.fetch(), "422 url_failed"));
    CHECK(cut.left_nothing());
}

TEST_CASE("a server that is not believed is asked for nothing", "[address_fetch]") {
    Fetching one(ok("never sent"));
    one.calling.believe_no_more(CloudKeys::get().authority);
    CHECK(says(one.fetch(), "422 url_failed"));
    CHECK(one.peer.requests().empty());
}

TEST_CASE("a store without room is told as such", "[address_fetch]") {
    Fetching one(ok("some bytes"));
    one.store->set_limits({0, 5, 64});
    CHECK(says(one.fetch(), "507 quota_reached"));
    CHECK(one.left_nothing());
}

TEST_CASE("a fetched file is called as its path ends, else as its host", "[address_fetch]") {
    CHECK(clean::file_name_of({"cloud.test", 443, "/a/b.exe?c=/d"}) == "b.exe");
    CHECK(clean::file_name_of({"cloud.test", 443, "/a/na%C3%AFve%20b"}) == "naïve b");
    CHECK(clean::file_name_of({"cloud.test", 443, "/a/..%2F..%2Fb"}) == "b");
    CHECK(clean::file_name_of({"cloud.test", 443, "/"}) == "cloud.test");
    CHECK(clean::file_name_of({"cloud.test", 443, "/a/?x"}) == "cloud.test");
}

}  // namespace address_fetch_test
