// Whatever fails, and wherever the machine stops, a matching pair is found afterwards: the old one or the new one.
#include "certstore/slot.hpp"
#include "tests/fault/faulty_files.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <functional>
#include <optional>
#include <ostream>

namespace gatehouse::fault::slot_commit_test {

/// What a place holds: certificate, key; nullopt: no such file.
struct Held {
    std::optional<std::string> certificate;
    std::optional<std::string> key;
    friend bool operator==(const Held&, const Held&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Held& held) {
        return out << "{" << held.certificate.value_or("-") << ", " << held.key.value_or("-") << "}";
    }
};

namespace {

namespace fs = std::filesystem;
using base::Result;
using certstore::PairPaths;
using certstore::Slot;
using certstore::testing::read_text;
using certstore::testing::write_text;
using tests::Folder;

constexpr std::array losses{std::pair{Loss::nothing, 0U},        std::pair{Loss::all_unsynced, 0U},
                            std::pair{Loss::unsynced_bytes, 0U}, std::pair{Loss::some_names, 1U},
                            std::pair{Loss::some_names, 2U},     std::pair{Loss::some_names, 3U},
                            std::pair{Loss::some_names, 4U}};
constexpr std::array faults{Fault::fail_once, Fault::fail_always, Fault::stop_before, Fault::stop_half,
                            Fault::stop_after};

const Held none{};
const Held pair_a{"certificate A of some length", "key A of some length"};
const Held pair_b{"certificate B of some length", "key B of some length"};
const Held pair_c{"certificate C of some length", "key C of some length"};

std::optional<std::string> held_at(const fs::path& path) {
    return fs::exists(path) ? std::optional(read_text(path)) : std::nullopt;
}

Held held_at(const PairPaths& paths) {
    return {held_at(paths.certificate), held_at(paths.key)};
}

void place(const PairPaths& paths, const Held& held) {
    for (const auto& [path, bytes] : {std::pair{paths.certificate, held.certificate}, std::pair{paths.key, held.key}}) {
        if (!bytes) continue;
        fs::create_directories(path.parent_path());
        write_text(path, *bytes);
    }
}

certstore::PairFiles files_of(const Held& held) {
    certstore::PairFiles files;
    files.certificate.bytes = base::Secret(std::string_view(*held.certificate));
    files.key.bytes = base::Secret(std::string_view(*held.key));
    return files;
}

// Where the configured pair lies, and what the folder holds before the run.
struct Scene {
    std::string name;
    std::string certificate;
    std::string key;
    Held before;
};

// One operation on a slot, and what its places may hold afterwards.
struct Play {
    Scene scene;
    std::function<void(const Slot&)> set_up;
    std::function<Result<void>(Slot&)> act;
    std::function<std::vector<Held>(const Slot&)> look;
    std::vector<Held> before;
    std::vector<Held> after;
    bool undone_on_error = true;  // else an error may come when it is done but for what nobody sees
};

struct Outcome {
    bool stopped = false;
    bool succeeded = false;
    std::size_t steps = 0;
};

class Stage {
public:
    explicit Stage(const Play& play) : play_(&play), root_(folder_ / "root") {
        fs::create_directories(root_ / "state/clean");
        base::SystemFiles system;
        play.set_up(slot(system));
    }

    [[nodiscard]] Slot slot(base::FileSystem& files) const {
        return {files, config::Interface::clean, root_ / "state",
                PairPaths{root_ / play_->scene.certificate, root_ / play_->scene.key}};
    }

    // Runs `act` with a fault, then the loss.
    Outcome run(const std::function<Result<void>(Slot&)>& act, std::size_t step, Fault fault, Loss loss,
                unsigned seed) const {
        FaultyFiles files(root_);
        files.inject(step, fault);
        Outcome outcome;
        try {
            Slot acting = slot(files);
            outcome.succeeded = act(acting).has_value();
        } catch (const Stopped&) {
            outcome.stopped = true;
        }
        outcome.steps = files.steps();
        if (!outcome.stopped) told_ = look();
        files.lose(loss, seed);
        return outcome;
    }

    [[nodiscard]] std::vector<Held> look() const {
        base::SystemFiles system;
        return play_->look(slot(system));
    }
    /// What was there when the operation returned.
    [[nodiscard]] const std::vector<Held>& told() const { return told_; }

    // The restart, on the real file system but for fsync, which thousands of runs have no time for.
    void recover() const {
        FaultyFiles sound(root_);
        Slot recovering = slot(sound);
        const auto recovered = recovering.recover();
        INFO((recovered ? std::string() : recovered.error().text()));
        REQUIRE(recovered);
    }

    [[nodiscard]] std::vector<std::string> leftovers() const {
        std::vector<std::string> found;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root_)) {
            const std::string name = entry.path().filename().string();
            const bool in_journal = entry.path().parent_path().filename() == "pending";
            if (in_journal || name.find(".gatehouse-") != std::string::npos) found.push_back(entry.path().string());
        }
        const fs::path door = root_ / "state/clean";
        if (fs::exists(door / "request.key") != fs::exists(door / "request.csr")) found.push_back("half a request");
        return found;
    }

private:
    const Play* play_;
    Folder folder_{tests::quick_place()};
    fs::path root_;
    mutable std::vector<Held> told_;
};

std::size_t steps_of(const Play& play) {
    const Stage stage(play);
    const Outcome outcome = stage.run(play.act, 0, Fault::none, Loss::all_unsynced, 0);
    REQUIRE(outcome.succeeded);
    REQUIRE(stage.look() == play.after);  // what it did is durable when it returns
    return outcome.steps;
}

void fail_and_stop_everywhere(const Play& play) {
    const std::size_t steps = steps_of(play);
    REQUIRE(steps > 4);
    for (std::size_t step = 1; step <= steps; ++step) {
        for (const Fault fault : faults) {
            for (const auto& [loss, seed] : losses) {
                const Stage stage(play);
                const Outcome outcome = stage.run(play.act, step, fault, loss, seed);
                INFO(play.scene.name << ", step " << step << " of " << steps << ", fault " << static_cast<int>(fault)
                                     << ", loss " << static_cast<int>(loss) << " " << seed);
                REQUIRE(outcome.stopped == (fault != Fault::fail_once && fault != Fault::fail_always));
                if (outcome.succeeded) REQUIRE(stage.told() == play.after);
                if (fault == Fault::fail_once && !outcome.succeeded) {
                    REQUIRE((stage.told() == play.before || (!play.undone_on_error && stage.told() == play.after)));
                }
                stage.recover();
                const std::vector<Held> found = stage.look();
                REQUIRE((found == play.before || found == play.after));
                if (outcome.succeeded) REQUIRE(found == play.after);
                REQUIRE(stage.leftovers().empty());
            }
        }
    }
}

// A second crash while the first is being mended.
void stop_recovery_everywhere(const Play& play) {
    const std::size_t steps = steps_of(play);
    const auto recover = [](Slot& slot) { return slot.recover(); };
    for (std::size_t step = 1; step <= steps; ++step) {
        for (const auto& [loss, seed] : {losses[0], losses[1], losses[3]}) {
            std::size_t recovery_steps = 1;
            for (std::size_t second = 1; second <= recovery_steps; ++second) {
                for (const Fault fault : {Fault::fail_once, Fault::stop_half, Fault::stop_after}) {
                    const Stage stage(play);
                    stage.run(play.act, step, Fault::stop_after, loss, seed);
                    const Outcome outcome = stage.run(recover, second, fault, loss, seed);
                    if (outcome.steps > second) recovery_steps = std::max(recovery_steps, second + 1);
                    stage.recover();
                    const std::vector<Held> found = stage.look();
                    INFO(play.scene.name << ", step " << step << ", then step " << second << " of recovery, loss "
                                         << static_cast<int>(loss) << " " << seed);
                    REQUIRE((found == play.before || found == play.after));
                }
            }
        }
    }
}

Play commit_play(const Scene& scene) {
    Play play;
    play.scene = scene;
    play.set_up = [before = scene.before](const Slot& slot) { place(slot.configured(), before); };
    play.act = [](Slot& slot) { return slot.commit(*pair_b.certificate, *pair_b.key); };
    play.look = [](const Slot& slot) { return std::vector{held_at(slot.configured())}; };
    play.before = {scene.before};
    play.after = {pair_b};
    return play;
}

Play remember_play() {
    Play play;
    play.scene = {"remember", "state/clean/cert.pem", "state/clean/cert.key", none};
    play.set_up = [](const Slot& slot) {
        place(slot.last_good(), pair_a);
        place(slot.previous(), pair_b);
    };
    play.act = [](Slot& slot) { return slot.remember(files_of(pair_c)); };
    play.look = [](const Slot& slot) { return std::vector{held_at(slot.last_good()), held_at(slot.previous())}; };
    play.before = {pair_a, pair_b};
    play.after = {pair_c, pair_a};
    return play;
}

Held held_request(const Slot& slot) {
    const auto found = slot.pending_request();
    REQUIRE(found);
    return *found ? Held{(*found)->request_pem, std::string((*found)->key_pem.reveal())} : none;
}

Play request_play(const Held& before, const Held& after) {
    Play play;
    play.scene = {"request", "state/clean/cert.pem", "state/clean/cert.key", none};
    play.set_up = [before](const Slot& slot) {
        const fs::path door = slot.last_good().key.parent_path().parent_path();
        place({door / "request.csr", door / "request.key"}, before);
    };
    play.act = [after](Slot& slot) {
        return after.key ? slot.keep_request(*after.certificate, *after.key) : slot.remove_request();
    };
    play.look = [](const Slot& slot) { return std::vector{held_request(slot)}; };
    play.before = {before};
    play.after = {after};
    play.undone_on_error = after.key.has_value();
    return play;
}

const std::array scenes{
    Scene{"both in the state folder", "state/clean/cert.pem", "state/clean/cert.key", pair_a},
    Scene{"certificate and key in different folders", "certs/box.pem", "private/box.key", pair_a},
    Scene{"nothing there before, folders missing", "etc/new/certs/box.pem", "etc/new/private/box.key", none},
    Scene{"only the certificate changes", "state/clean/cert.pem", "state/clean/cert.key",
          Held{pair_a.certificate, pair_b.key}},
};

TEST_CASE("a commit that fails or stops at any step leaves the old pair or the new one, never a mixture") {
    for (const Scene& scene : scenes)
        fail_and_stop_everywhere(commit_play(scene));
}

TEST_CASE("a commit mended by a recovery that is itself cut short still leaves a matching pair") {
    stop_recovery_everywhere(commit_play(scenes[1]));
}

TEST_CASE("remembering a pair moves last good to previous wholly or not at all, whatever fails and wherever it stops") {
    fail_and_stop_everywhere(remember_play());
}

TEST_CASE("remembering mended by a recovery that is itself cut short leaves both places whole") {
    stop_recovery_everywhere(remember_play());
}

TEST_CASE("keeping a self-signed pair is all or nothing") {
    Play play = remember_play();
    play.scene.name = "self-signed";
    play.set_up = [](const Slot& slot) { place(slot.self_signed(), pair_a); };
    play.act = [](Slot& slot) { return slot.keep_self_signed(*pair_b.certificate, *pair_b.key); };
    play.look = [](const Slot& slot) { return std::vector{held_at(slot.self_signed())}; };
    play.before = {pair_a};
    play.after = {pair_b};
    fail_and_stop_everywhere(play);
}

TEST_CASE("a request is kept, replaced and removed wholly or not at all, whatever fails and wherever it stops") {
    for (const auto& [before, after] : {std::pair{none, pair_a}, std::pair{pair_a, pair_b}, std::pair{pair_a, none}})
        fail_and_stop_everywhere(request_play(before, after));
}

TEST_CASE("a request mended by a recovery that is itself cut short is whole or not there") {
    for (const auto& [before, after] : {std::pair{none, pair_a}, std::pair{pair_a, pair_b}, std::pair{pair_a, none}})
        stop_recovery_everywhere(request_play(before, after));
}

TEST_CASE("a commit after one that failed for good first puts right what that one left") {
    const Play play = commit_play(scenes[1]);
    const auto commit_c = [](Slot& slot) { return slot.commit(*pair_c.certificate, *pair_c.key); };
    const std::size_t steps = steps_of(play);
    for (std::size_t step = 1; step <= steps; ++step) {
        for (std::size_t second = 1; second <= steps; ++second) {
            const Stage stage(play);
            stage.run(play.act, step, Fault::fail_always, Loss::nothing, 0);
            const Outcome outcome = stage.run(commit_c, second, Fault::fail_once, Loss::all_unsynced, 0);
            INFO("step " << step << ", then step " << second);
            stage.recover();
            const std::vector<Held> found = stage.look();
            REQUIRE((found == std::vector{pair_c} ||
                     (!outcome.succeeded && (found == play.before || found == play.after))));
        }
    }
}

TEST_CASE("after an interrupted commit a pair that the operator placed since is left alone") {
    const Play play = commit_play(scenes[1]);
    const std::size_t steps = steps_of(play);
    for (std::size_t step = 1; step <= steps; ++step) {
        const Stage stage(play);
        stage.run(play.act, step, Fault::stop_after, Loss::nothing, 0);
        base::SystemFiles system;
        place(stage.slot(system).configured(), pair_c);
        stage.recover();
        CHECK(stage.look() == std::vector{pair_c});
        CHECK(stage.leftovers().empty());
    }
}

}  // namespace
}  // namespace gatehouse::fault::slot_commit_test
