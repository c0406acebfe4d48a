#!/usr/bin/env python3
"""The generator refuses a wrong schema and names file and field."""

import json
import pathlib
import re
import sys
import tempfile
import unittest
import xml.dom.minidom

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "schema" / "gen"))
sys.dont_write_bytecode = True

import emit_c  # noqa: E402
import gen  # noqa: E402
import model  # noqa: E402

TABLE = """# A thing.
kind = "table"
title = "Things"
code = 1
key = "id"
owner = "sipd"
max_rows = 5

[field.id]
code = 1
type = "name"
label = "Id"
"""
MESSAGE = '# A note.\nkind = "message"\n[field.text]\ncode = 1\ntype = "str"\nmax = 9\n'
BUS = """# An interface.
name = "org.sallyport.Sample"
version = 1
daemon = "sipd"
[method.Go]
callers = ["httpd"]
doc = "Goes."
"""
FIELD = '\n[field.x]\ncode = 2\nlabel = "X"\n'

# What is written, and what the refusal must say.
WRONG_TABLES = [
    (TABLE.replace('"table"', '"tabel"'), "unknown kind"),
    (TABLE.replace("# A thing.\n", ""), "first line"),
    (TABLE.replace("A thing", "A */ thing"), "first line"),
    (TABLE.replace("code = 1\nkey", "key"), "needs a code"),
    (TABLE.replace('"id"', '"ident"'), "the key 'ident'"),
    (TABLE.replace('"sipd"', '"sshd"'), "'sshd' is no daemon"),
    (TABLE.replace("max_rows = 5\n", ""), "max_rows"),
    (TABLE.replace('title = "Things"\n', ""), "needs a title"),
    (TABLE + "color = 1\n", "id: unknown word 'color'"),
    (TABLE.replace('"name"', '"nmae"'), "id: unknown type 'nmae'"),
    (TABLE.replace('label = "Id"\n', ""), "id: needs a label"),
    (TABLE + 'max = 9\n', "id: a name has no max"),
    (TABLE + 'default = "x"\n', "id: a key has no default"),
    (TABLE.replace("max_rows = 5", 'builtin = ["a"]\nsingleton = "b"'),
     "neither builtin nor ordered"),
    ("kind = [", "thing.toml"),
    (TABLE + FIELD + 'type = "str"\nmax = 9\ncode = 3', "thing.toml"),
    (TABLE + FIELD.replace("2", "1") + 'type = "bool"', "x: the code 1"),
    (TABLE + FIELD.replace("2", "0") + 'type = "bool"', "x: the code must"),
    (TABLE + FIELD.replace("2", "256") + 'type = "bool"', "x: the code must"),
    (TABLE + FIELD.replace("2", '"2"') + 'type = "bool"', "x: 'code' has"),
    (TABLE + FIELD.replace("2", "true") + 'type = "bool"', "x: 'code' has"),
    (TABLE + FIELD.replace("code = 2\n", "") + 'type = "bool"', "x: "),
    (TABLE + FIELD.replace(".x", ".x_") + 'type = "bool"', "not the last"),
    (TABLE + FIELD.replace(".x", ".Big") + 'type = "bool"', "a name is a-z"),
    (TABLE + FIELD + 'type = "str"', "x: needs max"),
    (TABLE + FIELD + 'type = "str"\nmax = 65536', "x: needs max"),
    (TABLE + FIELD + 'type = "str"\nmax = 3\ndefault = "four"', "x: the default"),
    (TABLE + FIELD + 'type = "str"\nmax = 3\ndefault = 4', "x: the default"),
    (TABLE + FIELD + 'type = "str"\nmax = 3\nformat = "zip"', "format 'zip'"),
    (TABLE + FIELD + 'type = "bool"\nformat = "host"', "x: only a str"),
    (TABLE + FIELD + 'type = "bool"\ndefault = 1', "x: the default"),
    (TABLE + FIELD + 'type = "bool"\nmin = 1', "x: only numbers"),
    (TABLE + FIELD + 'type = "u32"\nmin = 5\nmax = 4', "x: min to max"),
    (TABLE + FIELD + 'type = "u32"\nmax = 4294967296', "x: min to max"),
    (TABLE + FIELD + 'type = "u32"\nmin = 5\ndefault = 4', "x: the default is"),
    (TABLE + FIELD + 'type = "u32"\ndefault = true', "x: the default must"),
    (TABLE + FIELD + 'type = "u32"\nunit = "s"', "ends in _s"),
    (TABLE + FIELD + 'type = "enum"', "x: values"),
    (TABLE + FIELD + 'type = "u32"\nvalues = ["a"]', "x: values"),
    (TABLE + FIELD + 'type = "enum"\nvalues = ["a b", "a-b"]', "that differ"),
    (TABLE + FIELD + 'type = "enum"\nvalues = ["a"]\ndefault = "b"', "none of"),
    (TABLE + FIELD + 'type = "ref"', "x: a ref needs"),
    (TABLE + FIELD + 'type = "u32"\ntable = "thing"', "x: table belongs"),
    (TABLE + FIELD + 'type = "list"\nmax = 9\nof = "digits"\ntable = "thing"',
     "x: table belongs"),
    (TABLE + FIELD + 'type = "list"\nmax = 99\nof = "name"\ntable = "note"',
     "no table 'note'"),
    (TABLE.replace('"name"\nlabel', '"str"\nmax = 9\nlabel') + FIELD +
     'type = "list"\nmax = 99\nof = "name"\ntable = "thing"', "no names"),
    (TABLE + FIELD + 'type = "ref"\ntable = "trunk"', "no table 'trunk'"),
    (TABLE + FIELD + 'type = "ref"\ntable = "note"', "no table 'note'"),
    (TABLE + FIELD + 'type = "list"\nmax = 9', "x: of belongs"),
    (TABLE + FIELD + 'type = "bytes"\nmax = 9\ndefault = ""', "no default"),
]
WRONG_BUSES = [
    (BUS.replace("org.sallyport.Sample", "org.example.Sample"), "the name is"),
    (BUS.replace('"sipd"', '"sshd"'), "'sshd' is no daemon"),
    (BUS.replace("version = 1", "version = 0"), "version"),
    (BUS.replace("Go]", "go]"), "go: a method is CamelCase"),
    (BUS.replace('"httpd"', '"apache"'), "Go: a caller"),
    (BUS.replace('doc = "Goes."\n', ""), "Go: "),
    (BUS + 'in = "nothing"\n', "Go: there is no record 'nothing'"),
    (BUS + "many = true\n", "Go: many needs out"),
    (BUS + "deadline_ms = 0\n", "Go: deadline_ms"),
    (BUS + 'colour = "red"\n', "Go: unknown word 'colour'"),
    (BUS + '[signal.Gone]\ndoc = "x"\nto = "you"\n', "Gone: 'you' is no daemon"),
    (BUS + '[signal.gone]\ndoc = "x"\n', "gone: a signal is CamelCase"),
    (BUS + '[signal.Gone]\ndoc = "x"\nrows = true\n', "Gone: rows needs out, and no to"),
]


class Wrong(unittest.TestCase):
    def refusal(self, table=TABLE, message=MESSAGE, bus=BUS):
        with tempfile.TemporaryDirectory() as tmp:
            for name, text in (("tables/thing", table), ("bus/sample", bus),
                               ("messages/note", message)):
                path = pathlib.Path(tmp, name + ".toml")
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            try:
                model.load(tmp)
            except model.Wrong as err:
                return str(err)
        return ""

    def test_good(self):
        self.assertEqual(self.refusal(), "")

    def test_tables(self):
        for text, what in WRONG_TABLES:
            with self.subTest(what):
                got = self.refusal(table=text)
                self.assertIn(what, got)
                self.assertIn("thing", got)

    def test_buses(self):
        for text, what in WRONG_BUSES:
            with self.subTest(what):
                got = self.refusal(bus=text)
                self.assertIn(what, got)
                self.assertIn("sample", got)

    def test_message(self):
        self.assertIn("no key", self.refusal(
            message=MESSAGE.replace('"message"', '"message"\nkey = "text"')))

    def test_ref_to_numbers(self):
        table = TABLE.replace('type = "name"', 'type = "u64"')
        self.assertIn("x: a key of 'thing' does not fit", self.refusal(
            table=table + FIELD + 'type = "ref"\ntable = "thing"\n'))

    def test_same_enum(self):
        # "thing" + "kind_of" and "thing_kind" + "of" make one name in C.
        kind = FIELD.replace(".x", ".{}") + 'type = "enum"\nvalues = ["a"]'
        with tempfile.TemporaryDirectory() as tmp:
            pathlib.Path(tmp, "tables").mkdir()
            for name, code, field in (("thing", 1, "kind_of"),
                                      ("thing_kind", 2, "of")):
                pathlib.Path(tmp, "tables", name + ".toml").write_text(
                    TABLE.replace("code = 1\nkey", f"code = {code}\nkey")
                    + kind.format(field))
            with self.assertRaisesRegex(model.Wrong, "of: 'enum thing_kind_of"):
                model.load(tmp)

    def test_same_code(self):
        with tempfile.TemporaryDirectory() as tmp:
            pathlib.Path(tmp, "tables").mkdir()
            for name in ("thing", "other"):
                pathlib.Path(tmp, "tables", name + ".toml").write_text(TABLE)
            with self.assertRaisesRegex(model.Wrong, "code 1 is other's"):
                model.load(tmp)


class Made(unittest.TestCase):
    """What is made of the tests' own schema, and of the real one."""

    def files(self, root):
        recs, ifaces, _ = model.load(root)
        return recs, ifaces, gen.produce(recs, ifaces)

    def test_c_str(self):
        self.assertEqual(emit_c.c_str('a"\\\n\u00e9??/1'),
                         r'"a\"\\\012\303\251\?\?/1"')

    def test_same_twice(self):
        root = HERE / "schema" / "sample"
        self.assertEqual(self.files(root)[2], self.files(root)[2])

    def check_policy(self, text, ifaces):
        doc = xml.dom.minidom.parseString(text)
        default, *others = [p for p in doc.getElementsByTagName("policy")]
        self.assertEqual(default.getAttribute("context"), "default")
        self.assertFalse(default.getElementsByTagName("allow"))
        denied = {r.getAttribute("send_destination")
                  for r in default.getElementsByTagName("deny")}
        for i in ifaces:
            self.assertIn(i.name, denied)
        for p in others:
            self.assertFalse(p.getElementsByTagName("deny"))
        # A rule with an interface but no type would fit replies.
        for rule in re.findall(r"<(?:allow|deny) .*_interface=.*/>", text):
            self.assertRegex(rule, r'(send|receive)_type="|send_destination="')

    def test_policy(self):
        root = HERE / "schema" / "sample"
        _, ifaces, files = self.files(root)
        text = files["sallyport.conf"]
        self.check_policy(text, ifaces)
        mediad = 'send_destination="org.sallyport.Sample" ' \
            'send_type="method_call" send_interface="org.sallyport.Sample2" ' \
            'send_member="SendParcel"'
        self.assertIn(mediad, text)
        self.assertNotIn('send_member="Rest"', text)

    def test_real(self):
        recs, ifaces, files = self.files(HERE.parents[1] / "schema")
        self.check_policy(files["sallyport.conf"], ifaces)
        forms = json.loads(files["forms.json"])
        for r in recs.values():
            self.assertEqual(r.kind != "message", r.name in forms)
            for f in r.fields:
                shown = [x["name"] for x in forms.get(r.name, {}).get(
                    "fields", [])]
                if f.hidden:
                    self.assertNotIn(f.name, shown)
        for i in ifaces:
            self.assertIn(f"{i.file}_iface", files[f"{i.file}_bus.h"])


if __name__ == "__main__":
    unittest.main()
