"""The resolvers of both networks and the way out, chosen at the admin door or fixed by the file, against real servers."""

import contextlib
import http.client
import threading

import pytest

from api import console, signed_in
from daemon import wait_for
from neighbour import Neighbour

NETWORK = "/api/v1/network"
LOOKUP = NETWORK + "/lookup"
NOTHING = {"clean": [], "dirty": []}
ANY = {"clean": "", "dirty": ""}


@pytest.fixture
def box(daemon):
    return daemon.start()


@pytest.fixture(scope="module")
def quiet_box(shared_daemon):
    return shared_daemon


@pytest.fixture
def neighbour():
    made = Neighbour()
    yield made
    made.close()


def put(api, dns=None, source=None):
    body = {"dns": {**NOTHING, **(dns or {})}}
    if source is not None:
        body["source"] = {**ANY, **source}
    return api.put(NETWORK, json_body=body)


def look_up(api, name, network="dirty"):
    reply = api.post(LOOKUP, json_body={"name": name, "network": network})
    assert reply.status == 200, reply
    return reply.json


def test_what_is_chosen_is_shown_in_short_form_and_kept_over_a_restart(box):
    api = signed_in(box)
    assert api.get(NETWORK).json == {"dns": NOTHING, "source": ANY, "fixed": []}
    dns = {"clean": ["10.0.0.53:53", "10.0.0.54:5353"], "dirty": ["[2620:fe::fe]:53", "[2620:FE::9]:5353", "2001:db8::1"]}
    shown = {"clean": ["10.0.0.53", "10.0.0.54:5353"], "dirty": ["2620:fe::fe", "[2620:fe::9]:5353", "2001:db8::1"]}
    reply = put(api, dns, {"clean": "127.0.0.1", "dirty": "lo"})
    assert reply.status == 200, reply
    assert reply.json == {"dns": shown, "source": {"clean": "127.0.0.1", "dirty": "lo"}, "fixed": []}
    record = api.get("/api/v1/audit?action=settings.network").json["items"][0]
    assert (record["actor"], record["result"]) == ("admin", "done")
    box.restart()
    assert api.get(NETWORK).json == reply.json
    assert put(api, {"clean": ["10.0.0.53"]}).json == {
        "dns": {"clean": ["10.0.0.53"], "dirty": []}, "source": {"clean": "127.0.0.1", "dirty": "lo"}, "fixed": []}


def test_each_network_asks_its_own_servers_from_the_next_look_up_on(box, neighbour):
    other = Neighbour()
    try:
        first = neighbour.serve_names({"amp.test": "198.51.100.7"}, "--host-record=two.test,198.51.100.8,2001:db8::8")
        second = other.serve_names({"amp.test": "198.51.100.9"})
        api = signed_in(box)
        assert put(api, {"dirty": [neighbour.address], "clean": [other.address]}).status == 200
        found = look_up(api, "amp.test")
        assert (found["result"], found["addresses"], found["network"]) == ("found", ["198.51.100.7"], "dirty")
        assert found["milliseconds"] >= 0 and found["message"]
        assert look_up(api, "amp.test", "clean")["addresses"] == ["198.51.100.9"]
        assert look_up(console(box), "two.test")["addresses"] == ["198.51.100.8", "2001:db8::8"]
        assert api.post(LOOKUP, json_body={"name": "amp.test"}).json["addresses"] == ["198.51.100.7"], "dirty is the default"
        assert put(api, {"dirty": [other.address]}).status == 200
        assert look_up(api, "amp.test")["addresses"] == ["198.51.100.9"]
        assert "two.test" in first.read_text() and "two.test" not in second.read_text()
    finally:
        other.close()


def test_a_look_up_that_finds_nothing_is_told_apart_by_its_reason(box, neighbour):
    neighbour.serve_names({"amp.test": "198.51.100.7"})
    api = signed_in(box)
    assert put(api, {"dirty": [neighbour.address], "clean": [f"{neighbour.address}:54"]}).status == 200
    unknown = look_up(api, "nobody.test")
    assert (unknown["result"], unknown["addresses"]) == ("not_found", [])
    assert "nobody.test" in unknown["message"]
    assert look_up(api, "elsewhere.example")["result"] == "refused"
    assert look_up(api, "amp.test", "clean")["result"] == "failed", "nobody listens there"
    assert look_up(api, "192.0.2.7")["addresses"] == ["192.0.2.7"]


def test_look_ups_are_as_slow_as_retrieving_and_stand_in_the_audit(box):
    api = signed_in(box)
    replies = [api.post(LOOKUP, json_body={"name": "192.0.2.7"}) for _ in range(11)]
    assert [reply.status for reply in replies[:10]] == [200] * 10
    assert replies[10].code == "too_many_requests"
    assert api.post("/api/v1/authorities/retrieve", json_body={"host": "192.0.2.7"}).code == "too_many_requests"
    records = api.get("/api/v1/audit?action=network.looked_up").json["items"]
    assert [(record["object"], record["result"]) for record in records] == [("192.0.2.7", "done")] * 10


def test_a_server_that_is_silent_is_given_up_and_the_box_stops_at_once_meanwhile(box, neighbour):
    api = signed_in(box)
    assert put(api, {"dirty": [f"{neighbour.address}:53"]}).status == 200
    silent = neighbour.serve_nothing(53)
    assert look_up(api, "amp.test")["result"] == "timed_out"
    before = silent.stat().st_size
    waiting = threading.Thread(target=lambda: ends_somehow(api), daemon=True)
    waiting.start()
    wait_for(lambda: silent.stat().st_size > before, "the question")
    box.restart()
    waiting.join(30)
    assert not waiting.is_alive()
    assert api.get(NETWORK).status == 200


def ends_somehow(api):
    with contextlib.suppress(OSError, AssertionError, http.client.HTTPException):
        look_up(api, "amp.test")


def test_calls_leave_by_the_source_that_was_chosen(box, neighbour, authority):
    neighbour.serve_tls(authority.issue("amp.example.test"), 8443)
    log = neighbour.serve_names({"amp.test": neighbour.address})
    api = signed_in(box)
    wish = {"host": "amp.test", "port": 8443}
    for source in (neighbour.own_address, neighbour.device):
        assert put(api, {"dirty": [neighbour.address]}, {"dirty": source}).status == 200
        seen = api.post("/api/v1/authorities/retrieve", json_body=wish)
        assert seen.status == 200, seen
        assert seen.json["address"] == neighbour.address
    assert f"from {neighbour.own_address}" in log.read_text()
    assert put(api, {"dirty": []}, {"dirty": "lo"}).status == 200
    reply = api.post("/api/v1/authorities/retrieve", json_body={"host": neighbour.address, "port": 8443})
    assert reply.code == "connect_failed", "it is not behind lo"
    reply = api.post("/api/v1/authorities/retrieve", json_body={**wish, "host": neighbour.address, "network": "clean"})
    assert reply.status == 200, "the other network is as it was"


@pytest.mark.parametrize(("body", "code", "pointer"), [
    ({}, "missing_member", "/dns"), ({"dns": {}}, "missing_member", "/dns/clean"),
    ({"dns": {"clean": []}}, "missing_member", "/dns/dirty"), ({"dns": []}, "wrong_type", "/dns"),
    ({"dns": {**NOTHING, "grey": []}}, "unknown_member", "/dns/grey"),
    ({"dns": NOTHING, "fixed": []}, "unknown_member", "/fixed"),
    ({"dns": {**NOTHING, "dirty": "9.9.9.9"}}, "wrong_type", "/dns/dirty"),
    ({"dns": {**NOTHING, "dirty": ["9.9.9.9", 9]}}, "wrong_type", "/dns/dirty/1"),
    ({"dns": {**NOTHING, "dirty": ["9.9.9.9"] * 9}}, "bad_value", "/dns/dirty"),
    ({"dns": {**NOTHING, "dirty": [""]}}, "bad_value", "/dns/dirty/0"),
    ({"dns": {**NOTHING, "dirty": ["9.9.9.9", "dns.example"]}}, "address_invalid", "/dns/dirty/1"),
    ({"dns": {**NOTHING, "dirty": ["9.9.9.9:0"]}}, "address_invalid", "/dns/dirty/0"),
    ({"dns": {**NOTHING, "dirty": ["[2620:fe::fe"]}}, "address_invalid", "/dns/dirty/0"),
    ({"dns": {**NOTHING, "clean": ["0.0.0.0"]}}, "server_unusable", "/dns/clean/0"),
    ({"dns": {**NOTHING, "clean": ["224.0.0.251"]}}, "server_unusable", "/dns/clean/0"),
    ({"dns": {**NOTHING, "clean": ["::1"]}, "source": {**ANY, "clean": "127.0.0.1"}}, "server_unusable", "/dns/clean/0"),
    ({"dns": NOTHING, "source": {"clean": ""}}, "missing_member", "/source/dirty"),
    ({"dns": NOTHING, "source": {**ANY, "dirty": "eth0/1"}}, "source_invalid", "/source/dirty"),
    ({"dns": NOTHING, "source": {**ANY, "dirty": "a" * 16}}, "source_invalid", "/source/dirty"),
    ({"dns": NOTHING, "source": {**ANY, "dirty": "[::1]"}}, "source_invalid", "/source/dirty"),
    ({"dns": NOTHING, "source": {**ANY, "dirty": "nosuch0"}}, "source_unknown", "/source/dirty"),
    ({"dns": NOTHING, "source": {**ANY, "clean": "192.0.2.77"}}, "source_unknown", "/source/clean"),
])
def test_settings_that_cannot_be_used_are_refused_at_the_member_and_nothing_changes(quiet_box, body, code, pointer):
    api = signed_in(quiet_box)
    reply = api.put(NETWORK, json_body=body)
    assert (reply.status, reply.code, reply.json["pointer"]) == (422, code, pointer), reply
    assert api.get(NETWORK).json == {"dns": NOTHING, "source": ANY, "fixed": []}


@pytest.mark.parametrize(("body", "code"), [
    ({}, "missing_member"), ({"name": ""}, "bad_value"), ({"name": "x" * 254}, "bad_value"),
    ({"name": "a..b"}, "name_invalid"), ({"name": "a b"}, "name_invalid"), ({"name": "a", "network": "x"}, "bad_value"),
    ({"name": "a", "port": 53}, "unknown_member"),
])
def test_what_is_no_name_is_not_looked_up(quiet_box, body, code):
    reply = signed_in(quiet_box).post(LOOKUP, json_body=body)
    assert (reply.status, reply.code) == (422, code)


def test_one_who_may_only_read_sees_the_settings_and_changes_nothing(quiet_box):
    api = signed_in(quiet_box)
    reader = api.with_token(api.post("/api/v1/tokens", json_body={"name": "r", "role": "read"}).json["token"])
    assert reader.get(NETWORK).status == 200
    for method, path in (("PUT", NETWORK), ("POST", LOOKUP)):
        assert reader.send(method, path).code == "role_too_low"


# ---- the configuration file

def test_what_the_file_sets_is_fixed_and_a_reload_brings_it_into_force(daemon, neighbour):
    neighbour.serve_names({"amp.test": "198.51.100.7"})
    daemon.configuration["networks"] = {"dirty": {"dns": [neighbour.address], "source": neighbour.own_address}}
    daemon.start()
    api = signed_in(daemon)
    shown = api.get(NETWORK).json
    assert shown["fixed"] == ["dns.dirty", "source.dirty"]
    assert (shown["dns"]["dirty"], shown["source"]["dirty"]) == ([neighbour.address], neighbour.own_address)
    assert look_up(api, "amp.test")["addresses"] == ["198.51.100.7"]
    for reply in (put(api, {"dirty": ["9.9.9.9"]}), put(api, {"dirty": [neighbour.address]}, {"dirty": ""})):
        assert (reply.status, reply.code) == (409, "fixed_by_file")
        assert "networks.dirty" in reply.json["detail"]
    assert put(api, {"dirty": [neighbour.address], "clean": ["10.0.0.53"]}).status == 200, "the rest may be changed"

    daemon.configuration["networks"] = {"clean": {"dns": []}}
    daemon.hang_up()
    shown = api.get(NETWORK).json
    assert shown == {"dns": NOTHING, "source": ANY, "fixed": ["dns.clean"]}, "what was chosen before comes back"
    del daemon.configuration["networks"]
    daemon.hang_up()
    assert api.get(NETWORK).json == {"dns": {"clean": ["10.0.0.53"], "dirty": []}, "source": ANY, "fixed": []}


@pytest.mark.parametrize(("networks", "path"), [
    ({"grey": {}}, "networks.grey"), ({"clean": {"dns": "9.9.9.9"}}, "networks.clean.dns"),
    ({"clean": {"dns": ["9.9.9.9", "dns.example"]}}, "networks.clean.dns[1]"),
    ({"clean": {"dns": ["9.9.9.9"] * 9}}, "networks.clean.dns"), ({"dirty": {"source": "a/b"}}, "networks.dirty.source"),
    ({"dirty": {"sauce": ""}}, "networks.dirty.sauce"),
])
def test_a_file_with_networks_that_cannot_be_is_refused_by_the_members_path(daemon, networks, path):
    daemon.configuration["networks"] = networks
    code, said = daemon.check()
    assert code == 1 and path in said
