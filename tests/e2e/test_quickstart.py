"""The first minutes with Gatehouse: its packages, its first start, and how to get in."""

import json
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from api import Api
from daemon import BINARY, REPOSITORY, Door, free_port, wait_for
from patience import DEADLINE

PACKAGING = REPOSITORY / "packaging"


@pytest.fixture
def folder():
    """That anyone may look into."""
    made = Path(tempfile.mkdtemp(prefix="gh-quick-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


# ---- packages


@pytest.fixture
def install(folder):
    """Runs install-packages with these lists, where there is no sudo and apt-get only notes how it is called."""
    shutil.copy(PACKAGING / "install-packages", folder)
    commands = folder / "bin"
    commands.mkdir()
    for name in ("sh", "cat", "sed", "tr", "grep", "id", "env", "dpkg-query"):
        (commands / name).symlink_to(shutil.which(name))
    (commands / "apt-get").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >>{folder}/installed\n')
    (commands / "apt-get").chmod(0o755)

    def run(*lists, user=0):
        files = []
        for number, text in enumerate(lists):
            files.append(folder / f"packages-{number}")
            files[-1].write_text(text)
        return subprocess.run(["sh", folder / "install-packages", *files], user=user, group=user, extra_groups=[],
                              env={"PATH": str(commands)}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60)
    return run


NOBODY = 65534


@pytest.mark.parametrize("user", [0, NOBODY])
def test_where_all_packages_are_there_nothing_is_said_or_installed(install, folder, user):
    done = install("# what every Debian has\ndpkg\nbase-files   # and this\n", "coreutils\n", user=user)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (folder / "installed").exists()


def test_who_may_not_install_is_told_what_to_run_and_it_ends_with_1(install, folder):
    done = install("dpkg\ngatehouse-none  # there is no such thing\n", "coreutils\ngatehouse-neither\n", user=NOBODY)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].strip() == \
        "apt-get update && apt-get install -y --no-install-recommends gatehouse-none gatehouse-neither"
    assert not (folder / "installed").exists()


def test_root_installs_what_is_missing_and_no_more_and_believes_only_what_it_sees(install, folder):
    done = install("dpkg\ngatehouse-none\n")
    update, installs = (folder / "installed").read_text().splitlines()
    assert update.endswith(" update")
    assert installs.endswith(" install -y --no-install-recommends gatehouse-none")
    assert done.returncode == 1 and "gatehouse-none" in done.stderr, "apt-get ended well, but it is not there"


# ---- what the daemon says when it is ready


def test_a_ready_server_names_of_both_doors_where_they_are_and_what_they_serve(daemon, authority):
    daemon.clean.place(authority.issue())
    ready = daemon.start().wait_event("server.ready")
    for name, door in daemon.doors.items():
        assert f"{name} https://{door.hostname}:{door.port}/ SHA-256 {door.served()}" in ready["message"]


# ---- quickstart


class Quickstart:
    """packaging/quickstart in a folder of its own, where the daemon is built already."""

    def __init__(self, top):
        self.top = top
        self.run = top / "build/quickstart"
        self.configuration = self.run / "gatehouse.json"
        self.password = self.run / "state/initial-password"
        self.clean_password = self.run / "state/initial-password-clean"
        self.process = None
        (top / "packaging").mkdir(parents=True)
        (top / "build").mkdir()
        for name in ("quickstart", "install-packages"):
            shutil.copy(PACKAGING / name, top / "packaging")
        (top / "packaging/packages").write_text("dpkg\n")
        self.write("packaging/build", f'#!/bin/sh\nprintf "%s\\n" "$*" >>"{top.parent}/built"\n')
        self.put_daemon(BINARY)

    def write(self, path, text):
        (self.top / path).write_text(text)
        (self.top / path).chmod(0o755)

    def put_daemon(self, binary):
        (self.top / "build/gatehoused").unlink(missing_ok=True)
        (self.top / "build/gatehoused").symlink_to(binary)

    def begin(self, *arguments):
        self.said = ""
        self.process = subprocess.Popen(["sh", self.top / "packaging/quickstart", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def ended(self, *arguments):
        """Exit code and words, where it ends by itself."""
        self.begin(*arguments)
        return self.process.wait(60), self.end()

    def _read(self, stream):
        for line in stream:
            self.said += line

    def wait(self, pattern):
        wait_for(lambda: re.search(pattern, self.said) or self.process.poll() is not None, pattern)
        assert re.search(pattern, self.said), self.said

    def end(self):
        """All that it said, once nothing of it is left: not even what waits in the background."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)
        self._reader.join(DEADLINE)
        assert not self._reader.is_alive(), "something still runs"
        self.process.stdout.close()
        self.process = None
        return self.said

    def passwords(self):
        """The operator's that one start printed; of the user's there is one whenever there is one of these."""
        self.begin()
        self.wait("server.ready")
        wait_for(self.has_looked, "the passwords to be looked for")
        said = self.end()
        of_operator, of_user = ([*re.findall(f"at the {door} door as admin with the password (.*)", said)]
                                for door in ("admin", "clean"))
        assert bool(of_operator) == bool(of_user), said
        if of_user:
            assert of_user[-1] == self.clean_password.read_text().strip()
        return of_operator

    def has_looked(self):
        return all(mark.exists() and mark.stat().st_mtime_ns >= password.stat().st_mtime_ns
                   for mark, password in ((self.run / "password-printed", self.password),
                                          (self.run / "clean-password-printed", self.clean_password)))


@pytest.fixture
def quickstart(folder):
    made = Quickstart(folder / 'a "good\\b place')
    yield made
    if made.process:
        made.process.kill()
        made.end()


@pytest.fixture
def doors(quickstart):
    """Its configuration as a user may have changed it: ports of the test's own."""
    ports = {"clean": free_port(), "admin": free_port()}
    quickstart.run.mkdir()
    quickstart.configuration.write_text(json.dumps({
        "state_directory": str(quickstart.run / "state"), "console_socket": str(quickstart.run / "console.sock"),
        "interfaces": {name: {"listen": [f"127.0.0.1:{port}"], "hostname": f"{name}.example.test"}
                       for name, port in ports.items()}}))
    return {name: Door(name, f"{name}.example.test", port, None, None) for name, port in ports.items()}


def signs_in(door, password):
    return Api(door).sign_in("admin", password).status == 200


def test_the_first_start_prints_a_password_that_signs_in_and_the_next_ones_do_not(quickstart, doors):
    quickstart.begin()
    quickstart.wait("at the clean door as admin with the password .*\n")
    quickstart.wait("server.ready")
    password, = re.findall("at the admin door as admin with the password (.*)", quickstart.said)
    of_user, = re.findall("at the clean door as admin with the password (.*)", quickstart.said)
    assert signs_in(doors["admin"], password)
    assert signs_in(doors["clean"], of_user)
    for name, door in doors.items():
        assert f"{name} https://{door.hostname}:{door.port}/ SHA-256 {door.served()}" in quickstart.said
    assert quickstart.end().count(password) == 1
    for _ in range(2):
        assert quickstart.passwords() == []


def test_a_new_database_brings_a_new_password_which_is_printed_too(quickstart, doors):
    first, = quickstart.passwords()
    (quickstart.run / "state/gatehouse.db").unlink()
    second, = quickstart.passwords()
    assert first != second == quickstart.password.read_text().strip()


def test_a_password_that_a_start_could_not_print_any_more_is_printed_by_the_next(quickstart, doors):
    daemon = subprocess.Popen([BINARY, "--config", quickstart.configuration], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: quickstart.clean_password.exists(), "an operator and a user to be made")
    daemon.kill()
    daemon.wait()
    # Killed before the operator was kept, it leaves a password of nobody, and the next start makes another one.
    *_, last = quickstart.passwords()
    assert last == quickstart.password.read_text().strip()
    assert quickstart.passwords() == []


def test_a_port_that_is_taken_ends_it_with_1_and_leaves_nothing_running(quickstart, doors):
    with socket.socket() as other:
        other.bind(("127.0.0.1", doors["admin"].port))
        other.listen()
        code, said = quickstart.ended()
    assert code == 1 and f"127.0.0.1:{doors['admin'].port}" in said
    assert len(quickstart.passwords()) == 1


def test_the_configuration_that_it_writes_is_taken_and_from_then_on_left_alone(quickstart):
    quickstart.put_daemon(shutil.which("true"))
    assert quickstart.ended()[0] == 0
    written = quickstart.configuration.read_text()
    checked = subprocess.run([BINARY, "--config", quickstart.configuration, "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert not (quickstart.run / "state").exists()
    quickstart.configuration.write_text(written + "// mine\n")
    assert quickstart.ended()[0] == 0
    assert quickstart.configuration.read_text() == written + "// mine\n"


def test_it_builds_and_runs_or_builds_only_or_says_how_it_is_called(quickstart, folder):
    quickstart.put_daemon(shutil.which("false"))
    assert quickstart.ended("--build-only")[0] == 0
    assert not quickstart.run.exists()
    assert (folder / "built").read_text().startswith(f"{quickstart.top}/build programs ")
    code, said = quickstart.ended("--only-build")
    assert code == 2 and said.startswith("usage: ")
    assert len((folder / "built").read_text().splitlines()) == 1
