"""A real sshd beside the product, with rsyslog or journald, which writes its log where the product looks for it.

It has an account of its own, USER with PASSWORD, that nobody else on this machine sees.
"""

import os
import shutil
import subprocess
import tempfile

from box import until

USER, PASSWORD = "ada", "Quiet.Harbour+2041-lamp"

# A /dev and a /run of their own: /dev/log and /run/sshd are this machine's. So are its accounts.
WORLD = """set -e
mount -t tmpfs -o mode=755 tmpfs "$1/dev"
for n in null zero random urandom tty ptmx; do
	touch "$1/dev/$n"
	mount --bind "/dev/$n" "$1/dev/$n"
done
mount --bind "$1/dev" /dev
mount -t tmpfs -o mode=755 tmpfs /run
for n in passwd shadow; do
	mount --bind "$1/$n" "/etc/$n"
done
mkdir -p /run/sshd /run/systemd/journal /run/log/journal
if [ -d "$2" ]; then
	mount --bind "$2" /run/log/journal
	[ ! -d /var/log/journal ] || mount --bind "$2" /var/log/journal
	ln -s /run/systemd/journal/dev-log /dev/log
	shift
fi
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


def below(pid):
    """The processes that this one began, and theirs."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            mine = [int(n) for n in f.read().split()]
    except FileNotFoundError:
        return []
    return [n for child in mine for n in (*below(child), child)]


class Sshd:
    def __init__(self, net, where, log):
        self.net, self.where, self.log = net, where, log
        self.dir = tempfile.mkdtemp(prefix="sshd-")
        self.running = []
        os.mkdir(f"{self.dir}/dev")
        subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.dir}/key"), check=True)
        self.account()
        for name, text in (("world", WORLD), ("rsyslog.conf", RSYSLOG.format(log=log)), ("sshd_config", SSHD.format(dir=self.dir))):
            with open(f"{self.dir}/{name}", "w") as f:
                f.write(text)
        if os.path.isdir(log):
            # who may read it, as on a host
            shutil.chown(log, group="systemd-journal")
            os.chmod(log, 0o2755)
            self.run(log, "/lib/systemd/systemd-journald")
        else:
            self.run("rsyslogd", "-n", "-i", "NONE", "-f", f"{self.dir}/rsyslog.conf")
        try:
            self.begin(log)
        except BaseException:
            self.close()
            raise

    def account(self):
        """Beside this machine's: may do nothing, but has a password."""
        secret = subprocess.run(("openssl", "passwd", "-6", "-stdin"), input=PASSWORD, text=True, capture_output=True, check=True).stdout.strip()
        for name, mode, line in (("passwd", 0o644, f"{USER}:x:64999:64999::/:/bin/sh\n"), ("shadow", 0o600, f"{USER}:{secret}:20000::::::\n")):
            shutil.copyfile(f"/etc/{name}", f"{self.dir}/{name}")
            os.chmod(f"{self.dir}/{name}", mode)
            with open(f"{self.dir}/{name}", "a") as f:
                f.write(line)

    def begin(self, log):
        first = self.running[0]
        where_it_listens = "run/systemd/journal/dev-log" if os.path.isdir(log) else "dev/log"
        until(lambda: os.path.exists(f"/proc/{first.pid}/root/{where_it_listens}"), 10, "the log's daemon listens")
        # in the same world: what it logs goes to that /dev/log
        self.running.append(self.net.popen(self.where, "nsenter", f"--mount=/proc/{first.pid}/ns/mnt", "/usr/sbin/sshd", "-D", "-f", f"{self.dir}/sshd_config",
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        until(lambda: ":22 " in self.net.run(self.where, "ss", "-Htln").stdout, 10, "sshd listens")

    def run(self, *words):
        # not by "ip netns exec": that has a /sys without cgroups, which journald wants to see
        self.running.append(subprocess.Popen(("nsenter", f"--net=/run/netns/{self.net.ns(self.where)}", "unshare", "--mount", "--propagation", "private",
                                              "bash", f"{self.dir}/world", self.dir, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def rotate(self):
        """As logrotate does: the file gets another name, the daemon is told."""
        os.rename(self.log, self.log + ".1")
        os.kill(self.running[0].pid, 1)

    def close(self):
        for p in reversed(self.running):
            # a connection that a ban has cut off is waited for
            for child in below(p.pid):
                try:
                    os.kill(child, 9)
                except ProcessLookupError:
                    pass
            p.terminate()
            p.wait()
        shutil.rmtree(self.dir, ignore_errors=True)
