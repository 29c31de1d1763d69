// Finds the addresses of host names on one network: literals and localhost by itself, then /etc/hosts, then that
// network's DNS servers; no search domains. One per network (clean, dirty), owned by the appliance. Lives on one
// executor, whose loop must run one handler at a time and outlive the resolver; the calls are for any thread.
#pragma once

#include "base/result.hpp"
#include "server/net/machine_names.hpp"
#include "server/net/origin.hpp"
#include "server/net/patience.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::net {

/// How a network resolves names.
struct ResolverSettings {
    std::vector<Endpoint> servers;  ///< in the order they are asked; empty: those of /etc/resolv.conf
    Origin origin;                  ///< where questions leave the box
    friend bool operator==(const ResolverSettings&, const ResolverSettings&) = default;
};

/// Which addresses are wanted, and which come first.
enum class Families { ipv4_first, ipv6_first, ipv4_only, ipv6_only };

/// What is wrong with settings before they are used. Errors: input/server_unusable (no port, an address that is
/// nobody's, an address that the source address cannot reach).
[[nodiscard]] base::Result<void> check(const ResolverSettings& settings);

class Resolver {
public:
    /// Resolves by the machine's own servers until it is configured.
    explicit Resolver(const boost::asio::any_io_executor& executor, const Patience& patience = {},
                      const MachineFiles& files = {});
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    /// Look-ups under way go on to their end. Their callers' loops must outlive the executor's.
    ~Resolver();

    /// For look-ups to come; those under way end with the former settings.
    void configure(ResolverSettings settings);

    /// The addresses of `name`, at least one, those of one family together. Resumes on the caller's executor. Waits
    /// until `until`, and never longer than the patience's whole. Cancelling ends it at once where the caller lives on
    /// the resolver's own executor, and nowhere else.
    /// Errors: input/name_invalid; not_found/name_unknown; not_found/name_without_address (it exists, or the hosts file
    /// or the literal has another family); unavailable/dns_timeout, dns_refused, dns_failed and dns_unreachable, which
    /// name the servers that were asked; unavailable/no_name_server, busy, cancelled; those of reading /etc/hosts.
    [[nodiscard]] boost::asio::awaitable<base::Result<std::vector<Address>>> resolve(
        std::string name, Families families = Families::ipv4_first,
        std::optional<std::chrono::steady_clock::time_point> until = std::nullopt);

private:
    struct State;
    using Found = boost::asio::awaitable<base::Result<std::vector<Address>>>;
    using Time = std::chrono::steady_clock::time_point;
    // By value: the state must live as long as the look-up does.
    static Found look_up(std::shared_ptr<State> state, std::string asked_name, Families families, Time until);
    static Found look_up_there(std::shared_ptr<State> state, std::string name, Families families, Time until);

    std::shared_ptr<State> state_;  // also of look-ups under way
};

}  // namespace gatehouse::net
