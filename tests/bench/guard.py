"""What the guard costs: a report with no ban and with 100,000, a ban, a restart."""

import re
import time

from box import until
from bus_raw import CALL, Raw
from measure import Cpu, pss_mb

BANS, REPORTS, FLIGHT = 100_000, 3000, 64
GUARD = ("org.sallyport.Guard", "/org/sallyport/Guard", "org.sallyport.Guard1")


def numbered(net, n):
    return f"{net}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


class Caller:
    def __init__(self, ours):
        self.ours = ours
        self.raw = Raw(re.sub("^unix:path=", "", ours.box.bus), 0)

    def pids(self, *names):
        return {n: self.ours.box.pid(n) for n in names}

    def many(self, member, rows):
        """Calls one after another, a few under way at once; every answer must be one."""
        waiting = 0
        for row in rows:
            self.raw.sock.sendall(self.raw.make(CALL, *GUARD, member, row))
            waiting += 1
            if waiting == FLIGHT:
                self.good()
                waiting -= 1
        for _ in range(waiting):
            self.good()

    def good(self):
        while not (a := self.raw.read()).serial:
            pass
        if a.error:
            raise RuntimeError(f"{a.error}: {a.text()}")

    def reports(self, net):
        """(CPU of guardd in us, p50 and p99 in us) of a report, each from an address of its own."""
        times = []
        with Cpu(self.pids("guardd")) as c:
            for n in range(REPORTS):
                begin = time.perf_counter()
                a = self.raw.call(*GUARD, "Report", "sip", "credential", numbered(net, n + 1), "udp", "801", "", True, False, "auto", "")
                times.append((time.perf_counter() - begin) * 1e6)
                if a.error:
                    raise RuntimeError(f"{a.error}: {a.text()}")
        times.sort()
        return c.total * 1000 / REPORTS, times[len(times) // 2], times[len(times) * 99 // 100]


def measure(ours):
    g, box, out = Caller(ours), ours.box, {}
    out["ours.report_cpu_us"], out["ours.report_p50_us"], out["ours.report_p99_us"] = g.reports(101)
    begin = time.monotonic()
    with Cpu(g.pids("guardd", "fwd", "bus")) as c:
        g.many("Reject", ((numbered(102, n + 1), "sip", 86400) for n in range(BANS)))
    out["ours.bans_per_s"] = BANS / (time.monotonic() - begin)
    out["ours.many_ban_by_us"] = {n: round(ms * 1000 / BANS, 1) for n, ms in c.ms.items()}
    out["ours.report_many_cpu_us"], out["ours.report_many_p50_us"], out["ours.report_many_p99_us"] = g.reports(103)
    with Cpu(g.pids("guardd", "fwd")) as c:
        for n in range(REPORTS):
            g.raw.call(*GUARD, "Reject", numbered(104, n + 1), "sip", 3600)
            g.raw.call(*GUARD, "Unreject", numbered(104, n + 1), "sip")
    out["ours.ban_unban_many_by_us"] = {n: round(ms * 1000 / REPORTS, 1) for n, ms in c.ms.items()}
    out["ours.guard_pss_many_mb"] = {n: round(pss_mb(p), 1) for n, p in g.pids("guardd", "fwd", "sipd", "httpd").items()}
    before = len(box.log("guardd"))
    begin = time.monotonic()
    box.kill("guardd")
    out["ours.guard_back_s"] = time.monotonic() - begin
    until(lambda: "fwd took over" in box.log("guardd")[before:], 60, "the bans are back in the kernel")
    out["ours.guard_bans_back_s"] = time.monotonic() - begin
    g.raw.close()
    return out
