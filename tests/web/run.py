"""run.py [WORD...]   The web pages in Chromium, against the product in the laboratory.

Node runs the scenarios (scenarios.mjs) in the browser; what it needs of the world around - a
phone that registers, an attacker - it asks for here, one JSON line each way. Ends with
"N passed, N failed".
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "call")]

from attacker import attack  # noqa: E402
from lab import Lab  # noqa: E402
from names import Names  # noqa: E402
from netns import Net  # noqa: E402
from provider import Provider  # noqa: E402
from sip import Client  # noqa: E402
from test_pin import Caller, gives_up  # noqa: E402

LONGEST_S = 900


class World:
    """What a scenario may ask for. Each method answers with something JSON can say."""

    def __init__(self, lab):
        self.lab = lab
        self.phones = {}

    def phone(self, number, password, address="192.168.1.101"):
        self.phones[number] = self.lab.phone(number, address=address, password=password)

    def dial(self, number, callee):
        self.phones[number].tell("dial", callee)

    def answer(self, number):
        self.phones[number].wait("CALL_INCOMING")
        self.phones[number].tell("accept")

    def hears_bye(self, number):
        self.phones[number].wait("CALL_CLOSED")

    def attack(self, address, number):
        """A stranger tries passwords until nobody answers."""
        peer = Client(self.lab.net, "wan", address, Net.PBX_WAN, number)
        self.lab.later(peer.close)
        return attack(self.lab, peer, 30)

    def knock(self, address, number, times, phone=False):
        """So many wrong passwords of a stranger, each answered; phone: of one that is registered there."""
        peer = Client(self.lab.net, "wan", address, Net.PBX_WAN, number)
        self.lab.later(peer.close)
        assert not phone or peer.register(self.password(number)).code == 200
        for n in range(times):
            peer.nc = 0
            assert peer.register(f"wrong{n}").code == 401

    def wrong_pins(self, number, callee, calls):
        """A phone of ours calls out so often, and types a wrong PIN each time."""
        for _ in range(calls):
            c = Caller(self.lab, "events", number)
            c.dial(callee)
            c.enter("111111#")
            c.again()  # that is the reason why not
            gives_up(c)
            c.peer.close()

    def put(self, daemon, table, key, row):
        pairs = ",".join(f"{k},{v}" for k, v in row.items())
        self.lab.box.table(daemon, table, "Put", f"string:{key}", f"dict:string:string:{pairs}")

    def set(self, daemon, table, key, field, value):
        self.lab.box.table(daemon, table, "Set", f"string:{key}", f"string:{field}", f"string:{value}")

    def provider(self):
        """A telephone company at 198.51.100.10; its account is acme."""
        Provider(self.lab)

    def names(self, *records):
        """What DNS says: lines of dnsmasq's configuration."""
        Names(self.lab, *records)

    def password(self, number):
        return self.lab.box.extensions[number]

    def kill(self, daemon):
        """kill -9; it is back when this returns."""
        self.lab.box.kill(daemon)

    def down(self, daemon):
        """Holds a daemon down, as if it could not start."""
        self.lab.box.watch.expect_end(daemon)
        self.sv("down", daemon)

    def up(self, daemon):
        self.sv("up", daemon)

    def sv(self, word, daemon):
        subprocess.run(("sv", "-w", "20", word, f"{self.lab.box.state}/service/{daemon}"), check=True, capture_output=True)


def browser(lab, where, folder):
    """Chromium that lives in a namespace: Playwright starts this script."""
    path = f"{folder}/chromium"
    with open(path, "w") as f:
        f.write(f'#!/bin/sh\nexec ip netns exec {lab.net.ns(where)} chromium "$@"\n')
    os.chmod(path, 0o755)
    return path


def serve(node, world):
    """Answers the scenarios' questions until they end; the score is what they said last."""
    score = {"passed": 0, "failed": 0}
    for line in node.stdout:
        try:
            said = json.loads(line)
        except ValueError:
            print(line.rstrip(), flush=True)
            continue
        if "score" in said:
            score = said["score"]
            continue
        answer = {}
        try:
            answer["value"] = getattr(world, said["do"])(*said["with"])
        except Exception as e:
            answer["error"] = f"{said['do']}: {e}"
        node.stdin.write(json.dumps(answer) + "\n")
        node.stdin.flush()
    return score


def run(words):
    shots = os.path.join(TOP, "build", "shots")
    shutil.rmtree(shots, ignore_errors=True)
    os.makedirs(shots)
    folder = tempfile.mkdtemp(prefix="web-")
    try:
        with Lab() as lab:
            # root's own place for the browser's state, gone with the folder
            env = dict(os.environ, WEB=f"https://{Net.PBX_LAN}:9999", ADMIN=lab.box.admin[0], PASSWORD=lab.box.admin[1],
                       CHROMIUM=browser(lab, "lan", folder), SHOTS=shots, HOME=folder,
                       DBUS_SESSION_BUS_ADDRESS="disabled:", DBUS_SYSTEM_BUS_ADDRESS="disabled:")
            node = subprocess.Popen(["node", f"{HERE}/scenarios.mjs", *words], env=env, text=True,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            timer = threading.Timer(LONGEST_S, node.kill)
            timer.start()
            try:
                score = serve(node, World(lab))
            finally:
                timer.cancel()
                if node.poll() is None:
                    node.terminate()
                node.wait()
            if score["failed"] or node.returncode:
                lab.tell()
            if node.returncode and not score["failed"]:
                score["failed"] = 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return score


def ended(*_):
    """A signal must not leave the laboratory behind."""
    raise SystemExit(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, ended)
    result = run(sys.argv[1:])
    print(f"{result['passed']} passed, {result['failed']} failed")
    sys.exit(1 if result["failed"] or not result["passed"] else 0)
