#include "server/doors.hpp"

#include "server/front.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace gatehouse::server {

namespace {

constexpr std::uint16_t https_port = 443;

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// Where the plain port redirects to depends on the hostname, HSTS on both.
bool changes_content(const credentials::DoorStatus& before, const credentials::DoorStatus& now) {
    return before.hostname != now.hostname || before.certificate.self_signed != now.certificate.self_signed;
}

}  // namespace

Doors::Doors(Workers& workers, Addresses listening, config::Settings settings, base::Log& log)
    : workers_(workers), listening_(std::move(listening)), settings_(std::move(settings)), log_(log) {}

void Doors::begin(std::shared_ptr<const credentials::DoorStatus> status) {
    const config::Interface interface = status->interface;
    show_page(std::move(status));
    configure_workers(interface);
}

void Doors::open(config::Interface interface) {
    workers_.open(interface);
}

void Doors::show(std::shared_ptr<const credentials::DoorStatus> status) {
    const auto before = board_.status(status->interface);
    const bool matters = !before || changes_content(*before, *status);
    show_page(std::move(status));
    if (matters) configure_workers();
}

void Doors::show_page(std::shared_ptr<const credentials::DoorStatus> status) {
    workers_.show(status->interface, std::make_shared<const std::string>(facts_page(*status)));
    board_.show(std::move(status));
}

void Doors::configure(config::Settings settings) {
    settings_ = std::move(settings);
    configure_workers();
}

void Doors::offer(config::Interface interface, DoorOffer offer) {
    offers_[interface] = std::move(offer);
}

void Doors::configure_workers() {
    for (const auto interface : config::interfaces)
        configure_workers(interface);
}

void Doors::configure_workers(config::Interface interface) {
    files_trouble_[interface].reset();
    if (const auto configured = workers_.configure(interface, content(interface)); !configured) {
        const std::string member = "interfaces." + std::string(config::name(interface)) + ".files";
        log_.error("files.refused", member + ": " + configured.error().text(), {{"code", configured.error().code}});
        files_trouble_[interface] = admin::Trouble{"files_refused", member + ": " + configured.error().message,
                                                   configured.error().advice, member + " cannot be served"};
    }
}

DoorContent Doors::content(config::Interface interface) const {
    DoorContent content{.limits = settings_.limits,
                        .files = settings_.interfaces[interface].files,
                        .authority = authority(interface),
                        .hsts = {},
                        .offer = offers_[interface]};
    if (hsts_allowed(interface)) content.hsts = "max-age=" + std::to_string(settings_.hsts_seconds);
    return content;
}

std::string Doors::authority(config::Interface interface) const {
    const auto status = board_.status(interface);
    const std::string host = bracketed(status ? status->hostname : settings_.interfaces[interface].hostname);
    const std::uint16_t port = listening_[interface].front().port;
    return port == https_port ? host : host + ":" + std::to_string(port);
}

// HSTS knows no ports: a browser that was told so at one door would refuse the self-signed other one for good.
bool Doors::hsts_allowed(config::Interface interface) const {
    const auto own = board_.status(interface);
    if (settings_.hsts_seconds == 0 || !own) return false;
    return std::all_of(config::interfaces.begin(), config::interfaces.end(), [&](config::Interface other) {
        const auto status = board_.status(other);
        return status && (status->hostname != own->hostname || !status->certificate.self_signed);
    });
}

config::PerInterface<admin::DoorFacts> Doors::facts() const {
    config::PerInterface<admin::DoorFacts> facts;
    for (const auto interface : config::interfaces) {
        const config::InterfaceSettings& own = settings_.interfaces[interface];
        for (const auto& address : listening_[interface])
            facts[interface].listen.push_back(address.text());
        for (const auto& address : own.redirect)
            facts[interface].redirect.push_back(address.text());
        facts[interface].policy = own.policy;
        facts[interface].hostname_by_file = own.hostname_by_file;
        facts[interface].hostname_chosen = !own.hostname_by_file && !own.hostname.empty();
        facts[interface].policy_by_file = own.policy_by_file;
        facts[interface].legacy_tls = own.legacy_tls;
        for (const unsigned days : settings_.expiry_days)
            facts[interface].warning_days = std::max(facts[interface].warning_days, days);
    }
    return facts;
}

std::string Doors::introduction(config::Interface interface) const {
    return std::string(config::name(interface)) + " https://" + authority(interface) + "/ SHA-256 " +
           board_.status(interface)->certificate.fingerprint_sha256;
}

std::vector<std::string> Doors::summary() const {
    std::vector<std::string> parts;
    for (const auto interface : config::interfaces) {
        if (const auto status = board_.status(interface))
            parts.push_back(credentials::summary(*status, std::time(nullptr)));
    }
    return parts;
}

std::vector<admin::Trouble> Doors::troubles() const {
    std::vector<admin::Trouble> troubles;
    for (const auto interface : config::interfaces) {
        if (files_trouble_[interface]) troubles.push_back(*files_trouble_[interface]);
    }
    return troubles;
}

}  // namespace gatehouse::server
