"""A thief with the password of extension 805, on the internet: what he tries, and what the provider would bill for it.

805 may dial near numbers, two at once, for 6.00 a day; abroad behind a PIN that he does not know; one rule is closed at
night, another on holidays. 801 may dial more. What arrives at the provider is counted there, not by us.
"""

import re
import time

from box import until
from keypad import Keypad
from meter import Meter
from netns import Net
from provider import Provider, trunk
from sip_peer import Peer
from test_call import new_record, records

NEAR, ABROAD, PREMIUM = "030123456", "00447911123456", "0900123456"
PIN = "590817"
PRICE = 1000   # thousandths a second
CAP = 6000


def put(lab, table, name, owner="routed", keep=False, **fields):
    lists = {k: v for k, v in fields.items() if "," in str(v)}
    words = ",".join(f"{k},{v}" for k, v in fields.items() if k not in lists)
    lab.box.table(owner, table, "Put", f"string:{name}", f"dict:string:string:{words}")
    for k, v in lists.items():
        lab.box.table(owner, table, "Set", f"string:{name}", f"string:{k}", f"string:{v}")
    if not keep:
        lab.later(lambda: lab.box.table(owner, table, "Delete", f"string:{name}"))


def rule(lab, name, pattern, **fields):
    put(lab, "dial_rule", name, **{"pattern": pattern, "trunks": "acme", **fields})


def house(lab):
    """The rules of the house; the provider, and its meter."""
    meter = Meter(lab)
    p = Provider(lab)
    trunk(lab, provider=p, register="false", countries="49;44", rates="list", max_calls="10")
    put(lab, "route_settings", "general", keep=True, country="49")
    for prefix in ("49", "44"):
        put(lab, "call_rate", f"list/{prefix}", price_milli=60 * PRICE, first_s=1, next_s=1)
    put(lab, "pin_set", "staff", note="test")
    put(lab, "pin", "ada", pin_set="staff", pin=PIN, holder="Ada")
    put(lab, "time_rule", "never", note="closed")
    put(lab, "time_rule", "workdays", hours="mon-sun 00:00-24:00")
    put(lab, "holiday", "today", date=time.strftime("%Y-%m-%d"))
    rule(lab, "near", "0[1-7]X.")
    rule(lab, "abroad", "00X.", pin_set="staff")
    rule(lab, "night", "09X.", time_rule="never")
    rule(lab, "holiday", "08X.", time_rule="workdays")
    rule(lab, "free", "7X.", strip="1")
    put(lab, "dial_plan", "office", rules="near;abroad;night;holiday")
    put(lab, "call_profile", "805", dial_plan="office", max_calls="2")
    put(lab, "credit", "of-805", scope="extension", who="805", period="day", money_milli=CAP)
    return p, meter


class Thief(Peer):
    """Knows the password of 805. `alias`: who he says he is in From."""

    alias = None

    def __init__(self, lab, ns="wan", address="203.0.113.9", server=Net.PBX_WAN):
        super().__init__(lab.net.socket(ns), address, (server, 5060), "805", lab.box.extensions["805"])
        self.known = set()
        lab.later(self.close)

    def _head(self, method, uri, to, call_id, tag, cseq, more):
        head = super()._head(method, uri, to, call_id, tag, cseq, more)
        return head.replace(f"From: <sip:{self.number}@", f"From: {self.alias}@") if self.alias else head

    def first(self, seconds=10):
        """The first word on an INVITE that says where it goes; None: silence."""
        while (m := self.read(seconds)):
            if m.code > 100 and m.method == "INVITE" and m.cseq > 1:
                return m
        return None

    def call(self, number, headers="", body=None):
        """Dials; returns the dialog, when somebody answered."""
        self.waiting.clear()
        try:
            d = self.invite(number, body=body, headers=headers)
        except AssertionError:
            return None  # not even challenged
        m = self.first()
        if m is None:
            return None
        if m.code >= 300:
            self.ack_refusal(m, d.target)
        elif m.code < 200:
            self.cancel(d)  # he is told something, or asked for a PIN
            self.ack_refusal(self.expect("487 INVITE"), d.target)
        else:
            self.learn(d, m)
            d.ack(m.cseq)
            return d
        return None

    def told(self, method, cseq):
        """The final answer to a request of his."""
        end = time.monotonic() + 10
        while (left := end - time.monotonic()) > 0:
            m = self.read(left)
            if m and m.code >= 200 and m.method == method and m.cseq == cseq:
                return m
            if m and not m.code:
                self.waiting.append(m)
        raise AssertionError(f"no answer to {method} {cseq}: {self.waiting}")

    def rung(self):
        """The INVITE of a call to him that he has not seen before."""
        while (m := self.expect("INVITE"))["Call-ID"] in self.known:
            pass
        self.known.add(m["Call-ID"])
        return m

    def short(self, number, headers="", body=None):
        """The same, and hangs up at once."""
        d = self.call(number, headers, body)
        if d:
            d.request("BYE")
            self.expect("200 BYE")
        return bool(d)


def guess_prefixes(thief):
    digits = ABROAD[2:]
    for p in ("00", "+", "000", "011", "0011", "1", "", "9", "900", "0000", "*31#00", "#31#00", "*21*00", "1010", "810", "44", "0044", "112", "911",
              "4900", "490", "+49", "+4900"):
        thief.short(p + digits)
    for number in (PREMIUM, "0800123456", "0", "00", "7", "70900123", "7" + ABROAD, "*7" + ABROAD, "805" + ABROAD, "801" + ABROAD):
        thief.short(number)


def inject(thief):
    for glue in ("&", ",", ";", ";ext=", "?", "/", "=", "$", "!", "~", "'", "(", "%26", "%2C", "%3B", "%40", "%0d%0a", "%00", "%20", ":", "&SIP/", "&sip:",
                 "&PJSIP/", "#", "*", "-", ".", "||", "%7C", "+", "p", "w"):
        for front in ("801", "500", NEAR):
            thief.short(f"{front}{glue}{ABROAD}")
    for odd in (f"tel:{ABROAD}", f"{ABROAD};phone-context=+49", f"{ABROAD};user=phone", f"{ABROAD};tgrp=acme", f"{ABROAD};npdi;rn={NEAR}",
                f"{NEAR};rn={ABROAD}", f"{NEAR};isub={ABROAD}", f"{NEAR};postd={ABROAD}", "0" * 400, "s", "i", "${EXTEN}", "{0,0}" + ABROAD):
        thief.short(odd)


def pretend(thief, provider):
    """Caller-ID tricks: he wants to be 801, who may dial 7..., or nobody at all."""
    who = f"<sip:801@{thief.domain}>"
    headers = (f"P-Asserted-Identity: {who}", f"P-Preferred-Identity: {who}", f"Remote-Party-ID: {who};party=calling;screen=yes",
               f"Diversion: {who};reason=unconditional", f"Referred-By: {who}", f"History-Info: {who};index=1", f"P-Charge-Info: {who}",
               f"P-Served-User: {who}", "X-Extension: 801", "Privacy: id", "Replaces: 1;to-tag=2;from-tag=3;early-only", "Join: 1;to-tag=2;from-tag=3",
               "Target-Dialog: 1;local-tag=2;remote-tag=3", f"Route: <sip:{provider.address};lr>", f"Record-Route: <sip:{provider.address};lr>",
               f"Path: <sip:{provider.address};lr>", f"Reply-To: {who}", "Proxy-Authorization: Digest username=\"801\"", "Require: replaces",
               f"Contact: <sip:801@{provider.address}>", f"Via: SIP/2.0/UDP {provider.address}:5060;branch=z9hG4bKx")
    for h in headers:
        for number in ("7" + NEAR, ABROAD):
            thief.short(number, headers=h + "\r\n")
    for alias in ("<sip:801", '"801" <sip:801', "<sip:acme", "<sip:anonymous", "<sip:112", "<sip:%38%30%31"):
        thief.alias = alias
        for number in ("7" + NEAR, ABROAD):
            thief.short(number)
    thief.alias = None
    # the provider's own domain in the request
    mine, thief.domain = thief.domain, f"{provider.address}:5060"
    for number in (ABROAD, "7" + NEAR, "4930123456"):
        thief.short(number)
    thief.domain = mine


def be_called(lab, thief, provider):
    """He registers with contacts at the provider, and answers calls with redirections and transfers."""
    mine = thief.contact
    a = lab.phone("801")
    for contact in (f"sip:{ABROAD}@{provider.address}", f"sip:{ABROAD}@{thief.domain}", f"sip:{ABROAD}@{Net.PBX_LAN}:5060;transport=udp"):
        thief.contact = contact
        thief.register()
        a.tell("dial", "805")
        m = thief.rung()
        thief.reply(m, 302, headers=f"Contact: <sip:{ABROAD}@{provider.address}>, <sip:{ABROAD}@{thief.domain}>\r\n")
        thief.expect("ACK")
        a.wait("CALL_CLOSED")
        thief.register(expires=0)
    thief.contact = mine
    thief.register()
    a.tell("dial", "805")
    m = thief.rung()
    thief.reply(m, 200, body=thief.sdp())
    thief.expect("ACK")
    a.wait("CALL_ESTABLISHED")
    transfer(thief, thief.dialog_of(m), provider)
    a.tell("hangup")
    thief.reply(thief.expect("BYE"), 200)


def transfer(thief, d, provider):
    """Out of an established call to a number that he may not dial."""
    for to in (f"<sip:{ABROAD}@{thief.domain}>", f"<sip:{ABROAD}@{provider.address}>", f"<tel:{ABROAD}>", f"<sip:7{NEAR}@{thief.domain}>"):
        cseq = d.request("REFER", f"Refer-To: {to}\r\nReferred-By: <sip:801@{thief.domain}>\r\n")
        assert thief.told("REFER", cseq).code >= 400
    target = d.target
    for uri in (f"sip:{ABROAD}@{thief.domain}", f"sip:7{NEAR}@{thief.domain}"):
        m = thief.told("INVITE", d.request("INVITE", body=thief.sdp(), target=uri))
        if m.code >= 300:
            thief.ack_refusal(m, uri)
        else:
            d.ack(m.cseq)
    d.target = target
    for text in (f"Signal={ABROAD}", "Signal=#", f"*2{ABROAD}#"):
        thief.told("INFO", d.request("INFO", "Content-Type: application/dtmf-relay\r\n", text + "\r\n"))


def guess_pins(lab, thief):
    """Nine wrong ones, alone and at once; then the right one, which comes too late."""
    before = records(lab)
    callers = []
    for guesses in (("1234", "0000", "1111"), ("111111", "123456", "654321"), ("590816", "590818", "482913")):
        callers.append((asked(lab), guesses))
    for turn in range(3):
        for (d, pad, peer), guesses in callers:
            pad.silence(6)
            pad.hear(20)
            pad.press(guesses[turn] + "#")
            pad.flush()
    for (d, pad, peer), _ in callers:
        peer.ack_refusal(peer.expect("403 INVITE", seconds=30), d.target)
    until(lambda: len(records(lab)) >= len(before) + 3, 10, "three records")
    for _ in range(3):
        d = thief.invite(ABROAD)
        m = thief.first()
        assert m.code != 200
        if m.code < 200:
            thief.cancel(d)
            m = thief.expect("487 INVITE")
        thief.ack_refusal(m, d.target)
    last = new_record(lab, before)
    assert last["disposition"] in ("REFUSED", "NO ANSWER"), last
    said = lab.box.method("routed", "Explain", "string:805", f"string:{ABROAD}", "string:now")
    assert "locked for 805" in said, said


def asked(lab, address="203.0.113.9"):
    """A call of his that is being asked for a PIN."""
    peer = Thief(lab, address=address)
    pad = Keypad(lab, peer, ns="wan")
    d = peer.invite(ABROAD, body=pad.sdp())
    m = peer.expect("183 INVITE")
    peer.learn(d, m)
    pad.learn(m.body)
    return d, pad, peer


def play_with_the_question(lab, thief, provider):
    """Hold, new offers and no offer while he is asked; silence, so that it is answered; then he rings off, or does not."""
    d, pad, peer = asked(lab, "203.0.113.10")
    m = peer.expect("200 INVITE", seconds=10)  # not a sound came from him
    d.ack(m.cseq)
    for direction in ("sendonly", "inactive", "recvonly", "sendrecv"):
        m = peer.told("INVITE", d.request("INVITE", body=peer.sdp(direction, port=pad.port), target=f"sip:{NEAR}@{peer.domain}"))
        if m.code < 300:
            d.ack(m.cseq)
        else:
            peer.ack_refusal(m, d.target)
    peer.told("UPDATE", d.request("UPDATE", body=peer.sdp(port=pad.port)))
    transfer(peer, d, provider)
    d.request("BYE")
    peer.expect("200 BYE")
    # without an offer it is answered at once; his keys are no PIN
    d = thief.call(ABROAD, body="")
    if d:
        d.request("BYE")
        thief.expect("200 BYE")


def listen_for_nothing(lab, thief, meter):
    """An accomplice is heard and never answers: that costs nothing, and it ends."""
    d = thief.invite("0555123", body=thief.sdp())
    m = thief.expect("183 INVITE")
    assert "m=audio" in m.body, "the accomplice is heard"
    thief.cancel(d)
    thief.ack_refusal(thief.expect("487 INVITE"), d.target)
    assert meter.early == ["0555123"], meter.early
    # what was held for it is there again
    until(lambda: records(lab)[0]["callee"] == "0555123", 10, "its record")


def all_at_once(lab, thief):
    """Ten calls at the same moment; two are let out."""
    before = records(lab)
    crowd = [Thief(lab) for _ in range(10)]
    dialogs = [t.invite(NEAR) for t in crowd]
    up = []
    for t, d in zip(crowd, dialogs):
        m = t.first()
        if m.code >= 300:
            t.ack_refusal(m, d.target)
        elif m.code < 200:
            t.cancel(d)
            t.ack_refusal(t.expect("487 INVITE"), d.target)
        else:
            t.learn(d, m)
            d.ack(m.cseq)
            up.append((t, d))
    for t, d in up:
        d.request("BYE")
        t.expect("200 BYE")
    assert 1 <= len(up) <= 2, len(up)
    until(lambda: len(records(lab)) >= len(before) + 10, 10, "ten records")


def talk_long(thief, provider):
    """What is left of the day's money in one call, and then one more."""
    d = thief.call(NEAR)
    assert d, "a near call is allowed"
    transfer(thief, d, provider)
    thief.reply(thief.expect("BYE", seconds=30), 200)
    assert not thief.short(NEAR), "the money of the day is gone"
    assert not thief.short("0401234"), "for every number"


def foretold(lab):
    """What the box says beforehand that a thief with this password could cost in 24 hours (of two days, so up to twice the cap)."""
    rows = lab.box.rows("routed", "Exposure", "string:805", "string:now")
    row, = [r for r in rows if r["span"] == "day" and not r["dial_rule"]]
    assert row["money_by"], row
    return int(row["money_milli"])


def test_a_stolen_password(lab):
    provider, meter = house(lab)
    promise = foretold(lab)
    thief = Thief(lab)
    guess_prefixes(thief)
    inject(thief)
    pretend(thief, provider)
    be_called(lab, thief, provider)
    play_with_the_question(lab, thief, provider)
    guess_pins(lab, thief)
    listen_for_nothing(lab, thief, meter)
    all_at_once(lab, thief)
    talk_long(thief, provider)
    meter.all_over()
    numbers = {c["number"] for c in provider.calls()} | {c["number"] for c in meter.calls.values()}
    lost = meter.seconds() * PRICE
    his = [r for r in records(lab) if r["caller"] == "805"]
    ours = sum(int(r.get("cost_milli") or 0) for r in his)
    print(f"        money lost: {lost / 1000:.2f} of {CAP / 1000:.2f} allowed a day, by the provider's count: of {len(his)} calls {len(meter.calls)} "
          f"got out, {meter.seconds()} s, {meter.most_at_once()} at once, to {sorted(numbers)}; {ours / 1000:.2f} by our records")
    assert len(his) > 150, "what he tried was judged"
    assert all(re.fullmatch(r"0[1-7]\d+", n) for n in numbers), numbers
    assert meter.most_at_once() <= 2
    assert ours <= CAP <= promise, (ours, promise)
    assert lost <= CAP + len(meter.calls) * PRICE, "more than the begun second of each call"
    lab.box.method("routed", "Unlock", "string:805")
