"""The portal's pages as the admin door sends them: forms, tags, caching and what a browser may do with them."""

import gzip
import re
import subprocess

import pytest

from clients import Http, get

FORMS = {"br": "-br", "gzip": "-gz", None: ""}  # Content-Encoding and how its tags end


@pytest.fixture
def admin(shared_daemon):
    return shared_daemon.admin


@pytest.fixture
def http(admin):
    with Http.to(admin) as made:
        yield made


def named_by_the_page(http):
    names = re.findall(r'(?:src|href)="([^"]+)"', http.request("/").body.decode())
    assert len(names) >= 3
    return names


def test_the_page_is_there_without_identity_and_everything_it_names_too(http):
    page = http.request("/")
    assert page.status == 200 and page["content-type"] == "text/html; charset=utf-8"
    assert page["cache-control"] == "no-cache"
    for path in named_by_the_page(http):
        asset = http.request(path)
        assert asset.status == 200, path
        assert "immutable" in asset["cache-control"] and "max-age=31536000" in asset["cache-control"]


def test_each_form_is_smaller_and_has_a_tag_of_its_own(http):
    script = next(path for path in named_by_the_page(http) if path.endswith(".js"))
    got = {coding: http.request(script, fields={"Accept-Encoding": coding} if coding else {}) for coding in FORMS}
    assert len(got["br"].body) < len(got["gzip"].body) < len(got[None].body)
    assert gzip.decompress(got["gzip"].body) == got[None].body
    for coding, response in got.items():
        assert response["content-encoding"] == coding
        assert response["vary"] == "Accept-Encoding"
        assert response["etag"].endswith(FORMS[coding] + '"')
        again = http.request(script, fields={"Accept-Encoding": coding or "identity",
                                              "If-None-Match": response["etag"]})
        assert (again.status, again.body, again["etag"]) == (304, b"", response["etag"])
    assert len({response["etag"] for response in got.values()}) == 3


def test_curl_unpacks_what_it_asks_for(admin):
    url = f"https://{admin.hostname}:{admin.port}/"
    done = subprocess.run(["curl", "-sSk", "--compressed", "--resolve", f"{admin.hostname}:{admin.port}:127.0.0.1", url],
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == get(admin, "/").body


def test_head_tells_what_get_would_send(http):
    for coding in ("br", "identity"):
        fields = {"Accept-Encoding": coding}
        got = http.request("/", fields=fields)
        head = http.request("/", "HEAD", fields=fields)
        assert [f for f in head.fields if f[0] != "date"] == [f for f in got.fields if f[0] != "date"]
        assert int(head["content-length"]) == len(got.body)


def test_a_browser_is_told_to_run_nothing_but_the_pages_own_files(http):
    for path in ["/", *named_by_the_page(http)]:
        response = http.request(path)
        policy = response["content-security-policy"]
        assert policy.startswith("default-src 'none';") and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "data:" not in policy and "*" not in policy and "http" not in policy
        assert "require-trusted-types-for 'script'" in policy
        assert response["x-content-type-options"] == "nosniff"
        assert response["referrer-policy"] == "no-referrer"
        assert response["set-cookie"] is None


def test_pages_are_only_read_and_nothing_else_is_one(http):
    response = http.request("/", "POST")
    assert response.status == 405 and "GET" in response["allow"]
    for path in ("/assets/", "/assets", "/assets/nothing.js", "/index.html"):
        assert http.request(path).status == 404


def test_the_clean_door_has_none_of_it(shared_daemon, http):
    for path in named_by_the_page(http):
        assert get(shared_daemon.clean, path).status == 404
    assert b"Administration" not in get(shared_daemon.clean, "/").body


def test_the_link_behind_a_change_ends_old_connections_until_a_new_one_shows_the_certificate(admin, shared_daemon, authority):
    link = "/?change=0123456789abcdef"
    with Http.to(admin) as kept, Http.to(admin) as other:
        assert (kept.request("/").status, other.request("/").status, kept.request(link).status) == (200, 200, 200)
        pair = authority.issue(admin.hostname)
        admin.place(pair)
        admin.wait_served(pair.fingerprint)
        answer = kept.request(link)
        assert (answer.status, answer["location"], answer["connection"]) == (307, link, "close")
        assert kept.ended()
        assert other.request("/").status == 200  # whoever does not ask for it keeps his connection
        with Http.to(admin) as fresh:
            assert fresh.request(link).status == 200
