"""A real clamd of a test's own: a signature of the test's, no network, a Unix socket, ended with the test."""

import itertools
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from daemon import wait_for
from patience import DEADLINE

PROGRAM = "/usr/sbin/clamd"
SIGNATURE = "Gatehouse.Test.Malware.UNOFFICIAL"  # as clamd reports it
_MARK = b"GATEHOUSE-TESTS-TAKE-THIS-FOR-MALWARE"
_numbers = itertools.count(1)


def malware(content=b""):
    """Harmless bytes, other ones each time, that this clamd takes for malware."""
    return b"%d " % next(_numbers) + content + b" " + _MARK + b"\n"


class Clamd:
    """Answers once `start` returns; `lines` are more of its configuration. To be closed."""

    def __init__(self, lines=""):
        self.folder = Path(tempfile.mkdtemp(prefix="gh-clamd-"))
        self.socket = self.folder / "clamd.sock"
        self.process = None
        signatures = self.folder / "signatures"
        signatures.mkdir()
        name = SIGNATURE.removesuffix(".UNOFFICIAL")
        (signatures / "test.ndb").write_text(f"{name}:0:*:{_MARK.hex()}\n")
        (self.folder / "temporary").mkdir()
        (self.folder / "clamd.conf").write_text(
            f"LocalSocket {self.socket}\nFixStaleSocket yes\nForeground yes\nDatabaseDirectory {signatures}\n"
            f"TemporaryDirectory {self.folder}/temporary\nStreamMaxLength 300M\nMaxFileSize 300M\nMaxScanSize 300M\n"
            + lines)

    @property
    def settings(self):
        """The member `analysis` of a configuration that asks this clamd."""
        return {"socket": str(self.socket), "protocol": "clamd"}

    def start(self):
        assert self.process is None, "it runs already"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAM, f"--config-file={self.folder}/clamd.conf"], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)
        wait_for(lambda: self.process.poll() is not None or self._answers(), "clamd's answer")
        assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")
        return self

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        finally:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self):
        if self.process is not None:
            self.stop()
        shutil.rmtree(self.folder)

    def ask(self, question):
        """The reply to one command, both without their NULs."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE)
            connection.connect(str(self.socket))
            connection.sendall(b"z" + question)
            reply = bytearray()
            while not reply.endswith(b"\0"):
                stretch = connection.recv(4096)
                if not stretch:
                    break
                reply += stretch
            return bytes(reply).rstrip(b"\0").decode()

    def scan(self, content):
        """What it says of these bytes."""
        return self.ask(b"INSTREAM\0" + struct.pack(">I", len(content)) + content + bytes(4)) if content else \
            self.ask(b"INSTREAM\0" + bytes(4))

    def _answers(self):
        try:
            return self.ask(b"PING\0") == "PONG"
        except OSError:
            return False

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
