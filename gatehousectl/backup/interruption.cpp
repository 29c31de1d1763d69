#include "gatehousectl/backup/interruption.hpp"

#include <poll.h>
#include <sys/signalfd.h>

namespace gatehouse::gatehousectl::backup {

Interruption::Interruption() {
    sigset_t waiting;
    ::sigemptyset(&waiting);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        ::sigaddset(&waiting, signal);
    ::pthread_sigmask(SIG_BLOCK, &waiting, &former_);
    signals_ = base::Descriptor(::signalfd(-1, &waiting, SFD_CLOEXEC | SFD_NONBLOCK));
}

Interruption::~Interruption() {
    ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

base::Result<void> Interruption::none_came() const {
    pollfd watched{signals_.get(), POLLIN, 0};
    if (::poll(&watched, 1, 0) <= 0 || watched.revents == 0) return {};
    return base::fail(base::ErrorKind::unavailable, "interrupted", "Interrupted. Everything is as it was.");
}

}  // namespace gatehouse::gatehousectl::backup
