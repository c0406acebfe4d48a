#!/usr/bin/python3
"""run.py [NAME...]   Runs the system tests: each test_*.py here has functions test_*(lab).

A lab is made for each file: the networks, the product, and what it needs to add phones.
Ends with "N passed, N failed"; exit status 1 when one failed.
"""

import importlib
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

from lab import Lab  # noqa: E402


def clean(lab):
    """After a failure: away with what the test left, and no word on what follows from it."""
    try:
        lab.tidy()
    except AssertionError as e:
        print(f"        {e}", flush=True)


def stop(lab, name, score):
    """The product's orderly end is a test of its own: here leaks are told."""
    try:
        lab.__exit__(None, None, None)
    except Exception as e:
        score["failed"] += 1
        print(f"FAILED  {name}: the end\n{e}", flush=True)


def run_file(name, words, score):
    module = importlib.import_module(name)
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_") and callable(f)]
    tests = [(n, f) for n, f in tests if not words or any(w in f"{name}.{n}" for w in words)]
    if not tests:
        return
    try:
        lab = Lab().__enter__()
    except Exception:
        traceback.print_exc()
        score["failed"] += len(tests)
        return
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


def main(words):
    score = {"passed": 0, "failed": 0}
    for f in sorted(os.listdir(HERE)):
        if f.startswith("test_") and f.endswith(".py"):
            run_file(f[:-3], words, score)
    print(f"{score['passed']} passed, {score['failed']} failed")
    return 1 if score["failed"] or not score["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
