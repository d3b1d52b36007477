#!/usr/bin/env python3
"""Lets `variance quote --watch` run for a long time against a venue at full rate that drops the connection again and again.

    tests/soak.py PATH_TO_VARIANCE [--seconds 600] [--symbols 120] [--drop 60] [--pace 100]

Starts `variance demo`, where every price moves each `--pace` milliseconds and every connection is reset after `--drop` seconds,
and watches the first symbols of the built-in watchlist with a document a second. Prints what was measured. The last line is
`soak: passed` or names what failed; exit code 0 only when nothing did:

- memory: the mean resident size over the last third exceeds that over the first (its first tenth left out) by more than 2 MiB
- queue: the same for what lies unread in the client's socket, 1 MiB
- documents: more than one in a hundred is missing, or one is torn or lacks a row
- drops: fewer than expected were met, a gap was not counted, values were still marked `before_gap` ten documents after one,
  or the last document was made without a feed
- keepalive: the venue heard nothing from a connection for more than 32 s (the client promises 30 s)
- the end: another exit code than 0, or anything on stderr but one line for each drop

Linux only: the figures come from /proc. Not part of `cargo test`.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLE_SECONDS = 2
MOST_GROWTH_KIB = 2048
MOST_QUEUE_GROWTH = 1 << 20
MOST_SILENCE_MS = 32_000


class Documents:
    """What came on the client's stdout."""

    def __init__(self, rows_wanted):
        self.rows_wanted = rows_wanted
        self.whole = self.torn = self.stale_rows = 0
        self.first = self.last = self.summary = None
        self.degraded = 0

    def read(self, stream):
        rows, opened = 0, False
        for line in stream:
            if line.startswith('{"type":"row"'):
                rows += 1
                self.stale_rows += '"before_gap"' in line
            elif line.startswith('{"type":"meta"'):
                self.torn += opened
                rows, opened = 0, True
            else:
                self.summary = json.loads(line)
                self.last = time.monotonic()
                self.first = self.first or self.last
                good = opened and rows == self.rows_wanted
                self.whole += good
                self.torn += not good
                self.degraded += self.summary["sources"]["dxlink"]["state"] != "ok"
                opened = False
        self.torn += opened


class Silences:
    """What the venue says about how often it hears each connection."""

    def __init__(self):
        self.longest = self.messages = 0

    def read(self, stream):
        for line in stream:
            found = re.search(r"silence_ms=(\d+)", line)
            if found:
                self.messages += 1
                self.longest = max(self.longest, int(found[1]))


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def unread_bytes(port):
    """What lies in the receive queues of connections to `port`."""
    peer = f":{port:04X}"
    total = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        cells = line.split()
        if cells[2].endswith(peer):
            total += int(cells[4].split(":")[1], 16)
    return total


def thirds(samples):
    """Means over the first third, without the first tenth of all, and over the last third."""
    count = len(samples)
    first, last = samples[count // 10 : count // 3], samples[-(count // 3) :]
    return sum(first) / len(first), sum(last) / len(last)


def cpu_seconds(pid):
    cells = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description="variance quote --watch for a long time; see the head of this file")
    parser.add_argument("variance", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--symbols", type=int, default=120)
    parser.add_argument("--drop", type=int, default=60, help="seconds a connection lives; 0 for ever")
    parser.add_argument("--pace", type=int, default=100, help="milliseconds between two moves of every price")
    args = parser.parse_args()
    if args.seconds < 30:
        parser.error("nothing can be told from less than 30 seconds")
    variance = args.variance.resolve()
    watchlist = (ROOT / "config/watchlists/default.csv").read_text().split()
    symbols = watchlist[1 : args.symbols + 1]

    with tempfile.TemporaryDirectory() as home:
        fault = ["--fault", f"feed after {args.drop}s: drop rst"] if args.drop else []
        bare = {"PATH": os.environ["PATH"], "HOME": home, "NO_PROXY": "127.0.0.1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": home}
        venue = subprocess.Popen([variance, "demo", "-v", "--pace", str(args.pace), *fault], env=bare, **pipes)
        try:
            url = venue.stdout.readline().strip()
            silences = Silences()
            threading.Thread(target=silences.read, args=(venue.stderr,), daemon=True).start()
            credentials = {"API_BASE_URL": url, "TT_CLIENT_SECRET": "x", "TT_REFRESH_TOKEN": "x"}
            command = [variance, "quote", *symbols, "--watch", "1", "--deadline", str(args.seconds), "--listen", "30"]
            client = subprocess.Popen(command, env=bare | credentials, **pipes)
            documents, remarks = Documents(len(symbols)), []
            readers = [
                threading.Thread(target=documents.read, args=(client.stdout,)),
                threading.Thread(target=lambda: remarks.extend(client.stderr)),
            ]
            for reader in readers:
                reader.start()
            port = int(url.rsplit(":", 1)[1])
            memory, queue, cpu = [], [], 0.0
            while client.poll() is None:
                time.sleep(SAMPLE_SECONDS)
                if client.poll() is None:
                    memory.append(resident_kib(client.pid))
                    queue.append(unread_bytes(port))
                    cpu = cpu_seconds(client.pid)
            for reader in readers:
                reader.join()
        finally:
            venue.terminate()
            venue.wait(10)

    feed = documents.summary["sources"]["dxlink"]
    watched = documents.last - documents.first
    due = round(watched) + 1
    drops = int(watched // (args.drop + 2)) if args.drop else 0
    refreshed = documents.stale_rows <= feed["gaps"] * len(symbols) * 10
    told = [line for line in remarks if "DXLink: the connection broke" in line]
    other = [line for line in remarks if line not in told]
    (early, late), (early_queue, late_queue) = thirds(memory), thirds(queue)

    print(f"symbols     {len(symbols)}, a move each {args.pace} ms, connections reset after {args.drop} s")
    print(f"watched     {watched:.0f} s, {cpu:.1f} s of processor time, exit code {client.returncode}")
    print(f"documents   {documents.whole} of {due}, {documents.torn} torn, {documents.degraded} made while something was wrong")
    print(f"events      {feed['events']} ({feed['events'] / watched:.0f} a second), {feed['dropped']} dropped")
    print(f"drops       {feed['gaps']} gaps (at least {drops} expected), {feed['connections']} connections, {len(told)} told")
    print(f"            {documents.stale_rows} rows marked before_gap; at the end the feed was {feed['state']}")
    rest = documents.summary["sources"]["rest"]
    print(f"requests    {rest['requests']} by REST, {rest['retries']} of them repeated")
    print(f"memory      {min(memory)} to {max(memory)} KiB, mean of the first third {early:.0f}, of the last {late:.0f}")
    print(f"queue       at most {max(queue)} bytes unread, mean of the first third {early_queue:.0f}, of the last {late_queue:.0f}")
    print(f"keepalive   {silences.messages} messages of the client, longest silence {silences.longest / 1000:.1f} s")

    failed = {
        "memory": late - early > MOST_GROWTH_KIB,
        "queue": late_queue - early_queue > MOST_QUEUE_GROWTH,
        "documents": documents.torn > 0 or documents.whole < due * 0.99,
        "drops": feed["gaps"] < drops or not refreshed or feed["connections"] <= feed["gaps"] or feed["state"] == "failed",
        "keepalive": silences.longest > MOST_SILENCE_MS or silences.messages == 0,
        "the end": client.returncode != 0 or bool(other),
    }
    for line in other[:10]:
        print(f"stderr      {line.rstrip()}")
    wrong = [name for name, is_wrong in failed.items() if is_wrong]
    print("soak: " + ("failed: " + ", ".join(wrong) if wrong else "passed"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
