#include "server/credentials/settling.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::credentials {

namespace {

constexpr std::chrono::seconds settle_time{2};
// Files that never stop changing are refused all the same after this long: nothing is silently ignored.
constexpr std::chrono::seconds settle_at_most{15};

}  // namespace

std::string identities(const base::FileSystem& files, const certstore::PairPaths& paths) {
    std::string text;
    for (const auto& path : {paths.certificate, paths.key}) {
        if (const auto facts = files.facts(path)) {
            const base::FileIdentity& identity = facts->identity;
            for (const auto number :
                 {identity.device, identity.inode, identity.size, static_cast<std::uint64_t>(identity.modified_ns),
                  static_cast<std::uint64_t>(identity.changed_ns)}) {
                text += std::to_string(number) + ' ';
            }
        }
        text += ';';
    }
    return text;
}

bool Settling::may_become_whole(const certstore::Finding* why, std::string identities_now, Clock::time_point now) {
    if (identities_now != seen_) {
        seen_ = std::move(identities_now);
        changed_at_ = now;
    }
    if (!unfit_since_) unfit_since_ = now;
    constexpr std::array codes_of_halves{"key_mismatch", "unparsable", "key_unreadable", "key_locked"};
    const bool may_be_half = why != nullptr && std::any_of(codes_of_halves.begin(), codes_of_halves.end(),
                                                           [&](const char* code) { return why->code == code; });
    return may_be_half && now - changed_at_ < settle_time && now - *unfit_since_ < settle_at_most;
}

void Settling::wait() {
    retry_at_ = changed_at_ + settle_time;
}

void Settling::settled() {
    retry_at_.reset();
    unfit_since_.reset();
    seen_.clear();
}

void Settling::given_up() {
    unfit_since_.reset();
}

}  // namespace gatehouse::credentials
