"""Too many, too slow, too hungry: the others notice nothing."""

import contextlib
import resource
import socket

import pytest

import clients
from clients import Http, get
from daemon import wait_for

HOST = "Host: gw.example.test\r\n"


def raw(door, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", door.port), clients.TIMEOUT, (source, 0))


def answers(door, source="127.0.0.1"):
    """Whether a new client from that address is served."""
    try:
        with Http(clients.connect(door, source=source)) as http:
            return http.request("/healthz").status == 200
    except OSError:
        return False


@pytest.fixture
def crowd():
    """Connections that are closed at the end, whatever happens."""
    with contextlib.ExitStack() as stack:
        yield stack


def test_one_address_gets_only_its_share_of_connections(daemon, crowd):
    daemon.configuration["limits"] = {"connections_per_address": 20}
    daemon.start()
    for round_number in range(2):
        held = [crowd.enter_context(Http.to(daemon.clean)) for _ in range(20)]
        assert all(http.request("/healthz").status == 200 for http in held)
        assert not answers(daemon.clean)
        assert answers(daemon.clean, "127.0.0.2")
        assert held[0].request("/healthz").status == 200
        for http in held:
            http.connection.close()
        wait_for(lambda: answers(daemon.clean), f"a place to become free (round {round_number})")


def test_all_addresses_together_get_only_so_many_connections(daemon, crowd):
    daemon.configuration["limits"] = {"connections": 30, "connections_per_address": 10}
    daemon.start()
    held = [crowd.enter_context(Http.to(daemon.clean, source=f"127.0.0.{2 + n // 10}")) for n in range(30)]
    assert all(http.request("/healthz").status == 200 for http in held)
    assert not answers(daemon.clean, "127.0.0.9")
    assert held[0].request("/healthz").status == 200
    for http in held:
        http.connection.close()
    wait_for(lambda: answers(daemon.clean, "127.0.0.9"), "a place to become free")


def test_thousands_of_stuck_clients_do_not_stop_the_others_wherever_they_are_stuck(daemon, crowd):
    daemon.configuration["limits"] = {"connections_per_address": 5000, "handshake_seconds": 120, "header_seconds": 120}
    files = daemon.folder / "www"
    files.mkdir(mode=0o755)
    (files / "large.bin").write_bytes(bytes(16 * 1024 * 1024))
    daemon.settings("clean")["files"] = str(files)
    daemon.start()
    stuck = []
    for number in range(1000):
        stuck.append(crowd.enter_context(raw(daemon.clean)))
        if number % 2:
            stuck[-1].sendall(b"\x16\x03\x01\x02\x00")  # half a ClientHello
    for number in range(1000):
        http = crowd.enter_context(Http.to(daemon.clean))
        if number < 20:
            http.send(f"GET /large.bin HTTP/1.1\r\n{HOST}\r\n")  # and never reads it
        elif number < 500:
            http.send(f"POST /healthz HTTP/1.1\r\n{HOST}Content-Length: 50000\r\n\r\nx")
        else:
            http.send(f"GET /healthz HTTP/1.1\r\n{HOST}")
        stuck.append(http)
    for _ in range(50):
        assert get(daemon.clean, "/healthz").status == 200
        assert get(daemon.admin, "/healthz").status == 200
    stuck[-1].send("\r\n")
    assert stuck[-1].receive().status == 200, "they were not stuck but gone"


def test_stuck_clients_do_not_stop_a_new_certificate(daemon, authority, crowd):
    daemon.configuration["limits"] = {"handshake_seconds": 120, "header_seconds": 120}
    daemon.start()
    for _ in range(300):
        crowd.enter_context(raw(daemon.clean))
        crowd.enter_context(Http.to(daemon.clean)).send("GET / HTTP/1.1\r\n")
    for _ in range(3):
        pair = authority.issue()
        daemon.clean.place(pair)
        daemon.clean.wait_served(pair.fingerprint)


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def test_the_accept_loop_survives_running_out_of_descriptors(daemon, crowd):
    daemon.start(preexec_fn=few_descriptors)
    for _ in range(2):
        kept = crowd.enter_context(Http.to(daemon.clean))
        assert kept.request("/healthz").status == 200
        crowding = [raw(daemon.clean) for _ in range(100)]
        assert kept.request("/healthz").status == 200
        for connection in crowding:
            connection.close()
        wait_for(lambda: answers(daemon.clean) and answers(daemon.admin), "both doors to answer again")
        assert kept.request("/healthz").status == 200


def test_a_certificate_that_came_while_descriptors_had_run_out_is_served_afterwards(daemon, authority, crowd):
    daemon.start(preexec_fn=few_descriptors)
    crowding = [raw(daemon.clean) for _ in range(100)]
    pair = authority.issue()
    daemon.mark()
    daemon.clean.place(pair)
    wait_for(lambda: daemon.events(interface="clean"), "the change to be noticed")
    for connection in crowding:
        connection.close()
    daemon.clean.wait_served(pair.fingerprint)
