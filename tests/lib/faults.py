"""What no test may leave behind unseen: a daemon that ended by itself, a sanitizer's report, an end that was not orderly.

runit's finish script writes one line for each end of a service: the exit status, or -1 after a signal.
"""

import glob
import os
import re

REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error: |Assertion .* failed")
STAMP = re.compile(r"^\S+_\S+ ")
REPORT_LINES = 25
# Sofia holds a mutex of its own as long as its thread lives: to ThreadSanitizer every lock of that thread is out of order.
ENV = {"ASAN_OPTIONS": "quarantine_size_mb=4:handle_abort=1:check_initialization_order=1",
       "UBSAN_OPTIONS": "print_stacktrace=1", "TSAN_OPTIONS": "detect_deadlocks=0"}


class Fault(AssertionError):
    """A daemon did what no daemon may."""


class Watch:
    """Looks after the daemons of one state directory."""

    def __init__(self, state, daemons):
        self.state, self.daemons = state, daemons
        self.seen = set()
        self.begin()

    def begin(self):
        """The product was started: its ends are counted from none."""
        self.expected = dict.fromkeys(self.daemons, 0)

    def expect_end(self, daemon):
        """A test is about to kill this one."""
        self.expected[daemon] += 1

    def ends(self, daemon):
        try:
            with open(f"{self.state}/etc/{daemon}.exits") as f:
                return f.read().split()
        except FileNotFoundError:
            return []

    def lines(self, daemon):
        """The daemon's log, the parts put aside first."""
        folder = f"{self.state}/log/{daemon}"
        for path in sorted(glob.glob(f"{folder}/@*")) + [f"{folder}/current"]:
            try:
                with open(path, errors="replace") as f:
                    yield from (STAMP.sub("", line.rstrip("\n")) for line in f)
            except FileNotFoundError:
                pass

    def reports(self, daemon):
        """What sanitizers and assertions said since the last time; their first lines carry the process's id."""
        lines = list(self.lines(daemon))
        for i, line in enumerate(lines):
            key = (daemon, i if "runtime error" in line else 0, line)
            if REPORT.search(line) and key not in self.seen:
                self.seen.add(key)
                yield f"{daemon} says:\n    " + "\n    ".join(lines[i:i + REPORT_LINES])

    def faults(self):
        found = []
        for d in self.daemons:
            found += self.reports(d)
            ends = self.ends(d)
            if len(ends) > self.expected[d]:
                said = list(self.lines(d))[-3:]
                found.append(f"{d} ended by itself, {len(ends)} ends where {self.expected[d]} were meant, the last with "
                             f"{ends[-1]}:\n    " + "\n    ".join(said))
                self.expected[d] = len(ends)
        return found

    def check(self):
        """Raises Fault; each fault is told once."""
        found = self.faults()
        if found:
            raise Fault("\n".join(found))

    def check_stopped(self):
        """After an orderly stop: each daemon ended once more, and with status 0."""
        found = []
        for d in self.daemons:
            self.expected[d] += 1
            ends = self.ends(d)
            if len(ends) < self.expected[d]:
                found.append(f"{d} did not end")
            elif ends[-1] != "0":
                found.append(f"{d} stopped with status {ends[-1]}")
        found += self.faults()
        if found:
            raise Fault("\n".join(found))


def sanitized(build):
    """Whether this build is one with AddressSanitizer."""
    path = os.path.join(build, "meson-info", "intro-buildoptions.json")
    with open(path) as f:
        return bool(re.search(r'"name": "sanitize", "value": true', f.read()))
