"""gatehousectl, which root runs, against somebody who holds the daemon's user and answers in its place."""

import json
import re
import socket
import subprocess
import threading

import pytest

import console
from daemon import wait_for
from patience import DEADLINE


class Impostor:
    """Answers each connection to the console socket with the same bytes, and closes it."""

    def __init__(self, folder):
        self.socket = folder / "console.sock"
        self.answer = b""
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.socket))
        self._listener.listen(8)
        threading.Thread(target=self._serve, daemon=True).start()

    def says(self, body, status="200 OK", kind="application/json"):
        body = body if isinstance(body, bytes) else body.encode()
        self.answer = (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)

    def _serve(self):
        while True:
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            with taken:
                request = b""
                while b"\r\n\r\n" not in request and (more := taken.recv(65536)):
                    request += more
                try:
                    taken.sendall(self.answer)
                except OSError:
                    pass  # the tool has seen enough

    def run(self, *arguments):
        return console.run("--socket", self.socket, *arguments)

    def on_screen(self, *arguments):
        return console.Screen("--socket", self.socket, *arguments).end()


@pytest.fixture
def impostor(tmp_path):
    made = Impostor(tmp_path)
    yield made
    made.close()


ESCAPES = "\x1b]0;title\x07\x1b[31m"


@pytest.mark.parametrize("status", ["200 OK", "409 Conflict"])
def test_what_is_no_json_is_not_printed_as_if_it_were(impostor, status):
    impostor.says(ESCAPES, status, "text/plain")
    ended = impostor.run("--json", "status")
    assert ended.returncode in (1, 3) and not ended.stdout
    assert "\x1b" not in ended.stderr and "gatehousectl: The daemon" in ended.stderr


@pytest.mark.parametrize(("status", "code"), [("200 OK", 0), ("409 Conflict", 1)])
def test_json_on_a_terminal_moves_no_cursor(impostor, status, code):
    impostor.says('{"detail": "\u009b31m\u202e"}', status)
    assert impostor.on_screen("--json", "status") == (code, '{"detail":"\\u009b31m\\u202e"}\n')


def test_json_that_nests_without_end_is_none(impostor):
    impostor.says("[" * 7_900_000 + "]" * 7_900_000)
    ended = impostor.run("--json", "audit", "--all")
    assert ended.returncode == 3 and "nests too deep" in ended.stderr


def test_a_list_without_end_is_given_up(impostor):
    impostor.says('{"items": ["x"], "next": "again"}')
    ended = impostor.run("token", "list")
    assert ended.returncode == 3 and "in circles" in ended.stderr


def test_a_program_is_given_no_event_that_gatehouse_would_not_send(impostor, tmp_path):
    told = tmp_path / "told"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\n{{ date +%s%N; echo "$GATEHOUSE_EVENT"; cat; }} >> {told}\n')
    program.chmod(0o755)
    good = {"event": "certificate.changed", "interface": "clean"}
    events = ["event: () { :;}; x\ndata: {}", "event: certificate.changed\ndata: one\ndata: two",
              'event: certificate.changed\ndata: {"interface": "() { :;}; x"}',
              "event: certificate.changed\ndata: " + json.dumps(good).replace(", ", ",\ndata: "),
              "event: certificate.changed\ndata: {}"]
    impostor.says("\n\n".join(events) + "\n\n", kind="text/event-stream")
    with subprocess.Popen([console.BINARY, "--socket", impostor.socket, "events", "--exec", program],
                          stderr=subprocess.PIPE, text=True) as running:
        try:
            wait_for(lambda: told.exists() and told.read_text().count("\n") >= 6, "two programs")
        finally:
            running.terminate()
            _, said = running.communicate(timeout=DEADLINE)
    lines = told.read_text().splitlines()
    assert [lines[1], lines[4], lines[5]] == ["certificate.changed", "certificate.changed", "{}"]
    assert json.loads(lines[2]) == good
    # Who floods it with events does not make as many processes.
    assert int(lines[3]) - int(lines[0]) >= 100_000_000
    assert len(re.findall("an event was left out", said)) >= 1
