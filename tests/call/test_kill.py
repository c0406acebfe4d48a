"""kill -9 of each daemon, in the middle of what it does: SPEC 10."""

from box import until
from test_call import new_record, records, talk


def call_up(lab):
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    return a, b


def test_sipd_keeps_registrations(lab):
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    before = {r["contact"] for r in lab.box.rows("sipd", "Registrations")}
    assert len(before) == 2
    lab.box.kill("sipd")
    assert {r["contact"] for r in lab.box.rows("sipd", "Registrations")} == before
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_sipd_in_a_call_loses_no_record(lab):
    before = records(lab)
    call_up(lab)
    lab.box.kill("sipd")
    r = new_record(lab, before)
    assert (r["caller"], r["callee"]) == ("801", "802") and r["disposition"] == "ANSWERED", r


def test_routed_in_a_call(lab):
    a, b = call_up(lab)
    lab.box.kill("routed")
    assert a.hears(660) > 0.9
    before = records(lab)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    new_record(lab, before)


def test_routed_dead_at_the_end_loses_no_record(lab):
    a, b = call_up(lab)
    before = records(lab)
    a.tell("hangup")
    lab.box.kill("routed")
    b.wait("CALL_CLOSED")
    new_record(lab, before)


def test_guardd_and_fwd_and_httpd_in_a_call(lab):
    a, b = call_up(lab)
    for daemon in ("guardd", "fwd", "httpd"):
        lab.box.kill(daemon)
        assert a.hears(660) > 0.9, daemon
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_mediad_in_a_call(lab):
    a, b = call_up(lab)
    lab.box.kill("mediad")
    # the sound is gone: the call ends, by sipd's word; the next one has sound again
    a.wait("CALL_CLOSED", seconds=20)
    b.wait("CALL_CLOSED", seconds=20)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_bus_dies(lab):
    before = records(lab)
    a, b = call_up(lab)
    lab.box.kill("bus")
    until(lambda: all(lab.box.answers(d) for d in ("sipd", "mediad", "routed", "guardd", "fwd", "httpd")), 30,
          "all six are back on the bus")
    assert a.hears(660) > 0.9
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    new_record(lab, before)
