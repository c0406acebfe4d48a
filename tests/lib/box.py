"""The product under test: rootfs/up in the laboratory's pbx namespace, with a state of its own."""

import contextlib
import csv
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import faults

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
NAMES = {"sipd": "Sip", "mediad": "Media", "routed": "Route", "guardd": "Guard", "fwd": "Firewall", "httpd": "Web"}


def stopped(pid):
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(") ", 1)[1][0] == "T"


class Refused(Exception):
    """dbus-send was answered with an error."""


def until(true, seconds, what):
    """Polls a condition of the outside world that sends no event."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        threading.Event().wait(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Box:
    def __init__(self, net, state=None):
        self.net = net
        self.state = state or tempfile.mkdtemp(prefix="box-")
        self.logs = tempfile.mkdtemp(prefix="logs-")  # the host's auth.log, as the box sees it
        self.ssh_log = f"{self.logs}/auth.log"
        self.watch = faults.Watch(self.state, ("bus", *NAMES))
        self.up()
        self.first_brakes = self.away_with_brakes()

    def away_with_brakes(self):
        """What a new box would call too much depends on the hour: who tests something else goes without. The rows that there were."""
        rows = self.table("routed", "brake", "List")
        for name in re.findall(r'string "name"\s+string "([^"]+)"', rows):
            self.table("routed", "brake", "Delete", f"string:{name}")
        return rows

    def up(self):
        os.chmod(self.state, 0o755)
        os.chmod(self.logs, 0o755)
        env = {**faults.ENV, **os.environ}
        out = self.net.run("pbx", f"{TOP}/rootfs/up", "--detach", "--state", self.state,
                           "--ssh-log", self.ssh_log, check=False, env=env)
        if out.returncode:
            raise RuntimeError(f"rootfs/up: {out.stdout}{out.stderr}")
        self.watch.begin()
        self.said = out.stdout
        words = dict(line.split(" ", 1) for line in out.stdout.splitlines() if re.match(r"(bus|web|admin|extensions) ", line))
        self.bus, self.web = words["bus"], words["web"]
        self.admin = words.get("admin", "").split(" ") if "admin" in words else None
        with open(words["extensions"]) as f:
            self.extensions = {r[0]: r[1] for r in csv.reader(f) if r and r[0].isdigit()}

    def down(self):
        """Stops the product; raises faults.Fault when a daemon did not stop as it should."""
        out = self.net.run("pbx", f"{TOP}/rootfs/up", "--stop", "--state", self.state, check=False)
        if out.returncode:
            raise RuntimeError(f"rootfs/up --stop: {out.stderr}")
        self.watch.check_stopped()

    def close(self):
        try:
            self.down()
        finally:
            shutil.rmtree(self.state, ignore_errors=True)
            shutil.rmtree(self.logs, ignore_errors=True)

    def send(self, *words, check=True):
        """dbus-send --system --print-reply WORDS, as the README writes it."""
        env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.bus)
        out = subprocess.run(("dbus-send", "--system", "--print-reply", *words), env=env, text=True, capture_output=True)
        if check and out.returncode:
            raise Refused(out.stderr.strip())
        return out.stdout

    def method(self, daemon, member, *args):
        n = NAMES[daemon]
        return self.send(f"--dest=org.sallyport.{n}", f"/org/sallyport/{n}", f"org.sallyport.{n}1.{member}", *args)

    def table(self, daemon, table, member, *args):
        n = NAMES[daemon]
        return self.send(f"--dest=org.sallyport.{n}", f"/org/sallyport/{n}/{table}", f"org.sallyport.Table1.{member}", *args)

    def rows(self, daemon, member, *args):
        """The rows of a method that answers aa{ss}."""
        rows, key = [], None
        for line in self.method(daemon, member, *args).splitlines():
            line = line.strip()
            if line == "array [":
                rows.append({})
            m = re.match(r'string "(.*)"$', line)
            if m and key is None:
                key = m[1]
            elif m:
                rows[-1][key], key = m[1], None
        return [r for r in rows if r]

    def pid(self, daemon):
        try:
            with open(f"{self.state}/service/{daemon}/supervise/pid") as f:
                return int(f.read().strip() or 0)
        except (FileNotFoundError, ValueError):
            return 0

    def kill(self, daemon, number=9):
        """Kills a daemon, or the bus, and waits until it answers again, as another process."""
        old = self.pid(daemon)
        self.watch.expect_end(daemon)
        os.kill(old, number)
        until(lambda: self.pid(daemon) not in (0, old) and self.answers(daemon), 30, f"{daemon} is back")

    @contextlib.contextmanager
    def asleep(self, daemon):
        """A daemon that gets no time to run: what comes meanwhile meets it all at once when it wakes."""
        pid = self.pid(daemon)
        os.kill(pid, signal.SIGSTOP)
        try:
            until(lambda: stopped(pid), 5, f"{daemon} has stopped")
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def away(self, daemon):
        """A daemon that has ended, and is not started again before this is over."""
        pid = self.pid(daemon)
        with open(f"/proc/{pid}/stat") as f:
            supervisor = int(f.read().rsplit(") ", 1)[1].split()[1])
        self.watch.expect_end(daemon)
        os.kill(supervisor, signal.SIGSTOP)
        try:
            os.kill(pid, signal.SIGKILL)
            until(lambda: not self.answers(daemon), 10, f"{daemon} is gone")
            yield
        finally:
            os.kill(supervisor, signal.SIGCONT)
            until(lambda: self.pid(daemon) not in (0, pid) and self.answers(daemon), 30, f"{daemon} is back")

    def answers(self, daemon):
        if daemon == "bus":
            words = ("--dest=org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.GetId")
        else:
            n = NAMES[daemon]
            words = (f"--dest=org.sallyport.{n}", f"/org/sallyport/{n}", "org.freedesktop.DBus.Peer.Ping")
        try:
            self.send(words[0], "--reply-timeout=1000", *words[1:])
            return True
        except Refused:
            return False

    def log(self, daemon):
        with open(f"{self.state}/log/{daemon}/current") as f:
            return f.read()
