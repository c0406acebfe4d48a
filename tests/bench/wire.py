"""What passes a phone's wire, with the kernel's time: how long from an INVITE with credentials to its 180."""

import re
import socket
import struct
import threading
import time

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
UDP_AT = 14 + 20 + 8  # Ethernet, IPv4 without options, UDP


class Ringing:
    """with Ringing(net, ns, phone) as r: ...   then r.ms are the times, sorted."""

    def __init__(self, net, ns, phone):
        self.sock = net.socket(ns, socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.sock.bind(("eth0", ETH_P_ALL))
        self.sock.settimeout(0.2)
        self.phone, self.asked, self.ms, self.over = socket.inet_aton(phone), {}, [], False

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
            if data[12:14] == b"\x08\x00" and self.phone in (data[26:30], data[30:34]):
                s, ns = struct.unpack("qq", notes[0][2]) if notes else (time.time(), 0)
                self.packet(data[UDP_AT:], s + ns / 1e9)

    def packet(self, text, at):
        call = re.search(rb"(?im)^Call-ID:\s*(\S+)", text)
        if not call:
            return
        if text.startswith(b"INVITE ") and b"\nAuthorization:" in text:
            self.asked.setdefault(call[1], at)
        elif text.startswith(b"SIP/2.0 180") and call[1] in self.asked:
            self.ms.append((at - self.asked.pop(call[1])) * 1000)
