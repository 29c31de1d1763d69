#include "server/net/readiness.hpp"

#include <unistd.h>

namespace gatehouse::net {

namespace asio = boost::asio;

Readiness::Wait::Wait() : reactor_op({}, &Wait::perform_wait, &Wait::complete_wait) {}

// The reactor calls this once when the wait is started (its chance to "try first", which costs us nothing because we
// say no) and then at each event: the second call is the edge we wait for.
asio::detail::reactor_op::status Readiness::Wait::perform_wait(asio::detail::reactor_op* base) {
    auto& wait = *static_cast<Wait*>(base);
    if (wait.armed) return done;
    wait.armed = true;
    return not_done;
}

void Readiness::Wait::complete_wait(void* owner, asio::detail::operation* base, const boost::system::error_code&,
                                    std::size_t) {
    auto& wait = *static_cast<Wait*>(base);
    if (owner != nullptr) wait.wake(wait.context);  // null: the loop is being destroyed, nobody is to be woken
}

Readiness::Readiness(asio::io_context& io, int descriptor)
    : reactor_(asio::use_service<Reactor>(io)), descriptor_(descriptor) {
    reactor_.init_task();
    registered_ = reactor_.register_descriptor(descriptor, data_) == 0;
}

Readiness::~Readiness() {
    constexpr bool closing = true;  // closing the descriptor takes it out of epoll, no call needed
    if (data_ != nullptr) {
        reactor_.deregister_descriptor(descriptor_, data_, closing);
        ::close(descriptor_);
        reactor_.cleanup_descriptor_data(data_);
    } else {
        ::close(descriptor_);
    }
}

void Readiness::wait(Direction direction, Wake wake, void* context) {
    wait_.armed = false;
    wait_.wake = wake;
    wait_.context = context;
    constexpr bool is_continuation = false;
    constexpr bool allow_speculative = true;  // otherwise the reactor calls epoll_ctl
    reactor_.start_op(direction == Direction::readable ? Reactor::read_op : Reactor::write_op, descriptor_, data_,
                      &wait_, is_continuation, allow_speculative);
}

void Readiness::cancel() {
    reactor_.cancel_ops(descriptor_, data_);
}

}  // namespace gatehouse::net
