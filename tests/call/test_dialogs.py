"""Every race of SIP, between scripted telephones in the LAN, through sipd, routed and mediad."""

import dialogs
from netns import Net


def in_lab(case):
    def test(lab):
        t = dialogs.Bench(Net.PBX_LAN, lab.box.extensions, "192.168.1.118", "192.168.1.119",
                          lambda kind: lab.net.socket("lan", kind=kind))
        lab.later(t.tidy)
        case(t)

    return test


globals().update({name: in_lab(case) for name, case in dialogs.cases()})
