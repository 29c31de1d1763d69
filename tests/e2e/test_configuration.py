"""The configuration file, and the command line that judges it."""

import json

import pytest

import certificates
from daemon import overwrite

EVERYTHING = """// every member that the contract names, with comments
{
  "state_directory": "%(state)s",
  "one_time_file": "%(state)s/otc.conf.json",
  "key_passphrase": "sealed",            // or "memory"
  "workers": 1,
  "console_socket": "%(folder)s/console.sock",
  "hsts_seconds": 0,                     // 0: no HSTS
  "interfaces": {
    "clean": {
      "listen": ["127.0.0.1:%(clean)d"], // ADDRESS:PORT, several
      "redirect": [],
      "hostname": "gw.example.test",
      "certificate": "clean/cert.pem",
      "key": "clean/cert.key",
      "tls": { "policy": "intermediate" },
      "files": ""
    },
    "admin": {
      "listen": ["127.0.0.1:%(admin)d"],
      "redirect": [],
      "hostname": "ops.example.test",
      "certificate": "admin/cert.pem",
      "key": "admin/cert.key",
      "tls": { "policy": "modern" },
      "files": ""
    }
  },
  "self_signed": { "days": 3650, "key_type": "ecdsa-p256" },
  "limits": {
    "connections": 10000, "connections_per_address": 1000,
    "handshake_seconds": 10, "header_seconds": 10, "idle_seconds": 75, "body_bytes_per_second": 1024,
    "header_bytes": 16384, "body_bytes": 1048576
  },
  "samples": { "body_bytes": 262144000, "quota_bytes": 0, "keep_days": 0, "free_bytes": 268435456 },
  "analysis": { "socket": "", "protocol": "clamd", "at_once": 2, "seconds": 300, "sample_bytes": 0 },
  "log": { "level": "info", "format": "json" }
}
"""

# What is put where, and words that the complaint must hold: the path first.
MISTAKES = {
    "unknown member at the top": (["state_dir"], "/x", ["state_dir", "state_directory"]),
    "unknown member of a door": (["interfaces", "clean", "hostnam"], "x", ["interfaces.clean.hostnam", "hostname"]),
    "unknown member of the limits": (["limits", "conections"], 5, ["limits.conections", "connections"]),
    "unknown door": (["interfaces", "cleen"], {}, ["interfaces.cleen", "clean"]),
    "text where a number belongs": (["workers"], "two", ["workers"]),
    "number where a text belongs": (["interfaces", "admin", "hostname"], 5, ["interfaces.admin.hostname"]),
    "text where a list belongs": (["interfaces", "clean", "listen"], "127.0.0.1:443", ["interfaces.clean.listen"]),
    "number in a list of texts": (["interfaces", "clean", "redirect"], [80], ["interfaces.clean.redirect[0]"]),
    "object where a text belongs": (["log", "level"], {}, ["log.level"]),
    "null": (["hsts_seconds"], None, ["hsts_seconds"]),
    "negative number": (["hsts_seconds"], -1, ["hsts_seconds"]),
    "fraction": (["workers"], 1.5, ["workers"]),
    "far too many workers": (["workers"], 100000000, ["workers"]),
    "no connections at all": (["limits", "connections"], 0, ["limits.connections"]),
    "no time for a handshake": (["limits", "handshake_seconds"], 0, ["limits.handshake_seconds"]),
    "zero days": (["self_signed", "days"], 0, ["self_signed.days"]),
    "unknown key type": (["self_signed", "key_type"], "rsa-1024", ["self_signed.key_type", "rsa-2048"]),
    "unknown policy": (["interfaces", "admin", "tls", "policy"], "old",
                       ["interfaces.admin.tls.policy", "intermediate"]),
    "unknown log level": (["log", "level"], "chatty", ["log.level", "info"]),
    "unknown log format": (["log", "format"], "xml", ["log.format", "json"]),
    "unknown protocol of the engine": (["analysis", "protocol"], "icap", ["analysis.protocol", "clamd"]),
    "relative socket of the engine": (["analysis", "socket"], "engine.sock", ["analysis.socket"]),
    "samples of no bytes": (["samples", "body_bytes"], 0, ["samples.body_bytes"]),
    "unknown place for passphrases": (["key_passphrase"], "paper", ["key_passphrase", "memory"]),
    "name where an address belongs": (["interfaces", "clean", "listen"], ["localhost:443"],
                                      ["interfaces.clean.listen[0]"]),
    "port 65536": (["interfaces", "clean", "listen"], ["127.0.0.1:65536"], ["interfaces.clean.listen[0]"]),
    "no port": (["interfaces", "clean", "listen"], ["127.0.0.1"], ["interfaces.clean.listen[0]"]),
    "IPv6 without brackets": (["interfaces", "clean", "listen"], ["127.0.0.1:8443", "::1:443"],
                              ["interfaces.clean.listen[1]"]),
    "hostname with a space": (["interfaces", "clean", "hostname"], "gw example", ["interfaces.clean.hostname"]),
    "relative folder of files": (["interfaces", "clean", "files"], "www", ["interfaces.clean.files"]),
    "relative state folder": (["state_directory"], "state", ["state_directory"]),
}


def put(configuration, path, value):
    for name in path[:-1]:
        configuration = configuration.setdefault(name, {})
    configuration[path[-1]] = value


def snapshot(folder):
    """Everything about every file but when it was read."""
    def facts(path):
        s = path.lstat()
        return (s.st_mode, s.st_uid, s.st_gid, s.st_ino, s.st_mtime_ns, s.st_ctime_ns,
                path.read_bytes() if path.is_file() else None)
    return {str(path): facts(path) for path in [folder, *folder.rglob("*")] if not path.is_socket()}


def test_every_member_of_the_contract_is_known_and_comments_are_fine(daemon):
    overwrite(daemon.configuration_file, EVERYTHING % {
        "folder": daemon.folder, "state": daemon.state, "clean": daemon.clean.port, "admin": daemon.admin.port})
    done = daemon.run("--config", daemon.configuration_file, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_option_has_a_default(daemon):
    overwrite(daemon.configuration_file, json.dumps({"state_directory": str(daemon.state)}))
    done = daemon.run("--config", daemon.configuration_file, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_by_its_path(daemon, mistake):
    path, value, words = MISTAKES[mistake]
    put(daemon.configuration, path, value)
    code, said = daemon.check()
    assert code == 1, said
    assert not [word for word in words if word not in said], said
    assert not daemon.state.exists()


def test_everything_that_is_wrong_is_said_at_once(daemon, authority):
    mistakes = ["unknown member at the top", "text where a number belongs", "unknown policy", "port 65536",
                "unknown log level", "unknown member of the limits"]
    for mistake in mistakes:
        put(daemon.configuration, *MISTAKES[mistake][:2])
    code, said = daemon.check()
    assert code == 1
    for mistake in mistakes:
        assert MISTAKES[mistake][2][0] in said, said


def test_the_problems_of_both_doors_certificates_are_said_at_once(daemon, authority):
    one, other = authority.issue(), authority.issue()
    daemon.clean.place(certificates.Pair(one.key, other.leaf, other.chain))
    daemon.admin.place(authority.issue("wrong.example.test", days=5))
    code, said = daemon.check()
    assert code == 1
    for words in ("clean", "admin", "key_mismatch", "hostname_mismatch", "expires_soon"):
        assert words in said, said


@pytest.mark.parametrize("text", ['{"\xff\xfe": 1}', '{"hostname\xe4": "x"}', '{"\\u001b[31mred\\u0007": 1}',
                                  '{"interfaces": {"clean": {"hostname": "a\\u001b[0m\\nb"}}}'])
def test_what_an_error_quotes_is_clean_text(daemon, text):
    overwrite(daemon.configuration_file, text.encode("latin-1"))
    for arguments in (["--check"], []):
        done = daemon.run("--config", daemon.configuration_file, *arguments)
        said = done.stdout + done.stderr
        assert done.returncode in (1, 78) and said
        assert not [c for c in said if (ord(c) < 32 and c != "\n") or 0xd800 <= ord(c) < 0xe000], ascii(said)


@pytest.mark.parametrize("text, words", [
    ("{", ""), ("", ""), ("[]", ""), ("{} {}", ""), ('{"workers": 1,}', ""), ('{"workers": 01}', ""),
    ('{"hostname": "\xff"}', ""), ("\0", ""), ('{"workers": 1, "workers": 2}', "workers"), ("[" * 100000, ""),
])
def test_what_is_no_configuration_is_refused_by_the_files_name(daemon, text, words):
    overwrite(daemon.configuration_file, text.encode("latin-1"))
    done = daemon.run("--config", daemon.configuration_file, "--check")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert str(daemon.configuration_file) in said and words in said


def test_a_bad_configuration_ends_the_start_with_78(daemon):
    put(daemon.configuration, *MISTAKES["unknown member of a door"][:2])
    daemon.write_configuration()
    done = daemon.run("--config", daemon.configuration_file)
    assert done.returncode == 78
    assert "interfaces.clean.hostnam" in done.stdout + done.stderr
    assert not daemon.state.exists()


def test_a_missing_configuration_ends_the_start_with_78(daemon):
    done = daemon.run("--config", daemon.folder / "nowhere.json")
    assert done.returncode == 78
    assert "nowhere.json" in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--config"], ["leftover"]])
def test_a_wrong_command_line_ends_with_2(daemon, arguments):
    done = daemon.run(*arguments)
    assert done.returncode == 2
    assert done.stdout + done.stderr


def test_version_and_help_end_with_0(daemon):
    version = daemon.run("--version")
    assert version.returncode == 0
    assert any(part[:1].isdigit() and "." in part for part in version.stdout.split()), version.stdout
    helped = daemon.run("--help")
    assert helped.returncode == 0
    for option in ("--config", "--check", "--version", "--help"):
        assert option in helped.stdout


def test_a_check_touches_nothing(daemon, authority):
    one, other = authority.issue(), authority.issue().locked("a passphrase")
    daemon.clean.place(certificates.Pair(one.key, other.leaf, other.chain))
    daemon.admin.place(other)
    daemon.give_passphrase("a passphrase")
    daemon.write_configuration()
    before = snapshot(daemon.folder)
    daemon.run("--config", daemon.configuration_file, "--check")
    assert snapshot(daemon.folder) == before


def test_a_check_beside_a_running_daemon_does_not_disturb_it(daemon, authority):
    daemon.clean.place(authority.issue())
    daemon.start()
    before = snapshot(daemon.folder)
    shown = daemon.clean.served()
    code, said = daemon.check()
    assert code == 0, said
    def seen(files):
        """All but what `check` above writes itself, and the database, where the daemon works on."""
        return {p: s for p, s in files.items() if p != str(daemon.configuration_file) and "/gatehouse.db" not in p}

    assert seen(snapshot(daemon.folder)) == seen(before)
    assert daemon.clean.served() == shown


def test_a_check_before_the_first_start_finds_nothing_wrong(daemon):
    code, said = daemon.check()
    assert code == 0, said
    assert not daemon.state.exists()


def test_relative_certificate_paths_are_below_the_state_folder_and_absolute_ones_are_kept(daemon, authority):
    relative, absolute = authority.issue(), authority.issue("ops.example.test")
    daemon.clean.certificate, daemon.clean.key = daemon.state / "own/gw.pem", daemon.state / "own/gw.key"
    daemon.settings("clean").update(certificate="own/gw.pem", key="own/gw.key")
    daemon.admin.certificate, daemon.admin.key = daemon.folder / "far/ops.pem", daemon.folder / "far/ops.key"
    daemon.settings("admin").update(certificate=str(daemon.admin.certificate), key=str(daemon.admin.key))
    daemon.clean.place(relative)
    daemon.admin.place(absolute)
    daemon.start()
    assert daemon.clean.served() == relative.fingerprint
    assert daemon.admin.served() == absolute.fingerprint


def test_logs_are_text_unless_json_is_asked_for(daemon):
    del daemon.configuration["log"]["format"]
    daemon.start()
    daemon.stop()
    assert daemon.log and not [line for line in daemon.log if line.startswith("{")]
    assert any("server.ready" in line or "ready" in line.lower() for line in daemon.log)


def test_a_json_log_line_holds_time_level_priority_event_and_message(daemon):
    daemon.start()
    for event in daemon.events():
        assert {"time", "level", "priority", "event", "message"} <= set(event), event
        assert str(event["priority"]) in "34567"


def test_an_analysis_engine_that_is_not_there_is_said_and_refuses_nothing(daemon):
    daemon.configuration["analysis"] = {"socket": str(daemon.folder / "engine.sock")}
    code, said = daemon.check()
    assert code == 0, said
    assert "analysis: warn socket: " in said and str(daemon.folder / "engine.sock") in said
