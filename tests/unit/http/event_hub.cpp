#include "server/http/event_hub.hpp"

#include "tests/unit/net/loop.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace event_hub_test {

using namespace gatehouse;
using http::EventHub;
using http::Listener;

namespace {

using Stream = std::shared_ptr<http::Stream>;

// A hub and the loop that its listeners' connections live on.
struct House {
    net::testing::Loop loop;
    EventHub hub{1000};

    [[nodiscard]] http::Response ask(std::string_view last_event_id, std::function<bool()> welcome) {
        return hub.subscribe({loop.io.get_executor(), last_event_id, std::move(welcome)});
    }
    [[nodiscard]] Stream listen(
        std::string_view last_event_id = "", std::function<bool()> welcome = [] { return true; }) {
        auto response = ask(last_event_id, std::move(welcome));
        REQUIRE(response.status == 200);
        return std::get<Stream>(response.body);
    }
    // What came since; "over" where no more will.
    [[nodiscard]] std::string heard(const Stream& stream) {
        loop.io.restart();
        loop.io.poll();
        return stream->take().value_or("over");
    }
};

std::string event(int id, const std::string& data, const std::string& name = "news") {
    return "id: " + std::to_string(id) + "\nevent: " + name + "\ndata: " + data + "\n\n";
}

}  // namespace

TEST_CASE("each listener hears what is told after it came, once and in order") {
    House house;
    house.hub.publish("news", "0");
    const auto first = house.listen();
    CHECK(house.heard(first) == ":\n\n");
    house.hub.publish("news", "1");
    house.hub.publish("news", "2");
    CHECK(house.heard(first) == event(1002, "1") + event(1003, "2"));
    CHECK(house.heard(first).empty());
}

TEST_CASE("who comes back hears what it missed, also where its last event was an earlier process's") {
    House house;
    for (int i = 1; i <= 3; ++i)
        house.hub.publish("news", std::to_string(i));
    CHECK(house.heard(house.listen("1002")) == ":\n\n" + event(1003, "3"));
    const std::string all = ":\n\n" + event(1001, "1") + event(1002, "2") + event(1003, "3");
    CHECK(house.heard(house.listen("17")) == all);
    CHECK(house.heard(house.listen("99999")) == all);
    CHECK(house.heard(house.listen("not a number")) == ":\n\n");
}

TEST_CASE("what stands is told to who comes first time, until it is withdrawn") {
    House house;
    house.hub.publish_standing("a", "warning", "a");
    house.hub.publish_standing("b", "warning", "b");
    house.hub.publish_standing("a", "warning", "more a");
    const std::string standing = event(1003, "more a", "warning") + event(1002, "b", "warning");
    CHECK(house.heard(house.listen()) == ":\n\n" + standing);
    CHECK(house.heard(house.listen("1003")) == ":\n\n");
    house.hub.withdraw("a");
    house.hub.withdraw("unknown");
    CHECK(house.heard(house.listen()) == ":\n\n" + event(1002, "b", "warning"));
}

TEST_CASE("an event that concerns some is heard by those alone, also when it was missed") {
    House house;
    const auto listen = [&](std::string name, std::string_view last_event_id) {
        auto caller = std::make_shared<const http::Caller>(http::Caller{std::move(name), "session", "1", {}});
        auto response =
            house.hub.subscribe({house.loop.io.get_executor(), last_event_id, [] { return true; }, std::move(caller)});
        return std::get<Stream>(response.body);
    };
    const auto ada = listen("ada", "");
    const auto bob = listen("bob", "");
    const auto nobody = house.listen();
    house.hub.publish("news", "for ada", [](const http::Caller& caller) { return caller.name == "ada"; });
    house.hub.publish("news", "for all");
    CHECK(house.heard(ada) == ":\n\n" + event(1001, "for ada") + event(1002, "for all"));
    CHECK(house.heard(bob) == ":\n\n" + event(1002, "for all"));
    CHECK(house.heard(nobody) == ":\n\n" + event(1002, "for all"));
    CHECK(house.heard(listen("bob", "1000")) == ":\n\n" + event(1002, "for all"));
    CHECK(house.heard(listen("ada", "1000")) == ":\n\n" + event(1001, "for ada") + event(1002, "for all"));
}

TEST_CASE("who is not welcome any more hears nothing, and its stream ends") {
    House house;
    bool welcome = true;
    const auto stream = house.listen("", [&] { return welcome; });
    CHECK(house.heard(stream) == ":\n\n");
    bool woken = false;
    stream->wake_by([&] { woken = true; });
    welcome = false;
    house.hub.publish("news", "secret");
    CHECK(house.heard(stream) == "over");
    CHECK(woken);
}

TEST_CASE("a listener that does not read is given up before it takes much memory") {
    House house;
    const auto stream = house.listen();
    const std::string long_text(10000, 'x');
    for (int i = 0; i < 40; ++i)
        house.hub.publish("news", long_text);
    CHECK(house.heard(stream) == "over");
}

TEST_CASE("listeners that went make room for others, and too many are refused") {
    House house;
    for (int i = 0; i < 2000; ++i)
        (void)house.listen();
    std::vector<Stream> all;
    http::Response last;
    do {
        last = house.ask("", [] { return true; });
        if (last.status == 200) all.push_back(std::get<Stream>(last.body));
    } while (last.status == 200 && all.size() < 1000);
    CHECK(last.status == 503);
    CHECK(all.size() == 256);
    all.pop_back();
    CHECK(house.ask("", [] { return true; }).status == 200);
}

}  // namespace event_hub_test
