#include "gatehousectl/client.hpp"

#include "tests/unit/base/another_user.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <vector>

namespace client_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;

namespace {

base::Descriptor socket_at(const std::filesystem::path& path, bool listens = true) {
    base::Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    REQUIRE(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    if (listens) REQUIRE(::listen(made.get(), 8) == 0);
    return made;
}

// Somebody at the other end of the socket: takes one connection, reads `expected` bytes of it (npos: up to the end of
// the head), answers, closes.
class Peer {
public:
    Peer(const std::filesystem::path& path, std::string answer, std::size_t expected = std::string::npos)
        : listener_(socket_at(path)),
          thread_([this, answer = std::move(answer), expected] { run(answer, expected); }) {}

    std::string request() {
        thread_.join();
        return request_;
    }

private:
    void run(const std::string& answer, std::size_t expected) {
        const base::Descriptor taken(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        std::array<char, 4096> buffer{};
        while (request_.size() < expected &&
               (expected != std::string::npos || request_.find("\r\n\r\n") == std::string::npos)) {
            const ssize_t count = ::recv(taken.get(), buffer.data(), buffer.size(), 0);
            if (count <= 0) break;
            request_.append(buffer.data(), static_cast<std::size_t>(count));
        }
        static_cast<void>(::send(taken.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
    }

    base::Descriptor listener_;
    std::string request_;
    std::jthread thread_;
};

// Answers each connection with `at_once` and then a byte in every few milliseconds, 500 in all.
class Dripper {
public:
    Dripper(const std::filesystem::path& path, std::string at_once)
        : listener_(socket_at(path)), thread_([this, at_once = std::move(at_once)](const std::stop_token& stop) {
              while (!stop.stop_requested())
                  serve(at_once);
          }) {}
    Dripper(const Dripper&) = delete;
    Dripper& operator=(const Dripper&) = delete;
    ~Dripper() {
        thread_.request_stop();
        ::shutdown(listener_.get(), SHUT_RDWR);  // ends accept
    }

private:
    void serve(const std::string& at_once) const {
        const base::Descriptor taken(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!taken || ::send(taken.get(), at_once.data(), at_once.size(), MSG_NOSIGNAL) < 0) return;
        constexpr int bytes = 500;
        for (int i = 0; i < bytes && ::send(taken.get(), "x", 1, MSG_NOSIGNAL) == 1; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }

    base::Descriptor listener_;
    std::jthread thread_;
};

Request put(std::string body) {
    Request request;
    request.method = "PUT";
    request.target = "/api/v1/x";
    request.content_type = "text/plain";
    request.body = base::Secret(body);
    return request;
}

template <class T>
Failure failure_of(const Outcome<T>& outcome) {
    REQUIRE_FALSE(outcome);
    return outcome.error();
}

bool says(const Failure& failure, const std::string& words) {
    return failure.error.text().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a request goes out whole, and the answer comes back") {
    const tests::Folder folder;
    Peer peer(folder / "s", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    const auto response = Client({folder / "s", "--socket"}).send(put("hello"));
    REQUIRE(response);
    CHECK(response->head.status == 200);
    CHECK(response->head.field("content-type") == "application/json");
    CHECK(response->body == "{}");
    const std::string request = peer.request();
    CHECK(request.starts_with("PUT /api/v1/x HTTP/1.1\r\nHost: localhost\r\n"));
    CHECK(request.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(request.find("\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n") != std::string::npos);
}

TEST_CASE("a refusal that comes before the whole body was sent is heard") {
    const tests::Folder folder;
    Peer peer(folder / "s", "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    const auto response = Client({folder / "s", "--socket"}).send(put(std::string(8UL * 1024 * 1024, 'x')));
    REQUIRE(response);
    CHECK(response->head.status == 413);
    CHECK(response->body == "no");
}

TEST_CASE("a daemon that is not there is told, with what to do") {
    const tests::Folder folder;
    const Failure absent = failure_of(Client({folder / "none", "/etc/own.json"}).send(put("")));
    CHECK(absent.exit == Exit::unreachable);
    CHECK(says(absent, "not running"));
    CHECK(says(absent, (folder / "none").string() + " (from /etc/own.json)"));
    CHECK(says(absent, "systemctl start gatehouse"));

    const base::Descriptor left_behind = socket_at(folder / "dead", false);
    const Failure refused = failure_of(Client({folder / "dead", "--socket"}).send(put("")));
    CHECK(refused.exit == Exit::unreachable);
    CHECK(says(refused, "nobody answers"));

    folder.write("file", "");
    CHECK(failure_of(Client({folder / "file", "--socket"}).send(put(""))).exit == Exit::unreachable);
    CHECK(failure_of(Client({folder.path(), "--socket"}).send(put(""))).exit == Exit::unreachable);
    CHECK(failure_of(Client({folder / "file/below", "--socket"}).send(put(""))).exit == Exit::unreachable);
    CHECK(failure_of(Client({std::string(108, 'x'), "--socket"}).send(put(""))).exit == Exit::usage);
}

TEST_CASE("who may not use the console is told to be root") {
    const tests::Folder folder;
    REQUIRE(::chmod(folder.path().c_str(), 0711) == 0);
    const base::Descriptor listener = socket_at(folder / "s");
    REQUIRE(::chmod((folder / "s").c_str(), 0600) == 0);
    const tests::AnotherUser nobody;
    const Failure denied = failure_of(Client({folder / "s", "--socket"}).send(put("")));
    CHECK(denied.exit == Exit::unreachable);
    CHECK(says(denied, "root"));
}

TEST_CASE("a connection that breaks off, and a peer that speaks something else, are no answers") {
    const tests::Folder folder;
    for (const auto& [answer, words] : std::vector<std::pair<std::string, std::string>>{
             {"", "without an answer"},
             {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "in the middle"},
             {"220 smtp.example.com\r\n", "not HTTP"},
         }) {
        std::filesystem::remove(folder / "s");
        Peer peer(folder / "s", answer);
        const Failure failure = failure_of(Client({folder / "s", "--socket"}).send(put("")));
        CHECK(failure.exit == Exit::unreachable);
        CHECK(says(failure, words));
        CHECK(says(failure, (folder / "s").string()));
    }
}

TEST_CASE("a daemon that stays silent is given up") {
    using std::chrono::milliseconds;
    const tests::Folder folder;
    const base::Descriptor listener = socket_at(folder / "s");
    auto connection = Connection::open({folder / "s", "--socket"}, std::chrono::seconds(10));
    REQUIRE(connection);
    std::array<char, 16> buffer{};
    const Failure silent = failure_of(connection->receive(buffer, Deadline(milliseconds(1))));
    CHECK(silent.exit == Exit::unreachable);
    CHECK(silent.error.code == "daemon_silent");
    CHECK(failure_of(connection->send(std::string(8UL * 1024 * 1024, 'x'), Deadline(milliseconds(1)))).error.code ==
          "daemon_silent");
}

TEST_CASE("who drips an answer gains no time by it") {
    using std::chrono::milliseconds;
    const tests::Folder folder;
    const Patience patience{milliseconds(100), milliseconds(100), milliseconds(1)};
    const Client client({folder / "s", "--socket"}, {}, patience);
    Request look;
    look.target = "/api/v1/x";
    const auto body = [&](std::string_view) { return true; };
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    for (const std::string& at_once : {head, std::string("HTTP/1.1 200 OK\r\nX: ")}) {
        const Dripper dripper(folder / "s", at_once);
        CHECK(failure_of(client.send(look)).error.code == "daemon_silent");
        CHECK(failure_of(client.send(put("change"))).error.code == "daemon_silent");
        std::filesystem::remove(folder / "s");
    }
    for (const std::string& at_once :
         {std::string("HTTP/1.1 403 No\r\nContent-Length: 500\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\nX: ")}) {
        const Dripper dripper(folder / "s", at_once);
        CHECK(failure_of(client.stream(look, body, milliseconds(100))).error.code == "daemon_silent");
        std::filesystem::remove(folder / "s");
    }
    // What has no end is waited for as long as it goes on.
    const Dripper dripper(folder / "s", head);
    std::size_t taken = 0;
    const auto ended = client.stream(
        look,
        [&](std::string_view bytes) {
            taken += bytes.size();
            return true;
        },
        std::chrono::seconds(10));
    REQUIRE(ended);
    CHECK(taken == 500);
}

TEST_CASE("looking is given up soon; of a change that takes long, who waits is told once") {
    using std::chrono::milliseconds;
    const tests::Folder folder;
    const base::Descriptor listener = socket_at(folder / "s");
    std::vector<milliseconds> told;
    const Patience patience{milliseconds(2), milliseconds(40), milliseconds(1)};
    const Client client(
        {folder / "s", "--socket"}, [&](milliseconds at_most) { told.push_back(at_most); }, patience);
    Request look;
    look.target = "/api/v1/x";
    CHECK(failure_of(client.send(look)).error.code == "daemon_silent");
    CHECK(told.empty());
    CHECK(failure_of(client.send(put(""))).error.code == "daemon_silent");
    CHECK(told == std::vector<milliseconds>{patience.to_change});
    CHECK(Patience().to_look == std::chrono::seconds(15));
}

TEST_CASE("a stream is handed on as it comes, beginning with its consent") {
    const tests::Folder folder;
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::vector<std::string> pieces;
    const auto gather = [&](std::string_view bytes) {
        pieces.emplace_back(bytes);
        return true;
    };
    {
        Peer peer(folder / "s", head + "2\r\n:\n\r\n");
        const auto ended = Client({folder / "s", "--socket"}).stream(put(""), gather, std::chrono::seconds(10));
        CHECK(failure_of(ended).error.code == "daemon_gone");
        CHECK(pieces == std::vector<std::string>{"", ":\n"});
    }
    std::filesystem::remove(folder / "s");
    pieces.clear();
    Peer peer(folder / "s", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    const auto refused = Client({folder / "s", "--socket"}).stream(put(""), gather, std::chrono::seconds(10));
    REQUIRE(refused);
    CHECK(refused->head.status == 403);
    CHECK(refused->body == "no");
    CHECK(pieces.empty());
}

}  // namespace client_test
