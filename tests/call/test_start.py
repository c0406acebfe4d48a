"""What a start does when something is wrong: one clear line, an exit status, nothing half started, nothing left."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from box import TOP, until

UP = f"{TOP}/rootfs/up"
BUILD = os.path.abspath(os.environ.get("SALLYPORT_BUILD", f"{TOP}/build"))
NETS = ("itsp", "home", "nat", "lan")  # networks that the laboratory's own product is not in
NS = NETS[0]
PROMPTS = "/usr/share/asterisk/sounds"


class Ground:
    """Folders to start in, and what a start must not leave behind."""

    def __init__(self, lab, ns=NS):
        self.net, self.ns = lab.net, ns
        self.top = tempfile.mkdtemp(prefix="start-")
        os.chmod(self.top, 0o755)
        self.state = f"{self.top}/state"
        self.env = dict(os.environ, SALLYPORT_BUILD=BUILD)
        lab.later(self.clear)

    def clear(self):
        for state in (self.state, f"{self.top}/a b"):
            if self.world(state):
                self.up("--stop", state=state)
        shutil.rmtree(self.top, ignore_errors=True)

    def up(self, *words, state=None, before=(), **kw):
        """rootfs/up in the network, behind the command `before`."""
        kw.setdefault("env", self.env)
        return self.net.run(self.ns, *before, UP, *words, "--state", state or self.state, check=False, **kw)

    def start(self, **kw):
        out = self.up("--detach", **kw)
        assert out.returncode == 0, out.stderr
        return out.stdout

    def stop(self, **kw):
        out = self.up("--stop", **kw)
        assert (out.returncode, out.stderr) == (0, ""), out.stderr
        self.nothing_left(kw.get("state"))

    def refuses(self, said, *words, **kw):
        """It does not start, says why in one line, and leaves nothing."""
        out = self.up(*(words or ("--detach",)), **kw)
        assert out.returncode not in (0, -1), "it started"
        assert len(out.stderr.splitlines()) == 1, f"one line: {out.stderr!r}"
        assert re.search(said, out.stderr), f"{said}: {out.stderr}"
        assert out.stdout == "", out.stdout
        self.nothing_left(kw.get("state"))

    def world(self, state=None):
        """Processes that see the state as theirs."""
        found = []
        for p in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.path.samefile(f"/proc/{p}/root/run/sallyport", state or self.state):
                    found.append(int(p))
            except OSError:
                pass
        return found

    def tables(self):
        return self.net.run(self.ns, "nft", "list", "tables").stdout

    def nothing_left(self, state=None):
        state = state or self.state
        assert not self.world(state), "processes"
        assert "sallyport" not in self.tables(), "the packet filter's table"
        assert not os.path.exists(f"{state}/bus"), "the bus's socket"
        with open("/proc/self/mountinfo") as f:
            assert self.top not in f.read(), "a mount"

    def service(self, name):
        with open(f"{self.state}/service/{name}/supervise/pid") as f:
            return int(f.read() or 0)

    def supervisor(self):
        for p in self.world():
            with open(f"/proc/{p}/comm") as f:
                if f.read() == "runsvdir\n":
                    return p
        raise AssertionError("no supervisor")

    def truth(self, path):
        return f"{self.state}/truth/{path}"

    def used(self):
        """A state that has been started once: what is broken then is not new."""
        self.start()
        self.stop()


def at_once(lab, case, cases):
    """Each case in a network of its own: most of the time they wait."""
    with ThreadPoolExecutor(len(NETS)) as pool:
        list(pool.map(case, [Ground(lab, ns) for ns in NETS], cases))


def listen(g, kind, port):
    """A stranger on one of our ports."""
    s = g.net.socket(g.ns, socket.AF_INET, kind)
    s.bind(("0.0.0.0", port))
    if kind == socket.SOCK_STREAM:
        s.listen()
    return s


def test_wrong_options(lab):
    g = Ground(lab)
    g.refuses("unknown option --frob: see --help", "--frob")
    g.refuses("--port 0: must be a number from 1 to 65535", "--port", "0")
    g.refuses("--port 65536: must be", "--port", "65536")
    g.refuses("--port 99999999999999999999: must be", "--port", "99999999999999999999")
    g.refuses("--port 1e3: must be", "--port", "1e3")
    g.refuses("--detach and --stop exclude", "--detach", "--stop")
    assert not os.path.exists(g.state), "a wrong option makes no folder"
    out = lab.net.run(NS, UP, "--state", check=False)
    assert (out.returncode, out.stderr) == (1, "rootfs/up: --state needs a value: see --help\n"), out.stderr
    assert g.up("--help").stdout.startswith("rootfs/up ["), "help"


def test_wrong_state(lab):
    g = Ground(lab)
    plain = f"{g.top}/file"
    with open(plain, "w") as f:
        f.write("mine")
    os.mkdir(f"{g.top}/other")
    os.mkdir(f"{g.top}/other/letters")
    os.mkdir(f"{g.top}/user")
    os.chown(f"{g.top}/user", 65534, 65534)
    out = g.up("--detach", state=plain)
    assert out.returncode == 1 and re.fullmatch(r"rootfs/up: --state: .*file.*\n", out.stderr), out.stderr
    g.refuses("holds other things: choose an empty folder", state=f"{g.top}/other")
    g.refuses("belongs to nobody", state=f"{g.top}/user")
    g.refuses("holds other things", state="/")
    g.refuses("too long for a socket's name", state=f"{g.top}/{'x' * 100}")
    g.refuses("nothing runs from", "--stop")
    g.refuses("must be run as root", before=("setpriv", "--reuid", "65534", "--clear-groups"))
    assert sorted(os.listdir(g.top)) == ["file", "other", "user"], "nothing was made"
    assert os.listdir(f"{g.top}/other") == ["letters"] and not os.listdir(f"{g.top}/user")


def test_read_only_state(lab):
    g = Ground(lab)
    os.mkdir(g.state)
    g.refuses("cannot be written to: choose another folder",
              before=("unshare", "-m", "sh", "-c", f"mount -t tmpfs -o ro none {g.state} && exec \"$@\"", "-"))


def test_missing_rights_and_parts(lab):
    g = Ground(lab)
    g.refuses("CAP_NET_ADMIN", before=("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"))
    g.refuses("CAP_SYS_ADMIN", before=("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"))
    g.refuses("no prompts in /usr/share/asterisk/sounds: apt-get install",
              before=("unshare", "-m", "sh", "-c", f"mount -t tmpfs none {PROMPTS} && exec \"$@\"", "-"))
    g.refuses("SALLYPORT_BUILD: no such folder", env=dict(g.env, SALLYPORT_BUILD=f"{g.top}/nowhere"))
    half = f"{g.top}/half"
    for d in ("fwd", "guardd", "mediad", "routed", "sipd"):
        os.makedirs(f"{half}/daemons/{d}")
        os.symlink(f"{BUILD}/daemons/{d}/{d}", f"{half}/daemons/{d}/{d}")
    g.refuses("daemons/httpd/httpd is missing: rootfs/up --build makes it", env=dict(g.env, SALLYPORT_BUILD=half))
    assert not os.path.exists(f"{g.state}/truth"), "nothing was begun"


def test_daemons_by_hand(lab):
    """Each says itself what is wrong, and makes nothing."""
    top = tempfile.mkdtemp(prefix="start-")
    lab.later(lambda: shutil.rmtree(top, ignore_errors=True))
    places = ("--state", f"{top}/state", "--run", f"{top}/run")
    for d in ("fwd", "guardd", "mediad", "routed", "sipd", "httpd"):
        for words, status, said in ((("--frob",), 2, "unknown option '--frob': see --help"),
                                    (("--state",), 2, "--state needs a value: see --help"),
                                    (("--log", "loud"), 2, "--log takes err, warn, info or debug"),
                                    (("--bus", f"unix:path={top}/bus"), 1, "no bus at .*: start dbus-daemon or pass --bus")):
            out = lab.net.run(NS, f"{BUILD}/daemons/{d}/{d}", *(places if status == 1 else ()), *words, check=False)
            assert out.returncode == status and re.search(said, out.stderr), (d, words, out.returncode, out.stderr)
            assert len(out.stderr.splitlines()) == 1, out.stderr
    assert not os.listdir(top)


def test_no_bus(lab):
    g = Ground(lab)
    g.refuses("bus does not start: .*dbus-daemon",
              before=("unshare", "-m", "sh", "-c", "mount --bind /dev/null /usr/bin/dbus-daemon && exec \"$@\"", "-"))


def port_in_use(g, case):
    kind, port, said = case
    with listen(g, kind, port):
        g.refuses(said)


def test_ports_in_use(lab):
    at_once(lab, port_in_use, (
        (socket.SOCK_DGRAM, 5060, "sipd .*5060.*in use.*: stop what holds it"),
        (socket.SOCK_STREAM, 5060, "sipd .*5060.*in use"),
        (socket.SOCK_STREAM, 5061, "sipd .*5061.*in use"),
        (socket.SOCK_STREAM, 9999, "httpd .*9999.*in use.*choose another with --port")))


def broken_file(g, case):
    daemon, name, damage, said = case
    path = g.truth(f"{daemon}/{name}")
    g.used()
    damage(path)
    g.refuses(f"{daemon} does not start: {path} {said}")


def noise(path):
    with open(path, "r+b") as f:
        f.write(os.urandom(9000))


def test_broken_store_and_key(lab):
    at_once(lab, broken_file, (
        ("fwd", "truth/data.mdb", noise, "is damaged: restore a backup"),
        ("routed", "truth/data.mdb", lambda p: os.truncate(p, 5000), "is damaged: restore a backup"),
        ("sipd", "key", lambda p: os.truncate(p, 7), "is damaged: restore it from a backup"),
        ("httpd", "key", lambda p: os.chmod(p, 0o644), "can be read by others: chmod 600 it")))


def test_space_and_relative_path(lab):
    g = Ground(lab)
    said = g.start(state="a b", cwd=g.top)
    address = re.search(r"^bus (.*)$", said, re.M)[1]
    assert "%20" in address and " " not in address, address
    subprocess.run(("dbus-send", "--system", "--print-reply", "--dest=org.sallyport.Sip", "/org/sallyport/Sip",
                    "org.sallyport.Sip1.Calls"), env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=address), check=True,
                   capture_output=True)
    sheet = re.search(r"^extensions (.*)$", said, re.M)[1]
    assert os.path.isfile(sheet), sheet
    assert g.world(f"{g.top}/a b")
    out = g.up("--stop", state="a b", cwd=g.top)
    assert out.returncode == 0, out.stderr
    g.nothing_left(f"{g.top}/a b")


def test_twice_and_stop_from_another_network(lab):
    g = Ground(lab)
    g.start()
    out = g.up("--detach")
    assert out.returncode == 1 and "already running from" in out.stderr, out.stderr
    out = g.up("--detach", state=f"{g.top}/a b")
    assert out.returncode == 1 and "another Sallyport (process " in out.stderr, out.stderr
    assert "sallyport" in g.tables(), "the first one's packet filter stays"
    out = lab.net.run("home", UP, "--stop", "--state", g.state, check=False, env=g.env)
    assert (out.returncode, out.stderr) == (0, ""), out.stderr
    g.nothing_left()
    g.refuses("nothing runs from", "--stop")


def set_port(g, port):
    """The HTTPS port by its setting: httpd and the packet filter follow."""
    subprocess.run(("dbus-send", "--system", "--print-reply", "--dest=org.sallyport.Web", "/org/sallyport/Web/web_settings",
                    "org.sallyport.Table1.Put", "string:general", f"dict:string:string:port,{port}"),
                   env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={g.state}/bus"), check=True, capture_output=True)
    s = g.net.socket(g.ns, kind=socket.SOCK_STREAM)
    s.connect(("127.0.0.1", port))
    s.close()
    ports = ("nft", "list", "map", "inet", "sallyport", "guard_ports")
    until(lambda: f". {port} : jump guard_https" in g.net.run(g.ns, *ports).stdout, 10, "the packet filter knows it")


def test_cut_off_run(lab):
    """All killed at once, as by a crash: the socket and the filter stay until the next start or --stop."""
    g = Ground(lab)
    for after in ("start", "stop"):
        g.start()
        set_port(g, 9443)
        os.kill(g.supervisor(), signal.SIGKILL)
        for p in g.world():
            with contextlib.suppress(ProcessLookupError):  # it ended with the one before
                os.kill(p, signal.SIGKILL)
        until(lambda: not g.world(), 5, "all gone")
        assert os.path.exists(f"{g.state}/bus") and "sallyport" in g.tables()
        subprocess.run(("chown", "-R", "12345:12345", f"{g.state}/truth", f"{g.state}/view"), check=True)  # as a backup may bring it
        if after == "start":
            assert re.search(r"^web https://\S+:9443$", g.start(), re.M), "the port of the settings"
        g.stop()


def test_supervisor_killed(lab):
    """The daemons live on, and no second set is started beside them."""
    g = Ground(lab)
    g.start()
    os.kill(g.supervisor(), signal.SIGKILL)
    out = g.up("--detach")
    assert out.returncode == 1 and "already running from" in out.stderr, out.stderr
    g.stop()


def test_foreground_ends_with_ctrl_c(lab):
    g = Ground(lab)
    for number in (signal.SIGINT, signal.SIGTERM):
        p = lab.net.popen(NS, UP, "--state", g.state, env=g.env, stdout=subprocess.PIPE, text=True,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        for line in p.stdout:
            if line.startswith("extensions "):
                break
        assert g.world()
        p.send_signal(number)
        assert p.wait(30) == 0
        p.stdout.close()
        g.nothing_left()


def test_ctrl_c_during_the_start(lab):
    g = Ground(lab)
    p = lab.net.popen(NS, UP, "--state", g.state, env=g.env, stdout=subprocess.DEVNULL,
                      preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    until(lambda: p.poll() is None and os.path.isdir(g.state) and g.world(), 10, "it begins")
    p.send_signal(signal.SIGINT)
    assert p.wait(30) == 130
    g.nothing_left()


def test_user_added_on_the_host(lab):
    """useradd replaces /etc/passwd while we run: our own users stay, and a daemon that dies comes back."""
    g = Ground(lab)
    etc = f"{g.top}/etc"  # of the host that this start sees
    shutil.copytree("/etc", etc, symlinks=True)
    before = ("unshare", "-m", "sh", "-c", f"mount --bind {etc} /etc && exec \"$@\"", "-")
    with open(f"{etc}/passwd", "r+") as f:
        users = f.read()
        f.write("guest:x:61012:61012::/:/bin/false\n")
        f.flush()
        g.refuses("the user guest has the id 61012, which is ours: give it another", before=before)
        f.truncate(len(users.encode()))
    with open(f"{etc}/group", "r+") as f:
        groups = f.read()
        f.write("guests:x:61001:guest\n")
        f.flush()
        g.refuses("the group guests has the id 61001, which is ours: give it another", before=before)
        f.truncate(len(groups.encode()))
    g.start(before=before)
    for name in ("passwd", "group"):
        shutil.copy(f"{etc}/{name}", f"{etc}/{name}+")
        os.rename(f"{etc}/{name}+", f"{etc}/{name}")
    for daemon in ("bus", "routed", "sipd"):
        old = g.service(daemon)
        os.kill(old, signal.SIGKILL)
        until(lambda: g.service(daemon) not in (0, old), 10, f"{daemon} is started again")
    bus = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=f"unix:path={g.state}/bus")
    for name in ("Sip", "Route", "Web"):
        until(lambda: subprocess.run(("dbus-send", "--system", "--print-reply", f"--dest=org.sallyport.{name}", f"/org/sallyport/{name}",
                                      "org.freedesktop.DBus.Peer.Ping"), env=bus, capture_output=True).returncode == 0, 20,
              f"{name} answers")
    g.stop()


def test_crash_loop_is_slow(lab):
    """A daemon that dies at once is started again once a second, no more, and the others go on."""
    g = Ground(lab)
    g.start()
    old = g.service("httpd")
    path = g.truth("httpd/key")
    os.truncate(path, 7)
    os.kill(old, signal.SIGKILL)
    exits = f"{g.state}/etc/httpd.exits"

    def ends():
        with open(exits) as f:
            return len(f.readlines())

    until(lambda: ends() >= 2, 10, "it dies again")
    begin, first = os.times().elapsed, ends()
    until(lambda: ends() >= first + 3, 15, "and again")
    assert os.times().elapsed - begin > 1.9, "three starts take two seconds at least"
    g.stop()
