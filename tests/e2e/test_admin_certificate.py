"""An operator changes a door's certificate through the admin door's API and on the console."""

import json
import subprocess
import threading

import pytest

from api import Api, console, signed_in
from clients import Visitors
from contract import contract
from daemon import wait_for

CERTIFICATE = "/api/v1/interfaces/{}/certificate"


@pytest.fixture
def box(daemon, authority):
    for door in daemon.doors.values():
        door.place(authority.issue(door.hostname))
    return daemon.start()


def form(pair, **more):
    return [("certificate", pair.chain, "chain.pem"), ("key", pair.key, "server.key"),
            *((name, value) for name, value in more.items())]


def upload(api, door, parts, query=""):
    return api.put(CERTIFICATE.format(door) + query, form=parts)


def test_the_facts_of_a_door_are_those_of_the_certificate_it_serves(box):
    shown = signed_in(box).get(CERTIFICATE.format("clean")).json
    assert shown["fingerprint_sha256"] == box.clean.served()
    assert (shown["source"], shown["padlock"]) == ("operator", "yellow"), "the test's root is not known to the machine"
    assert shown["padlock_reasons"]
    assert shown["names"] == [box.clean.hostname]
    assert [link["fingerprint_sha256"] for link in shown["chain"]][0] == shown["fingerprint_sha256"]
    assert shown["previous"] is None


def test_an_uploaded_pair_is_served_and_audited_with_the_fingerprints_before_and_after(box, authority):
    api = signed_in(box)
    before = box.clean.served()
    for _ in range(3):
        pair = authority.issue(box.clean.hostname)
        reply = upload(api, "clean", form(pair), "?confirm=chain_incomplete")
        assert reply.status == 200, reply
        change = reply.json
        assert change["fingerprint_sha256"] == pair.fingerprint == box.clean.served()
        assert change["key_from"] == "upload"
        record = api.get("/api/v1/audit?action=certificate.uploaded&limit=1").json["items"][0]
        assert (record["change_id"], record["before_sha256"], record["after_sha256"], record["interface"]) == (
            change["change_id"], before, pair.fingerprint, "clean")
        status = api.get("/api/v1/status").json["interfaces"]["clean"]
        assert status["last_reload"]["change_id"] == change["change_id"]
        before = pair.fingerprint
    box.restart()
    assert box.clean.served() == before


def test_the_certificate_one_looks_through_is_changed_without_losing_the_connection(box, authority):
    api = signed_in(box)
    before = box.admin.served()
    with Visitors(box):
        pair = authority.issue(box.admin.hostname)
        assert upload(api, "admin", form(pair), "?confirm=chain_incomplete").status == 200
        assert box.admin.served() == pair.fingerprint
        for expected in (before, pair.fingerprint):
            reply = api.post(CERTIFICATE.format("admin") + "/rollback?confirm=chain_incomplete")
            assert (reply.status, reply.json["key_from"]) == (200, "previous"), reply
            assert reply.json["fingerprint_sha256"] == box.admin.served() == expected
    assert api.get("/api/v1/status").status == 200, "the session lives on"


def test_a_dry_run_shows_findings_and_changes_nothing(box, authority):
    api = signed_in(box)
    before = box.clean.served()
    pair = authority.issue("another.example.test")
    reply = upload(api, "clean", form(pair), "?dry_run=true")
    assert reply.status == 200, reply
    assert "hostname_mismatch" in [finding["code"] for finding in reply.json["findings"]]
    assert reply.json["change_id"] is None
    assert box.clean.served() == before
    assert api.get("/api/v1/audit?action=certificate.uploaded").json["items"] == []


def test_warnings_have_to_be_confirmed_one_by_one(box, authority):
    api = signed_in(box)
    pair = authority.issue("another.example.test")
    reply = upload(api, "clean", form(pair))
    assert reply.code == "confirmation_required"
    warned = [finding["code"] for finding in reply.json["findings"] if finding["severity"] == "warn"]
    assert "hostname_mismatch" in warned
    assert upload(api, "clean", form(pair), "?confirm=hostname_mismatch").code == "confirmation_required"
    assert upload(api, "clean", form(pair), "?confirm=" + ",".join(warned)).status == 200
    assert box.clean.served() == pair.fingerprint


@pytest.mark.parametrize(("spoil", "code"), [
    (lambda pair, other: form(pair)[:1] + form(other)[1:], "key_mismatch"),
    (lambda pair, other: [("certificate", "no certificate at all"), ("key", pair.key)], "unparsable"),
    (lambda pair, other: [("key", pair.key)], "no_certificate"),
    (lambda pair, other: [*form(pair), ("colour", "blue")], "bad_parameter"),
    (lambda pair, other: form(other)[:1], "key_missing"),
], ids=["key of another", "no PEM", "no certificate", "unknown part", "key nowhere"])
def test_what_cannot_be_served_is_refused_with_its_code_and_nothing_changes(box, authority, spoil, code):
    api = signed_in(box)
    before = box.clean.served()
    pair, other = authority.issue(box.clean.hostname), authority.issue(box.clean.hostname)
    reply = upload(api, "clean", spoil(pair, other), "?confirm=chain_incomplete")
    assert reply.status == 422, reply
    assert reply.code == code
    assert box.clean.served() == before


def test_a_pkcs12_file_and_an_encrypted_key_are_taken_with_their_passphrase(box, authority, tmp_path):
    api = signed_in(box)
    pair = authority.issue(box.clean.hostname)
    (tmp_path / "k.pem").write_text(pair.key)
    (tmp_path / "c.pem").write_text(pair.chain)
    for name, options in (("new.p12", []), ("old.p12", ["-legacy"])):
        subprocess.run(["openssl", "pkcs12", "-export", "-inkey", "k.pem", "-in", "c.pem", "-passout", "pass:sesame",
                        "-out", name, *options], cwd=tmp_path, check=True, capture_output=True)
        data = (tmp_path / name).read_bytes()
        wrong = upload(api, "clean", [("pkcs12", data, name), ("passphrase", "barley")], "?confirm=chain_incomplete")
        assert (wrong.status, wrong.code, wrong.json["pointer"]) == (422, "passphrase_wrong", "/passphrase")
        reply = upload(api, "clean", [("pkcs12", data, name), ("passphrase", "sesame")], "?confirm=chain_incomplete")
        assert reply.status == 200, (name, reply)
        assert box.clean.served() == pair.fingerprint
    pair = authority.issue(box.clean.hostname)
    (tmp_path / "k.pem").write_text(pair.key)
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", "k.pem", "-out", "e.pem", "-passout", "pass:sesame"], cwd=tmp_path,
                   check=True)
    encrypted = (tmp_path / "e.pem").read_text()
    reply = upload(api, "clean", [("certificate", pair.chain), ("key", encrypted), ("passphrase", "sesame")],
                   "?confirm=chain_incomplete")
    assert reply.status == 200, reply
    assert box.clean.key.read_text() == encrypted, "as encrypted as it came"
    box.restart()
    assert box.clean.served() == pair.fingerprint
    assert "sesame" not in "\n".join(box.log)


def test_regenerating_makes_a_new_self_signed_pair_and_rolling_back_brings_the_old_one(box):
    api = signed_in(box)
    first = box.clean.served()
    reply = api.post(CERTIFICATE.format("clean") + "/regenerate", json_body={"days": 825, "names": [box.clean.hostname]})
    assert reply.status == 200, reply
    made = reply.json
    assert made["certificate"]["self_signed"] and made["key_from"] == "generated"
    assert box.clean.served() == made["fingerprint_sha256"] != first
    assert api.get(CERTIFICATE.format("clean")).json["previous"]["fingerprint_sha256"] == first
    reply = api.post(CERTIFICATE.format("clean") + "/rollback?confirm=chain_incomplete")
    assert reply.status == 200, reply
    assert box.clean.served() == first
    assert api.post(CERTIFICATE.format("admin") + "/rollback").code == "no_previous"


def test_a_key_that_browsers_refuse_has_to_be_confirmed(box):
    api = signed_in(box)
    wish = {"key_type": "ed25519"}
    assert api.post(CERTIFICATE.format("clean") + "/regenerate", json_body=wish).code == "confirmation_required"
    assert api.post(CERTIFICATE.format("clean") + "/regenerate?confirm=browsers_refuse", json_body=wish).status == 200


def test_a_request_keeps_its_key_on_the_box_over_a_restart_and_its_certificate_is_matched(box, authority, tmp_path):
    api = signed_in(box)
    address = CERTIFICATE.format("clean") + "/request"
    assert api.get(address).code == "no_request"
    made = api.post(address, json_body={"names": [box.clean.hostname]})
    assert made.status == 201, made
    assert api.post(address, json_body={}).code == "request_pending"
    box.restart()
    assert api.get(address).json["pem"] == made.json["pem"]
    (tmp_path / "r.csr").write_text(made.json["pem"])
    subject = subprocess.run(["openssl", "req", "-in", "r.csr", "-noout", "-verify", "-text"], cwd=tmp_path, check=True,
                             capture_output=True, text=True).stdout
    assert f"DNS:{box.clean.hostname}" in subject
    chain = authority.sign(made.json["pem"], box.clean.hostname)
    reply = upload(api, "clean", [("certificate", chain)], "?confirm=chain_incomplete")
    assert reply.status == 200, reply
    assert reply.json["key_from"] == "request"
    assert box.clean.served() == reply.json["fingerprint_sha256"]
    assert api.get(address).code == "no_request"


@pytest.mark.parametrize(("operation", "body", "code", "pointer"), [
    ("regenerate", {"names": ["good.example.test", "not a name"]}, "name_invalid", "/names/1"),
    ("request", {"names": ["good.example.test", "192.0.2.7", "*.192.0.2.7"]}, "name_invalid", "/names/2"),
    ("request", {"subject": {"country": "DEU"}}, "subject_invalid", "/subject/country"),
    ("request", {"subject": {"organization": "a\u0085b"}}, "subject_invalid", "/subject/organization"),
])
def test_what_a_certificate_cannot_hold_is_refused_with_the_member_it_stands_in(box, operation, body, code, pointer):
    api = signed_in(box)
    before = box.clean.served()
    reply = api.post(CERTIFICATE.format("clean") + "/" + operation, json_body=body)
    assert (reply.status, reply.code, reply.json["pointer"]) == (422, code, pointer), reply
    assert pointer != "/subject/country" or "exactly 2 letters" in reply.json["detail"]
    assert box.clean.served() == before
    assert api.get(CERTIFICATE.format("clean") + "/request").code == "no_request"


@pytest.mark.parametrize(("format", "command"), [
    ("pem", ["x509"]), ("der", ["x509", "-inform", "DER"]), ("chain", ["x509"]),
    ("p7b", ["pkcs7", "-inform", "DER", "-print_certs"])])
def test_a_download_is_what_openssl_reads_and_never_the_key(box, format, command):
    reply = signed_in(box).get(CERTIFICATE.format("clean") + f"/download?format={format}")
    assert reply.status == 200, reply
    name = box.clean.hostname + {"pem": ".cert", "der": ".der", "chain": "-chain.cert", "p7b": ".p7b"}[format]
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert b"PRIVATE KEY" not in reply.bytes
    out = subprocess.run(["openssl", *command, "-noout", "-subject"] if command[0] == "x509" else ["openssl", *command],
                         input=reply.bytes, capture_output=True, check=True).stdout
    assert box.clean.hostname.encode() in out


def as_links(daemon, pair):
    elsewhere = daemon.folder / "elsewhere"
    elsewhere.mkdir()
    daemon.clean.place(pair)
    for path in (daemon.clean.certificate, daemon.clean.key):
        path.rename(elsewhere / path.name)
        path.symlink_to(elsewhere / path.name)


def in_the_way(daemon, _pair):
    daemon.clean.key.mkdir(parents=True)


def shared(daemon, pair):
    daemon.clean.place(pair)
    for name in ("certificate", "key"):
        daemon.settings("admin")[name] = str(getattr(daemon.clean, name))


@pytest.mark.parametrize(("arrange", "code"), [
    (as_links, "slot_is_link"), (in_the_way, "slot_not_writable"), (shared, "slot_shared")],
    ids=lambda value: value if isinstance(value, str) else "")
def test_where_the_place_cannot_be_written_changes_say_why_and_dry_run_and_request_work(daemon, authority, arrange, code):
    pair = authority.issue(daemon.clean.hostname)
    arrange(daemon, pair)
    api = signed_in(daemon.start())
    before = [door.served() for door in daemon.doors.values()]
    place = CERTIFICATE.format("clean")
    other = authority.issue("another.example.test")  # which would have to be confirmed
    for reply in (upload(api, "clean", form(other)), api.post(place + "/regenerate", json_body={}),
                  api.post(place + "/rollback")):
        assert (reply.status, reply.code) == (409, code)
        assert str(daemon.clean.key.parent) in reply.json["detail"]
    assert upload(api, "clean", form(pair), "?dry_run=true").status == 200
    assert api.post(place + "/request", json_body={}).status == 201
    assert [door.served() for door in daemon.doors.values()] == before
    refused = api.get("/api/v1/audit?action=certificate.regenerated").json["items"]
    assert [(record["result"], record["code"]) for record in refused] == [("refused", code)]


def test_of_two_uploads_at_once_none_is_half_done(box, authority):
    api = signed_in(box)
    pairs = [authority.issue(box.clean.hostname) for _ in range(4)]
    replies = [None] * len(pairs)

    def send(i):
        replies[i] = upload(api, "clean", form(pairs[i]), "?confirm=chain_incomplete")
    threads = [threading.Thread(target=send, args=(i,)) for i in range(len(pairs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(reply.status == 200 or reply.code == "change_in_progress" for reply in replies), replies
    done = [pair.fingerprint for pair, reply in zip(pairs, replies) if reply.status == 200]
    assert box.clean.served() in done


def test_a_change_that_takes_long_refuses_others_of_its_door_until_it_is_done(box, authority):
    api = signed_in(box)
    pair = authority.issue(box.clean.hostname)
    refused = []

    def met():
        """Makes a large key, which may take no time at all by luck; true once an upload came meanwhile."""
        made = []
        making = threading.Thread(target=lambda: made.append(
            api.post(CERTIFICATE.format("clean") + "/regenerate", json_body={"key_type": "rsa-2048"})))
        making.start()
        before = len(refused)
        while making.is_alive():
            reply = upload(api, "clean", form(pair), "?confirm=chain_incomplete")
            if reply.status != 200:
                refused.append(reply)
        making.join()
        # Where an upload was under way, it is the new key that is refused.
        assert made[0].status == 200 or made[0].code == "change_in_progress", made
        return made[0].status == 200 and len(refused) > before and made[0].json["fingerprint_sha256"]
    made = wait_for(met, "an upload while a key is made", 120)
    assert {(reply.status, reply.code) for reply in refused} == {(409, "change_in_progress")}
    audit = api.get("/api/v1/audit?action=certificate.uploaded&result=refused").json["items"]
    assert {record["code"] for record in audit} == {"change_in_progress"}
    assert box.clean.served() in (made, pair.fingerprint), "an upload may have come right behind it"
    last = authority.issue(box.clean.hostname)
    assert upload(api, "clean", form(last), "?confirm=chain_incomplete").status == 200
    assert box.clean.served() == last.fingerprint


def test_the_console_does_the_same_without_a_password(box, authority):
    root = console(box)
    pair = authority.issue(box.admin.hostname)
    assert upload(root, "admin", form(pair), "?confirm=chain_incomplete").status == 200
    assert box.admin.served() == pair.fingerprint
    record = root.get("/api/v1/audit?limit=1").json["items"][0]
    assert (record["actor"], record["via"], record["address"]) == ("root", "console", None)


def listening(box, api):
    """The next event that `wanted` takes, as (name, data), from a stream that is open when this returns."""
    connection = api.connection()
    connection.request("GET", "/api/v1/events", headers={**api.headers, "Host": f"{box.admin.hostname}:{box.admin.port}"})
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "text/event-stream"

    def heard(wanted):
        event = {}

        def read():
            line = response.readline().decode().strip()
            if line.startswith("event: "):
                event["name"] = line[7:]
            if line.startswith("data: "):
                event["data"] = json.loads(line[6:])
                return wanted(event["data"])
            return False
        wait_for(read, "the event")
        contract().validate(event["data"], "Event", "the event")
        return event["name"], event["data"]
    return heard, connection


def test_open_pages_are_told_of_a_change_as_it_happens(box, authority):
    heard, connection = listening(box, signed_in(box))
    pair = authority.issue(box.clean.hostname)
    box.clean.place(pair)
    name, data = heard(lambda data: data["fingerprint_sha256"] == pair.fingerprint)
    assert (name, data["interface"]) == ("certificate.changed", "clean")
    connection.close()


def test_open_pages_are_told_of_changed_settings_whoever_changed_them(box):
    api = signed_in(box)
    heard, connection = listening(box, api)
    assert api.put("/api/v1/interfaces/clean/tls", json_body={"policy": "modern"}).status == 200
    name, data = heard(lambda data: data["event"] == "settings.changed")
    assert (name, data["interface"]) == ("settings.changed", "clean")
    assert "TLS policy is modern" in data["message"]
    assert console(box).put("/api/v1/tls/legacy", json_body={"interface": "clean"}).status == 200
    assert "TLS 1.0 and 1.1 are let in" in heard(lambda data: data["event"] == "settings.changed")[1]["message"]
    box.settings("clean")["hostname"] = "other.example.test"
    box.hang_up()
    assert "hostname is other.example.test" in heard(lambda data: data["event"] == "settings.changed")[1]["message"]
    connection.close()


@pytest.mark.parametrize("path", [CERTIFICATE.format("third"), CERTIFICATE.format("third") + "/download"])
def test_a_door_that_is_not_there_is_not_found(box, path):
    assert signed_in(box).get(path).code == "not_found"


def test_nothing_but_sign_in_is_open_at_the_admin_door(box):
    api = Api(box.admin)
    for method, path in (("PUT", CERTIFICATE.format("clean")), ("POST", CERTIFICATE.format("clean") + "/regenerate"),
                         ("POST", CERTIFICATE.format("clean") + "/rollback"), ("POST", CERTIFICATE.format("clean") + "/request"),
                         ("DELETE", CERTIFICATE.format("clean") + "/request"), ("POST", "/api/v1/reload")):
        assert api.send(method, path).code == "not_signed_in", path
