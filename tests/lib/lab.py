"""One laboratory: the networks, the product in them, and the phones a test adds."""

import contextlib
import sys

from box import Box, Refused, until
from netns import Net
from phone import Phone


class Lab:
    def __enter__(self):
        self.net = Net()
        self.phones, self.ends, self.port = [], [], 5070
        self.net.__enter__()
        try:
            self.box = Box(self.net)
        except BaseException:
            self.net.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.tidy()
        finally:
            try:
                self.box.close()
            finally:
                self.net.__exit__()

    def phone(self, number, where="lan", address=None, server=None, register=True, **kw):
        """A phone of an extension; waits until it is registered."""
        self.port += 20
        address = address or {"lan": "192.168.1.101", "wan": "203.0.113.20", "home": "10.9.0.100"}[where]
        server = server or (Net.PBX_LAN if where == "lan" else Net.PBX_WAN)
        kw.setdefault("password", self.box.extensions.get(number, "none"))
        p = Phone(self.net, where, address, number, server=server, port=self.port, **kw)
        self.phones.append(p)
        if register:
            p.says("200 OK (Sallyport)")
        return p

    def later(self, end):
        """Something to call when the test is over."""
        self.ends.append(end)

    def tidy(self):
        """Ends a test; raises faults.Fault when a daemon did what no daemon may."""
        for p in self.phones:
            p.close()
        ends, self.phones, self.ends, self.port = self.ends, [], [], 5070
        with contextlib.ExitStack() as stack:  # each is called once, whatever another one raises
            for end in ends:
                stack.callback(end)
        self.at_rest()
        self.box.watch.check()

    def calls(self):
        try:
            return self.box.rows("sipd", "Calls")
        except Refused:
            return ["sipd does not answer"]

    def at_rest(self):
        """A phone says that its call is over before the box is done with it: its row, its ports, what it counts against limits.
        What a test has left talking is hung up."""
        try:
            until(lambda: not self.calls(), 5, "no call goes on")
        except AssertionError:
            for call in self.box.rows("sipd", "Calls"):
                print(f"        hung up: {call['caller']} to {call['callee']}, {call['state']}", flush=True)
                with contextlib.suppress(Refused):  # it has just ended
                    self.box.method("sipd", "Hangup", f"string:{call['id']}")
            until(lambda: not self.calls(), 40, "no call goes on")

    def tell(self):
        """After a failure: the last words of each daemon, and what a sanitizer said."""
        for d in ("sipd", "mediad", "routed", "guardd", "fwd", "httpd"):
            try:
                lines = self.box.log(d).splitlines()
                report = next((n for n, line in enumerate(lines) if "ERROR: " in line or "runtime error: " in line), len(lines))
                for line in lines[report:report + 40] or lines[-6:]:
                    print(f"    {d}: {line}", file=sys.stderr)
            except OSError as e:
                print(f"    {d}: {e}", file=sys.stderr)
