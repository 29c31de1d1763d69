"""A client of a door's API, as a browser with its cookie, a script with its token or key, or root on the console. Every
answer is held against the contract."""

import http.client
import json
import socket
import ssl
import uuid

import clients
from contract import applies, contract


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.bytes = response.read()

    @property
    def json(self):
        return json.loads(self.bytes)

    @property
    def code(self):
        """Of a problem document, which it must then be."""
        assert self.headers["Content-Type"] == "application/problem+json", (self.status, self.bytes)
        problem = self.json
        assert problem["status"] == self.status
        return problem["code"]

    def __repr__(self):
        return f"<{self.status} {self.bytes[:400]!r}>"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=clients.TIMEOUT)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def multipart(parts):
    """Content type and body of a form; parts are (name, bytes) or (name, bytes, file name)."""
    boundary = uuid.uuid4().hex
    body = b""
    for name, data, *file_name in parts:
        file = f'; filename="{file_name[0]}"' if file_name else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        body += (data if isinstance(data, bytes) else data.encode()) + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


class Api:
    def __init__(self, door=None, *, console=None, settings=clients.ANYONE, headers=None, source=None):
        self.door = door
        self.source = source
        self.console = console
        self.settings = settings
        self.headers = dict(headers or {})
        self.origin = None if door is None else f"https://{door.hostname}:{door.port}"

    @property
    def door_name(self):
        return "admin" if self.door is None else self.door.name

    def connection(self):
        if self.console is not None:
            return UnixConnection(self.console)
        # An HTTPSConnection would load the system's CAs each time, which takes longer than all the rest of a test.
        made = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=clients.TIMEOUT)
        made.sock = clients.connect(self.door, self.settings, source=self.source)
        return made

    def send(self, method, path, *, json_body=None, form=None, body=None, headers=None):
        sent = {"Host": "localhost" if self.door is None else f"{self.door.hostname}:{self.door.port}"}
        if "Cookie" in self.headers and method not in ("GET", "HEAD"):
            sent["Origin"] = self.origin
        sent.update(self.headers)
        if json_body is not None:
            body = json.dumps(json_body)
            sent["Content-Type"] = "application/json"
        if form is not None:
            sent["Content-Type"], body = multipart(form)
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        connection = self.connection()
        try:
            connection.request(method, path, body=body, headers=sent)
            reply = Reply(connection.getresponse())
        finally:
            connection.close()
        if applies(path, self.door_name):
            contract(self.door_name).check(method, path, reply.status, reply.headers, reply.bytes)
        return reply

    def get(self, path, **options):
        return self.send("GET", path, **options)

    def post(self, path, **options):
        return self.send("POST", path, **options)

    def put(self, path, **options):
        return self.send("PUT", path, **options)

    def delete(self, path, **options):
        return self.send("DELETE", path, **options)

    # ---- identities

    def sign_in(self, username, password, **members):
        """Signs in; from now on requests carry the cookie. The reply."""
        reply = self.post("/api/v1/session", json_body={"username": username, "password": password, **members})
        if reply.status == 200:
            self.take_cookie(reply)
        return reply

    def take_cookie(self, reply):
        cookie = reply.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-gatehouse-{self.door_name}="), cookie
        for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
            assert part in cookie, cookie
        self.headers["Cookie"] = cookie.split(";")[0]

    def with_token(self, token):
        return Api(self.door, settings=self.settings, headers={"Authorization": f"Bearer {token}"})


def initial_password(daemon):
    return (daemon.state / "initial-password").read_text().strip()


def signed_in(daemon):
    """The first operator at the admin door."""
    api = Api(daemon.admin)
    reply = api.sign_in("admin", initial_password(daemon))
    assert reply.status == 200, reply
    return api


def initial_user_password(daemon):
    return (daemon.state / "initial-password-clean").read_text().strip()


def signed_in_at_clean(daemon, settings=clients.ANYONE):
    """The first user at the clean door."""
    api = Api(daemon.clean, settings=settings)
    reply = api.sign_in("admin", initial_user_password(daemon))
    assert reply.status == 200, reply
    return api


def console(daemon):
    return Api(console=daemon.folder / "console.sock")
