"""Brakes and the kill switch, with a provider that tells what really reached it."""

import test_pin
from box import Refused, until
from test_call import new_record, records, talk
from test_trunk import NUMBER, outside, provider, put, rule
from provider import trunk


def incidents(lab, words):
    return lab.box.rows("guardd", "Incidents", f"string:{words}", "uint32:50")


def brake(lab, name, **fields):
    put(lab, "brake", name, **fields)


def dial(lab, a, number):
    """A call that the provider says busy to, if it gets there; its record."""
    before = records(lab)
    a.tell("dial", number)
    a.wait("CALL_CLOSED", seconds=30)
    return new_record(lab, before)


def test_too_many_calls_are_refused(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rule(lab)
    p.set(invite=486)
    brake(lab, "few", kind="calls_per_hour", warn=2, act=3)
    a = lab.phone("801")
    for n in range(2):
        r = dial(lab, a, "0" + NUMBER)
        assert r["trunk"] == "acme", r
    r = dial(lab, a, "0" + NUMBER)
    assert (r["disposition"], r["reason"]) == ("REFUSED", "brake few: 3 calls within an hour by 801"), r
    assert len(p.calls()) == 2
    warned, = [i for i in until(lambda: incidents(lab, "kind=brake;service=few"), 10, "the incident") if i["account"] == "801"]
    until(lambda: any(i["level"] == "alarm" and i["outcome"] == "refused" and i["account"] == "801"
                      for i in incidents(lab, "kind=brake;service=few")), 10, "it tells that it was refused")
    assert "few" in lab.box.table("guardd", "alert", "List")
    # a kill gives no new tries, and others are not hit
    lab.box.kill("routed")
    r = dial(lab, a, "0" + NUMBER)
    assert r["disposition"] == "REFUSED", r
    b = lab.phone("802", address="192.168.1.102")
    r = dial(lab, b, "0" + NUMBER)
    assert r["trunk"] == "acme" and len(p.calls()) == 3, r
    trace = str(lab.box.rows("routed", "Explain", "string:801", f"string:0{NUMBER}", "string:now"))
    assert "brake few: 3 calls within an hour by 801" in trace, trace
    assert "801" in lab.box.table("routed", "brake_count", "List")


def test_new_countries(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    p.set(invite=486)
    put(lab, "dial_rule", "abroad", pattern="00.", trunks="acme")
    settings = ("routed", "route_settings", "Set", "string:general", "string:country")
    lab.box.table(*settings, "string:49")
    lab.later(lambda: lab.box.table(*settings, "string:"))
    brake(lab, "abroad", kind="new_country", warn=1, act=3)
    a = lab.phone("803")
    for number, goes in (("00441234", True), ("00441234", True), ("00331234", True), ("00391234", False), ("00441234", True), ("0049301234", True)):
        r = dial(lab, a, number)
        assert (r["trunk"] == "acme") == goes, (number, r)
    countries = lab.box.table("routed", "country_seen", "List")
    assert "United Kingdom" in countries and "France" in countries and "Italy" not in countries and "Germany" not in countries
    seen = until(lambda: incidents(lab, "kind=brake;service=abroad"), 10, "the incident")
    assert seen[0]["account"] == "803" and seen[0]["level"] == "alarm", seen


def test_a_brake_asks_for_a_pin(lab):
    """The dial rule has no PIN set; the second call within an hour goes out only behind a PIN."""
    p = test_pin.outside(lab)
    lab.box.table("routed", "dial_rule", "Set", "string:out", "string:pin_set", "string:")
    brake(lab, "often", kind="calls_per_hour", act=2, action="pin", pin_set="staff")
    a, b = lab.phone("801", tone=440), test_pin.called(lab, tone=660)
    a.tell("dial", "0" + NUMBER)
    test_pin.answered(a, b)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    a.wait("CALL_CLOSED")
    a.tell("dial", "0" + NUMBER)
    a.wait("CALL_PROGRESS")
    test_pin.prompted(a)
    assert len(p.calls()) == 1
    a.tell("sndcode", test_pin.PIN + "#")
    b.wait("CALL_INCOMING")
    b.tell("accept")
    a.wait("CALL_ESTABLISHED")
    assert len(p.calls()) == 2
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    asked = until(lambda: incidents(lab, "kind=brake;service=often"), 10, "the incident")
    assert {i["outcome"] for i in asked} <= {"a PIN was asked for", "the call went out"}, asked


def test_nights_and_holidays(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    p.set(invite=486)
    rule(lab)
    a = lab.phone("801")
    night = ("routed", "route_settings", "Set", "string:general", "string:night")
    brake(lab, "dark", kind="night_calls", act=1)
    lab.box.table(*night, "string:mon-sun 00:00-12:00;mon-sun 12:00-24:00")
    r = dial(lab, a, "0" + NUMBER)
    assert r["reason"] == "brake dark: 1 call in the night by 801", r
    lab.box.table(*night, "string:2001-01-01 00:00-01:00")
    assert dial(lab, a, "0" + NUMBER)["trunk"] == "acme"
    brake(lab, "feast", kind="holiday_calls", scope="all", act=1)
    put(lab, "holiday", "always", date="01-01..12-31")
    r = dial(lab, a, "0" + NUMBER)
    assert r["reason"] == "brake feast: 1 call on a holiday", r
    lab.box.table(*night, "string:")


def test_a_new_box_has_brakes(lab):
    """Each warns before it acts; none is in the way of the tests, which took them away."""
    for name in ("calls-a-minute", "calls-an-hour", "calls-at-once", "at-night", "on-holidays", "new-countries", "one-pin-twice"):
        assert f'"{name}"' in lab.box.first_brakes, name
    assert '"name"' not in lab.box.table("routed", "brake", "List")


def test_wrong_brakes_are_refused(lab):
    for fields, word in (("kind,calls_per_hour", "warn"), ("warn,9,act,3", "warn"), ("warn,1,action,pin", "act"), ("warn,1,scope,all,who,801", "who"),
                         ("warn,1,kind,lunch", "kind")):
        try:
            raise AssertionError(lab.box.table("routed", "brake", "Put", "string:wrong", f"dict:string:string:{fields}"))
        except Refused as e:
            assert word in str(e), e


def kill(lab, thrown):
    lab.box.table("routed", "route_settings", "Put", "string:general", f"dict:string:string:kill_switch,{thrown}")


def test_kill_switch(lab):
    p = provider(lab, NUMBER, "112")
    trunk(lab, provider=p, register="false")
    rule(lab)
    lab.later(lambda: kill(lab, "false"))
    a, b = lab.phone("801", tone=440), outside(lab, tone=660)
    inside, other = lab.phone("803", address="192.168.1.103"), lab.phone("804", address="192.168.1.104")
    e = outside(lab, "112", address="198.51.100.21")
    before = records(lab)
    inside.tell("dial", "804")
    other.wait("CALL_INCOMING")
    other.tell("accept")
    a.tell("dial", "0" + NUMBER)
    talk(lab, a, b, 440, 660)
    kill(lab, "true")
    a.wait("CALL_CLOSED")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert (r["trunk"], r["disposition"]) == ("acme", "ANSWERED"), r
    assert len(lab.box.rows("sipd", "Calls")) == 1, "who talks inside the house goes on"
    thrown, = until(lambda: incidents(lab, "kind=kill_switch"), 10, "the incident")
    assert (thrown["account"], thrown["level"], thrown["outcome"]) == ("root", "alarm", "1 calls to the outside were ended"), thrown
    # nothing new, also after routed was killed; but emergency calls
    calls = len(p.calls())
    lab.box.kill("routed")
    r = dial(lab, a, "0" + NUMBER)
    assert (r["disposition"], len(p.calls())) == ("REFUSED", calls), r
    assert "kill switch" in r["reason"], r
    inside.tell("hangup")
    other.wait("CALL_CLOSED")
    a.tell("dial", "112")
    e.wait("CALL_INCOMING")
    e.tell("accept")
    a.wait("CALL_ESTABLISHED")
    # a script throws it again: no second incident, and the emergency call is let alone
    kill(lab, "true")
    assert lab.box.rows("sipd", "Calls")
    a.tell("hangup")
    e.wait("CALL_CLOSED")
    kill(lab, "false")
    p.set(invite=486)
    r = dial(lab, a, "0" + NUMBER)
    assert r["trunk"] == "acme", r
    rows = until(lambda: (len(i := incidents(lab, "kind=kill_switch")) and int(i[0]["count"]) == 2) and i, 10, "it is told")
    assert rows[0]["detail"] == "the kill switch was taken back", rows
