"""Other services are told of malicious samples: which, what, in which order of events, over restarts and failures, by real
calls to a service of the test's own on another machine."""

import base64
import json
import re

import pytest

from clamd import Clamd, malware
from daemon import wait_for
from disposition_peer import PASSWORD, SERVICES, USER, Box, Engine, Peer
from neighbour import Neighbour
from submissions import digests


@pytest.fixture(scope="module")
def neighbour():
    made = Neighbour()
    yield made
    made.close()


@pytest.fixture(scope="module")
def engine():
    with Engine() as made:
        yield made


@pytest.fixture(scope="module")
def pair(authority):
    return authority.issue("cloud.test")


@pytest.fixture(scope="module")
def networks(neighbour):
    neighbour.serve_names({"cloud.test": neighbour.address})
    return {"dirty": {"dns": [neighbour.address]}}


@pytest.fixture
def peers(neighbour, pair):
    """A function that opens one more service at the neighbour's."""
    made = []
    before = len(neighbour.processes)

    def peer():
        made.append(Peer(neighbour, pair, next(PORTS)))
        return made[-1]
    yield peer
    for process in neighbour.processes[before:]:
        process.kill()
        process.wait()
    del neighbour.processes[before:]


PORTS = iter(range(4430, 4600))


@pytest.fixture
def box(daemon, authority, engine, networks):
    made = Box(daemon, authority, engine, networks)
    made.believe(authority.root)
    return made


# ---- who is told what


def test_from_the_submission_to_the_call_with_a_real_clamd(daemon, authority, networks, peers):
    with Clamd() as clamd:
        box = Box(daemon, authority, clamd, networks)
        box.believe(authority.root)
        peer = peers()
        service = box.add(peer.url())
        content = malware(b"from the field")
        bad, good = box.field.submit(content), box.field.submit(b"harmless")
        assert {box.field.wait_over(one["id"]) for one in (bad, good)} == {"succ"}
        peer.wait_told(bad)
        shown = box.wait_settled(service)
        (call,) = peer.calls
        assert (call["method"], call["target"]) == ("POST", "/dispositions")
        fields = dict(call["fields"])
        assert len(fields) == len(call["fields"]), "each field once"
        assert fields["host"] == f"cloud.test:{peer.port}"
        assert fields["content-type"] == "application/json"
        assert fields["authorization"] == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        assert re.fullmatch("[0-9a-f]{32}", fields["idempotency-key"])
        body = json.loads(call["body"])
        score = box.field.data(f"/api/v2/samples/{bad['id']}/threat")["score"]
        completed = box.field.data(f"/api/v2/samples/{bad['id']}")["completed_at"]
        analyzed = body.pop("analyzed_at")
        assert body == {**digests(content), "disposition": "malicious", "score": score, "sample": bad["id"]}
        assert list(body) == ["sha256", "md5", "sha1", "disposition", "score", "sample"] and score >= 90
        # The same moment, to the microsecond: what a service is told can be put in order by it.
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", analyzed) and analyzed[:19] == completed[:19]
        assert (shown["state"], shown["message"], shown["last_failure"]) == ("idle", "", None)
        assert shown["last_success_at"] and shown["queue"] == {"waiting": 0, "failed": 0, "dropped": 0,
                                                               "oldest_waiting_at": None}
        assert peer.log("connection")[0]["name"] == "cloud.test"


def test_what_is_below_the_score_that_is_set_is_told_to_nobody(daemon, authority, engine, networks, peers):
    box = Box(daemon, authority, engine, networks, malicious_score=70)
    box.believe(authority.root)
    peer = peers()
    service = box.add(peer.url())
    for score in (0, 69):
        box.submit(score)
    told = [box.submit(score) for score in (70, 100)]
    peer.wait_told(*told)
    box.wait_settled(service)
    assert sorted(peer.told) == sorted(one["sha256"] for one in told)
    daemon.configuration["dispositions"]["malicious_score"] = 99
    daemon.hang_up()
    box.submit(98)
    last = box.submit(99)
    peer.wait_told(last)
    assert len(peer.calls) == 3


def test_every_service_is_told_and_one_that_is_added_later_only_of_what_is_found_then(box, peers):
    first, second, later = peers(), peers(), peers()
    for peer in (first, second):
        box.add(peer.url())
    early = box.submit()
    for peer in (first, second):
        peer.wait_told(early)
    keys = {dict(peer.calls[0]["fields"])["idempotency-key"] for peer in (first, second)}
    assert len(keys) == 2, "each service has keys of its own"
    box.add(later.url())
    late = box.submit()
    for peer in (first, second, later):
        peer.wait_told(late)
    assert later.told == [late["sha256"]]
    assert first.told == second.told == [early["sha256"], late["sha256"]]


def test_who_submits_what_was_judged_before_has_it_told_again_under_another_key(box, peers):
    peer = peers()
    box.add(peer.url())
    first = box.submit()
    peer.wait_told(first)
    content = b"95 twice"
    for count in (1, 2):
        sample = box.field.submit(content)
        box.field.wait_over(sample["id"])
        wait_for(lambda count=count: peer.told.count(sample["sha256"]) == count, f"its being told {count} times")
    assert len({dict(call["fields"])["idempotency-key"] for call in peer.calls}) == 3


# ---- services that fail


def test_a_service_that_takes_nothing_for_a_while_is_told_afterwards_and_holds_up_no_other(box, peers):
    broken, sound = peers(), peers()
    broken.behave(status=503)
    first, second = box.add(broken.url()), box.add(sound.url())
    samples = [box.submit() for _ in range(5)]
    sound.wait_told(*samples)
    assert box.wait_settled(second)["state"] == "idle"
    shown = box.wait_service(first, "away", lambda shown: shown["last_failure"])  # recorded a moment later
    assert "status 503" in shown["message"] and "status 503" in shown["last_failure"]["message"]
    assert (shown["queue"]["waiting"], shown["queue"]["failed"]) == (5, 0) and shown["queue"]["oldest_waiting_at"]
    tried = len(broken.calls)
    broken.behave()
    broken.wait_told(*samples)
    shown = box.wait_service(first, "idle")
    assert shown["last_success_at"] and shown["queue"]["waiting"] == 0
    # What was refused by 503 is told under the same key; what was delivered never again.
    delivered = [dict(call["fields"])["idempotency-key"] for call in broken.calls][tried:]
    keys = {dict(call["fields"])["idempotency-key"] for call in broken.calls}
    assert len(keys) == 5 and len(set(delivered)) == len(delivered)


def test_services_that_stall_take_no_place_from_another(box, peers):
    slow, quick = [peers() for _ in range(4)], peers()
    for peer in slow:
        peer.behave(stall="head")
        box.add(peer.url())
    service = box.add(quick.url())
    samples = [box.submit() for _ in range(17)]
    for peer in slow:
        wait_for(lambda peer=peer: len(peer.calls) == 16, "all calls that a service is to have at a time")
    samples.append(box.submit())
    quick.wait_told(*samples)
    assert box.wait_settled(service)["state"] == "idle"
    assert [len(peer.calls) for peer in slow] == [16] * 4, "they stall, and are given no more"


def test_a_service_that_asks_for_time_gets_it(box, peers):
    peer = peers()
    peer.behave(status=429, fields={"Retry-After": "3600"})
    service = box.add(peer.url())
    first = box.submit()
    shown = box.wait_service(service, "away")
    assert "status 429" in shown["message"] and "too much at once" in shown["message"]
    peer.behave(status=429, fields={"Retry-After": "2"})
    # An edit is what a person does who knows better: it is tried at once, and asks for two seconds now.
    box.change(service, password=PASSWORD)
    wait_for(lambda: len(peer.calls) == 2, "the second call")
    peer.behave()
    peer.wait_told(first)
    box.wait_settled(service)
    assert len(peer.calls) == 3
    assert peer.calls[2]["at"] - peer.calls[1]["at"] >= 2


def test_a_redirect_is_never_followed_and_failed(box, peers):
    target, peer = peers(), peers()
    peer.behave(status=302, fields={"Location": target.url()})
    service = box.add(peer.url())
    box.submit()
    shown = box.wait_service(service, "failed")
    assert (shown["queue"]["waiting"], shown["queue"]["failed"]) == (0, 1)
    assert "status 302" in shown["last_failure"]["message"]
    assert "Redirects are not followed: enter the URL that it leads to." in shown["last_failure"]["message"]
    assert len(peer.calls) == 1 and not target.log("connection")


def test_wrong_credentials_are_shown_and_once_mended_what_failed_is_told_by_retry(box, peers):
    peer = peers()
    service = box.add(peer.url(), password="mistyped")
    first, second = box.submit(), box.submit()
    shown = box.wait_service(service, "failed", lambda seen: seen["queue"]["failed"] == 2)
    assert "status 401" in shown["last_failure"]["message"]
    assert "It does not take the user name and password." in shown["last_failure"]["message"]
    page = box.portal.get(f"{SERVICES}/{service}/failed?limit=1").json
    following = box.portal.get(f"{SERVICES}/{service}/failed?limit=1&cursor={page['next']}").json
    failed = page["items"] + following["items"]
    assert [one["sha256"] for one in failed] == [second["sha256"], first["sha256"]], "the latest first"
    assert all(one["attempts"] == 1 and "401" in one["message"] and one["score"] == 95 for one in failed)
    found = {one["sha256"]: box.field.data(f"/api/v2/samples/{one['sample']}")["completed_at"] for one in failed}

    box.change(service, password=PASSWORD)
    assert box.service(service)["queue"]["failed"] == 2, "what has failed waits for somebody"
    reply = box.portal.post(f"{SERVICES}/{service}/retry", json_body={"disposition": failed[1]["id"]})
    assert reply.status == 200, reply
    wait_for(lambda: peer.told.count(first["sha256"]) == 2, "the one being told")
    shown = box.wait_settled(service)
    assert shown["queue"]["failed"] == 1 and peer.told.count(second["sha256"]) == 1
    (rest,) = box.portal.get(f"{SERVICES}/{service}/failed").json["items"]
    assert rest["analyzed_at"][:19] == found[rest["sha256"]][:19], "when it was found"
    gone = box.portal.post(f"{SERVICES}/{service}/retry", json_body={"disposition": failed[1]["id"]})
    assert (gone.status, gone.code) == (404, "no_disposition"), "it was told"
    assert box.portal.post(f"{SERVICES}/{service}/retry", json_body={}).status == 200
    wait_for(lambda: peer.told.count(second["sha256"]) == 2, "the rest being told")
    shown = box.wait_service(service, "idle")
    assert shown["queue"]["failed"] == 0
    keys = [dict(call["fields"])["idempotency-key"] for call in peer.calls]
    assert sorted(keys[:2]) == sorted(keys[2:]), "under the keys they had"


@pytest.mark.parametrize(("status", "words"), [(400, "status 400"), (404, "The URL may be mistyped."),
                                               (403, "It does not take the user name and password.")])
def test_what_is_refused_has_failed_and_the_next_is_told_all_the_same(box, peers, status, words):
    peer = peers()
    peer.behave(status=status)
    service = box.add(peer.url())
    refused = box.submit()
    assert words in box.wait_service(service, "failed")["last_failure"]["message"]
    peer.behave()
    peer.wait_told(box.submit())
    shown = box.wait_settled(service)
    assert shown["queue"]["failed"] == 1 and shown["state"] == "failed"
    assert peer.told.count(refused["sha256"]) == 1


def test_who_leaves_without_an_answer_is_asked_again(box, peers):
    peer = peers()
    peer.behave(close="request")
    service = box.add(peer.url())
    sample = box.submit()
    shown = box.wait_service(service, "away")
    assert "cloud.test" in shown["message"] and "without" in shown["message"], shown
    peer.behave()
    wait_for(lambda: box.service(service)["state"] == "idle", "its being told")
    assert set(peer.told) == {sample["sha256"]}
    assert len({dict(call["fields"])["idempotency-key"] for call in peer.calls}) == 1


# ---- restarts, edits, removal


def test_what_waits_is_told_after_a_restart_and_after_being_killed(box, peers, daemon):
    peer = peers()
    peer.behave(status=503)
    service = box.add(peer.url())
    samples = [box.submit() for _ in range(3)]
    box.wait_service(service, "away")
    daemon.restart()
    assert box.service(service)["queue"]["waiting"] == 3
    daemon.kill()
    peer.behave()
    daemon.start()
    peer.wait_told(*samples)
    assert box.wait_settled(service)["queue"]["failed"] == 0


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_call_that_is_under_way_when_the_daemon_ends_is_told_again_under_its_key(box, peers, daemon, end):
    peer = peers()
    peer.behave(stall="head")
    service = box.add(peer.url())
    sample = box.submit()
    peer.wait_log("request")
    getattr(daemon, end)()
    peer.behave()
    daemon.start()
    wait_for(lambda: peer.told.count(sample["sha256"]) == 2, "its being told once more")
    box.wait_settled(service)
    assert len({dict(call["fields"])["idempotency-key"] for call in peer.calls}) == 1


def test_the_daemon_stops_while_the_name_of_a_service_is_looked_up_at_a_silent_server(daemon, authority, engine,
                                                                                      neighbour):
    silent = neighbour.serve_nothing(5353)
    box = Box(daemon, authority, engine, {"dirty": {"dns": [f"{neighbour.address}:5353"]}})
    service = box.add("https://cloud.test/")
    box.submit()
    wait_for(lambda: "asked" in silent.read_text(), "the question")
    daemon.restart()
    assert box.service(service)["queue"]["waiting"] == 1


def test_a_service_that_is_removed_while_it_is_called_is_told_nothing_more(box, peers):
    peer, other = peers(), peers()
    peer.behave(stall="head")
    service, rest = box.add(peer.url()), box.add(other.url())
    for _ in range(3):
        box.submit()
    wait_for(lambda: len(peer.calls) == 3, "three calls being under way")
    assert box.portal.delete(f"{SERVICES}/{service}").status == 204
    assert box.portal.get(f"{SERVICES}/{service}").code == "no_service"
    last = box.submit()
    peer.behave()
    other.wait_told(last)
    box.wait_settled(rest)
    assert len(peer.calls) == 3
    again = box.add(peer.url())
    assert again != service and box.service(again)["queue"]["waiting"] == 0
    newest = box.submit()
    peer.wait_told(newest)
    assert last["sha256"] not in peer.told


def test_an_edit_while_it_is_away_is_tried_at_once(box, peers):
    gone, here = peers(), peers()
    gone.behave(status=503, fields={"Retry-After": "3600"})
    service = box.add(gone.url())
    sample = box.submit()
    box.wait_service(service, "away")
    box.change(service, url=here.url(), password=PASSWORD)
    here.wait_told(sample)
    box.wait_service(service, "idle")
    assert len(gone.calls) == 1


def test_retry_asks_a_service_that_is_away_at_once(box, peers):
    peer = peers()
    peer.behave(status=503, fields={"Retry-After": "3600"})
    service = box.add(peer.url())
    sample = box.submit()
    box.wait_service(service, "away")
    peer.behave()
    assert box.portal.post(f"{SERVICES}/{service}/retry", json_body={}).status == 200
    wait_for(lambda: peer.told == [sample["sha256"]] * 2, "its being told")
    box.wait_service(service, "idle")


# ---- the routes


def test_nobody_but_administrators_sees_or_changes_who_is_told(box, peers):
    service = box.add(peers().url())
    other = "correct horse battery staple"
    for role in ("user", "org-admin"):
        assert box.field.send("POST", "/api/v3/organizations/1/users", fields={
            "login": role, "role": role, "password": other}).status == 200
        person = type(box.portal)(box.daemon.clean)
        assert person.sign_in(role, other).status == 200
        wish = {"url": "https://cloud.test/", "user": "a", "password": "b"}
        for method, path, body in (
                ("GET", "", None), ("POST", "", wish), ("GET", f"/{service}", None), ("PUT", f"/{service}", wish),
                ("DELETE", f"/{service}", None), ("POST", f"/{service}/test", None), ("POST", f"/{service}/retry", {}),
                ("GET", f"/{service}/failed", None)):
            reply = person.send(method, SERVICES + path, json_body=body)
            assert (reply.status, reply.code) == (403, "role_too_low"), (role, method, path)
    assert len(box.portal.get(SERVICES).json["items"]) == 1


def test_passwords_are_in_no_answer_no_file_and_no_log(box, peers, daemon):
    secret = "kept-under-seal-4711-ünïque"
    peer = peers()
    peer.behave(password=secret)
    service = box.add(peer.url(), password=secret)
    peer.wait_told(box.submit())
    box.change(service, user="gatehouse2")
    box.submit()
    box.wait_service(service, "failed")
    box.test(service)
    answers = [box.portal.get(SERVICES), box.portal.get(f"{SERVICES}/{service}"), box.admin.get("/api/v1/audit"),
               box.portal.get(f"{SERVICES}/{service}/failed")]
    assert answers[0].json["items"][0]["password"] == "*****"
    clear = [secret.encode(), json.dumps(secret).encode(), base64.b64encode(f"{USER}:{secret}".encode()),
             base64.b64encode(secret.encode())]
    daemon.stop()
    places = {"an answer": b"".join(reply.bytes for reply in answers), "the log": "\n".join(daemon.log).encode()}
    places.update({str(path): path.read_bytes() for path in daemon.state.rglob("*") if path.is_file()})
    assert len(places) > 5
    assert [(place, word) for place, text in places.items() for word in clear if word in text] == []


def test_what_is_wrong_with_a_service_is_told_by_the_member(box, peers):
    url = peers().url()
    sound = {"url": url, "user": "u", "password": "p"}
    for change, pointer, code in (
            ({"url": "http://cloud.test/"}, "/url", "url_invalid"), ({"url": ""}, "/url", "url_invalid"),
            ({"url": "https://u:p@cloud.test/"}, "/url", "url_invalid"), ({"url": "https://"}, "/url", "url_invalid"),
            ({"url": "https://cloud.test/#part"}, "/url", "url_invalid"), ({"url": 7}, "/url", "wrong_type"),
            ({"url": "https://cloud.test/" + "x" * 3000}, "/url", "url_invalid"),
            ({"user": ""}, "/user", "user_invalid"), ({"user": "a:b"}, "/user", "user_invalid"),
            ({"user": "a\r\nX: y"}, "/user", "bad_value"), ({"password": ""}, "/password", "password_invalid"),
            ({"password": "a\nb"}, "/password", "password_invalid"), ({"password": None}, "/password", None),
            ({"network": "grey"}, "/network", None), ({"surprise": 1}, "/surprise", "unknown_member")):
        reply = box.portal.post(SERVICES, json_body={**sound, **change})
        assert (reply.status, reply.json["pointer"]) == (422, pointer), (change, reply)
        assert code in (None, reply.code), (change, reply)
        if "u:p" in str(change):
            assert "u:p" not in reply.bytes.decode()
    without = {name: value for name, value in sound.items() if name != "password"}
    assert box.portal.post(SERVICES, json_body=without).code == "password_needed"
    assert box.portal.get(SERVICES).json["items"] == []
    service = box.add(**sound)
    taken = box.portal.post(SERVICES, json_body=sound)
    assert (taken.status, taken.code, taken.json["pointer"]) == (409, "service_exists", "/url")
    needed = box.portal.put(f"{SERVICES}/{service}", json_body={"url": url + "2", "user": "u"})
    assert (needed.status, needed.code, needed.json["pointer"]) == (422, "password_needed", "/password")
    assert box.service(service)["url"] == url
    for number in range(31):
        box.add(f"https://cloud.test/{number}")
    assert box.portal.post(SERVICES, json_body={**sound, "user": "one more"}).code == "too_many_services"
    for path in ("999", "0", "-1", "x", "99999999999999999999"):
        assert box.portal.get(f"{SERVICES}/{path}").code == "no_service", path
        assert box.portal.delete(f"{SERVICES}/{path}").code == "no_service", path
        assert box.portal.post(f"{SERVICES}/{path}/test").code == "no_service", path


def test_who_ordered_what_is_in_the_audit_with_the_service_and_its_url(box, peers):
    peer = peers()
    service = box.add(peer.url() + "?token=hidden")
    box.change(service, network="clean")
    box.test(service)
    box.portal.post(f"{SERVICES}/{service}/retry", json_body={})
    box.portal.delete(f"{SERVICES}/{service}")
    assert box.portal.post(SERVICES, json_body={"url": "http://x/", "user": "u", "password": "p"}).status == 422
    items = [one for one in box.admin.get("/api/v1/audit").json["items"] if one["action"].startswith("disposition_service.")]
    records = [(one["action"], one["result"], one["actor"]) for one in items]
    assert records == [(f"disposition_service.{action}", result, "admin") for action, result in (
        ("added", "refused"), ("removed", "done"), ("retried", "done"), ("tested", "done"), ("changed", "done"), ("added", "done"))]
    for one in items[1:]:
        assert (one["object"], one["detail"]["id"], one["detail"]["url"]) == (str(service), service, peer.url()), one
    details = {one["action"].split(".")[1]: one["detail"] for one in items[1:]}
    assert details["added"]["password_changed"] is True and details["changed"]["password_changed"] is False
    assert details["changed"]["network"] == "clean" and details["tested"]["ok"] is False
    assert "hidden" not in json.dumps(items)


def test_a_change_of_the_networks_is_in_the_audit_and_tries_services_that_are_away_at_once(box, peers):
    peer = peers()
    peer.behave(status=503, fields={"Retry-After": "3600"})
    service = box.add(peer.url())
    sample = box.submit()
    box.wait_service(service, "away")
    peer.behave()
    present = box.admin.get("/api/v1/network").json["dns"]
    wish = {"dns": {**present, "clean": ["192.0.2.1"]}}
    assert box.admin.put("/api/v1/network", json_body=wish).status == 200
    wait_for(lambda: peer.told == [sample["sha256"]] * 2, "its being told")
    record = next(one for one in box.admin.get("/api/v1/audit").json["items"] if one["action"] == "settings.network")
    assert record["detail"]["dns"] == wish["dns"] and set(record["detail"]["source"]) == {"clean", "dirty"}


@pytest.mark.parametrize("change", ["authorities", "proxy"])
def test_a_change_of_who_is_believed_or_of_the_proxy_tries_services_that_are_away_at_once(box, peers, daemon, change):
    peer = peers()
    peer.behave(status=503, fields={"Retry-After": "3600"})
    service = box.add(peer.url())
    box.submit()
    box.wait_service(service, "away")
    tried = len(peer.calls)
    peer.behave()
    if change == "authorities":
        included = box.admin.get("/api/v1/authorities/system").json["included"]
        assert box.admin.put("/api/v1/authorities/system", json_body={"included": not included}).status == 200
        wait_for(lambda: len(peer.calls) > tried, "its being told")
    else:
        daemon.configuration["networks"]["dirty"]["proxy"] = "http://127.0.0.1:9"
        daemon.hang_up()
        box.wait_service(service, "away", lambda shown: "The proxy" in shown["message"])


def test_what_a_service_only_answers_by_500_is_shown_and_tried_again_by_retry_and_a_test_that_passes(box, peers):
    peer = peers()
    peer.behave(status=500)
    service = box.add(peer.url())
    box.submit()
    shown = box.wait_service(service, "telling", lambda seen: seen["message"])
    assert "status 500" in shown["message"] and "trouble of its own" in shown["message"]
    assert box.portal.post(f"{SERVICES}/{service}/retry", json_body={}).status == 200
    wait_for(lambda: len(peer.calls) == 2, "another try, long before its time")
    box.wait_service(service, "telling", lambda seen: seen["message"])
    peer.behave()
    assert box.test(service)["status"]["ok"]
    assert box.wait_settled(service)["message"] == ""
    assert len(peer.calls) == 3


def test_what_is_shown_instead_of_a_password_is_not_taken_for_one(box, peers):
    peer = peers()
    service = box.add(peer.url())
    before = box.service(service)
    wish = {name: before[name] for name in ("url", "user", "password")}
    reply = box.portal.put(f"{SERVICES}/{service}", json_body=wish)
    assert (reply.status, reply.code, reply.json["pointer"]) == (422, "password_invalid", "/password")
    peer.wait_told(box.submit())
    box.wait_settled(service)


def queued(box, state="queued"):
    text = box.admin.get("/metrics").bytes.decode()
    return int(re.search(rf"^gatehouse_dispositions_{state} (\d+)$", text, re.M)[1])


def test_monitoring_sees_how_much_waits(box, peers):
    peer = peers()
    peer.behave(status=503, fields={"Retry-After": "3600"})
    assert queued(box) == 0
    service, twin = box.add(peer.url()), box.add(peer.url(path="/other"))
    for _ in range(2):
        box.submit()
    assert queued(box) == 4
    assert box.portal.delete(f"{SERVICES}/{twin}").status == 204
    assert queued(box) == 2
    peer.behave(status=404)
    box.change(service, user=USER)
    box.wait_settled(service)
    assert (queued(box), queued(box, "failed")) == (0, 2)
