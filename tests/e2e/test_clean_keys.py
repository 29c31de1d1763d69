"""Clients of the field show their key in every way that they know, and get answers in the form that they know."""

import json

import pytest

from api import Api, multipart, signed_in
from clients import Http
from field import Box, data, refused

WHOAMI = "/api/v3/session/whoami"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def box(shared_daemon, authority):
    return Box(shared_daemon, authority)


def test_who_am_i(box):
    reply = box.admin.get(WHOAMI)
    answer = reply.json
    assert answer["api_version"] == 3
    assert isinstance(answer["id"], int)
    assert data(reply) == {"login": "admin", "name": "", "email": "", "title": "", "role": "admin", "active": True,
                           "api_key": box.key, "properties": {}, "integration_id": None, "organization_id": 1,
                           "device": False}
    assert len(box.key) == 26 and box.key.isalnum() and box.key.lower() == box.key


def ways(key):
    form_type, form_body = multipart([("api_key", key)])
    return {
        "query": {"path": f"?api_key={key}"},
        "form": {"body": f"api_key={key}", "headers": FORM},
        "multipart": {"body": form_body, "headers": {"Content-Type": form_type}},
        "json without a type": {"body": json.dumps({"api_key": key})},
        "json": {"body": json.dumps({"api_key": key}), "headers": {"Content-Type": "application/json"}},
        "bearer": {"headers": {"Authorization": f"bearer {key}"}},
        "Bearer": {"headers": {"Authorization": f"Bearer {key}"}},
    }


@pytest.mark.parametrize("way", ways("x"))
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_key_is_taken_wherever_it_stands(box, way, method):
    options = ways(box.key)[way]
    path = (WHOAMI if method == "GET" else "/api/v3/users/admin/active") + options.get("path", "")
    reply = box.anybody().send(method, path, body=options.get("body"), headers=options.get("headers"))
    assert data(reply)["login"] == "admin"


@pytest.mark.parametrize("way", ways("x"))
def test_two_different_keys_are_refused_and_the_same_one_twice_is_taken(box, way):
    options = ways(box.key)[way]
    path = options.get("path", "?") + "&api_key="
    other = "Authorization" if way == "query" else None
    headers = {**options.get("headers", {}), **({other: f"bearer {'b' * 26}"} if other else {})}
    if way == "query":
        refused(box.anybody().send("GET", WHOAMI + options["path"], headers=headers), 401)
    else:
        refused(box.anybody().send("GET", WHOAMI + path + "b" * 26, body=options.get("body"), headers=headers), 401)
        assert data(box.anybody().send("GET", WHOAMI + path + box.key, body=options.get("body"),
                                       headers=headers))["login"] == "admin"


def test_without_a_key_that_is_known_nobody_comes_in(box):
    for headers in ({}, {"Authorization": "bearer " + "z" * 26}, {"Authorization": "Basic YTpi"},
                    {"Authorization": "Device x:y"}, {"Authorization": "Device"}, {"Authorization": "bearer"},
                    {"Authorization": ""}):
        refused(box.anybody().get(WHOAMI, headers=headers), 401)
    for key in ("", "z" * 26, "%00", box.key.upper(), box.key[:-1], box.key + "a", "z" * 5000):
        refused(box.anybody().get(f"{WHOAMI}?api_key={key}"), 400 if key == "%00" else 401)


def test_no_cookie_opens_the_fields_api_and_no_key_the_portals(box):
    refused(box.portal.get(WHOAMI), 401)
    refused(box.portal.delete("/api/v3/users/nobody"), 401)
    assert box.anybody().get("/api/v1/session", headers={"Authorization": f"Bearer {box.key}"}).code == "not_signed_in"
    assert box.anybody().get(f"/api/v1/session?api_key={box.key}").code == "not_signed_in"


def test_an_operators_session_and_token_are_worth_nothing_here_and_a_users_nothing_there(box):
    operator = signed_in(box.daemon)
    cookie = operator.headers["Cookie"]
    as_clean = cookie.replace("-admin=", "-clean=")
    for path in ("/api/v1/session", "/api/v1/users"):
        assert Api(box.door).get(path, headers={"Cookie": cookie}).code == "not_signed_in"
        assert Api(box.door).get(path, headers={"Cookie": as_clean}).code == "not_signed_in"
    token = operator.post("/api/v1/tokens", json_body={"name": "clean", "role": "operate"}).json["token"]
    refused(box.anybody().get(WHOAMI, headers={"Authorization": f"Bearer {token}"}), 401)
    mine = box.portal.headers["Cookie"]
    for headers in ({"Cookie": mine}, {"Cookie": mine.replace("-clean=", "-admin=")},
                    {"Authorization": f"Bearer {box.key}"}):
        assert Api(box.daemon.admin).get("/api/v1/session", headers=headers).code == "not_signed_in"


def test_what_is_refused_before_any_handler_has_the_fields_form_too(box):
    refused(box.admin.get("/api/v3/nothing"), 404)
    refused(box.admin.get("/api/v2/nothing/at/all"), 404)
    reply = box.admin.post(WHOAMI)
    refused(reply, 405)
    assert reply.headers["Allow"] == "GET, HEAD"
    too_large = {"Content-Length": str(1 << 20), **FORM}
    with Http.to(box.door) as http:
        http.send(f"PUT /api/v3/users/admin HTTP/1.1\r\nHost: {box.door.hostname}:{box.door.port}\r\n" +
                  "".join(f"{name}: {value}\r\n" for name, value in too_large.items()) + "\r\n")
        answer = http.receive()
    assert answer.status == 413
    assert json.loads(answer.body)["error"]["code"] == 413
    refused(box.admin.put("/api/v3/users/admin", body="<a/>", headers={"Content-Type": "text/xml"}), 415)
    head = box.anybody().send("HEAD", WHOAMI)
    assert (head.status, head.bytes) == (401, b"")
    # Paths that only look like it are the portal's and everybody's.
    assert box.anybody().get("/api/v20/nothing").headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_json_is_refused(box, depth):
    small = min(depth, 30_000)  # what the limit of a body lets through
    for body in ("[" * small + "]" * small, '{"name":' + "[" * small + "]" * small + "}", "[" * depth):
        reply = box.admin.put("/api/v3/users/admin", body=body)
        refused(reply, 413 if len(body) > 65536 else 400)
    assert data(box.admin.get(WHOAMI))["login"] == "admin"


def test_bodies_that_cannot_be_read_are_refused(box):
    for body in ("{", '{"name":1}{', "\x00", "nonsense", '{"a":1,"a":2}'):
        refused(box.admin.put("/api/v3/users/admin", body=body), 400)
    refused(box.admin.put("/api/v3/users/admin", body='["name"]'), 422)
    refused(box.admin.put("/api/v3/users/admin", body="name=%GG", headers=FORM), 400)
    refused(box.admin.put("/api/v3/users/admin", body="x", headers={"Content-Type": "multipart/form-data"}), 400)


def test_what_a_submission_may_ask_for(box):
    assert [vm["id"] for vm in data(box.admin.get("/api/v3/configuration/vms"))["items"]] == ["default"]
    assert data(box.admin.get("/api/v3/configuration/playbooks"))["playbooks"][0]["default"] is True
    assert data(box.admin.get("/api/v3/configuration/network-exits"))["network_exits"][0]["id"] == "default"
    refused(box.anybody().get("/api/v3/configuration/vms"), 401)
