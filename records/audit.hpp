// The audit: who did what, from where, with what result. Append-only: nothing here changes or removes a record, and the
// schema refuses it too. Nothing secret goes in: fingerprints, not keys; paths without their queries. Used like the
// Database it was given: by one thread at a time; blocking. A record that must not be missing is added in the same
// Transaction as the change it is about.
#pragma once

#include "config/settings.hpp"
#include "records/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// How the actor came.
enum class Via { session, token, console, system };
[[nodiscard]] std::string_view name(Via via);

/// What is recorded. Texts that strangers chose are fine: they are stored printable, cut at the bytes stated.
struct AuditEntry {
    std::string actor;  ///< the operator's name, or what was typed for one; 256
    Via via = Via::system;
    std::string address;        ///< where from; empty: from the box itself; 64
    std::string action;         ///< stable dotted name, e.g. "certificate.upload"; 64
    std::string object;         ///< what it was done to, e.g. "admin"; 1024
    std::string refusal;        ///< the error's code; empty: it was done; 64
    std::string detail = "{}";  ///< a JSON object of at most 16 KiB; its member "interface" says which door it is about
};

struct AuditRecord {
    std::int64_t id = 0;
    Time at;
    AuditEntry entry;
};

struct AuditFilter {
    std::optional<std::string> actor = {};   ///< exactly so
    std::optional<std::string> action = {};  ///< exactly so, or up to a dot of it: "certificate"
    std::optional<config::Interface> interface = {};
    std::optional<bool> refused = {};  ///< or done
    std::optional<Time> since = {};    ///< at it or after
    std::optional<Time> until = {};    ///< before it
};

struct AuditPage {
    std::vector<AuditRecord> records;  ///< the newest first
    std::optional<std::string> next;   ///< cursor of the following page; nullopt: this is the last
};

/// Errors of all: those of Database.
class Audit {
public:
    static constexpr std::size_t most_of_page = 1000;

    explicit Audit(Database& database) : database_(&database) {}

    /// Errors: input/audit_invalid where `detail` is no JSON object, or too large.
    [[nodiscard]] base::Result<void> add(const AuditEntry& entry, Time now);

    /// At most `limit` records (1 to 1000, others are moved there). `cursor`: "" for the first page, then what the page
    /// before said; records that are added meanwhile do not shift the pages. Errors: input/cursor_invalid.
    [[nodiscard]] base::Result<AuditPage> list(const AuditFilter& filter, std::string_view cursor, std::size_t limit);

private:
    Database* database_;
};

}  // namespace gatehouse::records
