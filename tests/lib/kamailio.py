"""Kamailio as the tests and the measurements run it: what their configurations have in common, its begin and its end."""

import os
import signal
import subprocess

CONFIG = """
children=2
log_stderror=yes
debug=0
auto_aliases=no
tcp_children=1
{core}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
{modules}
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "hash_size", 12)
modparam("auth", "nonce_expire", {nonce_s})
modparam("auth", "qop", "auth")
modparam("htable", "htable", "secret=>size=12;")
{params}
{routes}
event_route[htable:mod-init] {{
{secrets}
}}
"""
MODULES = ("tm", "sl", "rr", "pv", "maxfwd", "usrloc", "registrar", "siputils", "textops", "auth", "htable")


def config(core, routes, secrets, modules=(), params="", nonce_s=300):
    """The text of a configuration. secrets: user -> password, in the routes $sht(secret=>USER)."""
    return CONFIG.format(
        core=core, routes=routes, params=params, nonce_s=nonce_s,
        modules="\n".join(f'loadmodule "{m}.so"' for m in (*MODULES, *modules)),
        secrets="\n".join(f'    $sht(secret=>{user}) = "{password}";' for user, password in secrets.items()))


def begin(net, ns, folder, text, log, shared_mb=64, private_mb=8):
    """Its process, which may not serve yet; what it says goes to the file `log`."""
    with open(f"{folder}/kamailio.cfg", "w") as f:
        f.write(text)
    return net.popen(ns, "kamailio", "-DD", "-f", f"{folder}/kamailio.cfg", "-Y", folder, "-m", str(shared_mb), "-M", str(private_mb),
                     stdin=-3, stdout=log, stderr=log, start_new_session=True)


def end(p):
    p.terminate()
    try:
        p.wait(5)
    except subprocess.TimeoutExpired:
        # told so soon after its start, it may wait for itself for ever
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
