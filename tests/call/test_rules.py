"""Dial rules on a running box: what arrives at the provider, when it closes, and what the box says of it."""

import time

from box import Refused, until
from provider import trunk
from test_call import new_record, records, talk
from test_trunk import ends, outside, provider, put


def rules(lab, **more):
    """The guide's example, an open rule beside it, and one for one number."""
    put(lab, "time_rule", "never", note="closed")
    put(lab, "dial_rule", "international", pattern="473X.", strip="3", trunks="acme")
    put(lab, "dial_rule", "any", pattern="4.", strip="1", prepend="1", trunks="acme")
    put(lab, "dial_rule", "shut", pattern="4731480", strip="4", trunks="acme", time_rule="never")
    put(lab, "dial_rule", "one", pattern="4731404", strip="3", trunks="acme")
    for name, fields in more.items():
        put(lab, "dial_rule", name, **fields)


def refused(lab, *args):
    try:
        lab.box.table(*args)
    except Refused as e:
        return str(e)
    raise AssertionError(f"taken: {args}")


def test_what_arrives(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rules(lab)
    a = lab.phone("801")

    def ends(number, **wanted):
        before = records(lab)
        a.tell("dial", number)
        a.wait("CALL_CLOSED", seconds=30)
        r = new_record(lab, before)
        assert {k: r[k] for k in wanted} == wanted, r

    ends("4731486", dial_rule="international", sent="1486", sip_code="486")
    ends("4731404", dial_rule="one", sent="1404", sip_code="404")
    ends("4403", dial_rule="any", sent="1403", trunk="acme")
    # shut is the most specific, but closed: the next one takes it
    ends("4731480", dial_rule="international", sent="1480")
    # what fits no rule goes nowhere
    ends("51486", disposition="REFUSED", trunk="")
    assert [c["number"] for c in p.calls()] == ["1486", "1404", "1403", "1480"], p.calls()


def test_every_limit_exhausted_but_emergency(lab):
    p = provider(lab, "112")
    trunk(lab, provider=p, register="false", countries="1", max_calls="1", privacy="true")
    put(lab, "time_rule", "never", note="closed")
    put(lab, "pin_set", "nobody", note="has no PIN")
    put(lab, "credit", "nothing", scope="trunk", who="acme", period="total", seconds="1")
    put(lab, "credit", "nothing801", scope="extension", who="801", period="total", seconds="1")
    put(lab, "dial_rule", "hides", pattern="112", strip="1", trunks="acme", time_rule="never", pin_set="nobody")
    put(lab, "call_profile", "801", dial_plan="default", max_calls="1", longest_s="1", do_not_disturb="true")
    lab.box.table("routed", "emergency", "Put", "string:112", "dict:string:string:trunks,acme,caller_id,4930112")
    for field in ("trunks", "caller_id"):
        lab.later(lambda f=field: lab.box.table("routed", "emergency", "Set", "string:112", f"string:{f}", "string:"))
    a, b = lab.phone("801", tone=440), outside(lab, "112", tone=660)
    lab.box.table("routed", "route_settings", "Put", "string:general", "dict:string:string:kill_switch,true")
    lab.later(lambda: lab.box.table("routed", "route_settings", "Put", "string:general", "dict:string:string:kill_switch,false"))
    before = records(lab)
    a.tell("dial", "112")
    talk(lab, a, b, 440, 660)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert (r["disposition"], r["trunk"], r["sent"]) == ("ANSWERED", "acme", "112"), r
    call, = p.calls()
    assert call["number"] == "112" and "4930112" in call["caller"] + call["identity"], call
    assert int(r["talk_s"]) >= 1 and int(r["cost_milli"]) == 0, r


def test_cut_at_close(lab):
    """The rule closes with the minute: the call ends then, whoever talks."""
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    until(lambda: time.time() % 60 < 45, 20, "time enough to make a call")
    closes = (int(time.time()) // 60 + 1) * 60
    hours = time.strftime("00:00-%H:%M", time.gmtime(closes)).replace("00:00-00:00", "00:00-24:00")
    put(lab, "time_rule", "soon", zone="UTC", hours=hours, cut_at_close="true")
    put(lab, "dial_rule", "out", pattern="0.", strip="1", trunks="acme", time_rule="soon")
    a, b = lab.phone("801", tone=440), outside(lab, tone=660)
    before = records(lab)
    a.tell("dial", "04930123456")
    talk(lab, a, b, 440, 660)
    b.wait("CALL_CLOSED", seconds=90)
    a.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert abs(int(r["end_ms"]) / 1000 - closes) < 2, (r, closes)
    # and nobody gets out any more
    ends(lab, "04930123456", disposition="REFUSED", trunk="")


def explained(lab, number, at="now", who="801"):
    return lab.box.rows("routed", "Explain", f"string:{who}", f"string:{number}", f"string:{at}")


def test_explain(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rules(lab)
    put(lab, "time_rule", "office", zone="Europe/Paris", hours="mon-fri 09:00-18:00", cut_at_close="true")
    put(lab, "dial_rule", "day", pattern="4700X.", strip="2", trunks="acme", time_rule="office")
    rows = explained(lab, "4700123", "2027-02-01T10:00")
    said = {(r["step"], r["what"]): r["why"] for r in rows}
    assert said["hours", "day"] == "office is open until Mon 2027-02-01 18:00, which ends the call", said
    assert said["dial", "00123"].startswith("over trunk acme"), said
    assert "comes after day" in said["dial rule", "any"], said
    assert "does not fit" in said["dial rule", "one"], said
    last = rows[-1]
    assert (last["step"], last["outcome"], last["decided_by"], last["what"]) == ("verdict", "out", "dial rule", "day"), last
    assert {r["outcome"] for r in rows[:-1]} == {"step"}, rows
    said = {(r["step"], r["what"]): r["why"] for r in explained(lab, "4700123", "2027-02-06T10:00")}
    assert said["hours", "day"] == "office is closed until Mon 2027-02-08 09:00", said
    assert said["dial", "1700123"].startswith("over trunk acme"), said
    assert "no extension in use" in explained(lab, "4700123", who="899")[-1]["why"]


def test_hidden_rules_and_hours(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rules(lab, dead={"pattern": "_47-3X.", "trunks": "acme"})
    hidden = {r["dial_rule"]: r for r in lab.box.rows("routed", "Shadowed", "string:")}
    assert hidden["dead"]["hidden_by"] == "international", hidden
    assert set(hidden) == {"dead"}, hidden
    hours = {r["time_rule"]: r for r in lab.box.rows("routed", "Hours")}
    assert hours["never"]["state"] == "closed", hours


def test_risks(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rules(lab)
    put(lab, "dial_rule", "paris", pattern="00331X.", trunks="acme")

    def risks(pattern="", **fields):
        fields = {"strip": "0", "prepend": "", "trunks": "", "pin_set": "", "time_rule": "", **fields}
        rows = lab.box.rows("routed", "Risks", "string:new", f"string:{pattern}", f"uint32:{fields['strip']}",
            *(f"string:{fields[f]}" for f in ("prepend", "trunks", "pin_set", "time_rule")))
        return {r["dial_rule"]: (r["risk"], r["guard"]) for r in rows}
    assert risks()["paris"] == ("international", "none")
    assert risks("00.", time_rule="never") == {"new": ("premium", "hours")}
    assert risks("0900X.") == {"new": ("local", "none")}, "no country yet"
    country = ("routed", "route_settings", "Set", "string:general", "string:country")
    lab.box.table(*country, "string:49")
    lab.later(lambda: lab.box.table(*country, "string:"))
    assert risks("0900X.", trunks="acme") == {"new": ("premium", "none")}
    put(lab, "credit", "cap", scope="trunk", who="acme", period="day", seconds="600")
    assert risks("0900X.", trunks="acme") == {"new": ("premium", "cap")}
    assert risks()["paris"] == ("international", "cap")
    assert risks("00.") == {"new": ("premium", "none")}, "no trunk that has a limit"
    put(lab, "credit", "each", scope="extension", who="*", period="day", seconds="600")
    assert risks("00.") == {"new": ("premium", "cap")}
    try:
        said = risks("47Y")
    except Refused as e:
        said = str(e)
    assert "pattern" in said and "column 3" in said, said


def test_exposure(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false", rates="list")
    put(lab, "call_rate", "list/49", price_milli="6000")
    put(lab, "dial_rule", "out", pattern="0.", strip="1", prepend="+", trunks="acme")
    put(lab, "call_profile", "801", dial_plan="default", max_calls="2")

    def all_rules(span):
        rows = lab.box.rows("routed", "Exposure", "string:801", "string:2027-02-03T00:00")
        return next(r for r in rows if r["span"] == span and not r["dial_rule"])
    day = all_rules("day")
    assert day["money_by"] == "" and "rule out over trunk acme" in day["why"], day
    assert int(day["talk_s"]) == 2 * 86400, day
    put(lab, "credit", "cap", scope="extension", who="801", period="day", money_milli="5000")
    assert (all_rules("day")["money_milli"], all_rules("day")["money_by"]) == ("5000", "cap")
    assert all_rules("weekend")["money_milli"] == "20000", "from Friday evening to Monday morning"


def test_wrong_rules_are_named(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rules(lab)
    said = refused(lab, "routed", "dial_rule", "Put", "string:bad", "dict:string:string:pattern,473Y.,trunks,acme")
    assert "pattern" in said and "column 4" in said, said
    said = refused(lab, "routed", "dial_rule", "Set", "string:one", "string:trunks", "string:acme;gone")
    assert 'trunk "gone"' in said or "no trunk" in said, said
    said = refused(lab, "routed", "time_rule", "Set", "string:never", "string:hours", "string:mon-fri 9-18")
    assert "hours" in said and "column 9" in said, said
    said = refused(lab, "routed", "holiday", "Put", "string:noel", "dict:string:string:date,25.12.")
    assert "date" in said, said
    said = refused(lab, "sipd", "trunk", "Delete", "string:acme")
    assert "dial_rule" in said, said
    # an emergency number and an extension cannot be one another
    said = refused(lab, "sipd", "extension", "Put", "string:112", "dict:string:string:name,Eve")
    assert "emergency number" in said, said
    said = refused(lab, "routed", "emergency", "Put", "string:801", "dict:string:string:note,no")
    assert "extension 801" in said, said
