"""Attackers of the web: pages of others, forged requests, requests in requests, doors held open."""

import json
import re
import socket
import threading
import time

from box import Refused, until
from test_https import PASSWORD, admin
from test_wall import GENERAL, RULE, connects, on_trial, put
from web import Browser, Closed

HELD = 256


def speak(browser, text, seconds=5.0):
    """Says that on a connection of its own; all that is answered until the other side closes or falls silent."""
    got = b""
    s = browser.connect(seconds)
    try:
        s.sendall(text.encode("latin-1"))
        while more := s.recv(65536):
            got += more
    except OSError:
        pass
    finally:
        s.close()
    return got.decode("latin-1")


def statuses(answer):
    return [int(n) for n in re.findall(r"HTTP/1\.[01] (\d{3}) ", answer)]


def stranger(lab, n):
    return Browser(lab.net, "wan", lab.net.PBX_WAN, source=f"203.0.113.{n}")


def extension_signs_in(lab, b, secret):
    status, body = b.sign_in("801", secret)
    assert (status, body.get("error")) in ((200, None), (401, "Credentials")), (status, body)
    return status == 200


def test_permit_ip_is_for_the_page_too(lab):
    """From a forbidden address the right password is as wrong as any; a session from there ends with the change."""
    secret, lan = lab.box.extensions["801"], Browser(lab.net, "lan", lab.net.PBX_LAN)
    far = stranger(lab, 23)
    assert extension_signs_in(lab, far, secret), "no Permit IP: from anywhere"
    try:
        lab.box.table("sipd", "extension", "Put", "string:801", "dict:string:string:permit_ip,192.168.1.0/24")
        until(lambda: far.ask("GET", "/session")[1] == {"signed_in": False}, 10, "the session from elsewhere has ended")
        assert not extension_signs_in(lab, far, secret)
        assert far.sign_in("801", secret)[1]["message"] == far.sign_in("801", secret + "x")[1]["message"].replace("2 more", "3 more")
        assert extension_signs_in(lab, lan, secret)
    finally:
        lab.box.table("sipd", "extension", "Set", "string:801", "string:permit_ip", "string:")
        lab.box.method("guardd", "Unreject", "string:203.0.113.23", "string:all")


def has(lab, number):
    try:
        lab.box.table("sipd", "extension", "Get", f"string:{number}")
        return True
    except Refused:
        return False


def test_pages_of_others_change_nothing(lab):
    """The cookie alone is not enough: no token, a token of another session, a foreign Origin, a form, a GET."""
    b, other = admin(lab), admin(lab)
    row = {"number": "870", "name": "Evil"}
    path = "/tables/sipd/extension"
    for headers in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": other.csrf}, {"X-CSRF-Token": b.csrf[:-1]}, {"Origin": "https://evil.example"},
                    {"Origin": "null"}, {"Origin": f"http://{b.host}:9999"}, {"Origin": f"https://{b.host}:9999.evil.example"},
                    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        status, body = b.ask("POST", path, row, **headers)
        assert (status, body["error"]) == (403, "Csrf"), (headers, status, body)
    text = json.dumps(row)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"):
        answer = speak(b, f"POST /api/v1{path} HTTP/1.1\r\nHost: {b.host}:9999\r\nCookie: {b.cookie}\r\nX-CSRF-Token: {b.csrf}\r\n"
                          f"Content-Type: {kind}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}")
        assert statuses(answer) == [415], (kind, answer[:200])
    assert b.ask("GET", path + "?number=870&name=Evil", **{"X-HTTP-Method-Override": "POST"})[0] == 200
    assert b.ask("GET", "/methods/sipd/Hangup?call=")[0] in (404, 405)
    assert not has(lab, "870")
    assert "Access-Control" not in speak(b, f"OPTIONS /api/v1{path} HTTP/1.1\r\nHost: {b.host}\r\nOrigin: https://evil.example\r\n"
                                            "Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n")


def test_sessions_cannot_be_given(lab):
    """A token that somebody else chose never becomes one; one that ended stays so."""
    b = admin(lab)
    chosen = "__Host-sallyport=" + "a" * len(b.cookie.partition("=")[2])
    x = Browser(lab.net, "lan", lab.net.PBX_LAN)
    x.cookie = chosen
    assert x.sign_in(lab.box.admin[0], PASSWORD)[0] == 200
    assert x.cookie not in (chosen, b.cookie)
    old = x.cookie
    y = Browser(lab.net, "lan", lab.net.PBX_LAN)
    for cookie in (chosen, old[:-1], old + "a", f"x={old.partition('=')[2]}", "__Host-sallyport=", "__Host-sallyport=%00", "; ;=;"):
        y.cookie = cookie
        assert y.ask("GET", "/status")[0] == 401, cookie
    assert x.ask("DELETE", "/session")[0] == 204
    x.cookie = old
    assert x.ask("GET", "/status")[0] == 401


def test_no_file_of_the_box_is_served(lab):
    b = Browser(lab.net, "lan", lab.net.PBX_LAN)
    for path in ("/../../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "//etc/passwd",
                 "/\\..\\..\\etc\\passwd", "/assets/../../../etc/passwd", "/%252e%252e/etc/passwd", "/etc/passwd%00.js",
                 "/.%00./etc/passwd", "/api/v1/../../etc/passwd", "/api/v1/tables/..%2f..%2f/etc/passwd", "/truth/httpd/tls.key",
                 "/tls.key", "/first-password", "file:///etc/passwd"):
        answer = speak(b, f"GET {path} HTTP/1.1\r\nHost: {b.host}\r\nConnection: close\r\n\r\n")
        assert "root:" not in answer and "PRIVATE KEY" not in answer, path
        got = statuses(answer)
        assert len(got) <= 1 and (got != [200] or "<!doctype html" in answer.lower()), (path, answer[:200])


def test_no_request_inside_a_request(lab):
    """What two readers would cut differently is refused whole: what follows is never read as a request."""
    b = Browser(lab.net, "lan", lab.net.PBX_LAN)
    inner = f"GET /api/v1/session HTTP/1.1\r\nHost: {b.host}\r\n\r\n"
    head = f"POST /api/v1/session HTTP/1.1\r\nHost: {b.host}\r\nContent-Type: application/json\r\n"
    for lines in (f"Content-Length: {len(inner) + 5}\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 0\r\nContent-Length: 9\r\n",
                  "Content-Length: 4, 4\r\n", "Content-Length: +4\r\n", "Content-Length: 0x4\r\n", "Content-Length: -1\r\n",
                  "Content-Length: 99999999999999999999\r\n", "Content-Length : 4\r\n", "Transfer-Encoding: xchunked\r\n",
                  "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: identity, chunked\r\n", "Transfer-Encoding:\tchunked\x0b\r\n",
                  "X: y\r\n Content-Length: 4\r\n", "Host: evil.example\r\nContent-Length: 0\r\n", "\x00: y\r\nContent-Length: 0\r\n"):
        answer = speak(b, f"{head}{lines}\r\n0\r\n\r\n{inner}", seconds=2.0)
        got = statuses(answer)
        assert not [c for c in got if c < 400], (lines, got, answer[:300])


def test_one_address_cannot_hold_every_door(lab):
    """256 connections of one stranger, with their handshakes begun and ended; another one and the owner get in."""
    b = admin(lab)
    held = []
    for n in range(HELD):
        s = lab.net.socket("wan", kind=socket.SOCK_STREAM)
        lab.later(s.close)
        s.bind(("203.0.113.22", 0))
        s.setblocking(False)
        s.connect_ex((lab.net.PBX_WAN, 9999))
        held.append(s)
    far, near = stranger(lab, 23), Browser(lab.net, "lan", lab.net.PBX_LAN, source="192.168.1.111")
    for x in (far, near):
        assert x.sign_in(lab.box.admin[0], PASSWORD)[0] == 200
    assert b.ask("GET", "/status")[0] == 200
    # and one of the LAN
    for n in range(HELD):
        s = lab.net.socket("lan", kind=socket.SOCK_STREAM)
        lab.later(s.close)
        s.bind(("192.168.1.114", 0))
        s.setblocking(False)
        s.connect_ex((lab.net.PBX_LAN, 9999))
    for x in (far, near):
        assert x.ask("GET", "/status")[0] == 200


def test_guesses_of_a_whole_48_leave_the_owner_his_turn(lab):
    """Strangers by the dozen have their passwords checked, at 25 ms each; who is at home signs in meanwhile, at the first try."""
    b = admin(lab)
    lab.net.whole_48()
    near = Browser(lab.net, "lan", lab.net.PBX_LAN, source="192.168.1.112")
    crowd = [Browser(lab.net, "wan", lab.net.PBX_WAN6, source=f"2001:db8:4:{n:x}::1") for n in range(60)]
    kept = [x.connect(5.0) for x in (*crowd, near)]
    for s in kept:
        lab.later(s.close)
    with lab.box.asleep("httpd"):
        for s in kept:
            body = json.dumps({"name": lab.box.admin[0], "password": PASSWORD if s is kept[-1] else "wrong"})
            s.sendall(f"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                      .encode() + body.encode())
    told = [statuses(s.recv(4096).decode("latin-1")) for s in kept]
    assert told[-1] == [200], told
    assert told.count([429]) > 0 and told.count([401]) > 0, told
    assert b.ask("GET", "/status")[0] == 200


def test_rejected_while_signed_in(lab):
    b, answers = stranger(lab, 24), []
    assert admin(lab) and b.sign_in(lab.box.admin[0], PASSWORD)[0] == 200
    kept = b.connect(5.0)
    lab.later(kept.close)
    lab.box.method("guardd", "Reject", "string:203.0.113.24", "string:https", "uint32:3600")
    try:
        kept.sendall(f"GET /api/v1/status HTTP/1.1\r\nHost: x\r\nCookie: {b.cookie}\r\n\r\n".encode())
        assert not kept.recv(100), "a connection that was open is cut"
    except OSError:
        pass
    try:
        raise AssertionError(b.ask("GET", "/status", seconds=1.0))
    except Closed:
        pass
    with lab.box.asleep("httpd"):  # it accepts the connection before it reads guardd's signal
        lab.box.method("guardd", "Unreject", "string:203.0.113.24", "string:https")
        again = threading.Thread(target=lambda: answers.append(b.ask("GET", "/status")[0]))
        again.start()
        until(lambda: lab.net.run("pbx", "ss", "-Htn", "src = 203.0.113.24 or dst = 203.0.113.24").stdout.strip(), 5,
              "the connection stands")
    again.join()
    assert answers == [200], "let in again, the session goes on"


def test_guesses_from_the_lan_are_slow(lab):
    """No ban, but one refusal a second for an address, however many ask at once."""
    begin, answers = time.monotonic(), []

    def guess(n):
        x = Browser(lab.net, "lan", lab.net.PBX_LAN, source="192.168.1.113")
        try:
            answers.append(x.sign_in(lab.box.admin[0], f"Guess-number-{n}", seconds=3.0)[1]["error"])
        except Closed:
            pass

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(24)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    took = time.monotonic() - begin
    assert 1 <= answers.count("Credentials") <= took + 1, (answers, took)
    until(lambda: Browser(lab.net, "lan", lab.net.PBX_LAN, source="192.168.1.113").sign_in(lab.box.admin[0], PASSWORD)[0] == 200,
          10, "the owner gets in from there")


def test_the_web_on_another_port_shuts_nobody_out(lab):
    """Under drop all with a rule that names the old number: the old port stays until somebody has come in by the new one."""
    near = admin(lab)
    on_trial(lab)
    put(lab, RULE, "web", action="accept", protocol="tcp", port=9999, source="192.168.1.0/24")
    put(lab, GENERAL, "general", drop_all="true")
    settings = ("httpd", "web_settings", "Put", "string:general")
    lab.box.table(*settings, "dict:string:string:port,9443")
    lab.later(lambda: lab.box.table(*settings, "dict:string:string:port,9999"))
    until(lambda: ". 9443 : jump guard_https" in lab.net.run("pbx", "nft", "list", "map", "inet", "sallyport", "guard_ports").stdout, 10,
          "the packet filter knows it")
    assert not connects(lab, "lan", "192.168.1.111", 9443)
    assert near.ask("GET", "/status")[0] == 200, "the owner still gets in"
    put(lab, RULE, "new", action="accept", protocol="tcp", port=9443, source="192.168.1.0/24")
    near.port = 9443
    assert near.ask("GET", "/status")[0] == 200
    near.port = 9999
    try:
        raise AssertionError(near.ask("GET", "/status", seconds=2.0))
    except Closed:
        pass
