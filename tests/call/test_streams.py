"""Connections to the SIP port: who has just come has eight seconds to speak, be they many."""

import select
import socket

from sip import Client

BURST = 300


def burst(lab, client):
    """Opens many at once, looks at them silently over several sweeps of sipd's, then all ask. How many were answered."""
    made = [lab.net.socket("lan", socket.AF_INET, socket.SOCK_STREAM) for _ in range(BURST)]
    try:
        for s in made:
            s.settimeout(10)
            s.connect((lab.net.PBX_LAN, 5060))
        closed = select.select(made, [], [], 0.7)[0]
        assert not closed, f"{len(closed)} of {BURST} connections were closed in their first second"
        for s in made:
            s.sendall(client.build("OPTIONS").replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
        return sum(s.recv(4096).startswith(b"SIP/2.0 ") for s in made)
    finally:
        for s in made:
            s.close()


def test_new_connections_may_wait(lab):
    client = Client(lab.net, "lan", "192.168.1.114", lab.net.PBX_LAN, "800")
    lab.later(client.close)
    for _ in range(3):
        assert burst(lab, client) == BURST
