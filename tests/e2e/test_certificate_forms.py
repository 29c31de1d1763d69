"""Every form in which real tools write keys and certificates, and what is found in them."""

import dataclasses
import os
import ssl

import pytest

import certificates
import clients
from certificates import encrypted, openssl, shared_key, traditional
from daemon import move_over

PASSPHRASE = "correct horse 電池"


@pytest.fixture(scope="module")
def verifying(authority):
    return clients.context(authority=authority)


def serve(daemon, pair):
    """Places the pair on the clean door, with a one-time file where its key is encrypted; waits until it is served."""
    daemon.mark()
    daemon.clean.place(pair)
    if "ENCRYPTED" in pair.key:
        daemon.give_passphrase({"clean": PASSPHRASE})
    daemon.clean.wait_served(pair.fingerprint)
    daemon.wait_event("credential.activated", interface="clean", fingerprint_sha256=pair.fingerprint)
    if "ENCRYPTED" in pair.key:
        daemon.wait_one_time_file_gone()


@pytest.mark.parametrize("kind", ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521", "ed25519"])
def test_a_key_of_this_kind_is_served(shared_daemon, authority, kind):
    pair = authority.issue(key=shared_key(kind))
    serve(shared_daemon, pair)


KEY_FORMS = {
    "RSA PKCS#1": ("rsa-2048", traditional),
    "EC SEC1": ("p-256", traditional),
    "EC SEC1 after its parameters, as openssl ecparam -genkey writes it":
        ("p-384", lambda key: openssl("ecparam", "-name", "secp384r1") + traditional(key)),
    "PKCS#8 after bag attributes, as openssl pkcs12 writes it":
        ("p-256", lambda key: "Bag Attributes\n    friendlyName: gw\n    localKeyID: 01 02\n"
                              "Key Attributes: <No Attributes>\n" + key),
    "PKCS#8 with CRLF": ("p-256", lambda key: key.replace("\n", "\r\n")),
    "PKCS#8 after a BOM": ("p-256", lambda key: "\ufeff" + key),
    "PKCS#8 without a newline at the end": ("p-256", lambda key: key.rstrip("\n")),
    "key with its certificate after it in the same file":
        ("p-256", lambda key: key + certificates.self_signed_as_taught(kind="rsa:2048").leaf),
    **{f"RSA traditional, {cipher}":
       ("rsa-2048", lambda key, c=cipher: traditional(key, f"-{c}", "-passout", f"pass:{PASSPHRASE}"))
       for cipher in ("aes128", "aes192", "aes256", "des3", "camellia128", "camellia256", "aria256")},
    **{f"EC traditional, {cipher}":
       ("p-256", lambda key, c=cipher: traditional(key, f"-{c}", "-passout", f"pass:{PASSPHRASE}"))
       for cipher in ("aes256", "des3")},
    "RSA traditional, aes256, CRLF":
        ("rsa-2048", lambda key: traditional(key, "-aes256", "-passout", f"pass:{PASSPHRASE}").replace("\n", "\r\n")),
    "openssl rsa -aes256":
        ("rsa-2048", lambda key: openssl("rsa", "-aes256", "-passout", f"pass:{PASSPHRASE}", stdin=key)),
    "PKCS#8 PBES2 as openssl pkcs8 -topk8 writes it": ("p-256", lambda key: encrypted(key, PASSPHRASE)),
    "PKCS#8 PBES2 AES-128 with HMAC-SHA-512":
        ("p-256", lambda key: encrypted(key, PASSPHRASE, "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512")),
    "PKCS#8 PBES2 3DES": ("p-256", lambda key: encrypted(key, PASSPHRASE, "-v2", "des3")),
    "PKCS#8 scrypt": ("p-256", lambda key: encrypted(key, PASSPHRASE, "-scrypt")),
    "PKCS#8 PBE-SHA1-3DES": ("p-256", lambda key: encrypted(key, PASSPHRASE, "-v1", "PBE-SHA1-3DES")),
    "PKCS#8 of an Ed25519 key, encrypted": ("ed25519", lambda key: encrypted(key, PASSPHRASE)),
}


@pytest.mark.parametrize("form", KEY_FORMS)
def test_a_key_in_this_form_is_served(shared_daemon, authority, form):
    kind, written = KEY_FORMS[form]
    pair = authority.issue(key=shared_key(kind) if kind.startswith("rsa") else None, kind=kind)
    serve(shared_daemon, dataclasses.replace(pair, key=written(pair.key)))


@pytest.mark.parametrize("scheme", ["PBE-MD5-DES", "PBE-SHA1-RC2-64", "PBE-SHA1-RC4-128"])
def test_a_key_in_an_old_password_encryption_is_opened_through_the_legacy_provider(shared_daemon, authority, scheme):
    pair = authority.issue()
    old = encrypted(pair.key, PASSPHRASE, "-v1", scheme, "-provider", "legacy", "-provider", "default")
    serve(shared_daemon, dataclasses.replace(pair, key=old))


CHAIN_FORMS = {
    "leaf, intermediate": lambda p, a: p.chain,
    "leaf, intermediate, root": lambda p, a: p.chain + a.root,
    "intermediate, leaf": lambda p, a: a.intermediate + p.leaf,
    "root, intermediate, leaf": lambda p, a: a.root + a.intermediate + p.leaf,
    "leaf, root, intermediate": lambda p, a: p.leaf + a.root + a.intermediate,
    "every certificate twice": lambda p, a: (p.leaf + a.intermediate) * 2,
    "certificates of another chain between": lambda p, a: a.issue("other.example.test").leaf + p.leaf + a.intermediate,
    "CRLF": lambda p, a: p.chain.replace("\n", "\r\n"),
    "CRLF in one block and LF in the other": lambda p, a: p.leaf.replace("\n", "\r\n") + a.intermediate,
    "BOM": lambda p, a: "\ufeff" + p.chain,
    "BOM between the blocks": lambda p, a: p.leaf + "\ufeff" + a.intermediate,
    "text before, between and after, as openssl x509 -text writes it":
        lambda p, a: "\n".join(openssl("x509", "-text", stdin=c) for c in (p.leaf, a.intermediate)) + "\nbye\n",
    "subject and issuer lines, as openssl s_client -showcerts writes them":
        lambda p, a: f" 0 s:CN = gw\n   i:CN = Test\n{p.leaf} 1 s:CN = Test\n   i:CN = root\n{a.intermediate}---\n",
    "bytes that are no text between the blocks":
        lambda p, a: p.leaf.encode() + b"\xff\xfe\x80 caf\xe9\n" + a.intermediate.encode(),
    "blank lines and no newline at the end": lambda p, a: f"\n\n{p.leaf}\n\n{a.intermediate}".rstrip("\n"),
    "blocks with spaces at the ends of lines": lambda p, a: p.chain.replace("\n", "  \n"),
    "the key in the same file": lambda p, a: p.key + p.chain,
}


@pytest.mark.parametrize("form", CHAIN_FORMS)
def test_a_chain_in_this_form_is_served_whole_and_in_order(shared_daemon, authority, verifying, form):
    pair = authority.issue()
    written = CHAIN_FORMS[form](pair, authority)
    shared_daemon.mark()
    move_over(shared_daemon.clean.key, pair.key)
    move_over(shared_daemon.clean.certificate, written)
    shared_daemon.clean.wait_served(pair.fingerprint)
    # A client that knows only the root verifies: the intermediate is sent.
    assert clients.served(shared_daemon.clean, verifying) == pair.fingerprint


@pytest.mark.parametrize("kind", ["rsa:4096", "rsa:2048"])
def test_the_output_of_openssl_req_x509_works_as_it_is(shared_daemon, kind):
    pair = certificates.self_signed_as_taught(kind=kind)
    assert "CA:TRUE" in certificates.text_of(pair.leaf) and "DNS:" not in certificates.text_of(pair.leaf)
    serve(shared_daemon, pair)
    assert clients.get(shared_daemon.clean, "/healthz").status == 200


@pytest.mark.parametrize("options", [["-traditional"], []], ids=["traditional", "PKCS#8"])
def test_a_taught_certificate_whose_key_openssl_rsa_aes256_encrypted_works(shared_daemon, options):
    pair = certificates.self_signed_as_taught(kind="rsa:2048")
    key = openssl("rsa", "-aes256", *options, "-passout", f"pass:{PASSPHRASE}", stdin=pair.key)
    serve(shared_daemon, dataclasses.replace(pair, key=key))


# ---- findings


def wrong_pair(a):
    return dataclasses.replace(a.issue(), key=certificates.new_key())


def signed_with_md5(_):
    old = certificates.Authority("rsa-2048")
    try:
        return old.issue(digest="md5")
    finally:
        old.close()


REFUSED = {
    "key_mismatch": [wrong_pair],
    "unparsable": [
        lambda a: dataclasses.replace(a.issue(), chain=""),
        lambda a: dataclasses.replace(a.issue(), chain="no certificate at all\n"),
        lambda a: dataclasses.replace(a.issue(), chain=a.issue().chain[:400]),
        lambda a: dataclasses.replace(a.issue(), key=a.issue().key[:100]),
        lambda a: dataclasses.replace(a.issue(), key=""),
        lambda a: dataclasses.replace(a.issue(), chain=a.issue().key),
        lambda a: dataclasses.replace(a.issue(), chain=a.issue().leaf.replace("MII", "MIJ", 1)),
        lambda a: dataclasses.replace(a.issue(), chain="x" * (5 << 20)),
    ],
    "key_locked": [lambda a: a.issue().locked("nobody told")],
    "key_weak": [lambda a: a.issue(kind="rsa-1024"), lambda a: a.issue(kind="p-224")],
    "not_server_auth": [lambda a: a.issue(usage="clientAuth")],
    "signature_weak": [lambda a: a.issue(digest="sha1"), signed_with_md5],
}


@pytest.mark.parametrize("code, make", [(code, make) for code, makes in REFUSED.items() for make in makes],
                         ids=[f"{code}-{n}" for code, makes in REFUSED.items() for n in range(len(makes))])
def test_what_must_be_refused_is_refused_with_its_code_and_the_old_pair_is_served(shared_daemon, authority, code, make):
    good = authority.issue()
    serve(shared_daemon, good)
    shared_daemon.mark()
    shared_daemon.clean.place(make(authority))
    shared_daemon.hang_up()  # the operator does not wait for the second file of a pair
    shared_daemon.wait_event("credential.refused", interface="clean", code=code)
    shared_daemon.wait_status(code)
    assert shared_daemon.clean.served() == good.fingerprint
    exit_code, said = shared_daemon.check()
    assert exit_code == 1 and code in said, said


def test_der_and_pkcs12_are_recognised_and_named(daemon, authority):
    pair = authority.issue()
    der = ssl.PEM_cert_to_DER_cert(pair.leaf)
    daemon.clean.place(pair)
    move_over(daemon.clean.certificate, der)
    code, said = daemon.check()
    assert code == 1 and "unparsable" in said and "DER" in said, said
    bundle = daemon.folder / "bundle.p12"
    (daemon.folder / "key").write_text(pair.key)
    openssl("pkcs12", "-export", "-inkey", daemon.folder / "key", "-passout", "pass:x", "-out", bundle, stdin=pair.leaf)
    move_over(daemon.clean.certificate, bundle.read_bytes())
    code, said = daemon.check()
    assert code == 1 and "unparsable" in said and "PKCS" in said, said


def self_signed(authority, name):
    key = certificates.new_key()
    leaf = openssl("req", "-x509", "-key", "/dev/stdin", "-days", "90", "-subj", f"/CN={name}",
                   "-addext", f"subjectAltName=DNS:{name}", stdin=key)
    return certificates.Pair(key, leaf, leaf)


FOUND = {
    "expired": lambda a: a.expired(),
    "not_yet_valid": lambda a: a.not_yet_valid(),
    "hostname_mismatch": lambda a: a.issue("another.example.test"),
    "chain_incomplete": lambda a: dataclasses.replace(p := a.issue(), chain=p.leaf),
    "expires_soon": lambda a: a.issue(days=5),
    "browsers_refuse": lambda a: a.issue(kind="ed25519"),
    "reordered": lambda a: dataclasses.replace(p := a.issue(), chain=a.intermediate + p.leaf),
    "self_signed": lambda a: self_signed(a, "gw.example.test"),
    "cn_only": lambda a: a.issue(names=[]),
    "long_validity": lambda a: a.issue(days=826),
}


@pytest.mark.parametrize("code", FOUND)
def test_what_is_worth_a_word_is_served_at_start_and_found_by_its_code(daemon, authority, code):
    pair = FOUND[code](authority)
    daemon.clean.place(pair)
    exit_code, said = daemon.check()
    assert exit_code == 0 and code in said, said
    daemon.start()
    assert daemon.clean.served() == pair.fingerprint
    if code not in ("reordered", "self_signed", "cn_only", "long_validity"):
        assert code in daemon.status()


def test_a_proper_pair_has_no_finding(daemon, authority):
    for door in daemon.doors.values():
        door.place(dataclasses.replace(p := authority.issue(door.hostname), chain=p.chain + authority.root))
    exit_code, said = daemon.check()
    assert exit_code == 0
    known = [*REFUSED, *FOUND, "key_mode", "key_owner", "key_unreadable"]
    assert not [code for code in known if code in said], said


def test_a_p521_key_is_served_and_said_to_be_one_that_browsers_refuse(daemon, authority):
    daemon.clean.place(authority.issue(kind="p-521"))
    exit_code, said = daemon.check()
    assert exit_code == 0 and "browsers_refuse" in said, said


@pytest.mark.parametrize("name, san, matches", [
    ("a.example.test", ["gw.example.test"], True),        # the SAN decides, not the CN
    ("gw.example.test", ["a.example.test"], False),
    ("gw.example.test", [], True),                        # the CN, where there is no SAN
    ("x", ["*.example.test"], True),
    ("x", ["*.test"], False),
    ("x", ["GW.EXAMPLE.test"], True),
])
def test_the_hostname_is_looked_for_where_browsers_look(daemon, authority, name, san, matches):
    daemon.clean.place(authority.issue(name, names=san))
    exit_code, said = daemon.check()
    assert exit_code == 0 and ("hostname_mismatch" not in said) == matches, said


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_a_warning_with_its_mode_and_the_command(daemon, authority, mode):
    daemon.clean.place(authority.issue())
    daemon.clean.key.chmod(mode)
    exit_code, said = daemon.check()
    assert exit_code == 0 and "key_mode" in said and f"{mode:o}" in said, said
    assert "chmod" in said and str(daemon.clean.key) in said, said


def test_a_key_of_a_foreign_owner_is_a_warning_with_the_owner_and_the_command(daemon, authority):
    daemon.clean.place(authority.issue())
    os.chown(daemon.clean.key, 12345, 12345)
    exit_code, said = daemon.check()
    assert exit_code == 0 and "key_owner" in said and "12345" in said, said
    assert "chown" in said and str(daemon.clean.key) in said, said


def test_mending_a_keys_mode_takes_the_warning_away_while_running(daemon, authority):
    daemon.clean.place(authority.issue())
    daemon.clean.key.chmod(0o644)
    daemon.start()
    assert "key_mode" in daemon.status()
    daemon.clean.key.chmod(0o600)
    daemon.wait_status(without=["key_mode"])
    daemon.clean.key.chmod(0o644)
    daemon.wait_status("key_mode")
