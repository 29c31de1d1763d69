#include "server/http/folder.hpp"

#include "server/http/beneath.hpp"
#include "server/http/content_type.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace folder_test {

using namespace gatehouse;
using http::Method;
using http::OpenBy;
namespace fs = std::filesystem;

namespace {

// A served folder "in" beside what must never be served.
class Place {
public:
    Place() {
        fs::create_directory(in());
        write("secret", "outside");
    }

    [[nodiscard]] const fs::path& top() const { return top_.path(); }
    [[nodiscard]] fs::path in() const { return top_ / "in"; }
    // A file whose times are long past, so that its entity tag is strong.
    void write(const fs::path& name, std::string_view bytes, std::int64_t seconds = 784111777) const {
        const auto path = top_.path() / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << bytes;
        const timespec times[2] = {{seconds, 0}, {seconds, 0}};
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    }
    // Replaces a file by a rename.
    void replace(const fs::path& name, std::string_view bytes) const {
        write("new", bytes);
        fs::rename(top_ / "new", top_.path() / name);
    }

private:
    tests::Folder top_;
};

class Client {
public:
    explicit Client(const fs::path& folder) {
        auto opened = http::Folder::open(folder);
        REQUIRE(opened);
        folder_ = std::move(*opened);
    }
    http::Response get(std::string_view path, const std::vector<http::HeaderField>& fields = {},
                       Method method = Method::get) {
        http::Request request;
        request.method = method;
        request.path = path;
        request.fields = fields;
        return folder_->serve(request, now_);
    }
    // Body of a 200 or 206, else the status.
    std::string text(std::string_view path, const std::vector<http::HeaderField>& fields = {}) {
        const auto response = get(path, fields);
        if (response.status != 200 && response.status != 206) return std::to_string(response.status);
        return read(response.body);
    }
    static std::string read(const http::Body& body) {
        if (const auto* own = std::get_if<std::string>(&body)) return *own;
        if (const auto* shared = std::get_if<http::SharedBody>(&body)) return **shared;
        if (const auto* file = std::get_if<http::FileBody>(&body)) {
            std::string bytes(file->size, '\0');
            const auto count =
                ::pread(file->file->descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(file->offset));
            bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
            return bytes;
        }
        return {};
    }
    void wait(std::chrono::milliseconds time) { now_ += time; }

private:
    std::unique_ptr<http::Folder> folder_;
    std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
};

std::string field(const http::Response& response, const std::string& name) {
    std::string head;
    http::write_head(response, true, "now", head);
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "none";
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find('\r', begin) - begin);
}

constexpr auto stale = std::chrono::milliseconds(1000);

}  // namespace

TEST_CASE("a path names a file only if it can mean no other") {
    const std::vector<std::pair<std::string, std::string>> named{
        {"/", "index.html"},
        {"/a", "a"},
        {"/a/b.c", "a/b.c"},
        {"/a/", "a/index.html"},
        {"/%61%2e%62", "a.b"},
        {"/a%20b+c", "a b+c"},
        {"/%c3%a4", "\xc3\xa4"},
        {"/a\\..\\b", "a\\..\\b"},
        {"/%252e%252e/x", "%2e%2e/x"},
        {"/a..b", "a..b"},
        {"/a.", "a."},
        {"/.well-known/security.txt", ".well-known/security.txt"},
        {"/%2ewell-known/x", ".well-known/x"},
        {"/.well-known/", ".well-known/index.html"},
    };
    for (const auto& [path, file] : named) {
        INFO(path);
        CHECK(http::relative_path(path).value_or("") == file);
    }
    for (const std::string path : {"",
                                   "a",
                                   "*",
                                   "//",
                                   "//a",
                                   "/a//b",
                                   "/a//",
                                   "/.",
                                   "/..",
                                   "/./a",
                                   "/../a",
                                   "/a/..",
                                   "/a/.",
                                   "/a/../b",
                                   "/%2e",
                                   "/%2e%2e/a",
                                   "/.%2e/a",
                                   "/%2e./a",
                                   "/%2E%2E",
                                   "/.hidden",
                                   "/a/.hidden",
                                   "/%2ehidden",
                                   "/.git/config",
                                   "/.well-known",
                                   "/.well-known/.hidden",
                                   "/.well-known/../secret",
                                   "/a/.well-known/b",
                                   "/.well-knownx/a",
                                   "/%00",
                                   "/a%00.html",
                                   "/%2f",
                                   "/a%2fb",
                                   "/a%2F..%2Fb",
                                   "/..%2fsecret",
                                   "/%",
                                   "/%a",
                                   "/%zz",
                                   "/%2",
                                   "/a%",
                                   "/%-1",
                                   "/% 1",
                                   "/..."}) {
        INFO(path);
        CHECK_FALSE(http::relative_path(path));
    }
}

namespace {

// Files inside and beside the folder, and links of every kind between them.
void lay_ways_out(const Place& place) {
    place.write("in/a", "inside");
    place.write("in/sub/b", "deeper");
    place.write("out/c", "beside");
    fs::create_symlink("../secret", place.in() / "up");
    fs::create_symlink(place.top() / "secret", place.in() / "absolute");
    fs::create_symlink("../out", place.in() / "folder-up");
    fs::create_symlink("sub/../../secret", place.in() / "roundabout");
    fs::create_symlink("loop", place.in() / "loop");
    fs::create_symlink("gone", place.in() / "dangling");
    fs::create_symlink("/proc/self/root", place.in() / "magic");
    fs::create_symlink("a", place.in() / "within");
    fs::create_symlink("sub", place.in() / "folder-within");
    REQUIRE(::mkfifo((place.in() / "fifo").c_str(), 0600) == 0);
    fs::create_symlink("/dev/null", place.in() / "device");
}

// The first byte of what is opened, or why nothing is.
std::string first_of(const Place& place, const std::string& path, OpenBy by) {
    const http::OpenFile root(::open(place.in().c_str(), O_PATH | O_DIRECTORY));
    const auto opened = http::open_beneath(root.descriptor(), path, by);
    if (!opened) return opened.error().code;
    char byte = 0;
    return ::read(opened->file->descriptor(), &byte, 1) == 1 ? std::string(1, byte) : std::string("empty");
}

// What holds whichever way files are opened.
void check_nothing_leads_out(const Place& place, OpenBy by) {
    CHECK(first_of(place, "a", by) == "i");
    CHECK(first_of(place, "sub/b", by) == "d");
    for (const char* path : {"up", "absolute", "folder-up/c", "roundabout", "loop", "dangling", "magic/etc/passwd",
                             "fifo", "device", "sub", ".", "gone", "a/b", "sub/gone"}) {
        INFO(path);
        CHECK(first_of(place, path, by) == "not_found");
    }
    CHECK(first_of(place, std::string(300, 'n'), by) == "not_found");
}

}  // namespace

TEST_CASE("no path, encoding or link leads out of the folder where the kernel keeps files inside") {
    const Place place;
    lay_ways_out(place);
    check_nothing_leads_out(place, OpenBy::kernel);
    // These never come from relative_path, and by components ".." would be taken as a name.
    for (const char* path : {"../secret", "sub/../../secret", "/etc/passwd"}) {
        INFO(path);
        CHECK(first_of(place, path, OpenBy::kernel) == "not_found");
    }
    CHECK(first_of(place, "within", OpenBy::kernel) == "i");
    CHECK(first_of(place, "folder-within/b", OpenBy::kernel) == "d");
}

TEST_CASE("no path, encoding or link leads out of the folder where files are opened name by name") {
    const Place place;
    lay_ways_out(place);
    check_nothing_leads_out(place, OpenBy::components);
    CHECK(first_of(place, "within", OpenBy::components) == "not_found");
    CHECK(first_of(place, "folder-within/b", OpenBy::components) == "not_found");
}

TEST_CASE("a folder that swaps a name between a folder and a link never gives away what lies outside") {
    const Place place;
    place.write("in/swap/c", "inside");
    place.write("out/c", "outside");
    fs::create_symlink("../out", place.in() / "link");
    const http::OpenFile root(::open(place.in().c_str(), O_PATH | O_DIRECTORY));
    std::atomic<bool> done{false};
    std::thread swapper([&] {
        const auto one = place.in() / "swap";
        const auto other = place.in() / "link";
        while (!done)
            ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
    });
    int inside = 0;
    int outside = 0;
    for (const auto by : {OpenBy::kernel, OpenBy::components}) {
        for (int i = 0; i < 3000; ++i) {
            const auto opened = http::open_beneath(root.descriptor(), "swap/c", by);
            if (!opened) continue;
            char byte = 0;
            REQUIRE(::read(opened->file->descriptor(), &byte, 1) == 1);
            (byte == 'i' ? inside : outside) += 1;
        }
    }
    done = true;
    swapper.join();
    CHECK(outside == 0);
    CHECK(inside > 0);
}

TEST_CASE("a folder that can't be served is refused by name") {
    const Place place;
    const auto missing = http::Folder::open(place.top() / "gone");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == "folder_missing");
    CHECK(missing.error().message.find("gone") != std::string::npos);
    const auto file = http::Folder::open(place.top() / "secret");
    REQUIRE_FALSE(file);
    CHECK(file.error().code == "not_a_folder");
}

TEST_CASE("a file comes whole, with what a browser must know about it") {
    const Place place;
    place.write("in/page.HTML", "<p>");
    place.write("in/index.html", "index");
    place.write("in/empty", "");
    Client client(place.in());
    const auto response = client.get("/page.HTML");
    CHECK(response.status == 200);
    CHECK(Client::read(response.body) == "<p>");
    CHECK(field(response, "Content-Type") == "text/html; charset=utf-8");
    CHECK(field(response, "Content-Length") == "3");
    CHECK(field(response, "Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(field(response, "Accept-Ranges") == "bytes");
    CHECK(field(response, "X-Content-Type-Options") == "nosniff");
    CHECK(field(response, "Content-Security-Policy") == "sandbox");
    CHECK(field(response, "ETag").front() == '"');
    CHECK(client.text("/") == "index");
    CHECK(client.text("/empty").empty());
    CHECK(field(client.get("/empty"), "Content-Length") == "0");
    CHECK(client.text("/none") == "404");
    CHECK(client.text("/../secret") == "404");
    CHECK(client.text("/page.HTML/") == "404");
}

TEST_CASE("HEAD says what GET says, without the body") {
    const Place place;
    place.write("in/small", "small");
    place.write("in/large", std::string(100000, 'x'));
    Client client(place.in());
    for (const auto* path : {"/small", "/large", "/none"}) {
        std::string get_head;
        std::string head;
        http::write_head(client.get(path), true, "now", get_head);
        const auto response = client.get(path, {}, Method::head);
        http::write_head(response, true, "now", head);
        CHECK(head == get_head);
        CHECK(std::holds_alternative<std::monostate>(response.body));
    }
}

TEST_CASE("files take GET and HEAD alone") {
    const Place place;
    place.write("in/a", "a");
    Client client(place.in());
    for (const auto method : {Method::post, Method::put, Method::delete_, Method::options, Method::other}) {
        const auto response = client.get("/a", {}, method);
        CHECK(response.status == 405);
        CHECK(field(response, "Allow") == "GET, HEAD");
    }
}

TEST_CASE("parts of small and large files are cut out to the byte") {
    const Place place;
    std::string large;
    while (large.size() < 200000)
        large += std::to_string(large.size()) + ",";
    place.write("in/large", large);
    place.write("in/small", "0123456789");
    Client client(place.in());
    const auto part = client.get("/small", {{"Range", "bytes=2-4"}});
    CHECK(part.status == 206);
    CHECK(Client::read(part.body) == "234");
    CHECK(field(part, "Content-Range") == "bytes 2-4/10");
    CHECK(field(part, "Content-Length") == "3");
    CHECK(field(part, "Content-Security-Policy") == "sandbox");
    CHECK(client.text("/large") == large);
    CHECK(client.text("/large", {{"Range", "bytes=150000-150099"}}) == large.substr(150000, 100));
    CHECK(client.text("/large", {{"Range", "bytes=-7"}}) == large.substr(large.size() - 7));
    const auto beyond = client.get("/small", {{"Range", "bytes=10-"}});
    CHECK(beyond.status == 416);
    CHECK(field(beyond, "Content-Range") == "bytes */10");
}

TEST_CASE("conditions are judged against the file's own tag and time") {
    const Place place;
    place.write("in/a", "text");
    Client client(place.in());
    const auto etag = field(client.get("/a"), "ETag");
    const auto unchanged = client.get("/a", {{"If-None-Match", etag}});
    CHECK(unchanged.status == 304);
    CHECK(http::body_size(unchanged.body) == 0);
    CHECK(field(unchanged, "ETag") == etag);
    CHECK(field(unchanged, "Content-Security-Policy") == "sandbox");
    CHECK(field(unchanged, "Content-Length") == "none");
    CHECK(client.get("/a", {{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status == 304);
    CHECK(client.get("/a", {{"If-Match", "\"other\""}}).status == 412);
    CHECK(client.text("/a", {{"If-Range", etag}, {"Range", "bytes=1-2"}}) == "ex");
    CHECK(client.text("/a", {{"If-Range", "\"other\""}, {"Range", "bytes=1-2"}}) == "text");
}

TEST_CASE("a file that changed just now has a weak tag and no date in the future") {
    const Place place;
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    place.write("in/a", "text", now.count() + 3600);
    Client client(place.in());
    const auto response = client.get("/a");
    CHECK(field(response, "ETag").substr(0, 3) == "W/\"");
    CHECK(field(response, "Last-Modified") != "none");
    CHECK(client.get("/a", {{"If-Modified-Since", field(response, "Last-Modified")}}).status == 304);
    CHECK(client.text("/a", {{"If-Range", field(response, "ETag")}, {"Range", "bytes=0-0"}}) == "text");
}

TEST_CASE("a file is looked at again once it is a second old") {
    const Place place;
    place.write("in/a", "one");
    Client client(place.in());
    const auto first = field(client.get("/a"), "ETag");
    CHECK(client.text("/a") == "one");

    SECTION("replaced by a rename") {
        place.replace("in/a", "two");
        client.wait(stale - std::chrono::milliseconds(1));
        CHECK(client.text("/a") == "one");
        client.wait(std::chrono::milliseconds(1));
        CHECK(client.text("/a") == "two");
        CHECK(field(client.get("/a"), "ETag") != first);
    }
    SECTION("written in place, with the same size and times") {
        place.write("in/a", "two");
        client.wait(stale);
        CHECK(client.text("/a") == "two");
    }
    SECTION("removed, and back again") {
        fs::remove(place.in() / "a");
        client.wait(stale);
        CHECK(client.text("/a") == "404");
        place.write("in/a", "three");
        CHECK(client.text("/a") == "three");
    }
    SECTION("replaced by a link that leads out") {
        fs::remove(place.in() / "a");
        fs::create_symlink("../secret", place.in() / "a");
        client.wait(stale);
        CHECK(client.text("/a") == "404");
    }
    SECTION("grown beyond what is kept in memory, and shrunk again") {
        place.replace("in/a", std::string(70000, 'x'));
        client.wait(stale);
        CHECK(client.text("/a").size() == 70000);
        place.replace("in/a", "s");
        client.wait(stale);
        CHECK(client.text("/a") == "s");
    }
    SECTION("untouched") {
        client.wait(stale);
        CHECK(client.text("/a") == "one");
        CHECK(field(client.get("/a"), "ETag") == first);
    }
}

TEST_CASE("a response keeps its bytes although the file is replaced meanwhile") {
    const Place place;
    place.write("in/small", "old");
    place.write("in/large", std::string(70000, 'o'));
    Client client(place.in());
    const auto small = client.get("/small");
    const auto large = client.get("/large");
    place.replace("in/small", "new");
    place.replace("in/large", std::string(70000, 'n'));
    client.wait(stale);
    CHECK(client.text("/small") == "new");
    CHECK(client.text("/large").front() == 'n');
    CHECK(Client::read(small.body) == "old");
    CHECK(Client::read(large.body) == std::string(70000, 'o'));
}

TEST_CASE("a folder that is replaced as a whole is followed, one that is gone for a while too") {
    const Place place;
    place.write("first/a", "first");
    place.write("second/a", "second");
    fs::create_symlink("first", place.top() / "current");
    Client client(place.top() / "current");
    CHECK(client.text("/a") == "first");
    fs::remove(place.top() / "current");
    client.wait(stale);
    CHECK(client.text("/a") == "first");
    fs::create_symlink("second", place.top() / "current");
    client.wait(stale);
    CHECK(client.text("/a") == "second");
}

TEST_CASE("more files than are remembered are served all the same, and few descriptors are held") {
    const Place place;
    const std::string large(65537, 'x');
    for (int i = 0; i < 100; ++i)
        place.write("in/" + std::to_string(i), i % 2 == 0 ? std::to_string(i) : large);
    Client client(place.in());
    const auto held = [] {
        const fs::directory_iterator descriptors("/proc/self/fd");
        return std::distance(fs::begin(descriptors), fs::end(descriptors));
    };
    const auto before = held();
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 100; ++i) {
            CHECK(client.text("/" + std::to_string(i)) == (i % 2 == 0 ? std::to_string(i) : large));
        }
        client.wait(stale);
    }
    CHECK(held() - before <= 64);
    CHECK(held() - before >= 16);
    client.wait(std::chrono::minutes(2));
    CHECK(client.text("/0") == "0");
    CHECK(held() == before);
}

TEST_CASE("a small file that is being written to comes with the length that is told") {
    const Place place;
    place.write("in/a", "");
    std::atomic<bool> done{false};
    std::thread writer([&] {
        const http::OpenFile file(::open((place.in() / "a").c_str(), O_WRONLY));
        for (unsigned i = 0; !done; ++i) {
            if (::ftruncate(file.descriptor(), static_cast<off_t>(i % 5000)) != 0) return;
        }
    });
    Client client(place.in());
    for (int i = 0; i < 500; ++i) {
        const auto response = client.get("/a");
        CHECK(field(response, "Content-Length") == std::to_string(Client::read(response.body).size()));
        client.wait(stale);
    }
    done = true;
    writer.join();
}

TEST_CASE("a file that may not be read is forbidden, not missing") {
    if (::geteuid() == 0) return;  // root may read everything
    const Place place;
    place.write("in/a", "a");
    fs::permissions(place.in() / "a", fs::perms::none);
    Client client(place.in());
    CHECK(client.text("/a") == "403");
}

TEST_CASE("types go by the last ending of the name") {
    CHECK(http::content_type("a.html") == "text/html; charset=utf-8");
    CHECK(http::content_type("a.JS") == "text/javascript; charset=utf-8");
    CHECK(http::content_type("b/a.tar.gz") == "application/gzip");
    CHECK(http::content_type("a.html/b") == "application/octet-stream");
    CHECK(http::content_type("html") == "application/octet-stream");
    CHECK(http::content_type("a.") == "application/octet-stream");
    CHECK(http::content_type("") == "application/octet-stream");
}

}  // namespace folder_test
