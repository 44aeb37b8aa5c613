# SPDX-License-Identifier: ISC
"""What an administrator does in a run, by Postfix's commands and by policyctl."""

import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from ledger import Override
from load import fingerprint
from policyctl import policyctl, rfc3339
from waiting import wait_until

AT_ONCE = 4
EXIT_OK = 0
LONG_AGO = 0.0  # due by any clock
HAS_READ = "configuration read again|started, version"
RELOADS = 5
RELOAD_S = 2


class Administrator:
    """Treats messages, and writes down what that may mean for them."""

    def __init__(self, stage, book):
        self._stage = stage
        self._site = stage.site
        self._book = book
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._futures = []
        self.tried = []  # mail that waits in deferred, to be held at some time
        self.held = []  # of it, with what tells whether it was touched since
        self.done = Counter()
        self.failed = Counter()

    def close(self):
        """Wait for what is under way."""
        self._pool.shutdown(cancel_futures=True)

    def finish(self):
        """Wait for all that was begun; what this run itself did wrong is raised."""
        for future in self._futures:
            future.result()
        wait_until("all that was tried is held", self._hold_the_rest)

    def begin(self, planned):
        """Do this of the schedule."""
        self._futures.append(self._pool.submit(self._act, planned))

    def _act(self, planned):
        if planned.what in ("thaw", "freeze rule"):
            self.set_frozen(planned.what != "thaw")
            self.done[planned.what] += 1
            return
        if planned.what == "hold":
            (self.done if self._hold() else self.failed)[planned.what] += 1
            return
        message = self._book.take_waiting(
            planned.details["pick"], self._is_delivered, time.time()
        )
        if not message:
            self.failed[f"{planned.what}: nothing there"] += 1
            return
        try:
            self._treat(message, planned)
        finally:
            self._book.give_back(message)

    def _is_delivered(self, recipient):
        return bool(self._site.sink.deliveries(recipient))

    def _treat(self, message, planned):
        verb = getattr(self, "_" + planned.what.replace(" ", "_"))
        details = {k: v for k, v in planned.details.items() if k != "pick"}
        message.tell(f"administrator: {planned.what} {details} {message.queue_id}")
        try:
            result = verb(message, **details)
        except (AssertionError, subprocess.TimeoutExpired) as failure:
            result = False
            message.tell(f"failed: {failure}")
        message.tell(f"done: {planned.what}, {result}")
        (self.done if result else self.failed)[planned.what] += 1

    def set_frozen(self, frozen):
        """Put the rule that holds in its file, or take it away, and reload policyd."""
        if not frozen:
            self._book.frozen.set(False)
        self._stage.set_rules(frozen)
        if frozen:
            self._book.frozen.set(True)
        self._reload_policyd()

    def _reload_policyd(self):
        """Again while it does not say that it did: it may have no descriptors."""
        policyd = self._site.daemons.policyd
        before = len(policyd.logged(HAS_READ))
        for _ in range(RELOADS):
            if policyd.is_running():
                policyd.reload()
            with suppress(AssertionError):
                wait_until(
                    "policyd has read its files",
                    lambda: len(policyd.logged(HAS_READ)) > before,
                    RELOAD_S,
                )
                return

    # By Postfix's commands. Always with the queue's name: else mail that is on its
    # way is taken, too.

    def _requeue(self, message):
        """It goes through header_checks again and has a new id, unknown to us."""
        queue_id, message.queue_id = message.queue_id, None
        message.overrides.append(Override(None, time.time()))
        self._site.postfix.command("postsuper", "-r", queue_id, "hold")
        return True

    def _release(self, message):
        message.overrides.append(Override(LONG_AGO, time.time()))
        self._site.postfix.command("postsuper", "-H", message.queue_id, "hold")
        message.queue_id = None
        self._site.postfix.wake_qmgr()
        return True

    def _delete(self, message):
        """Without Postfix it may fail after it has done its work."""
        message.removals.append(time.time())
        self._site.postfix.command("postsuper", "-d", message.queue_id, "hold")
        return True

    def _hold(self):
        """What was tried, and maybe postponed before, is his from then on."""
        mail = self.tried.pop()
        with suppress(AssertionError, subprocess.TimeoutExpired):
            self._site.postfix.hold(mail.queue_id)
        found = fingerprint(self._site.postfix, mail.queue_id)
        if found:
            self.held.append((mail, found))
        else:
            self.tried.append(mail)
        return bool(found)

    def _hold_the_rest(self):
        while self.tried and self._hold():
            pass
        return not self.tried

    # By policyctl

    def _policyctl(self, *words):
        return policyctl(self._site, *words).returncode == EXIT_OK

    def _ctl_reschedule(self, message, ahead):
        now = time.time()
        due = int(now) + ahead
        override = Override(due, now)
        message.overrides.append(override)
        done = policyctl(self._site, "reschedule", rfc3339(due), message.queue_id)
        override.certain = done.returncode == EXIT_OK
        override.answered = time.time()
        message.tell(f"to {rfc3339(due)}: {done.returncode} {done.stderr!r}")
        return override.certain

    def _ctl_release(self, message):
        message.overrides.append(Override(LONG_AGO, time.time()))
        return self._policyctl("release", message.queue_id)

    def _ctl_drop(self, message):
        message.removals.append(time.time())
        message.removed = self._policyctl("drop", message.queue_id)
        return message.removed
