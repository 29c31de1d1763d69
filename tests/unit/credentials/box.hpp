// A box as the credentials room sees it: a state directory, settings, and hooks that write down what they are told.
#pragma once

#include "server/credentials/credentials.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <ctime>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gatehouse::credentials::testing {

namespace pki = certstore::testing;

/// A wish whose validity is around the real now: a box lives in the present.
inline pki::Wish present_wish(const std::string& name, std::int64_t days_left = 100) {
    pki::Wish wish;
    wish.common_name = name;
    wish.alternative_names = "DNS:" + name;
    wish.not_before = std::time(nullptr) - 10 * pki::day;
    wish.not_after = std::time(nullptr) + days_left * pki::day;
    return wish;
}

class Box {
public:
    Box() {
        settings.state_directory = folder.path();
        settings.one_time_file = folder / "otc.conf.json";
        for (const auto interface : config::interfaces) {
            auto& own = settings.interfaces[interface];
            own.hostname = "box.example";
            own.certificate = folder.path() / config::name(interface) / "cert.pem";
            own.key = folder.path() / config::name(interface) / "cert.key";
            std::filesystem::create_directories(folder.path() / config::name(interface));
        }
    }

    /// Starts the credentials' thread, as the appliance does.
    void start() {
        credentials.emplace(files, log, settings, "",
                            Hooks{.activate =
                                      [this](config::Interface interface, const certstore::SslContextPtr& context) {
                                          const std::lock_guard lock(mutex);
                                          contexts[interface].push_back(context);
                                      },
                                  .tell =
                                      [this](std::shared_ptr<const DoorStatus> status) {
                                          const std::lock_guard lock(mutex);
                                          const auto interface = status->interface;
                                          ++told;
                                          statuses[interface] = std::move(status);
                                      }},
                            between_looks);
        const auto begun = credentials->begin();
        INFO((begun ? std::string() : begun.error().text()));
        REQUIRE(begun.has_value());
        credentials->start();
    }
    void stop() { credentials.reset(); }
    void restart() {
        stop();
        start();
    }

    /// Asks, and waits for the run to be over.
    void ask(Trigger trigger) {
        std::promise<void> done;
        credentials->ask(trigger, [&done] { done.set_value(); });
        REQUIRE(done.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    }

    [[nodiscard]] DoorStatus status(config::Interface interface = config::Interface::clean) {
        const std::lock_guard lock(mutex);
        REQUIRE(statuses[interface]);
        return *statuses[interface];
    }
    [[nodiscard]] std::string served(config::Interface interface = config::Interface::clean) {
        return status(interface).certificate.subject;
    }
    [[nodiscard]] std::size_t activations(config::Interface interface = config::Interface::clean) {
        const std::lock_guard lock(mutex);
        return contexts[interface].size();
    }

    /// Waits for a condition; false after a generous deadline.
    template <class Condition>
    [[nodiscard]] bool eventually(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return true;
    }

    void place(const std::string& certificate_pem, const std::string& key_pem,
               config::Interface interface = config::Interface::clean) const {
        pki::write_text(settings.interfaces[interface].key, key_pem);
        pki::write_text(settings.interfaces[interface].certificate, certificate_pem);
    }
    void place(const pki::Made& made, config::Interface interface = config::Interface::clean) const {
        place(made.pem(), made.key_pem(), interface);
    }
    /// The same with the key encrypted.
    void place_encrypted(const pki::Made& made, const std::string& passphrase,
                         config::Interface interface = config::Interface::clean) const {
        pki::write_text(folder / "plain.key", made.key_pem());
        pki::run(folder.path(), "openssl pkcs8 -topk8 -in plain.key -out sealed.key -passout pass:" + passphrase);
        place(made.pem(), pki::read_text(folder / "sealed.key"), interface);
        std::filesystem::remove(folder / "plain.key");
        std::filesystem::remove(folder / "sealed.key");
    }
    void leave_one_time_file(const std::string& text) const { pki::write_text(settings.one_time_file, text); }
    [[nodiscard]] bool one_time_file_is_there() const { return std::filesystem::exists(settings.one_time_file); }

    [[nodiscard]] bool anything_on_disk_holds(std::string_view text) const {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
            if (entry.is_regular_file() && pki::read_text(entry.path()).find(text) != std::string::npos) return true;
        }
        return false;
    }

    tests::Folder folder;
    config::Settings settings;
    std::chrono::steady_clock::duration between_looks = std::chrono::hours(1);
    base::SystemFiles files;
    base::Log log{base::LogLevel::error};
    std::mutex mutex;
    config::PerInterface<std::vector<certstore::SslContextPtr>> contexts;
    config::PerInterface<std::shared_ptr<const DoorStatus>> statuses;
    std::size_t told = 0;
    std::optional<Credentials> credentials;  // last: its thread uses all the others
};

}  // namespace gatehouse::credentials::testing
