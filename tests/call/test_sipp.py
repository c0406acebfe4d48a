"""sipp, the load tool: registrations with digest, and a hundred calls with digest and records."""

import os
import tempfile

from box import until
from test_call import records

ALONE = "many calls a second: beside other work the box would be right to refuse some"
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")


def sipp(lab, address, port, scenario, users, *more, ns="lan", server="192.168.1.1"):
    """Starts sipp on a phone's address with one line of values a user; it exits 0 when all went well."""
    folder = tempfile.TemporaryDirectory(prefix="sipp-")
    lab.later(folder.cleanup)
    path = f"{folder.name}/users.csv"
    with open(path, "w") as f:
        f.write("SEQUENTIAL\n" + "".join(";".join(u) + "\n" for u in users))
    p = lab.net.popen(ns, "sipp", server + ":5060", "-sf", f"{HERE}/{scenario}.xml", "-inf", path,
                      "-i", address, "-p", str(port), "-nostdin", "-timeout", "60", "-trace_err", "-error_file", f"{folder.name}/errors", *more,
                      cwd=folder.name, stdin=-3, stdout=-3, stderr=-3)
    lab.later(lambda: p.poll() is None and (p.kill(), p.wait()))
    p.errors = f"{folder.name}/errors"
    return p


def well(p, seconds):
    """Waits for sipp's end; every call and registration went well, or what it said first is told."""
    status = p.wait(seconds)
    if status:
        said = open(p.errors, errors="replace").read(1500) if os.path.exists(p.errors) else ""
        raise AssertionError(f"sipp ended with {status}: {said}")


def answerer(lab, address, port, number, *more):
    """A phone that answers; returns once its port is open."""
    p = sipp(lab, address, port, "answer", [(number,)], *more)
    until(lambda: lab.net.run("lan", "ss", "-Hlun", f"sport = :{port}").stdout.strip(), 10, "sipp waits for calls")
    return p


def auth(lab, number):
    return f"[authentication username={number} password={lab.box.extensions[number]}]"


def unbounded(lab, number):
    """This extension may make as many calls at once as it likes."""
    lab.box.table("routed", "call_profile", "Put", f"string:{number}", "dict:string:string:most_calls,0,max_calls,0")
    lab.later(lambda: lab.box.table("routed", "call_profile", "Delete", f"string:{number}"))


def test_two_hundred_registrations(lab):
    users = [(n, auth(lab, n)) for n in ("800", "801", "802", "803")]
    well(sipp(lab, "192.168.1.111", 6100, "register", users, "-m", "200", "-r", "100"), 90)


def test_a_hundred_calls(lab):
    unbounded(lab, "801")
    before = len(records(lab))
    well(sipp(lab, "192.168.1.112", 6102, "register", [("802", auth(lab, "802"))], "-m", "1"), 30)
    answerer(lab, "192.168.1.112", 6102, "802", "-m", "100")
    caller = [("801", auth(lab, "801"), "802")]
    well(sipp(lab, "192.168.1.113", 6104, "call", caller, "-m", "100", "-r", "20", "-d", "500"), 90)
    until(lambda: len(records(lab)) >= before + 100, 10, "a hundred records")
    assert not lab.box.rows("sipd", "Calls")
