// Samples that wait to be judged, in memory, and what became of them: the other side of the analysis queue.
#pragma once

#include "server/integrations/analysis_queue.hpp"
#include "tests/unit/folder.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::integrations::testing {

class Waiting {
public:
    /// The folder of the store.
    explicit Waiting(const tests::Folder& store) : store_(store) {}

    void submit(const std::string& id, const std::string& bytes = "x") {
        store_.write(id, bytes);
        Turn turn;
        turn.sample = {id, store_ / id, bytes.size(), std::string(64, 'a'), {}, {}, id + ".exe"};
        turn.attempt = 0;
        waiting.push_back(turn);
    }

    [[nodiscard]] AnalysisWork work() {
        return {[this] { return take(); }, [this](std::string id) { return note_sent(std::move(id)); },
                [this](std::string id, Verdict verdict) { return note_judged(std::move(id), std::move(verdict)); },
                [this](std::string id, base::Error why, std::optional<std::chrono::seconds> again) {
                    return note_failed(std::move(id), std::move(why), again);
                },
                [this](std::string id, std::optional<std::chrono::seconds> again) {
                    return note_put_back(std::move(id), again);
                }};
    }

    std::deque<Turn> waiting;
    std::map<std::string, Turn> under_way;
    std::size_t most_under_way = 0;
    std::map<std::string, Verdict> judged;
    std::vector<std::pair<std::string, std::optional<std::chrono::seconds>>> failed;  // code
    std::size_t put_back = 0;
    std::vector<std::string> sent;
    std::size_t takes = 0;
    bool hidden = false;  // nothing may be taken
    int refuse = 0;       // so many times nothing can be recorded

private:
    template <class T>
    using Later = AnalysisWork::Later<T>;

    Later<std::optional<Turn>> take() {
        ++takes;
        if (waiting.empty() || hidden) co_return std::optional<Turn>();
        Turn turn = waiting.front();
        waiting.pop_front();
        ++turn.attempt;
        under_way[turn.sample.id] = turn;
        most_under_way = std::max(most_under_way, under_way.size());
        co_return std::optional<Turn>(turn);
    }
    bool broken() { return refuse > 0 && refuse-- > 0; }
    static base::Result<void> disk_full() { return base::fail(base::ErrorKind::io, "disk_full", "The disk is full."); }
    Later<void> note_judged(std::string id, Verdict verdict) {
        if (broken()) co_return disk_full();
        under_way.erase(id);
        judged[id] = std::move(verdict);
        co_return base::Result<void>();
    }
    Later<void> note_failed(std::string id, base::Error why, std::optional<std::chrono::seconds> again) {
        if (broken()) co_return disk_full();
        failed.emplace_back(why.code, again);
        if (again) waiting.push_back(under_way.at(id));
        under_way.erase(id);
        co_return base::Result<void>();
    }
    Later<void> note_sent(std::string id) {
        sent.push_back(std::move(id));
        co_return base::Result<void>();
    }
    // Where others go before it, behind them.
    Later<void> note_put_back(std::string id, std::optional<std::chrono::seconds> again) {
        if (broken()) co_return disk_full();
        ++put_back;
        Turn turn = under_way.at(id);
        --turn.attempt;
        if (again) {
            waiting.push_back(turn);
        } else {
            waiting.push_front(turn);
        }
        under_way.erase(id);
        co_return base::Result<void>();
    }

    const tests::Folder& store_;
};

}  // namespace gatehouse::integrations::testing
