"""Sallyport under measurement: the laboratory's box, its processes, and 1000 extensions."""

import json
import random
import subprocess

import measure
from box import NAMES, until

WIRE = {"caller": "192.168.1.100", "callee": "192.168.1.101"}
SERVER = "192.168.1.1"


def strong(r):
    """A password the box takes: every class, no run, no name."""
    body = "".join(r.choices("ACEGHKMPRTWXZ", k=5) + r.choices("bdfhkmprtwxz", k=5) + r.choices("2579", k=3))
    return "Q" + "".join(r.sample(body, len(body))) + "+z"


def secrets(count):
    r = random.Random(1)
    return {str(1000 + n): strong(r) for n in range(count)}


class Ours:
    def __init__(self, box):
        self.box = box

    def pids(self):
        """Every process of ours: the daemons, the processes they keep, the bus."""
        pids = {}
        for d in (*NAMES, "bus"):
            for n, p in enumerate(measure.children(self.box.pid(d))):
                pids[d if n == 0 else f"{d} {n}"] = p
        return pids

    def call(self, daemon, path, interface, member, *words):
        n = NAMES[daemon]
        out = subprocess.run(("busctl", f"--address={self.box.bus}", "--json=short", "call", f"org.sallyport.{n}",
                              f"/org/sallyport/{n}{path}", interface, member, *words), text=True, capture_output=True)
        if out.returncode:
            raise RuntimeError(f"{member}: {out.stderr.strip()}")
        return json.loads(out.stdout)["data"] if out.stdout.strip() else []

    def extensions(self, rows):
        words = []
        for number, secret in rows.items():
            words += ["put", number, "1", "secret", secret]
        self.call("sipd", "/extension", "org.sallyport.Table1", "Apply", "a{ss}a(ssa{ss})", "0", str(len(rows)), *words)

    def widen(self):
        """Ports and calls enough for a benchmark (SPEC 4)."""
        self.box.table("mediad", "media_settings", "Put", "string:general", "dict:string:string:port_min,10000,port_max,40000")
        self.box.table("sipd", "sip_settings", "Put", "string:general", "dict:string:string:max_calls,5000")

    def registrations(self):
        return len(self.box.rows("sipd", "Registrations"))

    def records(self, since_ms):
        """How many call records there are since then."""
        n, page, before = 0, None, ""
        while page is None or len(page) == 1000:
            page = self.box.rows("routed", "Records", f"string:{before}", "uint32:1000")
            n += sum(int(r["start_ms"]) >= since_ms for r in page)
            before = f"before={page[-1]['id']}" if page else ""
        return n

    def calls_are_over(self):
        until(lambda: not self.box.rows("sipd", "Calls"), 70, "all calls are over")

    def offer(self, call, sdp):
        return self.sdp("Offer", call, "caller", "", sdp)

    def answer(self, call, sdp):
        return self.sdp("Answer", call, "callee", "b", sdp, "b", "true")

    def sdp(self, member, call, leg, branch, sdp, *more):
        data = sdp.encode()
        kinds = "sssaysbss" + ("b" if more else "")
        out = self.call("mediad", "", "org.sallyport.Media1", member, kinds, call, leg, branch, str(len(data)),
                        *map(str, data), WIRE[leg], "true", "", SERVER, *more[1:])
        return bytes(out[0]).decode()
