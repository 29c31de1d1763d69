#include "server/integrations/disposition_call.hpp"

#include "tests/unit/net/https_calls.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace disposition_call_test {

using namespace gatehouse;
using namespace gatehouse::integrations;
using namespace gatehouse::net::testing;
using Kind = Delivery::Kind;

namespace {

// A service that answers everything by the same, and then leaves or stays.
struct Service {
    enum class Then { stays, leaves };
    explicit Service(const std::string& answer, Then then = Then::stays)
        : peer({.chain = {&CloudKeys::get().server}}, [this, answer, then](net::testing::Conversation& conversation) {
              for (std::string asked = conversation.request(); !asked.empty(); asked = conversation.request()) {
                  peer.note_request(asked);
                  if (!conversation.say(answer) || then == Then::leaves) return;
              }
          }) {
        calling.believe(CloudKeys::get().authority);
    }
    TlsPeer peer;
    Calling calling;

    [[nodiscard]] DispositionService facts() const {
        DispositionService one;
        one.url = "https://cloud.test:" + std::to_string(peer.port()) + "/told?token=x";
        one.user_name = "gatehouse";
        one.password = std::make_shared<const base::Secret>(std::string_view("let me in"));
        return one;
    }
    Delivery told() {
        Disposition disposition;
        disposition.sha256 = "ab";
        disposition.idempotency_key = "key-1";
        const Deliver deliver = deliver_by(*calling.client);
        return calling.loop.await(deliver(facts(), disposition));
    }
    ConnectionTest tested() { return calling.loop.await(test_connection(*calling.client, facts())); }
};

std::string said(const std::string& head, const std::string& body = "") {
    return "HTTP/1.1 " + head + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a disposition is told by a POST of JSON with the key under which it may come again") {
    Service service(ok("{}"));
    const Delivery delivery = service.told();
    CHECK(delivery.kind == Kind::delivered);
    CHECK(delivery.code.empty());
    REQUIRE(service.peer.requests().size() == 1);
    const std::string request = service.peer.requests().front();
    INFO(request);
    CHECK(request.starts_with("POST /told?token=x HTTP/1.1\r\n"));
    for (const char* field : {"\r\nContent-Type: application/json\r\n", "\r\nIdempotency-Key: key-1\r\n",
                              "\r\nAuthorization: Basic Z2F0ZWhvdXNlOmxldCBtZSBpbg==\r\n", R"("sha256":"ab")"})
        CHECK(request.find(field) != std::string::npos);
}

TEST_CASE("the head of an answer decides, whatever becomes of its body") {
    const std::string large(100'000, 'x');
    const auto then = GENERATE(Service::Then::stays, Service::Then::leaves);
    for (const std::string& rest : {"Content-Length: 100000\r\n\r\n" + large, std::string("Content-Length: 9\r\n\r\n"),
                                    std::string("Content-Length: 9\r\n\r\nhalf"), "\r\n" + large,
                                    std::string("Transfer-Encoding: chunked\r\n\r\nnonsense\r\n")}) {
        CAPTURE(rest.substr(0, 40), then == Service::Then::leaves);
        // A body that neither comes nor ends would be waited for.
        if (then == Service::Then::stays && rest.size() < 60 && rest.find("nonsense") == std::string::npos) continue;
        Service taking("HTTP/1.1 200 OK\r\n" + rest, then);
        CHECK(taking.told().kind == Kind::delivered);
        CHECK(taking.calling.client->kept_connections() == 0);
        Service refusing("HTTP/1.1 401 No\r\n" + rest, then);
        CHECK(refusing.told().kind == Kind::refused);
        Service busy("HTTP/1.1 503 Later\r\nRetry-After: 77\r\n" + rest, then);
        const Delivery delivery = busy.told();
        CHECK(delivery.kind == Kind::away);
        CHECK(delivery.retry_after == std::chrono::seconds(77));
    }
}

TEST_CASE("a call that finds no place among others is not made, which is nobody's fault") {
    Service service(ok("{}"));
    net::ConnectionLimits limits;
    limits.in_all = limits.waiting = 0;
    service.calling.client =
        std::make_unique<net::HttpsClient>(service.calling.loop.io.get_executor(), service.calling.networks,
                                           service.calling.trust, loopback_allowed, limits);
    const Delivery delivery = service.told();
    CHECK(delivery.kind == Kind::unmade);
    CHECK(delivery.code == "busy");
    CHECK(service.peer.accepted() == 0);
}

TEST_CASE("a proxy is the way to services of its network, those of the other one are called straight") {
    Service service(ok("{}"));
    net::Networks::Settings settings;
    for (const auto network : config::networks)
        settings[network].servers = {service.calling.dns.endpoint()};
    service.calling.networks.choose(settings);
    config::PerNetwork<config::NetworkSettings> by_file;
    by_file.dirty.proxy = {"nobody.test", 3128};
    service.calling.networks.fix(by_file);
    DispositionService facts = service.facts();
    const auto tested = [&] { return service.calling.loop.await(test_connection(*service.calling.client, facts)); };
    const ConnectionTest through = tested();
    CHECK_FALSE(through.ok);
    const std::string words = through.steps.at(1).message;
    INFO(words);
    CHECK(words.find("The proxy nobody.test could not be asked") != std::string::npos);
    CHECK(words.find("networks") != std::string::npos);
    facts.network = config::Network::clean;
    CHECK(tested().ok);
}

TEST_CASE("what is no whole head is no answer") {
    const auto of = [](const std::string& answer) {
        Service service(answer, Service::Then::leaves);
        const Delivery delivery = service.told();
        return std::pair(delivery.kind, delivery.code);
    };
    CHECK(of("HTTP/1.1 200 OK\r\nContent-Le") == std::pair(Kind::away, std::string("answer_cut")));
    CHECK(of("") == std::pair(Kind::away, std::string("no_answer")));
    CHECK(of("220 mail.test ESMTP\r\n") == std::pair(Kind::again, std::string("answer_garbled")));
    CHECK(of(said("100 Continue")) == std::pair(Kind::away, std::string("answer_cut")));
    CHECK(of(said("101 Switching Protocols")) == std::pair(Kind::again, std::string("answer_garbled")));
}

TEST_CASE("a test of the connection says by what page a refusal is mended, and of what passes by itself by none") {
    const auto status_step = [](const std::string& answer) {
        Service service(answer, Service::Then::leaves);
        const ConnectionTest test = service.tested();
        REQUIRE(test.steps.size() == 5);
        CHECK(service.peer.requests().front().starts_with("OPTIONS "));
        return test.steps.back();
    };
    for (const char* status : {"401 No", "404 Not Found", "302 Found", "400 Bad"}) {
        CAPTURE(status);
        const TestStep step = status_step(said(std::string(status) + "\r\nContent-Length: 0"));
        CHECK(step.ok == false);
        CHECK(step.page == MendingPage::service);
    }
    for (const char* status : {"429 Slow", "503 Later", "500 Broken", "408 Late"}) {
        CAPTURE(status);
        const TestStep step = status_step(said(std::string(status) + "\r\nContent-Length: 0"));
        CHECK(step.ok == false);
        CHECK(step.page == MendingPage::none);
    }
    CHECK(status_step(said("200 OK\r\nContent-Length: 100000", std::string(100'000, 'x'))).ok == true);
    CHECK(status_step(said("405 No\r\nContent-Length: 9")).ok == true);
}

}  // namespace disposition_call_test
