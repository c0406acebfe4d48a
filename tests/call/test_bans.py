"""What a ban is through restarts and clocks, and who cannot be had banned by others."""

import contextlib
import json
import re
import tempfile
import threading

from attacker import attack, rejected
from box import Refused, until
from provider import trunk
from sip import Client
from test_clock import Clock
from test_guard import TRIES, stranger
from test_trunk import provider
from web import Browser, Closed

PROVIDER = "198.51.100.10"


def incidents(lab, words):
    return lab.box.rows("guardd", "Incidents", f"string:{words}", "uint32:200")


class Knocker(threading.Thread):
    """Sends a request every 10 ms, from the moment on that it is started; keeps what is answered."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.answers, self.over, self.sent = client, [], threading.Event(), 0
        client.sock.setblocking(False)

    def run(self):
        while not self.over.wait(0.01):
            try:
                self.client.send(self.client.build("REGISTER"))
                self.sent += 1
                self.answers.append(self.client.sock.recv(65536))
            except OSError:
                pass

    def stop(self):
        self.over.set()
        self.join()


def test_bans_stand_before_the_port_opens(lab):
    """The product is stopped and started under the packets of somebody who is shut out: not one is answered."""
    c = stranger(lab, 9)
    assert attack(lab, c, 30) == TRIES
    lab.box.method("guardd", "Reject", "string:203.0.113.10", "string:all", "uint32:0")
    for _ in range(2):
        lab.box.down()
        knockers = [Knocker(stranger(lab, n)) for n in (9, 10, 11)]
        for k in knockers:
            k.start()
        try:
            lab.box.up()
            until(lambda: knockers[2].answers, 20, "a neighbour is answered")
            sent = knockers[0].sent
            until(lambda: knockers[0].sent > sent + 50, 20, "more is sent")
        finally:
            for k in knockers:
                k.stop()
        assert not knockers[0].answers and not knockers[1].answers, (len(knockers[0].answers), len(knockers[1].answers))
        assert {"203.0.113.9"} <= rejected(lab)
    lab.box.method("guardd", "Unreject", "string:203.0.113.9", "string:all")
    lab.box.method("guardd", "Unreject", "string:203.0.113.10", "string:all")


def test_a_ban_ends_on_time_whatever_the_clock_does(lab):
    clock = Clock(lab, "sipd", "guardd")
    lab.box.table("guardd", "guard_service", "Put", "string:sip", "dict:string:string:ban_s,8")
    for n, to in ((12, "+40d"), (13, "-40d")):
        c = stranger(lab, n)
        assert attack(lab, c, 30) == TRIES
        clock.step(to)
        for _ in range(3):
            assert c.ask("REGISTER", 0.3) is None, "it stands"
        until(lambda: f"203.0.113.{n}" not in rejected(lab), 30, f"it ends at {to}")
        until(lambda: c.ask("REGISTER", 0.5), 10, "and the kernel has forgotten it, too")
        clock.step("+0")
    lab.box.table("guardd", "guard_service", "Put", "string:sip", "dict:string:string:ban_s,3600")


def test_repeat_offenders_are_out_for_longer(lab):
    lab.box.table("guardd", "guard_service", "Put", "string:sip", "dict:string:string:ban_s,3,repeat_factor,10")
    c = stranger(lab, 14)
    assert attack(lab, c, 30) == TRIES
    until(lambda: "203.0.113.14" not in rejected(lab), 20, "the first ban ends")
    assert attack(lab, c, 30) == TRIES
    row = dict(zip(*[iter(text.split('"')[1] for text in lab.box.table("guardd", "rejected", "Get", "string:sip@203.0.113.14").splitlines()
                         if text.strip().startswith("string"))] * 2))
    assert (row["times"], int(row["until_ms"]) - int(row["since_ms"])) == ("2", 30000), row
    lab.box.method("guardd", "Unreject", "string:203.0.113.14", "string:sip")
    lab.box.table("guardd", "guard_service", "Put", "string:sip", "dict:string:string:ban_s,3600,repeat_factor,1")


def test_a_whole_64_is_one_source(lab):
    """Who has a network of IPv6 has one more try with each address; but not here."""
    net = lab.net
    mine = [f"2001:db8:3::{n:x}" for n in range(0x20, 0x20 + TRIES)]
    for a in mine:
        net.ip("wan", "addr", "add", f"{a}/64", "dev", "eth0", "nodad")
        lab.later(lambda a=a: net.ip("wan", "addr", "del", f"{a}/64", "dev", "eth0"))
    for n, a in enumerate(mine):
        c = Client(net, "wan", a, net.PBX_WAN6, "800")
        lab.later(c.close)
        answer = c.register("wrong")
        assert answer and answer.code in (401, 403), n
    assert "2001:db8:3::/64" in rejected(lab)
    c = Client(net, "wan", "2001:db8:3::80", net.PBX_WAN6, "800")
    lab.later(c.close)
    assert c.ask("REGISTER", 0.5) is None, "another address of the same network"
    lab.box.method("guardd", "Unreject", "string:2001:db8:3::80", "string:sip")
    assert c.ask("REGISTER") is not None


def test_nobody_is_banned_in_the_name_of_the_provider(lab):
    """Packets with the provider's address as their source, from elsewhere: noise of every kind, and guesses at passwords."""
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    net = lab.net
    net.ip("wan", "addr", "add", f"{PROVIDER}/32", "dev", "lo")
    lab.later(lambda: net.ip("wan", "addr", "del", f"{PROVIDER}/32", "dev", "lo"))
    liar = Client(net, "wan", PROVIDER, net.PBX_WAN, "800", agent="friendly-scanner")
    lab.later(liar.close)
    own = Client(net, "wan", "203.0.113.15", net.PBX_WAN, "800")
    lab.later(own.close)
    nonce = own.ask("REGISTER").challenge()  # a nonce that was given to another address
    for n in range(3 * TRIES):
        liar.send(liar.build("REGISTER"))
        liar.send(b"REGISTER nonsense\r\n\r\n")
        liar.agent = "Telephone"
        liar.send(liar.build("REGISTER", extra=(liar.credentials("REGISTER", nonce, f"wrong{n}"),)))
        liar.send(liar.build("INVITE", uri=f"sip:801@{net.PBX_WAN}", extra=(liar.credentials("INVITE", nonce, f"wrong{n}"),)))
        liar.agent = "friendly-scanner"
    until(lambda: incidents(lab, f"source={PROVIDER}"), 10, "it was noted")
    assert PROVIDER not in rejected(lab)
    real = Client(net, "itsp", PROVIDER, net.PBX_WAN, "800", port=5099)
    lab.later(real.close)
    assert real.ask("REGISTER") is not None


def test_hydra_is_shut_out_of_the_web(lab):
    """hydra guesses the admin's password: the configured number is answered, then nothing."""
    page = "/api/v1/session"
    before = Browser(lab.net, "wan", lab.net.PBX_WAN, source="203.0.113.28")
    assert before.sign_in("admin", "wrong")[0] == 401
    with tempfile.TemporaryDirectory() as d:
        with open(f"{d}/words", "w") as f:
            f.write("".join(f"Guess-number-{n}\n" for n in range(100)))
        # from the house behind the router; its address is what the box sees
        out = lab.net.run("home", "timeout", "60", "hydra", "-I", "-l", "admin", "-P", "words", "-t", "1", "-w", "2", "-s", "9999", "-S", lab.net.PBX_WAN,
                          "https-post-form", f'{page}:{{"name"\\:"^USER^","password"\\:"^PASS^"}}:H=Content-Type\\: application/json:F=Credentials',
                          check=False, cwd=d)
    assert "1 valid password" not in out.stdout, out.stdout
    text = lab.box.table("guardd", "rejected", "List")
    assert '"https@203.0.113.150"' in text, (out.stdout[-2000:], json.dumps(incidents(lab, "service=https"))[:2000])
    seen = [i for i in incidents(lab, "kind=credential;service=https") if i["source"] == "203.0.113.150"]
    assert sum(int(i["count"]) for i in seen) == 5, seen
    x = Browser(lab.net, "home", lab.net.PBX_WAN)
    try:
        raise AssertionError(x.ask("GET", "/session", seconds=1.0))
    except Closed:
        pass
    lab.box.table("guardd", "rejected", "Delete", "string:https@203.0.113.150")


def test_a_row_is_deleted_alone(lab):
    for service in ("sip", "all"):
        lab.box.method("guardd", "Reject", "string:203.0.113.18", f"string:{service}", "uint32:600")
    lab.later(lambda: lab.box.method("guardd", "Unreject", "string:203.0.113.18", "string:all"))
    lab.box.table("guardd", "rejected", "Delete", "string:all@203.0.113.18")
    rows = lab.box.table("guardd", "rejected", "List")
    assert '"sip@203.0.113.18"' in rows and '"all@203.0.113.18"' not in rows, rows
    lab.box.method("guardd", "Unreject", "string:203.0.113.18", "string:all")
    assert "203.0.113.18" not in lab.box.table("guardd", "rejected", "List")


def test_who_let_an_address_in(lab):
    allowed = ("guardd", "allowed_address")
    lab.box.table(*allowed, "Put", "string:branch", "dict:string:string:source,203.0.113.19,services,sip")
    lab.later(lambda: lab.box.table(*allowed, "Delete", "string:branch"))
    row = lab.box.table(*allowed, "Get", "string:branch")
    lab.box.table(*allowed, "Set", "string:branch", "string:note", "string:until they move")
    again = lab.box.table(*allowed, "Get", "string:branch")
    for text in (row, again):
        assert re.search(r'"added_by"\s+string "root"', text) and re.search(r'"added_ms"\s+string "\d{13}"', text), text
    assert re.search(r'"added_ms".*?"\d{13}"', row, re.S)[0] == re.search(r'"added_ms".*?"\d{13}"', again, re.S)[0]
    with contextlib.suppress(Refused):
        lab.box.table(*allowed, "Set", "string:branch", "string:added_by", "string:somebody else")
        raise AssertionError("a person can write who it was")
