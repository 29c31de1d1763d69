"""A state folder that an older version left. Its daemon, the last with four steps of records/migrations, was run and given
an operator, a token, a TLS policy, a user with an API key, and a sample; then it was stopped. Kept of that, as text, are the
database (former_box.sql) and the key that its API keys are sealed with. Not kept: last-good pairs and what else is in the
vault, whose form has not changed since."""

import sqlite3
from pathlib import Path

OPERATOR = "mira"
TOKEN = "gh_ZWw5-Vo5S7Do7osHPlW_gnp_JU6WhWVAP1IRSGA15G8"  # of hers, "of-before"
API_KEY = "adaskeyofthefirstone123456"
SAMPLE, SHA256 = b"as the former one took it in", "1b472a042c07e8f65955797bafcf468ff9e627214f77f5d2336113a3282ce81e"
SAMPLE_ID = "3627e0cd6e0ee37bb402d3a9a92e6e88"
STEPS = 4

_USERS_KEY = bytes.fromhex("38a83dc18c93000dccc707ecc7f2f8a574afe60bfb83a459157d203ce157cbbc")


def lay(machine, pair):
    """In place of the machine's STATE, whose daemon is stopped; `pair` is the clean door's."""
    machine.run("find", machine.STATE, "-mindepth", "1", "-delete")
    machine.write(f"{machine.STATE}/clean/cert.key", pair.key, 0o600)
    machine.write(f"{machine.STATE}/clean/cert.pem", pair.chain)
    machine.write(f"{machine.STATE}/vault/users.key", _USERS_KEY, 0o600)
    machine.write(f"{machine.STATE}/samples/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}", SAMPLE, 0o600)
    database = sqlite3.connect(machine.state / "gatehouse.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.executescript(Path(__file__).with_name("former_box.sql").read_text())
    database.close()
    assert steps(machine) == STEPS
    machine.run("chown", "-R", "gatehouse:gatehouse", machine.STATE)
    machine.run("chmod", "-R", "go=", machine.STATE)


def steps(machine):
    """How many of records/migrations the database has seen; the daemon is stopped."""
    database = sqlite3.connect(machine.state / "gatehouse.db")
    try:
        return database.execute("SELECT max(number) FROM migrations").fetchone()[0]
    finally:
        database.close()
