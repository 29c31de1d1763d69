#include "server/net/resolver.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/net/dns_servers.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace resolver_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::Families;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace asio = boost::asio;
namespace pki = certstore::testing;

namespace {

using Found = base::Result<std::vector<net::Address>>;

// Short where a server stays silent; where all answer nothing of it is waited for.
const net::Patience impatient{.first = milliseconds(300),
                              .second = milliseconds(300),
                              .whole = seconds(10),
                              .other = milliseconds(200),
                              .quiet = seconds(60)};
// Longer than a test waits for anything.
const net::Patience patient{.first = minutes(5), .second = minutes(5), .whole = minutes(5)};

// A resolver whose machine has empty files of its own.
struct Network {
    explicit Network(std::vector<net::Endpoint> servers, const net::Patience& patience = patient,
                     const net::Origin& origin = {})
        : resolver(std::make_unique<net::Resolver>(loop.io.get_executor(), patience,
                                                   net::MachineFiles{folder / "hosts", folder / "resolv.conf"})) {
        resolver->configure({std::move(servers), origin});
    }

    Found resolve(const std::string& name, Families families = Families::ipv4_first) {
        return loop.await(resolver->resolve(name, families));
    }
    // The addresses, or the error's code.
    std::string text(const std::string& name, Families families = Families::ipv4_first) {
        const auto found = resolve(name, families);
        if (!found) return found.error().code;
        std::string all;
        for (const auto& address : *found)
            all += (all.empty() ? "" : " ") + address.text();
        return all;
    }

    tests::Folder folder;
    Loop loop;
    std::unique_ptr<net::Resolver> resolver;
};

constexpr const char* hosts =
    "192.0.2.1 both.test\n"
    "2001:db8::1 both.test\n"
    "192.0.2.4 only4.test\n"
    "2001:db8::6 only6.test\n"
    "192.0.2.9 single\n";

net::Endpoint closed_port() {
    return {net::Address::parse("127.0.0.1").value(), free_port()};
}

}  // namespace

TEST_CASE("a name has its IPv4 and IPv6 addresses, in the order that is asked for") {
    const Dnsmasq dns(hosts, {"--cname=alias.test,both.test"});
    Network network({dns.endpoint()});
    CHECK(network.text("both.test") == "192.0.2.1 2001:db8::1");
    CHECK(network.text("both.test", Families::ipv6_first) == "2001:db8::1 192.0.2.1");
    CHECK(network.text("both.test", Families::ipv4_only) == "192.0.2.1");
    CHECK(network.text("both.test", Families::ipv6_only) == "2001:db8::1");
    CHECK(network.text("only4.test") == "192.0.2.4");
    CHECK(network.text("only6.test") == "2001:db8::6");
    CHECK(network.text("alias.test") == "192.0.2.1 2001:db8::1");
    CHECK(network.text("BOTH.test.") == "192.0.2.1 2001:db8::1");
    CHECK(network.text("single") == "192.0.2.9");
}

TEST_CASE("a name that does not exist, one without address and a server that refuses are three different errors") {
    const Dnsmasq dns(hosts, {"--txt-record=text.test,words"});
    Network network({dns.endpoint()});
    const auto unknown = network.resolve("nowhere.test");
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().kind == base::ErrorKind::not_found);
    CHECK(unknown.error().code == "name_unknown");
    CHECK(unknown.error().message == dns.endpoint().text() + " knows no nowhere.test.");

    CHECK(network.text("text.test") == "name_without_address");
    const auto no_ipv6 = network.resolve("only4.test", Families::ipv6_only);
    REQUIRE_FALSE(no_ipv6);
    CHECK(no_ipv6.error().code == "name_without_address");
    CHECK(no_ipv6.error().message == "only4.test has no IPv6 address.");

    const auto refused = network.resolve("foreign.example");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == base::ErrorKind::unavailable);
    CHECK(refused.error().code == "dns_refused");
    CHECK(refused.error().message ==
          "The address of foreign.example is not known: " + dns.endpoint().text() + " refused to answer.");
}

TEST_CASE("an answer that does not fit a datagram comes by TCP") {
    std::string many;
    for (int i = 1; i <= 60; ++i)
        many += "192.0.2." + std::to_string(i) + " many.test\n";
    const Dnsmasq dns(many);
    Network network({dns.endpoint()});
    const auto found = network.resolve("many.test");
    REQUIRE(found);
    CHECK(found->size() == 60);
    CHECK(dns.count("query[A] many.test") == 2);  // and the second one was answered in full
}

TEST_CASE("after a first server that is silent the second one is asked, and then it is asked first") {
    const UdpSocket silent;
    const Dnsmasq dns(hosts);
    Network network({silent.endpoint(), dns.endpoint()}, impatient);
    CHECK(network.text("both.test") == "192.0.2.1 2001:db8::1");
    CHECK(silent.received() == 2);
    for (int i = 0; i < 5; ++i)
        CHECK(network.text("only4.test") == "192.0.2.4");
    CHECK(silent.received() == 0);
}

TEST_CASE("a server that was silent is tried again after a while, by one look-up and not by all") {
    const UdpSocket silent;
    const Dnsmasq dns(hosts);
    net::Patience patience = impatient;
    patience.quiet = milliseconds(700);
    Network network({silent.endpoint(), dns.endpoint()}, patience);
    CHECK(network.text("only4.test", Families::ipv4_only) == "192.0.2.4");
    CHECK(silent.received() == 1);
    std::size_t tried_again = 0;
    while (tried_again == 0) {
        std::size_t ended = 0;
        const auto count = [&](const std::exception_ptr&, const Found& found) {
            CHECK(found);
            ++ended;
        };
        for (int i = 0; i < 10; ++i)
            asio::co_spawn(network.loop.io, network.resolver->resolve("only4.test", Families::ipv4_only), count);
        network.loop.run_until([&] { return ended == 10; });
        tried_again = silent.received();
    }
    CHECK(tried_again == 1);
}

TEST_CASE("a first server whose port is closed costs nothing but the attempt") {
    const Dnsmasq dns(hosts);
    Network network({closed_port(), dns.endpoint()});  // so patient that waiting for it would fail the test
    CHECK(network.text("both.test") == "192.0.2.1 2001:db8::1");
}

TEST_CASE("when no server answers the error says so by the deadline and names those that were asked") {
    const UdpSocket first;
    const UdpSocket second;
    Network network({first.endpoint(), second.endpoint()}, impatient);
    const auto found = network.resolve("both.test");
    REQUIRE_FALSE(found);
    CHECK(found.error().code == "dns_timeout");
    CHECK(found.error().message == "The address of both.test is not known: " + first.endpoint().text() +
                                       " did not answer, " + second.endpoint().text() + " did not answer.");
    CHECK(first.received() == 4);  // A and AAAA, twice
    CHECK(second.received() == 4);

    Network hurried({first.endpoint()}, patient);
    const auto until = std::chrono::steady_clock::now() + milliseconds(50);
    const auto late = hurried.loop.await(hurried.resolver->resolve("both.test", Families::ipv4_first, until));
    REQUIRE_FALSE(late);
    CHECK(late.error().code == "dns_timeout");
    CHECK(std::chrono::steady_clock::now() >= until);
}

TEST_CASE("a second try reaches a server whose first answer was lost") {
    int questions = 0;
    const ScriptedServer forgetful(
        [&](const std::string& question) { return ++questions == 1 ? "" : reply_with_address(question); });
    Network network({forgetful.endpoint()}, impatient);
    CHECK(network.text("lossy.test", Families::ipv4_only) == "192.0.2.1");
}

TEST_CASE("servers that fail, talk nonsense or cannot be reached are told apart") {
    const ScriptedServer failing([](const std::string& question) { return reply_with_code(question, 2); });
    const ScriptedServer babbling(
        [](const std::string& question) { return reply_with_address(question).substr(0, 40); });
    const auto closed = closed_port();
    CHECK(Network({failing.endpoint()}).text("any.test") == "dns_failed");
    CHECK(Network({closed}).text("any.test") == "dns_unreachable");
    const auto found =
        Network({closed, babbling.endpoint(), failing.endpoint()}).resolve("any.test", Families::ipv4_only);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == "dns_failed");
    CHECK(found.error().message == "The address of any.test is not known: " + closed.text() +
                                       " could not be reached, " + babbling.endpoint().text() + " answered nonsense, " +
                                       failing.endpoint().text() + " could not find out.");
}

TEST_CASE("after a server that refuses or fails the next one is asked") {
    const Dnsmasq refusing("");
    const ScriptedServer failing([](const std::string& question) { return reply_with_code(question, 2); });
    const Dnsmasq knowing("192.0.2.7 host.example\n");
    Network network({refusing.endpoint(), failing.endpoint(), knowing.endpoint()});
    CHECK(network.text("host.example", Families::ipv4_only) == "192.0.2.7");
    CHECK(refusing.count("host.example") > 0);
}

TEST_CASE("a server that swallows questions for IPv6 addresses does not cost the IPv4 ones") {
    const ScriptedServer swallowing(
        [](const std::string& question) { return asks_for_ipv6(question) ? "" : reply_with_address(question); });
    net::Patience patience = patient;
    patience.other = milliseconds(100);
    Network network({swallowing.endpoint()}, patience);
    CHECK(network.text("old.test") == "192.0.2.1");
    CHECK(network.text("old.test") == "192.0.2.1");
}

TEST_CASE("questions leave from the source address and by the interface of the network") {
    const Dnsmasq dns(hosts);
    net::Origin origin;
    origin.source = net::Address::parse("127.0.0.9").value();
    Network by_address({dns.endpoint()}, patient, origin);
    CHECK(by_address.text("only4.test", Families::ipv4_only) == "192.0.2.4");
    CHECK(dns.count("query[A] only4.test from 127.0.0.9") == 1);

    origin = {};
    origin.device = "lo";
    Network by_interface({dns.endpoint()}, patient, origin);
    CHECK(by_interface.text("only4.test", Families::ipv4_only) == "192.0.2.4");
    CHECK(dns.count("query[A] only4.test from 127.0.0.1") == 1);
}

TEST_CASE("an answer by TCP comes by the same source address") {
    std::string many;
    for (int i = 1; i <= 60; ++i)
        many += "192.0.2." + std::to_string(i) + " many.test\n";
    const Dnsmasq dns(many);
    net::Origin origin;
    origin.source = net::Address::parse("127.0.0.9").value();
    Network network({dns.endpoint()}, patient, origin);
    REQUIRE(network.resolve("many.test", Families::ipv4_only));
    CHECK(dns.count("query[A] many.test from 127.0.0.9") == 2);
}

TEST_CASE("an address or interface that the box does not have sends nothing by another way, and is named") {
    const Dnsmasq dns(hosts);
    net::Origin address;
    address.source = net::Address::parse("192.0.2.77").value();
    net::Origin device;
    device.device = "nosuch0";
    for (const auto& [origin, named] : {std::pair(address, "192.0.2.77"), std::pair(device, "nosuch0")}) {
        const auto found = Network({dns.endpoint()}, patient, origin).resolve("only4.test");
        REQUIRE_FALSE(found);
        CHECK(found.error().code == "dns_unreachable");
        CHECK(found.error().message.find(named) != std::string::npos);
    }
    CHECK(dns.count("only4.test") == 0);
}

TEST_CASE("500 look-ups at once are all answered, and none of their questions is lost on the way") {
    constexpr int count = 500;
    std::string many;
    for (int i = 0; i < count; ++i)
        many += "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + " n" + std::to_string(i) +
                ".test\n";
    const Dnsmasq dns(many);
    Network network({dns.endpoint()});
    int right = 0;
    int ended = 0;
    for (int i = 0; i < count; ++i) {
        const std::string expected = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
        auto done = [&, expected](const std::exception_ptr& error, const Found& found) {
            right += !error && found && found->size() == 1 && found->front().text() == expected;
            ++ended;
        };
        asio::co_spawn(network.loop.io, network.resolver->resolve("n" + std::to_string(i) + ".test"), done);
    }
    network.loop.run_until([&] { return ended == count; });
    CHECK(right == count);
    CHECK(dns.count("query[A] n") == count);
    CHECK(dns.count("query[AAAA] n") == count);
}

TEST_CASE("only so many look-ups ask at once, the others in their turn") {
    const UdpSocket silent;
    Network network({silent.endpoint()}, impatient);
    std::size_t ended = 0;
    for (int i = 0; i < 100; ++i) {
        asio::co_spawn(network.loop.io, network.resolver->resolve("both.test", Families::ipv4_only),
                       [&](const std::exception_ptr&, const Found&) { ++ended; });
    }
    network.loop.io.restart();
    while (network.loop.io.poll() > 0 && ended == 0) {
    }
    CHECK(silent.received() == 32);
    network.loop.run_until([&] { return ended == 100; });
}

TEST_CASE("nothing of the machine's settings but its hosts file reaches a look-up") {
    const tests::Environment domain("LOCALDOMAIN", "leak.test");
    const tests::Environment options("RES_OPTIONS", "ndots:5 rotate");
    const tests::Environment aliases("HOSTALIASES", "/dev/null");
    const Dnsmasq dns(hosts);
    Network network({dns.endpoint()});
    pki::write_text(network.folder / "hosts", "192.0.2.50 both.test\n2001:db8::50 Fixed.test other.test\n");
    CHECK(network.text("single") == "192.0.2.9");
    CHECK(network.text("nowhere") == "dns_refused");
    CHECK(dns.count("leak.test") == 0);
    CHECK(network.text("both.test") == "192.0.2.50");
    CHECK(network.text("fixed.TEST") == "2001:db8::50");
    CHECK(network.text("both.test", Families::ipv6_only) == "2001:db8::1");  // the file says nothing of that kind
    CHECK(dns.count("query[A] both.test") == 0);
    pki::write_text(network.folder / "hosts", "192.0.2.51 both.test\n");
    CHECK(network.text("both.test") == "192.0.2.51");
}

TEST_CASE("literals and localhost need no server; what is no name is asked of none") {
    const UdpSocket silent;
    Network network({silent.endpoint()});
    CHECK(network.text("192.0.2.1") == "192.0.2.1");
    CHECK(network.text("2001:DB8::1") == "2001:db8::1");
    CHECK(network.text("192.0.2.1", Families::ipv6_only) == "name_without_address");
    CHECK(network.text("localhost") == "127.0.0.1 ::1");
    CHECK(network.text("a.LOCALHOST.", Families::ipv4_only) == "127.0.0.1");
    for (const char* wrong : {"", "a..b", "a b.test", "127.1", "fe80::1%eth0"})
        CHECK(network.text(wrong) == "name_invalid");
    CHECK(silent.received() == 0);
}

TEST_CASE("without servers of its own a network asks the machine's, or says that there are none") {
    Network network({});
    const auto found = network.resolve("any.test");
    REQUIRE_FALSE(found);
    CHECK(found.error().code == "no_name_server");
    CHECK(found.error().message.find("resolv.conf") != std::string::npos);
    pki::write_text(network.folder / "resolv.conf", "nameserver 127.0.0.1\n");
    const auto until = std::chrono::steady_clock::now() + seconds(1);
    const auto asked =
        network.loop.await(network.resolver->resolve("gatehouse-resolver.test", Families::ipv4_only, until));
    REQUIRE_FALSE(asked);  // whoever listens on the machine's port 53, it does not know such a name
    CHECK(asked.error().message.find("127.0.0.1:53") != std::string::npos);
}

TEST_CASE("settings that can never work are refused before they are used") {
    const auto code = [](const std::string& server, const std::string& source) {
        net::ResolverSettings settings;
        settings.servers = {{net::Address::parse(server).value(), 53}};
        if (!source.empty()) settings.origin.source = net::Address::parse(source).value();
        const auto checked = net::check(settings);
        return checked ? std::string() : checked.error().code;
    };
    CHECK(code("192.0.2.1", "").empty());
    CHECK(code("127.0.0.1", "").empty());  // a resolver of the box's own
    CHECK(code("2001:db8::1", "2001:db8::2").empty());
    CHECK(code("2001:db8::1", "192.0.2.2") == "server_unusable");
    CHECK(code("192.0.2.1", "2001:db8::2") == "server_unusable");
    CHECK(code("0.0.0.0", "") == "server_unusable");
    CHECK(code("::", "") == "server_unusable");
    CHECK(code("224.0.0.251", "") == "server_unusable");
    CHECK(code("ff02::fb", "") == "server_unusable");
}

TEST_CASE("new settings hold for look-ups to come; one under way ends with the former ones") {
    const UdpSocket silent;
    const Dnsmasq dns(hosts);
    Network network({silent.endpoint()}, impatient);
    Found slow;
    bool ended = false;
    const auto done = [&](const std::exception_ptr&, Found found) {
        slow = std::move(found);
        ended = true;
    };
    asio::co_spawn(network.loop.io, network.resolver->resolve("both.test"), done);
    std::size_t asked = 0;
    network.loop.run_until([&] { return (asked += silent.received()) > 0; });
    network.resolver->configure({{dns.endpoint()}, {}});
    CHECK(network.text("both.test") == "192.0.2.1 2001:db8::1");
    net::Origin other;
    other.source = net::Address::parse("127.0.0.9").value();
    network.resolver->configure({{dns.endpoint()}, other});
    CHECK(network.text("only4.test", Families::ipv4_only) == "192.0.2.4");
    CHECK(dns.count("query[A] only4.test from 127.0.0.9") == 1);
    network.loop.run_until([&] { return ended; });
    REQUIRE_FALSE(slow);
    CHECK(slow.error().message.find(silent.endpoint().text()) != std::string::npos);
}

TEST_CASE("a look-up that is cancelled ends at once, under way or waiting for its turn") {
    const UdpSocket silent;
    Network network({silent.endpoint()});
    constexpr std::size_t count = 40;  // more than go at once
    std::vector<asio::cancellation_signal> signals(count);
    std::size_t ended = 0;
    for (auto& signal : signals) {
        auto done = [&](const std::exception_ptr& error, const Found& found) {
            CHECK((error || !found));
            ++ended;
        };
        asio::co_spawn(network.loop.io, network.resolver->resolve("both.test"),
                       asio::bind_cancellation_slot(signal.slot(), done));
    }
    std::size_t asked = 0;
    network.loop.run_until([&] { return (asked += silent.received()) > 0; });
    CHECK(ended == 0);
    for (auto& signal : signals)
        signal.emit(asio::cancellation_type::terminal);
    network.loop.run_until([&] { return ended == count; });

    // Nothing stays behind: as many again are asked for.
    bool done = false;
    asio::co_spawn(network.loop.io,
                   network.resolver->resolve("last.test", Families::ipv4_only,
                                             std::chrono::steady_clock::now() + milliseconds(100)),
                   [&](const std::exception_ptr&, const Found& found) {
                       CHECK(found.error().code == "dns_timeout");
                       done = true;
                   });
    network.loop.run_until([&] { return done; });
    CHECK(silent.received() > 0);
}

TEST_CASE("the resolver may go while a question is under way, and so may its loop") {
    const UdpSocket silent;
    {
        Network network({silent.endpoint()}, impatient);
        bool ended = false;
        asio::co_spawn(network.loop.io, network.resolver->resolve("both.test"),
                       [&](const std::exception_ptr&, const Found& found) {
                           CHECK_FALSE(found);
                           ended = true;
                       });
        std::size_t asked = 0;
        network.loop.run_until([&] { return (asked += silent.received()) > 0; });
        network.resolver.reset();
        network.loop.run_until([&] { return ended; });
    }
    {
        Network network({silent.endpoint()});
        asio::co_spawn(network.loop.io, network.resolver->resolve("both.test"), asio::detached);
        std::size_t asked = 0;
        network.loop.run_until([&] { return (asked += silent.received()) > 0; });
    }
}

TEST_CASE("look-ups may be asked for on other loops, and come back there") {
    const Dnsmasq dns(hosts);
    std::array<Loop, 3> loops;  // outlive the resolver's own, as it asks for
    Network network({dns.endpoint()});
    auto work = asio::make_work_guard(network.loop.io);
    std::thread home([&] { network.loop.io.run(); });
    const auto ask = [](net::Resolver& resolver) -> asio::awaitable<int> {
        const auto own = std::this_thread::get_id();
        int right = 0;
        for (int i = 0; i < 50; ++i) {
            const auto found = co_await resolver.resolve("both.test");
            right += found && found->size() == 2 && std::this_thread::get_id() == own;
        }
        co_return right;
    };
    std::vector<int> right(loops.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < loops.size(); ++i)
        threads.emplace_back([&, i] { right[i] = loops[i].await(ask(*network.resolver)); });
    for (std::thread& thread : threads)
        thread.join();
    work.reset();
    network.loop.io.stop();
    home.join();
    CHECK(right == std::vector<int>{50, 50, 50});
}

}  // namespace resolver_test
