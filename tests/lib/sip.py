"""A SIP client of a few lines for attackers and edge cases; real calls are made by real phones."""

import hashlib
import random
import re
import socket
import time


def h(*words):
    return hashlib.md5(":".join(words).encode()).hexdigest()


class Answer:
    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.code = int(lines[0].split(" ")[1]) if lines[0].startswith("SIP/2.0 ") else 0
        self.first, self.fields = lines[0], [ln.partition(":") for ln in lines[1:]]

    def get(self, name):
        return [v.strip() for k, _, v in self.fields if k.strip().lower() == name.lower()]

    def challenge(self):
        """The MD5 challenge of the answer, as a dict."""
        for line in self.get("WWW-Authenticate") + self.get("Proxy-Authenticate"):
            c = {k.lower(): a or b for k, a, b in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]*))', line)}
            if c.get("algorithm", "MD5").upper() == "MD5":
                return c
        return None


class Client:
    """One UDP socket in a namespace, one user."""

    def __init__(self, net, ns, address, server, user, agent="Tester/1.0", port=0):
        family = socket.AF_INET6 if ":" in server else socket.AF_INET
        self.sock = net.socket(ns, family)
        self.sock.bind((address, port))
        self.address, self.port = address, self.sock.getsockname()[1]
        self.host = f"[{server}]" if ":" in server else server
        self.at = f"[{address}]" if ":" in address else address
        self.server, self.user, self.agent = server, user, agent
        self.call_id, self.cseq, self.nc = f"{random.getrandbits(64):x}@{self.address}", 0, 0
        self.tag = f"{random.getrandbits(32):x}"

    def close(self):
        self.sock.close()

    def build(self, method, uri=None, extra=(), body="", to=None):
        self.cseq += 1
        uri = uri or f"sip:{self.host}"
        to = to or f"<sip:{self.user}@{self.host}>"
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/UDP {self.at}:{self.port};branch=z9hG4bK{random.getrandbits(48):x};rport",
                 f"From: <sip:{self.user}@{self.host}>;tag={self.tag}", f"To: {to}", f"Call-ID: {self.call_id}",
                 f"CSeq: {self.cseq} {method}", f"Contact: <sip:{self.user}@{self.at}:{self.port}>",
                 "Max-Forwards: 70", f"User-Agent: {self.agent}", *extra]
        return "\r\n".join(lines + [f"Content-Length: {len(body)}", "", body]).encode()

    def send(self, raw):
        self.sock.sendto(raw, (self.server, 5060))

    def answer(self, seconds=2.0):
        """The next answer, or None after so many seconds of silence."""
        self.sock.settimeout(seconds)
        try:
            while True:
                a = Answer(self.sock.recv(65536))
                if a.code != 100:
                    return a
        except socket.timeout:
            return None

    def ask(self, method, seconds=10.0, **kw):
        """The answer to this request, or None; one to a request before it may have been on its way."""
        self.send(self.build(method, **kw))
        end, mine = time.monotonic() + seconds, str(self.cseq)
        while (a := self.answer(max(end - time.monotonic(), 0.001))) and a.get("CSeq") and a.get("CSeq")[0].split()[0] != mine:
            pass
        return a

    def credentials(self, method, c, password, uri=None, user=None, **override):
        uri, user = uri or f"sip:{self.host}", user or self.user
        self.nc = override.get("nc", self.nc + 1)
        nc, cnonce = f"{self.nc:08x}", "0a4f113b"
        r = h(h(user, c["realm"], password), c["nonce"], nc, cnonce, "auth", h(method, uri))
        return (f'Authorization: Digest username="{user}", realm="{c["realm"]}", nonce="{c["nonce"]}", uri="{uri}", '
                f'response="{r}", algorithm=MD5, qop=auth, nc={nc}, cnonce="{cnonce}"')

    def register(self, password, expires=3600, seconds=10.0):
        """The whole dialogue: the answer to the request with credentials, None for silence."""
        extra = (f"Expires: {expires}",)
        a = self.ask("REGISTER", seconds, extra=extra)
        c = a and a.challenge()
        if not c:
            return a
        self.nc = 0
        return self.ask("REGISTER", seconds, extra=extra + (self.credentials("REGISTER", c, password),))
