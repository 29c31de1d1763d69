"""The admin door does what docs/api/admin.yaml says, for every route there is: no more, no less."""

import sqlite3

import pytest

from api import Api, console, signed_in
from contract import contract, routes_of_the_server

OPERATIONS = contract().operations
PATHS = sorted({operation.path for operation in OPERATIONS})
PASSWORD = "correct horse battery staple"


def those(judge):
    """Parametrises a test by the operations for which this is true."""
    chosen = [operation for operation in OPERATIONS if judge(operation)]
    assert chosen
    return pytest.mark.parametrize("operation", chosen, ids=repr)


@pytest.fixture(scope="module")
def box(shared_daemon):
    return shared_daemon


@pytest.fixture(scope="module")
def operating(box):
    return signed_in(box)


@pytest.fixture(scope="module")
def reading(box, operating):
    made = operating.post("/api/v1/operators", json_body={"username": "reader", "password": PASSWORD, "role": "read"})
    assert made.status == 201, made
    api = Api(box.admin)
    assert api.sign_in("reader", PASSWORD).status == 200
    return api


@pytest.fixture(scope="module")
def script(operating):
    made = operating.post("/api/v1/tokens", json_body={"name": "contract", "role": "operate"})
    assert made.status == 201, made
    return operating.with_token(made.json["token"])


# ---- the description itself

def test_every_schema_is_one_and_every_example_fits_its_schema():
    assert contract().check_itself() > 20


def test_an_answer_that_is_not_described_would_be_noticed():
    found = contract()
    good = {"clean": True, "admin": False}
    schema = found.resolved({"$ref": "#/components/responses/LegacyTls"})["content"]["application/json"]["schema"]
    found.validate(good, schema, "a good one")
    for bad in ({**good, "third": True}, {"clean": True}, {**good, "admin": True}, {**good, "clean": "yes"}, []):
        with pytest.raises(AssertionError, match="is not what"):
            found.validate(bad, schema, "a bad one")
    with pytest.raises(AssertionError):
        found.validate("2026-03-02 10:00:00", "Time", "no time of ours")


def test_every_route_is_described_and_everything_described_is_a_route():
    described = {(o.method, o.path, o.access) for o in OPERATIONS}
    assert sorted(routes_of_the_server("admin")) == sorted(described)


# ---- who is let in

@those(lambda o: o.access != "anyone")
def test_without_an_identity_that_lives_nothing_is_answered(box, operation):
    for headers in ({}, {"Authorization": "Bearer gh_none"}, {"Authorization": "Basic YTpi"}, {"Authorization": ""},
                    {"Cookie": "__Host-gatehouse-admin=none", "Origin": f"https://{box.admin.hostname}:{box.admin.port}"}):
        reply = Api(box.admin, headers=headers).send(operation.method, operation.address())
        assert (reply.status, reply.code) == (401, "not_signed_in"), headers


def test_a_session_that_has_ended_opens_nothing(daemon):
    daemon.start()
    idle, old, removed = signed_in(daemon), signed_in(daemon), signed_in(daemon)
    ids = [api.get("/api/v1/session").json["session_id"] for api in (idle, old, removed)]
    daemon.stop()
    with sqlite3.connect(daemon.state / "gatehouse.db") as database:
        database.execute("UPDATE sessions SET last_seen = last_seen - idle WHERE id = ?", [ids[0]])
        database.execute("UPDATE sessions SET ends = last_seen WHERE id = ?", [ids[1]])
        database.execute("DELETE FROM sessions WHERE id = ?", [ids[2]])
    database.close()
    daemon.start()
    for operation in OPERATIONS:
        if operation.access != "anyone":
            for api in (idle, old, removed):
                assert api.send(operation.method, operation.address()).code == "not_signed_in", operation


@those(lambda o: o.access == "operate")
def test_the_role_read_changes_nothing(reading, operation):
    reply = reading.send(operation.method, operation.address())
    assert (reply.status, reply.code) == (403, "role_too_low")


@those(lambda o: o.access == "console")
def test_what_is_for_the_console_is_for_it_alone(operating, script, operation):
    for api in (operating, script):
        reply = api.send(operation.method, operation.address())
        assert (reply.status, reply.code) == (403, "console_only")


@those(lambda o: o.refuses_tokens)
def test_a_token_is_not_enough_where_the_description_says_so(script, operation):
    reply = script.send(operation.method, operation.address(username="self"))
    assert (reply.status, reply.code) == (403, "token_not_allowed")


@those(lambda o: o.access != "anyone" and o.method != "GET")
def test_a_change_with_a_cookie_comes_from_the_very_origin(box, operating, operation):
    origin = f"https://{box.admin.hostname}:{box.admin.port}"
    for headers, code in (({"Origin": "https://evil.example"}, "foreign_origin"),
                          ({"Origin": f"https://{box.admin.hostname}"}, "foreign_origin"),
                          ({"Origin": f"https://{box.clean.hostname}:{box.clean.port}"}, "foreign_origin"),
                          ({"Origin": origin.replace("https", "http")}, "foreign_origin"),
                          ({"Origin": None, "Sec-Fetch-Site": "same-site"}, "foreign_origin"),
                          ({"Origin": None}, "origin_missing")):
        reply = operating.send(operation.method, operation.address(), headers=headers)
        assert (reply.status, reply.code) == (403, code), headers


# ---- what is asked

@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_refused_with_those_that_there_are(operating, path):
    operation = next(o for o in OPERATIONS if o.path == path)
    for method in ("PATCH", "OPTIONS", "POST", "PUT", "DELETE"):
        if method not in {o.method for o in OPERATIONS if o.path == path}:
            reply = operating.send(method, operation.address().partition("?")[0])
            assert (reply.status, reply.code) == (405, "method_not_allowed"), method  # Allow: see contract.check


def for_its_caller(operation, box, operating):
    return console(box) if operation.access == "console" else operating


@those(lambda o: o.body)
def test_a_body_of_another_type_is_refused(box, operating, operation):
    api = for_its_caller(operation, box, operating)
    for kind in ("text/plain", "application/xml", "application/jsonx"):
        reply = api.send(operation.method, operation.address(username="self"), body=b"x", headers={"Content-Type": kind})
        assert (reply.status, reply.code) == (415, "unsupported_media_type"), kind


@those(lambda o: o.method != "GET")
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(box, operating, operation):
    reply = for_its_caller(operation, box, operating).send(
        operation.method, operation.address(username="self"),
        headers={"Content-Length": str(2 * 1024 * 1024), "Content-Type": operation.body or "application/json"})
    assert (reply.status, reply.code) == (413, "body_too_large")


@those(lambda o: o.body == "application/json")
def test_a_body_that_does_not_fit_is_refused_and_the_member_is_named(box, operating, operation):
    api = for_its_caller(operation, box, operating)
    address = operation.address(username="self")
    broken = api.send(operation.method, address, body=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status, broken.code) == (400, "bad_json")
    assert api.send(operation.method, address, json_body=[]).code == "wrong_type"
    reply = api.send(operation.method, address, json_body={**operation.example, "no_such_member": 1})
    assert (reply.status, reply.code, reply.json["pointer"]) == (422, "unknown_member", "/no_such_member")
    for name in operation.schema.get("required", []):
        less = {member: value for member, value in operation.example.items() if member != name}
        reply = api.send(operation.method, address, json_body=less)
        assert (reply.status, reply.code, reply.json["pointer"]) == (422, "missing_member", f"/{name}")


OF_NO_USE = {"string": [1, True, None, [], {}], "integer": ["1", 1.5, True, None, [], {}],
             "boolean": ["true", 1, None, {}], "array": ["text", None, {}], "object": ["text", None, []]}
SMALLEST = {"string": "", "integer": 0, "boolean": False, "array": [], "object": {}}


def spoilt(schema, whole):
    """Bodies in which one member is of another type, each with the pointer to that and the member's own description."""
    for name, member in schema["properties"].items():
        about = member.get("description", "")
        for wrong in OF_NO_USE[member["type"]]:
            yield {**whole, name: wrong}, f"/{name}", about
        if member["type"] == "array":
            for wrong in OF_NO_USE[member["items"]["type"]]:
                yield {**whole, name: [wrong]}, f"/{name}/0", about
        if member["type"] == "object":
            least = {inner: SMALLEST[member["properties"][inner]["type"]] for inner in member.get("required", [])}
            for inside, pointer, _ in spoilt(member, whole.get(name, least)):
                yield {**whole, name: inside}, f"/{name}{pointer}", about


def beyond(schema, whole):
    """The same with one member of the first level beyond its bounds."""
    for name, member in schema["properties"].items():
        wrong = []
        if "enum" in member:
            wrong = ["", "none-of-these", member["enum"][0].upper()]
        elif member["type"] == "integer":
            wrong = [member["minimum"] - 1, member["maximum"] + 1]
        elif "format" in member:
            wrong = ["", "tomorrow", "2030-01-01", "2030-01-01T00:00:00"]
        elif member["type"] == "string":
            wrong = ["x" * (member["maxLength"] + 1)] if member.get("maxLength", 1 << 20) < 1 << 20 else []
            wrong += [""] if member.get("minLength") == 1 else []  # the rules for passwords come after all else
        elif member["type"] == "array":
            wrong = [["x"] * (member["maxItems"] + 1)] + ([[]] if member.get("minItems") else [])
        for value in wrong:
            yield {**whole, name: value}, f"/{name}", member.get("description", "")


@pytest.mark.parametrize("cases, code", [(spoilt, "wrong_type"), (beyond, "bad_value")],
                         ids=["another type", "beyond its bounds"])
@those(lambda o: o.body == "application/json")
def test_no_member_takes_what_it_is_not_described_to_take(box, operating, operation, cases, code):
    for body, pointer, about in cases(operation.schema, operation.example):
        api = console(box) if "On the console only" in about else for_its_caller(operation, box, operating)
        reply = api.send(operation.method, operation.address(username="self"), json_body=body)
        assert (reply.status, reply.code, reply.json["pointer"]) == (422, code, pointer), (body, reply)


def out_of_bounds(schema):
    if "enum" in schema:
        return ["", "none-of-these", schema["enum"][0].upper()]
    return {"integer": lambda: [schema["minimum"] - 1, schema["maximum"] + 1, "", "x", "1.5", "1x", 1 << 64],
            "boolean": lambda: ["", "maybe", "TRUE", 2],
            "string": lambda: ["", "yesterday", "2026-03-02", "2026-03-02+10:00:00"]}[schema["type"]]()


@those(lambda o: o.bounds)
def test_no_parameter_of_the_query_takes_what_it_is_not_described_to_take(box, operating, operation):
    api = for_its_caller(operation, box, operating)
    for name, schema in operation.bounds.items():
        for wrong in out_of_bounds(schema):
            address = operation.address().partition("?")[0] + f"?{name}={wrong}"
            reply = api.send(operation.method, address)
            assert (reply.status, reply.code) == (422, "bad_parameter"), address


@those(lambda o: o.method == "GET" and o.path != "/api/v1/events")
def test_what_can_be_read_is_answered_as_described_at_the_door_and_on_the_console(box, operating, operation):
    for api in (operating, console(box)):
        if operation.access == "console" and api is operating:
            continue
        if api is not operating and (operation.refuses_tokens or operation.path == "/healthz"):
            continue
        reply = api.get(operation.address())
        assert reply.status == 200 or operation.path.endswith("/request") and reply.code == "no_request", reply
        head = api.send("HEAD", operation.address())
        assert (head.status, head.bytes) == (reply.status, b"")


@those(lambda o: "{interface}" in o.path)
def test_there_are_two_doors(box, operating, operation):
    reply = operating.send(operation.method, operation.address(interface="third"))
    assert reply.code == "not_found"
