// Engines for the tests: the real clamd with a signature of the test's own, and ones that do as they are told, for what
// no real engine can be made to do.
#pragma once

#include "base/descriptor.hpp"
#include "config/settings.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/net/process.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gatehouse::integrations::testing {

/// clamd on a Unix socket, which knows one signature: the MD5 of `malware()`. Answers when the constructor returns.
class Clamd {
public:
    /// `lines`: more of its configuration.
    explicit Clamd(const std::string& lines = {});

    /// A harmless text that this clamd takes for malware.
    [[nodiscard]] static std::string malware() { return "Gatehouse's tests take this line for malware.\n"; }
    [[nodiscard]] static std::string signature() { return "Gatehouse.Test.UNOFFICIAL"; }
    [[nodiscard]] config::AnalysisSettings settings() const;
    [[nodiscard]] std::string log() const { return process_->output(); }
    void stop() { process_.reset(); }
    void start();

private:
    tests::Folder folder_;
    std::unique_ptr<net::testing::Process> process_;
};

/// One connection to a ScriptedEngine, as the engine sees it. Blocking; every step ends when the engine is to end.
class Visit {
public:
    Visit(base::Descriptor client, const std::atomic<bool>& stopping)
        : client_(std::move(client)), stopping_(stopping) {}

    /// `count` bytes, fewer where the client went away.
    std::string take(std::size_t count);
    /// What comes before `end`.
    std::string take_until(char end);
    /// Until the client closes.
    void wait_for_end();
    void say(std::string_view bytes);
    void close() { client_ = base::Descriptor(); }

private:
    bool readable();

    base::Descriptor client_;
    const std::atomic<bool>& stopping_;
};

/// Listens on a Unix socket and plays `play` with each client, each on a thread of its own.
class ScriptedEngine {
public:
    using Play = std::function<void(Visit&)>;
    explicit ScriptedEngine(Play play, config::EngineProtocol protocol = config::EngineProtocol::gatehouse);
    ScriptedEngine(const ScriptedEngine&) = delete;
    ScriptedEngine& operator=(const ScriptedEngine&) = delete;
    ~ScriptedEngine();

    [[nodiscard]] config::AnalysisSettings settings() const;
    /// How many came, those who only looked included.
    [[nodiscard]] std::size_t visits() const { return visits_; }

private:
    void serve();

    Play play_;
    config::EngineProtocol protocol_;
    tests::Folder folder_;
    base::Descriptor listening_;
    std::atomic<std::size_t> visits_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// Takes a sample by our protocol; its header line and bytes. Both empty: the client only looked.
struct Taken {
    std::string header;
    std::string bytes;
};
[[nodiscard]] Taken take_sample(Visit& visit);

}  // namespace gatehouse::integrations::testing
