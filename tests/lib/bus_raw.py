"""D-Bus by hand, as any user: what dbus-send cannot say (no interface, thousands of calls on one connection)."""

import os
import socket
import struct
from contextlib import contextmanager

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE = 1, 2, 3, 4, 5, 6, 7, 8
NO_REPLY = 1


@contextmanager
def user(uid, gid=None, groups=()):
    """The kernel tells a peer who somebody was when it connected; only the connecting is done as this user."""
    old = os.getgroups()
    os.setgroups(list(groups))
    os.setegid(uid if gid is None else gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(old)


def text(s):
    raw = s.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def pad(raw, n):
    return raw + b"\0" * (-len(raw) % n)


def message(kind, serial, fields, body=b"", flags=0):
    """fields: {code: (signature, value)}."""
    array = b""
    for code, (kind_of, value) in fields.items():
        array = pad(array, 8) + bytes((code, 1)) + kind_of.encode() + b"\0"
        if kind_of == "g":
            array += bytes((len(value),)) + value.encode() + b"\0"
        else:
            array = pad(array, 4) + (struct.pack("<I", value) if kind_of == "u" else text(value))
    head = struct.pack("<cBBBIII", b"l", kind, flags, 1, len(body), serial, len(array))
    return pad(head + array, 8) + body


class Answer:
    def __init__(self, kind, fields, body):
        self.kind, self.fields, self.body = kind, fields, body
        self.error = fields.get(ERROR_NAME, "")
        self.serial = fields.get(REPLY_SERIAL, 0)

    def number(self):
        return struct.unpack_from("<I", self.body)[0]

    def text(self):
        return self.body[4:4 + self.number()].decode("utf-8", "replace")


class Raw:
    """One connection to a bus's socket."""

    def __init__(self, path, uid, gid=None, groups=()):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.serial, self.buffer = 0, b""
        with user(uid, gid, groups):
            self.sock.connect(path)
        self.sock.sendall(b"\0AUTH EXTERNAL " + str(uid).encode().hex().encode() + b"\r\n")
        said = self.sock.recv(200)
        if not said.startswith(b"OK "):
            self.close()
            raise PermissionError(said)
        self.sock.sendall(b"BEGIN\r\n")
        self.name = self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello").text()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def make(self, kind, dest, path, interface, member, body=(), flags=0):
        self.serial += 1
        fields = {PATH: ("o", path), MEMBER: ("s", member)}
        if interface:
            fields[INTERFACE] = ("s", interface)
        if dest:
            fields[DESTINATION] = ("s", dest)
        raw = b""
        for value in body:
            raw = pad(raw, 4) + (struct.pack("<I", value) if isinstance(value, int) else text(value))
        if body:
            fields[SIGNATURE] = ("g", "".join("b" if isinstance(v, bool) else "u" if isinstance(v, int) else "s" for v in body))
        return message(kind, self.serial, fields, raw, flags)

    def call(self, dest, path, interface, member, *body):
        """Calls and waits for the answer."""
        self.sock.sendall(self.make(CALL, dest, path, interface, member, body))
        return self.answer(self.serial)

    def signal(self, dest, path, interface, member, *body):
        """Sends a signal, and asks the bus something to know that it was dealt with. The error it met, or ''."""
        self.sock.sendall(self.make(SIGNAL, dest, path, interface, member, body))
        sent = self.serial
        self.sock.sendall(self.make(CALL, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId"))
        error = ""
        while True:
            a = self.read()
            if a.serial == sent:
                error = a.error
            elif a.serial == self.serial:
                return error

    def signals_until_now(self):
        """What came to us before the bus answers a question."""
        self.sock.sendall(self.make(CALL, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId"))
        heard = []
        while (a := self.read()).serial != self.serial:
            heard.append(a)
        return [a for a in heard if a.kind == SIGNAL]

    def answer(self, serial):
        while True:
            a = self.read()
            if a.serial == serial and a.kind in (RETURN, ERROR):
                return a

    def more(self, n):
        while len(self.buffer) < n:
            got = self.sock.recv(65536)
            if not got:
                raise ConnectionError("the bus closed the connection")
            self.buffer += got

    def read(self):
        """The next message, whatever it is."""
        self.more(16)
        kind = self.buffer[1]
        body_bytes, _, array = struct.unpack_from("<III", self.buffer, 4)
        start = 16 + array + (-array % 8)
        self.more(start + body_bytes)
        fields, at = {}, 16
        while at < 16 + array:
            at += -at % 8
            code, length = self.buffer[at], self.buffer[at + 1]
            kind_of = self.buffer[at + 2:at + 2 + length].decode()
            at += 3 + length
            if kind_of == "g":
                n = self.buffer[at]
                at += 2 + n
                continue
            at += -at % 4
            n = struct.unpack_from("<I", self.buffer, at)[0]
            at += 4
            if kind_of == "u":
                fields[code] = n
            else:
                fields[code] = self.buffer[at:at + n].decode()
                at += n + 1
        body = self.buffer[start:start + body_bytes]
        self.buffer = self.buffer[start + body_bytes:]
        return Answer(kind, fields, body)
