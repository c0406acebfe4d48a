"""Broken telephones with good passwords: what comes after the digest is mutated too, in offers, answers and dialogs.

SEED=number repeats a run; it stands in the text of a failure. GARBAGE=10 makes ten times as many calls.
"""

import random

from box import Refused, until
from sip_peer import Peer
from test_garbage import FACTOR, LINES, SEED, Noise, mutate
from test_sipp import unbounded

CALLS = 30 * FACTOR
TURN_S = 0.15  # how long a call is listened to after each word
ANSWERS = ("100", "180", "183", "200", "200", "200", "200", "302", "486", "491", "603", "699")
EXTRA = ("Supported: 100rel, timer, replaces", "Require: 100rel", "RSeq: 1", "Session-Expires: 90;refresher=uas", "Min-SE: 90000",
         "Record-Route: <sip:192.168.1.119;lr>", "Content-Type: multipart/mixed; boundary=x", "Content-Encoding: gzip",
         "Replaces: a;to-tag=b;from-tag=c", "Refer-To: <sip:800@192.168.1.1>", "Diversion: <sip:1@2>", "P-Asserted-Identity: x",
         "Contact: *", "Expires: 4294967295", "Max-Forwards: 0", "RAck: 1 1 INVITE", "Via: SIP/2.0/UDP 0.0.0.0:0")


class Broken(Peer):
    """A telephone that garbles what it says once `wild` is set: the body, the headers, or both."""

    rng, wild = None, False

    def send(self, head, body=""):
        if not self.wild or self.rng.randrange(3) == 0:
            return super().send(head, body)
        if self.rng.randrange(2):
            head = head.rstrip("\r\n") + "\r\n" + self.rng.choice(EXTRA)
        if body and self.rng.randrange(3):
            body = mutate(self.rng, body.encode()).decode("latin-1")
        head = head.encode()
        if self.rng.randrange(4) == 0:
            first, _, rest = head.partition(b"\r\n")
            head = first + b"\r\n" + mutate(self.rng, rest)
        body = body.encode("latin-1")
        kind = b"Content-Type: application/sdp\r\n" if body else b""
        self.s.sendto(head.rstrip() + b"\r\n" + kind + b"Content-Length: %d\r\n\r\n" % len(body) + body, self.server)

    def hear(self, seconds=TURN_S):
        """The next message that can be read at all."""
        try:
            return self.read(seconds)
        except (ValueError, IndexError):
            return None


def answer(callee, m):
    """The callee's word on a request."""
    if m.method == "INVITE":
        callee.reply(m, int(callee.rng.choice(ANSWERS)), body=callee.sdp() if callee.rng.randrange(4) else "")
    elif m.method != "ACK":
        callee.reply(m, callee.rng.choice((200, 200, 481, 500)))


def further(rng, dialog, sdp):
    """One more request in the dialog, in or out of place."""
    method = rng.choice(("INVITE", "UPDATE", "INFO", "BYE", "PRACK", "ACK", "REFER", "CANCEL", "NOTIFY", "MESSAGE"))
    dialog.request(method, body=sdp if method in ("INVITE", "UPDATE", "ACK") else "",
                   cseq=rng.choice((None, None, None, 1, 2, 4294967295)))


def one_call(caller, callee):
    caller.wild = callee.wild = False
    d = caller_dialog(caller)
    if not d:
        return
    callee.wild = True
    for _ in range(4):
        for peer in (callee, caller):
            m = peer.hear()
            if m and not m.code:
                answer(peer, m)
            elif m and m.method == "INVITE" and m.code >= 200:
                caller.learn(d, m)
                caller.wild = True
                d.ack(m.cseq)
                further(caller.rng, d, caller.sdp())
    caller.wild = False
    d.request("BYE")
    caller.cancel(d)


def caller_dialog(caller):
    """An INVITE with right credentials, garbled in all but them."""
    while caller.hear(0.01):
        pass
    caller.waiting.clear()
    plain = caller.send

    def second(head, body=""):
        caller.wild = "\r\nAuthorization:" in head
        plain(head, body)

    caller.send = second
    try:
        return caller.invite("804")
    finally:
        del caller.send
        caller.wild = False


def hang_up_all(lab):
    for c in lab.box.rows("sipd", "Calls"):
        try:
            lab.box.method("sipd", "Hangup", f"string:{c['id']}")
        except Refused:
            pass  # it has just ended


def test_calls_of_broken_telephones(lab):
    """A call of good telephones comes after: theirs would end with the tone they play."""
    rng = random.Random(SEED)
    peers = []
    for number, address in (("803", "192.168.1.118"), ("804", "192.168.1.119")):
        p = Broken(lab.net.socket("lan"), address, (lab.net.PBX_LAN, 5060), number, lab.box.extensions[number])
        lab.later(p.close)
        p.rng = rng
        p.register()
        peers.append(p)
    unbounded(lab, "803")
    lines = sum(1 for _ in lab.box.watch.lines("sipd"))
    for _ in range(CALLS):
        one_call(*peers)
    hang_up_all(lab)
    until(lambda: not lab.box.rows("sipd", "Calls"), 40, f"the broken calls are over (SEED={SEED})")
    lines = sum(1 for _ in lab.box.watch.lines("sipd")) - lines
    assert lines < LINES + CALLS, f"sipd wrote {lines} lines (SEED={SEED})"
    n = Noise(lab)
    n.alive()
    n.over()
