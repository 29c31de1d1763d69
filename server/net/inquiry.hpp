// One question to one DNS server: a c-ares channel on an event loop, with a socket and so a source port of its own,
// gone with this object. c-ares sends, repeats over TCP what came truncated, and reads the answer; which server is
// asked, how long and how often, is decided by net/name_servers. Questions share no channel, because c-ares 1.18 lets
// what befalls one question's socket befall all others', or none. Nothing of the machine's own settings reaches it. One
// executor only.
#pragma once

#include "base/result.hpp"
#include "server/net/endpoint.hpp"
#include "server/net/origin.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <ares.h>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace gatehouse::net {

/// What is asked for about a name.
enum class Record { a, aaaa };

/// What came back to one question.
struct Reply {
    enum class Kind {
        addresses,    ///< there are some
        no_data,      ///< the name exists, but has no address of that kind
        no_name,      ///< the name does not exist
        refused,      ///< the server does not answer us, or not this
        failed,       ///< the server could not find out
        garbled,      ///< the answer makes no sense
        unreachable,  ///< the question could not be sent
        silent,       ///< no answer
    };
    Kind kind = Kind::silent;
    std::vector<Address> addresses;
};

class Inquiry : public std::enable_shared_from_this<Inquiry> {
    struct Private {};

public:
    using Done = std::function<void(Reply)>;

    /// Asks `server` for `name`. `done` is called once, perhaps from inside this call, at the latest by the destructor
    /// (`silent`); it must neither throw nor destroy this object. Whoever asks decides when it has taken too long.
    /// Errors: unavailable/dns_unusable (no memory).
    [[nodiscard]] static base::Result<std::shared_ptr<Inquiry>> ask(const boost::asio::any_io_executor& executor,
                                                                    const Endpoint& server, const Origin& origin,
                                                                    const std::string& name, Record record, Done done);
    Inquiry(Private key, boost::asio::any_io_executor executor, Origin origin, Record record, Done done);
    Inquiry(const Inquiry&) = delete;
    Inquiry& operator=(const Inquiry&) = delete;
    ~Inquiry();

    /// Why the question could not leave by the origin; empty where it could.
    [[nodiscard]] const std::string& origin_trouble() const { return origin_trouble_; }

private:
    struct Watch;

    // What c-ares calls.
    static void answered(void* self, int status, int timeouts, unsigned char* bytes, int size) noexcept;
    static void socket_changed(void* self, ares_socket_t socket, int readable, int writable) noexcept;
    static int socket_made(ares_socket_t socket, int type, void* self) noexcept;

    [[nodiscard]] base::Result<void> open(const Endpoint& server);
    void arm(const std::shared_ptr<Watch>& watch);
    void ready(const std::shared_ptr<Watch>& watch, ares_socket_t readable, ares_socket_t writable);

    struct Destroy {
        void operator()(ares_channel channel) const noexcept { ares_destroy(channel); }
    };

    boost::asio::any_io_executor executor_;
    Origin origin_;
    Record record_;
    Done done_;
    std::string origin_trouble_;
    std::unordered_map<ares_socket_t, std::shared_ptr<Watch>> watches_;
    std::unique_ptr<ares_channeldata, Destroy> channel_;  // first to go: it closes its sockets
};

}  // namespace gatehouse::net
