"""The daemon is killed at random while samples are submitted, judged and told: every malicious one is told at least once
afterwards, and none that is not. The verdicts come from an engine of the test's own, the samples through the door; 500 of
them and 8 kills, or with GATEHOUSE_FULL=1 in the environment 10,000 and 50, which takes minutes."""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import random
import sqlite3
import threading
import time

import clients
from api import multipart
from daemon import wait_for
from disposition_peer import Box, Engine, Peer, content_of
from neighbour import Neighbour

VERDICTS, KILLS, MISSES = (10_000, 50, 20) if os.environ.get("GATEHOUSE_FULL") else (500, 8, 6)
CLIENTS = 8
SCORES = (0, 50, 89, 90, 95, 100)


class Submitters:
    """Clients side by side, each on a connection of its own that it keeps; what was acknowledged, with its score."""

    def __init__(self, box):
        self.door = box.daemon.clean
        self.key = box.field.key
        self.left = VERDICTS
        self.lock = threading.Lock()
        self.acknowledged = {}
        self.broken = 0
        self.up = threading.Event()
        self.up.set()
        self.chance = random.Random(2026)

    def give_up(self):
        """Lets them end, where the test has failed."""
        with self.lock:
            self.left = 0
        self.up.set()

    def next_one(self):
        with self.lock:
            if self.left == 0:
                return None
            self.left -= 1
            return self.chance.choice(SCORES)

    def work(self):
        connection = None
        while (score := self.next_one()) is not None:
            self.up.wait()
            content = content_of(score)
            kind, form = multipart([("sample", content, "a.bin")])
            try:
                connection = connection or clients.Http.to(self.door)
                reply = connection.request(f"/api/v2/samples?api_key={self.key}", "POST",
                                           {"Content-Type": kind, "Content-Length": len(form)}, form)
            except OSError:
                with self.lock:
                    self.broken += 1
                    self.left += 1
                if connection:
                    connection.connection.close()
                connection = None
                continue
            assert reply.status == 200, reply
            with self.lock:
                self.acknowledged[hashlib.sha256(content).hexdigest()] = score
        if connection:
            connection.connection.close()


def of_the_database(daemon, query):
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state}/gatehouse.db?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def all_judged(daemon):
    return of_the_database(daemon, "SELECT COUNT(*) FROM samples WHERE state NOT IN ('succ', 'fail')") == [(0,)]


def test_every_malicious_sample_is_told_however_often_the_daemon_is_killed_and_no_other(daemon, authority):
    chance = random.Random(os.environ.get("GATEHOUSE_SEED", "2026"))
    with contextlib.closing(Neighbour()) as neighbour, Engine() as engine:
        neighbour.serve_names({"cloud.test": neighbour.address})
        peer = Peer(neighbour, authority.issue("cloud.test"))
        # Calls are under way whenever it is killed, and not all that it sends is taken.
        peer.behave(delay=0.005, miss_every=VERDICTS // 2 // MISSES)
        box = Box(daemon, authority, engine, {"dirty": {"dns": [neighbour.address]}})
        box.believe(authority.root)
        service = box.add(peer.url())
        work = Submitters(box)
        killed = 0
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool, contextlib.ExitStack() as failing:
            failing.callback(work.give_up)
            running = [pool.submit(work.work) for _ in range(CLIENTS)]
            while killed < KILLS:
                # Somewhere within what comes next, or with the last of it being judged and told.
                goal = len(work.acknowledged) + chance.randint(1, max(2, 2 * VERDICTS // KILLS - CLIENTS))
                wait_for(lambda goal=goal: len(work.acknowledged) >= goal or all(one.done() for one in running), "submissions")
                time.sleep(chance.random() * 0.05)
                work.up.clear()
                daemon.kill()
                killed += 1
                daemon.start()
                work.up.set()
            for one in running:
                one.result()
        wait_for(lambda: all_judged(daemon), "the last verdict", 600)
        shown = wait_for(lambda: (shown := box.service(service))["queue"]["waiting"] == 0 and shown, "the last call", 600)
        samples = of_the_database(
            daemon, "SELECT samples.id, sha256, score, message FROM samples JOIN contents ON contents.id = content_id")
        calls = [(json.loads(call["body"]), dict(call["fields"])["idempotency-key"], call["missed"]) for call in peer.calls]

    assert len(work.acknowledged) == VERDICTS and work.broken <= KILLS * CLIENTS
    assert shown["queue"]["failed"] == shown["queue"]["dropped"] == 0
    # That takes twenty times of being analysed when the daemon was killed (records/analysis_queue).
    given_up = [sha256 for _, sha256, _, message in samples if message.startswith("The appliance stopped while")]
    assert given_up == []
    by_content = {sha256: score for _, sha256, score, _ in samples}
    assert {sha256: by_content.get(sha256) for sha256 in work.acknowledged} == work.acknowledged, "judged as they are"
    malicious = {sample for sample, _, score, _ in samples if score >= 90}
    told = [body["sample"] for body, _, missed in calls if not missed]
    assert len(malicious) > VERDICTS // 4
    assert malicious - set(told) == set(), "each is told"
    assert {body["sample"] for body, _, _ in calls} == malicious, "and no other"
    assert {body["sha256"] for body, _, _ in calls} >= {one for one, score in work.acknowledged.items() if score >= 90}
    assert len({key for _, key, _ in calls}) == len(malicious), "what is told twice is told under its key"
    print(f"{len(samples)} samples, {killed} kills, {work.broken} submissions broken, "
          f"{len(malicious)} malicious, {len(calls)} calls, {len(told)} taken")
