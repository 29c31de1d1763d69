"""The public API of samples as the field's scripts use it: each row of the table, over TLS with verification on."""

import json
import subprocess

import pytest

from daemon import Daemon
from submissions import KEYS, Field, begin, digests, opened, path_of, refused, signed_in, stored, unpacked, with_users

FIELDS = {"id", "submission_id", "state", "status", "login", "filename", "md5", "sha1", "sha256", "tags", "private", "vm",
          "os", "submitted_at"}


@pytest.fixture(scope="module")
def box(request, authority):
    made = with_users(Daemon(), authority)
    request.node.daemons = [made]
    made.people = begin(made, authority)
    yield made
    made.close()


@pytest.fixture
def ada(box):
    return box.people["ada"]


@pytest.fixture
def bob(box):
    return box.people["bob"]


@pytest.fixture
def admin(box):
    return box.people["admin"]


@pytest.fixture(scope="module")
def eve(box, authority):
    """Of another organization, made as an administrator's script does."""
    admin = box.people["admin"]
    portal = signed_in(box, authority)
    made = portal("POST", "/api/v1/organizations", {"name": "Others"})
    assert made.status == 201, made
    other = admin.data(f"/api/v3/organizations/{made.json['id']}/users", method="POST",
                       json_body={"login": "mallory", "name": "Mallory"})
    return Field(box.clean, other["users"][0]["api_key"] if "users" in other else other["api_key"], authority)


# ---- submitting

def test_a_script_submits_a_file_and_reads_it_back(ada):
    content = b"MZ" + bytes(range(256)) * 100
    data = ada.submit(content, "invoice.exe", tags="mail,invoices", vm="win10", os="7601.18798.amd64fre.win7sp1_gdr")
    assert set(data) == FIELDS
    assert {name: data[name] for name in ("md5", "sha1", "sha256")} == digests(content)
    assert (data["state"], data["status"], data["login"], data["filename"]) == ("wait", "pending", "ada", "invoice.exe")
    assert (data["tags"], data["private"], data["vm"]) == (["mail", "invoices"], False, "win10")
    record = ada.data(f"/api/v2/samples/{data['id']}")
    assert {name: record[name] for name in FIELDS} == data
    assert record["started_at"] is None and record["completed_at"] is None
    archive = ada.get(f"/api/v2/samples/{data['id']}/sample.zip")
    assert (archive.status, archive.headers["Content-Type"]) == (200, "application/zip")
    assert unpacked(archive.bytes) == content


def test_the_key_may_stand_anywhere_also_behind_the_file(box, ada, authority):
    keyless = Field(box.clean, None, authority)
    key = KEYS["ada"]
    content = b"wherever the key stands"
    for options in ({"query": {"api_key": key}}, {"headers": {"Authorization": f"bearer {key}"}},
                    {"headers": {"Authorization": f"Bearer {key}"}}):
        assert keyless.post("/api/v2/samples", form=[("sample", content, "a")], **options).status == 200
    for form in ([("api_key", key), ("sample", content, "a")], [("sample", content, "a"), ("api_key", key)]):
        reply = keyless.post("/api/v2/samples", form=form)
        assert opened(reply, "/api/v2")["login"] == "ada"
    assert refused(keyless.post("/api/v2/samples", {"api_key": key},
                                form=[("sample", content, "a"), ("api_key", KEYS["bob"])]), 401)
    assert refused(keyless.post("/api/v2/samples", form=[("sample", content, "a")]), 401)
    assert refused(keyless.post("/api/v2/samples", {"api_key": "x" * 26}, form=[("sample", content, "a")]), 401)
    assert refused(keyless.post("/api/v2/samples", {"api_key": key},
                                headers={"Authorization": f"bearer {KEYS['bob']}"}, form=[("sample", content, "a")]), 401)


def test_options_stand_in_fields_or_in_the_query(ada):
    options = {"filename": "renamed.doc", "tags": "one", "private": "true", "vm": "winxp", "os": "xp", "playbook": "default",
               "network_exit": "none", "source": "script", "classify": "yes", "sample_password": "secret",
               "callback_url": "https://example.test/", "email_notification": "true"}
    by_fields = ada.submit(b"options", "original.doc", **options)
    by_query = ada.submit(b"options", "original.doc", query=options)
    for data in (by_fields, by_query):
        assert (data["filename"], data["tags"], data["private"], data["vm"], data["os"]) == \
            ("renamed.doc", ["one"], True, "winxp", "xp")
        record = ada.data(f"/api/v2/samples/{data['id']}")
        assert (record["playbook"], record["network_exit"], record["source"]) == ("default", "none", "script")
    repeated = ada.data("/api/v2/samples", [("tags", "a,b")], method="POST",
                        form=[("tags", "c"), ("tags", "d, e"), ("sample", b"tags", "t")])
    assert sorted(repeated["tags"]) == ["a", "b", "c", "d", "e"]
    for private, expected in (("", True), ("1", True), ("yes", True), ("0", True), ("false", False), ("False", False)):
        assert ada.submit(b"private", private=private)["private"] is expected
    assert ada.submit(b"private")["private"] is False


def test_a_list_in_json_is_a_parameter_several_times(box, authority, ada):
    sample = ada.submit(b"tagged by json")["id"]
    body = json.dumps({"api_key": KEYS["ada"], "tags": ["j1", "j2"]}).encode()
    reply = Field(box.clean, None, authority).send("POST", f"/api/v2/samples/{sample}/tags", body=body)
    assert sorted(opened(reply, "/api/v2")["tags"]) == ["j1", "j2"]


def test_a_search_without_a_word_finds_nothing(ada):
    ada.submit(b"something to be found", "found.bin")
    assert ada.data("/api/v2/search/submissions", {"q": "found"})["items"]
    for q in ("%", "!!!", '"'):
        assert ada.data("/api/v2/search/submissions", {"q": q})["items"] == [], q


def test_a_hundred_tags_may_be_a_part_each(ada):
    form = [("tags", f"t{i}") for i in range(100)] + [("sample", b"many tags", "t")]
    assert len(ada.data("/api/v2/samples", method="POST", form=form)["tags"]) == 100


def test_a_password_is_nowhere_in_the_clear(box, ada):
    ada.submit(b"locked", sample_password="Zaunkoenig-7731")
    for path in box.state.rglob("*"):
        if path.is_file():
            assert b"Zaunkoenig-7731" not in path.read_bytes(), path


def test_an_address_is_not_fetched_unless_operators_allow_it(box, ada):
    before = stored(box).keys()
    for send in ({"fields": {"url": "https://example.test/a?b=c"}}, {"form": [("url", "https://example.test/a?b=c")]},
                 {"query": {"url": "https://example.test/a?b=c"}}):
        assert "fetches no addresses" in refused(ada.send("POST", "/api/v2/samples", **send), 422)
    for url in ("javascript:alert(1)", "https://example.test/\r\nIconFile=x", "", "x", "http://example.test/"):
        assert refused(ada.post("/api/v2/samples", form=[("url", url)]), 422)
    assert stored(box).keys() == before


def test_the_same_file_twice_is_stored_once_and_submitted_twice(box, ada, bob):
    content = b"twice the same " * 1000
    first, second = ada.submit(content, "one"), bob.submit(content, "two")
    assert first["id"] != second["id"] and first["submission_id"] < second["submission_id"]
    assert first["sha256"] == second["sha256"]
    path = stored(box)[first["sha256"]]
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o7777 == 0o600
    summary = bob.data(f"/api/v2/samples/{second['id']}/summary")
    assert summary["sha256"] == first["sha256"] and summary["filename"] == "two"
    assert summary["first_seen"] <= summary["last_seen"]


def test_curl_submits_as_its_manual_has_it(box, authority, tmp_path):
    file = tmp_path / 'odd "name; x=y.bin'
    file.write_bytes(b"by curl" * 5000)
    done = subprocess.run(
        ["curl", "-sS", "--cacert", authority.root_file, "--resolve", f"{box.clean.hostname}:{box.clean.port}:127.0.0.1",
         "-F", f"api_key={KEYS['ada']}", "-F", "tags=curl", "-F", 'sample=@"' + str(file).replace('"', '\\"') + '"',
         f"https://{box.clean.hostname}:{box.clean.port}/api/v2/samples"], capture_output=True, check=True, timeout=60)
    data = json.loads(done.stdout)["data"]
    assert data["filename"] == 'odd "name; x=y.bin' and data["tags"] == ["curl"]
    assert data["sha256"] == digests(b"by curl" * 5000)["sha256"]


# ---- states

def test_states_of_one_and_of_many(ada, eve):
    mine = [ada.submit(b"state %d" % i)["id"] for i in range(3)]
    hidden = eve.submit(b"state of eve")["id"]
    assert ada.data(f"/api/v2/samples/{mine[0]}/state") == {"sample": mine[0], "state": "wait", "status": "pending"}
    ids = json.dumps([*mine, hidden, "0" * 32, "' OR 1=1 --"])
    expected = [{"sample": one, "state": "wait", "status": "pending"} for one in mine]
    assert ada.data("/api/v2/samples/state", {"ids": ids}) == expected
    assert ada.data("/api/v2/samples/state", method="POST", fields={"ids": ids}) == expected
    assert ada.data("/api/v2/samples/state", method="POST", form=[("ids", ids)]) == expected
    assert ada.data("/api/v2/samples/state", {"ids": "[]"}) == []
    assert ada.data("/api/v2/samples/state", method="POST", fields={"ids": json.dumps(["0" * 32] * 1000)}) == []
    for wrong in ("", "x", "{}", "[1]", "[[" * 9000, json.dumps(["0" * 32] * 1001), '["a"'):
        assert refused(ada.post("/api/v2/samples/state", fields={"ids": wrong}), 422)
    assert refused(ada.post("/api/v2/samples/state", body="[" * 100000,
                            headers={"Content-Type": "application/x-www-form-urlencoded"}), 413)


def test_before_the_verdict_there_is_none(ada):
    sample = ada.submit(b"not yet")["id"]
    for what in ("threat", "analysis.json", "report.html"):
        assert refused(ada.get(f"/api/v2/samples/{sample}/{what}"), 404)


# ---- lists and searches

def listed(page):
    assert set(page) == {"index", "total", "took", "timed_out", "items_per_page", "current_item_count", "items"}
    assert page["current_item_count"] == len(page["items"])
    return page["items"]


def test_a_list_is_paged_until_past_its_end(ada):
    mine = [ada.submit(b"page %d" % i, f"page-{i}.bin", tags="paging")["id"] for i in range(5)]
    page = ada.data("/api/v2/samples", {"user_only": "true", "limit": "2"})
    assert [one["id"] for one in listed(page)] == [mine[4], mine[3]]
    assert (page["index"], page["items_per_page"]) == (0, 2) and page["total"] >= 5
    assert [one["id"] for one in listed(ada.data("/api/v2/samples", {"user_only": "true", "limit": "2", "offset": "2"}))] \
        == [mine[2], mine[1]]
    past = ada.data("/api/v2/samples", {"offset": "100000"})
    assert listed(past) == [] and past["index"] == 100000 and past["total"] == ada.data("/api/v2/samples")["total"]


def test_a_list_is_narrowed_by_checksum_id_and_time(ada):
    data = ada.submit(b"narrow", "narrow.bin")
    for name in ("md5", "sha1", "sha256"):
        assert data["id"] in [one["id"] for one in listed(ada.data("/api/v2/samples", {name: data[name]}))]
        assert listed(ada.data("/api/v2/samples", {name: data[name].upper()}))
    assert [one["id"] for one in listed(ada.data("/api/v2/samples", {"id": data["id"]}))] == [data["id"]]
    assert data["id"] in [one["id"] for one in listed(ada.data("/api/v2/samples", {"after": "last hour"}))]
    assert listed(ada.data("/api/v2/samples", {"before": "last hour"})) == []
    assert listed(ada.data("/api/v2/samples", {"sha256": "0" * 64})) == []
    for wrong in ({"md5": "x"}, {"sha256": "0" * 63}, {"after": "the day before"}, {"limit": "-1"}, {"limit": "x"},
                  {"offset": "-1"}, {"offset": "1e3"}):
        assert refused(ada.get("/api/v2/samples", wrong), 422), wrong


def test_a_search_finds_by_checksum_path_and_tag(ada, eve):
    content = b"searched for"
    data = ada.submit(content, "quarterly report.xls", tags="Quarter")
    hidden = eve.submit(content, "quarterly report.xls", tags="Quarter")["id"]
    for query in ({"checksum": data["sha256"]}, {"checksum_sample": data["md5"]}, {"checksum": data["sha1"]},
                  {"path": "quarterly"}, {"tag": "Quarter"}, {"tag": "quarter", "after": "last hour", "limit": "10"}):
        items = listed(ada.data("/api/v2/samples/search", query))
        assert data["id"] in [one["sample"] for one in items], query
        assert hidden not in [one["sample"] for one in items], query
        assert all(set(one) == {"sample", "ts"} for one in items)
    assert listed(ada.data("/api/v2/samples/search", {"domain": "example.test"})) == []
    assert listed(ada.data("/api/v2/samples/search", {"checksum": data["sha256"], "checksum_sample": "0" * 64})) == []
    assert refused(ada.get("/api/v2/samples/search"), 422)
    assert refused(ada.get("/api/v2/samples/search", {"before": "soon", "tag": "x"}), 422)


def test_submissions_are_searched_by_words_state_and_time(ada, bob, eve):
    data = ada.submit(b"words", "Überweisung März.pdf", tags="bank")
    hidden = [bob.submit(b"words of bob", "Überweisung März.pdf", private="true")["id"],
              eve.submit(b"words of eve", "Überweisung März.pdf")["id"]]
    for query in ({"q": "überweisung"}, {"q": "bank", "state": "wait"}, {"q": data["sha256"]}, {"q": data["md5"]},
                  {"term": "März", "org_only": "true"}, {"q": "Überweisung", "after": "90 days ago", "user_only": "true"},
                  {"q": "bank", "term": "tag"}, {"q": "", "after": "last hour", "sort_by": "filename", "sort_order": "desc"}):
        items = listed(ada.data("/api/v2/search/submissions", query))
        found = {one["item"]["sample"]: one for one in items}
        assert data["id"] in found, query
        assert not set(hidden) & set(found), query
        hit = found[data["id"]]
        assert set(hit) == {"item", "score", "matches"}
        assert set(hit["item"]) == {"sample", "filename", "sha256", "md5", "sha1", "state", "status", "submitted_at", "login",
                                    "tags", "private", "organization_id", "analysis"}
        assert hit["item"]["analysis"] == {"threat_score": None}
    assert listed(ada.data("/api/v2/search/submissions", {"q": "bank", "state": "succ"})) == []
    assert listed(ada.data("/api/v2/search/submissions", {"q": "bank", "before": "30 days ago"})) == []
    for wrong in ({"state": "done"}, {"sort_by": "size"}, {"sort_order": "up"}, {"before": "tomorrow noon"}):
        assert refused(ada.get("/api/v2/search/submissions", wrong), 422), wrong


# ---- tags

def test_tags_are_added_listed_and_removed(ada, bob):
    sample = ada.submit(b"tagged", tags="first")["id"]
    at = f"/api/v2/samples/{sample}"
    assert ada.data(f"{at}/tag", method="POST", form=[("tag", "second")])["tags"] == ["first", "second"]
    assert bob.data(f"{at}/tag", method="POST", json_body={"tag": "of bob"})["tags"] == ["first", "second", "of bob"]
    assert ada.data(f"{at}/tags") == {"sample": sample, "tags": ["first", "second", "of bob"]}
    assert ada.data(f"{at}/tag/{path_of('of bob')}", method="DELETE")["tags"] == ["first", "second"]
    assert refused(ada.send("DELETE", f"{at}/tag/none"), 404)
    for wrong in ("", "x" * 129, "line\nbreak"):
        assert refused(ada.post(f"{at}/tag", fields={"tag": wrong}), 422)


# ---- who sees what

def test_what_somebody_may_not_see_is_not_there(ada, bob, eve, admin):
    shared, own = ada.submit(b"shared")["id"], ada.submit(b"own", private="1")["id"]
    for what in ("", "/state", "/summary", "/tags", "/sample.zip"):
        assert bob.get(f"/api/v2/samples/{shared}{what}").status == 200
        assert admin.get(f"/api/v2/samples/{own}{what}").status == 200
        same = refused(eve.get(f"/api/v2/samples/{'0' * 32}{what}"), 404)
        for who, sample in ((eve, shared), (eve, own), (bob, own)):
            message = refused(who.get(f"/api/v2/samples/{sample}{what}"), 404)
            assert message.replace(sample, "0" * 32) == same
    assert refused(eve.post(f"/api/v2/samples/{shared}/tag", fields={"tag": "x"}), 404)
    assert refused(eve.send("DELETE", f"/api/v2/samples/{shared}/tag/x"), 404)
    seen = [one["id"] for one in listed(bob.data("/api/v2/samples", {"limit": "1000"}))]
    assert shared in seen and own not in seen
    assert not {shared, own} & {one["id"] for one in listed(eve.data("/api/v2/samples", {"limit": "1000"}))}
    assert not {shared, own} & {one["id"] for one in listed(bob.data("/api/v2/samples", {"limit": "1000",
                                                                                        "user_only": "true"}))}


def test_a_key_of_a_user_that_was_de_activated_opens_nothing(box, admin, authority):
    made = admin.data("/api/v3/organizations/1/users", method="POST", json_body={"login": "leaver", "name": "L"})
    key = made["users"][0]["api_key"] if "users" in made else made["api_key"]
    leaver = Field(box.clean, key, authority)
    sample = leaver.submit(b"before I go")["id"]
    assert admin.send("DELETE", "/api/v3/users/leaver/active").status in (200, 204)
    assert refused(leaver.get(f"/api/v2/samples/{sample}"), 403)
    before = set(stored(box))
    assert refused(leaver.post("/api/v2/samples", form=[("sample", b"after I went", "x")]), 403)
    assert refused(Field(box.clean, None, authority).post(
        "/api/v2/samples", form=[("sample", b"after I went" * 100000, "x"), ("api_key", key)]), 403)
    assert set(stored(box)) == before
    assert refused(Field(box.clean, None, authority).get("/api/v2/samples"), 401)
    assert admin.data(f"/api/v2/samples/{sample}")["login"] == "leaver"


def test_cookies_count_nothing_here_and_keys_count_nothing_there(box, authority, ada):
    send = signed_in(box, authority, "ada")
    assert send("GET", "/api/v1/samples").status == 200
    assert refused(send("GET", "/api/v2/samples"), 401)
    assert ada.get("/api/v1/samples").status == 401


# ---- text that wants to be something else

HOSTILE = ["'; DROP TABLE samples; --", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a%00b%0d%0aX: y",
           "${jndi:ldap://x}", "\u202egpj.exe", "🦀 ünïcode", "\\..\\..", "%s%n", "a&b=c", "' OR '1'='1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_is_what_is_shown(ada, text):
    data = ada.submit(b"hostile", "x.bin", query={"filename": text, "tags": text.replace(",", ""), "vm": text, "os": text})
    record = ada.data(f"/api/v2/samples/{data['id']}")
    assert (record["filename"], record["vm"], record["os"]) == (text, text, text)
    assert record["tags"] == [text.replace(",", "").strip()]
    for name in ("q", "term"):
        assert ada.get("/api/v2/search/submissions", {name: text}).status == 200
    for name in ("checksum", "before", "limit", "sort_by", "state", "id", "tag", "path"):
        reply = ada.get("/api/v2/search/submissions", {name: text})
        assert reply.status in (200, 422), (name, reply)
        assert ada.get("/api/v2/samples/search", {name: text}).status in (200, 422)
    assert refused(ada.get(f"/api/v2/samples/{path_of(text)}"), 404)
    assert ada.data("/api/v2/samples", {"id": text})["items"] == []


def test_a_wrong_method_or_path_is_answered_in_the_envelope_too(ada):
    assert refused(ada.send("PUT", "/api/v2/samples"), 405)
    assert refused(ada.send("DELETE", "/api/v2/samples/state"), 405)
    assert refused(ada.get("/api/v2/nothing"), 404)
