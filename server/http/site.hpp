// What one worker serves at one door: the TLS context for new connections, the limits and the routes. Owned by
// server/workers, one per door and worker; that worker's thread only, so replacing a member is all it takes to change
// it.
#pragma once

#include "base/log.hpp"
#include "certstore/openssl.hpp"
#include "config/settings.hpp"
#include "server/http/router.hpp"
#include "server/http/traffic.hpp"

#include <memory>
#include <string>

namespace gatehouse::http {

struct Site {
    config::Interface interface = config::Interface::clean;
    base::Log* log = nullptr;
    certstore::SslContextPtr context;  ///< set before the worker accepts its first connection
    config::Limits limits;
    std::shared_ptr<const Router> router;  ///< shared with requests that wait for a handler
    std::string authority;  ///< HOST or HOST:PORT under which this door is reached; where the plain port redirects to
    Traffic traffic;
    std::string hsts;  ///< value of Strict-Transport-Security; empty: not sent
};

}  // namespace gatehouse::http
