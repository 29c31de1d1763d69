#include "server/net/https_client.hpp"
#include "tests/unit/net/https_calls.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace https_client_answers_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::HttpsRequest;

namespace {

// One server that answers each request by what it is told, and then closes the connection in that way.
enum class Then { wait, goodbye, cut };
struct Answering {
    explicit Answering(const std::string& answer, Then then = Then::wait)
        : peer({.chain = {&CloudKeys::get().server}}, [answer, then](Conversation& conversation) {
              while (!conversation.request().empty() && conversation.say(answer)) {
                  if (then == Then::wait) continue;
                  if (then == Then::goodbye) conversation.goodbye();
                  return;
              }
          }) {
        calling.believe(CloudKeys::get().authority);
    }
    TlsPeer peer;
    Calling calling;

    base::Result<net::HttpsResponse> get(const std::string& method = "GET") {
        HttpsRequest request = Calling::request(peer.port());
        request.method = method;
        request.most_body_bytes = 100000;
        return calling.call(std::move(request));
    }
    std::string body() {
        const auto response = get();
        return response ? response->body : response.error().code;
    }
};

}  // namespace

TEST_CASE("a body is read by its length, in chunks, or up to a clean end") {
    CHECK(Answering(ok("by length")).body() == "by length");
    Answering chunked(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nin \r\n6\r\nchunks\r\n0\r\nX: y\r\n\r\n");
    CHECK(chunked.body() == "in chunks");
    CHECK(chunked.body() == "in chunks");
    CHECK(chunked.peer.accepted() == 1);
    Answering to_end("HTTP/1.1 200 OK\r\n\r\nto the end", Then::goodbye);
    CHECK(to_end.body() == "to the end");
    CHECK(to_end.body() == "to the end");
    CHECK(to_end.peer.accepted() == 2);
}

TEST_CASE("a body that was cut is no answer, whoever cut it") {
    CHECK(Answering("HTTP/1.1 200 OK\r\n\r\nto the", Then::cut).body() == "answer_cut");
    CHECK(Answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nby len", Then::goodbye).body() == "answer_cut");
    CHECK(Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nin \r\n", Then::goodbye).body() ==
          "answer_cut");
    CHECK(Answering("HTTP/1.1 200 OK\r\nContent-", Then::goodbye).body() == "answer_cut");
    CHECK(Answering("", Then::goodbye).body() == "no_answer");
    CHECK(Answering("", Then::cut).body() == "no_answer");
}

TEST_CASE("answers without a body end with their head") {
    Answering none("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(none.get()->head.status == 204);
    CHECK(none.get()->head.status == 204);
    CHECK(none.peer.accepted() == 1);
    Answering head("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    const auto response = head.get("HEAD");
    REQUIRE(response);
    CHECK(response->head.field("content-length") == "1000000000");
    CHECK(head.get("HEAD")->body.empty());
    CHECK(head.peer.accepted() == 1);
    Answering unmodified("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
    CHECK(unmodified.get()->head.status == 304);
}

TEST_CASE("interim answers are passed over, but not without end, and nobody changes the protocol") {
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    CHECK(Answering(interim + ok("final")).body() == "final");
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "HTTP/1.1 100 Continue\r\n\r\n";
    CHECK(Answering(many).body() == "answer_garbled");
    CHECK(Answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").body() == "answer_garbled");
}

TEST_CASE("a redirect is an answer and is not followed") {
    Answering moved("HTTP/1.1 302 Found\r\nLocation: https://other.test/\r\nContent-Length: 0\r\n\r\n");
    const auto response = moved.get();
    REQUIRE(response);
    CHECK(response->head.status == 302);
    CHECK(response->head.field("Location") == "https://other.test/");
    CHECK(moved.peer.accepted() == 1);
}

TEST_CASE("an answer that is no HTTP/1.1 is told") {
    for (const std::string answer :
         {"220 mail.test ESMTP\r\n", "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2OO OK\r\n\r\n",
          "HTTP/1.1 200 OK\r\nno field\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 099 No\r\n\r\n",
          "HTTP/1.1 200 OK\nContent-Length: 0\n\n"}) {
        CAPTURE(answer);
        Answering garbled(answer, Then::goodbye);
        const auto response = garbled.get();
        REQUIRE_FALSE(response);
        CHECK(response.error().code == "answer_garbled");
        CHECK(response.error().message.starts_with("cloud.test (127.0.0.1:" + std::to_string(garbled.peer.port()) +
                                                   ") gave an answer that is no HTTP/1.1: "));
        CHECK(garbled.calling.client->kept_connections() == 0);
    }
}

TEST_CASE("an answer larger than it may be is given up") {
    CHECK(Answering("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n").body() == "answer_too_large");
    CHECK(Answering("HTTP/1.1 200 OK\r\n\r\n" + std::string(100001, 'x')).body() == "answer_too_large");
    CHECK(
        Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n" + std::string(100001, 'x')).body() ==
        "answer_too_large");
    CHECK(Answering(ok(std::string(100000, 'x'))).body() == std::string(100000, 'x'));
    CHECK(Answering("HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x')).body() == "answer_too_large");
    std::string fields;
    for (int i = 0; i < 150; ++i)
        fields += "X: " + std::string(1000, 'x') + "\r\n";
    CHECK(Answering("HTTP/1.1 200 OK\r\n" + fields).body() == "answer_too_large");
    std::string small;
    for (int i = 0; i < 300; ++i)
        small += "X: y\r\n";
    CHECK(Answering("HTTP/1.1 200 OK\r\n" + small + "\r\n").body() == "answer_too_large");
    CHECK(Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(70000, 'x')).body() ==
          "answer_too_large");
}

TEST_CASE("where the head decides an answer that breaks off behind it is an answer without a body") {
    const auto of = [](const std::string& answer) {
        Answering one(answer, Then::goodbye);
        HttpsRequest request = Calling::request(one.peer.port());
        request.most_body_bytes = 1000;
        request.head_decides = true;
        const net::CallOutcome outcome = one.calling.explain(std::move(request));
        CHECK(one.calling.client->kept_connections() == 0);
        if (!outcome.response) return outcome.response.error().code;
        CHECK(outcome.steps.step == net::CallStep::done);
        CHECK(outcome.steps.status == outcome.response->head.status);
        CHECK(outcome.response->body.empty());
        return std::to_string(outcome.response->head.status);
    };
    CHECK(of("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") == "200");
    CHECK(of("HTTP/1.1 200 OK\r\n\r\n" + std::string(100000, 'x')) == "200");
    CHECK(of("HTTP/1.1 503 Later\r\nContent-Length: 9\r\n\r\nby len") == "503");
    CHECK(of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") == "200");
    CHECK(of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") == "200");
    CHECK(of("HTTP/1.1 100 Continue\r\n\r\n") == "answer_cut");
    CHECK(of("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n") == "answer_cut");
    CHECK(of("HTTP/1.1 101 Switching Protocols\r\n\r\n") == "answer_garbled");
    CHECK(of("HTTP/1.1 002 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a") == "answer_garbled");
    CHECK(of("") == "no_answer");
}

TEST_CASE("a connection with bytes that nobody asked for is not used again") {
    Answering more(ok("one") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    CHECK(more.body() == "one");
    CHECK(more.body() == "one");
    CHECK(more.peer.accepted() == 2);
    Answering closing("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
    CHECK(closing.body() == "x");
    CHECK(closing.body() == "x");
    CHECK(closing.peer.accepted() == 2);
    Answering old("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx");
    CHECK(old.body() == "x");
    CHECK(old.calling.client->kept_connections() == 0);
}

TEST_CASE("a large body goes to its taker piece by piece, and the taker may end the call") {
    const std::string large(5000000, 'x');
    Answering answering_large(ok(large));
    std::size_t taken = 0;
    std::size_t largest = 0;
    int status = 0;
    HttpsRequest request = Calling::request(answering_large.peer.port());
    request.most_body_bytes = large.size();
    request.sink = [&](const net::ResponseHead& head, std::string piece) -> boost::asio::awaitable<base::Result<void>> {
        status = head.status;
        taken += piece.size();
        largest = std::max(largest, piece.size());
        co_return base::Result<void>();
    };
    const auto response = answering_large.calling.call(std::move(request));
    REQUIRE(response);
    CHECK(response->body.empty());
    CHECK(taken == large.size());
    CHECK(largest <= 65536);
    CHECK(status == 200);

    HttpsRequest refused = Calling::request(answering_large.peer.port());
    refused.most_body_bytes = large.size();
    refused.sink = [](const net::ResponseHead&, std::string) -> boost::asio::awaitable<base::Result<void>> {
        co_return base::fail(base::ErrorKind::io, "disk_full", "There is no room.");
    };
    CHECK(answering_large.calling.code(std::move(refused)) == "disk_full");
    CHECK(answering_large.calling.client->kept_connections() == 0);
}

TEST_CASE("a large request arrives whole") {
    std::size_t received = 0;
    TlsPeer peer({.chain = {&CloudKeys::get().server}}, [&](Conversation& conversation) {
        received = conversation.request().size();
        conversation.say(ok("thanks"));
    });
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    HttpsRequest request = Calling::request(peer.port());
    request.method = "POST";
    request.body.assign(3000000, 'x');
    CHECK(calling.words(std::move(request)) == "thanks");
    CHECK(received > 3000000);
}

TEST_CASE("an answer to a request that was not taken whole is an answer") {
    TlsPeer peer({.chain = {&CloudKeys::get().server}}, [](Conversation& conversation) {
        conversation.say("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
        conversation.goodbye();
        ::shutdown(SSL_get_fd(conversation.ssl()), SHUT_WR);
        conversation.wait();
    });
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    HttpsRequest request = Calling::request(peer.port());
    request.method = "POST";
    request.body.assign(3000000, 'x');
    const auto response = calling.call(std::move(request));
    INFO((response ? "" : response.error().text()));
    REQUIRE(response);
    CHECK(response->head.status == 413);
}

}  // namespace https_client_answers_test
