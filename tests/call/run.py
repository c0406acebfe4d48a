#!/usr/bin/python3
"""run.py [NAME...]   Runs the system tests: each test_*.py here has functions test_*(lab).

A lab is made for each file: the networks, the product, and what it needs to add phones. Most of a test is waiting, so
several files run at a time, each in a process and a lab of its own; what a file said is printed when it has ended. A
file whose tests take the whole machine, or measure it, says so: ALONE = "why". Those come last, one by one.
Ends with "N passed, N failed"; exit status 1 when one failed.
"""

import importlib
import os
import re
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor, as_completed

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
AT_ONCE = 2 * (os.cpu_count() or 1)
SCORE = re.compile(r"(\d+) passed, (\d+) failed\n$")

from lab import Lab  # noqa: E402


def clean(lab):
    """After a failure: away with what the test left, and no word on what follows from it."""
    try:
        lab.tidy()
    except Exception as e:
        print(f"        {e}", flush=True)


def stop(lab, name, score):
    """The product's orderly end is a test of its own: here leaks are told."""
    begin = time.monotonic()
    try:
        lab.__exit__(None, None, None)
        print(f"        {name}: the lab is gone ({time.monotonic() - begin:.1f} s)", flush=True)
    except Exception as e:
        score["failed"] += 1
        print(f"FAILED  {name}: the end\n{e}", flush=True)


def tests_of(name, words):
    """The tests of a file whose names have one of the words; its reason to run alone, if it has one."""
    module = importlib.import_module(name)
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_") and callable(f)]
    return [(n, f) for n, f in tests if not words or any(w in f"{name}.{n}" for w in words)], getattr(module, "ALONE", "")


def run_file(name, words):
    """The tests of one file in a lab; their score."""
    tests, _ = tests_of(name, words)
    score = {"passed": 0, "failed": 0}
    begin = time.monotonic()
    try:
        lab = Lab().__enter__()
    except Exception:
        traceback.print_exc()
        return {"passed": 0, "failed": len(tests)}
    print(f"        {name}: the lab stands ({time.monotonic() - begin:.1f} s)", flush=True)
    try:
        for n, f in tests:
            begin = time.monotonic()
            try:
                f(lab)
                lab.tidy()
                score["passed"] += 1
                print(f"ok      {name}.{n} ({time.monotonic() - begin:.1f} s)", flush=True)
            except Exception:
                score["failed"] += 1
                print(f"FAILED  {name}.{n}", flush=True)
                traceback.print_exc()
                lab.tell()
                clean(lab)
    finally:
        stop(lab, name, score)
    return score


def beside(name, words):
    """The same in a process of its own: (passed, failed, what it said)."""
    out = subprocess.run((sys.executable, os.path.abspath(__file__), "--file", name, *words), stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace").stdout
    found = SCORE.search(out)
    if not found:
        return 0, 1, f"{out}FAILED  {name}: it ended without a score\n"
    return int(found[1]), int(found[2]), out[:found.start()]


def main(words):
    files = [f[:-3] for f in sorted(os.listdir(HERE)) if f.startswith("test_") and f.endswith(".py")]
    chosen = [(name, *tests_of(name, words)) for name in files]
    # the longest first, or they would be waited for at the end
    chosen = sorted((c for c in chosen if c[1]), key=lambda c: -len(c[1]))
    passed = failed = 0
    for group, at_once in (([n for n, _, alone in chosen if not alone], AT_ONCE), ([n for n, _, alone in chosen if alone], 1)):
        with ThreadPoolExecutor(at_once) as pool:
            for done in as_completed([pool.submit(beside, n, words) for n in group]):
                p, f, said = done.result()
                passed, failed = passed + p, failed + f
                print(said, end="", flush=True)
    return passed, failed


if __name__ == "__main__":
    if sys.argv[1:2] == ["--file"]:
        passed, failed = run_file(sys.argv[2], sys.argv[3:]).values()
    else:
        passed, failed = main(sys.argv[1:])
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
