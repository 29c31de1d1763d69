"""The daemon is killed at random points of many uploads: every sample that was acknowledged is there afterwards, byte for
byte, and there is no file that the database does not know. The same when it is killed while samples are deleted."""

import concurrent.futures
import hashlib
import http.client
import os
import random
import threading
import time

from daemon import wait_for
from submissions import begin, date_back, known, stored, unpacked, unsettled, with_users

UPLOADS = 200
ROUNDS = 8
CLIENTS = 6


def content_of(number):
    """Sizes from a few bytes to a megabyte; every fifth repeats the one before."""
    made = random.Random(number - 1 if number % 5 == 4 else number)
    return made.randbytes(made.choice((10, 4000, 70000, 300000, 1000000)))


class Uploads:
    """Takes the numbers one after the other; which of them were acknowledged, and as what."""

    def __init__(self, ada):
        self.ada = ada
        self.numbers = iter(range(UPLOADS))
        self.lock = threading.Lock()
        self.acknowledged = {}
        self.broken = 0
        self.up = threading.Event()

    def work(self):
        while True:
            with self.lock:
                number = next(self.numbers, None)
            if number is None:
                return
            self.up.wait(60)
            try:
                reply = self.ada.post("/api/v2/samples", form=[("sample", content_of(number), f"{number}.bin")])
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.broken += 1
                continue
            if reply.status == 200:
                with self.lock:
                    self.acknowledged[number] = reply.json["data"]


def test_what_was_acknowledged_survives_being_killed(daemon, authority):
    ada = begin(with_users(daemon, authority), authority)["ada"]
    uploads = Uploads(ada)
    chance = random.Random(os.environ.get("GATEHOUSE_SEED", "2026"))
    uploads.up.set()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(uploads.work) for _ in range(CLIENTS)]
        killed = 0
        while killed < ROUNDS and not all(one.done() for one in running):
            # Somewhere within the next uploads, whatever they are doing.
            goal = len(uploads.acknowledged) + chance.randint(3, UPLOADS // ROUNDS)
            end = time.monotonic() + 30
            while len(uploads.acknowledged) < goal and time.monotonic() < end and not all(one.done() for one in running):
                time.sleep(0.002)
            time.sleep(chance.random() * 0.03)
            uploads.up.clear()
            daemon.kill()
            killed += 1
            daemon.start()
            uploads.up.set()
        concurrent.futures.wait(running)
        for one in running:
            one.result()
    daemon.kill()
    killed += 1
    daemon.start()
    daemon.wait_event("samples.compared")
    assert not daemon.events("samples.unknown")
    wait_for(lambda: not unsettled(daemon), "what was coming in being settled")
    assert killed >= 4 and len(uploads.acknowledged) + uploads.broken == UPLOADS
    assert len(uploads.acknowledged) > UPLOADS // 2
    assert not daemon.events("sample.missing")
    files = stored(daemon)
    for number, data in uploads.acknowledged.items():
        content = content_of(number)
        assert data["sha256"] == hashlib.sha256(content).hexdigest()
        assert files[data["sha256"]].read_bytes() == content, number
        assert ada.data(f"/api/v2/samples/{data['id']}")["sha256"] == data["sha256"]
    for data in random.Random(1).sample(list(uploads.acknowledged.values()), 5):
        assert hashlib.sha256(unpacked(ada.get(f"/api/v2/samples/{data['id']}/sample.zip").bytes)).hexdigest() == data["sha256"]
    assert set(files) == known(daemon)


def test_what_leaves_is_gone_whenever_it_is_killed(daemon, authority):
    daemon.configuration["samples"] = {"free_bytes": 0}
    ada = begin(with_users(daemon, authority), authority)["ada"]
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        old = list(pool.map(lambda i: ada.submit(b"old %d" % i), range(2 * UPLOADS)))
    new = ada.submit(b"new")
    daemon.stop()
    assert not unsettled(daemon)
    date_back(daemon, old, days=3)
    daemon.configuration["samples"]["keep_days"] = 2
    interrupted = 0
    while len(left := stored(daemon)) > 1:
        daemon.start()
        # Within a batch whose rows are gone already.
        wait_for(lambda before=len(left): len(stored(daemon)) < before, "files being removed")
        daemon.kill()
        assert not daemon.events("samples.unknown")
        without_row = set(stored(daemon)) - known(daemon)
        assert without_row <= unsettled(daemon)
        interrupted += bool(without_row)
    assert interrupted
    daemon.start()
    daemon.wait_event("samples.compared", unknown="0", missing="0")
    wait_for(lambda: not unsettled(daemon), "what was going out being settled")
    assert set(stored(daemon)) == known(daemon) == {new["sha256"]}
