#include "server/net/accept_loop.hpp"

#include "tests/unit/net/wire.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fcntl.h>
#include <future>
#include <mutex>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace accept_loop_test {

using namespace gatehouse;
using base::Descriptor;
using net::Address;
using net::Admission;
using tests::End;
using tests::eventually;

namespace {

// One loop on one worker; what it accepts is kept. The log is read from stderr.
class Entrance {
public:
    explicit Entrance(net::AdmissionLimits limits = {10'000, 10'000}, Admission::Door door = Admission::Door::any)
        : admission(limits),
          port(tests::port_of(listening_)),
          loop(worker, admission, door, log, std::move(listening_), "clean",
               [this](int descriptor, const Address& peer) {
                   const std::lock_guard lock(mutex_);
                   accepted_.emplace_back(descriptor);
                   peers_.push_back(peer);
               }) {
        worker.start("test-worker");
    }
    Entrance(const Entrance&) = delete;
    Entrance& operator=(const Entrance&) = delete;
    ~Entrance() {
        worker.post([this] {
            loop.stop();
            worker.drain();
        });
        worker.join();
    }

    void open() {
        worker.post([this] { loop.start(); });
    }
    // Runs it on the worker's thread and waits.
    template <class Task>
    void there(Task task) {
        std::promise<void> done;
        worker.post([&] {
            task();
            done.set_value();
        });
        REQUIRE(done.get_future().wait_for(tests::patience) == std::future_status::ready);
    }
    [[nodiscard]] int listening() const { return listening_number_; }
    [[nodiscard]] Descriptor visit() const { return tests::connect_to(port); }
    [[nodiscard]] std::size_t accepted() {
        const std::lock_guard lock(mutex_);
        return accepted_.size();
    }
    [[nodiscard]] bool accepts(std::size_t count) {
        return eventually([&] { return accepted() >= count; }) && accepted() == count;
    }
    [[nodiscard]] int flags_of_first(int command) {
        const std::lock_guard lock(mutex_);
        return ::fcntl(accepted_.front().get(), command);
    }
    [[nodiscard]] Address first_peer() {
        const std::lock_guard lock(mutex_);
        return peers_.front();
    }
    // The first of those accepted ends, as a session would.
    void one_leaves() {
        const std::lock_guard lock(mutex_);
        admission.leave(peers_.front());
        accepted_.erase(accepted_.begin());
        peers_.erase(peers_.begin());
    }
    [[nodiscard]] std::ptrdiff_t lines_with(std::string_view event) const {
        const std::string text = errors_.text();
        std::ptrdiff_t count = 0;
        for (std::size_t at = text.find(event); at != std::string::npos; at = text.find(event, at + 1))
            ++count;
        return count;
    }
    [[nodiscard]] std::string log_text() const { return errors_.text(); }

private:
    tests::CapturedErrors errors_;
    Descriptor listening_ = tests::listening_socket();
    int listening_number_ = listening_.get();
    std::mutex mutex_;
    std::vector<Descriptor> accepted_;
    std::vector<Address> peers_;

public:
    base::Log log;
    net::Worker worker;
    Admission admission;
    std::uint16_t port;
    net::AcceptLoop loop;
};

// How the server treated a client that sent nothing.
End fate(const Descriptor& client) {
    std::string nothing;
    return tests::receive_some(client, nothing);
}

// While it lives the process can open no further file.
class NoFilesLeft {
public:
    NoFilesLeft() {
        const int next = ::dup(STDERR_FILENO);  // all numbers below are taken
        REQUIRE(next >= 0);
        ::close(next);
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &former_) == 0);
        rlimit none = former_;
        none.rlim_cur = static_cast<rlim_t>(next);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    NoFilesLeft(const NoFilesLeft&) = delete;
    NoFilesLeft& operator=(const NoFilesLeft&) = delete;
    ~NoFilesLeft() { ::setrlimit(RLIMIT_NOFILE, &former_); }

private:
    rlimit former_{};
};

}  // namespace

TEST_CASE("connections wait until the loop starts, and are then handed over with their peer") {
    Entrance entrance;
    const Descriptor client = entrance.visit();
    entrance.there([] {});
    CHECK(entrance.accepted() == 0);
    entrance.open();
    REQUIRE(entrance.accepts(1));
    CHECK(entrance.first_peer().text() == "127.0.0.1");
    CHECK(entrance.admission.connections() == 1);
}

TEST_CASE("what is handed over does not block and is not inherited") {
    Entrance entrance;
    entrance.open();
    const Descriptor client = entrance.visit();
    REQUIRE(entrance.accepts(1));
    CHECK((entrance.flags_of_first(F_GETFL) & O_NONBLOCK) != 0);
    CHECK((entrance.flags_of_first(F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a crowd that comes at once is accepted to the last one") {
    Entrance entrance;
    std::vector<Descriptor> crowd;
    for (int i = 0; i < 200; ++i)  // more than are accepted in a row
        crowd.push_back(entrance.visit());
    entrance.open();
    CHECK(entrance.accepts(200));
}

TEST_CASE("while a crowd is accepted the worker does other work too") {
    Entrance entrance;
    std::vector<Descriptor> crowd;
    for (int i = 0; i < 200; ++i)
        crowd.push_back(entrance.visit());
    std::size_t accepted_before = 0;
    std::promise<void> done;
    entrance.there([&] {
        entrance.loop.start();
        // In the queue before the loop has accepted anybody, and again behind its first turn.
        entrance.worker.post([&] {
            entrance.worker.post([&] {
                accepted_before = entrance.accepted();
                done.set_value();
            });
        });
    });
    REQUIRE(done.get_future().wait_for(tests::patience) == std::future_status::ready);
    CHECK(accepted_before < 200);
    CHECK(entrance.accepts(200));
}

TEST_CASE("a client that gives up before it is accepted does not stop the loop") {
    Entrance entrance;
    {
        const Descriptor gone = entrance.visit();
        const linger at_once{1, 0};  // closing sends a reset
        REQUIRE(::setsockopt(gone.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    }
    const Descriptor client = entrance.visit();
    entrance.open();
    CHECK(eventually([&] { return entrance.accepted() >= 1; }));
    const Descriptor another = entrance.visit();
    CHECK(eventually([&] { return entrance.accepted() >= 2; }));
}

TEST_CASE("beyond the limit of connections new ones are closed, which the log says once, until one leaves") {
    Entrance entrance({2, 10});
    entrance.open();
    const Descriptor one = entrance.visit();
    const Descriptor two = entrance.visit();
    REQUIRE(entrance.accepts(2));
    for (int i = 0; i < 5; ++i)
        CHECK(fate(entrance.visit()) == End::hung_up);
    CHECK(entrance.accepted() == 2);
    CHECK(entrance.lines_with("connections.limit") == 1);
    CHECK_THAT(entrance.log_text(), Catch::Contains("limits.connections)") && Catch::Contains("clean"));
    entrance.one_leaves();
    const Descriptor three = entrance.visit();
    CHECK(eventually([&] { return entrance.accepted() == 2; }));
    CHECK(entrance.admission.connections() == 2);
}

TEST_CASE("beyond one address's share its new connections are closed, and the log names the address") {
    Entrance entrance({10, 1});
    entrance.open();
    const Descriptor one = entrance.visit();
    REQUIRE(entrance.accepts(1));
    CHECK(fate(entrance.visit()) == End::hung_up);
    CHECK_THAT(entrance.log_text(), Catch::Contains("127.0.0.1 has reached limits.connections_per_address"));
}

TEST_CASE("the operators' door has places left where the other one has none") {
    const auto places = [](Admission::Door door) {
        Entrance entrance({20, 100}, door);
        entrance.open();
        std::vector<Descriptor> crowd;
        for (int i = 0; i < 25; ++i)
            crowd.push_back(entrance.visit());
        // Each one is either accepted or closed: who was refused reads its end.
        const Descriptor last = entrance.visit();
        CHECK(fate(last) == End::hung_up);
        return entrance.accepted();
    };
    CHECK(places(Admission::Door::any) == 20);
    CHECK(places(Admission::Door::reserved) == 22);
}

TEST_CASE("without a file left the loop waits, says so once, and goes on when there are some again") {
    Entrance entrance;
    std::vector<Descriptor> clients;
    for (int i = 0; i < 3; ++i)
        clients.push_back(entrance.visit());
    {
        const NoFilesLeft none;
        entrance.open();
        CHECK(eventually([&] { return entrance.lines_with("connections.exhausted") == 1; }));
        entrance.there([] {});  // the worker does not spin
        CHECK(entrance.accepted() == 0);
    }
    CHECK(entrance.accepts(3));
    CHECK(entrance.lines_with("connections.exhausted") == 1);
    CHECK_THAT(entrance.log_text(), Catch::Contains("LimitNOFILE="));
    const Descriptor later = entrance.visit();
    CHECK(entrance.accepts(4));
}

TEST_CASE("running out of files in the middle of a crowd loses none of it") {
    Entrance entrance;
    std::vector<Descriptor> crowd;
    for (int i = 0; i < 20; ++i)
        crowd.push_back(entrance.visit());
    // Ten numbers are left, then none.
    std::vector<Descriptor> spare;
    for (int i = 0; i < 10; ++i)
        spare.emplace_back(::dup(STDERR_FILENO));
    {
        const NoFilesLeft none;
        spare.clear();
        entrance.open();
        CHECK(eventually([&] { return entrance.lines_with("connections.exhausted") == 1; }));
        CHECK(entrance.accepted() == 10);
    }
    CHECK(entrance.accepts(20));
}

TEST_CASE("a stopped loop accepts nobody, and its port is free") {
    Entrance entrance;
    entrance.open();
    const Descriptor client = entrance.visit();
    REQUIRE(entrance.accepts(1));
    entrance.there([&] { entrance.loop.stop(); });
    CHECK_THROWS_WITH(entrance.visit(), Catch::Contains("connect"));
    entrance.there([&] { entrance.loop.start(); });
    CHECK_THROWS_WITH(entrance.visit(), Catch::Contains("connect"));
    CHECK(entrance.accepted() == 1);
}

TEST_CASE("stopping while the loop waits for files ends the waiting") {
    Entrance entrance;
    const Descriptor client = entrance.visit();
    const NoFilesLeft none;
    entrance.open();
    REQUIRE(eventually([&] { return entrance.lines_with("connections.exhausted") == 1; }));
    entrance.there([&] {
        entrance.loop.stop();
        entrance.worker.drain();
    });
    entrance.worker.join();
    CHECK(entrance.accepted() == 0);
}

TEST_CASE("a listening socket that somebody else has shut down does not keep the worker busy") {
    Entrance entrance;
    entrance.open();
    entrance.there([] {});
    REQUIRE(::shutdown(entrance.listening(), SHUT_RD) == 0);
    // It says so and pauses, as it does without files.
    CHECK(eventually([&] { return entrance.lines_with("connections.exhausted") == 1; }));
    CHECK_THAT(entrance.log_text(), Catch::Contains("Invalid argument") && !Catch::Contains("LimitNOFILE="));
}

}  // namespace accept_loop_test
