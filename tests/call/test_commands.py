"""The commands for scripts, as ipc/README.md writes them, and what is refused."""

import os
import re
import shlex
import subprocess

from box import TOP, Refused, until
from sip import Client


def commands():
    """Each line of the README's block that begins with $S."""
    with open(f"{TOP}/ipc/README.md") as f:
        return [line.strip() for line in f if line.startswith("$S ")]


def run(lab, line):
    env = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=lab.box.bus)
    words = ["dbus-send", "--system", "--print-reply", *shlex.split(line[3:])]
    return subprocess.run(words, env=env, text=True, capture_output=True)


def test_every_command_as_written(lab):
    lines = commands()
    assert len(lines) >= 12, "the README names the commands"
    for line in lines:
        out = run(lab, line)
        if "string:CALL" in line or "Unlock" in line:
            assert "NoSuch" in out.stderr, f"{line}: {out.stderr}"
        elif "Originate" in line:
            assert out.returncode == 0 or "no phone of the caller is registered" in out.stderr, f"{line}: {out.stderr}"
        else:
            assert out.returncode == 0, f"{line}: {out.stderr}"
    # the others that use this box are no guests of the rules above
    lab.box.table("fwd", "firewall", "Put", "string:general", "dict:string:string:drop_all,false,ping,true")
    lab.box.method("fwd", "Confirm", "uint32:0")


def refused(lab, *args):
    try:
        lab.box.table(*args)
    except Refused as e:
        return str(e)
    raise AssertionError(f"taken: {args}")


def test_wrong_values_are_named(lab):
    said = refused(lab, "sipd", "extension", "Put", "string:8x", "dict:string:string:name,Ada")
    assert "number" in said, said
    said = refused(lab, "sipd", "extension", "Set", "string:801", "string:permit_ip", "string:192.168.1.9/24")
    assert "permit_ip" in said and "192.168.1.0/24" in said, said
    said = refused(lab, "sipd", "extension", "Set", "string:801", "string:colour", "string:red")
    assert "colour" in said, said
    said = refused(lab, "guardd", "guard_service", "Set", "string:sip", "string:tries", "string:0")
    assert "tries" in said, said
    said = refused(lab, "guardd", "guard_service", "Delete", "string:sip")
    assert "sip" in said, said


WALL = [
    ("guardd", "Reject 203.0.113.9 smtp u60", "service: must be one of: sip, iax2, https, ssh, ami, all"),
    ("guardd", "Reject 203.0.113.0/24 sip u60", "source: a network cannot be rejected"),
    ("guardd", "Reject 203.0.113.9/24 sip u60", "did you mean 203.0.113.0/24"),
    ("guardd", "Reject ::1 sip u60", "source: a local address"),
    ("guardd", "Reject 224.0.0.1 sip u60", "source: is nobody's"),
    ("guardd", "Unreject home sip", "source: must be an address"),
    ("guardd", "rejected.Delete sip@198.51.100.99", 'nobody is shut out as "sip@198.51.100.99"'),
    ("guardd", "rejected.Get nothing", 'id: there is no rejected "nothing"'),
    ("guardd", "rejected.Set sip@198.51.100.99 tries 1", "there are List, Get and Delete"),
    ("guardd", "allowed_address.Set new source 203.0.113.80/24", "source: the address has bits beyond"),
    ("guardd", "allowed_address.Get nobody", 'name: there is no allowed_address "nobody"'),
    ("guardd", "allowed_address.Put new {source,203.0.113.80,services,sip,until_ms,1000}", "until_ms: is over already"),
    ("guardd", "allowed_address.Put new {source,203.0.113.80,services,mail}", "services: must be of sip, iax2, https, ssh, ami, all"),
    ("guardd", "allowed_address.Put new {source,203.0.113.0/255.0.255.0,services,sip}", "source: the mask 255.0.255.0 has holes"),
    ("guardd", "guard_service.Put smtp {tries,5}", "service: must be one of: sip, iax2, https, ssh, ami"),
    ("guardd", "auto_defense.Put new {protocol,tcp,port,70000,packets,10,seconds,60}", "port: must be a port from 1 to 65535"),
    ("fwd", f"common_rule.Put {'n' * 40} {{action,drop}}", "name: must be at most 32 long"),
    ("fwd", "firewall.Put other {ping,true}", 'name: the only row is "general"'),
    ("fwd", "firewall.Put general {iax2_port,10002}", "iax2_port: 10000 to 10500 are the ports of calls"),
    ("fwd", "Would 192.168.1.2 sctp u5038", "protocol: must be one of: udp, tcp, icmp"),
    ("fwd", "Would 192.168.1.0/24 tcp u5038", "source: must be one address"),
]


def wrong(lab, daemon, call):
    """What the box says to a wrong call, written short: {..} is a dict, u.. a number."""
    what, *words = call.split()
    kinds = {"{": lambda w: f"dict:string:string:{w[1:-1]}", "u": lambda w: f"uint32:{w[1:]}" if w[1:].isdigit() else f"string:{w}"}
    words = [kinds.get(w[0], lambda w: f"string:{w}")(w) for w in words]
    try:
        if "." in what:
            lab.box.table(daemon, *what.split("."), *words)
        else:
            lab.box.method(daemon, what, *words)
    except Refused as e:
        return str(e)
    raise AssertionError(f"taken: {call}")


def test_guard_and_firewall_say_what_is_wrong(lab):
    for daemon, call, words in WALL:
        said = wrong(lab, daemon, call)
        assert words in said, f"{call}: {said}"


def test_extension_made_and_gone(lab):
    made = lab.box.table("sipd", "extension", "Put", "string:850", "dict:string:string:name,Eve")
    secret = re.search(r'string "secret"\s+string "([^"]{16})"', made)
    assert secret, made
    listed = lab.box.table("sipd", "extension", "Get", "string:850")
    assert secret[1] not in listed, "shown once"
    p = lab.phone("850", password=secret[1])
    lab.box.table("sipd", "extension", "Delete", "string:850")
    p.proc.kill()  # it would go on asking to be forgotten
    p.proc.wait()
    assert not [r for r in lab.box.rows("sipd", "Registrations") if r["extension"] == "850"]


def test_permit_ip(lab):
    lab.box.table("sipd", "extension", "Set", "string:803", "string:permit_ip", "string:192.168.1.137;10.0.0.0/8")
    c = Client(lab.net, "lan", "192.168.1.110", lab.net.PBX_LAN, "803")
    lab.later(c.close)
    assert c.register(lab.box.extensions["803"]).code == 401
    lab.box.table("sipd", "extension", "Set", "string:803", "string:permit_ip", "string:192.168.1.101/255.255.255.255")
    assert "192.168.1.101" in lab.box.table("sipd", "extension", "Get", "string:803")
    lab.phone("803")


def test_secrets_are_nowhere(lab):
    """What was made stands in clear only on the sheets for root."""
    words = [lab.box.extensions["801"].encode()] + ([lab.box.admin[1].encode()] if lab.box.admin else [])
    sheets = ("first-extensions.csv", "first-password")
    for root, _, files in os.walk(lab.box.state):
        paths = [os.path.join(root, n) for n in files if n not in sheets]
        for path in filter(os.path.isfile, paths):
            with open(path, "rb") as f:
                raw = f.read()
            assert not any(w in raw for w in words), path


def test_explain(lab):
    rows = lab.box.rows("routed", "Explain", "string:801", "string:802", "string:now")
    assert rows[-2]["step"] == "extension" and rows[-2]["applies"] == "true", rows
    assert (rows[-1]["step"], rows[-1]["outcome"], rows[-1]["decided_by"]) == ("verdict", "inside", "extension"), rows
    rows = lab.box.rows("routed", "Explain", "string:801", "string:112", "string:now")
    assert [r["applies"] for r in rows if r["step"] == "emergency"] == ["true"], rows


def grade(lab, number):
    return re.search(r'string "grade"\s+string "(\w+)"', lab.box.table("sipd", "extension", "Get", f"string:{number}"))[1]


def test_shared_passwords_are_found(lab):
    for n in ("881", "882"):
        lab.box.table("sipd", "extension", "Put", f"string:{n}", "dict:string:string:secret,Xk7mPq2wRt9+zV4d")
    until(lambda: grade(lab, "881") == grade(lab, "882") == "shared", 10, "both are shared")
    lab.box.table("sipd", "extension", "Delete", "string:882")
    until(lambda: grade(lab, "881") == "strong", 10, "nobody else has it")
    lab.box.table("sipd", "extension", "Set", "string:881", "string:secret", "string:short1")
    until(lambda: grade(lab, "881") == "weak", 10, "it is weak")
    lab.box.table("sipd", "extension", "Delete", "string:881")


def test_the_companys_name_is_no_password(lab):
    """Neither what was set before the name was told, nor what is set after."""
    lab.box.table("sipd", "extension", "Put", "string:881", "dict:string:string:secret,Initech-26#Qzw")
    assert grade(lab, "881") == "strong"
    lab.box.table("httpd", "web_settings", "Put", "string:general", "dict:string:string:company,Initech")
    until(lambda: grade(lab, "881") == "weak", 10, "it has the company's name in it")
    row = lab.box.table("sipd", "extension", "Get", "string:881")
    assert re.search(r'string "grade_why"\s+string "(.*)"', row)[1] == "contains a name that others know", row
    lab.box.table("sipd", "extension", "Put", "string:882", "dict:string:string:secret,my-INITECH-phone+7")
    assert grade(lab, "882") == "weak"
    lab.box.table("httpd", "web_settings", "Set", "string:general", "string:company", "string:")
    until(lambda: grade(lab, "881") == grade(lab, "882") == "strong", 10, "it is a word like any other")
    for n in ("881", "882"):
        lab.box.table("sipd", "extension", "Delete", f"string:{n}")


def test_sip_and_sound_have_ports_of_their_own(lab):
    """Else a call could sit on the port that sipd needs when it comes back."""
    media, sip = ("mediad", "media_settings", "Put", "string:general"), ("sipd", "sip_settings", "Put", "string:general")
    assert "port_min: the SIP port 5060 is in this range" in refused(lab, *media, "dict:string:string:port_min,5000")
    assert "port: 10004 is one of the RTP ports" in refused(lab, *sip, "dict:string:string:port,10004")
    lab.box.table(*media, "dict:string:string:port_min,10100")
    assert "SIP port" in refused(lab, *media, "dict:string:string:port_min,5060,port_max,5070")
    lab.box.table(*media, "dict:string:string:port_min,10000")


def test_half_the_world_is_no_allowed_address(lab):
    for wide in ("0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3"):
        said = refused(lab, "guardd", "allowed_address", "Put", "string:wide", f"dict:string:string:source,{wide},services,sip")
        assert "source: so wide a network would let strangers in" in said, said


def test_the_first_passwords_are_told_while_they_are_so(lab):
    """The file, and what a start prints, name no password that was replaced."""
    sheet, first = f"{lab.box.state}/truth/sipd/first-extensions.csv", lab.box.extensions["800"]

    def told():
        with open(sheet) as f:
            return f.read()

    assert f"\n800,{first}\n" in told()
    lab.box.table("sipd", "extension", "Set", "string:800", "string:name", "string:Ada")
    assert f"\n800,{first}\n" in told(), "another change"
    lab.box.table("sipd", "extension", "Set", "string:800", "string:secret", "string:Xk7mPq2wRt9+zV4f")
    assert "\n800," not in told() and "\n803," in told()
    lab.box.table("sipd", "extension", "Delete", "string:809")
    assert "\n809," not in told()
    lab.box.table("sipd", "extension", "Set", "string:800", "string:secret", f"string:{first}")
    lab.box.table("sipd", "extension", "Put", "string:809", f"dict:string:string:secret,{lab.box.extensions['809']}")


def test_an_emergency_number_hides_nothing(lab):
    """It would be dialled out by everybody, past every limit, in place of what was there."""
    for number, why in (("801", "extension 801 could not be called any more"), ("*43", "*43 is a feature code")):
        said = refused(lab, "routed", "emergency", "Put", f"string:{number}", "dict:string:string:country,49")
        assert f"number: {why}" in said, said
