"""Encrypted sound: SRTP on the legs whose SIP is TLS, each with keys of its own; nothing plain beside it on the wire."""

import socket
import struct

from box import until
from phone import RATE, power_at
from tap import Tap
from test_call import new_record, records, talk
from test_linphone import linphone
from test_media import load


def secure(lab, number, kind="srtp-mand", transport="tls", extra="", **kw):
    """A phone that insists on SRTP ("srtp-mand"), or offers it beside plain RTP ("srtp")."""
    return lab.phone(number, transport=transport, lines="module srtp.so", extra=f";mediaenc={kind}{extra}", **kw)


def wish(lab, number, srtp):
    """What the extension may have; as before after the test."""
    lab.box.table("sipd", "extension", "Put", f"string:{number}", f"dict:string:string:srtp,{srtp}")
    lab.later(lambda: lab.box.table("sipd", "extension", "Put", f"string:{number}", "dict:string:string:srtp,optional"))


def tap(lab, phone):
    ear = Tap(phone)
    lab.later(ear.close)
    return ear


def is_noise(ear, hertz):
    """A second of packets on the wire that has nothing of that tone in it."""
    ear.forget()
    until(lambda: ear.packets >= 50, 15, "packets on the wire")
    return power_at(ear.samples[-RATE // 2:], hertz) < 0.05


def suites(lab, before):
    r = new_record(lab, before)
    return r["caller_srtp"], r["callee_srtp"]


def test_srtp_and_rtp(lab):
    """Who insists on SRTP calls a plain phone, and is called by it; the extension says that it must."""
    wish(lab, "801", "must")
    a = secure(lab, "801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    ear, before = tap(lab, a), records(lab)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    assert is_noise(ear, 660)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    mine, other = suites(lab, before)
    assert mine and not other, (mine, other)
    before = records(lab)
    b.tell("dial", "801")
    talk(lab, b, a, 660, 440)
    assert is_noise(ear, 660)
    b.tell("hangup")
    a.wait("CALL_CLOSED")
    mine, other = suites(lab, before)
    assert other and not mine, (mine, other)


def test_srtp_on_both_sides(lab):
    """Phones that may have SRTP are offered it beside plain RTP, and take it."""
    a = secure(lab, "801", kind="srtp", tone=440)
    b = secure(lab, "802", kind="srtp", address="192.168.1.102", tone=660)
    ears, before = [tap(lab, a), tap(lab, b)], records(lab)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    assert is_noise(ears[0], 660) and is_noise(ears[1], 440)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    mine, other = suites(lab, before)
    assert mine and other, (mine, other)


def test_hold_and_resume(lab):
    """The same keys before and after; who holds is a phone that insists."""
    a = secure(lab, "801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    mine, theirs = tap(lab, a), tap(lab, b)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    for word in ("hold", "resume"):
        a.tell(word)
        a.wait("CALL_REMOTE_SDP", param="answer")
    theirs.forget()
    until(lambda: theirs.packets >= 50, 15, "sound after the hold")
    assert power_at(theirs.samples[-RATE // 2:], 440) > 0.9
    assert is_noise(mine, 660)
    said = [line for line in a.screen().splitlines() if line.startswith("srtp:")]
    assert said and all("Enabled" in line for line in said), said
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_behind_nat(lab):
    """The phone's SDP names an address of its home; the box learns where its packets come from, by their key."""
    a = lab.phone("801", tone=440)
    b = secure(lab, "802", kind="srtp", where="home", tone=660)
    before = records(lab)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    b.tell("hangup")
    a.wait("CALL_CLOSED")
    mine, other = suites(lab, before)
    assert other and not mine, (mine, other)


def test_plain_phone_over_tls(lab):
    """It is offered keys, passes over them, and talks as ever; so does one that shall have none."""
    a = lab.phone("801", transport="tls", tone=440)
    b = secure(lab, "802", kind="srtp", address="192.168.1.102", tone=660)
    wish(lab, "802", "off")
    before = records(lab)
    b.tell("dial", "801")
    talk(lab, b, a, 660, 440)
    b.tell("hangup")
    a.wait("CALL_CLOSED")
    assert not any(suites(lab, before))


def refused(lab, a, before):
    a.wait("CALL_CLOSED", param="488")
    r = new_record(lab, before)
    assert (r["sip_code"], r["disposition"]) == ("488", "FAILED") and "SRTP" in r["reason"], r


def test_no_key_without_tls(lab):
    """SRTP over UDP is refused: whoever reads the SIP reads the key."""
    a = secure(lab, "801", transport="udp")
    b = lab.phone("802", address="192.168.1.102")
    before = records(lab)
    a.tell("dial", "802")
    refused(lab, a, before)
    before = records(lab)
    a.tell("dial", "*43")
    a.wait("CALL_CLOSED", param="488")
    assert not b.saw("CALL_INCOMING")


def test_who_must(lab):
    """An extension that must have SRTP: plain RTP over TLS is refused, a phone of it over UDP is not rung."""
    wish(lab, "801", "must")
    a = lab.phone("801", transport="tls")
    b = lab.phone("802", address="192.168.1.102")
    before = records(lab)
    a.tell("dial", "802")
    refused(lab, a, before)
    wish(lab, "802", "must")
    before = records(lab)
    a.tell("dial", "802")
    a.wait("CALL_CLOSED")
    assert new_record(lab, before)["disposition"] != "ANSWERED"
    assert not b.saw("CALL_INCOMING")


def test_forged_packets(lab):
    """From the phone's own host and port, in the plain and with a wrong proof: counted, never heard."""
    a = secure(lab, "801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    mine, theirs = tap(lab, a), tap(lab, b)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    before = load(lab)["foreign"]
    box, phone = mine.way
    theirs.forget()
    with lab.net.socket("lan", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.bind(("192.168.1.101", 0))
        for seq in range(50):
            rtp = struct.pack("!BBHII", 0x80, 8, seq, seq * 160, 666) + b"\x2a" * 170
            raw.sendto(struct.pack("!HHHH", phone, box, 8 + len(rtp), 0) + rtp, (lab.net.PBX_LAN, 0))
    until(lambda: load(lab)["foreign"] >= before + 50, 10, "they are counted")
    until(lambda: theirs.packets >= 50, 15, "the call goes on")
    assert power_at(theirs.samples, 440) > 0.9
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_announcement(lab):
    """What the box itself says is encrypted, too, and understood."""
    a = secure(lab, "801", tone=440)
    before = records(lab)
    a.tell("dial", "*43")
    a.wait("CALL_ESTABLISHED")
    a.hears(440)
    a.tell("hangup")
    a.wait("CALL_CLOSED")
    assert suites(lab, before)[0]


def test_originate(lab):
    """The box calls both sides, and makes both offers."""
    wish(lab, "801", "must")
    a = secure(lab, "801", tone=440)
    b = secure(lab, "802", kind="srtp", address="192.168.1.102", tone=660)
    before = records(lab)
    lab.box.method("sipd", "Originate", "string:801", "string:802")
    a.wait("CALL_INCOMING")
    a.tell("accept")
    talk(lab, a, b, 440, 660)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    mine, other = suites(lab, before)
    assert mine and other, (mine, other)


def test_linphone(lab):
    """Another maker's phone offers keys, and takes those that it is offered. Who insists must be called so."""
    wish(lab, "802", "must")
    b = secure(lab, "802", address="192.168.1.102", tone=660)
    before = records(lab)
    tell = linphone(lab, "801", "media_encryption=srtp\n")
    until(lambda: [r for r in lab.box.rows("sipd", "Registrations") if r["extension"] == "801"], 20, "linphone is registered")
    tell("call 802")
    b.wait("CALL_INCOMING")
    b.tell("accept")
    b.wait("CALL_ESTABLISHED")
    until(lambda: b.hears(523) > 0.8, 15, "linphone's tone")
    tell("terminate")
    b.wait("CALL_CLOSED")
    mine, other = suites(lab, before)
    assert mine and other, (mine, other)
    wish(lab, "801", "must")  # beside plain RTP it takes none
    before = records(lab)
    b.tell("dial", "801")
    b.wait("CALL_RINGING")
    tell("answer")
    b.wait("CALL_ESTABLISHED")
    tell("terminate")
    b.wait("CALL_CLOSED")
    mine, other = suites(lab, before)
    assert mine and other, (mine, other)
