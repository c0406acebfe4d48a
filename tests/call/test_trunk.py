"""Calls over a trunk: Kamailio is the provider, a real telephone the called party."""

from box import until
from netns import Net
from phone import Phone
from provider import Provider, trunk
from test_call import new_record, records, talk

NUMBER = "4930123456"


def outside(lab, number=NUMBER, address="198.51.100.20", **kw):
    """A telephone of the provider's network."""
    lab.port += 20
    p = Phone(lab.net, "itsp", address, number, password="of-" + number, server="198.51.100.10", port=lab.port, **kw)
    lab.phones.append(p)
    p.says("200 OK")
    return p


def provider(lab, *numbers, **kw):
    users = {"acme": "s3cr3t-of-acme", **{n: "of-" + n for n in numbers or (NUMBER,)}}
    return Provider(lab, users, **kw)


def put(lab, table, name, owner="routed", **fields):
    words = ",".join(f"{k},{v}" for k, v in fields.items())
    lab.box.table(owner, table, "Put", f"string:{name}", f"dict:string:string:{words}")
    lab.later(lambda: lab.box.table(owner, table, "Delete", f"string:{name}"))


def rule(lab, trunks="acme", **fields):
    put(lab, "dial_rule", "out", **{"pattern": "0.", "strip": "1", **fields})
    lab.box.table("routed", "dial_rule", "Set", "string:out", "string:trunks", f"string:{trunks}")


def test_call_out(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rule(lab)
    a, b = lab.phone("801", tone=440), outside(lab, tone=660)
    before = records(lab)
    a.tell("dial", "0" + NUMBER)
    talk(lab, a, b, 440, 660)
    row = lab.box.rows("sipd", "Calls")[0]
    assert (row["direction"], row["trunk"], row["sent"]) == ("outbound", "acme", NUMBER), row
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert (r["disposition"], r["direction"], r["trunk"], r["sent"]) == ("ANSWERED", "outbound", "acme", NUMBER), r
    call, = p.calls()
    assert (call["number"], call["account"], call["caller"]) == (NUMBER, "acme", "acme"), call
    assert "<sip:801@198.51.100.10>" in call["identity"], call


def ends(lab, number, **wanted):
    """801 dials; the record of the call, which must say so."""
    before = records(lab)
    a = lab.phone("801")
    a.tell("dial", number)
    a.wait("CALL_CLOSED", seconds=30)
    r = new_record(lab, before)
    assert {k: r[k] for k in wanted} == wanted, r
    return r


def test_what_the_called_party_says_is_final(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    trunk(lab, "spare", provider=p, register="false")
    rule(lab, "acme;spare")
    ends(lab, "01486", disposition="BUSY", reason="busy", sip_code="486")
    ends(lab, "01603", disposition="BUSY", reason="declined", sip_code="603")
    ends(lab, "01404", disposition="FAILED", reason="the provider knows no such number", sip_code="404")
    ends(lab, "01480", disposition="NO ANSWER", reason="not available", sip_code="480")
    ends(lab, "01403", disposition="FAILED", reason="trunk acme: 403, the provider refuses")
    assert [c["number"] for c in p.calls()] == ["1486", "1603", "1404", "1480", "1403"], p.calls()


def test_failover(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    second = provider(lab, address="198.51.100.11", far=5081, name="second")
    trunk(lab, "second", provider=second, register="false")
    rule(lab, "acme;second")
    b = outside(lab)
    lab.port += 20
    c = Phone(lab.net, "itsp", "198.51.100.21", NUMBER, password="of-" + NUMBER, server="198.51.100.11", port=lab.port)
    lab.phones.append(c)
    c.says("200 OK")
    for failure in (dict(invite=503), dict(invite=500), dict(deaf=1)):
        p.set(**failure)
        before = records(lab)
        a = lab.phone("801")
        a.tell("dial", "0" + NUMBER)
        c.wait("CALL_INCOMING")
        c.tell("accept")
        a.wait("CALL_ESTABLISHED")
        a.tell("hangup")
        c.wait("CALL_CLOSED")
        r = new_record(lab, before)
        assert (r["disposition"], r["trunk"]) == ("ANSWERED", "second"), r
        p.set(**{k: None for k in failure})
    assert not b.saw("CALL_INCOMING")
    # both fail: the caller is told, the record has the reason
    p.set(invite=503)
    second.set(invite=503)
    r = ends(lab, "0" + NUMBER, disposition="FAILED")
    assert "second" in r["reason"], r


def test_password_for_its_own_realm_alone(lab):
    p = provider(lab, realm="thief.example")
    trunk(lab, provider=p, register="false", realm="itsp.example")
    rule(lab)
    r = ends(lab, "0" + NUMBER, disposition="FAILED", trunk="acme")
    assert "password" in r["reason"], r
    assert not p.credentials(), p.credentials()
