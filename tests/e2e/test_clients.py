"""The clients that people have connect to both doors and verify."""

import itertools
import json
import os
import re
import ssl
import subprocess
import time
from pathlib import Path

import pytest

import certificates
from api import signed_in_at_clean
from console import Console
from daemon import Daemon

OK = '{"status":"ok"}'


def run(*command, stdin="", **options):
    return subprocess.run([str(c) for c in command], input=stdin, capture_output=True, text=True, timeout=120,
                          **options)


@pytest.fixture(scope="module")
def daemon(request, authority):
    """One door has an ECDSA key and the other an RSA key; every client visits both."""
    made = Daemon()
    request.node.daemons = [made]
    made.clean.place(authority.issue(made.clean.hostname, kind="p-256"))
    made.admin.place(authority.issue(made.admin.hostname, kind="rsa-2048"))
    made.start()
    yield made
    made.close()


@pytest.mark.parametrize("options", [["--tlsv1.3"], ["--tls-max", "1.2"], ["--http1.1"]], ids=" ".join)
def test_curl_connects_and_verifies(daemon, authority, options):
    for door in daemon.doors.values():
        done = run("curl", "-sS", "--cacert", authority.root_file, *options, "--resolve",
                   f"{door.hostname}:{door.port}:127.0.0.1", f"https://{door.hostname}:{door.port}/healthz")
        assert (done.returncode, done.stdout) == (0, OK), done.stderr


def test_curl_does_not_verify_under_another_name_or_root(daemon, authority):
    door = daemon.clean
    resolve = ["--resolve", f"other.example.test:{door.port}:127.0.0.1", "--resolve",
               f"{door.hostname}:{door.port}:127.0.0.1"]
    assert run("curl", "-sS", "--cacert", authority.root_file, *resolve,
               f"https://other.example.test:{door.port}/healthz").returncode == 60
    assert run("curl", "-sS", *resolve, f"https://{door.hostname}:{door.port}/healthz").returncode == 60


def by_gnutls(door, root_file, version, path="/healthz"):
    """What gnutls-cli says of a visit; a system that knows old versions no more is not asked."""
    request = f"GET {path} HTTP/1.1\r\nHost: {door.hostname}\r\nConnection: close\r\n\r\n"
    done = run("gnutls-cli", "127.0.0.1", "--port", door.port, "--sni-hostname", door.hostname, "--verify-hostname",
               door.hostname, "--x509cafile", root_file, "--priority", f"NORMAL:-VERS-ALL:+VERS-{version}",
               "--alpn", "http/1.1", stdin=request, env={**os.environ, "GNUTLS_SYSTEM_PRIORITY_FILE": "/dev/null"})
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", ["TLS1.3", "TLS1.2"])
def test_gnutls_connects_and_verifies(daemon, authority, version):
    for door in daemon.doors.values():
        said = by_gnutls(door, authority.root_file, version)
        assert "The certificate is trusted" in said and "Handshake was completed" in said, said
        assert OK in said, said


def test_openssl_connects_and_verifies(daemon, authority):
    for door in daemon.doors.values():
        done = run("openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", "-servername", door.hostname,
                   "-verify_hostname", door.hostname, "-CAfile", authority.root_file, "-verify_return_error",
                   stdin="Q\n")
        assert "Verify return code: 0 (ok)" in done.stdout, done.stdout + done.stderr


@pytest.fixture(scope="module")
def java(daemon, authority):
    """Visits doors; the options are Java's."""
    compiled = run("javac", "-d", daemon.folder, Path(__file__).with_name("Visit.java"))
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    numbers = itertools.count(1)

    def visit(*doors, options=(), trusting=authority.root_file):
        store = daemon.folder / f"trust{next(numbers)}.p12"
        imported = run("keytool", "-importcert", "-noprompt", "-alias", "root", "-file", trusting, "-keystore", store,
                       "-storepass", "changeit")
        assert imported.returncode == 0, imported.stdout + imported.stderr
        return run("java", f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit",
                   *options, "-cp", daemon.folder, "Visit", *(f"{d.hostname}:{d.port}" for d in doors))
    return visit


def test_java_connects_and_verifies(daemon, java):
    done = java(*daemon.doors.values())
    assert done.returncode == 0 and done.stdout.count(OK) == 2, done.stdout + done.stderr


@pytest.fixture
def old_clients(daemon, authority, java):
    """Of other libraries than the server's own: what each says of a visit, by what it says where it is let in."""
    lifted = daemon.folder / "java.security"
    lifted.write_text("jdk.tls.disabledAlgorithms=\n")

    def by_java(door):
        done = java(door, options=[f"-Djava.security.properties={lifted}", "-Djdk.tls.client.protocols=TLSv1"])
        return done.stdout + done.stderr
    return {"- Description: (TLS1.0-": lambda door: by_gnutls(door, authority.root_file, "TLS1.0"),
            "- Description: (TLS1.1-": lambda door: by_gnutls(door, authority.root_file, "TLS1.1"),
            "TLSv1\n": by_java}


def test_old_clients_of_other_libraries_are_let_in_while_root_lets_them_and_only_at_the_clean_door(daemon, old_clients):
    console = Console(daemon)

    def expect(door, are_let_in):
        for welcome, visit in old_clients.items():
            said = visit(door)
            assert (OK in said) == are_let_in, said
            # Refused by the server, not by a client that speaks none of it.
            assert welcome in said if are_let_in else re.search("protocol[_ ]version", said), said
    expect(daemon.clean, False)
    console.done("tls", "legacy", "enable", "--interface", "clean")
    try:
        expect(daemon.clean, True)
        expect(daemon.admin, False)
    finally:
        console.done("tls", "legacy", "disable", "--interface", "clean")
    expect(daemon.clean, False)


# ---- Test Connection of a device: who am I, with a key, and our certificate as the only anchor


@pytest.fixture(scope="module", params=["issued", "self-signed", "self-signed by somebody"])
def appliance(request, authority):
    """Its clean door, the one file that a device trusts, and the path of the question with a key."""
    made = Daemon()
    request.node.daemons = [made]
    if request.param == "issued":
        made.clean.place(authority.issue(made.clean.hostname))
    if request.param == "self-signed by somebody":
        made.clean.place(certificates.self_signed_as_taught(made.clean.hostname, "rsa:2048"))
    made.start()  # which makes a certificate where there is none
    file = made.folder / "anchor.pem"
    file.write_text(authority.root if request.param == "issued"
                    else ssl.get_server_certificate(("127.0.0.1", made.clean.port)))
    key = signed_in_at_clean(made).get("/api/v1/users/admin/api-key").json["api_key"]
    yield made.clean, file, f"/api/v3/session/whoami?api_key={key}"
    made.close()


def test_a_device_that_trusts_our_certificate_alone_learns_who_it_is_by_curl(appliance):
    door, anchor, path = appliance
    done = run("curl", "-sS", "--cacert", anchor, "--resolve", f"{door.hostname}:{door.port}:127.0.0.1",
               f"https://{door.hostname}:{door.port}{path}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["login"] == "admin"


@pytest.mark.parametrize("version", ["TLS1.3", "TLS1.2"])
def test_a_device_that_trusts_our_certificate_alone_learns_who_it_is_by_gnutls(appliance, version):
    door, anchor, path = appliance
    said = by_gnutls(door, anchor, version, path)
    assert "The certificate is trusted" in said and "HTTP/1.1 200" in said and '"login":"admin"' in said, said


def test_a_device_that_trusts_our_certificate_alone_learns_who_it_is_by_java(appliance, java):
    door, anchor, path = appliance
    done = java(door, options=[f"-Dpath={path}"], trusting=anchor)
    assert done.returncode == 0 and "HTTP/1.1 200" in done.stdout and '"login":"admin"' in done.stdout, \
        done.stdout + done.stderr


def test_a_device_that_trusts_another_certificate_learns_nothing(appliance, java):
    door, anchor, path = appliance
    other = certificates.self_signed_as_taught(door.hostname, "rsa:2048")
    file = anchor.with_name("other.pem")
    file.write_text(other.leaf)
    assert run("curl", "-sS", "--cacert", file, "--resolve", f"{door.hostname}:{door.port}:127.0.0.1",
               f"https://{door.hostname}:{door.port}{path}").returncode == 60
    assert "login" not in by_gnutls(door, file, "TLS1.3", path)
    done = java(door, options=[f"-Dpath={path}"], trusting=file)
    assert done.returncode != 0 and "login" not in done.stdout


def chromium(daemon, authority, door, path, known=True):
    """What Chromium shows of a page: its DOM. `known`: whether the browser trusts the authority."""
    home = daemon.folder / f"home-{'known' if known else 'unknown'}"
    base = home / ".pki/nssdb"
    if not base.exists():
        base.mkdir(parents=True)
        run("certutil", "-N", "-d", f"sql:{base}", "--empty-password")
        if known:
            added = run("certutil", "-A", "-d", f"sql:{base}", "-n", "root", "-t", "C,,", "-i", authority.root_file)
            assert added.returncode == 0, added.stderr
    profile = home / f"profile-{door.name}-{time.monotonic_ns()}"
    return run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync",
               f"--user-data-dir={profile}", f"--host-resolver-rules=MAP {door.hostname} 127.0.0.1, MAP * ~NOTFOUND",
               "--dump-dom", f"https://{door.hostname}:{door.port}{path}", env={**os.environ, "HOME": str(home)})


def test_chromium_connects_and_verifies(daemon, authority):
    door = daemon.clean
    done = chromium(daemon, authority, door, "/")
    assert 'data-door="clean"' in done.stdout and door.hostname in done.stdout, done.stdout + done.stderr
    done = chromium(daemon, authority, daemon.admin, "/")
    assert "<title>Administration" in done.stdout, done.stdout + done.stderr


def test_chromium_does_not_show_a_door_whose_root_it_does_not_know(daemon, authority):
    done = chromium(daemon, authority, daemon.clean, "/healthz", known=False)
    assert OK not in done.stdout, done.stdout
