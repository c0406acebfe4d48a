"""httpd with the real daemons behind it, on a bus and in a network of its own.

httpd_api.py BUILD_DIR. It starts itself again in a network namespace; where
that is not allowed it is skipped (exit 77).
"""
import csv
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

PORT = 9999
BOX, STRANGER = "203.0.113.5", "203.0.113.6"
PASSWORD = "aR7!kq2Zmw.B9x"
TOP = Path(__file__).resolve().parents[2]
DAEMONS = ["fwd", "guardd", "sipd", "routed", "httpd"]
BUS = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>{}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/></policy></busconfig>"""


class World:
    """The bus and the daemons; each is ended by its process id."""

    def __init__(self, build, top):
        self.build, self.top = Path(build), Path(top)
        self.procs, self.cats = {}, []
        self.bus = f"unix:path={top}/bus"
        (self.top / "bus.conf").write_text(BUS.format(self.bus))
        self.start("bus", ["dbus-daemon", f"--config-file={top}/bus.conf",
                           "--nofork", "--nopidfile", "--nosyslog",
                           "--print-address=1"], "unix:")

    def open(self):
        for name in DAEMONS:
            self.daemon(name)

    def start(self, name, command, word):
        proc = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.STDOUT)
        self.procs[name] = proc
        said = []
        for line in proc.stdout:
            said.append(line)
            if word in line:
                break
        else:
            sys.exit(f"{name} does not start: {''.join(said)}")
        # cat takes the rest, so that nobody waits for us to read
        with open(self.top / f"{name}.log", "a") as log:
            self.cats.append(subprocess.Popen(["cat"], stdin=proc.stdout,
                                              stdout=log))
        proc.stdout.close()

    def daemon(self, name, more=("--port", str(PORT))):
        state = self.top / "state" / name
        state.mkdir(parents=True, exist_ok=True)
        more = more if name == "httpd" else []
        self.start(name, [self.build / "daemons" / name / name,
                          "--state", state, "--run", self.top / "run",
                          "--bus", self.bus, *more], "ready")

    def end(self, name, how=signal.SIGTERM):
        proc = self.procs.pop(name)
        proc.send_signal(how)
        return proc.wait(20)

    def close(self):
        for name in [*reversed(DAEMONS), "bus"]:
            if name in self.procs:
                status = self.end(name)
                check(name == "bus" or status == 0,
                      f"{name} ended with {status}")
        for cat in self.cats:
            cat.wait()

    def send(self, *words):
        env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.bus)
        return subprocess.run(["dbus-send", "--system", "--print-reply",
                               *words], env=env, text=True, check=True,
                              capture_output=True).stdout


def check(true, what):
    if not true:
        raise AssertionError(what)


def same(got, want, what):
    check(got == want, f"{what}: {got!r}, not {want!r}")


class Browser:
    def __init__(self, host="127.0.0.1", source=None, port=None):
        self.host, self.source, self.port = host, source, port
        self.cookie = self.csrf = self.conn = None
        self.tls = ssl.create_default_context()
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE

    def connect(self):
        source = (self.source, 0) if self.source else None
        self.conn = http.client.HTTPSConnection(
            self.host, self.port or PORT, context=self.tls, timeout=10,
            source_address=source)

    def ask(self, method, path, body=None, headers=()):
        """(status, reply, bytes); status 0: closed without a word."""
        headers = dict(headers)
        if self.cookie:
            headers.setdefault("Cookie", self.cookie)
        try:
            if not self.conn:
                self.connect()
            self.conn.request(method, path, body, headers)
            reply = self.conn.getresponse()
            data = reply.read()
        except (OSError, http.client.HTTPException):
            self.conn.close()
            self.conn = None
            return 0, None, b""
        if reply.will_close:
            self.conn.close()
            self.conn = None
        return reply.status, reply, data

    def call(self, method, path, body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if method != "GET":
            headers.setdefault("Content-Type", "application/json")
            if self.csrf:
                headers.setdefault("X-CSRF-Token", self.csrf)
            body = json.dumps({} if body is None else body)
        status, reply, data = self.ask(method, "/api/v1" + path, body, headers)
        cookie = reply and reply.getheader("Set-Cookie")
        if cookie:
            self.set_cookie = cookie
            self.cookie = (None if "Max-Age=0" in cookie
                           else cookie.split(";")[0])
        try:
            answer = json.loads(data)
        except ValueError:
            answer = data
        if isinstance(answer, dict) and "csrf" in answer:
            self.csrf = answer["csrf"]
        return status, answer

    def sign_in(self, name, password):
        return self.call("POST", "/session",
                         {"name": name, "password": password})


def signed_in(name="adminZoI6", password=PASSWORD):
    b = Browser()
    same(b.sign_in(name, password)[0], 200, f"{name} signs in")
    return b


def routes():
    text = (TOP / "daemons/httpd/api.c").read_text()
    found = re.findall(r'\{\s*HTTP_(\w+),\s*"([^"]+)",\s*([A-Z_]+(?:\s*\|'
                       r'\s*[A-Z_]+)*),\s*(true|false),\s*(true|false)', text)
    check(len(found) > 15, "the routes of api.c are found")
    return [(m, "/" + p.replace("*", "x"), is_open == "true",
             first == "true") for m, p, _, is_open, first in found]


def test_first_start(w):
    """The one-time password leads nowhere but to a new one."""
    path = w.top / "state/httpd/first-password"
    same(path.stat().st_mode & 0o777, 0o600, "mode of first-password")
    name, password = path.read_text().split()
    b = Browser()
    status, said = b.sign_in(name, password)
    same((status, said["must_change"]), (200, True), "first sign-in")
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        check(part in b.set_cookie, f"cookie has {part}")
    check(b.set_cookie.startswith("__Host-"), "cookie is __Host-")
    check("Domain" not in b.set_cookie, "cookie has no Domain")
    for method, route, _, first in routes():
        if not first:
            same(b.call(method, route)[1]["error"], "MustChange",
                 f"{method} {route} before the first password was replaced")
    change = {"current": password, "name": "adminZoI6"}
    for weak in ("short", "adminZoI6-adminZoI6", "aaaa-bbbb-cccc-dddd",
                 password):
        same(b.call("POST", "/password", {**change, "password": weak})[0],
             422, f"new password {weak}")
    same(b.call("POST", "/password", {**change, "name": "root",
                                      "password": PASSWORD})[1]["field"],
         "name", "an administrator's name begins with admin")
    other = Browser()
    other.sign_in(name, password)
    same(b.call("POST", "/password", {**change, "password": PASSWORD}),
         (200, {"signed_out": True}), "new name and password")
    check(not path.exists(), "first-password is gone")
    for who in (b, other):
        same(who.call("GET", "/session")[1]["signed_in"], False,
             "every session of the account ended")
    check(Browser().sign_in(name, password)[0] != 200, "the old name is gone")


def test_denied(_):
    """Nothing opens without a session, and nothing changes without a token."""
    admin, token = signed_in(), signed_in()
    token.csrf = None
    foreign = {"Origin": "https://evil.example"}
    for method, route, is_open, _ in routes():
        if is_open:
            continue
        same(Browser().call(method, route)[1]["error"], "SignIn",
             f"{method} {route} without a session")
        bad = Browser()
        bad.cookie = "__Host-sallyport=" + 32 * "0"
        same(bad.call(method, route)[0], 401, f"{route} with a made-up token")
        if method == "GET":
            continue
        same(token.call(method, route)[1]["error"], "Csrf",
             f"{method} {route} without X-CSRF-Token")
        same(token.call(method, route, X_CSRF_Token=32 * "0")[0], 403,
             f"{method} {route} with another X-CSRF-Token")
        same(admin.call(method, route, **foreign)[1]["error"], "Csrf",
             f"{method} {route} from another site")
        same(admin.call(method, route, Origin="null")[0], 403, "Origin: null")
        same(admin.call(method, route, Content_Type="text/plain")[0], 415,
             f"{method} {route} as a form")
    same(Browser().call("POST", "/session", {"name": "a", "password": "b"},
                        **foreign)[1]["error"], "Csrf", "login CSRF")
    same(admin.call("GET", "/nothing")[0], 404, "a path that is not")
    same(admin.call("GET", "/sessions/../status")[0], 400, "dots")
    same(admin.call("GET", "/session", Sec_Fetch_Site="cross-site")[0], 200,
         "reading tells nothing to another site: it cannot see the answer")


def test_fixation(_):
    """A token that we did not make is never taken up."""
    b = Browser()
    b.cookie = "__Host-sallyport=" + 32 * "a"
    b.sign_in("adminZoI6", PASSWORD)
    check(b.cookie != "__Host-sallyport=" + 32 * "a", "a new token")
    old, csrf = b.cookie, b.csrf
    b.sign_in("adminZoI6", PASSWORD)
    check(b.cookie != old, "a new token at each sign-in")
    thief = Browser()
    thief.cookie, thief.csrf = old, csrf
    same(thief.call("GET", "/status")[0], 401, "the old token has ended")
    same(b.call("DELETE", "/session")[0], 204, "signs out")
    same(b.cookie, None, "the cookie is taken away")


def test_tables(_):
    b = signed_in()
    status, made = b.call("POST", "/tables/sipd/extension",
                          {"number": "820", "name": "Ada"})
    same((status, made["key"]), (201, "820"), "create")
    check(len(made["made"]["secret"]) == 16, "a secret was made")
    path = "/tables/sipd/extension/820"
    same(b.call("POST", "/tables/sipd/extension", {"number": "820"})[0], 409,
         "create again")
    seq = made["seq"]
    status, said = b.call("PATCH", path, {"permit_ip": "192.168.1.0/24"},
                          If_Match=f'"{seq}"')
    same(status, 200, "patch")
    same(b.call("PATCH", path, {"name": "Eve"}, If_Match=f'"{seq}"')[1]
         ["error"], "Changed", "patch with an old If-Match")
    for field, value in (("permit_ip", "192.168.1.9/24"), ("grade", "weak"),
                         ("max_contacts", -1), ("max_contacts", 4294967297),
                         ("max_contacts", 1.5), ("enabled", "perhaps"),
                         ("name", ["a"]), ("nope", 1), ("number", "821")):
        same(b.call("PATCH", path, {field: value})[1]["error"], "Invalid",
             f"{field}={value}")
    row = b.call("GET", path)[1]["row"]
    same((row["name"], row["permit_ip"]), ("Ada", "192.168.1.0/24"), "row")
    check("secret" not in row and "old_secret" not in row, "no secret shown")
    many = [{"op": "create", "key": str(n)} for n in range(830, 840)]
    said = b.call("POST", "/tables/sipd/extension/_apply", {"rows": many})[1]
    same(len({m["secret"] for m in said["made"].values()}), 10,
         "ten different secrets")
    broken = [{"op": "create", "key": "841"}, {"op": "create", "key": "x"}]
    same(b.call("POST", "/tables/sipd/extension/_apply",
                {"rows": broken})[0], 422, "one of two is wrong")
    same(b.call("GET", "/tables/sipd/extension/841")[0], 404, "all or nothing")
    trial = [{"op": "put", "key": "842", "row": {"name": "Eve"}},
             {"op": "put", "key": "x"},
             {"op": "put", "key": "843", "row": {"permit_ip": "10.0.0.1/8"}},
             {"op": "create", "key": "830"}]
    said = b.call("POST", "/tables/sipd/extension/_apply",
                  {"rows": trial, "dry": True})[1]
    same([(w["row"], w["key"], w["error"], w["field"])
          for w in said["wrong"]],
         [(1, "x", "Invalid", "number"), (2, "843", "Invalid", "permit_ip"),
          (3, "830", "Exists", "number")], "a dry run says all that is wrong")
    check(all(w["message"] for w in said["wrong"]), "and why")
    same(b.call("GET", "/tables/sipd/extension/842")[0], 404,
         "a dry run changes nothing")
    same(b.call("DELETE", "/tables/sipd/extension/839")[0], 200, "delete")
    journal = b.call("GET", "/tables/sipd/extension/_journal?limit=1")[1]
    same((journal["rows"][0]["actor"], journal["rows"][0]["op"]),
         ("adminZoI6@127.0.0.1", "delete"), "the journal names the account")
    for body in ("[]", "{", '{"a":1,"a":2}', '"x"', "nul", 2000 * "["):
        same(b.ask("PATCH", "/api/v1" + path, body,
                   {"Content-Type": "application/json",
                    "X-CSRF-Token": b.csrf})[0], 400, f"body {body[:20]}")


def test_roles(_):
    admin = signed_in()
    for name, role in (("petra", "reader"), ("olga", "operator")):
        admin.call("POST", "/tables/httpd/account",
                   {"name": name, "role": role})
        made = admin.call("POST", f"/accounts/{name}/reset")[1]["password"]
        b = Browser()
        b.sign_in(name, made)
        same(b.call("POST", "/password", {"current": made,
                                          "password": PASSWORD})[0], 200,
             f"{name} sets a password")
    reader, operator = signed_in("petra"), signed_in("olga")
    same(reader.call("GET", "/tables/sipd/extension")[0], 200, "reader reads")
    same(reader.call("PATCH", "/tables/sipd/extension/820",
                     {"name": "x"})[0], 403, "reader writes not")
    same(reader.call("GET", "/tables/httpd/account")[0], 403, "accounts")
    same(reader.call("POST", "/methods/guardd/Unreject",
                     {"source": "192.0.2.1", "service": "sip"})[0], 403,
         "reader lets nobody in")
    same(operator.call("GET", "/tables/sipd/extension")[0], 200, "operator")
    same(operator.call("GET", "/tables/guardd/rejected")[0], 403, "operator")
    same(operator.call("GET", "/audit")[0], 403, "operator and audit")
    secret = admin.call("POST", "/tables/sipd/extension",
                        {"number": "822"})[1]["made"]["secret"]
    phone = signed_in("822", secret)
    same(phone.call("GET", "/session")[1]["role"], "extension", "role")
    for method, route, is_open, first in routes():
        if not is_open and not first and route != "/events":
            same(phone.call(method, route)[0], 403, f"extension: {route}")
    admin.call("POST", "/tables/sipd/extension", {"number": "823"})
    admin.call("PATCH", "/tables/sipd/extension/822",
               {"secret": "Zk7mPq2wRt9+zV4c"})
    for _ in range(200):
        if not phone.call("GET", "/session")[1]["signed_in"]:
            break
    else:
        check(False, "a new password ends the extension's session")
    same(admin.call("PATCH", "/tables/httpd/account/adminZoI6",
                    {"role": "reader"})[1]["error"], "Invalid",
         "the last administrator stays")
    same(operator.call("GET", "/names/192.0.2.1")[0], 403, "operator, names")
    same(reader.call("GET", "/names/192.0.2.1")[1]["state"], "off",
         "reader, names")
    admin.call("PATCH", "/tables/httpd/account/petra", {"enabled": False})
    same(reader.call("GET", "/status")[0], 401, "switched off: signed out")


def test_names(_):
    """No DNS server can be reached from here; tests/call has some."""
    b = signed_in()
    off = {"address": "192.0.2.1", "network": "192.0.2.0/24", "state": "off",
           "name": ""}
    same(b.call("GET", "/names/192.0.2.1"), (200, off), "nobody is asked")
    six = b.call("GET", "/names/2001%3Adb8%3A0%3A0%3A%3A9")[1]
    same((six["address"], six["network"]), ("2001:db8::9", "2001:db8::/64"),
         "a ban is of the /64")
    for wrong in ("192.0.2.0%2F24", "host.example", "192.0.2.1x", "-"):
        status, said = b.call("GET", f"/names/{wrong}")
        same((status, said.get("field")), (422, "address"), wrong)
    same(b.call("POST", "/names/192.0.2.1")[0], 405, "only asked for")
    path = "/tables/httpd/web_settings/general"
    same(b.call("PATCH", path, {"reverse_dns": True})[0], 200, "switched on")
    same(b.call("GET", "/names/192.0.2.1")[1]["state"], "silent",
         "nobody answers")
    for n in range(2, 250):
        status, said = b.call("GET", f"/names/192.0.2.{n}")
        if status != 200:
            break
    same((status, said.get("error")), (429, "TooMany"),
         "a session asks so often and no more")
    same(signed_in().call("GET", "/names/192.0.2.250")[0], 200, "another may")
    b.call("PATCH", path, {"reverse_dns": False})
    same(b.call("GET", "/names/192.0.2.1"), (200, off), "and off again")


def test_events(_):
    b = signed_in()
    b.connect()
    b.conn.request("GET", "/api/v1/events", headers={"Cookie": b.cookie})
    stream = b.conn.getresponse()
    same(stream.getheader("Content-Type"), "text/event-stream", "type")
    other = Browser()
    other.cookie, other.csrf = b.cookie, b.csrf
    other.call("PATCH", "/tables/sipd/extension/820", {"name": "Bea"})
    seen = b""
    while b'"key":"820"' not in seen or b"event: live" not in seen:
        line = stream.readline()
        check(line, f"the change is told: {seen}")
        seen += line
    second, third = Browser(), Browser()
    second.connect()
    second.conn.request("GET", "/api/v1/events", headers={"Cookie": b.cookie})
    same(second.conn.getresponse().status, 200, "a second stream")
    third.cookie = b.cookie
    same(third.call("GET", "/events")[0], 429, "but no third")
    other.call("DELETE", "/session")
    rest = stream.read()
    check(b"event: end" in rest, "the end of the session is told")


def test_port(w):
    """The port is a setting; one that is taken is refused, the old stays."""
    path = "/tables/httpd/web_settings/general"
    status, said = signed_in().call("PATCH", path, {"port": 9998})
    same((status, said["field"]), (422, "port"), "given at the start")
    check(f"(--port {PORT})" in said["message"], said["message"])
    w.end("httpd")
    w.daemon("httpd", [])
    b = signed_in()
    taken = socket.create_server(("", 9997))
    status, said = b.call("PATCH", path, {"port": 9997})
    same((status, said["error"]), (500, "Failed"), "a port in use")
    check("port 9997" in said["message"], said["message"])
    taken.close()
    same(b.call("GET", path)[1]["row"]["port"], PORT, "the old one stays")
    same(b.call("PATCH", path, {"port": 9998})[0], 200, "another port")
    same(Browser().ask("GET", "/")[0], 200, "the old one is open until the new one was used")
    same(b.call("PATCH", path, {"port": PORT})[0], 200, "open one goes on")
    same(Browser().ask("GET", "/")[0], 200, "and back")
    same(b.call("PATCH", path, {"port": 9998})[0], 200, "another port")
    same(b.call("GET", "/status")[0], 200, "over the old connection")
    same(Browser().ask("GET", "/")[0], 200, "which shows nothing")
    far = Browser(port=9998)
    far.cookie, far.csrf = b.cookie, b.csrf
    same(far.call("GET", "/status")[0], 200, "by the new one")
    same(Browser().ask("GET", "/")[0], 0, "now the old one is closed")
    same(far.call("PATCH", path, {"port": PORT})[0], 200, "and back")
    same(signed_in().call("GET", "/status")[0], 200, "by the first")
    same(Browser(port=9998).ask("GET", "/")[0], 0, "the other is closed")


def test_survives(w):
    """kill -9: whoever was signed in still is."""
    b = signed_in()
    w.end("httpd", signal.SIGKILL)
    b.conn = None
    w.daemon("httpd")
    same(b.call("GET", "/status")[0], 200, "signed in after kill -9")
    rows = b.call("GET", "/tables/httpd/session")[1]["rows"]
    mine = max(rows, key=lambda r: r["since_ms"])["id"]
    same(b.call("DELETE", f"/tables/httpd/session/{mine}")[0], 200,
         "a session is ended")
    same(b.call("GET", "/session")[1]["signed_in"], False, "and it is")
    w.end("sipd", signal.SIGKILL)
    b = signed_in()
    status, said = b.call("GET", "/tables/sipd/extension")
    same((status, said["daemon"]), (503, "sipd"), "a silent daemon is named")
    w.daemon("sipd")
    said = w.send("--dest=org.sallyport.Web", "/org/sallyport/Web",
                  "org.sallyport.Web1.ResetPassword", "string:adminZoI6")
    password = re.search(r'string "([^"]{16})"', said)[1]
    same(b.call("GET", "/session")[1]["signed_in"], False, "root resets")
    same(Browser().sign_in("adminZoI6", password)[1]["must_change"], True,
         "the way back in")


def test_tls(_):
    """TLS 1.2 or later, AEAD only; the certificate names the box."""
    warnings.simplefilter("ignore", DeprecationWarning)
    for bad in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        tls.set_ciphers("ALL:@SECLEVEL=0")
        tls.minimum_version = tls.maximum_version = bad
        try:
            with socket.create_connection(("127.0.0.1", PORT)) as s:
                tls.wrap_socket(s)
            check(False, f"{bad} is taken")
        except (ssl.SSLError, OSError):
            pass
    pem = ssl.get_server_certificate(("127.0.0.1", PORT))
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as f:
        f.write(pem)
        f.flush()
        trusting = ssl.create_default_context(cafile=f.name)
        for name in ("127.0.0.1", "localhost", BOX):
            with socket.create_connection(("127.0.0.1", PORT)) as s:
                with trusting.wrap_socket(s, server_hostname=name) as t:
                    check("GCM" in t.cipher()[0] or "CHACHA" in t.cipher()[0],
                          f"cipher {t.cipher()}")
    status, reply, _ = Browser().ask("GET", "/")
    same(status, 200, "the page")
    check("'none'" in reply.getheader("Content-Security-Policy"), "CSP")
    same(Browser().ask("GET", "/assets/../api")[0], 400, "traversal")
    same(Browser().ask("GET", "/assets/%2e%2e%2fapi")[0], 404, "traversal")
    same(Browser().ask("GET", "/etc/passwd")[0], 404, "no such page")
    status, reply, _ = Browser().ask("HEAD", "/")
    same(status, 200, "HEAD")


def test_guard(w):
    """A stranger: exactly five tries are answered, then silence."""
    answers = []
    for i in range(8):
        stranger = Browser(BOX, STRANGER)
        name = "adminZoI6" if i % 2 else "nobody"
        answers.append(stranger.sign_in(name, "wrong"))
    same([a[0] for a in answers], [401] * 5 + [0] * 3, "answers")
    texts = {re.sub(r"\d+ more tr\w+", "N more", a[1]["message"])
             for a in answers[:4]}
    same(len(texts), 1, "one text for unknown names and wrong passwords")
    same(answers[1][1]["message"],
         "Name or password is wrong. 3 more tries, then this address waits "
         "10 min.", "the text")
    same([a[1]["tries_left"] for a in answers[:5]], [4, 3, 2, 1, 0], "tries")
    start = time.monotonic()
    for _ in range(2):
        same(Browser().sign_in("nobody", "wrong")[1]["tries_left"], 0,
             "a local address is refused")
    check(time.monotonic() - start > 1.9, "at most once a second")
    b = Browser()
    w.send("--dest=org.sallyport.Web", "/org/sallyport/Web",
           "org.sallyport.Web1.Audit", "string:", "uint32:5")
    same(b.sign_in("adminZoI6", PASSWORD)[0], 200, "others still sign in")
    rows = b.call("GET", "/tables/guardd/rejected")[1]["rows"]
    same([(r["source"], r["service"]) for r in rows],
         [(STRANGER, "https")], "rejected")
    same(b.call("POST", "/methods/guardd/Unreject",
                {"source": STRANGER, "service": "https"})[1], {"count": 1},
         "let in")
    same(Browser(BOX, STRANGER).call("GET", "/session")[0], 200, "is in")
    open_one = Browser(BOX, STRANGER)
    open_one.call("GET", "/session")
    b.call("POST", "/methods/guardd/Reject",
           {"source": STRANGER, "service": "https", "seconds": 600})
    same(open_one.conn.sock.recv(1), b"", "an open connection ends at once")
    row = b.call("GET", "/tables/guardd/rejected")[1]["rows"][0]
    same((row["origin"], row["actor"].split("@")[0]), ("person", "adminZoI6"),
         "by whom")
    b.call("POST", "/methods/guardd/Unreject",
           {"source": STRANGER, "service": "https"})
    audit = b.call("GET", "/audit?limit=50")[1]["rows"]
    check(any(r["what"] == "did" and "Unreject" in r["detail"]
              for r in audit), "who let it in is noted")
    check(PASSWORD not in json.dumps(audit), "no password in the log")


RECORDS = 12000


def broken_off(b):
    """A file that ends before it is whole must not look so."""
    try:
        b.file.read()
    except (OSError, http.client.HTTPException):
        return True
    return False


def begin_file(cookie):
    """A browser that asks for all records and does not read them."""
    b = Browser()
    b.connect()
    b.conn.request("GET", "/api/v1/exports/cdr.csv",
                   headers={"Cookie": cookie})
    b.file = b.conn.getresponse()
    return b


def test_export(w):
    """All records as a file, page by page, as fast as they are read."""
    w.end("routed")
    subprocess.run([w.build / "tests/unit/httpd/httpd_fill",
                    w.top / "state/routed", str(RECORDS)], check=True)
    w.daemon("routed")
    b = signed_in()
    status, reply, data = b.ask("GET", "/api/v1/exports/cdr.csv")
    same((status, reply.getheader("Content-Type"),
          reply.getheader("Content-Disposition")),
         (200, "text/csv; charset=utf-8", 'attachment; filename="cdr.csv"'),
         "a file")
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    same([r["id"] for r in rows],
         [f"record-{i:07}" for i in reversed(range(RECORDS))], "all of them")
    same([rows[-1][k] for k in ("start_ms", "caller", "callee", "direction",
                                "cost_milli", "reason")],
         ["2025-10-09T08:53:20.123Z", "1000", "+4930100000", "outbound",
          "100", "'=1+\"one\"; 0"], "the cells")
    page = b.call("GET", "/methods/routed/Records?limit=1")[1]["rows"]
    same(set(rows[0]), set(page[0]), "what the browser may see")
    data = b.ask("GET", "/api/v1/exports/cdr.csv?filter=caller%3D1007")[2]
    same(data.count(b"\r\n"), 1 + RECORDS // 10, "those of one")
    same(b.ask("GET", "/api/v1/exports/cdr.csv?filter=caller%3Dnobody")[2]
         .count(b"\r\n"), 1, "none but the names")
    status, said = b.call("GET", "/exports/cdr.csv?filter=colour%3Dred")
    same((status, said["error"]), (422, "Invalid"), "no such field")
    same(b.call("GET", "/exports/cdr.csv?filter=" + "x" * 500)[0], 422,
         "too long")
    same(b.call("GET", "/exports/account.csv")[0], 404, "no such file")
    check(STRANGER.encode() in b.ask(
        "GET", "/api/v1/exports/incident.csv")[2], "incidents")

    other = signed_in()
    slow = [begin_file(other.cookie) for _ in range(4)]
    same(b.call("GET", "/exports/cdr.csv")[0], 429, "four at once")
    slow[0].conn.close()
    slow[0].file.close()
    # httpd sees that he is gone when its turn comes
    end = time.monotonic() + 20
    while b.ask("GET", "/api/v1/exports/incident.csv")[0] != 200:
        check(time.monotonic() < end, "who goes away makes room")
        threading.Event().wait(0.02)
    same(other.call("DELETE", "/session")[0], 204, "signed out")
    check(all(broken_off(s) for s in slow[1:]), "and no file goes on")


def test_trial(_):
    b, rules = signed_in(), "/tables/fwd/firewall/general"
    b.call("GET", "/session")
    same(b.call("PATCH", rules, {"ping": False})[0], 200, "a new rule")
    trial = b.call("GET", "/methods/fwd/Trial")[1]
    same((trial["state"], trial["actor"]),
         ("running", "adminZoI6@127.0.0.1"), "is on trial")
    # whether the connection was too old fwd decides: tests/web
    same(b.call("POST", "/methods/fwd/Confirm", {"generation": 0})[0], 200,
         "kept")
    check(b.conn is None, "and the connection it was asked over is closed")
    b.call("GET", "/session")
    b.call("PATCH", rules, {"ping": True})
    same(b.call("POST", "/methods/fwd/Rollback")[0], 200, "taken back")
    same(b.call("GET", rules)[1]["row"]["ping"], False, "the kept one")
    b.call("PATCH", rules, {"ping": True})
    b.call("POST", "/methods/fwd/Confirm")
    same(b.call("POST", "/methods/fwd/Confirm")[1]["error"], "NoSuch",
         "nothing is on trial")


def test_logs(w):
    for name in DAEMONS:
        log = w.top / f"{name}.log"
        text = log.read_text() if log.exists() else ""
        check(PASSWORD not in text, f"{name} logs no password")
        check("runtime error" not in text and "Sanitizer" not in text,
              f"{name}: {text[-2000:]}")


TESTS = [test_first_start, test_denied, test_fixation, test_tables,
         test_roles, test_names, test_events, test_tls, test_guard, test_trial,
         test_export, test_port, test_survives]


def main(build):
    if "INSIDE" not in os.environ:
        unshare = ["unshare", "-n"] if os.geteuid() == 0 else [
            "unshare", "-rn"]
        if subprocess.run([*unshare, "true"], check=False,
                          stderr=subprocess.DEVNULL).returncode:
            sys.exit(77)
        os.environ["INSIDE"] = "1"
        os.execvp("unshare", [*unshare, sys.executable, __file__, build])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (BOX, STRANGER):
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"],
                       check=True)
    top = tempfile.mkdtemp(prefix="httpd-api-")
    world = World(build, top)
    try:
        world.open()
        for test in TESTS:
            test(world)
            print(f"ok {test.__name__}", flush=True)
        world.close()
        test_logs(world)
    finally:
        for proc in world.procs.values():
            proc.kill()
            proc.wait()
        shutil.rmtree(top)


if __name__ == "__main__":
    main(sys.argv[1])
