"""What outbound calls believe: added, listed and removed through the admin door, and retrieved from real servers."""

import itertools
import re
import stat

import pytest

import certificates
from api import console, signed_in
from neighbour import Neighbour

ALL = "/api/v1/authorities"
SYSTEM = ALL + "/system"
RETRIEVE = ALL + "/retrieve"
IMPORT = ALL + "/import"
numbers = itertools.count(1)


@pytest.fixture
def box(daemon):
    return daemon.start()


@pytest.fixture
def neighbour():
    made = Neighbour()
    yield made
    made.close()


@pytest.fixture(scope="module")
def quiet_box(shared_daemon):
    return shared_daemon


def add(api, pem):
    return api.post(ALL, json_body={"pem": pem})


def listed(api):
    body = api.get(ALL).json
    assert body["next"] is None
    return {item["certificate"]["fingerprint_sha256"]: item for item in body["items"]}


def newest(api, action):
    return api.get(f"/api/v1/audit?action={action}&limit=1").json["items"][0]


# ---- adding and removing

def test_a_pasted_authority_is_believed_over_a_restart_until_it_is_removed_and_all_of_it_is_audited(box, authority):
    api = signed_in(box)
    assert listed(api) == {}
    root = certificates.fingerprint(authority.root)
    reply = add(api, "Our root, from the intranet:\r\n" + authority.root.replace("\n", "\r\n"))
    assert reply.status == 201, reply
    assert [item["certificate"]["fingerprint_sha256"] for item in reply.json["added"]] == [root]
    assert (reply.json["known"], reply.json["refused"]) == (0, [])
    record = newest(api, "authority.added")
    assert (record["after_sha256"], record["actor"], record["result"]) == (root, "admin", "done")
    assert "Test root" in record["object"]
    file = box.state / "authorities" / f"{root}.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    box.restart()
    item = listed(api)[root]
    assert item["state"] == "valid" and item["certificate"]["ca"]
    assert api.delete(f"{ALL}/{root}").status == 204
    assert listed(api) == {} and not file.exists()
    record = newest(api, "authority.removed")
    assert (record["before_sha256"], record["actor"]) == (root, "admin")
    assert "Test root" in record["object"]
    assert api.delete(f"{ALL}/{root}").code == "authority_unknown"


def test_several_are_added_each_for_itself_and_what_is_there_already_is_only_counted(box, authority):
    api = signed_in(box)
    assert add(api, authority.root).status == 201
    pair = authority.issue("server.example.test")
    reply = add(api, authority.root + authority.intermediate + pair.key + pair.leaf)
    assert reply.status == 201, reply
    assert [item["certificate"]["ca"] for item in reply.json["added"]] == [True, False]
    assert reply.json["known"] == 1
    assert [finding["code"] for finding in reply.json["refused"]] == ["not_a_certificate"]
    assert pair.key.splitlines()[1] not in reply.bytes.decode()
    assert len(listed(api)) == 3
    again = add(api, authority.root)
    assert (again.status, again.json["known"], again.json["added"]) == (200, 1, [])


def test_expired_and_not_yet_valid_ones_are_shown_as_such(box, authority):
    api = signed_in(box)
    old, new = authority.expired("old.example.test"), authority.not_yet_valid("new.example.test")
    assert add(api, old.leaf + new.leaf).status == 201
    states = listed(api)
    assert states[old.fingerprint]["state"] == "expired"
    assert states[old.fingerprint]["certificate"]["days_left"] < 0
    assert states[new.fingerprint]["state"] == "not_yet_valid"


def test_a_file_that_was_spoiled_is_told_and_can_be_removed(box, authority):
    root = certificates.fingerprint(authority.root)
    api = signed_in(box)
    assert add(api, authority.root).status == 201
    file = box.state / "authorities" / f"{root}.pem"
    file.write_text("spoiled")
    box.restart()
    body = api.get(ALL).json
    assert body["items"] == []
    assert [(fault["code"], str(file) in fault["message"]) for fault in body["faults"]] == [("authority_damaged", True)]
    assert box.events("authorities.damaged")
    assert api.delete(f"{ALL}/{root}").status == 204
    assert api.get(ALL).json["faults"] == []


@pytest.mark.parametrize(("pem", "code"), [
    ("no certificate at all", "unparsable"), ("", "bad_value"), (17, "wrong_type"), (None, "wrong_type"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "none_added"),
], ids=["text", "nothing", "number", "null", "no DER"])
def test_what_is_no_certificate_is_refused_with_its_code_and_nothing_changes(quiet_box, pem, code):
    api = signed_in(quiet_box)
    reply = add(api, pem)
    assert (reply.status, reply.code) == (422, code)
    if code == "none_added":
        assert [finding["code"] for finding in reply.json["findings"]] == ["unparsable"]
    else:
        assert reply.json["pointer"] == "/pem"
    assert listed(api) == {}


@pytest.mark.parametrize(("method", "path", "body", "code"), [
    ("POST", ALL, {}, "missing_member"), ("POST", ALL, {"pem": "x", "colour": 1}, "unknown_member"),
    ("POST", ALL, [], "wrong_type"), ("PUT", SYSTEM, {"included": "yes"}, "wrong_type"),
    ("PUT", SYSTEM, {}, "missing_member"), ("POST", RETRIEVE, {}, "missing_member"),
    ("POST", RETRIEVE, {"host": ""}, "bad_value"), ("POST", RETRIEVE, {"host": "a", "port": 0}, "bad_value"),
    ("POST", RETRIEVE, {"host": "a", "port": 65536}, "bad_value"),
    ("POST", RETRIEVE, {"host": "a", "port": "443"}, "wrong_type"),
    ("POST", RETRIEVE, {"host": "a", "network": "grey"}, "bad_value"),
    ("POST", RETRIEVE, {"host": "x" * 254}, "bad_value"),
    ("POST", IMPORT, {"retrieval_id": "r_none"}, "missing_member"),
    ("POST", IMPORT, {"retrieval_id": "r_none", "fingerprints": []}, "bad_value"),
    ("POST", IMPORT, {"retrieval_id": "r_none", "fingerprints": ["ab"]}, "bad_value"),
    ("POST", IMPORT, {"retrieval_id": 1, "fingerprints": ["a" * 64]}, "wrong_type"),
])
def test_a_body_that_does_not_fit_is_refused_at_the_member_at_fault(quiet_box, method, path, body, code):
    reply = signed_in(quiet_box).send(method, path, json_body=body)
    assert (reply.status, reply.code) == (422, code)
    assert "pointer" in reply.json


@pytest.mark.parametrize("path", [f"{ALL}/{'0' * 64}", f"{ALL}/settings", f"{ALL}/..%2fsettings.json", f"{ALL}/{'A' * 64}"])
def test_removing_what_is_not_there_says_so(quiet_box, path):
    assert signed_in(quiet_box).delete(path).code == "authority_unknown"


def test_one_who_may_only_read_looks_and_changes_nothing(quiet_box, authority):
    api = signed_in(quiet_box)
    reader = api.with_token(api.post("/api/v1/tokens", json_body={"name": "r", "role": "read"}).json["token"])
    assert reader.get(ALL).status == 200
    assert reader.get(SYSTEM).status == 200
    for method, path in (("POST", ALL), ("PUT", SYSTEM), ("POST", RETRIEVE), ("POST", IMPORT), ("DELETE", f"{ALL}/x")):
        assert reader.send(method, path).code == "role_too_low", path


# ---- the system's

def test_the_systems_roots_are_counted_and_left_out_over_a_restart(daemon, authority):
    folder = daemon.folder / "anchors"
    folder.mkdir()
    (folder / "12345678.0").write_text(authority.root)
    (folder / "ca-certificates.crt").write_text(authority.root)
    daemon.start(environment={"SSL_CERT_DIR": str(folder)})
    api = signed_in(daemon)
    assert api.get(SYSTEM).json == {"included": True, "count": 1}
    assert api.put(SYSTEM, json_body={"included": False}).json == {"included": False, "count": 1}
    assert (newest(api, "authority.system")["object"], newest(api, "authority.system")["result"]) == ("left out", "done")
    daemon.restart()
    assert api.get(SYSTEM).json["included"] is False


# ---- retrieving

def test_a_retrieved_chain_is_shown_and_what_is_chosen_of_it_is_believed_at_once(box, authority, neighbour):
    pair = authority.issue("amp.example.test")
    neighbour.serve_tls(pair, 8443)
    api = signed_in(box)
    wish = {"host": neighbour.address, "port": 8443, "network": "dirty"}
    reply = api.post(RETRIEVE, json_body=wish)
    assert reply.status == 200, reply
    seen = reply.json
    chain = [link["fingerprint_sha256"] for link in seen["chain"]]
    assert chain[0] == pair.fingerprint and certificates.fingerprint(authority.intermediate) in chain
    assert {name: seen[name] for name in ("host", "port", "network", "address", "tls_version", "trusted")} == {
        **wish, "address": neighbour.address, "tls_version": "TLSv1.3", "trusted": False}
    assert listed(api) == {}, "retrieving believes nothing"
    assert newest(api, "authority.retrieved")["object"] == f"{neighbour.address}:8443"

    chosen = [certificates.fingerprint(authority.intermediate)] * 2
    reply = api.post(IMPORT, json_body={"retrieval_id": seen["retrieval_id"], "fingerprints": chosen})
    assert reply.status == 201, reply
    assert [item["certificate"]["fingerprint_sha256"] for item in reply.json["added"]] == chosen[:1]
    assert newest(api, "authority.added")["after_sha256"] == chosen[0]
    assert api.post(RETRIEVE, json_body=wish).json["trusted"] is True, "the next call sees it"
    assert api.delete(f"{ALL}/{chosen[0]}").status == 204
    assert api.post(RETRIEVE, json_body=wish).json["trusted"] is False


def test_a_retrieval_is_for_who_made_it_and_for_what_was_shown(box, authority, neighbour):
    neighbour.serve_tls(authority.issue("amp.example.test"), 8443)
    api = signed_in(box)
    seen = api.post(RETRIEVE, json_body={"host": neighbour.address, "port": 8443}).json
    own = {"retrieval_id": seen["retrieval_id"], "fingerprints": [seen["chain"][0]["fingerprint_sha256"]]}
    other = api.with_token(api.post("/api/v1/tokens", json_body={"name": "admin", "role": "operate"}).json["token"])
    assert other.post(IMPORT, json_body=own).code == "retrieval_gone"
    assert console(box).post(IMPORT, json_body=own).code == "retrieval_gone"
    reply = api.post(IMPORT, json_body={**own, "fingerprints": [*own["fingerprints"], "0" * 64]})
    assert (reply.status, reply.json["pointer"]) == (422, "/fingerprints/1")
    assert listed(api) == {}
    assert signed_in(box).post(IMPORT, json_body=own).status == 201, "the same operator in another session"
    box.restart()
    assert api.post(IMPORT, json_body=own).code == "retrieval_gone"


def test_the_console_retrieves_too(box, authority, neighbour):
    neighbour.serve_tls(authority.issue("amp.example.test"), 8443)
    root = console(box)
    seen = root.post(RETRIEVE, json_body={"host": neighbour.address, "port": 8443}).json
    own = {"retrieval_id": seen["retrieval_id"], "fingerprints": [seen["chain"][0]["fingerprint_sha256"]]}
    assert root.post(IMPORT, json_body=own).status == 201


def test_neither_the_box_itself_nor_its_link_is_called(quiet_box, neighbour):
    api = caller(quiet_box)
    for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "169.254.169.254", "fe80::1", "224.0.0.1",
                 "::ffff:127.0.0.1", neighbour.own_address):
        reply = api.post(RETRIEVE, json_body={"host": host, "port": quiet_box.admin.port})
        assert (reply.status, reply.code, reply.json["pointer"]) == (422, "address_forbidden", "/host"), (host, reply)


def caller(box):
    """A script of its own: each may retrieve so often."""
    api = signed_in(box)
    wish = {"name": f"script {next(numbers)}", "role": "operate"}
    return api.with_token(api.post("/api/v1/tokens", json_body=wish).json["token"])


def test_a_server_that_cannot_be_looked_at_is_told_with_its_reason(quiet_box, neighbour):
    neighbour.run("python3", "-u", "-m", "http.server", "--bind", neighbour.address, "8080", ready="Serving")
    api = caller(quiet_box)
    for host, port, code in ((neighbour.address, 1, "connect_failed"), (neighbour.address, 8080, "not_tls"),
                             ("a..b", 443, "name_invalid"), ("https://a", 443, "name_invalid")):
        reply = api.post(RETRIEVE, json_body={"host": host, "port": port})
        assert (reply.status, reply.code) == (422, code), (host, port, reply)
        assert reply.json["detail"]


def test_who_retrieves_too_often_has_to_wait(quiet_box):
    api, other = caller(quiet_box), caller(quiet_box)
    replies = [api.post(RETRIEVE, json_body={"host": "127.0.0.1"}) for _ in range(11)]
    assert [reply.status for reply in replies] == [422] * 10 + [429]
    assert replies[-1].code == "too_many_requests"
    assert re.fullmatch(r"[1-9]\d?", replies[-1].headers["Retry-After"])
    assert other.post(RETRIEVE, json_body={"host": "127.0.0.1"}).status == 422
