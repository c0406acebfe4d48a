"""Somebody who was refused and then gets in is an incident of its own, and wants somebody's eyes."""

from box import until
from sshd import PASSWORD, USER
from test_guard import stranger
from test_ssh import guess, sshd
from web import Browser


def got_in(lab):
    return lab.box.rows("guardd", "Incidents", "string:kind=got_in", "uint32:100")


def told(lab, service, source):
    return next(((r["level"], r["account"]) for r in got_in(lab) if (r["service"], r["source"]) == (service, source)), None)


def test_a_phone_that_guessed_right(lab):
    """Three wrong passwords, then the right one; a phone beside it that typed one wrong is nobody's concern."""
    c, other = stranger(lab, 25, "800"), stranger(lab, 26, "801")
    for client, times in ((other, 1), (c, 3)):
        for n in range(times):
            client.nc = 0
            assert client.register(f"wrong{n}").code == 401
        client.nc = 0
        assert client.register(lab.box.extensions[client.user]).code == 200
    until(lambda: told(lab, "sip", "203.0.113.25") == ("warning", "800"), 10, "the one is told")
    assert not told(lab, "sip", "203.0.113.26"), "the other had come in before it"
    alerts = lab.box.table("guardd", "alert", "List")
    assert "203.0.113.25" in alerts and "got_in" in alerts, "and wants somebody's eyes"
    assert next(r for r in got_in(lab) if r["source"] == "203.0.113.25")["detail"] == "after 3 refused tries within an hour"


def test_a_sign_in_after_guesses(lab):
    b = Browser(lab.net, "wan", lab.net.PBX_WAN, source="203.0.113.27")
    for n in range(3):
        assert b.sign_in("801", f"wrong{n}")[0] == 401
    assert b.sign_in("801", lab.box.extensions["801"])[0] == 200
    until(lambda: told(lab, "https", "203.0.113.27") == ("warning", "801"), 10, "it is told")


def test_ssh_after_guesses(lab):
    """A real sshd, under three names, and then the password that is right; a neighbour knows it at once."""
    sshd(lab)
    assert "Permission denied" not in guess(lab, 29, user=USER, password=PASSWORD)
    for user in ("root", USER, "nobody-here"):
        assert "Permission denied" in guess(lab, 28, user=user)
    assert "Permission denied" not in guess(lab, 28, user=USER, password=PASSWORD)
    until(lambda: told(lab, "ssh", "203.0.113.28") == ("alarm", USER), 20, "it is told")
    assert not told(lab, "ssh", "203.0.113.29"), "the other had come in before it"
