"""The box's clock is set while people talk: nothing ends early, nothing ends late, nothing aborts."""

import glob

from attacker import attack, rejected
from box import until
from sip import Client
from tap import Tap
from test_call import new_record, records, talk
from test_credit import call_up, house, limit, spend, spent
from test_guard import TRIES

FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")


class Clock:
    """The wall clock of some daemons, as they see it; they are started anew under libfaketime."""

    def __init__(self, lab, *daemons):
        self.path = f"{lab.box.state}/etc/clock"
        self.step("+0")
        for d in daemons:
            run = f"{lab.box.state}/service/{d}/run"
            with open(run) as f:
                script = f.read()
            if FAKETIME[0] in script:
                continue
            with open(run, "w") as f:
                f.write(script.replace("/run/sallyport-build/daemons/", f"env LD_PRELOAD={FAKETIME[0]} "
                        'ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" '
                        "FAKETIME_TIMESTAMP_FILE=/run/sallyport/etc/clock FAKETIME_NO_CACHE=1 "
                        "FAKETIME_DONT_FAKE_MONOTONIC=1 /run/sallyport-build/daemons/", 1))
            lab.box.kill(d)

    def step(self, to):
        with open(self.path, "w") as f:
            f.write(to + "\n")


def test_clock_set_while_people_talk(lab):
    clock = Clock(lab, "sipd", "mediad", "routed", "guardd")
    attacker = Client(lab.net, "wan", "203.0.113.9", lab.net.PBX_WAN, "800")
    lab.later(attacker.close)
    assert attack(lab, attacker, 30) == TRIES
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    ear = Tap(b)
    lab.later(ear.close)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    pids = [lab.box.pid(d) for d in ("sipd", "mediad", "routed", "guardd")]
    since = lab.box.rows("sipd", "Calls")[0]["alive_ms"]
    for to in ("+30d", "-30d"):
        clock.step(to)
        until(lambda: (abs(int(lab.box.rows("sipd", "Calls")[0]["alive_ms"]) - int(since)) > 86400000), 15,
              "sipd has seen the new time")
        ear.forget()
        until(lambda: ear.packets >= 50, 15, f"sound at {to}")
        assert len(lab.box.rows("sipd", "Registrations")) == 2, "nobody has expired"
        assert "203.0.113.9" in rejected(lab), "the ban stands"
        assert attacker.ask("OPTIONS", 0.3) is None
        since = lab.box.rows("sipd", "Calls")[0]["alive_ms"]
    assert pids == [lab.box.pid(d) for d in ("sipd", "mediad", "routed", "guardd")], "none was started again"
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    clock.step("+0")


def test_credit_over_clock_steps(lab):
    """A day ahead and an hour back in a call, then days back: it is counted once, by its length, and no wrong clock refills a limit."""
    house(lab)
    limit(lab, period="day", seconds=1000)
    clock = Clock(lab, "sipd", "routed")
    lab.later(lambda: clock.step("+0"))
    before = records(lab)
    a, b = call_up(lab)
    spent(lab, "day", "held_seconds", 60)
    today = since(lab)
    clock.step("+1d")
    until(lambda: since(lab) > today, 15, "a new day")
    tomorrow = since(lab)
    ahead = until(lambda: (now := alive(lab)) > tomorrow and now, 15, "sipd has seen it, too")
    clock.step("+23h")
    until(lambda: alive(lab) < ahead - 1800000, 15, "an hour back")
    assert (spend(lab)["held_seconds"], spend(lab)["calls"]) == ("60", "1"), spend(lab)
    assert a.hears(660) > 0.9 and b.hears(440) > 0.9
    a.tell("hangup")
    b.wait("CALL_CLOSED")
    r = new_record(lab, before)
    assert r["disposition"] == "ANSWERED" and 1 <= int(r["talk_s"]) <= 60, r
    assert int(r["cost_milli"]) == 50 + 10 * int(r["talk_s"]), r
    spent(lab, "day", "seconds", r["talk_s"])
    spent(lab, "day", "held_seconds", 0)
    clock.step("-1d")
    until(lambda: since(lab) < today, 15, "a day that is over")
    spent(lab, "day", "seconds", r["talk_s"])
    clock.step("+3d")
    until(lambda: since(lab) > tomorrow, 15, "a day to come")
    spent(lab, "day", "seconds", 0)


def since(lab):
    """When the limit's day began, in routed's eyes."""
    return int(spend(lab)["period_ms"])


def alive(lab):
    """When the call was last known to go on, in sipd's eyes."""
    return int(lab.box.rows("sipd", "Calls")[0]["alive_ms"])
