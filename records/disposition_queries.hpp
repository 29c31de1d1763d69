// The statements that go through dispositions, of which very many may wait or have failed: by themselves, so that a
// test can ask the database how it means to find what they want. Pure; any thread.
#pragma once

#include <string_view>

namespace gatehouse::records::disposition_queries {

// Behind "SELECT ... FROM dispositions ".
inline constexpr std::string_view where_ready =
    "WHERE service = $1 AND state = 'waiting' AND next_try <= $2 ORDER BY next_try, id LIMIT $3";
inline constexpr std::string_view where_stray =
    "WHERE service = $1 AND state = 'waiting' AND next_try > $2 ORDER BY next_try, id LIMIT $3";
inline constexpr std::string_view where_failed =
    "WHERE service = $1 AND state = 'failed' AND id < $2 ORDER BY id DESC LIMIT $3";

inline constexpr std::string_view next_due =
    "SELECT min(next_try) FROM dispositions WHERE service = $1 AND state = 'waiting' AND next_try > $2";
inline constexpr std::string_view move_up =
    "UPDATE dispositions SET state = 'waiting' WHERE id = (SELECT min(id) FROM dispositions WHERE service = $1 AND "
    "sha256 = $2 AND state = 'behind')";
inline constexpr std::string_view enqueue =
    "INSERT INTO dispositions (service, sample, sha256, sha1, md5, score, analyzed_at, idempotency_key, state, "
    "queued_at, next_try, attempts, probes_before, message) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN "
    "EXISTS (SELECT 1 FROM dispositions WHERE service = $1 AND sha256 = $3 AND state = 'waiting') THEN "
    "'behind' ELSE 'waiting' END, $9, $9, 0, $10, '')";
inline constexpr std::string_view forget_future =
    "UPDATE dispositions SET queued_at = $2 WHERE service = $1 AND state <> 'failed' AND queued_at > $2";
inline constexpr std::string_view spent =
    "SELECT dispositions.id, sha256, state, attempts FROM dispositions JOIN disposition_services ON "
    "disposition_services.id = service WHERE service = $1 AND state <> 'failed' AND queued_at <= $2 AND "
    "attempts + probes - probes_before >= $3 ORDER BY queued_at LIMIT $4";
inline constexpr std::string_view drop_oldest =
    "DELETE FROM dispositions WHERE id IN (SELECT id FROM dispositions WHERE service = $1 AND state = 'failed' "
    "ORDER BY id LIMIT $2)";
inline constexpr std::string_view retryable =
    "SELECT id FROM dispositions WHERE service = $1 AND state = 'failed' AND id > $2 ORDER BY id LIMIT $3";
inline constexpr std::string_view retry =
    "UPDATE dispositions SET state = CASE WHEN EXISTS (SELECT 1 FROM dispositions AS other WHERE other.service = "
    "$1 AND other.sha256 = dispositions.sha256 AND other.state = 'waiting') THEN 'behind' ELSE 'waiting' END, "
    "queued_at = $3, next_try = $3, attempts = 0, probes_before = (SELECT probes FROM disposition_services WHERE "
    "id = $1), message = '' WHERE id = $2 AND service = $1 AND state = 'failed'";
inline constexpr std::string_view hasten =
    "UPDATE dispositions SET next_try = $2 WHERE service = $1 AND state = 'waiting' AND next_try > $2";
// Failed ones of a content of which a later one was told, or waits.
inline constexpr std::string_view forget_overtaken =
    "DELETE FROM dispositions WHERE service = $1 AND sha256 = $2 AND state = 'failed' AND id < $3";
inline constexpr std::string_view forget_if_overtaken =
    "DELETE FROM dispositions WHERE id = $2 AND service = $1 AND state = 'failed' AND (EXISTS (SELECT 1 FROM "
    "dispositions AS later WHERE later.service = $1 AND later.sha256 = dispositions.sha256 AND later.state = 'waiting' "
    "AND later.id > $2) OR EXISTS (SELECT 1 FROM dispositions AS later WHERE later.service = $1 AND later.sha256 = "
    "dispositions.sha256 AND later.state = 'behind' AND later.id > $2))";

// For records/disposition_services, of a service that goes: at most $2. Who waits goes last, since it is who waits that
// moves up those behind.
inline constexpr std::string_view forget_failed = drop_oldest;
inline constexpr std::string_view forget_behind =
    "DELETE FROM dispositions WHERE id IN (SELECT id FROM dispositions WHERE service = $1 AND state = 'behind' LIMIT "
    "$2)";
inline constexpr std::string_view forget_waiting =
    "DELETE FROM dispositions WHERE id IN (SELECT id FROM dispositions WHERE service = $1 AND state = 'waiting' LIMIT "
    "$2)";

}  // namespace gatehouse::records::disposition_queries
