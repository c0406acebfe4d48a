"""Who guesses the passwords of telephones: how many of his tries the box answers."""

import re
import time


def rejected(lab):
    """The addresses and networks that are shut out of SIP."""
    return set(re.findall(r'string "sip@([^"]+)"', lab.box.table("guardd", "rejected", "List")))


def attack(lab, client, times, seconds=15):
    """How many wrong passwords of this client are answered until its address is shut out.

    That it is so is asked of guardd: silence alone may be a machine that has other work, or a packet that a limit of the
    kernel took. Such a packet is sent again, as telephones do.
    """
    for n in range(times):
        end = time.monotonic() + seconds
        while not (a := client.ask("REGISTER", 0.5)):
            if client.address in rejected(lab):
                return n
            assert time.monotonic() < end, f"{client.address} is not answered, and not shut out"
        client.nc = 0
        a = client.ask("REGISTER", seconds, extra=(client.credentials("REGISTER", a.challenge(), f"wrong{n}"),))
        assert a and a.code in (401, 403), (n, a and a.first)
    return times
