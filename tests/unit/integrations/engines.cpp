#include "tests/unit/integrations/engines.hpp"

#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utility>

namespace gatehouse::integrations::testing {

namespace {

sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.native().size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    return address;
}

bool connects(const std::filesystem::path& path) {
    const sockaddr_un address = address_of(path);
    const base::Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

// ---------------------------------------------------------------- clamd

Clamd::Clamd(const std::string& lines) {
    std::filesystem::create_directory(folder_ / "signatures");
    folder_.write("malware", malware());
    certstore::testing::run(folder_.path(),
                            "echo \"$(md5sum < malware | cut -d ' ' -f 1):$(stat -c %s malware):Gatehouse.Test\""
                            " > signatures/test.hdb");
    folder_.write("clamd.conf", "LocalSocket " + (folder_ / "clamd.sock").string() + "\nDatabaseDirectory " +
                                    (folder_ / "signatures").string() +
                                    "\nForeground yes\nFixStaleSocket yes\nTemporaryDirectory " +
                                    folder_.path().string() + "\n" + lines);
    start();
}

void Clamd::start() {
    const std::vector<std::string> command{"/usr/sbin/clamd", "--config-file=" + (folder_ / "clamd.conf").string()};
    process_ = std::make_unique<net::testing::Process>(command, "clamav-daemon", folder_ / "log");
    const bool ready = process_->wait_until([&] { return connects(folder_ / "clamd.sock"); });
    INFO(log());
    REQUIRE(ready);
}

config::AnalysisSettings Clamd::settings() const {
    config::AnalysisSettings settings;
    settings.socket = folder_ / "clamd.sock";
    settings.seconds = 60;
    return settings;
}

// ---------------------------------------------------------------- engines that are told what to do

bool Visit::readable() {
    while (!stopping_ && client_) {
        pollfd wait{client_.get(), POLLIN, 0};
        if (::poll(&wait, 1, 20) == 1) return true;
    }
    return false;
}

std::string Visit::take(std::size_t count) {
    std::string taken;
    std::array<char, 65536> chunk{};
    while (taken.size() < count && readable()) {
        const ssize_t got = ::recv(client_.get(), chunk.data(), std::min(count - taken.size(), chunk.size()), 0);
        if (got <= 0) break;
        taken.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return taken;
}

std::string Visit::take_until(char end) {
    std::string taken;
    for (std::string one = take(1); one.size() == 1 && one[0] != end; one = take(1))
        taken += one;
    return taken;
}

void Visit::wait_for_end() {
    while (!take(65536).empty()) {
    }
}

void Visit::say(std::string_view bytes) {
    while (!stopping_ && !bytes.empty()) {
        pollfd wait{client_.get(), POLLOUT, 0};
        if (::poll(&wait, 1, 20) != 1) continue;
        const ssize_t sent = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

ScriptedEngine::ScriptedEngine(Play play, config::EngineProtocol protocol)
    : play_(std::move(play)),
      protocol_(protocol),
      listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const sockaddr_un address = address_of(folder_ / "engine.sock");
    REQUIRE(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_.get(), 64) == 0);
    thread_ = std::thread([this] { serve(); });
}

ScriptedEngine::~ScriptedEngine() {
    stopping_ = true;
    thread_.join();
}

config::AnalysisSettings ScriptedEngine::settings() const {
    config::AnalysisSettings settings;
    settings.socket = folder_ / "engine.sock";
    settings.protocol = protocol_;
    settings.seconds = 60;
    return settings;
}

void ScriptedEngine::serve() {
    std::vector<std::thread> visits;
    while (!stopping_) {
        pollfd wait{listening_.get(), POLLIN, 0};
        if (::poll(&wait, 1, 20) != 1) continue;
        base::Descriptor client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) continue;
        ++visits_;
        visits.emplace_back([this, number = client.release()] {
            Visit visit(base::Descriptor(number), stopping_);
            play_(visit);
        });
    }
    for (std::thread& one : visits)
        one.join();
}

Taken take_sample(Visit& visit) {
    Taken taken;
    taken.header = visit.take_until('\n');
    const auto header = nlohmann::json::parse(taken.header, nullptr, false);
    if (header.is_object()) taken.bytes = visit.take(header.value("size", std::size_t{0}));
    return taken;
}

}  // namespace gatehouse::integrations::testing
