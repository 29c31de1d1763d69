// One door's place on disk. What happens when things fail is proved in tests/fault/slot_commit.cpp.
#include "certstore/slot.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::certstore::slot_test {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using testing::read_text;
using testing::write_text;
using tests::Folder;

struct Place {
    Folder folder;
    base::SystemFiles files;

    [[nodiscard]] Slot slot(const std::string& certificate = "clean/cert.pem",
                            const std::string& key = "clean/cert.key") {
        return {files, config::Interface::clean, folder.path(), PairPaths{folder / certificate, folder / key}};
    }
};

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

PairFiles pair(const std::string& certificate, const std::string& key) {
    return testing::pair_files(certificate, key);
}

TEST_CASE("a slot's places are those of the contract") {
    Place place;
    const Slot slot = place.slot();
    CHECK(slot.last_good().certificate == place.folder / "clean/last-good/cert.pem");
    CHECK(slot.last_good().key == place.folder / "clean/last-good/cert.key");
    CHECK(slot.previous().certificate == place.folder / "clean/previous/cert.pem");
    CHECK(slot.self_signed().key == place.folder / "clean/self-signed/cert.key");
}

TEST_CASE("recovery makes the door's folder, for its owner alone") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    CHECK(mode_of(place.folder / "clean") == 0700);
    REQUIRE(slot.recover());
}

TEST_CASE("a commit replaces both files, keeps the certificate's mode, and closes the key to others") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    write_text(slot.configured().certificate, "old certificate", 0640);
    write_text(slot.configured().key, "old key", 0644);
    REQUIRE(slot.commit("new certificate", "new key"));
    CHECK(read_text(slot.configured().certificate) == "new certificate");
    CHECK(read_text(slot.configured().key) == "new key");
    CHECK(mode_of(slot.configured().certificate) == 0640);
    CHECK(mode_of(slot.configured().key) == 0600);
    CHECK(fs::is_empty(place.folder / "clean/pending"));
    CHECK(mode_of(place.folder / "clean/pending") == 0700);
}

TEST_CASE("a commit makes missing folders, for their owner alone, and puts a first pair there") {
    Place place;
    Slot slot = place.slot("etc/certs/box.pem", "etc/private/box.key");
    REQUIRE(slot.recover());
    CHECK(slot.writable());
    CHECK_FALSE(fs::exists(place.folder / "etc"));
    REQUIRE(slot.commit("certificate", "key"));
    CHECK(read_text(place.folder / "etc/certs/box.pem") == "certificate");
    CHECK(read_text(place.folder / "etc/private/box.key") == "key");
    CHECK(mode_of(place.folder / "etc/private") == 0700);
    CHECK(mode_of(place.folder / "etc/certs/box.pem") == 0644);
}

TEST_CASE("where one file is configured for both, key and chain are put into it together") {
    Place place;
    Slot slot = place.slot("clean/box.pem", "clean/../clean/box.pem");
    REQUIRE(slot.recover());
    REQUIRE(slot.commit("certificate\n", "key"));
    CHECK(read_text(place.folder / "clean/box.pem") == "key\ncertificate\n");
    CHECK(mode_of(place.folder / "clean/box.pem") == 0600);
}

TEST_CASE("a certificate's text that holds the key too is kept and put back like a key") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    const std::string both = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\ncertificate\n";
    REQUIRE(slot.remember(pair(both, "key")));
    CHECK(mode_of(slot.last_good().certificate) == 0600);
    REQUIRE(slot.remember(pair("next", "next key")));
    CHECK(mode_of(slot.previous().certificate) == 0600);
    CHECK(mode_of(slot.last_good().certificate) == 0644);
    REQUIRE(slot.commit("certificate", "key"));
    REQUIRE(mode_of(slot.configured().certificate) == 0644);
    REQUIRE(slot.commit(both, "key"));
    CHECK(mode_of(slot.configured().certificate) == 0600);
}

TEST_CASE("a configured path that is a link is not written, wherever it points") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    write_text(place.folder / "elsewhere", "linked");
    for (const auto& [linked, target] :
         {std::pair{slot.configured().certificate, "elsewhere"}, std::pair{slot.configured().key, "elsewhere"},
          std::pair{slot.configured().key, "nowhere"}}) {
        fs::create_symlink(place.folder / target, linked);
        const auto writable = slot.writable();
        REQUIRE_FALSE(writable);
        CHECK(writable.error().kind == ErrorKind::conflict);
        CHECK(writable.error().code == "slot_is_link");
        CHECK_THAT(writable.error().message, Catch::Contains(linked.string()));
        CHECK(slot.commit("c", "k").error().code == "slot_is_link");
        CHECK(fs::is_symlink(linked));
        fs::remove(linked);
    }
    CHECK(read_text(place.folder / "elsewhere") == "linked");
}

TEST_CASE("a pair that another program keeps is told as that, and nobody is told to take its folders") {
    if (::geteuid() != 0) return;
    Place place;
    const fs::path live = place.folder / "live";
    fs::create_directory(live);
    write_text(live / "cert.pem", "a file, in a folder of root's");
    fs::create_symlink("../archive/key1", live / "cert.key");
    REQUIRE(::chmod(place.folder.path().c_str(), 0755) == 0);
    for (const auto& [mode, code] : {std::pair{0755, "slot_is_link"}, std::pair{0700, "slot_not_writable"}}) {
        REQUIRE(::chmod(live.c_str(), static_cast<mode_t>(mode)) == 0);
        const testing::AsNobody nobody;
        const auto writable = place.slot("live/cert.pem", "live/cert.key").writable();
        REQUIRE_FALSE(writable);
        CHECK(writable.error().code == code);
        CHECK_THAT(writable.error().advice, Catch::Contains("out of the configuration") && !Catch::Contains("chown"));
    }
}

TEST_CASE("a place that holds something else than a file is not written") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    fs::create_directory(slot.configured().key);
    CHECK(slot.writable().error().code == "slot_not_writable");
    CHECK(slot.commit("c", "k").error().code == "slot_not_writable");
}

TEST_CASE("a folder that this process may not change is told with owner, mode and the command that mends it") {
    Place place;
    Slot first = place.slot();
    REQUIRE(first.recover());
    const fs::path closed = place.folder / "closed";
    fs::create_directory(closed);
    REQUIRE(::chmod(closed.c_str(), 0555) == 0);
    REQUIRE(::chmod(place.folder.path().c_str(), 0755) == 0);
    const testing::AsNobody nobody;
    for (const fs::path& folder : {closed, closed / "missing"}) {
        const Slot slot(place.files, config::Interface::clean, place.folder.path(),
                        PairPaths{folder / "cert.pem", folder / "cert.key"});
        const auto writable = slot.writable();
        REQUIRE_FALSE(writable);
        CHECK(writable.error().kind == ErrorKind::conflict);
        CHECK(writable.error().code == "slot_not_writable");
        CHECK_THAT(writable.error().message, Catch::Contains(closed.string()) && Catch::Contains("mode 0555"));
        CHECK(writable.error().advice == "Run: chown nobody " + closed.string());
    }
}

TEST_CASE("a folder that others than root can exchange is not to be given away") {
    if (::geteuid() != 0) return;
    Place place;
    const fs::path closed = place.folder / "closed";
    fs::create_directory(closed);
    REQUIRE(::chown(place.folder.path().c_str(), 65534, 65534) == 0);
    const testing::AsNobody nobody;
    const Slot slot(place.files, config::Interface::clean, place.folder.path(),
                    PairPaths{closed / "cert.pem", closed / "cert.key"});
    CHECK_THAT(slot.writable().error().advice, Catch::StartsWith("Run: gatehousectl adopt."));
}

TEST_CASE("other configured paths are taken over") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    slot.configure({place.folder / "a/cert.pem", place.folder / "b/cert.key"});
    REQUIRE(slot.commit("certificate", "key"));
    CHECK(read_text(place.folder / "a/cert.pem") == "certificate");
    CHECK_FALSE(fs::exists(place.folder / "clean/cert.pem"));
}

TEST_CASE("what is remembered is last good, and what was last good is previous") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    REQUIRE(slot.remember(pair("certificate 1", "key 1")));
    CHECK(read_text(slot.last_good().certificate) == "certificate 1");
    CHECK(read_text(slot.last_good().key) == "key 1");
    CHECK(mode_of(slot.last_good().key) == 0600);
    CHECK(mode_of(slot.last_good().key.parent_path()) == 0700);
    CHECK_FALSE(fs::exists(slot.previous().key));

    REQUIRE(slot.remember(pair("certificate 2", "key 2")));
    CHECK(read_text(slot.last_good().key) == "key 2");
    CHECK(read_text(slot.previous().certificate) == "certificate 1");
    CHECK(read_text(slot.previous().key) == "key 1");
    CHECK(mode_of(slot.previous().key) == 0600);
}

TEST_CASE("remembering the same pair again is no step back, not even with its key encrypted anew") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    REQUIRE(slot.remember(pair("certificate 1", "key 1")));
    REQUIRE(slot.remember(pair("certificate 2", "key 2")));
    REQUIRE(slot.remember(pair("certificate 2", "key 2")));
    CHECK(read_text(slot.previous().certificate) == "certificate 1");
    REQUIRE(slot.remember(pair("certificate 2", "key 2 encrypted")));
    CHECK(read_text(slot.last_good().key) == "key 2 encrypted");
    CHECK(read_text(slot.previous().certificate) == "certificate 1");
    CHECK(read_text(slot.previous().key) == "key 1");
}

TEST_CASE("a copy that cannot be made is told as last_good_not_saved") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    write_text(place.folder / "clean/last-good", "a file where a folder should be");
    const auto remembered = slot.remember(pair("certificate", "key"));
    REQUIRE_FALSE(remembered);
    CHECK(remembered.error().kind == ErrorKind::io);
    CHECK(remembered.error().code == "last_good_not_saved");
    CHECK_THAT(remembered.error().message, Catch::Contains("last-good"));
}

TEST_CASE("a self-signed pair is kept, and replaced by the next") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    for (const char* number : {"1", "2"}) {
        REQUIRE(slot.keep_self_signed("certificate " + std::string(number), "key " + std::string(number)));
        CHECK(read_text(slot.self_signed().certificate) == "certificate " + std::string(number));
        CHECK(read_text(slot.self_signed().key) == "key " + std::string(number));
        CHECK(mode_of(slot.self_signed().key) == 0600);
    }
}

TEST_CASE("a journal that is not whole, or no journal at all, is cleared away and changes nothing") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    REQUIRE(slot.commit("certificate", "key"));
    const fs::path pending = place.folder / "clean/pending";
    for (const std::string& list :
         {std::string(), std::string("gatehouse journal 1\n"), std::string("gatehouse journal 1\n0600 a b\nend\n"),
          std::string("gatehouse journal 1\nx absent a /p\nend\n"), std::string("something else\nend\n"),
          "gatehouse journal 1\n0600 absent abc " + slot.configured().key.string() + "\n"}) {
        CAPTURE(list);
        write_text(pending / "journal", list);
        write_text(pending / "new-0", "evil");
        write_text(pending / "request.key", "a key that waits for its certificate");
        REQUIRE(slot.recover());
        CHECK(read_text(slot.configured().key) == "key");
        CHECK_FALSE(fs::exists(pending / "new-0"));
        CHECK_FALSE(fs::exists(pending / "journal"));
        CHECK(fs::exists(pending / "request.key"));
        REQUIRE(slot.commit("certificate", "key"));
    }
}

TEST_CASE("a file that is configured for both doors is told as shared, by whatever path it is reached") {
    Place place;
    const Slot slot = place.slot("a/cert.pem", "a/cert.key");
    const fs::path top = place.folder.path();
    fs::create_directories(top / "a");
    fs::create_directories(top / "b");
    fs::create_directory_symlink(top / "a", top / "linked");
    const auto check_shared = [&](const PairPaths& others) {
        const auto writable = slot.writable(others);
        REQUIRE_FALSE(writable);
        CHECK(writable.error().kind == ErrorKind::conflict);
        CHECK(writable.error().code == "slot_shared");
        CHECK_THAT(writable.error().message, Catch::Contains((top / "a/cert.").string()));
    };
    for (const bool there : {false, true}) {
        CAPTURE(there);
        if (there) {
            write_text(top / "a/cert.pem", "certificate");
            write_text(top / "a/cert.key", "key");
        }
        check_shared({top / "a/cert.pem", top / "a/cert.key"});
        check_shared({top / "a/cert.pem", top / "b/cert.key"});
        check_shared({top / "b/cert.pem", top / "a/cert.key"});
        check_shared({top / "a/cert.key", top / "b/cert.key"});
        check_shared({top / "b/../a/./cert.pem", top / "b/cert.key"});
        check_shared({top / "linked/cert.pem", top / "b/cert.key"});
        CHECK(slot.writable(PairPaths{top / "b/cert.pem", top / "b/cert.key"}));
        CHECK(slot.writable(PairPaths{top / "missing/cert.pem", top / "missing/cert.key"}));
        CHECK(slot.writable());
    }
    fs::create_hard_link(top / "a/cert.key", top / "b/other.key");
    check_shared({top / "b/cert.pem", top / "b/other.key"});
    fs::create_symlink(top / "a/cert.pem", top / "b/link.pem");
    check_shared({top / "b/link.pem", top / "b/cert.key"});
}

TEST_CASE("what keeps a place from being written is told before that it is shared") {
    Place place;
    const Slot slot = place.slot();
    fs::create_directories(place.folder / "clean");
    fs::create_symlink(place.folder / "elsewhere", slot.configured().key);
    CHECK(slot.writable(slot.configured()).error().code == "slot_is_link");
}

TEST_CASE("a request and its key are kept, found after a restart, replaced and removed") {
    Place place;
    {
        Slot slot = place.slot();
        REQUIRE(slot.recover());
        CHECK_FALSE(slot.pending_request().value());
        REQUIRE(slot.keep_request("request 1", "key 1"));
        REQUIRE(slot.keep_request("request 2", "key 2"));
    }
    CHECK(mode_of(place.folder / "clean/request.key") == 0600);
    CHECK(read_text(place.folder / "clean/request.csr") == "request 2");
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    const auto found = slot.pending_request();
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->request_pem == "request 2");
    CHECK((*found)->key_pem.equals("key 2"));
    REQUIRE(slot.remove_request());
    CHECK_FALSE(slot.pending_request().value());
    CHECK_FALSE(fs::exists(place.folder / "clean/request.key"));
    CHECK_FALSE(fs::exists(place.folder / "clean/request.csr"));
    REQUIRE(slot.remove_request());
}

TEST_CASE("half a request counts as none and is cleared away at the next start") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    for (const char* half : {"request.key", "request.csr"}) {
        write_text(place.folder / "clean" / half, "left");
        CHECK_FALSE(slot.pending_request().value());
        REQUIRE(slot.recover());
        CHECK_FALSE(fs::exists(place.folder / "clean" / half));
    }
}

TEST_CASE("a request that can't be read is told, not taken for none") {
    Place place;
    Slot slot = place.slot();
    REQUIRE(slot.recover());
    REQUIRE(slot.keep_request("request", "key"));
    fs::remove(place.folder / "clean/request.csr");
    fs::create_directory(place.folder / "clean/request.csr");
    CHECK(slot.pending_request().error().code == "file_not_regular");
}

}  // namespace
}  // namespace gatehouse::certstore::slot_test
