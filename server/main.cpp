// gatehoused: reads its command line and its configuration, then runs the appliance. Exit codes: 0 fine, 1 failure, 2
// usage, 78 configuration (sysexits' EX_CONFIG).
#include "base/log.hpp"
#include "config/load.hpp"
#include "server/appliance.hpp"
#include "server/check.hpp"
#include "server/system/passed_sockets.hpp"
#include "server/system/process.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <filesystem>
#include <iostream>
#include <utility>

using namespace gatehouse;

namespace {

enum Exit { fine = 0, failure = 1, usage = 2, configuration = 78 };

int serve(const std::filesystem::path& file) {
    base::Log log;
    if (const auto prepared = system::prepare_process(); !prepared) {
        log.warning("process.not_prepared", prepared.error().text(), {{"code", prepared.error().code}});
    }
    auto passed = system::passed_sockets();
    if (!passed) {
        log.error("server.failed", passed.error().text(), {{"code", passed.error().code}});
        return failure;
    }
    const base::SystemFiles files;
    auto settings = config::load(files, file);
    if (!settings) {
        for (const base::Error& error : settings.error()) {
            log.error("configuration.refused", error.text(), {{"code", error.code}, {"file", file.string()}});
        }
        return configuration;
    }
    log.configure(settings->log.level, settings->log.format);
    server::Appliance appliance(file, std::move(*settings), log);
    if (const auto started = appliance.start(std::move(*passed)); !started) {
        log.error("server.failed", started.error().text(), {{"code", started.error().code}});
        return failure;
    }
    appliance.run();
    return fine;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Gatehouse, the HTTPS server that an appliance ships with: two doors, and certificates that change without a "
        "restart.",
        "gatehoused"};
    std::string file = "/etc/gatehouse/gatehouse.json";
    bool only_check = false;
    app.add_option("--config", file, "The configuration file")->type_name("FILE")->capture_default_str();
    app.add_flag("--check", only_check,
                 "Say what is wrong with configuration and certificates, change nothing, and end");
    app.set_version_flag("--version", "gatehoused " GATEHOUSE_VERSION);
    app.footer(
        "Example: gatehoused --config /etc/gatehouse/gatehouse.json --check\n"
        "Exit codes: 0 fine, 1 failure, 2 usage, 78 configuration.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? fine : usage;
    }
    try {
        return only_check ? (server::check(file, std::cout) ? fine : failure) : serve(std::filesystem::absolute(file));
    } catch (const std::exception& error) {
        std::cerr << "gatehoused: " << error.what() << '\n';
        return failure;
    }
}
