"""HTTP/1.1 as bytes on the wire: what RFC 9110 and 9112 ask, and nothing ambiguous."""

import contextlib
import email.utils
import hashlib
import json
import os
import re
import socket
import time

import pytest

import clients
from api import initial_password
from clients import Http, get
from daemon import Daemon, overwrite, wait_for

HOST = "Host: gw.example.test\r\n"
TEXT = b"".join(b"line %d\n" % n for n in range(1000))
SECRET = b"not for the world"


def fill(daemon):
    """A folder with files, and things beside and in it that must not be reached."""
    folder = daemon.folder / "www"
    daemon.settings("clean")["files"] = str(folder)
    overwrite(folder / "text.txt", TEXT, 0o644)
    overwrite(folder / "page.html", "<p>page</p>", 0o644)
    overwrite(folder / "a b+c%.txt", "odd name", 0o644)
    overwrite(folder / "empty.bin", b"", 0o644)
    overwrite(folder / "large.bin", os.urandom(1 << 20) * 8, 0o644)
    overwrite(folder / "listed/index.html", "<p>index</p>", 0o644)
    overwrite(folder / "bare/inner.txt", "inner", 0o644)
    overwrite(daemon.folder / "secret.txt", SECRET, 0o644)
    (folder / "out.txt").symlink_to("../secret.txt")
    (folder / "absolute.txt").symlink_to(daemon.folder / "secret.txt")
    (folder / "outside").symlink_to("..")
    os.mkfifo(folder / "pipe")
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def configure(daemon):
    fill(daemon)


@pytest.fixture
def clean(shared_daemon):
    return shared_daemon.clean


@pytest.fixture
def http(clean):
    with Http.to(clean) as made:
        yield made


def expect_proper(response):
    """What every response holds, whatever it says."""
    assert response["date"] and email.utils.parsedate_to_datetime(response["date"])
    assert response["x-content-type-options"] == "nosniff"
    assert "unsafe-inline" not in (response["content-security-policy"] or "")
    assert not re.search(r"\d", response["server"] or "")
    assert response["strict-transport-security"] is None


# ---- what is there without a folder


def test_healthz_says_ok(shared_daemon):
    for door in shared_daemon.doors.values():
        response = get(door, "/healthz")
        assert response.status == 200
        assert response.body == b'{"status":"ok"}'
        assert response["content-type"].startswith("application/json")
        expect_proper(response)


def test_an_error_is_a_problem_document_with_a_code(clean):
    response = get(clean, "/nothing/here")
    assert response.status == 404
    assert response["content-type"].startswith("application/problem+json")
    problem = json.loads(response.body)
    assert re.fullmatch(r"[a-z_]+", problem["code"]) and problem["status"] == 404
    expect_proper(response)


def test_a_wrong_method_is_405_with_allow(clean):
    for method in ("POST", "PUT", "DELETE"):
        response = get(clean, "/healthz", method=method)
        assert response.status == 405
        assert "GET" in response["allow"] and "HEAD" in response["allow"]


def test_an_unknown_method_is_refused_and_ends_nothing_else(clean):
    assert get(clean, "/healthz", method="BREW").status in (405, 501)
    assert get(clean, "/healthz", method="get").status in (400, 405, 501)
    assert get(clean, "/healthz").status == 200


def test_hsts_is_sent_only_when_it_is_configured_and_no_door_of_that_name_is_self_signed(daemon, authority):
    daemon.configuration["hsts_seconds"] = 86400
    daemon.clean.place(authority.issue())
    daemon.start()
    assert get(daemon.admin, "/")["strict-transport-security"] is None  # self-signed
    assert "max-age=86400" in get(daemon.clean, "/")["strict-transport-security"]
    daemon.settings("admin")["hostname"] = daemon.clean.hostname  # one name, and one of its doors is self-signed
    daemon.hang_up()
    assert get(daemon.clean, "/")["strict-transport-security"] is None
    daemon.admin.place(authority.issue())
    daemon.hang_up()
    assert "max-age=86400" in get(daemon.clean, "/")["strict-transport-security"]


# ---- connections


def test_a_connection_is_kept_for_more_requests(http):
    for _ in range(5):
        assert http.request("/healthz").status == 200
    assert http.request("/nothing").status == 404
    assert http.request("/healthz").status == 200


def test_a_connection_is_closed_where_the_client_asks_for_it(http):
    response = http.request("/healthz", fields={"Connection": "close"})
    assert response.status == 200 and response["connection"] == "close"
    assert http.ended()


def test_http_1_0_is_answered_and_closed(http):
    http.send("GET /healthz HTTP/1.0\r\n\r\n")
    assert http.receive().body == b'{"status":"ok"}'
    assert http.ended()


def test_http_1_0_may_ask_to_keep_the_connection(http):
    for _ in range(2):
        http.send("GET /healthz HTTP/1.0\r\n" + HOST + "Connection: keep-alive\r\n\r\n")
        response = http.receive()
        assert response.status == 200
        if (response["connection"] or "").lower() != "keep-alive":
            assert http.ended()
            return


def test_pipelined_requests_are_answered_in_order(http):
    paths = ["/healthz", "/text.txt", "/nothing", "/page.html"] * 25
    http.send("".join(f"GET {path} HTTP/1.1\r\n{HOST}\r\n" for path in paths))
    for path in paths:
        response = http.receive()
        expected = {"/healthz": b'{"status":"ok"}', "/text.txt": TEXT, "/page.html": b"<p>page</p>"}
        assert response.status == (404 if path == "/nothing" else 200)
        assert path == "/nothing" or response.body == expected[path]


def test_a_request_that_comes_byte_by_byte_is_answered(http):
    for byte in f"GET /healthz?a=b HTTP/1.1\r\n{HOST}X-A: b\r\n\r\n":
        http.send(byte)
    assert http.receive().status == 200


def test_head_answers_as_get_does_without_the_body(http):
    for path in ("/healthz", "/text.txt", "/nothing", "/"):
        got = http.request(path)
        head = http.request(path, "HEAD")
        assert head.status == got.status
        assert [f for f in head.fields if f[0] != "date"] == [f for f in got.fields if f[0] != "date"]
        assert int(head["content-length"]) == len(got.body)
    assert http.request("/healthz").status == 200


def test_an_absolute_target_is_understood(http):
    http.send(f"GET https://gw.example.test/healthz HTTP/1.1\r\n{HOST}\r\n")
    assert http.receive().body == b'{"status":"ok"}'


def test_empty_lines_before_a_request_are_skipped(http):
    http.send("\r\n\r\nGET /healthz HTTP/1.1\r\n" + HOST + "\r\n")
    assert http.receive().status == 200


def test_a_path_is_found_whatever_its_query(clean):
    assert get(clean, "/text.txt?v=1").body == TEXT
    assert get(clean, "/healthz?x=/../..").status == 200


# ---- bodies


def test_a_client_that_expects_continue_gets_it_or_the_answer_at_once(http):
    http.send("POST /healthz HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    response = http.receive()
    if response.status == 100:
        http.send("hello")
        response = http.receive()
    assert response.status == 405
    http.send("" if response["connection"] == "close" else f"GET /healthz HTTP/1.1\r\n{HOST}\r\n")
    assert http.ended() if response["connection"] == "close" else http.receive().status in (200, 400)


def test_an_unknown_expectation_is_417(http):
    assert http.request("/healthz", fields={"Expect": "something-else"}).status == 417


BODIES = {
    "of a known length": ({"Content-Length": "5"}, "hello"),
    "in chunks": ({"Transfer-Encoding": "chunked"}, "5\r\nhello\r\n0\r\n\r\n"),
    "in chunks with extensions and trailers":
        ({"Transfer-Encoding": "chunked"}, "5;a=b;c=\"d\"\r\nhello\r\n0\r\nX-Trailer: yes\r\n\r\n"),
    "in chunks with the coding in capitals": ({"Transfer-Encoding": "Chunked"}, "005\r\nhello\r\n000\r\n\r\n"),
    "that looks like a request": ({"Content-Length": "39"}, "GET /text.txt HTTP/1.1\r\nHost: gw.example\r\n"[:39]),
}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("form", BODIES)
def test_a_body_is_never_taken_for_the_next_request(clean, form, method):
    fields, body = BODIES[form]
    with Http.to(clean) as http:
        response = http.request("/healthz", method, fields, body.encode())
        assert response.status in ((405,) if method == "POST" else (200, 400, 413))
        if response["connection"] == "close":
            assert http.ended()
        else:
            assert http.request("/nothing").status == 404
            assert http.request("/healthz").status == 200


def test_a_body_over_the_limit_is_413_before_it_is_sent(clean):
    for fields in ({"Content-Length": str(50 << 20)}, {"Content-Length": str(50 << 20), "Expect": "100-continue"}):
        with Http.to(clean) as http:
            assert http.request("/healthz", "POST", fields).status == 413
            assert http.ended()


def test_a_chunked_body_without_end_is_cut_off(clean):
    with Http.to(clean) as http:
        http.send("POST /healthz HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 200 << 20:
                http.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
        except OSError:
            pass
        assert sent < 200 << 20


# ---- bodies that are wanted: signing in at the admin door

ADMIN_HOST = "Host: ops.example.test\r\n"


@pytest.fixture
def admin_http(shared_daemon):
    with Http.to(shared_daemon.admin) as made:
        yield made


@pytest.fixture
def sign_in_body(shared_daemon):
    return json.dumps({"username": "admin", "password": initial_password(shared_daemon)}).encode()


def sign_in_head(*lines):
    fields = "".join(f"{line}\r\n" for line in ("Content-Type: application/json", *lines))
    return f"POST /api/v1/session HTTP/1.1\r\n{ADMIN_HOST}{fields}\r\n"


def in_chunks(body, size, extension="", trailer=""):
    chunks = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(c), extension.encode(), c) for c in chunks) + \
        f"0\r\n{trailer}\r\n".encode()


def expect_signed_in_and_kept(http):
    response = http.receive()
    assert response.status == 200 and json.loads(response.body)["username"] == "admin", response
    assert response["connection"] != "close"
    assert http.request("/healthz", host="ops.example.test").body == b'{"status":"ok"}'


@pytest.mark.parametrize("chunked", [False, True], ids=["of a known length", "in chunks"])
def test_a_body_that_is_wanted_is_asked_for_with_100_and_then_taken(admin_http, sign_in_body, chunked):
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(sign_in_body)}"
    admin_http.send(sign_in_head(framing, "Expect: 100-continue"))
    asked = admin_http.receive()
    assert (asked.status, asked.fields) == (100, []), "before anything of the body was sent"
    admin_http.send(in_chunks(sign_in_body, 7) if chunked else sign_in_body)
    expect_signed_in_and_kept(admin_http)


def test_a_body_is_not_asked_for_where_the_client_does_not_wait_to_be(admin_http, sign_in_body):
    admin_http.send(sign_in_head(f"Content-Length: {len(sign_in_body)}"), sign_in_body)
    expect_signed_in_and_kept(admin_http)


@pytest.mark.parametrize("field, size, extension, trailer", [
    ("Transfer-Encoding: chunked", 10000, "", ""),
    ("Transfer-Encoding: chunked", 1, "", ""),
    ("transfer-encoding: Chunked", 5, ";a=b;c=\"d\"", "X-Trailer: yes\r\n"),
], ids=["in one chunk", "in a chunk for each byte", "with extensions and a trailer"])
def test_a_chunked_body_is_put_together_and_the_connection_kept(admin_http, sign_in_body, field, size, extension,
                                                                trailer):
    admin_http.send(sign_in_head(field), in_chunks(sign_in_body, size, extension, trailer))
    expect_signed_in_and_kept(admin_http)


def test_a_chunked_body_that_comes_byte_by_byte_is_put_together(admin_http, sign_in_body):
    admin_http.send(sign_in_head("Transfer-Encoding: chunked"))
    for byte in in_chunks(sign_in_body, 20, ";a=b", "X-Trailer: yes\r\n"):
        admin_http.send(bytes([byte]))
    expect_signed_in_and_kept(admin_http)


def test_the_next_request_begins_right_behind_a_chunked_body(admin_http, sign_in_body):
    head = sign_in_head("Transfer-Encoding: chunked")
    admin_http.send(head, in_chunks(b"{}", 1), head, in_chunks(sign_in_body, 10))
    assert admin_http.receive().status == 422, "{} lacks members, but it is JSON"
    expect_signed_in_and_kept(admin_http)


# ---- refusals

AMBIGUOUS = {
    "two lengths that differ": f"GET / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "two lengths that agree": f"GET / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": f"GET / HTTP/1.1\r\n{HOST}Content-Length: 5, 5\r\n\r\nhello",
    "a length and chunks": f"POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    **{f"the length {length!r}": f"POST / HTTP/1.1\r\n{HOST}Content-Length: {length}\r\n\r\nhello"
       for length in ("+5", "-5", "0x5", "5 5", "5.0", "", "five", "99999999999999999999999", "5\t6")},
    "chunked twice": f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked in two fields":
        f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": f"POST / HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded line": f"GET / HTTP/1.1\r\n{HOST}X-A: b\r\n c\r\n\r\n",
    "a folded line with a tab": f"GET / HTTP/1.1\r\n{HOST}X-A: b\r\n\tc\r\n\r\n",
    "a folded first line": f"GET / HTTP/1.1\r\n {HOST}\r\n",
    "a folded Transfer-Encoding": f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": f"GET / HTTP/1.1\r\n{HOST}X-A : b\r\n\r\n",
    "tab before the colon": f"GET / HTTP/1.1\r\n{HOST}Content-Length\t: 5\r\n\r\nhello",
    "a field without a colon": f"GET / HTTP/1.1\r\n{HOST}nonsense\r\n\r\n",
    "a field without a name": f"GET / HTTP/1.1\r\n{HOST}: b\r\n\r\n",
    "a name that is no token": f"GET / HTTP/1.1\r\n{HOST}X(A): b\r\n\r\n",
    "a name with a letter that is not ASCII": f"GET / HTTP/1.1\r\n{HOST}X-\xc4: b\r\n\r\n",
    **{f"byte {code:#04x} in a value": f"GET / HTTP/1.1\r\n{HOST}X-A: b{chr(code)}c\r\n\r\n"
       for code in (0x00, 0x01, 0x08, 0x0b, 0x0c, 0x0d, 0x1b, 0x7f)},
    "a bare line feed in a value": f"GET / HTTP/1.1\r\n{HOST}X-A: b\nX-C: d\r\n\r\n",
    "bare line feeds all through": "GET / HTTP/1.1\nHost: gw.example.test\n\n",
    "a bare line feed after the request line": f"GET / HTTP/1.1\n{HOST}\r\n",
    "a bare line feed at the end of the header": f"GET / HTTP/1.1\r\n{HOST}X-A: b\r\n\n",
    "no Host": "GET / HTTP/1.1\r\n\r\n",
    "two Hosts": f"GET / HTTP/1.1\r\n{HOST}Host: other.example.test\r\n\r\n",
    "the same Host twice": f"GET / HTTP/1.1\r\n{HOST}{HOST}\r\n",
    **{f"the Host {host!r}": f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"
       for host in ("a b", "user@gw.example.test", "gw.example.test/", "gw.example.test:port", "a,b", "gw\\test",
                    "[::1", "gw.example.test:1:2")},
    "a target that is no path": f"GET healthz HTTP/1.1\r\n{HOST}\r\n",
    "a target with a space": f"GET /a b HTTP/1.1\r\n{HOST}\r\n",
    "a target with a control character": f"GET /a\x01b HTTP/1.1\r\n{HOST}\r\n",
    "a target with a byte that is not ASCII": f"GET /\xe4 HTTP/1.1\r\n{HOST}\r\n",
    "no target": f"GET HTTP/1.1\r\n{HOST}\r\n",
    "no version": f"GET /\r\n{HOST}\r\n",
    "two spaces in the request line": f"GET  / HTTP/1.1\r\n{HOST}\r\n",
    "a tab in the request line": f"GET\t/ HTTP/1.1\r\n{HOST}\r\n",
    "a space after the version": f"GET / HTTP/1.1 \r\n{HOST}\r\n",
    "a space before the method": f" GET / HTTP/1.1\r\n{HOST}\r\n",
    "a version in small letters": f"GET / http/1.1\r\n{HOST}\r\n",
    "a version without a dot": f"GET / HTTP/11\r\n{HOST}\r\n",
    "a version of three digits": f"GET / HTTP/1.10\r\n{HOST}\r\n",
    "a method that is no token": f"G@T / HTTP/1.1\r\n{HOST}\r\n",
}


def expect_refused(http, statuses):
    """One answer with such a status, then the end: what follows is never taken for a request."""
    response = http.receive()
    assert response.status in statuses, response
    assert response["connection"] == "close"
    assert http.ended()


@pytest.mark.parametrize("request_name", AMBIGUOUS)
def test_what_is_ambiguous_is_refused_and_the_connection_ends(http, request_name):
    http.send(AMBIGUOUS[request_name], f"GET /healthz HTTP/1.1\r\n{HOST}\r\n")
    expect_refused(http, (400,))


@pytest.mark.parametrize("coding", ["identity", "gzip", "gzip, chunked", "chunked, gzip", "chunked;q=1", "xchunked",
                                    "chunked,", "\x0bchunked", '"chunked"'])
def test_a_transfer_coding_but_one_final_chunked_is_refused(http, coding):
    http.send(f"POST /healthz HTTP/1.1\r\n{HOST}Transfer-Encoding: {coding}\r\n\r\n0\r\n\r\n",
              f"GET /healthz HTTP/1.1\r\n{HOST}\r\n")
    expect_refused(http, (400, 501))


BAD_CHUNKS = [
    "g\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n",
    " 5\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "5\r\nhelloX\r\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "5;\x01\r\nhello\r\n0\r\n\r\n", "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n", "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
    "5 \x0b\r\nhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("chunks", BAD_CHUNKS)
def test_a_bad_chunk_is_refused_and_the_connection_ends(clean, chunks):
    # The route takes no body, so the server may answer before it reads one; then it must end the connection unread.
    with Http.to(clean) as http:
        http.send(f"POST /healthz HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n", chunks,
                  f"GET /healthz HTTP/1.1\r\n{HOST}\r\n")
        assert http.receive().status in (400, 405, 413)
        assert http.ended()


@pytest.mark.parametrize("chunks", BAD_CHUNKS)
def test_a_bad_chunk_of_a_body_that_is_wanted_is_400_and_the_connection_ends(admin_http, chunks):
    admin_http.send(sign_in_head("Transfer-Encoding: chunked"), chunks, f"GET /healthz HTTP/1.1\r\n{ADMIN_HOST}\r\n")
    expect_refused(admin_http, (400,))


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/3.0", "HTTP/0.9"])
def test_another_version_is_505(http, version):
    http.send(f"GET / {version}\r\n{HOST}\r\n")
    expect_refused(http, (505,))


def test_a_header_over_the_limit_is_431(clean):
    for filler in (f"X-A: {'a' * 20000}\r\n", "".join(f"X-{n}: aaaaaaaaaa\r\n" for n in range(1500))):
        with Http.to(clean) as http:
            http.send(f"GET /healthz HTTP/1.1\r\n{HOST}{filler}\r\n")
            expect_refused(http, (431,))
    with Http.to(clean) as http:
        assert http.request("/healthz", fields={"X-A": "a" * 15000}).status == 200


def test_a_target_over_the_limit_is_414_or_431(http):
    http.send(f"GET /{'a' * 40000} HTTP/1.1\r\n{HOST}\r\n")
    expect_refused(http, (414, 431))


def test_a_header_without_end_is_cut_off(clean):
    with Http.to(clean) as http:
        http.send(f"GET /healthz HTTP/1.1\r\n{HOST}")
        sent = 0
        try:
            while sent < 50 << 20:
                http.send("X-A: " + "a" * 8000 + "\r\n")
                sent += 8000
        except OSError:
            pass
        assert sent < 50 << 20


def test_plain_http_on_a_tls_port_harms_nobody(clean):
    for garbage in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 1000, b"\x16\x03\x01\x40\x00" + b"\xff" * 70000,
                    b"\x80\x2e\x01\x03\x01", b""):
        with socket.create_connection(("127.0.0.1", clean.port), clients.TIMEOUT) as raw:
            with contextlib.suppress(OSError):  # the server may have gone already
                raw.sendall(garbage)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
    assert get(clean, "/healthz").status == 200


def test_clients_that_leave_in_the_middle_harm_nobody(clean):
    for part in ("", "GET", f"GET /large.bin HTTP/1.1\r\n{HOST}", f"GET /large.bin HTTP/1.1\r\n{HOST}\r\n",
                 f"POST /healthz HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nhe"):
        for _ in range(5):
            with Http.to(clean) as http:
                http.send(part)
                http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert get(clean, "/healthz").status == 200


# ---- files


def test_files_are_served_whole_with_their_type(shared_daemon, clean):
    for name, kind in (("text.txt", "text/plain"), ("page.html", "text/html"), ("empty.bin", None),
                       ("large.bin", "application/octet-stream")):
        response = get(clean, f"/{name}")
        assert response.status == 200
        assert hashlib.sha256(response.body).digest() == \
            hashlib.sha256((shared_daemon.folder / "www" / name).read_bytes()).digest()
        assert kind is None or response["content-type"].startswith(kind)
        assert "sandbox" in response["content-security-policy"]
        expect_proper(response)


def test_a_percent_encoded_name_is_decoded_once(clean):
    assert get(clean, "/a%20b+c%25.txt").body == b"odd name"
    assert get(clean, "/a%2520b+c%2525.txt").status == 404
    assert get(clean, "/te%78t.txt").body == TEXT


def test_a_folder_shows_its_index_and_never_a_listing(clean):
    assert get(clean, "/listed/").body == b"<p>index</p>"
    assert get(clean, "/listed").status in (301, 308, 404)
    for path in ("/bare/", "/bare", "/"):
        response = get(clean, path)
        assert b"inner.txt" not in response.body and b"text.txt" not in response.body
        assert response.status in (404, 301, 308) or path == "/"


@pytest.mark.parametrize("path", [
    "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt", "/bare/../../secret.txt",
    "/bare/%2e%2e/%2e%2e/secret.txt", "/./../secret.txt", "//../secret.txt", "/..%5csecret.txt", "/..\\secret.txt",
    "/%252e%252e/secret.txt", "/out.txt", "/absolute.txt", "/outside/secret.txt", "/outside/",
    "/text.txt/../../secret.txt",
    "/.%00./secret.txt", "/%00", "/text.txt%00.html", "/pipe", "/%2fetc/passwd", "//etc/passwd", "/bare%2finner.txt",
    "/%c0%ae%c0%ae/secret.txt", "/..;/secret.txt", "/%zz", "/%", "/%4", "/text.txt/", "/" + "a" * 5000,
    "/" + "a/" * 2000,
])
def test_there_is_no_way_out_of_the_folder(clean, path):
    response = get(clean, path)
    assert response.status in (400, 403, 404, 414), response
    assert SECRET not in response.body and b"root:" not in response.body
    assert get(clean, "/healthz").status == 200


@pytest.mark.parametrize("wanted, first, last", [
    ("bytes=0-9", 0, 9), ("bytes=10-", 10, len(TEXT) - 1), ("bytes=-7", len(TEXT) - 7, len(TEXT) - 1),
    ("bytes=0-0", 0, 0), ("bytes=5-999999999", 5, len(TEXT) - 1), ("bytes=-999999999", 0, len(TEXT) - 1),
])
def test_a_range_of_a_file_is_206(http, wanted, first, last):
    response = http.request("/text.txt", fields={"Range": wanted})
    assert response.status == 206
    assert response["content-range"] == f"bytes {first}-{last}/{len(TEXT)}"
    assert response.body == TEXT[first:last + 1]
    assert http.request("/text.txt")["accept-ranges"] == "bytes"


@pytest.mark.parametrize("wanted", ["bytes=999999-", "bytes=999999-9999999", "bytes=-0"])
def test_a_range_beyond_the_file_is_416_with_its_size(http, wanted):
    response = http.request("/text.txt", fields={"Range": wanted})
    assert response.status == 416
    assert response["content-range"] == f"bytes */{len(TEXT)}"
    assert http.request("/healthz").status == 200


@pytest.mark.parametrize("wanted", ["lines=0-9", "bytes=9-0", "bytes=a-b", "bytes", "bytes=", "bytes=0-9,20-29"])
def test_a_range_that_is_not_understood_is_left_out_of_account(http, wanted):
    response = http.request("/text.txt", fields={"Range": wanted})
    assert response.status in (200, 206, 400, 416)
    assert response.status != 200 or response.body == TEXT
    assert response.status != 206 or "," in wanted
    assert http.request("/healthz").status == 200


def test_a_range_of_another_version_of_the_file_is_answered_whole(http):
    now = http.request("/text.txt")
    for version in ('"another"', "Thu, 01 Jan 1970 00:00:00 GMT"):
        assert http.request("/text.txt", fields={"Range": "bytes=0-9", "If-Range": version}).body == TEXT
    assert http.request("/text.txt", fields={"Range": "bytes=0-9", "If-Range": now["etag"]}).status in (200, 206)


def test_a_file_that_has_not_changed_is_304(http):
    first = http.request("/text.txt")
    for fields in ({"If-None-Match": first["etag"]}, {"If-None-Match": f'"x", {first["etag"]}'},
                   {"If-None-Match": "*"}, {"If-Modified-Since": first["last-modified"]},
                   {"If-None-Match": first["etag"], "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
        for method in ("GET", "HEAD"):
            response = http.request("/text.txt", method, fields)
            assert (response.status, response.body) == (304, b""), fields
            assert response["etag"] == first["etag"]


def test_a_file_that_has_changed_is_sent(http):
    for fields in ({"If-None-Match": '"another"'}, {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
                   {"If-None-Match": '"another"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
                   {"If-Modified-Since": "no date"}):
        response = http.request("/text.txt", fields=fields)
        assert (response.status, response.body) == (200, TEXT), fields


def test_a_condition_that_does_not_hold_is_412(http):
    for fields in ({"If-Match": '"another"'}, {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
        assert http.request("/text.txt", fields=fields).status == 412
    etag = http.request("/text.txt")["etag"]
    for fields in ({"If-Match": "*"}, {"If-Unmodified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
                   *([{"If-Match": etag}] if not etag.startswith("W/") else [])):
        assert http.request("/text.txt", fields=fields).status == 200


def test_a_changed_file_is_served_anew_and_a_removed_one_is_gone(shared_daemon, clean):
    path = shared_daemon.folder / "www/changing.txt"
    for version in (b"one", b"two two", b"three three"):
        overwrite(path.with_name("new.txt"), version, 0o644)
        os.rename(path.with_name("new.txt"), path)
        wait_for(lambda v=version: get(clean, "/changing.txt").body == v, "the new version")
    path.unlink()
    wait_for(lambda: get(clean, "/changing.txt").status == 404, "the file to be gone")


def test_a_file_that_shrinks_during_a_download_ends_that_download_alone(shared_daemon, clean):
    path = shared_daemon.folder / "www/shrinking.bin"
    size = 64 << 20
    with open(path, "wb") as file:
        file.truncate(size)
    path.chmod(0o644)
    with Http.to(clean) as http:
        http.send(f"GET /shrinking.bin HTTP/1.1\r\n{HOST}\r\n")
        assert http.connection.recv(1000)
        os.truncate(path, 1000)
        assert len(http.rest()) < size
    path.unlink()
    assert get(clean, "/healthz").status == 200


def test_the_other_door_serves_only_its_own_folder(shared_daemon):
    assert get(shared_daemon.admin, "/text.txt").status == 404


# ---- deadlines


@pytest.fixture(scope="module")
def hurried(authority, request):
    """A daemon whose deadlines are a second."""
    made = Daemon()
    request.node.daemons = getattr(request.node, "daemons", []) + [made]
    fill(made)
    made.configuration["limits"] = {"handshake_seconds": 1, "header_seconds": 1, "idle_seconds": 1,
                                    "body_bytes_per_second": 10000000}
    made.start()
    yield made
    made.close()


def test_a_client_that_never_shakes_hands_is_closed(hurried):
    for first in (b"", b"\x16\x03\x01"):
        with socket.create_connection(("127.0.0.1", hurried.clean.port), clients.TIMEOUT) as raw:
            raw.sendall(first)
            with contextlib.suppress(ConnectionError):
                while raw.recv(1000):
                    pass


def test_an_idle_connection_is_closed(hurried):
    with Http.to(hurried.clean) as http:
        assert http.request("/healthz").status == 200
        assert http.ended()


def test_a_header_that_comes_too_slowly_is_cut_off_however_steadily(hurried):
    with Http.to(hurried.clean) as http:
        begun = time.monotonic()
        try:
            http.send(f"GET /healthz HTTP/1.1\r\n{HOST}")
            while time.monotonic() < begun + 60:
                http.send("X-A: b\r\n")
                time.sleep(0.1)  # the slow client's own pace
            raise AssertionError("still open after a minute")
        except OSError:
            pass


def test_a_body_that_comes_too_slowly_is_cut_off(hurried):
    with Http.to(hurried.clean) as http:
        begun = time.monotonic()
        try:
            http.send(f"POST /healthz HTTP/1.1\r\n{HOST}Content-Length: 100000\r\n\r\n")
            while time.monotonic() < begun + 60:
                http.send("x")
                time.sleep(0.1)  # the slow client's own pace
            raise AssertionError("still open after a minute")
        except OSError:
            pass


def test_a_client_that_never_reads_its_download_is_closed(hurried):
    path = hurried.folder / "www/endless.bin"
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    path.chmod(0o644)
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(clients.TIMEOUT)
    raw.connect(("127.0.0.1", hurried.clean.port))
    with Http(clients.ANYONE.wrap_socket(raw, server_hostname="gw.example.test")) as http:
        http.send(f"GET /endless.bin HTTP/1.1\r\n{HOST}\r\n")

        def gone():
            """The server's side of the connection is no longer established."""
            own = http.connection.getsockname()[1]
            for line in open("/proc/net/tcp").readlines()[1:]:
                local, remote, state = line.split()[1:4]
                if int(local.split(":")[1], 16) == hurried.clean.port and int(remote.split(":")[1], 16) == own:
                    return state != "01"
            return True
        wait_for(gone, "the stuck download to be closed", 60)


def test_hurried_deadlines_leave_a_busy_client_alone(hurried):
    with Http.to(hurried.clean) as http:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert http.request("/healthz").status == 200
            time.sleep(0.2)  # the client's own pace
