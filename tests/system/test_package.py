"""The package by itself: what is in it, and how it comes, is replaced and goes."""

import contextlib
import json
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

import clients
import former_box
import submissions
from api import Api
from daemon import wait_for
from machine import REPOSITORY
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
    assert (tree / "usr/sbin/gatehoused").stat().st_size <= MOST_BYTES
    for program in (tree / "usr/sbin/gatehoused", tree / "usr/bin/gatehousectl"):
        sections = subprocess.run(["readelf", "-S", "-W", program], check=True, capture_output=True, text=True).stdout
        assert ".text" in sections and ".debug_info" not in sections and ".symtab" not in sections
        assert str(REPOSITORY).encode() not in program.read_bytes()


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


# ---- AppArmor

def apparmor_parser(tree, *options):
    done = subprocess.run(["apparmor_parser", *options, "--skip-cache", tree / "etc/apparmor.d/usr.sbin.gatehoused"],
                          capture_output=True, text=True, timeout=DEADLINE)
    said = [line for line in done.stderr.splitlines() if "Kernel needs AppArmor" not in line]
    assert done.returncode == 0 and not said, done.stderr


def test_the_profile_of_apparmor_is_understood(tree):
    apparmor_parser(tree, "--skip-kernel-load")


@pytest.fixture
def profile(tree):
    """In the kernel, which the machine shares; it holds for this path of a program wherever it is started meanwhile."""
    if subprocess.run(["aa-enabled", "--quiet"]).returncode != 0:
        pytest.skip("NOT RUN: AppArmor is not enabled on this machine")
    apparmor_parser(tree, "--replace")
    yield
    apparmor_parser(tree, "--remove")


def refusals_of_apparmor():
    said = subprocess.run(["dmesg"], check=True, capture_output=True, text=True).stdout
    return [line for line in said.splitlines() if 'apparmor="DENIED"' in line and "gatehoused" in line]


def test_under_the_profile_of_apparmor_it_does_its_work(profile, machine, package, authority):
    before = refusals_of_apparmor()
    machine.boot()
    machine.install(package)
    with machine.network():
        confined = Path(f"/proc/{machine.host_pid(machine.main_pid())}/attr/current").read_text().strip()
        assert confined == "/usr/sbin/gatehoused (enforce)"
        machine.wait_up()
        pair = authority.issue(machine.name)
        machine.upload(pair)
        assert machine.clean.served() == pair.fingerprint
        field = known_user(machine)
        sample = field.submit(b"of a test")
        assert field.data(f"/api/v2/samples/{sample['id']}")["state"] == "wait"
        assert not (machine.state / "otc.conf.json").exists()
        machine.run("gatehousectl", "backup", "create", "/root/box.backup", "--samples", input="a passphrase of its own\n")
        machine.run("systemctl", "reload", "gatehouse")
        machine.run("systemctl", "restart", "gatehouse")
        assert machine.clean.served() == pair.fingerprint
    assert refusals_of_apparmor() == before


def known_user(machine):
    """Somebody whom a one-time file brought while the daemon ran; the test is in the machine's network."""
    machine.write("/var/lib/gatehouse/otc.conf.json", json.dumps({
        "users": [{"username": "ada", "password": "correct horse battery", "interface": "clean"}],
        "apikeys": [{"name": "ada", "username": "ada", "apikey": submissions.KEYS["ada"]}]}), 0o600)
    machine.run("gatehousectl", "adopt")
    field = submissions.Field(machine.clean, submissions.KEYS["ada"])
    wait_for(lambda: field.get("/api/v3/session/whoami").status == 200, "the key's being known")
    return field


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
    machine.write("/usr/local/bin/tell-operators", "#!/bin/sh\n", 0o755)
    machine.run("systemctl", "start", "gatehouse-events.service")
    with machine.network():
        pair = authority.issue(machine.name)
        machine.upload(pair)
        machine.run("sed", "-i", 's/"level": "info"/"level": "warning"/', "/etc/gatehouse/gatehouse.json")
        machine.run("gatehousectl", "reload")
        token = machine.run("gatehousectl", "token", "add", "of-before", "--role", "read").strip()
        former = machine.main_pid()
        with asking(machine.clean), asking(machine.admin):
            machine.install(package)
        assert machine.main_pid() != former
        for unit in ("gatehouse.service", "gatehouse-events.service"):
            program = machine.run("readlink", f"/proc/{machine.main_pid(unit)}/exe")
            assert "gatehouse" in program and "deleted" not in program, f"{unit} still runs what was replaced"
        assert machine.clean.served() == pair.fingerprint
        assert '"level": "warning"' in machine.inside("/etc/gatehouse/gatehouse.json").read_text()
        assert Api(machine.admin).with_token(token).get("/api/v1/status").status == 200
        version = machine.run("dpkg-query", "-W", "-f", "${Version}", "gatehouse")
        assert "previous" not in version and machine.status()["version"] == version


def test_what_nobody_started_is_not_started_by_an_upgrade(machine, package, previous_package):
    machine.boot()
    machine.install(previous_package)
    machine.install(package)
    for unit in ("gatehouse-events.service", "gatehouse-analysis.socket"):
        assert machine.shown(unit, "ActiveState")["ActiveState"] == "inactive", unit


def test_an_upgrade_takes_over_what_an_older_version_left(machine, package, previous_package, authority):
    """The older package is the scripts of this one; the state is an older daemon's."""
    machine.boot()
    machine.install(previous_package)
    machine.stop_gatehouse()
    pair = authority.issue(machine.name)
    former_box.lay(machine, pair)
    machine.install(package)
    with machine.network():
        assert machine.clean.served() == pair.fingerprint
        assert former_box.OPERATOR in machine.run("gatehousectl", "operator", "list")
        assert Api(machine.admin).with_token(former_box.TOKEN).get("/api/v1/status").status == 200
        assert "modern" in machine.run("gatehousectl", "tls", "policy", "show", "--interface", "admin")
        assert "operator.added" in machine.run("gatehousectl", "audit", "--all")
        field = submissions.Field(machine.clean, former_box.API_KEY)
        assert field.data(f"/api/v2/samples/{former_box.SAMPLE_ID}")["sha256"] == former_box.SHA256
        assert field.get(f"/api/v2/samples/{former_box.SAMPLE_ID}/sample.zip").status == 200
        assert not machine.events("records.failed")
    machine.stop_gatehouse()
    assert former_box.steps(machine) > former_box.STEPS


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
    machine.stop_gatehouse()
    machine.run("mount", "-t", "tmpfs", "-o", "uid=gatehouse,mode=0700", "tmpfs", "/var/lib/gatehouse")
    machine.write("/usr/local/bin/tell-operators", "#!/bin/sh\n", 0o755)
    machine.run("systemctl", "start", "gatehouse.service", "gatehouse-events.service", "gatehouse-analysis.socket")
    assert machine.run("ls", "-A", "/var/lib/gatehouse").strip()
    machine.run("apt-get", "purge", "--yes", "gatehouse")
    assert machine.try_run("dpkg-query", "-W", "gatehouse").returncode == 1
    assert not machine.run("ls", "-A", "/var/lib/gatehouse").strip()
    assert not machine.run("systemctl", "list-units", "--plain", "--no-legend", "gatehouse*").strip()


def test_a_purge_leaves_a_disk_that_is_mounted_in_the_state_folder_and_says_so(machine, package):
    machine.boot()
    machine.install(package)
    machine.stop_gatehouse()
    machine.run("install", "-d", "-o", "gatehouse", "/var/lib/gatehouse/samples")
    machine.run("mount", "-t", "tmpfs", "-o", "uid=gatehouse,mode=0700", "tmpfs", "/var/lib/gatehouse/samples")
    machine.run("touch", "/var/lib/gatehouse/samples/kept")
    said = machine.run("apt-get", "purge", "--yes", "gatehouse")
    assert re.search(r"this is left, .*: /var/lib/gatehouse/samples$", said, re.M), said
    assert machine.run("find", "/var/lib/gatehouse", "-mindepth", "1").split() == ["/var/lib/gatehouse/samples",
                                                                                  "/var/lib/gatehouse/samples/kept"]


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
    assert any(path.endswith("/gatehouse.db") for path in secrets_in(machine.folder / "upper", ["mira"]))  # it does find
    assert not secrets_in(machine.folder / "upper", secrets.values())


# ---- backup

def test_a_backup_makes_a_fresh_box_the_one_that_was_backed_up(machine, second_machine, package, authority):
    """With samples and configuration, and by what a person types."""
    machine.boot()
    machine.install(package)
    pair, elsewhere = authority.issue("gw.example.test"), authority.issue("ops.example.test")
    configuration = json.dumps({"expiry_days": [14, 3], "interfaces": {"admin": {
        "certificate": "/etc/gatehouse/admin.pem", "key": "/etc/gatehouse/admin.key", "hostname": "ops.example.test"}}})
    machine.write("/etc/gatehouse/gatehouse.json", configuration)
    machine.write("/etc/gatehouse/admin.pem", elsewhere.chain)
    machine.write("/etc/gatehouse/admin.key", elsewhere.key, 0o600)
    machine.run("systemctl", "restart", "gatehouse")
    content = os.urandom(300_000)
    with machine.network():
        assert machine.admin.served() == elsewhere.fingerprint
        machine.upload(pair)
        machine.run("gatehousectl", "operator", "add", "mira", "--role", "read", "--name", "Mira", input="correct horse battery\n")
        sample = known_user(machine).submit(content)
    machine.run("gatehousectl", "backup", "create", "/root/box.backup", "--samples", input="a passphrase of its own\n")
    assert machine.inside("/root/box.backup").stat().st_mode & 0o777 == 0o600

    fresh = second_machine.boot()
    fresh.install(package)
    fresh.write("/root/box.backup", machine.inside("/root/box.backup").read_bytes(), 0o600)
    restore = ("gatehousectl", "backup", "restore", "/root/box.backup", "--force", "--configuration")
    led = fresh.try_run(*restore, input="a passphrase of its own\n")
    assert led.returncode == 1 and "/etc/gatehouse/admin.pem" in led.stderr and "--elsewhere" in led.stderr, led.stderr
    restore = (*restore, "--elsewhere")
    running = fresh.try_run(*restore, input="a passphrase of its own\n")
    assert running.returncode == 1 and "systemctl stop" in running.stderr, running.stderr
    fresh.stop_gatehouse()
    fresh.run(*restore, input="a passphrase of its own\n")
    assert not fresh.run("find", fresh.STATE, "!", "-user", "gatehouse").strip()
    assert fresh.inside("/etc/gatehouse/gatehouse.json").read_text() == configuration
    fresh.run("systemctl", "start", "gatehouse.service")
    with fresh.network():
        assert (fresh.clean.served(), fresh.admin.served()) == (pair.fingerprint, elsewhere.fingerprint)
        field = submissions.Field(fresh.clean, submissions.KEYS["ada"])
        sha256 = submissions.digests(content)["sha256"]
        assert field.data(f"/api/v2/samples/{sample['id']}")["sha256"] == sha256
    assert (fresh.state / "samples" / sha256[:2] / sha256[2:4] / sha256).read_bytes() == content
    assert "mira" in fresh.run("gatehousectl", "operator", "list")
