"""Who is told of an incident: on the web page, as a signal, by mail; and not ten thousand times."""

import glob
import json
import subprocess

from attacker import attack, rejected
from box import Refused, until
from test_guard import stranger
from test_https import admin


def report(lab, kind, account, detail, outcome="", source="", level="auto"):
    """As routed tells of what happened in the house."""
    lab.box.method("guardd", "Report", "string:calls", f"string:{kind}", f"string:{source}", "string:udp", f"string:{account}",
                   f"string:{detail}", "boolean:false", "boolean:false", f"string:{level}", f"string:{outcome}")


def alerts(lab):
    return lab.box.table("guardd", "alert", "List")


def spooled(lab):
    """The mails in dma's queue: there is no way out of the laboratory, so they stay there."""
    mails = []
    for path in glob.glob(f"{lab.box.state}/mail/M*"):
        with open(path) as f:
            mails.append(f.read())
    return mails


def test_serious_things_are_on_the_web_page_and_the_bus(lab):
    ear = subprocess.Popen(("dbus-monitor", "--address", lab.box.bus, "type='signal',interface='org.sallyport.Guard1',member='Alert'"),
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        until(lambda: "NameAcquired" in ear.stdout.readline(), 10, "the monitor listens")
        report(lab, "pin_lock", "801", "3 calls failed for want of a PIN", "locked for 30 min", "192.168.1.101")
        heard = []
        until(lambda: heard.append(ear.stdout.readline()) or "locked for 30 min" in heard[-1], 10, "the signal")
        assert any('"801"' in line for line in heard) and any('"pin_lock"' in line for line in heard), heard
    finally:
        ear.terminate()
        ear.wait()
    assert "locked for 30 min" in alerts(lab)
    # what is only noise is kept as an incident, and alarms nobody
    report(lab, "pin", "802", "a wrong entry")
    assert '"802"' not in alerts(lab)
    status, rows = admin(lab).ask("GET", "/tables/guardd/alert")
    assert status == 200 and "locked for 30 min" in json.dumps(rows), rows
    lab.box.kill("guardd")
    assert "locked for 30 min" in alerts(lab), "it stays until a person has seen it"
    key = next(line.split('"')[1] for line in alerts(lab).splitlines() if '"serious/' in line)
    lab.box.table("guardd", "alert", "Delete", f"string:{key}")
    assert "locked for 30 min" not in alerts(lab)
    try:
        raise AssertionError(lab.box.table("guardd", "alert", "Delete", f"string:{key}"))
    except Refused as e:
        assert "NoSuch" in str(e), e
    # the incident itself is not forgotten
    assert [r for r in lab.box.rows("guardd", "Incidents", "string:kind=pin_lock;text=30 MIN", "uint32:10") if r["account"] == "801"]


def test_a_flood_is_one_mail(lab):
    lab.box.table("guardd", "alert_rule", "Put", "string:bans", "dict:string:string:kinds,banned,level,info,mail,ada@example.net")
    clients = [stranger(lab, 9 + n) for n in range(6)]
    for c in clients:
        assert attack(lab, c, 10) == 10
    until(lambda: len(rejected(lab)) >= 6, 10, "six are shut out")
    for n in range(100):
        report(lab, "alarm", "sipd", f"disk {n} is full")
    until(lambda: spooled(lab), 60, "the mail in the spool")
    mail, = spooled(lab)
    assert "To: ada@example.net\n" in mail and "Subject: [Sallyport] info: 6 incidents\n" in mail, mail
    for n in range(6):
        assert f"from: 203.0.113.{9 + n}\n" in mail
    until(lambda: not glob.glob(f"{lab.box.state}/outbox/*.mail"), 30, "it was handed over")
    lab.box.table("guardd", "alert_rule", "Delete", "string:bans")


def test_wrong_rules_are_refused(lab):
    for fields, word in (("kinds,lunch", "lunch"), ("mail,ada", "mail"), ("mail,-oQ/tmp@example.net", "mail"), ("web,false,signal,false", "web"),
                         ("mail_every_s,1", "mail_every_s")):
        try:
            raise AssertionError(lab.box.table("guardd", "alert_rule", "Put", "string:wrong", f"dict:string:string:{fields}"))
        except Refused as e:
            assert word in str(e), e
    assert '"wrong"' not in lab.box.table("guardd", "alert_rule", "List")
