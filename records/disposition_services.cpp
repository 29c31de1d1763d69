#include "records/disposition_services.hpp"

#include "config/address.hpp"
#include "config/json_text.hpp"
#include "config/seal.hpp"
#include "records/disposition_queries.hpp"
#include "records/dispositions.hpp"
#include "records/text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;
using config::in_quotes;

constexpr std::size_t longest_service_url = 2048;
constexpr std::size_t longest_service_user = 256;
constexpr std::size_t longest_service_password = 1024;

// Where a sealed password belongs: moved to another row, or the row's URL changed, it does not open. Who can write to
// the database can't have it sent to a place of his own.
std::string place_of_password(std::int64_t id, std::string_view url) {
    return "disposition_services:sealed_password:" + std::to_string(id) + ":" + std::string(url);
}

tl::unexpected<base::Error> url_invalid(std::string message) {
    return base::fail(ErrorKind::input, "url_invalid", std::move(message),
                      "Write https://HOST/PATH, with :PORT behind HOST where it is not 443.");
}

// HOST or HOST:PORT, IPv6 addresses in brackets.
bool is_authority(std::string_view text) {
    std::string_view host = text;
    const std::size_t bracket = text.find(']');
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        host = text.substr(0, colon);
        const std::string_view port = text.substr(colon + 1);
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (error != std::errc() || end != port.data() + port.size() || number == 0) return false;
    }
    if (host.starts_with('[') != host.ends_with(']')) return false;
    const bool bracketed = host.starts_with('[');
    if (bracketed) host = host.substr(1, host.size() - 2);
    return bracketed == (host.find(':') != std::string_view::npos) && !config::hostname_fault(host);
}

Result<void> check_request(const ServiceRequest& request) {
    if (auto fine = check_service_url(request.url); !fine) return fine;
    if (request.user_name.empty() || request.user_name.size() > longest_service_user ||
        !is_printable(request.user_name) || request.user_name.find(':') != std::string::npos) {
        return base::fail(ErrorKind::input, "user_invalid",
                          "The user name of a service must be 1 to 256 bytes of UTF-8 without control characters and "
                          "without a colon.");
    }
    if (!request.password) return {};
    const std::string_view password = request.password->reveal();
    if (password == shown_for_password) {
        return base::fail(ErrorKind::input, "password_invalid", "The password is what is shown instead of one.",
                          "Leave it out to keep the one there is, or enter the service's.");
    }
    if (!password.empty() && password.size() <= longest_service_password && is_printable(password)) return {};
    return base::fail(ErrorKind::input, "password_invalid",
                      "The password of a service must be 1 to 1024 bytes of UTF-8 without control characters.");
}

tl::unexpected<base::Error> service_missing() {
    return base::fail(ErrorKind::not_found, "no_service", "There is no such disposition update service.");
}

tl::unexpected<base::Error> service_taken(const base::Error& error) {
    if (error.code != "record_exists") return base::fail(error);
    return base::fail(ErrorKind::conflict, "service_exists", "There is a service with this URL and user name already.",
                      "Edit that one.");
}

constexpr std::size_t password_column = 13;
std::string services_where(std::string_view rest) {
    return "SELECT id, url, user_name, network, created, version, last_success, last_failure, failure_message, "
           "waiting, failed, dropped, (SELECT min(queued_at) FROM dispositions WHERE service = disposition_services.id "
           "AND state <> 'failed'), sealed_password FROM disposition_services " +
           std::string(rest);
}

DispositionService service_of(const Row& row) {
    DispositionService one;
    one.id = row.integer(0);
    one.url = row.text(1);
    one.user_name = row.text(2);
    one.network = row.text(3) == config::name(config::Network::clean) ? config::Network::clean : config::Network::dirty;
    one.created = row.time(4);
    one.version = row.integer(5);
    one.last_success = row.optional_time(6);
    one.last_failure = row.optional_time(7);
    one.failure_message = row.text(8);
    one.queue = {row.integer(9), row.integer(10), row.integer(11), row.optional_time(12)};
    return one;
}

Result<Secret> unsealed(const Row& row, const DispositionService& service, const Secret& key) {
    auto password = config::unseal(row.bytes(password_column), place_of_password(service.id, service.url), key);
    if (password) return std::move(*password);
    return base::fail(ErrorKind::crypto, "sealed_damaged",
                      "The password for " + in_quotes(shown_url(service.url)) +
                          " can't be unsealed: it was changed, or sealed with another key.",
                      "Enter it again.");
}

}  // namespace

std::string plain_url(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    constexpr std::string_view default_port = ":443";
    if (!url.starts_with(scheme)) return std::string(url);
    const std::string_view rest = url.substr(scheme.size());
    std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    const std::string_view target = rest.substr(authority.size());
    if (authority.ends_with(default_port)) authority.remove_suffix(default_port.size());
    return std::string(scheme).append(lower_case(authority)).append(target);
}

Result<void> check_service_url(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    if (url.find('@') != std::string_view::npos && url.find('@') < url.find_first_of("/?", scheme.size())) {
        return url_invalid("The URL holds a user name or a password, which have fields of their own.");
    }
    if (url.size() > longest_service_url) return url_invalid("The URL is longer than 2048 bytes.");
    if (!url.starts_with(scheme)) return url_invalid("The URL " + in_quotes(url) + " does not begin with https://.");
    // As net::parse_https_url takes it, by which it is called.
    const auto is_allowed = [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos;
    };
    const std::string_view host = url.substr(scheme.size(), url.find_first_of("/?#", scheme.size()) - scheme.size());
    const auto is_foreign = [](char c) { return static_cast<unsigned char>(c) > 0x7f; };
    if (std::any_of(host.begin(), host.end(), is_foreign)) {
        return base::fail(ErrorKind::input, "url_invalid",
                          "The host in the URL " + in_quotes(url) + " has letters beyond ASCII.",
                          "Write the name as the DNS has it, which begins with xn--.");
    }
    if (!std::all_of(url.begin(), url.end(), is_allowed)) {
        return url_invalid("The URL " + in_quotes(url) +
                           " holds a character that no URL may have, or # with what follows it.");
    }
    const std::string_view rest = url.substr(scheme.size());
    if (is_authority(rest.substr(0, rest.find_first_of("/?")))) return {};
    return url_invalid("The URL " + in_quotes(url) + " names no host, or no port from 1 to 65535 behind it.");
}

std::string shown_url(std::string_view url) {
    std::string_view rest = url.substr(0, url.find_first_of("?#"));
    constexpr std::string_view behind_scheme = "://";
    const std::size_t scheme = rest.find(behind_scheme);
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + behind_scheme.size();
    std::string shown(rest.substr(0, begin));
    rest.remove_prefix(begin);
    const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
    return shown.append(at == std::string_view::npos ? rest : rest.substr(at + 1));
}

DispositionServices::DispositionServices(Database& database, const Secret& box_key)
    : database_(&database), sealing_key_(config::derived_key(config::main_key_of(box_key.reveal()), 4, "ghusers_")) {}

Result<DispositionService> DispositionServices::add(const ServiceRequest& request, Time now) {
    if (auto fine = check_request(request); !fine) return base::fail(fine.error());
    if (!request.password) {
        return base::fail(ErrorKind::input, "password_needed", "A service needs a password.");
    }
    const std::string url = plain_url(request.url);
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto count = database_->query("SELECT count(*) FROM disposition_services");
    if (!count) return base::fail(count.error());
    if (count->front().integer(0) >= most_services) {
        return base::fail(ErrorKind::conflict, "too_many_services",
                          "There are " + std::to_string(most_services) + " services already, which is the most.",
                          "Remove one first.");
    }
    const auto added = database_->query(
        "INSERT INTO disposition_services (url, user_name, sealed_password, network, created, version, "
        "failure_message, probes, waiting, failed, dropped) VALUES ($1, $2, $3, $4, $5, 1, '', 0, 0, 0, 0) "
        "RETURNING id",
        {url, request.user_name, Bytes{}, config::name(request.network.value_or(config::Network::dirty)), now});
    if (!added) return service_taken(added.error());
    const std::int64_t id = added->front().integer(0);
    const std::string sealed = config::seal(request.password->reveal(), place_of_password(id, url), sealing_key_);
    const auto kept =
        database_->change("UPDATE disposition_services SET sealed_password = $2 WHERE id = $1", {id, Bytes{sealed}});
    if (!kept) return base::fail(kept.error());
    auto made = found(id);
    if (!made) return made;
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return made;
}

Result<DispositionService> DispositionServices::edit(std::int64_t id, const ServiceRequest& request, Time now) {
    if (auto fine = check_request(request); !fine) return base::fail(fine.error());
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto before = found(id);
    if (!before) return base::fail(before.error());
    // The password is bound to the URL as it is written: without another one it stays so.
    const std::string url = request.password ? plain_url(request.url) : before->url;
    if (!request.password && plain_url(request.url) != plain_url(before->url)) {
        return base::fail(ErrorKind::input, "password_needed",
                          "The URL was changed: the password that was meant for the former one is not sent to another.",
                          "Enter the password again.");
    }
    const auto done = database_->change(
        "UPDATE disposition_services SET url = $2, user_name = $3, network = $4, version = version + 1 WHERE id = $1",
        {id, url, request.user_name, config::name(request.network.value_or(before->network))});
    if (!done) return service_taken(done.error());
    if (request.password) {
        const std::string sealed = config::seal(request.password->reveal(), place_of_password(id, url), sealing_key_);
        const auto kept = database_->change("UPDATE disposition_services SET sealed_password = $2 WHERE id = $1",
                                            {id, Bytes{sealed}});
        if (!kept) return base::fail(kept.error());
    }
    const auto hastened = database_->change(disposition_queries::hasten, {id, now});
    if (!hastened) return base::fail(hastened.error());
    auto edited = found(id);
    if (!edited) return edited;
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return edited;
}

Result<bool> DispositionServices::remove_next(std::int64_t id) {
    namespace queries = disposition_queries;
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    auto left = static_cast<std::int64_t>(Dispositions::most_of_batch);
    for (const std::string_view forget : {queries::forget_failed, queries::forget_behind, queries::forget_waiting}) {
        const auto gone = database_->change(forget, {id, left});
        if (!gone) return base::fail(gone.error());
        left -= *gone;
    }
    if (left > 0) {
        const auto done = database_->change("DELETE FROM disposition_services WHERE id = $1", {id});
        if (!done) return base::fail(done.error());
        if (*done == 0) return service_missing();
    }
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return left > 0;
}

Result<std::vector<DispositionService>> DispositionServices::list() {
    const auto rows = database_->query(services_where("ORDER BY id"));
    if (!rows) return base::fail(rows.error());
    std::vector<DispositionService> all;
    for (const Row& row : *rows)
        all.push_back(service_of(row));
    return all;
}

Result<std::optional<DispositionService>> DispositionServices::find(std::int64_t id) {
    const auto rows = database_->query(services_where("WHERE id = $1"), {id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    return service_of(rows->front());
}

Result<DispositionService> DispositionServices::found(std::int64_t id) {
    auto one = find(id);
    if (!one) return base::fail(one.error());
    if (!*one) return service_missing();
    return std::move(**one);
}

Result<std::vector<ServiceAccess>> DispositionServices::access() {
    const auto rows = database_->query(services_where("ORDER BY id"));
    if (!rows) return base::fail(rows.error());
    std::vector<ServiceAccess> all;
    for (const Row& row : *rows) {
        DispositionService service = service_of(row);
        auto password = unsealed(row, service, sealing_key_);
        all.push_back({std::move(service), std::move(password)});
    }
    return all;
}

Result<ServiceAccess> DispositionServices::access(std::int64_t id) {
    const auto rows = database_->query(services_where("WHERE id = $1"), {id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return service_missing();
    DispositionService service = service_of(rows->front());
    auto password = unsealed(rows->front(), service, sealing_key_);
    return ServiceAccess{std::move(service), std::move(password)};
}

}  // namespace gatehouse::records
