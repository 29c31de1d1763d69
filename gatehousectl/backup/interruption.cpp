#include "gatehousectl/backup/interruption.hpp"

#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/signalfd.h>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

tl::unexpected<base::Error> interrupted() {
    return base::fail(base::ErrorKind::unavailable, "interrupted", "Interrupted. Everything is as it was.");
}

}  // namespace

Interruption::Interruption() {
    sigset_t waiting;
    ::sigemptyset(&waiting);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        ::sigaddset(&waiting, signal);
    ::pthread_sigmask(SIG_BLOCK, &waiting, &former_);
    signals_ = base::Descriptor(::signalfd(-1, &waiting, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

Interruption::~Interruption() {
    ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

std::function<bool()> Interruption::any_came() const {
    return [signals = signals_.get()] {
        pollfd watched{signals, POLLIN, 0};
        return ::poll(&watched, 1, 0) > 0 && watched.revents != 0;
    };
}

base::Result<void> Interruption::none_came() const {
    return any_came()() ? base::Result<void>(interrupted()) : base::Result<void>();
}

tl::unexpected<base::Error> Interruption::told(base::Error error) const {
    return any_came()() ? interrupted() : base::fail(std::move(error));
}

base::Result<void> Interruption::none_before_input(int source) const {
    std::array<pollfd, 2> watched{{{signals_.get(), POLLIN, 0}, {source, POLLIN, 0}}};
    while (::poll(watched.data(), watched.size(), -1) < 0) {
        if (errno != EINTR) return {};  // reading tells why
    }
    return watched.front().revents != 0 ? base::Result<void>(interrupted()) : base::Result<void>();
}

}  // namespace gatehouse::gatehousectl::backup
