// Whom the whole daemon's outbound calls believe: certstore's authorities on disk, changed on a thread of their own,
// and the snapshot that calls verify with, which is the new one as soon as a change has returned. Owned by the
// appliance; must go before the loops whose coroutines wait for it. Calls from any thread.
#pragma once

#include "base/files.hpp"
#include "base/shared.hpp"
#include "certstore/trust.hpp"
#include "server/net/pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::net {

/// The certificates that a server sent, its own first.
using PresentedChain = std::shared_ptr<const std::vector<certstore::CertificatePtr>>;

class Trust {
public:
    Trust(base::FileSystem& files, const std::filesystem::path& state_directory);

    /// Reads what is on disk; blocking, once, before all else. Errors: those of Authorities::load, and nobody is
    /// believed then.
    [[nodiscard]] base::Result<void> load();

    /// Called after each change, on the thread that made it. Before all calls.
    void tell(std::function<void()> changed) { tell_ = std::move(changed); }

    /// To be fetched anew for each call that goes out. Null where `load` failed.
    [[nodiscard]] certstore::TrustStorePtr current() const { return current_.load(); }

    /// Errors of all below: those of Authorities and of Pool::run.
    [[nodiscard]] boost::asio::awaitable<base::Result<certstore::Authorities::Added>> add(std::string pem);
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> remove(std::string fingerprint_sha256);
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> include_system_roots(bool included);

    /// How many authorities this machine itself has.
    [[nodiscard]] boost::asio::awaitable<base::Result<std::size_t>> count_system_roots();
    /// Whether a server that presents this is believed, whatever its name. The chain is not empty.
    [[nodiscard]] boost::asio::awaitable<base::Result<bool>> believes(PresentedChain chain);
    /// Whether it is believed by that snapshot to be `host`, a name or an address. As many may ask at a time as like:
    /// who shakes hands is counted elsewhere. Errors: those of certstore::verify_server.
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> verify(certstore::TrustStorePtr by, PresentedChain chain,
                                                                    std::string host);

private:
    static constexpr std::size_t most_waiting = 100;

    template <class Change>  // on the pool's thread
    auto changed(Change change) {
        auto done = change();
        current_.store(authorities_.current());
        if (done && tell_) tell_();
        return done;
    }

    certstore::Authorities authorities_;
    base::Shared<certstore::TrustStore> current_;
    std::function<void()> tell_;
    Pool thread_;  // destroyed first: it uses the others
};

}  // namespace gatehouse::net
