"""What really comes, held against a limit before it is set: the figure named is what the limit then does."""

import itertools
import re
import socket

from box import Refused, until
from netns import Net
from test_call import talk
from test_wall import DEFENSE, client, connects, count, delete, fields, listener, put, syn

SOURCE_PORTS = itertools.count(20000)  # each attempt is a connection of its own
NAMES = ("rule", "since_ms", "sources", "cut", "phones", "known", "enough", "enough_known", "busiest", "top")


def would_exceed(lab, protocol, port, packets, seconds, counted="auto"):
    """The answer, with its figures as numbers."""
    a = dict(zip(NAMES, fields(lab.box.method("fwd", "WouldExceed", f"string:{protocol}", f"string:{port}", f"uint32:{packets}",
                                              f"uint32:{seconds}", f"string:{counted}"))))
    return {k: v if k in ("rule", "busiest", "top") else int(v) for k, v in a.items()}


def attempts(lab, address, port, n):
    """n connections begun, by SYNs of an address of the wan."""
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        for _ in range(n):
            s.sendto(syn(address, Net.PBX_WAN, next(SOURCE_PORTS), port), (Net.PBX_WAN, 0))


def discarded(lab, rule):
    """The sources that a row of auto defense met."""
    return {r["source"] for r in lab.box.rows("guardd", "Incidents", "string:", "uint32:100") if r["account"] == rule}


def test_who_would_be_cut_off(lab):
    """Three knock at port 22, two of them more than ten times: so it is said, and so it comes when the row is on."""
    listener(lab, 22)
    assert would_exceed(lab, "tcp", 22, 10, 60)["since_ms"] > 0, "ports of services are measured from the start"
    attempts(lab, "203.0.113.31", 22, 14)
    attempts(lab, "203.0.113.32", 22, 11)
    attempts(lab, "203.0.113.33", 22, 10)
    until(lambda: would_exceed(lab, "tcp", 22, 10, 60)["sources"] >= 3, 10, "the three are seen")
    a = would_exceed(lab, "tcp", 22, 10, 60)
    assert (a["cut"], a["phones"], a["known"], a["enough"]) == (2, 0, 0, 14), a
    assert re.match(r"203\.0\.113\.31, 203\.0\.113\.32$", a["busiest"]), a
    assert a["top"].startswith("14 203.0.113.31; 11 203.0.113.32; 10 203.0.113.33"), a
    assert would_exceed(lab, "tcp", 22, a["enough"], 60)["cut"] == 0
    # the same again with the limit in force: just these two are cut off
    put(lab, DEFENSE, "ssh", protocol="tcp", port=22, packets=10, seconds=60)
    lab.later(lambda: delete(lab, DEFENSE, "ssh"))
    attempts(lab, "203.0.113.33", 22, 10)
    attempts(lab, "203.0.113.32", 22, 11)
    attempts(lab, "203.0.113.31", 22, 14)
    until(lambda: len(discarded(lab, "ssh")) == 2, 10, "two are discarded")
    assert discarded(lab, "ssh") == {"203.0.113.31", "203.0.113.32"} and count(lab, "ssh") == 5
    # they have all sent twice within the minute by now, and the row says of itself what the question says
    until(lambda: would_exceed(lab, "tcp", 22, 10, 60)["cut"] == 3, 10, "both times are seen")
    row = next(r for r in lab.box.rows("fwd", "Rates") if r["rule"] == "ssh")
    a = would_exceed(lab, "tcp", 22, 10, 60)
    assert (int(row["cut"]), int(row["enough"]), row["busiest"]) == (3, a["enough"], a["busiest"]), (row, a)


def test_a_limit_that_cuts_phones(lab):
    """Phones register and talk; a limit below what they send is told with how many they are, and does cut them off."""
    a = lab.phone("801", address="192.168.1.100", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    lab.phone("803", "wan", address="203.0.113.21")
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)

    def told(packets, port=5060):
        return would_exceed(lab, "udp", port, packets, 60)

    def just_enough():
        """What is said to be enough cuts off no phone, one packet less does; the last second may not be counted yet."""
        n = told(1)["enough_known"]
        return n > 3 and told(n)["phones"] == 0 and told(n - 1)["phones"] >= 1

    until(lambda: told(1)["phones"] == 3, 15, "all three phones")
    until(just_enough, 15, "the least that spares them")
    few = told(1)
    assert few["known"] >= 3 and all(f"({n})" in few["busiest"] for n in (801, 802, 803)), few
    # sound: fifty packets a second; both phones are of one host, whose first address it comes from
    until(lambda: told(60, "10000-10500")["phones"] == 1, 15, "who talks")
    assert "(801)" in told(60, "10000-10500")["busiest"]
    # with the limit in force just those are cut off who were named
    put(lab, DEFENSE, "tight", protocol="udp", port=5060, packets=1, seconds=600)
    try:
        for where, address in (("lan", "192.168.1.100"), ("lan", "192.168.1.102"), ("wan", "203.0.113.21")):
            c = client(lab, where, address, "800")
            for _ in range(3):
                c.send(c.build("OPTIONS"))
        named = set(re.findall(r"([\d.]+) \(80[123]\)", few["busiest"]))
        assert len(named) == 3, few
        until(lambda: discarded(lab, "tight") >= named, 10, "those named are cut off")
    finally:
        delete(lab, DEFENSE, "tight")  # before the phones say goodbye, or they wait for the answer


def test_off_rows_measure(lab):
    """A port that no service has is measured once a row names it, even off; what does not read is refused by name."""
    listener(lab, 8090)
    assert would_exceed(lab, "tcp", 8090, 10, 60)["since_ms"] == 0
    put(lab, DEFENSE, "later", protocol="tcp", port=8090, packets=2, seconds=60, enabled="false")
    lab.later(lambda: delete(lab, DEFENSE, "later"))
    until(lambda: would_exceed(lab, "tcp", 8090, 2, 60)["since_ms"] > 0, 5, "it is measured")
    for _ in range(5):
        assert connects(lab, "wan", "203.0.113.22", 8090, 5)
    until(lambda: would_exceed(lab, "tcp", 8090, 4, 60)["cut"] == 1, 10, "the one of five")
    assert would_exceed(lab, "tcp", 8090, 5, 60)["cut"] == 0
    # kept over an orderly end and over kill -9 alike, once written
    lab.box.kill("fwd", 15)
    until(lambda: would_exceed(lab, "tcp", 8090, 4, 60)["cut"] == 1, 10, "it is kept")
    for port in ("ssh", "0", "9-1"):
        try:
            would_exceed(lab, "tcp", port, 1, 60)
        except Refused as e:
            assert "port" in str(e), e
        else:
            raise AssertionError(f"taken: {port}")


def test_a_flood_is_bounded(lab):
    """Forged sources by the thousand: no memory for all of them, and who was there before is not forgotten."""
    attempts(lab, "203.0.113.36", 22, 9)
    until(lambda: "203.0.113.36" in would_exceed(lab, "tcp", 22, 8, 60)["busiest"], 10, "it is seen")
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        for n in range(6000):
            s.sendto(syn(f"100.64.{n // 250}.{n % 250 + 1}", Net.PBX_WAN, 30000, 22), (Net.PBX_WAN, 0))
    until(lambda: would_exceed(lab, "tcp", 22, 8, 60)["sources"] > 1000, 10, "they are seen")
    a = would_exceed(lab, "tcp", 22, 8, 60)
    assert a["sources"] <= 2048 and "203.0.113.36" in a["busiest"], a
