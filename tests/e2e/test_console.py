"""gatehousectl does on the box what the portal does: the real tool, over the real console socket."""

import copy
import dataclasses
import json
import os
import re
import signal
import sqlite3
import ssl
import stat
import subprocess
import time

import pytest

import api
import certificates
import clients
import console
from certificates import fingerprint, openssl
from console import Console, Screen
from daemon import overwrite, wait_for
from patience import DEADLINE

PASSPHRASE = "a pass phrase \"with\" \\ and ü"


class Whole:
    """An authority whose chains end with its root, so that nothing warns of them."""

    def __init__(self, authority):
        self.authority = authority

    def __getattr__(self, name):
        return getattr(self.authority, name)

    def issue(self, *arguments, **options):
        pair = self.authority.issue(*arguments, **options)
        return dataclasses.replace(pair, chain=pair.chain + self.root)

    def renewed(self, pair):
        renewed = self.authority.renewed(pair)
        return dataclasses.replace(renewed, chain=renewed.chain + self.root)


@pytest.fixture(scope="session")
def authority(authority):
    return Whole(authority)


@pytest.fixture
def running(daemon, authority):
    """A daemon of the test's own with issued certificates on both doors."""
    for door in daemon.doors.values():
        door.place(authority.issue(door.hostname))
    return daemon.start()


@pytest.fixture
def ctl(running):
    return Console(running)


def write(folder, **files):
    """Files by their stem, with what is in them; returns their paths."""
    paths = []
    for name, text in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        paths.append(path)
    return paths


def on_terminal(running, *arguments, **options):
    return Screen("--socket", running.folder / "console.sock", *arguments, **options)


# ---- looking

def test_status_and_certificate_tell_what_is_served(ctl, running):
    for name, door in running.doors.items():
        served = ctl.json("certificate", "show", "--interface", name)
        assert served["fingerprint_sha256"] == ctl.status(name)["fingerprint_sha256"] == door.served()
    said = ctl.done("status")
    grouped = " ".join(re.findall("........", running.clean.served()))
    assert grouped in said and "the operator's" in said
    for text in ("Both doors are all right.", "Padlock      green", "Hostname     gw.example.test", "days left"):
        assert text in said, said
    both = ctl.done("certificate", "show")
    for text in (grouped, "clean\n", "admin\n", "CN=gw.example.test", "CN=ops.example.test", "CN=Test intermediate"):
        assert text in both


def test_json_is_the_daemons_answer_as_it_came(ctl):
    def by_curl():
        return subprocess.run(["curl", "-sS", "--unix-socket", ctl.socket, "http://localhost/api/v1/interfaces/clean/certificate"],
                              capture_output=True, text=True, check=True).stdout
    before = by_curl()
    answer = ctl.done("--json", "certificate", "show", "--interface", "clean")
    # The days that are left may become one fewer between two questions.
    assert answer.rstrip("\n") in (before.rstrip("\n"), by_curl().rstrip("\n"))
    both = ctl.done("--json", "certificate", "show").splitlines()
    assert [json.loads(line)["interface"] for line in both] == ["clean", "admin"]
    refused = ctl.run("--json", "certificate", "rollback", "--interface", "clean")
    assert refused.returncode == 1 and not refused.stderr
    assert json.loads(refused.stdout)["code"] == "no_previous"


def test_it_is_for_root_and_the_daemons_user_alone(ctl, running):
    assert stat.S_IMODE(os.stat(ctl.socket).st_mode) == 0o600

    def as_nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    denied = ctl.run("status", preexec_fn=as_nobody)
    assert denied.returncode == 3
    assert not denied.stdout
    assert "root" in denied.stderr
    # Even where the socket's mode lets them come.
    os.chmod(ctl.socket, 0o666)
    denied = ctl.run("status", preexec_fn=as_nobody)
    assert denied.returncode == 3
    assert "root" in denied.stderr
    assert ctl.done("status")


def test_a_daemon_that_hangs_does_not_hang_who_looks(ctl, running):
    running.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        ended = ctl.run("status")
        assert ended.returncode == 3 and not ended.stdout
        assert "has not answered within 15 seconds" in ended.stderr
        assert time.monotonic() - began < 60
        # A change may take long: who waits is told so, and gets the answer once there is one.
        screen = on_terminal(running, "certificate", "regenerate", "--interface", "clean")
        screen.wait("still waiting for the daemon's answer")
    finally:
        running.process.send_signal(signal.SIGCONT)
    code, text = screen.end()
    assert code == 0 and "The clean door serves" in text


def test_a_daemon_that_has_stopped_is_not_reachable(ctl, running):
    running.stop()
    ended = ctl.run("status")
    assert ended.returncode == 3
    for text in ("not running", "systemctl start gatehouse", "journalctl -u gatehouse", "gatehoused --check"):
        assert text in ended.stderr, text


# ---- certificates

def test_upload_of_certificate_and_key(ctl, running, authority, tmp_path):
    pair = authority.issue()
    pem, key = write(tmp_path, gw_pem=pair.chain, gw_key=pair.key)
    dry = ctl.done("certificate", "upload", "--interface", "clean", pem, "--key", key, "--dry-run")
    assert "Nothing was changed" in dry
    assert running.clean.served() != pair.fingerprint
    said = ctl.done("certificate", "upload", "--interface", "clean", pem, "--key", key)
    assert running.clean.served() == pair.fingerprint
    assert "CN=gw.example.test" in said
    # in one file, from stdin; the other door stays as it is
    admin = running.admin.served()
    pair = authority.issue()
    ctl.done("certificate", "upload", "--interface", "clean", "-", stdin=pair.chain + pair.key)
    assert running.clean.served() == pair.fingerprint
    assert running.admin.served() == admin
    # another certificate for the key in use
    renewed = authority.renewed(pair)
    ctl.done("certificate", "upload", "--interface", "clean", *write(tmp_path, new_pem=renewed.chain))
    assert running.clean.served() == renewed.fingerprint


def test_what_does_not_fit_is_refused_and_changes_nothing(ctl, running, authority, tmp_path):
    before = running.clean.served()
    pem, key, junk = write(tmp_path, gw_pem=authority.issue().chain, gw_key=certificates.new_key(), junk_pem="no PEM")
    for arguments in ([pem, "--key", key], [pem, "--key", key, "--dry-run"]):
        ended = ctl.run("certificate", "upload", "--interface", "clean", *arguments)
        assert ended.returncode == 1
        assert "key_mismatch" in ended.stdout + ended.stderr
    assert ctl.refused("certificate", "upload", "--interface", "clean", junk)
    assert ctl.refused("certificate", "upload", "--interface", "clean", pem)  # whose key is nowhere
    assert "No such file" in ctl.refused("certificate", "upload", "--interface", "clean", tmp_path / "none.pem")
    huge = tmp_path / "huge.pem"
    huge.write_bytes(b"x" * (1024 * 1024 + 1))
    assert "bytes" in ctl.refused("certificate", "upload", "--interface", "clean", huge)
    assert running.clean.served() == before


def test_the_passphrase_of_an_encrypted_key_comes_by_stdin_file_or_terminal(ctl, running, authority, tmp_path):
    def files():
        pair = authority.issue().locked(PASSPHRASE)
        pem, key = write(tmp_path, gw_pem=pair.chain, gw_key=pair.key)
        return pair, ["certificate", "upload", "--interface", "clean", pem, "--key", key]
    pair, upload = files()
    nothing_at_stdin = ctl.refused(*upload)
    assert "key_locked" in nothing_at_stdin and "--passphrase-file" in nothing_at_stdin
    assert "key_locked" in ctl.refused(*upload, stdin="wrong\n")
    ctl.done(*upload, stdin=PASSPHRASE + "\n")
    assert running.clean.served() == pair.fingerprint

    pair, upload = files()
    secret, = write(tmp_path, secret_txt=PASSPHRASE + "\nsecond line")
    ctl.done(*upload, "--passphrase-file", secret)
    assert running.clean.served() == pair.fingerprint

    pair, upload = files()
    screen = on_terminal(running, *upload)
    screen.wait("Passphrase of the key: ")
    screen.type("wrong\n")
    screen.wait(r"(?s)does not open it.*Passphrase of the key: ")
    screen.type(PASSPHRASE + "\n")
    code, text = screen.end()
    assert code == 0
    assert running.clean.served() == pair.fingerprint
    assert PASSPHRASE not in text and "wrong" not in text
    running.restart()
    assert running.clean.served() == pair.fingerprint, "the passphrase was kept"


@pytest.mark.parametrize("options", [[], ["-legacy"]], ids=["modern", "legacy"])
def test_upload_of_a_pkcs12_file(ctl, running, authority, tmp_path, options):
    pair = authority.issue(running.admin.hostname)
    pem, key = write(tmp_path, gw_pem=pair.chain, gw_key=pair.key)
    p12 = tmp_path / "gw.p12"
    openssl("pkcs12", "-export", *options, "-in", pem, "-inkey", key, "-out", p12, "-passout", "pass:secret")
    ctl.done("certificate", "upload", "--interface", "admin", "--pkcs12", p12, stdin="secret\n")
    assert running.admin.served() == pair.fingerprint


def test_warnings_are_confirmed_by_name_or_on_the_terminal(ctl, running, authority, tmp_path):
    pair = authority.issue("other.example.test")
    upload = ["certificate", "upload", "--interface", "clean",
              *write(tmp_path, gw_pem=pair.chain + pair.key)]
    before = running.clean.served()
    said = ctl.refused(*upload)
    assert "hostname_mismatch" in said and "--confirm hostname_mismatch" in said
    assert "?confirm" not in said and "Ask again" not in said
    screen = on_terminal(running, *upload)
    screen.wait(r"\[y/N\] ")
    assert "hostname_mismatch" in screen.text
    screen.type("\n")
    assert screen.end()[0] == 1
    assert running.clean.served() == before
    screen = on_terminal(running, *upload)
    screen.wait(r"\[y/N\] ")
    screen.type("y\n")
    assert screen.end()[0] == 0
    assert running.clean.served() == pair.fingerprint
    pair = authority.issue("third.example.test")
    write(tmp_path, gw_pem=pair.chain + pair.key)
    ctl.done(*upload, "--confirm", "expires_soon,hostname_mismatch")
    assert running.clean.served() == pair.fingerprint


def test_regenerate_and_roll_back(ctl, running):
    before = running.clean.served()
    assert "no_previous" in ctl.refused("certificate", "rollback", "--interface", "clean")
    ctl.done("certificate", "regenerate", "--interface", "clean", "--days", "825", "--key-type", "rsa-2048",
             "--name", "gw.example.test,192.0.2.7")
    made = running.clean.served()
    served = ctl.json("certificate", "show", "--interface", "clean")
    assert served["fingerprint_sha256"] == made != before
    assert served["names"] == ["gw.example.test", "192.0.2.7"]
    assert served["key_type"] == "RSA 2048" and served["days_left"] == 823  # 825 in all, one of them behind us
    assert served["previous"]["fingerprint_sha256"] == before
    ctl.done("certificate", "rollback", "--interface", "clean")
    assert running.clean.served() == before
    ctl.done("certificate", "rollback", "--interface", "clean", "--confirm", "expires_soon")
    assert running.clean.served() == made


def test_download_in_every_form(ctl, running, tmp_path):
    served = running.clean.served()
    download = ["certificate", "download", "--interface", "clean"]
    assert fingerprint(ctl.done(*download)) == served
    chain = ctl.done(*download, "--format", "chain")
    assert fingerprint(chain) == served and chain.count("BEGIN CERTIFICATE") == 3
    for form in ("pem", "der", "chain", "p7b"):
        out = tmp_path / form
        out.write_text("what was there before, longer than nothing")
        assert ctl.done(*download, "--format", form, "--output", out) == ""
        assert b"PRIVATE" not in out.read_bytes()
    assert fingerprint(openssl("x509", "-inform", "DER", "-in", tmp_path / "der")) == served
    p7b = tmp_path / "p7b"
    form = "PEM" if b"-----BEGIN" in p7b.read_bytes() else "DER"
    assert served in {fingerprint(part + "-----END CERTIFICATE-----\n") for part in
                      openssl("pkcs7", "-inform", form, "-in", p7b, "-print_certs")
                      .split("-----END CERTIFICATE-----") if "BEGIN" in part}
    # bytes that are no text are not for the eyes
    screen = on_terminal(running, *download, "--format", "der")
    code, text = screen.end()
    assert code == 1 and "--output" in text
    assert ctl.done(*download, "--output", "/dev/null") == ""
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert "can't be written" in ctl.refused(*download, "--output", tmp_path / "none" / "x")


def test_a_request_is_signed_while_its_key_stays_on_the_box(ctl, running, authority, tmp_path):
    request = ["certificate", "request", "--interface", "clean"]
    assert "no_request" in ctl.refused(*request, "--show")
    csr = ctl.done(*request, "--key-type", "ecdsa-p256", "--name", "gw.example.test")
    assert "BEGIN CERTIFICATE REQUEST" in openssl("req", "-verify", stdin=csr)
    assert ctl.done(*request, "--show") == csr
    assert "--discard" in ctl.refused(*request)  # one is pending
    wrong = ctl.refused("certificate", "request", "--interface", "admin", "--subject", "CN=x,C=DEU")
    assert "exactly 2 letters" in wrong and "(C in --subject)" in wrong and "/subject" not in wrong
    running.restart()
    path, = write(tmp_path, gw_csr=csr)
    signed = openssl("x509", "-req", "-in", path, "-days", "90", "-copy_extensions", "copy",
                     "-CA", *write(tmp_path, ca_pem=authority.intermediate),
                     "-CAkey", *write(tmp_path, ca_key=authority.intermediate_key))
    ctl.done("certificate", "upload", "--interface", "clean", "-", stdin=signed + authority.intermediate + authority.root)
    assert running.clean.served() == fingerprint(signed)
    assert "no_request" in ctl.refused(*request, "--show")
    ctl.done(*request)
    ctl.done(*request, "--discard")
    assert "no_request" in ctl.refused(*request, "--discard")


# ---- reload, passphrase, legacy TLS

def test_reload_waits_for_the_result(ctl, running, authority):
    pair = authority.issue()
    running.settings("clean")["certificate"] = str(running.folder / "own.pem")
    running.settings("clean")["key"] = str(running.folder / "own.key")
    overwrite(running.folder / "own.pem", pair.chain)
    overwrite(running.folder / "own.key", pair.key)
    running.configuration["workers"] = 3
    running.write_configuration()
    said = ctl.done("reload")
    assert running.clean.served() == pair.fingerprint
    assert "activated" in said and "workers" in said

    overwrite(running.folder / "own.key", certificates.new_key())
    ended = ctl.run("reload")
    assert ended.returncode == 1
    assert "key_mismatch" in ended.stdout
    assert running.clean.served() == pair.fingerprint


def test_reload_tells_what_is_wrong_with_the_configuration(ctl, running):
    good = copy.deepcopy(running.configuration)
    running.configuration["workers"] = "two"
    running.settings("clean")["hostname"] = "not a name"
    running.write_configuration()
    # found by the very configuration that is broken
    ended = console.run("--config", running.configuration_file, "reload")
    assert ended.returncode == 1
    assert "workers" in ended.stderr and "hostname" in ended.stderr and "configuration_invalid" in ended.stderr
    running.configuration = good
    running.write_configuration()
    assert ctl.done("reload")


def test_passphrase_set_unlocks_a_door(ctl, running, authority, tmp_path):
    pair = authority.issue().locked(PASSPHRASE)
    running.clean.place(pair)
    running.wait_event("credential.refused", interface="clean", code="key_locked")
    command = ["passphrase", "set", "--interface", "clean"]
    said = ctl.done("status")
    assert "Not all right: the clean door." in said and "gatehousectl passphrase set --interface clean" in said
    assert "key_locked" in ctl.refused(*command, stdin="wrong\n")
    assert "No passphrase" in ctl.refused(*command)
    ctl.done(*command, stdin=PASSPHRASE + "\n")
    assert running.clean.served() == pair.fingerprint
    pair = authority.issue().locked("another one")
    running.clean.place(pair)
    running.wait_event("credential.refused", interface="clean", code="key_locked")
    screen = on_terminal(running, *command)
    screen.wait("Passphrase of the clean door's key: ")
    screen.type("another one\n")
    code, text = screen.end()
    assert code == 0 and "another one" not in text
    assert running.clean.served() == pair.fingerprint
    assert not [line for line in running.log if "another one" in line or "pass phrase" in line]


def old_client():
    settings = clients.context(version=ssl.TLSVersion.TLSv1)
    settings.set_ciphers("ALL:@SECLEVEL=0")
    return settings


def takes_old_clients(door):
    try:
        with clients.connect(door, old_client()) as connection:
            return connection.version() == "TLSv1"
    except (ssl.SSLError, ConnectionError):
        return False


def test_legacy_tls_is_switched_on_the_console_alone(ctl, running):
    assert not takes_old_clients(running.clean)
    ctl.done("tls", "legacy", "enable", "--interface", "clean")
    assert takes_old_clients(running.clean) and not takes_old_clients(running.admin)
    assert ctl.json("tls", "legacy", "status") == {"clean": True, "admin": False}
    said = ctl.done("status")
    assert "Not all right: the clean door." in said and "TLS 1.0 and 1.1 are taken" in said
    running.restart()
    assert takes_old_clients(running.clean)
    assert "legacy_not_on_admin" in ctl.refused("tls", "legacy", "enable", "--interface", "admin")
    ctl.done("tls", "legacy", "disable", "--interface", "clean")
    assert not takes_old_clients(running.clean)
    assert "refused" in ctl.done("tls", "legacy", "status", "--interface", "clean")


# ---- what is set of a door

@pytest.fixture
def open_ctl(daemon):
    """For a daemon whose configuration file leaves hostname and policy open."""
    for door in daemon.doors:
        daemon.settings(door).pop("hostname", None)
        daemon.settings(door).pop("tls", None)
    return Console(daemon.start())


def test_hostname_and_policy_are_set_where_the_file_leaves_them_open(open_ctl):
    assert "the system's" in open_ctl.done("hostname", "show")
    said = open_ctl.done("hostname", "set", "--interface", "clean", "New.Example.test")
    assert "new.example.test" in said and "yellow" in said and "admin" not in said
    assert "new.example.test" in open_ctl.done("hostname", "show", "--interface", "clean")
    assert "HOSTNAME may hold" in open_ctl.refused("hostname", "set", "--interface", "clean", "not a name")
    assert "the system's" in open_ctl.done("hostname", "set", "--interface", "clean", "")

    assert "intermediate" in open_ctl.done("tls", "policy", "show", "--interface", "clean")
    assert "modern" in open_ctl.done("tls", "policy", "set", "--interface", "clean", "modern")
    assert {item["interface"]: item["tls"]["policy"] for item in open_ctl.json("tls", "policy", "show")["items"]} == {
        "clean": "modern", "admin": "intermediate"}


def test_a_hostname_that_the_file_sets_stays(ctl):
    assert "fixed_by_file" in ctl.refused("hostname", "set", "--interface", "clean", "other.example.test")


# ---- accounts

def test_operators(ctl, running):
    assert "admin" in ctl.done("operator", "list")
    ctl.done("operator", "add", "mira", "--role", "read", "--name", "Mira Ü", "--email", "m@example.test",
             stdin="correct horse battery\n")
    listed = {o["username"]: o for o in ctl.json("operator", "list")["items"]}
    assert listed["mira"]["role"] == "read" and listed["mira"]["name"] == "Mira Ü"
    assert listed["mira"]["last_sign_in_at"] is None
    assert "Mira Ü" in ctl.done("operator", "list")
    assert "operator_exists" in ctl.refused("operator", "add", "mira", "--role", "read", stdin="correct horse battery\n")
    assert sign_in(running, "mira", "correct horse battery") == 200
    assert {o["username"]: o["last_sign_in_at"] for o in ctl.json("operator", "list")["items"]}["mira"]
    ctl.done("operator", "set-password", "mira", stdin="another staple\n")
    assert sign_in(running, "mira", "correct horse battery") == 401
    assert sign_in(running, "mira", "another staple") == 200
    assert ctl.refused("operator", "set-password", "mira", stdin="short\n")
    assert "no_operator" in ctl.refused("operator", "set-password", "nobody", stdin="long enough a word\n")
    screen = on_terminal(running, "operator", "set-password", "admin")
    screen.wait("New password of admin: ")
    screen.type("a new password\n")
    screen.wait("The same again: ")
    screen.type("a new password\n")
    code, text = screen.end()
    assert code == 0 and "a new password" not in text
    assert sign_in(running, "admin", "a new password") == 200
    ctl.done("operator", "remove", "mira")
    assert "last_operator" in ctl.refused("operator", "remove", "admin")


def sign_in(running, username, password):
    body = json.dumps({"username": username, "password": password}).encode()
    with clients.Http.to(running.admin) as http:
        return http.request("/api/v1/session", "POST", {
            "Content-Type": "application/json", "Content-Length": len(body),
            "Origin": f"https://{running.admin.hostname}:{running.admin.port}"},
            body, f"{running.admin.hostname}:{running.admin.port}").status


def with_token(running, token):
    with clients.Http.to(running.admin) as http:
        return http.request("/api/v1/status", fields={"Authorization": f"Bearer {token}"},
                            host=f"{running.admin.hostname}:{running.admin.port}").status


def test_tokens(ctl, running):
    assert ctl.done("token", "list") == "There are no tokens.\n"
    ctl.done("operator", "add", "mira", "--role", "read", stdin="correct horse battery\n")
    assert "several operators" in ctl.refused("token", "add", "whose", "--role", "read")
    assert "no_operator" in ctl.refused("token", "add", "whose", "--role", "read", "--operator", "nobody")
    ctl.done("token", "add", "miras", "--role", "read", "--operator", "mira")
    assert [t["operator"] for t in ctl.json("token", "list")["items"]] == ["mira"]
    ctl.done("operator", "remove", "mira")
    assert ctl.done("token", "list") == "There are no tokens.\n", "it went with its operator"
    made = ctl.run("token", "add", "prometheus", "--role", "read", "--expires", "30d")
    token = made.stdout.strip()
    assert made.returncode == 0 and "shown this once" in made.stderr
    assert ctl.json("token", "list")["items"][0]["last_used_at"] is None
    assert with_token(running, token) == 200
    assert ctl.json("token", "list")["items"][0]["last_used_at"]
    assert "token_exists" in ctl.refused("token", "add", "prometheus", "--role", "read")
    assert "prometheus" in ctl.done("token", "list") and token not in ctl.done("token", "list")
    ctl.done("token", "remove", "prometheus")
    assert with_token(running, token) == 401
    assert "no token" in ctl.refused("token", "remove", "prometheus")


def test_sessions_are_listed_and_ended(ctl, running):
    assert ctl.done("sessions", "list") == "Nobody is signed in.\n"
    browser = api.signed_in(running)
    assert browser.get("/api/v1/status").status == 200
    session, = ctl.json("sessions", "list")["items"]
    assert session["username"] == "admin" and "admin" in ctl.done("sessions", "list")
    ctl.done("sessions", "end", session["id"])
    assert browser.get("/api/v1/status").status == 401
    assert ctl.refused("sessions", "end", session["id"])


# ---- outbound

def test_authorities(ctl, running, authority, tmp_path):
    root, other = write(tmp_path, root_pem="some text\n" + authority.root, other_pem=authority.intermediate)
    assert "Test root" in ctl.done("authorities", "add", root, other)
    assert "Test intermediate" in ctl.done("authorities", "list")
    assert len(ctl.json("authorities", "list")["items"]) == 2
    full = fingerprint(authority.root)
    assert "no certificate" in ctl.refused("authorities", "remove", "0" * 64)
    ctl.done("authorities", "remove", full[:12].upper())
    assert len(ctl.json("authorities", "list")["items"]) == 1
    assert ctl.refused("authorities", "remove", full)
    junk, = write(tmp_path, junk_pem="nothing")
    said = ctl.refused("authorities", "add", other, junk)
    assert f"{junk} holds no certificate" in said, said
    assert len(ctl.json("authorities", "list")["items"]) == 1, "nothing was added"
    assert "are trusted too" in ctl.done("authorities", "system", "status")
    assert "are not trusted" in ctl.done("authorities", "system", "disable")
    assert ctl.json("authorities", "system", "status")["included"] is False
    assert "are trusted too" in ctl.done("authorities", "system", "enable")


def test_network(ctl, running):
    assert "dirty" in ctl.done("network", "show")
    before = ctl.json("network", "show")
    said = ctl.done("network", "set", "--network", "clean", "--dns", "192.0.2.53,192.0.2.54")
    assert "192.0.2.53, 192.0.2.54" in said
    after = ctl.json("network", "show")
    assert after["dns"] == {**before["dns"], "clean": ["192.0.2.53", "192.0.2.54"]}, "the other stays"
    assert after["source"] == before["source"]
    assert "(--dns)" in ctl.refused("network", "set", "--network", "clean", "--dns", "nowhere")
    assert "(--source)" in ctl.refused("network", "set", "--network", "clean", "--source", "no/device")
    ctl.done("network", "set", "--network", "clean", "--dns", "system")
    assert ctl.json("network", "show")["dns"]["clean"] == []
    assert ctl.run("network", "set", "--network", "clean").returncode == 2
    found = ctl.run("network", "lookup", "no-such-name.invalid")
    assert found.returncode == 1
    assert "dirty network" in found.stderr


# ---- audit and events

def test_audit_tells_what_the_console_did(ctl, running):
    ctl.done("certificate", "regenerate", "--interface", "clean")
    ctl.refused("operator", "remove", "nobody")
    records = ctl.json("audit", "--since", "1h", "--action", "certificate", "--actor", "root")["items"]
    assert [r["action"] for r in records] == ["certificate.regenerated"]
    assert records[0]["via"] == "console"
    assert records[0]["after_sha256"] == running.clean.served()
    said = ctl.done("audit")
    assert "certificate.regenerated" in said and "console" in said
    assert ctl.json("audit", "--action", "certificate.regenerated", "--interface", "admin")["items"] == []
    refused = ctl.json("audit", "--result", "refused", "--actor", "root")["items"]
    assert [(r["action"], r["object"], r["code"]) for r in refused] == [("operator.removed", "nobody", "no_operator")]
    assert ctl.json("audit", "--until", "1h")["items"] == []
    assert ctl.json("audit", "--actor", "nobody-at-all")["items"] == []
    limited = ctl.run("audit", "--limit", "1")
    assert "--all" in limited.stderr and len(limited.stdout.splitlines()) == 2
    assert f"-> {running.clean.served()[:16]}" in ctl.done("audit", "--action", "certificate")


def test_audit_shows_all_however_many_there_are(ctl, running):
    with sqlite3.connect(running.state / "gatehouse.db") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(audit)") if row[1] != "id"]
        names = ", ".join(columns)
        ctl.done("tls", "legacy", "status")
        ctl.refused("operator", "remove", "nobody")
        for _ in range(11):  # each time twice as many
            database.execute(f"INSERT INTO audit ({names}) SELECT {names} FROM audit")
        count, = database.execute("SELECT count(*) FROM audit").fetchone()
    assert count > 2000
    listed = ctl.json("audit", "--all")
    assert len(listed["items"]) >= count and listed["next"] is None
    assert len({record["id"] for record in listed["items"]}) == len(listed["items"])
    ended = ctl.run("audit", "--all")
    assert len(ended.stdout.splitlines()) == len(listed["items"]) + 1 and not ended.stderr


class Events:
    """`gatehousectl events` in the background."""

    def __init__(self, ctl, *arguments):
        self.process = subprocess.Popen([console.BINARY, "--socket", ctl.socket, *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        os.set_blocking(self.process.stdout.fileno(), False)
        self._seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)
        self.process.stdout.close()

    def seen(self):
        self._seen += self.process.stdout.read() or b""
        return self.text

    @property
    def text(self):
        return self._seen.decode(errors="replace")


def regenerated(ctl, running):
    ctl.done("certificate", "regenerate", "--interface", "clean")
    return running.clean.served()


def until_seen(seen, ctl, running):
    """Changes the certificate until a change was seen, because nothing tells when a stream has begun; then waits for
    the last change, however far behind it who sees them is: changes can come faster than programs run. Returns its
    fingerprint."""
    made = []

    def change_again():
        made.append(regenerated(ctl, running))
        return any(seen(fingerprint) for fingerprint in made)
    wait_for(change_again, "an event")
    wait_for(lambda: seen(made[-1]), "the last event")
    return made[-1]


def test_events_are_shown_as_they_happen_and_after_a_restart(ctl, running):
    with Events(ctl, "events") as people, Events(ctl, "--json", "events") as script:
        def both_saw(fingerprint):
            return fingerprint in script.seen() and "certificate.changed" in people.seen()
        until_seen(both_saw, ctl, running)
        event = json.loads(script.seen().splitlines()[-1])
        assert event["event"] == "certificate.changed" and event["interface"] == "clean"
        running.restart()
        before = people.seen().count("certificate.changed")
        until_seen(lambda fingerprint: people.seen().count("certificate.changed") > before and
                   fingerprint in script.seen(), ctl, running)
        assert people.text.count("waiting for it to come back") == 1


def write_program(tmp_path):
    """A program that adds a line to the file that its second argument names; and it fails."""
    program = tmp_path / "tell it"
    program.write_text('#!/bin/sh\n{ printf "%s %s %s " "$GATEHOUSE_EVENT" "$GATEHOUSE_INTERFACE" "$1"; cat; } >> "$2"\n'
                       "exit 3\n")
    program.chmod(0o755)
    return program


def test_events_run_a_program_for_each(ctl, running, tmp_path):
    out = tmp_path / "told"
    program = write_program(tmp_path)
    with Events(ctl, "events", "--exec", f"'{program}' '$HOME *' {out}") as events:
        latest = until_seen(lambda fingerprint: out.exists() and fingerprint in out.read_text(), ctl, running)
        line, = (line for line in out.read_text().splitlines() if latest in line)
        name, interface, home, star, data = line.split(" ", 4)
        assert (name, interface, home, star) == ("certificate.changed", "clean", "$HOME", "*")
        assert json.loads(data)["fingerprint_sha256"] == latest
        # a program that fails is told, and the next event comes all the same
        wait_for(lambda: "ended with 3" in events.seen(), "word of the failure")
        until_seen(lambda fingerprint: fingerprint in out.read_text(), ctl, running)


def test_events_run_a_program_for_a_certificate_near_its_end(ctl, running, authority, tmp_path):
    out = tmp_path / "told"

    def told(fingerprint):
        """What the program was told of the end of that certificate."""
        whole = re.findall("(.*)\n", out.read_text() if out.exists() else "")
        found = [(interface, json.loads(data)) for name, interface, _, data in (line.split(" ", 3) for line in whole)
                 if name == "certificate.expiring"]
        return [(interface, event) for interface, event in found if event["fingerprint_sha256"] == fingerprint]

    def near_its_end():
        pair = authority.issue(days=3)
        running.mark()
        running.clean.place(pair)
        running.wait_event("certificate.expiring", fingerprint_sha256=pair.fingerprint)
        return pair.fingerprint
    before = near_its_end()
    with Events(ctl, "events", "--exec", f"'{write_program(tmp_path)}' x {out}"):
        wait_for(lambda: told(before), "the certificate that was there already")
        meanwhile = near_its_end()
        wait_for(lambda: told(meanwhile), "the one that came meanwhile")
    for fingerprint in (before, meanwhile):
        (interface, event), = told(fingerprint)
        assert (interface, event["interface"], event["event"]) == ("clean", "clean", "certificate.expiring")
        assert event["days_left"] in (2, 3) and "expires in" in event["message"]
