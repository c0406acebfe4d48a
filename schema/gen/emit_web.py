"""Emits what people see: forms, TypeScript types, the reference manual."""

import json

from model import TYPES

SHOW = ("name", "type", "label", "help", "unit", "values", "table", "format",
        "of", "readonly", "list", "required")


def form_field(f):
    row = {k: getattr(f, k) for k in SHOW if getattr(f, k)}
    if f.type in ("u32", "u64"):
        row |= {"min": f.min, "max": f.max}
    elif f.text:
        row["max"] = f.max
    if f.default is not None:
        row["default"] = f.default
    return row


def form(r):
    row = {"name": r.name, "title": r.title, "doc": r.doc, "kind": r.kind,
           "owner": r.owner, "key": r.key}
    for word in ("singleton", "builtin", "ordered", "max_rows"):
        if getattr(r, word):
            row[word] = getattr(r, word)
    row["fields"] = [form_field(f) for f in r.fields if not f.hidden]
    return row


def shown(recs):
    return [r for r in recs.values() if r.kind != "message"]


def forms(recs):
    return json.dumps({r.name: form(r) for r in shown(recs)}, indent=1,
                      ensure_ascii=False) + "\n"


def camel(name):
    return "".join(w.capitalize() for w in name.split("_"))


def ts_type(f):
    if f.type == "enum":
        return " | ".join(json.dumps(v) for v in f.values)
    return {"bool": "boolean", "u32": "number", "u64": "number"}.get(
        f.type, "string")


def types(recs):
    out = "// Generated from schema/; do not edit.\n"
    for r in shown(recs):
        out += f"\n/** {r.doc} */\nexport interface {camel(r.name)} {{\n"
        for f in r.fields:
            if not f.hidden:
                # A secret goes to the box and never comes back.
                opt = "?" if f.type == "secret" else ""
                out += f"\t{f.name}{opt}: {ts_type(f)};\n"
        out += "}\n"
    out += "\nexport interface Tables {\n"
    out += "".join(f"\t{r.name}: {camel(r.name)};\n" for r in shown(recs))
    return out + "}\n"


def cell(text):
    return str(text).replace("|", "\\|")


def table(r):
    out = (f"\n### {r.title} (`{r.name}`)\n\n{r.doc} Owner: {r.owner}. "
           f"Key: `{r.key}`.\n\n| Field | Type | Default | Meaning |\n"
           "|---|---|---|---|\n")
    for f in r.fields:
        if f.hidden:
            continue
        kind = ", ".join(f.values) or f.of and f"list of {f.of}" or \
            f.table and f"a {f.table}" or f.format or f.type
        if f.unit:
            kind += f" ({f.unit})"
        if f.type == "u32":
            kind += f" {f.min}-{f.max}"
        first = "required" if f.required else \
            f"`{json.dumps(f.default)}`" if f.default not in ("", None) else ""
        first = first.replace('"', "")
        words = f"{f.label}. {f.help}".strip()
        if f.readonly:
            words += " Set by the box."
        out += f"| `{f.name}` | {cell(kind)} | {cell(first)} | {cell(words)} |\n"
    return out


def signature(recs, name, many=False):
    if not name or many:
        return "aa{ss}" if many else ""
    return ", ".join(f"{TYPES[f.type][1]} {f.name}" for f in recs[name].fields)


def methods(recs, i):
    out = f"\n### {i.full}\n\n{i.doc} At `{i.name}`, `{i.path}`.\n\n"
    for m in i.methods:
        who = ", ".join(m.callers) or "nobody"
        out += (f"- `{m.name}({signature(recs, m.ins)})` answers "
                f"`({signature(recs, m.out, m.many)})`. {m.doc} "
                f"Besides root: {who}.\n")
    for s in i.signals:
        out += f"- signal `{s.name}({signature(recs, s.out)})`. {s.doc}\n"
    return out


def manual(recs, ifaces):
    kinds = {"table": "Settings", "live": "Live rows", "record": "Records"}
    out = "# Reference\n"
    for kind, title in kinds.items():
        out += f"\n## {title}\n"
        out += "".join(table(r) for r in shown(recs) if r.kind == kind)
    return out + "\n## Methods and signals\n" + "".join(
        methods(recs, i) for i in ifaces)
