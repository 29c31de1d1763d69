"""The plain-HTTP port sends visitors to the door's own name, and nothing else."""

import socket

import pytest

import clients
from clients import Http
from daemon import free_port

PORTS = {}


def configure(daemon):
    for name in daemon.doors:
        PORTS[name] = free_port()
        daemon.settings(name)["redirect"] = [f"127.0.0.1:{PORTS[name]}"]
    daemon.configuration["limits"] = {"header_seconds": 2, "idle_seconds": 2}


def plainly(port):
    return Http(socket.create_connection(("127.0.0.1", port), clients.TIMEOUT))


@pytest.fixture
def http(shared_daemon):
    with plainly(PORTS["clean"]) as made:
        yield made


@pytest.mark.parametrize("name", ["clean", "admin"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_are_sent_to_the_doors_own_name_and_port(shared_daemon, name, method):
    door = shared_daemon.doors[name]
    for path in ("/", "/a/b%20c?x=1&y=2"):
        with plainly(PORTS[name]) as http:
            response = http.request(path, method, host="anything.example.test")
            assert response.status == 308
            assert response["location"] == f"https://{door.hostname}:{door.port}{path}"


@pytest.mark.parametrize("target, host", [
    ("/", "evil.example.test"), ("/", "evil.example.test:80"), ("http://evil.example.test/", "gw.example.test"),
    ("//evil.example.test/", "gw.example.test"), ("/\\evil.example.test", "gw.example.test"),
    ("/@evil.example.test/", "gw.example.test"), ("/.evil.example.test", "gw.example.test"),
])
def test_it_never_sends_anyone_where_a_request_says(shared_daemon, http, target, host):
    response = http.request(target, host=host)
    own = f"https://{shared_daemon.clean.hostname}:{shared_daemon.clean.port}/"
    assert response.status == 400 or (response.status == 308 and response["location"].startswith(own))


def test_http_1_0_without_a_host_is_redirected_too(shared_daemon, http):
    http.send("GET /x HTTP/1.0\r\n\r\n")
    response = http.receive()
    assert response.status == 308
    assert response["location"] == f"https://{shared_daemon.clean.hostname}:{shared_daemon.clean.port}/x"


@pytest.mark.parametrize("path, fields", [
    ("/", {"Authorization": "Bearer abc"}), ("/", {"authorization": "Basic YTpi"}), ("/", {"Cookie": "a=b"}),
    ("/?api_key=abc", {}), ("/api/v2/samples?limit=1&api_key=abc", {}), ("/?api%5Fkey=abc", {}),
])
def test_a_secret_sent_in_the_clear_is_403(http, path, fields):
    response = http.request(path, fields=fields)
    assert response.status == 403
    assert response["location"] is None
    assert b"abc" not in response.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT"])
def test_other_methods_are_not_redirected(http, method):
    fields = {"Content-Length": "0"} if method in ("POST", "PUT") else {}
    response = http.request("/", method, fields)
    assert response.status in (400, 403, 405)
    assert response["location"] is None


def test_nothing_is_served_in_the_clear(http):
    response = http.request("/healthz")
    assert response.status == 308
    assert b"ok" not in response.body


@pytest.mark.parametrize("request_text", [
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET /\r\nX-A: b HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
])
def test_what_is_ambiguous_is_refused_here_too(http, request_text):
    http.send(request_text, "GET / HTTP/1.1\r\nHost: gw.example.test\r\n\r\n")
    assert http.receive().status == 400
    assert http.ended()


def test_slow_clients_are_closed_here_too(shared_daemon):
    for text in ("", "GET / HTTP/1.1\r\n"):
        with plainly(PORTS["clean"]) as http:
            http.send(text)
            http.rest()
