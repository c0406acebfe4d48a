"""PINs: what may be one, who gets to see it, and the dialogue with real telephones."""

import os
import re
import time

from box import Refused, until
from keypad import Keypad
from phone import Phone
from provider import Provider, trunk
from sip_peer import Peer
from test_call import new_record, records
from test_sipp import auth, sipp, well


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
    assert put(lab, "bob", pin_set="staff", pin="482913") == {"grade": "strong"}, "what a person gave is not shown again"
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


# --- the dialogue ---

PIN, NUMBER = "482913", "4930123456"


def outside(lab, **rule):
    """A provider with a telephone of NUMBER, and a dial rule 0. behind the PINs of staff; the provider."""
    p = Provider(lab, {"acme": "s3cr3t-of-acme", NUMBER: "of-" + NUMBER})
    trunk(lab, provider=p, register="false")
    pin_set(lab, "staff")
    put(lab, "ada", pin_set="staff", pin=PIN, holder="Ada")
    words = ",".join(f"{k},{v}" for k, v in {"pattern": "0.", "strip": "1", "trunks": "acme", "pin_set": "staff", **rule}.items())
    lab.box.table("routed", "dial_rule", "Put", "string:out", f"dict:string:string:{words}")
    lab.later(lambda: lab.box.table("routed", "dial_rule", "Delete", "string:out"))
    return p


def called(lab, **kw):
    lab.port += 20
    b = Phone(lab.net, "itsp", "198.51.100.20", NUMBER, password="of-" + NUMBER, server="198.51.100.10", port=lab.port, **kw)
    lab.phones.append(b)
    b.says("200 OK")
    return b


def prompted(phone):
    """More than half a second of a prompt has come out of its loudspeaker since it was asked last."""
    before = len(phone.heard())
    until(lambda: len(phone.heard()) > before + 4000, 15, f"phone {phone.number} hears the question")


def answered(a, b):
    """b has been rung: answers, and the two hear each other, after what a heard of us."""
    b.wait("CALL_INCOMING")
    b.tell("accept")
    a.wait("CALL_ESTABLISHED")
    until(lambda: a.hears(660) > 0.9, 15, "the caller hears the called party")
    until(lambda: b.hears(440) > 0.9, 15, "the called party hears the caller")


def lock_rows(lab):
    out = lab.box.table("routed", "pin_lock", "List")
    rows = {}
    for part in re.split(r"struct {", out)[1:]:
        fields = dict(re.findall(r'string "(\w+)"\s+string "([^"]*)"', part))
        rows[fields["extension"]] = fields
    return rows


def no_trace(lab, *secrets):
    """Nothing of these digits stands in a log of the box."""
    for daemon in ("sipd", "mediad", "routed", "guardd", "httpd"):
        text = lab.box.log(daemon)
        for s in secrets:
            assert s not in text, f"{daemon} wrote {s}"


def test_a_telephone_asks_for_a_pin(lab):
    """baresip, RFC 4733 in early media; wrong first. Nothing goes out before the PIN."""
    p = outside(lab)
    a, b = lab.phone("801", tone=440), called(lab, tone=660)
    before = records(lab)
    a.tell("dial", "0" + NUMBER)
    a.wait("CALL_PROGRESS")
    prompted(a)
    a.tell("sndcode", "111111#")
    prompted(a)
    assert not p.calls() and not b.saw("CALL_INCOMING")
    assert lock_rows(lab)["801"]["wrong"] == "1"
    a.tell("sndcode", PIN + "#")
    answered(a, b)
    assert len(p.calls()) == 1
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert (r["disposition"], r["dial_rule"], r["trunk"]) == ("ANSWERED", "out", "acme"), r
    assert not r.get("pin"), "it is not to be recorded"
    no_trace(lab, PIN, "111111")
    lab.box.method("routed", "Unlock", "string:801")


class Caller:
    """A telephone of ours that answers the question in one of the three ways; 801 by itself."""

    def __init__(self, lab, how, number="801", address="192.168.1.111"):
        self.lab, self.how = lab, how
        self.peer = Peer(lab.net.socket("lan"), address, (lab.net.PBX_LAN, 5060), number, lab.box.extensions[number])
        lab.later(self.peer.close)
        self.pad = Keypad(lab, self.peer, events=how != "tones")

    def dial(self, number="0" + NUMBER, code="183"):
        """Calls; returns when the question begins, in early media, or (200) after the call was answered."""
        self.d = self.peer.invite(number, body=self.pad.sdp())
        m = self.peer.expect(code + " INVITE")
        self.peer.learn(self.d, m)
        self.pad.learn(m.body)
        if code == "200":
            self.d.ack(m.cseq)
        if self.how != "mute":
            self.pad.silence(6)
        self.pad.hear(10)

    def enter(self, keys):
        {"info": lambda: self.pad.info(self.d, keys), "tones": lambda: self.pad.play(keys)}.get(
            self.how, lambda: self.pad.press(keys))()

    def again(self):
        """The question comes once more: what was said before it is over."""
        self.pad.flush()
        self.pad.hear(25)

    def hang_up(self):
        self.d.request("BYE")
        self.peer.expect("200 BYE")


def one_way(lab, how):
    p = outside(lab)
    b = called(lab)
    c = Caller(lab, how)
    before = records(lab)
    c.dial()
    c.enter("5#")
    c.again()
    assert not p.calls()
    c.enter(PIN + "#")
    b.wait("CALL_INCOMING")
    assert lock_rows(lab)["801"]["wrong"] == "1", lock_rows(lab)
    b.tell("accept")
    m = c.peer.expect("200 INVITE")
    c.d.ack(m.cseq)
    c.hang_up()
    b.wait("CALL_CLOSED")
    assert new_record(lab, before)["disposition"] == "ANSWERED"
    assert not b.saw("CALL_DTMF_START"), "no key of a PIN reaches the called party"
    no_trace(lab, PIN)
    lab.box.method("routed", "Unlock", "string:801")


def test_keys_as_events(lab):
    one_way(lab, "events")


def test_keys_as_info(lab):
    one_way(lab, "info")


def test_keys_as_tones(lab):
    one_way(lab, "tones")


def test_a_silent_telephone_is_answered_first(lab):
    """Nothing is heard of it before the 200; the call record has the answer of the called party all the same."""
    outside(lab)
    b = called(lab)
    c = Caller(lab, "mute", address="192.168.1.114")
    before = records(lab)
    c.dial()
    m = c.peer.expect("200 INVITE", seconds=10)
    c.d.ack(m.cseq)
    c.again()
    row, = lab.box.rows("sipd", "Calls")
    assert (row["state"], row["answer_ms"]) == ("playing", "0"), row
    c.pad.silence(6)
    c.enter(PIN + "#")
    b.wait("CALL_INCOMING")
    rung = int(time.time() * 1000)
    b.tell("accept")
    until(lambda: lab.box.rows("sipd", "Calls")[0]["state"] == "up", 10, "the call is up")
    c.hang_up()
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert r["disposition"] == "ANSWERED" and int(r["answer_ms"]) >= rung, (r, rung)
    assert not lock_rows(lab), "that was no try"
    # the phone is remembered
    d = Caller(lab, "mute", address="192.168.1.114")
    d.dial(code="200")
    d.hang_up()
    # another one is not
    e = Caller(lab, "mute", address="192.168.1.115")
    e.dial(code="183")
    gives_up(e)


def gives_up(c):
    """The caller has heard enough."""
    c.peer.cancel(c.d)
    c.peer.expect("487 INVITE")


def fails(lab, c, patient=False):
    """One call whose entries are all wrong; patient: up to the spoken reason's end, and the record is looked at."""
    before = records(lab)
    c.dial()
    for i, keys in enumerate(("111111", "222222", "333333")):
        if i:
            c.again()
        c.enter(keys + "#")
    if not patient:
        c.again()
        gives_up(c)
        return
    m = c.peer.expect("403 INVITE", seconds=20)
    c.peer.ack_refusal(m, c.d.target)
    r = new_record(lab, before)
    assert (r["disposition"], r["sip_code"], r["dial_rule"], r["reason"]) == ("REFUSED", "403", "out", "wrong PIN"), r


def explained(lab):
    return lab.box.method("routed", "Explain", "string:801", f"string:0{NUMBER}", "string:now")


def test_three_calls_lock(lab):
    """Those of this extension alone; over a kill; until a person unlocks it; and guardd knows."""
    p = outside(lab)
    for patient in (True, False, False):
        assert "locked for 801" not in explained(lab)
        fails(lab, Caller(lab, "events"), patient)
    row = lock_rows(lab)["801"]
    assert (row["locked"], row["wrong"], row["times"]) == ("true", "9", "1"), row
    assert 29 * 60000 < int(row["until_ms"]) - int(row["since_ms"]) <= 30 * 60000, row
    assert "locked for 801" in explained(lab)
    lab.box.kill("routed")
    assert "locked for 801" in explained(lab)
    before = records(lab)
    c = Caller(lab, "events")
    c.d = c.peer.invite("0" + NUMBER, body=c.pad.sdp())
    m = c.peer.expect("403 INVITE", seconds=20)
    c.peer.ack_refusal(m, c.d.target)
    assert "locked for 801" in new_record(lab, before)["reason"]
    kinds = [i["kind"] for i in lab.box.rows("guardd", "Incidents", "string:", "uint32:50")]
    assert "pin_lock" in kinds and "pin" in kinds, kinds
    # 802 is not locked, whatever 801 did
    other = Caller(lab, "events", "802", "192.168.1.113")
    other.dial()
    other.enter(PIN + "#")
    until(lambda: p.calls(), 10, "802 gets out")
    gives_up(other)
    lab.box.method("routed", "Unlock", "string:801")
    c = Caller(lab, "events")
    c.dial()
    c.enter(PIN + "#")
    until(lambda: len(p.calls()) == 2, 10, "801 gets out again")
    gives_up(c)
    try:
        lab.box.method("routed", "Unlock", "string:801")
    except Refused as e:
        assert "NoSuch" in str(e), e


def test_many_calls_guess_no_more(lab):
    """Twelve calls of one thief at once: they have no more entries together than three one after the other."""
    p = outside(lab)
    callers = [Caller(lab, "events") for _ in range(12)]
    for c in callers:
        c.d = c.peer.invite("0" + NUMBER, body=c.pad.sdp())
    for c in callers:
        m = c.peer.expect("183 INVITE", seconds=20)
        c.peer.learn(c.d, m)
        c.pad.learn(m.body)
    for entry in range(3):
        for i, c in enumerate(callers):
            c.pad.silence(6)
            c.pad.hear(25)
            c.enter(f"{7001 + 10 * i + entry}#")
        for c in callers:
            c.pad.flush()
    for c in callers:
        m = c.peer.expect("403 INVITE", seconds=30)
        c.peer.ack_refusal(m, c.d.target)
    row = lock_rows(lab)["801"]
    assert row["locked"] == "true" and int(row["wrong"]) <= 9, row
    assert not p.calls()
    lab.box.method("routed", "Unlock", "string:801")


def ends_with(lab, number, code, keys=PIN):
    """A call that ends so after this entry; its record."""
    before = records(lab)
    c = Caller(lab, "events")
    c.dial(number)
    c.enter(keys + "#")
    if code == "487":
        c.again()
        gives_up(c)
    else:
        c.peer.ack_refusal(c.peer.expect(code + " INVITE", seconds=20), c.d.target)
    return new_record(lab, before)


def test_what_the_record_says(lab):
    """The PIN, where that is wanted, only of calls that got out; its holder of all that were let out."""
    outside(lab, record_pin="true")
    b = called(lab, answer="auto")
    c = Caller(lab, "events")
    before = records(lab)
    c.dial()
    c.enter(PIN + "#")
    c.d.ack(c.peer.expect("200 INVITE", seconds=10).cseq)
    b.wait("CALL_ESTABLISHED")
    c.hang_up()
    r = new_record(lab, before)
    assert (r["disposition"], r["pin"], r["pin_holder"]) == ("ANSWERED", PIN, "Ada"), r
    r = ends_with(lab, "01486", "486")
    assert (r["disposition"], r["pin"], r["pin_holder"]) == ("BUSY", PIN, "Ada"), r
    r = ends_with(lab, "01403", "480")
    assert (r["disposition"], r["pin"], r["pin_holder"]) == ("FAILED", "", "Ada"), r
    r = ends_with(lab, "01486", "487", keys="111111")
    assert (r["trunk"], r["pin"], r["pin_holder"]) == ("", "", ""), r
    no_trace(lab, PIN)
    lab.box.method("routed", "Unlock", "string:801")


def test_a_kill_in_the_middle(lab):
    """routed forgets nothing of a call that is being asked: its entries count on, and a right PIN is one."""
    p = outside(lab)
    before = records(lab)
    b = called(lab)
    c = Caller(lab, "events")
    c.dial()
    c.enter("111111#")
    c.again()
    lab.box.kill("routed")
    c.enter("222222#")
    c.again()
    assert lock_rows(lab)["801"]["wrong"] == "2", lock_rows(lab)
    lab.box.kill("routed")
    c.enter(PIN + "#")
    b.wait("CALL_INCOMING")
    gives_up(c)
    b.wait("CALL_CLOSED")
    new_record(lab, before)  # this call's: it comes behind what the phone says
    # sipd: the call is gone, and what was typed with it; it is written down, and no lock is lost
    before = records(lab)
    d = Caller(lab, "events")
    d.dial()
    d.enter("333333#")
    d.again()
    lab.box.kill("sipd")
    assert new_record(lab, before)["reason"] == "telephone service restarted"
    assert lock_rows(lab)["801"]["wrong"] == "3", lock_rows(lab)
    # mediad: nobody is left to ask
    e = Caller(lab, "events")
    e.dial()
    lab.box.kill("mediad")
    e.peer.ack_refusal(e.peer.expect("503 INVITE", seconds=10), e.d.target)
    assert len(p.calls()) == 1
    lab.box.method("routed", "Unlock", "string:801")


def test_busy_after_an_answer(lab):
    """A phone that was answered for its PIN hears that the called party is busy; the record knows no answer."""
    outside(lab)
    before = records(lab)
    c = Caller(lab, "mute", address="192.168.1.116")
    c.dial("01486")
    c.d.ack(c.peer.expect("200 INVITE", seconds=10).cseq)
    c.again()
    c.pad.silence(6)
    c.enter(PIN + "#")
    c.again()
    c.peer.reply(c.peer.expect("BYE", seconds=15), 200)
    r = new_record(lab, before)
    assert (r["disposition"], r["sip_code"], r["answer_ms"], r["cost_milli"]) == ("BUSY", "486", "0", "0"), r


def test_the_next_trunk_asks_no_more(lab):
    first = outside(lab)
    second = Provider(lab, address="198.51.100.11", far=5081, name="second")
    trunk(lab, "spare", provider=second, register="false")
    lab.box.table("routed", "dial_rule", "Set", "string:out", "string:trunks", "string:acme;spare")
    lab.later(lambda: lab.box.table("routed", "dial_rule", "Set", "string:out", "string:trunks", "string:acme"))
    first.set(invite=503)
    c = Caller(lab, "events")
    c.dial()
    c.enter(PIN + "#")
    until(lambda: second.calls(), 20, "the call reaches the second provider")
    assert len(first.calls()) == 1
    gives_up(c)


def test_a_brake_asks_for_a_pin(lab):
    """A rule without a PIN set; the second call within the hour is one too many, but not for Ada."""
    p = outside(lab)
    lab.box.table("routed", "dial_rule", "Set", "string:out", "string:pin_set", "string:")
    lab.box.table("routed", "brake", "Put", "string:second",
                  "dict:string:string:kind,calls_per_hour,scope,extension,who,801,act,2,action,pin,pin_set,staff")
    lab.later(lambda: lab.box.table("routed", "brake", "Delete", "string:second"))
    p.set(invite=486)
    c = Caller(lab, "events")
    d = c.peer.invite("0" + NUMBER, body=c.pad.sdp())
    c.peer.ack_refusal(c.peer.expect("486 INVITE"), d.target)
    c = Caller(lab, "events")
    c.dial()
    assert len(p.calls()) == 1
    c.enter("111111#")
    c.again()
    assert len(p.calls()) == 1
    c.enter(PIN + "#")
    c.peer.ack_refusal(c.peer.expect("486 INVITE"), c.d.target)
    assert len(p.calls()) == 2
    lab.box.method("routed", "Unlock", "string:801")


def test_a_call_that_a_script_starts(lab):
    """The telephone of the caller rings first; then it is asked, like any other."""
    p = outside(lab)
    a, b = lab.phone("801", tone=440), called(lab, tone=660)
    lab.box.method("sipd", "Originate", "string:801", f"string:0{NUMBER}")
    a.wait("CALL_INCOMING")
    a.tell("accept")
    prompted(a)
    assert not p.calls()
    a.tell("sndcode", PIN + "#")
    b.wait("CALL_INCOMING")
    b.tell("accept")
    until(lambda: a.hears(660) > 0.9, 15, "the caller hears the called party")
    a.tell("hangup")
    b.wait("CALL_CLOSED")


def test_sipp_types_a_pin(lab):
    """sipp, with the telephone-events of a real telephone; five callers at once."""
    p = outside(lab)
    put(lab, "eve", pin_set="staff", pin="2579", holder="Eve")
    before = records(lab)
    caller = [("801", auth(lab, "801"), "01486")]
    well(sipp(lab, "192.168.1.117", 6110, "pin", caller, "-m", "5", "-r", "5", "-mp", "16000"), 60)
    assert [c["number"] for c in p.calls()] == ["1486"] * 5, p.calls()
    until(lambda: len(records(lab)) >= len(before) + 5, 10, "five records")
    assert all((r["disposition"], r["pin_holder"]) == ("BUSY", "Eve") for r in records(lab)[:5])
    assert not lock_rows(lab)
