"""What processes cost: CPU time and memory, from /proc."""

import os
import re


def children(pid):
    """A process and all that came from it."""
    found = [pid]
    for p in found:
        try:
            for task in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{task}/children") as f:
                    found += [int(c) for c in f.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu_ms(pid):
    """CPU time of all its threads that live (schedstat counts nanoseconds, stat only 10 ms)."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            total += int(f.read().split()[0])
    return total / 1e6


def pss_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M)[1]) / 1024


class Cpu:
    """with Cpu({name: pid}) as c: ...  then c.ms is {name: CPU time used}."""

    def __init__(self, pids):
        self.pids = pids

    def __enter__(self):
        self.before = {n: cpu_ms(p) for n, p in self.pids.items()}
        return self

    def __exit__(self, kind, *_):
        if not kind:
            self.ms = {n: cpu_ms(p) - self.before[n] for n, p in self.pids.items()}
            self.total = sum(self.ms.values())
