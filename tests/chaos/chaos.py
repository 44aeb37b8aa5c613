# SPDX-License-Identifier: ISC
"""make chaos SEED=n MINUTES=m: never early, never lost, never twice, whatever breaks.

A private Postfix takes mail by SMTP and sendmail while faults come at random and an
administrator treats messages (schedule.py: the seed says all of it; faults.py: what
breaks, and how). In the end all is mended, what must leave gets the time to, and
every message is accounted for (ledger.py, verdict.py):

- none early, by the daemons' clock, whatever an administrator or a rule said;
- none lost, none twice, none altered, none that was refused or removed delivered;
- mail that others hold is where it was, file, id and all, also what was postponed
  once, was tried, and is held by the administrator in the middle of all this;
- none later than LATE_MAX_S after its moment or the end of the last fault: that is
  the longest a message stands aside after commands that failed, and a little. What
  the machine was busy with others counts as an excuse, up to BUSY_MAX_S;
- new mail is on time again, and no daemon has ended that was not killed;
- faults of each kind came about, and most mail was accepted.

Exit 0; 1 with the story of what went wrong; 77 without root. Leaves nothing behind,
also after ctrl-C.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

from administrator import Administrator
from busy import Waits
from faults import Faults
from harness import deliver_at, due_in
from interrupts import Ended, raise_on_ending_signals
from ledger import ACCEPTED, Ledger
from load import Load, fingerprint
from report import print_findings, print_summary
from schedule import HOLDS, make_schedule
from sink import Sink
from stage import open_stage
from verdict import Finding, Verdict
from waiting import wait_until

RETRY_MAX_S = 60  # sweep_end.c: a message that commands failed for stands aside
LATE_MAX_S = RETRY_MAX_S + 15
BUSY_MAX_S = 60
LOOK_EVERY_S = 0.5
CANARIES = 5
ENOUGH = 4  # faults of a kind, one of which must come about
EXIT_FAILED, EXIT_WRONG_USE, EXIT_NOT_ROOT, EXIT_SIGNAL = 1, 64, 77, 128


class Run:
    """One run on a stage that is up."""

    def __init__(self, stage, schedule, seed):
        self.stage = stage
        self.site = stage.site
        self.schedule = schedule
        self.book = Ledger()
        self.load = Load(stage, self.book)
        self.faults = Faults(stage, self.book, seed)
        self.administrator = Administrator(stage, self.book)
        self.foreign = []
        self.began = time.time()
        self.mended = 0.0
        self.thawed = 0.0
        self.late_max_s = LATE_MAX_S
        self._waits = Waits()

    def hold_foreign_mail(self):
        """Mail that was tried and put on hold by an administrator, before all else.

        With a header that is long over, and with none.
        """
        for headers in ((), (deliver_at(due_in(-3600)),)) * 2:
            mail = self.site.send_and_defer(*headers)
            self.site.postfix.hold(mail.queue_id)
            self.foreign.append((mail, fingerprint(self.site.postfix, mail.queue_id)))

    def try_mail(self):
        """For the administrator to hold. Every other one was postponed, and left."""
        for number in range(HOLDS):
            headers = [deliver_at(due_in(1))] if number % 2 else []
            self.administrator.tried.append(self.site.send_and_defer(*headers))

    def play(self):
        """Everything at its moment."""
        self.began = time.time()
        parts = (
            (self.schedule.messages, self.load.begin),
            (self.schedule.faults, self.faults.begin),
            (self.schedule.actions, self.administrator.begin),
        )
        everything = [(one, begin) for ones, begin in parts for one in ones]
        for planned, begin in sorted(everything, key=lambda pair: pair[0].at):
            # The schedule's own moment: this is no wait for something to happen.
            time.sleep(max(0, self.began + planned.at - time.time()))
            begin(planned)

    def mend(self):
        """All faults are over, and all that is down is up."""
        for part in (self.faults, self.load, self.administrator):
            part.finish()
        self.foreign += self.administrator.held
        self.faults.start_postfix()
        wait_until("all runs again", self.stage.all_run, 60)
        self.mended = time.time()

    def await_rest(self):
        """What must still come comes, or its time is over; the Verdict.

        A reload would have policyd look at all mail anew: what was forgotten shall
        be missed before. What a rule holds comes after it.
        """
        self._await(lambda one: one.kind != "frozen", lambda _: False)
        self.administrator.set_frozen(False)
        self.thawed = time.time()
        return self._await(lambda one: True, self._on_its_way)

    def _since(self, message):
        """From when on nothing keeps it any more but its due moment."""
        return self.thawed if message.kind == "frozen" else self.mended

    def _await(self, is_awaited, anything_else):
        while True:
            verdict = Verdict(self.stage, self.book)
            missing = [one for one in verdict.missing() if is_awaited(one)]
            last = max(
                (max(self.book.latest(m, ()), self._since(m)) for m in missing),
                default=max(self.mended, self.thawed),
            )
            now = time.time()
            busy_s = min(self._waits.between(self.mended, now), BUSY_MAX_S)
            self.late_max_s = LATE_MAX_S + busy_s
            if not missing and not anything_else(verdict):
                return verdict
            if now > last + self.late_max_s:
                return verdict
            self._help_postfix(verdict, missing)
            time.sleep(LOOK_EVERY_S)

    def _on_its_way(self, verdict):
        """Mail in any queue but hold, or on hold with nobody's knowledge."""
        foreign = {mail.queue_id for mail, _ in self.foreign} | verdict.out_of_step
        foreign |= {m.queue_id for m in self.book.messages if m.kind == "foreign"}
        return [e for e in self.site.postfix.queue() if e["queue_id"] not in foreign]

    def _help_postfix(self, verdict, missing):
        """What Postfix itself has tried and put off is not for policyd to hasten."""
        for message in missing:
            for queue_id in verdict.log.ids(message) & verdict.log.deferred:
                with suppress(AssertionError):
                    self.site.postfix.command("postqueue", "-i", queue_id)

    def foreign_findings(self):
        """Of the mail that the administrator put on hold."""
        for mail, before in self.foreign:
            now = fingerprint(self.site.postfix, mail.queue_id)
            if now != before or self.site.sink.deliveries(mail.recipient):
                yield Finding(None, f"FOREIGN {mail.queue_id}: {before}, now {now}")

    def findings(self, verdict):
        """All that must not be."""
        yield from verdict.findings(self._since, self.late_max_s)
        yield from self.foreign_findings()
        for entry in self._on_its_way(verdict):
            yield Finding(None, f"LEFT in the queue: {entry}")
        for at, name, code, said in self.stage.unexplained:
            moment = f"{at - self.began:.2f} s"
            words = "\n  ".join(said)
            yield Finding(
                None, f"{name} ended by itself ({code}) at {moment}:\n  {words}"
            )
        yield from self._idle_findings()
        yield from self._canary_findings()

    def _idle_findings(self):
        """A run in which little happens shows nothing."""
        planned = Counter(fault.what for fault in self.schedule.faults)
        for what, n in planned.items():
            if n >= ENOUGH and not self.faults.done[what]:
                yield Finding(None, f"NOTHING of {n} times {what} came about")
        accepted = sum(m.state == ACCEPTED for m in self.book.messages)
        if 2 * accepted < len(self.book.messages):
            yield Finding(None, f"NO MAIL: only {accepted} messages were accepted")

    def _canary_findings(self):
        """After all that, mail is on time."""
        due = due_in(3)
        try:
            mails = [self.site.send(deliver_at(due)) for _ in range(CANARIES)]
            for mail in mails:
                self.site.assert_on_time(mail, due)
        except AssertionError as failure:
            yield Finding(None, f"NEW mail after all: {failure}")

    def discard_rest(self, verdict):
        """What was to stay on hold: the queue is empty again."""
        ids = [mail.queue_id for mail, _ in self.foreign]
        ids += [m.queue_id for m in self.book.messages if m.kind == "foreign"]
        ids += verdict.out_of_step
        for queue_id in filter(None, ids):
            self.site.postfix.delete(queue_id)

    def close(self):
        """End all threads, whatever they do."""
        for part in (self.faults, self.load, self.administrator):
            part.close()


def run(seed, minutes):
    """True when everything was as it must be."""
    schedule = make_schedule(seed, minutes)
    print(f"chaos: SEED={seed} MINUTES={minutes:g}", flush=True)
    for planned in schedule.faults:
        print(f"  {planned}")
    with Sink() as sink, open_stage(sink) as stage, ExitStack() as ending:
        stage.start()
        one = Run(stage, schedule, seed)
        ending.callback(one.close)
        one.hold_foreign_mail()
        one.try_mail()
        with stage.kept_running():
            one.play()
            one.mend()
            verdict = one.await_rest()
            found = list(one.findings(verdict))
        print_summary(one, verdict)
        if not found:
            one.discard_rest(verdict)
            return True
        print_findings(one, verdict, found, seed, minutes)
        one.site.postfix.delete("ALL")
        return False


def main(arguments):
    """Exit codes as in the head of this file."""
    try:
        seed, minutes = int(arguments[0]), float(arguments[1])
    except (IndexError, ValueError):
        print("usage: chaos.py SEED MINUTES", file=sys.stderr)
        return EXIT_WRONG_USE
    if os.geteuid() != 0:
        print("chaos: needs root, as a private Postfix does", file=sys.stderr)
        return EXIT_NOT_ROOT
    raise_on_ending_signals()
    try:
        return 0 if run(seed, minutes) else EXIT_FAILED
    except Ended as ended:
        print(f"chaos: interrupted ({ended}); all is stopped and removed")
        return EXIT_SIGNAL + ended.number
    except (AssertionError, subprocess.SubprocessError) as failure:
        print(f"chaos: SEED={seed} MINUTES={minutes:g}: {failure}")
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
