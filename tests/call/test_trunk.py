"""Calls over a trunk: Kamailio is the provider, a real telephone the called party."""

import re

from box import until
from names import Names
from netns import Net
from phone import Phone
from provider import Provider, state, states, trunk
from sip import Client
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


def test_registers_and_leaves(lab):
    p = provider(lab)
    trunk(lab, provider=p)
    row = state(lab, "acme", "registered")
    there, = p.registered("acme")
    user = there.split(":")[1].split("@")[0]
    assert len(user) >= 20 and there.endswith("@192.0.2.10:5060"), there
    # it is asked whether it is there as well
    until(lambda: int(states(lab)["acme"]["latency_us"]) > 0, 10, "a latency")
    assert row["address"] == "198.51.100.10:5060" and row["addresses"] == "198.51.100.10", row
    # killed, it comes back under the same name
    lab.box.kill("sipd")
    state(lab, "acme", "registered")
    assert p.registered("acme") == [there]
    # another account: the old one is left
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:user,other,secret,none")
    until(lambda: not p.registered("acme"), 10, "the account is left")
    row = state(lab, "acme", "refused")
    assert "password" in row["last_error"], row
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:user,acme,secret,s3cr3t-of-acme")
    state(lab, "acme", "registered")
    # switched off, and at the end of the daemon
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:enabled,false")
    until(lambda: not p.registered("acme"), 10, "it is switched off")
    assert states(lab)["acme"]["state"] == "off"
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:enabled,true")
    state(lab, "acme", "registered")
    lab.box.kill("sipd", 15)
    assert len(re.findall(r"unregistered acme", p.said())) == 3, p.said()[-2000:]
    state(lab, "acme", "registered")


def test_provider_dies_and_comes_back(lab):
    p = provider(lab, min_expires=120)
    trunk(lab, provider=p, qualify_s="1", register_s="60")
    # 423 told the shortest time it takes
    assert "Expires: " in p.command("ul.lookup", "location", "acme")
    p.stop()
    row = state(lab, "acme", "unreachable", seconds=25)
    assert "does not answer" in row["last_error"], row
    p.start()
    state(lab, "acme", "registered", seconds=25)


def test_wrong_password_is_not_tried_often(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:secret,wrong,register,true")
    row = state(lab, "acme", "refused")
    assert row["last_error"] == "registering: 401, the provider does not take our user and password", row
    assert len(p.credentials()) == 1, p.credentials()
    p.set(register=403)
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:note,again")
    until(lambda: "403" in states(lab)["acme"]["last_error"], 10, "the refusal in words")


def test_registration_in_another_realm_gets_nothing(lab):
    p = provider(lab, realm="thief.example")
    trunk(lab, provider=p, register="false", realm="itsp.example")
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:register,true")
    until(lambda: "thief.example" in states(lab)["acme"]["last_error"], 10, "it is told")
    assert not p.credentials(), p.credentials()


def test_first_realm_is_pinned(lab):
    p = provider(lab)
    trunk(lab, provider=p)
    until(lambda: states(lab)["acme"]["realm"] == "itsp.example", 10, "the realm is known")
    p.stop()
    thief = provider(lab, realm="thief.example")
    lab.box.kill("sipd")
    until(lambda: "thief.example" in states(lab)["acme"]["last_error"], 20, "it is told")
    assert not thief.credentials(), thief.credentials()


def inbound(lab, extension="801", **fields):
    put(lab, "inbound_rule", "in", **{"trunk": "acme", "extension": extension, **fields})


def test_call_in(lab):
    p = provider(lab, "493099")
    trunk(lab, provider=p)
    inbound(lab, did=NUMBER)
    a, b = lab.phone("801", tone=440), outside(lab, "493099", tone=660)
    before = records(lab)
    p.forward(NUMBER, "acme")
    b.tell("dial", NUMBER)
    talk(lab, b, a, 660, 440)
    said = a.saw("CALL_INCOMING")[-1]
    assert "493099" in said["peeruri"], said
    row = lab.box.rows("sipd", "Calls")[0]
    assert (row["direction"], row["trunk"], row["caller"], row["callee"]) == ("inbound", "acme", "493099", NUMBER), row
    assert states(lab)["acme"]["calls"] == "1"
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert (r["disposition"], r["direction"], r["trunk"], r["caller"]) == ("ANSWERED", "inbound", "acme", "493099"), r
    assert states(lab)["acme"]["calls"] == "0"
    # a number that no rule takes
    before = records(lab)
    p.forward("493000", "acme")
    b.tell("dial", "493000")
    b.wait("CALL_CLOSED")
    assert new_record(lab, before)["disposition"] == "REFUSED"


def ask(lab, ns, address, number, extra=(), method="INVITE"):
    """One request without a password; the code that answers it, 0 for silence."""
    c = Client(lab.net, ns, address, Net.PBX_WAN, "4930777")
    lab.later(c.close)
    sdp = (f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio 7000 RTP/AVP 8\r\n"
           "a=rtpmap:8 PCMA/8000\r\n")
    to = f"sip:{number}@{Net.PBX_WAN}"
    a = c.ask(method, uri=to, to=f"<{to}>", extra=(*extra, "Content-Type: application/sdp"), body=sdp)
    return a.code if a else 0


def test_nobody_passes_for_the_provider(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rule(lab)
    inbound(lab)
    b = lab.phone("801")
    # from elsewhere, in its network too, there is no calling without a password
    assert ask(lab, "wan", "203.0.113.9", NUMBER) == 401
    assert ask(lab, "itsp", "198.51.100.29", NUMBER) == 401
    # not from where it is either, once the trunk is switched off
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:enabled,false")
    assert ask(lab, "itsp", "198.51.100.10", NUMBER) == 401
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:enabled,true")
    # who forges its address gets what it gets: an extension rings, whatever is dialled; nothing goes out
    assert ask(lab, "itsp", "198.51.100.10", "0" + NUMBER) == 180
    assert not p.calls()
    b.wait("CALL_INCOMING")
    for method in ("REGISTER", "BYE", "SUBSCRIBE", "MESSAGE"):
        assert ask(lab, "itsp", "198.51.100.10", "801", method=method) in (401, 481), method
    before = lab.box.rows("sipd", "Registrations")
    assert all("198.51.100" not in r["source"] for r in before), before


def test_a_provider_says_who_calls(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    inbound(lab)
    a = lab.phone("801")
    told = {"+4930555": ('P-Asserted-Identity: "Eve \\"E\\" Ex" <sip:+4930555@itsp.example>, <tel:+4930555>',),
            "+4930556": ('Remote-Party-ID: <sip:+4930556@itsp.example>;party=calling',),
            "anonymous": ("P-Asserted-Identity: <sip:+4930555@itsp.example>", "Privacy: id"),
            "4930777": ("P-Asserted-Identity: <sip:@itsp.example>",)}
    for caller, headers in told.items():
        assert ask(lab, "itsp", "198.51.100.10", NUMBER, headers) == 180
        assert f"sip:{caller}@" in a.wait("CALL_INCOMING")["peeruri"], a.saw("CALL_INCOMING")[-1]
        a.tell("hangup")
        a.wait("CALL_CLOSED")


def test_nobody_at_the_provider_is_banned(lab):
    provider_at = "198.51.100.10"
    trunk(lab, provider=provider(lab), register="false")
    for address, banned in ((provider_at, False), ("198.51.100.29", True)):
        for _ in range(12):
            c = Client(lab.net, "itsp", address, Net.PBX_WAN, "801")
            lab.later(c.close)
            # from the provider's address one answer a second, and never a ban; from elsewhere, until it is banned
            c.register("wrong", seconds=0.1)
        assert (address in lab.box.table("guardd", "rejected", "List")) == banned, address
    # banned before it became the provider's: it is let in
    lab.box.table("sipd", "trunk", "Put", "string:acme", "dict:string:string:addresses,198.51.100.29")
    until(lambda: "198.51.100.29" not in lab.box.table("guardd", "rejected", "List"), 10, "the ban is lifted")


SRV = ("srv-host=_sip._udp.itsp.example,one.itsp.example,5060,10,5", "srv-host=_sip._udp.itsp.example,two.itsp.example,5060,20,5",
       "host-record=one.itsp.example,198.51.100.11", "host-record=two.itsp.example,198.51.100.10")


def test_servers_by_name(lab):
    names = Names(lab, *SRV)
    one, two = provider(lab, address="198.51.100.11"), provider(lab)
    trunk(lab, provider=two, host="itsp.example", qualify_s="1")
    row = states(lab)["acme"]
    assert row["address"] == "198.51.100.11:5060" and row["addresses"] == "198.51.100.11;198.51.100.10", row
    assert one.registered("acme") and not two.registered("acme")
    # a call goes to the second server when the first one is full, and to the second alone when the first is dead
    rule(lab)
    one.set(invite=503)
    b = outside(lab)
    for _ in range(2):
        a = lab.phone("801")
        a.tell("dial", "0" + NUMBER)
        b.wait("CALL_INCOMING")
        b.tell("accept")
        a.wait("CALL_ESTABLISHED")
        a.tell("hangup")
        b.wait("CALL_CLOSED")
        one.stop()
        until(lambda: two.registered("acme"), 30, "registered at the second server")
    # both are the provider's for calls that come in
    inbound(lab)
    assert ask(lab, "itsp", "198.51.100.11", NUMBER) == 180
    # the name says something else when its time is over: what it said before is nobody's
    names.say("host-record=itsp.example,198.51.100.10")
    until(lambda: states(lab)["acme"]["addresses"] == "198.51.100.10", 20, "the new address")
    assert ask(lab, "itsp", "198.51.100.11", NUMBER) == 401
    # DNS dies: what it said last goes on
    names.stop()
    until(lambda: "no DNS server answers" in states(lab)["acme"].get("last_error", ""), 30, "it is told")
    assert states(lab)["acme"]["addresses"] == "198.51.100.10"
    assert states(lab)["acme"]["state"] == "registered"


def test_transport_by_name(lab):
    Names(lab, "naptr-record=itsp.example,10,10,S,SIP+D2T,,_sip._tcp.itsp.example",
          "naptr-record=itsp.example,20,10,S,SIP+D2U,,_sip._udp.itsp.example",
          "srv-host=_sip._tcp.itsp.example,two.itsp.example,5060,10,5", SRV[3])
    p = provider(lab)
    trunk(lab, provider=p, host="itsp.example", transport="auto")
    assert "transport=tcp" in p.registered("acme")[0], p.registered("acme")
    inbound(lab)
    a, b = lab.phone("801", tone=440), outside(lab, tone=660)
    p.forward("493000", "acme")
    b.tell("dial", "493000")
    talk(lab, b, a, 660, 440)
    b.tell("hangup")
    a.wait("CALL_CLOSED")


def test_unknown_name(lab):
    names = Names(lab)
    p = provider(lab)
    trunk(lab, provider=p, host="nowhere.example", register="false")
    until(lambda: states(lab)["acme"].get("last_error") == "DNS knows no server of nowhere.example", 15, "it is told")
    rule(lab)
    r = ends(lab, "0" + NUMBER, disposition="FAILED")
    assert r["reason"] == "trunk acme: the provider does not answer", r
    names.say("host-record=nowhere.example,198.51.100.10")
    state(lab, "acme", "reachable", seconds=20)
