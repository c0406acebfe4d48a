"""The floods of test_wall_flood.py over IPv6: where a sender has a whole /64 to himself, he counts as one; ten thousand of them are many."""

import ipaddress
import random
import socket
import struct
import time

from box import until
from netns import Net
from sip import Client
from strangers import messages
from test_flood import SLOW, Talk
from test_wall import count
from test_wall_flood import rtp_port

PACKETS, SECONDS = 8000, 4
UDP, TCP = 17, 6
TO = socket.inet_pton(socket.AF_INET6, Net.PBX_WAN6)


def packet(source, protocol, upper, sum_at):
    """IPv6 (RFC 8200 sections 3 and 8.1) with any source; the sum of `upper`, at sum_at of it, is 0 and is filled in."""
    s = sum(struct.unpack(f"!{(len(upper) + 1) // 2}H", upper + b"\0" * (len(upper) % 2)))
    s += sum(struct.unpack("!8H", source)) + sum(struct.unpack("!8H", TO)) + len(upper) + protocol
    s = (s & 0xffff) + (s >> 16)
    s = ~(s + (s >> 16)) & 0xffff
    upper = upper[:sum_at] + struct.pack("!H", s or 0xffff) + upper[sum_at + 2:]
    return struct.pack("!IHBB", 6 << 28, len(upper), protocol, 64) + source + TO + upper


def udp(source, port, body):
    return packet(source, UDP, struct.pack("!HHHH", 5060, port, 8 + len(body), 0) + body, 6)


def syn(source, source_port, port):
    return packet(source, TCP, struct.pack("!HHIIBBHHH", source_port, port, 1, 0, 5 << 4, 2, 1024, 0, 0), 16)


def of_one(n):
    """Another address each time, of one /64."""
    return ipaddress.IPv6Address((0x20010db864000001 << 64) + n + 1).packed


def of_many(n):
    return ipaddress.IPv6Address((0x20010db864010000 + n % 10000 << 64) + 1).packed


def flood(lab, packets):
    """Sends them as fast as this machine can, for some seconds; how many, and how long it took."""
    n, begin = 0, time.monotonic()
    with lab.net.socket("wan", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        for p in packets:
            s.sendto(p, (Net.PBX_WAN6, 0, 0, 0))
            n += 1
            if time.monotonic() > begin + SECONDS:
                break
    return n, time.monotonic() - begin


def met(lab, rule, packets, rate, burst):
    """A flood, and what is over the limit is discarded by it, however fast this machine can send."""
    before = count(lab, rule)
    n, seconds = flood(lab, packets)
    got, least = count(lab, rule) - before, (n - burst - rate * seconds) / 2
    assert SLOW or got >= least, f"{rule}: {got} of {n} in {seconds:.1f} s"


def test_sip_over_ipv6(lab):
    t = Talk(lab)
    rng, texts = random.Random(6), messages(f"[{Net.PBX_WAN6}]")

    def text(n):
        return texts[n % len(texts)].replace("USER", "7").replace("TAG", f"{rng.getrandbits(60):x}").encode()

    met(lab, "flood_udp", (udp(of_one(n), 5060, text(n)) for n in range(PACKETS)), 1000, 2000)
    met(lab, "flood_port", (udp(of_many(n), 5060, text(n)) for n in range(PACKETS)), 400, 800)
    c = Client(lab.net, "wan", "2001:db8:3::9", Net.PBX_WAN6, "803")
    lab.later(c.close)
    until(lambda: (a := c.register(lab.box.extensions["803"], seconds=1)) and a.code == 200, 10, "a real phone registers")
    t.over()


def test_connections_and_sound_over_ipv6(lab):
    t = Talk(lab)
    met(lab, "flood_tcp", (syn(of_one(n), 1024 + n, 9999) for n in range(PACKETS)), 60, 240)
    met(lab, "flood_port", (syn(of_many(n), 1024 + n, (9999, 5061)[n % 2]) for n in range(PACKETS)), 800, 1600)
    port, sound = rtp_port(lab), b"\x80\x08" + bytes(170)
    before = count(lab, "flood_rtp") + count(lab, "flood_port") + count(lab, "rtp_dropped")
    sent, _ = flood(lab, (udp((of_one, of_many)[n % 2](n), port if n % 3 else 10000 + n % 500, sound) for n in range(PACKETS)))
    assert SLOW or count(lab, "flood_rtp") + count(lab, "flood_port") + count(lab, "rtp_dropped") - before > sent / 4
    with lab.net.socket("wan", socket.AF_INET6, socket.SOCK_STREAM) as s:
        s.settimeout(10)
        s.bind(("2001:db8:3::9", 0))
        s.connect((Net.PBX_WAN6, 9999))
    t.over()
