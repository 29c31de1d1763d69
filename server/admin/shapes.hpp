// How things look in the admin API's JSON; docs/api/admin.yaml has the schemas under the same names. Pure; any thread.
#pragma once

#include "certstore/certificate.hpp"
#include "certstore/findings.hpp"
#include "server/credentials/change.hpp"
#include "server/credentials/status.hpp"
#include "server/http/response.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::admin {

using Json = nlohmann::ordered_json;

/// `seconds` since the epoch as RFC 3339.
[[nodiscard]] Json time_shape(std::int64_t seconds);
/// The moment as RFC 3339, to the second.
[[nodiscard]] Json moment_shape(std::chrono::sys_time<std::chrono::microseconds> moment);
/// The same; null where there is none.
[[nodiscard]] Json moment_or_null(const std::optional<std::chrono::sys_time<std::chrono::microseconds>>& moment);
/// The text, or null where it is empty.
[[nodiscard]] Json text_or_null(const std::string& text);

/// Certificate. `now`: Unix seconds, for days_left.
[[nodiscard]] Json certificate_shape(const certstore::CertificateFacts& facts, std::int64_t now);
/// Findings, the gravest first.
[[nodiscard]] Json findings_shape(const std::vector<certstore::Finding>& findings);
/// Reload.
[[nodiscard]] Json reload_shape(const credentials::LastReload& reload);
/// ServedCertificate.
[[nodiscard]] Json served_shape(const credentials::DoorStatus& status, std::int64_t now);
/// Adds padlock and padlock_reasons.
void put_padlock(Json& into, const credentials::DoorStatus& status);
/// Change; `change_id` empty: a dry run.
[[nodiscard]] Json change_shape(const credentials::Changed& changed, const std::string& change_id, std::int64_t now);

/// 200 or `status` with a JSON body that no cache keeps.
[[nodiscard]] http::Response json_response(const Json& body, unsigned status = 200);
/// A list that is there as a whole.
[[nodiscard]] http::Response list_response(Json items);
/// A problem document with findings.
[[nodiscard]] http::Response problem_with(unsigned status, const base::Error& error,
                                          const std::vector<certstore::Finding>& findings);

}  // namespace gatehouse::admin
