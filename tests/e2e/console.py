"""gatehousectl as root runs it: by hand on a terminal, or from a script."""

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

from daemon import BINARY as DAEMON
from patience import DEADLINE

BINARY = Path(os.environ.get("GATEHOUSECTL", DAEMON.parent / "gatehousectl")).absolute()


def run(*arguments, stdin="", **options):
    """Runs the tool to its end, as a script does."""
    return subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=120,
                          errors="surrogateescape", **options)


class Console:
    """The tool, for one daemon."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.socket = daemon.folder / "console.sock"

    def run(self, *arguments, **options):
        return run("--socket", self.socket, *arguments, **options)

    def done(self, *arguments, **options):
        """What it prints where it ends well."""
        ended = self.run(*arguments, **options)
        assert ended.returncode == 0, f"{arguments}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def refused(self, *arguments, **options):
        """What it says where it is refused."""
        ended = self.run(*arguments, **options)
        assert ended.returncode == 1, f"{arguments}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stderr

    def json(self, *arguments, **options):
        return json.loads(self.done("--json", *arguments, **options))

    def status(self, door="clean"):
        return json.loads(self.run("--json", "status").stdout)["interfaces"][door]


class Screen:
    """The tool on a terminal, with somebody in front of it."""

    def __init__(self, *arguments, columns=100):
        self.process, self._terminal = pty.fork()
        if self.process == 0:
            os.environ["COLUMNS"] = str(columns)
            os.execv(BINARY, [str(BINARY), *map(str, arguments)])
        self.text = ""

    def wait(self, pattern):
        """Reads until the screen shows it."""
        end = time.monotonic() + DEADLINE
        while not re.search(pattern, self.text):
            assert self._read(end), f"waited in vain for {pattern!r}; the screen shows:\n{self.text}"
        return self.text

    def type(self, text):
        os.write(self._terminal, text.encode())

    def end(self):
        """The exit code, and all that was shown."""
        end = time.monotonic() + 60
        while self._read(end):
            pass
        _, status = os.waitpid(self.process, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status), self.text

    def _read(self, end):
        """False once the tool has ended."""
        ready, _, _ = select.select([self._terminal], [], [], max(0, end - time.monotonic()))
        assert ready, f"nothing more is shown; the screen shows:\n{self.text}"
        with contextlib.suppress(OSError):  # a terminal's way to say that the other side is gone
            data = os.read(self._terminal, 65536)
            self.text += data.decode(errors="replace").replace("\r\n", "\n")
            return bool(data)
        return False
