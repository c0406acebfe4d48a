"""kill -9 of each daemon, in the middle of what it does: SPEC 10."""

import selectors

from box import until
from sip import Client
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


def burst(lab, numbers, each):
    """Phones that have their challenge, and the REGISTER with which each of them answers it. Every second one has
    registered by then, so that the view is under load."""
    phones = []
    for n in numbers:
        lab.box.table("sipd", "extension", "Put", f"string:{n}", f"dict:string:string:max_contacts,{each}")
    for n in [n for n in numbers for _ in range(each)]:
        c = Client(lab.net, "lan", "192.168.1.105", lab.net.PBX_LAN, n)
        lab.later(c.close)
        if len(phones) % 2:
            assert c.register(lab.box.extensions[n], 600).code == 200
        extra = ("Expires: 600",)
        challenge = c.ask("REGISTER", extra=extra).challenge()
        c.nc = 0
        credentials = c.credentials("REGISTER", challenge, lab.box.extensions[n])
        phones.append((c, c.build("REGISTER", extra=(*extra, credentials))))
    return phones


def answered(phones, enough):
    """The contacts that were told 200, as soon as there are enough of them; with 0: those who heard it by now."""
    heard, wait = set(), selectors.DefaultSelector()
    for c, _ in phones:
        c.sock.setblocking(False)
        wait.register(c.sock, selectors.EVENT_READ, c)
    while len(heard) < (enough or len(phones)):
        ready = wait.select(10 if enough else 0)
        if not ready:
            break
        for key, _ in ready:
            if b" 200 " in key.fileobj.recv(65536).split(b"\r\n")[0]:
                heard.add(f"sip:{key.data.user}@{key.data.at}:{key.data.port}")
    wait.close()
    return heard


def test_sipd_at_work_keeps_what_it_answered(lab):
    phones = burst(lab, ("803", "804", "805", "806", "807", "808"), 20)
    for c, message in phones:
        c.send(message)
    heard = answered(phones, len(phones) // 2)
    assert len(heard) >= len(phones) // 2, f"only {len(heard)} of {len(phones)} were answered"
    lab.box.kill("sipd")
    heard |= answered(phones, 0)
    kept = {r["contact"] for r in lab.box.rows("sipd", "Registrations")}
    assert heard <= kept, f"{len(heard - kept)} of {len(heard)} answered registrations are lost"
    for n in {c.user for c, _ in phones}:
        lab.box.table("sipd", "extension", "Put", f"string:{n}", "dict:string:string:max_contacts,5")


def test_sipd_in_a_call_loses_no_record(lab):
    before = records(lab)
    call_up(lab)
    lab.box.kill("sipd")
    r = new_record(lab, before)
    assert (r["caller"], r["callee"]) == ("801", "802") and r["disposition"] == "ANSWERED", r


def test_routed_in_a_call(lab):
    a, b = call_up(lab)
    lab.box.kill("routed")
    a.goes_on(660)
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
        a.goes_on(660)
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
    a.goes_on(660)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    new_record(lab, before)
