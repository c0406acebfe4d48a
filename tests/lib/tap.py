"""An ear on the wire: the sound of RTP packets (G.711 A-law) that reach a phone."""

import socket
import struct
import threading

ETH_P_IP = 0x0800


def alaw(byte):
    byte ^= 0x55
    seg, value = (byte & 0x70) >> 4, (byte & 0x0f) << 4
    value = value + 8 if not seg else (value + 0x108) << (seg - 1)
    return value if byte & 0x80 else -value


ALAW = [alaw(b) for b in range(256)]


class Tap:
    def __init__(self, phone):
        self.sock = phone.net.socket(phone.ns, socket.AF_PACKET, socket.SOCK_DGRAM)
        self.sock.bind(("eth0", ETH_P_IP))
        self.ports = phone.rtp_ports
        self.samples, self.packets, self.way = [], 0, None
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            try:
                p, who = self.sock.recvfrom(2048)
            except OSError:
                return
            ihl = (p[0] & 15) * 4
            at, to, size = struct.unpack("!HHH", p[ihl:ihl + 6])
            if p[9] != 17 or to not in self.ports or who[2] != socket.PACKET_HOST:
                continue
            rtp = p[ihl + 8:ihl + size]
            if len(rtp) > 12 and rtp[0] >> 6 == 2 and rtp[1] & 0x7f == 8:
                self.packets += 1
                self.way = at, to  # the box's port, the phone's
                self.samples += [ALAW[b] for b in rtp[12:]]

    def forget(self):
        self.samples, self.packets = [], 0

    def close(self):
        self.sock.close()
