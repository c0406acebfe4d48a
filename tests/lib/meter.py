"""The far end of a provider that keeps its own books: answers each call at once, and notes number, begin and end.

Numbers with 0555 in front are never answered; they are heard all the same, as an accomplice would do it.
"""

import os
import re
import threading
import time

from sip_peer import SDP, Message


class Meter:
    """Listens behind Kamailio (provider.FAR). calls: Call-ID -> {number, begin, end}; end None: it goes on. early: the
    numbers that were heard and never answered."""

    def __init__(self, lab, address="198.51.100.10", port=5080):
        self.s = lab.net.socket("itsp")
        self.s.bind((address, port))
        self.address, self.port = address, port
        self.calls, self.changed, self.early = {}, threading.Condition(), []
        self.over = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        lab.later(self.close)

    def close(self):
        self.over = True
        self.s.sendto(b"\r\n\r\n", (self.address, self.port))
        self.thread.join(10)
        self.s.close()

    def serve(self):
        while not self.over:
            data, source = self.s.recvfrom(65536)
            if data.strip():
                self.heard(Message(data), source)

    def heard(self, m, source):
        if m.code or m.method == "ACK":
            return
        number = re.search(r"sips?:([^@;>]*)", m.first)
        if m.method in ("INVITE", "CANCEL") and number and number[1].startswith("0555"):
            self.ring(m, source, number[1])
            return
        with self.changed:
            call = self.calls.get(m["Call-ID"])
            if m.method == "INVITE" and not call:
                call = self.calls[m["Call-ID"]] = {"number": number[1], "begin": time.monotonic(), "end": None, "tag": os.urandom(4).hex()}
            if m.method == "BYE" and call and not call["end"]:
                call["end"] = time.monotonic()
            self.changed.notify_all()
        self.reply(m, source, "200 OK" if call else "481 Gone", call and call["tag"])

    def ring(self, m, source, number):
        if m.method == "INVITE":
            self.early.append(number)
            self.reply(m, source, "183 Session Progress", "early")
            return
        self.reply(m, source, "200 OK", "early")
        m.headers = [(n, v.replace("CANCEL", "INVITE") if n.lower() == "cseq" else v) for n, v in m.headers]
        self.reply(m, source, "487 Request Terminated", "early")

    def reply(self, m, source, code, tag):
        lines = [f"{n}: {v}" for n, v in m.headers if n.lower() in ("via", "record-route", "from", "call-id", "cseq")]
        body = ""
        if m.method == "INVITE":
            body = SDP.format(user="far", session=1, version=1, address=self.address, port=7000, direction="sendrecv").replace("\n", "\r\n")
            lines.append("Content-Type: application/sdp")
        lines += [f"To: {m['To']}" + (f";tag={tag}" if tag and not m.tag("To") else ""), f"Contact: <sip:{self.address}:{self.port}>",
                  f"Content-Length: {len(body)}"]
        self.s.sendto(("\r\n".join([f"SIP/2.0 {code}", *lines]) + "\r\n\r\n" + body).encode(), source)

    def all_over(self, seconds=20):
        """Waits until no call goes on."""
        with self.changed:
            assert self.changed.wait_for(lambda: all(c["end"] for c in self.calls.values()), seconds), self.calls

    def seconds(self):
        """What it would bill by the second begun, all calls together."""
        return sum(-int(-(c["end"] - c["begin"]) // 1) for c in self.calls.values())

    def most_at_once(self):
        edges = sorted([(c["begin"], 1) for c in self.calls.values()] + [(c["end"], -1) for c in self.calls.values()])
        n = most = 0
        for _, step in edges:
            n += step
            most = max(most, n)
        return most
