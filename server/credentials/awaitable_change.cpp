#include "server/credentials/awaitable_change.hpp"

#include "server/net/awaited.hpp"

#include <memory>
#include <utility>

namespace gatehouse::credentials {

boost::asio::awaitable<Changed> await_change(Credentials& credentials, config::Interface interface, Change change) {
    // Shared, because a std::function can be copied and a secret cannot.
    auto wish = std::make_shared<Change>(std::move(change));
    std::function<void(std::function<void(Changed)>)> begin = [&credentials, interface,
                                                               wish](std::function<void(Changed)> done) {
        credentials.change(interface, std::move(*wish), std::move(done));
    };
    co_return co_await net::awaited<Changed>(std::move(begin));
}

}  // namespace gatehouse::credentials
