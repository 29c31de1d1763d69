// The waiting samples of the database as the analysis queue works through them, and what becomes of them: told to open
// pages too. Owned by the depot; the functions are called on the control executor, and wait for the archive's thread.
#pragma once

#include "records/analysis_queue.hpp"
#include "server/clean/services.hpp"
#include "server/integrations/analysis_queue.hpp"
#include "server/samples/sample_store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace gatehouse::clean {

/// What becomes of a sample that was found to be malicious. On the control executor.
struct Dissemination {
    std::function<std::int64_t()> malicious_score;
    std::function<void()> queued;  ///< something waits to be told to other services
};

class AnalysisDesk : public std::enable_shared_from_this<AnalysisDesk> {
public:
    /// All must outlive the queue.
    AnalysisDesk(const Services& services, const samples::SampleStore& store, Dissemination dissemination);
    AnalysisDesk(const AnalysisDesk&) = delete;
    AnalysisDesk& operator=(const AnalysisDesk&) = delete;
    ~AnalysisDesk() = default;

    /// For the queue; holds a reference to this.
    [[nodiscard]] integrations::AnalysisWork work();

    /// What was under way when the daemon ended waits again; at the start, before anything is taken.
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> resume();

private:
    template <class T>
    using Later = integrations::AnalysisWork::Later<T>;
    using Turn = integrations::Turn;

    [[nodiscard]] Later<std::optional<Turn>> take();
    [[nodiscard]] Later<void> judged(std::string id, const integrations::Verdict& verdict);
    [[nodiscard]] Later<void> keep(std::string id, std::shared_ptr<const records::Verdict> verdict);
    [[nodiscard]] Later<void> failed(std::string id, base::Error why, std::optional<std::chrono::seconds> again_in);
    [[nodiscard]] Later<void> sent(std::string id);
    [[nodiscard]] Later<void> put_back(std::string id, std::optional<std::chrono::seconds> again_in);

    using Change = std::function<base::Result<records::Sample>(records::Database&, std::int64_t number)>;
    [[nodiscard]] Later<void> settle(std::string id, Change change);

    const Services& services_;
    const samples::SampleStore& store_;
    Dissemination dissemination_;
    std::map<std::string, std::int64_t> under_way_;  // numbers of samples that were taken, by their ids
};

}  // namespace gatehouse::clean
