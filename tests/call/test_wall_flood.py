"""Floods meet the kernel before the daemons: two telephones talk through each of them.

What stands in fwd's README about calls during floods is what Talk.over() holds here.
"""

import random
import re
import socket
import struct
import subprocess
import threading
import time

from box import until
from netns import Net
from sip import Client
from strangers import datagram, messages
from test_flood import SLOW, SOURCES, Talk
from test_wall import connects, count, syn

ALONE = "floods take the whole machine, and the sound that still passes is counted"
PACKETS, SECONDS = 30000, 6


def flood(lab, packets):
    """Sends what `packets` makes, as fast as this machine can, for some seconds; how many it were."""
    sent, end = 0, time.monotonic() + SECONDS
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        for p in packets:
            s.sendto(p, (Net.PBX_WAN, 0))
            sent += 1
            if time.monotonic() > end:
                break
    return sent


def forged(n):
    return f"100.{64 + n % SOURCES // 65536}.{n % SOURCES // 256 % 256}.{n % 256}"


def rtp_port(lab):
    """A port of the box that a call has open."""
    text = lab.net.run("pbx", "cat", "/proc/net/udp", "/proc/net/udp6").stdout
    ports = [int(p, 16) for p in re.findall(r"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ", text, re.M)]
    return next(p for p in ports if 10000 <= p <= 10500 and p % 2 == 0)


def served(lab):
    c = Client(lab.net, "wan", "203.0.113.26", Net.PBX_WAN, "803")
    lab.later(c.close)
    until(lambda: (a := c.register(lab.box.extensions["803"], seconds=1)) and a.code == 200, 10, "a real phone registers")


def test_sip_from_one_address(lab):
    t = Talk(lab)
    texts = [m.replace("USER", "1").replace("TAG", "1").encode() for m in messages(Net.PBX_WAN)]
    n = flood(lab, (datagram("203.0.113.24", Net.PBX_WAN, texts[i % len(texts)]) for i in range(PACKETS)))
    served(lab)
    assert SLOW or count(lab, "flood_udp") > n / 4, f"{n} sent"
    t.over()


def test_sip_from_ten_thousand(lab):
    t = Talk(lab)
    rng, texts = random.Random(2), messages(Net.PBX_WAN)
    n = flood(lab, (datagram(forged(i), Net.PBX_WAN, texts[i % len(texts)].replace("USER", "7").replace("TAG", f"{rng.getrandbits(60):x}").encode())
                    for i in range(PACKETS)))
    served(lab)
    assert SLOW or count(lab, "flood_port") > n / 4, f"{n} sent"
    t.over()


def test_rtp_into_a_call(lab):
    """To the very port of the call, from one address and from ten thousand, and to ports of no call."""
    t = Talk(lab)
    port, sound = rtp_port(lab), b"\x80\x08" + bytes(170)

    def rtp(source, to):
        udp = struct.pack("!HHHH", 4000, to, 8 + len(sound), 0) + sound
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(Net.PBX_WAN)) + udp

    closed = count(lab, "rtp_dropped")
    flood(lab, (rtp("203.0.113.24", port) for _ in range(PACKETS)))
    flood(lab, (rtp(forged(i), port) for i in range(PACKETS)))
    flood(lab, (rtp(forged(i), 10000 + i % 500) for i in range(PACKETS // 4)))
    assert SLOW or count(lab, "flood_rtp") > 1000 and count(lab, "flood_port") > 1000 and count(lab, "rtp_dropped") > closed
    t.over()


def test_connections_from_ten_thousand(lab):
    """SYNs in the names of ten thousand, to the web and to SIP over TLS; the office still gets in."""
    t = Talk(lab)
    n = flood(lab, (syn(forged(i), Net.PBX_WAN, 1024 + i % 50000, (9999, 5061)[i % 2]) for i in range(PACKETS)))
    assert connects(lab, "lan", "192.168.1.112", 9999, 5)
    assert SLOW or count(lab, "flood_port") > n / 4, f"{n} sent"
    t.over()


def test_handshakes_from_one_address(lab):
    """A TLS handshake costs the box milliseconds: one address gets so many a second, the others theirs."""
    t = Talk(lab)
    hello = bytes.fromhex("1603010200010001fc0303") + bytes(32)
    end, kept = time.monotonic() + SECONDS, []
    for n in range(3000):
        s = lab.net.socket("wan", kind=socket.SOCK_STREAM)
        s.bind(("203.0.113.25", 0))
        s.setblocking(False)
        s.connect_ex((Net.PBX_WAN, 9999))
        kept.append(s)
        if len(kept) > 400:
            old = kept.pop(0)
            try:
                old.send(hello)
            except OSError:
                pass
            old.close()
        if time.monotonic() > end:
            break
    for s in kept:
        s.close()
    assert count(lab, "flood_tcp") + count(lab, "flood_connections") > 100
    assert connects(lab, "wan", "203.0.113.26", 9999, 5) and connects(lab, "lan", "192.168.1.112", 9999, 5)
    t.over()


def test_slow_clients(lab):
    """slowhttptest: hundreds of connections that send a header a byte at a time; others are served meanwhile."""
    t = Talk(lab)
    p = lab.net.popen("wan", "slowhttptest", "-H", "-c", "600", "-r", "200", "-i", "2", "-l", "8", "-x", "8", "-p", "2",
                      "-u", f"https://{Net.PBX_WAN}:9999/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    served_at = []

    def visit():
        while p.poll() is None:
            served_at.append(connects(lab, "lan", "192.168.1.112", 9999, 3))

    v = threading.Thread(target=visit)
    v.start()
    out = p.communicate(timeout=60)[0]
    v.join()
    assert served_at and all(served_at), f"{served_at.count(False)} of {len(served_at)} turned away\n{out[-600:]}"
    t.over()
