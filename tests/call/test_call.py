"""Two telephones talk: the whole path of a call, with sound, through all the daemons."""

from box import until
from phone import RATE, power_at
from tap import Tap


def talk(lab, a, b, tone_a, tone_b):
    """b has been rung by a: answers, and both hear each other and nobody else."""
    b.wait("CALL_INCOMING")
    b.tell("accept")
    a.wait("CALL_ESTABLISHED")
    b.wait("CALL_ESTABLISHED")
    # a busy machine may lose a moment of the first second
    until(lambda: a.hears(tone_b) > 0.9, 15, "the caller hears the callee")
    until(lambda: b.hears(tone_a) > 0.9, 15, "the callee hears the caller")
    assert a.hears(tone_a) < 0.05, "no echo"


def records(lab):
    return lab.box.rows("routed", "Records", "string:", "uint32:1000")


def new_record(lab, before):
    """The newest call record, once there are more than before."""
    return until(lambda: (r := records(lab)) and len(r) > len(before) and r, 30, "a call record")[0]


def test_two_phones_talk(lab):
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    before = records(lab)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    calls = lab.box.rows("sipd", "Calls")
    assert [(c["caller"], c["callee"], c["state"]) for c in calls] == [("801", "802", "up")], calls
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert (r["caller"], r["callee"], r["disposition"]) == ("801", "802", "ANSWERED"), r
    assert int(r["talk_s"]) >= 1 and int(r["caller_packets"]) > 40 and int(r["callee_packets"]) > 40, r
    assert not lab.box.rows("sipd", "Calls")


def test_callee_hangs_up(lab):
    a = lab.phone("801")
    b = lab.phone("802", address="192.168.1.102", answer="auto")
    a.tell("dial", "802")
    a.wait("CALL_ESTABLISHED")
    b.wait("CALL_ESTABLISHED")
    b.tell("hangup")
    a.wait("CALL_CLOSED")


def test_caller_gives_up(lab):
    a = lab.phone("801")
    b = lab.phone("802", address="192.168.1.102")
    before = records(lab)
    a.tell("dial", "802")
    b.wait("CALL_INCOMING")
    a.wait("CALL_RINGING")
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert r["disposition"] == "NO ANSWER", r


def test_callee_declines(lab):
    before = records(lab)
    a = lab.phone("801")
    b = lab.phone("802", address="192.168.1.102")
    a.tell("dial", "802")
    b.wait("CALL_INCOMING")
    b.tell("hangup")
    a.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert r["disposition"] in ("BUSY", "REFUSED"), r


def test_one_phone_of_two_answers(lab):
    a = lab.phone("801")
    b = lab.phone("802", address="192.168.1.102")
    c = lab.phone("802", address="192.168.1.103")
    a.tell("dial", "802")
    b.wait("CALL_INCOMING")
    c.wait("CALL_INCOMING")
    c.tell("accept")
    a.wait("CALL_ESTABLISHED")
    b.wait("CALL_CLOSED")
    a.tell("hangup")
    c.wait("CALL_CLOSED")


def test_nobody_there(lab):
    before = records(lab)
    a = lab.phone("801")
    a.tell("dial", "803")
    a.wait("CALL_CLOSED")
    assert new_record(lab, before)["disposition"] in ("FAILED", "NO ANSWER")


def test_echo(lab):
    a = lab.phone("801", tone=523)
    a.tell("dial", "*43")
    a.wait("CALL_ESTABLISHED")
    # the announcement first, then one's own voice
    until(lambda: a.hears(523, within=40) > 0.9, 40, "one's own voice")
    a.tell("hangup")
    a.wait("CALL_CLOSED")


def test_speaking_clock(lab):
    a = lab.phone("801")
    a.tell("dial", "*60")
    a.wait("CALL_ESTABLISHED")
    until(lambda: max(map(abs, a.heard()), default=0) > 1000, 10, "a voice")
    a.tell("hangup")
    a.wait("CALL_CLOSED")


def test_unknown_number_is_told(lab):
    before = records(lab)
    a = lab.phone("801")
    a.tell("dial", "4711")
    until(lambda: max(map(abs, a.heard()), default=0) > 1000, 10, "the spoken reason")
    a.wait("CALL_CLOSED", seconds=20)
    r = new_record(lab, before)
    assert (r["disposition"], r["reason"]) == ("REFUSED", "no such number"), r


def test_emergency_without_trunk_is_told(lab):
    before = records(lab)
    a = lab.phone("801")
    a.tell("dial", "112")
    a.wait("CALL_CLOSED", seconds=20)
    r = new_record(lab, before)
    assert r["disposition"] == "REFUSED" and "trunk" in r["reason"], r


def test_phone_behind_nat(lab):
    a = lab.phone("801", tone=440)
    b = lab.phone("802", where="home", tone=660)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    b.tell("hangup")
    a.wait("CALL_CLOSED")
    b.tell("dial", "801")
    talk(lab, b, a, 660, 440)
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_tls_and_udp(lab):
    a = lab.phone("801", tone=440, transport="tls")
    b = lab.phone("802", address="192.168.1.102", tone=660, transport="tcp")
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_hold_and_resume(lab):
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    ear = Tap(b)
    lab.later(ear.close)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    a.tell("hold")
    a.wait("CALL_REMOTE_SDP", param="answer")
    a.tell("resume")
    a.wait("CALL_REMOTE_SDP", param="answer")
    ear.forget()
    until(lambda: ear.packets >= 50, 15, "sound after the hold")
    assert power_at(ear.samples[-RATE // 2:], 440) > 0.9
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_ipv6(lab):
    a = lab.phone("801", address="fd00:1::100", server=lab.net.PBX_LAN6, tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    b.tell("hangup")
    a.wait("CALL_CLOSED")
