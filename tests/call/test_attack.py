"""Attackers who know more than they should: whose dialog, whose number, whose address. Nobody but its owner moves a call."""

import re
import socket

from attacker import rejected
import dialogs
from box import until
from netns import Net
from sip import Client
from sip_peer import Peer
from strangers import datagram
from test_call import records

PHONES, OTHER, VICTIM = "192.168.1.118", "192.168.1.119", "192.168.1.117"
GUESSES = "192.168.1.116"  # behind a wrong password a local address waits for a second


def bench(lab):
    t = dialogs.Bench(Net.PBX_LAN, lab.box.extensions, PHONES, OTHER, lambda kind: lab.net.socket("lan", kind=kind))
    lab.later(t.tidy)
    return t


class Victim:
    """Somebody who has nothing to do with it: hears what the box sends to an address that others named."""

    def __init__(self, lab, port=5060):
        self.udp, self.tcp = lab.net.socket("lan"), lab.net.socket("lan", kind=socket.SOCK_STREAM)
        lab.later(self.udp.close)
        lab.later(self.tcp.close)
        self.udp.bind((VICTIM, port))
        self.tcp.bind((VICTIM, port))
        self.tcp.listen()
        self.at = f"{VICTIM}:{port}"

    def heard(self):
        for s, take in ((self.udp, lambda: self.udp.recv(65536)), (self.tcp, lambda: self.tcp.accept()[1])):
            s.setblocking(False)
            try:
                return take()
            except BlockingIOError:
                pass
        return None


def incident(lab, kind, source):
    return until(lambda: any(r["kind"] == kind and r["source"] == source
                             for r in lab.box.rows("guardd", "Incidents", "string:", "uint32:200")), 10, f"{kind} of {source}")


def quiet(p, seconds=0.5):
    """Nothing comes but what was on its way: 100, 180."""
    while m := p.read(seconds):
        assert 100 <= m.code < 200, m


def taken(x, d, method, cseq, branch=None, headers="", body="", to=None):
    """A request of x that says it belongs to the dialog of somebody else."""
    x.send(f"{method} {d.target} SIP/2.0\r\nVia: SIP/2.0/{x.transport} {x.host};branch={branch or x.new_branch()};rport\r\n"
           f"From: {d.local}\r\nTo: {to or d.remote}\r\nCall-ID: {d.call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
           f"Contact: <{x.contact}>\r\n{headers}", body)


# --- calls of others ---

def test_no_request_from_elsewhere_moves_a_call(lab):
    """Who knows Call-ID and tags is told that there is no such call, and its CSeq counts for nothing."""
    t = bench(lab)
    a, b = t.phone("801"), t.phone("802")
    da, db, _, _ = dialogs.up(a, b)
    x = t.stranger("801")
    for d in (da, db):
        for n, method in enumerate(("BYE", "INVITE", "UPDATE", "INFO", "PRACK", "REFER", "OPTIONS")):
            body = x.sdp() if method in ("INVITE", "UPDATE") else ""
            taken(x, d, method, 1000000 + n, body=body)
            m = x.expect("481")
            assert m.tag("To") and not m["Contact"], m.headers
    a.silent()
    b.silent()
    incident(lab, "forged", OTHER)
    da.request("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\nDuration=160\r\n")
    a.expect("200 INFO")
    db.request("OPTIONS")
    b.expect("200 OPTIONS")
    dialogs.bye(da, b)


def test_no_cancel_from_elsewhere(lab):
    """The very CANCEL of the caller, from another address."""
    t = bench(lab)
    a, b = t.phone("801"), t.phone("802")
    da, inv = dialogs.ring(a, b)
    b.reply(inv, 180, "Ringing")
    a.expect("180")
    x = t.stranger("801")
    x.host = a.host
    x.send(f"CANCEL {da.target} SIP/2.0\r\nVia: SIP/2.0/UDP {a.host};branch={a.branch};rport\r\n"
           f"From: {da.local}\r\nTo: {da.remote}\r\nCall-ID: {da.call_id}\r\nCSeq: {da.cseq} CANCEL\r\nMax-Forwards: 70\r\n")
    b.silent()
    quiet(a)
    b.reply(inv, 200, "OK", body=b.sdp())
    b.expect("ACK")
    a.learn(da, a.expect("200 INVITE"))
    da.ack(da.cseq)
    dialogs.bye(da, b)


def test_no_ack_from_elsewhere(lab):
    """An ACK that brings an answer to our offer would send the sound to its sender."""
    t = bench(lab)
    a, b = t.phone("801"), t.phone("802")
    da, inv = dialogs.ring(a, b)
    b.reply(inv, 200, "OK", body=b.sdp())
    b.expect("ACK")
    a.learn(da, a.expect("200 INVITE"))
    x = t.stranger("801")
    taken(x, da, "ACK", da.cseq, body=x.sdp())
    a.expect("200 INVITE")  # sent again: no ACK came
    da.ack(da.cseq)
    dialogs.bye(da, b)


def test_no_answer_from_elsewhere(lab):
    """A 200 to our INVITE that did not come from the phone that it went to."""
    t = bench(lab)
    a, b = t.phone("801"), t.phone("802")
    _, inv = dialogs.ring(a, b)
    x = t.stranger("802")
    x.reply(inv, 200, "OK", body=x.sdp())
    x.silent()
    quiet(a)
    inv.our_tag = None
    b.reply(inv, 486, "Busy Here")
    b.expect("ACK")
    a.expect("486")


# --- addresses that others name ---

def test_contact_of_a_third_party_is_not_called(lab):
    """Who registers a neighbour's address gets the calls himself."""
    t, v = bench(lab), Victim(lab)
    a, b = t.phone("801"), t.phone("802")
    b.register(expires=0)
    b.contact = f"sip:802@{v.at}"
    b.register()
    _, inv = dialogs.ring(a, b)
    assert inv.first.startswith(f"INVITE sip:802@{v.at} "), "it is what the phone asked to be called"
    b.reply(inv, 486, "Busy")
    b.expect("ACK")
    a.expect("486")
    assert v.heard() is None


def test_routes_of_a_third_party_are_not_taken(lab):
    """Record-Route, Route and Contact of either side name a neighbour: ACK, BYE and re-INVITE go where the phone is."""
    t, v = bench(lab), Victim(lab)
    a, b = t.phone("801"), t.phone("802")
    routes = f"Record-Route: <sip:{v.at};lr>\r\n"
    a.contact = b.contact = f"sip:800@{v.at}"
    da, db, inv, ok = dialogs.up(a, b, a_headers=routes + f"Route: <sip:{v.at};lr>\r\n", b_headers=routes)
    assert v.at not in inv.body
    db.target = re.search(r"<([^>]+)>", inv["Contact"]).group(1)
    dialogs.bye(db, a)
    assert v.heard() is None


def test_via_of_a_third_party_is_not_answered(lab):
    """sent-by, received, rport and maddr of a Via name a neighbour; over TCP the sender is gone before the answer."""
    v = Victim(lab)
    via = f"{v.at};branch=z9hG4bKvia{{}};received={VICTIM};rport=5060;maddr={VICTIM}"
    x = Client(lab.net, "lan", OTHER, lab.net.PBX_LAN, "801")
    lab.later(x.close)
    for n, method in enumerate(("REGISTER", "OPTIONS", "INVITE", "BYE", "SUBSCRIBE", "WHAT")):
        raw = re.sub(rb"(Via: SIP/2.0/UDP ).*", (rb"\g<1>" + via.format(n).encode()), x.build(method))
        x.send(raw.replace(b";rport\r\n", b"\r\n"))
        assert x.answer() is not None, method
        with lab.net.socket("lan", kind=socket.SOCK_STREAM) as s:
            s.bind((OTHER, 0))
            s.connect((lab.net.PBX_LAN, 5060))
            s.sendall(raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
    assert x.ask("OPTIONS").code == 200
    assert v.heard() is None


def test_late_answers_go_nowhere_else(lab):
    """The connection is gone before the answer to a wrong password, or to a call, is there: nobody named in Via gets it."""
    v, before = Victim(lab), len(records(lab))
    for method, address, number, password, more in (("REGISTER", GUESSES, "", "wrong", ()),
                                                    ("INVITE", OTHER, "4711@", lab.box.extensions["801"], ("Supported: timer",))):
        x = Client(lab.net, "lan", address, lab.net.PBX_LAN, "801")
        lab.later(x.close)
        uri = f"sip:{number}{x.host}"
        c = x.ask(method, uri=uri).challenge()
        raw = x.build(method, uri=uri, extra=(x.credentials(method, c, password, uri=uri, nc=1), *more))
        raw = re.sub(rb"(Via: SIP/2.0/)UDP .*", rb"\g<1>TCP " + f"{v.at};branch=z9hG4bKlate{method}".encode(), raw).replace(b";rport\r\n", b"\r\n")
        with lab.net.socket("lan", kind=socket.SOCK_STREAM) as s:
            s.bind((address, 0))
            s.connect((lab.net.PBX_LAN, 5060))
            s.sendall(raw)
    until(lambda: len(records(lab)) > before, 30, "the call is over")
    assert x.ask("OPTIONS").code == 200
    assert v.heard() is None


# --- who somebody is ---

def test_callee_sees_who_calls(lab):
    """From, P-Asserted-Identity and the rest may say what they like."""
    t = bench(lab)
    a, b = t.phone("801"), t.phone("802")
    a.domain, domain = "bank.example", a.domain
    lies = ("P-Asserted-Identity: <sip:803@bank.example>\r\nP-Preferred-Identity: <sip:803@bank.example>\r\n"
            "Remote-Party-ID: \"Director\" <sip:803@bank.example>;party=calling;screen=yes\r\nPrivacy: id\r\n"
            "Diversion: <sip:803@bank.example>\r\nReferred-By: <sip:803@bank.example>\r\n"
            "Replaces: 1;to-tag=1;from-tag=2\r\nAlert-Info: <http://bank.example/a>\r\nCall-Info: <http://bank.example/b>\r\n"
            "Subject: secret\r\nHistory-Info: <sip:803@bank.example>;index=1\r\n")
    a.domain = domain
    head = a._head
    a._head = lambda *words: head(*words).replace("From: <sip:801@", 'From: "Director" <sip:803@')
    _, inv = dialogs.ring(a, b, headers=lies)
    whole = inv.first + str(inv.headers) + inv.body
    for word in ("803", "Director", "bank", "secret"):
        assert word not in whole, (word, whole)
    assert "sip:801@" in inv["From"]
    b.reply(inv, 486, "Busy")
    b.expect("ACK")
    incident(lab, "forged", PHONES)


def test_nobody_registers_for_somebody_else(lab):
    x = Client(lab.net, "lan", OTHER, lab.net.PBX_LAN, "801")
    lab.later(x.close)
    c = x.ask("REGISTER").challenge()
    auth = x.credentials("REGISTER", c, lab.box.extensions["801"])
    assert x.ask("REGISTER", to=f"<sip:802@{x.host}>", extra=(auth,)).code == 403
    assert not [r for r in lab.box.rows("sipd", "Registrations") if r["source"] == OTHER]


def test_credentials_are_good_once_and_there(lab):
    """Heard on the wire: from another address, for another method, or once more, they open nothing."""
    password = lab.box.extensions["801"]
    x, y = (Client(lab.net, "lan", address, lab.net.PBX_LAN, "801") for address in (PHONES, OTHER))
    lab.later(x.close)
    lab.later(y.close)
    c = x.ask("INVITE", uri=f"sip:802@{x.host}").challenge()
    auth = x.credentials("REGISTER", c, password)
    assert until(lambda: x.ask("REGISTER", 0.5, extra=(auth,)), 10, "an answer").code == 200
    for who, method, uri in ((y, "REGISTER", None), (x, "INVITE", f"sip:*60@{x.host}"), (y, "INVITE", f"sip:*60@{x.host}")):
        a = until(lambda: who.ask(method, 0.5, uri=uri, extra=(auth,)), 10, "an answer")
        assert a.code == 401, (method, a.first)
    invite = x.credentials("INVITE", x.ask("INVITE", uri=f"sip:*60@{x.host}").challenge(), password, uri=f"sip:*60@{x.host}", nc=1)
    x.call_id = "one" + x.call_id
    # behind a refusal a local address waits for a second
    until(lambda: x.register(password, seconds=0.5), 10, "it may try again")
    first = x.ask("INVITE", uri=f"sip:4711@{x.host}", extra=(invite,))
    assert first.code not in (401, 403), first.first
    x.call_id = "two" + x.call_id
    until(lambda: x.ask("INVITE", 0.3, uri=f"sip:4711@{x.host}", extra=(invite,)).code == 401, 5, "the replay is challenged")


def final_of(p, call_id, seconds=3):
    """The final response to that INVITE, acknowledged; or the spoken reason."""
    while m := p.read(seconds):
        if m["Call-ID"] != call_id or m.code in (100, 180):
            continue
        if m.code >= 300:
            p.ack_refusal(m, "sip:x")
        return m
    return None


def test_only_digits_are_dialled(lab):
    """What other telephone systems took for a command, a second number or a long one."""
    t = bench(lab)
    a, b = t.phone("801"), t.phone("802")
    for n, user in enumerate((
            "500&802", "802&803", "Local/802", "802%0d%0aX:y", "802%00", "%00802", "802,1", "$(802)", "802;ext=1", "802%3bx", "'802",
            "８０２", "%EF%BC%98%EF%BC%90%EF%BC%92", "80" * 100, "9" * 4000, "+802", "802%40evil", "", "-802", "802%", "802%4",
            "%38%30%32%21")):
        uri = f"sip:{user}@{a.domain}" if user else f"sip:{a.domain}"
        a.send(a._head("INVITE", uri, "802", f"only{n}", "t", 1, ""), a.sdp())
        m = final_of(a, f"only{n}", 1 if user in ("８０２", "802%", "802%4") else 5)
        if m is None or m.code != 401:
            assert m is None or m.code >= 400, (user, m)
            continue
        auth = a.credentials(m["WWW-Authenticate"], "INVITE", "sip:x")
        a.send(a._head("INVITE", uri, "802", f"only{n}", "t", 2, auth), a.sdp())
        m = final_of(a, f"only{n}")
        assert m and (m.code >= 400 or m.code == 183), (user, m)
    b.silent(0.2)


# --- sound ---

def sdp_to(p, host, port, family="IP4"):
    return p.sdp(port=port).replace(f"c=IN IP4 {p.address}", f"c=IN {family} {host}")


def test_sound_goes_to_no_third_party(lab):
    """SDP that names others: nothing is sent to them, nor to the box itself, a group, or everybody."""
    port, ears = 9001, []
    for ns in ("pbx", "lan", "wan"):
        s = lab.net.socket(ns)
        lab.later(s.close)
        s.bind(("", port))
        s.setblocking(False)
        ears.append((ns, s))
    group = socket.inet_aton("224.0.1.75")
    ears[1][1].setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + socket.inet_aton("192.168.1.100"))
    def caller(ns, address, server, number):
        p = Peer(lab.net.socket(ns), address, (server, 5060), number, lab.box.extensions[number])
        lab.later(p.close)
        return p

    callers = [(caller("lan", PHONES, Net.PBX_LAN, "801"), host) for host in (
        "127.0.0.1", Net.PBX_LAN, Net.PBX_WAN, "203.0.113.22", "224.0.1.75", "192.168.1.255", "255.255.255.255", "0.0.0.0", "127.1.2.3")]
    callers += [(caller("wan", "203.0.113.21", Net.PBX_WAN, "802"), host) for host in (
        "203.0.113.22", VICTIM, Net.PBX_WAN, "127.0.0.1", "198.51.100.10")]
    calls = []
    for p, host in callers:
        calls.append((p, host, p.invite("4711", body=sdp_to(p, host, port))))
    for p, host, d in calls:
        while (m := p.read(20)) and (m["Call-ID"] != d.call_id or m.code < 300):
            pass
        assert m, host
        p.ack_refusal(m, d.target)
    for ns, s in ears:
        try:
            got, who = s.recvfrom(2000)
            raise AssertionError(f"sound came to a third party in {ns} from {who}")
        except BlockingIOError:
            pass


# --- who changes his address ---

def test_addresses_of_one_network_count_as_one(lab):
    """IPv6: whoever has one address has its /64. Ten tries from ten addresses, and the eleventh is not answered."""
    addresses = [f"2001:db8:3::a{n:x}" for n in range(12)]
    for a in addresses:
        lab.net.ip("wan", "addr", "add", a + "/64", "dev", "eth0", "nodad")
    answered = 0
    for a in addresses:
        x = Client(lab.net, "wan", a, Net.PBX_WAN6, "800")
        lab.later(x.close)
        m = x.register("wrong", seconds=10 if answered < 10 else 1)
        answered += m is not None
    assert answered == 10, answered
    lab.box.method("guardd", "Unreject", "string:2001:db8:3::/64", "string:sip")


def test_forged_sources_of_friends_ban_nobody(lab):
    """Wrong passwords and malformed requests in the name of the provider, another stranger, and the box itself."""
    sources = ("198.51.100.10", "203.0.113.99", Net.PBX_WAN, Net.PBX_LAN, "127.0.0.1", "192.168.1.101")
    text = ("REGISTER sip:{0} SIP/2.0\r\nVia: SIP/2.0/UDP {1}:5060;branch=z9hG4bKf{2};rport;received=203.0.113.98\r\n"
            "From: <sip:801@{0}>;tag=1\r\nTo: <sip:801@{0}>\r\nCall-ID: forged{2}\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"
            'Authorization: Digest username="801", realm="sallyport", nonce="' + "1" * 52 + '", uri="sip:{0}", response="' + "2" * 32 +
            '", algorithm=MD5, qop=auth, nc=00000001, cnonce="a"\r\nContent-Length: {3}\r\n\r\n')
    before = rejected(lab)
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        for n in range(40):
            for source in sources:
                body = text.format(Net.PBX_WAN, source, n, ("0", "x")[n % 2]).encode()
                s.sendto(datagram(source, Net.PBX_WAN, body), (Net.PBX_WAN, 0))
    x = Client(lab.net, "wan", "203.0.113.28", Net.PBX_WAN, "803")
    lab.later(x.close)
    assert x.register(lab.box.extensions["803"]).code == 200
    assert rejected(lab) == before
