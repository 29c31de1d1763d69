#include "server/workers.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/net/context.hpp"
#include "tests/unit/net/tls_client.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace workers_test {

using namespace gatehouse;
using namespace std::chrono_literals;
using base::Descriptor;
using config::Interface;
using server::DoorContent;
using server::Workers;
using tests::Answer;
using tests::End;
using tests::TlsClient;

namespace {

namespace pki = certstore::testing;

pki::Made certificate_of(const std::string& name) {
    pki::Wish wish;
    wish.common_name = name;
    wish.alternative_names = "DNS:" + name;
    return pki::make(wish);
}

// Three workers. Each has a port of its own at the clean door, so that a test can ask one of them; the admin door has
// one for the first.
class Staff {
public:
    static constexpr std::size_t count = 3;

    explicit Staff(const config::Limits& limits = {}) : workers(count, limits, log) {
        std::vector<Descriptor> clean;
        for (std::size_t i = 0; i < count; ++i) {
            clean.push_back(tests::listening_socket());
            ports.push_back(tests::port_of(clean.back()));
        }
        workers.listen(Interface::clean, std::move(clean));
        std::vector<Descriptor> admin;
        admin.push_back(tests::listening_socket());
        admin_port = tests::port_of(admin.back());
        workers.listen(Interface::admin, std::move(admin));
        content.limits = limits;
        content.authority = "box.example:8443";
    }

    // All that a door must have been given before it is opened.
    void furnish() {
        for (const auto interface : config::interfaces) {
            workers.activate(interface, tests::any_context());
            workers.show(interface, std::make_shared<const std::string>("the first page"));
            REQUIRE(workers.configure(interface, content));
        }
    }
    void begin() {
        furnish();
        workers.start();
        workers.open(Interface::clean);
        workers.open(Interface::admin);
    }

    [[nodiscard]] static TlsClient visit(std::uint16_t port) {
        TlsClient client(tests::connect_to(port));
        REQUIRE(client.shake_hands());
        return client;
    }
    // What each worker answers at the clean door.
    [[nodiscard]] std::vector<std::string> bodies(const std::string& path = "/") const {
        std::vector<std::string> found;
        for (const std::uint16_t port : ports)
            found.push_back(visit(port).get(path).body);
        return found;
    }
    // Whose certificate each worker shows there.
    [[nodiscard]] std::vector<std::string> subjects() const {
        std::vector<std::string> found;
        for (const std::uint16_t port : ports) {
            const TlsClient client = visit(port);
            const certstore::CertificatePtr shown(SSL_get1_peer_certificate(client.ssl()));
            found.push_back(certstore::describe(shown.get()).subject);
        }
        return found;
    }
    [[nodiscard]] bool connections_become(std::uint32_t number) {
        return tests::eventually([&] { return workers.connections() == number; });
    }

    base::Log log{base::LogLevel::error};
    std::vector<std::uint16_t> ports;
    std::uint16_t admin_port = 0;
    DoorContent content;
    Workers workers;
};

template <class T>
std::vector<T> three_times(const T& value) {
    return std::vector<T>(Staff::count, value);
}

}  // namespace

TEST_CASE("what is given before the threads run is there when the doors open, at every worker") {
    Staff staff;
    CHECK(staff.workers.count() == Staff::count);
    staff.begin();
    CHECK(staff.bodies() == three_times(std::string("the first page")));
    CHECK(staff.subjects() == three_times(std::string("CN=box.example")));
}

TEST_CASE("connections wait until their door is opened, each door by itself") {
    Staff staff;
    staff.furnish();
    staff.workers.start();
    TlsClient early(tests::connect_to(staff.ports.front()));
    REQUIRE(early.push(early.next_flight()));
    staff.workers.open(Interface::admin);
    CHECK(Staff::visit(staff.admin_port).get("/healthz").status == 200);
    CHECK(staff.connections_become(0));
    staff.workers.open(Interface::clean);
    REQUIRE(early.pull());
    REQUIRE(early.shake_hands());
    CHECK(early.get("/").status == 200);
}

TEST_CASE("a new certificate is at every worker when the call returns, at its door only; old connections keep theirs") {
    Staff staff;
    staff.begin();
    TlsClient old = Staff::visit(staff.ports.front());
    for (const char* name : {"one.example", "two.example", "three.example"}) {
        staff.workers.activate(Interface::clean, tests::context_with(certificate_of(name)));
        CHECK(staff.subjects() == three_times("CN=" + std::string(name)));
    }
    CHECK(old.get("/").status == 200);
    const TlsClient admin = Staff::visit(staff.admin_port);
    const certstore::CertificatePtr shown(SSL_get1_peer_certificate(admin.ssl()));
    CHECK(certstore::describe(shown.get()).subject == "CN=box.example");
}

TEST_CASE("a new page is shown by every worker when the call returns, on old connections too") {
    Staff staff;
    staff.begin();
    TlsClient old = Staff::visit(staff.ports.back());
    CHECK(old.get("/").body == "the first page");
    staff.workers.show(Interface::clean, std::make_shared<const std::string>("the next page"));
    CHECK(staff.bodies() == three_times(std::string("the next page")));
    CHECK(old.get("/").body == "the next page");
    CHECK(Staff::visit(staff.admin_port).get("/").body == "the first page");
}

TEST_CASE("new content is served by every worker when the call returns") {
    const tests::Folder folder;
    folder.write("index.html", "a file");
    Staff staff;
    staff.begin();
    TlsClient old = Staff::visit(staff.ports.back());
    staff.content.files = folder.path();
    staff.content.hsts = "max-age=60";
    staff.content.limits.header_bytes = 1'024;
    REQUIRE(staff.workers.configure(Interface::clean, staff.content));
    CHECK(staff.bodies() == three_times(std::string("a file")));
    const Answer answer = old.get("/");
    CHECK(answer.body == "a file");
    CHECK(answer.has("Strict-Transport-Security: max-age=60"));
    for (const std::uint16_t port : staff.ports)
        CHECK(Staff::visit(port).get("/" + std::string(2'000, 'x')).status == 414);
    CHECK(Staff::visit(staff.admin_port).get("/").body == "the first page");
    staff.content.files.clear();
    REQUIRE(staff.workers.configure(Interface::clean, staff.content));
    CHECK(staff.bodies() == three_times(std::string("the first page")));
}

TEST_CASE("a folder that does not open is an error; what was served goes on, and the rest is in force") {
    const tests::Folder folder;
    folder.write("index.html", "a file");
    Staff staff;
    staff.begin();
    staff.content.files = folder.path();
    REQUIRE(staff.workers.configure(Interface::clean, staff.content));
    staff.content.files = folder / "missing";
    staff.content.hsts = "max-age=60";
    const auto configured = staff.workers.configure(Interface::clean, staff.content);
    REQUIRE_FALSE(configured);
    CHECK(configured.error().code == "folder_missing");
    CHECK(staff.bodies() == three_times(std::string("a file")));
    for (const std::uint16_t port : staff.ports)
        CHECK(Staff::visit(port).get("/").has("Strict-Transport-Security: max-age=60"));
}

TEST_CASE("where the first folder does not open the page stands in for it") {
    Staff staff;
    staff.content.files = "/nowhere/at/all";
    for (const auto interface : config::interfaces) {
        staff.workers.activate(interface, tests::any_context());
        staff.workers.show(interface, std::make_shared<const std::string>("the first page"));
        CHECK_FALSE(staff.workers.configure(interface, staff.content));
    }
    staff.workers.start();
    staff.workers.open(Interface::clean);
    CHECK(staff.bodies() == three_times(std::string("the first page")));
}

TEST_CASE("changes from several threads at once all arrive") {
    Staff staff;
    staff.begin();
    {
        std::vector<std::thread> callers;
        for (int i = 0; i < 4; ++i) {
            callers.emplace_back([&] {
                for (int j = 0; j < 50; ++j) {
                    staff.workers.activate(Interface::clean, tests::any_context());
                    staff.workers.show(Interface::clean,
                                       std::make_shared<const std::string>("by " + std::to_string(j)));
                }
            });
        }
        for (auto& caller : callers)
            caller.join();
    }
    CHECK(staff.bodies() == three_times(std::string("by 49")));
}

TEST_CASE("open connections are counted over all workers, and may be limited at any time") {
    Staff staff;
    staff.begin();
    std::vector<TlsClient> clients;
    for (const std::uint16_t port : staff.ports)
        clients.push_back(Staff::visit(port));
    CHECK(staff.workers.connections() == 3);
    config::Limits limits;
    limits.connections = 3;
    staff.workers.limit(limits);
    TlsClient refused(tests::connect_to(staff.ports.front()));
    CHECK_FALSE(refused.shake_hands());
    clients.pop_back();
    CHECK(staff.connections_become(2));
    CHECK(Staff::visit(staff.ports.front()).get("/").status == 200);
    clients.clear();
    CHECK(staff.connections_become(0));
}

TEST_CASE("a socket that all workers share is answered whoever takes it") {
    const Descriptor shared = tests::listening_socket();
    Staff staff;
    REQUIRE(staff.workers.listen_shared(Interface::admin, shared));
    staff.begin();
    std::vector<TlsClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(Staff::visit(tests::port_of(shared)));
        CHECK(clients.back().get("/healthz").status == 200);
    }
    CHECK(staff.workers.connections() == 20);
}

TEST_CASE("a redirect port sends plain requests to its door") {
    Staff staff;
    Descriptor socket = tests::listening_socket();
    const std::uint16_t port = tests::port_of(socket);
    staff.workers.listen_redirect(Interface::clean, std::move(socket));
    staff.begin();
    const Descriptor client = tests::connect_to(port);
    REQUIRE(tests::send_all(client, "GET /a?b HTTP/1.1\r\nHost: whoever\r\n\r\n"));
    std::string answer;
    while (tests::receive_some(client, answer) == End::open)
        continue;
    CHECK_THAT(answer,
               Catch::StartsWith("HTTP/1.1 308 ") && Catch::Contains("\r\nLocation: https://box.example:8443/a?b\r\n"));
    CHECK(staff.connections_become(0));
}

TEST_CASE("draining ends idle connections, accepts no more, and ends when nobody is left") {
    Staff staff;
    staff.begin();
    std::vector<TlsClient> clients;
    for (const std::uint16_t port : staff.ports) {
        clients.push_back(Staff::visit(port));
        CHECK(clients.back().get("/").status == 200);
    }
    auto drained = std::async(std::launch::async, [&] { staff.workers.drain(std::chrono::hours(1)); });
    for (TlsClient& client : clients) {
        CHECK(client.wait_for_end() == End::goodbye);
        client.hang_up();
    }
    drained.get();
    CHECK(staff.workers.connections() == 0);
    for (const std::uint16_t port : staff.ports)
        CHECK_THROWS_WITH(tests::connect_to(port), Catch::Contains("connect"));
}

TEST_CASE("a response under way is sent to its end while the workers drain, or cut when their patience ends") {
    const tests::Folder folder;
    constexpr std::size_t size = 24'000'000;
    folder.write("large", "");
    std::filesystem::resize_file(folder / "large", size);
    Staff staff;
    staff.content.files = folder.path();
    staff.begin();
    TlsClient client = Staff::visit(staff.ports.front());
    REQUIRE(client.say("GET /large HTTP/1.1\r\nHost: box.example\r\n\r\n"));
    std::string heard = client.hear();
    const bool patient = GENERATE(true, false);
    auto drained = std::async(std::launch::async, [&] {
        staff.workers.drain(patient ? std::chrono::seconds(600) : std::chrono::seconds(0));
    });
    if (!patient) drained.get();
    for (std::string more = client.hear(); !more.empty(); more = client.hear())
        heard += more;
    const std::size_t body = heard.size() - heard.find("\r\n\r\n") - 4;
    if (patient) {
        CHECK(body == size);
        CHECK(client.end() == End::goodbye);
        client.hang_up();
        drained.get();
    } else {
        CHECK(body < size);
        CHECK((client.end() == End::hung_up || client.end() == End::reset));
    }
    CHECK(staff.workers.connections() == 0);
}

TEST_CASE("draining without patience ends every connection, wherever it is") {
    Staff staff;
    staff.begin();
    TlsClient idle = Staff::visit(staff.ports.at(0));
    TlsClient asking = Staff::visit(staff.ports.at(1));
    REQUIRE(asking.say("GET / HT"));
    TlsClient shaking(tests::connect_to(staff.ports.at(2)));
    REQUIRE(shaking.push(shaking.next_flight().substr(0, 10)));
    REQUIRE(staff.connections_become(3));
    staff.workers.drain(std::chrono::seconds(0));
    CHECK(staff.workers.connections() == 0);
    for (TlsClient* client : {&idle, &asking, &shaking})
        CHECK(client->wait_for_end() != End::no_answer);
}

TEST_CASE("workers that go away drain by themselves; those that never ran just go") {
    auto staff = std::make_unique<Staff>();
    staff->begin();
    TlsClient client = Staff::visit(staff->ports.front());
    staff.reset();
    CHECK(client.wait_for_end() != End::no_answer);
    Staff never;
    never.workers.drain(std::chrono::hours(1));
}

TEST_CASE("each worker's loop is offered to whoever watches over them") {
    Staff staff;
    CHECK(staff.workers.loops().size() == Staff::count);
}

}  // namespace workers_test
