"""Calls over a trunk: Kamailio is the provider, a real telephone the called party."""

import os
import re
import shutil
import tempfile

from attacker import attack, rejected
from box import Refused, until
from names import Names
from netns import Net, sh
from phone import Phone
from provider import Provider, state, states, trunk
from sip import Client
from sip_peer import Peer
from tap import Tap
from test_call import new_record, records, talk

NUMBER = "4930123456"


def outside(lab, number=NUMBER, address="198.51.100.20", server="198.51.100.10", **kw):
    """A telephone of the provider's network."""
    lab.port += 20
    p = Phone(lab.net, "itsp", address, number, password="of-" + number, server=server, port=lab.port, **kw)
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
    c = outside(lab, address="198.51.100.21", server="198.51.100.11")
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
    # what each did not take, of today and in all
    of_acme, of_second = (states(lab)[name] for name in ("acme", "second"))
    assert of_second["failures_day"] == "1", of_second
    assert int(of_acme["failures_day"]) >= 3, of_acme
    assert of_acme["failures_day"] == of_acme["failures"], of_acme


def test_emergency_tries_every_trunk(lab):
    """What is final for any other call, help is called in another way."""
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    second = provider(lab, "112", address="198.51.100.11", far=5081, name="second")
    trunk(lab, "second", provider=second, register="false")
    lab.box.table("routed", "emergency", "Put", "string:112", "dict:string:string:trunks,acme;second")
    lab.later(lambda: lab.box.table("routed", "emergency", "Set", "string:112", "string:trunks", "string:"))
    c = outside(lab, "112", address="198.51.100.21", server="198.51.100.11")
    for code in (403, 404, 486, 603):
        p.set(invite=code)
        before = records(lab)
        a = lab.phone("801")
        a.tell("dial", "112")
        c.wait("CALL_INCOMING")
        c.tell("accept")
        a.wait("CALL_ESTABLISHED")
        a.tell("hangup")
        c.wait("CALL_CLOSED")
        r = new_record(lab, before)
        assert (r["disposition"], r["trunk"]) == ("ANSWERED", "second"), r


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


def tried(lab, name="acme"):
    """A trunk's test: its answers by question, and whether each is good."""
    return {r["question"]: (r["ok"], r["answer"]) for r in lab.box.rows("sipd", "TestTrunk", f"string:{name}")}


def test_test_now(lab):
    p = provider(lab)
    trunk(lab, provider=p, qualify_s="0")
    got = tried(lab)
    assert got["server"] == ("true", "198.51.100.10:5060 over UDP"), got
    assert re.fullmatch(r"answers in \d+\.\d ms \(200\)", got["options"][1]) and got["options"][0] == "true", got
    assert got["register"][0] == "true" and got["register"][1].startswith("registered for "), got
    # asked anew although it is not yet time, and its state follows
    p.set(register=403)
    assert tried(lab)["register"] == ("false", "403, the provider refuses"), tried(lab)
    assert state(lab, "acme", "refused")["last_error"] == "registering: 403, the provider refuses"
    lab.box.table("sipd", "trunk", "Set", "string:acme", "string:enabled", "string:false")
    assert tried(lab) == {"server": ("false", "the trunk is switched off")}


def test_test_now_where_nobody_is(lab):
    trunk(lab, provider=provider(lab), register="false", host="198.51.100.99", qualify_s="0")
    before = states(lab)["acme"]["state"]
    assert tried(lab)["options"] == ("false", "the provider does not answer")
    assert states(lab)["acme"]["state"] == before == "unchecked", "a test alone does not take it out of use"
    try:
        tried(lab, "nobody")
        raise AssertionError("no such trunk")
    except Refused as e:
        assert 'there is no trunk "nobody"' in str(e), e


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
    tries = ("guardd", "guard_service", "Set", "string:sip", "string:tries")
    lab.box.table(*tries, "string:2")
    lab.later(lambda: lab.box.table(*tries, "string:10"))
    mine, other = (Client(lab.net, "itsp", a, Net.PBX_WAN, "801") for a in (provider_at, "198.51.100.29"))
    lab.later(mine.close)
    lab.later(other.close)
    # from elsewhere, until it is banned; from the provider's address one answer a second, and never a ban
    assert attack(lab, other, 30) == 2
    c = until(lambda: mine.ask("REGISTER", 0.5), 10, "a challenge").challenge()
    for n in range(3):
        auth = mine.credentials("REGISTER", c, f"wrong{n}")
        said = until(lambda: mine.ask("REGISTER", 0.5, extra=(auth,)), 10, "an answer")
        assert said.code in (401, 403), said.first
    assert provider_at not in rejected(lab)
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


def dial(lab, a, b, number):
    a.tell("dial", number)
    b.wait("CALL_INCOMING")
    b.tell("accept")
    a.wait("CALL_ESTABLISHED")
    b.wait("CALL_ESTABLISHED")


def test_every_request_is_challenged(lab):
    # re-INVITE, UPDATE and BYE want the password as well, and the nonce is young for a second alone
    p = provider(lab, strict=True, nonce_s=1, algorithm="SHA-256")
    trunk(lab, provider=p, register="false")
    rule(lab)
    q = provider(lab, address="198.51.100.11", name="phones")
    a, b = lab.phone("801", tone=440), outside(lab, tone=660, server="198.51.100.11")
    p.forward_to(NUMBER, "198.51.100.11")
    dial(lab, a, b, "0" + NUMBER)
    ear = Tap(b)
    lab.later(ear.close)
    a.goes_on(660)
    b.goes_on(440)
    a.tell("hold")
    a.wait("CALL_REMOTE_SDP", param="answer")
    a.tell("resume")
    a.wait("CALL_REMOTE_SDP", param="answer")
    ear.forget()
    until(lambda: ear.packets >= 50, 15, "sound after the hold")
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    methods = [m for m, _ in p.credentials()]
    assert {"INVITE", "BYE"} <= set(methods) and methods.count("INVITE") >= 3, methods
    assert not q.credentials() or all("acme" not in c for _, c in q.credentials())


def test_the_other_side_holds(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false", transport="tcp")
    rule(lab)
    a, b = lab.phone("801", tone=440), outside(lab, tone=660)
    dial(lab, a, b, "0" + NUMBER)
    ear = Tap(a)
    lab.later(ear.close)
    b.tell("hold")
    b.wait("CALL_REMOTE_SDP", param="answer")
    b.tell("resume")
    b.wait("CALL_REMOTE_SDP", param="answer")
    ear.forget()
    until(lambda: ear.packets >= 50, 15, "sound after the hold")
    b.tell("hangup")
    a.wait("CALL_CLOSED")


def far_end(lab, p):
    """The provider's far end in the hands of the test."""
    s = lab.net.socket("itsp")
    peer = Peer(s, "198.51.100.22", (p.address, 5060), NUMBER, "", port=5080)
    lab.later(peer.close)
    p.forward_to(NUMBER, "198.51.100.22:5080")
    return peer


def test_early_media_and_session_timer(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false")
    rule(lab)
    lab.box.table("sipd", "sip_settings", "Put", "string:general", "dict:string:string:session_expires_s,90")
    lab.later(lambda: lab.box.table("sipd", "sip_settings", "Put", "string:general", "dict:string:string:session_expires_s,1800"))
    far = far_end(lab, p)
    a = lab.phone("801")
    a.tell("dial", "0" + NUMBER)
    invite = far.expect("INVITE")
    assert "100rel" in invite["Supported"] and invite["Session-Expires"] == "90", invite.headers
    far.reply(invite, 183, "Session Progress", "Require: 100rel\r\nRSeq: 7\r\n" + far.record_route(invite), far.sdp())
    prack = far.expect("PRACK")
    assert prack["RAck"].startswith("7 "), prack.headers
    far.reply(prack, 200)
    a.wait("CALL_PROGRESS")
    far.reply(invite, 200, "OK", "Require: timer\r\nSession-Expires: 90;refresher=uas\r\n" + far.record_route(invite), far.sdp(same=True))
    far.expect("ACK")
    a.wait("CALL_ESTABLISHED")
    dialog = far.dialog_of(invite)
    # a refresh through the provider's proxy, by its route
    far.refresh(dialog, invite)
    ok = far.expect("200 UPDATE")
    assert "90" in ok["Session-Expires"], ok.headers
    a.tell("hangup")
    far.reply(far.expect("BYE"), 200)


def test_a_phone_cannot_say_who_calls(lab):
    p = provider(lab)
    trunk(lab, provider=p, register="false", caller_id="4930100", caller_name="Acme")
    rule(lab)
    s = lab.net.socket("lan")
    thief = Peer(s, "192.168.1.110", (Net.PBX_LAN, 5060), "802", lab.box.extensions["802"])
    lab.later(thief.close)
    thief.invite("01486", headers="P-Asserted-Identity: <sip:+1900@x>\r\nRemote-Party-ID: <sip:+1900@x>\r\nPrivacy: id\r\n")
    thief.expect("486")
    call, = p.calls()
    assert call["identity"] == '"Acme" <sip:4930100@198.51.100.10>', call
    assert "1900" not in str(call) and call["privacy"] == "" and call["caller"] == "acme", call


def certificate(lab):
    """An authority, where the box can read it, and the certificate of itsp.example: (authority, certificate, key)."""
    folder = tempfile.TemporaryDirectory(prefix="ca-")
    lab.later(folder.cleanup)
    d = folder.name
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=Authority",
       "-keyout", f"{d}/ca.key", "-out", f"{d}/ca.pem")
    sh("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=itsp", "-keyout", f"{d}/key.pem",
       "-out", f"{d}/csr.pem")
    with open(f"{d}/ext", "w") as f:
        f.write("subjectAltName=DNS:itsp.example\n")
    sh("openssl", "x509", "-req", "-in", f"{d}/csr.pem", "-CA", f"{d}/ca.pem", "-CAkey", f"{d}/ca.key", "-CAcreateserial", "-days", "30",
       "-extfile", f"{d}/ext", "-out", f"{d}/cert.pem")
    shutil.copy(f"{d}/ca.pem", f"{lab.box.state}/ca.pem")
    os.chmod(f"{lab.box.state}/ca.pem", 0o644)
    return "/run/sallyport/ca.pem", f"{d}/cert.pem", f"{d}/key.pem"


def calls_in(lab, p, a, b):
    """b of outside calls the house through its provider; a hears it, and ends it."""
    inbound(lab, did="493000")
    p.forward("493000", "acme")
    b.tell("dial", "493000")
    talk(lab, b, a, 660, 440)
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_tls(lab):
    Names(lab, "host-record=itsp.example,198.51.100.10", "host-record=other.example,198.51.100.10")
    ca, cert, key = certificate(lab)
    p = provider(lab, certificate=cert, key=key)
    trunk(lab, provider=p, host="itsp.example", transport="tls", ca_file=ca)
    row = states(lab)["acme"]
    assert row["address"] == "198.51.100.10:5061", row
    there, = p.registered("acme")
    assert "192.0.2.10:5061" in there and "transport=tls" in there, there
    rule(lab)
    a, b = lab.phone("801", tone=440), outside(lab, tone=660)
    a.tell("dial", "0" + NUMBER)
    talk(lab, a, b, 440, 660)
    b.tell("hangup")
    a.wait("CALL_CLOSED")
    calls_in(lab, p, a, b)


def test_tls_and_srtp(lab):
    """A provider that insists on SRTP; the phone in the house knows nothing of it."""
    Names(lab, "host-record=itsp.example,198.51.100.10")
    ca, cert, key = certificate(lab)
    p = provider(lab, certificate=cert, key=key)
    trunk(lab, provider=p, host="itsp.example", transport="tls", ca_file=ca, srtp="must")
    rule(lab)
    a, b = lab.phone("801", tone=440), outside(lab, tone=660, extra=";mediaenc=srtp-mand", lines="module srtp.so")
    before = records(lab)
    a.tell("dial", "0" + NUMBER)
    talk(lab, a, b, 440, 660)
    b.tell("hangup")
    a.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert r["callee_srtp"] and not r["caller_srtp"], r
    calls_in(lab, p, a, b)


def test_tls_with_somebody_else(lab):
    Names(lab, "host-record=itsp.example,198.51.100.10", "host-record=other.example,198.51.100.10")
    ca, cert, key = certificate(lab)
    p = provider(lab, certificate=cert, key=key)
    for name, host, why, more in (("other", "other.example", "hostname mismatch", {"ca_file": ca}),
                                  ("nobody", "itsp.example", "unable to get local issuer certificate", {})):
        trunk(lab, name, provider=p, host=host, transport="tls", register="false", **more)
        lab.box.table("sipd", "trunk", "Set", f"string:{name}", "string:register", "string:true")
        row = state(lab, name, "unreachable", seconds=25)
        assert why in row["last_error"], row
        lab.box.table("sipd", "trunk", "Set", f"string:{name}", "string:enabled", "string:false")
    assert not p.credentials() and not p.registered("acme")
    # who wants to trust it all the same, may
    lab.box.table("sipd", "trunk", "Put", "string:other", "dict:string:string:enabled,true,check_certificate,false")
    state(lab, "other", "registered")
