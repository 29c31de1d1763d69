#include "base/files.hpp"

#include "base/file_errors.hpp"
#include "tests/unit/base/another_user.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace files_test {
namespace {

using namespace gatehouse::base;
using gatehouse::tests::AnotherUser;
using gatehouse::tests::Folder;
namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    const auto contents = SystemFiles().read(path, 1U << 20U);
    REQUIRE(contents);
    return std::string(contents->bytes.reveal());
}

template <class T>
Error error_of(const Result<T>& result) {
    REQUIRE_FALSE(result);
    return result.error();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A file system that fails one step by its name and hands all others to the real one.
class FailingFiles final : public FileSystem {
public:
    std::string fails;
    std::vector<std::string> steps;

    Result<FileContents> read(const fs::path& path, std::size_t limit, Links links) const override {
        return real_.read(path, limit, links);
    }
    Result<FileFacts> facts(const fs::path& path) const override { return real_.facts(path); }
    Result<FileFacts> link_facts(const fs::path& path) const override { return real_.link_facts(path); }
    Result<std::vector<std::string>> list(const fs::path& folder) const override { return real_.list(folder); }
    Result<std::uint64_t> free_bytes(const fs::path& folder) const override { return real_.free_bytes(folder); }
    Result<std::unique_ptr<GrowingFile>> create(const fs::path& path, mode_t mode) override {
        return real_.create(path, mode);
    }
    Result<void> write_new(const fs::path& path, std::string_view bytes, mode_t mode) override {
        return step("write_new", [&] { return real_.write_new(path, bytes, mode); });
    }
    Result<void> sync(const fs::path& path) override {
        return step("sync", [&] { return real_.sync(path); });
    }
    Result<void> sync_folder(const fs::path& folder) override {
        return step("sync_folder", [&] { return real_.sync_folder(folder); });
    }
    Result<void> rename(const fs::path& from, const fs::path& to) override {
        return step("rename", [&] { return real_.rename(from, to); });
    }
    Result<void> overwrite(const fs::path& path) override {
        return step("overwrite", [&] { return real_.overwrite(path); });
    }
    Result<void> remove(const fs::path& path) override {
        return step("remove", [&] { return real_.remove(path); });
    }
    Result<void> remove_tree(const fs::path& folder) override {
        return step("remove_tree", [&] { return real_.remove_tree(folder); });
    }
    Result<void> make_folder(const fs::path& folder, mode_t mode) override { return real_.make_folder(folder, mode); }

private:
    template <class Step>
    Result<void> step(const std::string& name, Step run) {
        steps.push_back(name);
        if (name == fails) return fail(ErrorKind::io, "file_io", name + " fails.");
        return run();
    }

    SystemFiles real_;
};

}  // namespace

TEST_CASE("a file that grows holds all pieces in their order, with the mode that was asked for, and replaces none") {
    const Folder folder;
    SystemFiles files;
    const mode_t former = ::umask(0777);
    auto file = files.create(folder / "a", 0640);
    ::umask(former);
    REQUIRE(file);
    REQUIRE((*file)->append("one"));
    REQUIRE((*file)->append(std::string("\0two", 4)));
    REQUIRE((*file)->append(""));
    REQUIRE((*file)->sync());
    const auto contents = files.read(folder / "a", 100);
    REQUIRE(contents);
    CHECK(contents->bytes.reveal() == std::string_view("one\0two", 7));
    CHECK(contents->facts.mode == 0640);
    REQUIRE(files.rename(folder / "a", folder / "b"));
    REQUIRE((*file)->append("!"));
    CHECK(files.facts(folder / "b")->identity.size == 8);

    CHECK(error_of(files.create(folder / "b", 0600)).code == "file_exists");
    fs::create_symlink("target", folder / "link");
    CHECK(error_of(files.create(folder / "link", 0600)).code == "file_exists");
    CHECK_FALSE(fs::exists(folder / "target"));
    CHECK(error_of(files.create(folder / "missing/a", 0600)).code == "file_missing");
}

TEST_CASE("a file system tells how much is free on it") {
    const Folder folder;
    const SystemFiles files;
    const auto free = files.free_bytes(folder.path());
    REQUIRE(free);
    CHECK(*free <= fs::space(folder.path()).capacity);
    CHECK(error_of(files.free_bytes(folder / "missing")).code == "file_missing");
}

TEST_CASE("a file is read whole, with the facts of what was read") {
    const Folder folder;
    folder.write("a", std::string("one\0two", 7));
    REQUIRE(::chmod((folder / "a").c_str(), 0640) == 0);
    const auto contents = SystemFiles().read(folder / "a", 7);
    REQUIRE(contents);
    CHECK(contents->bytes.reveal() == std::string_view("one\0two", 7));
    CHECK(contents->facts.mode == 0640);
    CHECK(contents->facts.owner == ::geteuid());
    CHECK(contents->facts.links == 1);
    CHECK(contents->facts.regular);
    CHECK_FALSE(contents->facts.symlink);
    const auto facts = SystemFiles().facts(folder / "a");
    REQUIRE(facts);
    CHECK(*facts == contents->facts);
    CHECK(facts->identity.size == 7);
}

TEST_CASE("an empty file is read as nothing, and a file without a size as what it says") {
    const Folder folder;
    folder.write("empty", "");
    const auto empty = SystemFiles().read(folder / "empty", 0);
    REQUIRE(empty);
    CHECK(empty->bytes.empty());
    const auto status = SystemFiles().read("/proc/self/status", 1U << 16U);  // its size is said to be 0
    REQUIRE(status);
    CHECK(contains(std::string(status->bytes.reveal()), "Name:"));
}

TEST_CASE("a file one byte larger than the limit is refused, one of just the limit is not") {
    const Folder folder;
    folder.write("a", std::string(5000, 'x'));
    CHECK(SystemFiles().read(folder / "a", 5000));
    const Error error = error_of(SystemFiles().read(folder / "a", 4999));
    CHECK(error.kind == ErrorKind::input);
    CHECK(error.code == "file_too_large");
    CHECK(contains(error.message, (folder / "a").string()));
    CHECK(contains(error.message, "4999"));
}

TEST_CASE("a file without a size is bounded all the same") {
    CHECK(error_of(SystemFiles().read("/proc/self/status", 20)).code == "file_too_large");
}

TEST_CASE("a missing file and a missing folder are both not found") {
    const Folder folder;
    folder.write("a", "");
    for (const auto& path : {folder / "none", folder / "none/none", folder / "a/below-a-file"}) {
        const Error error = error_of(SystemFiles().read(path, 10));
        CHECK(error.kind == ErrorKind::not_found);
        CHECK(error.code == "file_missing");
        CHECK(contains(error.message, path.string()));
    }
    CHECK(error_of(SystemFiles().facts(folder / "none")).code == "file_missing");
    CHECK(error_of(SystemFiles().link_facts(folder / "none")).code == "file_missing");
    CHECK(error_of(SystemFiles().list(folder / "none")).code == "file_missing");
}

TEST_CASE("folders, pipes, sockets and devices are refused as not regular, and none of them makes the reader wait") {
    const Folder folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    const int number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(number);
    for (const auto& path : {folder.path(), folder / "pipe", folder / "socket", fs::path("/dev/null")}) {
        const Error error = error_of(SystemFiles().read(path, 10));
        CHECK(error.kind == ErrorKind::input);
        CHECK(error.code == "file_not_regular");
    }
}

TEST_CASE("a symbolic link is followed or refused as asked") {
    const Folder folder;
    folder.write("a", "text");
    fs::create_symlink("a", folder / "link");
    CHECK(SystemFiles().read(folder / "link", 10));
    const Error error = error_of(SystemFiles().read(folder / "link", 10, Links::refuse));
    CHECK(error.code == "file_not_regular");
    CHECK(contains(error.message, "symbolic link"));
    const auto facts = SystemFiles().link_facts(folder / "link");
    REQUIRE(facts);
    CHECK(facts->symlink);
    CHECK_FALSE(facts->regular);
    fs::create_symlink("loop", folder / "loop");
    CHECK(error_of(SystemFiles().read(folder / "loop", 10)).code == "file_io");
}

TEST_CASE("what is denied names owner, mode and the command that mends it") {
    const Folder folder;
    folder.write("a key", "secret");
    fs::create_symlink("a key", folder / "link");
    REQUIRE(::chmod((folder / "a key").c_str(), 0600) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    if (::geteuid() != 0) return;  // only root can stand in for another user
    const AnotherUser nobody;
    const Error error = error_of(SystemFiles().read(folder / "a key", 10));
    CHECK(error.kind == ErrorKind::io);
    CHECK(error.code == "file_denied");
    CHECK(contains(error.message, "Permission denied"));
    CHECK(contains(error.message, "owner root, mode 0600"));
    CHECK(error.advice == "Run: chown nobody '" + (folder / "a key").string() + "'");
}

TEST_CASE("what a link of one's own leads to is not to be given away") {
    if (::geteuid() != 0) return;
    const Folder folder;
    const Folder own;
    folder.write("shadow", "secret");
    REQUIRE(::chmod((folder / "shadow").c_str(), 0600) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    REQUIRE(::chown(own.path().c_str(), AnotherUser::id, AnotherUser::id) == 0);
    const AnotherUser nobody;
    fs::create_symlink(folder / "shadow", own / "cert.key");
    const Error error = error_of(SystemFiles().read(own / "cert.key", 10));
    CHECK(contains(error.message, "owner root, mode 0600"));
    CHECK(contains(error.advice, "Run: gatehousectl adopt."));
    CHECK_FALSE(contains(error.advice, "chown nobody"));
}

TEST_CASE("what is denied because of a folder on the way names that folder") {
    const Folder folder;
    fs::create_directories(folder / "closed/below");
    folder.write("closed/below/a", "");
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((folder / "closed").c_str(), 0700) == 0);
    if (::geteuid() != 0) return;
    const AnotherUser nobody;
    const Error error = error_of(SystemFiles().read(folder / "closed/below/a", 10));
    CHECK(error.code == "file_denied");
    CHECK(contains(error.message, (folder / "closed").string() + ": owner root, mode 0700"));
    CHECK(error.advice == "Run: chmod a+x " + (folder / "closed").string());
}

TEST_CASE("a closed folder that a link leads to is named, and no command opens it") {
    const Folder folder;
    fs::create_directories(folder / "archive/gw");
    fs::create_directories(folder / "live");
    folder.write("archive/gw/a1", "");
    fs::create_symlink("../archive/gw/a1", folder / "live/a");
    for (const char* name : {"", "live"})
        REQUIRE(::chmod((folder / name).c_str(), 0755) == 0);
    REQUIRE(::chmod((folder / "archive").c_str(), 0700) == 0);
    if (::geteuid() != 0) return;
    const AnotherUser nobody;
    const Error error = error_of(SystemFiles().read(folder / "live/a", 10));
    CHECK(error.code == "file_denied");
    CHECK(contains(error.message, "a link leads to " + (folder / "archive").string() + ": owner root, mode 0700"));
    CHECK(contains(error.advice, "search " + (folder / "archive").string()));
    CHECK_FALSE(contains(error.advice, "chmod"));
}

TEST_CASE("what one's own mode forbids is mended by chmod, and writing blames the folder") {
    const Folder folder;
    if (::geteuid() == 0) REQUIRE(::chown(folder.path().c_str(), AnotherUser::id, AnotherUser::id) == 0);
    const AnotherUser nobody;
    folder.write("a", "");
    REQUIRE(::chmod((folder / "a").c_str(), 0200) == 0);
    const std::string run = "Run: runuser -u " + user_name(::geteuid()) + " -- ";
    CHECK(error_of(SystemFiles().read(folder / "a", 10)).advice == run + "chmod u+r " + (folder / "a").string());
    REQUIRE(::chmod(folder.path().c_str(), 0500) == 0);
    SystemFiles files;
    CHECK(error_of(files.write_new(folder / "b", "", 0600)).advice == run + "chmod u+wx " + folder.path().string());
    CHECK(error_of(files.remove(folder / "a")).advice == run + "chmod u+wx " + folder.path().string());
    REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
}

TEST_CASE("a folder is listed in order") {
    const Folder folder;
    for (const auto* name : {"b", "a", ".c"})
        folder.write(name, "");
    const auto names = SystemFiles().list(folder.path());
    REQUIRE(names);
    CHECK(*names == std::vector<std::string>{".c", "a", "b"});
}

TEST_CASE("a new file has exactly the mode that was asked for, and an existing one is left alone") {
    const Folder folder;
    SystemFiles files;
    const mode_t former = ::umask(0077);
    CHECK(files.write_new(folder / "a", "bytes", 0644));
    ::umask(former);
    CHECK(text_of(folder / "a") == "bytes");
    CHECK(files.facts(folder / "a")->mode == 0644);
    const Error error = error_of(files.write_new(folder / "a", "other", 0600));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(error.code == "file_exists");
    CHECK(text_of(folder / "a") == "bytes");
}

TEST_CASE("a new file never goes where a link points") {
    const Folder folder;
    fs::create_symlink(folder / "target", folder / "link");
    CHECK_FALSE(SystemFiles().write_new(folder / "link", "x", 0600));
    CHECK_FALSE(fs::exists(folder / "target"));
}

TEST_CASE("a write that fails half way is told in errno's words and leaves no half of a file") {
    const Folder folder;
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const rlimit small{10, limit.rlim_max};
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    SystemFiles files;
    const auto written = files.write_new(folder / "a", std::string(100, 'x'), 0600);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    ::signal(SIGXFSZ, handler);
    CHECK(error_of(written).code == "file_io");
    CHECK(contains(written.error().message, "File too large"));
    CHECK_FALSE(fs::exists(folder / "a"));
}

TEST_CASE("folders are made with their parents in the mode asked for, and one that exists keeps its own") {
    const Folder folder;
    SystemFiles files;
    const mode_t former = ::umask(0077);
    CHECK(files.make_folder(folder / "a/b/", 0750));
    ::umask(former);
    CHECK(files.facts(folder / "a")->mode == 0750);
    CHECK(files.facts(folder / "a/b")->mode == 0750);
    CHECK(files.make_folder(folder / "a", 0700));
    CHECK(files.facts(folder / "a")->mode == 0750);
    folder.write("file", "");
    const Error error = error_of(files.make_folder(folder / "file/c", 0700));
    CHECK(error.kind == ErrorKind::conflict);
    CHECK(contains(error.message, (folder / "file").string()));
}

TEST_CASE("removing takes files, links and empty folders away, and what is not there is no error") {
    const Folder folder;
    SystemFiles files;
    folder.write("a", "");
    fs::create_symlink("a", folder / "link");
    CHECK(files.remove(folder / "link"));
    CHECK(fs::exists(folder / "a"));
    CHECK(files.remove(folder / "a"));
    CHECK(files.remove(folder / "a"));
    CHECK(files.make_folder(folder / "b", 0700));
    folder.write("b/c", "");
    CHECK_FALSE(files.remove(folder / "b"));
    CHECK(files.remove(folder / "b/c"));
    CHECK(files.remove(folder / "b"));
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("removing a tree takes all that is in it, and nothing of what links in it lead to") {
    const Folder folder;
    SystemFiles files;
    folder.write("own", "text");
    fs::create_directories(folder / "tree/a/b");
    folder.write("tree/a/b/c", "text");
    fs::create_directory_symlink(folder.path(), folder / "tree/link");
    fs::create_directory_symlink(folder / "tree", folder / "other");
    CHECK(files.remove_tree(folder / "other"));
    CHECK(fs::exists(folder / "tree/a/b/c"));
    CHECK(files.remove_tree(folder / "tree"));
    CHECK(files.remove_tree(folder / "tree"));
    CHECK_FALSE(fs::exists(folder / "tree"));
    CHECK(fs::exists(folder / "own"));
}

TEST_CASE("what system calls could not write is told with what to do, as what the file system's could not") {
    const Folder folder;
    CHECK(not_written(ENOSPC, folder / "a").value().code == "disk_full");
    CHECK(not_written(ENOENT, folder / "none/a").value().code == "file_missing");
    for (const int error : {ENOSPC, EFBIG, EDQUOT, ENOENT, ENOTDIR, EEXIST, ELOOP, EIO, EACCES, EROFS}) {
        INFO(words_of(error));
        CHECK(contains(not_written(error, folder / "a").value().message, (folder / "a").string()));
        CHECK_FALSE(not_written(error, folder / "a").value().advice.empty());
    }
}

TEST_CASE("an atomic write replaces the file and leaves nothing beside it") {
    const Folder folder;
    SystemFiles files;
    CHECK(write_atomically(files, folder / "a", "one", 0644));
    const mode_t former = ::umask(0777);
    CHECK(write_atomically(files, folder / "a", "two", 0600));
    ::umask(former);
    CHECK(text_of(folder / "a") == "two");
    CHECK(files.facts(folder / "a")->mode == 0600);
    CHECK(files.list(folder.path())->size() == 1);
}

TEST_CASE("an atomic write is durable before the name changes, and the name before it returns") {
    const Folder folder;
    FailingFiles files;
    CHECK(write_atomically(files, folder / "a", "one", 0600));
    CHECK(files.steps == std::vector<std::string>{"write_new", "sync", "rename", "sync_folder"});
}

TEST_CASE("an atomic write that fails at any step is told and leaves the old file and nothing else") {
    for (const auto* step : {"write_new", "sync", "rename"}) {
        const Folder folder;
        folder.write("a", "old");
        FailingFiles files;
        files.fails = step;
        CHECK(error_of(write_atomically(files, folder / "a", "new", 0600)).message == std::string(step) + " fails.");
        CHECK(text_of(folder / "a") == "old");
        CHECK(files.list(folder.path())->size() == 1);
    }
    const Folder folder;
    FailingFiles files;
    files.fails = "sync_folder";
    CHECK_FALSE(write_atomically(files, folder / "a", "new", 0600));
}

TEST_CASE("a reader beside an atomic write sees the old file or the new, never a mixture") {
    const Folder folder;
    SystemFiles files;
    const std::string old_text(100'000, 'a');
    const std::string new_text(50'000, 'b');
    REQUIRE(write_atomically(files, folder / "a", old_text, 0600));
    std::atomic<bool> done = false;
    std::thread writer([&] {
        SystemFiles own;
        for (int i = 0; i < 50; ++i) {
            static_cast<void>(write_atomically(own, folder / "a", i % 2 == 0 ? new_text : old_text, 0600).has_value());
        }
        done = true;
    });
    bool mixed = false;
    while (!done) {
        const auto seen = files.read(folder / "a", 1U << 20U);
        mixed = mixed || !seen || (seen->bytes.reveal() != old_text && seen->bytes.reveal() != new_text);
    }
    writer.join();
    CHECK_FALSE(mixed);
}

TEST_CASE("overwriting leaves zeros of the same length, and never follows a link") {
    const Folder folder;
    SystemFiles files;
    folder.write("a", std::string(5000, 's'));
    CHECK(files.overwrite(folder / "a"));
    CHECK(text_of(folder / "a") == std::string(5000, '\0'));
    folder.write("kept", "kept");
    fs::create_symlink("kept", folder / "link");
    CHECK(error_of(files.overwrite(folder / "link")).code == "file_not_regular");
    CHECK(text_of(folder / "kept") == "kept");
}

TEST_CASE("shredding overwrites the very bytes before the name goes") {
    const Folder folder;
    folder.write("a", "passphrase");
    fs::create_hard_link(folder / "a", folder / "witness");
    FailingFiles files;
    CHECK(shred(files, folder / "a"));
    CHECK_FALSE(fs::exists(folder / "a"));
    CHECK(text_of(folder / "witness") == std::string(10, '\0'));
    CHECK(files.steps == std::vector<std::string>{"overwrite", "remove", "sync_folder"});
    CHECK(shred(files, folder / "a"));  // gone already
}

TEST_CASE("shredding that fails at any step is told") {
    for (const auto* step : {"overwrite", "remove", "sync_folder"}) {
        const Folder folder;
        folder.write("a", "passphrase");
        FailingFiles files;
        files.fails = step;
        CHECK_FALSE(shred(files, folder / "a"));
    }
}

TEST_CASE("shredding removes a file that may be removed but not written") {
    const Folder folder;
    folder.write("a", "passphrase");
    REQUIRE(::chmod((folder / "a").c_str(), 0444) == 0);
    if (::geteuid() == 0) REQUIRE(::chown(folder.path().c_str(), AnotherUser::id, AnotherUser::id) == 0);
    const AnotherUser nobody;
    SystemFiles files;
    CHECK(shred(files, folder / "a"));
    CHECK_FALSE(fs::exists(folder / "a"));
}

TEST_CASE("shredding what was read leaves a newer file under the name alone") {
    const Folder folder;
    SystemFiles files;
    REQUIRE(write_atomically(files, folder / "a", "one", 0600));
    const FileIdentity read = files.facts(folder / "a")->identity;
    REQUIRE(write_atomically(files, folder / "a", "two", 0600));
    CHECK(error_of(shred(files, folder / "a", read)).code == "file_changed");
    CHECK(text_of(folder / "a") == "two");
    CHECK(shred(files, folder / "a", files.facts(folder / "a")->identity));
    CHECK_FALSE(fs::exists(folder / "a"));
    CHECK(shred(files, folder / "a", read));
}

TEST_CASE("the identity of a file changes with its bytes, its mode and its replacement") {
    const Folder folder;
    SystemFiles files;
    REQUIRE(write_atomically(files, folder / "a", "one", 0600));
    const FileIdentity first = files.facts(folder / "a")->identity;
    CHECK(files.facts(folder / "a")->identity == first);
    REQUIRE(write_atomically(files, folder / "a", "two", 0600));
    CHECK_FALSE(files.facts(folder / "a")->identity == first);
}

}  // namespace files_test
