"""A machine with a real systemd: Debian 12 in systemd-nspawn, on an overlay of its own and in a network of its own. To be
used in a mount namespace that nobody else has (tests/run --system makes it)."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "e2e"))

import clients  # noqa: E402
from daemon import Door, wait_for  # noqa: E402
from patience import DEADLINE  # noqa: E402

ROOT = REPOSITORY / "build" / "system" / "root"
CGROUPS = Path("/sys/fs/cgroup")
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def enter_network(path):
    """This thread, and what it starts from now on."""
    with open(path) as namespace:
        if _libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))


class Machine:
    """Not booted yet: what `inside` names can be written as an image builder does, and `chroot` runs there."""

    STATE = "/var/lib/gatehouse"
    count = 0

    def __init__(self):
        Machine.count += 1
        self.name = f"gatehouse-{os.getpid()}-{Machine.count}"
        self.folder = Path(tempfile.mkdtemp(prefix="gh-system-"))
        self.root = self.folder / "root"
        for name in ("root", "upper", "work"):
            (self.folder / name).mkdir()
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={ROOT},upperdir={self.folder}/upper,workdir={self.folder}/work", self.root], check=True)
        self.cgroup = CGROUPS / self.name
        self.process = None
        self.leader = None
        self.state = self.inside(self.STATE)
        self.clean, self.admin = (Door(name, self.name, port, self.state / name / "cert.pem", self.state / name / "cert.key")
                                  for name, port in (("clean", 443), ("admin", 8443)))
        self.doors = {door.name: door for door in (self.clean, self.admin)}

    def inside(self, path):
        return self.root / str(path).lstrip("/")

    def write(self, path, text, mode=0o644):
        """As root, with a new file."""
        file = self.inside(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        file.chmod(mode)

    def chroot(self, *command):
        done = subprocess.run(["chroot", self.root, *map(str, command)], capture_output=True, text=True, timeout=DEADLINE)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    # ---- life

    def boot(self):
        self.cgroup.mkdir()
        self.log = open(self.folder / "console.log", "w+b")
        self.process = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--settings=no", "--private-network",
             "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=pipe", f"--machine={self.name}",
             f"--hostname={self.name}", "-D", self.root, "--boot"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            preexec_fn=lambda: (self.cgroup / "cgroup.procs").write_text("0"))
        self.leader = wait_for(self._leader, "the machine's first process")
        wait_for(lambda: self.try_run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"),
                 f"the machine's being up; {self.console()}")
        return self

    def _leader(self):
        assert self.process.poll() is None, self.console()
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        # The one that has become init; before that it is nspawn's own.
        found = [int(child) for child in children if Path(f"/proc/{child}/comm").read_text().strip() == "systemd"]
        return found[0] if found else None

    def console(self):
        return (self.folder / "console.log").read_text(errors="replace")[-4000:]

    def power_off(self):
        self.process.send_signal(signal.SIGTERM)  # nspawn asks its systemd to shut down
        self.process.wait(DEADLINE)
        self.process = self.leader = None
        self._remove_groups()

    def close(self):
        if self.process is not None:
            # nspawn's end would not be its systemd's.
            (self.cgroup / "cgroup.kill").write_text("1")
            self.process.wait(DEADLINE)
            wait_for(lambda: not Path(f"/proc/{self.leader}").exists(), "the end of all that ran there")
            self.process = None
        self._remove_groups()
        subprocess.run(["umount", "--lazy", self.root], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove_groups(self):
        for folder, _, _ in os.walk(self.cgroup, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)

    @contextlib.contextmanager
    def network(self):
        """Whoever is in here reaches the machine's own addresses, loopback too."""
        before = open("/proc/thread-self/ns/net")
        enter_network(f"/proc/{self.leader}/ns/net")
        try:
            yield self
        finally:
            _libc.setns(before.fileno(), CLONE_NEWNET)
            before.close()

    # ---- what root does there

    def try_run(self, *command, **options):
        return subprocess.run(["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "--", *map(str, command)],
                              capture_output=True, text=True, timeout=DEADLINE, errors="replace",
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}, **options)

    def run(self, *command, **options):
        """What it prints, where it ends well."""
        done = self.try_run(*command, **options)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def as_daemon(self, program):
        """What a Python program prints that goes on, once all is loaded, with what the daemon sees of the machine and with
        its rights to files: nothing that lies there can be started."""
        user, group = (self.run("id", option, "gatehouse").strip() for option in ("-u", "-g"))
        enter = (f"import ctypes, errno, os, stat\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                 f"there = open('/proc/{self.host_pid(self.main_pid())}/ns/mnt')\n"
                 f"if libc.setns(there.fileno(), 0) != 0: raise OSError(ctypes.get_errno(), 'setns')\n"
                 f"os.chdir('/')\nos.setgroups([{group}])\nos.setgid({group})\nos.setuid({user})\n")
        return subprocess.run([sys.executable, "-c", enter + program], capture_output=True, text=True, timeout=DEADLINE,
                              check=True).stdout

    def shown(self, unit, *names):
        """Properties of a unit by their names."""
        lines = self.run("systemctl", "show", unit, *(f"--property={name}" for name in names)).splitlines()
        return dict(line.split("=", 1) for line in lines)

    def main_pid(self, unit="gatehouse.service"):
        return int(self.shown(unit, "MainPID")["MainPID"])

    def host_pid(self, pid):
        """The same process as this machine counts."""
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                line = next(line for line in status.read_text().splitlines() if line.startswith("NSpid:"))
                numbers = line.split()[1:]
                if len(numbers) == 2 and int(numbers[1]) == pid and _same_machine(int(numbers[0]), self.leader):
                    return int(numbers[0])
        raise AssertionError(f"no process {pid}")

    def journal(self, *options):
        return self.run("journalctl", "--no-pager", "--output=cat", *options)

    def journal_mark(self):
        """For `said_since`; what is on its way is waited for."""
        self.run("journalctl", "--sync")
        return self.journal("-n", "0", "--show-cursor").split("-- cursor: ")[1].strip()

    def said_since(self, mark, program):
        """The journal's lines of a program; systemd's own are of `systemd`."""
        # Not by an option that names the program: systemd 252 skips the first line that fits, taking it for the mark.
        lines = self.run("journalctl", "--no-pager", "--output=json", f"--after-cursor={mark}").splitlines()
        records = [json.loads(line) for line in lines]
        return "\n".join(str(record["MESSAGE"]) for record in records if record.get("SYSLOG_IDENTIFIER") == program)

    def events(self, name, **fields):
        """The daemon's log lines of that name."""
        found = []
        for line in self.run("journalctl", "--no-pager", "--output=json", "-u", "gatehouse.service").splitlines():
            record = json.loads(line)
            if record.get("GATEHOUSE_EVENT") == name and all(record.get(f"GATEHOUSE_{key.upper()}") == value
                                                             for key, value in fields.items()):
                found.append(record)
        return found

    # ---- Gatehouse on it

    def install(self, package):
        """On the running machine, as something that asks nobody does it: a changed configuration stays."""
        self.write("/var/tmp/gatehouse.deb", Path(package).read_bytes())
        try:
            return self.run("apt-get", "install", "--yes", "--no-install-recommends",
                            "--option=Dpkg::Options::=--force-confold", "/var/tmp/gatehouse.deb")
        finally:
            self.inside("/var/tmp/gatehouse.deb").unlink()

    def stop_gatehouse(self):
        """The sockets too: else who calls starts it again."""
        self.run("systemctl", "stop", "gatehouse.service", "gatehouse-clean.socket", "gatehouse-admin.socket")

    def upload(self, pair, door="clean"):
        """At the console, as a pair that stands on a root nobody knows here."""
        self.run("gatehousectl", "certificate", "upload", "--interface", door, "-", "--confirm",
                 "hostname_mismatch,chain_incomplete,expires_soon", input=pair.chain + pair.key)

    def status(self):
        return json.loads(self.try_run("gatehousectl", "--json", "status").stdout)

    def wait_up(self):
        """Both doors answer."""
        for door in (self.clean, self.admin):
            assert clients.get(door, "/healthz").status == 200


def _same_machine(pid, leader):
    return os.readlink(f"/proc/{pid}/ns/pid") == os.readlink(f"/proc/{leader}/ns/pid")


@contextlib.contextmanager
def made_for(node):
    """A machine that has not booted, without Gatehouse, and is gone afterwards, whatever happened. `node` is the test's: where
    that fails, the journal is shown."""
    machine = Machine()
    node.machines = [*getattr(node, "machines", ()), machine]
    try:
        yield machine
    finally:
        machine.close()
