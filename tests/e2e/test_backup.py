"""A box is backed up while it works, and becomes itself again somewhere else: `gatehousectl backup create|restore` with the
real daemon."""

import concurrent.futures
import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading

import pytest

import console
from api import Api, initial_password
from api import signed_in as operator_in
from backups import (NOBODY, PASSPHRASE, backup, boxes, create, lay_down_users, pair_of_states, people_of, refusal,
                     restore, secret, start, tree)
from console import Console, Screen
from daemon import BINARY, overwrite, wait_for
from disposition_peer import PASSWORD as SERVICE_PASSWORD
from disposition_peer import SERVICES, USER, Peer
from neighbour import Neighbour
from submissions import KEYS, PASSWORD, Field, signed_in, stored, unpacked, users_file
from test_admin_second_factor import enrolled

KEY_PASSPHRASE = "Murmeltier-4420-gipfelkreuz"


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
    # Where there is no configuration the package's paths are in force.
    said = refusal(backup(box, "restore", file, secret))
    assert f"state_directory: {box.state}, here: /var/lib/gatehouse" in said and "--elsewhere" in said
    assert list(box.state.iterdir()) == []
    assert restore(box, file, secret, "--elsewhere")["configuration"] == "restored"
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
    # Before anybody types a passphrase.
    code, text = Screen("--config", box.configuration_file, "backup", "create", file).end()
    assert code == 1 and "The first start of gatehoused makes it" in text and "Passphrase" not in text
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
    assert list(tmp_path.glob("*.partial")) == []
    answered = backup(box, "restore", tmp_path / "missing", secret, "--json")
    assert answered.returncode == 1 and not answered.stderr
    assert json.loads(answered.stdout)["code"] == "file_io" and str(tmp_path) in json.loads(answered.stdout)["detail"]
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
