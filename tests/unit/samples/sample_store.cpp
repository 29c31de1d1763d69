#include "tests/fault/faulty_files.hpp"
#include "tests/unit/samples/store_box.hpp"

#include <array>
#include <optional>
#include <sys/stat.h>

namespace sample_store_test {

using namespace gatehouse::tests;
namespace base = gatehouse::base;
namespace fault = gatehouse::fault;

namespace {

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a content lies under its checksum, for the owner alone, and is read back as it came") {
    StoreBox box;
    const mode_t former = ::umask(0);
    const auto store = box.open();
    const HeldContent held = put(*store, "some bytes");
    ::umask(former);
    const std::string& sha256 = held.content.sha256;
    CHECK(held.content.size == 10);
    const fs::path place = box.samples / sha256.substr(0, 2) / sha256.substr(2, 2) / sha256;
    CHECK(store->place(sha256) == place);
    CHECK(mode_of(place) == 0600);
    for (const fs::path& folder :
         {box.samples, box.samples / "incoming", box.samples / "unsettled", place.parent_path()})
        CHECK(mode_of(folder) == 0700);
    CHECK(read_all(*store, sha256) == "some bytes");
    CHECK(box.listing().size() == 1);
    CHECK(store->used_bytes() == 10);
}

TEST_CASE("a content that comes again is stored once, however often and when it comes") {
    StoreBox box;
    const auto store = box.open();
    auto first = store->begin();
    auto second = store->begin();
    REQUIRE((first && second));
    REQUIRE(first->append("same"));
    REQUIRE(second->append("same"));
    const auto one = first->finish();
    const auto two = second->finish();
    REQUIRE((one && two));
    CHECK(one->content == two->content);
    const HeldContent three = put(*store, "same");
    CHECK(three.content == one->content);
    CHECK(box.listing().size() == 1);
    CHECK(store->used_bytes() == 4);
}

TEST_CASE("a stored content that was damaged is mended by the next one that is the same") {
    StoreBox box;
    const auto store = box.open();
    const std::string sha256 = put(*store, "some bytes").content.sha256;
    std::ofstream(store->place(sha256), std::ios::trunc) << "short";
    (void)put(*store, "some bytes");
    CHECK(read_all(*store, sha256) == "some bytes");
}

TEST_CASE("what is not finished is gone, and what a process left half done goes at the next start") {
    StoreBox box;
    auto store = box.open();
    {
        auto incoming = store->begin();
        REQUIRE(incoming);
        REQUIRE(incoming->append("half of"));
        CHECK(box.listing().size() == 1);
    }
    CHECK(box.listing().empty());
    {
        auto incoming = store->begin();
        REQUIRE(incoming);
        REQUIRE(incoming->append("half of"));
        incoming->discard();
        CHECK(box.listing().empty());
    }
    const std::string sha256 = put(*store, "whole").content.sha256;
    std::ofstream(box.samples / "incoming" / "left") << "by a crash";
    store = box.open();
    CHECK(box.listing().size() == 1);
    CHECK(read_all(*store, sha256) == "whole");
}

TEST_CASE("what is no checksum is never made a path of") {
    StoreBox box;
    const auto store = box.open();
    for (const std::string name : {"", "..", "../../../etc/passwd", "incoming"})
        CHECK(store->read(name).error().code == "file_missing");
    CHECK(store->read(unknown_sha).error().code == "file_missing");
    // A link in the place of a content is not followed.
    fs::create_directories(store->place(unknown_sha).parent_path());
    fs::create_symlink("/etc/passwd", store->place(unknown_sha));
    CHECK(store->read(unknown_sha).error().code == "file_io");
}

TEST_CASE("a full disk is told as such, and nothing is left behind") {
    StoreBox box;
    fault::FaultyFiles files(box.folder.path());
    const auto store = box.open_with(files, no_limits);
    const std::size_t steps_before = files.steps();
    CHECK(store->keep(put(*store, "first")));
    const std::size_t steps = files.steps() - steps_before;
    const auto before = box.listing();
    for (std::size_t step = 1; step <= steps; ++step) {
        files.inject(files.steps() + step, fault::Fault::full);
        std::string code = "stored";
        {
            auto incoming = store->begin();
            if (!incoming) {
                code = incoming.error().code;
            } else if (const auto appended = incoming->append("second"); !appended) {
                code = appended.error().code;
            } else if (const auto held = incoming->finish(); !held) {
                code = held.error().code;
            }
        }
        files.inject(0, fault::Fault::none);
        INFO("step " << step);
        if (code == "stored") {
            CHECK(step > 2);
            break;
        }
        CHECK(code == "disk_full");
        CHECK(box.listing() == before);
        CHECK(box.marks().empty());
        CHECK(store->used_bytes() == 5);
    }
}

TEST_CASE("room for the rest of the system is left on the disk") {
    StoreBox box;
    fault::FaultyFiles files(box.folder.path());
    const auto store = box.open_with(files, {1000, 0, 64});
    files.pretend_free(999);
    CHECK(store->begin().error().code == "disk_full");
    files.pretend_free(1005);
    auto incoming = store->begin();
    REQUIRE(incoming);
    CHECK(incoming->append("12345"));
    const auto refused = incoming->append("123456");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == base::ErrorKind::io);
    CHECK(refused.error().code == "disk_full");
    incoming->discard();
    CHECK(box.listing().empty());
}

TEST_CASE("the quota counts what is stored and what comes in, and what goes is free again") {
    StoreBox box;
    const auto store = box.open({0, 10, 64});
    const std::string sha256 = put(*store, "123456").content.sha256;
    {
        auto incoming = store->begin();
        auto other = store->begin();
        REQUIRE((incoming && other));
        CHECK(incoming->append("abc"));
        CHECK(other->append("d"));
        CHECK(other->append("e").error().code == "quota_reached");
    }
    CHECK(remove(*store, sha256));
    CHECK(store->used_bytes() == 0);
    CHECK(put(*store, "1234567890").content.size == 10);
    CHECK(store->begin()->append("1").error().code == "quota_reached");
    store->set_limits(no_limits);
    CHECK(store->begin()->append("1"));
}

TEST_CASE("what strangers send takes no room of the quota away from others, and finds none where there is none") {
    using gatehouse::samples::Sender;
    StoreBox box;
    const auto store = box.open({0, 10, 64});
    (void)put(*store, "12");
    {
        auto stranger = store->begin(Sender::unknown);
        auto other = store->begin(Sender::unknown);
        REQUIRE((stranger && other));
        CHECK(stranger->append("abcde"));
        CHECK(other->append("fgh"));
        CHECK(other->append("i").error().code == "quota_reached");
        (void)put(*store, "345678");
        CHECK(store->used_bytes() == 8);
        CHECK(stranger->append("f").error().code == "quota_reached");
        // It is a known one's by then.
        CHECK(stranger->finish().error().code == "quota_reached");
        CHECK(store->used_bytes() == 8);
        auto late = store->begin();
        REQUIRE(late);
        CHECK(late->append("90"));
    }
    {
        auto known_in_the_end = store->begin(Sender::unknown);
        REQUIRE(known_in_the_end);
        CHECK(known_in_the_end->append("90"));
        CHECK(known_in_the_end->finish());
    }
    CHECK(store->used_bytes() == 10);
    CHECK(store->begin(Sender::unknown)->append("x").error().code == "quota_reached");
    CHECK(store->begin()->append("x").error().code == "quota_reached");
}

TEST_CASE("no more contents come in at once than may, and one that ends makes room for the next") {
    StoreBox box;
    const auto store = box.open({0, 0, 2});
    std::optional first(store->begin());
    auto second = store->begin();
    REQUIRE((*first && second));
    const auto refused = store->begin();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == base::ErrorKind::unavailable);
    CHECK(refused.error().code == "busy");
    first.reset();
    CHECK(store->begin());
}

TEST_CASE("a removal asks first, and spares what somebody submits meanwhile") {
    StoreBox box;
    const auto store = box.open();
    const std::string sha256 = put(*store, "same").content.sha256;
    {
        const auto planned = store->plan_removal(sha256);
        // The database says: nobody. Then somebody submits the same, and its row is written.
        CHECK(store->keep(put(*store, "same")));
        CHECK_FALSE(store->settle(planned, false).value());
    }
    CHECK(read_all(*store, sha256) == "same");
    {
        const HeldContent held = put(*store, "same");
        CHECK_FALSE(remove(*store, sha256));
    }
    CHECK(remove(*store, sha256));
    CHECK(read_all(*store, sha256) == "file_missing");
    CHECK_FALSE(remove(*store, sha256));  // what is not there needs no removal
    CHECK(store->used_bytes() == 0);
    CHECK(box.listing().empty());
    CHECK(box.marks().empty());
}

TEST_CASE("who reads a content that is removed reads it to its end") {
    StoreBox box;
    const auto store = box.open();
    const std::string sha256 = put(*store, "same").content.sha256;
    const auto file = store->read(sha256);
    REQUIRE(file);
    CHECK(remove(*store, sha256));
    std::array<char, 10> bytes{};
    CHECK((*file)->read(0, bytes) == 4);
}

}  // namespace sample_store_test
