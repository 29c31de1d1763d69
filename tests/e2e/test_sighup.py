"""SIGHUP reads the whole configuration again, or refuses it whole."""

import copy
import signal
import socket
import ssl

import pytest

import certificates
import clients
from clients import Visitors
from daemon import free_port, overwrite, wait_for


@pytest.fixture
def running(daemon, authority):
    for door in daemon.doors.values():
        door.place(authority.issue(door.hostname))
    daemon.settings("clean")["redirect"] = [f"127.0.0.1:{free_port()}"]
    return daemon.start()


def redirected_to(daemon):
    host, port = daemon.settings("clean")["redirect"][0].split(":")
    with clients.Http(socket.create_connection((host, int(port)), clients.TIMEOUT)) as http:
        return http.request("/x")["location"]


def test_another_hostname_applies(running):
    for name in ("new.example.test", "gw.example.test", "third.example.test"):
        running.settings("clean")["hostname"] = name
        running.hang_up()
        running.wait_event("configuration.reloaded")
        assert redirected_to(running) == f"https://{name}:{running.clean.port}/x"
        assert ("hostname_mismatch" in running.status()) == (name != "gw.example.test")


def test_another_policy_applies_to_its_door_alone(running):
    old = clients.context(version=ssl.TLSVersion.TLSv1_2)
    for _ in range(2):
        running.settings("clean")["tls"] = {"policy": "modern"}
        running.hang_up()
        with pytest.raises(ssl.SSLError):
            clients.served(running.clean, old)
        assert clients.served(running.admin, old)
        assert running.clean.served()
        running.settings("clean")["tls"] = {"policy": "intermediate"}
        running.hang_up()
        assert clients.served(running.clean, old)


def test_other_certificate_paths_apply(running, authority):
    pair = authority.issue()
    overwrite(running.folder / "other/gw.pem", pair.chain)
    overwrite(running.folder / "other/gw.key", pair.key)
    running.settings("clean").update(certificate=str(running.folder / "other/gw.pem"),
                                     key=str(running.folder / "other/gw.key"))
    running.hang_up()
    assert running.clean.served() == pair.fingerprint
    event = running.wait_event("credential.activated", interface="clean")
    assert event["trigger"] == "sighup"
    # and the new place is watched
    pair = authority.issue()
    overwrite(running.folder / "other/gw.key", pair.key)
    overwrite(running.folder / "other/gw.pem", pair.chain)
    running.clean.wait_served(pair.fingerprint)


def test_other_limits_apply(running):
    big = {"X-Filler": "x" * 9000}
    assert clients.get(running.clean, "/healthz", fields=big).status == 200
    running.configuration["limits"] = {"header_bytes": 8192}
    running.hang_up()
    assert clients.get(running.clean, "/healthz", fields=big).status == 431


def test_another_log_level_applies(running):
    running.mark()
    clients.get(running.clean, "/healthz?level=info")
    running.configuration["log"]["level"] = "debug"
    running.hang_up()
    assert not [e for e in running.events() if "/healthz" in str(e)]
    running.mark()
    clients.get(running.clean, "/healthz?secret=1")
    clients.get(running.admin, "/healthz")
    wait_for(lambda: [e for e in running.events() if "/healthz" in str(e)], "access lines at level debug")
    assert not [e for e in running.events() if "secret=1" in str(e)], "a log holds the path without its query"


def test_another_folder_of_files_applies(running):
    folder = running.folder / "www"
    overwrite(folder / "a.txt", "a", 0o644)
    folder.chmod(0o755)
    assert clients.get(running.clean, "/a.txt").status == 404
    running.settings("clean")["files"] = str(folder)
    running.hang_up()
    assert clients.get(running.clean, "/a.txt").body == b"a"
    assert clients.get(running.admin, "/a.txt").status == 404


def test_a_bad_configuration_is_refused_whole_and_the_old_one_goes_on(running):
    good = copy.deepcopy(running.configuration)
    for _ in range(3):
        with Visitors(running):
            running.settings("clean")["hostname"] = "other.example.test"  # fine in itself
            running.configuration["workers"] = "two"
            running.hang_up()
            event = running.wait_event("configuration.refused")
            assert "workers" in event["message"]
            assert redirected_to(running).startswith("https://gw.example.test:")
            running.wait_status("onfiguration")
            running.configuration = copy.deepcopy(good)
            running.hang_up()
            running.wait_event("configuration.reloaded")


@pytest.mark.parametrize("text", ["", "{", None])
def test_a_configuration_that_cannot_be_read_is_refused_and_the_old_one_goes_on(running, text):
    served = running.clean.served()
    running.mark()
    mark = running.notifications.count()
    if text is None:
        running.configuration_file.unlink()
    else:
        overwrite(running.configuration_file, text)
    running.process.send_signal(signal.SIGHUP)
    running.notifications.wait("READY", "1", mark)
    assert str(running.configuration_file) in running.wait_event("configuration.refused")["message"]
    assert running.clean.served() == served


def test_reloading_with_its_time_comes_before_ready_and_ready_when_the_result_is_known(running, authority):
    for _ in range(3):
        pair = authority.issue()
        running.clean.place(pair, overwrite)
        mark = running.notifications.count()
        running.hang_up()
        assert running.clean.served() == pair.fingerprint
        told = running.notifications.since(mark)
        reloading = next(n for n, m in enumerate(told) if m.get("RELOADING") == "1")
        ready = next(n for n, m in enumerate(told) if m.get("READY") == "1")
        assert reloading < ready
        assert int(told[reloading]["MONOTONIC_USEC"]) > 0


def test_the_status_told_with_ready_is_that_of_the_reload(running, authority):
    running.clean.place(certificates.Pair(certificates.new_key(), *[authority.issue().chain] * 2))
    running.hang_up()
    assert running.wait_event("credential.refused", interface="clean")["code"] == "key_mismatch"
    assert "key_mismatch" in running.status()


def test_a_reload_without_a_change_changes_nothing(running):
    served = running.clean.served()
    with Visitors(running):
        for _ in range(5):
            running.hang_up()
            running.wait_event("configuration.reloaded")
            assert not running.events("credential.activated")
    assert running.clean.served() == served


def test_many_hang_ups_at_once_end_in_ready(running, authority):
    pair = authority.issue()
    running.clean.place(pair)
    mark = running.notifications.count()
    with Visitors(running):
        for _ in range(50):
            running.process.send_signal(signal.SIGHUP)
        running.hang_up()
        running.clean.wait_served(pair.fingerprint)

        def rested():
            told = [next(k for k in ("READY", "RELOADING") if k in m)
                    for m in running.notifications.since(mark) if "READY" in m or "RELOADING" in m]
            return told and told[-1] == "READY" and told.count("RELOADING") <= told.count("READY")
        wait_for(rested, "the last READY=1")


@pytest.mark.parametrize("member", ["listen", "workers", "state_directory"])
def test_what_needs_a_restart_is_said_and_the_rest_applies(running, member):
    new_port = free_port()
    if member == "listen":
        running.settings("clean")["listen"] = [f"127.0.0.1:{new_port}"]
    elif member == "workers":
        running.configuration["workers"] = 1
    else:
        # relative certificate paths would move with it
        for door in running.doors.values():
            running.settings(door.name).update(certificate=str(door.certificate), key=str(door.key))
        running.configuration["state_directory"] = str(running.folder / "other-state")
    running.settings("clean")["hostname"] = "new.example.test"
    served = running.clean.served()
    running.hang_up()
    reloaded = running.wait_event("configuration.reloaded")
    told = str(running.events()) + running.status()
    assert "restart" in told and member in told, reloaded
    assert running.clean.served() == served
    assert redirected_to(running).startswith("https://new.example.test:")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", new_port), 1)
    assert not (running.folder / "other-state").exists()
