#include "server/net/inquiry.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <span>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

// c-ares asks again by itself only where a connection broke; when a question has taken too long is decided above.
constexpr int never_ms = 3600 * 1000;
constexpr int tries = 3;
constexpr std::size_t most_addresses = 64;  // further ones are of no use to a caller that tries them in turn

// The addresses of an answer, by c-ares' reader of one kind of record.
template <class Entry, class Read, class BytesOf>
Reply read_addresses(Read read, BytesOf bytes_of, const unsigned char* bytes, int size) {
    std::array<Entry, most_addresses> entries{};
    int count = static_cast<int>(entries.size());
    const int status = read(bytes, size, nullptr, entries.data(), &count);
    if (status != ARES_SUCCESS && status != ARES_ENODATA) return {Reply::Kind::garbled, {}};
    Reply reply;
    if (status == ARES_SUCCESS) {
        for (const Entry& entry : std::span(entries).first(static_cast<std::size_t>(std::max(count, 0))))
            reply.addresses.push_back(Address::of(bytes_of(entry)));
    }
    reply.kind = reply.addresses.empty() ? Reply::Kind::no_data : Reply::Kind::addresses;
    return reply;
}

Reply read_answer(Record record, const unsigned char* bytes, int size) {
    if (record == Record::a) {
        const auto bytes_of = [](const ares_addrttl& entry) {
            return std::span(reinterpret_cast<const std::uint8_t*>(&entry.ipaddr), sizeof entry.ipaddr);
        };
        return read_addresses<ares_addrttl>(ares_parse_a_reply, bytes_of, bytes, size);
    }
    const auto bytes_of = [](const ares_addr6ttl& entry) {
        return std::span(reinterpret_cast<const std::uint8_t*>(&entry.ip6addr), sizeof entry.ip6addr);
    };
    return read_addresses<ares_addr6ttl>(ares_parse_aaaa_reply, bytes_of, bytes, size);
}

Reply::Kind kind_of(int status) {
    switch (status) {
        case ARES_ENODATA:
            return Reply::Kind::no_data;
        case ARES_ENOTFOUND:
            return Reply::Kind::no_name;
        case ARES_EREFUSED:
            return Reply::Kind::refused;
        case ARES_ECONNREFUSED:
            return Reply::Kind::unreachable;
        case ARES_ETIMEOUT:
        case ARES_ECANCELLED:
        case ARES_EDESTRUCTION:
            return Reply::Kind::silent;
        case ARES_EBADRESP:
        case ARES_EBADNAME:
            return Reply::Kind::garbled;
        default:  // SERVFAIL, NOTIMP, FORMERR; no memory
            return Reply::Kind::failed;
    }
}

base::Result<void> check(int status) {
    if (status == ARES_SUCCESS) return {};
    return base::fail(base::ErrorKind::unavailable, "dns_unusable",
                      std::string("Questions to DNS cannot be made: ") + ares_strerror(status) + ".");
}

}  // namespace

// A socket of c-ares' while it is waited for; the descriptor is lent.
struct Inquiry::Watch {
    explicit Watch(const asio::any_io_executor& executor) : descriptor(executor) {}
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { give_back(); }
    void give_back() {
        if (descriptor.is_open()) (void)descriptor.release();
    }

    stream_descriptor descriptor;
    bool want_read = false;
    bool want_write = false;
    bool reading = false;  // a wait is under way
    bool writing = false;
};

Inquiry::Inquiry(Private /*key*/, asio::any_io_executor executor, Origin origin, Record record, Done done)
    : executor_(std::move(executor)), origin_(std::move(origin)), record_(record), done_(std::move(done)) {}

Inquiry::~Inquiry() = default;

base::Result<std::shared_ptr<Inquiry>> Inquiry::ask(const asio::any_io_executor& executor, const Endpoint& server,
                                                    const Origin& origin, const std::string& name, Record record,
                                                    Done done) {
    auto made = std::make_shared<Inquiry>(Private{}, executor, origin, record, std::move(done));
    if (auto opened = made->open(server); !opened) return base::fail(std::move(opened.error()));
    const int type = record == Record::a ? 1 : 28;  // RFC 1035, 3.2.2; RFC 3596, 2.1
    constexpr int internet = 1;
    ares_query(made->channel_.get(), name.c_str(), internet, type, &Inquiry::answered, made.get());
    return made;
}

base::Result<void> Inquiry::open(const Endpoint& server) {
    // Everything is said, so that c-ares looks at no file and no variable for it.
    ares_options options{};
    std::array<char, 2> dns_only{"b"};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP;
    options.timeout = never_ms;
    options.tries = tries;
    options.ndots = 0;
    options.lookups = dns_only.data();
    options.sock_state_cb = &Inquiry::socket_changed;
    options.sock_state_cb_data = this;
    const int said = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_DOMAINS |
                     ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST | ARES_OPT_SERVERS | ARES_OPT_NOROTATE |
                     ARES_OPT_SOCK_STATE_CB;
    ares_channel channel = nullptr;
    if (auto made = check(ares_init_options(&channel, &options, said)); !made) return made;
    channel_.reset(channel);
    ares_set_socket_configure_callback(channel, &Inquiry::socket_made, this);

    ares_addr_port_node node{};
    const auto bytes = server.address.bytes();
    node.family = server.address.is_ipv4() ? AF_INET : AF_INET6;
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(&node.addr));
    node.udp_port = server.port;
    node.tcp_port = server.port;
    return check(ares_set_servers_ports(channel, &node));
}

void Inquiry::answered(void* self, int status, int /*timeouts*/, unsigned char* bytes, int size) noexcept {
    const auto& inquiry = *static_cast<Inquiry*>(self);
    inquiry.done_(status == ARES_SUCCESS ? read_answer(inquiry.record_, bytes, size) : Reply{kind_of(status), {}});
}

// Before a socket is connected. c-ares has calls for this too, but goes on where they fail: by another network.
int Inquiry::socket_made(ares_socket_t socket, int /*type*/, void* self) noexcept {
    auto& inquiry = *static_cast<Inquiry*>(self);
    const auto bound = bind_to(inquiry.origin_, socket);
    inquiry.origin_trouble_ = bound ? std::string() : bound.error().message;
    return bound ? 0 : -1;
}

void Inquiry::socket_changed(void* self, ares_socket_t socket, int readable, int writable) noexcept {
    auto& inquiry = *static_cast<Inquiry*>(self);
    auto& found = inquiry.watches_[socket];
    if (readable == 0 && writable == 0) {
        // c-ares is about to close it; a handler that is under way sees the closed descriptor, whatever gets its
        // number.
        if (found) found->give_back();
        inquiry.watches_.erase(socket);
        return;
    }
    if (!found) {
        found = std::make_shared<Watch>(inquiry.executor_);
        boost::system::error_code unwatched;  // then the question goes unanswered, which its owner is prepared for
        found->descriptor.assign(socket, unwatched);
    }
    found->want_read = readable != 0;
    found->want_write = writable != 0;
    inquiry.arm(found);
}

void Inquiry::arm(const std::shared_ptr<Watch>& watch) {
    if (!watch->descriptor.is_open()) return;
    if (watch->want_read && !watch->reading) {
        watch->reading = true;
        watch->descriptor.async_wait(stream_descriptor::wait_read,
                                     [weak = weak_from_this(), watch](const boost::system::error_code& error) {
                                         watch->reading = false;
                                         const auto self = weak.lock();
                                         if (!error && self && watch->descriptor.is_open())
                                             self->ready(watch, watch->descriptor.native_handle(), ARES_SOCKET_BAD);
                                     });
    }
    if (watch->want_write && !watch->writing) {
        watch->writing = true;
        watch->descriptor.async_wait(stream_descriptor::wait_write,
                                     [weak = weak_from_this(), watch](const boost::system::error_code& error) {
                                         watch->writing = false;
                                         const auto self = weak.lock();
                                         if (!error && self && watch->descriptor.is_open())
                                             self->ready(watch, ARES_SOCKET_BAD, watch->descriptor.native_handle());
                                     });
    }
}

void Inquiry::ready(const std::shared_ptr<Watch>& watch, ares_socket_t readable, ares_socket_t writable) {
    ares_process_fd(channel_.get(), readable, writable);
    arm(watch);
}

}  // namespace gatehouse::net
