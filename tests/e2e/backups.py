"""Boxes that are backed up and restored: daemons that run as a user that is not root, while root makes and restores the
backups; and what becomes of them."""

import contextlib
import json
import os
import random
import shutil
import stat
import subprocess
import threading

import pytest

import console
from console import Console
from daemon import BINARY, Daemon, move_over, overwrite, wait_for
from submissions import KEYS, Field, stored, users_file

NOBODY = 65534
PASSPHRASE = "Zaunkönig auf dem Backup"


@pytest.fixture
def boxes(request):
    """A function that makes a daemon that will run as nobody, in folders of its own."""
    request.node.daemons = []

    def box():
        made = Daemon(BINARY)
        request.node.daemons.append(made)
        made.folder.chmod(0o755)
        made.binary = made.folder / "gatehoused"
        shutil.copy(BINARY, made.binary)
        made.state.mkdir(mode=0o700)
        made.configuration["samples"] = {"free_bytes": 0}
        made.write_configuration()
        for path in (made.folder, made.state):
            os.chown(path, NOBODY, NOBODY)
        return made
    yield box
    for made in request.node.daemons:
        made.close()


def give(box):
    """What the operator laid down, for the service's user."""
    for path in box.state.rglob("*"):
        os.lchown(path, NOBODY, NOBODY)


def start(box, **options):
    give(box)
    return box.start(user=NOBODY, group=NOBODY, extra_groups=[], **options)


@pytest.fixture
def secret(tmp_path):
    """The file of the passphrase."""
    overwrite(tmp_path / "passphrase", PASSPHRASE + "\n")
    return tmp_path / "passphrase"


def backup(box, action, file, secret, *options, environment=None):
    return console.run("--config", box.configuration_file, "backup", action, file, "--passphrase-file", secret, *options,
                       **({"env": {**os.environ, **environment}} if environment else {}))


def told(ended):
    """What the tool says of what it did, as JSON."""
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return json.loads(ended.stdout)


def create(box, file, secret, *options, **more):
    return told(backup(box, "create", file, secret, "--json", *options, **more))


def restore(box, file, secret, *options, **more):
    return told(backup(box, "restore", file, secret, "--json", *options, **more))


def refusal(ended):
    assert ended.returncode == 1 and not ended.stdout, ended
    assert PASSPHRASE not in ended.stderr
    return ended.stderr


def tree(folder):
    """Everything in it that lasts, by name, with owner and mode."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.name == "lock":
            continue
        facts = path.lstat()
        found[name] = (stat.S_IFMT(facts.st_mode), stat.S_IMODE(facts.st_mode), facts.st_uid,
                       path.read_bytes() if stat.S_ISREG(facts.st_mode) else None)
    return found


def people_of(box, authority):
    return {name: Field(box.clean, KEYS[name], authority) for name in ("admin", "ada", "bob")}


def lay_down_users(box):
    move_over(box.one_time_file, json.dumps(users_file()))


@pytest.fixture
def pair_of_states(boxes, authority, secret, tmp_path):
    """A stopped box, a backup of how it was once, and how to tell which of both it is."""
    box = boxes()
    box.clean.place(authority.issue(box.clean.hostname))
    box.admin.place(authority.issue(box.admin.hostname))
    lay_down_users(box)
    start(box)
    box.wait_one_time_file_gone()
    ada = people_of(box, authority)["ada"]
    wait_for(lambda: ada.get("/api/v3/session/whoami").status == 200, "the key's being known")
    for number in range(12):
        ada.submit(random.Random(number).randbytes(1 << 20))
    file = tmp_path / "once.backup"
    create(box, file, secret, "--samples")
    once = (box.clean.served(), 12, 1)
    box.clean.place(authority.issue(box.clean.hostname))
    give(box)
    wait_for(lambda: box.clean.served() != once[0], "the new certificate")
    ada.submit(b"now")
    overwrite(box.folder / "password", "a long enough one\n")
    Console(box).done("operator", "add", "now", "--role", "read", "--password-file", box.folder / "password")
    now = (box.clean.served(), 13, 2)
    box.stop()
    return box, file, once, now


def state_of(box):
    """What a start makes of it: certificate, samples, operators; checked for what belongs together."""
    box.start(user=NOBODY, group=NOBODY, extra_groups=[])
    try:
        compared = box.wait_event("samples.compared")
        assert compared["missing"] == "0" and compared["unknown"] == "0"
        operators = Console(box).json("operator", "list")["items"]
        return box.clean.served(), len(stored(box)), len(operators)
    finally:
        box.stop()


@contextlib.contextmanager
def restore_in_the_middle(box, file, secret, folder):
    """The process of a restore over the box, from a pipe that gives nothing more when half is unpacked."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    tool = subprocess.Popen([console.BINARY, "--config", box.configuration_file, "backup", "restore", "--force", pipe,
                             "--passphrase-file", secret], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # It looks whether the file can be opened first.
    with open(os.open(pipe, os.O_RDWR), "wb", buffering=0) as end:
        half = file.read_bytes()[:4 << 20]
        threading.Thread(target=lambda: end.write(half), daemon=True).start()
        wait_for(lambda: (box.state / "restore/new/gatehouse.db").exists(), "the restore's being under way")
        yield tool
