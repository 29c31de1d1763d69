// Signals that would end the tool wait while it lives, so that who works can clear away first. One at a time; main's
// thread. Where the system has no descriptor left to watch them by they strike as ever.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"

#include <csignal>
#include <functional>

namespace gatehouse::gatehousectl::backup {

class Interruption {
public:
    Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    /// A signal that waits strikes now.
    ~Interruption();

    /// Errors: unavailable/interrupted: one waits.
    [[nodiscard]] base::Result<void> none_came() const;
    /// The same, having waited until `source` can be read or one comes.
    [[nodiscard]] base::Result<void> none_before_input(int source) const;

    /// For who works long elsewhere: whether one waits. Only while this lives.
    [[nodiscard]] std::function<bool()> any_came() const;
    /// Why that ended: interrupted, where one waits, else `error`.
    [[nodiscard]] tl::unexpected<base::Error> told(base::Error error) const;

private:
    sigset_t former_{};
    base::Descriptor signals_;
};

}  // namespace gatehouse::gatehousectl::backup
