"""The web's API in the whole product: signing in, being let in, being shut out."""

import contextlib
import os
import re
import signal

from attacker import attack, rejected
from box import until
from names import Names
from sip import Client
from test_guard import TRIES
from test_wall import GENERAL, RULE, delete, drop_all_but_the_office, keep, put
from web import Browser, Closed, first_sign_in

PASSWORD = "Quiet-Harbour+92"


def admin(lab, **kw):
    b = Browser(lab.net, "lan", lab.net.PBX_LAN, **kw)
    if os.path.exists(f"{lab.box.state}/truth/httpd/first-password"):
        return first_sign_in(b, lab.box.admin, PASSWORD)
    status, body = b.sign_in(lab.box.admin[0], PASSWORD)
    assert status == 200, (status, body)
    return b


def test_first_sign_in(lab):
    b = admin(lab)
    status, body = b.ask("GET", "/status")
    assert status == 200 and all(d["there"] for d in body["daemons"]), body
    assert not os.path.exists(f"{lab.box.state}/truth/httpd/first-password"), "the one-time password is gone"


def test_registrations_and_calls_are_seen(lab):
    b = admin(lab)
    lab.phone("801")
    c = lab.phone("802", address="192.168.1.102", answer="auto")
    until(lambda: b.ask("GET", "/status")[1]["live"]["registered"] == 2, 10, "two registered")
    lab.phones[0].tell("dial", "802")
    c.wait("CALL_ESTABLISHED")
    rows = b.ask("GET", "/methods/sipd/Calls")[1]["rows"]
    assert [(r["caller"], r["callee"]) for r in rows] == [("801", "802")], rows
    assert b.ask("POST", "/methods/sipd/Hangup", {"call": rows[0]["id"]})[1]["count"] == 1
    c.wait("CALL_CLOSED")


def test_extension_from_the_page(lab):
    b = admin(lab)
    status, body = b.ask("POST", "/tables/sipd/extension", {"number": "860", "name": "Page"})
    assert status == 201 and len(body["made"]["secret"]) == 16, (status, body)
    lab.phone("860", password=body["made"]["secret"])
    status, rows = b.ask("GET", "/tables/sipd/extension")
    assert body["made"]["secret"] not in str(rows), "shown once"
    rows = [{"op": "create", "key": str(n), "row": {}} for n in range(870, 880)]
    status, body = b.ask("POST", "/tables/sipd/extension/_apply", {"rows": rows})
    assert status == 200 and len({m["secret"] for m in body["made"].values()}) == 10, "each its own"
    rows = [{"op": "delete", "key": str(n)} for n in (860, *range(870, 880))]
    assert b.ask("POST", "/tables/sipd/extension/_apply", {"rows": rows})[0] == 200


def test_signed_out_whatever_dies(lab):
    """Who signed out, or was put out, stays out: kill -9 right after the answer brings no session back."""
    b = admin(lab)
    others = [admin(lab) for _ in range(2)]
    cookies = [o.cookie for o in others]
    newest = max(b.ask("GET", "/tables/httpd/session")[1]["rows"], key=lambda r: r["since_ms"])
    assert b.ask("DELETE", f"/tables/httpd/session/{newest['id']}")[0] == 200
    assert others[0].ask("DELETE", "/session")[0] == 204
    lab.box.kill("httpd")
    until(lambda: asked(b) == 200, 20, "the one that stayed is still signed in")
    for o, cookie in zip(others, cookies):
        o.cookie = cookie
        assert o.ask("GET", "/status")[0] == 401, "put out, and signed out"


def asked(browser):
    try:
        return browser.ask("GET", "/status")[0]
    except Closed:
        return None


def test_let_in_over_https(lab):
    b = admin(lab)
    c = Client(lab.net, "wan", "203.0.113.25", lab.net.PBX_WAN, "800")
    lab.later(c.close)
    assert attack(lab, c, 30) == TRIES
    rows = b.ask("GET", "/tables/guardd/rejected")[1]["rows"]
    mine = [r for r in rows if r["source"] == "203.0.113.25"]
    assert mine and mine[0]["evidence"] and mine[0]["origin"] == "fail2ban", rows
    assert b.ask("POST", "/methods/guardd/Unreject", {"source": "203.0.113.25", "service": "sip"})[1]["count"] == 1
    assert "203.0.113.25" not in rejected(lab)
    assert c.register(lab.box.extensions["800"]).code == 200


def test_five_wrong_passwords_then_silence(lab):
    """Exactly five tries of a stranger are answered; the owner on the LAN still gets in."""
    admin(lab)
    b = Browser(lab.net, "wan", lab.net.PBX_WAN, source="203.0.113.26")
    answers = 0
    try:
        for n in range(12):
            status, body = b.sign_in(lab.box.admin[0], f"Wrong-password-{n}", seconds=20 if n < 5 else 2)
            assert status == 401 and body["error"] == "Credentials", body
            answers += 1
    except Closed:
        pass
    assert answers == 5, answers
    admin(lab)
    rows = admin(lab).ask("GET", "/tables/guardd/rejected")[1]["rows"]
    assert [r for r in rows if r["source"] == "203.0.113.26" and r["service"] == "https"], rows


SETTINGS = "/tables/httpd/web_settings/general"


@contextlib.contextmanager
def names_are_asked_for(b):
    assert b.ask("PATCH", SETTINGS, {"reverse_dns": True})[0] == 200
    try:
        yield
    finally:
        b.ask("PATCH", SETTINGS, {"reverse_dns": False})


def sockets(lab):
    """What httpd asks with."""
    return [s for s in lab.net.run("pbx", "ss", "-Huanp").stdout.splitlines() if f"pid={lab.box.pid('httpd')}," in s]


def name_of(b, address):
    status, body = b.ask("GET", "/names/" + address.replace(":", "%3A"), seconds=20)
    assert status == 200 and body["address"] == address, (status, body)
    return body["state"], body["name"]


def test_name_of_an_address(lab):
    """A right name, one that lies, one that is none, one that is written to hurt; of IPv6 as well."""
    names = Names(lab, "local=/113.0.203.in-addr.arpa/",
                  "host-record=Mail.example,203.0.113.27", "host-record=six.example,2001:db8:3::9",
                  "ptr-record=28.113.0.203.in-addr.arpa,admin.bank.example", "host-record=admin.bank.example,198.51.100.9",
                  "ptr-record=29.113.0.203.in-addr.arpa,<img src=x onerror=alert(1)>.example",
                  "ptr-record=30.113.0.203.in-addr.arpa,192.168.1.1")
    b = admin(lab)
    # a setting of its own: whoever runs the name server would see that somebody looks
    assert name_of(b, "203.0.113.27") == ("off", "")
    assert '"off"' in lab.box.method("httpd", "NameOf", "string:203.0.113.27")
    with names_are_asked_for(b):
        c = Client(lab.net, "wan", "203.0.113.27", lab.net.PBX_WAN, "800")
        lab.later(c.close)
        assert attack(lab, c, 30) == TRIES
        assert "203.0.113.27" in [r["source"] for r in b.ask("GET", "/tables/guardd/rejected")[1]["rows"]]
        assert "query[" not in names.asked(), "nobody has looked at the row"
        assert name_of(b, "203.0.113.27") == ("confirmed", "mail.example")
        assert name_of(b, "2001:db8:3::9") == ("confirmed", "six.example")
        assert name_of(b, "203.0.113.28") == ("claimed", "admin.bank.example")
        for address in ("203.0.113.29", "203.0.113.30", "203.0.113.31"):
            assert name_of(b, address) == ("none", ""), address
        # scripts ask as well
        said = re.findall('string "(.*)"', lab.box.method("httpd", "NameOf", "string:203.0.113.27"))
        assert said == ["203.0.113.27", "203.0.113.0/24", "confirmed", "mail.example"], said
        assert '"admin.bank.example"' in lab.box.method("httpd", "NameOf", "string:203.0.113.28")
        assert '"none"' in lab.box.method("httpd", "NameOf", "string:203.0.113.32")
        # known for a while
        asked = names.asked()
        assert name_of(b, "203.0.113.27") == ("confirmed", "mail.example")
        assert not sockets(lab), "nothing stays open"
        assert names.asked() == asked and "query[PTR] 27.113.0.203.in-addr.arpa from 192.0.2.10" in asked, asked
    b.ask("POST", "/methods/guardd/Unreject", {"source": "203.0.113.27", "service": "sip"})
    assert "onerror" not in lab.box.log("httpd") and "bank.example" not in lab.box.log("httpd")


def test_names_while_dns_is_silent(lab):
    """A server that takes questions and says nothing, and one that is not there."""
    names = Names(lab, "host-record=late.example,203.0.113.40")
    b = admin(lab)
    with names_are_asked_for(b):
        names.p.send_signal(signal.SIGSTOP)
        try:
            assert name_of(b, "203.0.113.40") == ("silent", "")
        finally:
            names.p.send_signal(signal.SIGCONT)
        names.stop()
        assert name_of(b, "203.0.113.41") == ("silent", "")


def test_names_under_drop_all(lab):
    """What answers a question of the box's own passes, as SPEC 7 has it."""
    Names(lab, "host-record=wall.example,203.0.113.42")
    b = admin(lab)
    drop_all_but_the_office(lab)
    keep(lab)
    try:
        with names_are_asked_for(b):
            assert name_of(b, "203.0.113.42") == ("confirmed", "wall.example")
    finally:
        put(lab, GENERAL, "general", drop_all="false")
        for name in ("web", "sip", "rtp"):
            delete(lab, RULE, name)
        keep(lab)
