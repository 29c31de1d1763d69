// Signals that would end the tool wait while it lives, so that who works can clear away first. One at a time; main's
// thread.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"

#include <csignal>

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

private:
    sigset_t former_{};
    base::Descriptor signals_;
};

}  // namespace gatehouse::gatehousectl::backup
