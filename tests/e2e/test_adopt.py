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
        assert f"chown root:root {path}" in done.stderr
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
