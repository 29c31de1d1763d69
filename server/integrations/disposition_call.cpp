#include "server/integrations/disposition_call.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "server/integrations/delivery_rules.hpp"
#include "server/integrations/disposition_body.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <utility>

namespace gatehouse::integrations {

namespace {

namespace asio = boost::asio;

// An answer of no use to us, which a service may send all the same.
constexpr std::uint64_t most_answer_bytes = 64UL * 1024;

base::Result<net::HttpsRequest> request_to(const DispositionService& service) {
    auto url = net::parse_https_url(service.url);
    if (!url) return base::fail(url.error());
    net::HttpsRequest request;
    request.url = std::move(*url);
    request.network = service.network;
    request.most_body_bytes = most_answer_bytes;
    request.head_decides = true;
    request.credentials =
        net::BasicCredentials{service.user_name, service.password ? service.password->clone() : base::Secret()};
    return request;
}

Delivery no_answer(const base::Error& error) {
    Delivery delivery;
    // What came was no answer that could be read: another one may fare better.
    const bool garbled = error.code == "answer_garbled" || error.code == "answer_too_large";
    delivery.kind = garbled ? Delivery::Kind::again : Delivery::Kind::away;
    if (error.code == "busy") delivery.kind = Delivery::Kind::unmade;
    delivery.code = error.code;
    delivery.message = error.text();
    return delivery;
}

asio::awaitable<Delivery> deliver(net::HttpsClient& client, DispositionService service, Disposition disposition) {
    auto request = request_to(service);
    if (!request) co_return no_answer(request.error());
    request->method = "POST";
    request->repeatable = true;  // the key tells the service that it has it already
    request->fields = {{"Content-Type", "application/json"}, {"Idempotency-Key", disposition.idempotency_key}};
    request->body = disposition_body(disposition);
    auto calling = client.call(std::move(*request));
    const auto response = co_await std::move(calling);
    if (!response) co_return no_answer(response.error());
    const net::ResponseHead& head = response->head;
    co_return delivery_of(static_cast<unsigned>(head.status), head.field("Retry-After"), std::time(nullptr));
}

// ---- the test

bool begins_with(const std::string& code, std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return code.starts_with(prefix); });
}

MendingPage page_for(const base::Error& error) {
    if (begins_with(error.code, {"dns_", "no_name_server"})) return MendingPage::network;
    if (begins_with(error.code, {"name_", "url_", "address_forbidden", "certificate_name_mismatch"}))
        return MendingPage::service;
    if (begins_with(error.code, {"untrusted_issuer", "certificate_self_signed", "issuer_", "trust_"}))
        return MendingPage::authorities;
    return MendingPage::none;
}

TestStep failed_step(std::string_view step, const base::Error& error) {
    return {step, false, error.text(), page_for(error)};
}

std::string listed(const std::vector<net::Address>& addresses) {
    std::vector<std::string> texts;
    texts.reserve(addresses.size());
    for (const net::Address& address : addresses)
        texts.push_back(address.text());
    return base::joined(texts, ", ");
}

// What a stranger sends is bounded only by what a handshake may hold.
std::vector<certstore::CertificateFacts> shown_chain(std::vector<certstore::CertificateFacts> chain) {
    constexpr std::size_t most_shown = 10;
    constexpr std::size_t most_bytes = 200;
    if (chain.size() > most_shown) chain.resize(most_shown);
    for (certstore::CertificateFacts& certificate : chain) {
        certificate.subject = base::shortened(certificate.subject, most_bytes);
        certificate.issuer = base::shortened(certificate.issuer, most_bytes);
    }
    return chain;
}

// What the call did before it ended with `error`, or all.
TestStep resolved_step(const net::CallSteps& steps, const std::string& host) {
    return {"resolve", true, host + " is " + listed(steps.resolved) + "."};
}

TestStep connected_step(const net::CallSteps& steps) {
    const std::string through = steps.proxy ? ", through the proxy " + steps.proxy->text() : "";
    return {"connect", true, steps.connected->text() + " takes the connection" + through + "."};
}

TestStep status_step(int status) {
    constexpr int method_not_allowed = 405;
    constexpr int not_implemented = 501;
    const std::string said = "OPTIONS was answered with status " + std::to_string(status) + ".";
    if (status == method_not_allowed || status == not_implemented)
        return {"status", true, said + " The service is there; it takes other requests than a test."};
    const Delivery delivery = delivery_of(static_cast<unsigned>(status), std::nullopt, 0);
    if (delivery.kind == Delivery::Kind::delivered) return {"status", true, said};
    // What is only too busy or broken is mended over there.
    const bool by_edit = delivery.kind == Delivery::Kind::refused;
    return {"status", false, delivery.message, by_edit ? MendingPage::service : MendingPage::none};
}

}  // namespace

Deliver deliver_by(net::HttpsClient& client) {
    return [&client](DispositionService service, Disposition disposition) {
        return deliver(client, std::move(service), std::move(disposition));
    };
}

ConnectionTest explained(const net::CallOutcome& outcome, const std::string& host) {
    const net::CallSteps& steps = outcome.steps;
    ConnectionTest test;
    test.chain = shown_chain(steps.tls.chain);
    const base::Error* const error = outcome.response ? nullptr : &outcome.response.error();
    // The step that failed; those behind it were not reached.
    bool over = false;
    const auto add = [&](std::string_view name, bool reached, const auto& make) {
        TestStep step{name, std::nullopt, {}};
        if (!over && reached) step = make();
        if (!over && !reached && error != nullptr) step = failed_step(name, *error);
        over = over || step.ok != true;
        test.steps.push_back(std::move(step));
    };
    add("resolve", !steps.resolved.empty(), [&] { return resolved_step(steps, host); });
    add("connect", steps.connected.has_value(), [&] { return connected_step(steps); });
    add("tls", !steps.tls.version.empty(), [&] {
        return TestStep{"tls", true, steps.tls.version + ", " + steps.tls.cipher + "."};
    });
    add("trust", steps.tls.trusted || steps.tls.distrust, [&] {
        if (steps.tls.distrust) return failed_step("trust", *steps.tls.distrust);
        const std::string subject = test.chain.empty() ? std::string() : " " + test.chain.front().subject;
        return TestStep{"trust", true, "The certificate" + subject + " is trusted, and is for " + host + "."};
    });
    add("status", steps.status != 0, [&] { return status_step(steps.status); });
    test.ok = std::all_of(test.steps.begin(), test.steps.end(), [](const TestStep& one) { return one.ok == true; });
    return test;
}

asio::awaitable<ConnectionTest> test_connection(net::HttpsClient& client, DispositionService service) {
    auto request = request_to(service);
    if (!request) {
        const net::CallOutcome outcome{{}, base::fail(request.error())};
        co_return explained(outcome, service.url);
    }
    constexpr std::chrono::seconds longest{30};
    request->method = "OPTIONS";
    request->deadlines.whole = longest;
    const std::string host = request->url.host;
    auto explaining = client.explain(std::move(*request));
    const net::CallOutcome outcome = co_await std::move(explaining);
    co_return explained(outcome, host);
}

}  // namespace gatehouse::integrations
