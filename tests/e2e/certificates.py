"""Keys and certificates as an operator makes them: with the openssl command."""

import functools
import hashlib
import itertools
import re
import shutil
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

KEY_OPTIONS = {
    "rsa-1024": ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "rsa-2048": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-3072": ["RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa-4096": ["RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
    "p-224": ["EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
    "p-256": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p-384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p-521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ed25519": ["ED25519"],
}


def openssl(*arguments, stdin=""):
    """Runs openssl and returns what it prints; its complaint becomes the test's."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}: {done.stderr}"
    return done.stdout


def new_key(kind="p-256"):
    """A private key as unencrypted PKCS#8 PEM."""
    return openssl("genpkey", "-algorithm", *KEY_OPTIONS[kind])


@functools.lru_cache(maxsize=None)
def shared_key(kind):
    """One key of that kind for the whole run: large RSA keys take a second each."""
    return new_key(kind)


def encrypted(key, passphrase, *options):
    """The key as encrypted PKCS#8; `options` as of `openssl pkcs8`, else its default (PBES2, AES-256)."""
    return openssl("pkcs8", "-topk8", "-passout", f"pass:{passphrase}", *options, stdin=key)


def traditional(key, *options):
    """The key in the old form of its kind: PKCS#1 or SEC1, encrypted with DEK-Info where `options` name a cipher."""
    rsa = "primes" in openssl("pkey", "-noout", "-text", stdin=key).splitlines()[0]
    return openssl(*(["rsa", "-traditional"] if rsa else ["ec"]), *options, stdin=key)


def fingerprint(certificate):
    """SHA-256 of the first certificate in a PEM text, lower-case hex."""
    block = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", certificate, re.S).group()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(block)).hexdigest()


def text_of(certificate):
    return openssl("x509", "-noout", "-text", stdin=certificate)


@dataclass(frozen=True)
class Pair:
    """A key and the certificates that go with it, as PEM texts."""

    key: str
    leaf: str
    chain: str  # leaf first, then the intermediate

    @property
    def fingerprint(self):
        return fingerprint(self.leaf)

    def locked(self, passphrase, *options):
        """The same pair with its key encrypted."""
        return Pair(encrypted(self.key, passphrase, *options), self.leaf, self.chain)


class Authority:
    """A root and an intermediate that issue what a test needs."""

    def __init__(self, kind="p-256"):
        self.kind = kind
        self.folder = Path(tempfile.mkdtemp(prefix="gh-ca-"))
        self._numbers = itertools.count(1)
        self.root_key, self.root = self._self_signed("/O=Gatehouse tests/CN=Test root")
        self.root_file = self.folder / "root.pem"
        self.root_file.write_text(self.root)
        self.intermediate_key = new_key(kind)
        self.intermediate = self._sign(
            self.intermediate_key, "/O=Gatehouse tests/CN=Test intermediate", (self.root_key, self.root), 1000,
            ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign,cRLSign"])

    def close(self):
        shutil.rmtree(self.folder)

    def issue(self, name="gw.example.test", *, names=None, kind="p-256", key=None, days=90, start=None, end=None,
              usage="serverAuth", digest="sha256", extensions=()):
        """A pair whose leaf the intermediate signed. `names`: what the SAN lists ([]: no SAN); `start`, `end`:
        instants as YYYYMMDDHHMMSSZ instead of `days`."""
        key = key or new_key(kind)
        names = [name] if names is None else names
        wanted = ["basicConstraints=critical,CA:FALSE", *extensions]
        if names:
            wanted.append("subjectAltName=" + ",".join(f"DNS:{n}" for n in names))
        if usage:
            wanted.append(f"extendedKeyUsage={usage}")
        issuer = (self.intermediate_key, self.intermediate)
        if start or end:
            leaf = self._sign_between(key, f"/CN={name}", issuer, start, end, wanted, digest)
        else:
            leaf = self._sign(key, f"/CN={name}", issuer, days, wanted, digest)
        return Pair(key, leaf, leaf + self.intermediate)

    def sign(self, request, name="gw.example.test", days=90):
        """The chain for a signing request (PEM): what a CA sends back."""
        extensions = self._path("ext", f"basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:{name}\n"
                                       "extendedKeyUsage=serverAuth\n")
        leaf = openssl("x509", "-req", "-in", self._path("csr", request), "-CA", self._path("pem", self.intermediate),
                       "-CAkey", self._path("key", self.intermediate_key), "-days", days, "-extfile", extensions)
        return leaf + self.intermediate

    def expired(self, name="gw.example.test", **options):
        return self.issue(name, start="20200101000000Z", end="20210101000000Z", **options)

    def not_yet_valid(self, name="gw.example.test", **options):
        return self.issue(name, start="20900101000000Z", end="20910101000000Z", **options)

    def below_expired(self, name="gw.example.test"):
        """A pair that is valid by itself, but was issued by an intermediate that has expired."""
        key, own = new_key(self.kind), new_key(self.kind)
        above = self._sign_between(key, "/CN=Former intermediate", (self.root_key, self.root), "20200101000000Z",
                                   "20210101000000Z", ["basicConstraints=critical,CA:TRUE,pathlen:0",
                                                       "keyUsage=critical,keyCertSign,cRLSign"], "sha256")
        leaf = self._sign(own, f"/CN={name}", (key, above), 90, [f"subjectAltName=DNS:{name}",
                                                                 "extendedKeyUsage=serverAuth"])
        return Pair(own, leaf, leaf + above)

    def renewed(self, pair, name="gw.example.test"):
        """Another certificate for the same key."""
        return self.issue(name, key=pair.key)

    def _path(self, suffix, text):
        path = self.folder / f"{next(self._numbers)}.{suffix}"
        path.write_text(text)
        return path

    def _self_signed(self, subject):
        key = new_key(self.kind)
        extensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"]
        arguments = [a for e in extensions for a in ("-addext", e)]
        return key, openssl("req", "-x509", "-config", self._empty_configuration(), "-key", self._path("key", key),
                            "-days", "1000", "-subj", subject, *arguments)

    def _empty_configuration(self):
        path = self.folder / "req.cnf"
        path.write_text("[req]\ndistinguished_name=dn\n[dn]\n")
        return path

    def _sign(self, key, subject, issuer, days, extensions, digest="sha256"):
        arguments = [a for e in extensions for a in ("-addext", e)]
        return openssl("req", "-x509", "-config", self._empty_configuration(), "-key", self._path("key", key),
                       "-CAkey", self._path("key", issuer[0]), "-CA", self._path("pem", issuer[1]), "-days", days,
                       "-subj", subject, f"-{digest}", *arguments)

    def _sign_between(self, key, subject, issuer, start, end, extensions, digest):
        """`openssl ca`, the one command of OpenSSL 3.0 that takes a first day."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        (place / "index").touch()
        request = openssl("req", "-new", "-config", self._empty_configuration(), "-key", self._path("key", key),
                          "-subj", subject)
        (place / "request").write_text(request)
        (place / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=own\n[own]\ndatabase={place}/index\nrand_serial=yes\nnew_certs_dir={place}\n"
            f"default_md={digest}\npolicy=any\nx509_extensions=leaf\n[any]\ncommonName=supplied\n"
            "[leaf]\n" + "\n".join(extensions) + "\n")
        return openssl("ca", "-batch", "-notext", "-config", place / "ca.cnf", "-in", place / "request",
                       "-cert", self._path("pem", issuer[1]), "-keyfile", self._path("key", issuer[0]),
                       "-startdate", start or "20240101000000Z", "-enddate", end or "20900101000000Z")


def self_signed_as_taught(name="gw.example.test", kind="rsa:4096"):
    """What `openssl req -x509 -newkey rsa:4096 -nodes` gives with the system's own settings: CA:TRUE and no SAN."""
    with tempfile.TemporaryDirectory(prefix="gh-ca-") as folder:
        key, certificate = Path(folder, "cert.key"), Path(folder, "cert.pem")
        openssl("req", "-x509", "-days", "3650", "-newkey", kind, "-nodes", "-subj", f"/C=US/O=Example/CN={name}",
                "-keyout", key, "-out", certificate)
        return Pair(key.read_text(), certificate.read_text(), certificate.read_text())
