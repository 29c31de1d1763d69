// How things look in the admin API's JSON; docs/api/admin.yaml has the schemas under the same names. Pure; any thread.
#pragma once

#include "certstore/certificate.hpp"
#include "certstore/findings.hpp"
#include "server/admin/services.hpp"
#include "server/credentials/change.hpp"
#include "server/credentials/status.hpp"
#include "server/http/answers.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::admin {

using http::Json;
using http::json_response;
using http::list_response;
using http::moment_or_null;
using http::moment_shape;
using http::text_or_null;
using http::time_shape;

/// Certificate. `now`: Unix seconds, for days_left.
[[nodiscard]] Json certificate_shape(const certstore::CertificateFacts& facts, std::int64_t now);
/// Findings, the gravest first.
[[nodiscard]] Json findings_shape(const std::vector<certstore::Finding>& findings);
/// Troubles, in the order given.
[[nodiscard]] Json troubles_shape(const std::vector<Trouble>& troubles);
/// Reload.
[[nodiscard]] Json reload_shape(const credentials::LastReload& reload);
/// ServedCertificate.
[[nodiscard]] Json served_shape(const credentials::DoorStatus& status, std::int64_t now);
/// Adds padlock and padlock_reasons.
void put_padlock(Json& into, const credentials::DoorStatus& status);
/// Change; `change_id` empty: a dry run.
[[nodiscard]] Json change_shape(const credentials::Changed& changed, const std::string& change_id, std::int64_t now);

/// A problem document with findings.
[[nodiscard]] http::Response problem_with(unsigned status, const base::Error& error,
                                          const std::vector<certstore::Finding>& findings);

}  // namespace gatehouse::admin
