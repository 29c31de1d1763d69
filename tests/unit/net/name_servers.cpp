#include "server/net/name_servers.hpp"

#include "tests/unit/net/dns_servers.hpp"
#include "tests/unit/net/loop.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace name_servers_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::Answers;
using net::NameServers;
using net::Record;
using net::Reply;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

// Longer than a test waits for anything; and short, where a server stays silent.
const net::Patience patient{.first = minutes(5), .second = minutes(5), .whole = minutes(5), .other = minutes(5)};
const net::Patience impatient{.first = milliseconds(300),
                              .second = milliseconds(300),
                              .whole = minutes(5),
                              .other = minutes(5),
                              .quiet = minutes(5)};

// A server that answers all questions alike, and counts them.
class Counting {
public:
    explicit Counting(ScriptedServer::Answer answer)
        : server_([this, answer = std::move(answer)](const std::string& question) {
              ++asked;
              return answer(question);
          }) {}
    explicit Counting(int code)
        : Counting([code](const std::string& question) { return reply_with_code(question, code); }) {}
    [[nodiscard]] net::Endpoint endpoint() const { return server_.endpoint(); }

    std::atomic<int> asked = 0;

private:
    ScriptedServer server_;
};

// 192.0.2.1, and no IPv6 address.
std::string address(const std::string& question) {
    return asks_for_ipv6(question) ? reply_with_code(question, 0) : reply_with_address(question);
}

class Asking {
public:
    Asking(const std::vector<net::Endpoint>& servers, const net::Patience& patience)
        : servers_(loop_.io.get_executor(), servers, {}, patience) {}

    Answers ask(const std::vector<Record>& records, std::chrono::steady_clock::duration within = minutes(5)) {
        return loop_.await(servers_.ask("a.test", records, std::chrono::steady_clock::now() + within));
    }

private:
    Loop loop_;
    NameServers servers_;
};

}  // namespace

TEST_CASE("the first server that answers decides, all records are asked of it, and no other is asked") {
    const Counting first(&address);
    const Counting second(&address);
    const Answers answers = Asking({first.endpoint(), second.endpoint()}, patient).ask({Record::aaaa, Record::a});
    CHECK(answers.complete);
    CHECK(answers.decided_by == first.endpoint());
    CHECK(answers.unhelpful.empty());
    REQUIRE(answers.decisive.size() == 2);
    CHECK(answers.decisive[0].kind == Reply::Kind::no_data);
    CHECK(answers.decisive[1].kind == Reply::Kind::addresses);
    REQUIRE(answers.decisive[1].addresses.size() == 1);
    CHECK(answers.decisive[1].addresses[0].text() == "192.0.2.1");
    CHECK(first.asked == 2);
    CHECK(second.asked == 0);
}

TEST_CASE("that a name does not exist decides as well") {
    const Counting first(3);
    const Counting second(&address);
    const Answers answers = Asking({first.endpoint(), second.endpoint()}, patient).ask({Record::a});
    CHECK(answers.complete);
    REQUIRE(answers.decisive.size() == 1);
    CHECK(answers.decisive[0].kind == Reply::Kind::no_name);
    CHECK(second.asked == 0);
}

TEST_CASE("servers that refuse or fail are told in their order, and the next one is asked") {
    const Counting refusing(5);
    const Counting failing(2);
    const Counting helpful(&address);
    const net::Endpoint closed{net::Address::parse("127.0.0.1").value(), free_port()};
    Asking asking({refusing.endpoint(), closed, failing.endpoint(), helpful.endpoint()}, patient);
    const Answers answers = asking.ask({Record::a});
    CHECK(answers.complete);
    CHECK(answers.decided_by == helpful.endpoint());
    REQUIRE(answers.unhelpful.size() == 3);
    CHECK(answers.unhelpful[0].server == refusing.endpoint());
    CHECK(answers.unhelpful[0].kind == Reply::Kind::refused);
    CHECK(answers.unhelpful[1].server == closed);
    CHECK(answers.unhelpful[1].kind == Reply::Kind::unreachable);
    CHECK(answers.unhelpful[2].server == failing.endpoint());
    CHECK(answers.unhelpful[2].kind == Reply::Kind::failed);
}

TEST_CASE("where nobody helps only those that were silent are asked a second time") {
    const UdpSocket silent;
    const Counting refusing(5);
    const Answers answers = Asking({silent.endpoint(), refusing.endpoint()}, impatient).ask({Record::a});
    CHECK_FALSE(answers.complete);
    CHECK(answers.decisive.empty());
    REQUIRE(answers.unhelpful.size() == 2);
    CHECK(answers.unhelpful[0].server == silent.endpoint());
    CHECK(answers.unhelpful[0].kind == Reply::Kind::silent);
    CHECK(silent.received() == 2);
    CHECK(refusing.asked == 1);
}

TEST_CASE("a server that was silent is asked last for a while, and then again in its turn") {
    const UdpSocket silent;
    const Counting helpful(&address);
    net::Patience patience = impatient;
    const bool for_long = GENERATE(true, false);
    if (!for_long) patience.quiet = milliseconds(1);
    Asking asking({silent.endpoint(), helpful.endpoint()}, patience);
    CHECK(asking.ask({Record::a}).complete);
    CHECK(silent.received() == 1);
    if (for_long) {
        for (int i = 0; i < 3; ++i) {
            const Answers answers = asking.ask({Record::a});
            CHECK(answers.decided_by == helpful.endpoint());
            CHECK(answers.unhelpful.empty());
        }
        CHECK(silent.received() == 0);
    } else {
        const auto deadline = std::chrono::steady_clock::now() + minutes(1);
        std::size_t again = 0;
        while (again == 0 && std::chrono::steady_clock::now() < deadline) {
            CHECK(asking.ask({Record::a}).complete);
            again = silent.received();
        }
        CHECK(again == 1);
    }
}

TEST_CASE("a look-up ends when its time has come, with what it has") {
    const UdpSocket silent;
    const Answers answers = Asking({silent.endpoint()}, patient).ask({Record::a}, milliseconds(20));
    CHECK_FALSE(answers.complete);
    REQUIRE(answers.unhelpful.size() == 1);
    CHECK(answers.unhelpful[0].kind == Reply::Kind::silent);
}

TEST_CASE("without servers nothing is found out") {
    const Answers answers = Asking({}, patient).ask({Record::a, Record::aaaa});
    CHECK_FALSE(answers.complete);
    CHECK(answers.decisive.empty());
    CHECK(answers.unhelpful.empty());
}

}  // namespace name_servers_test
