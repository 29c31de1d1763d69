"""Samples that are submitted by their address: fetched on the dirty network, from a real server at a public address."""

import threading

import pytest

from api import signed_in as signed_in_operator
from daemon import Daemon, wait_for
from neighbour import ConnectProxy, Neighbour
from submissions import begin, digests, refused, stored, with_users

CONTENT = b"what lies behind the address"
SERVER = """
import functools, http.server, ssl, sys
address, folder, chain, key = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
server = http.server.ThreadingHTTPServer((address, 443), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(chain, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("SERVES", flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def world():
    """A machine at an address that is nobody's private one, though nobody's at all."""
    made = Neighbour(net="128.66")
    yield made
    made.close()


@pytest.fixture(scope="module")
def box(request, authority, world):
    made = with_users(Daemon(), authority)
    request.node.daemons = [made]
    made.configuration["samples"] = {"url_fetch": "fetch", "free_bytes": 0}
    made.people = begin(made, authority)
    operator = signed_in_operator(made)
    names = {name: world.address for name in ("files.test", "elsewhere.test", "other.test")}
    world.serve_names({**names, "inside.test": "10.11.12.13", "self.test": "127.0.0.1", "box.test": world.own_address})
    assert operator.put("/api/v1/network", json_body={"dns": {"clean": [], "dirty": [world.address]}}).status == 200
    assert operator.post("/api/v1/authorities", json_body={"pem": authority.root}).status == 201
    pair = authority.issue("files.test")
    files = world.path("file.bin", CONTENT.decode())
    world.path("large.bin", "x" * 3_000_000)
    world.run("/usr/bin/python3", world.path("server.py", SERVER), world.address, files.parent,
              world.path("chain.pem", pair.leaf + pair.chain), world.path("key.pem", pair.key), ready="SERVES")
    yield made
    made.close()


def test_the_file_behind_an_address_is_a_sample_like_any_other(box):
    ada = box.people["ada"]
    data = ada.data("/api/v2/samples", method="POST", form=[("url", "https://files.test/file.bin"), ("tags", "fetched")])
    assert {name: data[name] for name in ("md5", "sha1", "sha256")} == digests(CONTENT)
    assert (data["filename"], data["tags"]) == ("file.bin", ["fetched"])
    assert ada.data(f"/api/v2/samples/{data['id']}")["url"] == "https://files.test/file.bin"
    assert stored(box)[data["sha256"]].read_bytes() == CONTENT
    by_query = ada.data("/api/v2/samples", {"url": "https://files.test/file.bin", "filename": "named.exe"}, method="POST")
    assert by_query["filename"] == "named.exe"


MAY_NOT = "That address may not be fetched."


@pytest.mark.parametrize("url, words, reason", [
    ("https://inside.test/file.bin", MAY_NOT, "is a private address"), ("https://self.test/file.bin", MAY_NOT, "loopback"),
    ("https://box.test/file.bin", MAY_NOT, "this machine"), ("https://10.0.0.1/", MAY_NOT, "private"),
    ("https://[::ffff:127.0.0.1]/", MAY_NOT, "loopback"), ("https://169.254.169.254/latest/meta-data", MAY_NOT, "link-local"),
    ("https://nobody.test/", "The name nobody.test could not be resolved.", "128.66."),
    ("https://other.test/file.bin", "No TLS connection to other.test could be trusted.", "files.test")],
    ids=lambda value: value.split("/")[2] if "//" in value else "")
def test_what_may_not_be_called_is_not_fetched_and_only_the_log_says_why(box, url, words, reason):
    before, logged = stored(box).keys(), len(box.log)
    assert refused(box.people["ada"].post("/api/v2/samples", form=[("url", url)]), 422) == words
    assert stored(box).keys() == before
    wait_for(lambda: any("sample.not_fetched" in line and reason in line for line in box.log[logged:]), "the line in the log")


def test_an_address_that_cannot_be_fetched_counts_as_a_submission_and_is_recorded(box):
    limit = box.people["admin"].send("PUT", "/api/v3/users/bob/rate-limit", json_body={"submission-rate-limit": [[2, 60]]})
    assert limit.status == 200
    form = [("url", "https://inside.test/file.bin")]
    assert [box.people["bob"].post("/api/v2/samples", form=form).status for _ in range(3)] == [422, 422, 429]
    records = [one for one in signed_in_operator(box).get("/api/v1/audit").json["items"] if one["action"] == "sample.refused"]
    assert ("bob", "url_failed") in [(one["actor"], one["code"]) for one in records]


def test_a_server_that_stalls_does_not_keep_the_appliance_from_stopping(box, world):
    silent = world.run("python3", "-uc", "import socket\n"
                       f"listening = socket.create_server(('{world.address}', 8443))\nprint('LISTENS')\n"
                       "kept = [listening.accept()]\nprint('ACCEPTED')\nlistening.accept()", ready="LISTENS")
    replies = []
    form = [("url", "https://files.test:8443/file.bin")]
    waiting = threading.Thread(target=lambda: replies.append(box.people["ada"].post("/api/v2/samples", form=form)))
    waiting.start()
    wait_for(lambda: "ACCEPTED" in silent.read_text(), "the connection")
    box.restart()
    waiting.join()
    assert "Submit it again" in refused(replies[0], 503), "not given up by its own deadline"
    assert box.people["ada"].data("/api/v2/samples", method="POST", form=[("url", "https://files.test/file.bin")])


def test_a_file_that_is_larger_than_a_sample_may_be_is_refused(box):
    box.configuration["samples"]["body_bytes"] = 2_000_000
    box.hang_up()
    before = stored(box).keys()
    assert "larger" in refused(box.people["ada"].post("/api/v2/samples", {"url": "https://files.test/large.bin"}), 413)
    assert stored(box).keys() == before


def test_where_only_a_proxy_leads_out_the_file_comes_through_it_and_what_may_not_be_called_is_not_asked_for(box, world):
    proxy = ConnectProxy(world)
    ada = box.people["ada"]
    box.configuration["networks"] = {"dirty": {"proxy": f"http://{world.address}:3128"}}
    box.hang_up()
    try:
        data = ada.data("/api/v2/samples", method="POST", form=[("url", "https://files.test/file.bin")])
        assert data["sha256"] == digests(CONTENT)["sha256"]
        assert proxy.asked == [f"CONNECT {world.address}:443 HTTP/1.1"]
        for host in ("inside.test", "self.test", "box.test", "10.0.0.1"):
            assert refused(ada.post("/api/v2/samples", form=[("url", f"https://{host}/")]), 422) == MAY_NOT
        assert len(proxy.asked) == 1
    finally:
        del box.configuration["networks"]
        box.hang_up()
