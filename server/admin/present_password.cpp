#include "server/admin/present_password.hpp"

#include "records/password.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/replies.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::admin {

namespace {

http::Response wrong() {
    return http::problem(403, "present_password_wrong", "This is not the present password.");
}

}  // namespace

boost::asio::awaitable<tl::expected<records::Account, http::Response>> prove_present_password(
    const Services& services, const http::Request& request, const base::Secret& password) {
    const std::string& name = request.caller->name;
    if (const auto wait = begin_guess(services, request); wait.count() > 0) co_return tl::unexpected(too_many(wait));
    const auto account = co_await services.archive->run(
        [&](records::Database& database) { return records::Operators(database).find_account(name); });
    if (!account) {
        not_judged(services, request);
        co_return tl::unexpected(http::problem(account.error()));
    }
    const auto right = co_await services.hashing.run([&]() -> base::Result<bool> {
        return *account && records::verify_password((*account)->password_hash, password);
    });
    if (!right) {
        not_judged(services, request);
        co_return tl::unexpected(http::problem(right.error()));
    }
    if (!*right) {
        Note entry{.action = "operator.password_refused", .object = name, .refusal = "present_password_wrong"};
        co_await note(services, request, std::move(entry));
        co_return tl::unexpected(wrong());
    }
    guessed_right(services, request);
    co_return **account;
}

http::Response problem_after_proof(const base::Error& error) {
    return error.code == "credentials_changed" ? wrong() : http::problem(error);
}

std::chrono::seconds begin_guess(const Services& services, const http::Request& request) {
    return services.recheck_throttle.begin(request.caller->name, request.caller->id);
}

void guessed_right(const Services& services, const http::Request& request) {
    services.recheck_throttle.succeeded(request.caller->name, request.caller->id);
}

void not_judged(const Services& services, const http::Request& request) {
    services.recheck_throttle.take_back(request.caller->name, request.caller->id);
}

}  // namespace gatehouse::admin
