#!/usr/bin/env python3
"""The checker finds what it is for, and nothing in what is good."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check  # noqa: E402

GOOD = {
    "daemons/sipd/leg.c": """#include "leg.h"

#include <stdio.h>

#include "record.h"

/* strcpy() and "TO" in words, static int x; in a comment. */
static const char *const names[] = {
\t"system(1)",
};
static const struct step steps[] = {
\t{ 1, 2 },
};
const struct record leg_record = {
\t.name = "leg",
};
enum { SIZE = 3 };
struct leg;

static int leg_open(struct leg *leg)
{
\tstatic const char digits[] = "0123";

\treturn leg != NULL && digits[0];
}

int leg_new(const char *name,
\t    int n)
{
\treturn leg_open(NULL) + n + !!name;
}
""",
    "daemons/sipd/leg.h": "#pragma once\n\nint leg_new(const char *name, int n);\n",
    "schema/record.h": "#pragma once\n",
    "daemons/base/log.c": "static int level;\n",
    "daemons/sipd/sofia.c": "#include <sofia-sip/nta.h>\n",
}

BAD = [
    ("daemons/sipd/a.c", "static int counter;\n", 1, "mutable"),
    ("daemons/sipd/a.c", "static struct leg *first = NULL;\n", 1, "mutable"),
    ("daemons/sipd/a.c", "static const char *name = \"x\";\n", 1, "mutable"),
    ("daemons/sipd/a.c", "int table[5];\n", 1, "mutable"),
    ("daemons/sipd/a.c", "static struct leg legs[] = {\n};\n", 1, "mutable"),
    ("daemons/sipd/a.c", "static unsigned int n;\n", 1, "mutable"),
    ("daemons/sipd/a.c", "static char *names[3];\n", 1, "mutable"),
    ("daemons/sipd/a.c", "int f(void)\n{\n\tstatic int n;\n}\n", 3, "static"),
    ("daemons/sipd/a.c", "int f(void)\n{\n\tstrcpy(a, b);\n}\n", 3, "strcpy()"),
    ("daemons/sipd/a.c", "int f(void)\n{\n\treturn atoi(a);\n}\n", 3, "atoi()"),
    ("daemons/sipd/a.c", "#include <dbus/dbus.h>\n", 1, "libdbus"),
    ("daemons/sipd/a.c", "#include <sofia-sip/nta.h>\n", 1, "Sofia"),
    ("daemons/sipd/a.c", "#include \"rtp.h\"\n", 1, "must not include"),
    ("schema/a.c", "#include \"bus.h\"\n", 1, "must not include"),
    ("daemons/base/a.c", "#include \"record.h\"\n", 1, "must not include"),
    ("ipc/a.h", "int f(void);\n", 1, "#pragma once"),
    ("ipc/a.c", "/* " + "TO" "DO: later */\n", 1, "later"),
    ("ipc/a.c", "/* " + "x" * 80 + " */\n", 1, "columns"),
    ("ipc/a.c", "/* x */ \n", 1, "blanks"),
    ("ipc/a.c", "/* x */", 1, "no end"),
    ("ipc/a.c", "\n" * 1001, 1, "1001 lines"),
    ("ipc/a.h", "#pragma once\n" + "\n" * 250, 1, "251 lines"),
    ("ipc/a.c", "int f(void)\n{\n" + "\tf();\n" * 80 + "}\n", 2, "81 lines"),
    ("ipc/a.c", "int f(void)\n{\n\t\t\t\t\tif (1)\n\t\t\t\t\t\tf();\n}\n", 3,
     "nested"),
]
HEADERS = {
    "schema/record.h": "#pragma once\n", "ipc/bus.h": "#pragma once\n",
    "daemons/mediad/rtp.h": "#pragma once\n",
}


def found(files):
    with tempfile.TemporaryDirectory() as tmp:
        root = pathlib.Path(tmp)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        listed = list(check.sources(root))
        where = {p.name: {check.room(p)} for p in listed if p.suffix == ".h"}
        return [(p.as_posix(), n, what) for p in listed
                for n, what in check.check_file(root, p, where)]


class Check(unittest.TestCase):
    def test_good(self):
        self.assertEqual(found(GOOD), [])

    def test_bad(self):
        for name, text, line, what in BAD:
            with self.subTest(text[:40], what=what):
                rows = found(HEADERS | {name: text})
                self.assertTrue(any(r[:2] == (name, line) and what in r[2]
                                    for r in rows), rows)

    def test_tests_are_freer(self):
        text = "int f(void)\n{\n\tstatic int n;\n\tstrcpy(a, b);\n}\n"
        self.assertEqual(found({"tests/unit/a.c": text}), [])


if __name__ == "__main__":
    unittest.main()
