"""The laboratory's networks: namespaces of our own, joined by a router, no way out.

    pbx --- lan   192.168.1.0/24   phones (one namespace, many addresses)
     |
    rt  --- itsp  198.51.100.0/24  provider
        --- wan   203.0.113.0/24   strangers and attackers
        --- nat --- home 10.9.0.0/24   a phone behind a home router
"""

import ctypes
import os
import shutil
import socket
import subprocess

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def sh(*words, check=True, **kw):
    return subprocess.run(words, check=check, text=True, capture_output=True, **kw)


class Net:
    PBX_LAN, PBX_WAN = "192.168.1.1", "192.0.2.10"
    PBX_LAN6, PBX_WAN6 = "fd00:1::1", "2001:db8:2::10"
    NAT_WAN = "203.0.113.50"
    DNS = "198.51.100.30"
    NAMES = ("pbx", "lan", "itsp", "wan", "rt", "nat", "home")

    def __init__(self):
        self.prefix = f"sp{os.getpid()}-"
        self.made = []

    def ns(self, name):
        return self.prefix + name

    def ip(self, name, *words):
        sh("ip", "-n", self.ns(name), *words)

    def run(self, name, *words, **kw):
        return sh("ip", "netns", "exec", self.ns(name), *words, **kw)

    def popen(self, name, *words, **kw):
        return subprocess.Popen(("ip", "netns", "exec", self.ns(name), *words), **kw)

    def link(self, a, a_if, b, b_if):
        sh("ip", "link", "add", a_if, "netns", self.ns(a), "type", "veth",
           "peer", "name", b_if, "netns", self.ns(b))

    def address(self, name, dev, *addresses):
        for a in addresses:
            self.ip(name, "addr", "add", a, "dev", dev, *(["nodad"] if ":" in a else []))
        self.ip(name, "link", "set", dev, "up")

    def __enter__(self):
        # what `ip netns exec` shows in /etc: the box asks our DNS, when a test has one (names.py)
        self.etc = f"/etc/netns/{self.ns('pbx')}"
        os.makedirs(self.etc, exist_ok=True)
        with open(f"{self.etc}/resolv.conf", "w") as f:
            f.write(f"nameserver {self.DNS}\n")
        for n in self.NAMES:
            sh("ip", "netns", "add", self.ns(n))
            self.made.append(n)
            # addresses are there at once: a browser would see the network change when they ripen
            self.run(n, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.default.dad_transmits=0")
            self.ip(n, "link", "set", "lo", "up")
        self.link("pbx", "lan0", "lan", "eth0")
        self.link("pbx", "wan0", "rt", "pbx0")
        self.link("rt", "itsp0", "itsp", "eth0")
        self.link("rt", "wan0", "wan", "eth0")
        self.link("rt", "nat0", "nat", "wan0")
        self.link("nat", "home0", "home", "eth0")
        self.address("pbx", "lan0", "192.168.1.1/24", "fd00:1::1/64")
        self.address("pbx", "wan0", "192.0.2.10/24", "2001:db8:2::10/64")
        self.address("lan", "eth0", *(f"192.168.1.{n}/24" for n in range(100, 120)),
                     "fd00:1::100/64", "fd00:1::101/64")
        self.address("rt", "pbx0", "192.0.2.1/24", "2001:db8:2::1/64")
        self.address("rt", "itsp0", "198.51.100.1/24")
        self.address("rt", "wan0", "203.0.113.1/25", "2001:db8:3::1/64")
        self.address("rt", "nat0", "203.0.113.129/25")
        self.address("itsp", "eth0", *(f"198.51.100.{n}/24" for n in range(10, 31)))
        self.address("wan", "eth0", *(f"203.0.113.{n}/25" for n in range(9, 30)), "203.0.113.80/25",
                     "2001:db8:3::9/64", "2001:db8:3::80/64")
        self.address("nat", "wan0", "203.0.113.150/25")
        self.address("nat", "home0", "10.9.0.1/24")
        self.address("home", "eth0", "10.9.0.100/24", "10.9.0.101/24")
        self.routes()
        return self

    def routes(self):
        for n in ("rt", "nat"):
            self.run(n, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.ip("pbx", "route", "add", "default", "via", "192.0.2.1")
        self.ip("pbx", "-6", "route", "add", "default", "via", "2001:db8:2::1")
        self.ip("lan", "route", "add", "default", "via", "192.168.1.1")
        self.ip("itsp", "route", "add", "default", "via", "198.51.100.1")
        self.ip("wan", "route", "add", "default", "via", "203.0.113.1")
        self.ip("wan", "-6", "route", "add", "default", "via", "2001:db8:3::1")
        self.ip("nat", "route", "add", "default", "via", "203.0.113.129")
        self.ip("home", "route", "add", "default", "via", "10.9.0.1")
        self.run("nat", "nft", "add table ip n; add chain ip n p { type nat hook postrouting priority 100; };"
                 "add rule ip n p oif wan0 masquerade")

    def whole_48(self):
        """Whoever is at wan may be any address of 2001:db8:4::/48."""
        self.run("wan", "sysctl", "-qw", "net.ipv6.ip_nonlocal_bind=1")
        self.ip("rt", "-6", "route", "replace", "2001:db8:4::/48", "via", "2001:db8:3::9")
        self.ip("wan", "-6", "route", "replace", "local", "2001:db8:4::/48", "dev", "lo")

    def __exit__(self, *_):
        for n in reversed(self.made):
            sh("ip", "netns", "del", self.ns(n), check=False)
        shutil.rmtree(self.etc, ignore_errors=True)

    def socket(self, name, family=socket.AF_INET, kind=socket.SOCK_DGRAM, proto=0):
        """A socket that lives in a namespace, for this process."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.ns(name)}", os.O_RDONLY)
        try:
            if libc.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            return socket.socket(family, kind, proto)
        finally:
            libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)
