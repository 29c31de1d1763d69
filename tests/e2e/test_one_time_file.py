"""The one-time file brings passphrases; the vault keeps them, or nobody does."""

import contextlib
import dataclasses
import json
import os
import shutil
import sqlite3
import stat

import pytest

import certificates
from api import Api, initial_password
from daemon import BINARY, move_over, overwrite, wait_for

PASSPHRASE = "Zaunkönig-7731-zaunpfahl"
OTHER = "Murmeltier-4420-gipfelkreuz"


@pytest.fixture
def locked(daemon, authority):
    """A running daemon whose clean door has an encrypted key that nobody opened yet."""
    pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(pair)
    daemon.admin.place(authority.issue(daemon.admin.hostname))
    daemon.pair = pair
    daemon.start()
    assert daemon.wait_event("credential.refused", interface="clean")["code"] == "key_locked"
    assert daemon.clean.served() != pair.fingerprint
    daemon.mark()
    return daemon


def expect_opened(daemon):
    daemon.clean.wait_served(daemon.pair.fingerprint)
    daemon.wait_event("otc.consumed")
    daemon.wait_one_time_file_gone()


def expect_left(daemon, *words):
    """The file is refused with a code, stays as it is, and nothing of it is applied."""
    before = os.lstat(daemon.one_time_file)
    event = daemon.wait_event("otc.refused")
    assert event["code"]
    for word in words:
        assert word in event["message"], event
    daemon.wait_status("otc_unreadable")  # the finding, whatever made the file unusable
    assert os.lstat(daemon.one_time_file).st_ino == before.st_ino
    assert daemon.clean.served() != daemon.pair.fingerprint
    return event


def test_a_file_that_appears_opens_the_key_and_is_deleted(locked):
    locked.wait_status("key_locked", "self_signed")
    locked.give_passphrase(PASSPHRASE)
    expect_opened(locked)
    locked.wait_status("operator", without=["key_locked"])
    assert not [p for p in locked.state.iterdir() if p.name.startswith("otc")]


def test_a_file_that_is_there_at_start_opens_the_key_and_is_deleted(daemon, authority):
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    daemon.give_passphrase(PASSPHRASE)
    daemon.start()
    assert daemon.clean.served() == daemon.pair.fingerprint
    expect_opened(daemon)


def test_a_file_is_read_on_reload(locked):
    locked.give_passphrase(PASSPHRASE)
    locked.hang_up()
    assert locked.clean.served() == locked.pair.fingerprint
    locked.wait_one_time_file_gone()


def test_each_door_may_have_a_passphrase_of_its_own(daemon, authority):
    pairs = {"clean": authority.issue().locked(PASSPHRASE), "admin": authority.issue("ops.example.test").locked(OTHER)}
    for name, door in daemon.doors.items():
        door.place(pairs[name])
    daemon.give_passphrase({"clean": PASSPHRASE, "admin": OTHER})
    daemon.start()
    for name, door in daemon.doors.items():
        assert door.served() == pairs[name].fingerprint
    daemon.wait_one_time_file_gone()


def test_one_passphrase_may_serve_both_doors(daemon, authority):
    pairs = {name: authority.issue(door.hostname).locked(PASSPHRASE) for name, door in daemon.doors.items()}
    for name, door in daemon.doors.items():
        door.place(pairs[name])
    daemon.give_passphrase(PASSPHRASE)
    daemon.start()
    for name, door in daemon.doors.items():
        assert door.served() == pairs[name].fingerprint
    daemon.wait_one_time_file_gone()


def test_a_trailing_newline_in_a_passphrase_is_tried_without(locked):
    locked.give_passphrase(PASSPHRASE + "\n")
    expect_opened(locked)


def test_a_file_with_crlf_is_read(locked):
    move_over(locked.one_time_file, json.dumps({"keypass": PASSPHRASE}, indent=1).replace("\n", "\r\n"))
    expect_opened(locked)


def test_a_wrong_passphrase_leaves_the_file_until_it_is_mended(locked):
    locked.give_passphrase(OTHER)
    expect_left(locked)
    locked.wait_status("self_signed")
    locked.mark()
    locked.give_passphrase(PASSPHRASE)
    expect_opened(locked)


def test_a_wrong_passphrase_is_still_refused_after_a_restart(locked):
    locked.give_passphrase(OTHER)
    expect_left(locked)
    locked.restart()
    expect_left(locked)


def test_a_wrong_passphrase_leaves_the_last_good_pair_in_service(daemon, authority):
    good = authority.issue()
    daemon.clean.place(good)
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.start()
    daemon.mark()
    daemon.clean.place(daemon.pair)
    daemon.wait_event("credential.refused", interface="clean", code="key_locked")
    daemon.give_passphrase(OTHER)
    expect_left(daemon)
    assert daemon.clean.served() == good.fingerprint
    daemon.restart()
    assert daemon.clean.served() == good.fingerprint
    assert "last_good" in daemon.status()


def test_all_is_applied_or_nothing(daemon, authority):
    pairs = {"clean": authority.issue().locked(PASSPHRASE), "admin": authority.issue("ops.example.test").locked(OTHER)}
    for name, door in daemon.doors.items():
        door.place(pairs[name])
    daemon.give_passphrase({"clean": PASSPHRASE, "admin": "wrong"})
    daemon.start()
    daemon.wait_event("otc.refused")
    assert daemon.one_time_file.exists()
    for name, door in daemon.doors.items():
        assert door.served() != pairs[name].fingerprint
    daemon.give_passphrase({"clean": PASSPHRASE, "admin": OTHER})
    for name, door in daemon.doors.items():
        door.wait_served(pairs[name].fingerprint)
    daemon.wait_one_time_file_gone()


WRONG_TEXTS = {
    "no JSON": ("{keypass: x}", []),
    "nothing": ("", []),
    "JSON of another shape": ('["%s"]' % PASSPHRASE, []),
    "cut short": ('{"keypass": "%s"' % PASSPHRASE, []),
    "an unknown member": ('{"keypass": "%s", "keypas": "x"}' % PASSPHRASE, ["keypas"]),
    "an unknown door": ('{"keypass": {"clean": "%s", "dirty": "x"}}' % PASSPHRASE, ["dirty"]),
    "a number for a passphrase": ('{"keypass": 5}', ["keypass"]),
    "a user without a password": ('{"keypass": "%s", "users": [{"username": "a"}]}' % PASSPHRASE, ["users[0]"]),
    "a user whose password is too short": (
        '{"keypass": "%s", "users": [{"username": "a", "password": "short"}]}' % PASSPHRASE, ["users[0]"]),
    "a user of the clean door whose password is too short": (
        '{"keypass": "%s", "users": [{"username": "a", "password": "short", "interface": "clean"}]}' % PASSPHRASE,
        ["users[0]"]),
    "a role that the clean door does not know": (
        '{"users": [{"username": "a", "password": "long enough", "interface": "clean", "role": "operate"}]}',
        ["users[0]", "org-admin"]),
    "API keys without users": ('{"keypass": "%s", "apikeys": ["a"]}' % PASSPHRASE, ["apikeys[0]"]),
    "an API key for nobody": (
        '{"apikeys": [{"username": "nobody", "apikey": "0123456789abcdefABCDEF"}]}', ["apikeys[0]", "nobody"]),
    "an API key that is too short": (
        '{"users": [{"username": "a", "password": "long enough", "interface": "clean"}],'
        ' "apikeys": [{"username": "a", "apikey": "short"}]}', ["apikeys[0]", "20 to 64"]),
    "over 64 KiB": ('{"keypass": "%s"}%s' % (PASSPHRASE, " " * 70000), []),
}


@pytest.mark.parametrize("wrong", WRONG_TEXTS)
def test_a_file_with_a_mistake_is_refused_whole_left_in_place_and_taken_once_mended(locked, wrong):
    text, words = WRONG_TEXTS[wrong]
    move_over(locked.one_time_file, text)
    expect_left(locked, *words)
    assert locked.one_time_file.read_text() == text
    locked.mark()
    overwrite(locked.one_time_file, json.dumps({"keypass": PASSPHRASE}))
    expect_opened(locked)


def make_link(path, text):
    (path.parent / "elsewhere.json").write_text(text)
    (path.parent / "elsewhere.json").chmod(0o600)
    path.symlink_to("elsewhere.json")


def make_second_name(path, text):
    make_file(path.parent / "elsewhere.json", text, 0o600)
    os.link(path.parent / "elsewhere.json", path)


def make_file(path, text, mode, owner=0):
    beside = path.with_name("being-made")
    overwrite(beside, text, mode)
    os.chown(beside, owner, owner)
    os.rename(beside, path)


UNTRUSTED = {
    "a symbolic link": make_link,
    "one of two names of a file": make_second_name,
    "writable by the group": lambda path, text: make_file(path, text, 0o660),
    "writable by all": lambda path, text: make_file(path, text, 0o606),
    "of a foreign owner": lambda path, text: make_file(path, text, 0o600, 12345),
    "a folder": lambda path, text: path.mkdir(),
    "a pipe": lambda path, text: os.mkfifo(path, 0o600),
}


@pytest.mark.parametrize("untrusted", UNTRUSTED)
def test_a_file_that_someone_else_could_have_written_is_refused_and_left_in_place(locked, untrusted):
    UNTRUSTED[untrusted](locked.one_time_file, json.dumps({"keypass": PASSPHRASE}))
    event = expect_left(locked)
    assert event["code"] == "otc_unreadable"
    assert str(locked.one_time_file) in event["message"]
    locked.restart()
    expect_left(locked)


def test_a_file_that_is_writable_by_others_is_taken_once_its_mode_is_mended(locked):
    make_file(locked.one_time_file, json.dumps({"keypass": PASSPHRASE}), 0o660)
    assert "chmod" in expect_left(locked)["message"]
    locked.mark()
    locked.one_time_file.chmod(0o600)
    expect_opened(locked)


def test_a_passphrase_that_no_key_needs_is_deleted_with_a_note(daemon, authority):
    pair = authority.issue()
    daemon.clean.place(pair)
    daemon.start()
    daemon.mark()
    daemon.give_passphrase(PASSPHRASE)
    daemon.wait_one_time_file_gone()
    daemon.wait_event("otc.consumed")
    assert daemon.clean.served() == pair.fingerprint
    assert not daemon.events("otc.refused")


def test_the_file_may_lie_elsewhere(daemon, authority):
    daemon.one_time_file = daemon.folder / "drop/once.json"
    daemon.one_time_file.parent.mkdir()
    daemon.configuration["one_time_file"] = str(daemon.one_time_file)
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    daemon.start()
    daemon.give_passphrase(PASSPHRASE)
    expect_opened(daemon)


def test_a_file_whose_folder_appears_later_is_seen(daemon, authority):
    daemon.one_time_file = daemon.folder / "later/once.json"
    daemon.configuration["one_time_file"] = str(daemon.one_time_file)
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    daemon.start()
    daemon.give_passphrase(PASSPHRASE)
    expect_opened(daemon)


def test_a_file_that_comes_before_its_key_is_deleted_and_still_opens_it(daemon, authority):
    """Whoever brings a key and its passphrase may bring them in any order."""
    daemon.clean.place(authority.issue())
    daemon.start()
    for number in range(2):
        daemon.pair = authority.issue().locked(f"{PASSPHRASE}{number}")
        daemon.mark()
        daemon.give_passphrase({"clean": f"{PASSPHRASE}{number}"})
        daemon.wait_one_time_file_gone()
        daemon.clean.place(daemon.pair)
        daemon.clean.wait_served(daemon.pair.fingerprint)
        daemon.restart()
        assert daemon.clean.served() == daemon.pair.fingerprint


# ---- the vault


def test_an_encrypted_key_opens_after_a_restart_without_the_file(locked):
    locked.give_passphrase(PASSPHRASE)
    expect_opened(locked)
    for end in (locked.stop, locked.kill):
        end()
        locked.start()
        assert locked.clean.served() == locked.pair.fingerprint
        assert locked.wait_event("credential.activated", interface="clean")["source"] == "operator"


def test_a_renewed_certificate_for_an_encrypted_key_needs_no_file(locked, authority):
    locked.give_passphrase(PASSPHRASE)
    expect_opened(locked)
    key = certificates.openssl("pkey", "-passin", f"pass:{PASSPHRASE}", stdin=locked.pair.key)
    renewed = authority.issue(key=key)
    overwrite(locked.clean.certificate, renewed.chain)
    locked.clean.wait_served(renewed.fingerprint)


def test_an_encrypted_last_good_pair_opens_after_a_restart(locked, authority):
    locked.give_passphrase(PASSPHRASE)
    expect_opened(locked)
    locked.mark()
    locked.clean.place(dataclasses.replace(authority.issue(), key=certificates.new_key()))
    locked.wait_event("credential.refused", interface="clean", code="key_mismatch")
    locked.restart()
    assert locked.clean.served() == locked.pair.fingerprint
    assert "last_good" in locked.status()


def test_the_same_words_are_applied_again_for_a_later_key(locked, authority):
    """What was consumed once is no reason to pass over the same file when an operator brings it anew."""
    locked.give_passphrase(PASSPHRASE)
    expect_opened(locked)
    for _ in range(2):
        locked.pair = authority.issue().locked(PASSPHRASE)
        locked.mark()
        locked.clean.place(locked.pair)
        locked.wait_event("credential.refused", interface="clean", code="key_locked")
        locked.give_passphrase(PASSPHRASE)
        expect_opened(locked)


def test_a_lost_vault_key_never_leads_to_a_new_one_over_the_vault(locked, authority):
    locked.give_passphrase(PASSPHRASE)
    expect_opened(locked)
    locked.stop()
    key = locked.state / "vault/key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    rest = {path: path.read_bytes() for path in (locked.state / "vault").iterdir() if path != key}
    assert rest
    key.rename(locked.folder / "mislaid")
    locked.start()
    assert not key.exists()
    assert {path: path.read_bytes() for path in rest} == rest
    assert locked.clean.served() != locked.pair.fingerprint
    locked.stop()
    (locked.folder / "mislaid").rename(key)
    locked.start()
    assert locked.clean.served() == locked.pair.fingerprint


def test_a_key_from_systemds_credentials_seals_the_vault(daemon, authority):
    credentials = daemon.folder / "credentials"
    overwrite(credentials / "gatehouse.key", os.urandom(32))
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)}
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    daemon.give_passphrase(PASSPHRASE)
    daemon.start(environment=environment)
    expect_opened(daemon)
    assert not (daemon.state / "vault/key").exists()
    daemon.restart(environment=environment)
    assert daemon.clean.served() == daemon.pair.fingerprint
    daemon.restart(environment={})
    assert daemon.clean.served() != daemon.pair.fingerprint


# ---- key_passphrase: memory


def test_in_memory_mode_the_door_is_self_signed_after_a_restart_until_it_is_told_again(daemon, authority):
    daemon.configuration["key_passphrase"] = "memory"
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    daemon.start()
    for _ in range(3):
        assert daemon.clean.served() != daemon.pair.fingerprint
        daemon.wait_status("self_signed", "key_locked")
        daemon.give_passphrase(PASSPHRASE)  # the very same file each time
        expect_opened(daemon)
        daemon.wait_status("operator", without=["key_locked"])
        daemon.restart()


def test_in_memory_mode_a_reload_still_knows_the_passphrase(daemon, authority):
    daemon.configuration["key_passphrase"] = "memory"
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    daemon.give_passphrase(PASSPHRASE)
    daemon.start()
    expect_opened(daemon)
    daemon.hang_up()
    assert daemon.clean.served() == daemon.pair.fingerprint
    assert "key_locked" not in daemon.status()


# ---- nothing secret is told


def contains(path, secret):
    return path.is_file() and not path.is_symlink() and secret.encode() in path.read_bytes()


@pytest.mark.parametrize("mode", ["sealed", "memory"])
def test_no_passphrase_appears_in_a_log_a_status_or_a_state_file(daemon, authority, mode):
    daemon.configuration["key_passphrase"] = mode
    daemon.configuration["log"]["level"] = "debug"
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    daemon.start()
    for text in (json.dumps({"keypass": OTHER}), '{"keypass": "%s",}' % OTHER, '{"keypass": "%s"' % OTHER,
                 '{"keypass": "%s", "%s": 1}' % (OTHER, "keypas"), '{"keypass": ["%s"]}' % OTHER):
        daemon.mark()
        move_over(daemon.one_time_file, text)
        daemon.wait_event("otc.refused")
    daemon.mark()
    daemon.give_passphrase(PASSPHRASE)
    expect_opened(daemon)
    daemon.hang_up()
    daemon.restart()
    daemon.stop()
    told = daemon.log + [str(m) for m in daemon.notifications.since()]
    for secret in (PASSPHRASE, OTHER):
        forms = (secret, json.dumps(secret)[1:-1], secret.encode().hex())
        assert not [line for line in told for form in forms if form in line]
        assert not [path for path in daemon.folder.rglob("*") if contains(path, secret)]


# ---- files that cannot be read or deleted, as a service that is not root meets them


@pytest.fixture
def unprivileged(daemon, authority):
    """Not started; its one-time file lies in a folder that belongs to root."""
    shutil.copy(BINARY, daemon.folder / "gatehoused")
    daemon.binary = daemon.folder / "gatehoused"
    daemon.one_time_file = daemon.folder / "drop/once.json"
    daemon.one_time_file.parent.mkdir()
    daemon.configuration["one_time_file"] = str(daemon.one_time_file)
    daemon.pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(daemon.pair)
    for path in [daemon.folder, daemon.state, *daemon.state.rglob("*")]:
        os.chown(path, 65534, 65534)
    return daemon


def start_unprivileged(daemon):
    daemon.start(user=65534, group=65534, extra_groups=[])


def test_a_file_that_cannot_be_read_is_a_finding_with_the_command_that_mends_it(unprivileged):
    daemon = unprivileged
    daemon.give_passphrase(PASSPHRASE)  # root's, 0600
    start_unprivileged(daemon)
    event = daemon.wait_event("otc.refused", code="otc_unreadable")
    assert "ch" in event["message"] and str(daemon.one_time_file) in event["message"], event
    assert "otc_unreadable" in daemon.status()
    daemon.mark()
    daemon.one_time_file.parent.chmod(0o777)
    os.chown(daemon.one_time_file, 65534, 65534)
    expect_opened(daemon)


def test_a_file_that_cannot_be_deleted_is_a_finding_applied_once_and_deleted_when_that_is_possible(unprivileged):
    daemon = unprivileged
    daemon.give_passphrase(PASSPHRASE)
    os.chown(daemon.one_time_file, 65534, 65534)  # readable, but in root's folder
    start_unprivileged(daemon)
    assert daemon.clean.served() == daemon.pair.fingerprint
    daemon.wait_status("otc_not_deleted")
    for _ in range(3):  # each is one more look
        daemon.hang_up()
    assert sum('"otc.not_deleted"' in line for line in daemon.log) == 1, "told again and again"
    consumed = len(daemon.events("otc.consumed"))
    daemon.hang_up()
    assert daemon.clean.served() == daemon.pair.fingerprint
    assert len(daemon.events("otc.consumed")) + consumed <= 1, "applied twice"
    os.chown(daemon.one_time_file.parent, 65534, 65534)
    wait_for(lambda: not daemon.one_time_file.exists(), "the file to be deleted")
    daemon.wait_status(without=["otc_not_deleted"])


def test_users_of_a_one_time_file_are_the_operators_of_a_new_box(daemon):
    daemon.state.mkdir(mode=0o700, exist_ok=True)
    users = [{"username": "ada", "password": "correct horse battery", "email": "ada@example.test", "name": "Ada"},
             {"username": "bo", "password": "staple and so on", "role": "read"}]
    move_over(daemon.one_time_file, json.dumps({"users": users}))
    daemon.start()
    assert daemon.wait_event("otc.consumed")["users"] == "2"
    daemon.wait_one_time_file_gone()
    assert not (daemon.state / "initial-password").exists(), "nobody needs the made-up operator"
    for user, role in zip(users, ("operate", "read")):
        reply = Api(daemon.admin).sign_in(user["username"], user["password"])
        assert (reply.status, reply.json["role"]) == (200, role), reply
    assert "correct horse" not in "\n".join(daemon.log)


def test_a_user_whose_name_exists_is_refused_and_the_file_stays(daemon):
    daemon.start()
    move_over(daemon.one_time_file, json.dumps({"users": [{"username": "new", "password": "long enough here"},
                                                          {"username": "Admin", "password": "long enough here",
                                                           "role": "read"}]}))
    refused = daemon.wait_event("otc.refused")
    assert refused["code"] == "operator_exists" and "users[1]" in refused["message"]
    assert daemon.one_time_file.exists()
    assert Api(daemon.admin).sign_in("new", "long enough here").status == 401
    move_over(daemon.one_time_file, json.dumps({"users": [{"username": "new", "password": "long enough here"}]}))
    daemon.wait_one_time_file_gone()
    assert Api(daemon.admin).sign_in("new", "long enough here").status == 200


API_KEY = "0123456789abcdefABCDEF"
USER_OF_CLEAN = {"username": "mira", "password": "a password of its own", "interface": "clean"}


def rows(daemon, query):
    with contextlib.closing(sqlite3.connect(daemon.state / "gatehouse.db")) as database:
        return database.execute(query).fetchall()


def test_users_and_api_keys_of_the_clean_door_are_stored_and_nothing_of_them_stays_readable(daemon):
    daemon.state.mkdir(mode=0o700, exist_ok=True)
    users = [USER_OF_CLEAN, {"username": "ada", "password": "correct horse battery"},
             {"username": "sam", "password": "yet another one", "interface": "clean", "role": "user", "name": "Sam"}]
    api_keys = [{"name": "script", "username": "MIRA", "apikey": API_KEY}]
    move_over(daemon.one_time_file, json.dumps({"users": users, "apikeys": api_keys}))
    daemon.start()
    event = daemon.wait_event("otc.consumed")
    assert (event["users"], event["api_keys"]) == ("3", "1")
    daemon.wait_one_time_file_gone()
    assert rows(daemon, "SELECT login, users.name, role, organizations.name FROM users JOIN organizations "
                        "ON organizations.id = organization_id ORDER BY login") == [
        ("mira", "", "admin", "default"), ("sam", "Sam", "user", "default")]
    assert rows(daemon, "SELECT count(*) FROM api_keys") == [(2,)]
    assert stat.S_IMODE((daemon.state / "vault/users.key").stat().st_mode) == 0o600
    assert Api(daemon.admin).sign_in("ada", "correct horse battery").status == 200
    assert Api(daemon.admin).sign_in("mira", "a password of its own").status == 401, "a door each"
    daemon.stop()
    for secret in (API_KEY, "a password of its own"):
        assert not [line for line in daemon.log if secret in line]
        assert not [path for path in daemon.state.rglob("*") if contains(path, secret)]


def test_a_user_of_the_clean_door_that_exists_is_refused_and_the_file_stays_but_may_get_another_api_key(daemon):
    daemon.start()
    move_over(daemon.one_time_file, json.dumps({"users": [USER_OF_CLEAN]}))
    daemon.wait_one_time_file_gone()
    of_mira = "FROM api_keys WHERE user_id = (SELECT id FROM users WHERE login = 'mira')"
    first = rows(daemon, f"SELECT digest {of_mira}")
    daemon.mark()
    move_over(daemon.one_time_file, json.dumps(
        {"users": [{"username": "new", "password": "long enough here"}, {**USER_OF_CLEAN, "username": "Mira"}]}))
    refused = daemon.wait_event("otc.refused")
    assert refused["code"] == "user_exists" and "users[1]" in refused["message"]
    assert daemon.one_time_file.exists()
    assert Api(daemon.admin).sign_in("new", "long enough here").status == 401
    move_over(daemon.one_time_file, json.dumps({"apikeys": [{"username": "mira", "apikey": API_KEY}]}))
    daemon.wait_one_time_file_gone()
    assert rows(daemon, f"SELECT count(*) {of_mira}") == [(1,)]
    assert rows(daemon, f"SELECT digest {of_mira}") != first


def test_where_the_key_of_the_clean_doors_users_is_lost_nothing_of_the_file_is_applied(daemon):
    daemon.start()
    move_over(daemon.one_time_file, json.dumps({"users": [USER_OF_CLEAN]}))
    daemon.wait_one_time_file_gone()
    (daemon.state / "vault/users.key").unlink()
    daemon.mark()
    move_over(daemon.one_time_file, json.dumps({"users": [{**USER_OF_CLEAN, "username": "late"}]}))
    refused = daemon.wait_event("otc.refused")
    assert refused["code"] == "users_key_locked" and str(daemon.state / "vault/users.key") in refused["message"]
    assert daemon.one_time_file.exists() and not (daemon.state / "vault/users.key").exists()
    assert rows(daemon, "SELECT login FROM users ORDER BY id") == [("admin",), ("mira",)]


def test_a_file_that_was_mended_after_the_first_start_brings_the_admin_of_its_own(daemon, authority):
    pair = authority.issue().locked(PASSPHRASE)
    daemon.clean.place(pair)
    users = [{"username": "admin", "password": "correct horse battery"},
             {"username": "admin", "password": "battery horse correct", "interface": "clean"}]
    move_over(daemon.one_time_file, json.dumps({"keypass": {"clean": "wrong"}, "users": users}))
    daemon.start()
    assert daemon.wait_event("otc.refused")["code"] == "wrong_passphrase"
    made_up = Api(daemon.admin)
    assert made_up.sign_in("admin", initial_password(daemon)).status == 200
    daemon.mark()
    move_over(daemon.one_time_file, json.dumps({"keypass": {"clean": PASSPHRASE}, "users": users}))
    daemon.wait_event("otc.consumed")
    assert wait_for(lambda: daemon.clean.served() == pair.fingerprint, "the pair")
    assert Api(daemon.admin).sign_in("admin", "correct horse battery").status == 200
    assert Api(daemon.clean).sign_in("admin", "battery horse correct").status == 200
    assert not (daemon.state / "initial-password").exists()
    assert not (daemon.state / "initial-password-clean").exists()
    assert wait_for(lambda: made_up.get("/api/v1/session").status == 401, "the made-up one's session to end")
