// What a disposition update service is told, who it is, and what came of telling it. Plain values; any thread.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "server/http/rfc3339.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gatehouse::integrations {

/// A service to tell. Another `version` is another state of the same one.
struct DispositionService {
    std::int64_t id = 0;
    std::int64_t version = 0;
    std::string url;  ///< https
    std::string user_name;
    std::shared_ptr<const base::Secret> password;  ///< null: it can't be had, and nothing is sent
    config::Network network = config::Network::dirty;
};

/// What one service is told of one sample.
struct Disposition {
    std::int64_t id = 0;
    std::string sample;  ///< its id
    std::string sha256;  ///< digests in lower-case hex
    std::string sha1;
    std::string md5;
    std::int64_t score = 0;  ///< 0 to 100
    http::Microseconds analyzed_at;
    std::string idempotency_key;  ///< the same with each attempt
    unsigned attempts = 0;        ///< before this one, that the service answered
};

/// What came of one call.
struct Delivery {
    enum class Kind {
        delivered,
        refused,  ///< trying again would change nothing: a person has to look
        again,    ///< this one came to nothing; the service is there
        away,     ///< the service is not there, or takes nothing at the moment
        unmade,   ///< the call was not even begun, for want of a place among others: it says nothing of anybody
    };
    Kind kind = Kind::delivered;
    std::string code = {};     ///< what failed: an Error's, or "status" of what answered; empty where it was delivered
    std::string message = {};  ///< for people; without secrets
    /// How long the service wants to be left alone; nullopt: it does not say.
    std::optional<std::chrono::seconds> retry_after = {};
};

/// Makes the call: an HTTPS POST, whose every step has a deadline, so that it always ends. On the queue's executor;
/// may be cancelled. It fails by its Delivery.
using Deliver = std::function<boost::asio::awaitable<Delivery>(DispositionService service, Disposition disposition)>;

}  // namespace gatehouse::integrations
