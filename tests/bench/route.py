"""What a decision costs inside routed, with few rules and with 10,000: a program of its own, without bus and disk."""

import os
import subprocess


def measure():
    out = subprocess.run((f"{os.environ['SALLYPORT_BUILD']}/tests/bench/route_load",), check=True, text=True, capture_output=True)
    result = {}
    for line in out.stdout.splitlines():
        row = dict(word.split("=") for word in line.split())
        name = f"ours.route_{row['kind']}_{row['rules']}"
        result |= {f"{name}_{k}": float(row[k]) for k in ("compile_ms", "p50_us", "p99_us")}
    return result
