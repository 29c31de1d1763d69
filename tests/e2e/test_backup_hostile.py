"""What the service's user lays in STATE for root, who backs up and restores, harms nothing of root's."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from backups import (NOBODY, backup, boxes, create, give, lay_down_users, pair_of_states, refusal, restore, secret, start,
                     state_of, tree)
from daemon import overwrite
from submissions import stored


@pytest.fixture
def prey(tmp_path):
    """A folder of root's with a secret in it."""
    folder = tmp_path / "roots"
    folder.mkdir(mode=0o700)
    overwrite(folder / "secret", "root's secret")
    for path in [tmp_path, *tmp_path.parents]:
        path.chmod(path.stat().st_mode | 0o011)
    folder.chmod(0o755)  # the way there is open, the file is not
    return folder


def test_a_journal_that_the_service_wrote_moves_nothing_of_roots(pair_of_states, secret, prey):
    box, file, once, now = pair_of_states
    overwrite(prey / "passwd", "root's own")

    def forge(plan, links):
        folder = box.state / "restore"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        for name, target in links.items():
            (folder / name).symlink_to(target)
        overwrite(folder / "journal", json.dumps({"version": 1, "leaving": [], "coming": [], "elsewhere": [], **plan}))
        give(box)

    overwrite(prey / "passwd.gatehouse-new", "waits")
    before = tree(prey)
    hook = {"leaving": ["passwd"]}, {"old": prey}
    taken = {"coming": ["secret"]}, {"new": prey}
    elsewhere = {"elsewhere": [str(prey / "passwd")]}, {}
    for plan, links in (hook, taken, elsewhere):
        for options in ((), ("--force",)):
            overwrite(box.state / "passwd", "root::0:0::/:/bin/sh")
            forge(plan, links)
            ended = backup(box, "restore", file, secret, *options)
            assert tree(prey) == before, (plan, options)
            assert not (box.state / "secret").exists()
            if options:
                assert ended.returncode == 0, ended.stderr
                assert "interrupted" in ended.stdout
            else:
                said = refusal(ended)
                assert "--force" in said and "mv " not in said
            forge(plan, links)
            said = refusal(backup(box, "create", file.parent / "other.backup", secret))
            assert f"rm -r {box.state}/restore" in said
    shutil.rmtree(box.state / "restore")
    assert state_of(box) == once


def test_a_journal_that_says_nothing_is_named_with_how_it_goes(pair_of_states, secret, tmp_path):
    box, file, once, now = pair_of_states
    (box.state / "restore").mkdir(mode=0o700)
    overwrite(box.state / "restore" / "journal", "garbage")
    give(box)
    said = refusal(backup(box, "create", tmp_path / "new.backup", secret))
    assert f"{box.state}/restore/journal is there" in said
    assert "--force" in refusal(backup(box, "restore", file, secret))
    command = re.search(r"run: (rm -r \S+)", said)[1]
    subprocess.run(command.rstrip(".").split(), check=True)
    create(box, tmp_path / "new.backup", secret)
    assert state_of(box) == now


def test_a_journal_of_the_database_that_the_service_wrote_deletes_nothing_of_roots(pair_of_states, secret, prey, tmp_path):
    box, _, _, now = pair_of_states
    database = box.state / "gatehouse.db"
    with sqlite3.connect(database) as opened:
        opened.execute("PRAGMA journal_mode = DELETE")
    opened.close()
    # A hot journal: its header, no pages, and at its end the name of a super-journal, which SQLite deletes afterwards.
    name = str(prey / "secret").encode()
    # The super-journal names a child of its own, of which none is left.
    overwrite(prey / "secret", str(box.state / "gone-journal") + "\0")
    before = tree(prey)
    size = os.path.getsize(database) // 4096
    magic = bytes.fromhex("d9d505f920a163d7")
    header = magic + b"".join(number.to_bytes(4, "big") for number in (0, 7, size, 512, 4096))
    tail = (0x40000000 // 4096 + 1).to_bytes(4, "big") + name + len(name).to_bytes(4, "big") + \
        sum(name).to_bytes(4, "big") + magic
    (box.state / "gatehouse.db-journal").write_bytes(header.ljust(512, b"\0") + tail)
    give(box)
    backup(box, "create", tmp_path / "new.backup", secret)
    assert tree(prey) == before


def test_a_link_that_the_service_laid_brings_nothing_of_roots_into_a_backup(pair_of_states, secret, prey, tmp_path):
    box, _, _, _ = pair_of_states
    file = tmp_path / "new.backup"
    (prey / "secret").chmod(0o600)
    for place in ("clean/cert.pem", "clean/cert.key", "gatehouse.db"):
        kept = (box.state / place).read_bytes()
        (box.state / place).unlink()
        (box.state / place).symlink_to(prey / "secret")
        give(box)
        refusal(backup(box, "create", file, secret))
        assert not file.exists()
        (box.state / place).unlink()
        overwrite(box.state / place, "")
        (box.state / place).write_bytes(kept)
    give(box)
    create(box, file, secret)


def test_a_folder_that_is_exchanged_for_a_link_while_root_works_in_it_harms_nothing_of_roots(pair_of_states, secret, prey,
                                                                                             tmp_path):
    box, _, _, now = pair_of_states
    before = tree(prey)
    work, own = box.state / "backup", box.state / "own"
    over = threading.Event()

    def exchange():
        while not over.is_set():
            try:
                work.rename(own)
                work.symlink_to(prey)
                time.sleep(0.002)
                work.unlink()
                own.rename(work)
            except OSError:
                for path in (work, own):
                    if path.is_symlink():
                        path.unlink(missing_ok=True)
                    else:
                        shutil.rmtree(path, ignore_errors=True)
    running = threading.Thread(target=exchange)
    running.start()
    try:
        for _ in range(15):
            backup(box, "create", tmp_path / "new.backup", secret, "--force")
            assert tree(prey) == before
    finally:
        over.set()
        running.join()


def test_what_would_let_somebody_in_goes_with_a_restore_and_what_stays_is_told(pair_of_states, secret):
    box, file, once, now = pair_of_states
    lay_down_users(box)
    overwrite(box.state / "strange.sh", "")
    give(box)
    notes = restore(box, file, secret, "--force")["notes"]
    assert not box.one_time_file.exists()
    assert any(str(box.one_time_file) in note and "removed" in note for note in notes)
    assert any(str(box.state / "strange.sh") in note for note in notes) and len(notes) == 2
    assert state_of(box) == once


def test_a_state_that_is_filled_up_does_not_fill_roots_memory(pair_of_states, secret, tmp_path):
    box, _, _, now = pair_of_states
    heap = box.state / "clean" / "heap"
    heap.mkdir()
    for number in range(60):
        overwrite(heap / f"{number}", "")
        os.truncate(heap / f"{number}", 4 << 20)
    give(box)
    assert "64 MiB" in refusal(backup(box, "create", tmp_path / "new.backup", secret))
    shutil.rmtree(heap)
    heap.mkdir()
    for number in range(10001):
        (heap / f"{number}").touch()
    give(box)
    assert "10000" in refusal(backup(box, "create", tmp_path / "new.backup", secret))
    shutil.rmtree(heap)
    # What could not be restored is not taken either.
    deep = box.state / "clean" / "1/2/3/4/5/6/7/8"
    overwrite(deep / "deep", "")
    give(box)
    said = create(box, tmp_path / "new.backup", secret)
    assert [line.split(" (")[0] for line in said["left_out"]] == [str(deep / "deep")]
    restore(box, tmp_path / "new.backup", secret, "--force")
    assert state_of(box) == now


def test_what_the_service_may_not_remove_is_told_before_a_restore_counts(pair_of_states, secret):
    box, file, once, now = pair_of_states
    for folder in (box.state / "clean", box.state / "admin" / "own"):
        folder.mkdir(exist_ok=True)
        os.chown(folder, 0, 0)
        folder.chmod(0o755)
        overwrite(folder / "file", "", 0o644)
        before = tree(box.folder)
        assert f"{folder} is to go" in refusal(backup(box, "restore", file, secret, "--force"))
        assert tree(box.folder) == before
        os.chown(folder, NOBODY, NOBODY)
    give(box)
    restore(box, file, secret, "--force")
    assert state_of(box) == once


def test_a_key_that_is_named_another_way_is_still_not_read_with_roots_rights(boxes, authority, secret, prey, tmp_path):
    box = boxes()
    locked = authority.issue(box.clean.hostname).locked("Murmeltier-4420")
    box.clean.place(locked)
    box.give_passphrase("Murmeltier-4420")
    start(box)
    box.clean.wait_served(locked.fingerprint)
    box.wait_one_time_file_gone()
    box.stop()
    vault = box.state / "vault"
    # What opens the vault is root's, and the service put a link to it where its own key was.
    (prey / "secret").write_bytes((vault / "key").read_bytes())
    (vault / "key").unlink()
    (vault / "key").symlink_to(prey / "secret")
    os.lchown(vault / "key", NOBODY, NOBODY)
    file = tmp_path / "new.backup"
    other = tmp_path / "key"
    other.symlink_to(vault / "key")
    for name in (vault / "key", vault / "../vault/key", other, os.path.relpath(vault / "key")):
        said = refusal(backup(box, "create", file, secret, "--key", name))
        assert "can't be read" in said, said
        assert not file.exists()
    # /tmp is open to all, so that what is below it is read as the service reads.
    os.chown(prey / "secret", NOBODY, NOBODY)
    create(box, file, secret, "--key", prey / "secret")


def test_a_backup_from_somebody_else_puts_nothing_where_this_box_keeps_none(pair_of_states, boxes, secret):
    theirs, file, _, _ = pair_of_states
    box = boxes()
    # Their configuration names a folder that would be /etc/cron.d.
    shutil.rmtree(theirs.state)
    theirs.state.mkdir(mode=0o755)
    overwrite(theirs.state / "job", "root's", 0o644)
    before = tree(box.folder), tree(theirs.state)
    said = refusal(backup(box, "restore", file, secret, "--force", "--configuration"))
    assert f"state_directory: {theirs.state}, here: {box.state}" in said and "--elsewhere" in said
    assert (tree(box.folder), tree(theirs.state)) == before
    box.configuration_file.unlink()
    assert "here: /var/lib/gatehouse" in refusal(backup(box, "restore", file, secret, "--force"))
    assert "belongs to root" in refusal(backup(box, "restore", file, secret, "--force", "--elsewhere"))
    assert tree(theirs.state) == before[1] and not box.configuration_file.exists()
    os.chown(theirs.state, NOBODY, NOBODY)
    assert restore(box, file, secret, "--force", "--elsewhere")["configuration"] == "restored"


@pytest.fixture
def altered(pair_of_states):
    """A function that changes the stopped box's database as only the service's user, or whoever has it, could."""
    box, file, _, _ = pair_of_states

    def alter(*statements):
        with sqlite3.connect(box.state / "gatehouse.db") as opened:
            opened.executescript(";".join(statements))
        opened.close()
        give(box)
        return box
    return alter


ENDLESS = ("DROP TABLE contents", "CREATE VIEW contents AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
           "SELECT printf('%064d', i) AS sha256, 3 AS bytes FROM n WHERE i < 0")
TRIGGER = "CREATE TRIGGER ours AFTER UPDATE ON settings BEGIN DELETE FROM audit; END"


# With a name that SQLite gives nobody.
HIDDEN = ("PRAGMA writable_schema = ON", "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('trigger', "
          "'sqlite_ours', 'audit', 0, 'CREATE TRIGGER sqlite_ours AFTER INSERT ON audit BEGIN SELECT 1; END')")


@pytest.mark.parametrize("statements", [ENDLESS, (TRIGGER,), ("DROP TRIGGER audit_stays",), HIDDEN],
                         ids=["a view without end", "a trigger", "a trigger less", "a hidden one"])
def test_a_database_with_more_or_less_in_it_than_we_make_is_not_backed_up(altered, statements, secret, tmp_path):
    box = altered(*statements)
    file = tmp_path / "new.backup"
    answered = backup(box, "create", file, secret, "--samples", "--json")
    assert answered.returncode == 1 and json.loads(answered.stdout)["code"] == "database_foreign", answered
    assert not list(tmp_path.glob("new.backup*")) and not (box.state / "backup").exists()


def test_a_sample_whose_file_has_no_end_is_left_out(pair_of_states, secret, tmp_path):
    box, _, _, _ = pair_of_states
    sha256, path = sorted(stored(box).items())[0]
    os.truncate(path, 1 << 40)
    file = tmp_path / "new.backup"
    said = create(box, file, secret, "--samples")
    assert said["left_out"] == [f"{path} (not of its size)"] and said["samples"] == len(stored(box)) - 1
    assert file.stat().st_size < 100 << 20
