// How long a pair that does not fit together may take to become whole. Key and certificate are two files: whoever
// copies them changes one before the other, and a copy under way is half a file. Owned by Door, used on the credentials
// thread.
#pragma once

#include "base/files.hpp"
#include "certstore/credential.hpp"
#include "certstore/findings.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace gatehouse::credentials {

/// What both files look like now (device, inode, size, times), as one comparable text.
[[nodiscard]] std::string identities(const base::FileSystem& files, const certstore::PairPaths& paths);

class Settling {
public:
    using Clock = std::chrono::steady_clock;

    /// Whether what is wrong (`why`, null: nothing is known) may be that the pair is half copied: it is less than two
    /// seconds since its files last changed, and less than fifteen since they became unfit.
    [[nodiscard]] bool may_become_whole(const certstore::Finding* why, std::string identities_now,
                                        Clock::time_point now = Clock::now());

    /// Look again when the two seconds are over.
    void wait();
    /// No look of its own any more.
    void stop_waiting() { retry_at_.reset(); }
    /// It became whole.
    void settled();
    /// It was refused: the next change has its time again.
    void given_up();

    [[nodiscard]] std::optional<Clock::time_point> retry_at() const { return retry_at_; }

private:
    std::optional<Clock::time_point> retry_at_;
    Clock::time_point changed_at_{};
    std::optional<Clock::time_point> unfit_since_;
    std::string seen_;  // the identities that `changed_at_` is about
};

}  // namespace gatehouse::credentials
