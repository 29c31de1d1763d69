"""Policies, sessions and what is refused in a handshake."""

import re
import socket
import ssl
import subprocess

import pytest

import clients
from clients import Http
from daemon import overwrite


def s_client(door, *options, stdin="Q\n"):
    """What openssl s_client prints; its security level is lowered so that it offers what a server must refuse."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", "-servername", door.hostname, *options],
        input=stdin, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def shakes_hands(door, *options):
    said = s_client(door, "-cipher", "ALL:@SECLEVEL=0", *options)
    return "Cipher is (NONE)" not in said and "Cipher is " in said


@pytest.mark.parametrize("name", ["clean", "admin"])
def test_tls_1_0_and_1_1_are_refused(shared_daemon, name):
    door = shared_daemon.doors[name]
    assert shakes_hands(door, "-tls1_2") and shakes_hands(door, "-tls1_3")
    assert not shakes_hands(door, "-tls1_1")
    assert not shakes_hands(door, "-tls1")


def test_the_policy_modern_speaks_tls_1_3_only(daemon):
    daemon.settings("admin")["tls"] = {"policy": "modern"}
    daemon.start()
    assert shakes_hands(daemon.admin, "-tls1_3") and not shakes_hands(daemon.admin, "-tls1_2")
    assert shakes_hands(daemon.clean, "-tls1_2")


@pytest.mark.parametrize("kind", ["p-256", "rsa-2048"])
def test_suites_without_forward_secrecy_or_aead_are_refused(shared_daemon, authority, kind):
    shared_daemon.clean.place(pair := authority.issue(kind=kind))
    shared_daemon.clean.wait_served(pair.fingerprint)
    for suite in ("AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256",
                  "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384", "aNULL", "eNULL", "kRSA", "PSK"):
        said = s_client(shared_daemon.clean, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        assert "Cipher is (NONE)" in said or "no cipher match" in said, (suite, said)
    assert shakes_hands(shared_daemon.clean, "-tls1_2")


@pytest.mark.parametrize("conf", ["MinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0",
                                  "MinProtocol = TLSv1.3\nCipherString = DEFAULT:@SECLEVEL=5"])
def test_the_systems_openssl_configuration_has_no_say(daemon, conf):
    path = daemon.folder / "openssl.cnf"
    overwrite(path, "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = own\n[own]\n" + conf + "\n",
              0o644)
    daemon.start(environment={"OPENSSL_CONF": str(path)})
    assert not shakes_hands(daemon.clean, "-tls1") and not shakes_hands(daemon.clean, "-tls1_1")
    assert shakes_hands(daemon.clean, "-tls1_2") and shakes_hands(daemon.clean, "-tls1_3")


@pytest.mark.parametrize("offered, chosen", [(["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), ([], None)])
def test_alpn_chooses_http_1_1(shared_daemon, offered, chosen):
    with clients.connect(shared_daemon.clean, clients.context(alpn=offered)) as connection:
        assert connection.selected_alpn_protocol() == chosen


def test_a_client_that_speaks_only_other_protocols_is_refused(shared_daemon):
    with pytest.raises(ssl.SSLError, match="(?i)application.protocol"):
        clients.connect(shared_daemon.clean, clients.context(alpn=["h2", "smtp"])).close()


@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_x25519_comes_first_and_compression_never(shared_daemon, option):
    said = s_client(shared_daemon.clean, option, "-groups", "P-256:X25519" if option == "-tls1_2" else "X25519:P-256")
    assert "X25519" in said, said
    assert "Compression: NONE" in said or "Compression" not in said, said


def test_a_full_handshake_brings_one_ticket(shared_daemon):
    for door in shared_daemon.doors.values():
        http = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", "-tls1_3", "-ign_eof"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said, _ = http.communicate(
            f"GET /healthz HTTP/1.1\r\nHost: {door.hostname}\r\nConnection: close\r\n\r\n", timeout=60)
        assert said.count("New Session Ticket arrived") == 1, said


def test_renegotiation_is_refused(shared_daemon):
    said = s_client(shared_daemon.clean, "-tls1_2", stdin="R\nQ\n")
    assert "RENEGOTIATING" in said
    # A second handshake would print the chain's verification once more.
    assert len(re.findall(r"^depth=", said.split("RENEGOTIATING")[1], re.M)) == 0, said
    assert clients.get(shared_daemon.clean, "/healthz").status == 200


def test_an_unknown_or_missing_server_name_is_served_all_the_same(shared_daemon):
    shown = shared_daemon.clean.served()
    for name in (None, "something.else.test"):
        raw = socket.create_connection(("127.0.0.1", shared_daemon.clean.port), clients.TIMEOUT)
        with clients.ANYONE.wrap_socket(raw, server_hostname=name) as connection:
            assert clients.fingerprint(connection) == shown


# ---- sessions

VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])


def visit(door, settings, session=None):
    """One request on a new connection: was the session resumed, what certificate is held, and the new session."""
    with Http(clients.connect(door, settings, session)) as http:
        assert http.request("/healthz", host=door.hostname).status == 200
        return http.connection.session_reused, clients.fingerprint(http.connection), http.connection.session


@VERSIONS
def test_a_session_is_resumed_at_its_own_door_by_whichever_worker(shared_daemon, version):
    settings = clients.context(version=version)
    for door in shared_daemon.doors.values():
        reused, _, session = visit(door, settings)
        assert not reused
        for _ in range(12):
            reused, _, session = visit(door, settings, session)
            assert reused


@VERSIONS
def test_a_session_of_one_door_is_worth_nothing_at_the_other(shared_daemon, version):
    settings = clients.context(version=version)
    for here, there in ((shared_daemon.clean, shared_daemon.admin), (shared_daemon.admin, shared_daemon.clean)):
        _, _, session = visit(here, settings)
        for _ in range(6):
            reused, shown, _ = visit(there, settings, session)
            assert not reused
            assert shown == there.served()


@VERSIONS
def test_after_a_change_of_the_certificate_a_returning_browser_is_shown_the_new_one(daemon, authority, version):
    daemon.clean.place(authority.issue())
    daemon.start()
    settings = clients.context(version=version)
    for _ in range(3):
        _, _, session = visit(daemon.clean, settings)
        _, _, admins = visit(daemon.admin, settings)
        pair = authority.issue()
        daemon.mark()
        daemon.clean.place(pair)
        daemon.wait_event("credential.activated", fingerprint_sha256=pair.fingerprint)
        for _ in range(6):
            reused, shown, _ = visit(daemon.clean, settings, session)
            assert not reused and shown == pair.fingerprint
        assert visit(daemon.admin, settings, admins)[0], "the other door's sessions go on"


@VERSIONS
def test_a_pair_that_is_refused_costs_no_session(daemon, authority, version):
    daemon.clean.place(authority.issue())
    daemon.start()
    settings = clients.context(version=version)
    _, _, session = visit(daemon.clean, settings)
    daemon.mark()
    overwrite(daemon.clean.certificate, "")
    daemon.wait_event("credential.refused", interface="clean")
    assert visit(daemon.clean, settings, session)[0]


@VERSIONS
def test_sessions_do_not_survive_a_restart(daemon, authority, version):
    daemon.clean.place(authority.issue())
    daemon.start()
    settings = clients.context(version=version)
    _, _, session = visit(daemon.clean, settings)
    daemon.restart()
    assert not visit(daemon.clean, settings, session)[0]
