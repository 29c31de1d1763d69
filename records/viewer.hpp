// Who looks at samples. Every list, search and look-up of samples takes one, so that no handler can forget to ask. A
// value, made from the account that a request comes with; any thread.
#pragma once

#include <cstdint>

namespace gatehouse::records {

/// Sees its own samples always, those of its organization unless they are private, and with `sees_all` everything.
/// "Its own" and "of its organization" are what was true when a sample was submitted: who changes to another
/// organization takes no samples along.
struct Viewer {
    std::int64_t user_id = 0;
    std::int64_t organization_id = 0;
    bool sees_all = false;  ///< the role admin
};

/// What of a sample decides who sees it.
struct Ownership {
    std::int64_t user_id = 0;
    std::int64_t organization_id = 0;
    bool is_private = false;
};

[[nodiscard]] constexpr bool may_see(const Viewer& viewer, const Ownership& sample) {
    return viewer.sees_all || sample.user_id == viewer.user_id ||
           (sample.organization_id == viewer.organization_id && !sample.is_private);
}

}  // namespace gatehouse::records
