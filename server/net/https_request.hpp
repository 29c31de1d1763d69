// What an outbound call asks for and what it takes back: values, and the bytes that a request is sent as. Pure; any
// thread.
#pragma once

#include "base/secret.hpp"
#include "config/settings.hpp"
#include "server/net/forbidden_address.hpp"
#include "server/net/response_reader.hpp"
#include "server/net/url.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::net {

/// User and password as HTTP's Basic scheme has them (RFC 7617).
struct BasicCredentials {
    std::string user;  ///< without a colon
    base::Secret password;
};

/// How long each step of a call may take, and all of them.
struct Deadlines {
    std::chrono::milliseconds resolving{10000};
    std::chrono::milliseconds connecting{10000};
    std::chrono::milliseconds proxy{10000};  ///< its answer to a CONNECT
    std::chrono::milliseconds tls{10000};
    std::chrono::milliseconds sending{30000};
    std::chrono::milliseconds head{30000};  ///< from the request to the end of the answer's head
    std::chrono::milliseconds body{30000};  ///< without a byte of it
    std::chrono::milliseconds whole{120000};
};

/// Takes an answer's body piece by piece, instead of the answer; the next piece is read when it has returned. Its Error
/// ends the call and is the call's.
using BodySink = std::function<boost::asio::awaitable<base::Result<void>>(const ResponseHead& head, std::string piece)>;

struct HttpsRequest {
    std::string method = "GET";
    Url url;
    std::vector<Field> fields;  ///< but for those that the client sets itself
    std::optional<BasicCredentials> credentials;
    std::string body;
    config::Network network = config::Network::dirty;
    AddressPolicy policy;  ///< empty: the client's
    /// It may arrive twice without harm. What GET, HEAD, OPTIONS, PUT, DELETE and TRACE ask for may so in any case.
    bool repeatable = false;
    std::uint64_t most_body_bytes = std::uint64_t{1024} * 1024;  ///< of the answer
    BodySink sink;                                               ///< empty: the body comes with the answer
    /// The body is nobody's concern: where the answer breaks off behind its head, or is larger than it may be, the head
    /// is the answer.
    bool head_decides = false;
    Deadlines deadlines;
};

struct HttpsResponse {
    ResponseHead head;
    std::string body;  ///< empty where there was a sink, or where the head decides
};

/// What is wrong with a request before anybody is called. Errors: input/request_invalid: a method or field name that is
/// no token, a value with line breaks or other control characters, a field that is the client's own (Host, User-Agent,
/// Content-Length and those of the connection), Authorization beside credentials, a user with a colon.
[[nodiscard]] base::Result<void> check(const HttpsRequest& request);

/// Whether it may be sent again though the first time may have arrived (RFC 9110, 9.2.2).
[[nodiscard]] bool is_repeatable(const HttpsRequest& request);

/// The bytes of a sound request, credentials included.
[[nodiscard]] base::Secret bytes_of(const HttpsRequest& request);

}  // namespace gatehouse::net
