"""A box is backed up while it works, and becomes itself again somewhere else: `gatehousectl backup create|restore` with the
real daemon, which runs as a user that is not root, while root makes and restores the backups."""

import concurrent.futures
import itertools
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import time

import pytest

import console
from api import Api, initial_password
from api import signed_in as operator_in
from certificates import encrypted
from console import Console, Screen
from daemon import BINARY, Daemon, move_over, overwrite, wait_for
from disposition_peer import PASSWORD as SERVICE_PASSWORD
from disposition_peer import SERVICES, USER, Peer
from neighbour import Neighbour
from submissions import KEYS, PASSWORD, Field, begin, signed_in, stored, unpacked, users_file
from test_admin_second_factor import enrolled

NOBODY = 65534
PASSPHRASE = "Zaunkönig auf dem Backup"
KEY_PASSPHRASE = "Murmeltier-4420-gipfelkreuz"


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


class Unrest:
    """Uploads samples and replaces certificates for as long as it lasts."""

    def __init__(self, box, authority, tmp_path):
        self.ada = Field(box.clean, KEYS["ada"], authority)
        self.console = Console(box)
        self.pairs = [authority.issue(box.admin.hostname), authority.issue(box.admin.hostname)]
        self.files = []
        for number, pair in enumerate(self.pairs):
            for suffix, text in (("key", pair.key), ("pem", pair.chain)):
                overwrite(tmp_path / f"{number}.{suffix}", text)
            self.files.append((tmp_path / f"{number}.pem", tmp_path / f"{number}.key"))
        self.acknowledged = []
        self.replaced = 0
        self.over = threading.Event()

    def upload(self):
        for number in itertools.count():
            if self.over.is_set():
                return
            content = random.Random(number).randbytes(random.Random(number).choice((10, 4000, 300000)))
            self.acknowledged.append((self.ada.submit(content), content))

    def replace(self):
        for certificate, key in itertools.cycle(self.files):
            if self.over.is_set():
                return
            self.console.done("certificate", "upload", "--interface", "admin", certificate, "--key", key, "--confirm",
                              "chain_incomplete")
            self.replaced += 1

    def __enter__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self.running = [self.pool.submit(self.upload), self.pool.submit(self.replace)]
        wait_for(lambda: self.acknowledged and self.replaced or any(one.done() for one in self.running), "unrest")
        return self

    def __exit__(self, *_):
        self.over.set()
        self.pool.shutdown()
        for one in self.running:
            one.result()


@pytest.fixture
def cloud(authority):
    """A disposition update service at a neighbour's."""
    neighbour = Neighbour()
    try:
        neighbour.serve_names({"cloud.test": neighbour.address})
        yield Peer(neighbour, authority.issue("cloud.test"), 4431)
    finally:
        neighbour.close()


def test_a_box_that_works_is_backed_up_and_is_itself_again_on_a_fresh_one(boxes, authority, secret, tmp_path, cloud):
    first, second = boxes(), boxes()
    for box in (first, second):
        box.configuration["networks"] = {"dirty": {"dns": [cloud.neighbour.address]}}
    locked = authority.issue(first.clean.hostname).locked(KEY_PASSPHRASE)
    first.clean.place(locked)
    first.admin.place(authority.issue(first.admin.hostname))
    overwrite(first.one_time_file, json.dumps({**users_file(), "keypass": {"clean": KEY_PASSPHRASE}}))
    start(first)
    first.wait_one_time_file_gone()
    first.clean.wait_served(locked.fingerprint)

    password = initial_password(first)
    operator = operator_in(first)
    app, recovery = enrolled(operator, password)
    Console(first).done("tls", "policy", "set", "--interface", "clean", "modern")
    Console(first).done("certificate", "request", "--interface", "clean")
    token = Console(first).done("token", "add", "script", "--role", "read").strip()
    assert operator.post("/api/v1/authorities", json_body={"pem": authority.root}).status == 201
    portal = signed_in(first, authority)
    made = portal("POST", SERVICES, {"url": cloud.url(), "user": USER, "password": SERVICE_PASSWORD}).json
    quiet = [(people_of(first, authority)["bob"].submit(b"quiet %d" % i), b"quiet %d" % i) for i in range(5)]

    file = tmp_path / "first.backup"
    with Unrest(first, authority, tmp_path) as unrest:
        for _ in range(5):
            known = list(unrest.acknowledged)
            said = create(first, file, secret, "--samples", "--force")
            so_far = len(unrest.acknowledged)
            wait_for(lambda so_far=so_far: len(unrest.acknowledged) > so_far, "uploads going on")
        assert unrest.replaced > 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and said["bytes"] == file.stat().st_size
    assert said["left_out"] == [], "everything that the daemon makes belongs to a backup, or is known not to"
    assert said["samples_gone"] == [] and said["samples"] >= len(known) + len(quiet)
    assert not (first.state / "backup").exists()
    sealed = file.read_bytes()
    for plain in (b"SQLite format 3", b"BEGIN", quiet[0][1], KEYS["ada"].encode(), b"cert.pem", b"manifest"):
        assert plain not in sealed

    # Onto a fresh one, which has a configuration of its own.
    told_back = restore(second, file, secret)
    assert told_back["configuration"] == "differs" and told_back["samples"] == said["samples"]
    assert {path.lstat().st_uid for path in second.state.rglob("*")} == {NOBODY}
    second.start(user=NOBODY, group=NOBODY, extra_groups=[])
    assert second.clean.served() == locked.fingerprint
    assert second.admin.served() in {pair.fingerprint for pair in unrest.pairs}
    assert [Console(second).status(door)["source"] for door in ("clean", "admin")] == ["operator", "operator"]
    second.wait_event("samples.compared", missing="0", unknown="0")
    for name, person in people_of(second, authority).items():
        assert person.data("/api/v3/session/whoami")["login"] == name
    assert Api(second.admin).sign_in("admin", password).code == "otp_required"
    assert Api(second.admin).sign_in("admin", password, otp=app.next()).status == 200
    assert Api(second.admin).sign_in("admin", password, otp=recovery[0]).status == 200
    assert Api(second.admin).with_token(token).get("/api/v1/status").status == 200
    assert "modern" in Console(second).done("tls", "policy", "show", "--interface", "clean")
    assert Console(second).done("certificate", "request", "--interface", "clean", "--show") == \
        Console(first).done("certificate", "request", "--interface", "clean", "--show")
    again = signed_in(second, authority)
    steps = again("POST", f"{SERVICES}/{made['id']}/test").json
    assert steps["ok"], steps  # with the password that was sealed
    for answer, content in quiet + known:
        assert unpacked(people_of(second, authority)["admin"].get(f"/api/v2/samples/{answer['id']}/sample.zip").bytes) == content
    # It goes on from there.
    assert people_of(second, authority)["ada"].submit(b"after")["sha256"] in stored(second)
    assert any("backup" in line for line in first.log) is False


def test_after_a_disaster_the_same_place_needs_nothing_but_the_file(boxes, authority, secret, tmp_path):
    box = boxes()
    elsewhere = box.folder / "tls"
    elsewhere.mkdir()
    pair = authority.issue(box.admin.hostname)
    box.settings("admin").update(certificate=str(elsewhere / "admin.pem"), key=str(elsewhere / "admin.key"))
    overwrite(elsewhere / "admin.key", pair.key)
    overwrite(elsewhere / "admin.pem", pair.chain, 0o644)
    for name in ("admin.key", "admin.pem"):
        os.chown(elsewhere / name, NOBODY, NOBODY)
    lay_down_users(box)
    start(box)
    box.wait_one_time_file_gone()
    assert box.admin.served() == pair.fingerprint
    clean = box.clean.served()
    file = tmp_path / "box.backup"
    create(box, file, secret)
    before = box.configuration_file.read_bytes()
    box.stop()

    # Root's own STATE is made for the service's user, which is not there on this machine: made by hand as packages do.
    shutil.rmtree(box.state)
    shutil.rmtree(elsewhere)
    box.configuration_file.unlink()
    box.state.mkdir(mode=0o700)
    os.chown(box.state, NOBODY, NOBODY)
    assert restore(box, file, secret)["configuration"] == "restored"
    assert box.configuration_file.read_bytes() == before
    assert stat.S_IMODE((elsewhere / "admin.key").stat().st_mode) == 0o600
    assert (elsewhere / "admin.key").stat().st_uid == NOBODY
    box.start(user=NOBODY, group=NOBODY, extra_groups=[])
    assert box.admin.served() == pair.fingerprint and box.clean.served() == clean
    assert Console(box).status("admin")["source"] == "operator"


def test_without_samples_what_is_known_of_them_comes_back_and_files_that_are_there_stay(boxes, authority, secret, tmp_path):
    box, other = boxes(), boxes()
    box.clean.place(authority.issue(box.clean.hostname))
    lay_down_users(box)
    start(box)
    box.wait_one_time_file_gone()
    ada = people_of(box, authority)["ada"]
    wait_for(lambda: ada.get("/api/v3/session/whoami").status == 200, "the key's being known")
    sample = ada.submit(b"kept")
    file = tmp_path / "box.backup"
    assert create(box, file, secret)["samples"] is None
    later = ada.submit(b"later")
    box.stop()

    assert restore(box, file, secret, "--force")["samples"] is None
    box.start(user=NOBODY, group=NOBODY, extra_groups=[])
    box.wait_event("samples.compared", missing="0", unknown="1")
    assert unpacked(ada.get(f"/api/v2/samples/{sample['id']}/sample.zip").bytes) == b"kept"
    assert ada.get(f"/api/v2/samples/{later['id']}").status == 404

    restore(other, file, secret)
    other.start(user=NOBODY, group=NOBODY, extra_groups=[])
    other.wait_event("sample.missing", sha256=sample["sha256"])
    there = people_of(other, authority)["ada"]
    assert there.data(f"/api/v2/samples/{sample['id']}")["sha256"] == sample["sha256"]
    assert there.get(f"/api/v2/samples/{sample['id']}/sample.zip").status >= 400


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
    # A pipe that gives nothing more keeps it in the middle.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    tool = subprocess.Popen([console.BINARY, "--config", box.configuration_file, "backup", "restore", "--force", pipe,
                             "--passphrase-file", secret], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # It looks whether the file can be opened first.
    with open(os.open(pipe, os.O_RDWR), "wb", buffering=0) as end:
        half = file.read_bytes()[:4 << 20]
        writer = threading.Thread(target=lambda: end.write(half), daemon=True)
        writer.start()
        wait_for(lambda: (box.state / "restore/new/gatehouse.db").exists(), "the restore's being under way")
        done = box.run("--config", box.configuration_file, user=NOBODY, group=NOBODY, extra_groups=[])
        assert done.returncode == 1 and f"pid {tool.pid}" in done.stderr
        # And who ends it finds all as it was.
        tool.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        os.set_blocking(end.fileno(), False)
        with_more = file.read_bytes()[4 << 20:5 << 20]
        view = memoryview(with_more)

        def over():
            nonlocal view
            if view:
                view = view[end.write(view) or 0:]
            return tool.poll() is not None
        wait_for(over, "the tool's end")
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


def test_a_vault_whose_key_is_a_credential_goes_with_that_key(boxes, authority, secret, tmp_path):
    first, plain, other = boxes(), boxes(), boxes()
    credentials = {}
    for name in ("first", "other"):
        folder = tmp_path / name
        overwrite(folder / "gatehouse.key", os.urandom(32))
        folder.chmod(0o755)
        os.chown(folder / "gatehouse.key", NOBODY, NOBODY)
        credentials[name] = {"CREDENTIALS_DIRECTORY": str(folder)}
    for path in [tmp_path, *tmp_path.parents]:
        path.chmod(path.stat().st_mode | 0o011)
    pair = authority.issue(first.clean.hostname).locked(KEY_PASSPHRASE)
    first.clean.place(pair)
    first.give_passphrase(KEY_PASSPHRASE)
    start(first, environment=credentials["first"])
    first.clean.wait_served(pair.fingerprint)
    first.wait_one_time_file_gone()
    assert not (first.state / "vault/key").exists()

    file = tmp_path / "first.backup"
    said = refusal(backup(first, "create", file, secret))
    assert "--key /run/credentials/" in said and not file.exists()
    wrong = tmp_path / "wrong.key"
    overwrite(wrong, os.urandom(32))
    assert str(wrong) in refusal(backup(first, "create", file, secret, "--key", wrong))
    create(first, file, secret, "--key", tmp_path / "first" / "gatehouse.key")
    create(first, file, secret, "--force", environment=credentials["first"])
    first.stop()

    restore(plain, file, secret)
    plain.start(user=NOBODY, group=NOBODY, extra_groups=[])
    assert plain.clean.served() == pair.fingerprint
    plain.restart(user=NOBODY, group=NOBODY, extra_groups=[])
    assert plain.clean.served() == pair.fingerprint

    restore(other, file, secret)
    other.start(environment=credentials["other"], user=NOBODY, group=NOBODY, extra_groups=[])
    assert other.clean.served() == pair.fingerprint
    assert not (other.state / "vault/key").exists()
    other.restart(environment=credentials["other"], user=NOBODY, group=NOBODY, extra_groups=[])
    assert other.clean.served() == pair.fingerprint


def test_a_backup_is_refused_with_what_to_do_and_leaves_nothing(boxes, authority, secret, tmp_path):
    box = boxes()
    file = tmp_path / "box.backup"
    assert "The first start of gatehoused makes it" in refusal(backup(box, "create", file, secret))
    start(box)
    short = tmp_path / "short"
    short.write_text("sieben7\n")
    assert "at least 8 characters" in refusal(backup(box, "create", file, short))
    file.write_text("something else")
    assert "--force" in refusal(backup(box, "create", file, secret))
    assert file.read_text() == "something else"
    assert "no regular file" in refusal(backup(box, "create", tmp_path, secret, "--force"))
    file.unlink()
    assert "can't be written" in refusal(backup(box, "create", tmp_path / "missing" / "file", secret))
    missing = console.run("--config", tmp_path / "missing.json", "backup", "create", file, "--passphrase-file", secret)
    assert str(tmp_path / "missing.json") in refusal(missing)
    overwrite(tmp_path / "wrong.json", '{"no_such": 1}')
    wrong = console.run("--config", tmp_path / "wrong.json", "backup", "create", file, "--passphrase-file", secret)
    assert "no_such" in refusal(wrong)
    stranger = console.run("--config", box.configuration_file, "backup", "create", file, stdin=PASSPHRASE, user=1000,
                           group=1000, extra_groups=[])
    assert stranger.returncode == 1 and not stranger.stdout
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []
    assert "outside" in refusal(backup(box, "create", box.state / "clean" / "box.backup", secret))
    assert "outside" in refusal(backup(box, "create", box.state / "box.backup", secret))
    assert console.run("backup", "create").returncode == 2
    assert console.run("backup", "create", file, "--passphrase", PASSPHRASE).returncode == 2
    assert not (box.state / "backup").exists()


def test_a_backup_that_is_killed_leaves_nothing_that_is_in_the_way(pair_of_states, secret, tmp_path):
    box, _, _, _ = pair_of_states
    file = tmp_path / "new.backup"
    part = tmp_path / "new.backup.partial"
    for _ in range(3):
        tool = subprocess.Popen([console.BINARY, "--config", box.configuration_file, "backup", "create", "--samples", file,
                                 "--passphrase-file", secret], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for(lambda: part.exists() and part.stat().st_size > 1 << 20 or tool.poll() is not None, "the backup's growing")
        tool.kill()
        tool.communicate()
        if tool.returncode == -signal.SIGKILL:
            assert not file.exists() and part.exists()
    part.unlink(missing_ok=True)
    tool = subprocess.Popen([console.BINARY, "--config", box.configuration_file, "backup", "create", "--samples", file,
                             "--force", "--passphrase-file", secret], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: part.exists() and part.stat().st_size > 100000 or tool.poll() is not None, "the backup's growing")
    tool.send_signal(signal.SIGINT)
    tool.communicate()
    assert not part.exists() and not (box.state / "backup").exists()
    create(box, file, secret, "--samples", "--force")
    assert not part.exists() and file.stat().st_size > 12 << 20
    os.symlink(tmp_path / "elsewhere", part)
    assert str(part) in refusal(backup(box, "create", file, secret, "--force"))
    assert not (tmp_path / "elsewhere").exists()


def test_the_services_user_may_make_one_too_and_a_stopped_box_is_backed_up_as_well(boxes, authority, secret, tmp_path):
    box, other = boxes(), boxes()
    start(box)
    fingerprint = box.clean.served()
    own = box.folder / "own.backup"
    done = console.run("--config", box.configuration_file, "backup", "create", own, stdin=PASSPHRASE + "\n", user=NOBODY,
                       group=NOBODY, extra_groups=[], cwd="/")
    assert done.returncode == 0, done.stderr
    assert own.stat().st_uid == NOBODY
    box.stop()
    before = tree(box.state)
    stopped = tmp_path / "stopped.backup"
    overwrite(box.state / "own.txt", "the operator's")
    said = create(box, stopped, secret)
    assert said["left_out"] == [f"{box.state}/own.txt (not Gatehouse's)"]
    (box.state / "own.txt").unlink()
    assert tree(box.state) == before
    done = console.run("--config", other.configuration_file, "backup", "restore", own, stdin=PASSPHRASE, user=NOBODY,
                       group=NOBODY, extra_groups=[], cwd="/")
    assert done.returncode == 0, done.stderr
    other.start(user=NOBODY, group=NOBODY, extra_groups=[])
    assert other.clean.served() == fingerprint
    other.stop()
    restore(other, stopped, secret, "--force")
    other.start(user=NOBODY, group=NOBODY, extra_groups=[])
    assert other.clean.served() == fingerprint


def test_a_damaged_database_is_told_before_it_is_all_that_is_left(boxes, secret, tmp_path):
    box = boxes()
    start(box)
    box.stop()
    file = box.state / "gatehouse.db"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    for page in range(4, len(data) // 4096, 3):
        data[page * 4096:page * 4096 + 200] = os.urandom(200)
    file.write_bytes(data)
    assert "damaged" in refusal(backup(box, "create", tmp_path / "box.backup", secret))
    assert not (tmp_path / "box.backup").exists()


def test_on_a_terminal_the_passphrase_is_asked_for_twice_and_never_shown(boxes, tmp_path):
    box = boxes()
    start(box)
    file = tmp_path / "box.backup"
    words = ("--config", box.configuration_file, "backup", "create", file)
    screen = Screen(*words)
    screen.wait("Passphrase for the backup: ")
    screen.type(PASSPHRASE + "\n")
    screen.wait("The same again: ")
    screen.type("another one\n")
    code, text = screen.end()
    assert code == 1 and "not the same" in text and not file.exists()
    screen = Screen(*words)
    screen.wait("Passphrase for the backup: ")
    screen.type(PASSPHRASE + "\n")
    screen.wait("The same again: ")
    screen.type(PASSPHRASE + "\n")
    code, text = screen.end()
    assert code == 0 and PASSPHRASE not in text, text
    assert str(file) in text and "without samples" in text
    box.stop()
    shutil.rmtree(box.state)
    screen = Screen("--config", box.configuration_file, "backup", "restore", file)
    screen.wait("Passphrase of the backup: ")
    screen.type(PASSPHRASE + "\n")
    code, text = screen.end()
    assert code == 0 and PASSPHRASE not in text and "systemctl start gatehouse" in text


# ---- what the service's user lays in STATE for root, who backs up and restores


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
