"""The schema in memory: reads the TOML files and refuses a wrong one."""

import dataclasses
import pathlib
import re
import tomllib

U32_MAX = 2**32 - 1
U64_MAX = 2**63 - 1  # what JSON libraries carry

# type -> (C type, D-Bus type, the member is text)
TYPES = {
    "bool": ("bool", "b", False),
    "u32": ("uint32_t", "u", False),
    "u64": ("uint64_t", "t", False),
    "enum": ("uint32_t", "s", False),
    "str": ("char", "s", True),
    "name": ("char", "s", True),
    "secret": ("char", "s", True),
    "ref": ("char", "s", True),
    "list": ("char", "s", True),
    "bytes": ("uint8_t", "ay", False),
}
FORMATS = ("lines", "prefix", "address", "extension", "digits", "host", "codec",
           "service", "account", "name", "mail")
DAEMONS = ("sipd", "mediad", "routed", "guardd", "fwd", "httpd")
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
MEMBER = re.compile(r"[A-Z][A-Za-z0-9]{0,63}\Z")
# C's own words, and what the standard headers make of a name.
KEYWORDS = set("""auto bool break case char const continue default do double
else enum extern false float for goto if inline int long register restrict
return short signed sizeof static struct switch true typedef union unsigned
void volatile while errno linux unix""".split())


class Wrong(Exception):
    """The schema breaks a rule; the message names file and field."""


@dataclasses.dataclass
class Field:
    name: str
    code: int
    type: str
    label: str = ""
    help: str = ""
    unit: str = ""
    min: int = 0
    max: int | None = None
    values: list = dataclasses.field(default_factory=list)
    table: str = ""
    format: str = ""
    of: str = ""
    default: object = None
    readonly: bool = False
    hidden: bool = False
    list: bool = False

    @property
    def text(self):
        return TYPES[self.type][2]

    @property
    def member(self):
        """Its name in C, where some words are taken."""
        return self.name + "_" if self.name in KEYWORDS else self.name

    @property
    def required(self):
        return self.default is None and self.type != "bytes"

    @property
    def rule(self):
        return self.of if self.type == "list" else self.format


@dataclasses.dataclass
class Record:
    name: str
    doc: str
    kind: str
    fields: list
    title: str = ""
    code: int = 0
    key: str = ""
    owner: str = ""
    singleton: str = ""
    builtin: list = dataclasses.field(default_factory=list)
    ordered: bool = False
    max_rows: int = 0


@dataclasses.dataclass
class Method:
    name: str
    doc: str
    callers: list
    ins: str = ""
    out: str = ""
    many: bool = False
    deadline_ms: int = 5000


@dataclasses.dataclass
class Signal:
    name: str
    doc: str
    out: str = ""
    to: str = ""
    rows: bool = False


@dataclasses.dataclass
class Iface:
    file: str
    doc: str
    name: str
    version: int
    daemon: str
    methods: list
    signals: list
    direct: list = dataclasses.field(default_factory=list)

    @property
    def full(self):
        return f"{self.name}{self.version}"

    @property
    def path(self):
        return "/" + self.name.replace(".", "/")


def need(cond, where, what):
    if not cond:
        raise Wrong(f"{where}: {what}")


def leading_comment(text):
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return " ".join(lines)


def parse(path):
    text = path.read_text()
    try:
        return leading_comment(text), tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise Wrong(f"{path}: {err}") from err


def build(cls, where, raw, **more):
    """Makes a dataclass of a TOML table; an unknown or missing word is an error."""
    known = {f.name: f for f in dataclasses.fields(cls)}
    need(isinstance(raw, dict), where, "must be a table")
    for word, value in raw.items():
        need(word in known and word not in more, where, f"unknown word '{word}'")
        kind = known[word].type
        kind = int if kind == int | None else kind
        need(isinstance(value, kind) and (kind is not int or
             not isinstance(value, bool)), where, f"'{word}' has the wrong type")
    try:
        return cls(**raw, **more)
    except TypeError as err:
        raise Wrong(f"{where}: {str(err).split(') ')[-1]}") from err


def check_default(f, at):
    d = f.default
    if d is None:
        return
    need(f.type != "bytes", at, "bytes have no default")
    if f.type == "bool":
        need(isinstance(d, bool), at, "the default must be true or false")
    elif f.type == "enum":
        need(d in f.values, at, f"the default '{d}' is none of the values")
    elif f.text:
        need(isinstance(d, str), at, "the default must be text")
        need(len(d.encode()) <= f.max, at, "the default is too long")
    else:
        need(isinstance(d, int) and not isinstance(d, bool), at,
             "the default must be a number")
        need(f.min <= d <= f.max, at, "the default is out of range")


def check_field(rec, f, at):
    need(NAME.match(f.name) and not f.name.endswith("_"), at,
         "a name is a-z, 0-9, _ (not the last), at most 32")
    need(f.type in TYPES, at, f"unknown type '{f.type}'")
    need(1 <= f.code <= 255, at, "the code must be 1 to 255")
    need(not f.unit or f.name.endswith("_" + f.unit), at,
         f"a name in {f.unit} ends in _{f.unit}")
    need((f.type == "enum") == bool(f.values), at,
         "values belong to an enum, and an enum needs them")
    idents = {ident(str(v)) for v in f.values}
    need(len(idents) == len(f.values) and all(
        isinstance(v, str) and v for v in f.values), at,
         "values must be texts that differ in letters and digits")
    need(f.type != "ref" or f.table, at, "a ref needs its table")
    need(not f.table or f.type == "ref" or f.of == "name", at,
         "table belongs to a ref, or to a list of names")
    need((f.type == "list") == bool(f.of), at,
         "of belongs to a list, and a list needs it")
    need(not f.format or f.type == "str", at, "only a str has a format")
    need(f.rule in ("", *FORMATS), at, f"unknown format '{f.rule}'")
    if f.type in ("name", "ref"):
        need(f.max is None, at, f"a {f.type} has no max, it is 32")
        f.max = 32
    elif f.type in ("str", "secret", "list", "bytes"):
        need(f.max is not None and 1 <= f.max <= 65535, at,
             "needs max, 1 to 65535")
    else:
        limit = {"u32": U32_MAX, "u64": U64_MAX, "bool": 1,
                 "enum": len(f.values) - 1}[f.type]
        need(f.max is None or f.type in ("u32", "u64"), at, "needs no max")
        f.max = limit if f.max is None else f.max
        need(0 <= f.min <= f.max <= limit, at, "min to max is no range")
    need(not f.min or f.type in ("u32", "u64"), at, "only numbers have a min")
    need(rec.kind == "message" or f.label, at, "needs a label for people")
    check_default(f, at)


def check_key(rec, path):
    key = next((f for f in rec.fields if f.name == rec.key), None)
    need(key, path, f"the key '{rec.key}' is no field")
    need(key.type in ("str", "name", "u64"), f"{path}: {key.name}",
         "a key is a str, a name or a u64")
    need(key.default is None or rec.singleton == key.default,
         f"{path}: {key.name}", "a key has no default")
    for k in rec.builtin:
        need(isinstance(k, str) and 0 < len(k) <= key.max, path,
             f"the builtin '{k}' is no key")


def check_record(rec, path):
    need(NAME.match(rec.name) and rec.name not in KEYWORDS, path, "bad file name")
    need(rec.kind in ("table", "live", "record", "message"), path,
         f"unknown kind '{rec.kind}'")
    need(rec.doc and "*/" not in rec.doc, path,
         "needs a first line '# what it is', without */")
    need(rec.fields, path, "needs a field")
    codes, members = set(), set()
    for f in rec.fields:
        at = f"{path}: {f.name}"
        check_field(rec, f, at)
        need(f.code not in codes, at, f"the code {f.code} stands twice")
        names = {f.name, f.name + "_bytes"} if f.type == "bytes" else {f.name}
        need(not names & members, at, "the name stands twice")
        codes.add(f.code)
        members |= names
    if rec.kind == "message":
        need(not rec.key and not rec.code, path, "a message has no key or code")
        return
    need(1 <= rec.code <= 255, path, "needs a code, 1 to 255")
    need(rec.title, path, "needs a title")
    need(rec.owner in DAEMONS, path, f"the owner '{rec.owner}' is no daemon")
    check_key(rec, path)
    need(rec.kind == "table" or not (rec.singleton or rec.builtin or
         rec.ordered), path, "singleton, builtin, ordered are for tables")
    need(not (rec.singleton and (rec.builtin or rec.ordered)), path,
         "a singleton is neither builtin nor ordered")
    if rec.kind == "table" and not rec.max_rows:
        rec.max_rows = 1 if rec.singleton else len(rec.builtin)
    need(rec.kind != "table" or rec.max_rows >= max(1, len(rec.builtin)), path,
         "needs max_rows: what people can fill has a limit")


def read_record(path):
    doc, raw = parse(path)
    rows = raw.pop("field", {})
    need(isinstance(rows, dict), path, "needs [field.NAME]")
    fields = [build(Field, f"{path}: {n}", f, name=n) for n, f in rows.items()]
    raw.setdefault("kind", "")
    rec = build(Record, path, raw, name=path.stem, doc=doc, fields=fields)
    check_record(rec, path)
    return rec


def read_method(path, name, raw):
    at = f"{path}: {name}"
    need(isinstance(raw, dict), at, "must be a table")
    raw = {"ins" if k == "in" else k: v for k, v in raw.items()}
    m = build(Method, at, raw, name=name)
    need(MEMBER.match(name), at, "a method is CamelCase")
    need(m.doc and "*/" not in m.doc, at, "needs a doc, without */")
    need(all(c in DAEMONS for c in m.callers), at, "a caller is no daemon")
    need(not m.many or m.out, at, "many needs out")
    need(0 < m.deadline_ms <= 600000, at, "deadline_ms must be 1 to 600000")
    return m


def read_iface(path):
    doc, raw = parse(path)
    methods = [read_method(path, n, m) for n, m in raw.pop("method", {}).items()]
    signals = [build(Signal, f"{path}: {n}", s, name=n)
               for n, s in raw.pop("signal", {}).items()]
    i = build(Iface, path, raw, file=path.stem, doc=doc, methods=methods,
              signals=signals)
    need(re.match(r"org\.sallyport\.[A-Z][a-z]+\Z", i.name), path,
         "the name is org.sallyport.Word")
    need(i.daemon in DAEMONS, path, f"'{i.daemon}' is no daemon")
    need(i.version >= 1, path, "the version starts at 1")
    need(i.methods, path, "needs a method")
    need(i.doc and "*/" not in i.doc, path,
         "needs a first line '# what it is', without */")
    need(len(i.direct) <= 1 and all(d in DAEMONS for d in i.direct), path,
         "direct names one daemon")
    for s in signals:
        need(MEMBER.match(s.name), f"{path}: {s.name}", "a signal is CamelCase")
        need(not s.rows or (s.out and not s.to), f"{path}: {s.name}",
             "rows needs out, and no to")
        need(s.doc and "*/" not in s.doc, f"{path}: {s.name}",
             "needs a doc, without */")
        need(s.to in ("", *DAEMONS), f"{path}: {s.name}",
             f"'{s.to}' is no daemon")
    return i


def check_links(recs, ifaces):
    codes, enums = {}, {}
    for r in recs.values():
        for f in r.fields:
            name = f"{r.name}_{f.name}"
            need(f.type != "enum" or name not in enums, f"{r.name}: {f.name}",
                 f"'enum {name}' is {enums.get(name)}'s, too")
            if f.type == "enum":
                enums[name] = r.name
            t = recs.get(f.table)
            need(not f.table or t and t.kind == "table",
                 f"{r.name}: {f.name}", f"there is no table '{f.table}'")
            key = t and next(k for k in t.fields if k.name == t.key)
            need(not key or key.text and key.max <= f.max,
                 f"{r.name}: {f.name}",
                 f"a key of '{f.table}' does not fit into a ref")
            need(f.type != "list" or not key or key.type == "name",
                 f"{r.name}: {f.name}",
                 f"the keys of '{f.table}' are no names")
        need(not r.code or r.code not in codes, r.name,
             f"the code {r.code} is {codes.get(r.code)}'s")
        codes[r.code] = r.name
    for i in ifaces:
        for x in i.methods + i.signals:
            for name in (x.out, getattr(x, "ins", "")):
                need(not name or name in recs, f"{i.file}: {x.name}",
                     f"there is no record '{name}'")


def load(root):
    """Reads ROOT/tables, ROOT/messages, ROOT/bus. Returns records, interfaces
    and every path that was looked at."""
    root = pathlib.Path(root)
    seen, recs = [], {}
    for part in ("tables", "messages", "bus"):
        seen += [root / part, *sorted((root / part).glob("*.toml"))]
    files = [p for p in seen if p.suffix == ".toml"]
    for p in files:
        if p.parent.name != "bus":
            need(p.stem not in recs, p, "the name is taken")
            recs[p.stem] = read_record(p)
    ifaces = [read_iface(p) for p in files if p.parent.name == "bus"]
    check_links(recs, ifaces)
    return recs, ifaces, seen


def ident(text):
    return re.sub(r"[^A-Z0-9]", "_", text.upper())
