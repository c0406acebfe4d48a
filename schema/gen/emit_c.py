"""Emits C: one struct and one constant descriptor for each record. No logic."""

from model import TYPES, ident

HEAD = "/* Generated from schema/; do not edit. */\n"


def c_str(text):
    """A C literal; what is not plain ASCII goes as octal."""
    out = ""
    for b in text.encode():
        c = chr(b)
        out += "\\" + c if c in '"\\?' else c if 32 <= b < 127 else f"\\{b:03o}"
    return f'"{out}"'


def enum_values(r, f):
    return [f"{ident(r.name)}_{ident(f.name)}_{ident(v)}" for v in f.values]


def member(f):
    ctype = TYPES[f.type][0]
    if f.type == "bytes":
        return f"\tuint32_t {f.name}_bytes;\n\tuint8_t {f.member}[{f.max}];\n"
    if f.text:
        return f"\tchar {f.member}[{f.max + 1}];\n"
    return f"\t{ctype} {f.member};\n"


def header(recs):
    out = [HEAD, "#pragma once\n\n#include <stdbool.h>\n#include <stdint.h>\n\n",
           '#include "record.h"\n']
    for r in recs.values():
        for f in r.fields:
            if f.type == "enum":
                rows = "".join(f"\t{v},\n" for v in enum_values(r, f))
                out.append(f"\nenum {r.name}_{f.name} {{\n{rows}}};\n")
        doc = r.doc.replace("*/", "* /")
        out.append(f"\n/* {doc} */\nstruct {r.name} {{\n")
        out += [member(f) for f in r.fields]
        out.append(f"}};\n\nextern const struct record {r.name}_record;\n")
    out.append("\n/* Every record; NULL ends it. */\n"
               "extern const struct record *const all_records[];\n")
    return "".join(out)


def dflt(f):
    if f.default is None:
        return []
    if f.text:
        return [f".dflt_str = {c_str(f.default)}"] if f.default else []
    value = f.values.index(f.default) if f.type == "enum" else int(f.default)
    return [f".dflt = {value}u"] if value else []


def descriptor(r, f):
    own = f"((struct {r.name} *)0)->{f.member}"
    row = [f'.name = "{f.name}"', f".code = {f.code}",
           f".type = FIELD_{f.type.upper()}",
           f".off = offsetof(struct {r.name}, {f.member})",
           f".size = sizeof({own})", f".max = {f.max}u"] + dflt(f)
    if f.min:
        row.append(f".min = {f.min}u")
    if f.type == "bytes":
        row.append(f".len_off = offsetof(struct {r.name}, {f.name}_bytes)")
    if f.type == "enum":
        row.append(f".values = {r.name}_{f.name}_values")
    if f.rule:
        row.append(f".format = FORMAT_{f.rule.upper()}")
    for word in ("label", "help", "unit", "table"):
        if getattr(f, word):
            row.append(f".{word} = {c_str(getattr(f, word))}")
    for word in ("required", "readonly", "hidden", "list"):
        if getattr(f, word):
            row.append(f".{word} = true")
    return "\t{\n" + "".join(f"\t\t{x},\n" for x in row) + "\t},\n"


def texts(name, values, end=""):
    rows = "".join(f"\t{c_str(v)},\n" for v in values)
    return f"\nstatic const char *const {name}[] = {{\n{rows}{end}}};\n"


def record(r):
    row = [f'.name = "{r.name}"', f".doc = {c_str(r.doc)}",
           f".kind = RECORD_{r.kind.upper()}", f".code = {r.code}",
           f".fields = {r.name}_fields", f".n_fields = {len(r.fields)}",
           f".size = sizeof(struct {r.name})", f".max_rows = {r.max_rows}"]
    for word in ("title", "owner", "singleton"):
        if getattr(r, word):
            row.append(f".{word} = {c_str(getattr(r, word))}")
    if r.key:
        at = [f.name for f in r.fields].index(r.key)
        row.append(f".key = &{r.name}_fields[{at}]")
    if r.builtin:
        row.append(f".builtin = {r.name}_builtin")
    if r.ordered:
        row.append(".ordered = true")
    return (f"\nconst struct record {r.name}_record = {{\n"
            + "".join(f"\t{x},\n" for x in row) + "};\n")


def source(recs):
    out = [HEAD, '#include "records.h"\n\n#include <stddef.h>\n']
    for r in recs.values():
        for f in r.fields:
            if f.type == "enum":
                out.append(texts(f"{r.name}_{f.name}_values", f.values))
        if r.builtin:
            out.append(texts(f"{r.name}_builtin", r.builtin, "\tNULL,\n"))
        out.append(f"\nstatic const struct field {r.name}_fields[] = {{\n")
        out += [descriptor(r, f) for f in r.fields]
        out.append("};\n")
        out.append(record(r))
    rows = "".join(f"\t&{r.name}_record,\n" for r in recs.values())
    out.append("\nconst struct record *const all_records[] = {\n"
               f"{rows}\tNULL,\n}};\n")
    return "".join(out)
