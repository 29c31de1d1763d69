"""The daemon is killed at random points of many uploads: every sample that was acknowledged is there afterwards, byte for
byte, and there is no file that the database does not know."""

import concurrent.futures
import contextlib
import hashlib
import http.client
import os
import random
import sqlite3
import threading
import time

from submissions import begin, stored, unpacked, with_users

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
    with contextlib.closing(sqlite3.connect(f"file:{daemon.state}/gatehouse.db?mode=ro", uri=True)) as database:
        known = {row[0] for row in database.execute("SELECT sha256 FROM contents")}
    assert set(files) == known
