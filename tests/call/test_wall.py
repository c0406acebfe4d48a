"""The packet filter against real packets: the guide's examples, the order of precedence, and changes that go back by themselves."""

import re
import socket
import struct
import threading

from attacker import rejected
from box import Refused, until
from netns import Net
from sip import Client
from tap import Tap
from test_call import talk

GENERAL, RULE, DEFENSE, ALLOWED = ("fwd", "firewall"), ("fwd", "common_rule"), ("guardd", "auto_defense"), ("guardd", "allowed_address")
SERVICES = {"sip": 5060, "https": 9999, "ami": 5038, "ssh": 22}


def put(lab, table, key, **words):
    """Fields whose value has a comma are not for Put."""
    return lab.box.table(*table, "Put", f"string:{key}", "dict:string:string:" + ",".join(f"{k},{v}" for k, v in words.items()))


def delete(lab, table, key):
    return lab.box.table(*table, "Delete", f"string:{key}")


def move(lab, key, place):
    return lab.box.table(*RULE, "Move", f"string:{key}", f"uint32:{place}")


def fields(text):
    """The arguments of a reply, in order."""
    return [a or b for a, b in re.findall(r'^   (?:string "(.*)"|\w+ (\S+))$', text, re.M)]


def would(lab, source, protocol, port):
    verdict, why, rule, _ = fields(lab.box.method("fwd", "Would", f"string:{source}", f"string:{protocol}", f"uint32:{port}"))
    return verdict, rule or why


def trial(lab):
    names = ("state", "generation", "actor", "since_ms", "until_ms", "left_s", "extended", "differs")
    return dict(zip(names, fields(lab.box.method("fwd", "Trial"))))


def keep(lab):
    lab.box.method("fwd", "Confirm", "uint32:0")


def back(lab):
    """As it was kept last; for the end of a test."""
    if trial(lab)["state"] == "running":
        lab.box.method("fwd", "Rollback", "uint32:0")


def on_trial(lab):
    """Whatever this test changes is taken back."""
    lab.later(lambda: back(lab))


def count(lab, rule):
    return next((int(r["packets"]) for r in lab.box.rows("fwd", "Counters") if r["rule"] == rule), 0)


def refused(lab, table, key, **words):
    try:
        put(lab, table, key, **words)
    except Refused as e:
        return str(e)
    raise AssertionError(f"taken: {words}")


def open_to(lab, n, port):
    """Does the box take a connection of 203.0.113.n there?"""
    s = lab.net.socket("wan", kind=socket.SOCK_STREAM)
    s.settimeout(1)
    s.bind((f"203.0.113.{n}", 0))
    try:
        s.connect((Net.PBX_WAN, port))
        return True
    except TimeoutError:
        return False
    finally:
        s.close()


def listener(lab, port):
    """A door of the box where nothing of ours listens."""
    s = lab.net.socket("pbx", kind=socket.SOCK_STREAM)
    lab.later(s.close)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", port))
    s.listen(64)
    return s


def connects(lab, where, address, port, seconds=0.5):
    """Is a connection let in? A dropped SYN is met by silence."""
    with lab.net.socket(where, kind=socket.SOCK_STREAM) as s:
        s.settimeout(seconds)
        s.bind((address, 0))
        try:
            s.connect((Net.PBX_LAN if where == "lan" else Net.PBX_WAN, port))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return True


def pings(lab, where, address):
    server = Net.PBX_LAN if where == "lan" else Net.PBX_WAN
    return lab.net.run(where, "ping", "-c1", "-W1", "-I", address, server, check=False).returncode == 0


def answered(lab, where, address):
    """The kernel has one socket for all its answers to pings, whatever their namespace: it may lose one."""
    until(lambda: pings(lab, where, address), 10, "a ping is answered")
    return True


def client(lab, where, address, number="803"):
    c = Client(lab.net, where, address, Net.PBX_LAN if where == "lan" else Net.PBX_WAN, number)
    lab.later(c.close)
    return c


def lan_address(lab, address):
    lab.net.ip("lan", "addr", "add", f"{address}/24", "dev", "eth0")
    lab.later(lambda: lab.net.ip("lan", "addr", "del", f"{address}/24", "dev", "eth0"))


def heard(sock, seconds):
    sock.settimeout(seconds)
    try:
        return sock.recv(100)
    except TimeoutError:
        return None


# --- the guide's examples ---

def test_ami_port_for_one_address(lab):
    """Above the built-in drop the rule opens 5038 for 192.168.1.2; below it, it does nothing."""
    on_trial(lab)
    lan_address(lab, "192.168.1.2")
    listener(lab, 5038)
    assert not connects(lab, "lan", "192.168.1.2", 5038), "the built-in rule drops"
    assert would(lab, "192.168.1.2", "tcp", 5038) == ("drop", "ami")
    put(lab, RULE, "logger", action="accept", protocol="tcp", port=5038, source="192.168.1.2")
    assert not connects(lab, "lan", "192.168.1.2", 5038), "below it"
    before = count(lab, "logger")
    move(lab, "logger", 1)
    assert connects(lab, "lan", "192.168.1.2", 5038), "above it"
    assert would(lab, "192.168.1.2", "tcp", 5038) == ("accept", "logger")
    assert count(lab, "logger") == before + 1
    assert not connects(lab, "lan", "192.168.1.110", 5038) and would(lab, "192.168.1.110", "tcp", 5038) == ("drop", "ami")
    dropped = count(lab, "ami")
    assert dropped > 0
    # it can be switched off, not deleted; another change loses no count
    try:
        delete(lab, RULE, "ami")
        raise AssertionError("a built-in rule went")
    except Refused as e:
        assert "built in" in str(e)
    put(lab, RULE, "ami", enabled="false")
    assert connects(lab, "lan", "192.168.1.110", 5038)
    assert count(lab, "ami") == dropped
    last = next(r for r in lab.box.rows("fwd", "Counters") if r["rule"] == "ami")
    assert int(last["last_ms"]) > 0, last


def drop_all_but_the_office(lab):
    """Drop all with the three permit rules of the guide: web, SIP and RTP for 192.168.1.0/24."""
    put(lab, RULE, "web", action="accept", protocol="tcp", port="https", source="192.168.1.0/24")
    put(lab, RULE, "sip", action="accept", protocol="both", port="sip", source="192.168.1.0/24")
    put(lab, RULE, "rtp", action="accept", protocol="udp", port="rtp", source="192.168.1.0/24")
    put(lab, GENERAL, "general", drop_all="true")


def test_drop_all_with_three_rules(lab):
    on_trial(lab)
    a = lab.phone("801", tone=440)
    b = lab.phone("802", address="192.168.1.102", tone=660)
    assert client(lab, "wan", "203.0.113.21").ask("REGISTER") is not None
    drop_all_but_the_office(lab)
    keep(lab)
    try:
        a.tell("dial", "802")
        talk(lab, a, b, 440, 660)
        a.tell("hangup")
        b.wait("CALL_CLOSED")
        assert connects(lab, "lan", "192.168.1.110", 9999)
        # everything else is dead
        listener(lab, 22)
        assert not connects(lab, "lan", "192.168.1.110", 22)
        assert not pings(lab, "lan", "192.168.1.110")
        for port in (22, 5060, 5061, 9999):
            assert not connects(lab, "wan", "203.0.113.21", port), port
        assert client(lab, "wan", "203.0.113.21").ask("REGISTER", 0.5) is None
        assert would(lab, "203.0.113.21", "tcp", 9999) == ("drop", "drop all")
        # from outside there is not even a sign of life
        out = lab.net.run("wan", "nmap", "-n", "-Pn", "-sS", "-sU", "-p", "T:22,5038,5060,5061,9999,U:5060,4569,10000-10010",
                          "--max-retries", "1", "--host-timeout", "60s", Net.PBX_WAN).stdout
        states = set(re.findall(r"^\d+/(?:tcp|udp)\s+(\S+)", out, re.M)) | set(re.findall(r"Not shown: \d+ (\S+)", out))
        assert states and states <= {"filtered", "open|filtered"}, out
    finally:
        put(lab, GENERAL, "general", drop_all="false")
        for name in ("web", "sip", "rtp"):
            delete(lab, RULE, name)
        keep(lab)


def test_allowed_address_under_drop_all(lab):
    """It passes for its service, and may be heard."""
    on_trial(lab)
    drop_all_but_the_office(lab)
    put(lab, ALLOWED, "far", source="203.0.113.9", services="sip")
    lab.later(lambda: delete(lab, ALLOWED, "far"))
    a = lab.phone("801", tone=440)
    c = lab.phone("803", "wan", address="203.0.113.9", tone=660)
    a.tell("dial", "803")
    talk(lab, a, c, 440, 660)
    assert not connects(lab, "wan", "203.0.113.9", 9999)
    a.tell("hangup")


def test_block_one_address_from_sip_while_it_talks(lab):
    """The open flow walks the new rules; sound goes on until its rule, too.
    (The sound of a baresip comes from the first address of its interface.)"""
    on_trial(lab)
    a = lab.phone("801", tone=440)
    b = lab.phone("802", "wan", address="203.0.113.9", tone=660)
    a.tell("dial", "802")
    talk(lab, a, b, 440, 660)
    c = client(lab, "wan", "203.0.113.9")
    assert c.ask("REGISTER") is not None
    put(lab, RULE, "thief", action="drop", protocol="both", port="sip", source="203.0.113.9")
    assert c.ask("REGISTER", 0.5) is None
    assert client(lab, "wan", "203.0.113.21").ask("REGISTER") is not None, "nobody else"
    put(lab, RULE, "thief-sound", action="drop", protocol="udp", port="rtp", source="203.0.113.9")
    ear = Tap(a)
    lab.later(ear.close)

    def silent():
        ear.forget()
        return not threading.Event().wait(0.5) and ear.packets == 0

    until(silent, 10, "its sound is cut")
    back(lab)
    assert c.ask("REGISTER") is not None
    a.tell("hangup")


def test_ten_packets_in_sixty_seconds(lab):
    """Port 22: the tenth connection gets in, the eleventh does not; another source does."""
    listener(lab, 22)
    put(lab, DEFENSE, "ssh", protocol="tcp", port=22, packets=10, seconds=60)
    lab.later(lambda: delete(lab, DEFENSE, "ssh"))
    got = [connects(lab, "wan", "203.0.113.11", 22, 0.2) for _ in range(14)]
    assert got == [True] * 10 + [False] * 4, got
    assert connects(lab, "wan", "203.0.113.12", 22)
    assert count(lab, "ssh") >= 4
    # the rate is kept over a change of the rules and over a restart of fwd
    put(lab, RULE, "other", action="accept", protocol="tcp", port=8080)
    back(lab)
    assert not connects(lab, "wan", "203.0.113.11", 22, 0.2)
    lab.box.kill("fwd")
    assert not connects(lab, "wan", "203.0.113.11", 22, 0.2)
    until(lambda: any(r["kind"] == "defense" and r["source"] == "203.0.113.11" and r["account"] == "ssh"
                      for r in lab.box.rows("guardd", "Incidents", "string:", "uint32:100")), 10, "the incident")
    assert not rejected_at(lab, "ssh"), "no ban was asked for"
    # allowed addresses are exempt
    put(lab, ALLOWED, "friend", source="203.0.113.11", services="ssh")
    lab.later(lambda: delete(lab, ALLOWED, "friend"))
    assert all(connects(lab, "wan", "203.0.113.11", 22) for _ in range(15))


def test_what_a_limit_counts(lab):
    """New connections of TCP and packets of UDP, unless the row says otherwise."""
    door = listener(lab, 8083)
    put(lab, DEFENSE, "packets", protocol="tcp", port=8083, packets=5, seconds=6000, counted="packets")
    put(lab, DEFENSE, "flows", protocol="udp", port=8083, packets=2, seconds=6000, counted="connections")
    for name in ("packets", "flows"):
        lab.later(lambda n=name: delete(lab, DEFENSE, n))
    with lab.net.socket("wan", kind=socket.SOCK_STREAM) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.bind(("203.0.113.23", 0))
        s.connect((Net.PBX_WAN, 8083))
        inside, _ = door.accept()
        lab.later(inside.close)
        got = []
        # two packets made the connection; what is sent again counts as well
        while len(got) < 9 and (not got or got[-1]):
            s.send(b"x")
            got.append(heard(inside, 10 if len(got) < 2 else 1))
        assert got[:2] == [b"x", b"x"] and got[-1] is None and len(got) <= 4, got
    with lab.net.socket("pbx") as hears, lab.net.socket("wan") as one, lab.net.socket("wan") as two, lab.net.socket("wan") as three:
        hears.bind(("0.0.0.0", 8083))
        hears.settimeout(10)
        for s in (one, two):
            s.bind(("203.0.113.23", 0))
            for n in range(6):
                s.sendto(b"%d" % n, (Net.PBX_WAN, 8083))
                said, peer = hears.recvfrom(100)
                assert said == b"%d" % n
                # to the kernel it is new until it is answered
                hears.sendto(said, peer)
                assert heard(s, 10) == said
        three.bind(("203.0.113.23", 0))
        three.sendto(b"the third", (Net.PBX_WAN, 8083))
        assert heard(hears, 0.3) is None


def rejected_at(lab, service):
    return set(re.findall(rf'string "{service}@([^"]+)"', lab.box.table("guardd", "rejected", "List")))


def test_defense_that_bans(lab):
    """Who finished handshakes is banned, who only sent SYNs (in anybody's name) is discarded."""
    door = listener(lab, 22)
    put(lab, DEFENSE, "ssh", protocol="tcp", port=22, packets=5, seconds=60, ban_s=600)
    lab.later(lambda: delete(lab, DEFENSE, "ssh"))
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        for n in range(40):
            s.sendto(syn("198.51.100.10", Net.PBX_WAN, 30000 + n, 22), (Net.PBX_WAN, 0))
    until(lambda: count(lab, "ssh") >= 30, 5, "the forged ones are discarded")
    for _ in range(8):
        connects(lab, "wan", "203.0.113.13", 22, 0.2)
    until(lambda: "203.0.113.13" in rejected_at(lab, "ssh"), 10, "the ban")
    assert "198.51.100.10" not in rejected_at(lab, "ssh"), "the provider's name was forged"
    # nor somebody who was here a moment ago: what was too much was not his
    for _ in range(2):
        assert connects(lab, "wan", "203.0.113.22", 22, 5)
    before = count(lab, "ssh")
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        for n in range(40):
            s.sendto(syn("203.0.113.22", Net.PBX_WAN, 30000 + n, 22), (Net.PBX_WAN, 0))
    until(lambda: count(lab, "ssh") >= before + 30, 5, "the forged ones are discarded")
    told = until(lambda: next((r["outcome"] for r in lab.box.rows("guardd", "Incidents", "string:", "uint32:100")
                               if r["source"] == "203.0.113.22" and r["kind"] == "defense"), None), 10, "the incident")
    assert "203.0.113.22" not in rejected_at(lab, "ssh"), told
    assert "auto_defense" in lab.box.table("guardd", "rejected", "List")
    assert client(lab, "wan", "203.0.113.13").ask("REGISTER") is not None, "a ban is for one service"
    lab.box.method("guardd", "Unreject", "string:203.0.113.13", "string:ssh")
    # local addresses are trusted: discarded, not banned
    for _ in range(8):
        connects(lab, "lan", "192.168.1.111", 22, 0.2)
    until(lambda: any(r["source"] == "192.168.1.111" and "not banned" in r["outcome"]
                      for r in lab.box.rows("guardd", "Incidents", "string:", "uint32:100")), 10, "the incident")
    assert "192.168.1.111" not in rejected_at(lab, "ssh")
    assert door
    said = refused(lab, DEFENSE, "sip", protocol="udp", port=5060, packets=100, seconds=10, ban_s=60)
    assert "ban_s" in said and "forged" in said, said


def syn(source, to, source_port, port):
    """RFC 793; the kernel fills in the sum of the IP header."""
    tcp = struct.pack("!HHIIBBHHH", source_port, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(to) + struct.pack("!BBH", 0, 6, len(tcp)) + tcp
    s = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
    s = (s & 0xffff) + (s >> 16)
    s = ~(s + (s >> 16)) & 0xffff
    tcp = tcp[:16] + struct.pack("!H", s) + tcp[18:]
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, socket.inet_aton(source), socket.inet_aton(to)) + tcp


# --- the order of precedence (SPEC 7) ---

def test_order_of_precedence(lab):
    """Allowed beats rejected beats auto defense beats ping beats common rules beats drop all; each step by packets and by Would."""
    on_trial(lab)
    source, c = "203.0.113.14", client(lab, "wan", "203.0.113.14")

    def is_in(rule):
        assert would(lab, source, "udp", 5060) == ("accept", rule), rule
        return c.ask("REGISTER") is not None

    def is_out(rule):
        assert would(lab, source, "udp", 5060) == ("drop", rule), rule
        return c.ask("REGISTER", 0.4) is None

    assert is_in("no rule")
    put(lab, RULE, "web", action="accept", protocol="tcp", port="https")
    put(lab, GENERAL, "general", drop_all="true")
    assert is_out("drop all")
    put(lab, RULE, "one", action="accept", protocol="udp", port="sip", source="203.0.113.0/25")
    assert is_in("one")
    put(lab, RULE, "two", action="drop", protocol="both", port="5000-5100", source=source)
    assert is_in("one"), "the first that fits decides"
    move(lab, "two", 1)
    assert is_out("two")
    put(lab, ALLOWED, "friend", source=source, services="sip")
    lab.later(lambda: delete(lab, ALLOWED, "friend"))
    assert is_in("allowed address"), "allowed beats rules"
    # a ban that was there, of all services, loses against allowed for one
    delete(lab, ALLOWED, "friend")
    move(lab, "one", 1)
    assert is_in("one")
    lab.box.method("guardd", "Reject", f"string:{source}", "string:sip", "uint32:600")
    assert is_out("rejected address")
    put(lab, ALLOWED, "friend", source=source, services="sip")
    assert is_in("allowed address") and source not in rejected(lab)
    # other services stay under the rules
    assert would(lab, source, "tcp", 5038) == ("drop", "two")
    # ping
    assert would(lab, source, "icmp", 0) == ("drop", "drop all") and not pings(lab, "wan", source)
    put(lab, RULE, "echo", action="accept", protocol="icmp", source="203.0.113.0/25")
    assert would(lab, source, "icmp", 0) == ("accept", "echo") and answered(lab, "wan", source)
    put(lab, GENERAL, "general", ping="false")
    assert would(lab, source, "icmp", 0) == ("drop", "ping is off") and not pings(lab, "wan", source)


def test_mac_rule(lab):
    """A rule by MAC address, for senders of the house alone."""
    on_trial(lab)
    listener(lab, 8081)
    mac = re.search(r"link/ether (\S+)", lab.net.run("lan", "ip", "link", "show", "eth0").stdout)[1]
    put(lab, RULE, "by-mac", action="drop", protocol="tcp", port=8081, mac=mac.upper())
    assert not connects(lab, "lan", "192.168.1.110", 8081)
    assert connects(lab, "wan", "203.0.113.21", 8081), "what came over the router has the router's"
    put(lab, RULE, "by-mac", mac="02:00:00:00:00:01")
    assert connects(lab, "lan", "192.168.1.110", 8081)
    assert "mac" in refused(lab, RULE, "by-mac", mac=mac, source="203.0.113.9")


def test_ipv6(lab):
    on_trial(lab)
    put(lab, RULE, "six", action="drop", protocol="udp", port="sip", source="2001:db8:3::/64")
    assert would(lab, "2001:db8:3::9", "udp", 5060) == ("drop", "six")
    assert would(lab, "2001:db8:4::9", "udp", 5060) == ("accept", "no rule")
    c = Client(lab.net, "wan", "2001:db8:3::9", Net.PBX_WAN6, "803")
    lab.later(c.close)
    assert c.ask("REGISTER", 0.4) is None
    back(lab)
    assert c.ask("REGISTER") is not None


def too_big(about, port, mtu):
    """RFC 792, RFC 1191: what the box sent from this UDP port to `about` did not fit."""
    lost = struct.pack("!BBHHHBBH4s4sHHHH", 0x45, 0, 28, 1, 0x4000, 64, socket.IPPROTO_UDP, 0,
                       socket.inet_aton(Net.PBX_WAN), socket.inet_aton(about), port, 5060, 8, 0)
    total = sum(struct.unpack(f"!{len(lost) // 2}H", lost)) + 0x0304 + mtu
    total = (total & 0xffff) + (total >> 16)
    return struct.pack("!BBHHH", 3, 4, ~((total & 0xffff) + (total >> 16)) & 0xffff, 0, mtu) + lost


def test_what_always_passes(lab):
    """Under drop all the box keeps its network: neighbour discovery, DHCP's answers, word of a smaller path."""
    on_trial(lab)
    put(lab, RULE, "web", action="accept", protocol="tcp", port="https", source="192.168.1.0/24")
    put(lab, GENERAL, "general", drop_all="true")
    lab.net.ip("lan", "-6", "neigh", "flush", "dev", "eth0")
    assert lab.net.run("lan", "ping", "-6", "-c1", "-W1", Net.PBX_LAN6, check=False).returncode
    until(lambda: f"{Net.PBX_LAN6} dev eth0 lladdr" in lab.net.run("lan", "ip", "-6", "neigh", "show").stdout, 10, "the neighbour is known")
    with lab.net.socket("pbx") as asks, lab.net.socket("lan") as server, lab.net.socket("lan") as other:
        for s, address in ((asks, ("0.0.0.0", 68)), (server, ("192.168.1.110", 67)), (other, ("192.168.1.110", 6767))):
            s.bind(address)
        other.sendto(b"not from the port of DHCP", (Net.PBX_LAN, 68))
        server.sendto(b"an offer", (Net.PBX_LAN, 68))
        assert heard(asks, 10) == b"an offer" and heard(asks, 0.2) is None
    with lab.net.socket("wan", kind=socket.SOCK_RAW, proto=socket.IPPROTO_ICMP) as s:
        s.sendto(too_big("203.0.113.29", 5060, 1280), (Net.PBX_WAN, 0))
    until(lambda: "mtu 1280" in lab.net.run("pbx", "ip", "route", "get", "203.0.113.29").stdout, 10, "the path is smaller")
    lab.net.ip("pbx", "route", "flush", "cache")


def test_nothing_else_is_touched(lab):
    """The table of somebody else stands through changes of the rules, bans, and a restart of fwd."""
    on_trial(lab)
    lab.net.run("pbx", "nft", """table inet other {
        counter seen { packets 7 bytes 700; }
        set kept { type ipv4_addr; elements = { 192.0.2.1 }; }
        chain guests { type filter hook input priority 10; ip saddr @kept tcp dport 7 counter name "seen" accept; }
    }""")
    lab.later(lambda: lab.net.run("pbx", "nft", "delete", "table", "inet", "other"))
    before = lab.net.run("pbx", "nft", "list", "table", "inet", "other").stdout
    assert "packets 7" in before and "192.0.2.1" in before, before
    put(lab, RULE, "other", action="drop", protocol="tcp", port=7)
    lab.box.method("guardd", "Reject", "string:203.0.113.30", "string:all", "uint32:600")
    lab.box.kill("fwd")
    lab.box.method("guardd", "Unreject", "string:203.0.113.30", "string:all")
    assert lab.net.run("pbx", "nft", "list", "table", "inet", "other").stdout == before


# --- commit-confirm ---

def test_trial_goes_back_by_itself(lab):
    put(lab, GENERAL, "general", ping="false")
    t = trial(lab)
    assert t["state"] == "running" and t["actor"] == "root" and t["differs"] == "answer ping: off" and 50 < int(t["left_s"]) <= 60, t
    assert not pings(lab, "lan", "192.168.1.110")
    until(lambda: trial(lab)["state"] == "expired", 75, "the trial goes back")
    assert answered(lab, "lan", "192.168.1.110")
    assert "ping" in lab.box.table(*GENERAL, "Get", "string:general")


def test_trial_and_kill_9(lab):
    """However fwd ends: what was not kept is gone, what was kept stands."""
    put(lab, RULE, "kept", action="drop", protocol="tcp", port=8082)
    keep(lab)
    listener(lab, 8082)
    put(lab, RULE, "kept", action="accept")
    put(lab, RULE, "lost", action="drop", protocol="icmp")
    assert connects(lab, "lan", "192.168.1.110", 8082) and not pings(lab, "lan", "192.168.1.110")
    lab.box.kill("fwd")
    assert not connects(lab, "lan", "192.168.1.110", 8082) and answered(lab, "lan", "192.168.1.110")
    rows = lab.box.table(*RULE, "List")
    assert '"lost"' not in rows and '"kept"' in rows
    assert trial(lab)["state"] == "expired"
    delete(lab, RULE, "kept")
    keep(lab)
    lab.box.kill("fwd")
    assert '"kept"' not in lab.box.table(*RULE, "List")


def without_boss(lab):
    if '"boss"' in lab.box.table(*ALLOWED, "List"):
        delete(lab, ALLOWED, "boss")


def test_drop_all_that_shuts_everybody_out(lab):
    lab.later(lambda: without_boss(lab))
    on_trial(lab)
    said = refused(lab, GENERAL, "general", drop_all="true")
    assert "drop_all" in said and "https" in said, said
    put(lab, ALLOWED, "boss", source="203.0.113.15", services="https")
    put(lab, GENERAL, "general", drop_all="true")
    assert connects(lab, "wan", "203.0.113.15", 9999) and not connects(lab, "wan", "203.0.113.16", 9999)
    # nor does the only way in go by itself
    assert "everybody would be shut out" in refused(lab, ALLOWED, "boss", services="sip")
    try:
        delete(lab, ALLOWED, "boss")
        raise AssertionError("the last way in is gone")
    except Refused as e:
        assert "everybody would be shut out" in str(e), e
    assert 'string "https"' in lab.box.table(*ALLOWED, "Get", "string:boss")
    assert connects(lab, "wan", "203.0.113.15", 9999)
    put(lab, RULE, "deputy", action="accept", protocol="tcp", port="9999", source="203.0.113.16")
    delete(lab, ALLOWED, "boss")
    assert connects(lab, "wan", "203.0.113.16", 9999) and not connects(lab, "wan", "203.0.113.15", 9999)


def test_wrong_rules_are_named(lab):
    for words, field in (({"protocol": "icmp", "port": 5060}, "port"), ({"protocol": "tcp", "port": "smtp"}, "port"),
                         ({"protocol": "tcp", "port": "9-1"}, "port"), ({"protocol": "tcp", "port": "rtp"}, "protocol"),
                         ({"protocol": "tcp", "source": "192.168.1.9/24"}, "source"), ({"protocol": "tcp", "mac": "zz"}, "mac")):
        assert refused(lab, RULE, "bad", **words).find(field) > 0, words
    assert "port" in refused(lab, DEFENSE, "bad", protocol="tcp", port="ssh", packets=1, seconds=1)
    assert trial(lab)["state"] != "running", "nothing was changed"


def test_preflight(lab):
    """Who used the box would hear of a drop all before it cuts him, and the rule that lets him in."""
    on_trial(lab)
    lab.phone("801")
    lab.phone("803", "wan", address="203.0.113.20")
    rows = {(r["service"], r["source"]): r for r in lab.box.rows("fwd", "Preflight")}
    near, far = rows["sip", "192.168.1.101"], rows["sip", "203.0.113.20"]
    assert near["cut"] == far["cut"] == "true" and near["who"] == "801" and far["who"] == "803", rows
    assert (near["rule_protocol"], near["rule_port"], near["rule_source"]) == ("both", "sip", "192.168.1.0/24"), near
    assert far["rule_source"] == "203.0.113.20", far
    assert rows["rtp", "192.168.1.101"]["rule_port"] == "rtp", rows
    for row in (near, far):
        name = "let-" + row["who"]
        put(lab, RULE, name, action="accept", protocol=row["rule_protocol"], port=row["rule_port"], source=row["rule_source"])
    rows = {(r["service"], r["source"]): r for r in lab.box.rows("fwd", "Preflight")}
    assert rows["sip", "192.168.1.101"]["cut"] == rows["sip", "203.0.113.20"]["cut"] == "false", rows
    assert rows["sip", "203.0.113.20"]["why"] == "let-803", rows
    # it is kept over a restart
    lab.box.kill("fwd")
    assert ("sip", "203.0.113.20") in {(r["service"], r["source"]) for r in lab.box.rows("fwd", "Preflight")}


def test_services_on_other_ports(lab):
    """sshd listens where the administrator says: the ban is for that door, the rule of the service, too."""
    on_trial(lab)
    listener(lab, 22)
    listener(lab, 2222)
    lab.box.method("guardd", "Reject", "string:203.0.113.27", "string:ssh", "uint32:600")
    lab.later(lambda: lab.box.method("guardd", "Unreject", "string:203.0.113.27", "string:ssh"))
    assert open_to(lab, 27, 2222) and not open_to(lab, 27, 22)
    put(lab, GENERAL, "general", ssh_port=2222)
    assert trial(lab)["differs"] == "SSH port: 2222", trial(lab)
    assert open_to(lab, 27, 22) and not open_to(lab, 27, 2222) and open_to(lab, 28, 2222)
    assert would(lab, "203.0.113.27", "tcp", 2222)[0] == "drop" and would(lab, "203.0.113.27", "tcp", 22)[0] == "accept"
    assert would(lab, "203.0.113.28", "tcp", 5038) == ("drop", "ami")
    put(lab, GENERAL, "general", ami_port=5039)
    assert would(lab, "203.0.113.28", "tcp", 5039) == ("drop", "ami"), "the built-in rule follows"
    assert "iax2_port: 10000 to 10500" in refused(lab, GENERAL, "general", iax2_port=10500)
    for field, port in (("ssh_port", 9999), ("iax2_port", 5060), ("ami_port", 2222)):
        assert f"{field}: another service of this box has port {port}" in refused(lab, GENERAL, "general", **{field: port})
