"""What is wrong with the box as a whole is told by `gatehousectl status` and by the status line of systemd, with what to
do about it, until it is mended."""

import copy
import json
import time

import pytest
from console import Console


@pytest.fixture
def ctl(daemon, authority):
    """For a daemon that is not started, with issued certificates on both doors."""
    for door in daemon.doors.values():
        door.place(authority.issue(door.hostname))
    return Console(daemon)


def told(ctl):
    """What is wrong with the box, by its codes, which all three ways tell alike."""
    ended = ctl.run("--json", "status")
    answer = json.loads(ended.stdout)
    troubles = {trouble["code"]: trouble for trouble in answer["troubles"]}
    said = ctl.run("status")
    assert ended.returncode == said.returncode == (1 if troubles else 0), said.stdout + said.stderr
    assert ("Not all right: the box as a whole" in said.stdout) is bool(troubles), said.stdout
    for trouble in troubles.values():
        assert trouble["code"] in said.stdout and trouble["message"] in said.stdout, said.stdout
    return troubles


def test_a_certificate_is_told_as_expired_as_soon_as_it_is(daemon, ctl, authority):
    end = time.gmtime(time.time() + 5)
    daemon.clean.place(authority.issue(start="20260101000000Z", end=time.strftime("%Y%m%d%H%M%SZ", end)))
    daemon.start()
    assert "within a day" in ctl.done("status")
    daemon.wait_status("clean: operator, EXPIRED 0 days ago [expired")
    ended = ctl.run("status")
    assert ended.returncode == ctl.run("--json", "status").returncode == 1, ended
    said = ended.stdout
    assert "Padlock      red: " in said and "expired less than a day ago" in said and "within a day" not in said, said


def damage(box):
    box.stop()
    for file in box.state.glob("gatehouse.db*"):
        file.unlink()
    (box.state / "gatehouse.db").write_bytes(b"no database" * 1000)
    box.start()


def test_a_box_that_is_well_has_no_troubles(daemon, ctl):
    daemon.start()
    assert not told(ctl)
    assert "failed" not in daemon.status()


def test_a_damaged_database_is_told_until_it_is_mended(daemon, ctl):
    daemon.start()
    damage(daemon)
    trouble = told(ctl)["records_failed"]
    assert str(daemon.state / "gatehouse.db") in trouble["message"] and "Nobody can sign in" in trouble["message"]
    assert "backup" in trouble["advice"]
    daemon.wait_status("records_failed: ", "gatehouse.db")
    daemon.stop()
    (daemon.state / "gatehouse.db").unlink()
    daemon.start()
    assert not told(ctl)
    assert "records_failed" not in daemon.status()


def test_a_name_that_was_chosen_and_cannot_be_read_makes_no_certificate_look_wrong(daemon, ctl):
    for door, settings in daemon.configuration["interfaces"].items():
        settings.pop("hostname")
    daemon.start()
    for name, door in daemon.doors.items():
        ctl.done("hostname", "set", "--interface", name, door.hostname)
    assert "hostname_mismatch" not in daemon.status()
    damage(daemon)
    for _ in range(2):
        assert "replace no certificate" in told(ctl)["records_failed"]["advice"]
        assert "hostname_mismatch" not in ctl.run("status").stdout
        assert "hostname_mismatch" not in daemon.status() and "records_failed" in daemon.status()
        daemon.hang_up()  # as little as after the start


def test_a_state_folder_that_cannot_be_written_is_told(daemon):
    (daemon.folder / "taken").write_text("")
    daemon.configuration["state_directory"] = str(daemon.folder / "taken/state")
    daemon.start()
    troubles = told(Console(daemon))
    assert list(troubles) == ["state_not_writable", "records_failed", "samples_not_opened"]
    assert str(daemon.folder / "taken/state") in troubles["state_not_writable"]["message"]
    daemon.wait_status("state_not_writable: ", "records_failed: ", "samples_not_opened: ")


def test_a_lost_key_of_the_clean_doors_users_is_told(daemon, ctl):
    daemon.start()
    (daemon.state / "vault/users.key").unlink()
    daemon.restart()
    trouble = told(ctl)["users_key_locked"]
    assert str(daemon.state / "vault/users.key") in trouble["message"]
    daemon.wait_status("users_key_locked: ", "vault/users.key")


def test_a_configuration_that_was_refused_is_told_until_it_is_taken(daemon, ctl):
    daemon.start()
    good = copy.deepcopy(daemon.configuration)
    daemon.configuration["workers"] = "two"
    daemon.hang_up()
    trouble = told(ctl)["configuration_refused"]
    assert "workers" in trouble["message"] and "gatehousectl reload" in trouble["advice"]
    daemon.configuration = good
    daemon.hang_up()
    assert not told(ctl)


def test_what_needs_a_restart_is_told_until_then_though_another_configuration_is_refused_meanwhile(daemon, ctl):
    daemon.start()
    daemon.configuration["workers"] = 3
    daemon.hang_up()
    assert "workers" in told(ctl)["needs_restart"]["message"]
    daemon.wait_status("needs_restart: workers")
    daemon.configuration["log"]["level"] = "loud"
    daemon.hang_up()
    assert list(told(ctl)) == ["configuration_refused", "needs_restart"]
    daemon.wait_status("configuration REFUSED: ", "needs_restart: workers")
    daemon.configuration["log"]["level"] = "info"
    daemon.restart()
    assert not told(ctl)


def test_a_folder_that_cannot_be_served_is_told(daemon, ctl):
    daemon.start()
    daemon.settings("clean")["files"] = str(daemon.folder / "none")
    daemon.hang_up()
    assert "interfaces.clean.files" in told(ctl)["files_refused"]["message"]
    daemon.wait_status("interfaces.clean.files cannot be served")
    reloaded = ctl.run("reload")
    assert reloaded.returncode == 1 and "interfaces.clean.files" in reloaded.stdout, reloaded
    del daemon.settings("clean")["files"]
    daemon.write_configuration()
    ctl.done("reload")
    assert not told(ctl)
