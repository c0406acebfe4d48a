"""PINs: what may be one, who gets to see it, and the dialogue with real telephones."""

import os
import re

from box import Refused, until


def put(lab, name, **fields):
    """Puts a PIN; returns what the box made of it."""
    words = ",".join(f"{k},{v}" for k, v in fields.items())
    out = lab.box.table("routed", "pin", "Put", f"string:{name}", f"dict:string:string:{words}")
    return dict(re.findall(r'string "(\w+)"\s+string "([^"]*)"', out))


def refused(lab, name, **fields):
    try:
        put(lab, name, **fields)
    except Refused as e:
        return str(e)
    raise AssertionError(f"taken: {name} {fields}")


def pin_set(lab, name, **fields):
    words = ",".join(f"{k},{v}" for k, v in {"note": "test", **fields}.items())
    lab.box.table("routed", "pin_set", "Put", f"string:{name}", f"dict:string:string:{words}")
    lab.later(lambda: drop_set(lab, name))


def drop_set(lab, name):
    for key in re.findall(r'struct {\s+string "([^"]+)"', lab.box.table("routed", "pin", "List")):
        if f'string "{name}"' in lab.box.table("routed", "pin", "Get", f"string:{key}"):
            lab.box.table("routed", "pin", "Delete", f"string:{key}")
    lab.box.table("routed", "pin_set", "Delete", f"string:{name}")


def files_of(top):
    for where, _, names in os.walk(top):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    yield path, f.read()


def test_what_may_be_a_pin(lab):
    pin_set(lab, "staff")
    pin_set(lab, "boss")
    made = put(lab, "ada", pin_set="staff")
    assert re.fullmatch(r"\d{6}", made["pin"]), made
    assert put(lab, "bob", pin_set="staff", pin="482913") == {}, "what a person gave is not shown again"
    for wrong in ("123", "1234567890123", "48a2", "1111", "87654321"):
        assert "pin" in refused(lab, "eve", pin_set="staff", pin=wrong)
    said = refused(lab, "eve", pin_set="staff", pin="482913")
    assert "pin" in said and "bob" not in said, "whose it is must not be told"
    put(lab, "eve", pin_set="boss", pin="482913")
    assert "pin_set" in refused(lab, "eve", pin_set="nobody", pin="592817")
    again = lab.box.table("routed", "pin", "Set", "string:ada", "string:pin", "string:")
    assert re.search(r'string "\d{6}"', again) and made["pin"] not in again, "a new one, shown once"
    try:
        lab.box.table("routed", "pin_set", "Delete", "string:staff")
    except Refused as e:
        assert "ada" in str(e) or "pin" in str(e), e
    else:
        raise AssertionError("a set went whose PINs are there")


def test_nobody_reads_a_pin(lab):
    """Not in a list, a view, the journal, a signal, a log, nor in clear on the disk; also after a restart."""
    pin_set(lab, "staff")
    ear = lab.net.popen("pbx", "dbus-monitor", "--address", lab.box.bus, "type='signal'", stdin=-3, stdout=-1, stderr=-3,
                        text=True)
    try:
        assert ear.stdout.readline(), "it listens"
        digits = put(lab, "ada", pin_set="staff", holder="Ada")["pin"]
        put(lab, "bob", pin_set="staff", pin="73518246")
        put(lab, "ada", holder="Countess")
    finally:
        ear.terminate()
    heard = ear.communicate()[0]
    assert "Changed" in heard, "the monitor heard the changes"
    said = lab.box.table("routed", "pin", "List") + lab.box.table("routed", "pin", "Get", "string:ada")
    assert '"holder"' in said, said
    journal = lab.box.table("routed", "pin", "Journal", "uint64:0", "uint32:50")
    for secret in (digits, "73518246"):
        for where, text in (("a row", said), ("the journal", journal), ("a signal", heard)):
            assert secret not in text, f"the PIN stands in {where}"
    lab.box.kill("routed")
    until(lambda: lab.box.table("routed", "pin", "List"), 10, "routed knows its PINs")
    files = list(files_of(lab.box.state))
    assert any(b"Countess" in data for path, data in files if "truth" in path), "the holder stands on the disk"
    for secret in (digits.encode(), b"73518246"):
        for path, data in files:
            assert secret not in data, f"the PIN stands in {path}"
