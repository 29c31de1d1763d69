#include "server/workers.hpp"

#include "base/advice.hpp"
#include "server/front.hpp"
#include "server/http/redirect.hpp"
#include "server/http/session.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <future>
#include <utility>

namespace gatehouse::server {

Workers::Workers(std::size_t count, const config::Limits& limits, base::Log& log)
    : log_(log),
      admission_({limits.connections, limits.connections_per_address}),
      ended_([this](const net::Address& peer) { admission_.leave(peer); }) {
    for (std::size_t i = 0; i < count; ++i) {
        auto& member = staff_.emplace_back(std::make_unique<Member>());
        for (const auto interface : config::interfaces) {
            http::Site& site = member->doors[interface].site;
            site.interface = interface;
            site.log = &log_;
        }
    }
}

Workers::~Workers() {
    drain(std::chrono::seconds(0));
}

void Workers::add_listener(Member& member, config::Interface interface, base::Descriptor socket) {
    member.accept_loops[interface].push_back(std::make_unique<net::AcceptLoop>(
        member.worker, admission_,
        interface == config::Interface::admin ? net::Admission::Door::reserved : net::Admission::Door::any, log_,
        std::move(socket), std::string(config::name(interface)),
        [this, &member, interface](int descriptor, const net::Address& peer) {
            http::Session::start(member.worker, member.doors[interface].site, descriptor, peer, ended_);
        }));
}

void Workers::listen(config::Interface interface, std::vector<base::Descriptor> sockets) {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        add_listener(*staff_[i % staff_.size()], interface, std::move(sockets[i]));
    }
}

base::Result<void> Workers::listen_shared(config::Interface interface, const base::Descriptor& socket) {
    for (auto& member : staff_) {
        base::Descriptor own(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
        if (!own) {
            return base::fail(
                base::ErrorKind::io, "socket_not_shared",
                "A socket passed by systemd could not be given to every worker: " + base::words_of(errno) + ".");
        }
        add_listener(*member, interface, std::move(own));
    }
    return {};
}

void Workers::listen_redirect(config::Interface interface, base::Descriptor socket) {
    Member& member = *staff_.front();
    member.accept_loops[interface].push_back(std::make_unique<net::AcceptLoop>(
        member.worker, admission_, net::Admission::Door::any, log_, std::move(socket),
        std::string(config::name(interface)) + " redirect",
        [this, &member, interface](int descriptor, const net::Address& peer) {
            http::start_redirect(member.worker, member.doors[interface].site, descriptor, peer, ended_);
        }));
}

void Workers::start() {
    running_ = true;
    for (std::size_t i = 0; i < staff_.size(); ++i)
        staff_[i]->worker.start("worker-" + std::to_string(i));
}

void Workers::open(config::Interface interface) {
    everywhere([&](Member& member, std::size_t) {
        for (auto& loop : member.accept_loops[interface])
            loop->start();
    });
}

void Workers::everywhere(const std::function<void(Member&, std::size_t)>& change) {
    constexpr std::chrono::milliseconds between_looks{20};
    const bool running = running_;
    std::vector<std::future<void>> arrived;
    for (std::size_t i = 0; i < staff_.size(); ++i) {
        Member& member = *staff_[i];
        if (!running) {
            change(member, i);
            continue;
        }
        auto promise = std::make_shared<std::promise<void>>();  // shared: set_value may outlast our waiting
        arrived.push_back(promise->get_future());
        member.worker.post([&change, &member, i, promise] {
            change(member, i);
            promise->set_value();
        });
    }
    // Each loop comes round in no time. One that does not is the watchdog's business; waiting is right: to say "active"
    // while a worker still serves the old certificate would be a lie. One that has ended while the server ends serves
    // nobody any more, and never comes round.
    for (std::size_t i = 0; i < arrived.size(); ++i) {
        while (arrived[i].wait_for(between_looks) != std::future_status::ready && !staff_[i]->worker.ended()) {
        }
    }
}

void Workers::activate(config::Interface interface, const certstore::SslContextPtr& context) {
    everywhere([&](Member& member, std::size_t) {
        member.doors[interface].site.context = context;
        member.worker.tell_rules_changed();
    });
}

void Workers::show(config::Interface interface, const std::shared_ptr<const std::string>& facts_page) {
    everywhere([&](Member& member, std::size_t) { member.doors[interface].page = facts_page; });
}

base::Result<void> Workers::configure(config::Interface interface, const DoorContent& content) {
    // One per worker, opened here because opening may block.
    std::vector<std::shared_ptr<http::Folder>> folders(staff_.size());
    base::Result<void> result;
    for (auto& folder : folders) {
        if (content.files.empty()) break;
        auto opened = http::Folder::open(content.files);
        if (!opened) {
            result = base::fail(opened.error());
            std::fill(folders.begin(), folders.end(), nullptr);
            break;
        }
        folder = std::move(*opened);
    }
    everywhere([&](Member& member, std::size_t index) {
        Place& own = member.doors[interface];
        own.site.limits = content.limits;
        own.site.authority = content.authority;
        own.site.hsts = content.hsts;
        // Routes that work are not given up for a folder that does not open.
        if (result || !own.site.router) {
            const DoorOffer& offer = content.offer;
            own.site.router =
                front_router(own.page, std::move(folders[index]),
                             offer.routes ? offer.routes() : std::vector<http::Route>{}, offer.gate, offer.dress);
        }
    });
    return result;
}

std::vector<const http::Traffic*> Workers::traffic(config::Interface interface) const {
    std::vector<const http::Traffic*> all;
    for (const auto& member : staff_)
        all.push_back(&member->doors[interface].site.traffic);
    return all;
}

void Workers::limit(const config::Limits& limits) {
    admission_.configure({limits.connections, limits.connections_per_address});
}

void Workers::drain(std::chrono::seconds patience) {
    if (!running_) return;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (auto& member : staff_) {
        member->worker.post([&member = *member] {
            for (const auto interface : config::interfaces) {
                for (auto& loop : member.accept_loops[interface])
                    loop->stop();
            }
            member.worker.drain();
        });
    }
    for (auto& member : staff_)
        member->worker.wait_until(deadline);
    for (auto& member : staff_) {
        member->worker.post([&worker = member->worker] { worker.abandon(); });
    }
    for (auto& member : staff_)
        member->worker.join();
    running_ = false;
}

std::vector<boost::asio::any_io_executor> Workers::loops() {
    std::vector<boost::asio::any_io_executor> loops;
    for (auto& member : staff_)
        loops.emplace_back(member->worker.io().get_executor());
    return loops;
}

}  // namespace gatehouse::server
