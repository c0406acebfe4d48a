"""The wall under measurement: how soon a ban is in force while an attack arrives, and the packet filter by itself."""

import contextlib
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
from strangers import datagram, messages  # noqa: E402
from wire import Refusals  # noqa: E402

ATTACK_RATE, ATTACK_S = 20000, 60
NETWORK, ROUNDS, EACH = ("198.18.0.0", 15), 25, 20  # RFC 2544: for measurements
TRIES, KNOCKS = 10, 3


def attack(seconds):
    """Sends ATTACK_RATE datagrams a second, of 10,000 forged sources, to the SIP port, until SIGTERM; prints how many."""
    body = messages(Net.PBX_WAN)[1].replace("USER", "800").replace("TAG", "1").encode()
    packets = [datagram(f"100.{64 + n // 65536}.{n // 256 % 256}.{n % 256}", Net.PBX_WAN, body) for n in range(1, 10000)]
    end = {signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, end)
    print("begun", flush=True)
    sent, begin = 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        # The attack comes from outside: who sends it waits for the word to end, and does not take the box's processors meanwhile.
        while not signal.sigtimedwait(end, 0.0005) and (gone := time.monotonic() - begin) < seconds:
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


@contextlib.contextmanager
def bans_told(net):
    """A dict that has, when it is over, when the kernel said that an address is in one of its sets."""
    at = {}
    p = net.popen("pbx", sys.executable, f"{HERE}/ban_watch.py", stdout=subprocess.PIPE, text=True)
    try:
        p.stdout.readline()
        yield at
    finally:
        p.terminate()
        for line in p.communicate(timeout=60)[0].splitlines():
            address, when = line.split()
            at.setdefault(address, float(when))


def under_attack(net, addresses):
    """Packets sent, seconds, and what the last try from each address took: to its answer on the wire, and to its ban in the kernel.
    They were there before the attack: what all strangers together may begin is bounded, and the attack takes it all."""
    clients = [Client(net, "wan", a, Net.PBX_WAN, "1000") for a in addresses]
    known = [c for c in clients if knock(c)]
    p = net.popen("wan", sys.executable, os.path.abspath(__file__), str(ATTACK_S), stdout=subprocess.PIPE, text=True)
    try:
        p.stdout.readline()
        with Refusals(net, "wan", *NETWORK) as wire, bans_told(net) as bans:
            keys = {c.address: last_try(c) for c in known}
    finally:
        p.terminate()
        out = p.communicate(timeout=60)[0]
        for c in clients:
            c.close()
    sent, seconds = (float(x) for x in re.findall(r"[\d.]+", out))
    said = {a: k for a, k in keys.items() if k in wire.took and a in bans}
    return sent, seconds, [wire.took[k] for k in said.values()], [(bans[a] - wire.at[k]) * 1000 for a, k in said.items()]


def reports(net, note):
    """Ten wrong passwords from each of many addresses, a few at a time, for a flow that is silent is soon forgotten."""
    network = "/".join(map(str, NETWORK))
    addresses = [f"198.19.{n // 250}.{n % 250 + 1}" for n in range(ROUNDS * EACH)]  # those of 198.18 are shut out by another part
    net.ip("rt", "route", "add", network, "dev", "wan0")
    for a in addresses:
        net.ip("wan", "addr", "add", f"{a}/32", "dev", "eth0")
    try:
        rounds = [under_attack(net, addresses[n * EACH:][:EACH]) for n in range(ROUNDS)]
    finally:
        for a in addresses:
            net.ip("wan", "addr", "del", f"{a}/32", "dev", "eth0")
        net.ip("rt", "route", "del", network)
    sent, seconds = (sum(r[n] for r in rounds) for n in (0, 1))
    note(**{"wall.attack_per_s": sent / seconds})
    for name, ms in (("answer", sorted(t for r in rounds for t in r[2])), ("ban", sorted(t for r in rounds for t in r[3]))):
        note(**{f"wall.report_to_{name}_count": len(ms), f"wall.report_to_{name}_p50_ms": ms[len(ms) // 2],
                f"wall.report_to_{name}_p99_ms": ms[len(ms) * 99 // 100], f"wall.report_to_{name}_max_ms": ms[-1]})


def kernel(note):
    """tests/bench/wall_load.c"""
    out = subprocess.run((f"{os.environ['SALLYPORT_BUILD']}/tests/bench/wall_load",), text=True, capture_output=True, check=True)
    note(**{f"wall.{k}": float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out.stdout)})


if __name__ == "__main__":
    attack(float(sys.argv[1]))
