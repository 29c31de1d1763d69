"""What an operator may set of a door while it serves: its hostname, its TLS policy, old clients, a key's passphrase."""

import json
import signal
import socket
import ssl
import threading
import time

import pytest

from api import console, signed_in
from certificates import encrypted
from clients import Http, Visitors, context, get
from daemon import move_over, wait_for

DOOR = "/api/v1/interfaces/{}/{}"


@pytest.fixture
def open_box(daemon):
    """A box whose configuration file leaves hostname and policy open."""
    for door in ("clean", "admin"):
        daemon.settings(door).pop("hostname", None)
        daemon.settings(door).pop("tls", None)
    return daemon.start()


def door_of(api, name):
    return next(item for item in api.get("/api/v1/interfaces").json["items"] if item["interface"] == name)


def of_version(version):
    """What a client that knows this version alone brings along; as old as it says, SHA-1 and all."""
    settings = context(version=version, alpn=())
    settings.set_ciphers("DEFAULT:@SECLEVEL=0")
    return settings


def version_taken(door, version):
    """Whether a client that knows this version alone is served."""
    try:
        return get(door, "/healthz", of_version(version)).status == 200
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_hostname_set_in_the_portal_counts_at_once_and_after_a_restart(open_box):
    api = signed_in(open_box)
    assert door_of(api, "clean")["hostname_from"] == "system"
    reply = api.put(DOOR.format("clean", "hostname"), json_body={"hostname": "New.Example.test"})
    assert reply.status == 200, reply
    shown = reply.json
    assert (shown["hostname"], shown["hostname_from"], shown["padlock"]) == ("new.example.test", "portal", "yellow")
    assert any("new.example.test" in reason for reason in shown["padlock_reasons"])
    assert api.post(DOOR.format("clean", "certificate/regenerate")).status == 200
    assert door_of(api, "clean")["padlock"] == "green"
    fingerprint = open_box.clean.served()
    open_box.restart()
    shown = door_of(signed_in(open_box), "clean")
    assert (shown["hostname"], shown["hostname_from"], shown["padlock"]) == ("new.example.test", "portal", "green")
    assert open_box.clean.served() == fingerprint, "the pair made for the chosen name is kept"
    assert door_of(signed_in(open_box), "admin")["hostname_from"] == "system"


def test_an_empty_hostname_goes_back_to_the_systems(open_box):
    api = signed_in(open_box)
    system = door_of(api, "admin")["hostname"]
    assert api.put(DOOR.format("admin", "hostname"), json_body={"hostname": "192.0.2.7"}).json["hostname"] == "192.0.2.7"
    shown = api.put(DOOR.format("admin", "hostname"), json_body={"hostname": ""}).json
    assert (shown["hostname"], shown["hostname_from"]) == (system, "system")


def test_a_setting_of_the_configuration_file_cannot_be_changed_in_the_portal(daemon):
    daemon.settings("clean")["hostname"] = "gw.example.test"
    daemon.settings("clean")["tls"] = {"policy": "modern"}
    api = signed_in(daemon.start())
    assert door_of(api, "clean")["fixed"] == ["hostname", "tls.policy"]
    for what, body in (("hostname", {"hostname": "b.example"}), ("tls", {"policy": "intermediate"})):
        reply = api.put(DOOR.format("clean", what), json_body=body)
        assert (reply.status, reply.code) == (409, "fixed_by_file"), reply
        assert "interfaces.clean." in reply.json["detail"]
    assert door_of(api, "clean")["tls"]["policy"] == "modern"


def test_what_the_file_says_later_wins_over_what_was_chosen(open_box):
    api = signed_in(open_box)
    assert api.put(DOOR.format("clean", "hostname"), json_body={"hostname": "chosen.example"}).status == 200
    open_box.settings("clean")["hostname"] = "filed.example"
    open_box.hang_up()
    assert wait_for(lambda: door_of(api, "clean")["hostname"] == "filed.example", "the file's name")
    del open_box.settings("clean")["hostname"]
    open_box.hang_up()
    assert wait_for(lambda: door_of(api, "clean")["hostname"] == "chosen.example", "the chosen name again")


@pytest.mark.parametrize("hostname", ["gw example", "-a.example", "a..b", "a" * 64 + ".example", "[::1]", "a\u0000b", 7,
                                      None, ["a"]])
def test_what_is_no_hostname_is_refused_and_nothing_changes(open_box, hostname):
    api = signed_in(open_box)
    before = door_of(api, "clean")["hostname"]
    reply = api.put(DOOR.format("clean", "hostname"), json_body={"hostname": hostname})
    assert (reply.status, reply.json["pointer"]) == (422, "/hostname"), reply
    assert door_of(api, "clean")["hostname"] == before


def test_parallel_changes_of_both_doors_are_all_kept(open_box):
    api = signed_in(open_box)
    replies = []

    def change(door, number):
        replies.append(api.put(DOOR.format(door, "hostname"), json_body={"hostname": f"{door}{number}.example"}).status)

    threads = [threading.Thread(target=change, args=(door, n)) for n in range(4) for door in ("clean", "admin")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 8
    shown = {door: door_of(api, door)["hostname"] for door in ("clean", "admin")}
    assert shown["clean"].startswith("clean") and shown["admin"].startswith("admin"), shown
    open_box.restart()
    api = signed_in(open_box)
    assert {door: door_of(api, door)["hostname"] for door in ("clean", "admin")} == shown, "in force is what was kept"


def test_a_stop_answers_first_what_operators_wait_for(open_box):
    api = signed_in(open_box)
    replies = []

    def set_policy():
        replies.append(api.put(DOOR.format("clean", "tls"), json_body={"policy": "modern"}))
    # What comes within 200 ms after a run waits for the rest of them: the choice is taken then, and not yet in force.
    assert api.put(DOOR.format("admin", "hostname"), json_body={"hostname": "chosen.example"}).status == 200
    waiting = threading.Thread(target=set_policy)
    waiting.start()
    assert wait_for(lambda: door_of(api, "clean")["tls"]["policy"] == "modern", "the choice")
    open_box.stop()
    waiting.join()
    assert [reply.status for reply in replies] == [200]


def test_a_choice_whose_last_bytes_come_while_it_ends_is_answered_and_kept(open_box):
    cookie = signed_in(open_box).headers["Cookie"]
    body = '{"hostname": "late.example"}'
    with Http.to(open_box.admin) as client:
        client.send(f"PUT {DOOR.format('clean', 'hostname')} HTTP/1.1\r\nHost: {open_box.admin.hostname}:{open_box.admin.port}\r\nCookie: {cookie}\r\n"
                    f"Origin: https://{open_box.admin.hostname}:{open_box.admin.port}\r\nExpect: 100-continue\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
        assert client.receive().status == 100, "it is not under way"
        open_box.process.send_signal(signal.SIGTERM)
        open_box.wait_event("server.stopping")
        client.send(body)
        assert client.receive().status == 200
    assert open_box.wait_exit() == 0
    open_box.start()
    assert door_of(signed_in(open_box), "clean")["hostname"] == "late.example"


def test_the_policy_modern_shuts_tls_1_2_out_at_once_and_drops_nobody(open_box):
    api = signed_in(open_box)
    assert version_taken(open_box.clean, ssl.TLSVersion.TLSv1_2)
    with Visitors(open_box, versions=[ssl.TLSVersion.TLSv1_3]):
        reply = api.put(DOOR.format("clean", "tls"), json_body={"policy": "modern"})
    assert (reply.status, reply.json["tls"]["policy"]) == (200, "modern"), reply
    assert not version_taken(open_box.clean, ssl.TLSVersion.TLSv1_2)
    assert version_taken(open_box.clean, ssl.TLSVersion.TLSv1_3)
    assert version_taken(open_box.admin, ssl.TLSVersion.TLSv1_2), "the other door keeps its own"
    open_box.restart()
    assert not version_taken(open_box.clean, ssl.TLSVersion.TLSv1_2)


@pytest.mark.parametrize("policy", ["legacy", "old", "", None, 3])
def test_no_other_policy_can_be_set(open_box, policy):
    reply = signed_in(open_box).put(DOOR.format("clean", "tls"), json_body={"policy": policy})
    assert (reply.status, reply.json["pointer"]) == (422, "/policy"), reply


def test_old_clients_are_let_in_and_shut_out_by_root_on_the_console_alone(open_box):
    root = console(open_box)
    assert signed_in(open_box).put("/api/v1/tls/legacy", json_body={"interface": "clean"}).status == 403
    assert not version_taken(open_box.clean, ssl.TLSVersion.TLSv1)
    reply = root.put("/api/v1/tls/legacy", json_body={"interface": "clean"})
    assert (reply.status, reply.json) == (200, {"clean": True, "admin": False})
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert version_taken(open_box.clean, version), version
        assert version_taken(open_box.admin, version) == (version >= ssl.TLSVersion.TLSv1_2), version
    assert door_of(root, "clean")["tls"]["legacy"] is True
    open_box.restart()
    root = console(open_box)
    assert version_taken(open_box.clean, ssl.TLSVersion.TLSv1)
    assert root.delete("/api/v1/tls/legacy?interface=clean").json == {"clean": False, "admin": False}
    assert not version_taken(open_box.clean, ssl.TLSVersion.TLSv1_1)
    actions = [record["action"] for record in root.get("/api/v1/audit").json["items"]]
    assert actions.count("settings.legacy_tls") == 2


def test_shutting_old_clients_out_ends_their_connections_and_nobody_elses(open_box):
    root = console(open_box)
    assert root.put("/api/v1/tls/legacy", json_body={"interface": "clean"}).status == 200
    kept = {version: Http.to(open_box.clean, of_version(version)) for version in
            (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)}
    for http in kept.values():
        assert http.request("/healthz").status == 200
    assert root.delete("/api/v1/tls/legacy?interface=clean").status == 200
    for version, http in kept.items():
        if version < ssl.TLSVersion.TLSv1_2:
            assert http.ended(), version
        else:
            assert http.request("/healthz").status == 200, version


def test_old_clients_are_never_let_in_at_the_admin_door(open_box):
    reply = console(open_box).put("/api/v1/tls/legacy", json_body={"interface": "admin"})
    assert (reply.status, reply.code) == (409, "legacy_not_on_admin")
    assert not version_taken(open_box.admin, ssl.TLSVersion.TLSv1_1)


def test_a_passphrase_given_on_the_console_opens_the_key_and_is_remembered(daemon, authority):
    pair = authority.issue(daemon.clean.hostname)
    move_over(daemon.clean.certificate, pair.chain)
    move_over(daemon.clean.key, encrypted(pair.key, "correct horse"))
    daemon.start()
    root = console(daemon)
    assert daemon.clean.served() != pair.fingerprint
    wrong = root.put("/api/v1/passphrase", json_body={"interface": "clean", "passphrase": "wrong"})
    assert (wrong.status, wrong.code) == (422, "key_locked")
    assert daemon.clean.served() != pair.fingerprint
    given = root.put("/api/v1/passphrase", json_body={"interface": "clean", "passphrase": "correct horse"})
    assert given.status == 200, given
    assert given.json["interfaces"]["clean"]["result"] == "activated"
    assert daemon.clean.served() == pair.fingerprint
    again = root.put("/api/v1/passphrase", json_body={"interface": "clean", "passphrase": "correct horse"})
    assert again.status == 200, again
    wrong = root.put("/api/v1/passphrase", json_body={"interface": "clean", "passphrase": "wrong"})
    assert (wrong.status, wrong.code) == (422, "key_locked")
    daemon.restart()
    assert daemon.clean.served() == pair.fingerprint
    records = [(r["action"], r["code"]) for r in root.get("/api/v1/audit").json["items"] if "passphrase" in r["action"]]
    assert records == [("passphrase.given", code) for code in ("key_locked", None, None, "key_locked")]
    assert "correct horse" not in json.dumps(root.get("/api/v1/audit").json)


def test_a_change_that_came_by_files_is_in_the_audit_with_both_fingerprints(daemon, authority):
    first, second = authority.issue(daemon.clean.hostname), authority.issue(daemon.clean.hostname)
    daemon.clean.place(first)
    daemon.start()
    daemon.clean.place(second)
    daemon.clean.wait_served(second.fingerprint)
    root = console(daemon)

    def recorded():
        items = root.get("/api/v1/audit?action=certificate.changed").json["items"]
        return [(r["actor"], r["interface"], r["before_sha256"], r["after_sha256"]) for r in items]

    wait_for(lambda: ("system", "clean", first.fingerprint, second.fingerprint) in recorded(), "the record")


def test_metrics_tell_certificates_runs_handshakes_requests_and_connections(daemon, authority):
    pair = authority.issue(daemon.clean.hostname, days=40)
    daemon.clean.place(pair)
    daemon.start()
    api = signed_in(daemon)
    token = api.post("/api/v1/tokens", json_body={"name": "prometheus", "role": "read"}).json["token"]
    assert api.send("GET", "/metrics", headers={"Cookie": None}).status == 401
    reply = api.with_token(token).get("/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = dict(line.rsplit(" ", 1) for line in reply.bytes.decode().splitlines() if not line.startswith("#"))
    not_after = int(samples['gatehouse_certificate_not_after_seconds{interface="clean"}'])
    assert 39 * 86400 < not_after - int(time.time()) < 41 * 86400
    assert int(samples['gatehouse_reloads_total{interface="clean",result="activated"}']) == 1
    assert int(samples['gatehouse_tls_handshakes_total{interface="admin",version="1.3",result="succeeded"}']) >= 3
    assert int(samples['gatehouse_requests_total{interface="admin",status="401"}']) == 1
    assert int(samples['gatehouse_connections{interface="admin"}']) >= 1
    assert samples["gatehouse_dispositions_queued"] == "0"
    version_taken(daemon.admin, ssl.TLSVersion.TLSv1_1)

    def failed():
        text = api.with_token(token).get("/metrics").bytes.decode()
        return 'gatehouse_tls_handshakes_total{interface="admin",version="none",result="failed"} 1' in text

    wait_for(failed, "the failed handshake")


def test_a_certificate_about_to_expire_is_told_once_and_by_an_event(daemon, authority):
    daemon.configuration["expiry_days"] = [30, 10]
    daemon.clean.place(authority.issue(daemon.clean.hostname, days=20))
    daemon.start()
    event = daemon.wait_event("certificate.expiring", interface="clean")
    assert event["days_left"] in ("19", "20")
    assert "expires in" in event["message"]
    daemon.hang_up()
    assert not daemon.events("certificate.expiring")
    daemon.hang_up()
    assert not daemon.events("certificate.expiring")
    daemon.clean.place(authority.issue(daemon.clean.hostname, days=9))
    assert daemon.wait_event("certificate.expiring", interface="clean")["days_left"] in ("8", "9")
