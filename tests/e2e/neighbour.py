"""A machine beside the one under test: a network namespace behind a pair of virtual interfaces, since calls to the
appliance's own addresses are refused. Takes root, as containers have it."""

import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from patience import DEADLINE

_taken = set()  # numbers of those that are there: each process has sixteen addresses to give


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True, text=True)


class Neighbour:
    """`address` is its own, `own_address` and `device` are this machine's on the wire to it."""

    def __init__(self, net="198.18"):  # 198.18.0.0/15 is for tests (RFC 2544)
        self.number = number = next(number for number in itertools.count() if number not in _taken)
        assert number < 16, "this process has as many neighbours as may be"
        _taken.add(number)
        self.name = f"gh{os.getpid()}n{number}"
        self.device = f"gh{os.getpid() % 100000}n{number}"
        wire = 4 * ((os.getpid() * 16 + number) % 16384)
        self.own_address = f"{net}.{wire // 256}.{wire % 256 + 1}"
        self.address = f"{net}.{wire // 256}.{wire % 256 + 2}"
        self.folder = tempfile.TemporaryDirectory(prefix="gh-net-")
        self.processes = []
        ip("netns", "add", self.name)
        try:
            ip("link", "add", self.device, "type", "veth", "peer", "name", "out", "netns", self.name)
            ip("address", "add", self.own_address + "/30", "dev", self.device)
            ip("link", "set", self.device, "up")
            for arguments in (["address", "add", self.address + "/30", "dev", "out"], ["link", "set", "out", "up"],
                              ["link", "set", "lo", "up"]):
                ip("-n", self.name, *arguments)
        except BaseException:
            self.close()
            raise

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        subprocess.run(["ip", "netns", "delete", self.name], check=False)
        subprocess.run(["ip", "link", "delete", self.device], check=False, capture_output=True)
        self.folder.cleanup()
        _taken.discard(self.number)

    def path(self, name, text):
        path = Path(self.folder.name, name)
        path.write_text(text)
        return path

    def run(self, *command, ready=None):
        """Runs a program over there; returns once its output holds `ready`."""
        log = Path(self.folder.name, f"log{len(self.processes)}")
        with open(log, "w", encoding="utf-8") as out:
            process = subprocess.Popen(["ip", "netns", "exec", self.name, *map(str, command)], stdin=subprocess.PIPE,
                                       stdout=out, stderr=subprocess.STDOUT)
        self.processes.append(process)
        end = time.monotonic() + DEADLINE
        while ready is not None and ready not in log.read_text(errors="replace"):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.02)
        return log

    def serve_tls(self, pair, port, *options):
        """openssl's own TLS server with that pair."""
        files = ["-cert", self.path(f"{port}.pem", pair.leaf), "-cert_chain", self.path(f"{port}.chain", pair.chain),
                 "-key", self.path(f"{port}.key", pair.key)]
        return self.run("openssl", "s_server", "-accept", f"{self.address}:{port}", *files, *options, ready="ACCEPT")

    def serve_nothing(self, port):
        """What takes UDP packets and answers none. Its log says "asked" for each."""
        program = ("import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                   f"s.bind(('{self.address}', {port}))\nprint('listens')\n"
                   "while s.recv(9999): print('asked')")
        return self.run("python3", "-uc", program, ready="listens")

    def serve_names(self, names, *options):
        """dnsmasq that knows these names and refuses all others. Its log."""
        hosts = self.path("hosts", "".join(f"{address} {name}\n" for name, address in names.items()))
        return self.run("dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", f"--addn-hosts={hosts}",
                        "--local=/test/", f"--listen-address={self.address}", "--bind-interfaces", "--log-queries",
                        "--log-facility=-", "--user=root", "--pid-file=", *options, ready="started")


class ConnectProxy:
    """An HTTP proxy on a neighbour: connect_proxy.py."""

    def __init__(self, neighbour, port=3128):
        self.folder = Path(tempfile.mkdtemp(prefix="proxy", dir=neighbour.folder.name))
        self.answer("")
        neighbour.run(sys.executable, Path(__file__).with_name("connect_proxy.py"), neighbour.address, port, self.folder,
                      ready="listens")

    def answer(self, status_line):
        (self.folder / "answer.new").write_text(status_line)
        (self.folder / "answer.new").rename(self.folder / "answer")

    @property
    def asked(self):
        """The requests' lines."""
        log = self.folder / "log"
        return [line.split("|")[0] for line in log.read_text().splitlines()] if log.exists() else []
