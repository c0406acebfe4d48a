"""What each process may do: users, capabilities, files, and the bus, against what the schema says."""

import glob
import os
import re
import threading
import tomllib

import faults
from box import NAMES, TOP
from bus_raw import CALL, NO_REPLY, SENDER, Raw
from sip import Client
from test_call import talk

BUILD = os.path.abspath(os.environ.get("SALLYPORT_BUILD", f"{TOP}/build"))
NOBODY, CLERK, GROUP, ADMIN_GROUP = 65534, 61050, 61000, 61001
DYNAMIC = range(61184, 65520)  # ids that systemd gives to services of the host
DENIED = ("org.freedesktop.DBus.Error.AccessDenied", "org.sallyport.Error.Denied")
FLOOD = 5000
SYS_NICE = 23
TABLE = "org.sallyport.Table1"


def capable(number):
    """May this test do so?"""
    with open("/proc/self/status") as f:
        return int(re.search(r"^CapEff:\s*(\w+)", f.read(), re.M)[1], 16) >> number & 1


def interfaces():
    for path in sorted(glob.glob(f"{TOP}/schema/bus/*.toml")):
        with open(path, "rb") as f:
            yield tomllib.load(f)


def tables():
    """(table, owner) of every table that its owner writes by Table1."""
    for path in sorted(glob.glob(f"{TOP}/schema/tables/*.toml")):
        with open(path, "rb") as f:
            t = tomllib.load(f)
        yield os.path.basename(path)[:-5], t["owner"]


def users(lab):
    """Everybody who may come: {name: (uid, gid)}."""
    found = {"root": (0, 0), "nobody": (NOBODY, NOBODY), "clerk": (CLERK, CLERK)}
    with open(f"{lab.box.state}/etc/users/passwd") as f:
        for line in f:
            w = line.split(":")
            if w[0].startswith("sp-"):
                found[w[0][3:]] = (int(w[2]), int(w[3]))
    return found


def hire_clerk(lab):
    """A member of sallyport-admin, in the private user files; written in place, for they are laid over /etc."""
    etc = f"{lab.box.state}/etc/users"
    with open(f"{etc}/passwd", "r+") as f:
        if "clerk:" in f.read():
            return
        f.write(f"clerk:x:{CLERK}:{CLERK}::/:/bin/false\n")
    with open(f"{etc}/group", "r+") as f:
        text = re.sub(r"^(sallyport-admin:x:\d+:).*$", r"\1clerk", f.read(), flags=re.M)
        f.seek(0)
        f.write(text)


def connect(lab, who):
    if who == "clerk":
        hire_clerk(lab)
    uid, gid = users(lab)[who]
    return Raw(f"{lab.box.state}/bus", uid, gid, (ADMIN_GROUP,) if who == "clerk" else ())


def status(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def test_each_process_has_its_user_and_nothing_else(lab):
    uids = users(lab)
    seen = set()
    for d in ("bus", *NAMES):
        s = status(lab.box.pid(d))
        uid = uids[d][0]
        assert s["Uid"].split() == [str(uid)] * 4, (d, s["Uid"])
        assert s["Gid"].split() == [str(GROUP)] * 4, (d, s["Gid"])
        assert uid not in seen and uid not in DYNAMIC and GROUP not in DYNAMIC
        seen.add(uid)
        if d == "bus":
            continue
        caps = 1 << 12 if d == "fwd" else 0  # CAP_NET_ADMIN
        for name, want in (("CapPrm", caps), ("CapEff", caps), ("CapBnd", caps), ("CapInh", 0), ("CapAmb", 0)):
            assert int(s[name], 16) == want, (d, name, s[name])
        assert s["Groups"].split() == [], (d, s["Groups"])
        assert s["NoNewPrivs"] == "1", d
        assert s["Seccomp"] == "2", f"{d}: any system call is taken"
        with open(f"/proc/{lab.box.pid(d)}/limits") as f:
            assert re.search(r"Max core file size +0 +0 ", f.read()), d
        if not faults.sanitized(BUILD):
            assert os.stat(f"/proc/{lab.box.pid(d)}/environ").st_uid == 0, f"{d} is dumpable"


def test_guardd_and_routed_have_no_network(lab):
    nets = {d: os.stat(f"/proc/{lab.box.pid(d)}/ns/net").st_ino for d in NAMES}
    assert nets["guardd"] != nets["routed"]
    for d in ("sipd", "mediad", "fwd", "httpd"):
        assert nets[d] not in (nets["guardd"], nets["routed"]), d
    for d in ("guardd", "routed"):
        out = lab.net.run("pbx", "nsenter", "-t", str(lab.box.pid(d)), "-n", "ip", "-o", "link").stdout
        assert len(out.splitlines()) == 1 and " lo: " in out and "state DOWN" in out, (d, out)


def inside(lab, who, script):
    """Runs a shell script as a daemon's user, seeing what the daemons see."""
    uid, gid = users(lab)[who]
    return lab.net.run("pbx", "nsenter", "-t", str(lab.box.pid("mediad")), "-m", "setpriv", "--reuid", str(uid), "--regid",
                       str(gid), "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "sh", "-c",
                       script, check=False).stdout.split()


def test_no_daemon_reads_or_writes_what_is_anothers(lab):
    top = "/run/sallyport"
    for who in (*NAMES, "nobody"):
        for d in NAMES:
            if d == who:
                continue
            got = inside(lab, who, f"""
                cd {top}
                ls truth/{d} >/dev/null 2>&1 && echo lists
                cat truth/{d}/key >/dev/null 2>&1 && echo key
                cat truth/{d}/truth/data.mdb >/dev/null 2>&1 && echo truth
                cat log/{d}/current >/dev/null 2>&1 && echo log
                for f in view/{d}/view.mdb view/{d}/boot; do (: >>$f) 2>/dev/null && echo writes $f; done
                (: >view/{d}/new) 2>/dev/null && echo makes
                mv view/{d} view/other 2>/dev/null && echo moves
                cat view/{d}/view.mdb >/dev/null 2>&1 && echo view
                kill -0 {lab.box.pid(d)} 2>/dev/null && echo kills
                cat /proc/{lab.box.pid(d)}/environ >/dev/null 2>&1 && echo memory
                """)
            assert got == ([] if who == "nobody" else ["view"]), f"{who} at {d}: {got}"


def test_calls_and_bans_go_before_others(lab):
    """What burns the processor beside them, httpd's passwords too, does not hold them up."""
    if not capable(SYS_NICE):
        return
    for d in (*NAMES, "bus"):
        pid = lab.box.pid(d)
        want = 0 if d == "httpd" else -10
        assert os.getpriority(os.PRIO_PROCESS, pid) == want, d
        if os.path.exists(f"/proc/{pid}/autogroup"):
            with open(f"/proc/{pid}/autogroup") as f:
                assert f.read().split()[-1] == str(want), d


def test_a_daemon_writes_its_own_folders_only(lab):
    for who in ("sipd", "httpd"):
        got = inside(lab, who, """
            find / ! -path / \\( -path /proc -o -path /sys -o -path /dev/pts \\) -prune -o \\
                -type d -writable -print 2>/dev/null""")
        mine = [f"/run/sallyport/{part}/{who}" for part in ("log", "truth", "view")]
        # folders below are as private as these; the temporary ones are seen by nobody outside
        other = [p for p in got if not p.startswith(tuple(mine)) and p not in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")]
        assert not other, (who, other)
        inside(lab, who, f"echo x >/tmp/{who}-was-here")
        assert not os.path.exists(f"/tmp/{who}-was-here")
    modes = {f"{part}/{d}": oct(os.stat(f"{lab.box.state}/{part}/{d}").st_mode & 0o777) for d in NAMES for part in ("truth", "view")}
    assert all(m == ("0o700" if p.startswith("truth") else "0o750") for p, m in modes.items()), modes
    for path in glob.glob(f"{lab.box.state}/truth/*/**", recursive=True):
        assert path.endswith(".crt") or not os.stat(path).st_mode & 0o007, f"{path} is open to all"
    # the folder guards the direct socket, too
    for path in glob.glob(f"{lab.box.state}/view/*/*.mdb"):
        assert not os.stat(path).st_mode & 0o027, f"{path} can be written by the group, or seen by all"


def allowed(answer):
    return answer.error not in DENIED


def test_each_method_is_for_its_callers(lab):
    """Wrong arguments: who may call is told so, who may not is told that."""
    wrong = []
    for who in users(lab):
        with connect(lab, who) as c:
            for i in interfaces():
                name = i["name"]
                path = "/" + name.replace(".", "/")
                for method, m in i["method"].items():
                    a = c.call(name, path, f"{name}{i['version']}", method, 7, 7, "no", 7)
                    may = who in ("root", "clerk") or who in m["callers"]
                    if allowed(a) != may or not a.error and m.get("in"):
                        wrong.append(f"{who}: {method}: {a.error or 'done'}: {a.text()}")
    assert not wrong, "\n".join(wrong)


def test_tables_are_for_administrators_and_httpd(lab):
    wrong = []
    for who in users(lab):
        with connect(lab, who) as c:
            for table, owner in tables():
                name = f"org.sallyport.{NAMES[owner]}"
                for member in ("List", "Get", "Put", "Set", "Delete", "Move", "Check", "Apply"):
                    a = c.call(name, "/" + name.replace(".", "/") + "/" + table, TABLE, member, 7, 7)
                    # a row that only the owner writes is refused to all by the owner itself
                    if (a.error != DENIED[0]) != (who in ("root", "clerk", "httpd")):
                        wrong.append(f"{who}: {table}.{member}: {a.error or 'done'}")
    assert not wrong, "\n".join(wrong)


def test_names_belong_to_their_daemons(lab):
    for who in users(lab):
        with connect(lab, who) as c:
            for d, name in NAMES.items():
                for taken in (f"org.sallyport.{name}", "org.sallyport.Other", "com.example.Any"):
                    a = c.call("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName", taken, 7)
                    if taken.endswith(name) and who in (d, "root"):
                        assert not a.error and a.number() == 3, (who, taken, a.error)  # allowed, but it has an owner
                    else:
                        assert a.error == DENIED[0], (who, taken, a.error or a.number())


def test_no_interface_no_answer(lab):
    for who in ("root", "nobody", "httpd"):
        with connect(lab, who) as c:
            a = c.call("org.sallyport.Sip", "/org/sallyport/Sip", None, "Calls")
            assert a.error, (who, "answered")
            a = c.call("org.sallyport.Sip", "/org/sallyport/Sip/extension", None, "List")
            assert a.error, (who, "answered")


def test_signals_come_from_their_daemon_only(lab):
    """Who else sends one is refused by the bus; and the ban that was told never was."""
    body = ("sip", "203.0.113.25", 7)
    ear = connect(lab, "root")
    lab.later(ear.close)
    ear.call("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "AddMatch", "type='signal'")
    forgers = set()
    for who in users(lab):
        with connect(lab, who) as c:
            forgers.add(c.name)
            for i in interfaces():
                name, path = i["name"], "/" + i["name"].replace(".", "/")
                for signal in i.get("signal", {}):
                    if who in ("root", i["daemon"]):
                        continue
                    # the bus drops a broadcast for each who would hear it, and tells nobody
                    c.signal(None, path, f"{name}{i['version']}", signal, *body)
                    error = c.signal("org.sallyport.Sip", path, f"{name}{i['version']}", signal, *body)
                    assert error == DENIED[0], (who, signal, error)
                if who not in NAMES and who != "root":
                    c.signal(None, f"{path}/x", TABLE, "Changed", *body)
    for who, name, signal in (("mediad", "Media", "Event"), ("routed", "Route", "Instruct")):
        with connect(lab, who) as c:
            forgers.add(c.name)
            c.signal(None, f"/org/sallyport/{name}", f"org.sallyport.{name}1", signal, *body)
            for dest in ("org.sallyport.Web", "org.sallyport.Guard"):
                error = c.signal(dest, f"/org/sallyport/{name}", f"org.sallyport.{name}1", signal, *body)
                assert error == DENIED[0], (who, "unicast means sipd", dest, error)
    heard = [s for s in ear.signals_until_now() if s.fields.get(SENDER) in forgers]
    assert not heard, [s.fields for s in heard]
    c = Client(lab.net, "wan", "203.0.113.25", lab.net.PBX_WAN, "800")
    lab.later(c.close)
    assert c.register(lab.box.extensions["800"]).code == 200


def test_direct_sockets_are_for_sipd(lab):
    for d in ("mediad", "routed"):
        path = f"{lab.box.state}/view/{d}/direct"
        for who in ("httpd", "guardd", "nobody"):
            uid, gid = users(lab)[who]
            try:
                Raw(path, uid, gid).close()
            except (PermissionError, ConnectionError):
                continue
            raise AssertionError(f"{who} was let in to {path}")


def flood(lab, who, dest, path, interface, member, times=FLOOD):
    """Calls as fast as the bus takes them; the answers are read beside."""
    c = connect(lab, who)
    lab.later(c.close)

    def drain():
        try:
            while c.sock.recv(65536):
                pass
        except OSError:
            pass

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    c.sock.settimeout(60)
    for n in range(times):
        c.sock.sendall(c.make(CALL, dest, path, interface, member, (), NO_REPLY if n % 2 else 0))
    return c


def test_flood_of_calls_disturbs_no_call(lab):
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    for who, dest, path, interface, member in (
            ("nobody", "org.sallyport.Sip", "/org/sallyport/Sip", "org.sallyport.Sip1", "Calls"),
            ("nobody", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ListNames"),
            ("httpd", "org.sallyport.Sip", "/org/sallyport/Sip", "org.sallyport.Sip1", "Registrations"),
            ("sipd", "org.sallyport.Guard", "/org/sallyport/Guard", "org.sallyport.Guard1", "Nonsense")):
        flood(lab, who, dest, path, interface, member)
        assert lab.box.rows("sipd", "Calls"), who
    a.goes_on(660)
    b.goes_on(440)
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    a.tell("dial", "802")
    b.wait("CALL_INCOMING")
    a.tell("hangup")
    b.wait("CALL_CLOSED")
