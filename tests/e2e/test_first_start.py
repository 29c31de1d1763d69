"""What a box does when it is switched on for the first time, and after that."""

import re
import socket
import ssl
import stat
import threading
import time

import pytest

import certificates
import clients
from patience import DEADLINE


def certificate_shown(door):
    with clients.connect(door) as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))


def test_both_doors_answer_with_certificates_of_their_own(daemon):
    daemon.start()
    shown = {name: door.served() for name, door in daemon.doors.items()}
    assert shown["clean"] != shown["admin"]
    for name, fingerprint in shown.items():
        activated = daemon.wait_event("credential.activated", interface=name)
        assert activated["source"] == "self_signed"
        assert activated["trigger"] == "start"
        assert activated["fingerprint_sha256"] == fingerprint


def test_ready_tells_the_addresses(daemon):
    daemon.start()
    addresses = daemon.wait_event("server.ready")["addresses"]
    for door in daemon.doors.values():
        assert f"127.0.0.1:{door.port}" in addresses


def test_the_certificate_is_made_for_the_hostname_and_for_servers(daemon):
    daemon.start()
    for door in daemon.doors.values():
        text = certificates.text_of(certificate_shown(door))
        assert re.search(rf"Subject:.*CN = {door.hostname}\b", text)
        assert f"DNS:{door.hostname}" in text
        assert "TLS Web Server Authentication" in text
        assert "CA:FALSE" in text


def test_serial_numbers_are_random(daemon):
    daemon.start()
    serials = [int(certificates.openssl("x509", "-noout", "-serial", stdin=certificate_shown(door)).split("=")[1], 16)
               for door in daemon.doors.values()]
    assert serials[0] != serials[1]
    assert min(serials) > 1 << 64


def test_the_key_belongs_to_its_owner_alone(daemon):
    daemon.start()
    for door in daemon.doors.values():
        assert stat.S_IMODE(door.key.stat().st_mode) == 0o600
        certificates.openssl("pkey", "-in", door.key, "-noout", "-check")


def test_a_hostname_over_64_characters_stands_in_the_san_only(daemon):
    daemon.clean.hostname = ".".join(["a" * 30, "b" * 30, "c" * 30, "example", "test"])
    daemon.settings("clean")["hostname"] = daemon.clean.hostname
    daemon.start()
    text = certificates.text_of(certificate_shown(daemon.clean))
    assert f"DNS:{daemon.clean.hostname}" in text
    assert "CN =" not in text


def test_without_a_configured_hostname_the_systems_is_used(daemon):
    del daemon.settings("clean")["hostname"]
    daemon.start()
    names = re.findall(r"DNS:([^,\s]+)", certificates.text_of(certificate_shown(daemon.clean)))
    assert names[0].split(".")[0] == socket.gethostname().split(".")[0].lower()


@pytest.mark.parametrize("kind, words", [
    ("ecdsa-p256", "NIST CURVE: P-256"),
    ("rsa-2048", "(2048 bit)"),
    ("rsa-3072", "(3072 bit)"),
    ("rsa-4096", "(4096 bit)"),
    ("ed25519", "ED25519"),
])
def test_the_key_type_and_the_days_are_as_configured(daemon, kind, words):
    daemon.configuration["self_signed"] = {"key_type": kind, "days": 825}
    daemon.start(deadline=90)  # two RSA keys of 4096 bits take their time
    certificate = certificate_shown(daemon.clean)
    assert words in certificates.text_of(certificate)
    certificates.openssl("x509", "-checkend", 822 * 86400, stdin=certificate)
    with pytest.raises(AssertionError):
        certificates.openssl("x509", "-checkend", 826 * 86400, stdin=certificate)


def test_a_restart_serves_the_certificates_of_the_first_start(daemon):
    daemon.start()
    shown = {name: door.served() for name, door in daemon.doors.items()}
    for _ in range(2):
        daemon.restart()
        assert {name: door.served() for name, door in daemon.doors.items()} == shown


def test_after_a_power_cut_the_same_certificates_are_served(daemon):
    daemon.start()
    shown = {name: door.served() for name, door in daemon.doors.items()}
    daemon.kill()
    daemon.start()
    assert {name: door.served() for name, door in daemon.doors.items()} == shown


def test_the_operators_pairs_are_served_where_there_are_some(daemon, authority):
    for door in daemon.doors.values():
        door.place(authority.issue(door.hostname))
    before = {door.name: (door.key.read_bytes(), door.certificate.read_bytes()) for door in daemon.doors.values()}
    daemon.start()
    for name, door in daemon.doors.items():
        assert door.served() == certificates.fingerprint(door.certificate.read_text())
        assert daemon.wait_event("credential.activated", interface=name)["source"] == "operator"
        assert (door.key.read_bytes(), door.certificate.read_bytes()) == before[name]
    assert "operator" in daemon.status() and "self_signed" not in daemon.status()


def test_a_bad_pair_at_the_first_start_is_left_alone_and_the_door_is_self_signed(daemon, authority):
    one, other = authority.issue(), authority.issue()
    daemon.clean.place(certificates.Pair(one.key, other.leaf, other.chain))
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    daemon.start()
    assert daemon.wait_event("credential.refused", interface="clean")["code"] == "key_mismatch"
    assert daemon.wait_event("credential.activated", interface="clean")["source"] == "self_signed"
    assert daemon.wait_event("credential.activated", interface="admin")["source"] == "operator"
    assert "key_mismatch" in daemon.status()
    assert daemon.clean.key.read_text() == one.key
    assert daemon.clean.certificate.read_text() == other.chain
    assert daemon.clean.served() not in (one.fingerprint, other.fingerprint)


def test_a_key_that_waits_for_its_certificate_is_not_overwritten(daemon, authority):
    pair = authority.issue()
    daemon.clean.key.parent.mkdir(parents=True)
    daemon.clean.key.write_text(pair.key)
    daemon.clean.key.chmod(0o600)
    daemon.start()
    assert daemon.clean.key.read_text() == pair.key
    assert not daemon.clean.certificate.exists()
    daemon.clean.certificate.write_text(pair.chain)
    daemon.clean.wait_served(pair.fingerprint)


def test_an_operators_first_pair_takes_over_from_the_self_signed_one(daemon, authority):
    daemon.start()
    pair = authority.issue()
    daemon.mark()
    daemon.clean.place(pair)
    daemon.clean.wait_served(pair.fingerprint)
    assert daemon.wait_event("credential.activated", interface="clean")["source"] == "operator"
    daemon.wait_status("operator", "self_signed")  # admin's still is


def test_the_state_folder_shows_nothing_secret_to_others(daemon):
    daemon.start()
    secrets = [path for path in daemon.state.rglob("*") if path.is_file() and path.name != "cert.pem"]
    assert daemon.clean.key in secrets

    def reachable(path):
        folders = [f for f in path.parents if daemon.state in (f, *f.parents)]
        return path.stat().st_mode & 0o077 and all(f.stat().st_mode & 0o011 for f in folders)
    assert not [path for path in secrets if reachable(path)]


# ---- started again

def first_answer(door, path):
    """What the first connection that a starting daemon takes is answered with."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            return clients.get(door, path).status
        except ConnectionRefusedError:
            pass  # it does not listen yet
    return "nothing"


def test_whoever_calls_while_a_box_starts_again_waits_until_the_api_is_there(daemon):
    """A door that accepted any earlier would say 404, or refuse a body."""
    daemon.start()
    for _ in range(5):
        daemon.stop()
        answers = {}
        callers = [threading.Thread(target=lambda door=door, path=path: answers.update({path: first_answer(door, path)}))
                   for door, path in ((daemon.clean, "/api/v3/session/whoami"), (daemon.admin, "/api/v1/status"))]
        for caller in callers:
            caller.start()
        daemon.start()
        for caller in callers:
            caller.join()
        assert answers == {"/api/v3/session/whoami": 401, "/api/v1/status": 401}
