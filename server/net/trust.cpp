#include "server/net/trust.hpp"

#include "certstore/anchors.hpp"
#include "certstore/verify.hpp"

#include <ctime>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using certstore::Authorities;

Trust::Trust(base::FileSystem& files, const std::filesystem::path& state_directory)
    : authorities_(files, state_directory), thread_(1, most_waiting) {}

base::Result<void> Trust::load() {
    auto loaded = authorities_.load();
    current_.store(authorities_.current());
    return loaded;
}

asio::awaitable<base::Result<Authorities::Added>> Trust::add(std::string pem) {
    auto work = [this, &pem] { return changed([&] { return authorities_.add(pem); }); };
    co_return co_await thread_.run(work);
}

asio::awaitable<base::Result<void>> Trust::remove(std::string fingerprint_sha256) {
    auto work = [this, &fingerprint_sha256] {
        return changed([&] { return authorities_.remove(fingerprint_sha256); });
    };
    co_return co_await thread_.run(work);
}

asio::awaitable<base::Result<void>> Trust::include_system_roots(bool included) {
    auto work = [this, included] { return changed([&] { return authorities_.include_system_roots(included); }); };
    co_return co_await thread_.run(work);
}

asio::awaitable<base::Result<std::size_t>> Trust::count_system_roots() {
    auto work = []() -> base::Result<std::size_t> { return certstore::count_known_anchors(); };
    co_return co_await thread_.run(work);
}

asio::awaitable<base::Result<bool>> Trust::believes(PresentedChain chain) {
    auto work = [this, &chain]() -> base::Result<bool> {
        const auto store = current_.load();
        return store && store->believes(*chain, std::time(nullptr));
    };
    co_return co_await thread_.run(work);
}

asio::awaitable<base::Result<void>> Trust::verify(certstore::TrustStorePtr by, PresentedChain chain, std::string host) {
    auto work = [&by, &chain, &host]() -> base::Result<void> {
        return certstore::verify_server(by->store(), *chain, host, std::time(nullptr));
    };
    co_return co_await thread_.run(work, Queueing::always);
}

}  // namespace gatehouse::net
