"""What the daemon and the service manager owe each other."""

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

import clients
from clients import Http, get
from daemon import free_port, overwrite, wait_for
from patience import DEADLINE

LAUNCHER = Path(__file__).with_name("launch_with_sockets.py")
HOST = "Host: gw.example.test\r\n"


def test_ready_is_told_once_both_doors_answer(daemon):
    daemon.start(wait=False)
    daemon.notifications.wait("READY", "1")
    for door in daemon.doors.values():
        assert get(door, "/healthz").status == 200  # at once, not after a while


def test_the_status_names_both_doors_and_what_they_serve(daemon, authority):
    daemon.clean.place(authority.issue())
    daemon.start()
    status = daemon.status()
    assert "\n" not in status
    assert re.search(r"clean\W+operator", status) and re.search(r"admin\W+self_signed", status), status


def test_a_stop_is_told_before_it_happens(daemon):
    daemon.start()
    mark = daemon.notifications.count()
    daemon.stop()
    assert daemon.notifications.wait("STOPPING", "1", mark)
    assert not [m for m in daemon.notifications.since(mark) if "READY" in m]


def test_without_a_service_manager_it_runs_all_the_same(daemon):
    daemon.start(wait=False, environment={"NOTIFY_SOCKET": ""})
    daemon.wait_event("server.ready")
    assert get(daemon.clean, "/healthz").status == 200


def test_a_service_manager_that_is_gone_stops_nothing(daemon, authority):
    daemon.start(wait=False, environment={"NOTIFY_SOCKET": str(daemon.folder / "nobody.sock")})
    daemon.wait_event("server.ready")
    pair = authority.issue()
    daemon.clean.place(pair)
    daemon.clean.wait_served(pair.fingerprint)


def test_the_watchdog_is_fed_again_and_again(daemon):
    daemon.start(environment={"WATCHDOG_USEC": "1000000"})
    for _ in range(4):
        mark = daemon.notifications.count()
        daemon.notifications.wait("WATCHDOG", "1", mark)


def test_the_watchdog_is_not_fed_while_the_daemon_stands_still(daemon):
    daemon.start(environment={"WATCHDOG_USEC": "400000"})
    daemon.notifications.wait("WATCHDOG", "1")
    os.kill(daemon.process.pid, signal.SIGSTOP)
    wait_for(lambda: Path(f"/proc/{daemon.process.pid}/stat").read_text().split()[2] == "T", "the daemon to stand")
    mark = daemon.notifications.count()
    with pytest.raises(AssertionError):
        daemon.notifications.wait("WATCHDOG", "1", mark, deadline=1)
    os.kill(daemon.process.pid, signal.SIGCONT)
    daemon.notifications.wait("WATCHDOG", "1", mark)


def test_without_a_watchdog_none_is_fed(daemon):
    daemon.start()
    daemon.hang_up()
    assert not [m for m in daemon.notifications.since() if "WATCHDOG" in m]


# ---- passed sockets


@pytest.fixture
def passed():
    """A listening socket per door, on ports of their own."""
    with contextlib.ExitStack() as stack:
        sockets = {}
        for name in ("clean", "admin"):
            sockets[name] = stack.enter_context(socket.socket())
            sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sockets[name].bind(("127.0.0.1", free_port()))
            sockets[name].listen(128)
        yield sockets


def start_with(daemon, sockets):
    daemon.start(command=[sys.executable, LAUNCHER, *(f"{name}={s.fileno()}" for name, s in sockets.items()), "--"],
                 pass_fds=[s.fileno() for s in sockets.values()])


def test_passed_sockets_replace_listen_by_name_and_the_disagreement_is_reported(daemon, passed):
    configured = daemon.clean.port
    start_with(daemon, {"admin": passed["admin"], "clean": passed["clean"]})  # by name, not by order
    told = {name: f'data-door="{name}"' for name in daemon.doors}
    for name, door in daemon.doors.items():
        door.port = passed[name].getsockname()[1]
        assert told[name] in get(door, "/").body.decode()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", configured), 1)
    assert [e for e in daemon.events() if str(configured) in str(e)], "the disagreement is reported"
    ready = daemon.wait_event("server.ready")
    assert ready["addresses"].split() == [f"127.0.0.1:{door.port}" for door in daemon.doors.values()], ready
    for door in daemon.doors.values():
        assert f"https://{door.hostname}:{door.port}/" in ready["message"], ready


def test_a_door_without_a_passed_socket_listens_as_configured(daemon, passed):
    start_with(daemon, {"clean": passed["clean"]})
    daemon.clean.port = passed["clean"].getsockname()[1]
    for door in daemon.doors.values():
        assert get(door, "/healthz").status == 200
    ready = daemon.wait_event("server.ready")
    assert ready["addresses"].split() == [f"127.0.0.1:{door.port}" for door in daemon.doors.values()], ready


def test_passed_sockets_that_agree_with_listen_are_not_worth_a_word(daemon, passed):
    for name, door in daemon.doors.items():
        door.port = passed[name].getsockname()[1]
        daemon.settings(name)["listen"] = [f"127.0.0.1:{door.port}"]
    start_with(daemon, passed)
    assert not [e for e in daemon.events() if e["level"] in ("warning", "error")]


def test_a_restart_behind_passed_sockets_loses_no_connection(daemon, passed):
    start_with(daemon, passed)
    for name, door in daemon.doors.items():
        door.port = passed[name].getsockname()[1]
    daemon.stop()
    waiting = [socket.create_connection(("127.0.0.1", daemon.clean.port), clients.TIMEOUT) for _ in range(5)]
    start_with(daemon, passed)
    for raw in waiting:
        with Http(clients.ANYONE.wrap_socket(raw, server_hostname="gw.example.test")) as http:
            assert http.request("/healthz").status == 200


# ---- the end


def with_large_file(daemon, size):
    folder = daemon.folder / "www"
    content = os.urandom(1 << 20) * (size >> 20)
    overwrite(folder / "large.bin", content, 0o644)
    folder.chmod(0o755)
    daemon.settings("clean")["files"] = str(folder)
    return hashlib.sha256(content).hexdigest()


def slowly(door):
    """A connection that takes little at a time, so that a download stays in flight."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    raw.settimeout(clients.TIMEOUT)
    raw.connect(("127.0.0.1", door.port))
    return Http(clients.ANYONE.wrap_socket(raw, server_hostname=door.hostname))


def test_sigterm_lets_a_download_in_flight_finish(daemon):
    digest = with_large_file(daemon, 64 << 20)  # more than fits into the buffers between
    daemon.start()
    with Http.to(daemon.clean) as http, Http.to(daemon.admin) as idle:
        assert idle.request("/healthz").status == 200
        http.send(f"GET /large.bin HTTP/1.1\r\n{HOST}\r\n")
        http._read = http.connection.recv(1000)
        mark = daemon.notifications.count()
        daemon.process.send_signal(signal.SIGTERM)
        daemon.notifications.wait("STOPPING", "1", mark)
        assert idle.ended(), "an idle connection is not waited for"
        wait_for(lambda: refused(daemon.clean), "no new connection to be taken")
        response = http.receive()
        assert hashlib.sha256(response.body).hexdigest() == digest
    assert daemon.wait_exit() == 0


def refused(door):
    try:
        clients.connect(door).close()
    except OSError:
        return True
    return False


def test_sigterm_does_not_wait_for_ever_for_clients_that_are_stuck(daemon):
    with_large_file(daemon, 64 << 20)
    daemon.configuration["limits"] = {"handshake_seconds": 600, "header_seconds": 600, "idle_seconds": 600}
    daemon.start()
    with contextlib.ExitStack() as stack:
        for door in daemon.doors.values():
            stack.enter_context(socket.create_connection(("127.0.0.1", door.port)))
            stack.enter_context(Http.to(door)).send("GET / HTTP/1.1\r\n")
            stack.enter_context(Http.to(door))
        reader = stack.enter_context(slowly(daemon.clean))
        reader.send(f"GET /large.bin HTTP/1.1\r\n{HOST}\r\n")
        reader.connection.recv(1000)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.wait_exit() == 0


def test_a_stop_right_after_the_start_is_clean(daemon):
    for _ in range(3):
        daemon.start()
        daemon.stop()


def test_a_stop_and_a_reload_at_once_are_clean(daemon):
    daemon.start()
    for _ in range(20):
        daemon.process.send_signal(signal.SIGHUP)
    daemon.stop()


# ---- what stands in its way


def test_a_port_that_is_taken_is_a_clear_error_and_exit_1(daemon):
    with socket.socket() as other:
        other.bind(("127.0.0.1", daemon.admin.port))
        other.listen()
        daemon.write_configuration()
        done = daemon.run("--config", daemon.configuration_file)
    assert done.returncode == 1
    assert f"127.0.0.1:{daemon.admin.port}" in done.stdout + done.stderr


def test_a_port_that_another_gatehouse_holds_is_taken_too(daemon):
    daemon.start()
    second = dict(daemon.configuration, state_directory=str(daemon.folder / "second"),
                  console_socket=str(daemon.folder / "second.sock"))
    path = daemon.folder / "second.json"
    overwrite(path, json.dumps(second), 0o644)
    done = daemon.run("--config", path)
    assert done.returncode == 1
    assert f"127.0.0.1:{daemon.clean.port}" in done.stdout + done.stderr
    assert get(daemon.clean, "/healthz").status == 200


def test_a_second_daemon_on_the_same_state_folder_is_refused_and_the_first_undisturbed(daemon):
    daemon.start()
    shown = daemon.clean.served()
    path = daemon.folder / "second.json"
    second = dict(daemon.configuration, interfaces={
        name: {"listen": [f"127.0.0.1:{free_port()}"], "hostname": "x.example.test"} for name in daemon.doors})
    overwrite(path, json.dumps(second), 0o644)
    done = daemon.run("--config", path)
    assert done.returncode == 1
    assert str(daemon.state) in done.stdout + done.stderr
    assert daemon.clean.served() == shown


def test_a_lock_that_a_power_cut_left_is_no_hindrance(daemon):
    daemon.start()
    daemon.kill()
    assert (daemon.state / "lock").exists()
    daemon.start()


def test_a_console_socket_that_a_power_cut_left_is_no_hindrance(daemon):
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(daemon.configuration["console_socket"])
    daemon.start()


def test_a_state_folder_that_cannot_be_made_is_said_and_the_doors_answer_all_the_same(daemon):
    (daemon.folder / "taken").write_text("")
    daemon.configuration["state_directory"] = str(daemon.folder / "taken/state")
    daemon.start()
    assert [e for e in daemon.events() if e["level"] == "error" and str(daemon.folder / "taken") in e["message"]]
    for door in daemon.doors.values():
        assert get(door, "/healthz").status == 200


def test_the_daemon_never_forks(daemon, authority):
    daemon.start()
    pair = authority.issue()
    daemon.clean.place(pair)
    daemon.clean.wait_served(pair.fingerprint)
    daemon.hang_up()
    parents = [path.read_text().rsplit(")", 1)[1].split()[1] for path in Path("/proc").glob("[0-9]*/stat")]
    assert str(daemon.process.pid) not in parents


def test_ipv6_and_ipv4_are_taken_by_one_address(daemon):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        six = True
    except OSError:
        six = False  # then [::] means 0.0.0.0
    daemon.settings("clean")["listen"] = [f"[::]:{daemon.clean.port}"]
    daemon.start()
    assert get(daemon.clean, "/healthz").status == 200
    if six:
        raw = socket.create_connection(("::1", daemon.clean.port), clients.TIMEOUT)
        with Http(clients.ANYONE.wrap_socket(raw, server_hostname="gw.example.test")) as http:
            assert http.request("/healthz").status == 200


def test_several_addresses_may_be_listed_for_a_door(daemon):
    ports = [daemon.clean.port, free_port()]
    daemon.settings("clean")["listen"] = [f"127.0.0.1:{port}" for port in ports]
    daemon.start()
    for daemon.clean.port in ports:
        assert get(daemon.clean, "/healthz").status == 200


def test_text_log_lines_carry_journal_priorities(daemon):
    daemon.configuration["log"] = {"level": "info"}
    daemon.start()
    daemon.stop()
    assert daemon.log and all(re.match(r"<[3-7]>", line) for line in daemon.log)


# ---- the journal

def test_where_stderr_is_the_journal_events_go_there_with_their_fields_and_not_to_stderr(daemon):
    path = daemon.folder / "journal.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(path))
        journal.settimeout(DEADLINE)
        # A socket of ours stands where the journal's would be, in a mount namespace of the daemon's own.
        place = ('mount -t tmpfs none /run && mkdir -p /run/systemd/journal && : >/run/systemd/journal/socket && '
                 f'mount --bind {path} /run/systemd/journal/socket && '
                 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"')
        daemon.start(command=("unshare", "-m", "sh", "-c", place, "sh"))
        fields = {}
        while fields.get("GATEHOUSE_EVENT") != "server.ready":
            record = journal.recv(65536).decode()
            fields = dict(line.split("=", 1) for line in record.splitlines() if "=" in line)
        assert fields["PRIORITY"] == "6"
        assert f"127.0.0.1:{daemon.clean.port}" in fields["GATEHOUSE_ADDRESSES"]
        daemon.stop()
    assert daemon.log == []
