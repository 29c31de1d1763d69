#include "server/admin/metrics.hpp"

#include "records/dispositions.hpp"
#include "server/admin/replies.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::admin {

namespace {

using config::Interface;

struct Ending {
    http::HandshakeEnd end;
    std::string_view labels;
};
constexpr std::array endings{Ending{http::HandshakeEnd::tls_1_3, "version=\"1.3\",result=\"succeeded\""},
                             Ending{http::HandshakeEnd::tls_1_2, "version=\"1.2\",result=\"succeeded\""},
                             Ending{http::HandshakeEnd::older, "version=\"older\",result=\"succeeded\""},
                             Ending{http::HandshakeEnd::failed, "version=\"none\",result=\"failed\""}};

void begin(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
    text.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

template <class Number>
void sample(std::string& text, std::string_view name, Interface interface, std::string_view labels, Number value) {
    text.append(name).append("{interface=\"").append(config::name(interface)).append("\"");
    if (!labels.empty()) text.append(",").append(labels);
    text.append("} ").append(std::to_string(value)).append("\n");
}

template <class Get>
std::uint64_t sum(const Services& services, Interface interface, const Get& get) {
    std::uint64_t total = 0;
    for (const http::Traffic* one : services.traffic(interface))
        total += get(*one).get();
    return total;
}

void put_certificates(std::string& text, const Services& services) {
    constexpr std::string_view name = "gatehouse_certificate_not_after_seconds";
    begin(text, name, "gauge", "End of the validity of the certificate served, Unix time.");
    for (const auto interface : config::interfaces)
        sample(text, name, interface, "", services.board.status(interface)->certificate.not_after);
}

void put_runs(std::string& text, const Services& services) {
    constexpr std::string_view name = "gatehouse_reloads_total";
    begin(text, name, "counter", "Runs of the path by which a certificate gets served, by how they ended.");
    for (const auto interface : config::interfaces) {
        const RunCounts& runs = services.runs[interface];
        sample(text, name, interface, "result=\"activated\"", runs.activated.get());
        sample(text, name, interface, "result=\"unchanged\"", runs.unchanged.get());
        sample(text, name, interface, "result=\"refused\"", runs.refused.get());
    }
}

void put_traffic(std::string& text, const Services& services) {
    constexpr std::string_view handshakes = "gatehouse_tls_handshakes_total";
    begin(text, handshakes, "counter", "TLS handshakes, by version and how they ended.");
    for (const auto interface : config::interfaces) {
        for (const Ending& ending : endings) {
            const auto of = [&](const http::Traffic& one) -> const http::Count& {
                return one.handshakes.at(static_cast<std::size_t>(ending.end));
            };
            sample(text, handshakes, interface, ending.labels, sum(services, interface, of));
        }
    }
    constexpr std::string_view requests = "gatehouse_requests_total";
    begin(text, requests, "counter", "Requests answered, by status.");
    for (const auto interface : config::interfaces) {
        for (unsigned status = http::Traffic::least_status; status <= http::Traffic::most_status; ++status) {
            const auto of = [&](const http::Traffic& one) -> const http::Count& {
                return one.requests.at(status - http::Traffic::least_status);
            };
            const std::uint64_t count = sum(services, interface, of);
            if (count == 0) continue;
            sample(text, requests, interface, "status=\"" + std::to_string(status) + "\"", count);
        }
    }
    constexpr std::string_view connections = "gatehouse_connections";
    begin(text, connections, "gauge", "Connections open now.");
    for (const auto interface : config::interfaces) {
        const auto of = [](const http::Traffic& one) -> const http::Count& { return one.connections; };
        sample(text, connections, interface, "", sum(services, interface, of));
    }
}

// Nothing where the database can't be asked: a number that is not known is not told.
boost::asio::awaitable<void> put_dispositions(std::string& text, const Services& services) {
    if (services.archive == nullptr) co_return;
    struct Counts {
        std::int64_t waiting = 0;
        std::int64_t failed = 0;
    };
    const auto counts = co_await services.archive->run([](records::Database& database) -> base::Result<Counts> {
        records::Dispositions dispositions(database);
        const auto waiting = dispositions.waiting();
        if (!waiting) return base::fail(waiting.error());
        const auto failed = dispositions.failed_in_all();
        if (!failed) return base::fail(failed.error());
        return Counts{*waiting, *failed};
    });
    if (!counts) co_return;
    const auto put = [&](std::string_view name, std::string_view meaning, std::int64_t count) {
        begin(text, name, "gauge", meaning);
        text.append(name).append(" ").append(std::to_string(count)).append("\n");
    };
    put("gatehouse_dispositions_queued", "Dispositions that wait to be told to other services.", counts->waiting);
    put("gatehouse_dispositions_failed", "Dispositions that could not be told and are kept to be retried.",
        counts->failed);
}

http::Later tell_metrics(const Services& services, const http::Request& /*it has nothing to say*/) {
    std::string text;
    put_certificates(text, services);
    put_runs(text, services);
    put_traffic(text, services);
    co_await put_dispositions(text, services);
    http::Response response;
    response.fields = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"},
                       {"Cache-Control", "no-store"},
                       {"X-Content-Type-Options", "nosniff"}};
    response.body = std::move(text);
    co_return response;
}

}  // namespace

void add_metrics_route(std::vector<http::Route>& routes, const Services& services) {
    routes.push_back({http::Method::get, "/metrics", http::Access::read, 0, with(services, tell_metrics)});
}

}  // namespace gatehouse::admin
