"""Another maker's phone: linphone over TLS calls a baresip over UDP, with sound both ways of the wire."""

import os
import subprocess
import tempfile

from box import until
from phone import RATE, make_tone, power_at
from tap import Tap

CONFIG = """[video]
display=0
capture=0
[sip]
sip_port=0
sip_tcp_port=0
sip_tls_port=5077
verify_server_certs=0
verify_server_cn=0
register_only_when_network_is_up=0
"""


def linphone(lab, number, more=""):
    """Its console: a process whose standard input takes commands; more lines of its [sip]."""
    folder = tempfile.TemporaryDirectory(prefix="linphone-")
    home = folder.name
    os.makedirs(f"{home}/.local/share/linphone")
    with open(f"{home}/rc", "w") as f:
        f.write(CONFIG + more)
    make_tone(f"{home}/tone.wav", 523)
    p = lab.net.popen("lan", "linphonec", "-c", f"{home}/rc", env=dict(os.environ, HOME=home, XDG_RUNTIME_DIR=home), text=True,
                      stdin=subprocess.PIPE, stdout=-3, stderr=-3)
    lab.later(folder.cleanup)
    lab.later(lambda: (p.kill(), p.wait(), p.stdin.close()))

    def tell(line):
        p.stdin.write(line + "\n")
        p.stdin.flush()
    tell("soundcard use files")
    tell(f"play {home}/tone.wav")
    tell(f"register sip:{number}@{lab.net.PBX_LAN} <sip:{lab.net.PBX_LAN};transport=tls> {lab.box.extensions[number]}")
    return tell


def test_linphone_over_tls(lab):
    b = lab.phone("802", address="192.168.1.102", tone=660)
    ear = Tap(b)
    lab.later(ear.close)
    tell = linphone(lab, "801")
    rows = until(lambda: [r for r in lab.box.rows("sipd", "Registrations") if r["extension"] == "801"], 20,
                 "linphone is registered")
    assert rows[0]["transport"] == "tls" and "Linphone" in rows[0]["user_agent"], rows
    tell("call 802")
    b.wait("CALL_INCOMING")
    b.tell("accept")
    b.wait("CALL_ESTABLISHED")
    until(lambda: ear.packets >= 100, 15, "sound of linphone")
    until(lambda: power_at(ear.samples[-RATE // 2:], 523) > 0.8, 10, "linphone's tone")
    tell("terminate")
    b.wait("CALL_CLOSED")
