"""Memory over work: what a round of calls, registrations and connections leaves behind must be nothing.

SOAK=10 makes every round ten times as long.
"""

import os
import socket
import ssl
import time

from box import TOP, NAMES, until
from faults import sanitized
from sip import Client
from test_call import records
from test_sipp import answerer, auth, sipp, unbounded, well
from web import Browser, Closed

ALONE = "many calls a second: beside other work the box would be right to refuse some"
FACTOR = int(os.environ.get("SOAK", "1"))
CALLS, REGISTRATIONS, TLS, HTTPS = 300 * FACTOR, 2000 * FACTOR, 200 * FACTOR, 40 * FACTOR
LINGER_S = 33  # RFC 3261 section 17: 64 times T1, that long a transaction over UDP is kept
GROWTH_KB = 1024
SANITIZED = sanitized(os.environ.get("SALLYPORT_BUILD", f"{TOP}/build"))
CALLS_A_SECOND, REGISTRATIONS_A_SECOND = (10, 60) if SANITIZED else (30, 200)


def anonymous_kb(pid):
    """What the process has for itself; the store's pages belong to the file cache."""
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Anonymous:"))


def memory(lab):
    return {d: anonymous_kb(lab.box.pid(d)) for d in NAMES}


def start_calls(lab, n):
    """A phone that answers n calls, and one that makes them."""
    more = ("-m", str(n), "-timeout", str(60 + n // 5))
    b = answerer(lab, "192.168.1.112", 6102, "802", *more)
    caller = [("801", auth(lab, "801"), "802")]
    return [b, sipp(lab, "192.168.1.113", 6104, "call", caller, "-r", str(CALLS_A_SECOND), "-d", "200", *more)]


def start_registrations(lab, n):
    users = [(u, auth(lab, u)) for u in ("800", "801", "803", "804")]
    return sipp(lab, "192.168.1.111", 6100, "register", users, "-m", str(n),
                "-r", str(REGISTRATIONS_A_SECOND), "-timeout", str(60 + n // 30))


def tls_once(lab, context, how):
    """One connection to the port of SIP over TLS: a question and its answer, an end in the handshake, or noise in it."""
    raw = lab.net.socket("lan", socket.AF_INET, socket.SOCK_STREAM)
    raw.settimeout(10)
    try:
        raw.connect((lab.net.PBX_LAN, 5061))
        if how == "half":
            raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        elif how == "noise":
            raw.sendall(os.urandom(300))
        else:
            with context.wrap_socket(raw) as s:
                s.sendall(Client.build(lab.asker, "REGISTER").replace(b"SIP/2.0/UDP", b"SIP/2.0/TLS"))
                assert s.recv(4096).startswith(b"SIP/2.0 401")
    finally:
        raw.close()


def tls(lab, n):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for i in range(n):
        tls_once(lab, context, {3: "half", 7: "noise"}.get(i % 10, "whole"))


def https(lab, n):
    b = Browser(lab.net, "lan", lab.net.PBX_LAN)
    for i in range(n):
        try:
            b.ask("GET", ("/session", "/status", "/nothing")[i % 3])
        except Closed:
            pass


def round_of_all(lab):
    """All at once. Returns the memory when all calls are over and written."""
    before = len(records(lab))
    loads = [*start_calls(lab, CALLS), start_registrations(lab, REGISTRATIONS)]
    tls(lab, TLS)
    https(lab, HTTPS)
    for p in loads:
        well(p, 60 + CALLS // 5)
    want = min(before + CALLS, 1000)  # Records answers no more at once
    until(lambda: len(records(lab)) >= want and not lab.box.rows("sipd", "Calls"), 20, "the calls are over and written")
    return memory(lab)


def test_memory_does_not_grow(lab):
    """The second round begins when the transactions of the first begin to be forgotten, one by one as new ones come."""
    lab.asker = Client(lab.net, "lan", "192.168.1.114", lab.net.PBX_LAN, "800")
    lab.later(lab.asker.close)
    well(sipp(lab, "192.168.1.112", 6102, "register", [("802", auth(lab, "802"))], "-m", "1"), 30)
    unbounded(lab, "801")
    begin = time.monotonic()
    first = round_of_all(lab)
    if SANITIZED:
        return  # such a build keeps what was freed, so its memory says nothing; leaks it tells itself, at its end
    until(lambda: time.monotonic() - begin > LINGER_S, LINGER_S + 1, "the first transactions are forgotten")
    second = round_of_all(lab)
    grown = {d: second[d] - first[d] for d in NAMES}
    print(f"        kB at first {first}, more after a second round: {grown}")
    assert max(grown.values()) < GROWTH_KB, (first, grown)
