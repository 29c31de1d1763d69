"""A script that submits samples by the public API of the clean door, as those of the field do: a key, forms, envelopes.
TLS is verified, and every answer is held against the contract."""

import contextlib
import hashlib
import http.client
import io
import json
import sqlite3
import subprocess
import tempfile
import time
import zipfile
from urllib.parse import quote, urlencode

import clients
from api import Reply, multipart
from contract import applies, contract
from daemon import move_over, wait_for

KEYS = {"admin": "administratorskey1234567ab", "ada": "adaskeyofthefirstone123456", "bob": "bobskeyofthefirstone123456",
        "eve": "eveskeyofanotherhouse12345"}
PASSWORD = "correct horse battery staple"


def users_file():
    """A one-time file with the first users; ada and bob share an organization with the administrator."""
    role = {"admin": "admin"}
    return {"users": [{"username": name, "password": PASSWORD, "interface": "clean", "role": role.get(name, "user"),
                       "email": f"{name}@example.test", "name": name.capitalize()} for name in ("admin", "ada", "bob")],
            "apikeys": [{"name": name, "username": name, "apikey": KEYS[name]} for name in ("admin", "ada", "bob")]}


class Field:
    def __init__(self, door, key=None, authority=None, source=None):
        self.door = door
        self.key = key
        self.settings = clients.context(authority=authority) if authority else clients.ANYONE
        self.source = source

    def connection(self):
        made = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=clients.TIMEOUT)
        made.sock = clients.connect(self.door, self.settings, source=self.source)
        return made

    def send(self, method, path, query=None, *, form=None, fields=None, json_body=None, body=None, headers=None,
             keyed=True):
        """`form` is multipart, `fields` is urlencoded, `json_body` goes without a Content-Type, as clients have it."""
        query = list((query or {}).items()) if isinstance(query or {}, dict) else list(query)
        if keyed and self.key:
            query.append(("api_key", self.key))
        sent = {"Host": f"{self.door.hostname}:{self.door.port}"}
        if form is not None:
            sent["Content-Type"], body = multipart(form)
        if fields is not None:
            sent["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(fields)
        if json_body is not None:
            body = json.dumps(json_body)
        sent.update(headers or {})
        connection = self.connection()
        try:
            connection.request(method, path + ("?" + urlencode(query) if query else ""), body=body, headers=sent)
            reply = Reply(connection.getresponse())
        finally:
            connection.close()
        if applies(path, "clean"):
            contract("clean").check(method, path, reply.status, reply.headers, reply.bytes)
        return reply

    def get(self, path, query=None, **options):
        return self.send("GET", path, query, **options)

    def post(self, path, query=None, **options):
        return self.send("POST", path, query, **options)

    # ---- with what the envelope promises

    def data(self, path, query=None, method="GET", **options):
        reply = self.send(method, path, query, **options)
        assert reply.status == 200, reply
        return opened(reply, path)

    def submit(self, content, name="sample.bin", query=None, **fields):
        """Submits a file; what it was answered with."""
        form = [*fields.items()] + [("sample", content, name)]
        return self.data("/api/v2/samples", query, method="POST", form=form)

    def wait_over(self, sample):
        """Until the sample is judged, as a script that polls does; the state it came to."""
        def state():
            found = self.data(f"/api/v2/samples/{sample}/state")["state"]
            return found if found in ("succ", "fail") else None
        return wait_for(state, f"the end of the analysis of {sample}")


def opened(reply, path):
    """The data of an envelope."""
    assert reply.headers["Content-Type"] == "application/json", reply
    document = reply.json
    assert document["api_version"] == int(path.split("/")[2][1:])
    assert isinstance(document["id"], int)
    return document["data"]


def refused(reply, status):
    """The message of an error's envelope."""
    assert reply.status == status, reply
    document = reply.json
    assert isinstance(document["id"], int) and document["api_version"] in (2, 3)
    error = document["error"]
    assert error["code"] == status and error["errors"][0]["code"] == status
    assert error["errors"][0]["message"] == error["message"]
    return error["message"]


def digests(content):
    return {name: hashlib.new(name, content).hexdigest() for name in ("md5", "sha1", "sha256")}


def with_users(daemon, authority):
    """Certificates, users and keys for a daemon that was not started yet."""
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    move_over(daemon.one_time_file, json.dumps(users_file()))
    return daemon


def begin(daemon, authority):
    """Starts it; the users by their names. eve is of an organization of her own."""
    daemon.start()
    daemon.wait_one_time_file_gone()
    people = {name: Field(daemon.clean, KEYS[name], authority) for name in ("admin", "ada", "bob")}
    wait_for(lambda: people["admin"].get("/api/v3/session/whoami").status == 200, "the first key's being known")
    return people


def stored(daemon):
    """Every file of the store by its name, and what comes in; without the marks of what is not settled."""
    folder = daemon.state / "samples"
    return {path.name: path for path in folder.rglob("*") if path.parent.name != "unsettled" and path.is_file()}


def unsettled(daemon):
    """What is coming in or going out, or was when the daemon went down."""
    return {path.name for path in (daemon.state / "samples" / "unsettled").iterdir()}


def known(daemon):
    """The contents that the database knows."""
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state}/gatehouse.db?mode=ro", uri=True)) as database:
        return {row[0] for row in database.execute("SELECT sha256 FROM contents")}


def date_back(daemon, samples, days):
    """As if these had been submitted so many days ago. The daemon must be stopped."""
    then = int(time.time() - days * 86400)
    with contextlib.closing(sqlite3.connect(daemon.state / "gatehouse.db")) as database, database:
        database.executemany("UPDATE samples SET submitted_at = ? WHERE id = ?", [[then * 1000000, one["id"]] for one in samples])
        numbers = [one["submission_id"] for one in samples]
        database.execute("INSERT INTO sample_hours (hour, lowest, highest) VALUES (?, ?, ?)", [then // 3600, min(numbers), max(numbers)])


def signed_in(box, authority, username="admin"):
    """A function that sends a request of the portal."""
    plain = Field(box.clean, None, authority)
    origin = f"https://{box.clean.hostname}:{box.clean.port}"
    reply = plain.send("POST", "/api/v1/session", body=json.dumps({"username": username, "password": PASSWORD}),
                       headers={"Content-Type": "application/json", "Origin": origin})
    assert reply.status == 200, reply
    cookie = reply.headers["Set-Cookie"].split(";")[0]

    def send(method, path, json_body=None, **options):
        headers = {"Cookie": cookie, "Origin": origin, **options.pop("headers", {})}
        if json_body is not None:
            options["body"] = json.dumps(json_body)
            headers["Content-Type"] = "application/json"
        return plain.send(method, path, headers=headers, **options)
    send.cookie = cookie
    return send


def unpacked(archive):
    """The one file of a sample.zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened_zip:
        (entry,) = opened_zip.infolist()
        if entry.compress_type != 99:  # WinZip's AES, which Python does not know
            return opened_zip.read(entry, pwd=b"infected")
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(archive)
        file.flush()
        return subprocess.run(["7z", "e", "-so", "-pinfected", file.name], capture_output=True, check=True,
                              timeout=60).stdout


def path_of(text):
    return quote(text, safe="")

