"""Emits the bus: the tables of methods and signals, and introspection XML."""

import re
from xml.sax.saxutils import escape

from emit_c import HEAD, c_str
from model import TYPES

# The generic object of a configuration table; ipc/table serves it.
TABLE1 = {
    "List": ([], [("rows", "a(sa{ss})"), ("seq", "t")]),
    "Get": ([("key", "s")], [("row", "a{ss}"), ("seq", "t")]),
    "Put": ([("key", "s"), ("patch", "a{ss}")], [("made", "a{ss}")]),
    "Set": ([("key", "s"), ("field", "s"), ("value", "s")],
            [("made", "a{ss}")]),
    "Delete": ([("key", "s")], []),
    "Move": ([("key", "s"), ("position", "u")], []),
    "Check": ([("key", "s"), ("patch", "a{ss}")], []),
    "Apply": ([("context", "a{ss}"), ("rows", "a(ssa{ss})")],
              [("seq", "t"), ("made", "a(sa{ss})")]),
    "Journal": ([("before", "t"), ("most", "u")], [("entries", "a(ts)")]),
}
TABLE1_CHANGED = [("key", "s"), ("op", "s"), ("seq", "t")]


def upper(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()


def arg(name, kind, way):
    way = f' direction="{way}"' if way else ""
    return f'\t\t\t<arg name="{name}" type="{kind}"{way}/>\n'


def args(recs, name, way, many=False):
    if not name:
        return ""
    if many:
        return arg("rows", "aa{ss}", way)
    return "".join(arg(f.name, TYPES[f.type][1], way)
                   for f in recs[name].fields)


def element(kind, name, doc, inner):
    note = f"\t\t<!-- {escape(doc).replace('--', '-')} -->\n" if doc else ""
    return f'{note}\t\t<{kind} name="{name}">\n{inner}\t\t</{kind}>\n'


def xml(recs, i):
    """One <interface> element; the bus adds the node around it."""
    out = f'\t<interface name="{i.full}">\n'
    for m in i.methods:
        out += element("method", m.name, m.doc, args(recs, m.ins, "in")
                       + args(recs, m.out, "out", m.many))
    for s in i.signals:
        kinds = "".join(TYPES[f.type][1] for f in recs[s.out].fields) if s.rows else ""
        out += element("signal", s.name, s.doc, arg("rows", f"a({kinds})", "")
                       if s.rows else args(recs, s.out, ""))
    return out + "\t</interface>\n"


def table1_xml():
    out = '\t<interface name="org.sallyport.Table1">\n'
    for name, (ins, outs) in TABLE1.items():
        out += element("method", name, "", "".join(
            [arg(*a, "in") for a in ins] + [arg(*a, "out") for a in outs]))
    out += element("signal", "Changed", "", "".join(
        arg(*a, "") for a in TABLE1_CHANGED))
    return out + "\t</interface>\n"


def literal(text):
    return "".join(f"\n\t{c_str(line)}" for line in
                   text.splitlines(keepends=True))


def header(i):
    p = i.file.upper()
    out = HEAD + '#pragma once\n\n#include "bus.h"\n#include "records.h"\n'
    out += f"\n/* {i.doc} */\nenum {i.file}_method {{\n"
    for m in i.methods:
        sides = f"{m.ins or 'nothing'} -> {m.out or 'nothing'}"
        out += (f"\t/* {m.doc}\n\t   {sides}{', many rows' if m.many else ''}"
                f" */\n\t{p}_{upper(m.name)},\n")
    out += f"\t{p}_N_METHODS\n}};\n"
    out += f"\nenum {i.file}_signal {{\n"
    for s in i.signals:
        out += f"\t/* {s.doc} {s.out} */\n\t{p}_SIG_{upper(s.name)},\n"
    out += f"\t{p}_N_SIGNALS\n}};\n"
    return out + f"\nextern const struct bus_iface {i.file}_iface;\n"


def method(m):
    callers = "".join(f'"{c}", ' for c in m.callers)
    row = [f'.name = "{m.name}"', f".deadline_ms = {m.deadline_ms}",
           f".callers = (const char *const[]){{ {callers}NULL }}"]
    row += [f".in = &{m.ins}_record"] if m.ins else []
    row += [f".out = &{m.out}_record"] if m.out else []
    row += [".many = true"] if m.many else []
    return "\t{\n" + "".join(f"\t\t{x},\n" for x in row) + "\t},\n"


def signal(s):
    row = [f'.name = "{s.name}"']
    row += [f".out = &{s.out}_record"] if s.out else []
    row += [f'.to = "{s.to}"'] if s.to else []
    row += [".rows = true"] if s.rows else []
    return "\t{ " + ", ".join(row) + " },\n"


def source(recs, i):
    out = HEAD + f'#include "{i.file}_bus.h"\n'
    out += ("\nstatic const struct bus_method methods[] = {\n"
            + "".join(map(method, i.methods)) + "};\n")
    if i.signals:
        out += ("\nstatic const struct bus_signal signals[] = {\n"
                + "".join(map(signal, i.signals)) + "};\n")
    row = [f'.name = "{i.full}"', f'.dest = "{i.name}"', f'.path = "{i.path}"',
           f'.daemon = "{i.daemon}"', ".methods = methods",
           f".n_methods = {len(i.methods)}", f".n_signals = {len(i.signals)}",
           f".xml ={literal(xml(recs, i))}"]
    row += [".signals = signals"] if i.signals else []
    row += [f'.direct = "{i.direct[0]}"'] if i.direct else []
    return (out + f"\nconst struct bus_iface {i.file}_iface = {{\n"
            + "".join(f"\t{x},\n" for x in row) + "};\n")


def table1_header():
    return (HEAD + "#pragma once\n\n/* The <interface> element of "
            "org.sallyport.Table1. */\nextern const char table1_xml[];\n")


def table1_source():
    return (HEAD + '#include "table1_bus.h"\n\nconst char table1_xml[] ='
            + literal(table1_xml()) + ";\n")
