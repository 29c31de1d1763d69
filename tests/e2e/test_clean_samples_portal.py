"""The portal's own API of samples: cookie, problem documents, pages by cursor, events; and the appliance's facts."""

import json

import pytest

import clients
from daemon import Daemon, wait_for
from submissions import begin, digests, signed_in, stored, unpacked, with_users

SAMPLE = {"id", "submission_id", "filename", "sha256", "sha1", "md5", "size", "state", "status", "submitted_at", "started_at",
          "completed_at", "login", "organization_id", "private", "tags", "vm", "os", "score", "severity", "behaviours",
          "message"}


@pytest.fixture(scope="module")
def box(request, authority):
    made = with_users(Daemon(), authority)
    request.node.daemons = [made]
    made.people = begin(made, authority)
    yield made
    made.close()


@pytest.fixture(scope="module")
def ada(box, authority):
    return signed_in(box, authority, "ada")


@pytest.fixture(scope="module")
def bob(box, authority):
    return signed_in(box, authority, "bob")


def submit(send, content, filename="sample.bin", **fields):
    reply = send("POST", "/api/v1/samples", form=[*fields.items(), ("sample", content, filename)])
    assert reply.status == 201, reply
    return reply.json


def test_a_person_submits_and_looks(ada):
    made = submit(ada, b"by a person", "päper.pdf", tags="paper, work", private="true")
    assert set(made) == SAMPLE
    assert (made["filename"], made["tags"], made["private"], made["login"]) == ("päper.pdf", ["paper", "work"], True, "ada")
    assert made["size"] == 11 and made["sha256"] == digests(b"by a person")["sha256"]
    assert "engine" in made["message"]  # why it waits
    assert ada("GET", f"/api/v1/samples/{made['id']}").json == made
    archive = ada("GET", f"/api/v1/samples/{made['id']}/sample.zip")
    assert unpacked(archive.bytes) == b"by a person"
    assert archive.headers["Content-Security-Policy"] == "sandbox"
    for what in ("report.html", "analysis.json"):
        reply = ada("GET", f"/api/v1/samples/{made['id']}/{what}")
        assert (reply.status, reply.code) == (404, "no_report")


def test_unknown_parts_are_refused_and_leave_nothing(box, ada):
    before = set(stored(box))
    reply = ada("POST", "/api/v1/samples", form=[("nonsense", "1"), ("sample", b"unknown part", "x")])
    assert (reply.status, reply.code) == (422, "bad_parameter")
    reply = ada("POST", "/api/v1/samples", form=[("tags", "x")])
    assert (reply.status, reply.code) == (422, "bad_parameter")
    wait_for(lambda: set(stored(box)) == before, "nothing of it being left")


def test_a_submission_comes_from_the_very_origin(box, ada):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": f"https://{box.admin.hostname}:{box.admin.port}"}):
        reply = ada("POST", "/api/v1/samples", form=[("sample", b"foreign", "x")], headers=headers)
        assert (reply.status, reply.code) == (403, "foreign_origin")


def test_pages_follow_one_another_by_cursor(ada):
    made = [submit(ada, b"cursor %d" % i, f"cursor{i}.bin", tags="cursor")["id"] for i in range(5)]
    seen, at = [], ""
    while at is not None:
        page = ada("GET", "/api/v1/samples?search=cursor&limit=2" + (f"&cursor={at}" if at else "")).json
        assert set(page) == {"items", "next"} and len(page["items"]) <= 2
        seen += [one["id"] for one in page["items"]]
        at = page["next"]
    assert seen == made[::-1]
    by_name = ada("GET", "/api/v1/samples?search=cursor&sort=filename").json["items"]
    assert [one["id"] for one in by_name] == made
    for wrong, status, code in (("cursor=nonsense", 400, "cursor_invalid"), ("state=done", 422, "bad_parameter"),
                                ("min_score=101", 422, "bad_parameter"), ("min_score=-1", 422, "bad_parameter"),
                                ("limit=0", 422, "bad_parameter"), ("order=up", 422, "bad_parameter"),
                                ("nonsense=1", 422, "bad_parameter"), ("mine=perhaps", 422, "bad_parameter")):
        reply = ada("GET", f"/api/v1/samples?{wrong}")
        assert (reply.status, reply.code) == (status, code), wrong


def test_what_is_private_is_its_submitters(ada, bob):
    own, shared = submit(ada, b"own", private="true")["id"], submit(ada, b"shared")["id"]
    assert bob("GET", f"/api/v1/samples/{shared}").status == 200
    for method, path in (("GET", ""), ("GET", "/report.html"), ("GET", "/analysis.json"), ("GET", "/sample.zip"),
                         ("DELETE", "/tags/x")):
        assert bob(method, f"/api/v1/samples/{own}{path}").code == "no_sample"
    assert bob("POST", f"/api/v1/samples/{own}/tags", {"tag": "x"}).code == "no_sample"
    seen = {one["id"] for one in bob("GET", "/api/v1/samples?limit=1000").json["items"]}
    assert shared in seen and own not in seen
    mine = bob("GET", "/api/v1/samples?mine=true&limit=1000").json["items"]
    assert all(one["login"] == "bob" for one in mine)


def test_tags_come_and_go(ada):
    sample = submit(ada, b"tags")["id"]
    assert ada("POST", f"/api/v1/samples/{sample}/tags", {"tag": "<b>bold</b>"}).json["tags"] == ["<b>bold</b>"]
    assert ada("DELETE", f"/api/v1/samples/{sample}/tags/%3Cb%3Ebold%3C%2Fb%3E").status == 204
    reply = ada("POST", f"/api/v1/samples/{sample}/tags", {"tag": "a,b"})
    assert (reply.status, reply.code, reply.json["pointer"]) == (422, "tag_invalid", "/tag")
    assert ada("POST", f"/api/v1/samples/{sample}/tags", {"tag": "a", "more": 1}).code == "unknown_member"


def test_the_appliance_says_why_samples_wait(box, ada):
    facts = ada("GET", "/api/v1/appliance").json
    assert facts["hostname"] == box.clean.hostname and facts["product"].startswith("Gatehouse ")
    assert facts["analysis"]["engine"] is False and "engine" in facts["analysis"]["message"]
    assert facts["samples"]["body_bytes"] == 262144000 and facts["samples"]["quota_bytes"] == 0
    before = facts["samples"]["used_bytes"]
    submit(ada, b"counted" * 1000)
    assert ada("GET", "/api/v1/appliance").json["samples"]["used_bytes"] == before + 7000


def test_events_reach_those_alone_who_may_see_the_sample(box, ada, bob):
    with clients.connect(box.clean) as raw:
        raw.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {box.clean.hostname}:{box.clean.port}\r\n"
                    f"Cookie: {bob.cookie}\r\n\r\n".encode())
        text = b""
        while b"\r\n\r\n" not in text:
            text += raw.recv(4096)
        assert text.startswith(b"HTTP/1.1 200 "), text
        submit(ada, b"secret event", private="true")
        made = [submit(ada, b"open event")["id"], submit(bob, b"last event")["id"]]
        while made[-1].encode() not in text:
            piece = raw.recv(4096)
            assert piece, text
            text += piece
    seen = [json.loads(line[6:]) for line in text.decode().splitlines() if line.startswith("data: ")]
    assert [one["sample"] for one in seen if one["event"] == "sample.changed"] == made
    assert set(seen[-1]) == {"event", "at", "sample", "state", "score"} and seen[-1]["state"] == "wait"
