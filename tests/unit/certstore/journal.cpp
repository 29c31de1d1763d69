// The journal by itself, over any number of files. That a door's pair survives every fault at every step is proved in
// tests/fault/slot_commit.cpp.
#include "certstore/journal.hpp"

#include "certstore/openssl.hpp"
#include "tests/fault/faulty_files.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace gatehouse::certstore::certstore_journal_test {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using testing::read_text;
using testing::write_text;

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

// A journal and three files of it: one and two lie in one folder, three in another.
struct Desk {
    tests::Folder folder;
    fs::path top = folder / "top";
    fs::path pending = top / "pending";
    fs::path one = top / "one";
    fs::path two = top / "two";
    fs::path three = top / "elsewhere/three";
    base::SystemFiles files;

    Desk() { fs::create_directories(three.parent_path()); }

    [[nodiscard]] Journal journal() { return {files, pending}; }
    void hold(const std::string& of_one, const std::string& of_two, const std::string& of_three) const {
        write_text(one, of_one, 0640);
        write_text(two, of_two, 0600);
        write_text(three, of_three, 0444);
    }
    [[nodiscard]] std::vector<std::string> held() const { return {read_text(one), read_text(two), read_text(three)}; }
    [[nodiscard]] std::array<Replacement, 3> replacements(const std::array<std::string, 3>& bytes) const {
        return {Replacement{one, bytes[0], 0644}, Replacement{two, bytes[1], 0600}, Replacement{three, bytes[2], 0400}};
    }
    // Every file below the top that is none of the three.
    [[nodiscard]] std::vector<std::string> leftovers() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(top)) {
            if (!entry.is_regular_file() || entry.path() == one || entry.path() == two || entry.path() == three)
                continue;
            found.push_back(entry.path().lexically_relative(top));
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    // What a crash leaves: the list, and the new bytes beside it.
    void leave_journal(const std::array<std::string, 3>& old_bytes, const std::array<std::string, 3>& new_bytes) const {
        fs::create_directories(pending);
        const std::array paths{one, two, three};
        std::string list = "gatehouse journal 1\n";
        for (std::size_t i = 0; i < paths.size(); ++i) {
            list += "0640 " + (old_bytes[i].empty() ? "absent" : sha256_hex(old_bytes[i])) + ' ' +
                    sha256_hex(new_bytes[i]) + ' ' + paths[i].string() + '\n';
            write_text(pending / ("new-" + std::to_string(i)), new_bytes[i]);
        }
        write_text(pending / "journal", list + "end\n");
    }
};

const std::array<std::string, 3> old_bytes{"old one", "old two", "old three"};
const std::array<std::string, 3> new_bytes{"new one", "new two", "new three"};
const std::vector<std::string> all_old(old_bytes.begin(), old_bytes.end());
const std::vector<std::string> all_new(new_bytes.begin(), new_bytes.end());

// ---------------------------------------------------------------- replacing

TEST_CASE(
    "several files in several folders are replaced as one, with the modes asked for, and nothing is left behind") {
    Desk desk;
    desk.hold("old one", "old two", "old three");
    Journal journal = desk.journal();
    REQUIRE(journal.replace(desk.replacements(new_bytes)));
    CHECK(desk.held() == all_new);
    CHECK(mode_of(desk.one) == 0644);
    CHECK(mode_of(desk.two) == 0600);
    CHECK(mode_of(desk.three) == 0400);
    CHECK(desk.leftovers().empty());
}

TEST_CASE("files and folders that are not there yet are made, folders for their owner alone") {
    Desk desk;
    fs::remove_all(desk.top);
    fs::create_directory(desk.top);
    desk.three = desk.top / "a/b/c/three";
    Journal journal = desk.journal();
    REQUIRE(journal.replace(desk.replacements(new_bytes)));
    CHECK(desk.held() == all_new);
    for (const char* made : {"pending", "a", "a/b", "a/b/c"})
        CHECK(mode_of(desk.top / made) == 0700);
}

TEST_CASE("a replacement by the same bytes succeeds, and takes the mode") {
    Desk desk;
    desk.hold("old one", "old two", "old three");
    Journal journal = desk.journal();
    REQUIRE(journal.replace(desk.replacements(old_bytes)));
    CHECK(desk.held() == all_old);
    CHECK(mode_of(desk.one) == 0644);
    CHECK(desk.leftovers().empty());
}

TEST_CASE("one replacement follows another") {
    Desk desk;
    Journal journal = desk.journal();
    for (int i = 0; i < 5; ++i) {
        const std::array bytes{std::to_string(i), std::string(), std::string(100'000, static_cast<char>('a' + i))};
        REQUIRE(journal.replace(desk.replacements(bytes)));
        CHECK(desk.held() == std::vector(bytes.begin(), bytes.end()));
    }
}

TEST_CASE("what could not be put back is not replaced: the others stay as they are") {
    Desk desk;
    desk.hold("old one", "old two", "old three");
    fs::remove(desk.two);
    SECTION("a folder") {
        fs::create_directory(desk.two);
    }
    SECTION("more than a certificate or key can be") {
        write_text(desk.two, std::string((1U << 20U) + 1, 'x'));
    }
    Journal journal = desk.journal();
    const auto replaced = journal.replace(desk.replacements(new_bytes));
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().kind == ErrorKind::conflict);
    CHECK(replaced.error().code == "slot_not_writable");
    CHECK_THAT(replaced.error().message, Catch::Contains(desk.two.string()));
    CHECK_THAT(replaced.error().advice, Catch::Contains("mv " + desk.two.string()));
    CHECK(read_text(desk.one) == "old one");
    CHECK(read_text(desk.three) == "old three");
    CHECK(desk.leftovers().empty());
}

TEST_CASE("a path with a line break, which the list could not hold, is refused") {
    Desk desk;
    desk.hold("old one", "old two", "old three");
    Journal journal = desk.journal();
    const std::array replacements{Replacement{desk.one, "new one", 0644}, Replacement{desk.top / "a\nb", "new", 0644}};
    const auto replaced = journal.replace(replacements);
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().kind == ErrorKind::input);
    CHECK(read_text(desk.one) == "old one");
    CHECK_FALSE(fs::exists(desk.pending / "journal"));
}

TEST_CASE("a path with spaces is a path like others") {
    Desk desk;
    desk.one = desk.top / " a file  with spaces ";
    Journal journal = desk.journal();
    REQUIRE(journal.replace(desk.replacements(new_bytes)));
    CHECK(desk.held() == all_new);
}

TEST_CASE("whichever step fails, the caller is told the truth: all files are old, with their modes, or all are new") {
    std::size_t steps = 0;
    bool has_succeeded = false;
    for (std::size_t step = 1; step <= 200 && !has_succeeded; ++step) {
        Desk desk;
        desk.hold("old one", "old two", "old three");
        fault::FaultyFiles files(desk.top);
        files.inject(step, fault::Fault::fail_once);
        Journal journal(files, desk.pending);
        const auto replaced = journal.replace(desk.replacements(new_bytes));
        CAPTURE(step);
        has_succeeded = files.steps() < step;  // beyond the last one: nothing failed
        if (replaced) {
            CHECK(desk.held() == all_new);
        } else {
            CHECK(desk.held() == all_old);
            CHECK(mode_of(desk.one) == 0640);
            CHECK(mode_of(desk.three) == 0444);
        }
        // What is left to clear away is cleared by the next one.
        REQUIRE(desk.journal().replace(desk.replacements(replaced ? old_bytes : new_bytes)));
        CHECK(desk.leftovers().empty());
        steps = step;
    }
    CHECK(has_succeeded);
    CHECK(steps > 20);
}

// ---------------------------------------------------------------- recovering

TEST_CASE("where there is no journal, or no folder for one, there is nothing to recover") {
    Desk desk;
    desk.hold("old one", "old two", "old three");
    CHECK(desk.journal().recover());
    fs::create_directory(desk.pending);
    CHECK(desk.journal().recover());
    CHECK(desk.held() == all_old);
    CHECK(fs::exists(desk.pending));
}

TEST_CASE("a journal over files that are all old, or all new, is cleared away") {
    Desk desk;
    desk.leave_journal(old_bytes, new_bytes);
    const bool begun = GENERATE(false, true);
    const auto& bytes = begun ? new_bytes : old_bytes;
    desk.hold(bytes[0], bytes[1], bytes[2]);
    // The copies beside the files, whole and half.
    write_text(desk.one.string() + ".gatehouse-new", "new one");
    write_text(desk.two.string() + ".gatehouse-old", "old t");
    REQUIRE(desk.journal().recover());
    CHECK(desk.held() == (begun ? all_new : all_old));
    CHECK(mode_of(desk.one) == 0640);
    CHECK(desk.leftovers().empty());
    CHECK(desk.journal().recover());
}

TEST_CASE("a replacement that was interrupted among its files is finished, wherever that was") {
    for (unsigned replaced = 1; replaced < 7; ++replaced) {
        Desk desk;
        desk.leave_journal(old_bytes, new_bytes);
        const auto bytes = [&](unsigned i) { return (replaced >> i & 1U) != 0 ? new_bytes.at(i) : old_bytes.at(i); };
        desk.hold(bytes(0), bytes(1), bytes(2));
        CAPTURE(replaced);
        REQUIRE(desk.journal().recover());
        CHECK(desk.held() == all_new);
        CHECK(desk.leftovers().empty());
    }
}

TEST_CASE("files that were not there before count as old where they are absent") {
    for (unsigned replaced = 0; replaced < 8; ++replaced) {
        Desk desk;
        desk.leave_journal({}, new_bytes);
        const std::array paths{desk.one, desk.two, desk.three};
        for (unsigned i = 0; i < 3; ++i) {
            if ((replaced >> i & 1U) != 0) write_text(paths.at(i), new_bytes.at(i));
        }
        CAPTURE(replaced);
        REQUIRE(desk.journal().recover());
        for (const fs::path& path : paths)
            CHECK(fs::exists(path) == (replaced != 0));
        CHECK(desk.leftovers().empty());
    }
}

TEST_CASE("where somebody has replaced a file since, their choice stands") {
    Desk desk;
    desk.leave_journal(old_bytes, new_bytes);
    desk.hold("new one", "somebody's two", "old three");
    REQUIRE(desk.journal().recover());
    CHECK(desk.held() == std::vector<std::string>{"new one", "somebody's two", "old three"});
    CHECK(desk.leftovers().empty());
}

TEST_CASE("a folder, or a file too large to be meant, in a file's place is somebody's choice too") {
    Desk desk;
    desk.leave_journal(old_bytes, new_bytes);
    desk.hold("new one", "old two", "old three");
    fs::remove(desk.two);
    fs::create_directory(desk.two);
    REQUIRE(desk.journal().recover());
    CHECK(fs::is_directory(desk.two));
    CHECK(read_text(desk.one) == "new one");
    CHECK(read_text(desk.three) == "old three");
    CHECK_FALSE(fs::exists(desk.pending / "journal"));
}

TEST_CASE("new bytes that are damaged finish nothing: the error says so, and the journal stays for another try") {
    Desk desk;
    desk.leave_journal(old_bytes, new_bytes);
    desk.hold("new one", "old two", "old three");
    const std::string list = read_text(desk.pending / "journal");
    SECTION("changed") {
        write_text(desk.pending / "new-1", "nonsense");
        const auto recovered = desk.journal().recover();
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == "journal_damaged");
        CHECK_THAT(recovered.error().message, Catch::Contains((desk.pending / "new-1").string()));
    }
    SECTION("gone") {
        fs::remove(desk.pending / "new-1");
        CHECK_FALSE(desk.journal().recover());
    }
    CHECK(read_text(desk.two) == "old two");
    CHECK(read_text(desk.pending / "journal") == list);
    Journal journal = desk.journal();
    CHECK_FALSE(journal.replace(desk.replacements({"a", "b", "c"})));
    CHECK(desk.held() == std::vector<std::string>{"new one", "old two", "old three"});
    // Two ways out: the bytes come back, or somebody puts another file in place.
    if (GENERATE(false, true)) {
        write_text(desk.pending / "new-1", "new two");
        REQUIRE(desk.journal().recover());
        CHECK(desk.held() == all_new);
    } else {
        write_text(desk.two, "somebody's two");
        REQUIRE(desk.journal().recover());
        CHECK(read_text(desk.two) == "somebody's two");
    }
    CHECK(desk.leftovers().empty());
}

TEST_CASE("a replacement finishes one that was interrupted before it begins") {
    Desk desk;
    desk.leave_journal(old_bytes, new_bytes);
    desk.hold("new one", "old two", "old three");
    Journal journal = desk.journal();
    const std::array replacements{Replacement{desk.one, "newest one", 0600}};
    REQUIRE(journal.replace(replacements));
    CHECK(desk.held() == std::vector<std::string>{"newest one", "new two", "new three"});
    CHECK(desk.leftovers().empty());
}

TEST_CASE("a list that is not whole means that nothing was begun; other files in its folder are none of its business") {
    Desk desk;
    desk.hold("new one", "old two", "old three");
    desk.leave_journal(old_bytes, new_bytes);
    const std::string list = read_text(desk.pending / "journal");
    write_text(desk.pending / "request.key", "a key that waits");
    for (const std::string& text : {std::string(), list.substr(0, list.size() - 1), list.substr(0, list.size() / 2),
                                    list + "more", "gatehouse journal 2\n" + list.substr(list.find('\n') + 1)}) {
        CAPTURE(text);
        write_text(desk.pending / "journal", text);
        write_text(desk.pending / "new-0", "new one");
        write_text(desk.pending / "journal.new", text);
        REQUIRE(desk.journal().recover());
        CHECK(desk.held() == std::vector<std::string>{"new one", "old two", "old three"});
        CHECK(desk.leftovers() == std::vector<std::string>{"pending/request.key"});
    }
}

TEST_CASE("a folder that went away with its file does not hold up the rest") {
    Desk desk;
    desk.leave_journal(old_bytes, new_bytes);
    desk.hold("new one", "new two", "old three");
    fs::remove_all(desk.three.parent_path());
    REQUIRE(desk.journal().recover());
    CHECK(desk.leftovers().empty());
    CHECK(read_text(desk.one) == "new one");
}

}  // namespace
}  // namespace gatehouse::certstore::certstore_journal_test
