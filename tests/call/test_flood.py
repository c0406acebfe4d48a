"""More than the box can bear: strangers by the thousand, connections that never end, more calls than ports.

Two telephones talk meanwhile; their sound goes on, no daemon grows or chatters, and who comes next is served.
"""

import contextlib
import os
import random
import resource
import select
import socket
import struct
import time

from attacker import rejected
import dialogs
from box import NAMES, TOP, until
from faults import sanitized
from netns import Net
from sip import Client
from strangers import datagram, messages
from tap import Tap
from test_call import talk
from test_sipp import auth, sipp, unbounded
from test_soak import memory

ALONE = "floods take the whole machine, and the sound that still passes is counted"
PACKETS, SOURCES, SECONDS = 20000, 10000, 10
LINES, LINES_A_SECOND, GROWTH_KB = 200, 10, 16384
SLOW = sanitized(os.environ.get("SALLYPORT_BUILD", f"{TOP}/build"))


class Talk:
    """A call with sound, and what the daemons were before."""

    def __init__(self, lab):
        self.lab = lab
        self.a = lab.phone("801", tone=440)
        self.b = lab.phone("802", address="192.168.1.102", tone=660)
        self.a.tell("dial", "802")
        talk(lab, self.a, self.b, 440, 660)
        self.ears = [Tap(self.a), Tap(self.b)]
        for e in self.ears:
            lab.later(e.close)
        self.memory, self.lines = memory(lab), self.count()
        for e in self.ears:
            e.forget()
        self.begin = time.monotonic()

    def count(self):
        return {d: sum(1 for _ in self.lab.box.watch.lines(d)) for d in NAMES}

    def over(self, loss=0.01, growth_kb=GROWTH_KB):
        due = (time.monotonic() - self.begin) * 50
        got = [e.packets for e in self.ears]
        if not SLOW:
            # one second of grace: what is on its way, and the clock of a phone on a machine that has other work
            assert min(got) >= due * (1 - loss) - 50, f"{got} packets of {due:.0f}"
            for d, kb in memory(self.lab).items():
                assert kb - self.memory[d] <= growth_kb, f"{d} grew by {kb - self.memory[d]} kB"
        for d, n in self.count().items():
            assert n - self.lines[d] <= LINES + LINES_A_SECOND * due / 50, f"{d} wrote {n - self.lines[d]} lines"
        self.a.goes_on(660)
        self.b.goes_on(440)
        self.a.tell("hangup")
        self.b.wait("CALL_CLOSED")


def received(lab):
    """How many UDP datagrams came to a socket of the box, or met the limits before it."""
    names, values = [ln.split() for ln in lab.net.run("pbx", "cat", "/proc/net/snmp").stdout.splitlines() if ln.startswith("Udp:")]
    met = sum(int(r["packets"]) for r in lab.box.rows("fwd", "Counters") if r["rule"] in ("flood_udp", "flood_port"))
    return int(values[names.index("InDatagrams")]) + met


def test_ten_thousand_strangers(lab):
    """Whatever they send, from addresses that are not theirs: nobody is banned, and nothing is kept."""
    t = Talk(lab)
    rng, host = random.Random(1), Net.PBX_WAN
    texts = messages(host)
    sources = [f"100.{64 + n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(1, SOURCES)] + [Net.NAT_WAN, "198.51.100.10"]
    before, packets = rejected(lab), received(lab)
    end = time.monotonic() + SECONDS
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        for n in range(PACKETS):
            body = texts[n % len(texts)].replace("USER", str(rng.randrange(10 ** 6))).replace("TAG", f"{rng.getrandbits(60):x}")
            s.sendto(datagram(sources[n % len(sources)], host, body.encode()), (host, 0))
            if time.monotonic() > end:
                break
    honest = Client(lab.net, "wan", "203.0.113.27", host, "803")
    lab.later(honest.close)
    until(lambda: (a := honest.register(lab.box.extensions["803"], seconds=1)) and a.code == 200, 30, "a real phone registers")
    assert SLOW or received(lab) - packets >= PACKETS / 4, "it was a flood"
    assert rejected(lab) == before, "a forged source could be anybody"
    t.over()


def test_connections_that_say_nothing(lab):
    """Half a request, half a handshake, nothing at all: another stranger and the LAN still get their connection."""
    t = Talk(lab)
    kept = []
    for n in range(600):
        s = lab.net.socket("wan", kind=socket.SOCK_STREAM)
        lab.later(s.close)
        kept.append(s)
        s.bind((f"203.0.113.{9 + n % 2}", 0))
        s.setblocking(False)
        s.connect_ex((Net.PBX_WAN, (5060, 5061, 9999)[n % 3]))
    for n, s in enumerate(kept):
        try:
            s.send((b"REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/T", b"\x16\x03\x01\x02\x00\x01\x00", b"G")[n % 3])
        except OSError:
            pass
    for ns, address, server in (("wan", "203.0.113.28", Net.PBX_WAN), ("lan", "192.168.1.116", Net.PBX_LAN)):
        with lab.net.socket(ns, kind=socket.SOCK_STREAM) as s:
            s.settimeout(5)
            s.bind((address, 0))
            s.connect((server, 5060))
            c = Client(lab.net, ns, address, server, "803")
            lab.later(c.close)
            s.sendall(c.build("REGISTER").replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
            assert s.recv(4096).startswith(b"SIP/2.0 401"), address
    t.over()


class Held:
    """Connections of strangers that have spoken and may stay, as far as that goes; 30 of each /64."""

    def __init__(self, lab):
        self.lab, self.all, self.gone = lab, [], select.poll()
        files = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, files[1]), files[1]))
        lab.later(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, files))
        lab.later(lambda: [s.close() for s in self.all])
        lab.net.whole_48()

    def another(self):
        source = f"2001:db8:4:{len(self.all) // 30:x}::1"
        s = self.lab.net.socket("wan", socket.AF_INET6, socket.SOCK_STREAM)
        self.all.append(s)
        s.bind((source, 0))
        s.connect((Net.PBX_WAN6, 5060))
        with contextlib.closing(Client(self.lab.net, "wan", source, Net.PBX_WAN6, "803")) as c:
            s.sendall(c.build("REGISTER").replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
        assert s.recv(4096).startswith(b"SIP/2.0 401"), "whoever comes is served"
        self.gone.register(s, select.POLLRDHUP)
        return s

    def shut(self):
        return {fd for fd, _ in self.gone.poll(0)}


def test_connections_of_a_whole_48(lab):
    """Who has a network of IPv6 is as many sources as he likes: what they hold open together leaves room for others."""
    held = Held(lab)
    for _ in range(1200):
        last = held.another()
    until(lambda: len(held.all) - len(held.shut()) <= 1024, 20, "the oldest are shut")
    assert last.fileno() not in held.shut() and held.all[0].fileno() in held.shut()


def test_silence_behind_a_crowd_that_left(lab):
    """Who says nothing is shut after some seconds, also when a hundred who came before have left and nobody fills their places."""
    held = Held(lab)
    for _ in range(100):
        held.another()
    silent = lab.net.socket("wan", socket.AF_INET6, socket.SOCK_STREAM)
    lab.later(silent.close)
    silent.connect((Net.PBX_WAN6, 5060))
    for s in held.all:
        s.close()
    silent.settimeout(30)
    assert silent.recv(1) == b"", "it is shut"


def test_monstrous_messages(lab):
    """Large, long, folded, abbreviated, repeated: from one who may not and one who may."""
    t = Talk(lab)
    far = Client(lab.net, "wan", "203.0.113.29", Net.PBX_WAN, "803")
    near = Client(lab.net, "lan", "192.168.1.116", Net.PBX_LAN, "803")
    lab.later(far.close)
    lab.later(near.close)
    extras = [("X: " + "a" * 60000,), tuple(f"X{n}: {n}" for n in range(3000)), tuple(f"Via: SIP/2.0/UDP 10.0.0.{n % 250}" for n in range(1200)),
              ("Route: " + ", ".join(["<sip:a;lr>"] * 4000),), ("X: a" + "\r\n " * 15000,), tuple("v: SIP/2.0/UDP h" for _ in range(900)),
              ("Authorization: Digest " + "a=b," * 10000,), ("Contact: " + ",".join(["<sip:a@b>"] * 5000),), ("Supported: " + "a," * 20000,),
              tuple('Authorization: Digest username="803", realm="sallyport", nonce="1"' for _ in range(700))]
    for extra in extras:
        for c in (far, near):
            for method in ("REGISTER", "INVITE", "WHAT"):
                for _ in range(3):
                    c.send(c.build(method, extra=extra)[:65000])
    for c in (near, far):
        c.call_id = "honest" + c.call_id
        until(lambda: (a := c.register(lab.box.extensions["803"], seconds=1)) and a.code == 200, 60, "a real phone registers")
    t.over()


# --- more calls than there may be ---

def bench(lab, address="192.168.1.118"):
    t = dialogs.Bench(Net.PBX_LAN, lab.box.extensions, address, "192.168.1.119", lambda kind: lab.net.socket("lan", kind=kind))
    lab.later(t.tidy)
    return t


def answered(phone, what):
    """Says its last word again, as phones do over UDP (RFC 3261 section 17.1.2.2): a flood may lose one."""
    try:
        return phone.expect(what, seconds=0.5)
    except AssertionError:
        phone.s.sendto(phone.sent, phone.server)
        return None


def test_flood_inside_a_call(lab):
    """A phone asks 20,000 times within its own call: each would be a transaction of 32 s."""
    t = Talk(lab)
    # an address of its own: what it has used up of a limit of the kernel, the next test does not want
    end = bench(lab, "192.168.1.117")
    a, b = end.phone("803"), end.phone("804")
    da, _, _, _ = dialogs.up(a, b)
    for n in range(PACKETS):
        da.request(("OPTIONS", "INFO", "UPDATE", "PRACK")[n % 4])
    da.request("BYE")
    until(lambda: answered(a, "200 BYE"), 20, "BYE is answered")
    b.reply(b.expect("BYE"), 200)
    t.over()


def put(lab, daemon, table, **words):
    lab.box.table(daemon, table, "Put", "string:general", "dict:string:string:" + ",".join(f"{k},{v}" for k, v in words.items()))


def test_most_calls_at_once(lab):
    t = bench(lab)
    a, b = t.phone("801"), t.phone("802")
    put(lab, "sipd", "sip_settings", max_calls=1)
    lab.later(lambda: put(lab, "sipd", "sip_settings", max_calls=1000))
    da, _, _, _ = dialogs.up(a, b)
    c = t.phone("803")
    d = c.invite("802")
    m = c.expect("503")
    c.ack_refusal(m, d.target)
    assert int(m["Retry-After"]) >= 1, m.headers
    dialogs.bye(da, b)
    lab.at_rest()
    dialogs.bye(dialogs.up(c, b)[0], b)


def no_ports_said(lab):
    return sum("no pair of RTP ports" in line for line in lab.box.watch.lines("mediad"))


def test_no_ports_left(lab):
    """One call's worth of RTP ports: the next caller is told when to come again, the operator once."""
    t = bench(lab)
    a, b, c = t.phone("801"), t.phone("802"), t.phone("803")
    put(lab, "mediad", "media_settings", port_min=10600, port_max=10603)
    lab.later(lambda: put(lab, "mediad", "media_settings", port_min=10000, port_max=10500))
    said = no_ports_said(lab)
    da, _, _, _ = dialogs.up(a, b)
    for _ in range(5):
        d = c.invite("802")
        m = c.expect("503")
        c.ack_refusal(m, d.target)
        assert int(m["Retry-After"]) >= 1, m.headers
    # at most once a minute: a test before this one may have had it said
    assert no_ports_said(lab) >= 1 and no_ports_said(lab) - said <= 1
    dialogs.bye(da, b)
    lab.at_rest()
    dialogs.bye(dialogs.up(c, b)[0], b)


def last_word(p, d):
    """The first answer to this INVITE that says more than 100."""
    while not ((m := p.read()) and m.code > 100 and m["Call-ID"] == d.call_id and m.method == "INVITE"):
        assert m, d
    return m


def test_one_password_does_not_take_all_ports(lab):
    """Its owner calls the echo and a colleague who does not answer, until no more goes; the others go on."""
    t = bench(lab)
    thief, b, c = t.phone("803"), t.phone("804"), t.phone("805")
    held = []
    for n in range(20):
        d = thief.invite("*43" if n % 2 else "804")
        if n % 2 == 0:
            b.reply(b.expect("INVITE"), 180)
        held.append((d, last_word(thief, d)))
    assert {m.code for _, m in held} == {180, 200}, held
    rows = len(lab.box.rows("sipd", "Calls"))
    assert rows == 20, rows
    for number in ("*43", "*60", "805", "0123"):
        d = thief.invite(number)
        m = thief.expect("503")
        thief.ack_refusal(m, d.target)
        assert "803 has 20 calls, of at most 20: end one" in m["Reason"], m.headers
    # help is called for all that: it hears, in words, that there is no trunk here
    d = thief.invite("112")
    assert last_word(thief, d).code == 183
    thief.cancel(d)
    dialogs.bye(dialogs.up(c, b)[0], b)
    # with one call less there is room for one
    d, m = held[1]
    thief.learn(d, m)
    d.ack(d.cseq)
    d.request("BYE")
    thief.expect("200 BYE")
    until(lambda: len(lab.box.rows("sipd", "Calls")) == 19, 10, "one is over")
    assert last_word(thief, thief.invite("*43")).code == 200
    for row in lab.box.rows("sipd", "Calls"):
        lab.box.method("sipd", "Hangup", f"string:{row['id']}")
    lab.at_rest()


def test_more_calls_than_it_can_carry(lab):
    """sipp calls far beyond what the machine can: the call that stands keeps its sound, and calls can be made right after."""
    t = Talk(lab)
    unbounded(lab, "803")
    sipp(lab, "192.168.1.112", 6102, "register", [("804", auth(lab, "804"))], "-m", "1").wait(30)
    sipp(lab, "192.168.1.112", 6102, "answer", [("804",)])
    p = sipp(lab, "192.168.1.113", 6104, "call", [("803", auth(lab, "803"), "804")], "-m", "3000", "-r", "600", "-d", "300", "-timeout", "8")
    p.wait(60)
    end = bench(lab)
    c, d = end.phone("805"), end.phone("806")

    def callable():
        m = c.invite("806", unknown="401")
        got = c.expect("503") if not (inv := d.read(2)) else None
        if got:
            c.ack_refusal(got, m.target)
            return False
        d.reply(inv, 486, "Busy")
        d.expect("ACK")
        c.ack_refusal(c.expect("486"), m.target)
        return True

    until(callable, 10, "a call can be made again")
    # a call over UDP leaves its transactions for 32 s (RFC 3261 section 17)
    t.over(loss=0.05, growth_kb=10 * GROWTH_KB)
