"""sipp as the phones: registrations, callers, callees. Its files go to a folder of the run."""

import csv
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
REGISTER = os.path.join(HERE, "..", "call", "sipp", "register.xml")
CALL = os.path.join(HERE, "scenarios", "call.xml")
ANSWER = os.path.join(HERE, "scenarios", "answer.xml")
PHONE_PORT, CALLER_PORT = 5090, 5080
CALLER = "192.168.1.100"
CALLEE = "192.168.1.101"


class Sipp:
    def __init__(self, net, folder, server, ns="lan"):
        self.net, self.folder, self.server, self.ns, self.n = net, folder, server, ns, 0

    def users(self, name, rows):
        """A file of users: rows of fields."""
        path = f"{self.folder}/{name}.csv"
        with open(path, "w") as f:
            f.write("SEQUENTIAL\n" + "".join(";".join(r) + "\n" for r in rows))
        return path

    def start(self, scenario, address, port, *words):
        self.n += 1
        name = f"{self.folder}/{self.n}"
        with open(f"{name}.err", "w") as err:
            p = self.net.popen(self.ns, "sipp", "-sf", scenario, "-i", address, "-p", str(port), "-nostdin",
                               "-buff_size", "4194304", "-trace_stat", "-stf", f"{name}.stat", "-fd", "1", "-trace_err",
                               "-error_file", f"{name}.errors", *words, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=err)
        p.name = name
        return p

    def finish(self, p, seconds):
        """Waits for it; what became of its calls."""
        try:
            p.wait(seconds)
        except subprocess.TimeoutExpired:
            p.terminate()
            p.wait()
        with open(f"{p.name}.stat") as f:
            last = list(csv.DictReader(f, delimiter=";"))[-1]
        return {"errors": self.errors(p), "good": int(last["SuccessfulCall(C)"]), "bad": int(last["FailedCall(C)"]),
                "again": int(last["Retransmissions(C)"]), "seconds": span(last["ElapsedTime(C)"])}

    def errors(self, p):
        """The first unexpected message, in short."""
        try:
            with open(f"{p.name}.errors") as f:
                return " ".join(f.read(600).split())[:400]
        except FileNotFoundError:
            return ""

    def register(self, users, count, rate):
        """Registers the phones, whose Contact is the callee's socket."""
        p = self.start(REGISTER, CALLEE, PHONE_PORT, self.server, "-inf", users, "-m", str(count), "-r", str(rate),
                       "-l", "3000")
        return self.finish(p, 20 + count / rate)

    def callee(self):
        return self.start(ANSWER, CALLEE, PHONE_PORT)

    def call(self, users, count, rate, hold_ms):
        p = self.start(CALL, CALLER, CALLER_PORT, self.server, "-inf", users, "-m", str(count), "-r", str(rate), "-l", "3000",
                       "-d", str(hold_ms))
        return self.finish(p, 40 + count / rate)


def span(text):
    h, m, s = text.split(":")[:3]
    return int(h) * 3600 + int(m) * 60 + float(s)


def clean(r, count):
    """Hardly anything failed or had to be sent twice. (Not "nothing": a proxy's workers may overtake each other, and a 180
    behind its 200 is a failed call to sipp.)"""
    return r["good"] * 200 >= count * 199 and r["again"] * 100 <= count
