"""The sound of a sip_peer.Peer: RTP of its own socket, keys as telephone-events (RFC 4733), as SIP INFO, or as tones."""

import math
import os
import re
import struct

RATE, FRAME = 8000, 160
EVENTS = "0123456789*#ABCD"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
ROWS = ("123A", "456B", "789C", "*0#D")


def alaw(s):
    """One sample as G.711 A-law (ITU-T G.711)."""
    sign = 0x80 if s >= 0 else 0
    s = min(abs(s) >> 4, 2047) if s >= 0 else min((-s - 1) >> 4, 2047)
    exponent = max(s.bit_length() - 5, 0)
    code = (exponent + 1) << 4 | s >> exponent & 15 if s >= 32 else (1 << 4 | s & 15 if s >= 16 else s)
    return (sign | code) ^ 0x55


def tone(key, samples):
    """A key as the sum of its two tones."""
    row = next(i for i, r in enumerate(ROWS) if key in r)
    low, high = LOW[row], HIGH[ROWS[row].index(key)]
    return bytes(alaw(int(7000 * (math.sin(2 * math.pi * low * i / RATE) + math.sin(2 * math.pi * high * i / RATE))))
                 for i in range(samples))


class Keypad:
    """The sound side of one call. SDP for the INVITE comes from sdp(); learn() reads the box's."""

    def __init__(self, lab, peer, ns="lan", events=True):
        self.peer, self.events = peer, events
        self.s = lab.net.socket(ns)
        self.s.bind((peer.address, 0))
        self.s.settimeout(10)
        self.port = self.s.getsockname()[1]
        self.ssrc, self.seq, self.ts = int.from_bytes(os.urandom(4), "big"), 1, 1000
        self.to = None
        lab.later(self.s.close)

    def sdp(self):
        body = self.peer.sdp(port=self.port)
        if not self.events:
            body = body.replace(" 101", "").replace("a=rtpmap:101 telephone-event/8000\r\n", "")
        return body

    def learn(self, body):
        """Where the box hears: from the SDP in its 183 or 200."""
        address = re.search(r"c=IN IP4 (\S+)", body)[1]
        self.to = (address, int(re.search(r"m=audio (\d+)", body)[1]))
        if self.events:
            assert "telephone-event" in body, body
        else:
            assert "telephone-event" not in body, body

    def packet(self, pt, payload, ts=None, marker=False):
        self.s.sendto(struct.pack("!BBHII", 0x80, pt | marker << 7, self.seq, self.ts if ts is None else ts, self.ssrc) + payload, self.to)
        self.seq = self.seq + 1 & 0xffff

    def sound(self, samples):
        """A-law samples in packets of 20 ms."""
        for i in range(0, len(samples), FRAME):
            self.packet(8, samples[i:i + FRAME])
            self.ts += FRAME

    def silence(self, frames=1):
        self.sound(b"\xd5" * FRAME * frames)

    def press(self, keys):
        """As telephone-events: three packets of the press, three of its end."""
        for k in keys:
            for n in range(1, 7):
                duration, end = min(n, 4) * FRAME, 0x80 if n > 3 else 0
                self.packet(101, struct.pack("!BBH", EVENTS.index(k), end | 10, duration), marker=n == 1)
            self.ts += 8 * FRAME

    def play(self, keys):
        """As tones in the sound, 80 ms each with a pause after it."""
        for k in keys:
            self.sound(tone(k, 4 * FRAME))
            self.silence(4)

    def info(self, dialog, keys):
        """As SIP INFO, one a key; each must be taken."""
        for k in keys:
            cseq = dialog.request("INFO", "Content-Type: application/dtmf-relay\r\n", f"Signal={k}\r\nDuration=100\r\n")
            m = self.peer.expect("200 INFO")
            assert m.cseq == cseq, m

    def hear(self, packets=1):
        """Waits for so many packets of the box's voice; the last one's payload type."""
        for _ in range(packets):
            data = self.s.recv(2000)
        return data[1] & 0x7f

    def flush(self):
        """What came until now is not waited for."""
        self.s.setblocking(False)
        try:
            while self.s.recv(2000):
                pass
        except BlockingIOError:
            pass
        self.s.settimeout(10)
