"""The package by itself: what is in it, and how it comes, is replaced and goes."""

import contextlib
import json
import os
import re
import subprocess
import threading

import pytest

import clients
from daemon import wait_for
from machine import REPOSITORY, Machine
from patience import DEADLINE

MOST_BYTES = 12 * 1000 * 1000  # of the daemon with the portal in it


@pytest.fixture(scope="module")
def tree(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder / "tree"], check=True)
    return folder / "tree"


def test_it_holds_all_that_an_appliance_maker_needs(tree):
    for path in ("usr/sbin/gatehoused", "usr/bin/gatehousectl", "lib/systemd/system/gatehouse.service",
                 "lib/systemd/system/gatehouse-clean.socket", "lib/systemd/system/gatehouse-admin.socket",
                 "usr/lib/sysusers.d/gatehouse.conf", "usr/lib/tmpfiles.d/gatehouse.conf", "etc/gatehouse/gatehouse.json",
                 "usr/share/man/man8/gatehoused.8.gz", "usr/share/man/man8/gatehousectl.8.gz",
                 "usr/share/man/man5/gatehouse.json.5.gz", "usr/share/bash-completion/completions/gatehousectl",
                 "etc/apparmor.d/usr.sbin.gatehoused", "usr/share/gatehouse/certbot-deploy-hook"):
        assert (tree / path).is_file(), path
    assert (tree / "DEBIAN/conffiles").read_text().split() == ["/etc/apparmor.d/usr.sbin.gatehoused", "/etc/gatehouse/gatehouse.json"]


def test_the_daemon_is_stripped_small_and_names_no_folder_of_who_built_it(tree):
    daemon = tree / "usr/sbin/gatehoused"
    assert daemon.stat().st_size <= MOST_BYTES
    assert ".debug_info" not in subprocess.run(["readelf", "-S", "-W", daemon], capture_output=True, text=True).stdout
    assert str(REPOSITORY).encode() not in daemon.read_bytes()


def test_its_version_is_what_the_programs_say(tree, package):
    version = subprocess.run(["dpkg-deb", "--field", package, "Version"], capture_output=True, text=True).stdout.strip()
    for program in ("usr/sbin/gatehoused", "usr/bin/gatehousectl"):
        said = subprocess.run([tree / program, "--version"], capture_output=True, text=True).stdout
        assert said.split()[-1] == version


def test_it_depends_on_nothing_but_debian_12(machine, package):
    """The machine has no network: what is missing could not be fetched."""
    machine.boot()
    machine.install(package)
    assert machine.run("dpkg", "--audit") == ""


def test_the_profile_of_apparmor_is_understood(tree):
    done = subprocess.run(["apparmor_parser", "--skip-kernel-load", "--skip-cache", tree / "etc/apparmor.d/usr.sbin.gatehoused"],
                          capture_output=True, text=True, timeout=DEADLINE)
    said = [line for line in done.stderr.splitlines() if "Kernel needs AppArmor" not in line]
    assert done.returncode == 0 and not said, done.stderr


# ---- upgrade

@contextlib.contextmanager
def asking(door):
    """Somebody who asks all the time, each time on a connection of his own. No failure is excused."""
    end, failures, asked = threading.Event(), [], [0]

    def ask():
        while not end.is_set():
            try:
                assert clients.get(door, "/healthz").status == 200
            except (OSError, AssertionError) as error:
                failures.append(repr(error))
            asked[0] += 1
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: asked[0] > 10, "the first answers")
        yield
        before = asked[0]
        wait_for(lambda: asked[0] > before + 10, "answers afterwards")
    finally:
        end.set()
        for thread in threads:
            thread.join()
    assert not failures, failures[:5]


def test_an_upgrade_keeps_state_and_configuration_and_loses_no_request(machine, package, previous_package, authority):
    machine.boot()
    machine.install(previous_package)
    with machine.network():
        pair = authority.issue(machine.name)
        machine.write("/root/new.pem", pair.chain + pair.key, 0o600)
        machine.run("gatehousectl", "certificate", "upload", "--interface", "clean", "/root/new.pem", "--confirm",
                    "hostname_mismatch,chain_incomplete")
        machine.run("sed", "-i", 's/"level": "info"/"level": "warning"/', "/etc/gatehouse/gatehouse.json")
        machine.run("gatehousectl", "reload")
        token = json.loads(machine.run("gatehousectl", "--json", "token", "add", "of-before", "--role", "read"))
        former = machine.main_pid()
        with asking(machine.clean):
            machine.install(package)
        assert machine.main_pid() != former
        assert machine.clean.served() == pair.fingerprint
        assert '"level": "warning"' in machine.inside("/etc/gatehouse/gatehouse.json").read_text()
        assert "of-before" in machine.run("gatehousectl", "token", "list") and token
        version = machine.run("dpkg-query", "-W", "-f", "${Version}", "gatehouse")
        assert "previous" not in version and machine.status()["version"] == version


# ---- removal

def test_a_removal_keeps_the_state_a_purge_removes_all_but_the_locked_user(machine, package):
    machine.boot()
    machine.install(package)
    with machine.network():
        before = machine.clean.served()
        machine.run("apt-get", "remove", "--yes", "gatehouse")
        with pytest.raises(ConnectionRefusedError):
            machine.clean.served()
        assert (machine.state / "gatehouse.db").exists() and machine.inside("/etc/gatehouse/gatehouse.json").exists()
        machine.install(package)
        assert machine.clean.served() == before
        machine.run("apt-get", "purge", "--yes", "gatehouse")
    for path in ("/var/lib/gatehouse", "/etc/gatehouse", "/etc/apparmor.d/usr.sbin.gatehoused",
                 "/etc/systemd/system/multi-user.target.wants/gatehouse.service",
                 "/etc/systemd/system/sockets.target.wants/gatehouse-clean.socket"):
        assert not os.path.lexists(machine.inside(path)), path
    assert machine.run("getent", "shadow", "gatehouse").split(":")[1].startswith("!")
    assert not machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "gatehouse*").strip()


def test_a_purge_leaves_a_mounted_state_folder_empty_and_stops_what_was_started_beside(machine, package):
    machine.boot()
    machine.install(package)
    machine.run("systemctl", "stop", "gatehouse.service", "gatehouse-clean.socket", "gatehouse-admin.socket")
    machine.run("mount", "-t", "tmpfs", "-o", "uid=gatehouse,mode=0700", "tmpfs", "/var/lib/gatehouse")
    machine.write("/usr/local/bin/tell-operators", "#!/bin/sh\n", 0o755)
    machine.run("systemctl", "start", "gatehouse.service", "gatehouse-events.service", "gatehouse-analysis.socket")
    assert machine.run("ls", "-A", "/var/lib/gatehouse").strip()
    machine.run("apt-get", "purge", "--yes", "gatehouse")
    assert machine.try_run("dpkg-query", "-W", "gatehouse").returncode == 1
    assert not machine.run("ls", "-A", "/var/lib/gatehouse").strip()
    assert not machine.run("systemctl", "list-units", "--plain", "--no-legend", "gatehouse*").strip()


# ---- laid down by an image builder

def secrets_in(folder, words):
    """Files below the folder that hold one of the words."""
    pattern = re.compile(b"|".join(re.escape(word.encode()) for word in words))
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with contextlib.suppress(OSError):
                if os.path.isfile(path) and not os.path.islink(path) and pattern.search(open(path, "rb").read()):
                    found.append(path)
    return found


def test_a_first_boot_without_keyboard_uses_what_was_laid_down_and_leaves_no_secret(machine, package, authority):
    machine.write("/var/tmp/gatehouse.deb", package.read_bytes())
    machine.chroot("dpkg", "-i", "/var/tmp/gatehouse.deb")  # systemd does not run: nothing is started
    machine.inside("/var/tmp/gatehouse.deb").unlink()
    secrets = {"keypass": "laid down: open sesame", "password": "laid down: correct horse",
               "apikey": "laiddownkey123456789012345"}
    pairs = {door.name: authority.issue(machine.name) for door in (machine.clean, machine.admin)}
    for name, pair in pairs.items():
        machine.write(f"/var/lib/gatehouse/{name}/cert.key", pair.locked(secrets["keypass"]).key, 0o600)
        machine.write(f"/var/lib/gatehouse/{name}/cert.pem", pair.chain)
    machine.write("/etc/gatehouse/gatehouse.json", '{"expiry_days": [14, 3]}')
    machine.write("/var/lib/gatehouse/otc.conf.json", json.dumps({
        "keypass": secrets["keypass"],
        "users": [{"username": "mira", "password": secrets["password"]},
                  {"username": "ada", "password": secrets["password"], "interface": "clean"}],
        "apikeys": [{"name": "script", "username": "ada", "apikey": secrets["apikey"]}]}), 0o600)
    machine.boot()
    with machine.network():
        wait_for(lambda: machine.shown("gatehouse.service", "ActiveState")["ActiveState"] == "active", "the service")
        for door in (machine.clean, machine.admin):
            assert door.served() == pairs[door.name].fingerprint
        wait_for(lambda: clients.get(machine.clean, f"/api/v3/session/whoami?api_key={secrets['apikey']}").status == 200,
                 "the key's being known")
    assert not (machine.state / "otc.conf.json").exists()
    assert "mira" in machine.run("gatehousectl", "operator", "list")
    machine.run("journalctl", "--flush")
    journal = machine.run("journalctl", "--no-pager", "-o", "export")
    assert "gatehoused" in journal and not any(word in journal for word in secrets.values())
    machine.power_off()
    assert (machine.folder / "upper/var/lib/gatehouse").is_dir()
    assert not secrets_in(machine.folder / "upper", secrets.values())


# ---- backup

def test_a_backup_makes_a_fresh_box_the_one_that_was_backed_up(request, machine, package, authority):
    machine.boot()
    machine.install(package)
    pair = authority.issue("gw.example.test")
    with machine.network():
        machine.write("/root/new.pem", pair.chain + pair.key, 0o600)
        machine.run("gatehousectl", "certificate", "upload", "--interface", "clean", "/root/new.pem", "--confirm",
                    "hostname_mismatch,chain_incomplete")
        machine.run("gatehousectl", "operator", "add", "mira", "--role", "read", "--name", "Mira", input="correct horse battery\n")
    machine.run("gatehousectl", "backup", "create", "/root/box.backup", input="a passphrase of its own\n")
    whole = machine.inside("/root/box.backup").read_bytes()
    assert machine.inside("/root/box.backup").stat().st_mode & 0o777 == 0o600
    fresh = Machine()
    request.node.machines.append(fresh)
    try:
        fresh.boot()
        fresh.install(package)
        fresh.write("/root/box.backup", whole, 0o600)
        running = fresh.try_run("gatehousectl", "backup", "restore", "/root/box.backup", "--force",
                                input="a passphrase of its own\n")
        assert running.returncode == 1 and "systemctl stop" in running.stderr, running.stderr
        fresh.run("systemctl", "stop", "gatehouse.service", "gatehouse-clean.socket", "gatehouse-admin.socket")
        fresh.run("gatehousectl", "backup", "restore", "/root/box.backup", "--force", input="a passphrase of its own\n")
        assert not fresh.run("find", "/var/lib/gatehouse", "!", "-user", "gatehouse").strip()
        fresh.run("systemctl", "start", "gatehouse.service")
        with fresh.network():
            assert fresh.clean.served() == pair.fingerprint
        assert "mira" in fresh.run("gatehousectl", "operator", "list")
    finally:
        fresh.close()
