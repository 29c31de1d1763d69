"""Users sign in to the portal of the clean door, and are told what happens."""

import concurrent.futures
import json
import stat
import threading

import pytest

from api import Api, initial_user_password, signed_in_at_clean
from daemon import wait_for
from field import PASSWORD, Box, address, data, refused


@pytest.fixture(scope="module")
def box(shared_daemon, authority):
    return Box(shared_daemon, authority)


def test_the_first_users_password_lies_in_a_file_until_it_is_changed(daemon):
    daemon.start()
    file = daemon.state / "initial-password-clean"
    assert daemon.wait_event("user.made")["user"] == "admin"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = initial_user_password(daemon)
    api = signed_in_at_clean(daemon)
    identity = api.get("/api/v1/session").json
    assert (identity["initial_password"], identity["role"], identity["organization_name"]) == (True, "admin", "default")
    assert all(first not in line for line in daemon.log)

    reply = api.put("/api/v1/users/admin/password", json_body={"password": PASSWORD, "present_password": first})
    assert reply.status == 204, reply
    assert not file.exists()
    assert api.get("/api/v1/session").status == 401, "the former session has ended"
    api.take_cookie(reply)
    assert api.get("/api/v1/session").json["initial_password"] is False
    daemon.restart()
    assert not file.exists()
    assert api.get("/api/v1/session").json["username"] == "admin", "a session lives on over a restart"
    assert Api(daemon.clean).sign_in("admin", first).code == "credentials_wrong"
    assert Api(daemon.clean).sign_in("ADMIN", PASSWORD).status == 200


def test_whoever_may_not_come_in_gets_one_and_the_same_answer(box):
    box.user("keyonly")
    box.user("sleeper", password=PASSWORD)
    assert data(box.admin.delete(address("sleeper") + "/active"))["active"] is False
    device = box.anybody().post("/api/v1/devices",
                                json_body={"device_id": "signs-in", "kind": "other", "secret": "s" * 32})
    assert device.status == 202, device
    replies = []
    for i, (name, password) in enumerate((("admin", "wrong " + PASSWORD), ("nobody", PASSWORD), ("keyonly", ""),
                                          ("sleeper", PASSWORD), ("signs-in", "s" * 32), ("' OR 1=1 --", PASSWORD), ("<b>", ""))):
        api = box.anybody()
        api.source = f"127.0.0.{20 + i}"  # an address that fails often has to wait
        replies.append(api.sign_in(name, password))
    assert {(reply.status, reply.bytes) for reply in replies} == {(401, replies[0].bytes)}
    assert replies[0].code == "credentials_wrong"
    assert all("Set-Cookie" not in reply.headers for reply in replies)


def test_guessing_is_slowed_down_and_told_how_long(daemon):
    api = Api(daemon.start().clean)
    for i in range(60):
        reply = api.sign_in("guessed", f"guess number {i}")
        if reply.status == 429:
            break
    assert reply.code == "too_many_requests"
    assert int(reply.headers["Retry-After"]) >= 1
    # Operators are not kept waiting by who guesses here.
    assert Api(daemon.admin).sign_in("guessed", "a guess").code == "credentials_wrong"


def test_parallel_sign_ins_are_sessions_of_their_own_and_too_many_at_once_wait(box):
    box.user("parallel", password=PASSWORD)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # so many may be judged at once of one account
        apis = list(pool.map(lambda _: box.signed_in("parallel"), range(16)))
    ids = {api.get("/api/v1/session").json["session_id"] for api in apis}
    assert len(ids) == 16
    assert apis[0].delete("/api/v1/session").status == 204
    assert apis[0].get("/api/v1/session").code == "not_signed_in"
    assert apis[1].get("/api/v1/session").status == 200
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        replies = list(pool.map(lambda _: box.anybody().sign_in("parallel", PASSWORD), range(24)))
    assert {reply.status for reply in replies} <= {200, 429}
    assert all(int(reply.headers["Retry-After"]) >= 1 for reply in replies if reply.status == 429)
    assert 200 in {reply.status for reply in replies}


def test_a_change_must_come_from_a_page_of_this_very_door(box):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": f"https://{box.door.hostname}"},
                    {"Origin": f"https://{box.door.hostname}:{box.daemon.admin.port}"},
                    {"Origin": None, "Sec-Fetch-Site": "same-site"}, {"Origin": None, "Sec-Fetch-Site": "cross-site"},
                    {"Origin": "null"}):
        assert box.portal.delete("/api/v1/users/nobody", headers=headers).code == "foreign_origin", headers
    assert box.portal.delete("/api/v1/users/nobody", headers={"Origin": None}).code == "origin_missing"
    assert box.portal.delete("/api/v1/users/nobody",
                             headers={"Origin": None, "Sec-Fetch-Site": "same-origin"}).code == "no_user"


def test_deactivation_ends_the_sessions_of_a_user_at_once_and_of_an_organization_while_it_lasts(box):
    organization = box.organization("Sometimes")
    box.user("lena", password=PASSWORD)
    member = box.user("moritz", organization=organization, password=PASSWORD)
    lena, moritz = box.signed_in("lena"), box.signed_in("moritz")
    assert box.portal.delete("/api/v1/users/lena/active").json["active"] is False
    for _ in range(4):
        assert lena.get("/api/v1/session").code == "not_signed_in"
    place = f"/api/v1/organizations/{organization}"
    assert box.portal.put(place, json_body={"active": False}).json["active"] is False
    for _ in range(4):
        assert moritz.get("/api/v1/session").code == "account_deactivated"
        assert "organization" in refused(member.get("/api/v3/session/whoami"), 403)
    assert box.anybody().sign_in("moritz", PASSWORD).code == "credentials_wrong"
    assert box.portal.put(place, json_body={"active": True, "name": "Always"}).json["name"] == "Always"
    assert moritz.get("/api/v1/session").json["organization_name"] == "Always"


def test_ones_own_password_takes_the_present_one_and_anothers_does_not(box):
    box.user("nora", password=PASSWORD)
    nora = box.signed_in("nora")
    place = "/api/v1/users/nora/password"
    other = "yet another sentence"
    assert nora.put(place, json_body={"password": other}).code == "missing_member"
    assert nora.put(place, json_body={"password": other, "present_password": "wrong"}).code == "present_password_wrong"
    for short in ("short", "nora", ""):
        assert nora.put(place, json_body={"password": short, "present_password": PASSWORD}).status == 422
    assert nora.put("/api/v1/users/admin/password", json_body={"password": other}).code == "no_user"
    assert box.portal.put(place, json_body={"password": other}).status == 204
    assert nora.get("/api/v1/session").code == "not_signed_in"
    assert box.signed_in("nora", other)
    assert box.portal.put("/api/v1/users/nobody/password", json_body={"password": other}).code == "no_user"


def test_guessing_the_present_password_from_inside_is_slowed_down(box):
    box.user("quick", password=PASSWORD)
    quick = box.signed_in("quick")

    def guess():
        return quick.put("/api/v1/users/quick/password",
                         json_body={"password": PASSWORD + "!", "present_password": "a guess"}).code
    assert guess() == "present_password_wrong"
    wait_for(lambda: guess() == "too_many_requests", "a delay that is longer than a guess takes")
    assert box.signed_in("quick"), "who guesses inside hinders nobody at the door"


def test_a_user_describes_itself_and_orders_nothing(box):
    box.user("olga", password=PASSWORD)
    olga = box.signed_in("olga")
    assert olga.put("/api/v1/users/olga", json_body={"name": "Olga", "title": "Analyst"}).json["title"] == "Analyst"
    assert olga.get("/api/v1/session").json["name"] == "Olga", "known at once"
    key = olga.get("/api/v1/users/olga/api-key").json["api_key"]
    fresh = olga.post("/api/v1/users/olga/api-key").json["api_key"]
    assert fresh != key
    refused(box.field(key).get("/api/v3/session/whoami"), 401)
    assert olga.put("/api/v1/users/olga", json_body={"role": "admin"}).code == "role_too_low"
    assert olga.put("/api/v1/users/olga", json_body={"active": False}).code == "unknown_member"
    for path in ("/api/v1/users", "/api/v1/organizations", "/api/v1/organizations/1"):
        assert olga.get(path).code == "role_too_low"
    assert olga.get("/api/v1/users/admin").code == "no_user"
    assert olga.get("/api/v1/users/admin/api-key").code == "no_user"
    assert olga.get("/api/v1/users/olga/rate-limit").json == {"submission-rate-limit": []}
    assert olga.put("/api/v1/users/olga/rate-limit", json_body={"submission-rate-limit": []}).code == "role_too_low"


def test_limits_of_users_and_organizations_are_kept(box):
    organization = box.organization("Limited")
    box.user("petra", organization=organization)
    wish = {"submission-rate-limit": [[5, 60]]}
    for place in ("/api/v1/users/petra/rate-limit", f"/api/v1/organizations/{organization}/rate-limit"):
        assert box.portal.put(place, json_body=wish).json == wish
        assert box.portal.get(place).json == wish
        bad = box.portal.put(place, json_body={"submission-rate-limit": [[5, 0]]})
        assert (bad.code, bad.json["pointer"]) == ("rate_limit_invalid", "/submission-rate-limit")
        for value in ([[1]], [[1, 2, 3]], ["x"], [[1.5, 2]], [[10**30, 2]]):
            assert box.portal.put(place, json_body={"submission-rate-limit": value}).code == "bad_value"
    assert box.portal.get("/api/v1/organizations/99999/rate-limit").status == 404
    assert box.portal.get("/api/v1/organizations/one").status == 404


class Events:
    """What a stream tells, as it comes."""

    def __init__(self, api):
        self.connection = api.connection()
        self.connection.request("GET", "/api/v1/events", headers={"Host": f"{api.door.hostname}:{api.door.port}", **api.headers})
        self.response = self.connection.getresponse()
        assert self.response.status == 200
        self.events = []
        self.over = False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for line in self.response:
                if line.startswith(b"data: "):
                    self.events.append(json.loads(line[6:]))
        except (OSError, ValueError):
            pass
        self.over = True

    def wait(self, event, login):
        wait_for(lambda: any(e["event"] == event and e["login"] == login for e in self.events), f"{event} {login}")


def test_administrators_hear_of_devices_and_users_and_others_do_not(box):
    box.user("listener", password=PASSWORD)
    user = box.signed_in("listener")
    admins, others = Events(box.portal), Events(user)
    device = box.anybody().post("/api/v1/devices", json_body={"device_id": "heard", "kind": "wsa", "secret": "q" * 40})
    assert device.status == 202
    admins.wait("device.registered", "heard")
    box.user("heard-of")
    admins.wait("user.changed", "heard-of")
    assert others.events == []
    # The stream of somebody who is shut out ends.
    assert box.portal.delete("/api/v1/users/listener/active").status == 200
    wait_for(lambda: others.over, "the end of the stream")
    assert not admins.over


def test_what_is_wrong_with_the_operators_does_not_close_the_clean_door(daemon):
    (daemon.state / "initial-password").mkdir(parents=True)
    daemon.start()
    assert "admin door" in daemon.wait_event("records.failed")["message"]
    signed_in_at_clean(daemon)
    assert Api(daemon.admin).sign_in("admin", "whatever").status == 503


def test_a_database_that_cannot_be_opened_leaves_the_door_answering(daemon):
    daemon.state.mkdir()
    (daemon.state / "gatehouse.db").write_bytes(b"no database" * 1000)
    daemon.start()
    assert "Nobody can sign in at either door." in daemon.wait_event("records.failed")["message"]
    assert len(daemon.events("records.failed")) == 1  # though it is opened twice
    assert Api(daemon.clean).get("/healthz").status == 200
    reply = Api(daemon.clean).sign_in("admin", PASSWORD)
    assert (reply.status, reply.code) == (503, "records_unavailable")
    assert refused(Api(daemon.clean).get("/api/v3/session/whoami"), 503)
