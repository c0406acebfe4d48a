"""Strangers and the sound of others: who sprays the RTP ports during a call hears nothing and is not heard."""

import struct

from box import until
from test_call import talk

PORTS = range(10000, 10501)


def load(lab):
    words = lab.box.method("mediad", "Load").split()
    n = [int(words[i + 1]) for i, w in enumerate(words) if w in ("uint32", "uint64")]
    return dict(zip(("calls", "pairs", "pairs_free", "packets", "foreign"), n))


def spray(sock, address, kind, seq):
    """One packet to every port: RTP of a phone, or a STUN request as ICE agents send it."""
    packet = struct.pack("!BBHII", 0x80, 8, seq, seq * 160, 666) + b"\x2a" * 160
    if kind == "stun":
        packet = struct.pack("!HHI", 1, 0, 0x2112A442) + b"123456789012"
    for port in PORTS:
        sock.sendto(packet, (address, port))


def call_up(lab):
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    return a, b


def hears_nothing(sock):
    sock.setblocking(False)
    try:
        return not sock.recv(2000)
    except BlockingIOError:
        return True


def test_stranger_gets_no_sound(lab):
    a, b = call_up(lab)
    before = load(lab)["foreign"]
    with lab.net.socket("wan") as s:
        s.bind(("0.0.0.0", 40000))
        for seq in range(20):
            spray(s, lab.net.PBX_WAN, "rtp", seq)
        spray(s, lab.net.PBX_WAN, "stun", 0)
        until(lambda: load(lab)["foreign"] >= before + 20, 10, "the strangers' packets are counted")
        assert hears_nothing(s)
    a.goes_on(660)
    b.goes_on(440)
    assert load(lab)["calls"] == 1
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    until(lambda: load(lab)["pairs_free"] == load(lab)["pairs"], 10, "all ports are free again")


def test_neighbour_gets_no_sound(lab):
    """The same from the LAN, from the very host of the phones but another port."""
    a, b = call_up(lab)
    before = load(lab)["foreign"]
    with lab.net.socket("lan") as s:
        for seq in range(20):
            spray(s, lab.net.PBX_LAN, "rtp", seq)
        until(lambda: load(lab)["foreign"] >= before + 20, 10, "the neighbour's packets are counted")
        assert hears_nothing(s)
    a.goes_on(660)
    b.goes_on(440)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
