// The analysis engine behind a Unix socket, as a client: a connection of its own for each sample, by clamd's INSTREAM
// or by our own protocol (docs/analysis.md). Made by the analysis queue for each set of settings; its executor only,
// but files are read on the threads for slow work.
#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "server/integrations/clamd_reply.hpp"
#include "server/integrations/conversation.hpp"
#include "server/integrations/verdict.hpp"
#include "server/net/pool.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::integrations {

/// What is judged. The file lies in the store; the names and hashes are told to the engine.
struct Sample {
    std::string id;  ///< of the submission, for whoever keeps it; the engine is not told
    std::filesystem::path file;
    std::uint64_t size = 0;
    std::string sha256, sha1, md5;  ///< lower-case hex; empty ones are not told
    std::string filename;           ///< as it was submitted: any text
};

/// How long the engine may take for what; the whole of a sample is a setting.
struct EnginePatience {
    std::chrono::milliseconds connecting = std::chrono::seconds(5);
    std::chrono::milliseconds greeting = std::chrono::seconds(10);  ///< in all
    std::chrono::milliseconds sending = std::chrono::seconds(60);   ///< until it took the next 256 KiB
};

class Engine : public std::enable_shared_from_this<Engine> {
    struct Private {};

public:
    /// `settings.socket` must not be empty. The pool must outlive the loop's last turn.
    [[nodiscard]] static std::shared_ptr<Engine> make(const boost::asio::any_io_executor& executor, net::Pool& pool,
                                                      config::AnalysisSettings settings, EnginePatience patience = {});
    Engine(Private key, const boost::asio::any_io_executor& executor, net::Pool& pool,
           config::AnalysisSettings settings, EnginePatience patience);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() = default;

    [[nodiscard]] const config::AnalysisSettings& settings() const { return settings_; }

    /// Whether it can be reached, and who it is where its protocol says so. No verdict: unavailable or stopped.
    [[nodiscard]] boost::asio::awaitable<tl::expected<EngineName, NoVerdict>> greet();

    /// Has the sample judged; `has_it_all` is called when the engine has been sent all of it. No verdict: those of
    /// parse_verdict and parse_clamd_reply; unavailable/engine_unreachable, unavailable/busy; failed/engine_timeout,
    /// failed/engine_stalled, failed/engine_closed, failed/engine_garbled, failed/sample_unreadable;
    /// refused/sample_too_large; stopped/stopping.
    [[nodiscard]] boost::asio::awaitable<Judgement> judge(Sample sample, std::function<void()> has_it_all = {});

    /// Ends what is under way, and all that begins later, with `stopped`.
    void stop();

private:
    using Talk = std::shared_ptr<Conversation>;

    [[nodiscard]] Talk begin(Conversation::Moment until);
    [[nodiscard]] tl::unexpected<NoVerdict> broke_off(const Broken& broken) const;
    [[nodiscard]] boost::asio::awaitable<tl::expected<EngineName, NoVerdict>> ask_version(Talk talk);
    [[nodiscard]] boost::asio::awaitable<Judgement> converse(Talk talk, Sample sample,
                                                             std::function<void()> has_it_all);
    [[nodiscard]] boost::asio::awaitable<tl::expected<void, NoVerdict>> send_sample(Talk talk, Sample sample);

    boost::asio::any_io_executor executor_;
    net::Pool& pool_;
    config::AnalysisSettings settings_;
    EnginePatience patience_;
    std::vector<std::weak_ptr<Conversation>> talks_;
    bool stopped_ = false;
};

}  // namespace gatehouse::integrations
