#include "server/admin/present_password.hpp"

#include "records/operators.hpp"
#include "records/password.hpp"
#include "server/admin/replies.hpp"

namespace gatehouse::admin {

boost::asio::awaitable<std::optional<http::Response>> refuse_password(const Services& services,
                                                                      const http::Request& request,
                                                                      const std::string& name,
                                                                      const base::Secret& password) {
    const std::string network = request.peer.network().text();
    if (const auto wait = services.throttle->begin(name, network); wait.count() > 0) co_return too_many(wait);
    const auto account = co_await services.archive->run(
        [&](records::Database& database) { return records::Operators(database).find_account(name); });
    if (!account) co_return http::problem(account.error());
    const auto right = co_await services.hashing->run([&]() -> base::Result<bool> {
        return *account && records::verify_password((*account)->password_hash, password);
    });
    if (!right) co_return http::problem(right.error());
    if (!*right) co_return http::problem(403, "present_password_wrong", "This is not the present password.");
    services.throttle->succeeded(name, network);
    co_return std::nullopt;
}

}  // namespace gatehouse::admin
