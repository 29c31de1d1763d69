"""The units that judge samples by a program of the appliance maker's: a real systemd starts one for each."""

import json
import os

import pytest

import submissions
from api import Api
from daemon import move_over, wait_for

# Says what it sees: it must see little.
PROGRAM = """#!/usr/bin/python3
import json, os, socket, sys
def sockets():
    try:
        socket.socket(socket.AF_INET).close()
        return True
    except OSError:
        return False
interfaces = [line.split(":")[0].strip() for line in open("/proc/self/net/dev").readlines()[2:]]
facts = {"uid": os.getuid(), "interfaces": interfaces, "sockets": sockets(),
         "state": os.access("/var/lib/gatehouse", os.R_OK), "tmp": os.access("/tmp", os.W_OK),
         "sample": open(sys.argv[1], "rb").read().decode(), "under": os.path.dirname(sys.argv[1])}
score = 95 if "bad" in facts["sample"] else 0
print(json.dumps({"score": score, "facts": [{"name": "Seen", "value": json.dumps(facts)}]}))
"""


@pytest.fixture(scope="module")
def field(installed):
    """ada's key, an administrator's, on a machine where PROGRAM judges."""
    installed.write("/usr/local/bin/judge-sample", PROGRAM, 0o755)
    installed.write("/etc/gatehouse/gatehouse.json",
                    '{"analysis": {"socket": "/run/gatehouse-analysis.sock", "protocol": "gatehouse"}}')
    installed.run("systemctl", "enable", "--now", "gatehouse-analysis.socket")
    installed.run("systemctl", "reload", "gatehouse")
    move_over(installed.state / "otc.conf.json", json.dumps({
        "users": [{"username": "ada", "password": submissions.PASSWORD, "interface": "clean", "role": "admin"}],
        "apikeys": [{"name": "ada", "username": "ada", "apikey": submissions.KEYS["ada"]}]}))
    os.chown(installed.state / "otc.conf.json", 0, 0)
    installed.run("gatehousectl", "adopt")
    field = submissions.Field(installed.clean, submissions.KEYS["ada"])
    wait_for(lambda: field.get("/api/v3/session/whoami").status == 200, "the key's being known")
    return field


def test_a_program_judges_samples_without_network_and_without_the_state_folder(installed, field):
    samples = {word: field.submit(word.encode()) for word in ("a bad one", "a good one")}
    for word, sample in samples.items():
        assert field.wait_over(sample["id"]) == "succ", installed.journal("-u", "gatehouse-analysis@*")
        report = field.get(f"/api/v2/samples/{sample['id']}/analysis.json").json
        assert field.data(f"/api/v2/samples/{sample['id']}/threat")["score"] == (95 if "bad" in word else 0)
        seen = json.loads(next(text for text in strings_in(report) if text.startswith('{"uid"')))
        assert seen["sample"] == word
        assert seen["interfaces"] == ["lo"] and not seen["sockets"] and not seen["state"] and not seen["tmp"]
        assert seen["uid"] not in (0, int(installed.run("id", "-u", "gatehouse")))
        assert seen["under"].startswith("/run/gatehouse-analysis")
    wait_for(lambda: not installed.run("systemctl", "list-units", "--plain", "--no-legend", "gatehouse-analysis@*").strip(),
             "no unit's being left")


def test_a_disposition_that_waits_survives_a_crash(installed, field):
    def waiting():
        return portal.get("/api/v1/disposition-services").json["items"][0]["queue"]
    portal = Api(installed.clean)
    assert portal.sign_in("ada", submissions.PASSWORD).status == 200
    # Nobody can be there: the machine has a network of its own.
    added = portal.post("/api/v1/disposition-services", json_body={
        "url": "https://192.0.2.1/dispositions", "user": "gatehouse", "password": "a secret of the service's"})
    assert added.status == 201, added
    sample = field.submit(b"a bad one")
    assert field.wait_over(sample["id"]) == "succ"
    before = waiting()  # it waits from the moment its sample is judged
    assert before["waiting"] == 1 and before["oldest_waiting_at"], before
    former = installed.main_pid()
    installed.run("kill", "-KILL", str(former))
    wait_for(lambda: installed.main_pid() not in (0, former), "another main process")
    # The door answers before it knows its users.
    portal = wait_for(lambda: (new := Api(installed.clean)).sign_in("ada", submissions.PASSWORD).status == 200 and new,
                      "a sign-in")
    assert waiting() == before


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings_in(one)
