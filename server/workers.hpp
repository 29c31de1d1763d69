// All workers, each with a site per door and its listening sockets. What is given to "every worker" is posted to each
// and has arrived when the call returns. Owned by server/appliance; the calls are for its threads, the inside lives on
// the workers'.
#pragma once

#include "base/descriptor.hpp"
#include "base/log.hpp"
#include "certstore/openssl.hpp"
#include "config/settings.hpp"
#include "server/http/site.hpp"
#include "server/net/accept_loop.hpp"
#include "server/net/admission.hpp"
#include "server/net/worker.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::server {

/// What the rooms behind a door offer there.
struct DoorOffer {
    std::function<std::vector<http::Route>()> routes;  ///< called once per worker
    http::Gate gate;
    http::Dress dress;
};

/// What a door serves besides its certificate; the same for every worker.
struct DoorContent {
    config::Limits limits;
    std::filesystem::path files;  ///< empty: the facts page
    std::string authority;        ///< see http::Site
    std::string hsts;
    DoorOffer offer;
};

class Workers {
public:
    Workers(std::size_t count, const config::Limits& limits, base::Log& log);
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers();

    [[nodiscard]] std::size_t count() const { return staff_.size(); }

    /// TLS connections of `interface` from these sockets, one for each worker in turn.
    void listen(config::Interface interface, std::vector<base::Descriptor> sockets);
    /// One socket shared by all workers (passed by systemd).
    [[nodiscard]] base::Result<void> listen_shared(config::Interface interface, const base::Descriptor& socket);
    /// Plain-HTTP connections that are redirected to `interface`; the first worker serves them.
    void listen_redirect(config::Interface interface, base::Descriptor socket);

    /// Starts the threads. No door is open yet; connections to it wait in the sockets' queues.
    void start();
    /// Connections to `interface` are accepted from here on. It must have been given a context, a page and its content.
    void open(config::Interface interface);

    void activate(config::Interface interface, const certstore::SslContextPtr& context);
    void show(config::Interface interface, const std::shared_ptr<const std::string>& facts_page);
    /// Errors: a folder of files that cannot be opened (the others are in force then).
    [[nodiscard]] base::Result<void> configure(config::Interface interface, const DoorContent& content);
    void limit(const config::Limits& limits);

    /// Stops accepting, lets requests in flight finish within `patience`, ends the threads. A handler that waits for
    /// somebody is waited for in any case, so that somebody must be at work meanwhile, and may go on calling the above.
    void drain(std::chrono::seconds patience);

    [[nodiscard]] std::uint32_t connections() const { return admission_.connections(); }
    /// What went through a door at each worker; any thread.
    [[nodiscard]] std::vector<const http::Traffic*> traffic(config::Interface interface) const;
    [[nodiscard]] std::vector<boost::asio::any_io_executor> loops();

private:
    // One door at one worker.
    struct Place {
        http::Site site;
        std::shared_ptr<const std::string> page;
    };
    struct Member {
        net::Worker worker;
        config::PerInterface<Place> doors;
        config::PerInterface<std::vector<std::unique_ptr<net::AcceptLoop>>> accept_loops;
    };

    void add_listener(Member& member, config::Interface interface, base::Descriptor socket);
    // Runs `change` for each member on its own thread, or here while the threads do not run, and waits for all.
    void everywhere(const std::function<void(Member&, std::size_t index)>& change);

    base::Log& log_;
    net::Admission admission_;
    const std::function<void(const net::Address&)> ended_;
    std::vector<std::unique_ptr<Member>> staff_;
    std::atomic<bool> running_ = false;
};

}  // namespace gatehouse::server
