"""The files of samples and a database that knows others: after an older one was put back, or a new one begun, no file is
lost. Only what was coming in or going out when the daemon went down is removed."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess

import pytest

from daemon import REPOSITORY, move_over, wait_for
from patience import DEADLINE
from submissions import KEYS, begin, digests, known, opened, refused, stored, unpacked, unsettled, users_file, with_users


@pytest.fixture
def box(daemon, authority):
    daemon.configuration["samples"] = {"free_bytes": 0}
    return with_users(daemon, authority)


def back_up(daemon, path):
    """As docs/operating.md says, while it runs."""
    with (contextlib.closing(sqlite3.connect(daemon.state / "gatehouse.db")) as database,
          contextlib.closing(sqlite3.connect(path)) as copy):
        database.backup(copy)


def remove_database(daemon):
    for path in daemon.state.glob("gatehouse.db*"):
        path.unlink()


def put_back(daemon, path):
    remove_database(daemon)
    move_over(daemon.state / "gatehouse.db", path.read_bytes())


def place_of(daemon, sha256):
    return daemon.state / "samples" / sha256[:2] / sha256[2:4] / sha256


def strew(daemon, content, marked):
    """A file of the store without a row, as a crash leaves it, or an older database."""
    sha256 = digests(content)["sha256"]
    place = place_of(daemon, sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    if marked:
        (daemon.state / "samples" / "unsettled" / sha256).touch()
    return sha256


def told(daemon):
    """The event that says which files nobody knows."""
    daemon.wait_event("samples.compared")
    (event,) = daemon.events("samples.unknown")
    return event


def test_an_older_database_loses_no_file_and_what_it_does_not_know_is_told(box, authority, tmp_path):
    ada = begin(box, authority)["ada"]
    first = ada.submit(b"before the backup")
    back_up(box, tmp_path / "backup")
    later = [ada.submit(b"behind the backup %d" % i) for i in range(12)]
    everything = {one["sha256"] for one in [first, *later]}
    box.stop()
    put_back(box, tmp_path / "backup")
    box.start()
    event = told(box)
    assert (event["files"], event["level"]) == ("12", "warning")
    assert sum(one["sha256"] in event["message"] for one in later) == 10 and "and others" in event["message"]
    assert event["bytes"] == str(sum(place_of(box, one["sha256"]).stat().st_size for one in later))
    assert box.wait_event("samples.compared")["unknown"] == "12"
    assert set(stored(box)) == everything and not unsettled(box)
    assert unpacked(ada.get(f"/api/v2/samples/{first['id']}/sample.zip").bytes) == b"before the backup"
    assert refused(ada.get(f"/api/v2/samples/{later[0]['id']}"), 404)

    # Submitted anew it is the file that is there, also where that is refused.
    place = place_of(box, later[0]["sha256"])
    number = place.stat().st_ino
    refused(ada.post("/api/v2/samples", form=[("sample", b"behind the backup 0", "x"), ("url", "https://example.com/")]), 422)
    again = ada.submit(b"behind the backup 0")
    assert again["sha256"] == later[0]["sha256"] and place.stat().st_ino == number
    assert unpacked(ada.get(f"/api/v2/samples/{again['id']}/sample.zip").bytes) == b"behind the backup 0"
    assert set(stored(box)) == everything
    box.restart()
    assert told(box)["files"] == "11"
    assert set(stored(box)) == everything


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_new_database_loses_no_file(box, authority, how):
    ada = begin(box, authority)["ada"]
    samples = {ada.submit(b"sample %d" % i)["sha256"] for i in range(5)}
    if how == "kill":
        wait_for(lambda: not unsettled(box), "the last being settled")
    getattr(box, how)()
    remove_database(box)
    move_over(box.one_time_file, json.dumps(users_file()))
    ada = begin(box, authority)["ada"]
    event = told(box)
    assert event["files"] == "5" and all(sha256 in event["message"] for sha256 in samples)
    assert set(stored(box)) == samples
    new = ada.submit(b"in the new one")
    box.stop()
    assert set(stored(box)) == samples | {new["sha256"]} and not unsettled(box)


def typed(daemon, folder, word, key=""):
    """Does what the operator's manual has in the block of commands with this word, on this box: (code, stderr)."""
    blocks = re.split(r"\n\n(?=    \S)", (REPOSITORY / "docs" / "operating.md").read_text())
    (block,) = {block.partition("\n\n")[0] for block in blocks if word in block.partition("\n\n")[0]}
    commands = block.replace("runuser -u gatehouse -- ", "").replace("/root/", f"{folder}/")
    commands = commands.replace("https://localhost/", f"https://localhost:{daemon.clean.port}/")
    done = subprocess.run(["bash", "-c", commands], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
                          env=os.environ | {"STATE": str(daemon.state), "key": key})
    return done.returncode, done.stderr


def test_the_manuals_commands_take_unknown_files_in_again_or_stop_at_the_first_that_is_refused(box, authority, tmp_path):
    ada = begin(box, authority)["ada"]
    samples = {ada.submit(b"sample %d" % i)["sha256"] for i in range(3)}
    box.stop()
    remove_database(box)
    move_over(box.one_time_file, json.dumps(users_file()))
    begin(box, authority)
    told(box)
    typed(box, tmp_path, "/root/known")
    unknown = (tmp_path / "unknown").read_text().split()
    assert {name.rpartition("/")[2] for name in unknown} == samples and not known(box)
    _, said = typed(box, tmp_path, "curl -sS", "no key of anybody")
    assert f"stopped at {unknown[0]}" in said and "40" in said and not known(box)
    assert typed(box, tmp_path, "curl -sS", KEYS["ada"]) == (0, "")
    assert known(box) == set(stored(box)) == samples
    typed(box, tmp_path, "/root/known")
    assert not (tmp_path / "unknown").read_text()


def test_without_a_database_nothing_is_settled(box, authority, tmp_path):
    ada = begin(box, authority)["ada"]
    kept = ada.submit(b"kept")
    box.stop()
    unknown = strew(box, b"of an older database", marked=False)
    orphan = strew(box, b"was coming in", marked=True)
    back_up(box, tmp_path / "backup")
    remove_database(box)
    (box.state / "gatehouse.db").write_bytes(b"no database" * 1000)
    box.start()
    box.wait_event("records.failed")
    box.stop()
    assert set(stored(box)) == {kept["sha256"], unknown, orphan} and unsettled(box) == {orphan}
    put_back(box, tmp_path / "backup")
    box.start()
    assert told(box)["files"] == "1"
    wait_for(lambda: set(stored(box)) == {kept["sha256"], unknown}, "what was coming in being removed")
    wait_for(lambda: not unsettled(box), "its mark being removed")


def test_what_was_coming_in_goes_and_a_missing_file_is_told(box, authority):
    ada = begin(box, authority)["ada"]
    kept, lost = ada.submit(b"kept"), ada.submit(b"lost")
    box.stop()
    stored(box)[lost["sha256"]].unlink()
    strew(box, b"orphan", marked=True)
    (box.state / "samples" / "unsettled" / kept["sha256"]).touch()  # killed between its row and its mark
    (box.state / "samples" / "incoming" / "abcd").write_bytes(b"half")
    note = box.state / "samples" / "00" / "note"
    note.parent.mkdir(exist_ok=True)
    note.write_text("an operator's")
    box.start()
    event = box.wait_event("samples.compared")
    assert (event["unknown"], event["missing"]) == ("0", "1")
    assert box.events("sample.missing", sha256=lost["sha256"]) and not box.events("samples.unknown")
    assert len(box.events("sample.unknown_file")) == 1
    wait_for(lambda: set(stored(box)) == {kept["sha256"], "note"}, "what was coming in being removed")
    wait_for(lambda: not unsettled(box), "the marks being removed")
    assert refused(ada.get(f"/api/v2/samples/{lost['id']}/sample.zip"), 404)
    assert opened(ada.get(f"/api/v2/samples/{lost['id']}"), "/api/v2")["id"] == lost["id"]
    assert known(box) == {kept["sha256"], lost["sha256"]}
