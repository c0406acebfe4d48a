#!/usr/bin/env python3
"""check.py ROOT   The rules of STYLE.md that a machine can hold.

Prints one line a finding, `file:line: what`, and exits 1 when there is one.
"""

import pathlib
import re
import shutil
import subprocess
import sys

MAX_FILE, MAX_HEADER, MAX_FUNCTION, MAX_DEPTH, MAX_COLUMN = 1000, 250, 80, 4, 80
ROOMS = ("daemons", "ipc", "schema", "tests", "rootfs")

# Who may include whom: each room sees itself and the rooms on its line.
LAYERS = {
    "daemons/base": (),
    "schema": ("daemons/base",),
    "ipc": ("daemons/base", "schema"),
}
BELOW_DAEMONS = ("daemons/base", "schema", "ipc")

# A third-party header stands in as few files as can be.
KEPT = (
    (re.compile(r"<(sofia-sip/|su_|nta|sip_|msg_|tport)"),
     re.compile(r"daemons/sipd/sofia\w*\.[ch]$|tests/"), "Sofia-SIP"),
    (re.compile(r"<(mbedtls|psa)/"),
     re.compile(r"ipc/seal\.c$|daemons/sipd/digest\w*\.c$|"
                r"daemons/httpd/(tls|cert|digest)\w*\.[ch]$|"
                r"daemons/mediad/(dtls|srtp)\w*\.[ch]$|tests/"), "mbedtls"),
    (re.compile(r"<lmdb\.h>"),
     re.compile(r"ipc/(store|view)\w*\.[ch]$|tests/"), "LMDB"),
    (re.compile(r"<(netlink|libnftnl)/|<linux/netfilter"),
     re.compile(r"daemons/fwd/(nft|nfb|link|interfaces)\w*\.[ch]$|tests/"), "netlink"),
    (re.compile(r"<microhttpd\.h>"),
     re.compile(r"daemons/httpd/\w+\.[ch]$|tests/"), "libmicrohttpd"),
    (re.compile(r"<dbus/"), re.compile(r"ipc/|tests/"), "libdbus"),
)

FORBIDDEN = re.compile(
    r"(?<![\w.>])(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|atoi|atol|atoll|"
    r"atof|alloca|strtok|rand|srand|tmpnam|mktemp|system|popen|gethostbyname|"
    r"inet_ntoa|inet_addr|setjmp|longjmp)\s*\(")
# A test's text is its own: these may stand there.
TESTS_MAY = {"strcpy", "strcat", "system", "popen"}
MARKS = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX",
                                      "HA" "CK")) + r")\b")

INCLUDE = re.compile(r'\s*#\s*include\s+("[^"]+"|<[^>]+>)')
NO_VARIABLE = re.compile(r"(typedef|extern|struct|enum|union|return|goto|#|\}|"
                         r"__attribute__|_Static_assert|static_assert)\b|[#}/*]")
VARIABLE = re.compile(
    r"(?:static\s+|_Thread_local\s+|volatile\s+)*"
    r"(?:(?:struct|enum|union)\s+\w+|(?:unsigned\s+|signed\s+)?\w+)"
    r"(?:\s+(?:int|long|char|short))*\s*[\s*]\s*(\w+)\s*(?:\[[^\]]*\]\s*)*"
    r"(?:=|;)")
VLA_OR_RECORD = re.compile(r"(struct|enum|union)\s+\w+\s*(\{|;)")


def room(path):
    parts = path.parts
    return "/".join(parts[:2]) if parts[0] == "daemons" else parts[0]


def may_include(here, there):
    if here == there or here == "tests":
        return True
    return there in LAYERS.get(here, BELOW_DAEMONS)


def blank(match):
    """The same lines and columns without the words."""
    return re.sub(r"[^\n]", " ", match[0])


def without_comments(text):
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                       r"'(?:\\.|[^'\\\n])*'", re.S)
    return token.sub(lambda m: blank(m) if m[0][0] == "/" else
                     m[0][0] + " " * (len(m[0]) - 2) + m[0][-1], text)


def check_lines(path, lines):
    limit = MAX_HEADER if path.suffix == ".h" else MAX_FILE
    if len(lines) > limit:
        yield 1, f"{len(lines)} lines, at most {limit}"
    for n, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > MAX_COLUMN:
            yield n, f"{len(line.expandtabs(8))} columns, at most {MAX_COLUMN}"
        if line != line.rstrip():
            yield n, "blanks at the end of the line"
        if MARKS.search(line):
            yield n, "marked for later"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "a header has #pragma once"


def check_functions(code):
    start = 0
    for n, line in enumerate(code, 1):
        if line.rstrip() == "{":
            start = n
        elif line.startswith("}") and start:
            if n - start > MAX_FUNCTION:
                yield start, (f"a function of {n - start} lines, at most "
                              f"{MAX_FUNCTION}")
            start = 0
        elif start and re.match(r"\t{%d,}(if|for|while|switch|do)\b" %
                                (MAX_DEPTH + 1), line):
            yield n, f"nested deeper than {MAX_DEPTH}"


def is_variable(line):
    """Does a line at file scope begin a variable that can change?"""
    if NO_VARIABLE.match(line) and not re.match(
            r"(struct|enum|union)\s+\w+\s+[\w*]+\s*(\[|=|;)", line):
        return False
    if VLA_OR_RECORD.match(line) or not VARIABLE.match(line):
        return False
    # A pointer to what is constant can change itself: const stands last.
    head = re.split(r"[=\[;]", line)[0]
    return "const" not in (head.rsplit("*", 1)[1] if "*" in head else head)


def check_scope(path, code):
    if path.suffix != ".c" or path.parts[0] == "tests" or \
            path.name == "log.c" and room(path) == "daemons/base":
        return
    for n, line in enumerate(code, 1):
        if line[:1].isalpha() and is_variable(line):
            yield n, "a mutable variable at file scope"


def check_words(path, code):
    for n, line in enumerate(code, 1):
        for m in FORBIDDEN.finditer(line):
            if path.parts[0] != "tests" or m[1] not in TESTS_MAY:
                yield n, f"{m[1]}() is not used here"
        if line[:1].isspace() and re.match(r"\s+static (?!const\b)", line) and \
                not re.search(r"\*\s*const\b", line) and \
                path.parts[0] != "tests":
            yield n, "a static variable inside a function"


def check_includes(path, lines, where):
    for n, line in enumerate(lines, 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        name = m[1][1:-1]
        if m[1][0] == '"':
            there = where.get(name.split("/")[-1], {room(path)})
            if not any(may_include(room(path), t) for t in there):
                yield n, f"{room(path)} must not include {sorted(there)[0]}"
        for what, files, library in KEPT:
            if what.match(m[1]) and not files.match(path.as_posix()):
                yield n, f"{library} stands in few files, this is none"


def check_file(root, path, where):
    text = (root / path).read_text(errors="replace")
    lines = text.splitlines()
    code = without_comments(text).splitlines()
    yield from check_lines(path, lines)
    yield from check_functions(code)
    yield from check_scope(path, code)
    yield from check_words(path, code)
    yield from check_includes(path, lines, where)
    if text and not text.endswith("\n"):
        yield len(lines), "the last line has no end"


def check_format(root, files):
    """What clang-format prints is right, where there is one."""
    tool = shutil.which("clang-format")
    if not tool or not files:
        return
    run = subprocess.run(
        [tool, "--dry-run", "--ferror-limit=0", *map(str, files)], cwd=root,
        capture_output=True, text=True, check=False)
    seen = set()
    for m in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): code should",
                         run.stderr, re.M):
        if m[1] not in seen:
            seen.add(m[1])
            yield m[1], int(m[2]), "clang-format -i would change this"


def sources(root):
    """Every .c and .h of ours, but what npm or a build puts among them."""
    for r in ROOMS:
        for p in sorted((root / r).glob("**/*.[ch]")):
            path = p.relative_to(root)
            if not {"node_modules", "build", "www"} & set(path.parts):
                yield path


def findings(root):
    files = list(sources(root))
    where = {}
    for p in files:
        if p.suffix == ".h":
            where.setdefault(p.name, set()).add(room(p))
    for p in files:
        for n, what in check_file(root, p, where):
            yield p, n, what
    yield from check_format(root, files)


def main(root):
    bad = 0
    for path, n, what in findings(pathlib.Path(root)):
        print(f"{path}:{n}: {what}")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
