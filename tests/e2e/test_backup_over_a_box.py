"""A restore over a box that is there leaves that one or makes it the other, whatever happens: `gatehousectl backup restore
--force`."""

import json
import os
import random
import shutil
import signal
import subprocess
import time

import console
from backups import (NOBODY, backup, boxes, create, give, pair_of_states, refusal, restore, restore_in_the_middle, secret,
                     state_of, tree)
from daemon import BINARY, overwrite
from patience import DEADLINE
from submissions import stored


def test_a_restore_over_a_box_replaces_it_only_where_that_is_asked_for(pair_of_states, secret):
    box, file, once, now = pair_of_states
    before = tree(box.state)
    assert "--force" in refusal(backup(box, "restore", file, secret))
    assert tree(box.state) == before
    restore(box, file, secret, "--force")
    assert not (box.state / "restore").exists()
    assert state_of(box) == once != now


def test_a_backup_that_cannot_be_used_leaves_the_box_as_it_was(pair_of_states, secret, tmp_path):
    box, file, once, now = pair_of_states
    whole = file.read_bytes()
    before = tree(box.folder)
    wrong = tmp_path / "wrong"
    wrong.write_text("Zaunkoenig auf dem Backup")
    assert "passphrase" in refusal(backup(box, "restore", file, wrong, "--force"))
    chance = random.Random(1)
    damaged = tmp_path / "damaged.backup"
    for size in [0, 50, 93, len(whole) // 2, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(3))]:
        damaged.write_bytes(whole[:size])
        assert str(damaged) in refusal(backup(box, "restore", damaged, secret, "--force"))
        assert tree(box.folder) == before
    for place in [100, len(whole) // 2, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(3))]:
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1:])
        refusal(backup(box, "restore", damaged, secret, "--force"))
        assert tree(box.folder) == before
    assert "no backup" in refusal(backup(box, "restore", BINARY, secret, "--force"))
    assert "can't be read" in refusal(backup(box, "restore", tmp_path / "missing", secret, "--force"))
    shutil.copy(file, box.state / "clean" / "inside.backup")
    assert "outside" in refusal(backup(box, "restore", box.state / "clean" / "inside.backup", secret, "--force"))
    (box.state / "clean" / "inside.backup").unlink()
    assert tree(box.folder) == before


def test_no_restore_while_the_daemon_runs_and_no_start_while_a_restore_does(pair_of_states, secret, tmp_path):
    box, file, once, now = pair_of_states
    box.start(user=NOBODY, group=NOBODY, extra_groups=[])
    pid = box.process.pid
    said = refusal(backup(box, "restore", file, secret, "--force"))
    assert f"pid {pid}" in said and "systemctl stop gatehouse" in said
    box.stop()
    with restore_in_the_middle(box, file, secret, tmp_path) as tool:
        done = box.run("--config", box.configuration_file, user=NOBODY, group=NOBODY, extra_groups=[])
        assert done.returncode == 1 and f"pid {tool.pid}" in done.stderr
        # And who ends it finds all as it was.
        tool.send_signal(signal.SIGTERM)
        tool.communicate(timeout=DEADLINE)
    assert tool.returncode == -signal.SIGTERM
    assert not (box.state / "restore").exists()
    assert state_of(box) == now


def test_a_restore_that_is_killed_leaves_one_box_or_the_other(pair_of_states, secret, tmp_path):
    box, file, once, now = pair_of_states
    kept = tmp_path / "kept"
    shutil.copytree(box.state, kept, symlinks=True)
    began = time.monotonic()
    restore(box, file, secret, "--force")
    duration = time.monotonic() - began
    chance = random.Random(os.environ.get("GATEHOUSE_SEED", "2026"))
    seen = set()
    interrupted = 0
    for number in range(16):
        shutil.rmtree(box.state)
        shutil.copytree(kept, box.state, symlinks=True)
        box.state.chmod(0o700)
        os.chown(box.state, NOBODY, NOBODY)
        give(box)
        tool = subprocess.Popen([console.BINARY, "--config", box.configuration_file, "backup", "restore", "--force", file,
                                 "--passphrase-file", secret], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # Half of them near the end, where it takes effect.
        time.sleep(duration * (chance.random() if number % 2 else 0.8 + 0.3 * chance.random()))
        tool.kill()
        tool.communicate()
        interrupted += tool.returncode == -signal.SIGKILL
        seen.add(state := state_of(box))
        assert state in (once, now)
    assert interrupted and now in seen
    # What the killed ones left is no obstacle.
    restore(box, file, secret, "--force")
    assert state_of(box) == once


def test_a_restore_that_was_cut_off_after_it_counted_is_finished_by_the_next_start(pair_of_states, secret):
    box, file, once, now = pair_of_states
    # strace -P would do; a name that cannot be moved does too, and says what a person has to do.
    configured = box.configuration_file.read_bytes()
    ended = backup(box, "restore", file, secret, "--force")
    assert ended.returncode == 0
    assert box.configuration_file.read_bytes() == configured
    # The same journal, with everything still to be done.
    new = box.state / "restore" / "new"
    new.mkdir(parents=True, mode=0o700)
    names = ["gatehouse.db", "clean", "admin", "vault", "samples"]
    for name in names[1:3]:
        shutil.copytree(box.state / name, new / name)
    shutil.move(box.state / "vault", new / "vault")
    shutil.move(box.state / "samples", new / "samples")
    shutil.move(box.state / "gatehouse.db", new / "gatehouse.db")
    overwrite(box.state / "gatehouse.db-wal", "of another database")
    overwrite(box.state / "restore/journal", json.dumps(
        {"version": 1, "leaving": [*names, "gatehouse.db-wal"], "coming": names, "elsewhere": []}))
    give(box)
    assert state_of(box) == once
    assert not (box.state / "restore").exists()
    # Beside a file that only root can replace the daemon says that root has to do it again.
    (box.state / "restore").mkdir(mode=0o700)
    waiting = box.folder / "etc" / "gatehouse.json.gatehouse-new"
    overwrite(waiting, "{}")
    os.chmod(waiting.parent, 0o755)
    overwrite(box.state / "restore/journal", json.dumps(
        {"version": 1, "leaving": [], "coming": [], "elsewhere": [str(waiting)[:-len(".gatehouse-new")]]}))
    give(box)
    box.start(wait=False, user=NOBODY, group=NOBODY, extra_groups=[])
    said = box.wait_event("server.failed", code="restore_unfinished")["message"]
    assert box.wait_exit() == 1
    # No command that moves files: whoever wrote the journal would say which.
    assert "backup restore FILE --force" in said and "mv " not in said
    waiting.rename(str(waiting)[:-len(".gatehouse-new")])
    box.start(wait=False, user=NOBODY, group=NOBODY, extra_groups=[])
    box.wait_event("server.failed", code="configuration_restored")
    assert box.wait_exit() == 1
    assert state_of(box) == once


def test_a_restore_that_fails_over_one_that_was_interrupted_keeps_what_that_one_moved_away(pair_of_states, secret, tmp_path):
    box, file, once, now = pair_of_states
    # It counted, was cut off in the middle, and its journal is damaged.
    old = box.state / "restore" / "old"
    old.mkdir(parents=True)
    for name in ("gatehouse.db", "clean"):
        (box.state / name).rename(old / name)
    overwrite(box.state / "restore" / "journal", "garbage")
    for path in (old, old.parent):
        path.chmod(0o700)
    give(box)
    before = tree(box.folder)
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(file.read_bytes()[:-1])
    assert f"{old.parent} holds" in refusal(backup(box, "restore", damaged, secret, "--force"))
    assert tree(box.folder) == before

    def refuses_to_start():
        box.start(wait=False, user=NOBODY, group=NOBODY, extra_groups=[])
        said = box.wait_event("server.failed", code="restore_damaged")["message"]
        assert box.wait_exit() == 1 and "--force" in said
        assert tree(box.folder) == before
    refuses_to_start()
    # Killed before it counted: the one before waits as it did, and no backup is made of half a box.
    with restore_in_the_middle(box, file, secret, tmp_path) as tool:
        tool.kill()
        tool.communicate()
    assert (box.state / "restore.given-up" / "old" / "gatehouse.db").exists()
    assert f"{box.state}/restore.given-up is there" in refusal(backup(box, "create", tmp_path / "new.backup", secret))
    refuses_to_start()
    notes = restore(box, file, secret, "--force")["notes"]
    assert any("given up" in note for note in notes)
    assert not list(box.state.glob("restore*"))
    assert state_of(box) == once


def test_where_the_disk_is_full_nothing_is_left_and_the_box_is_as_it_was(pair_of_states, secret, tmp_path):
    box, file, once, now = pair_of_states
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs", small], check=True)
    kept = tmp_path / "kept"
    box.state.rename(kept)
    box.state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=0700", "tmpfs", box.state], check=True)
    try:
        os.chown(box.state, NOBODY, NOBODY)
        shutil.copytree(kept, box.state, dirs_exist_ok=True)
        give(box)
        assert "No space left" in refusal(backup(box, "create", small / "box.backup", secret, "--samples"))
        assert list(small.iterdir()) == [] and not (box.state / "backup").exists()
        before = tree(box.state)
        assert "Make room" in refusal(backup(box, "restore", file, secret, "--force"))
        assert tree(box.state) == before
        # A state folder that is a mount point is restored into as well.
        for sample in stored(box).values():
            sample.unlink()
        restore(box, file, secret, "--force")
        assert state_of(box) == once
    finally:
        subprocess.run(["umount", "--lazy", box.state], check=True)
        subprocess.run(["umount", "--lazy", small], check=True)
