"""The clean door does what docs/api/clean.yaml says, for every route there is: no more, no less."""

import re

import pytest

from api import Api
from contract import contract, of_the_field, routes_of_the_server
from daemon import REPOSITORY
from field import Box, refused

OPERATIONS = [operation for operation in contract("clean").operations if operation.path != "/healthz"]
PATHS = sorted({operation.path for operation in OPERATIONS})
FITTING = {"login": "nobody", "id": "99999", "tag": "none"}


def those(judge):
    chosen = [operation for operation in OPERATIONS if judge(operation)]
    assert chosen
    return pytest.mark.parametrize("operation", chosen, ids=repr)


@pytest.fixture(scope="module")
def box(shared_daemon, authority):
    return Box(shared_daemon, authority)


def test_every_schema_is_one_and_every_example_fits_its_schema():
    assert contract("clean").check_itself() > 15


def test_every_route_is_described_and_everything_described_is_a_route():
    routes = [(method, path) for method, path, _ in routes_of_the_server("clean")]
    assert sorted(routes) == sorted((o.method, o.path) for o in OPERATIONS)


# Refusals of the field's API alone, whose envelope has no code, and what a missing file is called inside.
NOT_TOLD = {"device_deactivated", "key_late", "submission_limit_reached", "file_missing"}


def codes_of_the_rooms():
    """What server/clean and server/samples refuse with, as their sources have it."""
    before = r"(?:\b[45]\d\d|\bforbidden|\bunprocessable|\bunauthorized|\bErrorKind::\w+), *|(?<!\.)\brefuse\("
    for room in ("clean", "samples"):
        for file in (REPOSITORY / "server" / room).glob("*.cpp"):
            yield from re.findall(rf'(?:{before})\s*"([a-z_]+)"', file.read_text())


def test_the_table_of_errors_has_every_code_that_is_sent_and_no_other():
    told = {code for _, code in contract("clean").codes}
    sent = set(codes_of_the_rooms())
    assert sent >= {"no_report", "not_authenticated", "bad_authorization", "digest_failed", "records_unavailable"}
    assert sent - told == NOT_TOLD
    sources = "".join(file.read_text() for folder in ("base", "records", "server")
                      for file in (REPOSITORY / folder).rglob("*.cpp"))
    assert [code for code in sorted(told) if f'"{code}"' not in sources] == []


@those(lambda o: o.access not in ("anyone", "device", "key"))
def test_without_a_session_that_lives_the_portals_routes_answer_nothing(box, operation):
    for headers in ({}, {"Authorization": f"Bearer {box.key}"}, {"Cookie": "__Host-gatehouse-clean=none"},
                    {"Cookie": "__Host-gatehouse-clean="}):
        reply = Api(box.door, headers=headers).send(operation.method, operation.address(**FITTING))
        assert (reply.status, reply.code) == (401, "not_signed_in"), headers


@those(lambda o: o.access == "key")
def test_without_a_key_that_is_known_the_fields_routes_answer_nothing(box, operation):
    for headers in ({}, {"Authorization": "bearer " + "z" * 26}, {"Cookie": box.portal.headers["Cookie"]}):
        reply = Api(box.door, headers=headers).send(operation.method, operation.address(**FITTING))
        refused(reply, 401)


@those(lambda o: o.access in ("user", "org-admin", "admin"))
def test_a_plain_user_is_refused_what_asks_for_more(box, operation):
    if not hasattr(box, "plain"):
        box.user("plain", password="correct horse battery staple")
        box.plain = box.signed_in("plain")
    if operation.path in ("/api/v1/session", "/api/v1/events", "/api/v1/appliance", "/api/v1/samples"):
        return  # what is for everybody, and names nobody
    reply = box.plain.send(operation.method, operation.address(**FITTING),
                           **({"json_body": operation.example} if operation.body else {}))
    if operation.access == "user":
        assert reply.status == 404, reply
    else:
        assert (reply.status, reply.code) == (403, "role_too_low")


@those(lambda o: o.body == "application/json")
def test_a_body_that_is_none_is_refused_and_unknown_members_too(box, operation):
    address = operation.address(**{**FITTING, "login": "admin", "id": "1"})
    send = lambda **options: box.portal.send(operation.method, address, **options)  # noqa: E731
    assert send(json_body={**operation.example, "surprise": 1}).json["pointer"] == "/surprise"
    assert send(body="{", headers={"Content-Type": "application/json"}).code == "bad_json"
    assert send(body="[" * 50_000, headers={"Content-Type": "application/json"}).code == "bad_json"
    assert send(body="x" * 70_000, headers={"Content-Type": "application/json"}).status == 413
    assert send(body="<a/>", headers={"Content-Type": "text/xml"}).status == 415
    assert send(json_body=[]).code == "wrong_type"


@pytest.mark.parametrize("path", PATHS)
def test_methods_that_a_path_does_not_take_are_told(box, path):
    taken = {o.method for o in OPERATIONS if o.path == path}
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - taken:
        reply = box.portal.send(method, path.replace("{login}", "nobody").replace("{id}", "9").replace("{tag}", "t"))
        assert reply.status == 405
        assert set(reply.headers["Allow"].split(", ")) == taken | ({"HEAD"} if "GET" in taken else set())
        assert ("error" in reply.json) == of_the_field(path)
