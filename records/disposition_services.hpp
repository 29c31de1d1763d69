// The disposition update services: who is told of malicious samples, and how it is going. Their passwords are sealed,
// bound to row and URL. Used like the Database it was given: by one thread at a time; blocking. What they are told
// waits in records/dispositions.
#pragma once

#include "base/secret.hpp"
#include "config/settings.hpp"
#include "records/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// What somebody says of a service.
struct ServiceRequest {
    std::string url;        ///< https, at most 2048 bytes
    std::string user_name;  ///< 1 to 256 bytes, without control characters and colons (RFC 7617)
    /// 1 to 1024 bytes of UTF-8 without control characters; nullopt: as it was.
    std::optional<base::Secret> password;
    std::optional<config::Network> network;  ///< nullopt: as it was; of a new one dirty
};

/// How its queue is doing.
struct ServiceQueue {
    std::int64_t waiting = 0;
    std::int64_t failed = 0;             ///< kept, to be retried
    std::int64_t dropped = 0;            ///< failed, and forgotten because there were too many
    std::optional<Time> oldest_waiting;  ///< since when; nullopt: none waits
};

/// A service as it is kept, without its password.
struct DispositionService {
    std::int64_t id = 0;
    std::string url;
    std::string user_name;
    config::Network network = config::Network::dirty;
    Time created;
    std::int64_t version = 0;  ///< another one after each edit
    std::optional<Time> last_success;
    std::optional<Time> last_failure;
    std::string failure_message;  ///< of the last one; for people
    ServiceQueue queue;
};

/// What a call takes beside the service.
struct ServiceAccess {
    DispositionService service;
    base::Result<base::Secret> password;  ///< crypto/sealed_damaged: to be entered again
};

/// Whether a call may go to that URL as far as its text tells: https://HOST[:PORT][/PATH][?QUERY], without a user name
/// and a fragment. The addresses behind HOST are judged when it is called. Errors: input/url_invalid, which does not
/// repeat it where it may hold a password.
[[nodiscard]] base::Result<void> check_service_url(std::string_view url);

/// What an answer shows instead of a password, and what therefore is none.
inline constexpr std::string_view shown_for_password = "*****";

/// The URL as it is kept, so that one service is one: its host in lower case, without the port that https has anyway.
[[nodiscard]] std::string plain_url(std::string_view url);

/// What of a URL may stand in a log or in the audit: it without its query, which may be a secret, and without what may
/// be a password.
[[nodiscard]] std::string shown_url(std::string_view url);

/// Errors of all: those of Database.
class DispositionServices {
public:
    static constexpr std::int64_t most_services = 32;

    /// `box_key`: see records/users_key.
    DispositionServices(Database& database, const base::Secret& box_key);

    /// The service as it is then. Errors: input/url_invalid, user_invalid, password_invalid, password_needed (there is
    /// none); conflict/service_exists (the same URL and user), too_many_services.
    [[nodiscard]] base::Result<DispositionService> add(const ServiceRequest& request, Time now);
    /// What waits for a later attempt may be tried at once. Errors: as `add`, where password_needed means that the URL
    /// was changed: the password that was meant for one place is not sent to another; not_found/no_service.
    [[nodiscard]] base::Result<DispositionService> edit(std::int64_t id, const ServiceRequest& request, Time now);
    /// Forgets at most Dispositions::most_of_batch of what waits for it or has failed, and with the last of them the
    /// service. True: it is gone; else ask again. Errors: not_found/no_service.
    [[nodiscard]] base::Result<bool> remove_next(std::int64_t id);

    /// All, by their ids.
    [[nodiscard]] base::Result<std::vector<DispositionService>> list();
    [[nodiscard]] base::Result<std::optional<DispositionService>> find(std::int64_t id);
    /// All with their passwords, for who calls them; a password that can't be unsealed stands in nobody else's way.
    [[nodiscard]] base::Result<std::vector<ServiceAccess>> access();
    /// One of them, for a test of the connection. Errors: not_found/no_service.
    [[nodiscard]] base::Result<ServiceAccess> access(std::int64_t id);

private:
    [[nodiscard]] base::Result<DispositionService> found(std::int64_t id);

    Database* database_;
    base::Secret sealing_key_;
};

}  // namespace gatehouse::records
