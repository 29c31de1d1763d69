#include "server/net/resolver.hpp"

#include "server/net/host_name.hpp"
#include "server/net/name_servers.hpp"
#include "server/net/turnstile.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using base::ErrorKind;
using Addresses = std::vector<Address>;
using Time = std::chrono::steady_clock::time_point;

namespace {

constexpr std::size_t look_ups_at_once = 32;  // two questions each: what a socket's buffer takes without loss
constexpr std::size_t look_ups_waiting = 4096;

bool wanted(const Address& address, Families families) {
    if (families == Families::ipv4_only) return address.is_ipv4();
    if (families == Families::ipv6_only) return !address.is_ipv4();
    return true;
}

Addresses arranged(Addresses addresses, Families families) {
    std::erase_if(addresses, [&](const Address& address) { return !wanted(address, families); });
    const bool ipv4_first = families != Families::ipv6_first;
    std::stable_partition(addresses.begin(), addresses.end(),
                          [&](const Address& address) { return address.is_ipv4() == ipv4_first; });
    return addresses;
}

std::vector<Record> records_of(Families families) {
    if (families == Families::ipv4_only) return {Record::a};
    if (families == Families::ipv6_only) return {Record::aaaa};
    return {Record::a, Record::aaaa};
}

tl::unexpected<base::Error> without_address(const std::string& name, Families families) {
    const char* lack = families == Families::ipv4_only   ? " has no IPv4 address."
                       : families == Families::ipv6_only ? " has no IPv6 address."
                                                         : " has no address.";
    return base::fail(ErrorKind::not_found, "name_without_address", name + lack);
}

// What a server did instead of helping, as a predicate, and the code where it weighs most.
struct Complaint {
    const char* predicate;
    const char* code;
};
Complaint complaint_about(Reply::Kind kind) {
    switch (kind) {
        case Reply::Kind::refused:
            return {"refused to answer", "dns_refused"};
        case Reply::Kind::failed:
            return {"could not find out", "dns_failed"};
        case Reply::Kind::garbled:
            return {"answered nonsense", "dns_failed"};
        case Reply::Kind::unreachable:
            return {"could not be reached", "dns_unreachable"};
        default:
            return {"did not answer", "dns_timeout"};
    }
}

const char* advice_for(std::string_view code) {
    if (code == "dns_refused") return "Let that server answer this box, or set other DNS servers for this network.";
    if (code == "dns_failed") return "Try again; if it stays so, ask whoever runs that server.";
    return "Check the DNS servers of this network, and that UDP and TCP to them pass.";
}

// An answer, even a bad one, says more than none.
tl::unexpected<base::Error> unhelped(const std::string& name, const std::vector<Unhelpful>& unhelpful) {
    constexpr std::array weight{Reply::Kind::refused, Reply::Kind::failed, Reply::Kind::garbled,
                                Reply::Kind::unreachable, Reply::Kind::silent};
    const auto weight_of = [&](const Unhelpful& one) { return std::find(weight.begin(), weight.end(), one.kind); };
    const auto worst = std::min_element(unhelpful.begin(), unhelpful.end(),
                                        [&](const auto& a, const auto& b) { return weight_of(a) < weight_of(b); });
    if (worst == unhelpful.end()) {
        return base::fail(ErrorKind::unavailable, "dns_timeout", "There was no time left to ask for " + name + ".",
                          "Try again in a moment.");
    }
    std::string message = "The address of " + name + " is not known: ";
    for (const Unhelpful& one : unhelpful) {
        if (&one != &unhelpful.front()) message += ", ";
        message += one.server.text() + " " + complaint_about(one.kind).predicate;
        if (!one.trouble.empty()) message += " (" + one.trouble + ")";
    }
    const char* code = complaint_about(worst->kind).code;
    return base::fail(ErrorKind::unavailable, code, message + ".", advice_for(code));
}

base::Result<Addresses> judge(const std::string& name, Families families, const Answers& answers) {
    Addresses found;
    bool exists = false;
    for (const Reply& reply : answers.decisive) {
        exists = exists || reply.kind != Reply::Kind::no_name;
        found.insert(found.end(), reply.addresses.begin(), reply.addresses.end());
    }
    found = arranged(std::move(found), families);
    if (!found.empty()) return found;
    if (!answers.complete) return unhelped(name, answers.unhelpful);
    if (exists) return without_address(name, families);
    return base::fail(ErrorKind::not_found, "name_unknown", answers.decided_by.text() + " knows no " + name + ".",
                      "Check the spelling; names are looked up as they are, without a domain added.");
}

}  // namespace

base::Result<void> check(const ResolverSettings& settings) {
    for (const Endpoint& server : settings.servers) {
        const auto bytes = server.address.bytes();
        const auto wrong = [&](const std::string& why) {
            return base::fail(ErrorKind::input, "server_unusable", server.text() + " cannot be a DNS server: " + why);
        };
        if (server.port == 0) return wrong("it has no port.");
        if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; }))
            return wrong("this is no machine's address.");
        const bool multicast = server.address.is_ipv4() ? bytes[0] >= 224 : bytes[0] == 0xff;
        if (multicast) return wrong("this is no single machine's address.");
        if (!reaches(settings.origin, server.address))
            return wrong("the source address " + settings.origin.source.text() + " cannot reach it.");
    }
    return {};
}

// On the executor only.
struct Resolver::State {
    State(const asio::any_io_executor& its_executor, const Patience& its_patience, const MachineFiles& files)
        : executor(its_executor),
          patience(its_patience),
          machine(files),
          turnstile(executor, look_ups_at_once, look_ups_waiting) {}

    [[nodiscard]] base::Result<std::shared_ptr<NameServers>> current_servers();
    // What needs no server: a literal, localhost, the hosts file. Empty: the name has to be asked for.
    [[nodiscard]] base::Result<Addresses> known_here(const std::string& name, Families families);

    const asio::any_io_executor executor;
    const Patience patience;
    MachineNames machine;
    Turnstile turnstile;
    ResolverSettings settings;
    std::vector<Endpoint> asked;           // whom `servers` are
    std::shared_ptr<NameServers> servers;  // made when first needed; the former ones live on in look-ups under way
};

base::Result<std::shared_ptr<NameServers>> Resolver::State::current_servers() {
    auto wished = settings.servers.empty() ? machine.name_servers() : settings.servers;
    if (!wished) return base::fail(std::move(wished.error()));
    if (servers && asked == *wished) return servers;
    servers = std::make_shared<NameServers>(executor, *wished, settings.origin, patience);
    asked = std::move(*wished);
    return servers;
}

base::Result<Addresses> Resolver::State::known_here(const std::string& name, Families families) {
    Addresses known;
    if (const auto literal = Address::parse(name)) {
        known = {*literal};
    } else if (is_localhost(name)) {
        known = {Address::parse("127.0.0.1").value(), Address::parse("::1").value()};
    } else {
        auto hosts = machine.addresses(name);
        if (!hosts) return hosts;
        return arranged(std::move(*hosts), families);
    }
    known = arranged(std::move(known), families);
    if (known.empty()) return without_address(name, families);
    return known;
}

asio::awaitable<base::Result<Addresses>> Resolver::look_up(std::shared_ptr<State> state, std::string asked_name,
                                                           Families families, Time until) {
    co_await asio::this_coro::throw_if_cancelled(false);  // the caller gets a Result in any case
    const auto name = host_name(asked_name);
    if (!name) co_return base::fail(name.error());
    auto known = state->known_here(*name, families);
    if (!known || !known->empty()) co_return known;

    const auto pass = co_await state->turnstile.enter(until);
    if (!pass) co_return base::fail(pass.error());
    const auto servers = state->current_servers();
    if (!servers) co_return base::fail(servers.error());
    auto answers = co_await (*servers)->ask(*name, records_of(families), until);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
        co_return base::fail(ErrorKind::unavailable, "cancelled", "The look-up of " + *name + " was given up.");
    co_return judge(*name, families, answers);
}

namespace {

// Boost 1.81 hands a cancellation to another loop with a pointer to what may be gone when it arrives: none gets there.
asio::awaitable<base::Result<Addresses>> cross(asio::any_io_executor there,
                                               asio::awaitable<base::Result<Addresses>> looked_up) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_return co_await asio::co_spawn(there, std::move(looked_up), asio::use_awaitable);
}

}  // namespace

// On the state's executor, and back. As a coroutine thread of its own in any case, for its own state of cancellation.
asio::awaitable<base::Result<Addresses>> Resolver::look_up_there(std::shared_ptr<State> state, std::string name,
                                                                 Families families, Time until) {
    const auto here = co_await asio::this_coro::executor;
    const auto there = state->executor;
    auto looked_up = look_up(std::move(state), std::move(name), families, until);
    if (here == there) co_return co_await asio::co_spawn(here, std::move(looked_up), asio::use_awaitable);
    auto crossed = cross(there, std::move(looked_up));
    co_return co_await asio::co_spawn(here, std::move(crossed), asio::use_awaitable);
}

Resolver::Resolver(const asio::any_io_executor& executor, const Patience& patience, const MachineFiles& files)
    : state_(std::make_shared<State>(executor, patience, files)) {}

// Channels and their sockets go where they live.
Resolver::~Resolver() {
    const auto executor = state_->executor;
    auto release = [state = std::move(state_)]() mutable { state.reset(); };
    asio::post(executor, std::move(release));
}

void Resolver::configure(ResolverSettings settings) {
    auto change = [state = state_, settings = std::move(settings)]() mutable {
        if (state->settings == settings) return;
        state->settings = std::move(settings);
        state->servers.reset();
    };
    asio::dispatch(state_->executor, std::move(change));
}

asio::awaitable<base::Result<Addresses>> Resolver::resolve(std::string name, Families families,
                                                           std::optional<Time> until) {
    const Time latest = std::chrono::steady_clock::now() + state_->patience.whole;
    return look_up_there(state_, std::move(name), families, std::min(until.value_or(latest), latest));
}

}  // namespace gatehouse::net
