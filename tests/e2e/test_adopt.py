"""`gatehousectl adopt`, which root runs before each start, obeys nobody but root."""

import json
import os

import pytest

import console
from daemon import overwrite

NOBODY = 65534


@pytest.fixture
def laid(tmp_path):
    """A configuration of root's whose one-time file waits, in a state folder of the service's user."""
    for path in [tmp_path, *tmp_path.parents]:
        path.chmod(path.stat().st_mode | 0o011)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    os.chown(state, NOBODY, NOBODY)
    overwrite(state / "otc.conf.json", "{}")
    folder = tmp_path / "etc"
    overwrite(folder / "gatehouse.json", json.dumps({"state_directory": str(state)}), 0o644)
    folder.chmod(0o755)
    return folder / "gatehouse.json", state / "otc.conf.json"


def test_adopt_obeys_no_configuration_that_others_than_root_can_change(laid):
    configuration, one_time = laid

    def refused(path):
        done = console.run("--config", configuration, "adopt")
        assert done.returncode == 1 and str(path) in done.stderr, done
        assert f"chown -h root:root {path}" in done.stderr
        assert one_time.stat().st_uid == 0

    for path in (configuration, configuration.parent):
        mode = path.stat().st_mode
        os.chown(path, NOBODY, 0)
        refused(path)
        os.chown(path, 0, NOBODY)
        path.chmod(mode | 0o020)
        refused(path)
        os.chown(path, 0, 0)
        path.chmod(mode | 0o002)
        refused(path)
        path.chmod(mode)
    # Through a link of root's it is the file that counts.
    link = configuration.parent.parent / "link.json"
    link.symlink_to(configuration)
    done = console.run("--config", link, "adopt")
    assert done.returncode == 0, done
    assert one_time.stat().st_uid == NOBODY


def test_a_configuration_that_the_service_cannot_read_is_opened_and_not_given_away(laid):
    configuration, _ = laid
    configuration.chmod(0o600)
    done = console.run("--config", configuration, "backup", "create", configuration.parent / "file", user=NOBODY,
                       group=NOBODY, extra_groups=[], cwd="/")
    assert done.returncode == 1 and f"chmod 644 {configuration}" in done.stderr, done
    assert "chown" not in done.stderr
    configuration.chmod(0o644)
    configuration.parent.chmod(0o700)
    done = console.run("--config", configuration, "backup", "create", configuration.parent / "file", user=NOBODY,
                       group=NOBODY, extra_groups=[], cwd="/")
    assert done.returncode == 1 and f"chmod a+x {configuration.parent}" in done.stderr, done


def test_no_folder_and_no_link_on_the_way_to_the_configuration_may_be_anothers(laid):
    configuration, one_time = laid
    top = configuration.parent.parent
    theirs = top / "theirs"
    theirs.mkdir()
    (theirs / "hop").symlink_to(configuration)
    os.chown(theirs, NOBODY, NOBODY)
    roots = top / "link.json"
    roots.symlink_to(theirs / "hop")
    done = console.run("--config", roots, "adopt")
    assert done.returncode == 1 and f"can change {theirs}," in done.stderr, done
    assert one_time.stat().st_uid == 0


def adopt(configuration):
    done = console.run("--config", configuration, "adopt")
    return done.returncode, done.stderr


@pytest.mark.parametrize("name, content, words", [
    ("clean/cert.key", "the root of all", "holds no PEM block"),
    ("clean/cert.pem", "x" * (1024 * 1024 + 1), "is larger than such a file may be"),
    ("otc.conf.json", "root:*:0:0", "holds no JSON object"),
    ("otc.conf.json", "{" + " " * 65536, "is larger than such a file may be")],
    ids=lambda value: value if len(value) < 40 else f"{len(value)}")
def test_what_root_keeps_in_the_state_folder_is_not_given_away_by_the_name_that_it_gets_there(laid, name, content, words):
    configuration, one_time = laid
    file = one_time.parent / name
    file.parent.mkdir(exist_ok=True)
    overwrite(file, content, 0o600)
    code, said = adopt(configuration)
    assert code == 1 and f"{file} was left as it is: it {words}." in said
    assert file.stat().st_uid == 0


def test_a_folder_is_adopted_where_it_holds_nothing_but_what_is_the_daemons(laid):
    configuration, one_time = laid
    clean = one_time.parent / "clean"
    clean.mkdir(mode=0o700)
    overwrite(clean / "cert.key", "-----BEGIN PRIVATE KEY-----", 0o644)
    overwrite(clean / "secrets", "of root's", 0o644)
    code, said = adopt(configuration)
    assert code == 1 and f"{clean} was left as it is: it holds secrets, which is not the daemon's." in said
    assert clean.stat().st_uid == 0
    (clean / "secrets").unlink()
    (one_time.parent / "admin").mkdir()
    code, said = adopt(configuration)
    assert (code, said) == (0, "")
    assert {clean.stat().st_uid, (one_time.parent / "admin").stat().st_uid, (clean / "cert.key").stat().st_uid} == {NOBODY}
    assert (clean / "cert.key").stat().st_mode & 0o777 == 0o600
