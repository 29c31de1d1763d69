#include "server/net/https_client.hpp"

#include "tests/unit/net/https_calls.hpp"
#include "tests/unit/net/wire.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>

namespace https_client_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::CallStep;
using net::HttpsRequest;

namespace pki = certstore::testing;

namespace {

TlsManner cloud() {
    return {.chain = {&CloudKeys::get().server}};
}

// Answers each request by how many came before, and writes them down.
std::unique_ptr<TlsPeer> counting_peer() {
    const auto itself = std::make_shared<TlsPeer*>(nullptr);
    const auto count = std::make_shared<std::atomic<int>>(0);
    auto peer = std::make_unique<TlsPeer>(cloud(), [itself, count](Conversation& conversation) {
        for (std::string asked; !(asked = conversation.request()).empty();) {
            (*itself)->note_request(asked);
            if (!conversation.say(ok(std::to_string(++*count)))) return;
        }
    });
    *itself = peer.get();
    return peer;
}

}  // namespace

TEST_CASE("a server of a private authority is refused until that authority is imported, then called by its name") {
    const auto peer = counting_peer();
    Calling calling;
    const auto refused = calling.call(Calling::request(peer->port()));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "untrusted_issuer");
    CHECK(refused.error().message ==
          "cloud.test is not trusted: the certificate CN=server was issued by CN=Private CA, which is not among the "
          "authorities that are believed here.");
    CHECK(
        refused.error().advice ==
        "Import the certificate of CN=Private CA on the page CA Certificates of the admin portal; if it is there, the "
        "server does not send what lies between.");
    CHECK(tests::eventually([&] { return peer->failures().size() == 1; }));
    CHECK(peer->failures().at(0).find("alert unknown ca") != std::string::npos);
    CHECK(peer->requests().empty());

    calling.believe(CloudKeys::get().authority);
    CHECK(calling.words(Calling::request(peer->port())) == "1");
    CHECK(peer->names().back() == "cloud.test");
    CHECK(peer->protocols().back() == "http/1.1");
}

TEST_CASE("a request arrives as it was made, credentials and all") {
    const auto peer = counting_peer();
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    HttpsRequest request = Calling::request(peer->port(), "/dispositions?full=1");
    request.method = "POST";
    request.fields = {{"Content-Type", "application/json"}, {"Idempotency-Key", "a-1"}};
    request.credentials = {"gate", base::Secret(std::string_view("s3cret"))};
    request.body = R"({"sha256":"ab"})";
    const auto response = calling.call(std::move(request));
    REQUIRE(response);
    CHECK(response->head.status == 200);
    CHECK(response->head.field("CONTENT-length") == "1");
    CHECK(peer->requests() == std::vector<std::string>{"POST /dispositions?full=1 HTTP/1.1\r\nHost: cloud.test:" +
                                                       std::to_string(peer->port()) +
                                                       "\r\nUser-Agent: Gatehouse\r\nContent-Type: application/json\r\n"
                                                       "Idempotency-Key: a-1\r\nContent-Length: 15\r\n"
                                                       "Authorization: Basic Z2F0ZTpzM2NyZXQ=\r\n\r\n"
                                                       R"({"sha256":"ab"})"});
}

TEST_CASE("a server is called by its address too, where its certificate names that, and is asked by no name") {
    const auto peer = counting_peer();
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.words(Calling::request(peer->port(), "/", "127.0.0.1")) == "1");
    CHECK(peer->names().back().empty());
}

TEST_CASE("an appliance's self-signed certificate is an anchor by itself, though it be no authority") {
    const pki::Made own = pki::make(server_wish("DNS:cloud.test"));
    TlsPeer peer({.chain = {&own}}, answering(ok("appliance")));
    Calling calling;
    const auto refused = calling.call(Calling::request(peer.port()));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "certificate_self_signed");
    CHECK(refused.error().advice.find(certstore::sha256_hex(own.certificate.get())) != std::string::npos);
    CHECK(refused.error().advice.find("CA Certificates") != std::string::npos);
    calling.believe(own);
    CHECK(calling.words(Calling::request(peer.port())) == "appliance");
    CHECK(calling.code(Calling::request(peer.port(), "/", "other.test")) == "certificate_name_mismatch");
    calling.believe_no_more(own);
    CHECK(calling.code(Calling::request(peer.port())) == "certificate_self_signed");
}

TEST_CASE("the next call goes over the same connection, as long as the same are believed") {
    const auto peer = counting_peer();
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.words(Calling::request(peer->port())) == "1");
    CHECK(calling.words(Calling::request(peer->port())) == "2");
    CHECK(peer->accepted() == 1);
    CHECK(calling.client->kept_connections() == 1);

    const pki::Made another = pki::make(authority_wish("Another"));
    calling.believe(another);
    CHECK(calling.words(Calling::request(peer->port())) == "3");
    CHECK(peer->accepted() == 2);
    CHECK(calling.client->kept_connections() == 1);
    calling.believe_no_more(CloudKeys::get().authority);
    CHECK(calling.code(Calling::request(peer->port())) == "untrusted_issuer");
    CHECK(calling.client->kept_connections() == 0);
    CHECK(tests::eventually([&] { return peer->listening().open() == 0; }));
    CHECK(peer->requests().size() == 3);
}

TEST_CASE("a connection is not used for another name, another network or after it was used last long ago") {
    const pki::Made both = pki::make(server_wish("DNS:cloud.test,DNS:other.test"), &CloudKeys::get().authority);
    TlsPeer peer({.chain = {&both}}, answering(ok("x")));
    net::ConnectionLimits limits;
    limits.unused = std::chrono::milliseconds(0);
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.code(Calling::request(peer.port())).empty());
    CHECK(calling.code(Calling::request(peer.port(), "/", "other.test")).empty());
    CHECK(peer.accepted() == 2);
    net::Networks::Settings settings;
    settings.dirty.servers = {calling.dns.endpoint()};
    settings.clean.servers = {calling.dns.endpoint()};
    calling.networks.choose(settings);
    HttpsRequest clean = Calling::request(peer.port());
    clean.network = config::Network::clean;
    CHECK(calling.code(std::move(clean)).empty());
    CHECK(peer.accepted() == 3);
    settings.dirty.origin.source = net::Address::parse("127.0.0.9").value();
    calling.networks.choose(settings);
    CHECK(calling.code(Calling::request(peer.port())).empty());
    CHECK(peer.accepted() == 4);

    Calling forgetting(limits);
    forgetting.believe(CloudKeys::get().authority);
    CHECK(forgetting.code(Calling::request(peer.port())).empty());
    forgetting.loop.run_until([&] { return peer.listening().open() < 5; });  // its time is over
    CHECK(forgetting.code(Calling::request(peer.port())).empty());
    CHECK(peer.accepted() == 6);
}

TEST_CASE("a connection that was made by a lenient policy is of no use to a strict one") {
    const auto peer = counting_peer();
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.words(Calling::request(peer->port())) == "1");
    HttpsRequest strict = Calling::request(peer->port());
    strict.policy = net::refuse_private;
    CHECK(calling.code(std::move(strict)) == "address_forbidden");
    CHECK(peer->requests().size() == 1);
}

TEST_CASE("a connection is not kept when it has become too old") {
    const auto peer = counting_peer();
    net::ConnectionLimits limits;
    limits.oldest = std::chrono::milliseconds(0);
    Calling calling(limits);
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.words(Calling::request(peer->port())) == "1");
    CHECK(calling.client->kept_connections() == 0);
}

TEST_CASE("what a server ended while it was kept is not used, and a request goes over a new connection") {
    // Says Connection: close only by closing.
    TlsPeer peer(cloud(), [](Conversation& conversation) {
        if (!conversation.request().empty()) conversation.say(ok("once"));
    });
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    for (std::size_t i = 1; i <= 3; ++i) {
        HttpsRequest request = Calling::request(peer.port());
        request.method = "POST";  // it must not be sent twice, and need not
        CHECK(calling.words(std::move(request)) == "once");
        CHECK(tests::eventually([&] { return peer.listening().open() == 0; }));
        CHECK(peer.accepted() == i);
    }
}

TEST_CASE("a request that a reused connection swallowed is sent once more, but only where it may arrive twice") {
    // Answers the first request of each connection and hangs up at the second.
    const auto swallowed = std::make_shared<std::atomic<int>>(0);
    TlsPeer peer(cloud(), [swallowed](Conversation& conversation) {
        if (conversation.request().empty() || !conversation.say(ok("first"))) return;
        if (!conversation.request().empty()) ++*swallowed;
    });
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    const auto post = [&](bool repeatable) {
        HttpsRequest request = Calling::request(peer.port());
        request.method = "POST";
        request.repeatable = repeatable;
        return calling.call(std::move(request));
    };
    CHECK(post(false));
    const auto lost = post(false);
    REQUIRE_FALSE(lost);
    CHECK(lost.error().code == "no_answer");
    CHECK(*swallowed == 1);
    CHECK(peer.accepted() == 1);
    CHECK(post(false));
    CHECK(post(true));
    CHECK(*swallowed == 2);
    CHECK(peer.accepted() == 3);
    CHECK(calling.words(Calling::request(peer.port())) == "first");
    CHECK(*swallowed == 3);
}

TEST_CASE("fifty calls at once are all answered, over as many connections as there may be and no more") {
    const auto peer = counting_peer();
    net::ConnectionLimits limits;
    limits.to_one_server = 7;
    Calling calling(limits);
    calling.believe(CloudKeys::get().authority);
    std::vector<int> answers;
    std::vector<std::string> failures;
    const auto one = [](net::HttpsClient& client, std::uint16_t port, std::vector<int>& done,
                        std::vector<std::string>& failed) -> boost::asio::awaitable<void> {
        HttpsRequest request = Calling::request(port);
        const auto response = co_await client.call(std::move(request));
        if (response) done.push_back(std::stoi(response->body));
        if (!response) failed.push_back(response.error().text());
    };
    for (int i = 0; i < 50; ++i)
        boost::asio::co_spawn(calling.loop.io, one(*calling.client, peer->port(), answers, failures),
                              boost::asio::detached);
    calling.loop.run_until([&] { return answers.size() + failures.size() == 50; });
    CHECK(failures == std::vector<std::string>{});
    std::sort(answers.begin(), answers.end());
    for (std::size_t i = 0; i < answers.size(); ++i)
        CHECK(answers[i] == static_cast<int>(i + 1));
    CHECK(peer->accepted() == 7);
    CHECK(calling.client->kept_connections() == 7);
}

TEST_CASE("connections to several servers are bounded in all, and the one unused longest makes room") {
    const auto first = counting_peer();
    const auto second = counting_peer();
    const auto third = counting_peer();
    net::ConnectionLimits limits;
    limits.in_all = 2;
    Calling calling(limits);
    calling.believe(CloudKeys::get().authority);
    for (const auto* peer : {&first, &second, &third})
        CHECK(calling.words(Calling::request((*peer)->port())) == "1");
    CHECK(calling.client->kept_connections() == 2);
    CHECK(tests::eventually([&] { return first->listening().open() == 0; }));
    CHECK(calling.words(Calling::request(second->port())) == "2");
    CHECK(second->accepted() == 1);
}

TEST_CASE("a call that finds no place among the connections in time says so") {
    TlsPeer peer(cloud(), [](Conversation& conversation) { conversation.wait(); });
    net::ConnectionLimits limits;
    limits.to_one_server = 1;
    Calling calling(limits);
    calling.believe(CloudKeys::get().authority);
    HttpsRequest stuck = Calling::request(peer.port());
    boost::asio::co_spawn(calling.loop.io, calling.client->call(std::move(stuck)),
                          [](std::exception_ptr, const base::Result<net::HttpsResponse>&) {});
    calling.loop.run_until([&] { return peer.accepted() == 1; });
    HttpsRequest late = Calling::request(peer.port());
    late.deadlines.whole = std::chrono::milliseconds(100);
    CHECK(calling.code(std::move(late)) == "busy");
}

TEST_CASE("each step of a call is told, with the chain and why it is believed") {
    const auto peer = counting_peer();
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.words(Calling::request(peer->port())) == "1");
    HttpsRequest request = Calling::request(peer->port());
    request.method = "OPTIONS";
    const net::CallOutcome outcome = calling.explain(std::move(request));
    REQUIRE(outcome.response);
    CHECK(peer->accepted() == 2);  // not over the kept one
    CHECK(outcome.steps.step == CallStep::done);
    REQUIRE(outcome.steps.resolved.size() == 1);
    CHECK(outcome.steps.resolved[0].text() == "127.0.0.1");
    CHECK(outcome.steps.connected->text() == "127.0.0.1:" + std::to_string(peer->port()));
    CHECK(outcome.steps.tls.version == "TLSv1.3");
    CHECK(outcome.steps.tls.cipher.starts_with("TLS_"));
    CHECK(outcome.steps.tls.trusted);
    REQUIRE(outcome.steps.tls.chain.size() == 1);
    CHECK(outcome.steps.tls.chain[0].issuer == "CN=Private CA");
    CHECK(outcome.steps.status == 200);
}

TEST_CASE("the steps of a call to a server that is not believed show what it presented, and why not") {
    const auto peer = counting_peer();
    Calling calling;
    const net::CallOutcome outcome = calling.explain(Calling::request(peer->port()));
    REQUIRE_FALSE(outcome.response);
    CHECK(outcome.steps.step == CallStep::tls);
    CHECK(outcome.steps.tls.version == "TLSv1.3");
    CHECK_FALSE(outcome.steps.tls.cipher.empty());
    CHECK(outcome.steps.tls.chain.size() == 1);
    CHECK_FALSE(outcome.steps.tls.trusted);
    REQUIRE(outcome.steps.tls.distrust);
    CHECK(outcome.steps.tls.distrust->code == "untrusted_issuer");
    CHECK(outcome.steps.status == 0);
}

TEST_CASE("a call that is cancelled ends soon, and is not begun again") {
    TlsPeer peer(cloud(), [](Conversation& conversation) {
        if (!conversation.request().empty()) conversation.say(ok("first"));
        conversation.wait();
    });
    Calling calling;
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.words(Calling::request(peer.port())) == "first");
    boost::asio::cancellation_signal signal;
    std::optional<base::Result<net::HttpsResponse>> outcome;
    auto ended = [&](std::exception_ptr, base::Result<net::HttpsResponse> response) { outcome = std::move(response); };
    boost::asio::co_spawn(calling.loop.io, calling.client->call(Calling::request(peer.port())),
                          boost::asio::bind_cancellation_slot(signal.slot(), std::move(ended)));
    calling.loop.run_until([&] { return calling.client->kept_connections() == 0; });
    signal.emit(boost::asio::cancellation_type::terminal);
    calling.loop.run_until([&] { return outcome.has_value(); });
    REQUIRE_FALSE(*outcome);
    CHECK(outcome->error().code == "cancelled");
    CHECK(peer.accepted() == 1);
}

TEST_CASE("a call may be given up by destroying its loop") {
    TlsPeer peer(cloud(), [](Conversation& conversation) { conversation.wait(); });
    auto calling = std::make_unique<Calling>();
    calling->believe(CloudKeys::get().authority);
    boost::asio::co_spawn(calling->loop.io, calling->client->call(Calling::request(peer.port())),
                          [](std::exception_ptr, const base::Result<net::HttpsResponse>&) {});
    calling->loop.run_until([&] { return !peer.names().empty(); });
    calling.reset();
}

TEST_CASE("calls whose loop runs no more may go after their client, while a name is looked up too") {
    TlsPeer peer(cloud(), [](Conversation& conversation) { conversation.wait(); });
    const UdpSocket silent;
    net::ConnectionLimits limits;
    limits.to_one_server = 1;
    auto calling = std::make_unique<Calling>(limits);
    calling->believe(CloudKeys::get().authority);
    const auto begin = [&](HttpsRequest request) {
        boost::asio::co_spawn(calling->loop.io, calling->client->call(std::move(request)),
                              [](std::exception_ptr, const base::Result<net::HttpsResponse>&) {});
    };
    for (int i = 0; i < 3; ++i)  // one has its place, two wait for it
        begin(Calling::request(peer.port()));
    calling->loop.run_until([&] { return !peer.names().empty(); });
    net::Networks::Settings settings;
    settings.clean.servers = {silent.endpoint()};
    calling->networks.choose(settings);
    HttpsRequest unresolved = Calling::request(peer.port(), "/", "elsewhere.test");
    unresolved.network = config::Network::clean;
    begin(std::move(unresolved));
    calling->loop.run_until([&] { return silent.received() > 0; });
    calling->client.reset();
    calling.reset();
}

}  // namespace https_client_test
