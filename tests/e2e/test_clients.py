"""The clients that people have connect to both doors and verify."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("priority", ["NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"])
def test_gnutls_connects_and_verifies(daemon, authority, priority):
    for door in daemon.doors.values():
        request = f"GET /healthz HTTP/1.1\r\nHost: {door.hostname}\r\nConnection: close\r\n\r\n"
        done = run("gnutls-cli", "127.0.0.1", "--port", door.port, "--sni-hostname", door.hostname, "--verify-hostname",
                   door.hostname, "--x509cafile", authority.root_file, "--priority", priority, "--alpn", "http/1.1",
                   stdin=request)
        said = done.stdout + done.stderr
        assert "The certificate is trusted" in said and "Handshake was completed" in said, said
        assert OK in said, said


def test_openssl_connects_and_verifies(daemon, authority):
    for door in daemon.doors.values():
        done = run("openssl", "s_client", "-connect", f"127.0.0.1:{door.port}", "-servername", door.hostname,
                   "-verify_hostname", door.hostname, "-CAfile", authority.root_file, "-verify_return_error",
                   stdin="Q\n")
        assert "Verify return code: 0 (ok)" in done.stdout, done.stdout + done.stderr


def test_java_connects_and_verifies(daemon, authority):
    store = daemon.folder / "trust.p12"
    imported = run("keytool", "-importcert", "-noprompt", "-alias", "root", "-file", authority.root_file, "-keystore",
                   store, "-storepass", "changeit")
    assert imported.returncode == 0, imported.stdout + imported.stderr
    done = run("java", f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit",
               Path(__file__).with_name("Visit.java"), *(f"{d.hostname}:{d.port}" for d in daemon.doors.values()))
    assert done.returncode == 0 and done.stdout.count(OK) == 2, done.stdout + done.stderr


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
    assert door.hostname in done.stdout and door.served() in re.sub(r"<[^>]*>|[\s:]", "", done.stdout).lower(), \
        done.stdout + done.stderr
    done = chromium(daemon, authority, daemon.admin, "/")
    assert "<title>Administration" in done.stdout, done.stdout + done.stderr


def test_chromium_does_not_show_a_door_whose_root_it_does_not_know(daemon, authority):
    done = chromium(daemon, authority, daemon.clean, "/healthz", known=False)
    assert OK not in done.stdout, done.stdout
