"""A real sshd on the box: whoever guesses passwords there is shut out of port 22, and nobody whom he names."""

import os
import re
import socket
import subprocess
import tempfile
import threading

from attacker import rejected as sip_rejected
from box import until
from sip import Client
from sshd import Sshd

TRIES = 5


def rejected(lab):
    return set(re.findall(r'string "ssh@([^"]+)"', lab.box.table("guardd", "rejected", "List")))


def sshd(lab):
    s = Sshd(lab.net, "pbx", f"{lab.box.logs}/auth.log")
    lab.later(s.close)
    return s


def guess(lab, n, user="root", password="wrong", where="wan", source=None, server=None, seconds=15):
    """One connection with one password; what ssh said. Nothing, when the ban came before sshd's answer."""
    source = source or f"203.0.113.{n}"
    out = lab.net.run(where, "timeout", "30", "sshpass", "-p", password, "ssh", "-b", source, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                      "-o", "NumberOfPasswordPrompts=1", "-o", f"ConnectTimeout={seconds}", "-o", "PreferredAuthentications=password",
                      "-l", user, server or lab.net.PBX_WAN, "true", check=False, stdin=subprocess.DEVNULL)
    return out.stderr


def shut_out(lab, n):
    return "timed out" in guess(lab, n, seconds=2)


def all_tries(lab, n):
    """As many as there are: the last may be cut off before it is answered."""
    for _ in range(TRIES - 1):
        assert "Permission denied" in guess(lab, n)
    guess(lab, n)


def test_guesses_are_shut_out_of_ssh_alone(lab):
    sshd(lab)
    all_tries(lab, 9)
    until(lambda: "203.0.113.9" in rejected(lab), 10, "the ban")
    assert shut_out(lab, 9)
    assert "Permission denied" in guess(lab, 10), "a neighbour is not hit"
    row = [r for r in lab.box.table("guardd", "rejected", "Get", "string:ssh@203.0.113.9").splitlines() if "root" in r]
    assert row, "the account that was tried is among the evidence"
    # one service, not the host
    c = Client(lab.net, "wan", "203.0.113.9", lab.net.PBX_WAN, "800")
    lab.later(c.close)
    assert c.ask("REGISTER").code == 401 and not sip_rejected(lab)
    lab.box.table("guardd", "rejected", "Delete", "string:ssh@203.0.113.9")
    assert "Permission denied" in guess(lab, 9), "let in before the call returned"


def test_hydra_is_shut_out(lab):
    sshd(lab)
    with tempfile.TemporaryDirectory() as d:  # hydra leaves a file where it works
        with open(f"{d}/words", "w") as words:
            words.write("".join(f"guess{n}\n" for n in range(200)))
        # the only address of that namespace that routes outwards is taken as source
        p = lab.net.popen("home", "hydra", "-I", "-l", "root", "-P", "words", "-t", "4", f"ssh://{lab.net.PBX_WAN}",
                          cwd=d, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: "203.0.113.150" in rejected(lab), 60, "hydra is shut out")
        finally:
            p.terminate()
            p.wait()
    lab.box.table("guardd", "rejected", "Delete", "string:ssh@203.0.113.150")


def test_names_get_nobody_else_shut_out(lab):
    """User names, and what is said instead of SSH, that look like lines about somebody else."""
    s = sshd(lab)
    victim = "203.0.113.29"
    names = (f"root from {victim} port 22 ssh2", f"x from {victim} port 22", f"Failed password for root from {victim} port 22 ssh2",
             f"x\nNov 28 00:12:23 box sshd[1]: Failed password for root from {victim} port 22 ssh2",
             f"x {victim} port 22 [preauth]", f"sshd[1]: Invalid user x from {victim} port 22")
    for _ in range(TRIES):
        for i, name in enumerate(names):
            guess(lab, 11 + i, user=name)
    until(lambda: rejected(lab) >= {f"203.0.113.{11 + i}" for i in range(len(names)) if i != 3}, 20, "those who tried are shut out")
    assert victim not in rejected(lab)
    with lab.net.socket("wan", kind=socket.SOCK_STREAM) as x:
        x.bind(("203.0.113.18", 0))
        x.connect((lab.net.PBX_WAN, 22))
        x.sendall(f"x' from {victim} port 22\r\nFailed password for root from {victim} port 22 ssh2\r\n".encode())
        try:
            while x.recv(4096):
                pass
        except ConnectionResetError:
            pass
    until(lambda: any(r["kind"] == "scanner" and r["source"] == "203.0.113.18"
                      for r in lab.box.rows("guardd", "Incidents", "string:service=ssh", "uint32:100")), 10, "the knock is noted")
    assert "Permission denied" in guess(lab, 29), "nobody else was shut out"
    assert victim not in rejected(lab)
    s.rotate()
    for n in range(TRIES):
        guess(lab, 19)
    until(lambda: "203.0.113.19" in rejected(lab), 20, "the log is followed when it is rotated")


def test_the_journal_is_read(lab):
    """A host with journald and no auth.log; and what others write there in sshd's name counts for nothing."""
    folder = f"{lab.box.logs}/journal"
    os.mkdir(folder)
    lab.box.down()
    lab.box.ssh_log, usual = folder, lab.box.ssh_log
    try:
        s = Sshd(lab.net, "pbx", folder)
        lab.later(s.close)
        lab.box.up()
        victim = "203.0.113.29"
        for n in range(2 * TRIES):
            subprocess.run(("nsenter", f"--mount=/proc/{s.running[0].pid}/ns/mnt", "logger", "-t", "sshd[77]",
                            f"Failed password for root from {victim} port {1000 + n} ssh2"), check=True)
        all_tries(lab, 22)
        until(lambda: "203.0.113.22" in rejected(lab), 20, "the ban")
        assert victim not in rejected(lab)
        lab.box.table("guardd", "rejected", "Delete", "string:ssh@203.0.113.22")
    finally:
        if lab.box.answers("guardd"):
            lab.box.down()
        lab.box.ssh_log = usual
        lab.box.up()


def test_log_of_a_restart_is_not_lost(lab):
    """What sshd says while guardd is away waits for it."""
    sshd(lab)
    for n in range(TRIES - 1):
        guess(lab, 20)
    lab.box.watch.expect_end("guardd")
    old = lab.box.pid("guardd")
    os.kill(old, 9)
    guess(lab, 20)
    until(lambda: lab.box.pid("guardd") not in (0, old) and lab.box.answers("guardd"), 30, "guardd is back")
    until(lambda: "203.0.113.20" in rejected(lab), 10, "the ban")


def test_local_and_allowed_are_not_shut_out(lab):
    sshd(lab)
    lab.box.table("guardd", "allowed_address", "Put", "string:helper", "dict:string:string:source,203.0.113.21,services,ssh")
    done = []

    def many(**kw):
        for _ in range(2 * TRIES):
            guess(lab, 21, **kw)
        done.append(1)

    threads = [threading.Thread(target=many, kwargs=kw) for kw in ({}, {"where": "lan", "source": "192.168.1.112", "server": lab.net.PBX_LAN})]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(done) == 2
    until(lambda: any(r["source"] == "192.168.1.112" and int(r["count"]) >= TRIES
                      for r in lab.box.rows("guardd", "Incidents", "string:service=ssh", "uint32:100")), 10, "they are noted")
    assert not rejected(lab) & {"203.0.113.21", "192.168.1.112"}
    lab.box.table("guardd", "allowed_address", "Delete", "string:helper")
