"""The others, in the same namespace and at the same work: Kamailio as registrar and proxy, rtpengine as relay."""

import os
import socket
import subprocess

import kamailio
import measure
from box import until

SERVER = "192.168.1.1"

ROUTES = """
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
        sl_send_reply("404", "Not here");
        exit;
    }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    t_check_trans();
    if (!pv_www_authenticate("sallyport", "$sht(secret=>$fU)", "0")) { www_challenge("sallyport", "1"); exit; }
    if (is_method("REGISTER")) { save("location"); exit; }
    consume_credentials();
    record_route();
    if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
    t_relay();
}
"""


class Kamailio:
    def __init__(self, net, folder, secrets):
        self.log = open(f"{folder}/kamailio.log", "w")
        text = kamailio.config(f"disable_tcp=yes\nlisten=udp:{SERVER}:5060", ROUTES, secrets)
        self.p = kamailio.begin(net, "pbx", folder, text, self.log, 128, 16)

    def pids(self):
        return {f"kamailio {n}": p for n, p in enumerate(measure.children(self.p.pid))}

    def close(self):
        kamailio.end(self.p)
        self.log.close()


def bencode(x):
    if isinstance(x, int):
        return b"i%de" % x
    if isinstance(x, (str, bytes)):
        b = x.encode() if isinstance(x, str) else x
        return b"%d:%s" % (len(b), b)
    if isinstance(x, list):
        return b"l" + b"".join(map(bencode, x)) + b"e"
    return b"d" + b"".join(bencode(k) + bencode(x[k]) for k in sorted(x)) + b"e"


def bdecode(b, at=0):
    """The value that begins at `at`, and where it ends."""
    if b[at:at + 1] == b"i":
        end = b.index(b"e", at)
        return int(b[at + 1:end]), end + 1
    if b[at:at + 1] in (b"l", b"d"):
        items, pos = [], at + 1
        while b[pos:pos + 1] != b"e":
            v, pos = bdecode(b, pos)
            items.append(v)
        return (items if b[at:at + 1] == b"l" else dict(zip(items[::2], items[1::2]))), pos + 1
    colon = b.index(b":", at)
    n = int(b[at:colon])
    return b[colon + 1:colon + 1 + n], colon + 1 + n


class Rtpengine:
    """User space mode (kernel table -1), spoken to in its ng protocol."""

    def __init__(self, net, folder):
        self.log = open(f"{folder}/rtpengine.log", "w")
        self.p = net.popen("pbx", "rtpengine", "--config-file=none", "--foreground", "--log-stderr", "--log-level=3",
                           "--table=-1", f"--interface={SERVER}", "--listen-ng=127.0.0.1:2223", "--port-min=30000",
                           "--port-max=40000", stdout=self.log, stderr=self.log, cwd=folder)
        self.sock = net.socket("pbx")
        self.sock.connect(("127.0.0.1", 2223))
        self.sock.settimeout(0.2)
        self.n = 0

    def pids(self):
        return {f"rtpengine {n}": p for n, p in enumerate(measure.children(self.p.pid))}

    def ask(self, **words):
        self.n += 1
        cookie = b"%d_%d" % (os.getpid(), self.n)
        return until(lambda: self.once(cookie, words), 10, "rtpengine answers")

    def once(self, cookie, words):
        try:
            self.sock.send(cookie + b" " + bencode(words))
            while True:
                head, _, body = self.sock.recv(65536).partition(b" ")
                if head == cookie:
                    return bdecode(body)[0]
        except (socket.timeout, ConnectionRefusedError):
            return None

    def offer(self, call, sdp):
        return self.ask(command="offer", **{"call-id": call, "from-tag": "a", "sdp": sdp})[b"sdp"].decode()

    def answer(self, call, sdp):
        return self.ask(command="answer", **{"call-id": call, "from-tag": "a", "to-tag": "b", "sdp": sdp})[b"sdp"].decode()

    def close(self):
        self.sock.close()
        self.p.terminate()
        self.p.wait(20)
        self.log.close()


def version(*words):
    out = subprocess.run(words, text=True, capture_output=True)
    return (out.stdout + out.stderr).strip().splitlines()[0]
