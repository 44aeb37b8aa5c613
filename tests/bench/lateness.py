# SPDX-License-Identifier: ISC
"""How late postponed mail leaves, measured on a private Postfix.

spread: 1,000 messages due over 20 seconds; from the due moment to qmgr's
"queue active" line. burst: 10,000 messages due in the same second; from the
due moment until the last one has left hold. Prints figures, fails nothing.
"""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from harness import deliver_at, due_in, message, open_site
from instance import Postfix
from interrupts import raise_on_ending_signals
from sink import Sink
from waiting import wait_until

SPREAD_MESSAGES, SPREAD_S = 1000, 20
BURST_MESSAGES = 10_000
# What leaves is thrown away: only leaving hold is measured.
MAIN_CF = "default_transport = discard:\nrelayhost =\n"


class LogFollower:
    """Notes when each line of a log appears, to about a millisecond."""

    def __init__(self, path, pattern):
        self._path = path
        self._pattern = re.compile(pattern)
        self._ended = threading.Event()
        self.seen = {}
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self):
        with open(self._path, "rb") as log:
            log.seek(0, os.SEEK_END)
            rest = b""
            while not self._ended.wait(0.001):
                new = log.read()
                if not new:
                    continue
                now = time.time()
                *lines, rest = (rest + new).split(b"\n")
                for line in lines:
                    match = self._pattern.search(line.decode("latin-1"))
                    if match:
                        self.seen.setdefault(match.group(1), now)

    def close(self):
        self._ended.set()
        self._thread.join()


def inject(site, due, count):
    """count messages due at that moment, by smtp-source."""
    source = Path(site.postfix.folder) / "message"
    source.write_bytes(message(deliver_at(due)).replace(b"\r\n", b"\n"))
    subprocess.run(
        ["smtp-source", "-f", f"ann-{due}@sender.test", "-t", "ben@sink.test"]
        + ["-m", str(count), "-s", "10", "-F", str(source)]
        + [f"127.0.0.1:{site.postfix.port}"],
        check=True,
        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
    )


def percentile(values, part):
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def summary(name, values):
    ms = [value * 1000 for value in values]
    print(
        f"{name}: n={len(ms)} min={min(ms):.1f} p50={percentile(ms, 0.5):.1f}"
        f" p99={percentile(ms, 0.99):.1f} max={max(ms):.1f} ms",
        flush=True,
    )


def spread(site):
    first = due_in(8)
    per_second = SPREAD_MESSAGES // SPREAD_S
    for second in range(SPREAD_S):
        inject(site, first + second, per_second)
    held = site.postfix.queue()
    assert len(held) == SPREAD_MESSAGES, "injecting took too long"
    due = {m["queue_id"]: int(re.search(r"-(\d+)@", m["sender"])[1]) for m in held}
    active = LogFollower(
        site.postfix.folder / "maillog", r"\]: (\w+): from=.*queue active"
    )
    wait_until("all left", lambda: len(active.seen) >= len(due), SPREAD_S + 30)
    active.close()
    summary("spread, due to queue active", [active.seen[i] - due[i] for i in due])


def burst(site):
    due = due_in(25)
    inject(site, due, BURST_MESSAGES)
    assert time.time() < due - 1, "injecting took too long"
    hold = site.postfix.queue_folder / "hold"
    wait_until("hold is full", lambda: next(os.scandir(hold), None))
    wait_until("the last left", lambda: next(os.scandir(hold), None) is None, 120)
    print(f"burst: the last left hold {time.time() - due:.3f} s after the due moment")
    site.postfix.delete("ALL")
    lines = site.daemons.policyd.logged(r"released, ")
    late = [float(re.search(r"late=([0-9.]+)s", line)[1]) for line in lines]
    summary("burst, late as logged", late[-BURST_MESSAGES:])


def bare_release(site):
    """The floor: what postsuper itself takes for as many, with policyd away."""
    inject(site, due_in(3600), BURST_MESSAGES)
    ids = "".join(f"{entry['queue_id']}\n" for entry in site.postfix.queue())
    began = time.time()
    site.postfix.command("postsuper", "-H", "-", "hold", stdin=ids.encode())
    print(f"bare postsuper -H of {BURST_MESSAGES}: {time.time() - began:.3f} s")
    site.postfix.delete("ALL")


def main():
    raise_on_ending_signals()
    with Sink() as sink, Postfix(sink.port, main_cf=MAIN_CF) as postfix:
        postfix.start()
        with open_site(postfix, sink) as site:
            site.daemons.hdrcheck.start()
            bare_release(site)
            site.daemons.policyd.start()
            for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
                spread(site)
                burst(site)


if __name__ == "__main__":
    main()
