"""A browser of a few lines: HTTPS from a namespace, one session."""

import http.client
import json
import socket
import ssl


class Closed(Exception):
    """The other side closed without an answer."""


class Browser:
    def __init__(self, net, ns, host, port=9999, source=None):
        self.net, self.ns, self.host, self.port, self.source = net, ns, host, port, source
        self.cookie = self.csrf = ""

    def connect(self, seconds):
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        raw = self.net.socket(self.ns, family, socket.SOCK_STREAM)
        raw.settimeout(seconds)
        if self.source:
            raw.bind((self.source, 0))
        raw.connect((self.host, self.port))
        # not the default one: it reads all authorities of the system, each time
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(raw)

    def ask(self, method, path, body=None, seconds=10.0, **headers):
        """(status, JSON or None). Closed when there was no answer."""
        c = http.client.HTTPConnection(self.host)
        try:
            c.sock = self.connect(seconds)
            headers = {"Cookie": self.cookie, "X-CSRF-Token": self.csrf, "Connection": "close", **headers}
            if body is not None:
                headers["Content-Type"] = "application/json"
            c.request(method, "/api/v1" + path, None if body is None else json.dumps(body), headers)
            r = c.getresponse()
            text = r.read()
        except (OSError, http.client.HTTPException) as e:
            raise Closed(str(e)) from e
        finally:
            c.close()
        for k, v in r.getheaders():
            if k.lower() == "set-cookie":
                self.cookie = v.split(";")[0]
        return r.status, json.loads(text) if text else None

    def sign_in(self, name, password, **kw):
        status, body = self.ask("POST", "/session", {"name": name, "password": password}, **kw)
        if status == 200:
            self.csrf = body["csrf"]
        return status, body


def first_sign_in(browser, admin, password):
    """From the printed one-time password to a session of the administrator."""
    name, once = admin
    status, body = browser.sign_in(name, once)
    assert status == 200 and body["must_change"], (status, body)
    assert browser.ask("GET", "/status")[0] == 403, "nothing before a password of one's own"
    status, body = browser.ask("POST", "/password", {"current": once, "password": password})
    assert status == 200 and body["signed_out"], (status, body)
    assert browser.ask("GET", "/status")[0] == 401, "every session ended"
    assert browser.sign_in(name, password)[0] == 200
    return browser
