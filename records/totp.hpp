// Time-based one-time codes (RFC 6238 over RFC 4226) as every authenticator app makes them: HMAC-SHA-1, 6 digits, a new
// one each 30 seconds. Pure; any thread. records/second_factor keeps the secrets.
#pragma once

#include "base/secret.hpp"
#include "records/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::records {

/// A fresh secret of 160 bits.
[[nodiscard]] base::Secret random_totp_secret();

/// The number of the 30 seconds that `time` lies in.
[[nodiscard]] std::int64_t totp_step(Time time);

/// The 6 digits of one step.
[[nodiscard]] std::string totp_code(const base::Secret& secret, std::int64_t step);

/// The step that `code` is of: the present one, or the one before or after it, since clocks differ; and later than
/// `last_step`, the one that was used last, so that no code counts twice. nullopt: the code is wrong.
[[nodiscard]] std::optional<std::int64_t> matching_step(const base::Secret& secret, std::string_view code, Time now,
                                                        std::int64_t last_step);

/// RFC 4648 base32 without padding: how a secret is typed into an app.
[[nodiscard]] base::Secret base32(const base::Secret& secret);

/// otpauth://totp/ISSUER:ACCOUNT?..., which a QR code shows to an app. It holds the secret.
[[nodiscard]] base::Secret otpauth_uri(std::string_view issuer, std::string_view account, const base::Secret& secret);

}  // namespace gatehouse::records
