"""What bounds submissions: the rolling limit, the size of a body, the disk, uploads whose key has not come yet; and what
of the old goes to make room."""

import concurrent.futures
import contextlib
import json
import re
import sqlite3

import pytest

import clients
from api import multipart, signed_in as signed_in_operator
from daemon import wait_for
from submissions import KEYS, Field, begin, date_back, digests, refused, stored, with_users

MEBIBYTE = 1024 * 1024


@pytest.fixture
def box(daemon, authority):
    daemon.configuration["samples"] = {"body_bytes": 4 * MEBIBYTE, "free_bytes": 0}
    return with_users(daemon, authority)


def audit(daemon, action):
    with sqlite3.connect(f"file:{daemon.state}/gatehouse.db?mode=ro", uri=True) as database:
        return database.execute("SELECT actor, object, refusal, detail FROM audit WHERE action = ?", [action]).fetchall()


# ---- the rolling limit

def limit(admin, login, samples, minutes):
    reply = admin.send("PUT", f"/api/v3/users/{login}/rate-limit", json_body={"submission-rate-limit": [[samples, minutes]]})
    assert reply.status == 200, reply


def test_submissions_in_parallel_are_counted_exactly(box, authority):
    people = begin(box, authority)
    limit(people["admin"], "ada", 7, 1440)

    def submit(i):
        return people["ada"].post("/api/v2/samples", form=[("sample", b"parallel %d" % i, "p")])
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(submit, range(24)))
    assert sorted(reply.status for reply in replies) == [200] * 7 + [429] * 17
    for reply in replies:
        if reply.status == 429:
            wait = int(reply.headers["Retry-After"])
            assert 0 < wait <= 86400
            assert re.search(r"\d+ (hour|minute|second)", refused(reply, 429))
    kept = {digests(b"parallel %d" % i)["sha256"] for i in range(24)} & set(stored(box))
    assert len(kept) == 7
    box.restart()
    assert refused(people["ada"].post("/api/v2/samples", form=[("sample", b"one more", "p")]), 429)
    assert people["bob"].submit(b"another's limit")["state"] == "wait"
    box.stop()
    refusals = audit(box, "sample.refused")
    assert refusals and all(row[0] == "ada" and row[2] == "submission_limit_reached" for row in refusals)
    assert sum(json.loads(row[3]).get("count", 1) for row in refusals) == 18


def test_who_has_no_submission_left_need_not_send_the_file(box, authority):
    people = begin(box, authority)
    limit(people["admin"], "ada", 0, 60)
    kind, form = multipart([("sample", b"x" * 100000, "x")])
    with clients.connect(box.clean) as raw:
        raw.sendall(f"POST /api/v2/samples?api_key={KEYS['ada']} HTTP/1.1\r\nHost: {box.clean.hostname}:{box.clean.port}\r\n"
                    f"Content-Type: {kind}\r\nContent-Length: 3000000\r\n\r\n".encode() + form[:50000])
        assert raw.recv(4096).startswith(b"HTTP/1.1 429 ")


# ---- sizes

def test_a_body_that_is_too_large_is_refused_before_it_is_sent(box, authority):
    ada = begin(box, authority)["ada"]
    with clients.connect(box.clean) as raw:
        raw.sendall(f"POST /api/v2/samples?api_key={KEYS['ada']} HTTP/1.1\r\nHost: {box.clean.hostname}:{box.clean.port}\r\n"
                    f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {4 * MEBIBYTE + 1}\r\n"
                    "Expect: 100-continue\r\n\r\n".encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 413 ")
    before = set(stored(box))
    chunks = (b"x" * MEBIBYTE for _ in range(8))
    kind, form = multipart([("sample", b"", "x")])
    head = form[:form.index(b"\r\n\r\n") + 4]

    def body():
        yield head
        yield from chunks
    connection = ada.connection()
    try:
        connection.request("POST", f"/api/v2/samples?api_key={KEYS['ada']}", body=body(), encode_chunked=True,
                           headers={"Host": f"{box.clean.hostname}:{box.clean.port}", "Content-Type": kind,
                                    "Transfer-Encoding": "chunked"})
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # it was sent on after the answer
    finally:
        connection.close()
    wait_for(lambda: set(stored(box)) == before, "nothing of it being left")
    whole = multipart([("sample", b"", "x")])[1]
    assert ada.submit(b"y" * (4 * MEBIBYTE - len(whole)), "x")["state"] == "wait"


def test_a_disk_that_is_full_takes_nothing_and_keeps_nothing(box, authority):
    box.configuration["samples"]["free_bytes"] = 1 << 50
    ada = begin(box, authority)["ada"]
    refused(ada.post("/api/v2/samples", form=[("sample", b"no room" * 1000, "x")]), 507)
    assert stored(box) == {}
    box.configuration["samples"]["free_bytes"] = 0
    box.hang_up()
    assert ada.submit(b"no room" * 1000)["state"] == "wait"


def test_a_quota_that_is_used_up_takes_nothing_and_keeps_nothing(box, authority):
    box.configuration["samples"]["quota_bytes"] = MEBIBYTE
    ada = begin(box, authority)["ada"]
    assert "all the room that they may" in refused(
        ada.post("/api/v2/samples", form=[("sample", b"q" * 2 * MEBIBYTE, "x")]), 507)
    assert stored(box) == {}
    assert [row[2] for row in audit(box, "sample.refused")] == ["quota_reached"]
    assert ada.submit(b"small")["state"] == "wait"


# ---- uploads without a key so far

def begin_upload(box, source=None):
    """An upload whose key comes behind the file, stopped in the middle of it."""
    kind, form = multipart([("sample", b"k" * MEBIBYTE, "x"), ("api_key", KEYS["ada"])])
    raw = clients.connect(box.clean, source=source)
    raw.sendall(f"POST /api/v2/samples HTTP/1.1\r\nHost: {box.clean.hostname}:{box.clean.port}\r\n"
                f"Content-Type: {kind}\r\nContent-Length: {len(form)}\r\n\r\n".encode() + form[:MEBIBYTE // 2])
    return raw, form[MEBIBYTE // 2:]


def test_only_a_few_uploads_without_a_key_lie_on_the_disk_at_once(box, authority):
    ada = begin(box, authority)["ada"]
    incoming = box.state / "samples" / "incoming"
    held = [begin_upload(box, f"127.0.0.{i}") for i in (2, 2, 3, 3)]
    try:
        wait_for(lambda: len(list(incoming.iterdir())) == 4, "four uploads under way")
        for source in ("127.0.0.2", "127.0.0.9"):
            raw, _ = begin_upload(box, source)
            with raw:
                answer = raw.recv(4096)
                assert answer.startswith(b"HTTP/1.1 429 ") and b"Retry-After" in answer
        assert ada.submit(b"who shows the key first is served")["state"] == "wait"
        raw, rest = held.pop()
        with raw:
            raw.sendall(rest)
            assert raw.recv(4096).startswith(b"HTTP/1.1 200 ")
    finally:
        for raw, _ in held:
            raw.close()
    wait_for(lambda: not list(incoming.iterdir()), "what was broken off being removed")
    assert Field(box.clean, None, authority).post(
        "/api/v2/samples", form=[("sample", b"x" * 300000, "x"), ("api_key", KEYS["ada"])]).status == 200


def part(name, data):
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + data + b"\r\n"


def begin_fields(box, fields, source=None):
    """A form that goes on behind these fields."""
    raw = clients.connect(box.clean, source=source)
    raw.sendall(f"POST /api/v2/samples HTTP/1.1\r\nHost: {box.clean.hostname}:{box.clean.port}\r\n"
                "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
                f"{len(fields):x}\r\n".encode() + fields + b"\r\n")
    return raw


def test_only_a_few_who_have_not_shown_a_key_may_send_many_fields_at_once(box, authority):
    begin(box, authority)
    many = b"".join(part("tags", b"x" * 60000) for _ in range(4))
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(begin_fields(box, many[:-2], f"127.0.0.{2 + i // 2}")) for i in range(20)]

        answers = {}

        def all_but_four_answered():
            for raw in crowd:
                raw.settimeout(0.05)
                with contextlib.suppress(TimeoutError):
                    answers[raw] = answers.get(raw) or raw.recv(4096)
            return sum(bool(answer) for answer in answers.values()) == 16
        wait_for(all_but_four_answered, "all but four being refused")
        assert all(answer.startswith(b"HTTP/1.1 429 ") for answer in answers.values())
        # Few fields are nobody's matter, and many are not where the key comes before them.
        few = [("tags", "t" * 20)] * 20
        for form in ([*few, ("api_key", KEYS["ada"]), ("sample", b"behind them", "x")],
                     [("api_key", KEYS["ada"]), ("more", "m" * 60000), ("sample", b"before them", "x")]):
            reply = Field(box.clean, None, authority).post("/api/v2/samples", form=form)
            assert reply.status == 200, reply
    # With a place all goes on, though the key comes behind many fields.
    form = [("more", "x" * 60000), ("api_key", KEYS["ada"]), ("sample", b"at last", "x")]
    wait_for(lambda: Field(box.clean, None, authority).post("/api/v2/samples", form=form).status == 200,
             "a place becoming free")


def test_strangers_do_not_use_up_the_quota_of_users(box, authority):
    box.configuration["samples"].update(quota_bytes=4 * MEBIBYTE, body_bytes=2 * MEBIBYTE)
    ada = begin(box, authority)["ada"]
    incoming = box.state / "samples" / "incoming"
    strange = part("sample", b"s" * (2 * MEBIBYTE - 10000))[:-2]
    with contextlib.ExitStack() as stack:
        for source in ("127.0.0.2", "127.0.0.3"):
            stack.enter_context(begin_fields(box, strange, source))
        wait_for(lambda: sum(path.stat().st_size for path in incoming.iterdir()) > 3 * MEBIBYTE, "it being on the disk")
        for i in range(2):
            assert ada.submit(bytes([65 + i]) * (MEBIBYTE + MEBIBYTE // 2))["state"] == "wait"


def test_an_upload_without_a_key_leaves_nothing(box, authority):
    begin(box, authority)
    refused(Field(box.clean, None, authority).post("/api/v2/samples", form=[("sample", b"x" * MEBIBYTE, "x")]), 401)
    wait_for(lambda: stored(box) == {}, "nothing being left")


# ---- retention

def test_what_is_too_old_goes_with_its_file_and_stands_in_the_audit(box, authority):
    ada = begin(box, authority)["ada"]
    old = [ada.submit(b"old %d" % i, f"old-{i}") for i in range(3)]
    twice = ada.submit(b"old 0", "again")
    new = ada.submit(b"new")
    box.stop()
    date_back(box, old, days=3)
    box.configuration["samples"]["keep_days"] = 2
    box.start()
    wait_for(lambda: ada.get(f"/api/v2/samples/{old[2]['id']}").status == 404, "the old being deleted")
    wait_for(lambda: set(stored(box)) == {twice["sha256"], new["sha256"]}, "their files being removed")
    assert ada.get(f"/api/v2/samples/{twice['id']}").status == 200
    (told,) = signed_in_operator(box).get("/api/v1/audit?action=samples.deleted").json["items"]
    box.stop()
    (row,) = audit(box, "samples.deleted")
    detail = json.loads(row[3])
    assert row[0] == "system" and detail["reason"] == "age"
    assert {one["id"] for one in detail["samples"]} == {one["id"] for one in old}
    assert told["detail"] == {"reason": "age", "samples": detail["samples"]}


def test_the_oldest_go_when_a_quota_is_set(box, authority):
    ada = begin(box, authority)["ada"]
    samples = [ada.submit(bytes([65 + i]) * 100000, f"{i}") for i in range(10)]
    box.configuration["samples"].update(quota_bytes=1000000, body_bytes=200000)
    box.hang_up()
    wait_for(lambda: len(stored(box)) == 8, "the oldest being deleted")  # a fifth stays free for what comes next
    assert set(stored(box)) == {one["sha256"] for one in samples[2:]}
    assert ada.submit(b"z" * 150000)["state"] == "wait"
