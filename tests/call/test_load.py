"""Calls by the hundred over a trunk: each gets its line, its record and its share of a limit."""

import time

from box import until
from provider import states, trunk
from test_credit import NUMBER as GERMANY
from test_credit import house, limit, spend, spent
from test_sipp import HERE, auth, sipp, unbounded, well
from test_trunk import NUMBER, provider, put, rule

ALONE = "many calls a second: beside other work the box would be right to refuse some"


def since(lab, begin_ms):
    """The records of calls that began then or later; Records answers no more than a thousand at once."""
    return lab.box.rows("routed", "Records", f"string:from={begin_ms}", "uint32:1000")


def now_ms():
    return int(time.time() * 1000)


def test_a_thousand_calls(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false", max_calls="0")
    rule(lab)
    unbounded(lab, "801")
    far = sipp(lab, "198.51.100.23", 5080, "answer", [(NUMBER,)], "-m", "1000", ns="itsp", server=p.address)
    p.forward_to(NUMBER, "198.51.100.23:5080")
    until(lambda: lab.net.run("itsp", "ss", "-Hlun", "sport = :5080").stdout.strip(), 10, "sipp waits for calls")
    begin = now_ms()
    caller = [("801", auth(lab, "801"), "0" + NUMBER)]
    well(sipp(lab, "192.168.1.113", 6104, "call", caller, "-m", "1000", "-r", "50", "-d", "200"), 120)
    far.wait(30)
    assert len(p.calls()) == 1000, len(p.calls())
    until(lambda: states(lab)["acme"]["calls"] == "0", 10, "no call is left")
    until(lambda: len(since(lab, begin)) == 1000, 10, "a thousand records")


def storm(lab, p, *extensions):
    """A hundred calls at the same time by these extensions; their records."""
    for e in extensions:
        unbounded(lab, e)
    far = lab.net.popen("itsp", "sipp", "-sf", f"{HERE}/answer.xml", "-inf", "/dev/stdin", "-i", p.address, "-p", str(p.far), "-nostdin",
                        "-timeout", "90", stdin=-1, stdout=-3, stderr=-3)
    far.stdin.write(b"SEQUENTIAL\n0\n")
    far.stdin.close()
    lab.later(lambda: far.poll() is None and (far.kill(), far.wait()))
    until(lambda: lab.net.run("itsp", "ss", "-Hlun", "src", f"{p.address}:{p.far}").stdout.strip(), 10, "the far end listens")
    begin = now_ms()
    callers = [(e, auth(lab, e), f"0{GERMANY}") for e in extensions]
    s = sipp(lab, "192.168.1.114", 6106, "call", callers, "-m", "100", "-r", "50", "-d", "8000", "-l", "200")
    s.wait(90)
    until(lambda: len(since(lab, begin)) == 100 and not lab.box.rows("sipd", "Calls"), 60, "a hundred records, no call")
    return since(lab, begin)


def test_a_hundred_at_once(lab):
    """600 s are ten slices: ten calls of a hundred go out, and the others wait for nobody."""
    p = house(lab)
    limit(lab, seconds=600)
    new = storm(lab, p, "801")
    answered = [r for r in new if r["disposition"] == "ANSWERED"]
    assert len(answered) == len(p.calls()) == 10, (len(answered), len(p.calls()))
    assert sum(r["disposition"] == "REFUSED" and "limit day" in r["reason"] for r in new) == 90, [r["reason"] for r in new]
    spent(lab, "day", "seconds", sum(int(r["talk_s"]) for r in answered))
    spent(lab, "day", "calls", 0)


def test_each_by_itself_at_once(lab):
    """One row for everybody: 240 s are four slices of each; 802 has an own limit of two."""
    p = house(lab)
    put(lab, "credit", "each", scope="extension", who="*", period="total", seconds="240")
    limit(lab, "own", scope="extension", who="802", seconds=120)
    new = storm(lab, p, "801", "802", "803")
    answered = [r["caller"] for r in new if r["disposition"] == "ANSWERED"]
    assert sorted(answered) == ["801"] * 4 + ["802"] * 2 + ["803"] * 4 and len(p.calls()) == 10, answered
    for r in new:
        why = "limit own," if r["caller"] == "802" else f"limit each for {r['caller']},"
        assert r["disposition"] == "ANSWERED" or r["reason"].startswith(why), r
    for e in ("801", "803"):
        spent(lab, f"each/{e}", "seconds", sum(int(r["talk_s"]) for r in new if r["caller"] == e))
        assert spend(lab, f"each/{e}")["who"] == e and spend(lab, f"each/{e}")["most_seconds"] == "240"
    assert not spend(lab, "each/802")
