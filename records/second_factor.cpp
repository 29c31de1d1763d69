#include "records/second_factor.hpp"

#include "config/seal.hpp"
#include "records/totp.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;

constexpr std::size_t recovery_codes = 10;
constexpr std::size_t recovery_length = 10;  // 49 bits, guessed online only: the digest is keyed
constexpr std::string_view recovery_alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
constexpr std::size_t code_length = 6;
constexpr std::int64_t never = -1;  // a step before all others

// Where a sealed secret belongs: moved to another row it does not open.
std::string place_of(std::int64_t operator_id) {
    return "second_factors:secret:" + std::to_string(operator_id);
}

Secret key_for(const Secret& key, std::uint64_t number) {
    constexpr std::size_t shortest_key = 16;
    if (key.size() < shortest_key) throw std::invalid_argument("the key of the second factors is too short");
    return config::derived_key(config::main_key_of(key.reveal()), number, "ghfactor");
}

// The code without what people put in between.
Secret bare(std::string_view code) {
    constexpr std::size_t longest_typed = 64;
    Secret out(std::min(code.size(), longest_typed));
    std::size_t size = 0;
    for (const char c : code) {
        if (c == ' ' || c == '-') continue;
        if (size == out.size()) return Secret();
        out.writable()[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    out.shrink(size);
    return out;
}

Secret random_recovery_code() {
    constexpr std::size_t hyphen = recovery_length / 2;
    Secret code(recovery_length + 1);
    for (std::size_t i = 0; i < code.size(); ++i) {
        const auto random = ::randombytes_uniform(static_cast<std::uint32_t>(recovery_alphabet.size()));
        code.writable()[i] = i == hyphen ? '-' : recovery_alphabet[random];
    }
    return code;
}

tl::unexpected<base::Error> not_enabled() {
    return base::fail(ErrorKind::not_found, "otp_not_enabled", "This operator has no second factor.");
}

tl::unexpected<base::Error> enabled() {
    return base::fail(ErrorKind::conflict, "otp_enabled", "This operator has a second factor already.",
                      "Disable it first.");
}

}  // namespace

SecondFactors::SecondFactors(Database& database, const Secret& key)
    : database_(&database), sealing_key_(key_for(key, 1)), digest_key_(key_for(key, 2)) {}

Result<Enrolment> SecondFactors::enrol(std::int64_t operator_id, std::string_view issuer, std::string_view account) {
    const Secret secret = random_totp_secret();
    const std::string sealed = config::seal(secret.reveal(), place_of(operator_id), sealing_key_);
    const auto done = database_->change(
        "INSERT INTO second_factors (operator_id, secret, confirmed, last_step) VALUES ($1, $2, NULL, $3) "
        "ON CONFLICT (operator_id) DO UPDATE SET secret = $2, last_step = $3 WHERE second_factors.confirmed IS NULL",
        {operator_id, Bytes{sealed}, never});
    if (!done) {
        if (done.error().code != "record_referenced") return base::fail(done.error());
        return base::fail(ErrorKind::not_found, "no_operator", "There is no such operator any more.");
    }
    if (*done == 0) return enabled();
    return Enrolment{base32(secret), otpauth_uri(issuer, account, secret)};
}

Result<std::vector<Secret>> SecondFactors::confirm(std::int64_t operator_id, std::string_view code, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto present = stored(operator_id);
    if (!present) return base::fail(present.error());
    if (!*present) return not_enabled();
    if ((*present)->confirmed) return enabled();
    const auto step = matching_step((*present)->secret, bare(code).reveal(), now, (*present)->last_step);
    if (!step) {
        return base::fail(ErrorKind::input, "otp_wrong", "The code is not the one that the app shows now.",
                          "See that the clocks of the app and of the appliance are right.");
    }
    const auto done = database_->change(
        "UPDATE second_factors SET confirmed = $2, last_step = $3 WHERE operator_id = $1", {operator_id, now, *step});
    if (!done) return base::fail(done.error());
    auto codes = fresh_codes(operator_id);
    if (!codes) return codes;
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return codes;
}

Result<Factor> SecondFactors::check(std::int64_t operator_id, std::string_view code, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto present = stored(operator_id);
    if (!present) return base::fail(present.error());
    if (!*present || !(*present)->confirmed) return Factor::none;

    const Secret given = bare(code);
    Factor factor = Factor::wrong;
    if (given.size() == code_length) {
        const auto step = matching_step((*present)->secret, given.reveal(), now, (*present)->last_step);
        if (!step) return Factor::wrong;
        const auto done =
            database_->change("UPDATE second_factors SET last_step = $2 WHERE operator_id = $1", {operator_id, *step});
        if (!done) return base::fail(done.error());
        factor = Factor::code;
    } else {
        const auto spent = spend(operator_id, given.reveal(), now);
        if (!spent) return base::fail(spent.error());
        if (!*spent) return Factor::wrong;
        factor = Factor::recovery_code;
    }
    // Only what is durably used up may count.
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return factor;
}

Result<FactorState> SecondFactors::state(std::int64_t operator_id) {
    const auto rows = database_->query(
        "SELECT confirmed, (SELECT count(*) FROM recovery_codes WHERE operator_id = $1 AND used IS NULL) "
        "FROM second_factors WHERE operator_id = $1",
        {operator_id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return FactorState{};
    return FactorState{rows->front().optional_time(0), rows->front().integer(1)};
}

Result<void> SecondFactors::disable(std::int64_t operator_id) {
    const auto done = database_->change("DELETE FROM second_factors WHERE operator_id = $1", {operator_id});
    if (!done) return base::fail(done.error());
    if (*done == 0) return not_enabled();
    return {};
}

Result<std::optional<SecondFactors::Stored>> SecondFactors::stored(std::int64_t operator_id) {
    const auto rows = database_->query(
        "SELECT secret, confirmed IS NOT NULL, last_step FROM second_factors WHERE operator_id = $1", {operator_id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    const Row& row = rows->front();
    auto secret = config::unseal(row.bytes(0), place_of(operator_id), sealing_key_);
    if (!secret) {
        return base::fail(ErrorKind::crypto, "sealed_damaged",
                          "The secret of this operator's second factor in " + database_->file().string() +
                              " can't be unsealed: it was changed, or sealed with another key.",
                          "Restore the key, or have the second factor disabled and enrol again.");
    }
    return Stored{std::move(*secret), row.truth(1), row.integer(2)};
}

Result<bool> SecondFactors::spend(std::int64_t operator_id, std::string_view recovery_code, Time now) {
    const auto done =
        database_->change("UPDATE recovery_codes SET used = $3 WHERE operator_id = $1 AND digest = $2 AND used IS NULL",
                          {operator_id, Bytes{recovery_digest(operator_id, recovery_code)}, now});
    if (!done) return base::fail(done.error());
    return *done == 1;
}

Result<std::vector<Secret>> SecondFactors::fresh_codes(std::int64_t operator_id) {
    const auto removed = database_->change("DELETE FROM recovery_codes WHERE operator_id = $1", {operator_id});
    if (!removed) return base::fail(removed.error());
    std::vector<Secret> codes;
    for (std::size_t i = 0; i < recovery_codes; ++i) {
        codes.push_back(random_recovery_code());
        const auto added =
            database_->change("INSERT INTO recovery_codes (operator_id, digest) VALUES ($1, $2)",
                              {operator_id, Bytes{recovery_digest(operator_id, bare(codes.back().reveal()).reveal())}});
        if (!added) return base::fail(added.error());
    }
    return codes;
}

std::string SecondFactors::recovery_digest(std::int64_t operator_id, std::string_view code) const {
    const std::string place = "recovery_codes:digest:" + std::to_string(operator_id) + ":";
    crypto_generichash_state state;
    std::string digest(crypto_generichash_BYTES, '\0');
    const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
    ::crypto_generichash_init(&state, bytes(digest_key_.reveal()), digest_key_.size(), digest.size());
    ::crypto_generichash_update(&state, bytes(place), place.size());
    ::crypto_generichash_update(&state, bytes(code), code.size());
    ::crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(digest.data()), digest.size());
    ::sodium_memzero(&state, sizeof state);
    return digest;
}

}  // namespace gatehouse::records
