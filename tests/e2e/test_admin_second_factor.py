"""An operator's second factor: switched on with an app's first code, asked for at sign-in, used once each."""

import base64
import hashlib
import hmac
import stat
import struct
import time
import urllib.parse

import pytest

from api import Api, console, initial_password, signed_in

TOTP = "/api/v1/operators/self/totp"
PASSWORD = "correct horse battery staple"


def code(secret, step):
    """What an authenticator app shows (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


class App:
    """Shows codes of the present step and after it, never one twice."""

    def __init__(self, secret):
        self.secret = secret
        self.last = int(time.time()) // 30 - 1

    def next(self):
        """Clocks may differ by one step: the next step's code is good too, and the present one's for 30 seconds."""
        self.last = max(self.last + 1, int(time.time()) // 30)
        while self.last > int(time.time()) // 30 + 1:
            time.sleep(0.5)
        return code(self.secret, self.last)

    def wrong(self):
        return f"{(int(self.next_unused()) + 1) % 1000000:06d}"

    def next_unused(self):
        return code(self.secret, self.last + 100)


@pytest.fixture
def box(daemon):
    return daemon.start()


def enrolled(api, password):
    """The app and the recovery codes."""
    begun = api.post(TOTP, json_body={"password": password})
    assert begun.status == 201, begun
    app = App(begun.json["secret"])
    done = api.put(TOTP, json_body={"otp": app.next()})
    assert done.status == 200, done
    return app, done.json["recovery_codes"]


def test_a_second_factor_is_asked_for_from_its_confirmation_on_and_over_a_restart(box):
    password = initial_password(box)
    api = signed_in(box)
    assert api.get(TOTP).json == {"enabled": False, "recovery_codes_left": 0}
    begun = api.post(TOTP, json_body={"password": password}).json
    uri = urllib.parse.urlsplit(begun["uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert urllib.parse.unquote(uri.path) == f"/{box.admin.hostname}:admin"
    query = urllib.parse.parse_qs(uri.query)
    assert query["secret"] == [begun["secret"]] and query["issuer"] == [box.admin.hostname]
    assert Api(box.admin).sign_in("admin", password).status == 200, "not confirmed yet"

    app = App(begun["secret"])
    done = api.put(TOTP, json_body={"otp": app.next()})
    assert done.status == 200 and len(set(done.json["recovery_codes"])) == 10
    assert api.get(TOTP).json == {"enabled": True, "recovery_codes_left": 10}
    assert api.get("/api/v1/session").json["totp"] is True
    record = api.get("/api/v1/audit?action=operator.totp_enabled").json["items"][0]
    assert (record["object"], record["result"]) == ("admin", "done")

    for again in (False, True):
        refused = Api(box.admin).sign_in("admin", password)
        assert (refused.status, refused.code) == (401, "otp_required")
        assert "Set-Cookie" not in refused.headers
        reply = Api(box.admin).sign_in("admin", password, otp=app.next())
        assert reply.status == 200, (again, reply)
        assert reply.json["totp"] is True
        if not again:
            box.restart()
    file = box.state / "vault/second-factors.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for secret in (begun["secret"], file.read_bytes().hex(), *done.json["recovery_codes"]):
        assert all(secret not in line for line in box.log)


def test_a_code_counts_once_and_so_does_a_recovery_code(box):
    password = initial_password(box)
    api = signed_in(box)
    app, recovery = enrolled(api, password)
    used = app.next()
    assert Api(box.admin).sign_in("admin", password, otp=used).status == 200
    assert Api(box.admin).sign_in("admin", password, otp=used).code == "otp_wrong"
    assert Api(box.admin).sign_in("admin", password, otp=recovery[3].upper().replace("-", " ")).status == 200
    assert Api(box.admin).sign_in("admin", password, otp=recovery[3]).code == "otp_wrong"
    assert api.get(TOTP).json["recovery_codes_left"] == 9


def test_the_password_alone_or_the_code_alone_opens_nothing(box):
    password = initial_password(box)
    app, _ = enrolled(signed_in(box), password)
    for wrong in ("", "000", "abcdef", app.wrong(), "1" * 32):
        reply = Api(box.admin).sign_in("admin", password, otp=wrong)
        assert reply.status in (401, 429), (wrong, reply)
        assert reply.code in ("otp_wrong", "too_many_requests")
    assert Api(box.admin).sign_in("nobody", password, otp=app.next_unused()).code == "credentials_wrong"


def test_codes_cannot_be_guessed_without_end_by_asking_without_one_in_between(box):
    password = initial_password(box)
    app, _ = enrolled(signed_in(box), password)
    codes = []
    for _ in range(6):
        codes.append(Api(box.admin).sign_in("admin", password).code)
        codes.append(Api(box.admin).sign_in("admin", password, otp=app.wrong()).code)
    assert codes[:2] == ["otp_required", "otp_wrong"]
    assert "too_many_requests" in codes


def test_it_is_switched_off_with_the_present_password(box):
    password = initial_password(box)
    api = signed_in(box)
    assert api.delete(TOTP, json_body={"password": password}).code == "otp_not_enabled"
    enrolled(api, password)
    assert api.delete(TOTP, json_body={"password": "wrong"}).code == "present_password_wrong"
    assert api.post(TOTP, json_body={"password": password}).code == "otp_enabled"
    assert api.put(TOTP, json_body={"otp": "123456"}).code == "otp_enabled"
    assert api.delete(TOTP, json_body={"password": password}).status == 204
    assert api.get("/api/v1/audit?action=operator.totp_disabled&limit=1").json["items"][0]["result"] == "done"
    assert Api(box.admin).sign_in("admin", password).status == 200


def test_a_beginning_is_replaced_by_the_next_and_its_codes_do_not_confirm(box):
    password = initial_password(box)
    api = signed_in(box)
    assert api.put(TOTP, json_body={"otp": "123456"}).code == "otp_not_enabled"
    first = App(api.post(TOTP, json_body={"password": password}).json["secret"])
    second = App(api.post(TOTP, json_body={"password": password}).json["secret"])
    reply = api.put(TOTP, json_body={"otp": first.next()})
    assert (reply.status, reply.code, reply.json["pointer"]) == (422, "otp_wrong", "/otp")
    assert api.put(TOTP, json_body={"otp": second.next()}).status == 200


@pytest.mark.parametrize(("method", "body", "code"), [
    ("POST", {}, "missing_member"), ("POST", {"password": 1}, "wrong_type"), ("POST", {"password": "x", "otp": "1"}, "unknown_member"),
    ("PUT", {}, "missing_member"), ("PUT", {"otp": 123456}, "wrong_type"), ("PUT", {"otp": ""}, "bad_value"),
    ("PUT", {"otp": "1" * 33}, "bad_value"), ("DELETE", {}, "missing_member"),
])
def test_a_body_that_does_not_fit_is_refused(shared_daemon, method, body, code):
    reply = signed_in(shared_daemon).send(method, TOTP, json_body=body)
    assert (reply.status, reply.code) == (422, code)


def test_the_present_password_is_asked_for_and_counted_like_a_sign_in(box):
    api = signed_in(box)
    assert api.post(TOTP, json_body={"password": "guess"}).code == "present_password_wrong"
    for _ in range(60):  # the wait doubles with each guess
        code = api.post(TOTP, json_body={"password": "guess"}).code
        if code != "present_password_wrong":
            break
    assert code == "too_many_requests"


def test_neither_a_token_nor_the_console_has_a_second_factor(shared_daemon):
    api = signed_in(shared_daemon)
    script = api.with_token(api.post("/api/v1/tokens", json_body={"name": "s", "role": "operate"}).json["token"])
    for method, body in (("GET", None), ("POST", {"password": "x"}), ("PUT", {"otp": "1"}), ("DELETE", {"password": "x"})):
        assert script.send(method, TOTP, json_body=body).code == "token_not_allowed"
        assert console(shared_daemon).send(method, TOTP, json_body=body).code == "session_only"


def test_a_key_that_is_lost_is_never_replaced_and_the_console_lets_the_operator_in_again(box):
    password = initial_password(box)
    api = signed_in(box)
    app, _ = enrolled(api, password)
    file = box.state / "vault/second-factors.key"
    kept = file.read_bytes()
    box.stop()
    file.unlink()
    box.start()
    assert box.events("second_factor.locked")
    assert not file.exists()
    assert Api(box.admin).sign_in("admin", password, otp=app.next()).code == "second_factor_locked"
    assert Api(box.admin).sign_in("admin", "wrong").code == "credentials_wrong"
    assert api.put(TOTP, json_body={"otp": "123456"}).code == "second_factor_locked"
    box.stop()
    file.write_bytes(kept)
    file.chmod(0o600)
    box.start()
    assert Api(box.admin).sign_in("admin", password, otp=app.next()).status == 200, "restored"
    box.stop()
    file.write_text("short")
    box.start()
    assert box.events("second_factor.locked")
    assert file.read_text() == "short"
    reply = console(box).put("/api/v1/operators/admin/password", json_body={"password": PASSWORD, "remove_totp": True})
    assert reply.status == 204, reply
    assert Api(box.admin).sign_in("admin", PASSWORD).status == 200
