#include "server/credentials/awaitable_change.hpp"

#include "server/net/awaited.hpp"

#include <memory>
#include <utility>

namespace gatehouse::credentials {

boost::asio::awaitable<Changed> await_change(Credentials& credentials, config::Interface interface, Change change) {
    // Shared, because a std::function can be copied and a secret cannot.
    auto wish = std::make_shared<Change>(std::move(change));
    std::function<void(std::function<void(Changed)>)> begin = [&credentials, interface,
                                                               wish](const std::function<void(Changed)>& done) {
        credentials.change(interface, std::move(*wish), done);
    };
    co_return co_await net::awaited<Changed>(std::move(begin));
}

boost::asio::awaitable<base::Result<void>> await_settled(Credentials& credentials, config::Interface interface,
                                                         RequestChange wish) {
    auto asked = std::make_shared<RequestChange>(std::move(wish));
    std::function<void(std::function<void(base::Result<void>)>)> begin =
        [&credentials, interface, asked](const std::function<void(base::Result<void>)>& done) {
            credentials.settle(interface, std::move(*asked), done);
        };
    co_return co_await net::awaited<base::Result<void>>(std::move(begin));
}

}  // namespace gatehouse::credentials
