"""Two boxes behind one name get the same certificate, as docs/operating.md says: two machines with the package installed, and
neither stops for it. What carries the files from one to the other (ssh) is not in it: rsync works on both from outside."""

import contextlib
import subprocess

import pytest

import clients
from daemon import overwrite, wait_for
from machine import made_for


@pytest.fixture(scope="module")
def boxes(request, package):
    with made_for(request.node) as one, made_for(request.node) as two:
        for box in (one, two):
            box.boot()
            box.install(package)
            box.run("gatehousectl", "hostname", "set", "--interface", "clean", "gw.example.test")
        yield one, two


@contextlib.contextmanager
def nobody_turned_away(boxes):
    """At neither of them: each has visitors, in its network, and goes on as the same process."""
    before = [box.main_pid() for box in boxes]
    with contextlib.ExitStack() as visitors:
        for box in boxes:
            with box.network():
                visitors.enter_context(clients.Visitors(box))
        yield
    assert [box.main_pid() for box in boxes] == before


def served(box):
    with box.network():
        return box.clean.served()


def test_one_pair_is_uploaded_to_both_by_command(boxes, authority):
    pair = authority.issue("gw.example.test")
    assert served(boxes[0]) != served(boxes[1])
    with nobody_turned_away(boxes):
        for box in boxes:
            box.run("gatehousectl", "certificate", "upload", "--interface", "clean", "-", "--confirm", "chain_incomplete",
                    input=pair.chain + pair.key)
        assert [served(box) for box in boxes] == [pair.fingerprint] * 2


def test_what_changes_on_the_first_is_copied_to_the_second_and_seen(boxes, authority):
    pair = authority.issue("gw.example.test")
    one, two = boxes
    owner = two.run("stat", "-c", "%u:%g", two.STATE).strip()
    with nobody_turned_away(boxes):
        overwrite(one.clean.key, pair.key)
        overwrite(one.clean.certificate, pair.chain)
        wait_for(lambda: served(one) == pair.fingerprint, "the first's serving it")
        assert served(two) != pair.fingerprint
        subprocess.run(["rsync", "-a", "--checksum", "--numeric-ids", f"--chown={owner}", one.clean.key, one.clean.certificate,
                        two.clean.key.parent], check=True)
        wait_for(lambda: served(two) == pair.fingerprint, "the second's serving it")
    assert two.run("stat", "-c", "%U %a", f"{two.STATE}/clean/cert.key").strip() == "gatehouse 600"
