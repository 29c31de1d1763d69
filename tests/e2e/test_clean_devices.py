"""Devices register themselves, wait, and are let in by an administrator."""

import sqlite3
import statistics
import time

import pytest

from field import PASSWORD, Box, address, data, refused

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def box(shared_daemon, authority):
    return Box(shared_daemon, authority)


def register(box, device, secret=SECRET, kind="esa", source=None):
    api = box.anybody()
    api.source = source
    return api.post("/api/v1/devices", json_body={"device_id": device, "kind": kind, "secret": secret})


def poll(box, device, secret=SECRET):
    return box.anybody().get("/api/v1/devices/self", headers={"Authorization": f"Device {device}:{secret}"})


def test_a_device_registers_waits_is_let_in_and_works(box):
    api = box.field(authorization=f"Device esa-1:{SECRET}")
    assert (register(box, "esa-1", source="127.0.0.9").status, poll(box, "esa-1").json) == (202, {"state": "deactivated"})
    again = register(box, "esa-1")
    assert (again.status, again.json) == (202, {"state": "deactivated"})
    assert refused(api.get("/api/v3/session/whoami"), 403).startswith("device_deactivated")

    waiting = box.portal.get("/api/v1/users?pending=true").json["items"]
    one = next(user for user in waiting if user["login"] == "esa-1")
    assert (one["device"], one["active"], one["organization"]["name"]) == (True, False, "esa-1")
    facts = one["registration"]
    assert (facts["state"], facts["kind"], facts["source_address"], facts["conflicts"]) == ("deactivated", "esa", "127.0.0.9", 0)
    assert facts["expires_at"] and facts["last_poll"]

    assert box.portal.put("/api/v1/users/esa-1/active", json_body={}).json["registration"]["state"] == "active"
    told = poll(box, "esa-1").json
    assert told["state"] == "active"
    assert data(api.get("/api/v3/session/whoami"))["api_key"] == told["api_key"]
    me = data(box.field(told["api_key"]).get("/api/v3/session/whoami"))
    assert (me["login"], me["device"], me["role"]) == ("esa-1", True, "user")
    assert register(box, "esa-1").json == {"state": "active"}
    assert "esa-1" not in [user["login"] for user in box.portal.get("/api/v1/users?pending=true").json["items"]]
    assert box.portal.get("/api/v1/users/esa-1").json["registration"]["expires_at"] is None

    assert data(box.admin.delete(address("esa-1") + "/active"))["active"] is False
    assert refused(api.get("/api/v3/session/whoami"), 403).startswith("device_deactivated")
    assert refused(box.field(told["api_key"]).get("/api/v3/session/whoami"), 403).startswith("device_deactivated")
    assert poll(box, "esa-1").json == {"state": "deactivated"}


def test_id_and_secret_open_the_door_only_together(box):
    assert register(box, "pair-a").status == 202
    assert register(box, "pair-b", secret="b" * 64).status == 202
    for device, secret in (("pair-a", "b" * 64), ("pair-b", SECRET), ("pair-a", SECRET[:-1]), ("pair-a", ""), ("none", SECRET)):
        assert poll(box, device, secret).status == 401
    assert poll(box, "PAIR-A").json == {"state": "deactivated"}
    assert box.anybody().get("/api/v1/devices/self").status == 401
    assert box.anybody().get("/api/v1/devices/self", headers={"Authorization": f"Bearer {box.key}"}).status == 401
    # A key and a device of two different users are two identities.
    two = box.field(box.key, authorization=f"Device pair-a:{SECRET}")
    refused(two.get("/api/v3/session/whoami"), 401)


def test_another_secret_and_a_name_that_is_taken_are_one_and_the_same_conflict(box):
    assert register(box, "taken-device").status == 202
    box.user("taken-human")
    box.organization("taken-organization")
    names = ("taken-device", "taken-human", "TAKEN-HUMAN", "taken-organization", "admin", "default")
    replies = {name: register(box, name, secret="another secret of 32 characters!", source=f"127.0.7.{i + 1}")
               for i, name in enumerate(names)}
    assert {(reply.status, reply.bytes) for reply in replies.values()} == {(409, replies["admin"].bytes)}
    assert {frozenset(key.lower() for key in reply.headers) for reply in replies.values()} == {
        frozenset(key.lower() for key in replies["admin"].headers)}
    assert replies["admin"].code == "device_conflict"
    facts = box.portal.get("/api/v1/users/taken-device").json["registration"]
    assert facts["conflicts"] == 1
    assert poll(box, "taken-device").json == {"state": "deactivated"}, "the first one's secret still counts"
    with sqlite3.connect(f"file:{box.daemon.state}/gatehouse.db?mode=ro", uri=True) as database:
        rows = dict(database.execute("SELECT object, refusal FROM audit WHERE action = 'device.refused'").fetchall())
    assert all(rows.get(name) == "device_conflict" for name in names), rows


def test_the_time_of_a_conflict_does_not_tell_whose_name_it_was(box):
    register(box, "timed-device")
    box.user("timed-human")

    sources = (f"127.0.8.{i // 4 + 1}" for i in range(400))  # whoever meets more than five conflicts is slowed down

    def measured(name):
        source = next(sources)
        begin = time.perf_counter()
        assert register(box, name, secret="another secret of 32 characters!", source=source).status == 409
        return time.perf_counter() - begin
    times = {name: [] for name in ("timed-device", "timed-human")}
    for _ in range(15):
        for name, taken in times.items():
            taken.append(measured(name))
    device, human = (statistics.median(taken) for taken in times.values())
    assert max(device, human) < 4 * min(device, human), (device, human)


def test_conflicts_must_be_confirmed_before_a_device_is_let_in(box):
    register(box, "contested")
    register(box, "contested", secret="z" * 50)
    refusal = box.portal.put("/api/v1/users/contested/active", json_body={})
    assert (refusal.status, refusal.code) == (409, "device_conflicts")
    refused(box.admin.put(address("contested") + "/active"), 409)
    assert box.portal.put("/api/v1/users/contested/active", json_body={"confirm_conflicts": True}).json["active"] is True
    assert poll(box, "contested").json["state"] == "active"
    assert poll(box, "contested", "z" * 50).status == 401


def test_a_reset_discards_the_registration_and_the_device_may_come_anew(box):
    register(box, "reset-me")
    box.portal.put("/api/v1/users/reset-me/active", json_body={})
    key = poll(box, "reset-me").json["api_key"]
    assert box.portal.delete("/api/v1/users/reset-me/registration").status == 204
    assert poll(box, "reset-me").status == 401
    refused(box.field(key).get("/api/v3/session/whoami"), 401)
    assert box.portal.get("/api/v1/users/reset-me").status == 404
    assert "reset-me" not in [o["name"] for o in box.portal.get("/api/v1/organizations?limit=1000").json["items"]]
    assert register(box, "reset-me", secret="y" * 33).json == {"state": "deactivated"}
    assert box.portal.delete("/api/v1/users/admin/registration").status == 404


def test_a_device_that_was_deleted_leaves_nothing_to_the_next_of_its_name(box):
    register(box, "heir")
    box.portal.put("/api/v1/users/heir/active", json_body={})
    assert box.portal.delete("/api/v1/users/heir").status == 204
    assert "heir" not in [o["name"] for o in box.portal.get("/api/v1/organizations?limit=1000").json["items"]]
    assert register(box, "heir", secret="n" * 40).json == {"state": "deactivated"}


def test_a_device_is_no_person(box):
    register(box, "machine")
    box.portal.put("/api/v1/users/machine/active", json_body={})
    assert box.portal.put("/api/v1/users/machine", json_body={"role": "admin"}).code == "device_role"
    assert box.portal.put("/api/v1/users/machine/password", json_body={"password": PASSWORD}).code == "device_password"
    assert box.anybody().sign_in("machine", SECRET).code == "credentials_wrong"


@pytest.mark.parametrize("member, value", [("device_id", ""), ("device_id", "a b"), ("device_id", "x" * 66),
                                           ("device_id", "a/b"), ("device_id", "ä"), ("device_id", 5), ("kind", "toaster"),
                                           ("kind", ""), ("secret", "short"), ("secret", "x" * 257), ("secret", "é" * 40),
                                           ("secret", "with a blank and\ttab" * 2), ("secret", None)])
def test_a_registration_that_breaks_a_rule_is_refused_and_told_where(box, member, value):
    wish = {"device_id": "well-formed", "kind": "amp", "secret": SECRET, member: value}
    reply = box.anybody().post("/api/v1/devices", json_body=wish)
    assert (reply.status, reply.json["pointer"]) == (422, f"/{member}"), reply


def test_registrations_of_one_address_are_limited_and_another_still_comes_in(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    replies = [register(box, f"flood-{i}", source="127.0.0.5") for i in range(24)]
    assert [reply.status for reply in replies] == [202] * 20 + [429] * 4
    assert replies[-1].code == "too_many_devices" and int(replies[-1].headers["Retry-After"]) > 0
    assert register(box, "flood-3", source="127.0.0.5").status == 202, "one that waits may ask again"
    assert register(box, "real", source="127.0.0.6").status == 202
    assert box.portal.put("/api/v1/users/flood-0/active", json_body={}).status == 200
    assert register(box, "flood-20", source="127.0.0.5").status == 202, "who was let in does not count"


def test_whoever_has_no_room_learns_of_no_name_and_fills_no_log(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    box.user("taken-human")
    box.organization("taken-organization")
    register(box, "taken-device")
    for i in range(20):
        register(box, f"flood-{i}", source="127.0.0.5")
    names = ("nobody-here", "taken-human", "taken-organization", "taken-device", "admin")
    replies = [register(box, name, secret="another secret of 32 characters!", source="127.0.0.5") for name in names]
    assert {(reply.status, reply.code, reply.bytes) for reply in replies} == {(429, "too_many_devices", replies[0].bytes)}
    assert {frozenset(key.lower() for key in reply.headers) for reply in replies} == {
        frozenset(key.lower() for key in replies[0].headers)}
    assert int(replies[0].headers["Retry-After"]) > 0
    assert register(box, "taken-device", source="127.0.0.5").status == 202, "who has its secret is told its state"
    daemon.stop()
    assert [line for line in daemon.log if '"level":"error"' in line] == []
    with sqlite3.connect(daemon.state / "gatehouse.db") as database:
        rows = database.execute("SELECT object FROM audit WHERE refusal = 'too_many_devices'").fetchall()
    assert {name for name, in rows} == set(names)


def test_names_that_are_taken_cannot_be_guessed_at_speed_and_devices_that_are_known_are_not_slowed(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    assert register(box, "known", source="127.0.0.5").status == 202
    guesses = [register(box, "admin", secret="another secret of 32 characters!", source="127.0.0.5") for _ in range(20)]
    refusals = [reply for reply in guesses if reply.status == 429]
    assert {reply.code for reply in refusals} == {"too_many_requests"}
    assert {reply.status for reply in guesses} == {409, 429} and len(refusals) > 5, guesses
    assert all(int(reply.headers["Retry-After"]) > 0 for reply in refusals)
    assert register(box, "known", source="127.0.0.5").status == 202
    assert register(box, "admin", source="127.0.0.6").status == 409, "another network has its own patience"
    assert register(box, "new", source="127.0.0.6").status == 202


def test_a_registration_lives_on_over_a_restart_and_expires_without_a_poll(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    register(box, "lasting")
    register(box, "forgotten")
    daemon.stop()
    with sqlite3.connect(daemon.state / "gatehouse.db") as database:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {row[1] for row in database.execute("PRAGMA table_info(devices)")}
        assert "devices" in tables, tables
        for column in columns & {"first_seen", "last_poll", "expires"}:
            database.execute(f"UPDATE devices SET {column} = {column} - 86400000000 "
                             "WHERE user_id = (SELECT id FROM users WHERE login = 'forgotten')")
    daemon.start()
    assert poll(box, "lasting").json == {"state": "deactivated"}
    daemon.restart()  # the end of each life tidies up
    assert poll(box, "forgotten").status == 401
    assert poll(box, "lasting").json == {"state": "deactivated"}
