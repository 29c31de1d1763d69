#include "base/shared.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace shared_test {

using namespace gatehouse;
using base::Shared;

TEST_CASE("it holds nothing, or what it was made with, until something is stored") {
    CHECK(Shared<int>().load() == nullptr);
    Shared<int> shared(std::make_shared<const int>(1));
    CHECK(*shared.load() == 1);
    shared.store(std::make_shared<const int>(2));
    CHECK(*shared.load() == 2);
    shared.store(nullptr);
    CHECK(shared.load() == nullptr);
}

TEST_CASE("a value that was replaced lives as long as somebody looks at it, and no longer") {
    Shared<int> shared(std::make_shared<const int>(1));
    auto looking = shared.load();
    const std::weak_ptr<const int> former = looking;
    shared.store(std::make_shared<const int>(2));
    CHECK(*looking == 1);
    looking.reset();
    CHECK(former.expired());
}

TEST_CASE("threads that look while another replaces the value see whole values, and never an earlier one again") {
    struct Pair {
        int first = 0;
        int second = 0;
    };
    constexpr int last = 20'000;
    Shared<Pair> shared(std::make_shared<const Pair>());
    std::atomic<int> broken = 0;
    {
        std::vector<std::jthread> readers;
        for (int i = 0; i < 3; ++i) {
            readers.emplace_back([&] {
                for (int seen = 0; seen < last;) {
                    const auto pair = shared.load();
                    if (pair->first != pair->second || pair->first < seen) {
                        ++broken;
                        return;
                    }
                    seen = pair->first;
                }
            });
        }
        for (int i = 1; i <= last; ++i)
            shared.store(std::make_shared<const Pair>(Pair{i, i}));
    }
    CHECK(broken == 0);
}

TEST_CASE("the end of a value may look at what took its place") {
    struct Looks {
        std::function<void()> at_the_end;
        ~Looks() {
            if (at_the_end) at_the_end();
        }
    };
    const auto shared = std::make_shared<Shared<Looks>>();
    const auto found = std::make_shared<std::promise<bool>>();
    auto first = std::make_shared<Looks>();
    first->at_the_end = [place = shared.get(), found] { found->set_value(place->load() != nullptr); };
    shared->store(std::move(first));
    // Where it can't look it waits for ever: on a thread that is then left to itself.
    std::thread([shared] { shared->store(std::make_shared<const Looks>()); }).detach();
    auto outcome = found->get_future();
    REQUIRE(outcome.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    CHECK(outcome.get());
}

}  // namespace shared_test
