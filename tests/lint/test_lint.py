"""The lint rules find what is planted, and nothing in what is right."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def judge(rule, folder, files):
    """Makes a repository of these files and runs the rule on it: (exit code, what it said)."""
    subprocess.run(["git", "init", "-q", folder], check=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "-C", folder, "add", "-A"], check=True)
    done = subprocess.run([sys.executable, HERE / rule, folder], capture_output=True, text=True)
    assert not done.stderr
    return done.returncode, done.stdout


@pytest.mark.parametrize("file, line", [
    ("base/log.cpp", '#include "config/settings.hpp"'),
    ("config/load.cpp", '#include "certstore/pem.hpp"'),
    ("certstore/pem.cpp", '#include "server/net/listen.hpp"'),
    ("certstore/pem.cpp", '#include "records/users.hpp"'),
    ("server/net/listen.cpp", '#include "server/http/session.hpp"'),
    ("server/net/listen.cpp", '#include "server/appliance.hpp"'),
    ("server/net/pool.hpp", '#include "records/database.hpp"'),
    ("server/http/router.hpp", '#include "records/audit.hpp"'),
    ("server/http/router.hpp", '#include "server/archive/archive.hpp"'),
    ("server/http/router.hpp", '#include "server/credentials/credentials.hpp"'),
    ("server/archive/archive.hpp", '#include "server/credentials/credentials.hpp"'),
    ("server/http/router.hpp", '#include "server/admin/status.hpp"'),
    ("server/system/notify.cpp", '#include "server/credentials/credentials.hpp"'),
    ("server/system/notify.cpp", '#include "server/http/request.hpp"'),
    ("server/admin/status.cpp", '#include "server/clean/samples.hpp"'),
    ("server/samples/sample_store.cpp", '#include "server/clean/services.hpp"'),
    ("server/samples/sample_store.cpp", '#include "server/integrations/verdict.hpp"'),
    ("server/admin/status.cpp", '#include "server/samples/sample_store.hpp"'),
    ("server/net/listen.cpp", '#include "portal/assets.hpp"'),
    ("portal/assets.hpp", '#include "base/log.hpp"'),
    ("server/credentials/credentials.cpp", '#include "server/system/notify.hpp"'),
    ("base/log.cpp", "#include <openssl/ssl.h>"),
    ("config/vault.cpp", "  #  include <openssl/evp.h>"),
    ("certstore/context.cpp", "#include <boost/asio/io_context.hpp>"),
    ("base/files.cpp", "#include <boost/asio.hpp>"),
    ("server/http/session.cpp", "#include <boost/beast/http/parser.hpp>"),
    ("tests/unit/http/session.cpp", "#include <boost/beast/core.hpp>"),
    ("records/audit.cpp", "#include <sqlite3.h>"),
    ("records/totp.cpp", "#include <openssl/hmac.h>"),
    ("records/audit.cpp", "#include <liboath/oath.h>"),
    ("records/audit.cpp", '#include "certstore/pem.hpp"'),
    ("server/http/router.cpp", '#include "router.hpp"'),
    ("gatehousectl/client.cpp", '#include "certstore/pem.hpp"'),
    ("gatehousectl/client.cpp", '#include "server/http/chunked.hpp"'),
    ("gatehousectl/client.cpp", "#include <openssl/ssl.h>"),
    ("gatehousectl/commands/status.cpp", "#include <CLI/CLI.hpp>"),
    ("server/appliance.cpp", '#include "gatehousectl/text.hpp"'),
    ("attic/box.cpp", '#include "base/log.hpp"'),
])
def test_an_include_against_the_arrows_is_found(tmp_path, file, line):
    code, said = judge("includes", tmp_path, {file: f"// a room\n{line}\n"})
    assert code == 1
    assert said.startswith(f"{file}:2: ")


def test_includes_along_the_arrows_are_fine(tmp_path):
    code, said = judge("includes", tmp_path, {
        "base/log.cpp": '#include "base/log.hpp"\n#include <string>\n',
        "config/load.cpp": '#include "base/files.hpp"\n#include <nlohmann/json.hpp>\n',
        "certstore/pem.cpp": '#include "config/settings.hpp"\n#include <openssl/pem.h>\n',
        "server/net/listen.cpp": '#include "certstore/context.hpp"\n#include <boost/asio/io_context.hpp>\n',
        "server/http/request_parser.cpp": '#include "server/net/buffers.hpp"\n#include <boost/beast/http/parser.hpp>\n',
        "server/archive/archive.cpp": '#include "records/database.hpp"\n#include "server/http/request.hpp"\n',
        "server/credentials/credentials.cpp": '#include "server/http/response.hpp"\n',
        "server/system/watchdog.cpp": '#include "server/net/address.hpp"\n',
        "server/clean/samples.cpp": '#include "server/samples/sample_store.hpp"\n#include "server/integrations/verdict.hpp"\n',
        "server/admin/status.cpp": '#include "server/credentials/credentials.hpp"\n',
        "server/appliance.cpp": '#include "server/admin/status.hpp"\n#include "server/system/notify.hpp"\n',
        "server/main.cpp": '#include "server/appliance.hpp"\n#include <CLI/CLI.hpp>\n',
        "gatehousectl/commands/status.cpp": '#include "gatehousectl/console.hpp"\n#include "base/log.hpp"\n',
        "tests/unit/net/listen.cpp": '#include "server/net/listen.hpp"\n#include <boost/asio.hpp>\n',
    })
    assert (code, said) == (0, "14 files include along the arrows\n")


@pytest.mark.parametrize("name", ["base/utils.hpp", "server/net/socket_helper.cpp", "config/common.hpp",
                                  "server/helpers/a.cpp", "server/connection-manager.hpp"])
def test_a_name_that_says_nothing_is_found(tmp_path, name):
    code, said = judge("names", tmp_path, {name: ""})
    assert code == 1
    assert said.startswith(f"{name}: ")


@pytest.mark.parametrize("folder", ["home", "work"])
def test_a_path_of_somebodys_machine_is_found(tmp_path, folder):
    code, said = judge("names", tmp_path, {"docs/a.md": f"first\nsee /{folder}/someone/notes\n"})
    assert code == 1
    assert said.startswith("docs/a.md:2: ")


def test_plain_names_and_texts_are_fine(tmp_path):
    code, said = judge("names", tmp_path, {"base/uncommon.hpp": "see STATE/home/x and https://example.test/work/a\n"})
    assert (code, said) == (0, "1 names and texts are fine\n")


@pytest.mark.parametrize("opening", [
    "",
    "#pragma once\n// Any thread.\n",
    "// The log. Owned by main.\n#pragma once\n",
    "// The log.\n\n// Any thread.\n#pragma once\n",
    "// The log that threading and multithreaded programs write.\n#pragma once\n",
])
def test_a_header_whose_opening_names_no_thread_is_found(tmp_path, opening):
    code, said = judge("openings", tmp_path, {"base/log.hpp": opening})
    assert code == 1
    assert said.startswith("base/log.hpp:1: ")


def test_openings_that_name_a_thread_or_an_executor_are_fine(tmp_path):
    code, said = judge("openings", tmp_path, {
        "base/days.hpp": "// Days. Pure; any thread.\n#pragma once\n",
        "server/net/dial.hpp": "// From a name to a connection.\n//\n// Its executor\n// only.\n#pragma once\n",
        "server/http/site.hpp": "// What a worker serves. Owned by workers; THREADS of theirs.\n#pragma once\n",
        "server/precompiled.hpp": "// The headers that cost most to compile.\n#pragma once\n",
        "tests/unit/folder.hpp": "// A folder of a test's own.\n#pragma once\n",
        "base/days.cpp": "int days();\n",
    })
    assert (code, said) == (0, "3 headers say on which thread they live\n")


@pytest.mark.parametrize("rule", ["includes", "names", "openings"])
def test_a_rule_that_saw_no_file_has_not_passed(tmp_path, rule):
    assert judge(rule, tmp_path, {})[0] == 1
