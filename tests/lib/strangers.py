"""What strangers send: datagrams from whatever address they claim, and messages that each mean trouble."""

import socket
import struct


def datagram(source, to, body):
    """IPv4 and UDP with any source; the kernel fills in the sums of IP, UDP goes without."""
    udp = struct.pack("!HHHH", 5060, 5060, 8 + len(body), 0) + body
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(to)) + udp


def messages(host):
    """Of strangers, each its own kind of trouble; USER and TAG are filled in."""
    end = (f"Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKTAG;rport\r\nFrom: <sip:USER@{host}>;tag=TAG\r\nTo: <sip:USER@{host}>\r\n"
           "Call-ID: TAG\r\nMax-Forwards: 70\r\nContact: <sip:USER@10.0.0.1>\r\n")
    wrong = ('Authorization: Digest username="USER", realm="sallyport", nonce="' + "0" * 52 + f'", uri="sip:{host}", '
             'response="' + "0" * 32 + '", algorithm=MD5, qop=auth, nc=00000001, cnonce="a"\r\n')

    def request(method, more=""):
        return f"{method} sip:USER@{host} SIP/2.0\r\n{end}CSeq: 1 {method}\r\n{more}Content-Length: 0\r\n\r\n"

    return [request("REGISTER"), request("REGISTER", wrong), request("INVITE"), request("INVITE", wrong), request("OPTIONS"),
            request("REGISTER", "User-Agent: friendly-scanner\r\n"), request("BYE"), request("CANCEL"), "REGISTER sip:x\r\n\r\n",
            request("SUBSCRIBE"), request("INVITE").replace("CSeq: 1", "CSeq: x")]
