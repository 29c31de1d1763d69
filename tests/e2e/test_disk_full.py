"""The file system of the state directory is full: what is to be kept is refused, and everything goes on."""

import errno
import subprocess

import pytest

from api import signed_in
from daemon import move_over

CERTIFICATE = "/api/v1/interfaces/clean/certificate"
CONFIRMED = "?confirm=chain_incomplete"


@pytest.fixture
def box(daemon, authority):
    """A daemon whose state directory is a file system of its own, of four megabytes."""
    daemon.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", daemon.state], check=True)
    try:
        for door in daemon.doors.values():
            door.place(authority.issue(door.hostname))
        yield daemon.start()
        daemon.stop()
    finally:
        subprocess.run(["umount", "--lazy", daemon.state], check=True)


def fill(folder):
    """Takes all the room that is left. The file that holds it."""
    ballast = folder / "ballast"
    with pytest.raises(OSError) as full, ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert full.value.errno == errno.ENOSPC
    return ballast


def form(pair):
    return [("certificate", pair.chain), ("key", pair.key)]


def test_on_a_full_disk_changes_are_refused_with_507_and_the_doors_go_on(box, authority):
    api = signed_in(box)
    before = box.clean.served()
    pair = authority.issue(box.clean.hostname)
    ballast = fill(box.state)
    for _ in range(3):
        reply = api.put(CERTIFICATE + CONFIRMED, form=form(pair))
        assert (reply.status, reply.code) == (507, "disk_full"), reply
        reply = api.post("/api/v1/authorities", json_body={"pem": authority.root})
        assert (reply.status, reply.code) == (507, "disk_full"), reply
        reply = api.post(CERTIFICATE + "/request", json_body={})
        assert (reply.status, reply.code) == (507, "disk_full"), reply
        assert str(box.state) not in reply.json.get("detail", "")
        assert box.clean.served() == before
        assert api.get("/api/v1/status").status == 200
    for action in ("certificate.uploaded", "certificate.requested", "authority.added"):
        assert str(box.state) in box.wait_event("request.failed", action=action, code="disk_full")["message"]
    assert api.get("/api/v1/authorities").json["items"] == []
    assert api.get(CERTIFICATE + "/request").code == "no_request"
    ballast.unlink()
    assert api.post("/api/v1/authorities", json_body={"pem": authority.root}).status == 201
    assert api.put(CERTIFICATE + CONFIRMED, form=form(pair)).status == 200
    assert box.clean.served() == pair.fingerprint


def test_a_pair_that_cannot_be_remembered_for_want_of_room_is_served_with_a_warning(box, authority):
    pair = authority.issue(box.clean.hostname)
    prepared = {path.with_name("next-" + path.name): (path, text)
                for path, text in ((box.clean.key, pair.key), (box.clean.certificate, pair.chain))}
    for made, (_, text) in prepared.items():
        move_over(made, text)
    ballast = fill(box.state)
    for made, (path, _) in prepared.items():
        made.rename(path)
    box.clean.wait_served(pair.fingerprint)
    box.wait_event("credential.not_remembered", interface="clean", code="last_good_not_saved")
    ballast.unlink()
    later = authority.issue(box.clean.hostname)
    box.clean.place(later)
    box.clean.wait_served(later.fingerprint)
    box.wait_status("clean", without=("last_good_not_saved",))


def test_a_start_on_a_full_disk_serves_what_was_served(box):
    served = {name: door.served() for name, door in box.doors.items()}
    box.stop()
    ballast = fill(box.state)
    box.start()
    assert {name: door.served() for name, door in box.doors.items()} == served
    ballast.unlink()
