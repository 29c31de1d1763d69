// Dispositions that wait, in memory, and services that are told them: both sides of the syndication. A call takes a
// turn of the loop, and as long as the service is held.
#pragma once

#include "server/integrations/syndication.hpp"
#include "tests/unit/net/loop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::integrations::testing {

struct Cloud {
    /// One that waits.
    struct Waiting {
        std::int64_t service = 0;
        Disposition disposition;
        std::chrono::steady_clock::time_point due = {};
        std::uint64_t turn = 0;  // takes its place by it
    };
    /// A service, as it behaves now.
    struct Peer {
        Delivery answer = {};
        bool held = false;  // a call does not end until this is false, or it is cancelled
        bool throws = false;
        std::size_t calls = 0;
        std::size_t under_way = 0;
        std::size_t most_under_way = 0;
        std::vector<std::string> told;  // samples it took
        std::string password;           // of the last call
    };

    net::testing::Loop loop;
    base::Log log{base::LogLevel::error};
    std::map<std::int64_t, Waiting> waiting;
    std::map<std::int64_t, Peer> peers;
    std::map<std::int64_t, Delivery> answers;  // of one disposition, before the peer's
    std::vector<DispositionOutcome> recorded;
    std::size_t batches = 0;
    std::size_t takes = 0;
    std::size_t most_taken = 0;  // at once
    std::size_t most_held = 0;
    int refuse = 0;        // so many times nothing can be recorded
    int refuse_take = 0;   // or taken
    int throw_record = 0;  // so many times recording breaks its promise
    bool hold_record = false;
    std::int64_t last_id = 0;
    std::uint64_t turns = 0;

    void queue(std::int64_t service, std::size_t count = 1) {
        for (std::size_t i = 0; i < count; ++i) {
            Waiting one;
            one.service = service;
            one.disposition.id = ++last_id;
            one.disposition.sample = std::to_string(last_id);
            one.turn = ++turns;
            waiting.emplace(last_id, std::move(one));
        }
    }
    static DispositionService service(std::int64_t id, std::int64_t version = 1) {
        DispositionService one;
        one.id = id;
        one.version = version;
        one.url = "https://cloud" + std::to_string(id) + ".example.test/x?token=hidden";
        one.user_name = "gatehouse";
        one.password = std::make_shared<const base::Secret>(std::string_view("let me in"));
        return one;
    }
    [[nodiscard]] SyndicationWork work() {
        return {.take = [this](std::int64_t id, std::size_t limit,
                               std::vector<std::int64_t> held) { return take(id, limit, std::move(held)); },
                .record = [this](std::vector<DispositionOutcome> outcomes) { return record(std::move(outcomes)); }};
    }
    [[nodiscard]] Deliver deliver() {
        return [this](DispositionService who, Disposition what) { return call(std::move(who), std::move(what)); };
    }
    std::size_t count(Delivery::Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(recorded.begin(), recorded.end(), [&](const auto& one) { return one.kind == kind; }));
    }
    /// Lets the loop turn for so long, with whatever there is to do.
    void idle(std::chrono::milliseconds time = std::chrono::milliseconds(100)) {
        const auto until = std::chrono::steady_clock::now() + time;
        loop.run_until([&] { return std::chrono::steady_clock::now() >= until; });
    }

private:
    template <class T>
    using Later = SyndicationWork::Later<T>;

    static base::Error disk_full() { return {base::ErrorKind::io, "disk_full", "The disk is full.", {}}; }

    Later<DueDispositions> take(std::int64_t id, std::size_t limit, std::vector<std::int64_t> held) {
        ++takes;
        co_await boost::asio::post(loop.io, boost::asio::use_awaitable);
        if (refuse_take > 0) {
            --refuse_take;
            co_return base::fail(disk_full());
        }
        const std::set<std::int64_t> busy(held.begin(), held.end());
        const auto now = std::chrono::steady_clock::now();
        DueDispositions due;
        std::vector<const Waiting*> ready;
        for (const auto& [number, one] : waiting) {
            if (one.service != id || busy.contains(number)) continue;
            if (one.due <= now) {
                ready.push_back(&one);
            } else {
                const auto in = std::chrono::ceil<std::chrono::milliseconds>(one.due - now);
                due.next_in = std::min(in, due.next_in.value_or(in));
            }
        }
        std::sort(ready.begin(), ready.end(), [](const auto* a, const auto* b) { return a->turn < b->turn; });
        for (const Waiting* one : ready) {
            if (due.dispositions.size() < limit) due.dispositions.push_back(one->disposition);
        }
        most_taken = std::max(most_taken, due.dispositions.size());
        most_held = std::max(most_held, held.size());
        co_return due;
    }
    Later<void> record(std::vector<DispositionOutcome> outcomes) {
        co_await boost::asio::post(loop.io, boost::asio::use_awaitable);
        while (hold_record)
            co_await pause();
        if (throw_record > 0) {
            --throw_record;
            throw std::runtime_error("a broken promise");
        }
        if (refuse > 0) {
            --refuse;
            co_return base::fail(disk_full());
        }
        ++batches;
        for (const DispositionOutcome& outcome : outcomes) {
            recorded.push_back(outcome);
            const auto found = waiting.find(outcome.id);
            if (found == waiting.end()) continue;
            found->second.turn = ++turns;
            if (outcome.kind == Delivery::Kind::delivered || outcome.kind == Delivery::Kind::refused) {
                waiting.erase(found);
            } else if (outcome.kind == Delivery::Kind::again) {
                ++found->second.disposition.attempts;
                found->second.due = std::chrono::steady_clock::now() + outcome.again_in;
            }
        }
        co_return base::Result<void>();
    }
    boost::asio::awaitable<bool> pause() {
        boost::asio::steady_timer timer(loop.io, std::chrono::milliseconds(1));
        const auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        co_return !error;
    }
    // Also where a call is broken off, which may be an exception.
    struct UnderWay {
        explicit UnderWay(Peer& peer) : count(peer.under_way) { ++count; }
        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;
        ~UnderWay() { --count; }
        std::size_t& count;
    };
    boost::asio::awaitable<Delivery> call(DispositionService who, Disposition what) {
        Peer& peer = peers[who.id];
        ++peer.calls;
        peer.password = std::string(who.password->reveal());
        peer.most_under_way = std::max(peer.most_under_way, peer.under_way + 1);
        const UnderWay under_way(peer);
        co_await boost::asio::post(loop.io, boost::asio::use_awaitable);
        while (peer.held) {
            const bool goes_on = co_await pause();
            if (!goes_on) co_return Delivery{Delivery::Kind::away, "connect", "It was broken off.", std::nullopt};
        }
        if (peer.throws) throw std::runtime_error("a broken promise");
        const auto own = answers.find(what.id);
        const Delivery answer = own != answers.end() ? own->second : peer.answer;
        if (answer.kind == Delivery::Kind::delivered) peer.told.push_back(what.sample);
        co_return answer;
    }
};

}  // namespace gatehouse::integrations::testing
