"""Noise at every door while two telephones talk: no daemon ends, the call goes on, logs and memory stay bounded.

SEED=number repeats a run; it stands in the text of a failure. GARBAGE=10 sends ten times as much.
"""

import os
import random
import socket
import ssl
import struct
import time

from box import TOP, NAMES, until
from faults import sanitized
from sip import Client
from test_call import talk
from test_media import load
from test_soak import memory

SEED = int(os.environ.get("SEED", str(int(time.time()))))
FACTOR = int(os.environ.get("GARBAGE", "1"))
LINES = 400  # of a log, for a test
GROWTH_KB = 16384
NOISE = "192.168.1.115"
ODD = (b"\0", b"\xff\xfe", b"%00", b"%s%n", b"4294967296", b"-1", b"99999999999999999999", b'"', b"<", b">", b";;", b",,", b"\r\n",
       b"\r\n\r\n", b"\n", b" " * 300, b"A" * 3000, b"sip:", b"sips:[::", b"@", b"z9hG4bK", b";tag=", b"\xc3\x28", b"(" * 60)
SDP = """v=0\r\no=x 1 1 IN IP4 192.168.1.115\r\ns=-\r\nc=IN IP4 192.168.1.115\r\nt=0 0\r\n\
m=audio 7000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=fmtp:101 0-15\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:aaaa\r\n"""


def mutate(rng, data):
    """One to six strokes of the pen."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(7)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1:
            data[at:at] = rng.choice(ODD)
        elif kind == 2:
            del data[at:at + rng.randint(1, 40)]
        elif kind == 3:
            data[at:at] = data[at:at + rng.randint(1, 200)] * rng.randint(1, 4)
        elif kind == 4:
            lines = bytes(data).split(b"\r\n")
            rng.shuffle(lines)
            data = bytearray(b"\r\n".join(lines))
        elif kind == 5:
            del data[at:]
        else:
            data[at:at + 4] = rng.randbytes(4)
    return bytes(data[:60000])


def messages(client):
    """What is mutated: requests, an offer, responses to nothing."""
    sdp = {"extra": ("Content-Type: application/sdp",), "body": SDP}
    made = [client.build(m) for m in ("OPTIONS", "REGISTER", "BYE", "CANCEL", "ACK", "SUBSCRIBE", "MESSAGE", "PRACK", "WHAT")]
    made += [client.build("INVITE", uri=f"sip:802@{client.host}", to=f"<sip:802@{client.host}>", **sdp)]
    made += [client.build("REGISTER", extra=('Authorization: Digest username="801", realm="sallyport", nonce="x", uri="sip:a", '
                                             'response="0", algorithm=MD5, qop=auth, nc=00000001, cnonce="0a"',
                                             "Expires: 60", "Require: path", "Supported: outbound"))]
    answer = made[0].split(b"\r\n", 1)[1]
    return made + [f"SIP/2.0 {code} Yes\r\n".encode() + answer for code in (100, 180, 200, 302, 401, 487, 503)]


class Noise:
    """Two phones in a call, and what must still be so when the noise is over."""

    def __init__(self, lab):
        self.lab, self.rng = lab, random.Random(SEED)
        self.a = lab.phone("801", tone=440)
        self.b = lab.phone("802", address="192.168.1.102", tone=660)
        self.a.tell("dial", "802")
        talk(lab, self.a, self.b, 440, 660)
        self.asker = Client(lab.net, "lan", NOISE, lab.net.PBX_LAN, "803")
        lab.later(self.asker.close)
        self.memory = memory(lab)
        self.lines = self.count()

    def count(self):
        return {d: sum(1 for _ in self.lab.box.watch.lines(d)) for d in NAMES}

    def alive(self):
        """An honest question among the noise; others' answers may come first."""
        self.asker.call_id = f"honest{self.rng.getrandbits(60):x}"
        self.asker.send(self.asker.build("OPTIONS"))
        end = time.monotonic() + 10
        while time.monotonic() < end:
            a = self.asker.answer(1.0)
            if a and a.get("Call-ID") == [self.asker.call_id]:
                return
            if not a:
                self.asker.send(self.asker.build("OPTIONS"))
        raise AssertionError(f"sipd does not answer (SEED={SEED})")

    def stream(self, port):
        s = self.lab.net.socket("lan", socket.AF_INET, socket.SOCK_STREAM)
        s.settimeout(5)
        s.bind((NOISE, 0))
        s.connect((self.lab.net.PBX_LAN, port))
        return s

    def over(self):
        self.a.goes_on(660)
        self.b.goes_on(440)
        self.a.tell("hangup")
        self.b.wait("CALL_CLOSED")
        until(lambda: not self.lab.box.rows("sipd", "Calls"), 10, f"no call is left (SEED={SEED})")
        for d, n in self.count().items():
            assert n - self.lines[d] <= LINES, f"{d} wrote {n - self.lines[d]} lines (SEED={SEED})"
        if not sanitized(os.environ.get("SALLYPORT_BUILD", f"{TOP}/build")):
            for d, kb in memory(self.lab).items():
                assert kb - self.memory[d] <= GROWTH_KB, f"{d} grew by {kb - self.memory[d]} kB (SEED={SEED})"
        until(lambda: (n := load(self.lab))["pairs_free"] == n["pairs"], 10, f"all ports are free (SEED={SEED})")


def test_sip_over_udp(lab):
    n = Noise(lab)
    with lab.net.socket("lan") as s:
        s.bind((NOISE, 0))
        for i in range(3000 * FACTOR):
            base = n.rng.choice(messages(n.asker))
            s.sendto(n.rng.randbytes(n.rng.randrange(1400)) if i % 10 == 0 else mutate(n.rng, base), (lab.net.PBX_LAN, 5060))
            if i % 100 == 0:
                n.alive()
    n.alive()
    n.over()


def speak(n, s):
    """A connection's worth of noise; the other side may close at any byte."""
    try:
        for _ in range(n.rng.randint(1, 6)):
            s.sendall(mutate(n.rng, n.rng.choice(messages(n.asker))))
        s.settimeout(0.02)
        s.recv(65536)
    except OSError:
        pass


def test_sip_over_streams(lab):
    n = Noise(lab)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for i in range(300 * FACTOR):
        with n.stream(5061 if i % 3 else 5060) as s:
            if i % 3 == 1:
                try:
                    with context.wrap_socket(s) as t:
                        speak(n, t)
                except OSError:
                    pass
            elif i % 3 == 2:
                s.sendall(n.rng.randbytes(n.rng.randint(1, 2000)))
            else:
                speak(n, s)
        if i % 50 == 0:
            n.alive()
    n.alive()
    n.over()


def media(rng):
    """RTP, RTCP, STUN, or nothing of the kind; the first bytes mostly right."""
    rest = rng.randbytes(rng.choice((0, 1, 7, 12, 40, 160, 172, 1200)))
    kind = rng.randrange(5)
    if kind == 0:
        return struct.pack("!BBHII", 0x80 | rng.randrange(64), rng.choice((8, 0, 101, 13, 18, 227)), rng.randrange(65536),
                           rng.getrandbits(32), rng.getrandbits(32)) + rest
    if kind == 1:
        return struct.pack("!BBHI", 0x80 | rng.randrange(64), rng.randint(200, 207), rng.randrange(65536), rng.getrandbits(32)) + rest
    if kind == 2:
        return struct.pack("!HHI", rng.choice((1, 0x101, 0x111, 3)), rng.choice((len(rest), 65532, 8)), 0x2112A442) + rest
    return rng.randbytes(rng.randrange(60)) if kind == 3 else rest


def forge(source, to, body):
    """A UDP datagram with the phone's own port as its source."""
    return struct.pack("!HHHH", source, to, 8 + len(body), 0) + body


def test_media_ports(lab):
    """From a neighbour to every port, and from the very address and port of the phone to the ports in use."""
    n = Noise(lab)
    before = load(lab)["foreign"]
    with lab.net.socket("lan") as s, lab.net.socket("wan") as w:
        s.bind((NOISE, 0))
        for i in range(20 * FACTOR):
            for port in range(10000, 10501):
                s.sendto(media(n.rng), (lab.net.PBX_LAN, port))
                if port % 10 == i % 10:
                    w.sendto(media(n.rng), (lab.net.PBX_WAN, port))
    until(lambda: load(lab)["foreign"] >= before + 10, 10, "the noise is counted")
    n.a.goes_on(660)
    with lab.net.socket("lan", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.bind(("192.168.1.101", 0))
        for _ in range(10 * FACTOR):
            for port in range(10000, 10501):
                raw.sendto(forge(n.a.rtp_ports[0] + port % 2, port, media(n.rng)), (lab.net.PBX_LAN, 0))
    n.over()


def http(rng):
    head = rng.choice((b"GET / HTTP/1.1", b"POST /api/v1/session HTTP/1.1", b"PUT /api/v1/tables/sipd/extension/801 HTTP/1.1",
                       b"GET /api/v1/events HTTP/1.1", b"OPTIONS * HTTP/1.1"))
    text = head + (b"\r\nHost: x\r\nContent-Type: application/json\r\nCookie: __Host-s=1\r\nContent-Length: 30\r\n"
                   b'Transfer-Encoding: chunked\r\n\r\n{"name":"admin","password":""}')
    return mutate(rng, text)


def test_https_port(lab):
    n = Noise(lab)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for i in range(200 * FACTOR):
        with n.stream(9999) as s:
            try:
                if i % 3 == 0:
                    s.sendall(n.rng.randbytes(n.rng.randint(1, 3000)))
                else:
                    with context.wrap_socket(s) as t:
                        t.sendall(http(n.rng))
                        t.settimeout(0.05)
                        t.recv(65536)
            except OSError:
                pass
    assert lab.box.answers("httpd")
    n.over()


def dbus_call(rng, serial):
    """A method call of the direct link, mostly in form."""
    def field(code, kind, text):
        text = text.encode()
        out = struct.pack("<BB1sB", code, 1, kind, 0) + struct.pack("<I", len(text)) + text + b"\0"
        return out + b"\0" * (-len(out) % 8)

    name = rng.choice(("Route1.Ask", "Route1.Ended", "Media1.Offer", "Media1.Answer", "Media1.Delete", "Direct1.Hello"))
    fields = field(1, b"o", "/org/sallyport/Route") + field(2, b"s", "org.sallyport." + name.split(".")[0])
    fields += field(3, b"s", name.split(".")[1])
    body = rng.randbytes(rng.choice((0, 4, 64, 400)))
    return struct.pack("<4BIII", ord("l"), 1, 0, 1, len(body), serial, len(fields)) + fields + body


def direct(lab, n, owner, user):
    """A connection to the owner's direct socket, by the account of another daemon or by root."""
    with open(f"{lab.box.state}/etc/users/passwd") as f:
        uid = next(int(line.split(":")[2]) for line in f if line.startswith(user + ":"))
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(2)
    os.chmod(f"{lab.box.state}/view/{owner}", 0o755)  # the folder alone keeps strangers out; here the socket must, too
    os.seteuid(uid)
    try:
        s.connect(f"{lab.box.state}/view/{owner}/direct")
        if n.rng.randrange(3) == 0:
            s.sendall(n.rng.randbytes(n.rng.randint(1, 500)))
        else:
            s.sendall(b"\0AUTH EXTERNAL " + str(uid).encode().hex().encode() + b"\r\n")
            s.recv(200)
            s.sendall(b"BEGIN\r\n")
            for serial in range(1, 8):
                call = dbus_call(n.rng, serial)
                s.sendall(call if n.rng.randrange(3) else mutate(n.rng, call))
            s.settimeout(0.05)
            s.recv(65536)
    except OSError:
        pass
    finally:
        os.seteuid(0)
        s.close()


def test_direct_links(lab):
    n = Noise(lab)
    for i in range(100 * FACTOR):
        direct(lab, n, ("routed", "mediad")[i % 2], ("root", "sp-sipd", "nobody")[i % 3])
    assert all(lab.box.answers(d) for d in NAMES)
    n.over()
    again = Noise(lab)
    again.over()
