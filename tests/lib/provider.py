"""A telephone company in the laboratory: Kamailio as its registrar and proxy, with digest, in the itsp namespace.

    box --INVITE--> Kamailio --> a registered phone of that number, else the far end (port 5080: sipp, a SIP peer, a baresip)
    far end --INVITE sip:ACCOUNT@--> Kamailio --> where ACCOUNT registered; To keeps the number that was called

A number 1 and three digits (1486) is answered with that code by Kamailio itself; 1000 is never answered.
"""

import re
import tempfile

import kamailio
from box import until

ADDRESS, FAR, REALM = "198.51.100.10", 5080, "itsp.example"

MODULES = ("tmx", "xlog", "nathelper", "ctl")
PARAMS = """
modparam("ctl", "binrpc", "unix:{control}")
{tls}
modparam("registrar", "max_expires", {max_expires})
modparam("registrar", "min_expires", {min_expires})
modparam("registrar", "received_avp", "$avp(received)")
modparam("nathelper", "received_avp", "$avp(received)")
modparam("auth", "algorithm", "{algorithm}")
modparam("htable", "htable", "set=>size=4;")
modparam("htable", "htable", "forward=>size=4;")
modparam("htable", "htable", "far=>size=4;")
"""
ROUTES = """
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (is_method("ACK")) {{
        if (has_totag() && loose_route()) t_relay();
        else if (t_check_trans()) t_relay();
        exit;
    }}
    if (is_method("OPTIONS") && !has_totag()) {{
        if ($sht(set=>deaf) == 1) exit;
        sl_send_reply("200", "OK");
        exit;
    }}
    if ($sht(set=>deaf) == 1) exit;
    t_check_trans();
    if ($hdr(Authorization) != $null || $hdr(Proxy-Authorization) != $null)
        xlog("L_ERR", "{name} credentials $rm $hdr(Authorization)$hdr(Proxy-Authorization)\n");
    if (is_method("REGISTER")) {{
        if ($sht(set=>register) != $null) {{ sl_send_reply("$sht(set=>register)", "No"); exit; }}
        if (!pv_www_authenticate("{realm}", "$sht(secret=>$fU)", "0")) {{ www_challenge("{realm}", "1"); exit; }}
        if ($hdr(Expires) == "0") xlog("L_ERR", "{name} unregistered $fU\n");
        fix_nated_register();
        if (!save("location")) sl_reply_error();
        exit;
    }}
    # its own side: the far end and the phones in this network need no password
    $var(ours) = ($si =~ "^198\\.51\\.100\\.");
    if (has_totag()) {{
        if (!$var(ours) && {strict} == 1) {{
            if (!pv_proxy_authenticate("{realm}", "$sht(secret=>$au)", "0")) {{ proxy_challenge("{realm}", "1"); exit; }}
            consume_credentials();
        }}
        if (loose_route()) {{ t_relay(); exit; }}
        sl_send_reply("404", "Not here");
        exit;
    }}
    if (!is_method("INVITE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
    if (!$var(ours) && {digest} == 1) {{
        if (!pv_proxy_authenticate("{realm}", "$sht(secret=>$au)", "0")) {{ proxy_challenge("{realm}", "1"); exit; }}
        consume_credentials();
    }}
    xlog("L_ERR", "{name} call $rU from $fU by $au identity $hdr(P-Asserted-Identity) remote $hdr(Remote-Party-ID) privacy $hdr(Privacy) contact $ct\\n");
    if ($sht(set=>invite) != $null) {{ sl_send_reply("$sht(set=>invite)", "As told"); exit; }}
    if ($rU == "1000") exit;
    if ($rU =~ "^1[3-6][0-9][0-9]$") {{ $var(code) = $(rU{{s.substr,1,0}}{{s.int}}); sl_send_reply("$var(code)", "As dialled"); exit; }}
    if ({record} == 1) record_route();
    if ($sht(forward=>$rU) != $null) $rU = $sht(forward=>$rU);
    if ($sht(far=>$rU) != $null) {{ $du = "sip:" + $sht(far=>$rU); t_relay(); exit; }}
    if (!lookup("location")) $ru = "sip:" + $rU + "@{address}:{far}";
    t_relay();
}}
"""

TLS = """
enable_tls=yes
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{key}")
modparam("tls", "verify_certificate", 0)
modparam("tls", "require_certificate", 0)
"""


class Provider:
    """users: accounts with their passwords. strict: requests in a dialog are challenged, too. digest: calls are. record: it stays in the way
    of a call's later requests. ends() closes it."""

    def __init__(self, lab, users=None, address=ADDRESS, realm=REALM, strict=False, digest=True, algorithm="MD5", nonce_s=300,
                 min_expires=60, max_expires=3600, far=FAR, certificate=None, key=None, name="itsp",
                 record=True):
        self.net, self.address, self.realm, self.far, self.name = lab.net, address, realm, far, name
        self.users = users or {"acme": "s3cr3t-of-acme"}
        self.folder = tempfile.TemporaryDirectory(prefix="provider-")
        doors = [("udp", 5060), ("tcp", 5060)] + ([("tls", 5061)] if certificate else [])
        self.doors = {("udp" if kind == "udp" else "tcp", f"{address}:{port}") for kind, port in doors}
        core = ["disable_tcp=no", "tcp_connection_lifetime=600", *(f"listen={kind}:{address}:{port}" for kind, port in doors)]
        self.config = kamailio.config(
            "\n".join(core),
            ROUTES.format(realm=realm, strict=int(strict), digest=int(digest), record=int(record), address=address, far=far, name=name),
            self.users, MODULES,
            PARAMS.format(control=f"{self.folder.name}/control", tls=TLS.format(certificate=certificate, key=key) if certificate else "",
                          algorithm=algorithm, min_expires=min_expires, max_expires=max_expires),
            nonce_s)
        self.p = None
        lab.later(self.close)
        self.start()

    def ready(self):
        """Its ports are open, and its processes answer: the one that takes our commands is the last that it makes."""
        lines = self.net.run("itsp", "ss", "-Hltun", "src", self.address).stdout.splitlines()
        return self.doors <= {(w[0], w[4]) for w in map(str.split, lines)} and not self.run("core.version").returncode

    def start(self):
        """Begins, with nobody registered; returns when it serves. Now and then Kamailio 5.6 hangs before that: then anew."""
        for last in (False, False, True):
            self.log = open(f"{self.folder.name}/log", "a")
            self.p = kamailio.begin(self.net, "itsp", self.folder.name, self.config, self.log)
            try:
                until(lambda: self.p.poll() is not None or self.ready(), 20, "Kamailio listens")
                break
            except AssertionError:
                if last:
                    raise
                self.stop()
        if self.p.poll() is not None:
            raise RuntimeError(f"Kamailio did not start: {self.said()[-2000:]}")

    def stop(self):
        """The provider is dead: nothing of it answers."""
        if self.p and self.p.poll() is None:
            kamailio.end(self.p)
        if self.p:
            self.log.close()

    def close(self):
        self.stop()
        self.folder.cleanup()

    def said(self):
        with open(f"{self.folder.name}/log", errors="replace") as f:
            return f.read()

    def calls(self):
        """What arrived and had the right password: one dict a call, with number, caller, account and the identity headers."""
        found = re.findall(rf"{self.name} call (\S+) from (\S+) by (\S+) identity (.*?) remote (.*?) privacy (\S+) contact (.*)", self.said())
        names = ("number", "caller", "account", "identity", "remote", "privacy", "contact")
        return [dict(zip(names, (w if w != "<null>" else "" for w in f))) for f in found]

    def credentials(self):
        """What it was ever given of passwords: (method, header)."""
        return re.findall(rf"{self.name} credentials (\S+) (.*)", self.said())

    def set(self, **words):
        """invite=503: new calls are answered with this code; register=403 likewise; deaf=1: nothing is answered; None: as before."""
        for k, v in words.items():
            if v is None:
                self.command("htable.delete", "set", k)
            else:
                self.must("htable.seti", "set", k, str(v))

    def forward(self, number, account):
        """Calls to this number go to where the account registered."""
        self.must("htable.sets", "forward", "s:" + number, account)

    def forward_to(self, number, address):
        """Calls to this number go to that address, as they are."""
        self.must("htable.sets", "far", "s:" + number, "s:" + address)

    def run(self, *words):
        return self.net.run("itsp", "kamcmd", "-s", f"unix:{self.folder.name}/control", *words, check=False)

    def command(self, *words):
        return self.run(*words).stdout

    def must(self, *words):
        out = self.run(*words)
        if out.returncode or out.stdout.startswith("error"):
            raise RuntimeError(f"kamcmd {' '.join(words)}: {out.stdout}{out.stderr}")

    def registered(self, user):
        """Where this account registered: its contacts as Kamailio keeps them."""
        return re.findall(r"Address: (\S+)", self.command("ul.lookup", "location", user))


def trunk(lab, name="acme", provider=None, **fields):
    """A trunk of the box towards a provider; waits until it is as it should be, when it registers."""
    provider = provider or Provider(lab)
    user, secret = next(iter(provider.users.items()))
    row = {"host": provider.address, "user": user, "secret": secret, "register": "true", **fields}
    words = ",".join(f"{k},{v}" for k, v in row.items())
    lab.box.table("sipd", "trunk", "Put", f"string:{name}", f"dict:string:string:{words}")
    lab.later(lambda: lab.box.table("sipd", "trunk", "Delete", f"string:{name}"))
    if row["register"] == "true":
        state(lab, name, "registered")
    return provider


def states(lab):
    return {r["name"]: r for r in lab.box.rows("sipd", "Trunks")}


def state(lab, name, wanted, seconds=30):
    """Waits for a trunk's state; its row."""
    last = {}

    def there():
        last.update(states(lab).get(name, {}))
        return last.get("state") == wanted
    try:
        until(there, seconds, f"trunk {name} is {wanted}")
    except AssertionError as e:
        raise AssertionError(f"{e}; it is {last}") from None
    return last
