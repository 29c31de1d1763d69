"""Operators sign in at the admin door, with a password, a token, and rights."""

import stat

import pytest

from api import Api, console, initial_password, signed_in

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def box(shared_daemon):
    return shared_daemon


def add_operator(api, name, role, password=PASSWORD):
    reply = api.post("/api/v1/operators", json_body={"username": name, "password": password, "role": role})
    assert reply.status == 201, reply
    other = Api(api.door)
    assert other.sign_in(name, password).status == 200
    return other


def test_the_first_operators_password_lies_in_a_file_for_root_until_it_is_changed(daemon):
    daemon.start()
    file = daemon.state / "initial-password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = initial_password(daemon)
    api = signed_in(daemon)
    assert api.get("/api/v1/session").json["initial_password"] is True
    assert all(first not in line for line in daemon.log)

    reply = api.put("/api/v1/operators/self/password", json_body={"password": PASSWORD, "present_password": first})
    assert reply.status == 204, reply
    assert not file.exists()
    assert api.get("/api/v1/session").status == 401, "the former session has ended"
    api.take_cookie(reply)
    assert api.get("/api/v1/session").json["initial_password"] is False
    daemon.restart()
    assert not file.exists()
    assert Api(daemon.admin).sign_in("admin", first).code == "credentials_wrong"
    assert Api(daemon.admin).sign_in("admin", PASSWORD).status == 200


def test_a_session_lives_on_over_a_restart(daemon):
    daemon.start()
    api = signed_in(daemon)
    daemon.restart()
    assert api.get("/api/v1/session").json["username"] == "admin"


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(box):
    replies = [Api(box.admin).sign_in(name, "wrong " + PASSWORD) for name in ("admin", "nobody")]
    assert [reply.status for reply in replies] == [401, 401]
    assert replies[0].bytes == replies[1].bytes
    assert "Set-Cookie" not in replies[0].headers


def test_guessing_is_slowed_down_and_told_how_long(daemon):
    api = Api(daemon.start().admin)
    assert api.sign_in("guessed", "the first guess").code == "credentials_wrong"
    last = guess(api, "guessed")
    assert last.code == "too_many_requests"
    assert int(last.headers["Retry-After"]) >= 1


def guess(api, name="admin"):
    """Guesses until it has to wait, which doubles with each guess; the answer that says so."""
    for i in range(60):
        reply = api.sign_in(name, f"guess number {i}")
        if reply.status == 429:
            return reply
    raise AssertionError("guessed 60 times without having to wait")


def test_who_guesses_at_a_known_name_locks_nobody_out_elsewhere(daemon):
    daemon.start()
    owner = Api(daemon.admin, source="127.0.0.2")
    first = initial_password(daemon)
    assert owner.sign_in("admin", first).status == 200
    guess(Api(daemon.admin))
    guess(Api(daemon.admin, source="127.0.0.3"))
    assert Api(daemon.admin, source="127.0.0.2").sign_in("admin", first).status == 200, "where the owner signed in lately"
    elsewhere = guess(Api(daemon.admin, source="127.0.0.4"))
    assert elsewhere.code == "too_many_requests"
    assert int(elsewhere.headers["Retry-After"]) <= 5
    wish = {"password": PASSWORD, "present_password": first}
    assert owner.put("/api/v1/operators/self/password", json_body=wish).status == 204, "who is inside is not hindered"


def test_a_password_set_on_the_console_ends_what_guesses_made_the_name_wait_for(daemon):
    guesser = Api(daemon.start().admin)
    owner = Api(daemon.admin, source="127.0.0.2")
    guess(guesser)
    assert guess(owner).code == "too_many_requests"
    assert console(daemon).put("/api/v1/operators/admin/password", json_body={"password": PASSWORD}).status == 204
    assert owner.sign_in("admin", PASSWORD).status == 200
    assert guess(guesser).code == "too_many_requests", "the network still waits"


def test_signing_out_ends_the_session(box):
    api = signed_in(box)
    reply = api.delete("/api/v1/session")
    assert reply.status == 204
    assert "Max-Age=0" in reply.headers["Set-Cookie"]
    assert api.get("/api/v1/session").code == "not_signed_in"


def test_sessions_are_listed_and_another_one_can_be_ended(box):
    one, other = signed_in(box), signed_in(box)
    items = one.get("/api/v1/sessions").json["items"]
    assert [item["current"] for item in items].count(True) == 1
    current = other.get("/api/v1/session").json["session_id"]
    assert one.delete(f"/api/v1/sessions/{current}").status == 204
    assert other.get("/api/v1/status").code == "not_signed_in"
    assert one.get("/api/v1/status").status == 200
    assert one.delete("/api/v1/sessions/99999").code == "not_found"


def test_a_token_ends_no_session(box):
    api = signed_in(box)
    made = api.post("/api/v1/tokens", json_body={"name": "ender", "role": "read"}).json
    current = api.get("/api/v1/session").json["session_id"]
    assert api.with_token(made["token"]).delete(f"/api/v1/sessions/{current}").code == "token_not_allowed"
    assert api.get("/api/v1/status").status == 200


def test_the_role_read_looks_and_does_not_touch(box):
    reader = add_operator(signed_in(box), "looker", "read")
    assert reader.get("/api/v1/status").status == 200
    for method, path in (("POST", "/api/v1/interfaces/clean/certificate/rollback"), ("POST", "/api/v1/operators"),
                         ("DELETE", "/api/v1/operators/admin")):
        assert reader.send(method, path).code == "role_too_low", path


def test_a_token_is_shown_once_and_has_its_own_role(box):
    api = signed_in(box)
    made = api.post("/api/v1/tokens", json_body={"name": "monitoring", "role": "read"}).json
    script = api.with_token(made["token"])
    assert script.get("/api/v1/status").status == 200
    assert script.post("/api/v1/interfaces/clean/certificate/rollback").code == "role_too_low"
    listed = api.get("/api/v1/tokens")
    assert made["token"].encode() not in listed.bytes
    assert api.delete(f"/api/v1/tokens/{made['id']}").status == 204
    assert script.get("/api/v1/status").code == "not_signed_in"


def test_a_token_makes_neither_operators_nor_tokens(box):
    api = signed_in(box)
    made = api.post("/api/v1/tokens", json_body={"name": "strong", "role": "operate"}).json
    script = api.with_token(made["token"])
    assert script.post("/api/v1/tokens", json_body={"name": "x", "role": "read"}).code == "token_not_allowed"
    new = {"username": "x", "password": PASSWORD, "role": "read"}
    assert script.post("/api/v1/operators", json_body=new).code == "token_not_allowed"


def test_the_last_operator_that_may_operate_cannot_be_removed(box):
    api = signed_in(box)
    assert api.delete("/api/v1/operators/admin").code == "last_operator"


def test_a_removed_operator_is_out_at_once(box):
    api = signed_in(box)
    other = add_operator(api, "leaving", "operate")
    assert api.delete("/api/v1/operators/leaving").status == 204
    assert other.get("/api/v1/status").code == "not_signed_in"


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": None},
    {"Origin": None, "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
], ids=str)
def test_a_change_asked_for_by_a_foreign_page_is_refused(box, headers):
    api = signed_in(box)
    reply = api.post("/api/v1/tokens", json_body={"name": "foreign", "role": "read"}, headers=headers)
    assert reply.status == 403, reply
    assert reply.code in ("foreign_origin", "origin_missing")


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/interfaces", "/api/v1/audit", "/api/v1/operators",
                                  "/api/v1/events", "/api/v1/interfaces/clean/certificate",
                                  "/api/v1/interfaces/admin/certificate/download"])
def test_nothing_is_told_without_identity(box, path):
    for api in (Api(box.admin), Api(box.admin, headers={"Authorization": "Bearer gh_none"}),
                Api(box.admin, headers={"Cookie": "__Host-gatehouse-admin=none"})):
        assert api.get(path).code == "not_signed_in"


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/operators", "/api/v1/interfaces", "/api/v1/audit", "/metrics"])
def test_the_clean_door_has_nothing_of_this(box, path):
    assert Api(box.clean).get(path).code == "not_found"


@pytest.mark.parametrize(("body", "status", "pointer"), [
    ({"username": "x", "password": PASSWORD}, 422, "/role"),
    ({"username": "x", "password": PASSWORD, "role": "king"}, 422, "/role"),
    ({"username": "x", "password": PASSWORD, "role": "read", "admin": True}, 422, "/admin"),
    ({"username": 7, "password": PASSWORD, "role": "read"}, 422, "/username"),
    ({"username": "a b", "password": PASSWORD, "role": "read"}, 422, None),
    ({"username": "short", "password": "short", "role": "read"}, 422, None),
    ({"username": "self", "password": PASSWORD, "role": "read"}, 422, "/username"),
    ({"username": "Root", "password": PASSWORD, "role": "read"}, 422, "/username"),
    ([], 422, None),
], ids=str)
def test_a_body_that_does_not_fit_is_refused_by_the_member_at_fault(box, body, status, pointer):
    reply = signed_in(box).post("/api/v1/operators", json_body=body)
    assert reply.status == status, reply
    if pointer:
        assert reply.json["pointer"] == pointer


@pytest.mark.parametrize(("body", "content_type", "status"), [
    (b"{", "application/json", 400),
    (b"[" * 60_000, "application/json", 400),
    (b"{}", "text/plain", 415),
    (b" " * 70_000, "application/json", 413),
], ids=["broken", "deep", "other type", "large"])
def test_a_body_that_is_no_json_is_refused(box, body, content_type, status):
    reply = signed_in(box).post("/api/v1/tokens", body=body, headers={"Content-Type": content_type})
    assert reply.status == status, reply


def test_what_was_done_and_refused_stands_in_the_audit_and_no_secret_does(box):
    api = signed_in(box)
    Api(box.admin).sign_in("stranger", "a wrong password")
    add_operator(api, "audited", "read")
    records = api.get("/api/v1/audit?limit=50").json["items"]
    assert any(r["action"] == "session.refused" and r["actor"] == "stranger" and r["address"] == "127.0.0.1"
               for r in records)
    added = next(r for r in records if r["action"] == "operator.added" and r["object"] == "audited")
    assert (added["actor"], added["via"], added["result"]) == ("admin", "session", "done")
    everything = api.get("/api/v1/audit?limit=200").bytes.decode() + "\n".join(box.log)
    for secret in (PASSWORD, "a wrong password", api.headers["Cookie"].split("=")[1]):
        assert secret not in everything
    first = api.get("/api/v1/audit?limit=1").json
    second = api.get(f"/api/v1/audit?limit=1&cursor={first['next']}").json
    assert second["items"][0]["id"] < first["items"][0]["id"]
    assert api.get("/api/v1/audit?cursor=nonsense").status in (400, 422)


def test_refused_sign_ins_of_one_name_are_one_record_a_minute(box):
    api = signed_in(box)
    for _ in range(3):
        assert Api(box.admin).sign_in("persistent", "a guess").code == "credentials_wrong"
    records = api.get("/api/v1/audit?actor=persistent").json["items"]
    assert [(r["action"], r["code"], r["count"]) for r in records] == [("session.refused", "credentials_wrong", 1)]


@pytest.mark.parametrize(("path", "action", "target"), [
    ("/api/v1/tokens/99999", "token.revoked", "99999"),
    ("/api/v1/operators/nobody", "operator.removed", "nobody"),
    ("/api/v1/authorities/" + "f" * 64, "authority.removed", "f" * 64),
    ("/api/v1/interfaces/clean/certificate/request", "certificate.request_discarded", "clean"),
])
def test_what_was_to_be_removed_and_was_not_stands_in_the_audit(box, path, action, target):
    api = signed_in(box)
    reply = api.delete(path)
    assert reply.status == 404, reply
    record = api.get(f"/api/v1/audit?action={action}&limit=1").json["items"][0]
    assert (record["object"], record["result"], record["code"]) == (target, "refused", reply.code)


def test_a_wrong_present_password_stands_in_the_audit(box):
    api = signed_in(box)
    wish = {"password": PASSWORD, "present_password": "a guess"}
    assert api.put("/api/v1/operators/self/password", json_body=wish).code == "present_password_wrong"
    record = api.get("/api/v1/audit?action=operator.password_refused&limit=1").json["items"][0]
    assert (record["actor"], record["object"], record["code"]) == ("admin", "admin", "present_password_wrong")


def test_root_on_the_console_needs_no_password_and_sets_anybodys(daemon):
    daemon.start()
    root = console(daemon)
    assert root.get("/api/v1/status").json["interfaces"]["clean"]["source"] == "self_signed"
    assert root.put("/api/v1/operators/admin/password", json_body={"password": PASSWORD}).status == 204
    assert Api(daemon.admin).sign_in("admin", PASSWORD).status == 200
    assert Api(daemon.admin).post("/api/v1/reload").code == "not_signed_in"
    assert signed_in_with(daemon, PASSWORD).post("/api/v1/reload").code == "console_only"


def signed_in_with(daemon, password):
    api = Api(daemon.admin)
    assert api.sign_in("admin", password).status == 200
    return api


def test_a_reload_from_the_console_waits_for_its_result(daemon, authority):
    daemon.start()
    pair = authority.issue(daemon.clean.hostname)
    daemon.clean.place(pair)
    reply = console(daemon).post("/api/v1/reload")
    assert reply.status == 200, reply
    assert daemon.clean.served() == pair.fingerprint
    daemon.settings("clean")["hostname"] = "not a name"
    daemon.write_configuration()
    assert console(daemon).post("/api/v1/reload").code == "configuration_invalid"


def test_another_user_is_not_let_in_at_the_console(daemon):
    daemon.start()
    socket = daemon.folder / "console.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600


def test_refused_sign_ins_that_no_record_told_yet_are_recorded_at_a_stop(daemon):
    daemon.start()
    for _ in range(3):
        assert Api(daemon.admin).sign_in("stranger", "wrong").code == "credentials_wrong"
    records = console(daemon).get("/api/v1/audit?action=session.refused").json["items"]
    assert [record["count"] for record in records] == [1]
    daemon.restart()
    records = console(daemon).get("/api/v1/audit?action=session.refused").json["items"]
    assert [(record["actor"], record["count"]) for record in records] == [("stranger", 2), ("stranger", 1)]
