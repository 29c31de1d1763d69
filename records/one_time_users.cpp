#include "records/one_time_users.hpp"

#include "records/audit.hpp"
#include "records/operators.hpp"
#include "records/settings.hpp"

#include <vector>

namespace gatehouse::records {

namespace {

using base::Result;

constexpr const char* applied_setting = "one_time_file.applied";

Result<std::vector<Candidate>> candidates_of(std::span<const config::OneTimeUser> users) {
    std::vector<Candidate> candidates;
    for (const config::OneTimeUser& user : users) {
        const auto role = user.role.empty() ? Role::operate : role_of(user.role);
        if (!role) {
            return base::fail(
                base::ErrorKind::input, "role_invalid",
                "users[" + std::to_string(candidates.size()) + "]: the role is neither \"read\" nor \"operate\".");
        }
        Candidate candidate;
        candidate.name = user.username;
        candidate.role = *role;
        candidate.email = user.email;
        candidate.display_name = user.name;
        candidate.password = user.password.clone();
        candidates.push_back(std::move(candidate));
    }
    return candidates;
}

}  // namespace

Result<void> take_one_time_users(Database& database, std::span<const config::OneTimeUser> users,
                                 const std::string& digest, Time now) {
    const std::string mark = "\"" + digest + "\"";
    const auto before = Settings(database).get(applied_setting);
    if (!before) return base::fail(before.error());
    if (*before == mark) return {};
    const auto candidates = candidates_of(users);
    if (!candidates) return base::fail(candidates.error());
    Operators operators(database);
    if (auto fine = operators.check_all(*candidates); !fine) return fine;
    std::vector<NewOperator> fresh;
    for (const Candidate& candidate : *candidates) {
        auto one = hashed(candidate);
        if (!one) return base::fail(one.error());
        fresh.push_back(std::move(*one));
    }
    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    if (auto made = operators.make_all(fresh, now); !made) return made;
    for (const NewOperator& one : fresh) {
        AuditEntry entry;
        entry.actor = "system";
        entry.action = "operator.added";
        entry.object = one.name;
        if (auto noted = Audit(database).add(entry, now); !noted) return noted;
    }
    if (auto marked = Settings(database).put(applied_setting, mark, now); !marked) return marked;
    return transaction->commit();
}

}  // namespace gatehouse::records
