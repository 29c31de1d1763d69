#include "gatehousectl/backup/sealed_stream.hpp"

#include "base/descriptor.hpp"
#include "gatehousectl/backup/big_endian.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/gatehousectl/backup/made.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace sealed_stream_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl::backup;
using tests::bytes_at;
using tests::cheap;
using tests::text_of_size;

namespace {

constexpr std::size_t header_size = 76;
constexpr std::size_t more = 17;

struct Opened {
    std::string bytes;
    std::string code;  // "": to its end
};

class Stream {
public:
    explicit Stream(std::string_view plain) {
        const base::Descriptor file = tests::made_at(path());
        auto writer = SealedWriter::begin(file.get(), "the file", passphrase, cheap);
        REQUIRE(writer);
        // In pieces that are none of the chunks'.
        for (std::size_t at = 0; at < plain.size(); at += 30011)
            REQUIRE(writer->write(plain.substr(at, 30011)));
        REQUIRE(writer->finish());
        bytes = bytes_at(path());
    }
    [[nodiscard]] Opened open(std::string_view changed, std::string_view with = "correct horse") const {
        folder_.write("changed", changed);
        const base::Descriptor file = tests::opened_at(folder_ / "changed");
        auto reader = SealedReader::open(file.get(), "the file", base::Secret(with));
        if (!reader) return {"", reader.error().code};
        Opened opened;
        for (;;) {
            std::string piece(50021, '\0');
            const auto got = reader->read(piece.data(), piece.size());
            if (!got) return {opened.bytes, got.error().code};
            opened.bytes.append(piece, 0, *got);
            if (*got < piece.size()) return opened;
        }
    }

    const base::Secret passphrase{std::string_view("correct horse")};
    std::string bytes;

private:
    [[nodiscard]] std::filesystem::path path() const { return folder_ / "sealed"; }
    tests::Folder folder_{tests::quick_place()};
};

}  // namespace

TEST_CASE("what was sealed comes back whole, of any size, and nothing of it can be seen") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, chunk_size - 1, chunk_size, chunk_size + 1,
                                   2 * chunk_size, 3 * chunk_size + 5}) {
        const std::string plain = text_of_size(size);
        const Stream stream(plain);
        const Opened opened = stream.open(stream.bytes);
        CHECK(opened.code.empty());
        CHECK((opened.bytes == plain));
        CHECK(stream.bytes.size() ==
              header_size + more + size + more * std::max<std::size_t>(1, (size + chunk_size - 1) / chunk_size));
        if (size > 100) CHECK(stream.bytes.find(plain.substr(size / 2, 40)) == std::string::npos);
        CHECK(stream.open(stream.bytes, "correct horsf").code == "wrong_passphrase");
        CHECK(stream.open(stream.bytes, "").code == "wrong_passphrase");
    }
}

TEST_CASE("a stream that was cut off anywhere is none") {
    const std::string plain = text_of_size(2 * chunk_size + 100);
    const Stream stream(plain);
    std::vector<std::size_t> sizes;
    for (std::size_t size = 0; size < header_size + more + 2; ++size)
        sizes.push_back(size);
    for (std::size_t chunk = 0; chunk < 4; ++chunk) {
        const std::size_t boundary = header_size + more + chunk * (chunk_size + more);
        for (std::size_t size = boundary - 20; size <= boundary + 20; ++size)
            sizes.push_back(size);
    }
    for (std::size_t size = 0; size < stream.bytes.size(); size += 1009)
        sizes.push_back(size);
    sizes.push_back(stream.bytes.size() - 1);
    for (const std::size_t size : sizes) {
        if (size >= stream.bytes.size()) continue;
        const Opened opened = stream.open(std::string_view(stream.bytes).substr(0, size));
        INFO("cut off after " << size << " bytes: " << opened.code);
        CHECK(opened.code == (size < 16 ? "not_a_backup" : "backup_damaged"));
        // What was given before is what it was.
        CHECK((plain.starts_with(opened.bytes)));
    }
}

TEST_CASE("one bit that is another is noticed, wherever it is") {
    const std::string plain = text_of_size(chunk_size + 100);
    const Stream stream(plain);
    for (std::size_t at = 0; at < stream.bytes.size(); at += at < 300 || at > stream.bytes.size() - 300 ? 1 : 997) {
        for (const unsigned bit : {0U, 7U}) {
            std::string changed = stream.bytes;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
            const Opened opened = stream.open(changed);
            INFO("byte " << at << ", bit " << bit << ": " << opened.code);
            if (at < 16) CHECK(opened.code == "not_a_backup");
            if (at >= 16 && at < 20) CHECK(opened.code == "backup_newer");
            // Of the costs some are refused as they are; any other makes another key.
            if (at >= 20 && at < 36) CHECK((opened.code == "backup_damaged" || opened.code == "wrong_passphrase"));
            if (at >= 36 && at < header_size + more) CHECK(opened.code == "wrong_passphrase");
            if (at >= header_size + more) CHECK(opened.code == "backup_damaged");
            CHECK((plain.starts_with(opened.bytes)));
        }
    }
}

TEST_CASE("chunks that were exchanged, left out, repeated or appended are noticed") {
    const std::string plain = text_of_size(3 * chunk_size);
    const Stream stream(plain);
    const std::string head = stream.bytes.substr(0, header_size + more);
    const auto chunk = [&](std::size_t number) {
        return stream.bytes.substr(header_size + more + number * (chunk_size + more), chunk_size + more);
    };
    REQUIRE(stream.open(head + chunk(0) + chunk(1) + chunk(2)).code.empty());
    CHECK(stream.open(head + chunk(1) + chunk(0) + chunk(2)).code == "backup_damaged");
    CHECK(stream.open(head + chunk(0) + chunk(2)).code == "backup_damaged");
    CHECK(stream.open(head + chunk(0) + chunk(0) + chunk(1) + chunk(2)).code == "backup_damaged");
    CHECK(stream.open(head + chunk(0) + chunk(1) + chunk(2) + chunk(2)).code == "backup_damaged");
    CHECK(stream.open(stream.bytes + "x").code == "backup_damaged");
    const Stream other(plain);
    CHECK(stream.open(head + other.bytes.substr(head.size())).code == "backup_damaged");
}

TEST_CASE("a header cannot make the machine work for hours") {
    const Stream stream("short");
    std::string dear = stream.bytes;
    dear[20] = 1;  // operations
    CHECK(stream.open(dear).code == "backup_damaged");
    dear = stream.bytes;
    dear[28] = 1;  // memory
    CHECK(stream.open(dear).code == "backup_damaged");
    // Twice what a backup of ours asks for, and not once more.
    for (const auto& [place, most] : {std::pair(20, 2 * KeyCost().operations), std::pair(28, 2 * KeyCost().memory)}) {
        dear = stream.bytes;
        dear.replace(static_cast<std::size_t>(place), 8, big_endian(most, 8));
        CHECK(stream.open(dear).code == "wrong_passphrase");
        dear.replace(static_cast<std::size_t>(place), 8, big_endian(most + 1, 8));
        CHECK(stream.open(dear).code == "backup_damaged");
    }
}

TEST_CASE("a disk that is full is told") {
    const base::Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    REQUIRE(full);
    const auto writer = SealedWriter::begin(full.get(), "the file", base::Secret(std::string_view("x")), cheap);
    REQUIRE_FALSE(writer);
    CHECK(writer.error().code == "disk_full");
    CHECK(writer.error().advice.find("Make room") != std::string::npos);
}

TEST_CASE("an entry of another size than it says is noticed by who writes it") {
    tests::Folder folder{tests::quick_place()};
    const base::Descriptor file = tests::made_at(folder / "file");
    auto stream = SealedWriter::begin(file.get(), "the file", base::Secret(std::string_view("x")), cheap);
    REQUIRE(stream);
    ArchiveWriter archive(*stream);
    REQUIRE(archive.begin({"state/clean/a", 0600, 3}));
    CHECK_THROWS(archive.write("long"));
    REQUIRE(archive.write("ab"));
    CHECK_THROWS(archive.begin({"state/clean/b", 0600, 0}));
    REQUIRE(archive.write("c"));
    CHECK(archive.begin({"state/clean/b", 0600, 0}));
}

}  // namespace sealed_stream_test
