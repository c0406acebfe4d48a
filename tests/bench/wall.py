"""The wall under measurement: how soon a ban is in force while an attack arrives, and the packet filter by itself."""

import os
import re
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{HERE}/../lib", f"{HERE}/../call"]

from netns import Net  # noqa: E402
from sip import Client  # noqa: E402
from test_flood import datagram, messages  # noqa: E402

ATTACK_RATE, BANNED, TRIES = 20000, 60, 10


def attack(seconds):
    """Sends ATTACK_RATE datagrams a second, of 10,000 forged sources, to the SIP port; prints how many."""
    body = messages(Net.PBX_WAN)[1].replace("USER", "800").replace("TAG", "1").encode()
    packets = [datagram(f"100.{64 + n // 65536}.{n // 256 % 256}.{n % 256}", Net.PBX_WAN, body) for n in range(1, 10000)]
    sent, begin = 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        while (gone := time.monotonic() - begin) < seconds:
            due = min(int(gone * ATTACK_RATE), sent + 500)
            for n in range(sent, due):
                s.sendto(packets[n % len(packets)], (Net.PBX_WAN, 0))
            sent = max(sent, due)
    print(f"sent={sent} seconds={time.monotonic() - begin:.3f}")


def last_try_ms(net, address):
    """Wrong passwords until silence: how long the last answer took. The ban is in force before it goes out."""
    c = Client(net, "wan", address, Net.PBX_WAN, "1000")
    last = None
    for n in range(TRIES):
        a = c.ask("REGISTER", 1)
        challenge = a and a.challenge()
        if not challenge:
            break
        c.nc = 0
        begin = time.monotonic()
        if not c.ask("REGISTER", 1, extra=(c.credentials("REGISTER", challenge, f"wrong{n}"),)):
            break
        last = (time.monotonic() - begin) * 1000
    c.close()
    return last


def reports(net, note):
    """Ten wrong passwords from each of many addresses, while the attack arrives."""
    addresses = [f"203.0.113.{n}" for n in range(30, 30 + BANNED)]
    for a in addresses:
        net.ip("wan", "addr", "add", f"{a}/32", "dev", "eth0")
    p = net.popen("wan", sys.executable, os.path.abspath(__file__), "25", stdout=subprocess.PIPE, text=True)
    try:
        ms = sorted(t for a in addresses if (t := last_try_ms(net, a)) is not None)
    finally:
        out = p.communicate(timeout=60)[0]
        for a in addresses:
            net.ip("wan", "addr", "del", f"{a}/32", "dev", "eth0")
    sent, seconds = (float(x) for x in re.findall(r"[\d.]+", out))
    note(**{"wall.attack_per_s": sent / seconds, "wall.report_count": len(ms), "wall.report_p50_ms": ms[len(ms) // 2],
            "wall.report_p99_ms": ms[len(ms) * 99 // 100]})


def kernel(note):
    """tests/bench/wall_load.c"""
    out = subprocess.run((f"{os.environ['SALLYPORT_BUILD']}/tests/bench/wall_load",), text=True, capture_output=True, check=True)
    note(**{f"wall.{k}": float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out.stdout)})


if __name__ == "__main__":
    attack(float(sys.argv[1]))
