"""The wall under measurement: how soon a ban is in force while an attack arrives, and the packet filter by itself."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{HERE}/../lib", f"{HERE}/../call"]

from netns import Net  # noqa: E402
from sip import Client  # noqa: E402
from test_flood import datagram, messages  # noqa: E402
from wire import Refusals  # noqa: E402

ATTACK_RATE, ATTACK_S = 20000, 60
NETWORK, FIRST, ROUNDS, EACH = "203.0.113.0", 30, 11, 20
TRIES, KNOCKS = 10, 3


def attack(seconds):
    """Sends ATTACK_RATE datagrams a second, of 10,000 forged sources, to the SIP port, until SIGTERM; prints how many."""
    body = messages(Net.PBX_WAN)[1].replace("USER", "800").replace("TAG", "1").encode()
    packets = [datagram(f"100.{64 + n // 65536}.{n // 256 % 256}.{n % 256}", Net.PBX_WAN, body) for n in range(1, 10000)]
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    print("begun", flush=True)
    sent, begin = 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        while not ended and (gone := time.monotonic() - begin) < seconds:
            due = min(int(gone * ATTACK_RATE), sent + 500)
            for n in range(sent, due):
                s.sendto(packets[n % len(packets)], (Net.PBX_WAN, 0))
            sent = max(sent, due)
    print(f"sent={sent} seconds={time.monotonic() - begin:.3f}")


def knock(c):
    """A request without credentials, until it is answered with a challenge; None when nobody does."""
    for _ in range(KNOCKS):
        a = c.ask("REGISTER", 0.3)
        challenge = a and a.challenge()
        if challenge:
            return challenge
    return None


def last_try(c):
    """Wrong passwords up to the limit; the key of the last one, or None when one of them got no answer."""
    for n in range(TRIES):
        challenge = knock(c)
        if not challenge:
            return None
        c.nc = 0
        if not c.ask("REGISTER", 1, extra=(c.credentials("REGISTER", challenge, f"wrong{n}"),)):
            return None
    return c.call_id, c.cseq


def under_attack(net, addresses):
    """Packets sent, seconds, and what the last try from each address took on the wire. They were there before the attack: what
    all strangers together may begin is bounded, and the attack takes it all."""
    clients = [Client(net, "wan", a, Net.PBX_WAN, "1000") for a in addresses]
    known = [c for c in clients if knock(c)]
    p = net.popen("wan", sys.executable, os.path.abspath(__file__), str(ATTACK_S), stdout=subprocess.PIPE, text=True)
    try:
        p.stdout.readline()
        with Refusals(net, "wan", NETWORK, 24) as wire:
            keys = [last_try(c) for c in known]
    finally:
        p.terminate()
        out = p.communicate(timeout=60)[0]
        for c in clients:
            c.close()
    sent, seconds = (float(x) for x in re.findall(r"[\d.]+", out))
    return sent, seconds, [wire.took[k] for k in keys if k in wire.took]


def reports(net, note):
    """Ten wrong passwords from each of many addresses, a few at a time, for a flow that is silent is soon forgotten."""
    addresses = [f"203.0.113.{n}" for n in range(FIRST, FIRST + ROUNDS * EACH)]
    for a in addresses:
        net.ip("wan", "addr", "add", f"{a}/32", "dev", "eth0")
    try:
        rounds = [under_attack(net, addresses[n * EACH:][:EACH]) for n in range(ROUNDS)]
    finally:
        for a in addresses:
            net.ip("wan", "addr", "del", f"{a}/32", "dev", "eth0")
    sent, seconds = (sum(r[n] for r in rounds) for n in (0, 1))
    ms = sorted(t for r in rounds for t in r[2])
    note(**{"wall.attack_per_s": sent / seconds, "wall.report_count": len(ms), "wall.report_p50_ms": ms[len(ms) // 2],
            "wall.report_p99_ms": ms[len(ms) * 99 // 100]})


def kernel(note):
    """tests/bench/wall_load.c"""
    out = subprocess.run((f"{os.environ['SALLYPORT_BUILD']}/tests/bench/wall_load",), text=True, capture_output=True, check=True)
    note(**{f"wall.{k}": float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out.stdout)})


if __name__ == "__main__":
    attack(float(sys.argv[1]))
