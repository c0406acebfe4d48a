"""A real telephone: baresip in a namespace, told by and heard through its control socket."""

import json
import math
import os
import shutil
import signal
import struct
import tempfile
import threading
import time
import wave

RATE = 8000


def make_tone(path, hertz, seconds=120):
    with wave.open(path, "wb") as w:
        w.setparams((1, 2, RATE, 0, "NONE", ""))
        # whole waves to the second: one second is like the other
        w.writeframes(seconds * b"".join(
            struct.pack("<h", int(9000 * math.sin(2 * math.pi * hertz * i / RATE)))
            for i in range(RATE)))


def power_at(samples, hertz):
    """The Goertzel share of one frequency in the whole signal, 0 to 1."""
    total = sum(s * s for s in samples)
    if not total:
        return 0.0
    c = 2 * math.cos(2 * math.pi * hertz / RATE)
    a = b = 0.0
    for s in samples:
        a, b = s + c * a - b, a
    return 2 * (a * a + b * b - c * a * b) / (len(samples) * total)


class Phone:
    """One account on one baresip. Events are kept; wait() takes them in order."""

    def __init__(self, net, ns, address, number, password, server, port=5070, transport="udp",
                 tone=440, answer="manual", extra="", lines=""):
        self.net, self.ns, self.number = net, ns, number
        self.dir = tempfile.mkdtemp(prefix="phone-")
        self.events, self.fresh, self.mark = [], threading.Condition(), 0
        self.rtp_ports = range(20000 + port * 2, 20040 + port * 2)
        make_tone(f"{self.dir}/tone.wav", tone)
        host = f"[{server}]" if ":" in server else server
        at = f"[{address}]" if ":" in address else address
        with open(f"{self.dir}/accounts", "w") as f:
            f.write(f"<sip:{number}@{host};transport={transport}>;auth_user={number};auth_pass={password};"
                    f"regint=120;answermode={answer};audio_codecs=PCMA/8000/1,PCMU/8000/1{extra}\n")
        with open(f"{self.dir}/config", "w") as f:
            f.write(f"sip_listen {at}:{port}\naudio_player aubridge,{number}\n"
                    f"audio_source aufile,{self.dir}/tone.wav\naudio_alert aubridge,alert{number}\n"
                    f"ctrl_tcp_listen 127.0.0.1:{port + 10000}\nsnd_path {self.dir}\n"
                    "module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\n"
                    "module aubridge.so\nmodule sndfile.so\nmodule_tmp uuid.so\n"
                    "module_tmp account.so\nmodule_app ctrl_tcp.so\nmodule_app menu.so\n"
                    f"call_max_calls 4\nrtp_ports {self.rtp_ports[0]}-{self.rtp_ports[-1] + 1}\n"
                    f"rtp_timeout 60\nsip_verify_server no\n{lines}\n")
        with open(f"{self.dir}/contacts", "w"):
            pass
        self.log = open(f"{self.dir}/log", "w")
        self.proc = net.popen(ns, "baresip", "-f", self.dir, stdin=-3, stdout=self.log, stderr=self.log)
        self.sock = self.connect(port + 10000)
        threading.Thread(target=self.read, daemon=True).start()

    def connect(self, port):
        import socket
        until = time.monotonic() + 30
        while True:
            s = self.net.socket(self.ns, kind=socket.SOCK_STREAM)
            try:
                s.connect(("127.0.0.1", port))
                return s
            except ConnectionRefusedError:
                s.close()
                if time.monotonic() > until or self.proc.poll() is not None:
                    raise RuntimeError(f"baresip did not start: {self.screen()}")
                threading.Event().wait(0.05)

    def read(self):
        buf = b""
        while True:
            try:
                more = self.sock.recv(65536)
            except OSError:
                return
            if not more:
                return
            buf += more
            while b":" in buf:
                size, rest = buf.split(b":", 1)
                n = int(size)
                if len(rest) < n + 1:
                    break
                with self.fresh:
                    self.events.append(json.loads(rest[:n]))
                    self.fresh.notify_all()
                buf = rest[n + 1:]

    def tell(self, command, params=""):
        text = json.dumps({"command": command, "params": params}).encode()
        self.sock.sendall(b"%d:%s," % (len(text), text))

    def wait(self, kind, seconds=20, **also):
        """The next event of that type after the last one waited for."""
        def fits(e):
            return e.get("type") == kind and all(str(v) in str(e.get(k, "")) for k, v in also.items())

        def found():
            for i in range(self.mark, len(self.events)):
                if fits(self.events[i]):
                    self.mark = i + 1
                    return self.events[i]
            return None
        with self.fresh:
            hit = []
            if not self.fresh.wait_for(lambda: hit.append(found()) or hit[-1], seconds):
                seen = [e.get("type") for e in self.events[self.mark:]]
                raise AssertionError(f"phone {self.number}: no {kind} {also} in {seconds} s; "
                                     f"came instead: {seen}; {self.screen()[-800:]}")
            return hit[-1]

    def says(self, text, seconds=30):
        """Waits for a line of its own screen; what came before this was connected counts."""
        until = time.monotonic() + seconds
        while text not in self.screen():
            if time.monotonic() > until or self.proc.poll() is not None:
                raise AssertionError(f"phone {self.number} never said {text!r}: {self.screen()[-800:]}")
            threading.Event().wait(0.02)

    def screen(self):
        with open(f"{self.dir}/log", errors="replace") as f:
            return f.read()

    def saw(self, kind):
        with self.fresh:
            return [e for e in self.events if e.get("type") == kind]

    def heard(self):
        """What came out of the loudspeaker, as samples of all calls so far."""
        out = []
        for name in sorted(os.listdir(self.dir)):
            if name.startswith("dump-") and name.endswith("-dec.wav"):
                with open(f"{self.dir}/{name}", "rb") as f:
                    raw = f.read()[44:]
                out += struct.unpack(f"<{len(raw) // 2}h", raw[:len(raw) // 2 * 2])
        return out

    def hears(self, hertz, seconds=1.0, within=15):
        """Waits until so much sound has arrived, then says how much of it is that tone."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            s = self.heard()
            if len(s) >= RATE * seconds and any(s[-RATE // 2:]):
                return power_at(s[-int(RATE * seconds):], hertz)
            threading.Event().wait(0.1)
        raise AssertionError(f"phone {self.number} heard {len(self.heard())} samples in {within} s")

    def goes_on(self, hertz, within=15):
        """Waits for a whole second of that tone out of what is heard from now on; a machine at work may lose a moment."""
        begin, until = len(self.heard()), time.monotonic() + within
        while time.monotonic() < until:
            s = self.heard()
            if len(s) >= begin + RATE and power_at(s[-RATE:], hertz) > 0.9:
                return
            threading.Event().wait(0.1)
        raise AssertionError(f"phone {self.number}: {len(self.heard()) - begin} samples in {within} s, no second of {hertz} Hz")

    def close(self):
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
            try:
                self.proc.wait(10)
            except Exception:
                self.proc.kill()
                self.proc.wait()
        self.sock.close()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)
