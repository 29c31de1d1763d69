"""The service that the package installs: started, watched, reloaded and confined by systemd."""

import contextlib
import ctypes
import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

import clients
import submissions
from daemon import move_over, overwrite, wait_for
from machine import REPOSITORY
from patience import DEADLINE

LEAST_SHOWN = 1.5  # of systemd-analyze security
PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207


def one_time_file(machine, members):
    """As root leaves one: root's, and for nobody else's eyes."""
    move_over(machine.state / "otc.conf.json", json.dumps(members))
    os.chown(machine.state / "otc.conf.json", 0, 0)


def owner_in(machine, path):
    return machine.run("stat", "-c", "%U %a", path).strip()


@contextlib.contextmanager
def configured(machine, text):
    """With this configuration, which nobody has been told of; afterwards with the former one, likewise."""
    before = machine.inside("/etc/gatehouse/gatehouse.json").read_text()
    machine.write("/etc/gatehouse/gatehouse.json", text)
    try:
        yield
    finally:
        machine.write("/etc/gatehouse/gatehouse.json", before)


def start_again(machine):
    """As docs/operating.md says of a service that was given up."""
    machine.run("systemctl", "reset-failed", "gatehouse.service")
    machine.run("systemctl", "restart", "gatehouse")
    machine.wait_up()


# ---- installed

def test_it_is_reachable_with_self_signed_certificates_right_after_the_installation(installed):
    installed.wait_up()
    unit = installed.shown("gatehouse.service", "ActiveState", "SubState", "Type", "User", "StatusText", "UnitFileState")
    assert unit["ActiveState"] == "active" and unit["SubState"] == "running" and unit["UnitFileState"] == "enabled"
    assert unit["User"] == "gatehouse" and unit["Type"] == "notify"
    for door in ("clean", "admin"):
        assert installed.status()["interfaces"][door]["source"] == "self_signed"
    assert owner_in(installed, "/var/lib/gatehouse/clean/cert.key") == "gatehouse 600"
    assert owner_in(installed, "/var/lib/gatehouse") == "gatehouse 700"
    assert not installed.run("systemctl", "--failed", "--plain", "--no-legend").strip()


def test_the_status_shows_doors_days_and_findings_in_one_line(installed, authority):
    def line():
        said = installed.run("systemctl", "status", "--no-pager", "gatehouse")
        return next(line for line in said.splitlines() if "Status:" in line)
    assert re.search(r"clean: self_signed, 36\d\d days left; admin: self_signed, 36\d\d days left", line()), line()
    installed.upload(authority.issue(installed.name, days=5))
    wait_for(lambda: re.search(r"clean: operator, [45] days left \[[^]]*\bexpires_soon\b[^]]*\]; admin: self_signed", line()),
             "the finding")


def test_the_user_is_locked_and_runs_nothing_else(installed):
    account = installed.run("getent", "shadow", "gatehouse").split(":")
    assert account[1].startswith("!")
    assert installed.run("getent", "passwd", "gatehouse").strip().endswith(":/usr/sbin/nologin")
    status = installed.run("cat", f"/proc/{installed.main_pid()}/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(facts[name], 16) == 0, name
    assert facts["NoNewPrivs"].strip() == "1" and facts["Seccomp"].strip() == "2"


WRITABLE = """
for folder, folders, files in os.walk("/"):
    if folder in ("/proc", "/sys", "/dev"):
        folders.clear()
        continue
    for path in [folder, *(os.path.join(folder, name) for name in files)]:
        kind = stat.S_IFMT(os.lstat(path).st_mode)
        if kind not in (stat.S_IFLNK, stat.S_IFSOCK) and os.access(path, os.W_OK): print(path)
"""

STARTED = """
with open("/var/lib/gatehouse/program", "w") as own:
    own.write("#!/bin/sh\\n")
os.chmod(own.name, 0o755)
for program in ("/bin/true", own.name):
    try:
        os.execv(program, [program])
    except OSError as error:
        print(errno.errorcode[error.errno])
os.unlink(own.name)
"""


def test_its_exposure_is_small_and_it_can_write_nothing_but_its_own(installed):
    judged = installed.run("systemd-analyze", "security", "--offline=true", "--no-pager",
                           "/lib/systemd/system/gatehouse.service")
    level = float(judged.rstrip().splitlines()[-1].split("gatehouse.service:")[1].split()[0])
    assert level <= LEAST_SHOWN, judged
    found = installed.as_daemon(WRITABLE).splitlines()
    own = [path for path in found if path.startswith(("/var/lib/gatehouse", "/run/gatehouse"))]
    assert "/var/lib/gatehouse" in own and "/run/gatehouse" in own
    assert set(found) - set(own) <= {"/tmp", "/var/tmp"}, found
    assert "/var/lib/gatehouse/clean/cert.key" in own  # files are looked at
    limits = installed.run("cat", f"/proc/{installed.main_pid()}/limits")
    assert next(line for line in limits.splitlines() if line.startswith("Max core file")).split()[4:6] == ["0", "0"]


def test_nothing_can_be_started_there_neither_the_machines_programs_nor_what_the_daemon_writes(installed):
    assert installed.as_daemon(STARTED).split() == ["EACCES", "EACCES"]


def test_its_system_calls_leave_out_what_makes_sockets_and_reaches_processes_past_its_bounds(installed):
    for unit in ("gatehouse.service", "gatehouse-analysis@x.service"):
        allowed = installed.shown(unit, "SystemCallFilter")["SystemCallFilter"].split()
        assert {"read", "openat"} <= set(allowed) and not allowed[0].startswith("~"), unit
        assert not {"io_uring_setup", "io_uring_enter", "io_submit", "add_key", "keyctl"} & set(allowed), unit
    assert not {"process_vm_readv", "process_vm_writev", "userfaultfd", "kcmp", "name_to_handle_at"} & set(
        installed.shown("gatehouse.service", "SystemCallFilter")["SystemCallFilter"].split())


def test_tmpfiles_gives_no_folder_of_roots_away_by_the_name_that_it_got_there(installed):
    state = installed.STATE
    installed.run("mv", f"{state}/clean", f"{state}/aside")
    try:
        installed.run("mkdir", "-m", "0700", f"{state}/clean")
        installed.run("systemd-tmpfiles", "--create", "gatehouse.conf")
        assert installed.run("stat", "-c", "%U %a", f"{state}/clean").split() == ["root", "700"]
        installed.run("rmdir", f"{state}/clean")
        installed.run("systemd-tmpfiles", "--create", "gatehouse.conf")
        assert installed.run("stat", "-c", "%U %a", f"{state}/clean").split() == ["gatehouse", "700"]
    finally:
        installed.run("rmdir", f"{state}/clean")
        installed.run("mv", f"{state}/aside", f"{state}/clean")


def test_it_is_watched_and_bounded_as_shipped(installed):
    assert installed.shown("gatehouse.service", "WatchdogUSec", "Restart", "RestartPreventExitStatus", "MemoryMax", "TasksMax",
                           "LimitNOFILE") == {"WatchdogUSec": "30s", "Restart": "on-failure",
                                              "RestartPreventExitStatus": "2 78", "MemoryMax": str(2 << 30),
                                              "TasksMax": "512", "LimitNOFILE": "65536"}
    group = installed.cgroup / installed.shown("gatehouse.service", "ControlGroup")["ControlGroup"].lstrip("/")
    for file, bound in (("memory.max", str(2 << 30)), ("pids.max", "512")):
        assert not (group / file).exists() or (group / file).read_text().strip() == bound  # in force, where controllers are


def test_no_unit_has_anything_wrong_with_it(installed):
    names = [path.name for path in (REPOSITORY / "packaging/systemd").iterdir()]
    names = [name.replace("@.", "@1.") for name in names]
    done = installed.try_run("systemd-analyze", "verify", "--man=no", *names)
    # The program of the operator's is not there yet.
    said = [line for line in (done.stdout + done.stderr).splitlines() if "judge-sample" not in line and "tell-operators" not in line]
    assert not said, said


# ---- what root lays down

def test_a_one_time_file_of_roots_is_used_by_a_reload_after_adopt_and_goes(installed, authority):
    pair = authority.issue(installed.name)
    key = pair.locked("open sesame")
    one_time_file(installed, {"keypass": {"clean": "open sesame"}})
    installed.write("/var/lib/gatehouse/clean/cert.key", key.key, 0o600)
    installed.write("/var/lib/gatehouse/clean/cert.pem", pair.chain, 0o644)
    assert installed.run("gatehousectl", "adopt").count("belongs to the daemon's user now") == 3
    installed.clean.wait_served(pair.fingerprint)
    wait_for(lambda: not (installed.state / "otc.conf.json").exists(), "the one-time file's being gone")
    assert owner_in(installed, "/var/lib/gatehouse/clean/cert.key") == "gatehouse 600"


def test_a_start_hands_over_what_root_laid_down_meanwhile(installed, authority):
    pair = authority.issue(installed.name)
    installed.stop_gatehouse()
    one_time_file(installed, {"keypass": {"admin": "open sesame"}})
    installed.write("/var/lib/gatehouse/admin/cert.key", pair.locked("open sesame").key, 0o644)
    installed.write("/var/lib/gatehouse/admin/cert.pem", pair.chain)
    installed.run("systemctl", "start", "gatehouse")
    assert installed.admin.served() == pair.fingerprint
    assert not (installed.state / "otc.conf.json").exists()
    assert owner_in(installed, "/var/lib/gatehouse/admin/cert.key") == "gatehouse 600"


@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_nothing_is_handed_over_through_a_link(installed, kind):
    """Who holds the daemon's user could lay links to what is root's."""
    installed.write("/etc/secret", "root's own", 0o600)
    secret, at = installed.inside("/etc/secret"), installed.state / "otc.conf.json"
    if kind == "symbolic":
        at.symlink_to("/etc/secret")
    else:
        os.link(secret, at)
    try:
        refused = installed.try_run("gatehousectl", "adopt")
        assert refused.returncode == 1 and "link" in refused.stderr
        assert owner_in(installed, "/etc/secret") == "root 600"
    finally:
        at.unlink()
        secret.unlink()


def test_nothing_is_handed_over_through_a_folder_that_is_a_link(installed):
    installed.write("/etc/elsewhere/cert.key", "root's own", 0o600)
    door, aside = installed.state / "clean", installed.state / "aside"
    door.rename(aside)
    door.symlink_to("/etc/elsewhere")
    try:
        refused = installed.try_run("gatehousectl", "adopt")
        assert refused.returncode == 1 and "is reached through a link" in refused.stderr
        assert owner_in(installed, "/etc/elsewhere/cert.key") == "root 600"
    finally:
        door.unlink()
        aside.rename(door)
        installed.run("rm", "-r", "/etc/elsewhere")


# ---- reload

def test_a_reload_succeeds_once_the_new_certificate_is_in_force(installed, authority):
    pair = authority.issue(installed.name)
    overwrite(installed.clean.key, pair.key)
    overwrite(installed.clean.certificate, pair.chain)
    installed.run("systemctl", "reload", "gatehouse")
    assert installed.clean.served() == pair.fingerprint


def test_a_reload_fails_visibly_where_a_certificate_is_refused_and_the_old_one_goes_on(installed, authority):
    served = installed.clean.served()
    good_key, good = installed.clean.key.read_bytes(), installed.clean.certificate.read_bytes()
    overwrite(installed.clean.certificate, authority.issue(installed.name).chain)  # of another key
    now_on = installed.journal_mark()
    try:
        refused = installed.try_run("systemctl", "reload", "gatehouse")
        assert refused.returncode != 0
        wait_said_by_reload(installed, now_on, "key_mismatch")
        assert installed.clean.served() == served
        assert installed.shown("gatehouse.service", "ActiveState")["ActiveState"] == "active"
        assert "key_mismatch" in installed.shown("gatehouse.service", "StatusText")["StatusText"]
    finally:
        overwrite(installed.clean.key, good_key)
        overwrite(installed.clean.certificate, good)
        installed.run("systemctl", "reload", "gatehouse")


def wait_said_by_reload(machine, now_on, word):
    """By ExecReload= itself; the daemon has a sentence of its own."""
    wait_for(lambda: word in machine.said_since(now_on, "gatehousectl"), f"the reload's saying {word}")


def test_a_reload_fails_visibly_where_the_configuration_is_wrong(installed):
    now_on = installed.journal_mark()
    with configured(installed, '{"hsts_secods": 1}'):
        refused = installed.try_run("systemctl", "reload", "gatehouse")
        assert refused.returncode != 0
        wait_said_by_reload(installed, now_on, "hsts_secods")
        installed.wait_up()
    installed.run("systemctl", "reload", "gatehouse")


def test_a_wrong_configuration_is_not_started_again_and_again(installed):
    try:
        with configured(installed, "{"):
            failed = installed.try_run("systemctl", "restart", "gatehouse")
            assert failed.returncode != 0
            unit = installed.shown("gatehouse.service", "ActiveState", "ExecMainStatus", "NRestarts")
            assert unit == {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"}
    finally:
        start_again(installed)


def test_a_box_that_callers_found_with_a_wrong_configuration_is_back_once_it_is_mended_and_started(installed):
    """systemd starts the daemon for a caller who waits, again and again, until that was too often."""
    units = ("gatehouse.service", "gatehouse-clean.socket", "gatehouse-admin.socket")
    try:
        with configured(installed, "{"):
            assert installed.try_run("systemctl", "restart", "gatehouse").returncode != 0
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", installed.clean.port), DEADLINE) as caller:
                caller.recv(1)  # until the port is closed on him
            wait_for(lambda: all(installed.shown(unit, "ActiveState")["ActiveState"] == "failed" for unit in units),
                     "systemd's giving up")
            with pytest.raises(ConnectionRefusedError):
                installed.clean.served()
        # Mended, and too soon to be started without another word.
        hasty = installed.try_run("systemctl", "restart", "gatehouse")
        assert hasty.returncode != 0
    finally:
        start_again(installed)
    assert all(installed.shown(unit, "ActiveState")["ActiveState"] == "active" for unit in units)


# ---- watched

@contextlib.contextmanager
def drop_in(machine, text, unit="gatehouse.service"):
    """With these options of the operator's, and started anew."""
    file = f"/etc/systemd/system/{unit}.d/of-a-test.conf"
    machine.write(file, text)
    try:
        start_anew(machine)
        yield
    finally:
        machine.inside(file).unlink()
        start_anew(machine)


def start_anew(machine):
    machine.run("systemctl", "daemon-reload")
    machine.stop_gatehouse()
    machine.run("systemctl", "start", "gatehouse.service")


# What it waits for is as in the unit, but does not take as long.
QUICK = "[Unit]\nStartLimitBurst=100\n[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\nRestartSec=100ms\n"


def wait_restarted(machine, former):
    wait_for(lambda: machine.main_pid() not in (0, former), "another main process")
    wait_for(lambda: machine.shown("gatehouse.service", "ActiveState")["ActiveState"] == "active", "its being ready")


def test_a_daemon_that_stands_still_is_started_again(installed):
    with drop_in(installed, QUICK):
        now_on = installed.journal_mark()
        former = installed.main_pid()
        installed.run("kill", "-STOP", str(former))
        wait_restarted(installed, former)
        installed.wait_up()
        wait_for(lambda: "Watchdog timeout" in installed.said_since(now_on, "systemd"), "the watchdog's word")


def take_note_of(thread):
    """Who holds a thread is told of its end, and until then it is not over. True: it is."""
    every_child = 0x40000000
    pid, status = os.waitpid(thread, os.WNOHANG | every_child)
    return pid == thread and (os.WIFEXITED(status) or os.WIFSIGNALED(status))


def test_one_worker_that_is_stuck_leads_to_a_restart(installed):
    """Held by ptrace: all other threads go on."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    with drop_in(installed, QUICK):
        now_on = installed.journal_mark()
        former = installed.main_pid()
        pid = installed.host_pid(former)
        worker = next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()
                      if (task / "comm").read_text().startswith("worker-"))
        assert libc.ptrace(PTRACE_SEIZE, worker, None, None) == 0, os.strerror(ctypes.get_errno())
        assert libc.ptrace(PTRACE_INTERRUPT, worker, None, None) == 0
        wait_for(lambda: take_note_of(worker), "the end of the thread that was held")
        wait_restarted(installed, former)
        installed.wait_up()
        wait_for(lambda: "Watchdog timeout" in installed.said_since(now_on, "systemd"), "the watchdog's word")


def test_a_crash_loses_nothing_that_was_acknowledged(installed, authority):
    pair = authority.issue(installed.name)
    one_time_file(installed, {"users": [{"username": "ada", "password": "correct horse battery", "interface": "clean"}],
                              "apikeys": [{"name": "ada", "username": "ada", "apikey": submissions.KEYS["ada"]}]})
    installed.run("gatehousectl", "adopt")
    field = submissions.Field(installed.clean, submissions.KEYS["ada"])
    wait_for(lambda: field.get("/api/v3/session/whoami").status == 200, "the key's being known")
    content = os.urandom(300_000)
    # One after the other, each answered, and then the end.
    sample = field.submit(content)
    installed.upload(pair)
    installed.run("gatehousectl", "tls", "policy", "set", "--interface", "clean", "modern")
    former = installed.main_pid()
    installed.run("kill", "-KILL", str(former))
    wait_restarted(installed, former)
    assert installed.clean.served() == pair.fingerprint
    assert "modern" in installed.run("gatehousectl", "tls", "policy", "show", "--interface", "clean")
    audit = installed.run("gatehousectl", "audit", "--all")
    assert "certificate.uploaded" in audit and "settings.tls" in audit, audit
    again = field.data(f"/api/v2/samples/{sample['id']}")
    assert again["sha256"] == submissions.digests(content)["sha256"]
    assert (installed.state / "samples" / again["sha256"][:2] / again["sha256"][2:4] / again["sha256"]).read_bytes() == content
    installed.run("gatehousectl", "tls", "policy", "set", "--interface", "clean", "intermediate")


# ---- sockets

def test_a_restart_refuses_no_connection(installed):
    """systemd holds the ports, so that who comes in between waits."""
    pause = 0.005
    failures = []
    for _ in range(3):
        restart = subprocess.Popen(["nsenter", "-t", str(installed.leader), "-a", "systemctl", "restart", "gatehouse"])
        asked = 0
        while restart.poll() is None or asked < 20:
            try:
                assert clients.get(installed.clean, "/healthz").status == 200
            except OSError as error:
                failures.append(error)
            asked += 1
            time.sleep(pause)
        assert restart.returncode == 0
    assert not failures


def test_a_socket_that_disagrees_with_the_configuration_is_told(installed):
    with drop_in(installed, "[Socket]\nListenStream=\nListenStream=9443\n", "gatehouse-admin.socket"):
        assert installed.events("sockets.disagree")
    installed.wait_up()


def test_without_sockets_the_daemon_binds_its_ports_with_no_other_right(installed):
    installed.run("systemctl", "disable", "--now", "gatehouse-clean.socket", "gatehouse-admin.socket")
    with drop_in(installed, installed.inside("/usr/share/gatehouse/examples/own-ports.conf").read_text()):
        installed.wait_up()
        assert installed.shown("gatehouse-clean.socket", "ActiveState")["ActiveState"] == "inactive"
        bounding = installed.shown("gatehouse.service", "CapabilityBoundingSet")["CapabilityBoundingSet"]
        assert bounding == "cap_net_bind_service"
        installed.run("systemctl", "stop", "gatehouse.service")
        installed.run("systemctl", "enable", "gatehouse-clean.socket", "gatehouse-admin.socket")
    installed.wait_up()
    assert installed.shown("gatehouse-clean.socket", "ActiveState")["ActiveState"] == "active"


def test_restarts_by_hand_are_not_taken_for_crashes(installed):
    for _ in range(8):
        installed.run("systemctl", "restart", "gatehouse")
    installed.wait_up()


# ---- certbot

def renew(machine, pair, *door):
    machine.write("/etc/letsencrypt/live/gw/privkey.pem", pair.key, 0o600)
    machine.write("/etc/letsencrypt/live/gw/fullchain.pem", pair.chain)
    return machine.try_run("env", "RENEWED_LINEAGE=/etc/letsencrypt/live/gw", f"RENEWED_DOMAINS={machine.name}",
                           "/usr/share/gatehouse/certbot-deploy-hook", *door)


def test_what_certbot_renewed_is_served_when_its_hook_has_ended(installed, authority):
    pair = authority.issue(installed.name)
    done = renew(installed, pair)
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed.clean.served() == pair.fingerprint
    assert owner_in(installed, "/var/lib/gatehouse/clean/cert.key") == "gatehouse 600"


def test_the_hook_of_certbot_installs_at_the_door_that_it_is_told(installed, authority):
    pair = authority.issue(installed.name)
    clean = installed.clean.served()
    done = renew(installed, pair, "admin")
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed.admin.served() == pair.fingerprint and installed.clean.served() == clean
    assert renew(installed, pair, "attic").returncode == 2


@pytest.mark.parametrize("lay", ["ln -s /root/of-root", "mkfifo"])
def test_the_hook_of_certbot_writes_through_nothing_that_the_daemons_user_laid(installed, authority, lay):
    pair = authority.issue(installed.name)
    installed.write("/root/of-root", "root's own", 0o600)
    installed.run("sh", "-c", f"cd /var/lib/gatehouse/clean && runuser -u gatehouse -- {lay} cert.key.gatehouse-certbot")
    assert renew(installed, pair).returncode == 0
    assert installed.clean.served() == pair.fingerprint
    assert installed.run("cat", "/root/of-root") == "root's own"


def test_the_hook_of_certbot_succeeds_where_only_the_other_door_refuses_its_pair(installed, authority):
    key = "/var/lib/gatehouse/admin/cert.key"
    installed.run("mv", key, f"{key}.aside")
    try:
        installed.run("runuser", "-u", "gatehouse", "--", "sh", "-c", f"echo no key >{key}")
        pair = authority.issue(installed.name)
        done = renew(installed, pair)
        assert done.returncode == 0, done.stdout + done.stderr
        assert installed.clean.served() == pair.fingerprint
    finally:
        installed.run("mv", f"{key}.aside", key)


def test_the_hook_of_certbot_fails_where_the_daemon_refuses_what_was_renewed(installed, authority):
    served = installed.clean.served()
    refused = renew(installed, authority.expired(installed.name))
    assert refused.returncode != 0
    assert "expired" in refused.stdout + refused.stderr
    assert installed.clean.served() == served
    assert renew(installed, authority.issue(installed.name)).returncode == 0


def test_the_hook_of_certbot_fails_where_the_configuration_names_another_place(installed, authority):
    """A reload finds nothing wrong there, and the door would go on until the end of the old certificate."""
    pair = authority.issue(installed.name)
    installed.write("/etc/gatehouse/own.key", pair.key, 0o600)
    installed.write("/etc/gatehouse/own.pem", pair.chain)
    elsewhere = {"interfaces": {"clean": {"certificate": "/etc/gatehouse/own.pem", "key": "/etc/gatehouse/own.key"}}}
    try:
        with configured(installed, json.dumps(elsewhere)):
            installed.run("systemctl", "restart", "gatehouse")
            assert installed.clean.served() == pair.fingerprint
            done = renew(installed, authority.issue(installed.name))
            assert done.returncode == 1 and "interfaces.clean.certificate" in done.stderr, done.stdout + done.stderr
            assert installed.clean.served() == pair.fingerprint
    finally:
        installed.run("systemctl", "restart", "gatehouse")
    assert renew(installed, authority.issue(installed.name)).returncode == 0


# ---- the vault's key

def test_the_key_of_the_vault_can_be_a_credential_of_systemds(installed, authority):
    installed.run("sh", "-c", "mkdir -p /etc/credstore.encrypted && head -c 32 /dev/urandom | systemd-creds encrypt "
                  "--with-key=host --name=gatehouse.key - /etc/credstore.encrypted/gatehouse.key")
    installed.run("systemctl", "restart", "gatehouse")
    pair = authority.issue(installed.name)
    one_time_file(installed, {"keypass": {"clean": "open sesame"}})
    overwrite(installed.clean.key, pair.locked("open sesame").key)
    overwrite(installed.clean.certificate, pair.chain)
    installed.run("gatehousectl", "adopt")
    installed.clean.wait_served(pair.fingerprint)
    wait_for(lambda: (installed.state / "vault/vault.json").exists(), "the vault")
    assert not (installed.state / "vault/key").exists()
    installed.run("systemctl", "restart", "gatehouse")
    assert installed.clean.served() == pair.fingerprint  # opened with what was sealed
    assert "key_locked" not in installed.run("gatehoused", "--check")  # which is given no credential of its own
    installed.run("rm", "/etc/credstore.encrypted/gatehouse.key")
    installed.run("systemctl", "restart", "gatehouse")
    assert installed.events("vault.locked")
    checked = installed.try_run("gatehoused", "--check")
    assert "vault_locked" in checked.stdout and "systemd's credential gatehouse.key" in checked.stdout, checked
