"""Emits the bus policy: what no line allows is refused.

The fragment goes to /etc/dbus-1/system.d, or is included by a private bus's
configuration. Rules are read default, then group, then user; the last that
fits decides. Every rule names a type: a rule with an interface but no type
would fit replies, which have none.
"""

from emit_c import HEAD
from model import DAEMONS

PUBLIC = ("org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Peer")


def rule(verb, **attrs):
    words = " ".join(f'{k}="{v}"' for k, v in attrs.items())
    return f"\t\t<{verb} {words}/>\n"


def policy(who, rules):
    return f"\t<policy {who}>\n{''.join(rules)}\t</policy>\n" if rules else ""


def calls(dest, **attrs):
    return rule("allow", send_destination=dest, send_type="method_call", **attrs)


def closed(ifaces):
    """For everybody: nothing."""
    out = []
    for i in ifaces:
        out += [rule("deny", own=i.name),
                rule("deny", send_destination=i.name, send_type="method_call"),
                rule("deny", send_destination=i.name, send_type="signal"),
                rule("deny", send_interface=i.full, send_type="signal"),
                rule("deny", receive_interface=i.full, receive_type="signal")]
    table = "org.sallyport.Table1"
    return out + [
        rule("deny", send_interface=table, send_type="signal"),
        rule("deny", receive_interface=table, receive_type="signal")]


def everything(ifaces):
    """For root and the administrators: every call, every broadcast."""
    out = []
    for i in ifaces:
        out.append(calls(i.name))
        out += [rule("allow", receive_interface=i.full,
                     receive_member=s.name, receive_type="signal")
                for s in i.signals if not s.to]
    return out + [rule("allow", receive_interface="org.sallyport.Table1",
                       receive_type="signal")]


def served(i):
    """What the owner of an interface does: holds its name, emits."""
    out = [rule("allow", own=i.name)]
    for s in i.signals:
        broadcast = {"send_broadcast": "false"} if s.to else {}
        out.append(rule("allow", send_interface=i.full, send_member=s.name,
                        send_type="signal", **broadcast))
    return out + [rule("allow", send_interface="org.sallyport.Table1",
                       send_type="signal")]


def asked(daemon, ifaces):
    """What a daemon may call on the others and hear from them."""
    out = []
    for i in ifaces:
        out += [calls(i.name, send_interface=p) for p in PUBLIC]
        if daemon == "httpd":
            out.append(calls(i.name, send_interface="org.sallyport.Table1"))
        out += [calls(i.name, send_interface=i.full, send_member=m.name)
                for m in i.methods if daemon in m.callers]
        out += [rule("allow", receive_interface=i.full, receive_member=s.name,
                     receive_type="signal")
                for s in i.signals if s.to in ("", daemon)]
    return out + [rule("allow", receive_interface="org.sallyport.Table1",
                       receive_type="signal")]


def fragment(ifaces):
    head = HEAD.replace("/*", "<!--").replace("*/", "-->")
    out = [head, "<busconfig>\n",
           '\t<limit name="max_replies_per_connection">4096</limit>\n',
           policy('context="default"', closed(ifaces)),
           policy('group="sallyport-admin"', everything(ifaces)),
           policy('user="root"', [rule("allow", own=i.name) for i in ifaces]
                  + [r for i in ifaces for r in served(i)[1:]]
                  + everything(ifaces))]
    for daemon in DAEMONS:
        own = [r for i in ifaces if i.daemon == daemon for r in served(i)]
        out.append(policy(f'user="sp-{daemon}"', own + asked(daemon, ifaces)))
    return "".join(out) + "</busconfig>\n"
