"""Within a call over a trunk: where its requests go, who may ask for the password."""

from names import Names
from netns import Net
from provider import trunk
from sip_peer import Dialog, Peer
from test_sipp import unbounded
from test_trunk import NUMBER, provider, put, rule

FAR, ELSEWHERE = "198.51.100.22", "198.51.100.23"
CHALLENGE = 'Proxy-Authenticate: Digest realm="itsp.example",nonce="4f2a",qop="auth",algorithm=MD5\r\n'


def peer(lab, ns, address, server, number=NUMBER, port=0, password=""):
    p = Peer(lab.net.socket(ns), address, server, number, password, port=port)
    lab.later(p.close)
    return p


def phone(lab, number="801"):
    return peer(lab, "lan", "192.168.1.110", (Net.PBX_LAN, 5060), number, password=lab.box.extensions[number])


def scripted(lab, **fields):
    """A provider in the hands of the test, and a trunk to it."""
    p = peer(lab, "itsp", FAR, (Net.PBX_WAN, 5060), port=5080)
    put(lab, "trunk", "acme", owner="sipd", host=FAR, port=5080, qualify_s=0, **fields)
    rule(lab)
    return p


def vias(m):
    return [v.split()[1].split(";")[0].split(":")[0] for v in m.all("Via")]


def answer(a, far, headers="", contact=None):
    """The caller dials, the far end answers: the caller's dialog, and the INVITE."""
    d = a.invite("0" + NUMBER)
    invite = far.expect("INVITE")
    far.contact = contact or far.contact
    far.reply(invite, 200, "OK", headers + far.record_route(invite), far.sdp())
    return d, invite


def answered(a, d):
    a.learn(d, a.expect("200 INVITE"))
    d.ack(d.cseq)


def end(a, d, far):
    d.request("BYE")
    far.reply(far.expect("BYE"), 200)
    a.expect("200 BYE")


def test_route_set_is_followed(lab):
    """The provider's door sends the call on and is out of it; a proxy behind it stays in."""
    door = provider(lab, record=False)
    inner = provider(lab, address="198.51.100.11", name="inner", digest=False)
    trunk(lab, provider=door, register="false")
    rule(lab)
    far = peer(lab, "itsp", FAR, (door.address, 5060), port=5080)
    door.forward_to(NUMBER, "198.51.100.11:5060")
    inner.forward_to(NUMBER, f"{FAR}:5080")
    a = phone(lab)
    d, invite = answer(a, far)
    ack = far.expect("ACK")
    assert vias(ack) == ["198.51.100.11", Net.PBX_WAN], ack.headers
    far.server = ("198.51.100.11", 5060)
    answered(a, d)
    d.request("INVITE", body=a.sdp("sendonly"))
    again = far.expect("INVITE")
    assert vias(again) == ["198.51.100.11", Net.PBX_WAN] and FAR in again.first, again
    far.reply(again, 200, "OK", "", far.sdp("recvonly"))
    far.expect("ACK")
    ok = a.expect("200 INVITE")
    d.ack(ok.cseq)
    d.request("BYE")
    bye = far.expect("BYE")
    assert vias(bye) == ["198.51.100.11", Net.PBX_WAN], bye.headers
    far.reply(bye, 200)
    # what the door got of the password, nobody behind it did
    assert [m for m, _ in door.credentials()] == ["INVITE"] and not inner.credentials(), inner.credentials()
    for m in (ack, again, bye):
        assert not m["Authorization"] and not m["Proxy-Authorization"], m.headers


def test_target_is_followed_and_may_move(lab):
    """Nobody records a route: requests go to the far end itself, and where it moves to."""
    door = provider(lab, record=False)
    trunk(lab, provider=door, register="false")
    rule(lab)
    far = peer(lab, "itsp", FAR, (door.address, 5060), port=5080)
    door.forward_to(NUMBER, f"{FAR}:5080")
    a = phone(lab)
    d, invite = answer(a, far)
    ok = far.sent
    assert vias(far.expect("ACK")) == [Net.PBX_WAN]
    answered(a, d)
    # its 200 once more: the ACK was lost
    far.s.sendto(ok, far.server)
    ack = far.expect("ACK")
    assert vias(ack) == [Net.PBX_WAN] and not ack["Proxy-Authorization"], ack.headers
    # from there it may speak to us, and it moves
    far.server = (Net.PBX_WAN, 5060)
    moved = peer(lab, "itsp", ELSEWHERE, (Net.PBX_WAN, 5060), port=5090)
    far.contact = moved.contact
    dialog = far.dialog_of(invite)
    dialog.request("UPDATE")
    far.expect("200 UPDATE")
    d.request("BYE")
    bye = moved.expect("BYE")
    assert not bye["Proxy-Authorization"], bye.headers
    # the right realm in the wrong place: who asks for the password there, gets nothing
    moved.reply(bye, 407, "-", CHALLENGE)
    a.expect("200 BYE")
    moved.silent(0.3)
    far.silent(0.1)


def test_route_by_name(lab):
    names = Names(lab, f"host-record=sbc.example,{ELSEWHERE}")
    far = scripted(lab)
    sbc = peer(lab, "itsp", ELSEWHERE, (Net.PBX_WAN, 5060), port=5070)
    a = phone(lab)
    d, invite = answer(a, far, "Record-Route: <sip:sbc.example:5070;lr>\r\n")
    ack = sbc.expect("ACK")
    assert "sbc.example" in ack["Route"] and FAR in ack.first, ack
    assert "query[A] sbc.example" in names.asked()
    answered(a, d)
    d.request("BYE")
    sbc.reply(sbc.expect("BYE"), 200)
    far.silent(0.2)
    # a name that nobody knows: the server that was asked sends it on
    d, invite = answer(a, far, "Record-Route: <sip:nowhere.example;lr>\r\n")
    ack = far.expect("ACK")
    assert "nowhere.example" in ack["Route"], ack.headers
    answered(a, d)
    d.request("BYE")
    far.reply(far.expect("BYE"), 200)


def test_nobody_is_reached_through_us(lab):
    """Who speaks for a provider names machines that only we can reach."""
    Names(lab, "host-record=inside.example,192.168.1.111")
    far = scripted(lab)
    victim = peer(lab, "lan", "192.168.1.111", (Net.PBX_LAN, 5060), port=5090)
    unbounded(lab, "802")
    a = phone(lab, "802")
    for where in ("192.168.1.111:5090", "inside.example:5090", "127.0.0.1:5060", "192.168.1.1:5060", "192.0.2.10:5060", "10.0.0.1:5060",
                  "0.0.0.0:5060", "255.255.255.255:5090", "224.0.1.75:5060", "203.0.113.9:53", "203.0.113.9:5061;transport=tls", "[::1]:5060"):
        uri = f"sip:x@{where}"
        d, invite = answer(a, far, contact=uri)
        ack = far.expect("ACK")
        assert ack.first == f"ACK {uri} SIP/2.0", ack
        answered(a, d)
        end(a, d, far)
    # nor when it says so later, and again
    d, invite = answer(a, far, contact=f"sip:{NUMBER}@{FAR}:5080")
    far.expect("ACK")
    answered(a, d)
    dialog = far.dialog_of(invite)
    for port in range(5090, 5093):
        far.contact = f"sip:x@192.168.1.111:{port}"
        dialog.request("UPDATE")
        far.expect("200 UPDATE")
    end(a, d, far)
    victim.silent(0.3)
    # each call says so once
    said = [x for x in lab.box.log("sipd").splitlines() if "server that was asked" in x and '"192.168.1.111", an address of a local' in x]
    assert len(said) == 2, said


def test_update_and_info_are_challenged(lab):
    """The first request of ours within the call is asked for the password, whichever it is; the next have it with them."""
    door = provider(lab, digest=False, strict=True)
    trunk(lab, provider=door, register="false")
    rule(lab)
    far = peer(lab, "itsp", FAR, (door.address, 5060), port=5080)
    door.forward_to(NUMBER, f"{FAR}:5080")
    a = phone(lab)
    for method in ("UPDATE", "INFO"):
        d, invite = answer(a, far, "Allow: INVITE, ACK, BYE, UPDATE, INFO\r\n")
        far.expect("ACK")
        answered(a, d)
        before = len(door.credentials())
        if method == "UPDATE":
            d.request("UPDATE", body=a.sdp("sendonly"))
            update = far.expect("UPDATE")
            assert "a=sendonly" in update.body, update.body
            far.reply(update, 200, "OK", "", far.sdp("recvonly"))
        else:
            d.request("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\nDuration=160\r\n")
            info = far.expect("INFO")
            assert "Signal=5" in info.body, info.body
            far.reply(info, 200)
        a.expect(f"200 {method}")
        end(a, d, far)
        # let through by Kamailio, once each
        assert [m for m, _ in door.credentials()[before:]] == [method, "BYE"], door.credentials()


def test_bye_is_challenged_for_the_account(lab):
    """401, by a server that asked for nothing before."""
    far = scripted(lab, user="acme", secret="s3cr3t-of-acme", realm="itsp.example")
    a = phone(lab)
    d, invite = answer(a, far)
    far.expect("ACK")
    answered(a, d)
    d.request("BYE")
    bye = far.expect("BYE")
    assert not bye["Authorization"], bye.headers
    far.reply(bye, 401, "-", CHALLENGE.replace("Proxy", "WWW"))
    again = far.expect("BYE")
    assert 'username="acme"' in again["Authorization"] and again.cseq > bye.cseq, again.headers
    far.reply(again, 200)


def test_a_call_in_goes_on_where_it_says(lab):
    far = scripted(lab)
    put(lab, "inbound_rule", "in", trunk="acme", extension="801")
    sbc = peer(lab, "itsp", ELSEWHERE, (Net.PBX_WAN, 5060), port=5090)
    b = phone(lab)
    b.register()
    far.contact = sbc.contact
    far.invite(NUMBER, unknown="100")
    invite = b.expect("INVITE")
    b.reply(invite, 200, "OK", "", b.sdp())
    ok = far.expect("200 INVITE")
    d = Dialog(far, ok["Call-ID"], ok["From"], ok["To"], ok["Contact"].strip("<>"), 1)
    d.ack(1)
    b.expect("ACK")
    # who is named there may speak, too
    d.peer = sbc
    d.request("INFO")
    sbc.expect("200 INFO")
    b.dialog_of(invite).request("BYE")
    bye = sbc.expect("BYE")
    assert bye.first.startswith(f"BYE {sbc.contact}"), bye
    sbc.reply(bye, 200)
    far.silent(0.1)


def called(lab, far, b, uri_user, to, *headers):
    """The number under which a call of the provider is in the books."""
    far.send(f"INVITE sip:{uri_user}@{Net.PBX_WAN} SIP/2.0\r\nVia: SIP/2.0/UDP {far.host};branch={far.new_branch()};rport\r\n"
             f"From: <sip:493077@itsp.example>;tag={far.new_branch()}\r\nTo: <sip:{to}@itsp.example>\r\nCall-ID: {far.new_branch()}\r\n"
             f"CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <{far.contact}>\r\n" + "".join(h + "\r\n" for h in headers), far.sdp())
    invite = b.expect("INVITE")
    row, = lab.box.rows("sipd", "Calls")
    b.reply(invite, 603)
    b.expect("ACK")
    far.expect("603")
    lab.at_rest()
    return row["callee"]


def test_who_was_called(lab):
    """The Request-URI; where that is our registration or our account, P-Called-Party-ID, and To after it."""
    far = scripted(lab, user="493010")
    put(lab, "inbound_rule", "in", trunk="acme", extension="801")
    b = phone(lab)
    b.register()
    # our Contact there is nobody's to know but the provider's
    a = phone(lab, "802")
    a.invite("0" + NUMBER)
    invite = far.expect("INVITE")
    ours = invite["Contact"].split(":")[1].split("@")[0]
    far.reply(invite, 486)
    a.expect("486")
    lab.at_rest()
    said = "P-Called-Party-ID: \"Front, desk\" <sip:+493010%23@itsp.example;user=phone>;x=y"
    assert called(lab, far, b, "4930101", "4930102", said) == "4930101"
    assert called(lab, far, b, ours, "4930102", said) == "+493010#"
    assert called(lab, far, b, ours, "4930102", "P-Called-Party-ID: sip:4930103@itsp.example") == "4930103"
    assert called(lab, far, b, ours, "4930102", "P-Called-Party-ID: <tel:+4930104>") == "+4930104"
    assert called(lab, far, b, ours, "4930102") == "4930102"
    assert called(lab, far, b, ours, "4930102", "P-Called-Party-ID: <sip:itsp.example>") == "4930102"
    assert called(lab, far, b, ours, "4930102", "P-Called-Party-ID: <<<") == "4930102"
    assert called(lab, far, b, "493010", "4930102", "P-Called-Party-ID: <sip:4930105@itsp.example>") == "4930105"
    assert called(lab, far, b, "493010", "4930102") == "493010"


def test_a_phone_says_nothing_of_who_was_called(lab):
    """What it dials is the Request-URI alone."""
    a, b, c = phone(lab), phone(lab, "802"), phone(lab, "803")
    b.register()
    c.register()
    a.invite("802", headers="P-Called-Party-ID: <sip:803@x>\r\n")
    b.reply(b.expect("INVITE"), 603)
    a.expect("603")
    c.silent(0.2)
