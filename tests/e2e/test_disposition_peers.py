"""Where calls to disposition update services arrive, whom they believe, what stops them, and what is said of it: in the
service's state and step by step by Test Connection. All peers are real, on machines of the test's own."""

import itertools
import sys
from pathlib import Path

import pytest

import certificates
from daemon import wait_for
from disposition_peer import PASSWORD, USER, Box, Engine, Peer
from neighbour import ConnectProxy, Neighbour, ip

PORTS = itertools.count(4430)
FORBIDDEN = {
    "loop.test": ("127.0.0.1", "127.0.0.1 is a loopback address."),
    "loop6.test": ("::1", "::1 is a loopback address."),
    "link.test": ("169.254.169.254", "169.254.169.254 is a link-local address."),
    "link6.test": ("fe80::1", "fe80::1 is a link-local address."),
    "none.test": ("0.0.0.0", "0.0.0.0 is unspecified."),
    "mapped.test": ("::ffff:127.0.0.1", "127.0.0.1 is a loopback address."),
    "nat64.test": ("64:ff9b::7f00:1", "64:ff9b::7f00:1 stands for 127.0.0.1, which is a loopback address."),
    "6to4.test": ("2002:7f00:1::", "2002:7f00:1:: stands for 127.0.0.1, which is a loopback address."),
    "own.test": (None, "{own} belongs to this machine."),
}


@pytest.fixture(scope="module")
def engine():
    with Engine() as made:
        yield made


@pytest.fixture(scope="module")
def neighbour():
    """Knows cloud.test, which is itself, and the names of FORBIDDEN."""
    made = Neighbour()
    names = {name: address or made.own_address for name, (address, _) in FORBIDDEN.items()}
    made.serve_names({"cloud.test": made.address, "amp.test": made.address, **names},
                     f"--host-record=both.test,{made.address},2001:db8::1", f"--host-record=partly.test,{made.address},::1")
    yield made
    made.close()


@pytest.fixture
def other():
    made = Neighbour()
    yield made
    made.close()


@pytest.fixture
def peer(neighbour, authority):
    return Peer(neighbour, authority.issue("cloud.test"), next(PORTS))


@pytest.fixture
def box(daemon, authority, engine, neighbour):
    """It believes nobody yet."""
    return Box(daemon, authority, engine, {"dirty": {"dns": [neighbour.address]}})


@pytest.fixture(scope="module")
def quiet_box(shared_daemon, authority, engine, neighbour):
    """For tests of connections, which change nothing. It believes the authority."""
    shared_daemon.stop()
    made = Box(shared_daemon, authority, engine, {"dirty": {"dns": [neighbour.address]}})
    made.believe(authority.root)
    return made


@pytest.fixture
def tested(quiet_box):
    """A function that adds a service, tests the connection to it, and removes it: the steps."""
    def test(url, **members):
        service = quiet_box.add(url, **members)
        try:
            return quiet_box.test(service)
        finally:
            assert quiet_box.portal.delete(f"/api/v1/disposition-services/{service}").status == 204
    return test


def came_to(steps, name):
    """The message and page of the step at which it ended; those before went well, those behind were not reached."""
    names = list(steps)
    at = names.index(name)
    assert all(steps[one]["ok"] is True for one in names[:at]), steps
    assert steps[name]["ok"] is False, steps
    assert [(steps[one]["ok"], steps[one]["message"]) for one in names[at + 1:]] == [(None, "")] * (len(names) - at - 1)
    return steps[name]["message"], steps[name]["page"]


# ---- two networks


def test_each_service_is_called_on_its_own_network_where_the_same_name_means_another_machine(daemon, authority, engine,
                                                                                            neighbour, other, peer):
    asked = other.serve_names({"cloud.test": other.address})
    box = Box(daemon, authority, engine, {"dirty": {"dns": [neighbour.address]}, "clean": {"dns": [other.address]}})
    box.believe(authority.root)
    elsewhere = Peer(other, authority.issue("cloud.test"), peer.port)
    service = box.add(peer.url())
    assert box.service(service)["network"] == "dirty"
    first = box.submit()
    peer.wait_told(first)
    box.wait_settled(service)
    assert not elsewhere.log("connection") and "cloud.test" not in asked.read_text()
    box.change(service, network="clean")
    assert other.address in box.test(service)["resolve"]["message"]
    second = box.submit()
    elsewhere.wait_told(second)
    box.wait_settled(service)
    assert (peer.told, elsewhere.told) == ([first["sha256"]], [second["sha256"]])
    assert elsewhere.calls[0]["from"] == other.own_address and peer.calls[0]["from"] == neighbour.own_address


def test_what_waits_behind_a_pulled_cable_is_told_once_each_when_it_is_plugged_in_and_holds_up_nobody(
        daemon, authority, engine, neighbour, other, peer):
    other.serve_names({"cloud.test": other.address})
    box = Box(daemon, authority, engine, {"dirty": {"dns": [neighbour.address]},
                                          "clean": {"dns": [other.address], "source": other.device}})
    box.believe(authority.root)
    behind = Peer(other, authority.issue("cloud.test"), peer.port)
    pulled, near = box.add(behind.url(), network="clean"), box.add(peer.url(path="/near"))
    first = box.submit()
    behind.wait_told(first)
    box.wait_settled(pulled)
    ip("link", "set", other.device, "down")
    samples = [box.submit() for _ in range(4)]
    peer.wait_told(*samples)
    assert box.wait_settled(near)["state"] == "idle"
    shown = box.wait_service(pulled, "away")
    assert shown["queue"]["waiting"] == 4 and shown["message"]
    ip("link", "set", other.device, "up")
    behind.wait_told(*samples)
    box.wait_service(pulled, "idle")
    assert sorted(behind.told) == sorted(one["sha256"] for one in [first, *samples])


# ---- who is believed


def test_a_private_authority_is_believed_from_its_import_to_its_removal_without_a_restart(box, authority, peer):
    service = box.add(peer.url())
    first = box.submit()
    shown = box.wait_service(service, "away", lambda shown: shown["last_failure"])  # recorded a moment later
    for words in (shown["message"], shown["last_failure"]["message"]):
        for part in ("cloud.test", "the certificate CN=Test intermediate", "was issued by CN=Test root",
                     "not among the authorities that are believed here", "page CA Certificates of the admin portal"):
            assert part in words, words
    assert came_to(box.test(service), "trust") == (shown["message"], "authorities")
    assert not peer.calls and shown["queue"] == {**shown["queue"], "waiting": 1, "failed": 0}

    box.believe(authority.root)
    peer.wait_told(first)
    shown = box.wait_service(service, "idle")
    assert (shown["message"], shown["queue"]["waiting"]) == ("", 0)
    assert all(step["ok"] for step in box.test(service).values())

    root = certificates.fingerprint(authority.root)
    assert box.admin.delete(f"/api/v1/authorities/{root}").status == 204
    second = box.submit()
    assert "not among the authorities" in box.wait_service(service, "away")["message"]
    assert peer.told == [first["sha256"]]
    box.believe(authority.root)
    peer.wait_told(second)


def self_signed(name):
    """As appliances make them: not for an authority, the name where it belongs."""
    key = certificates.new_key()
    leaf = certificates.openssl("req", "-x509", "-key", "/dev/stdin", "-days", 30, "-subj", f"/CN={name}", "-addext",
                                f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE", stdin=key)
    return certificates.Pair(key, leaf, leaf)


@pytest.mark.parametrize("made", [self_signed, certificates.self_signed_as_taught], ids=["leaf", "as-taught"])
def test_an_appliances_own_self_signed_certificate_works_as_the_only_anchor(box, neighbour, made):
    pair = made("cloud.test")
    peer = Peer(neighbour, pair, next(PORTS))
    service = box.add(peer.url())
    sample = box.submit()
    shown = box.wait_service(service, "away")
    assert "is signed by itself and was not imported here" in shown["message"]
    assert pair.fingerprint in shown["message"] and "page CA Certificates" in shown["message"]
    box.believe(pair.leaf)
    peer.wait_told(sample)
    box.wait_service(service, "idle")
    peer.present(made("cloud.test"))  # another one of the same name
    box.change(service, user=USER)
    assert came_to(box.test(service), "trust")[1] == "authorities"


UNTRUSTED = {
    "wrong name": (lambda authority: authority.issue("other.test"), "service",
                   ["the certificate CN=other.test is for other.test, not for cloud.test", "Check the URL"]),
    "expired": (lambda authority: authority.expired("cloud.test"), None,
                ["the certificate CN=cloud.test expired on ", "2021", "It has to be renewed on that server"]),
    "expired above": (lambda authority: authority.below_expired("cloud.test"), "authorities",
                      ["the certificate CN=Former intermediate", "expired on ", "2021"]),
    "not yet valid": (lambda authority: authority.not_yet_valid("cloud.test"), None,
                      ["the certificate CN=cloud.test is valid only from ", "2090", "Check both clocks."]),
    "no server": (lambda authority: authority.issue("cloud.test", usage="clientAuth"), None, ["issued anew for a server"]),
    "weak": (lambda authority: authority.issue("cloud.test", kind="rsa-1024"), None, ["is too weak"]),
}


@pytest.mark.parametrize("case", UNTRUSTED)
def test_a_service_whose_certificate_will_not_do_is_told_nothing_until_it_shows_a_better_one(
        quiet_box, authority, neighbour, case):
    make, page, words = UNTRUSTED[case]
    box = quiet_box
    peer = Peer(neighbour, make(authority), next(PORTS))
    service = box.add(peer.url())
    sample = box.submit()
    shown = box.wait_service(service, "away")
    for part in ["cloud.test is not trusted: ", *words]:
        assert part in shown["message"], shown
    message, at = came_to(box.test(service), "trust")
    # The clock that a message may name goes on.
    assert (message.split(";")[0], at) == (shown["message"].split(";")[0], page)
    assert not peer.log("request")
    peer.present(authority.issue("cloud.test"))
    box.change(service, user=USER)
    peer.wait_told(sample)
    box.wait_service(service, "idle")
    assert box.portal.delete(f"/api/v1/disposition-services/{service}").status == 204


# ---- Test Connection, step by step


def test_a_test_of_the_connection_tells_each_step_and_tells_the_service_nothing(quiet_box, tested, neighbour, peer):
    steps = tested(peer.url(path="/a?b=c"))
    assert steps["resolve"]["message"] == f"cloud.test is {neighbour.address}."
    assert steps["connect"]["message"] == f"{neighbour.address}:{peer.port} takes the connection."
    assert steps["tls"]["message"].startswith("TLSv1.3, ")
    assert steps["trust"]["message"] == "The certificate CN=cloud.test is trusted, and is for cloud.test."
    assert steps["status"]["message"] == "OPTIONS was answered with status 200."
    assert all(step["ok"] and step["page"] is None for step in steps.values())
    (request,) = peer.log("request")
    assert (request["method"], request["target"], request["body"]) == ("OPTIONS", "/a?b=c", "")
    assert dict(request["fields"])["authorization"].startswith("Basic ")
    service = quiet_box.add(peer.url())
    chain = quiet_box.portal.post(f"/api/v1/disposition-services/{service}/test").json["chain"]
    assert [one["subject"].partition(",")[0] for one in chain] == ["CN=cloud.test", "CN=Test intermediate"]


@pytest.mark.parametrize(("status", "words"), [(401, "It does not take the user name and password."),
                                               (403, "It does not take the user name and password."),
                                               (404, "The URL may be mistyped."), (302, "Redirects are not followed"),
                                               (503, "status 503"), (500, "status 500")])
def test_an_answer_that_is_none_of_success_is_told_with_what_mends_it(tested, peer, status, words):
    peer.behave(status=status, fields={"Location": peer.url()} if status == 302 else {})
    message, page = came_to(tested(peer.url()), "status")
    assert f"status {status}" in message and words in message
    assert page == (None if status >= 500 else "service"), "what is only broken or busy is mended over there"


def test_a_service_that_takes_no_options_is_there(tested, peer):
    for status in (405, 501):
        peer.behave(status=status)
        assert tested(peer.url())["status"]["ok"] is True


def test_wrong_credentials_are_found_by_a_test(tested, peer):
    assert "user name and password" in came_to(tested(peer.url(), password="wrong"), "status")[0]
    assert tested(peer.url())["status"]["ok"]


def test_names_that_mean_nothing_are_told_at_the_first_step(tested, neighbour):
    message, page = came_to(tested("https://nobody.test/"), "resolve")
    assert "nobody.test" in message and neighbour.address in message and page == "service"


def test_name_servers_that_are_not_there_are_told_with_their_page(daemon, authority, engine, neighbour):
    box = Box(daemon, authority, engine, {"dirty": {"dns": [f"{neighbour.address}:54"]}})
    service = box.add("https://cloud.test/")
    message, page = came_to(box.test(service), "resolve")
    assert f"{neighbour.address}:54" in message and page == "network"


def test_a_port_that_nobody_listens_on_is_told_at_the_second_step(tested, neighbour):
    message, _ = came_to(tested("https://cloud.test:4429/"), "connect")
    assert f"{neighbour.address}:4429 could not be connected to" in message and "refused" in message


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_name_that_means_the_box_itself_or_its_link_is_never_called(tested, neighbour, name):
    message, page = came_to(tested(f"https://{name}/"), "connect")
    assert FORBIDDEN[name][1].format(own=neighbour.own_address) in message, message
    assert "The box calls other machines only" in message and page == "service"


@pytest.mark.parametrize(("name", "listed"), [("both.test", "2001:db8::1"), ("partly.test", "::1")])
def test_of_several_addresses_one_that_may_be_called_and_answers_is_enough(tested, neighbour, authority, name, listed):
    peer = Peer(neighbour, authority.issue(name), next(PORTS))
    steps = tested(peer.url(name))
    assert listed in steps["resolve"]["message"] and neighbour.address in steps["resolve"]["message"]
    assert steps["connect"]["message"].startswith(f"{neighbour.address}:{peer.port} takes")
    assert all(step["ok"] for step in steps.values())


@pytest.mark.parametrize(("url", "words"), [
    ("https://127.0.0.1/", "127.0.0.1 is a loopback address."), ("https://[::1]/", "::1 is a loopback address."),
    ("https://[::ffff:127.0.0.1]/", "127.0.0.1"), ("https://[64:ff9b::7f00:1]/", "127.0.0.1"),
    ("https://localhost/", "is a loopback address.")])
def test_so_is_an_address_that_is_written_into_the_url(tested, url, words):
    message, page = came_to(tested(url), "connect")
    assert words in message and page == "service"


@pytest.mark.parametrize("url", ["https://0x7f.1/", "https://2130706433/", "https://127.1/", "https://017700000001/"])
def test_an_address_in_another_notation_is_no_name_of_a_service(quiet_box, url):
    wish = {"url": url, "user": USER, "password": PASSWORD}
    reply = quiet_box.portal.post("/api/v1/disposition-services", json_body=wish)
    assert (reply.status, reply.code) == (422, "url_invalid")


def test_what_a_forbidden_service_was_to_be_told_waits_and_is_shown(box):
    service = box.add("https://own.test/")
    box.submit()
    assert "belongs to this machine" in box.wait_service(service, "away")["message"]


def test_a_test_that_goes_well_has_what_waits_tried_at_once(quiet_box, peer):
    box = quiet_box
    peer.behave(status=503, fields={"Retry-After": "3600"})
    service = box.add(peer.url())
    sample = box.submit()
    box.wait_service(service, "away")
    assert not box.test(service)["status"]["ok"]
    peer.behave()
    assert peer.told == [sample["sha256"]]
    assert box.test(service)["status"]["ok"]
    wait_for(lambda: peer.told == [sample["sha256"]] * 2, "its being told")
    box.wait_service(service, "idle")
    assert box.portal.delete(f"/api/v1/disposition-services/{service}").status == 204


# ---- TLS that comes to nothing


def test_a_server_that_leaves_in_the_handshake_is_told_at_the_third_step(tested, peer):
    peer.behave(close="handshake")
    message, _ = came_to(tested(peer.url()), "tls")
    assert "closed the connection" in message and f"cloud.test ({peer.neighbour.address}:{peer.port})" in message


def test_a_server_that_speaks_no_tls_is_told_at_the_third_step(tested, neighbour):
    port = next(PORTS)
    neighbour.run(sys.executable, "-u", "-m", "http.server", port, "--bind", neighbour.address, ready="Serving")
    message, _ = came_to(tested(f"https://cloud.test:{port}/"), "tls")
    assert "does not speak TLS" in message


def test_a_server_that_knows_old_tls_alone_is_told_at_the_third_step(tested, neighbour, authority):
    port = next(PORTS)
    neighbour.serve_tls(authority.issue("cloud.test"), port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    message, _ = came_to(tested(f"https://cloud.test:{port}/"), "tls")
    assert "TLS 1.2" in message and ("alert" in message or "speaks neither" in message)


@pytest.mark.parametrize(("version", "words"), [("-tls1_2", "It may demand a certificate of its clients"),
                                                ("-tls1_3", "It demands a certificate of its clients")])
def test_a_server_that_asks_for_a_certificate_of_ours_is_told(tested, neighbour, authority, version, words):
    port = next(PORTS)
    neighbour.serve_tls(authority.issue("cloud.test"), port, "-Verify", "1", "-verify_return_error", version)
    message, _ = came_to(tested(f"https://cloud.test:{port}/"), "status")
    assert "refused the connection by the TLS alert" in message and words in message, message


def test_a_server_that_stalls_is_given_up_holds_up_no_other_and_is_told_later(box, authority, neighbour, peer):
    box.believe(authority.root)
    mute = Peer(neighbour, authority.issue("amp.test"), next(PORTS))
    mute.behave(stall="handshake")
    service, sound = box.add(mute.url("amp.test")), box.add(peer.url())
    samples = [box.submit() for _ in range(3)]
    mute.wait_log("stalled")
    peer.wait_told(*samples)
    box.wait_settled(sound)
    shown = box.wait_service(service, "away")
    assert "did not end the TLS handshake in time" in shown["message"]
    mute.behave()
    mute.wait_told(*samples)
    box.wait_service(service, "idle")
    assert sorted(mute.told) == sorted(peer.told)


# ---- through a proxy


def test_through_a_proxy_the_address_that_was_checked_is_named_and_tls_is_with_the_service(
        daemon, authority, engine, other):
    proxy = ConnectProxy(other)
    peer = Peer(other, authority.issue("cloud.test"), next(PORTS))
    other.serve_names({"cloud.test": other.address, "loop.test": "127.0.0.1"})
    box = Box(daemon, authority, engine, {
        "dirty": {"dns": [other.address], "proxy": f"http://{other.address}:3128"}})
    box.believe(authority.root)
    service = box.add(peer.url())
    sample = box.submit()
    peer.wait_told(sample)
    box.wait_service(service, "idle")
    named = f"CONNECT {other.address}:{peer.port} HTTP/1.1"
    assert set(proxy.asked) == {named}
    assert peer.log("connection")[0]["name"] == "cloud.test"
    steps = box.test(service)
    assert f"through the proxy {other.address}:3128" in steps["connect"]["message"] and steps["trust"]["ok"]
    assert "is a loopback address" in came_to(box.test(box.add("https://loop.test/")), "connect")[0]
    assert set(proxy.asked) == {named}, "the proxy is not asked for what is forbidden"

    for status, words in (("403 Not you", "403 Not you"), ("407 Who are you", "It wants a user and a password"),
                          ("502 Bad Gateway", "502")):
        proxy.answer(status)
        message, _ = came_to(box.test(service), "connect")
        assert "The proxy" in message and words in message, message
    box.change(service, user=USER)
    late = box.submit()
    # A kept connection may still lead there; whoever needs a new one is refused.
    wait_for(lambda: late["sha256"] in peer.told or box.service(service)["state"] == "away", "either")
    proxy.answer("")
    box.change(service, user=USER)
    peer.wait_told(late)

    daemon.configuration["networks"]["dirty"]["proxy"] = f"http://{other.address}:3129"
    daemon.hang_up()
    message, _ = came_to(box.test(service), "connect")
    assert "The proxy" in message and "3129" in message and "refused" in message
    daemon.configuration["networks"]["dirty"]["proxy"] = ""
    daemon.hang_up()
    count = len(proxy.asked)
    assert "proxy" not in box.test(service)["connect"]["message"]
    direct = box.submit()
    peer.wait_told(direct)
    assert len(proxy.asked) == count


def test_retrieve_goes_through_the_proxy_too_by_the_address_that_was_checked(daemon, authority, engine, other):
    proxy = ConnectProxy(other)
    pair = authority.issue("cloud.test")
    peer = Peer(other, pair, next(PORTS))
    other.serve_names({"cloud.test": other.address, "loop.test": "127.0.0.1"})
    box = Box(daemon, authority, engine, {
        "dirty": {"dns": [other.address], "proxy": f"http://{other.address}:3128"}, "clean": {"dns": [other.address]}})

    def retrieve(host="cloud.test", **members):
        return box.admin.post("/api/v1/authorities/retrieve", json_body={"host": host, "port": peer.port, **members})

    seen = retrieve()
    assert seen.status == 200, seen.text
    assert seen.json["address"] == other.address
    assert seen.json["chain"][0]["fingerprint_sha256"] == pair.fingerprint
    named = [f"CONNECT {other.address}:{peer.port} HTTP/1.1"]
    assert proxy.asked == named
    assert wait_for(lambda: peer.log("connection"), "the peer's note")[0]["name"] == "cloud.test"
    forbidden = retrieve("loop.test")
    assert (forbidden.status, forbidden.code) == (422, "address_forbidden")
    assert proxy.asked == named, "the proxy is not asked for what is forbidden"
    proxy.answer("407 Who are you")
    refused = retrieve()
    assert (refused.status, refused.code) == (422, "proxy_refused")
    assert "It wants a user and a password" in refused.json["detail"]
    assert retrieve(network="clean").status == 200, "another network, and no proxy of its own"
