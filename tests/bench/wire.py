"""What passes a wire, with the kernel's time: from a request to its answer, whenever those who asked get to read it."""

import ctypes
import re
import socket
import struct
import threading
import time

ETH_P_ALL = 3
SO_TIMESTAMPNS, SO_ATTACH_FILTER = 35, 26
UDP_AT = 14 + 20 + 8  # Ethernet, IPv4 without options, UDP
LOAD, AND, EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06  # classic BPF


def only(network, bits):
    """A filter for IPv4 from or to a network: a flood on the same wire would bury who reads it."""
    want, = struct.unpack("!I", socket.inet_aton(network))
    mask = (0xffffffff << 32 - bits) & 0xffffffff
    steps = ((LOAD, 0, 0, 26), (AND, 0, 0, mask), (EQUAL, 4, 0, want), (LOAD, 0, 0, 30), (AND, 0, 0, mask), (EQUAL, 1, 0, want),
             (RETURN, 0, 0, 0), (RETURN, 0, 0, 2048))
    return b"".join(struct.pack("HBBI", *s) for s in steps), len(steps)


class Wire:
    """with Wire(net, ns, network, bits) as w: ...   and packet() of a subclass gets the text of each datagram, and when it passed."""

    def __init__(self, net, ns, network, bits=32):
        self.sock = net.socket(ns, socket.AF_PACKET, socket.SOCK_RAW)
        code, steps = only(network, bits)
        block = ctypes.create_string_buffer(code)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", steps, ctypes.addressof(block)))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.sock.bind(("eth0", ETH_P_ALL))
        self.sock.settimeout(0.2)
        self.asked, self.ms, self.over = {}, [], False

    def __enter__(self):
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.thread.join()
        self.sock.close()
        self.ms.sort()

    def listen(self):
        while not self.over:
            try:
                data, notes, _, _ = self.sock.recvmsg(2048, 64)
            except socket.timeout:
                continue
            if data[12:14] == b"\x08\x00":
                s, ns = struct.unpack("qq", notes[0][2]) if notes else (time.time(), 0)
                self.packet(data[UDP_AT:], s + ns / 1e9)


class Ringing(Wire):
    """A caller's wire; .ms are the times from its INVITEs with credentials to their 180s, sorted."""

    def packet(self, text, at):
        call = re.search(rb"(?im)^Call-ID:\s*(\S+)", text)
        if not call:
            return
        if text.startswith(b"INVITE ") and b"\nAuthorization:" in text:
            self.asked.setdefault(call[1], at)
        elif text.startswith(b"SIP/2.0 180") and call[1] in self.asked:
            self.ms.append((at - self.asked.pop(call[1])) * 1000)


class Refusals(Wire):
    """The wire of many strangers; .took has of each request with credentials (Call-ID, CSeq) the ms to its answer, .at when it passed."""

    def __init__(self, *where):
        super().__init__(*where)
        self.took, self.at = {}, {}

    def packet(self, text, at):
        call, number = re.search(rb"(?im)^Call-ID:\s*(\S+)", text), re.search(rb"(?im)^CSeq:\s*(\d+)", text)
        if not call or not number:
            return
        key = call[1].decode(), int(number[1])
        if b"\nAuthorization:" in text:
            self.asked.setdefault(key, at)
            self.at.setdefault(key, at)
        elif text.startswith(b"SIP/2.0 ") and key in self.asked:
            self.took[key] = (at - self.asked.pop(key)) * 1000
