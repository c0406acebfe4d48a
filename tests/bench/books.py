"""What the books cost: an outbound call with a time rule and credit beside an internal one; records by the million."""

import os
import re
import subprocess

from measure import Cpu
from sipp import CALLEE, PHONE_PORT

CALLS, RATE, HOLD_MS, ROUNDS = 1500, 100, 200, 3
TABLES = (("sipd", "trunk", "bench", f"host,{CALLEE},port,{PHONE_PORT},max_calls,1000,qualify_s,0,rates,bench"),
          ("routed", "route_settings", "general", "country,49"),
          ("routed", "time_rule", "always", "hours,mon-sun 00:00-24:00"),
          ("routed", "call_rate", "bench/49", "price_milli,10"),
          ("routed", "credit", "time", "scope,trunk,who,bench,period,day,seconds,100000000"),
          ("routed", "credit", "money", "scope,dial_rule,who,bench,period,month,money_milli,100000000000"),
          ("routed", "dial_rule", "bench", "pattern,9X.,strip,1,prepend,0049,trunks,bench,time_rule,always"))


def cost(sipp, ours, users):
    """CPU ms of a call, in all daemons and by each; and how many went wrong."""
    with Cpu(ours.pids()) as c:
        r = sipp.call(users, CALLS, RATE, HOLD_MS)
        ours.calls_are_over()
    return c.total / CALLS, {n: round(ms / CALLS, 4) for n, ms in c.ms.items() if ms / CALLS > 2e-3}, r["bad"]


def credit(sipp, ours, phones):
    """In turns, for the machine is not always the same; the middle one of each counts."""
    for owner, table, name, words in TABLES:
        ours.box.table(owner, table, "Put", f"string:{name}", f"dict:string:string:{words}")
    inside = sipp.users("inside", [(a, login, b) for (a, login), (b, _) in zip(phones[::2], phones[1::2])])
    outside = sipp.users("outside", [(a, login, "9" + b) for (a, login), (b, _) in zip(phones[::2], phones[1::2])])
    runs = {"internal": [], "outbound": []}
    callee = sipp.callee()
    try:
        for _ in range(ROUNDS):
            for name, users in (("internal", inside), ("outbound", outside)):
                runs[name].append(cost(sipp, ours, users))
    finally:
        callee.terminate()
        callee.wait()
    middle = {n: sorted(r)[ROUNDS // 2] for n, r in runs.items()}
    out = {f"ours.{n}_cpu_ms": m[0] for n, m in middle.items()}
    out.update({f"ours.{n}_by": m[1] for n, m in middle.items()})
    out.update({f"ours.{n}_bad": sum(r[2] for r in runs[n]) for n in runs})
    out["ours.credit_more_cpu_ms"] = middle["outbound"][0] - middle["internal"][0]
    return out


def records():
    """The figures of records_load: ms of pages and totals over so many records."""
    out = subprocess.run((f"{os.environ['SALLYPORT_BUILD']}/tests/bench/records_load",), text=True, capture_output=True, check=True)
    return {f"ours.records_{k}": float(v) for k, v in re.findall(r"(\w+)=([\d.]+)", out.stdout)}
