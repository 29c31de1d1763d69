// How long a look-up in DNS waits for what. A plain value; any thread.
#pragma once

#include <chrono>

namespace gatehouse::net {

struct Patience {
    std::chrono::milliseconds first{2000};   ///< for each server, the first time
    std::chrono::milliseconds second{4000};  ///< once more for those that were silent
    std::chrono::milliseconds whole{10000};  ///< for a look-up in all
    /// For what else was asked once IPv4 addresses are known: some networks swallow questions for IPv6 ones.
    std::chrono::milliseconds other{500};
    std::chrono::milliseconds quiet{30000};  ///< how long a server that was silent is asked last
};

}  // namespace gatehouse::net
