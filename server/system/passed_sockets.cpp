#include "server/system/passed_sockets.hpp"

#include "base/advice.hpp"
#include "base/text.hpp"
#include "server/net/address.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace gatehouse::system {

namespace {

using base::ErrorKind;
using base::Result;

struct NamedDescriptor {
    base::Descriptor descriptor;
    std::string name;
};

struct Free {
    // NOLINTNEXTLINE(*-no-malloc,*-owning-memory): libsystemd gives memory of malloc
    void operator()(void* memory) const { std::free(memory); }
};

// Everything that was passed, owned from here on, so that no way out leaves a socket open.
Result<std::vector<NamedDescriptor>> take_all() {
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &names);
    if (count < 0) {
        return base::fail(ErrorKind::input, "passed_sockets_invalid",
                          "The sockets passed by systemd can't be taken over: " + base::words_of(-count) + ".",
                          "LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES must be as systemd sets them, or not set.");
    }
    const std::unique_ptr<char*, Free> list(names);
    std::vector<NamedDescriptor> all;
    for (int i = 0; i < count; ++i) {
        const std::unique_ptr<char, Free> name(names[i]);
        all.push_back({base::Descriptor(SD_LISTEN_FDS_START + i), name.get()});
    }
    return all;
}

Result<void> unfit(const NamedDescriptor& passed, std::string_view what) {
    return base::fail(ErrorKind::input, "passed_socket_unfit",
                      "Descriptor " + std::to_string(passed.descriptor.get()) + ", passed by systemd as \"" +
                          passed.name + "\", " + std::string(what) + ".",
                      "Give its socket unit ListenStream=ADDRESS:PORT and no Accept=yes.");
}

Result<void> check(const NamedDescriptor& passed) {
    const int number = passed.descriptor.get();
    if (::sd_is_socket_inet(number, AF_UNSPEC, SOCK_STREAM, 1, 0) <= 0) {
        return unfit(passed, "is not a listening TCP socket");
    }
    int protocol = 0;
    socklen_t size = sizeof protocol;
    const bool known = ::getsockopt(number, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0;
    if (!known || (protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP))
        return unfit(passed, "speaks another protocol");
    const int flags = ::fcntl(number, F_GETFL);
    if (flags < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) < 0 || ::fcntl(number, F_SETFD, FD_CLOEXEC) < 0) {
        return unfit(passed, "can't be made non-blocking: " + base::words_of(errno));
    }
    return {};
}

// The address in its shortest form; an IPv4-mapped one as IPv4, as everywhere in the house.
Result<config::ListenAddress> bound_address(const NamedDescriptor& passed) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(passed.descriptor.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
        return base::fail(unfit(passed, "has no address").error());
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);  // an IPv4 address has its port at the same place
    return config::ListenAddress{net::Address::of(storage).text(), ntohs(v6.sin6_port)};
}

std::optional<config::Interface> door_of(std::string_view name) {
    for (const config::Interface interface : config::interfaces) {
        if (config::name(interface) == name) return interface;
    }
    return std::nullopt;
}

std::string listed(const std::vector<std::string>& items) {
    return items.empty() ? "nothing" : base::joined(items, ", ");
}

}  // namespace

Result<PassedSockets> passed_sockets() {
    auto all = take_all();
    if (!all) return base::fail(std::move(all.error()));
    PassedSockets doors;
    for (NamedDescriptor& passed : *all) {
        const auto door = door_of(passed.name);
        if (!door) {
            return base::fail(
                ErrorKind::input, "passed_socket_unknown",
                "systemd passed a socket named \"" + passed.name + "\"; the names understood are clean and admin.",
                "Set FileDescriptorName=clean or FileDescriptorName=admin in its socket unit.");
        }
        if (auto fit = check(passed); !fit) return base::fail(std::move(fit.error()));
        auto address = bound_address(passed);
        if (!address) return base::fail(std::move(address.error()));
        doors[*door].push_back({std::move(passed.descriptor), std::move(*address)});
    }
    return doors;
}

std::vector<std::string> disagreements(const PassedSockets& passed, const config::Settings& settings) {
    std::vector<std::string> sentences;
    for (const config::Interface interface : config::interfaces) {
        if (passed[interface].empty()) continue;
        std::vector<std::string> ours;
        std::vector<std::string> theirs;
        for (const auto& address : settings.interfaces[interface].listen)
            ours.push_back(address.text());
        for (const auto& socket : passed[interface])
            theirs.push_back(socket.address.text());
        std::ranges::sort(ours);
        std::ranges::sort(theirs);
        if (ours == theirs) continue;
        const std::string door(config::name(interface));
        sentences.push_back("The " + door + " door listens on " + listed(theirs) + ", passed by systemd; interfaces." +
                            door + ".listen says " + listed(ours) +
                            ". Make ListenStream= of the socket unit and the configuration agree.");
    }
    return sentences;
}

}  // namespace gatehouse::system
