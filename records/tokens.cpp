#include "records/tokens.hpp"

#include "config/json_text.hpp"
#include "records/text.hpp"

#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_token_name = 64;

std::string tokens_where(std::string_view rest) {
    return "SELECT tokens.id, digest, operator_id, operators.name, tokens.name, "
           "CASE WHEN operators.role = 'operate' THEN tokens.role ELSE 'read' END, tokens.created, expires, last_used "
           "FROM tokens JOIN operators ON operators.id = operator_id " +
           std::string(rest);
}

Token token_of(const Row& row) {
    Token token;
    token.id = row.integer(0);
    token.digest = digest_from(row.bytes(1));
    token.operator_id = row.integer(2);
    token.operator_name = row.text(3);
    token.name = row.text(4);
    token.role = role_of(row.text(5)).value_or(Role::read);
    token.created = row.time(6);
    token.expires = row.optional_time(7);
    token.last_used = row.optional_time(8);
    return token;
}

Result<std::vector<Token>> tokens_of(const Result<Rows>& rows) {
    if (!rows) return base::fail(rows.error());
    std::vector<Token> all;
    for (const Row& row : *rows)
        all.push_back(token_of(row));
    return all;
}

Result<void> check(const NewToken& fresh, Time now) {
    if (fresh.name.empty() || fresh.name.size() > longest_token_name || !is_printable(fresh.name)) {
        return base::fail(ErrorKind::input, "name_invalid",
                          "A token's name must be 1 to 64 bytes of UTF-8 without control characters.");
    }
    if (fresh.expires && *fresh.expires <= now) {
        return base::fail(ErrorKind::input, "expiry_past", "The token would have expired already.",
                          "Choose a time to come.");
    }
    return {};
}

}  // namespace

bool is_live(const Token& token, Time now) {
    return !token.expires || now < *token.expires;
}

Result<IssuedToken> Tokens::issue(const NewToken& fresh, Time now) {
    if (auto fine = check(fresh, now); !fine) return base::fail(fine.error());
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto owner = database_->query("SELECT role FROM operators WHERE id = $1", {fresh.operator_id});
    if (!owner) return base::fail(owner.error());
    if (owner->empty()) return base::fail(ErrorKind::not_found, "no_operator", "There is no such operator any more.");
    if (fresh.role == Role::operate && role_of(owner->front().text(0)) != Role::operate) {
        return base::fail(ErrorKind::denied, "role_too_high", "A token can't do more than its operator.",
                          "Choose the role \"read\".");
    }

    base::Secret bearer = random_bearer("gh_");
    const Digest digest = digest_of(bearer.reveal());
    const auto added = database_->query(
        "INSERT INTO tokens (digest, operator_id, name, role, created, expires) VALUES ($1, $2, $3, $4, $5, $6) "
        "RETURNING id",
        {bytes_of(digest), fresh.operator_id, fresh.name, name(fresh.role), now, fresh.expires});
    if (!added) {
        if (added.error().code != "record_exists") return base::fail(added.error());
        return base::fail(ErrorKind::conflict, "token_exists",
                          "This operator has a token " + config::in_quotes(fresh.name) + " already.",
                          "Choose another name, or revoke that one.");
    }
    const auto rows = database_->query(tokens_where("WHERE tokens.id = $1"), {added->front().integer(0)});
    if (!rows) return base::fail(rows.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return IssuedToken{std::move(bearer), token_of(rows->front())};
}

Result<std::vector<Token>> Tokens::list(std::optional<std::int64_t> operator_id) {
    if (!operator_id) return tokens_of(database_->query(tokens_where("ORDER BY tokens.id DESC")));
    return tokens_of(database_->query(tokens_where("WHERE operator_id = $1 ORDER BY tokens.id DESC"), {*operator_id}));
}

Result<std::vector<Token>> Tokens::live(Time now) {
    return tokens_of(database_->query(tokens_where("WHERE expires IS NULL OR expires > $1 ORDER BY tokens.id"), {now}));
}

Result<void> Tokens::touch(std::span<const Sighting> sightings) {
    if (sightings.empty()) return {};
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    for (const Sighting& sighting : sightings) {
        const auto done =
            database_->change("UPDATE tokens SET last_used = $2 WHERE id = $1 AND coalesce(last_used, 0) < $2",
                              {sighting.id, sighting.at});
        if (!done) return base::fail(done.error());
    }
    return transaction->commit();
}

Result<void> Tokens::revoke(std::int64_t operator_id, std::int64_t id) {
    const auto done = database_->change("DELETE FROM tokens WHERE id = $1 AND operator_id = $2", {id, operator_id});
    if (!done) return base::fail(done.error());
    if (*done == 0) {
        return base::fail(ErrorKind::not_found, "no_token", "This operator has no token " + std::to_string(id) + ".");
    }
    return {};
}

}  // namespace gatehouse::records
