"""A client of the field's API, /api/v2 and /api/v3, as scripts are: it verifies the certificate, and shows its key in one
of the ways that there are."""

import json
from urllib.parse import quote, urlencode

import clients
from api import Api, signed_in_at_clean

PASSWORD = "correct horse battery staple"


class Field:
    def __init__(self, door, authority, key=None, authorization=None):
        self.key = key
        headers = {"Authorization": authorization} if authorization else {}
        self.api = Api(door, settings=clients.context(authority=authority), headers=headers)

    def send(self, method, path, *, query=None, form=None, json_body=None, key=None, **options):
        """The key goes into the query, as most scripts have it."""
        query = {**({"api_key": key or self.key} if key or self.key else {}), **(query or {})}
        if query:
            path += "?" + urlencode(query)
        headers = dict(options.pop("headers", {}))
        if form is not None:
            options["body"] = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if json_body is not None:
            options["body"] = json.dumps(json_body)  # without a Content-Type
        return self.api.send(method, path, headers=headers, **options)

    def get(self, path, **options):
        return self.send("GET", path, **options)

    def put(self, path, **options):
        return self.send("PUT", path, **options)

    def post(self, path, **options):
        return self.send("POST", path, **options)

    def delete(self, path, **options):
        return self.send("DELETE", path, **options)


def data(reply, status=200):
    """What a successful answer holds."""
    assert reply.status == status, reply
    assert reply.headers["Content-Type"] == "application/json", reply
    return reply.json["data"]


def refused(reply, status):
    """The message of a refusal, which must have the field's form."""
    assert reply.status == status, reply
    error = reply.json["error"]
    assert error["code"] == status
    assert error["errors"] == [{"code": status, "message": error["message"]}]
    return error["message"]


class Box:
    """A clean door with an administrator, who signed in and has a key."""

    def __init__(self, daemon, authority):
        self.daemon = daemon
        self.door = daemon.clean
        self.authority = authority
        self.portal = signed_in_at_clean(daemon, clients.context(authority=authority))
        self.key = self.portal.get("/api/v1/users/admin/api-key").json["api_key"]
        self.admin = self.field(self.key)

    def field(self, key=None, **options):
        return Field(self.door, self.authority, key, **options)

    def anybody(self):
        return Api(self.door, settings=clients.context(authority=self.authority))

    def organization(self, name):
        reply = self.portal.post("/api/v1/organizations", json_body={"name": name})
        assert reply.status == 201, reply
        return reply.json["id"]

    def user(self, login, role="user", organization=1, password=None):
        """A new user's client of the field."""
        made = data(self.admin.post(f"/api/v3/organizations/{organization}/users",
                                    form={"login": login, "role": role, **({"password": password} if password else {})}))
        return self.field(made["api_key"])

    def signed_in(self, login, password=PASSWORD):
        """A user of that password in the portal."""
        api = self.anybody()
        reply = api.sign_in(login, password)
        assert reply.status == 200, reply
        return api


def address(login):
    return f"/api/v3/users/{quote(login, safe='')}"
