"""A running gatehoused with a temporary folder of its own, and what its operator does with it."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import clients
from notify import Notifications
from patience import DEADLINE

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("GATEHOUSED", REPOSITORY / "build" / "gatehoused")).absolute()

# Below the ephemeral range: a client's own port is never in the way. Each of several workers side by side has a part of
# its own, so that no two take the same port between looking and listening.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_share = 12000 // max(1, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
_ports = itertools.cycle(range(20000 + _worker * _share, 20000 + (_worker + 1) * _share))
for _ in range(os.getpid() * 37 % _share):
    next(_ports)


def free_port():
    for port in _ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


def wait_for(judge, what, deadline=DEADLINE):
    """Calls `judge` until it returns something true, and returns that."""
    end = time.monotonic() + deadline
    while True:
        result = judge()
        if result:
            return result
        assert time.monotonic() < end, f"waited in vain for: {what}"
        time.sleep(0.02)


def overwrite(path, text, mode=None):
    """As `cp` does: the file keeps its inode and is truncated first."""
    data = text if isinstance(text, bytes) else text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    if mode is not None:
        path.chmod(mode)


def move_over(path, text, mode=0o600):
    """As `mv` does with a file made elsewhere on the same file system."""
    data = text if isinstance(text, bytes) else text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent.parent, delete=False) as file:
        file.write(data)
    os.chmod(file.name, mode)
    os.rename(file.name, path)


@dataclass
class Door:
    name: str
    hostname: str
    port: int
    certificate: Path
    key: Path

    def place(self, pair, how=move_over):
        """The operator's two files, key first."""
        how(self.key, pair.key)
        how(self.certificate, pair.chain)

    def served(self):
        """Fingerprint of the certificate that a new connection is shown."""
        return clients.served(self)

    def wait_served(self, fingerprint, deadline=DEADLINE):
        seen = set()

        def shown():
            seen.add(self.served())
            return fingerprint in seen
        wait_for(shown, f"{fingerprint} on the {self.name} door; seen: {seen}", deadline)


class Daemon:
    """Made by the `daemon` fixture. `configuration` may be changed before `start`, or later for a SIGHUP."""

    def __init__(self, binary=BINARY):
        self.binary = Path(binary)
        self.folder = Path(tempfile.mkdtemp(prefix="gh-e2e-"))
        self.folder.chmod(0o755)
        self.state = self.folder / "state"
        self.configuration_file = self.folder / "gatehouse.json"
        self.one_time_file = self.state / "otc.conf.json"
        self.clean, self.admin = (Door(name, hostname, free_port(), self.state / name / "cert.pem",
                                       self.state / name / "cert.key")
                                  for name, hostname in (("clean", "gw.example.test"), ("admin", "ops.example.test")))
        self.configuration = {
            "state_directory": str(self.state),
            "console_socket": str(self.folder / "console.sock"),
            "workers": 2,
            "interfaces": {door.name: {"listen": [f"127.0.0.1:{door.port}"], "hostname": door.hostname}
                           for door in (self.clean, self.admin)},
            "log": {"level": "info", "format": "json"},
        }
        self.notifications = Notifications(self.folder / "notify.sock")
        self.log = []  # every line of stderr, for the report of a failed test
        self.process = None
        self._events = []
        self._mark = 0
        self._changed = threading.Condition()
        self._reader = None

    @property
    def doors(self):
        return {"clean": self.clean, "admin": self.admin}

    def settings(self, door):
        return self.configuration["interfaces"][door]

    # ---- its life

    def write_configuration(self):
        overwrite(self.configuration_file, json.dumps(self.configuration, indent=2), 0o644)

    def run(self, *arguments, **options):
        """Runs the binary to its end with these arguments."""
        return subprocess.run([self.binary, *arguments], capture_output=True, text=True, errors="surrogateescape",
                              timeout=60, **options)

    def check(self):
        """`gatehoused --check`: exit code and everything it says."""
        self.write_configuration()
        done = self.run("--config", self.configuration_file, "--check")
        return done.returncode, done.stdout + done.stderr

    def start(self, *, wait=True, environment=None, command=(), deadline=DEADLINE, **options):
        """Starts the daemon and waits until it says READY=1. `command` is put in front of it."""
        assert self.process is None, "it runs already"
        self.write_configuration()
        mark = self.notifications.count()
        self.mark()
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith(("LISTEN_", "WATCHDOG_", "JOURNAL_", "CREDENTIALS_"))}
        self.process = subprocess.Popen(
            [*command, self.binary, "--config", self.configuration_file], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/",
            env={**inherited, "NOTIFY_SOCKET": str(self.notifications.path), **(environment or {})}, **options)
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        if wait:
            wait_for(lambda: any("READY" in m for m in self.notifications.since(mark)) or
                     self.process.poll() is not None, "READY=1", deadline)
            assert self.process.poll() is None, f"it ended with {self.process.returncode} at start"
        return self

    def stop(self, expected=0):
        """SIGTERM, and a clean end: the expected exit code, nothing but events on stderr."""
        assert self.process.poll() is None, f"it had ended on its own with {self.process.returncode}"
        self.process.send_signal(signal.SIGTERM)
        assert self.wait_exit() == expected

    def kill(self):
        """As a power cut does."""
        self.process.kill()
        self.wait_exit()

    def restart(self, **options):
        self.stop()
        self.start(**options)

    def wait_exit(self, deadline=DEADLINE):
        code = self.process.wait(deadline)
        self._reader.join(DEADLINE)
        self.process.stderr.close()
        self.process = None
        noise = [line for line in self.log if not line.startswith("{")]
        assert not noise or self.configuration["log"].get("format") != "json", "\n".join(noise)
        return code

    def close(self):
        """Leaves nothing behind. True if the daemon still ran."""
        running = self.process is not None
        try:
            if running:
                if self.process.poll() is None:
                    self.stop()
                else:
                    code = self.wait_exit()
                    raise AssertionError(f"it had ended on its own with {code}")
        finally:
            if self.process is not None:
                self.process.kill()
                self.process.wait()
            self.notifications.close()
            shutil.rmtree(self.folder)

    # ---- what it tells

    def _read(self, stream):
        for raw in stream:
            line = raw.decode(errors="replace").rstrip("\n")
            with self._changed:
                self.log.append(line)
                with contextlib.suppress(ValueError):
                    event = json.loads(re.sub(r"^<\d>", "", line))
                    if isinstance(event, dict):
                        self._events.append(event)
                self._changed.notify_all()

    def mark(self):
        """From here on `wait_event` and `events` look."""
        with self._changed:
            self._mark = len(self._events)

    def events(self, name=None, **fields):
        """Events since the mark with that name and these fields."""
        with self._changed:
            return [e for e in self._events[self._mark:]
                    if (name is None or e.get("event") == name) and all(e.get(k) == v for k, v in fields.items())]

    def wait_event(self, name, deadline=DEADLINE, **fields):
        end = time.monotonic() + deadline
        with self._changed:
            while True:
                found = self.events(name, **fields)
                if found:
                    return found[0]
                left = end - time.monotonic()
                assert left > 0, f"no event {name} {fields}; only {self._events[self._mark:]}"
                self._changed.wait(left)

    def status(self):
        """Text of the last STATUS=."""
        return self.notifications.status()

    def wait_status(self, *words, without=()):
        return self.notifications.wait_status(
            lambda text: all(w in text for w in words) and not any(w in text for w in without))

    # ---- what its operator does

    def hang_up(self):
        """SIGHUP with the present `configuration`; returns once the result is known (READY=1)."""
        self.write_configuration()
        self.mark()
        mark = self.notifications.count()
        self.process.send_signal(signal.SIGHUP)
        return self.notifications.wait("READY", "1", mark)

    def give_passphrase(self, keypass, path=None):
        """Writes the one-time file; a string is for both doors."""
        move_over(path or self.one_time_file, json.dumps({"keypass": keypass}))

    def wait_one_time_file_gone(self):
        wait_for(lambda: not os.path.lexists(self.one_time_file), "the one-time file's deletion")
