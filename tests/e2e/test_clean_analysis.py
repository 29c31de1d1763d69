"""From a submission to its verdict by a real clamd: states, threat, report; a device's life; engines that are away, come
back, or are configured later; what a restart takes up."""

import json
import sqlite3

import pytest

from clamd import SIGNATURE, Clamd, malware
from daemon import wait_for
from submissions import Field, begin, digests, opened, refused, signed_in, unpacked, with_users


@pytest.fixture(scope="module")
def clamd():
    with Clamd() as made:
        yield made


@pytest.fixture
def box(daemon, authority, clamd):
    daemon.configuration["analysis"] = clamd.settings
    return with_users(daemon, authority)


def test_a_script_polls_until_the_verdict_and_reads_all_of_it(box, authority):
    ada = begin(box, authority)["ada"]
    content = malware(b"of ada")
    bad, good = ada.submit(content, "<img src=x onerror=alert(1)>.exe"), ada.submit(b"harmless", "good.txt")
    assert (ada.wait_over(bad["id"]), ada.wait_over(good["id"])) == ("succ", "succ")
    threat = ada.data(f"/api/v2/samples/{bad['id']}/threat")
    assert set(threat) == {"sample", "score", "count", "max-severity", "max-confidence", "bis"}
    assert threat["score"] >= 95 and threat["count"] == len(threat["bis"]) == 1 and threat["sample"] == bad["id"]
    assert ada.data(f"/api/v2/samples/{good['id']}/threat")["score"] < 50
    record = ada.data(f"/api/v2/samples/{bad['id']}")
    assert (record["state"], record["status"]) == ("succ", "job_done")
    assert record["submitted_at"] <= record["started_at"] <= record["completed_at"]
    analysis = ada.get(f"/api/v2/samples/{bad['id']}/analysis.json")
    assert analysis.headers["Content-Type"] == "application/json"
    document = analysis.json  # not wrapped
    assert set(document) == {"metadata", "threat", "status", "iocs"}
    assert document["threat"]["threat_score"] == threat["score"]
    assert document["metadata"]["submitted_file"]["sha256"] == digests(content)["sha256"]
    assert document["status"] == {"id": bad["id"], "state": "succ", "status": "job_done"}
    assert SIGNATURE in json.dumps(document["iocs"])
    hits = ada.data("/api/v2/search/submissions", {"state": "succ", "sort_by": "score"})["items"]
    assert [hit["item"]["sample"] for hit in hits] == [bad["id"], good["id"]]
    assert hits[0]["item"]["analysis"] == {"threat_score": threat["score"]}
    assert ada.data(f"/api/v2/samples/{bad['id']}/summary")["score"] == threat["score"]


def test_the_report_is_a_page_in_a_sandbox_that_runs_nothing(box, authority):
    ada = begin(box, authority)["ada"]
    sample = ada.submit(malware(), query={"filename": "<script>alert(1)</script>"}, tags='"><script>x</script>')["id"]
    ada.wait_over(sample)
    report = ada.get(f"/api/v2/samples/{sample}/report.html")
    assert report.status == 200 and report.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = report.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox;") and "default-src 'none'" in policy and "unsafe" not in policy
    text = report.bytes.decode()
    assert "<script" not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text and SIGNATURE in text
    assert signed_in(box, authority, "ada")("GET", f"/api/v1/samples/{sample}/report.html").bytes == report.bytes


def test_the_portal_sees_the_verdict_and_is_told_of_it(box, authority):
    begin(box, authority)
    ada = signed_in(box, authority, "ada")
    made = ada("POST", "/api/v1/samples", form=[("sample", malware(), "m.bin")]).json

    def judged():
        seen = ada("GET", f"/api/v1/samples/{made['id']}").json
        return seen if seen["state"] == "succ" else None
    seen = wait_for(judged, "the verdict")
    assert seen["score"] >= 95 and seen["message"] is None and seen["severity"] is not None
    (behaviour,) = seen["behaviours"]
    assert set(behaviour) == {"name", "title", "severity", "confidence"} and SIGNATURE in json.dumps(behaviour)
    assert [one["id"] for one in ada("GET", "/api/v1/samples?min_score=90").json["items"]] == [made["id"]]
    assert ada("GET", "/api/v1/samples?state=wait").json["items"] == []
    facts = ada("GET", "/api/v1/appliance").json["analysis"]
    assert facts == {"engine": True, "reachable": True, "message": ""}


def test_a_devices_life_from_registration_to_a_malicious_verdict(box, authority):
    admin = begin(box, authority)["admin"]
    device = Field(box.clean, None, authority)
    secret = "s3cret-of-the-mail-gateway-0123456789"
    own = {"Authorization": f"Device esa-4711:{secret}"}
    body = json.dumps({"device_id": "esa-4711", "kind": "esa", "secret": secret})
    reply = device.post("/api/v1/devices", body=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.json) == (202, {"state": "deactivated"})
    content = malware(b"attachment")
    early = device.post("/api/v2/samples", form=[("sample", content, "a.doc")], headers=own)
    assert refused(early, 403).startswith("device_deactivated")
    assert admin.send("PUT", "/api/v3/users/esa-4711/active").status in (200, 204)
    told = device.get("/api/v1/devices/self", headers=own).json
    assert told["state"] == "active"
    with_key = Field(box.clean, told["api_key"], authority)
    first = opened(device.post("/api/v2/samples", form=[("sample", content, "a.doc")], headers=own), "/api/v2")
    second = with_key.submit(b"harmless attachment", "b.doc")
    assert first["login"] == second["login"] == "esa-4711"
    assert with_key.wait_over(first["id"]) == with_key.wait_over(second["id"]) == "succ"
    assert with_key.data(f"/api/v2/samples/{first['id']}/threat")["score"] >= 95
    assert with_key.data(f"/api/v2/samples/{second['id']}/threat")["score"] < 50
    assert unpacked(with_key.get(f"/api/v2/samples/{first['id']}/sample.zip").bytes) == content
    found = with_key.data("/api/v2/samples/search", {"checksum": first["sha256"]})["items"]
    assert [one["sample"] for one in found] == [first["id"]]


def test_samples_wait_for_an_engine_that_is_configured_later(daemon, authority, clamd):
    ada = begin(with_users(daemon, authority), authority)["ada"]
    sample = ada.submit(malware())["id"]
    assert ada.data(f"/api/v2/samples/{sample}/state")["state"] == "wait"
    daemon.configuration["analysis"] = clamd.settings
    daemon.hang_up()
    assert ada.wait_over(sample) == "succ"


def test_an_engine_that_is_away_is_told_and_taken_up_when_it_comes(daemon, authority):
    with_users(daemon, authority)
    engine = Clamd()
    try:
        daemon.configuration["analysis"] = engine.settings
        ada = begin(daemon, authority)["ada"]
        send = signed_in(daemon, authority, "ada")
        sample = ada.submit(malware())["id"]

        def told():
            facts = send("GET", "/api/v1/appliance").json["analysis"]
            return facts["engine"] and not facts["reachable"] and str(engine.socket) in facts["message"]
        wait_for(told, "the appliance's saying that the engine is away")
        assert send("GET", f"/api/v1/samples/{sample}").json["message"]
        engine.start()
        assert ada.wait_over(sample) == "succ"
        daemon.restart()  # nothing that was judged is judged again
        assert ada.data(f"/api/v2/samples/{sample}/state")["state"] == "succ"
    finally:
        engine.close()


def test_what_was_being_analyzed_when_the_daemon_was_killed_is_taken_up(box, authority):
    ada = begin(box, authority)["ada"]
    samples = [ada.submit(malware(b"%d" % i), f"{i}")["id"] for i in range(20)]
    box.kill()
    with sqlite3.connect(box.state / "gatehouse.db") as database:  # whatever the instant was: some were running
        database.execute("UPDATE samples SET state = 'run', attempts = 1 WHERE state = 'wait' AND number % 2 = 0")
    database.close()
    box.start()
    assert [ada.wait_over(sample) for sample in samples] == ["succ"] * 20
    box.stop()
    with sqlite3.connect(box.state / "gatehouse.db") as database:
        assert database.execute("SELECT count(*) FROM behaviours").fetchone() == (20,)


def test_a_download_stands_in_the_audit(box, authority):
    ada = begin(box, authority)["ada"]
    sample = ada.submit(b"downloaded")["id"]
    assert ada.get(f"/api/v2/samples/{sample}/sample.zip").status == 200
    box.stop()
    with sqlite3.connect(box.state / "gatehouse.db") as database:
        rows = database.execute("SELECT actor, via, object, refusal FROM audit WHERE action = 'sample.downloaded'").fetchall()
    assert rows == [("ada", "token", sample, "")]
