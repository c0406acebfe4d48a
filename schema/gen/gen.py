#!/usr/bin/env python3
"""gen.py SCHEMA OUT DEPFILE   Reads SCHEMA/{tables,messages,bus}/*.toml and
writes all that follows from them into OUT."""

import pathlib
import sys

import emit_bus
import emit_c
import emit_policy
import emit_web
import model


def produce(recs, ifaces):
    files = {
        "records.h": emit_c.header(recs),
        "records.c": emit_c.source(recs),
        "table1_bus.h": emit_bus.table1_header(),
        "table1_bus.c": emit_bus.table1_source(),
        "sallyport.conf": emit_policy.fragment(ifaces),
        "forms.json": emit_web.forms(recs),
        "types.ts": emit_web.types(recs),
        "reference.md": emit_web.manual(recs, ifaces),
    }
    for i in ifaces:
        files[f"{i.file}_bus.h"] = emit_bus.header(i)
        files[f"{i.file}_bus.c"] = emit_bus.source(recs, i)
    return files


def main(root, out, depfile):
    recs, ifaces, seen = model.load(root)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in produce(recs, ifaces).items():
        (out / name).write_text(text)
    # The folders stand here, too: a new file changes its folder's time.
    seen = " ".join(str(p).replace(" ", "\\ ") for p in seen)
    pathlib.Path(depfile).write_text(f"{out / 'records.h'}: {seen}\n")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except model.Wrong as err:
        sys.exit(f"schema: {err}")
