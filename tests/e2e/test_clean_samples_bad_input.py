"""Submissions as real clients write them, and as nobody should: none of it harms, and what is refused leaves nothing."""

import contextlib
import socket
import ssl
import time

import pytest

import clients
from daemon import Daemon, wait_for
from submissions import KEYS, begin, digests, refused, stored, with_users

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


@pytest.fixture(scope="module")
def box(request, authority):
    made = with_users(Daemon(), authority)
    made.configuration["limits"] = {"body_bytes_per_second": 1000}
    request.node.daemons = [made]
    made.people = begin(made, authority)
    yield made
    made.close()


@pytest.fixture
def ada(box):
    return box.people["ada"]


@pytest.fixture
def leaves_nothing(box):
    """What the test sends is kept nowhere."""
    before = set(stored(box))
    yield
    wait_for(lambda: set(stored(box)) == before, "nothing of it being left")


def send(ada, body, kind=f"multipart/form-data; boundary={BOUNDARY}", **headers):
    return ada.post("/api/v2/samples", body=body, headers={"Content-Type": kind, **headers})


def part(disposition, data=b"data", more="", boundary=BOUNDARY):
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{more}\r\n".encode() + data + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def raw_head(box, length, kind=f"multipart/form-data; boundary={BOUNDARY}", more=""):
    return (f"POST /api/v2/samples?api_key={KEYS['ada']} HTTP/1.1\r\nHost: {box.clean.hostname}:{box.clean.port}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n").encode()


# ---- as real clients write it

@pytest.mark.parametrize("disposition, expected", [
    ('form-data; name="sample"; filename="C:\\\\Users\\\\eve\\\\evil.exe"', "evil.exe"),
    ('form-data; name="sample"; filename="../../../etc/passwd"', "passwd"),
    ('form-data; name="sample"; filename="quote\\"in.name"', 'quote"in.name'),
    ('form-data; name="sample"; filename="quote%22in.name"', None),
    ('form-data; name="sample"; filename=plain.txt', "plain.txt"),
    ('form-data; name=sample; filename=plain.txt', "plain.txt"),
    ("form-data; name=\"sample\"; filename*=UTF-8''%E2%82%AC%20rates.txt", "€ rates.txt"),
    ("form-data; name=\"sample\"; filename=\"euro.txt\"; filename*=UTF-8''%E2%82%AC.txt", "€.txt"),
    ('form-data; name="sample"; filename="naïve 🦀.bin"', "naïve 🦀.bin"),
    ('Form-Data; NAME="sample"; FILENAME="case.bin"', "case.bin"),
    ('form-data; name="sample"; filename=""', None),
    ('form-data; name="sample"', None),
    ('form-data; name="sample"; filename=".."', None)])
def test_names_of_files_come_as_they_were_sent_without_their_paths(ada, disposition, expected):
    content = disposition.encode()
    reply = send(ada, part(disposition, content) + END)
    assert reply.status == 200, reply
    data = reply.json["data"]
    assert data["sha256"] == digests(content)["sha256"]
    assert "/" not in data["filename"] and "\\Users" not in data["filename"] and data["filename"]
    if expected:
        assert data["filename"] == expected


@pytest.mark.parametrize("content", [
    b"--" + BOUNDARY.encode()[:-1] + b"\r\n", b"\r\n--" + BOUNDARY.encode()[:-1], b"\r\n-", b"\r\n--", b"\r\n\r\n--x--\r\n",
    b"\r", b"\n", b"\0" * 70000, bytes(range(256)) * 1030, b"x--" + BOUNDARY.encode() + b"--"], ids=repr)
def test_what_looks_like_a_boundary_is_content(ada, content):
    data = send(ada, part('form-data; name="sample"; filename="b"', content) + END)
    assert data.status == 200, data
    assert data.json["data"]["sha256"] == digests(content)["sha256"]


def test_a_preamble_an_epilogue_and_other_headers_are_taken(ada):
    body = b"preamble\r\n" + part('form-data; name="sample"; filename="x"', b"inner",
                                  "Content-Type: application/x-dosexec\r\nX-Other: y\r\n") + END + b"epilogue\r\n"
    assert send(ada, body).json["data"]["sha256"] == digests(b"inner")["sha256"]


def test_an_upload_in_single_bytes_arrives(box):
    body = part('form-data; name="sample"; filename="slowly"', b"one by one") + END
    with clients.connect(box.clean) as raw:
        raw.sendall(raw_head(box, len(body)))
        for i in range(len(body)):
            raw.sendall(body[i:i + 1])
        assert raw.recv(4096).startswith(b"HTTP/1.1 200 ")


# ---- as nobody should

def refusals():
    sample = part('form-data; name="sample"; filename="x"', b"refused" * 50000)
    yield "no last boundary", sample, 400
    yield "no boundary at all", b"x" * 100000, 400
    yield "half a boundary", sample + f"--{BOUNDARY}".encode()[:-3], 400
    yield "an empty body", b"", 400
    yield "nothing but the end", END, 422
    yield "two samples", sample + sample + END, 422
    yield "sample and url", sample + part('form-data; name="url"', b"http://x.test/") + END, 422
    yield "an empty file", part('form-data; name="sample"; filename="x"', b"") + END, 422
    yield "thousands of parts", part('form-data; name="tags"', b"t") * 5000 + sample + END, 413
    yield "megabytes of header", part('form-data; name="sample"; filename="x"', b"d", "X-Pad: " + "p" * 3000000 + "\r\n") + END, 413
    yield "a header without end", f"--{BOUNDARY}\r\n".encode() + b"X: y\r\n" * 300000, 413
    yield "a field of a megabyte", part('form-data; name="tags"', b"t" * 1000000) + sample + END, 413
    yield "a name of a megabyte", part(f'form-data; name="{"n" * 7000}"', b"t") + sample + END, 413
    yield "no name", part("form-data", b"t") + sample + END, 400
    yield "no disposition", f"--{BOUNDARY}\r\n\r\nx\r\n".encode() + END, 400
    yield "a control character in the name", part('form-data; name="sample"; filename="a\0b"', b"t") + END, 400
    yield "a field that is no text", part('form-data; name="tags"', b"\xff\xfe") + sample + END, 422
    yield "a tag of control characters", part('form-data; name="tags"', b"a\x01b") + sample + END, 422
    yield "a tag without end", part('form-data; name="tags"', b"t" * 1000) + sample + END, 422
    yield "a thousand tags", part('form-data; name="tags"', b",".join(b"t%d" % i for i in range(1000))) + sample + END, 422
    yield "an option without end", part('form-data; name="vm"', b"v" * 5000) + sample + END, 422
    yield "the file in a field of the key", part('form-data; name="api_key"', b"k" * 30) + sample + END, 401


@pytest.mark.parametrize("body, status", [case[1:] for case in refusals()], ids=[case[0] for case in refusals()])
def test_what_cannot_be_read_is_refused_and_leaves_nothing(ada, leaves_nothing, body, status):
    try:
        reply = send(ada, body)
    except (BrokenPipeError, ConnectionResetError):
        pytest.skip("the answer came before the client had sent all, and the client did not read it")
    refused(reply, status)


@pytest.mark.parametrize("kind, status", [
    ("multipart/form-data", 400), ("multipart/form-data; boundary=", 415), ("multipart/form-data; boundary=" + "x" * 71, 400),
    ("multipart/mixed; boundary=x", 415), ("application/octet-stream", 415), ("text/plain", 415), ("x", 415),
    ("application/json", 415), ("multipart/form-data; boundary=x; boundary=y", None)])
def test_a_body_of_another_kind_is_refused(ada, leaves_nothing, kind, status):
    reply = send(ada, part('form-data; name="sample"; filename="x"'), kind)
    assert reply.status == status or (status is None and reply.status in (400, 415)), reply


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "99999999999999999999", "10, 10", ""])
def test_a_wrong_length_is_refused(box, leaves_nothing, length):
    with clients.connect(box.clean) as raw:
        raw.sendall(raw_head(box, length))
        assert raw.recv(4096).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 "))


def test_a_length_that_is_too_short_is_an_unfinished_form(box, leaves_nothing):
    body = part('form-data; name="sample"; filename="x"', b"x" * 1000) + END
    with clients.connect(box.clean) as raw:
        raw.sendall(raw_head(box, len(body) - 5, more="Connection: close\r\n") + body)
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("how", ["closed", "reset", "half closed"])
def test_an_upload_that_breaks_off_leaves_nothing(box, leaves_nothing, how):
    body = part('form-data; name="sample"; filename="x"', b"broken" * 200000) + END
    raw = clients.connect(box.clean)
    raw.sendall(raw_head(box, len(body)) + body[:600000])
    incoming = box.state / "samples" / "incoming"
    wait_for(lambda: list(incoming.iterdir()), "the upload being under way")
    if how == "reset":
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    if how == "half closed":
        with contextlib.suppress(OSError, ssl.SSLError):
            raw.unwrap()
    raw.close()
    wait_for(lambda: not list(incoming.iterdir()), "what came being removed")


def test_an_upload_that_is_too_slow_is_given_up(box, leaves_nothing):
    body = part('form-data; name="sample"; filename="x"', b"slow" * 200000) + END
    with clients.connect(box.clean) as raw:
        raw.sendall(raw_head(box, len(body)) + body[:3000])
        began = time.monotonic()
        while raw.recv(4096):
            pass
        assert time.monotonic() - began < 50
    wait_for(lambda: not list((box.state / "samples" / "incoming").iterdir()), "what came being removed")


def test_an_upload_does_not_keep_the_daemon_from_ending(daemon, authority):
    ada = begin(with_users(daemon, authority), authority)["ada"]
    kept = ada.submit(b"kept")
    body = part('form-data; name="sample"; filename="x"', b"x" * 2000000) + END
    with clients.connect(daemon.clean) as raw:
        raw.sendall(raw_head(daemon, len(body)) + body[:1000000])
        wait_for(lambda: list((daemon.state / "samples" / "incoming").iterdir()), "the upload being under way")
        daemon.restart()
    assert set(stored(daemon)) == {kept["sha256"]}


def test_after_all_that_it_serves_as_before(ada):
    data = ada.submit(b"still there")
    assert ada.data(f"/api/v2/samples/{data['id']}")["sha256"] == digests(b"still there")["sha256"]
