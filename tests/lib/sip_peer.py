"""A SIP telephone in the hands of a test: says exactly what it is told, and shows what it hears.

It is no user agent: nothing is sent again, nothing is answered by itself. So a test can lose, delay and cross
messages as it likes, but for REGISTER: a limit of the kernel may have taken one. One socket, one thread; every wait has
an end.
"""

import hashlib
import os
import re
import socket
import time

SDP = """v=0
o={user} {session} {version} IN IP4 {address}
s=-
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a={direction}
"""


class Message:
    def __init__(self, data):
        head, _, self.body = data.decode().partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines if ":" in line]
        self.code = int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0
        # a 400 says again what could not be read
        self.method = (self["CSeq"].split()[1:] or [""])[0] if self.code else self.first.split()[0]

    def __getitem__(self, name):
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def tag(self, name):
        found = re.search(r";tag=([^;>\s]+)", self[name])
        return found.group(1) if found else ""

    @property
    def cseq(self):
        number = (self["CSeq"].split() or [""])[0]
        return int(number) if number.isdigit() else 0

    def __repr__(self):
        return f"<{self.first} / CSeq {self['CSeq']}>"


class Dialog:
    """What a request in a dialog needs."""

    def __init__(self, peer, call_id, local, remote, target, cseq):
        self.peer, self.call_id, self.local, self.remote = peer, call_id, local, remote
        self.target, self.cseq = target, cseq

    def request(self, method, headers="", body="", cseq=None, target=None):
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        self.branch = self.peer.new_branch()
        self.peer.send(f"{method} {target or self.target} SIP/2.0\r\n"
                       f"Via: SIP/2.0/{self.peer.transport} {self.peer.host};branch={self.branch};rport\r\n"
                       f"From: {self.local}\r\nTo: {self.remote}\r\nCall-ID: {self.call_id}\r\n"
                       f"CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
                       f"Contact: <{self.peer.contact}>\r\n{headers}", body)
        return cseq

    def ack(self, cseq, body=""):
        self.request("ACK", cseq=cseq, body=body)


class Peer:
    patience = 15  # seconds for what must come

    def __init__(self, sock, address, server, number, password, port=0):
        """Takes the socket, UDP or TCP, unbound."""
        self.s, self.server, self.number, self.password = sock, server, number, password
        self.transport = "TCP" if sock.type == socket.SOCK_STREAM else "UDP"
        self.s.bind((address, port))
        if self.transport == "TCP":
            self.s.connect(server)
        self.address, self.port = self.s.getsockname()
        self.host = f"{self.address}:{self.port}"
        self.contact = f"sip:{number}@{self.host};transport={self.transport.lower()}"
        self.buffer, self.waiting, self.n, self.version = b"", [], 0, 0
        self.session = int.from_bytes(os.urandom(3), "big")
        self.domain = f"{server[0]}:{server[1]}"

    def close(self):
        self.s.close()

    def new_branch(self):
        self.n += 1
        return "z9hG4bK" + os.urandom(6).hex()

    def sdp(self, direction="sendrecv", port=7000, same=False):
        self.version += 0 if same else 1
        return SDP.format(user=self.number, session=self.session, version=self.version, address=self.address, port=port,
                          direction=direction).replace("\n", "\r\n")

    def send(self, head, body=""):
        head = head.rstrip("\r\n")
        kind = "Content-Type: application/sdp\r\n" if body and "Content-Type" not in head else ""
        data = f"{head}\r\n{kind}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
        self.sent = data
        if self.transport == "TCP":
            self.s.sendall(data)
        else:
            self.s.sendto(data, self.server)

    def _from_stream(self):
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        length = re.search(rb"(?im)^(?:Content-Length|l)\s*:\s*(\d+)", head)
        need = int(length.group(1)) if length else 0
        if b"\r\n\r\n" not in self.buffer or len(rest) < need:
            return None
        self.buffer = rest[need:]
        return head + b"\r\n\r\n" + rest[:need]

    def read(self, seconds=5):
        """The next message, or None."""
        end = time.monotonic() + seconds
        while True:
            if self.transport == "TCP":
                data = self._from_stream()
                if data and data.strip():
                    return Message(data)
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.s.settimeout(left)
            try:
                data = self.s.recv(65536)
            except socket.timeout:
                return None
            if self.transport == "TCP":
                if not data:
                    return None
                self.buffer += data
            elif data.strip():
                return Message(data)

    def expect(self, what, seconds=None, skip=("100",)):
        """Waits for a request by its method or a response by "200" or "200 INVITE"; keeps what else comes for later."""
        def fits(m):
            return what in (m.method if not m.code else str(m.code), f"{m.code} {m.method}")

        for m in self.waiting:
            if fits(m):
                self.waiting.remove(m)
                return m
        end = time.monotonic() + (self.patience if seconds is None else seconds)
        while (left := end - time.monotonic()) > 0:
            m = self.read(left)
            if m is None:
                break
            if fits(m):
                return m
            if str(m.code) not in skip:
                self.waiting.append(m)
        raise AssertionError(f"{self.number}: no {what} came, but {self.waiting}")

    def silent(self, seconds=0.5):
        """Nothing (more) comes."""
        m = self.read(seconds)
        got = self.waiting + ([m] if m else [])
        assert not got, f"{self.number}: {got}"

    def credentials(self, challenge, method, uri):
        p = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        h = hashlib.sha256 if p.get("algorithm", "MD5").startswith("SHA") else hashlib.md5
        cnonce = os.urandom(4).hex()
        a1 = h(f"{self.number}:{p['realm']}:{self.password}".encode()).hexdigest()
        a2 = h(f"{method}:{uri}".encode()).hexdigest()
        answer = h(f"{a1}:{p['nonce']}:00000001:{cnonce}:auth:{a2}".encode()).hexdigest()
        return (f'Authorization: Digest username="{self.number}",realm="{p["realm"]}",nonce="{p["nonce"]}",uri="{uri}",'
                f'response="{answer}",algorithm={p.get("algorithm", "MD5")},qop=auth,nc=00000001,cnonce="{cnonce}"\r\n')

    def _head(self, method, uri, to, call_id, tag, cseq, more):
        self.branch = self.new_branch()
        return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{self.transport} {self.host};branch={self.branch};rport\r\n"
                f"From: <sip:{self.number}@{self.domain}>;tag={tag}\r\nTo: <sip:{to}@{self.domain}>\r\n"
                f"Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
                f"Contact: <{self.contact}>\r\nAllow: INVITE, ACK, CANCEL, BYE, UPDATE, INFO, PRACK\r\n{more}")

    def registered(self, call_id, cseq):
        """The answer to a REGISTER, which is sent again like a telephone's (RFC 3261 section 17.1.2.2)."""
        sent, end = self.sent, time.monotonic() + self.patience
        while time.monotonic() < end:
            m = self.read(0.5 if self.transport == "UDP" else self.patience)
            if m and m.code and m["Call-ID"] == call_id and m.cseq == cseq:
                return m
            if m is None:
                if self.transport == "TCP":
                    break
                self.s.sendto(sent, self.server)
        raise AssertionError(f"{self.number}: no answer to REGISTER")

    def register(self, expires=3600):
        uri, tag, call_id, auth = f"sip:{self.domain}", os.urandom(4).hex(), os.urandom(8).hex(), ""
        for cseq in (1, 2):
            self.send(self._head("REGISTER", uri, self.number, call_id, tag, cseq, f"Expires: {expires}\r\n{auth}"))
            m = self.registered(call_id, cseq)
            if m.code != 401:
                break
            auth = self.credentials(m["WWW-Authenticate"], "REGISTER", uri)
        assert m.code == 200, m
        return m

    def invite(self, number, body=None, headers="", unknown="401"):
        """Sends the INVITE with credentials; returns a Dialog that does not know the other's tag yet. unknown: what the
        first INVITE must be answered with; another code than 401 is returned as it came."""
        uri, tag, call_id = f"sip:{number}@{self.domain}", os.urandom(4).hex(), os.urandom(8).hex()
        if body is None:
            body = self.sdp()
        self.send(self._head("INVITE", uri, number, call_id, tag, 1, headers), body)
        m = self.expect(unknown)
        if unknown != "401":
            return m
        self.ack_refusal(m, uri)
        auth = self.credentials(m["WWW-Authenticate"], "INVITE", uri)
        self.invite_head = self._head("INVITE", uri, number, call_id, tag, 2, headers + auth)
        self.invite_body = body
        self.send(self.invite_head, body)
        local, remote = f"<sip:{self.number}@{self.domain}>;tag={tag}", f"<sip:{number}@{self.domain}>"
        return Dialog(self, call_id, local, remote, uri, 2)

    def again(self):
        """The last INVITE once more, as a retransmission."""
        self.send(self.invite_head, self.invite_body)

    def ack_refusal(self, m, uri):
        """ACK to a final response of 300 or more: hop by hop, same branch."""
        self.send(f"ACK {uri} SIP/2.0\r\nVia: {m['Via']}\r\nFrom: {m['From']}\r\nTo: {m['To']}\r\n"
                  f"Call-ID: {m['Call-ID']}\r\nCSeq: {m.cseq} ACK\r\nMax-Forwards: 70\r\n")

    def cancel(self, dialog):
        via = f"SIP/2.0/{self.transport} {self.host};branch={self.branch};rport"
        self.send(f"CANCEL {dialog.target} SIP/2.0\r\nVia: {via}\r\n"
                  f"From: {dialog.local}\r\nTo: {dialog.remote}\r\nCall-ID: {dialog.call_id}\r\n"
                  f"CSeq: {dialog.cseq} CANCEL\r\nMax-Forwards: 70\r\n")

    def learn(self, dialog, m):
        """The dialog as the response says."""
        dialog.remote = m["To"]
        found = re.search(r"<([^>]+)>", m["Contact"])
        dialog.target = found.group(1) if found else dialog.target

    def reply(self, m, code, text="-", headers="", body="", tag=None):
        to = m["To"]
        if ";tag=" not in to and code > 100:
            m.our_tag = getattr(m, "our_tag", None) or tag or os.urandom(4).hex()
            to += f";tag={tag or m.our_tag}"
        vias = "".join(f"Via: {v}\r\n" for v in m.all("Via"))
        contact = f"Contact: <{self.contact}>\r\n" if code < 300 else ""
        self.send(f"SIP/2.0 {code} {text}\r\n{vias}From: {m['From']}\r\nTo: {to}\r\nCall-ID: {m['Call-ID']}\r\n"
                  f"CSeq: {m['CSeq']}\r\n{contact}{headers}", body)

    @staticmethod
    def record_route(m):
        """The Record-Route of a request, for the response to it."""
        return "".join(f"Record-Route: {r}\r\n" for r in m.all("Record-Route"))

    def refresh(self, dialog, invite):
        """An UPDATE without SDP along the route of the INVITE that made the dialog."""
        target = re.search(r"<([^>]+)>", invite["Contact"]).group(1)
        routes = "".join(f"Route: {r}\r\n" for r in invite.all("Record-Route"))
        dialog.request("UPDATE", f"{routes}Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n", target=target)

    def dialog_of(self, invite):
        """The dialog of an INVITE that we answered."""
        target = re.search(r"<([^>]+)>", invite["Contact"]).group(1)
        return Dialog(self, invite["Call-ID"], f"{invite['To']};tag={invite.our_tag}", invite["From"], target, 100)
