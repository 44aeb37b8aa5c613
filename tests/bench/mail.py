# SPDX-License-Identifier: ISC
"""Much mail: a private Postfix that throws away what leaves it, and injecting."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections import deque
from contextlib import contextmanager

from harness import deliver_at, message, open_site
from instance import EVERYTHING, SYSTEM_PATH, Postfix, log_second
from waiting import wait_until

# Nothing is sent anywhere; new mail is not kept waiting for what leaves; and what
# is deferred waits for whom we measure.
MAIN_CF = """\
default_transport = discard:
in_flow_delay = 0
queue_run_delay = 1h
minimal_backoff_time = 1h
"""
NO_RELAY = 9  # the port of a relay host that is not asked
SESSIONS = 10
STARTS_PER_S = 20  # of smtp-source, for mail that keeps coming
SOURCES_MAX = 10  # at once: on a busy machine it comes more slowly
LOOK_S = 0.001
EMPTY_TIMEOUT_S = 60
ACTIVE_LINE = r"\]: (\w+): from=.*queue active"


@contextmanager
def mail_site(recipe=EVERYTHING, kind=Postfix, main_cf="", **settings):
    """A Site with a running Postfix, no daemon started, and no sink."""
    with kind(NO_RELAY, recipe=recipe, main_cf=MAIN_CF + main_cf) as postfix:
        postfix.start()
        with open_site(postfix, None, **settings) as site:
            yield site


def source_command(site, content, sender, count, *how):
    """The command that submits content so often."""
    source = site.postfix.folder / f"message-from-{sender}"
    source.write_bytes(content.replace(b"\r\n", b"\n"))
    program = shutil.which("smtp-source", path=SYSTEM_PATH)
    command = [program, "-F", source, "-f", sender, "-t", "ben@sink.test", *how]
    return [*command, "-m", str(count), f"127.0.0.1:{site.postfix.port}"]


def smtp_source(site, content, sender, count):
    """Submit content so often, over some connections at once."""
    sessions = ("-s", str(SESSIONS))
    subprocess.run(source_command(site, content, sender, count, *sessions), check=True)


def inject(site, due, count):
    """Submit so many messages that are due then; their sender names the moment."""
    smtp_source(site, message(deliver_at(due)), f"ann-{due}@sender.test", count)


def inject_spread(site, first, seconds, count):
    """Submit mail that is due over so many seconds; when each id is due."""
    for second in range(seconds):
        part = count * (second + 1) // seconds - count * second // seconds
        inject(site, first + second, part)
    held = [entry for entry in site.postfix.queue() if entry["queue_name"] == "hold"]
    assert len(held) == count, f"only {len(held)} of {count} are held: too slow"
    return {e["queue_id"]: int(re.search(r"-(\d+)@", e["sender"])[1]) for e in held}


def _is_empty(folder):
    with os.scandir(folder) as names:
        return next(names, None) is None


def count_sent(site):
    """How many deliveries the log has."""
    return site.postfix.maillog().count("status=sent")


def wait_until_empty(site, *queues):
    """Nothing is left in these queues; noticed within LOOK_S.

    Mail must move from the first named to the last, so that none is missed.
    """
    folders = [site.postfix.queue_folder / queue for queue in queues]
    deadline = time.monotonic() + EMPTY_TIMEOUT_S
    while not all(map(_is_empty, folders)):
        assert time.monotonic() < deadline, f"{queues} still have mail"
        time.sleep(LOOK_S)


class Arrivals:
    """Mail that keeps coming in, at this rate, evenly, while the context lasts."""

    def __init__(self, site, content, per_s):
        self._command = source_command(
            site, content, "ann@arrives.test", max(per_s // STARTS_PER_S, 1), "-d"
        )
        self._pause_s = 1 / min(per_s, STARTS_PER_S)
        self._ended = threading.Event()
        self._sources = deque()
        self._failed = False
        self._thread = threading.Thread(target=self._start_sources, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_exc):
        self._ended.set()
        self._thread.join()
        self._wait_for_all_but(0)
        assert kind or not self._failed, "mail was not taken"

    def _wait_for_all_but(self, count):
        while len(self._sources) > count:
            source = self._sources.popleft()
            try:
                self._failed |= source.wait(EMPTY_TIMEOUT_S) != 0
            except subprocess.TimeoutExpired:
                source.kill()
                source.wait()
                self._failed = True

    def _start_sources(self):
        at = time.monotonic()
        while not self._ended.wait(max(at - time.monotonic(), 0)):
            self._wait_for_all_but(SOURCES_MAX)
            self._sources.append(subprocess.Popen(self._command))
            at += self._pause_s


class ActiveFollower:
    """Notes when qmgr says "queue active" of each message, to a millisecond."""

    def __init__(self, postfix):
        self._postfix = postfix
        self._ended = threading.Event()
        self.seen = {}
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self._ended.set()
        self._thread.join()

    def _follow(self):
        with open(self._postfix.folder / "maillog", "rb") as log:
            log.seek(0, os.SEEK_END)
            rest = b""
            while not self._ended.wait(0.001):
                new = log.read()
                now = time.time()
                *lines, rest = (rest + new).split(b"\n")
                for line in lines:
                    match = re.search(ACTIVE_LINE, line.decode("latin-1"))
                    if match:
                        self.seen.setdefault(match[1], now)

    def late_ms(self, due_of, timeout_s):
        """How late each of these became active; none may be early."""
        wait_until("all are active", lambda: due_of.keys() <= set(self.seen), timeout_s)
        for line in self._postfix.logged(ACTIVE_LINE):
            queue_id = re.search(ACTIVE_LINE, line)[1]
            early = queue_id in due_of and log_second(line) < due_of[queue_id]
            assert not early, f"early: {line}"
        late = [(self.seen[i] - due_of[i]) * 1000 for i in due_of]
        assert min(late) >= 0, f"{-min(late):.3f} ms early"
        return late
