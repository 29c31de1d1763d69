"""Two boxes behind one name get the same certificate, as docs/operating.md says, and neither stops for it."""

import pytest

import clients
from console import run
from daemon import Daemon, move_over


@pytest.fixture
def boxes(request, authority):
    made = [Daemon(), Daemon()]
    request.node.daemons = made
    for box in made:
        for door in box.doors.values():
            door.place(authority.issue(door.hostname))
        box.start()
    yield made
    for box in made:
        box.close()


def test_one_pair_is_uploaded_to_both_by_command_and_nobody_is_turned_away(boxes, authority):
    pair = authority.issue("gw.example.test")
    with clients.Visitors(boxes[0]), clients.Visitors(boxes[1]):
        for box in boxes:
            done = run("--socket", box.folder / "console.sock", "certificate", "upload", "--interface", "clean", "-",
                       "--confirm", "chain_incomplete", stdin=pair.chain + pair.key)
            assert done.returncode == 0, done.stdout + done.stderr
        assert [box.clean.served() for box in boxes] == [pair.fingerprint] * 2


def copy(one, other):
    """As rsync does it: a new file beside, moved over."""
    for name in ("cert.key", "cert.pem"):
        move_over(other.state / "clean" / name, (one.state / "clean" / name).read_bytes())


def test_what_changes_on_the_first_is_copied_to_the_second_and_seen(boxes, authority):
    pair = authority.issue("gw.example.test")
    with clients.Visitors(boxes[0]), clients.Visitors(boxes[1]):
        boxes[0].clean.place(pair)
        boxes[0].clean.wait_served(pair.fingerprint)
        copy(*boxes)
        boxes[1].clean.wait_served(pair.fingerprint)


def test_an_encrypted_key_opens_on_the_second_once_it_was_told_the_passphrase(boxes, authority):
    one, two = boxes
    pair = authority.issue("gw.example.test")
    with clients.Visitors(one), clients.Visitors(two):
        one.clean.place(pair.locked("open sesame"))
        tell_passphrase(one)
        assert one.clean.served() == pair.fingerprint
        former = two.clean.served()
        two.mark()
        copy(one, two)
        two.wait_event("credential.refused", interface="clean", code="key_locked")
        assert two.clean.served() == former
        tell_passphrase(two)
        assert two.clean.served() == pair.fingerprint


def tell_passphrase(box):
    done = run("--socket", box.folder / "console.sock", "passphrase", "set", "--interface", "clean", stdin="open sesame\n")
    assert done.returncode == 0, done.stdout + done.stderr
