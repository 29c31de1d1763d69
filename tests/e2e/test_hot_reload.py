"""Certificates that change under a running server, in every way in which operators and their tools change them."""

import dataclasses
import os
import shutil
import time

import pytest

import certificates
from clients import Visitors
from daemon import BINARY, move_over, overwrite, wait_for

ROUNDS = 3


@pytest.fixture
def running(daemon, authority):
    """A daemon with issued certificates on both doors."""
    for door in daemon.doors.values():
        door.place(authority.issue(door.hostname))
    return daemon.start()


class Undisturbed:
    """While the block runs, visitors come to both doors and none fails; the admin door shows one certificate."""

    def __init__(self, daemon):
        self.visitors = Visitors(daemon)

    def __enter__(self):
        self.visitors.__enter__()
        return self.visitors

    def __exit__(self, *problem):
        self.visitors.__exit__(*problem)
        if problem[0] is None:
            assert len(self.visitors.seen["admin"]) == 1
            assert self.visitors.visits["clean"] and self.visitors.visits["admin"]


def expect(daemon, pair):
    """The clean door comes to serve the pair, and says so."""
    daemon.clean.wait_served(pair.fingerprint)
    event = daemon.wait_event("credential.activated", interface="clean", fingerprint_sha256=pair.fingerprint)
    assert event["source"] == "operator"
    assert not daemon.events(interface="admin")


def expect_refusal(daemon, served, code=None):
    """The clean door refuses what was put there, says so, and goes on serving the pair `served`."""
    event = daemon.wait_event("credential.refused", interface="clean", **({"code": code} if code else {}))
    daemon.wait_status(event["code"])
    assert daemon.clean.served() == served.fingerprint
    assert not daemon.events(interface="admin")
    return event


def test_a_key_then_its_certificate_copied_in_place_with_a_second_between(running, authority):
    with Undisturbed(running):
        for _ in range(ROUNDS):
            pair = authority.issue()
            running.mark()
            overwrite(running.clean.key, pair.key)
            time.sleep(1)  # the operator's own pause, not a wait for the daemon
            overwrite(running.clean.certificate, pair.chain)
            expect(running, pair)


def test_a_certificate_then_its_key_copied_in_place_with_a_second_between(running, authority):
    with Undisturbed(running):
        for _ in range(ROUNDS):
            pair = authority.issue()
            running.mark()
            overwrite(running.clean.certificate, pair.chain)
            time.sleep(1)  # the operator's own pause
            overwrite(running.clean.key, pair.key)
            expect(running, pair)


def test_a_second_file_that_comes_long_after_the_first_is_still_seen(running, authority):
    before = authority.issue()
    running.clean.place(before)
    running.clean.wait_served(before.fingerprint)
    with Undisturbed(running):
        for first, second in (("key", "certificate"), ("certificate", "key")):
            pair = authority.issue()
            content = {"key": pair.key, "certificate": pair.chain}
            running.mark()
            overwrite(getattr(running.clean, first), content[first])
            expect_refusal(running, before, "key_mismatch")
            overwrite(getattr(running.clean, second), content[second])
            expect(running, pair)
            running.wait_status(without=["key_mismatch"])
            before = pair


def test_a_pair_moved_over_the_old_one(running, authority):
    with Undisturbed(running):
        for _ in range(ROUNDS):
            pair = authority.issue()
            running.mark()
            running.clean.place(pair, move_over)
            expect(running, pair)


def test_a_pair_written_as_editors_do_it(running, authority):
    def edit(path, text):
        """Temporary file in the same folder, backup of the old one, rename."""
        swap = path.with_name(f".{path.name}.swp")
        overwrite(swap, text)
        os.replace(path, path.with_name(path.name + "~"))
        os.rename(swap, path)
    with Undisturbed(running):
        for _ in range(ROUNDS):
            pair = authority.issue()
            running.mark()
            running.clean.place(pair, edit)
            expect(running, pair)


def point_at(daemon, certificate, key):
    daemon.clean.certificate, daemon.clean.key = certificate, key
    daemon.settings("clean").update(certificate=str(certificate), key=str(key))


def test_a_renewal_by_certbots_live_links(daemon, authority):
    live, archive = daemon.folder / "live/gw.example.test", daemon.folder / "archive/gw.example.test"
    live.mkdir(parents=True)

    def renew(number, pair):
        """Writes the archive, then unlinks and links one name after the other, as certbot does."""
        for name, text in (("cert", pair.leaf), ("privkey", pair.key), ("fullchain", pair.chain)):
            overwrite(archive / f"{name}{number}.pem", text)
        for name in ("cert", "privkey", "fullchain"):
            (live / f"{name}.pem").unlink(missing_ok=True)
            (live / f"{name}.pem").symlink_to(f"../../archive/gw.example.test/{name}{number}.pem")
    point_at(daemon, live / "fullchain.pem", live / "privkey.pem")
    renew(1, authority.issue())
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    daemon.start()
    with Undisturbed(daemon):
        for number in range(2, 2 + ROUNDS):
            pair = authority.issue()
            daemon.mark()
            renew(number, pair)
            expect(daemon, pair)
    assert (live / "privkey.pem").is_symlink()


def test_a_swap_of_kubernetes_data_link(daemon, authority):
    volume = daemon.folder / "volume"
    volume.mkdir()

    def publish(number, pair):
        """A new folder, one renamed link, the former folder removed: as a kubelet writes a secret's volume."""
        folder = volume / f"..2026_{number}"
        overwrite(folder / "tls.crt", pair.chain)
        overwrite(folder / "tls.key", pair.key)
        former = (volume / "..data").readlink() if (volume / "..data").is_symlink() else None
        (volume / "..data_tmp").symlink_to(folder.name)
        os.rename(volume / "..data_tmp", volume / "..data")
        if former:
            shutil.rmtree(volume / former)
        else:
            for name in ("tls.crt", "tls.key"):
                (volume / name).symlink_to(f"..data/{name}")
    point_at(daemon, volume / "tls.crt", volume / "tls.key")
    publish(1, authority.issue())
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    daemon.start()
    with Undisturbed(daemon):
        for number in range(2, 2 + ROUNDS):
            pair = authority.issue()
            daemon.mark()
            publish(number, pair)
            expect(daemon, pair)


def test_a_link_whose_targets_folder_changes(daemon, authority):
    releases = daemon.folder / "releases"

    def publish(pair):
        """The folder that the links lead through is moved away and another one put in its place."""
        overwrite(releases / "next/gw.pem", pair.chain)
        overwrite(releases / "next/gw.key", pair.key)
        shutil.rmtree(releases / "former", ignore_errors=True)
        if (releases / "current").exists():
            os.rename(releases / "current", releases / "former")
        os.rename(releases / "next", releases / "current")
    place = daemon.folder / "place"
    place.mkdir()
    for name in ("gw.pem", "gw.key"):
        (place / name).symlink_to(releases / "current" / name)
    point_at(daemon, place / "gw.pem", place / "gw.key")
    publish(authority.issue())
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    daemon.start()
    with Undisturbed(daemon):
        for _ in range(ROUNDS):
            pair = authority.issue()
            daemon.mark()
            publish(pair)
            expect(daemon, pair)


def test_the_folder_removed_and_made_anew(daemon, authority):
    folder = daemon.folder / "far/certificates"
    point_at(daemon, folder / "gw.pem", folder / "gw.key")
    before = authority.issue()
    daemon.clean.place(before)
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    daemon.start()
    with Undisturbed(daemon):
        for gone in (folder, folder.parent, folder):
            pair = authority.issue()
            daemon.mark()
            shutil.rmtree(gone)
            expect_refusal(daemon, before)
            daemon.clean.place(pair)
            expect(daemon, pair)
            before = pair


def test_the_folder_swapped_for_another_at_once(daemon, authority):
    folder = daemon.folder / "certificates"
    point_at(daemon, folder / "gw.pem", folder / "gw.key")
    daemon.clean.place(authority.issue())
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    daemon.start()
    with Undisturbed(daemon):
        for _ in range(ROUNDS):
            pair = authority.issue()
            overwrite(daemon.folder / "new/gw.pem", pair.chain)
            overwrite(daemon.folder / "new/gw.key", pair.key)
            daemon.mark()
            shutil.rmtree(folder)
            os.rename(daemon.folder / "new", folder)
            expect(daemon, pair)


def test_only_the_certificate_renewed_with_the_same_key(running, authority):
    pair = authority.issue()
    running.clean.place(pair)
    running.clean.wait_served(pair.fingerprint)
    with Undisturbed(running):
        for _ in range(ROUNDS):
            pair = authority.renewed(pair)
            running.mark()
            overwrite(running.clean.certificate, pair.chain)
            expect(running, pair)


def test_a_wrong_pair_is_refused_and_the_old_one_goes_on_being_served(running, authority):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    with Undisturbed(running):
        for _ in range(ROUNDS):
            running.mark()
            running.clean.place(dataclasses.replace(authority.issue(), key=certificates.new_key()))
            event = expect_refusal(running, good, "key_mismatch")
            assert event["trigger"] == "watch"
            good = authority.issue()
            running.mark()
            running.clean.place(good)
            expect(running, good)
            running.wait_status(without=["key_mismatch"])


def test_putting_the_served_pair_back_after_a_wrong_one_clears_the_status(running, authority):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    for _ in range(ROUNDS):
        running.mark()
        overwrite(running.clean.certificate, authority.issue().chain)
        expect_refusal(running, good, "key_mismatch")
        overwrite(running.clean.certificate, good.chain)
        running.wait_status(without=["key_mismatch"])
        assert running.clean.served() == good.fingerprint


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_truncated_file_is_refused_and_the_next_good_pair_is_taken(running, authority, which):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    with Undisturbed(running):
        for size in (0, 60, 200):
            pair = authority.issue()
            running.mark()
            overwrite(getattr(running.clean, which), (pair.chain if which == "certificate" else pair.key)[:size])
            expect_refusal(running, good, "unparsable")
            running.mark()
            running.clean.place(pair, overwrite)
            expect(running, pair)
            good = pair


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_a_folder_or_pipe_or_dangling_link_in_a_files_place_is_refused_and_the_next_good_pair_is_taken(
        running, authority, which):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    path = getattr(running.clean, which)
    with Undisturbed(running):
        for obstruct, clear in ((os.mkdir, os.rmdir), (os.mkfifo, os.unlink),
                                (lambda p: p.symlink_to("/nowhere/at-all"), os.unlink)):
            running.mark()
            path.unlink()
            obstruct(path)
            expect_refusal(running, good)
            clear(path)
            pair = authority.issue()
            running.mark()
            running.clean.place(pair)
            expect(running, pair)
            good = pair


@pytest.fixture
def unprivileged(daemon, authority):
    """The daemon under a user's id that is not root, in a folder of its own."""
    binary = daemon.folder / "gatehoused"
    shutil.copy(BINARY, binary)
    daemon.binary = binary
    for door in daemon.doors.values():
        door.place(authority.issue(door.hostname))
    for path in [daemon.folder, daemon.state, *daemon.state.rglob("*")]:
        os.chown(path, 65534, 65534)
    return daemon.start(user=65534, group=65534, extra_groups=[])


def give_to_service(path):
    os.chown(path, 65534, 65534)


def test_an_unreadable_file_is_refused_by_owner_mode_and_command_and_a_new_owner_alone_mends_it(unprivileged, authority):
    daemon = unprivileged
    good = daemon.clean.served()
    with Undisturbed(daemon):
        for _ in range(ROUNDS):
            pair = authority.issue()
            daemon.mark()
            overwrite(daemon.folder / "new.key", pair.key)  # root's, 0600: as `sudo mv` leaves it
            os.rename(daemon.folder / "new.key", daemon.clean.key)
            overwrite(daemon.clean.certificate, pair.chain)
            event = daemon.wait_event("credential.refused", interface="clean", code="key_unreadable")
            assert str(daemon.clean.key) in event["message"], event
            assert "root" in event["message"] and "600" in event["message"], event
            # The folder is the daemon's, who could lay a link there for root's chown to follow.
            assert "Run: gatehousectl adopt." in event["message"] and "chown nobody" not in event["message"], event
            daemon.wait_status("key_unreadable")
            assert daemon.clean.served() == good
            give_to_service(daemon.clean.key)
            expect(daemon, pair)
            good = pair.fingerprint


@pytest.mark.parametrize("code", ["expired", "not_yet_valid"])
def test_a_pair_that_is_not_valid_now_never_replaces_one_that_is(running, authority, code):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    with Undisturbed(running):
        for _ in range(ROUNDS):
            running.mark()
            running.clean.place(getattr(authority, code)())
            expect_refusal(running, good, code)
            good = authority.issue()
            running.mark()
            running.clean.place(good)
            expect(running, good)
            running.wait_status(without=[code])


def test_an_expired_pair_is_served_where_there_is_no_valid_one(daemon, authority):
    one, other = authority.expired(), authority.expired()
    daemon.clean.place(one)
    daemon.start()
    assert daemon.clean.served() == one.fingerprint
    daemon.wait_status("expired")
    daemon.mark()
    daemon.clean.place(other)
    expect(daemon, other)
    good = authority.issue()
    daemon.mark()
    daemon.clean.place(good)
    expect(daemon, good)
    daemon.wait_status(without=["expired"])


def test_of_a_hundred_changes_in_ten_seconds_the_last_one_is_served(running, authority):
    pairs = [authority.issue() for _ in range(10)]
    last = authority.issue()
    with Undisturbed(running):
        running.mark()
        begun = time.monotonic()
        for number in range(99):
            running.clean.place(pairs[number % 10], overwrite if number % 2 else move_over)
            time.sleep(max(0, begun + (number + 1) * 0.1 - time.monotonic()))  # the pace of the changes
        running.clean.place(last)
        expect(running, last)
    time.sleep(1.5)  # nothing that came before may still follow
    assert running.clean.served() == last.fingerprint
    running.wait_status(without=["key_mismatch", "unparsable"])


def test_a_change_during_a_full_speed_handshake_storm(running, authority):
    pairs = [authority.issue() for _ in range(5)]
    known = {running.clean.served(), *(pair.fingerprint for pair in pairs)}
    with Visitors(running, per_door=3, pause=0) as visitors:
        wait_for(lambda: visitors.visits["clean"] >= 20, "the storm to begin")
        for pair in pairs:
            running.mark()
            running.clean.place(pair, overwrite)
            running.wait_event("credential.activated", interface="clean", fingerprint_sha256=pair.fingerprint)
            for _ in range(8):  # every worker has it
                assert running.clean.served() == pair.fingerprint
    assert set(visitors.seen["clean"]) <= known
    assert len(visitors.seen["admin"]) == 1


def test_both_doors_changed_at_once(running, authority):
    for _ in range(ROUNDS):
        pairs = {name: authority.issue(door.hostname) for name, door in running.doors.items()}
        with Visitors(running):
            for name, door in running.doors.items():
                door.place(pairs[name], overwrite)
            for name, door in running.doors.items():
                door.wait_served(pairs[name].fingerprint)


def test_both_doors_may_share_one_pair(daemon, authority):
    for door in daemon.doors.values():
        door.certificate, door.key = daemon.folder / "both/cert.pem", daemon.folder / "both/cert.key"
        daemon.settings(door.name).update(certificate=str(door.certificate), key=str(door.key))
    names = [door.hostname for door in daemon.doors.values()]
    daemon.clean.place(authority.issue(names=names))
    daemon.start()
    for _ in range(ROUNDS):
        pair = authority.issue(names=names)
        daemon.clean.place(pair)
        for door in daemon.doors.values():
            door.wait_served(pair.fingerprint)


# ---- encrypted keys


def test_a_key_with_another_passphrase_waits_for_its_one_time_file(running, authority):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    with Undisturbed(running):
        for number in range(ROUNDS):
            pair = authority.issue().locked(f"passphrase {number}")
            running.mark()
            running.clean.place(pair)
            expect_refusal(running, good, "key_locked")
            running.give_passphrase({"clean": f"passphrase {number}"})
            expect(running, pair)
            running.wait_event("otc.consumed")
            running.wait_one_time_file_gone()
            running.wait_status(without=["key_locked"])
            good = pair


def test_a_key_with_another_passphrase_and_its_one_time_file_together(running, authority):
    with Undisturbed(running):
        for number in range(ROUNDS):
            pair = authority.issue().locked(f"passphrase {number}")
            running.mark()
            running.clean.place(pair)
            running.give_passphrase({"clean": f"passphrase {number}"})
            expect(running, pair)
            running.wait_one_time_file_gone()


def test_the_same_key_encrypted_anew_with_another_passphrase(running, authority):
    plain = authority.issue()
    for number in range(ROUNDS):
        plain = authority.renewed(plain)
        pair = plain.locked(f"passphrase {number}")
        running.mark()
        running.clean.place(pair)
        running.wait_event("credential.refused", interface="clean", code="key_locked")
        running.give_passphrase({"clean": f"passphrase {number}"})
        expect(running, pair)


def test_an_encrypted_key_replaced_by_a_plain_one_and_back(running, authority):
    for number in range(ROUNDS):
        locked, plain = authority.issue().locked("always the same"), authority.issue()
        running.mark()
        running.clean.place(locked)
        running.wait_event("credential.refused", interface="clean", code="key_locked")
        running.give_passphrase({"clean": "always the same"})
        expect(running, locked)
        running.mark()
        running.clean.place(plain)
        expect(running, plain)


# ---- restarts


def test_after_a_bad_pair_a_restart_serves_the_last_good_one(running, authority):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    for _ in range(ROUNDS):
        running.mark()
        running.clean.place(dataclasses.replace(authority.issue(), key=certificates.new_key()))
        expect_refusal(running, good, "key_mismatch")
        running.restart()
        assert running.clean.served() == good.fingerprint
        assert running.wait_event("credential.activated", interface="clean")["source"] == "last_good"
        assert "last_good" in running.status() and "key_mismatch" in running.status()
        good = authority.issue()
        running.mark()
        running.clean.place(good)
        expect(running, good)
        running.wait_status(without=["last_good", "key_mismatch"])


def test_the_last_good_pair_put_back_by_the_operator_is_the_operators_again(running, authority):
    good = authority.issue()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    running.mark()
    overwrite(running.clean.certificate, authority.issue().chain)
    running.wait_event("credential.refused", interface="clean", code="key_mismatch")
    running.restart()
    assert running.clean.served() == good.fingerprint and "last_good" in running.status()
    overwrite(running.clean.certificate, good.chain)
    running.wait_status("clean: operator", without=["last_good", "key_mismatch"])


def test_after_an_expired_pair_a_restart_serves_the_last_good_one(running, authority):
    good = running.clean.served()
    running.mark()
    running.clean.place(authority.expired())
    running.wait_event("credential.refused", interface="clean", code="expired")
    running.restart()
    assert running.clean.served() == good
    assert "expired" in running.status()


def test_a_served_pair_that_expires_is_still_served_after_a_restart(daemon, authority):
    pair = authority.expired()
    daemon.clean.place(pair)
    daemon.start()
    daemon.restart()
    assert daemon.clean.served() == pair.fingerprint


def test_a_power_cut_while_a_bad_pair_lies_there_serves_the_last_good_one(running, authority):
    good = authority.issue()
    running.mark()
    running.clean.place(good)
    running.clean.wait_served(good.fingerprint)
    wait_for(lambda: (running.state / "clean/last-good/cert.pem").read_text() == good.chain, "last good to be kept")
    overwrite(running.clean.key, "")
    running.kill()
    running.start()
    assert running.clean.served() == good.fingerprint
    assert "last_good" in running.status()


def test_the_operators_pair_gone_and_a_restart_serves_the_last_good_one(running):
    good = running.clean.served()
    running.mark()
    running.clean.key.unlink()
    running.clean.certificate.unlink()
    running.wait_event("credential.refused", interface="clean")
    assert running.clean.served() == good
    running.restart()
    assert running.clean.served() == good
    assert "last_good" in running.status()


def test_both_pairs_gone_and_a_restart_is_self_signed(running, authority):
    admin = running.admin.served()
    for _ in range(2):
        good = running.clean.served()
        running.stop()
        shutil.rmtree(running.state / "clean")
        running.start()
        shown = running.clean.served()
        assert shown != good
        assert running.wait_event("credential.activated", interface="clean")["source"] == "self_signed"
        assert "self_signed" in running.status()
        assert running.admin.served() == admin
        pair = authority.issue()
        running.mark()
        running.clean.place(pair)
        expect(running, pair)


def test_files_that_the_operator_placed_are_never_written(running, authority):
    bad = dataclasses.replace(authority.issue(), key=certificates.new_key())
    running.mark()
    running.clean.place(bad)
    running.wait_event("credential.refused", interface="clean", code="key_mismatch")
    running.hang_up()
    running.restart()
    shutil.rmtree(running.state / "clean/last-good")
    shutil.rmtree(running.state / "clean/previous", ignore_errors=True)
    running.restart()
    assert "self_signed" in running.status()
    assert running.clean.key.read_text() == bad.key
    assert running.clean.certificate.read_text() == bad.chain


def test_a_place_that_cannot_be_written_still_gets_a_self_signed_certificate(daemon):
    """The configured folder's name is taken by a file."""
    (daemon.folder / "taken").write_text("")
    point_at(daemon, daemon.folder / "taken/gw.pem", daemon.folder / "taken/gw.key")
    daemon.start()
    shown = daemon.clean.served()
    assert (daemon.state / "clean/self-signed").is_dir()
    daemon.restart()
    assert daemon.clean.served() == shown


def test_last_good_keeps_the_key_as_encrypted_as_it_came(running, authority):
    pair = authority.issue().locked("still encrypted")
    running.mark()
    running.clean.place(pair)
    running.wait_event("credential.refused", interface="clean", code="key_locked")
    running.give_passphrase("still encrypted")
    expect(running, pair)
    running.wait_one_time_file_gone()
    kept = running.state / "clean/last-good"
    wait_for(lambda: (kept / "cert.pem").read_text() == pair.chain, "last good to be kept")
    assert pair.key in [path.read_text() for path in kept.iterdir()]


def test_what_is_in_nobodys_pair_wakes_nobody(running, authority):
    running.mark()
    overwrite(running.clean.key.parent / "notes.txt", "x")
    overwrite(running.clean.key.parent / "cert.pem.bak", "y")
    pair = authority.issue(running.admin.hostname)
    running.admin.place(pair)
    running.admin.wait_served(pair.fingerprint)  # by now the notes would have been seen too
    assert not running.events(interface="clean")
