"""Attackers against the whole path of an attack: sipd, guardd, fwd, the kernel."""

import re
import socket
import struct
import tempfile
import time

from attacker import attack, rejected
from box import until
from sip import Client
from web import Browser, Closed
from test_wall import fields

TRIES = 10


def stranger(lab, n, user="800", **kw):
    c = Client(lab.net, "wan", f"203.0.113.{n}", lab.net.PBX_WAN, user, **kw)
    lab.later(c.close)
    return c


def local(lab, user="800", address="192.168.1.110"):
    c = Client(lab.net, "lan", address, lab.net.PBX_LAN, user)
    lab.later(c.close)
    return c


def guess(c, password):
    """What is said of this password; not at once, where there is one guess a second."""
    return until(lambda: c.register(password, expires=0, seconds=0.3), 15, "an answer")


def signs_in(browser, password):
    try:
        return browser.sign_in("800", password)[0] == 200
    except Closed:
        return False


def test_exactly_ten_tries_are_answered(lab):
    c = stranger(lab, 9)
    assert attack(lab, c, 30) == TRIES
    assert "203.0.113.9" in rejected(lab)
    assert c.ask("OPTIONS", 0.5) is None, "not one packet gets through"
    # a neighbour is not hit
    assert stranger(lab, 10).ask("REGISTER") is not None


def test_tries_count_together_whatever_they_look_like(lab):
    """So many in all: over UDP and TCP, by every method, for every extension, in a new call each time, two of them at once."""
    c, answered = stranger(lab, 23), 0
    tries = ("guardd", "guard_service", "Set", "string:sip", "string:tries")
    lab.box.table(*tries, "string:4")
    lab.later(lambda: lab.box.table(*tries, f"string:{TRIES}"))
    tcp = lab.net.socket("wan", kind=socket.SOCK_STREAM)
    lab.later(tcp.close)
    tcp.settimeout(0.5)
    tcp.bind((c.address, 0))
    tcp.connect((lab.net.PBX_WAN, 5060))

    def over_tcp(raw):
        tcp.sendall(raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))

    def heard():
        """How many refusals came, by either way, until it is silent."""
        n = 0
        while a := c.answer(0.5):
            n += a.code in (401, 403)
        try:
            while part := tcp.recv(65536):
                n += part.count(b"SIP/2.0 401") + part.count(b"SIP/2.0 403")
        except OSError:
            pass
        return n

    for n, method in enumerate(("REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "BYE", "OPTIONS", "PUBLISH", "REFER") * 3):
        if c.address in rejected(lab):
            break
        challenge = until(lambda: c.ask("REGISTER", 0.5), 10, "a challenge").challenge()
        c.call_id = f"{n}.{c.call_id}"
        for i, send in enumerate((over_tcp, c.send)):
            send(c.build(method, extra=(c.credentials(method, challenge, f"wrong{n}", user=f"80{n % 10}", nc=i + 1),)))
        answered += heard()
    assert c.address in rejected(lab) and answered == 4, answered


def test_unknown_users_count_and_look_the_same(lab):
    known, unknown = stranger(lab, 11, "800"), stranger(lab, 12, "8888")
    def shape(client):
        a = client.register("wrong")
        text = re.sub(rb'(nonce|tag|branch|received|rport)="?[^",;\r\n]*"?|Call-ID: .*|CSeq: .*|[0-9.]{7,}(:\d+)?', b"", a.raw)
        return text.replace(b"8888", b"800")
    assert shape(known) == shape(unknown)
    assert attack(lab, unknown, 30) == TRIES - 1


def test_right_password_is_no_try(lab):
    c = stranger(lab, 13)
    for _ in range(TRIES + 5):
        assert c.register(lab.box.extensions["800"]).code == 200


def test_first_requests_are_no_tries(lab):
    c = stranger(lab, 14)
    for _ in range(3 * TRIES):
        assert c.ask("REGISTER").code == 401


def test_local_is_never_banned(lab):
    c = local(lab)
    assert c.register("wrong", seconds=3).code in (401, 403)
    for n in range(2 * TRIES):
        c.register(f"wrong{n}", seconds=0.1)
    assert not rejected(lab) & {"192.168.1.110"}
    assert guess(c, lab.box.extensions["800"]).code == 200


def test_let_in_over_the_bus(lab):
    c = stranger(lab, 15)
    assert attack(lab, c, 30) == TRIES
    lab.box.method("guardd", "Unreject", "string:203.0.113.15", "string:sip")
    assert c.register(lab.box.extensions["800"]).code == 200


def test_let_in_holds_when_it_returns(lab):
    """sipd, which hears of it by a signal, may read the phone's packet first."""
    c = stranger(lab, 20)
    for let_in in (lambda: lab.box.method("guardd", "Unreject", "string:203.0.113.20", "string:sip"),
                   lambda: lab.box.table("guardd", "allowed_address", "Put", "string:friend",
                                         "dict:string:string:source,203.0.113.20,services,sip")):
        lab.box.method("guardd", "Reject", "string:203.0.113.20", "string:sip", "uint32:3600")
        assert c.ask("REGISTER", 0.5) is None
        with lab.box.asleep("sipd"):
            let_in()
            c.send(c.build("REGISTER"))
        assert c.answer() is not None
    lab.box.table("guardd", "allowed_address", "Delete", "string:friend")


def test_allowed_address_lifts_and_exempts(lab):
    c = stranger(lab, 16)
    assert attack(lab, c, 30) == TRIES
    lab.box.table("guardd", "allowed_address", "Put", "string:friend", "dict:string:string:source,203.0.113.16,services,sip")
    assert "203.0.113.16" not in rejected(lab)
    tries = ("guardd", "guard_service", "Set", "string:sip", "string:tries")
    lab.box.table(*tries, "string:2")
    lab.later(lambda: lab.box.table(*tries, f"string:{TRIES}"))
    for n in range(3):
        assert guess(c, f"wrong{n}").code == 401
    assert "203.0.113.16" not in rejected(lab)
    lab.box.table("guardd", "allowed_address", "Delete", "string:friend")


def test_who_is_never_banned_guesses_slowly(lab):
    """Who does not wait for refusals gains nothing: for a second the right password is as good as none."""
    allow = ("guardd", "allowed_address")
    lab.box.table(*allow, "Put", "string:friend", "dict:string:string:source,203.0.113.28,services,sip")
    lab.later(lambda: lab.box.table(*allow, "Delete", "string:friend"))
    for c in (local(lab, address="192.168.1.112"), stranger(lab, 28)):
        begin = time.monotonic()
        assert guess(c, "wrong").code == 401
        assert guess(c, lab.box.extensions["800"]).code == 200
        assert time.monotonic() - begin >= 1, c.address


def test_nobody_guesses_fast_while_guardd_is_away(lab):
    """Nobody counts then. Who is refused hears nothing, and for a second the right password is as good as none."""
    c, b = stranger(lab, 29), Browser(lab.net, "wan", lab.net.PBX_WAN, source="203.0.113.29")
    with lab.box.away("guardd"):
        begin = time.monotonic()
        assert c.register("wrong", seconds=0.3) is None
        assert guess(c, lab.box.extensions["800"]).code == 200
        assert time.monotonic() - begin >= 1
        begin = time.monotonic()
        assert not signs_in(b, "wrong")
        until(lambda: signs_in(b, lab.box.extensions["800"]), 15, "the right one gets in")
        assert time.monotonic() - begin >= 1


def test_reject_by_hand_cuts_a_registered_phone(lab):
    c = stranger(lab, 17)
    assert c.register(lab.box.extensions["800"]).code == 200
    lab.box.method("guardd", "Reject", "string:203.0.113.17", "string:sip", "uint32:3600")
    assert c.ask("OPTIONS", 0.5) is None
    lab.box.method("guardd", "Unreject", "string:203.0.113.17", "string:sip")
    assert c.ask("OPTIONS") is not None


def test_bans_survive_every_daemon(lab):
    c = stranger(lab, 18)
    assert attack(lab, c, 30) == TRIES
    for daemon in ("guardd", "fwd", "sipd"):
        lab.box.kill(daemon)
        assert c.ask("REGISTER", 0.5) is None, daemon
        assert "203.0.113.18" in rejected(lab), daemon


def other_settings(lab, tries, window_s=600, trust_local="true"):
    """What they would have done: the summary, and the rows by source."""
    words = ("string:sip", f"uint32:{tries}", f"uint32:{window_s}", f"boolean:{trust_local}")
    names = ("since_ms", "sources", "would", "more", "fewer", "local", "allowed", "phones", "extensions")
    told = dict(zip(names, fields(lab.box.method("guardd", "WouldBan", *words))))
    return ({k: v if k == "extensions" else int(v) for k, v in told.items()},
            {r["source"]: r for r in lab.box.rows("guardd", "WouldBanWhom", *words)})


def test_whom_other_settings_would_ban(lab):
    """A stranger, a phone that is in by now, one of the house, and one who was shut out, under other settings than there were."""
    knocks, phone, burglar, ours = stranger(lab, 24, "803"), stranger(lab, 25, "804"), stranger(lab, 26), local(lab, "805", "192.168.1.111")
    for c in (knocks, phone):
        for n in range(4):
            c.nc = 0
            assert c.register(f"wrong{n}").code == 401
    phone.nc = 0
    assert phone.register(lab.box.extensions["804"]).code == 200
    assert attack(lab, burglar, 30) == TRIES
    # what a local address is refused is answered once a second
    until(lambda: (ours.register("wrong", seconds=0.2), other_settings(lab, 2, trust_local="false")[1].get("192.168.1.111"))[1], 20, "one of the house")

    def check():
        told, whom = other_settings(lab, 4)
        assert whom["203.0.113.24"].items() >= {"would": "true", "banned": "false", "tries": "4", "accounts": "803", "extensions": ""}.items(), whom
        assert whom["203.0.113.25"].items() >= {"would": "true", "banned": "false", "extensions": "804"}.items(), whom
        assert whom["203.0.113.26"].items() >= {"would": "true", "banned": "true", "tries": "10", "accounts": "800"}.items(), whom
        assert "192.168.1.111" not in whom, whom
        assert told["more"] >= 2 and told["phones"] >= 1 and "804" in told["extensions"], told
        assert other_settings(lab, 2)[0]["local"] >= 1
        told, whom = other_settings(lab, TRIES + 1)
        assert whom["203.0.113.26"].items() >= {"would": "false", "banned": "true"}.items() and told["fewer"] >= 1, (told, whom)
        assert not whom.keys() & {"203.0.113.24", "203.0.113.25"}, whom

    check()
    # written behind; from then on not even kill -9 takes it
    def on_disk():
        with open(f"{lab.box.state}/truth/guardd/truth/data.mdb", "rb") as f:
            data = f.read()
        return all(any(struct.pack(">4s4xHBB", socket.inet_aton(source), n, 1, 4) + last + account in data for n in counts)
                   for source, counts, last, account in (("203.0.113.24", (1,), b"\0", b"803"), ("203.0.113.26", (1,), b"\1", b"800"),
                                                         ("192.168.1.111", range(2, 200), b"\0", b"805")))

    until(on_disk, 15, "the tries are on disk")
    # and so is what was handed over before this
    lab.box.table("guardd", "guard_service", "Put", "string:ami", "dict:string:string:ban_s,601")
    lab.box.kill("guardd")
    check()
    lab.box.table("guardd", "guard_service", "Put", "string:ami", "dict:string:string:ban_s,600")


def shut_out(lab):
    """Each ban, as service@address."""
    return set(re.findall(r'string "(\w+@[^"]+)"', lab.box.table("guardd", "rejected", "List")))


def test_services_to_come_can_report(lab):
    """SPEC 6: the values of the guide for each service; a report of a daemon that speaks IAX2 or AMI shuts its source out of that alone."""
    for service, tries, ban_s in (("sip", 10, 3600), ("iax2", 10, 3600), ("https", 5, 600), ("ssh", 5, 600), ("ami", 5, 600)):
        row = re.findall(r'string "(.*)"', lab.box.table("guardd", "guard_service", "Get", f"string:{service}"))
        row = dict(zip(row[::2], row[1::2]))
        assert (row["tries"], row["window_s"], row["ban_s"]) == (str(tries), "600", str(ban_s)), row
    for service, tries, protocol, port in (("iax2", 10, "udp", 4569), ("ami", 5, "tcp", 5038)):
        source = f"203.0.113.{60 + tries}"
        for n in range(tries):
            assert f"{service}@{source}" not in shut_out(lab), n
            said = lab.box.method("guardd", "Report", f"string:{service}", "string:credential", f"string:{source}", f"string:{protocol}", "string:ada")
            assert '"answer"' in said, said
        assert f"{service}@{source}" in shut_out(lab)
        lab.later(lambda s=service, a=source: lab.box.method("guardd", "Unreject", f"string:{a}", f"string:{s}"))
        for p, n, shut in ((protocol, port, True), ("tcp", 9999, False), ("udp", 5060, False)):
            said = lab.box.method("fwd", "Would", f"string:{source}", f"string:{p}", f"uint32:{n}")
            assert ("rejected" in said) == shut, (source, n, said)


def test_scanner_gets_silence_and_no_ban(lab):
    c = stranger(lab, 19, agent="friendly-scanner")
    for _ in range(2 * TRIES):
        assert c.ask("OPTIONS", 0.05) is None
    assert "203.0.113.19" not in rejected(lab), "a forged source could be anybody"
    until(lambda: any(r["kind"] == "scanner" and r["source"] == "203.0.113.19"
                      for r in lab.box.rows("guardd", "Incidents", "string:", "uint32:100")), 10, "the incident")


def test_forged_lan_source_gets_nobody_banned(lab):
    net = lab.net
    net.ip("wan", "addr", "add", "192.168.1.101/32", "dev", "lo")
    lab.later(lambda: net.ip("wan", "addr", "del", "192.168.1.101/32", "dev", "lo"))
    c = Client(net, "wan", "192.168.1.101", net.PBX_WAN, "800")
    lab.later(c.close)
    for _ in range(TRIES + 2):
        c.send(c.build("REGISTER"))
    assert not rejected(lab) & {"192.168.1.101"}
    assert lab.phone("801", address="192.168.1.101")


def test_svwar_enumerates_nobody(lab):
    out = lab.net.run("wan", "timeout", "60", "svwar", "-e800-820", "-mREGISTER", "--force", lab.net.PBX_WAN, check=False)
    assert not re.search(r"\b8[0-2]\d\s*\|\s*(reqauth|noauth|weird)", out.stdout), out.stdout


def test_svcrack_is_shut_out(lab):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as words:
        words.write("".join(f"guess{n}\n" for n in range(40)) + lab.box.extensions["800"] + "\n")
        words.flush()
        out = lab.net.run("wan", "timeout", "60", "svcrack", "-u800", f"-d{words.name}", lab.net.PBX_WAN, check=False)
    assert lab.box.extensions["800"] not in out.stdout + out.stderr
