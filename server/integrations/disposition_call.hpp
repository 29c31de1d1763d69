// Disposition updates as HTTPS calls: one that tells, and one that only tests whether it could. On the client's
// executor; the client outlives both.
#pragma once

#include "certstore/certificate.hpp"
#include "server/integrations/disposition.hpp"
#include "server/net/https_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::integrations {

/// POST with disposition_body and the Idempotency-Key. The head of the answer alone decides: what follows it, or
/// doesn't, is thrown away. No answer means that the service is away.
[[nodiscard]] Deliver deliver_by(net::HttpsClient& client);

/// Where a person goes to mend what a test found.
enum class MendingPage { none, authorities, network, service };

/// One step of a test; what was not reached has `ok` nullopt.
struct TestStep {
    std::string_view step;  ///< "resolve", "connect", "tls", "trust", "status"
    std::optional<bool> ok;
    std::string message;  ///< for people: what was seen, or what is wrong and what to do
    MendingPage page = MendingPage::none;
};

struct ConnectionTest {
    bool ok = false;
    std::vector<TestStep> steps;                     ///< all of them, in their order
    std::vector<certstore::CertificateFacts> chain;  ///< as the service presented it; names cut at 200 bytes
};

/// OPTIONS with the credentials, on a connection of its own.
[[nodiscard]] boost::asio::awaitable<ConnectionTest> test_connection(net::HttpsClient& client,
                                                                     DispositionService service);

/// The same as told step by step. Pure.
[[nodiscard]] ConnectionTest explained(const net::CallOutcome& outcome, const std::string& host);

}  // namespace gatehouse::integrations
