// The outbound HTTPS client (HTTP/1.1): from a request to an answer or to an Error that names the step at which it
// ended, the reason and what mends it. Names are resolved on the request's network and left by its origin; each address
// is judged before it is called and when it has answered; the server is verified against the trust store and its name;
// connections are used again. Redirects are never followed: a 3xx is an answer. Owned by the appliance; must go before
// the Networks and the Trust. Calls on its executor only, which runs one handler at a time; none of them
// blocks it: the system's authorities are read on Trust's thread.
#pragma once

#include "server/net/call_steps.hpp"
#include "server/net/https_request.hpp"
#include "server/net/kept_connections.hpp"
#include "server/net/networks.hpp"
#include "server/net/trust.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::net {

/// What came of a call, and how.
struct CallOutcome {
    CallSteps steps;
    base::Result<HttpsResponse> response;
};

class HttpsClient {
public:
    /// `policy` is asked about each address that a request without a policy of its own would go to. Errors are thrown,
    /// as in Worker.
    HttpsClient(boost::asio::any_io_executor executor, Networks& networks, Trust& trust,
                AddressPolicy policy = refuse_forbidden, const ConnectionLimits& limits = {});

    /// Who is believed is fetched anew by each call. What failed on a reused connection before a byte of an answer came
    /// is asked once more on a new one, where the request is repeatable. The client, the Networks and the Trust must
    /// last for as long as the call runs; one that is not run any more may be destroyed later, with its loop.
    /// Cancelling it ends it soon, by unavailable/cancelled or by the answer that was there, but for a look-up of a
    /// name, which takes up to its deadline (see Resolver::resolve). Errors: those of check(HttpsRequest);
    /// unavailable/busy (no place among the connections in time); those of reach; crypto/trust_unavailable; those of
    /// HttpsConnection::shake_hands, receive and certstore::verify_server; unavailable/send_timeout, answer_timeout,
    /// no_answer, answer_cut, answer_garbled, answer_too_large; those of the sink.
    [[nodiscard]] boost::asio::awaitable<base::Result<HttpsResponse>> call(HttpsRequest request);

    /// The same on a connection of its own, and tells each step, also where it fails: for Test Connection.
    [[nodiscard]] boost::asio::awaitable<CallOutcome> explain(HttpsRequest request);

    /// How many connections are kept for the next call; for tests.
    [[nodiscard]] std::size_t kept_connections() const { return kept_.kept(); }

private:
    struct Call;
    using ConnectionPtr = std::unique_ptr<HttpsConnection>;

    // All with a Call that outlives them.
    [[nodiscard]] boost::asio::awaitable<base::Result<HttpsResponse>> run(Call& call);
    [[nodiscard]] boost::asio::awaitable<base::Result<HttpsResponse>> attempt(Call& call);
    [[nodiscard]] boost::asio::awaitable<base::Result<ConnectionPtr>> open(Call& call);
    [[nodiscard]] boost::asio::awaitable<base::Result<HttpsResponse>> exchange(Call& call, HttpsConnection& connection);
    [[nodiscard]] boost::asio::awaitable<base::Result<HttpsResponse>> converse(Call& call, HttpsConnection& connection,
                                                                               ResponseReader& reader);
    [[nodiscard]] boost::asio::awaitable<base::Result<HttpsResponse>> use(Call& call, ConnectionPtr connection);

    const boost::asio::any_io_executor executor_;
    Networks& networks_;
    Trust& trust_;
    const AddressPolicy policy_;
    const certstore::SslContextPtr context_;
    KeptConnections kept_;
};

}  // namespace gatehouse::net
