// Which refusals (of sign-ins, registrations, submissions, changes) get a record of their own in the audit, which
// anybody could make grow without end: those of one name, network and action become one record a minute, and all
// together a bounded number. One for each kind, owned by the whole that refuses (admin/office, clean/reception,
// clean/depot); any thread.
#pragma once

#include "records/audit.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::archive {

/// What was refused, or several such things that one record stands for.
struct Refused {
    std::string name;       ///< as typed; empty: several names, of which there were too many
    std::string network{};  ///< where it came from; empty: that tells nobody apart
    std::string address{};  ///< the last one in that network
    std::string code{};     ///< of the last refusal
    records::Via via = records::Via::session;
    std::uint64_t count = 1;
    std::string action{};  ///< what was refused; empty: the one thing that is refused there
    std::string object{};  ///< what the last one was to be done to
    std::string detail{};  ///< of the last one, a JSON object; empty: nothing
};

class Refusals {
public:
    using Moment = std::chrono::steady_clock::time_point;

    static constexpr std::size_t most_a_minute = 30;

    /// What to record of it now, with those folded before; nullopt: nothing, it is counted. The first of a name,
    /// network and action is recorded at once.
    [[nodiscard]] std::optional<Refused> add(Refused one, Moment now);
    /// What was folded and is a minute old, to be recorded now; at most once a minute one without a name, which says
    /// how many found no room. To be called now and then.
    [[nodiscard]] std::vector<Refused> due(Moment now);
    /// All that was folded, and how many were left out: at the end, so that a restart forgets none.
    [[nodiscard]] std::vector<Refused> rest();

private:
    using Key = std::array<std::string, 3>;  // name, network, action
    struct Entry {
        Moment recorded;
        Refused folded;
    };

    [[nodiscard]] bool take_room(Moment now);

    std::mutex mutex_;  // guards all; on the way of what is refused only
    std::map<Key, Entry> entries_;
    Moment minute_;             // when the present minute began
    std::size_t recorded_ = 0;  // in it
    std::uint64_t left_out_ = 0;
    Moment left_out_told_;
};

}  // namespace gatehouse::archive
