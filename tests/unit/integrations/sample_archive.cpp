#include "server/integrations/sample_archive.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace sample_archive_test {

using namespace gatehouse;
using namespace gatehouse::integrations;
namespace fs = std::filesystem;
namespace pki = certstore::testing;

namespace {

const std::string name(64, 'e');

// A store, and a place where somebody unpacks.
struct Desk {
    tests::Folder store;
    tests::Folder desk;

    [[nodiscard]] ArchiveWish wish(const std::string& bytes) const {
        store.write("sample", bytes);
        return {store / "sample", bytes.size(), name, store.path()};
    }
    // Copies the archive to the desk, as a client gets it.
    void deliver(const SampleArchive& archive) const {
        fs::copy_file("/proc/self/fd/" + std::to_string(archive.file.get()), desk / "sample.zip",
                      fs::copy_options::overwrite_existing);
        CHECK(fs::file_size(desk / "sample.zip") == archive.size);
    }
    // Whether a command of the desk's ends with 0.
    [[nodiscard]] bool runs(const std::string& command) const {
        const std::string whole = "cd " + desk.path().string() + " && (" + command + ") > output 2>&1 < /dev/null";
        return std::system(whole.c_str()) == 0;
    }
    [[nodiscard]] std::string entry() const { return pki::read_text(desk / name); }
};

std::string of_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    unsigned state = 1;
    for (char& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}

}  // namespace

TEST_CASE("a sample comes out of its archive as it went in, by unzip and by 7z, with the password that all know") {
    for (const std::string& bytes : {std::string("MZ\0\x1a harmless", 14), std::string(), of_bytes(3'000'001)}) {
        const Desk desk;
        const auto archive = make_sample_archive(desk.wish(bytes));
        INFO((archive ? "" : archive.error().text()));
        REQUIRE(archive);
        desk.deliver(*archive);
        for (const char* command : {"unzip -o -P infected sample.zip", "7z x -y -pinfected sample.zip"}) {
            fs::remove(desk.desk / name);
            const bool ran = desk.runs(command);
            INFO(command << ":\n" << pki::read_text(desk.desk / "output"));
            CHECK(ran);
            CHECK((desk.entry() == bytes));
        }
    }
}

TEST_CASE("without the password nothing of a sample can be read") {
    const Desk desk;
    const std::string bytes = "what a scanner on the way would find";
    const auto archive = make_sample_archive(desk.wish(bytes));
    REQUIRE(archive);
    desk.deliver(*archive);
    CHECK(pki::read_text(desk.desk / "sample.zip").find(bytes) == std::string::npos);
    CHECK_FALSE(desk.runs("unzip -o -P wrong sample.zip"));
    CHECK_FALSE(desk.runs("7z x -y -pwrong sample.zip"));
    CHECK(desk.runs("unzip -t -P infected sample.zip"));
}

TEST_CASE("the one entry is a file that nobody may execute, under the name that was asked for") {
    const Desk desk;
    const auto archive = make_sample_archive(desk.wish("x"));
    REQUIRE(archive);
    desk.deliver(*archive);
    REQUIRE(desk.runs("zipinfo sample.zip"));
    const std::string listing = pki::read_text(desk.desk / "output");
    INFO(listing);
    CHECK(listing.find("-rw------- ") != std::string::npos);
    CHECK(listing.find(" " + name) != std::string::npos);
    CHECK(listing.find("number of entries: 1") != std::string::npos);
}

TEST_CASE("nothing is left in the folder, and nothing is there while the archive is open") {
    const Desk desk;
    const auto archive = make_sample_archive(desk.wish("x"));
    REQUIRE(archive);
    CHECK(std::distance(fs::directory_iterator(desk.store.path()), {}) == 1);  // the sample
}

TEST_CASE("a sample of 250 MiB takes no more memory than a small one") {
    const Desk desk;
    constexpr std::size_t mebibyte = 1024UL * 1024;
    const std::string part = of_bytes(mebibyte);
    {
        std::ofstream file(desk.store / "sample", std::ios::binary);
        for (int i = 0; i < 250; ++i)
            file << part;
    }
    const auto most_memory = [] {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;  // KiB
    };
    desk.store.write("small", part);
    REQUIRE(make_sample_archive({desk.store / "small", mebibyte, name, desk.store.path()}));
    const long before = most_memory();
    const auto archive = make_sample_archive({desk.store / "sample", 250 * mebibyte, name, desk.store.path()});
    REQUIRE(archive);
    CHECK(most_memory() - before < 1024);
    const std::string zip = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(archive->file.get());
    CHECK(desk.runs("unzip -p -P infected " + zip + " | cmp - " + (desk.store / "sample").string()));
}

TEST_CASE("a sample that is missing, a link or of another size is told, and so is a folder that cannot be written") {
    const Desk desk;
    ArchiveWish wish = desk.wish("four");
    const auto code = [&] {
        const auto archive = make_sample_archive(wish);
        return archive ? std::string("made") : archive.error().code;
    };
    CHECK(code() == "made");
    wish.size = 5;
    CHECK(code() == "sample_unreadable");
    wish.size = 4;
    wish.folder = desk.store / "missing";
    CHECK(code() == "file_io");
    wish.folder = desk.store.path();
    fs::create_symlink("sample", desk.store / "link");
    for (const char* other : {"link", "missing", "."}) {
        wish.sample = desk.store / other;
        CHECK(code() == "sample_unreadable");
    }
}

TEST_CASE("an archive that cannot be written to its end is told, and nothing of it stays") {
    const Desk desk;
    const ArchiveWish wish = desk.wish(of_bytes(1'000'000));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit little{500'000, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
    const auto archive = make_sample_archive(wish);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    REQUIRE_FALSE(archive);
    CHECK(archive.error().code == "file_io");
    CHECK_THAT(archive.error().message, Catch::Contains(desk.store.path().string()));
    CHECK(std::distance(fs::directory_iterator(desk.store.path()), {}) == 1);
}

}  // namespace sample_archive_test
