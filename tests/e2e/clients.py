"""Clients of both doors: TLS connections, raw HTTP/1.1 on them, and visitors that come without a pause."""

import collections
import contextlib
import hashlib
import socket
import ssl
import threading

from patience import DEADLINE

TIMEOUT = DEADLINE  # of connecting, and of each read


def context(*, authority=None, version=None, alpn=("http/1.1",)):
    """A client's TLS settings: verifying against the authority's root if one is given, else taking any certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        made.load_verify_locations(authority.root_file)
    else:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if version:
        made.minimum_version = made.maximum_version = version
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


ANYONE = context()


def connect(door, settings=ANYONE, session=None, source=None):
    """A TLS connection to the door."""
    raw = socket.create_connection(("127.0.0.1", door.port), TIMEOUT, (source, 0) if source else None)
    # Else the body waits for the answer to the header, now and then, for 40 ms: more than what some tests compare.
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return settings.wrap_socket(raw, server_hostname=door.hostname, session=session)
    except BaseException:
        raw.close()
        raise


def fingerprint(connection):
    return hashlib.sha256(connection.getpeercert(binary_form=True)).hexdigest()


def served(door, settings=ANYONE):
    with connect(door, settings) as connection:
        return fingerprint(connection)


class Response:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields  # pairs, names in lower case
        self.body = body

    def __getitem__(self, name):
        """The field's value, or None."""
        return next((value for key, value in self.fields if key == name.lower()), None)

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:200]!r}>"


class Http:
    """HTTP/1.1 as bytes on a connection: nothing is added to what the test sends."""

    def __init__(self, connection):
        self.connection = connection
        self._read = b""

    @classmethod
    def to(cls, door, settings=ANYONE, **options):
        return cls(connect(door, settings, **options))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, *parts):
        """Text is sent as Latin-1, with its line ends as they are."""
        self.connection.sendall(b"".join(p if isinstance(p, bytes) else p.encode("latin-1") for p in parts))

    def request(self, path, method="GET", fields=(), body=b"", host="gw.example.test"):
        """A whole, proper request."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{k}: {v}" for k, v in dict(fields).items())]
        self.send("\r\n".join(lines) + "\r\n\r\n", body)
        return self.receive(method)

    def receive(self, method="GET"):
        """The next response; interim ones (1xx) are responses too."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, self._read = self._read.split(b"\r\n\r\n", 1)
        status_line, *lines = head.decode("latin-1").split("\r\n")
        assert status_line.startswith("HTTP/1.1 "), status_line
        status = int(status_line.split(" ")[1])
        fields = [(k.lower(), v.strip()) for k, v in (line.split(":", 1) for line in lines)]
        response = Response(status, fields, b"")
        if method != "HEAD" and status >= 200 and status not in (204, 304):
            response.body = self._body(response)
        return response

    def _body(self, response):
        if response["transfer-encoding"] == "chunked":
            body = b""
            while True:
                size = int(self._until(b"\r\n").split(b";")[0], 16)
                body += self._exactly(size + 2)[:-2]
                if size == 0:
                    return body
        if response["content-length"] is not None:
            return self._exactly(int(response["content-length"]))
        while True:
            try:
                self._more()
            except ConnectionError:
                body, self._read = self._read, b""
                return body

    def _more(self):
        data = self.connection.recv(65536)
        if not data:
            raise ConnectionResetError(f"the connection ended after {self._read[:300]!r}")
        self._read += data

    def _until(self, mark):
        while mark not in self._read:
            self._more()
        line, self._read = self._read.split(mark, 1)
        return line

    def _exactly(self, size):
        pieces, missing = [self._read], size - len(self._read)
        while missing > 0:
            self._read = b""
            self._more()
            pieces.append(self._read)
            missing -= len(self._read)
        data = b"".join(pieces)
        self._read = data[size:]
        return data[:size]

    def rest(self):
        """Everything that still comes until the server ends the connection (it must, or this times out)."""
        pieces, self._read = [self._read], b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while pieces[-1] or len(pieces) == 1:
                pieces.append(self.connection.recv(65536))
        return b"".join(pieces)

    def ended(self):
        """True once the server has ended the connection without another byte; False if something else came."""
        return self.rest() == b""


def get(door, path="/", settings=ANYONE, **options):
    """One GET on a connection of its own."""
    with Http.to(door, settings) as http:
        return http.request(path, host=door.hostname, **options)


class Visitors:
    """Clients that come to both doors all the time while a test changes something: new connections, and a kept one per
    door. Each knows one of `versions`, by turns. No failure is excused. Use as a context manager; `with` ends with the
    judgement that none failed."""

    def __init__(self, daemon, per_door=1, pause=0.03, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)):
        self._doors = list(daemon.doors.values())
        self._versions = versions
        self._pause = pause
        self._end = threading.Event()
        self._lock = threading.Lock()
        self.seen = collections.defaultdict(list)  # door → fingerprints, as they changed
        self.visits = collections.Counter()
        self.failures = []
        self._threads = [threading.Thread(target=self._visit, args=(door, n), daemon=True)
                         for door in self._doors for n in range(per_door)]
        self._kept = {}

    def __enter__(self):
        self._kept = {door.name: Http.to(door) for door in self._doors}
        for door in self._doors:
            assert self._kept[door.name].request("/healthz", host=door.hostname).status == 200
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()
        try:
            if kind is None:
                self.ask_kept()
                assert not self.failures, f"{len(self.failures)} of {sum(self.visits.values())}: {self.failures[:5]}"
        finally:
            for http in self._kept.values():
                http.connection.close()

    def ask_kept(self):
        """The connections from before the change still work."""
        for door in self._doors:
            assert self._kept[door.name].request("/healthz", host=door.hostname).status == 200

    def _visit(self, door, number):
        settings = context(version=self._versions[number % len(self._versions)])
        while not self._end.is_set():
            try:
                with Http.to(door, settings) as http:
                    shown = fingerprint(http.connection)
                    status = http.request("/healthz", host=door.hostname).status
                    assert status == 200, status
            except (OSError, AssertionError) as error:
                with self._lock:
                    self.failures.append(f"{door.name}: {error!r}")
                    if len(self.failures) > 100:
                        return
            else:
                with self._lock:
                    self.visits[door.name] += 1
                    if shown not in self.seen[door.name][-1:]:
                        self.seen[door.name].append(shown)
            self._end.wait(self._pause)
