"""The results as a table (RESULTS.md) and as a picture (results.svg)."""

import datetime
import os
import platform
import re

from peers import version

# what, unit, the goal and its direction, our key, the peer and its key
ROWS = [
    ("Registration with digest at 1000/s, CPU", "ms", 0.10, "<=", "ours.register_cpu_ms", "Kamailio", "kamailio.register_cpu_ms"),
    ("The same at the highest clean rate", "ms", 0.10, "<=", "ours.register_full_cpu_ms", "Kamailio",
     "kamailio.register_full_cpu_ms"),
    ("Registrations a second, clean", "/s", 8000, ">=", "ours.register_per_s", "Kamailio", "kamailio.register_per_s"),
    ("Call, digest, CDR at 100/s, CPU in all daemons", "ms", 1.0, "<=", "ours.call_cpu_ms", "Kamailio (proxy only)",
     "kamailio.call_cpu_ms"),
    ("The same at the highest clean rate", "ms", 1.0, "<=", "ours.call_full_cpu_ms", "Kamailio (proxy only)",
     "kamailio.call_full_cpu_ms"),
    ("Calls a second, clean", "/s", 1000, ">=", "ours.call_per_s", "Kamailio (proxy only)", "kamailio.call_per_s"),
    ("INVITE to 180 at 20 calls/s, p50", "ms", 3, "<=", "ours.ringing_p50_ms", "Kamailio (proxy only)",
     "kamailio.ringing_p50_ms"),
    ("INVITE to 180 at 20 calls/s, p99", "ms", 8, "<=", "ours.ringing_p99_ms", "Kamailio (proxy only)",
     "kamailio.ringing_p99_ms"),
    ("Relay, CPU per 1000 packets", "ms", 8, "<=", "ours.relay_cpu_ms", "rtpengine", "rtpengine.relay_cpu_ms"),
    ("Relay, added one-way latency, p50", "us", 35, "<=", "ours.relay_p50_us", "rtpengine", "rtpengine.relay_p50_us"),
    ("PSS idle, 1000 extensions, all daemons", "MB", 40, "<=", "ours.pss_idle_mb", "Kamailio (registrar)", "kamailio.pss_mb"),
    ("Wrong passwords answered, limit 10", "", 10, "=", "ours.tries_answered", "", ""),
    ("10th wrong password to silence", "ms", 5, "<=", "ours.silence_ms", "", ""),
    ("Decision with 10,000 dial rules, p99", "us", 50, "<=", "ours.route_prefixes_10000_p99_us", "", ""),
    ("The same, patterns that overlap", "us", 50, "<=", "ours.route_sets_10000_p99_us", "", ""),
    ("Outbound call with hours and credit, CPU more than internal", "ms", 0.3, "<=", "ours.credit_more_cpu_ms", "", ""),
    ("First page of 1,000,000 call records", "ms", 20, "<=", "ours.records_first_ms", "", ""),
    ("Last try to its ban under 20,000 packets/s, p99", "ms", 5, "<=", "wall.report_to_ban_p99_ms", "", ""),
    ("The same, to its answer, p99", "ms", 5, "<=", "wall.report_to_answer_p99_ms", "", ""),
    ("Ban with 100,000 present, p99", "us", 50, "<=", "wall.ban_p99_us", "", ""),
    ("500 common rules replaced, p50", "us", 10000, "<=", "wall.replace_500_rules_p50_us", "", ""),
    ("A packet dropped, 100,000 shut out", "us", None, "<=", "wall.dropped_by_ban_us", "fail2ban's rules, 10,000",
     "wall.dropped_by_iptables_10000_us"),
]
NOTED = [
    ("Registrations kept over kill -9 of sipd", "ours.register_kept"),
    ("Call records of the calls made", "ours.call_records"),
    ("Registration, CPU by process (ms)", "ours.register_by"),
    ("Call, CPU by process (ms)", "ours.call_by"),
    ("PSS idle by process (MB)", "ours.pss_idle_by"),
    ("PSS after all this (MB)", "ours.pss_after_by"),
    ("One ban by D-Bus, CPU in all daemons (ms)", "ours.ban_cpu_ms"),
    ("One ban, CPU in fwd (ms)", "ours.ban_fwd_cpu_ms"),
    ("Relay, 100 calls: lost of 100000, ours", "ours.relay_lost"),
    ("Relay, 100 calls: lost of 100000, rtpengine", "rtpengine.relay_lost"),
    ("Registration steps, ours: rate (good, bad, sent again, CPU ms of one)", "ours.register_steps"),
    ("Registration steps, Kamailio", "kamailio.register_steps"),
    ("Call steps, ours", "ours.call_steps"),
    ("Call steps, Kamailio", "kamailio.call_steps"),
    ("Internal call beside the outbound one, CPU by process (ms)", "ours.internal_by"),
    ("Outbound call with hours and credit, CPU by process (ms)", "ours.outbound_by"),
    ("A report with no ban, CPU of guardd (us)", "ours.report_cpu_us"),
    ("A report with 100,000 bans, CPU of guardd (us)", "ours.report_many_cpu_us"),
    ("100,000 bans: PSS (MB)", "ours.guard_pss_many_mb"),
    ("All 100,000 bans back in the kernel after kill -9 of guardd (s)", "ours.guard_bans_back_s"),
    ("Packets a second of the attack", "wall.attack_per_s"),
    ("Last tries under it that were looked at", "wall.report_to_ban_count"),
    ("Last try to its ban, p50 (ms)", "wall.report_to_ban_p50_ms"),
    ("Last try to its ban, the slowest (ms)", "wall.report_to_ban_max_ms"),
    ("Last try to its answer, p50 (ms)", "wall.report_to_answer_p50_ms"),
    ("Last try to its answer, the slowest (ms)", "wall.report_to_answer_max_ms"),
    ("A packet that walks 500 common rules (us)", "wall.walked_500_rules_us"),
    ("A packet to a port whose rate is measured (us)", "wall.packet_measured_us"),
    ("A packet to one whose rate is not (us)", "wall.packet_unmeasured_us"),
    ("Compiling 10,000 dial rules (ms)", "ours.route_prefixes_10000_compile_ms"),
    ("Seconds for the whole run", "seconds"),
]


def number(x):
    if x is None:
        return "-"
    if not isinstance(x, float):
        return str(x)
    return f"{x:.3f}" if x < 1 else f"{x:.2f}" if x < 10 else f"{x:.0f}"


def met(x, how, goal):
    return x is not None and {"<=": x <= goal, ">=": x >= goal, "=": x == goal}[how]


def machine():
    with open("/proc/cpuinfo") as f:
        cpu = re.search(r"model name\s*: (.*)", f.read())[1]
    with open("/etc/os-release") as f:
        system = re.search(r'PRETTY_NAME="(.*)"', f.read())[1]
    return f"{os.cpu_count()} x {cpu}, Linux {platform.release()}, {system}"


def table(r):
    lines = ["| work | goal | peer | Sallyport | goal met |", "|---|---|---|---|---|"]
    for what, unit, goal, how, key, peer, peer_key in ROWS:
        theirs = f"{peer} {number(r.get(peer_key))} {unit}".strip() if peer else "-"
        value = f"{number(r.get(key))} {unit}".strip()
        verdict = "-" if goal is None else "yes" if met(r.get(key), how, goal) else "no"
        aim = "-" if goal is None else f"{how} {number(goal)} {unit}"
        lines.append(f"| {what} | {aim} | {theirs} | **{value}** | {verdict} |")
    return lines


def write(folder, r):
    now = datetime.datetime.now(datetime.timezone.utc)
    load = ", ".join(f"{x:.1f}" for x in r["load"])
    kamailio = version("kamailio", "-v").removeprefix("version: ").split(" (")[0]
    rtpengine = version("rtpengine", "-v").removeprefix("Version: ")
    about = (f"Written by `tests/bench/run` on {now:%Y-%m-%d %H:%M} UTC. {machine()}. {kamailio}; "
             f"rtpengine {rtpengine} in user space; sipp as the phones. Load average before the run: {load}. The machine is shared with whatever else runs on it: CPU "
             "times hold within some 20 %, wall-clock figures (rates, latencies) are at best this good.")
    text = ["# Results", "", about, "", *table(r), "", "![results](results.svg)", "", "## Behind the table", ""]
    for what, key in NOTED:
        v = r.get(key)
        v = ", ".join(f"{n} {x}" for n, x in v.items()) if isinstance(v, dict) else number(v)
        text.append(f"- {what}: {v}")
    with open(f"{folder}/RESULTS.md", "w") as f:
        f.write("\n".join(text) + "\n")
    with open(f"{folder}/results.svg", "w") as f:
        f.write(picture(r))


INK, SOFT, OURS, THEIRS, GOAL = "#1f2933", "#5b6770", "#1b6ca8", "#a9b4bd", "#c2410c"
WIDE, HIGH, LEFT, BAR = 880, 74, 370, 390


def bar(y, value, most, colour, name, unit):
    """A bar, and its label."""
    w = max(1.0, BAR * value / most)
    return (f'<rect x="{LEFT}" y="{y}" width="{w:.1f}" height="16" rx="2" fill="{colour}"/>',
            f'<text x="{LEFT + w + 6:.1f}" y="{y + 13}" fill="{INK}" stroke="#ffffff" stroke-width="5" paint-order="stroke">'
            f'{name} {number(value)} {unit}</text>')


def panel(y, row, r):
    what, unit, goal, how, key, peer, peer_key = row
    ours, theirs = r.get(key), r.get(peer_key) if peer else None
    most = max(x for x in (ours, theirs, goal) if x is not None) * 1.02
    sign = how.replace("<", "&lt;").replace(">", "&gt;")
    aim = f"goal {sign} {number(goal)} {unit}" if goal is not None else "no goal"
    out = [f'<text x="{LEFT - 14}" y="{y + 24}" text-anchor="end" font-weight="600" fill="{INK}">{what}</text>',
           f'<text x="{LEFT - 14}" y="{y + 41}" text-anchor="end" fill="{SOFT}">{aim}</text>']
    bars = [bar(y + 11, ours, most, OURS, "Sallyport", unit)] if ours is not None else []
    bars += [bar(y + 32, theirs, most, THEIRS, peer, unit)] if theirs is not None else []
    out += [b[0] for b in bars]
    if goal is not None:
        x = LEFT + BAR * goal / most
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y + 6}" y2="{y + 53}" stroke="{GOAL}" stroke-width="2" '
                   'stroke-dasharray="4 3"/>')
    out += [b[1] for b in bars]
    return "".join(out)


def picture(r):
    rows = [row for row in ROWS if r.get(row[4]) is not None]
    high = 70 + HIGH * len(rows)
    body = "\n".join(panel(60 + HIGH * i, row, r) for i, row in enumerate(rows))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE + 120} {high}" font-family="system-ui, sans-serif" '
            f'font-size="13">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
            f'<text x="20" y="30" font-size="18" font-weight="700" fill="{INK}">Sallyport and its peers, one run</text>\n'
            f'<text x="20" y="50" fill="{SOFT}">each row has its own scale; the dashed line is our goal</text>\n{body}\n</svg>\n')
