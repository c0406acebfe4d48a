"""A real sshd beside the product, with a syslog daemon that writes its log where the product looks for it."""

import os
import shutil
import subprocess
import tempfile

from box import until

# A /dev and a /run of their own: /dev/log and /run/sshd are this machine's.
WORLD = """set -e
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for n in null zero random urandom tty ptmx; do
	touch "$1/dev/$n"
	mount --bind "/dev/$n" "$1/dev/$n"
done
mount --bind "$1/dev" /dev
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
exec "${@:2}"
"""
RSYSLOG = """module(load="imuxsock" SysSock.UsePIDFromSystem="off" SysSock.RateLimit.Interval="0")
$umask 0000
module(load="builtin:omfile" fileCreateMode="0640" fileGroup="adm")
auth,authpriv.* {log}
"""
SSHD = """Port 22
HostKey {dir}/key
PidFile none
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxAuthTries 3
MaxStartups 100
"""


class Sshd:
    def __init__(self, net, where, log):
        self.net, self.where, self.log = net, where, log
        self.dir = tempfile.mkdtemp(prefix="sshd-")
        self.running = []
        os.mkdir(f"{self.dir}/dev")
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.dir}/key"), check=True)
        for name, text in (("world", WORLD), ("rsyslog.conf", RSYSLOG.format(log=log)), ("sshd_config", SSHD.format(dir=self.dir))):
            with open(f"{self.dir}/{name}", "w") as f:
                f.write(text)
        self.run("rsyslogd", "-n", "-i", "NONE", "-f", f"{self.dir}/rsyslog.conf")
        first = self.running[0]
        until(lambda: os.path.exists(f"/proc/{first.pid}/root/dev/log"), 10, "syslog listens")
        # in the same world: what it logs goes to that /dev/log
        self.running.append(net.popen(where, "nsenter", f"--mount=/proc/{first.pid}/ns/mnt", "/usr/sbin/sshd", "-D", "-f", f"{self.dir}/sshd_config",
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        until(lambda: ":22 " in net.run(where, "ss", "-Htln").stdout, 10, "sshd listens")

    def run(self, *words):
        self.running.append(self.net.popen(self.where, "unshare", "--mount", "--propagation", "private", "bash", f"{self.dir}/world", self.dir, *words,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def rotate(self):
        """As logrotate does: the file gets another name, the daemon is told."""
        os.rename(self.log, self.log + ".1")
        os.kill(self.running[0].pid, 1)

    def close(self):
        for p in reversed(self.running):
            p.terminate()
            p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
