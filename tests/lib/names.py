"""The world's names in the laboratory: dnsmasq at Net.DNS, whom the box asks."""

import tempfile

from box import until


class Names:
    def __init__(self, lab, *records, ttl=5):
        self.net, self.ttl, self.p = lab.net, ttl, None
        self.folder = tempfile.TemporaryDirectory(prefix="names-")
        self.say(*records)
        lab.later(self.close)

    def say(self, *records):
        """From here on these records and no others, each as a line of dnsmasq's configuration: "host-record=NAME,ADDRESS",
        "srv-host=_sip._udp.NAME,TARGET,PORT,PRIORITY,WEIGHT", "naptr-record=NAME,ORDER,PREFERENCE,FLAGS,SERVICE,REGEXP,REPLACEMENT".
        """
        self.stop()
        with open(f"{self.folder.name}/conf", "w") as f:
            f.write(f"no-resolv\nno-hosts\nbind-interfaces\nlisten-address={self.net.DNS}\nlocal-ttl={self.ttl}\n"
                    f"local=/example/\nuser=root\npid-file=\nlog-queries\n" + "\n".join(records) + "\n")
        self.log = open(f"{self.folder.name}/log", "a")
        self.p = self.net.popen("itsp", "dnsmasq", "-k", "-C", f"{self.folder.name}/conf", "--log-facility=-", stdin=-3,
                                stdout=self.log, stderr=self.log)
        until(lambda: self.net.run("itsp", "ss", "-Hlun", "src", f"{self.net.DNS}:53").stdout.strip(), 10, "dnsmasq listens")

    def stop(self):
        """There is no answer to any name."""
        if self.p and self.p.poll() is None:
            self.p.terminate()
            self.p.wait(10)
            self.log.close()

    def asked(self):
        with open(f"{self.folder.name}/log") as f:
            return f.read()

    def close(self):
        self.stop()
        self.folder.cleanup()
