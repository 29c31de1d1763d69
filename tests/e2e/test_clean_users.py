"""Users, organizations and limits, as scripts of the field and as the portal work with them."""

import concurrent.futures
import json
import sqlite3
import threading

import pytest

from daemon import move_over, wait_for
from field import PASSWORD, Box, address, data, refused

WHOAMI = "/api/v3/session/whoami"
# What people type and what attackers try: it comes back as it was typed, everywhere.
ODD = ["<script>alert(1)</script>", "'; DROP TABLE users; --", '" onload="x', "Zoë ☃ \u202e", "%s%n${7*7}{{7*7}}",
       "a\\b\\'c", "&lt;&amp;", "../../etc/passwd"]


@pytest.fixture(scope="module")
def box(shared_daemon, authority):
    return Box(shared_daemon, authority)


# ---- scripts of the field

def test_a_script_adds_a_user_renames_it_and_finds_it_in_its_organization(box):
    organization = data(box.admin.get(WHOAMI))["organization_id"]
    made = data(box.admin.post(f"/api/v3/organizations/{organization}/users",
                               form={"login": "login1", "name": "one", "email": "one@example.com", "title": "First"}))
    assert made["users"] == [{name: made[name] for name in made["users"][0]}]
    assert (made["role"], made["active"], len(made["api_key"])) == ("user", True, 26)

    users = data(box.admin.get(f"/api/v3/organizations/{organization}/users"))["users"]
    assert "login1" in [user["login"] for user in users]
    renamed = box.admin.put(address("login1"), form={"name": "wsa1.example.org"})
    assert (renamed.status, renamed.bytes) == (204, b"")
    one = data(box.admin.get(address("login1")))
    assert (one["name"], one["email"], one["title"]) == ("wsa1.example.org", "one@example.com", "First")
    assert one["api_key"] == made["api_key"]
    assert data(box.field(made["api_key"]).get(WHOAMI))["name"] == "wsa1.example.org"


def test_a_deactivated_user_is_refused_from_the_next_request_on_and_let_in_again(box):
    ada = box.user("ada")
    assert data(ada.get(WHOAMI))["active"] is True
    assert data(box.admin.delete(address("ada") + "/active"))["active"] is False
    for _ in range(4):  # of whichever worker
        assert "de-activated" in refused(ada.get(WHOAMI), 403)
        refused(ada.put(address("ada"), form={"name": "x"}), 403)
    assert data(box.admin.put(address("ada") + "/active"))["active"] is True
    for _ in range(4):
        assert data(ada.get(WHOAMI))["login"] == "ada"


def test_a_new_key_takes_the_place_of_the_old_one_at_once(box):
    bob = box.user("bob")
    fresh = data(bob.put(address("bob") + "/api-key"))["api_key"]
    assert fresh != bob.key
    for _ in range(4):
        refused(bob.get(WHOAMI), 401)
        assert data(box.field(fresh).get(WHOAMI))["api_key"] == fresh
    refused(box.user("bobs-friend").put(address("bob") + "/api-key"), 404)


def test_a_user_that_is_deleted_is_gone(box):
    carl = box.user("carl", password=PASSWORD)
    portal = box.signed_in("carl")
    assert box.admin.delete(address("carl")).status == 204
    refused(carl.get(WHOAMI), 401)
    assert portal.get("/api/v1/session").code == "not_signed_in"
    refused(box.admin.get(address("carl")), 404)
    refused(box.admin.delete(address("carl")), 404)


def test_a_password_set_by_a_script_opens_the_portal_and_ends_the_former_sessions(box):
    dora = box.user("dora", password=PASSWORD)
    portal = box.signed_in("dora")
    assert dora.put(address("dora") + "/password", form={"password": "another sentence of hers"}).status == 204
    assert portal.get("/api/v1/session").code == "not_signed_in"
    assert box.anybody().sign_in("dora", PASSWORD).code == "credentials_wrong"
    assert box.signed_in("dora", "another sentence of hers")
    refused(dora.put(address("dora") + "/password", form={"password": "short"}), 422)
    refused(dora.put(address("dora") + "/password"), 422)


def test_limits_are_set_and_told(box):
    emil = box.user("emil")
    free = {"submission-rate-limit": [], "submission-wait-seconds": 0, "submissions-available": None}
    assert data(emil.get(address("emil") + "/rate-limit")) == {"user": free, "organization": free}
    limit = {"submission-rate-limit": [[10, 60], [100, 1440]]}
    standing = data(box.admin.put(address("emil") + "/rate-limit", json_body=limit))
    assert standing["user"] == {**limit, "submission-wait-seconds": 0, "submissions-available": 10}
    assert data(emil.get(address("emil") + "/rate-limit")) == standing
    assert data(box.admin.put(address("emil") + "/rate-limit", form={"submission-rate-limit": "[[0,1]]"}))[
        "user"]["submissions-available"] == 0
    refused(emil.put(address("emil") + "/rate-limit", json_body=limit), 403)
    for bad in ([[1]], [[1, 0]], [[-1, 5]], "x", {}, [1, 2], [["1", 2]], [[1, 2]] * 9, [[10**30, 1]], [[1, 10**18]], None):
        refused(box.admin.put(address("emil") + "/rate-limit", json_body={"submission-rate-limit": bad}), 422)


def test_an_organization_is_deleted_when_nobody_is_in_it(box):
    organization = box.organization("Short-lived")
    box.user("fritz", organization=organization)
    assert "1" in refused(box.admin.delete(f"/api/v3/organizations/{organization}"), 409)
    assert box.admin.delete(address("fritz")).status == 204
    assert box.admin.delete(f"/api/v3/organizations/{organization}").status == 204
    refused(box.admin.get(f"/api/v3/organizations/{organization}/users"), 404)
    refused(box.admin.delete("/api/v3/organizations/one"), 404)


# ---- who may see and do what

@pytest.fixture(scope="module")
def two(box):
    """Two organizations, each with an org-admin and a user."""
    organizations = [box.organization(name) for name in ("North", "South")]
    return {f"{role}{i}": box.user(f"{role}{i}", role, organization)
            for i, organization in enumerate(organizations) for role in ("user", "org-admin")} | {
                "ids": organizations}


def test_a_user_sees_itself_alone(box, two):
    user = two["user0"]
    assert data(user.get(address("user0")))["api_key"] == user.key
    for login in ("org-admin0", "user1", "admin", "nobody"):
        for call in (lambda a: user.get(a), lambda a: user.put(a, form={"name": "x"}), lambda a: user.delete(a),
                     lambda a: user.put(a + "/active"), lambda a: user.delete(a + "/active"),
                     lambda a: user.put(a + "/api-key"), lambda a: user.get(a + "/rate-limit"),
                     lambda a: user.put(a + "/password", form={"password": PASSWORD})):
            message = refused(call(address(login)), 404)
            assert message == f'There is no user "{login}".'
    assert "must be a text" in refused(user.put(address("user0"), json_body={"name": ["Myself"]}), 422)
    assert user.put(address("user0"), form={"name": "Myself"}).status == 204
    for call in (user.put(address("user0"), form={"role": "admin"}), user.delete(address("user0")),
                 user.delete(address("user0") + "/active")):
        refused(call, 403)
    refused(user.get(f"/api/v3/organizations/{two['ids'][0]}/users"), 403)
    refused(user.get(f"/api/v3/organizations/{two['ids'][1]}/users"), 404)
    refused(user.delete(f"/api/v3/organizations/{two['ids'][0]}"), 403)


def test_an_org_admin_orders_its_own_organization_and_sees_no_keys(box, two):
    chief, own, foreign = two["org-admin0"], *two["ids"]
    users = data(chief.get(f"/api/v3/organizations/{own}/users"))["users"]
    assert {user["login"]: user["api_key"] for user in users} == {"user0": None, "org-admin0": chief.key}
    assert data(chief.get(address("user0")))["api_key"] is None
    refused(chief.put(address("user0") + "/api-key"), 403)
    assert data(chief.delete(address("user0") + "/active"))["active"] is False
    assert data(chief.put(address("user0") + "/active"))["active"] is True
    assert chief.put(address("user0"), form={"role": "org-admin"}).status == 204
    assert chief.put(address("user0"), form={"role": "user"}).status == 204
    refused(chief.put(address("user0"), form={"role": "admin"}), 403)
    refused(chief.put(address("user0"), form={"role": "emperor"}), 422)
    made = data(chief.post(f"/api/v3/organizations/{own}/users", form={"login": "newcomer0"}))
    assert made["api_key"] is None and made["organization_id"] == own
    refused(chief.post(f"/api/v3/organizations/{own}/users", form={"login": "too-high", "role": "admin"}), 403)
    refused(chief.post(f"/api/v3/organizations/{foreign}/users", form={"login": "elsewhere"}), 404)
    refused(chief.get(f"/api/v3/organizations/{foreign}/users"), 404)
    refused(chief.get(address("user1")), 404)
    refused(chief.delete(f"/api/v3/organizations/{own}"), 403)
    # An administrator in its organization is none of its business.
    box.user("admin0", "admin", own)
    refused(chief.delete(address("admin0")), 403)
    refused(chief.put(address("admin0") + "/password", form={"password": PASSWORD}), 403)
    assert data(box.admin.get(address("user0")))["api_key"] == two["user0"].key


def test_a_login_is_taken_once_whatever_its_case_and_bad_ones_are_refused(box):
    box.user("gina")
    for login in ("gina", "GINA"):
        refused(box.admin.post("/api/v3/organizations/1/users", form={"login": login}), 409)
    for login in ("", " ", "a b", "a/b", "<x>", "ä", "x" * 66, ".."):
        refused(box.admin.post("/api/v3/organizations/1/users", form={"login": login}), 422)
    assert data(box.admin.get(address("GiNa")))["login"] == "gina"
    refused(box.admin.post("/api/v3/organizations/99999/users", form={"login": "lost"}), 404)


@pytest.mark.parametrize("text", ODD)
def test_what_was_typed_is_what_is_shown(box, text):
    login = f"odd-{ODD.index(text)}"
    box.user(login)
    assert box.admin.put(address(login), form={"name": text, "title": text}).status == 204
    for shown in (data(box.admin.get(address(login))), box.portal.get(f"/api/v1/users/{login}").json):
        assert (shown["name"], shown["title"]) == (text, text)
    named = box.portal.post("/api/v1/organizations", json_body={"name": text.strip()})
    assert named.status == 201 and named.json["name"] == text.strip(), named
    refused(box.admin.get(address(text)), 404)
    refused(box.admin.put(address(login), form={"email": text}), 422)
    assert text in [item["name"] for item in box.portal.get("/api/v1/organizations?limit=1000").json["items"]]


def test_the_last_administrator_stays(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    for reply in (box.admin.delete(address("admin")), box.admin.delete(address("admin") + "/active"),
                  box.admin.put(address("admin"), form={"role": "user"})):
        refused(reply, 409)
    assert data(box.admin.get(WHOAMI))["role"] == "admin"
    second = box.user("second", "admin")
    assert box.admin.put(address("admin"), form={"role": "user"}).status == 204
    refused(box.admin.get("/api/v3/organizations/1/users"), 403)
    assert data(second.get(address("admin")))["role"] == "user"
    daemon.restart()
    assert data(second.get(WHOAMI))["login"] == "second"
    refused(box.admin.get("/api/v3/organizations/1/users"), 403)


def test_keys_and_users_of_a_one_time_file_open_the_door(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    move_over(daemon.one_time_file, json.dumps({
        "users": [{"interface": "clean", "username": "otto", "password": PASSWORD, "role": "admin"}],
        "apikeys": [{"name": "ci", "username": "otto", "apikey": "A" * 20}]}))
    daemon.wait_one_time_file_gone()
    wait_for(lambda: box.field("A" * 20).get(WHOAMI).status == 200, "the key of the file")
    assert data(box.field("A" * 20).get(WHOAMI))["login"] == "otto"
    assert box.signed_in("otto").get("/api/v1/session").json["role"] == "admin"


# ---- the portal's list

def test_the_portals_list_is_searched_sorted_and_paged(box, two):
    for i in range(5):
        box.user(f"paged-{i}")
    seen, cursor = [], ""
    while cursor is not None:
        page = box.portal.get(f"/api/v1/users?search=paged-&sort=login&order=desc&limit=2&cursor={cursor}").json
        seen += [user["login"] for user in page["items"]]
        cursor = page["next"]
    assert seen == [f"paged-{i}" for i in (4, 3, 2, 1, 0)]
    north = box.portal.get(f"/api/v1/users?organization_id={two['ids'][0]}&role=user").json["items"]
    assert {user["organization"]["name"] for user in north} == {"North"}
    for bad in ("limit=0", "limit=x", "sort=password_hash", "order=up", "role=root", "pending=maybe", "organization_id=-1",
                "nonsense=1", "search=a&search=b"):
        assert box.portal.get(f"/api/v1/users?{bad}").code == "bad_parameter", bad
    assert box.portal.get("/api/v1/users?cursor=nonsense").code == "cursor_invalid"
    assert box.portal.get("/api/v1/users?search=%27%20OR%201%3D1%20--").json["items"] == []


def test_everything_that_was_changed_or_refused_is_in_the_audit(box):
    hugo = box.user("hugo")
    refused(hugo.delete(address("hugo")), 403)
    box.portal.delete("/api/v1/users/hugo")
    with sqlite3.connect(f"file:{box.daemon.state}/gatehouse.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT actor, via, action, refusal, detail, address FROM audit WHERE object = 'hugo' "
                                "ORDER BY id").fetchall()
    assert [row[:4] for row in rows] == [("admin", "token", "user.made", ""), ("hugo", "token", "user.removed", "role_too_low"),
                                         ("admin", "session", "user.removed", "")]
    assert all('"interface":"clean"' in row[4] and row[5] == "127.0.0.1" for row in rows)


def test_no_key_and_no_password_is_ever_in_the_log(box):
    secret = "a password nobody may read"
    ida = box.user("ida", password=secret)
    data(ida.get(WHOAMI))
    box.signed_in("ida", secret)
    text = "\n".join(box.daemon.log)
    assert ida.key not in text and secret not in text
    with sqlite3.connect(f"file:{box.daemon.state}/gatehouse.db?mode=ro", uri=True) as database:
        assert secret not in str(database.execute("SELECT * FROM audit").fetchall())
        assert ida.key not in str(database.execute("SELECT * FROM audit").fetchall())


def test_many_changes_at_once_all_count(box):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: box.admin.post("/api/v3/organizations/1/users", form={"login": f"crowd-{i % 8}"}).status,
                             range(16)))
    assert sorted(made) == [200] * 8 + [409] * 8


# ---- whoever has any key

def audit_rows(daemon, actor):
    with sqlite3.connect(f"file:{daemon.state}/gatehouse.db?mode=ro", uri=True) as database:
        return database.execute("SELECT action, refusal, detail FROM audit WHERE actor = ?", [actor]).fetchall()


def test_what_a_user_is_refused_again_and_again_is_counted_in_few_records(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    mallory = box.user("mallory")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda i: mallory.delete(address("é" * 200 + str(i))), range(200)))
    statuses = [reply.status for reply in replies]
    assert set(statuses) == {404, 429}, statuses
    waits = [reply.headers["Retry-After"] for reply in replies if reply.status == 429]
    assert len(waits) > 50 and all(int(wait) > 0 for wait in waits)
    assert box.admin.delete(address("nobody")).status == 404, "administrators are not slowed"
    assert len(audit_rows(daemon, "mallory")) < 5
    daemon.stop()  # which records what was folded
    rows = audit_rows(daemon, "mallory")
    assert len(rows) < 6, rows
    assert {row[0] for row in rows} == {"user.removed"}
    assert {row[1] for row in rows} <= {"no_user", "too_many_changes"}
    assert sum(json.loads(row[2])["count"] for row in rows) == 200, "none is forgotten"
    assert ("user.removed", "no_user") in {row[:2] for row in audit_rows(daemon, "admin")}
    assert [line for line in daemon.log if '"level":"error"' in line] == []


def test_what_a_user_changes_without_end_is_slowed_and_another_user_is_not(box):
    toggler = box.user("toggler")
    other = box.user("no-toggler")
    box.portal.put("/api/v1/users/toggler/password", json_body={"password": PASSWORD})
    owner = box.signed_in("toggler")

    def toggle(i):
        return toggler.put(address("toggler"), form={"name": f"name {i}"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(toggle, range(200)))
    slowed = [reply for reply in replies if reply.status == 429]
    assert {reply.status for reply in replies} == {204, 429} and len(slowed) > 50
    assert all(int(reply.headers["Retry-After"]) > 0 for reply in slowed)
    assert sum(1 for row in audit_rows(box.daemon, "toggler") if row[:2] == ("user.changed", "")) == 200 - len(slowed)
    assert other.put(address("no-toggler"), form={"name": "one"}).status == 204
    wait_for(lambda: toggle(0).status == 204, "the next change of who waited")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        again = pool.map(toggle, range(100))
        assert owner.put("/api/v1/users/toggler", json_body={"title": "owner"}).status == 200, "a stolen key hinders no owner"
        list(again)
    toggler.key = owner.post("/api/v1/users/toggler/api-key").json["api_key"]
    data(toggler.get(WHOAMI))


def test_setting_passwords_holds_up_no_sign_in(daemon, authority):
    daemon.clean.place(authority.issue(daemon.clean.hostname))
    box = Box(daemon.start(), authority)
    users = {login: box.user(login) for login in (f"setter-{i}" for i in range(6))}
    box.user("victim", password=PASSWORD)
    stop = threading.Event()
    seen = []

    def set_without_end(number):
        login = f"setter-{number % len(users)}"
        while not stop.is_set():
            seen.append(users[login].put(address(login) + "/password", form={"password": f"{PASSWORD} {number}"}).status)
    with concurrent.futures.ThreadPoolExecutor(260) as pool:
        for number in range(260):
            pool.submit(set_without_end, number)
        try:
            wait_for(lambda: len(seen) > 300, "passwords that are set")
            replies = [box.anybody().sign_in("victim", PASSWORD) for _ in range(8)]
        finally:
            stop.set()
    assert [reply.status for reply in replies] == [200] * 8, replies
    assert set(seen) <= {204, 429, 503}, set(seen)


def test_whoever_signs_in_without_end_is_slowed_and_an_administrator_is_not(box):
    box.user("returning", password=PASSWORD)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: box.anybody().sign_in("returning", PASSWORD), range(150)))
    slowed = [reply for reply in replies if reply.status == 429]
    assert {reply.status for reply in replies} == {200, 429}
    assert all(reply.code == "too_many_requests" and int(reply.headers["Retry-After"]) > 0 for reply in slowed)
    opened = [row for row in audit_rows(box.daemon, "returning") if row[0] == "session.opened"]
    assert len(opened) == 150 - len(slowed)
    assert box.portal.get("/api/v1/session").status == 200
