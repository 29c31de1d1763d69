"""packaging/gatehouse-analysis, which judges samples with a program, and the units that start it."""

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from daemon import REPOSITORY, wait_for
from patience import DEADLINE

PACKAGING = REPOSITORY / "packaging"
WRAPPER = PACKAGING / "gatehouse-analysis"
UNITS = ("gatehouse-analysis.socket", "gatehouse-analysis@.service")


class Visit:
    """One connection, with the wrapper at its other end as systemd starts it."""

    def __init__(self, folder, *arguments):
        self.connection, other = socket.socketpair()
        self.connection.settimeout(DEADLINE)
        self.log = open(folder / "log", "w+b")
        self.process = subprocess.Popen(["/usr/bin/python3", WRAPPER, *arguments], stdin=other, stdout=other,
                                        stderr=self.log, env={**os.environ, "TMPDIR": str(folder)})
        other.close()

    def send(self, content, **more):
        header = {"gatehouse": 1, "size": len(content), "seconds": 60, "filename": "invoice.exe",
                  "sha256": hashlib.sha256(content).hexdigest(), **more}
        self.say(json.dumps(header).encode() + b"\n" + content)
        return self

    def say(self, data):
        with contextlib.suppress(BrokenPipeError):  # it may have heard enough
            self.connection.sendall(data)
        return self

    def answer(self):
        """The one line that comes, before the connection ends."""
        reply = b""
        with contextlib.suppress(ConnectionResetError):  # behind its answer, where it did not read all
            while stretch := self.connection.recv(65536):
                reply += stretch
        assert reply.endswith(b"\n") and reply.count(b"\n") == 1, reply
        return json.loads(reply)

    def ended(self):
        return self.process.wait(DEADLINE)

    def close(self):
        self.connection.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def visit(tmp_path):
    made = []

    def begin(*arguments):
        made.append(Visit(tmp_path, *arguments))
        return made[-1]
    yield begin
    for one in made:
        one.close()


def script(folder, text):
    path = folder / "judge"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time, subprocess\n{text}\n")
    path.chmod(0o755)
    return str(path)


def leftovers(folder):
    return [path for path in folder.iterdir() if path.name.startswith("gatehouse-analysis-")]


def test_a_program_gets_the_sample_as_a_file_and_its_verdict_is_the_answer(visit, tmp_path):
    program = script(tmp_path, """
path = sys.argv[-1]
content = open(path, 'rb').read()
print(json.dumps({'score': 91, 'facts': [
    {'name': 'bytes', 'value': str(len(content))}, {'name': 'mode', 'value': oct(os.stat(path).st_mode & 0o777)},
    {'name': 'told', 'value': os.environ['GATEHOUSE_FILENAME'] + ' ' + os.environ['GATEHOUSE_SHA256']},
    {'name': 'arguments', 'value': ' '.join(sys.argv[1:-1])}]}))""")
    content = os.urandom(3_000_000)
    verdict = visit("--", program, "--quick").send(content, filename="a b\n$(id).exe").answer()
    assert verdict["score"] == 91
    facts = {fact["name"]: fact["value"] for fact in verdict["facts"]}
    assert facts == {"bytes": "3000000", "mode": "0o400", "arguments": "--quick",
                     "told": "a b\n$(id).exe " + hashlib.sha256(content).hexdigest()}
    assert not leftovers(tmp_path)


def test_a_program_may_say_its_verdict_by_its_exit_code_as_clamscan_does(visit, tmp_path):
    program = script(tmp_path, """
bad = b'evil' in open(sys.argv[-1], 'rb').read()
print('looking'); print('found it' if bad else 'nothing')
sys.exit(1 if bad else 0)""")
    assert visit("--verdict", "exit", program).send(b"good").answer() == \
        {"score": 0, "facts": [{"name": "Said", "value": "nothing"}]}
    verdict = visit("--verdict", "exit", program).send(b"evil").answer()
    assert verdict["score"] >= 90 and verdict["behaviours"][0]["detail"] == "found it"
    crashing = script(tmp_path, "sys.exit(2)")
    assert "error" in visit("--verdict", "exit", crashing).send(b"x").answer()


@pytest.mark.parametrize("text, words", [
    ("sys.exit(3)", "ended with 3"),
    ("print('not JSON')", "no JSON"),
    ("print('[1]')", "no JSON object"),
    ("", "no JSON"),
    ("print('[' * 100000)", "no JSON"),
    ("sys.stdout.write('x' * (3 << 20))", "without end"),
    ("os.kill(os.getpid(), 9)", "ended with -9"),
    ("time.sleep(600)", "too long"),
    ("os.close(1); time.sleep(600)", "too long"),
])
def test_a_program_that_gives_no_verdict_is_told_as_an_error(visit, tmp_path, text, words):
    seconds = 1 if "600" in text else 60
    assert words in visit(script(tmp_path, text)).send(b"x", seconds=seconds).answer()["error"]
    assert not leftovers(tmp_path)


def test_a_program_that_is_not_there_is_told_as_an_error(visit, tmp_path):
    assert "/nowhere/judge" in visit("/nowhere/judge").send(b"x").answer()["error"]


HEADERS = {
    "no JSON": b"nonsense\n", "no member": b"{}\n", "a list": b"[]\n", "another version": b'{"gatehouse":2,"size":1}\n',
    "less than nothing": b'{"gatehouse":1,"size":-1}\n', "a text for a size": b'{"gatehouse":1,"size":"x"}\n',
    "deep": b"[" * 50000 + b"\n", "endless": b"x" * 70000}


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_is_none_is_told_as_an_error(visit, tmp_path, header):
    assert "header" in visit(script(tmp_path, "")).say(HEADERS[header]).answer()["error"]


@pytest.mark.parametrize("sent", [b"", b'{"gatehouse":1,', b'{"gatehouse":1,"size":100}\nhalf'])
def test_who_goes_away_before_the_sample_is_whole_leaves_nothing_behind(visit, tmp_path, sent):
    one = visit(script(tmp_path, "open('/dev/null')"))
    one.say(sent)
    one.connection.shutdown(socket.SHUT_WR)
    assert one.ended() == 0
    assert one.connection.recv(1) == b""
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("how", ["close", "terminate"])
def test_a_program_that_nobody_waits_for_any_more_is_killed_with_all_that_it_started(visit, tmp_path, how):
    note = tmp_path / "started"
    program = script(tmp_path, f"""
child = subprocess.Popen(['sleep', '600'])
open({str(note) + '.new'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')
os.rename({str(note) + '.new'!r}, {str(note)!r})
time.sleep(600)""")
    one = visit(program).send(b"x")
    wait_for(note.exists, "the program's start")
    ids = note.read_text().split()
    if how == "close":
        one.connection.close()
    else:
        one.process.send_signal(signal.SIGTERM)
    one.ended()
    for number in ids:
        wait_for(lambda number=number: gone(number), f"the end of {number}")
    assert not leftovers(tmp_path)


def gone(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


# ---- the units


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    for name in UNITS:
        text = (PACKAGING / "systemd" / name).read_text()
        # Neither is installed here.
        text = text.replace("/usr/lib/gatehouse/gatehouse-analysis", str(WRAPPER)).replace("/usr/local/bin/judge-sample",
                                                                                          "/bin/true")
        (tmp_path / name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(tmp_path / name for name in UNITS)],
                          capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done.stdout + done.stderr


def test_the_program_runs_without_network_without_the_state_folder_and_within_limits():
    service = (PACKAGING / "systemd" / UNITS[1]).read_text()
    for line in ("PrivateNetwork=yes", "DynamicUser=yes", "NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectSystem=strict"):
        assert re.search(f"^{line}$", service, re.M), line
    for name in ("MemoryMax", "TasksMax", "CPUQuota", "RuntimeMaxSec", "LimitFSIZE"):
        assert re.search(f"^{name}=.", service, re.M), name
    assert re.search(r"^InaccessiblePaths=.*-/var/lib/gatehouse\b", service, re.M)
    assert re.search(r"^Accept=yes$", (PACKAGING / "systemd" / UNITS[0]).read_text(), re.M)
