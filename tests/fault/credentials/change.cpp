// Whatever an operator asked for and wherever the machine stops: after the restart the door serves a matching pair from
// the configured place, the one before the change or the one of the change.
#include <catch2/catch.hpp>
// The box asserts with Catch.
#include "server/credentials/door.hpp"
#include "tests/fault/faulty_files.hpp"
#include "tests/unit/credentials/box.hpp"

#include <array>
#include <functional>
#include <optional>

namespace gatehouse::fault::change_test {

namespace {

namespace fs = std::filesystem;
namespace pki = certstore::testing;
using config::Interface;
using credentials::Change;
using credentials::Changed;
using credentials::Door;
using credentials::DoorStatus;
using credentials::Source;
using credentials::Trigger;

// Stopping before a step is stopping after the one before it.
struct Stop {
    Fault fault;
    Loss loss;
    unsigned seed;
};
constexpr std::array stops{Stop{Fault::stop_after, Loss::nothing, 0}, Stop{Fault::stop_after, Loss::all_unsynced, 0},
                           Stop{Fault::stop_half, Loss::some_names, 1}};

// The clean door alone, with what it needs of the room; every call on the test's own thread.
class Room {
public:
    Room(base::FileSystem& files, const config::Settings& settings)
        : passphrases_(files, log_, {}), door_(Interface::clean, files, log_, hooks_, settings) {
        passphrases_.configure(settings);
        door_.recover();
        door_.begin(door_.examine(passphrases_, false), passphrases_);
        door_.finish();
    }
    [[nodiscard]] Changed change(const Change& change) { return door_.change(change, passphrases_); }
    [[nodiscard]] base::Result<void> settle(const credentials::RequestChange& wish) { return door_.settle(wish); }
    [[nodiscard]] DoorStatus status() {
        door_.tell();
        REQUIRE(told_);
        return *told_;
    }
    [[nodiscard]] std::string fingerprint() { return status().certificate.fingerprint_sha256; }

private:
    base::Log log_{base::LogLevel::error};
    std::shared_ptr<const DoorStatus> told_;
    const credentials::Hooks hooks_{
        .activate = [](Interface, const certstore::SslContextPtr&) {},
        .tell = [this](std::shared_ptr<const DoorStatus> status) { told_ = std::move(status); }};
    credentials::Passphrases passphrases_;
    Door door_;
};

struct Act {
    std::string name;
    Change change;
    std::optional<std::string> leads_to;  // fingerprint; nullopt: one that is made while it runs
    Source source = Source::operator_pair;
};

// A box whose operator has replaced the pair once, with a signing request that waits: copied for each run.
struct Scenery {
    Scenery() {
        credentials::testing::Box box;
        first = pki::make(credentials::testing::present_wish("box.example"));
        second = pki::make(credentials::testing::present_wish("box.example"));
        third = pki::make(credentials::testing::present_wish("box.example"));
        requested = pki::make(credentials::testing::present_wish("box.example"));
        before = fingerprint_of(second);
        settings = box.settings;
        box.place(first);
        {
            Room room(box.files, box.settings);
            Change next;
            next.wish = upload_of(second);
            REQUIRE(room.change(next).activated);
            REQUIRE(room.settle(credentials::KeepRequest{"the request", base::Secret(requested.key_pem())}));
        }
        pki::write_text(box.folder / "plain.key", third.key_pem());
        pki::run(box.folder.path(), "openssl pkcs8 -topk8 -in plain.key -out sealed.key -passout pass:correct-horse");
        third_sealed = pki::read_text(box.folder / "sealed.key");
        fs::remove(box.folder / "plain.key");
        fs::remove(box.folder / "sealed.key");
        fs::copy(box.folder.path(), folder / "box", fs::copy_options::recursive);
    }

    static credentials::Upload upload_of(const pki::Made& made) {
        credentials::Upload upload;
        upload.certificate_pem = made.pem();
        upload.key_pem = base::Secret(made.key_pem());
        return upload;
    }
    static std::string fingerprint_of(const pki::Made& made) { return pki::load(made)->fingerprint(); }

    [[nodiscard]] config::Settings settings_in(const fs::path& root) const {
        config::Settings own = settings;
        own.state_directory = root;
        own.one_time_file = root / "otc.conf.json";
        for (const auto interface : config::interfaces) {
            own.interfaces[interface].certificate = root / config::name(interface) / "cert.pem";
            own.interfaces[interface].key = root / config::name(interface) / "cert.key";
        }
        return own;
    }

    pki::Made first, second, third, requested;
    std::string before;  // fingerprint of the second
    std::string third_sealed;
    config::Settings settings;
    tests::Folder folder{tests::quick_place()};
};

struct Run {
    std::size_t steps = 0;
    bool stopped = false;
};

// The change under `fault` at its `step`th step, then the loss; and what the next start finds.
Run stop_and_restart(const Scenery& scenery, const Act& act, std::size_t step, const Stop& stop) {
    const tests::Folder folder{tests::quick_place()};
    const fs::path root = folder / "box";
    fs::copy(scenery.folder / "box", root, fs::copy_options::recursive);
    const config::Settings settings = scenery.settings_in(root);
    const std::string& before = scenery.before;
    Run run;
    std::optional<std::string> made;
    {
        FaultyFiles files(root);
        Room room(files, settings);
        REQUIRE(room.fingerprint() == before);
        const std::size_t begun = files.steps();
        if (step > 0) files.inject(begun + step, stop.fault);
        try {
            const Changed changed = room.change(act.change);
            INFO((changed.refused ? changed.refused->text() : std::string()));
            REQUIRE(changed.activated);
            made = room.fingerprint();
        } catch (const Stopped&) {
            run.stopped = true;
        }
        run.steps = files.steps() - begun;
        files.lose(stop.loss, stop.seed);
    }
    base::SystemFiles files;
    Room restarted(files, settings);
    const DoorStatus status = restarted.status();
    const std::string served = status.certificate.fingerprint_sha256;
    // It is what lies at the configured place: neither a copy stands in for a mixture, nor a new pair.
    CHECK(status.last_reload.result == credentials::Outcome::activated);
    CHECK(pki::read_text(settings.interfaces.clean.certificate) ==
          std::string(status.credential->files().certificate.bytes.reveal()));
    if (served != before) {
        CHECK((status.source == act.source || status.source == Source::operator_pair));  // kept as ours a step later
        CHECK(status.previous);
        if (act.leads_to) CHECK(served == *act.leads_to);
    }
    if (made) CHECK(served == *made);
    return run;
}

}  // namespace

TEST_CASE("an upload, a new self-signed pair and a roll-back that stop at any point leave a pair that is served") {
    const Scenery scenery;
    std::vector<Act> acts(4);
    acts[0].name = "an upload with an encrypted key";
    {
        credentials::Upload upload = Scenery::upload_of(scenery.third);
        upload.key_pem = base::Secret(scenery.third_sealed);
        upload.passphrase = base::Secret(std::string_view("correct-horse"));
        acts[0].change.wish = std::move(upload);
        acts[0].leads_to = Scenery::fingerprint_of(scenery.third);
    }
    acts[1].name = "an upload for a pending request";
    {
        credentials::Upload upload;
        upload.certificate_pem = scenery.requested.pem();
        acts[1].change.wish = std::move(upload);
        acts[1].leads_to = Scenery::fingerprint_of(scenery.requested);
    }
    acts[2].name = "a new self-signed pair";
    acts[2].change.wish = credentials::Regenerate{};
    acts[2].source = Source::self_signed;
    acts[3].name = "a roll-back";
    acts[3].change.wish = credentials::RollBack{};
    acts[3].leads_to = Scenery::fingerprint_of(scenery.first);

    for (const Act& act : acts) {
        const Run whole = stop_and_restart(scenery, act, 0, {Fault::none, Loss::all_unsynced, 0});
        REQUIRE(whole.steps > 10);
        for (std::size_t step = 1; step <= whole.steps; ++step) {
            for (const Stop& stop : stops) {
                INFO(act.name << ", step " << step << " of " << whole.steps << ", fault "
                              << static_cast<int>(stop.fault) << ", loss " << static_cast<int>(stop.loss));
                CHECK(stop_and_restart(scenery, act, step, stop).stopped);
            }
        }
    }
}

}  // namespace gatehouse::fault::change_test
