"""Credit on real calls over a real trunk: cut at the limit, counted once whatever dies, never overspent by many at once.

The limits are in all, which counts from when they are made: a test does not see what the one before used.
"""

import re

from box import until
from phone import RATE, power_at
from provider import trunk
from sip_peer import Peer
from test_call import new_record, records, talk
from test_trunk import outside, provider, put, rule

NUMBER, WARNING_HZ = "004930123456", 1400
CSV = "prefix,destination,price,connect,first_s,next_s\n49,Germany,0.60,0.05,1,1\n4915,Mobile,6,0,60,60\n"


def house(lab, **more):
    """A provider with a price list, a rule to it."""
    p = provider(lab, NUMBER)
    trunk(lab, provider=p, register="false", rates="acme", max_calls="1000", **more)
    rule(lab)
    lab.box.table("routed", "route_settings", "Put", "string:general", "dict:string:string:country,49")
    notes = import_rates(lab, CSV)
    assert notes[0]["done"] == "true", notes
    return p


def import_rates(lab, csv, dry_run="false", name="acme"):
    return lab.box.rows("routed", "ImportRates", "string:" + name, "string:" + csv, f"boolean:{dry_run}")


def limit(lab, name="day", **fields):
    put(lab, "credit", name, **{"scope": "trunk", "who": "acme", "period": "total", **fields})
    until(lambda: spend(lab, name), 20, "the limit is shown")


def spend(lab, name="day"):
    """The limit's row on the page of what was spent."""
    out = lab.box.table("routed", "usage", "List")
    row = re.search(rf'string "{name}"\s+array \[(.*?)\n\s+\]', out, re.S)
    return dict(re.findall(r'string "(\w+)"\s+string "([^"]*)"', row[1])) if row else None


def spent(lab, name, key, value):
    """Waits until the page says so; it is brought up to date each second."""
    until(lambda: (spend(lab, name) or {}).get(key) == str(value), 20, f"{name}: {key} is {value}; {spend(lab, name)}")


def heard_tone(phone, hertz):
    """The most there was of this tone in any fifth of a second."""
    s, n = phone.heard(), RATE // 5
    return max((power_at(s[i:i + n], hertz) for i in range(0, len(s) - n, n // 2) if any(s[i:i + n])), default=0)


def call_up(lab, number=NUMBER):
    a, b = lab.phone("801", tone=440), outside(lab, number, tone=660)
    a.tell("dial", "0" + number)
    talk(lab, a, b, 440, 660)
    return a, b


def test_cut_at_the_limit_with_a_tone(lab):
    house(lab)
    limit(lab, seconds=12)
    before = records(lab)
    a, b = call_up(lab)
    a.wait("CALL_CLOSED", seconds=20)
    b.wait("CALL_CLOSED")
    assert heard_tone(a, WARNING_HZ) > 0.5 and heard_tone(b, WARNING_HZ) > 0.5
    r = new_record(lab, before)
    assert r["disposition"] == "ANSWERED" and r["reason"].startswith("limit day"), r
    assert 11 <= int(r["talk_s"]) <= 12, r
    spent(lab, "day", "seconds", r["talk_s"])
    spent(lab, "day", "held_seconds", 0)
    # the next call hears why it does not go out, and the record says it
    before = records(lab)
    a.tell("dial", "0" + NUMBER)
    a.wait("CALL_CLOSED", seconds=30)
    r = new_record(lab, before)
    assert r["disposition"] == "REFUSED" and "day" in r["reason"], r
    alarms = lab.box.rows("guardd", "Incidents", "string:kind=alarm", "uint32:50")
    assert sum("limit day" in i["detail"] for i in alarms) == 1, alarms


def test_money_is_what_the_list_says(lab):
    house(lab)
    limit(lab, "ext", scope="extension", who="801", money_milli=5000)
    before = records(lab)
    a, b = call_up(lab)
    spent(lab, "ext", "calls", 1)
    spent(lab, "ext", "held_milli", 50 + 600)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert int(r["cost_milli"]) == 50 + 10 * int(r["talk_s"]), r
    assert (r["trunk"], r["dial_rule"]) == ("acme", "out"), r
    spent(lab, "ext", "money_milli", r["cost_milli"])
    last = lab.box.rows("routed", "Explain", "string:801", "string:0004930123456", "string:now")[-1]
    assert [last[k] for k in ("outcome", "priced", "minute_milli", "connect_milli", "first_s", "next_s")] == ["out", "true", "600", "50", "1", "1"], last
    # six a minute in whole minutes: more than is left
    before = records(lab)
    a.tell("dial", "0" + "004915123456")
    a.wait("CALL_CLOSED", seconds=30)
    assert new_record(lab, before)["disposition"] == "REFUSED"
    # nobody knows what France costs
    a.tell("dial", "0" + "0033123456")
    a.wait("CALL_CLOSED", seconds=30)
    until(lambda: "no price for 33123456" in records(lab)[0]["reason"], 10, records(lab)[0])


def kill_in_a_call(lab, daemon, ends):
    """One record, and the limit counts it once: what the record says."""
    house(lab)
    limit(lab, seconds=100000)
    before = records(lab)
    a, b = call_up(lab)
    spent(lab, "day", "held_seconds", 60)
    lab.box.kill(daemon)
    spent(lab, "day", "calls", 0 if ends else 1)
    if not ends:
        a.goes_on(660)
        a.tell("hangup")
    b.tell("hangup")
    r = new_record(lab, before)
    assert r["disposition"] == "ANSWERED" and r["trunk"] == "acme", r
    assert int(r["cost_milli"]) == 50 + 10 * max(1, int(r["talk_s"])), r
    spent(lab, "day", "seconds", r["talk_s"])
    spent(lab, "day", "held_seconds", 0)
    spent(lab, "day", "calls", 0)
    assert len(records(lab)) == len(before) + 1


def test_routed_killed_in_a_call(lab):
    kill_in_a_call(lab, "routed", ends=False)


def test_sipd_killed_in_a_call(lab):
    kill_in_a_call(lab, "sipd", ends=True)


def test_mediad_killed_in_a_call(lab):
    kill_in_a_call(lab, "mediad", ends=True)


def test_guardd_killed_in_a_call(lab):
    kill_in_a_call(lab, "guardd", ends=False)


def test_renewed_after_routed_died(lab):
    """Its slices are on disk: the next run gives the same call more."""
    house(lab)
    limit(lab, seconds=20)
    before = records(lab)
    a, b = call_up(lab)
    lab.box.kill("routed")
    a.wait("CALL_CLOSED", seconds=30)
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert 19 <= int(r["talk_s"]) <= 20 and r["reason"].startswith("limit day"), r


def test_a_limit_made_during_the_call(lab):
    """The call began when there was none: it is cut by the one that comes, and counts in it with all its talk."""
    house(lab)
    before = records(lab)
    a, b = call_up(lab)
    until(lambda: int(lab.box.rows("sipd", "Calls")[0]["talk_s"]) >= 1, 10, "it has talked")
    limit(lab, seconds=6)
    had = max(int(r["talk_s"]) for r in [*lab.box.rows("sipd", "Calls"), {"talk_s": 0}])
    a.wait("CALL_CLOSED", seconds=15)
    b.wait("CALL_CLOSED", seconds=5)
    r = new_record(lab, before)
    assert r["disposition"] == "ANSWERED" and r["reason"].startswith("limit day"), r
    # or at once, when it had talked for as long already
    assert int(r["talk_s"]) <= max(6, had + 2), r
    spent(lab, "day", "seconds", r["talk_s"])
    spent(lab, "day", "held_seconds", 0)


def server(lab, name, address):
    """A provider's server in the hands of the test, and a trunk to it."""
    p = Peer(lab.net.socket("itsp"), address, (lab.net.PBX_WAN, 5060), NUMBER, "", port=5060)
    lab.later(p.close)
    put(lab, "trunk", name, owner="sipd", host=address, rates="acme", qualify_s="0")
    return p


def test_failover_is_charged_once(lab):
    """The first trunk is full, the second gets no answer, the third does: what was held for the first two is given back, one pays."""
    p = house(lab)
    p.set(invite=503)
    dead, spare = server(lab, "dead", "198.51.100.29"), server(lab, "spare", "198.51.100.28")
    lab.box.table("routed", "dial_rule", "Set", "string:out", "string:trunks", "string:acme;dead;spare")
    lab.later(lambda: lab.box.table("routed", "dial_rule", "Set", "string:out", "string:trunks", "string:acme"))
    names = ("acme", "dead", "spare", "ext")
    for name in names[:3]:
        put(lab, "credit", name, scope="trunk", who=name, period="total", seconds=100000)
    limit(lab, "ext", scope="extension", who="801", seconds=100000)
    before = records(lab)
    a = Peer(lab.net.socket("lan"), "192.168.1.110", (lab.net.PBX_LAN, 5060), "801", lab.box.extensions["801"])
    lab.later(a.close)
    d = a.invite("0" + NUMBER)
    # it holds a slice of the trunk that it is tried over, and of no other
    invite = dead.expect("INVITE")
    for name, held in zip(names, (0, 60, 0, 60)):
        spent(lab, name, "held_seconds", held)
    dead.reply(invite, 408)
    invite = spare.expect("INVITE")
    spare.reply(invite, 200, "OK", "", spare.sdp())
    spare.expect("ACK")
    a.learn(d, a.expect("200 INVITE"))
    d.ack(d.cseq)
    for name, held in zip(names, (0, 0, 60, 60)):
        spent(lab, name, "held_seconds", held)
    d.request("BYE")
    spare.reply(spare.expect("BYE"), 200)
    r = new_record(lab, before)
    assert (r["disposition"], r["trunk"]) == ("ANSWERED", "spare"), r
    for name, talked in zip(names, (0, 0, r["talk_s"], r["talk_s"])):
        spent(lab, name, "held_seconds", 0)
        spent(lab, name, "seconds", talked)
    assert len(records(lab)) == len(before) + 1


def test_rates_with_mistakes_change_nothing(lab):
    notes = import_rates(lab, "49,Germany,0.01\n44,UK,cheap\n49,Again,1\n", name="other")
    assert [(n["line"], n["column"]) for n in notes[1:]] == [("2", "price"), ("3", "prefix")], notes
    assert notes[0]["done"] == "false" and notes[0]["wrong"] == "2", notes
    notes = import_rates(lab, "49,Germany,0.01\n", dry_run="true", name="other")
    assert notes[0]["done"] == "false" and notes[0]["new"] == "1", notes
    assert "other/" not in lab.box.table("routed", "call_rate", "List")


def test_records_are_found(lab):
    house(lab)
    before = records(lab)
    a, b = call_up(lab)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)

    def find(words):
        return [x["id"] for x in lab.box.rows("routed", "Records", "string:" + words, "uint32:1000")]

    for words in ("caller=801;trunk=acme", "sent^004930;cost_milli>0", "disposition=ANSWERED;direction=outbound", "dial_rule=out;callee~123",
                  f"from={r['start_ms']}"):
        assert find(words)[0] == r["id"], words
    assert r["id"] not in find(f"to={r['start_ms']}")
    assert r["id"] not in find(f"before={r['id']}")
    total = lab.box.method("routed", "Totals", f"string:from={r['start_ms']}")
    assert re.findall(r"uint64 (\d+)", total) == ["1", "1", r["talk_s"], r["cost_milli"]], total
