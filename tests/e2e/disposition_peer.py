"""A disposition update service at a neighbour's, and an appliance that tells it of malicious samples."""

import copy
import itertools
import json
import os
import socketserver
import sys
import tempfile
import threading
from pathlib import Path

import clients
from api import signed_in, signed_in_at_clean
from daemon import wait_for
from submissions import Field

SERVICES = "/api/v1/disposition-services"
USER = "gatehouse"
PASSWORD = "a secret of the service's"
_numbers = itertools.count(1)


class Peer:
    """Listens over there once it is made; takes USER and PASSWORD, and answers 200 until it is told otherwise."""

    def __init__(self, neighbour, pair, port=443):
        self.neighbour = neighbour
        self.port = port
        self.folder = Path(neighbour.folder.name) / f"peer{next(_numbers)}"
        self.folder.mkdir()
        self.present(pair)
        self.behave()
        program = Path(__file__).with_name("disposition_server.py")
        neighbour.run(sys.executable, program, neighbour.address, port, self.folder, ready="listens")

    def present(self, pair):
        """The certificate that it shows from the next connection on."""
        self._put("key.pem", pair.key)
        self._put("chain.pem", pair.chain)

    def behave(self, **behaviour):
        """As told by disposition_server.py, from now on; without anything it takes what it is told."""
        self._put("behaviour.json", json.dumps({"user": USER, "password": PASSWORD, **behaviour}))

    def url(self, name="cloud.test", path="/dispositions"):
        return f"https://{name}{'' if self.port == 443 else f':{self.port}'}{path}"

    def log(self, kind):
        file = self.folder / "log.jsonl"
        lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
        entries = [json.loads(line) for line in lines if line.endswith(b"\n")]
        return [entry for entry in entries if entry["kind"] == kind]

    @property
    def calls(self):
        """All requests that told it something, in their order."""
        return [entry for entry in self.log("request") if entry["method"] == "POST"]

    @property
    def told(self):
        """The SHA-256 of what it was told of, in its order."""
        return [json.loads(call["body"])["sha256"] for call in self.calls]

    def wait_told(self, *samples):
        """Until it was told of each of these (answers to their submissions)."""
        wanted = {sample["sha256"] for sample in samples}
        wait_for(lambda: wanted <= set(self.told), f"{len(wanted)} samples being told at {self.url()}")

    def wait_log(self, kind, count=1):
        return wait_for(lambda: self.log(kind)[count - 1:] and self.log(kind), f"{count} of {kind}")

    def _put(self, name, text):
        new = self.folder / (name + ".new")
        new.write_text(text)
        os.rename(new, self.folder / name)


class Engine:
    """An analysis engine by docs/analysis.md whose verdict stands in the sample: its first word is the score."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gh-engine-")
        self.socket = os.path.join(self.folder.name, "engine.sock")
        self._server = _EngineServer(self.socket, _Judgement)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def settings(self):
        return {"socket": self.socket, "protocol": "gatehouse", "at_once": 8}

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _EngineServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_):
        """Who asked may have been killed."""


class _Judgement(socketserver.StreamRequestHandler):
    def handle(self):
        header = self.rfile.readline()
        if not header:
            return
        content = self.rfile.read(json.loads(header)["size"])
        if content:
            self.wfile.write(json.dumps({"score": int(content.split(b" ", 1)[0])}).encode() + b"\n")


def content_of(score=95):
    """Bytes that nobody had before, which Engine gives that score."""
    return b"%d " % score + os.urandom(16).hex().encode()


class Box:
    """An appliance that runs, with whoever works with it signed in."""

    def __init__(self, daemon, authority, engine, networks=None, **dispositions):
        self.daemon = daemon
        daemon.configuration["analysis"] = engine.settings
        daemon.configuration["samples"] = {"free_bytes": 0}
        daemon.configuration["networks"] = copy.deepcopy(networks or {})
        daemon.configuration["dispositions"] = dispositions
        for door in daemon.doors.values():
            door.place(authority.issue(door.hostname))
        daemon.start()
        self.portal = signed_in_at_clean(daemon, clients.context(authority=authority))
        self.field = Field(daemon.clean, self.portal.get("/api/v1/users/admin/api-key").json["api_key"], authority)
        self._admin = None

    @property
    def admin(self):
        """The first operator, at the admin door."""
        if self._admin is None:
            self._admin = signed_in(self.daemon)
        return self._admin

    def believe(self, pem):
        """Imports a certificate at the admin door."""
        reply = self.admin.post("/api/v1/authorities", json_body={"pem": pem})
        assert reply.status == 201, reply

    def add(self, url, **members):
        """The id of a new service."""
        reply = self.portal.post(SERVICES, json_body={"url": url, "user": USER, "password": PASSWORD, **members})
        assert reply.status == 201, reply
        return reply.json["id"]

    def change(self, service, **members):
        before = self.service(service)
        wish = {name: before[name] for name in ("url", "user", "network")}
        reply = self.portal.put(f"{SERVICES}/{service}", json_body={**wish, **members})
        assert reply.status == 200, reply

    def service(self, service):
        reply = self.portal.get(f"{SERVICES}/{service}")
        assert reply.status == 200, reply
        return reply.json

    def wait_service(self, service, state=None, judge=lambda shown: True):
        """Until it is shown so; how it is shown then."""
        seen = []

        def shown():
            seen[:] = [self.service(service)]
            return judge(seen[0]) and state in (None, seen[0]["state"]) and seen[0]
        try:
            return wait_for(shown, f"the service's being {state}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {seen}") from None

    def wait_settled(self, service):
        """Until nothing waits for it any more."""
        return self.wait_service(service, judge=lambda shown: shown["queue"]["waiting"] == 0)

    def test(self, service):
        """What a test of the connection found: its steps by their names."""
        reply = self.portal.post(f"{SERVICES}/{service}/test")
        assert reply.status == 200, reply
        steps = {step["step"]: step for step in reply.json["steps"]}
        assert list(steps) == ["resolve", "connect", "tls", "trust", "status"]
        assert reply.json["ok"] == all(step["ok"] for step in steps.values())
        return steps

    def submit(self, score=95):
        """A sample of that score, judged when this returns; what the submission was answered with."""
        sample = self.field.submit(content_of(score))
        assert self.field.wait_over(sample["id"]) == "succ"
        return sample
