"""What docs/api/admin.yaml and clean.yaml promise of the doors: every answer that a test sees is held against them."""

import functools
import json
import re
from datetime import datetime
from urllib.parse import unquote

import jsonschema
import yaml

from daemon import REPOSITORY

FOLDER = REPOSITORY / "docs" / "api"
METHODS = ("get", "post", "put", "delete")
PROBLEM = "application/problem+json"
DRAFT = jsonschema.Draft202012Validator

_formats = jsonschema.FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_time(value):
    """RFC 3339 in UTC; in a type: [string, null] it may be null."""
    if not isinstance(value, str):
        return True
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value) and datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))


class Operation:
    """One method of one path."""

    def __init__(self, contract, path, method, item):
        self.contract = contract
        self.path = path
        self.method = method.upper()
        self.described = item[method]
        self.parameters = [contract.resolved(p) for p in item.get("parameters", []) + self.described.get("parameters", [])]

    def __repr__(self):
        return f"{self.method} {self.path}"

    @property
    def access(self):
        return self.described["x-gatehouse-access"]

    @property
    def refuses_tokens(self):
        return self.described.get("x-gatehouse-token") == "refused"

    @property
    def body(self):
        """Media type of the body, or None."""
        described = self.described.get("requestBody")
        return next(iter(self.contract.resolved(described)["content"])) if described else None

    @property
    def example(self):
        """Of the body of JSON."""
        return self._content.get("example", {})

    @property
    def schema(self):
        """Of the body of JSON, without references."""
        return self.contract.spelt_out(self._content["schema"])

    @property
    def bounds(self):
        """The parameters of the query whose values are bounded, with the schema of each."""
        described = {p["name"]: self.contract.spelt_out(p["schema"]) for p in self.parameters if p["in"] == "query"}
        return {name: schema for name, schema in described.items()
                if "enum" in schema or "format" in schema or schema["type"] in ("integer", "boolean")}

    @property
    def _content(self):
        return next(iter(self.contract.resolved(self.described["requestBody"])["content"].values()))

    def address(self, **values):
        """The path with its parameters filled in, those of the query that are required too."""
        fitting = {"interface": "clean", "id": "99999", "username": "nobody", "fingerprint_sha256": "0" * 64, **values}
        wanted = [p["name"] for p in self.parameters if p["in"] == "query" and p.get("required")]
        query = "&".join(f"{name}={fitting[name]}" for name in wanted)
        return re.sub(r"{(\w+)}", lambda match: fitting[match[1]], self.path) + (f"?{query}" if query else "")

    def response(self, status):
        responses = self.described["responses"]
        found = responses.get(str(status)) or (responses.get("default") if status >= 400 else None)
        assert found, f"{self} does not describe the answer {status}"
        return self.contract.resolved(found)


class Contract:
    def __init__(self, door):
        self.file = FOLDER / f"{door}.yaml"
        self.document = yaml.safe_load(self.file.read_text())
        self.resolver = jsonschema.RefResolver("", self.document)
        self.operations = [Operation(self, path, method, item) for path, item in self.document["paths"].items()
                           for method in METHODS if method in item]

    @functools.cached_property
    def codes(self):
        """Status and code of every problem in the table of errors."""
        rows = re.findall(r"^\| ([\d, ]+) \| (`\w+`(?:, `\w+`)*) \|", self.document["info"]["description"], re.M)
        return {(int(status), code) for statuses, codes in rows
                for status in statuses.split(", ") for code in re.findall(r"\w+", codes)}

    def resolved(self, node):
        while "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def spelt_out(self, node):
        """The node with what its references name in their place."""
        if isinstance(node, list):
            return [self.spelt_out(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            node = {**self.resolved({"$ref": node["$ref"]}), **{k: v for k, v in node.items() if k != "$ref"}}
        return {name: self.spelt_out(item) for name, item in node.items()}

    def validate(self, value, schema, where):
        """`schema` may be the name of one of the components."""
        if isinstance(schema, str):
            schema = {"$ref": f"#/components/schemas/{schema}"}
        validator = DRAFT(schema, resolver=self.resolver, format_checker=_formats)
        faults = [f"{'/'.join(map(str, fault.absolute_path)) or '(the whole)'}: {fault.message}"
                  for fault in validator.iter_errors(value)]
        assert not faults, f"{where} is not what {self.file.name} describes:\n" + "\n".join(faults) + f"\n{value}"

    def check_itself(self):
        """That each schema is one and each example fits its schema; how many examples there are."""
        examples = 0

        def look(node, where):
            nonlocal examples
            if isinstance(node, list):
                for i, item in enumerate(node):
                    look(item, f"{where}/{i}")
            if not isinstance(node, dict):
                return
            if isinstance(node.get("$ref"), str):
                self.resolver.resolve(node["$ref"])
            if isinstance(node.get("schema"), dict):
                DRAFT.check_schema(node["schema"])
                if "example" in node:
                    self.validate(node["example"], node["schema"], where)
                    examples += 1
            for name, item in node.items():
                if name != "example":
                    look(item, f"{where}/{name}")
        look(self.document, "")
        for schema in self.document["components"]["schemas"].values():
            DRAFT.check_schema(schema)
        return examples

    def claiming(self, path):
        """The operations of the path; one without parameters goes before one with."""
        path = path.partition("?")[0]
        for candidates in (lambda o: "{" not in o.path, lambda o: "{" in o.path):
            found = [o for o in self.operations if candidates(o) and
                     re.fullmatch(re.sub(r"{\w+}", "[^/]+", re.escape(o.path).replace(r"\{", "{").replace(r"\}", "}")), path)]
            if found:
                return found
        return []

    def check(self, method, path, status, headers, body):
        """The answer to a request, whatever it asked for."""
        where = f"{method} {path}: {status}"
        claiming = self.claiming(path)
        operation = next((o for o in claiming if o.method == ("GET" if method == "HEAD" else method)), None)
        content_type = headers["Content-Type"]
        if operation is None:
            assert status == (405 if claiming else 404), where
            if claiming:
                allowed = set(headers["Allow"].split(", "))
                assert allowed == {o.method for o in claiming} | ({"HEAD"} if "GET" in str(claiming) else set()), where
            if method != "HEAD":
                self.validate(json.loads(body), "FieldError" if of_the_field(path) else "Problem", where)
            return
        described = operation.response(status)
        if "content" not in described:
            assert not body and content_type is None, where
            return
        media = (content_type or "").partition(";")[0]
        assert media in described["content"], f"{where}: {content_type}"
        for name in described.get("headers", {}):
            assert headers[name], f"{where}: {name} is missing"
        if method != "HEAD" and media.endswith("json"):
            value = json.loads(body)
            self.validate(value, described["content"][media]["schema"], where)
            if media == PROBLEM:
                assert value["status"] == status, where
                assert ("detail" in value) == (status < 500) or status in (503, 507), where
                assert self.file.stem != "clean" or (status, value["code"]) in self.codes, f"{where} {value['code']}"


@functools.cache
def contract(door="admin"):
    return Contract(door)


def routes_of_the_server(door):
    """Method, path and access of every route of this door's API, as the server's sources have them; the access is None
    where it is not in the table."""
    clean = REPOSITORY / "server" / "clean"
    for file in sorted((clean if door == "clean" else REPOSITORY / "server").rglob("*.cpp")):
        if (door == "admin" and file.parent == clean) or file.name == "pages.cpp":
            continue  # what is for browsers is no part of the API
        text = file.read_text()
        names = dict(re.findall(r'\b(\w+)(?:\(|\s*=\s*|\{)"(/[^"]*)"', text))
        begins = r"(?:push_back\(\s*\{|\badd\()\s*(?:http::)?Method::"
        listed = re.findall(begins + r'(\w+),\s*((?:"[^"]*"|\w+)(?:\s*\+\s*"[^"]*")*),(?:\s*(?:http::)?Access::(\w+))?', text)
        assert len(listed) == len(re.findall(begins, text)), file
        listed += [("get", path, None) for path in re.findall(r'\badd\(("/api/[^"]*")', text)]
        for method, parts, access in listed:
            pieces = re.findall(r'"([^"]*)"|(\w+)', parts)
            if pieces[0][1] == "path" and "path" not in names:
                continue  # what an `add` of the file is called with, which is listed itself
            path = "".join(literal or names[name] for literal, name in pieces)
            if path.startswith(("/api/", "/healthz", "/metrics")):
                yield method.rstrip("_").upper(), path, access or None


def of_the_field(path):
    return bool(re.match(r"/api/v[23](/|$)", path))


def applies(path, door="admin"):
    path = unquote(path)
    own = ("/metrics",) if door == "admin" else ("/api/v2/", "/api/v3/")
    return path.startswith(("/api/v1/", "/healthz", *own))
