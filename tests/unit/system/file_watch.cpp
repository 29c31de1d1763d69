#include "server/system/file_watch.hpp"

#include "tests/unit/folder.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

namespace file_watch_test {

using namespace gatehouse;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// One that would be seen by inotify or not at all, and one that has to do without.
constexpr system::FileWatchOptions only_inotify{.poll = 1h, .debounce = 1ms, .inotify = true};
constexpr system::FileWatchOptions only_polling{.poll = 1ms, .debounce = 1ms, .inotify = false};

class Watched {
public:
    Watched(std::vector<fs::path> paths, system::FileWatchOptions options)
        : watch_(
              io_.get_executor(), files_, log_, std::move(paths), [this] { ++told_; }, options) {}

    /// Runs until something was told, at most ten seconds; forgets what was told.
    [[nodiscard]] bool told() {
        const auto end = std::chrono::steady_clock::now() + 10s;
        io_.restart();
        while (told_ == 0) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= end) return false;
            io_.run_one_for(end - now);
        }
        told_ = 0;
        return true;
    }

    /// Runs for a while in which nothing should be told; for what must be seen, use `told`.
    [[nodiscard]] std::size_t told_within(std::chrono::milliseconds time) {
        io_.restart();
        io_.run_for(time);
        return told_;
    }

    system::FileWatch& watch() { return watch_; }

private:
    boost::asio::io_context io_;
    base::SystemFiles files_;
    base::Log log_;
    std::size_t told_ = 0;
    system::FileWatch watch_;
};

void replace_link(const fs::path& target, const fs::path& link) {
    const fs::path fresh = link.string() + ".new";
    fs::create_symlink(target, fresh);
    fs::rename(fresh, link);
}

// While it lives no descriptor can be had.
class NoDescriptors {
public:
    NoDescriptors() {
        if (::getrlimit(RLIMIT_NOFILE, &former_) != 0) std::abort();
        const rlimit none{0, former_.rlim_max};
        if (::setrlimit(RLIMIT_NOFILE, &none) != 0) std::abort();
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &former_); }

private:
    rlimit former_{};
};

system::FileWatchOptions a_way_of_seeing() {
    return GENERATE(only_inotify, only_polling);
}

}  // namespace

TEST_CASE("a file written in place is seen, again and again") {
    const tests::Folder folder;
    folder.write("cert.pem", "one");
    Watched watched({folder / "cert.pem"}, a_way_of_seeing());
    for (int i = 0; i < 3; ++i) {
        folder.write("cert.pem", std::string(static_cast<std::size_t>(4 + i), 'x'));
        CHECK(watched.told());
    }
}

TEST_CASE("a file renamed over another is seen, again and again") {
    const tests::Folder folder;
    folder.write("cert.pem", "one");
    Watched watched({folder / "cert.pem"}, a_way_of_seeing());
    for (int i = 0; i < 3; ++i) {
        folder.write("cert.pem.tmp", "two");
        fs::rename(folder / "cert.pem.tmp", folder / "cert.pem");
        CHECK(watched.told());
    }
}

TEST_CASE("a file that goes and one that comes are seen") {
    const tests::Folder folder;
    Watched watched({folder / "otc.conf.json"}, a_way_of_seeing());
    folder.write("otc.conf.json", "{}");
    CHECK(watched.told());
    fs::remove(folder / "otc.conf.json");
    CHECK(watched.told());
}

TEST_CASE("new permissions are seen, since they may be what was waited for") {
    const tests::Folder folder;
    folder.write("cert.key", "key");
    Watched watched({folder / "cert.key"}, a_way_of_seeing());
    REQUIRE(::chmod((folder / "cert.key").c_str(), 0600) == 0);
    CHECK(watched.told());
}

TEST_CASE("certbot's links that move on to the next archived file are seen") {
    const tests::Folder folder;
    fs::create_directories(folder / "live/host");
    fs::create_directories(folder / "archive/host");
    folder.write("archive/host/cert1.pem", "1");
    fs::create_symlink("../../archive/host/cert1.pem", folder / "live/host/cert.pem");
    Watched watched({folder / "live/host/cert.pem"}, a_way_of_seeing());
    for (int i = 2; i < 5; ++i) {
        const std::string next = "archive/host/cert" + std::to_string(i) + ".pem";
        folder.write(next, "next");
        replace_link("../../" + next, folder / "live/host/cert.pem");
        CHECK(watched.told());
    }
}

TEST_CASE("a link whose target changes in its own folder is seen") {
    const tests::Folder folder;
    fs::create_directories(folder / "here");
    fs::create_directories(folder / "there");
    folder.write("there/cert.pem", "1");
    fs::create_symlink(folder / "there/cert.pem", folder / "here/cert.pem");
    Watched watched({folder / "here/cert.pem"}, a_way_of_seeing());
    folder.write("there/cert.pem", "22");
    CHECK(watched.told());
    folder.write("there/next", "333");
    fs::rename(folder / "there/next", folder / "there/cert.pem");
    CHECK(watched.told());
}

TEST_CASE("a folder that a link leads through, replaced by another one, is seen, and so are changes in the new one") {
    const tests::Folder folder;
    fs::create_directories(folder / "a");
    fs::create_directories(folder / "b");
    folder.write("a/cert.pem", "1");
    folder.write("b/cert.pem", "2");
    fs::create_symlink("a", folder / "current");
    Watched watched({folder / "current/cert.pem"}, a_way_of_seeing());
    replace_link("b", folder / "current");
    CHECK(watched.told());
    folder.write("b/cert.pem", "33");
    CHECK(watched.told());
}

TEST_CASE("the swap of a Kubernetes volume's ..data is seen, again and again") {
    const tests::Folder folder;
    fs::create_directories(folder / "..v0");
    folder.write("..v0/tls.crt", "0");
    fs::create_symlink("..v0", folder / "..data");
    fs::create_symlink("..data/tls.crt", folder / "tls.crt");
    Watched watched({folder / "tls.crt"}, a_way_of_seeing());
    for (int i = 1; i < 4; ++i) {
        const std::string former = "..v" + std::to_string(i - 1);
        const std::string next = "..v" + std::to_string(i);
        fs::create_directories(folder / next);
        folder.write(next + "/tls.crt", "next");
        replace_link(next, folder / "..data");
        fs::remove_all(folder / former);
        CHECK(watched.told());
    }
}

TEST_CASE("a folder removed and made anew is seen both times, again and again") {
    const tests::Folder folder;
    fs::create_directories(folder / "state/clean");
    folder.write("state/clean/cert.pem", "1");
    Watched watched({folder / "state/clean/cert.pem"}, a_way_of_seeing());
    for (int i = 0; i < 3; ++i) {
        fs::remove_all(folder / "state");
        CHECK(watched.told());
        fs::create_directories(folder / "state/clean");
        folder.write("state/clean/cert.pem", "2");
        CHECK(watched.told());
    }
}

TEST_CASE("a folder renamed away and another one put in its place are seen") {
    const tests::Folder folder;
    fs::create_directories(folder / "clean");
    fs::create_directories(folder / "next");
    folder.write("clean/cert.pem", "1");
    folder.write("next/cert.pem", "2");
    Watched watched({folder / "clean/cert.pem"}, a_way_of_seeing());
    fs::rename(folder / "clean", folder / "former");
    CHECK(watched.told());
    fs::rename(folder / "next", folder / "clean");
    CHECK(watched.told());
    folder.write("clean/cert.pem", "33");
    CHECK(watched.told());
}

TEST_CASE("several files changed at once are told once") {
    const tests::Folder folder;
    for (const char* name : {"cert.pem", "cert.key", "other.pem"})
        folder.write(name, "1");
    Watched watched({folder / "cert.pem", folder / "cert.key", folder / "other.pem"}, a_way_of_seeing());
    // Nothing runs in between, so that one look sees both.
    folder.write("cert.pem", "22");
    folder.write("cert.key", "22");
    CHECK(watched.told_within(50ms) == 1);
    CHECK(watched.told());
}

TEST_CASE("nothing is told of a file that stays as it is, whatever happens beside it") {
    const tests::Folder folder;
    folder.write("cert.pem", "1");
    Watched watched({folder / "cert.pem"}, a_way_of_seeing());
    folder.write("gatehouse.db", "1");
    fs::remove(folder / "gatehouse.db");
    CHECK(watched.told_within(50ms) == 0);
}

TEST_CASE("after a new list the new paths are watched, the old ones no longer, and the kept ones miss nothing") {
    const tests::Folder folder;
    for (const char* name : {"old", "kept", "new"})
        folder.write(name, "1");
    Watched watched({folder / "old", folder / "kept"}, a_way_of_seeing());
    folder.write("kept", "22");  // not looked at yet when the list is replaced
    watched.watch().watch({folder / "kept", folder / "new"});
    folder.write("old", "22");
    CHECK(watched.told());
    folder.write("new", "22");
    CHECK(watched.told());
    CHECK(watched.told_within(20ms) == 0);
}

TEST_CASE("a callback may replace the list, and a change after that is seen") {
    const tests::Folder folder;
    folder.write("first", "1");
    folder.write("second", "1");
    boost::asio::io_context io;
    const base::SystemFiles files;
    base::Log log;
    std::size_t told = 0;
    std::unique_ptr<system::FileWatch> watch;
    watch = std::make_unique<system::FileWatch>(
        io.get_executor(), files, log, std::vector<fs::path>{folder / "first"},
        [&] {
            ++told;
            if (told == 1) watch->watch({folder / "second"});
            if (told == 2) watch.reset();  // its last word: nothing of it may run on
        },
        only_inotify);
    folder.write("first", "22");
    while (told == 0 && io.run_one_for(10s) > 0) {
    }
    folder.write("second", "22");
    while (told < 2 && io.run_one_for(10s) > 0) {
    }
    CHECK(told == 2);
    CHECK(io.run_for(10s) < 10);  // comes to an end by itself: no timer and no descriptor is left
}

TEST_CASE("where inotify can't be had this is said once and polling sees the change") {
    const tests::Folder folder;
    folder.write("cert.pem", "1");
    const tests::CapturedErrors errors;
    boost::asio::io_context io;
    const boost::asio::steady_timer reactor(io);  // takes the descriptors it needs now
    const base::SystemFiles files;
    base::Log log;
    bool told = false;
    std::optional<NoDescriptors> none(std::in_place);  // inotify_init fails as it does at its own limit
    const system::FileWatch watch(io.get_executor(), files, log, {folder / "cert.pem"}, [&] { told = true; },
                                  {.poll = 1ms, .debounce = 1ms, .inotify = true});
    none.reset();
    folder.write("cert.pem", "22");
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!told && std::chrono::steady_clock::now() < end)
        io.run_one_for(10s);
    CHECK(told);
    CHECK(errors.text().find("system.inotify") != std::string::npos);
}

}  // namespace file_watch_test
