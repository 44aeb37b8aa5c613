# SPDX-License-Identifier: ISC
"""make demo: one postponed message, told as it happens.

A private Postfix in a temporary folder, hdrcheck and policyd beside it, real SMTP
in, and a sink at the far end. Exit 0 when the story came true, 1 when not, 77
without root. Leaves nothing behind, also after ctrl-C.
"""

import os
import re
import sys
import time
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent / "integration"))

from harness import HEADER, LATE_S, due_in, message, open_site
from instance import Postfix
from interrupts import Ended, raise_on_ending_signals
from policyctl import said
from sink import Sink
from waiting import wait_until

WAIT_S = 5
EXIT_FAILED = 1
EXIT_NOT_ROOT = 77
EXIT_SIGNAL = 128


def say(who, text, at=None):
    """One line of the story: local time, who, what. More lines are indented."""
    moment = datetime.fromtimestamp(time.time() if at is None else at)
    stamp = moment.strftime("%H:%M:%S.%f")[:-3]
    first, *more = text.splitlines()
    print(f"{stamp}  {who:<8} {first}", flush=True)
    for line in more:
        print(" " * 23 + line, flush=True)


def expect(came_true, what):
    """End the story when something did not come true."""
    if not came_true:
        raise AssertionError(what)


def submit(site, title, *headers):
    """Ann submits a message; what Postfix says. Returns recipient and Reply."""
    recipient = f"{title}@sink.test"
    asked = "\n".join(headers) or f"no {HEADER}: header"
    say("Ann", f"submits a message to <{recipient}> with\n{asked}")
    reply = site.postfix.smtp(message(*headers), [recipient])
    say("Postfix", f"{reply.code} {reply.text}")
    return recipient, reply


def postpone(site, due):
    """The message that is to wait: accepted and held. Returns recipient and id."""
    date = format_datetime(datetime.fromtimestamp(due).astimezone())
    recipient, reply = submit(site, "ben", f"{HEADER}: {date}")
    expect(reply.code == 250, "the message was not accepted")
    expect(site.postfix.queue_name(reply.queue_id) == "hold", "it is not on hold")
    show_queue(site)
    return recipient, reply.queue_id


def pass_at_once(site):
    """A message without the header is none of our business."""
    began = time.time()
    recipient, reply = submit(site, "carla")
    expect(reply.code == 250, "the message was not accepted")
    delivery = site.sink.wait_for(recipient, 5)
    took_ms = (delivery.ended - began) * 1000
    say("sink", f"<{recipient}> has it, {took_ms:.0f} ms later", delivery.ended)


def refuse(site):
    """A date that cannot be honoured is refused, not sent now."""
    recipient, reply = submit(site, "dora", f"{HEADER}: tomorrow morning")
    expect(reply.code == 550, "the date was not refused")
    expect(not site.postfix.find(recipient), "it was queued all the same")


def watch_delivery(site, recipient, queue_id, due):
    """Released by policyd, delivered by Postfix, in the second it asked for."""
    say("policyd", f"sleeps until {datetime.fromtimestamp(due):%H:%M:%S}")
    timeout_s = due - time.time() + 5
    delivery = site.sink.wait_for(recipient, timeout_s)
    (line,) = wait_until(
        "policyd logs the release",
        lambda: site.daemons.policyd.logged(f"{queue_id}: released"),
    )
    line = line[line.index(queue_id) :]
    say("policyd", line, due + float(re.search(r"late=([\d.]+)", line).group(1)))
    late_ms = (delivery.ended - due) * 1000
    say("sink", f"<{recipient}> has it, {late_ms:.0f} ms after its second", delivery.ended)
    expect(delivery.began >= due, "it came early")
    expect(late_ms < LATE_S * 1000, "it came late")
    expect(len(site.sink.deliveries(recipient)) == 1, "it came twice")
    site.assert_queue_empty()
    show_queue(site)


def show_queue(site):
    """What waits, as an administrator sees it."""
    say("root", f"# policyctl list\n{said(site, 'list').strip()}")


def tell(site):
    """The whole story."""
    due = due_in(WAIT_S)
    recipient, queue_id = postpone(site, due)
    pass_at_once(site)
    refuse(site)
    watch_delivery(site, recipient, queue_id, due)


def run():
    """Put the stage up, tell the story, take it down."""
    say("demo", "starts a private Postfix, hdrcheck, policyd and a sink")
    with Sink() as sink, Postfix(sink.port) as postfix:
        say("demo", f"they live in {postfix.folder}; your own Postfix is not touched")
        postfix.start()
        with open_site(postfix, sink) as site:
            site.daemons.start()
            say("demo", f"Postfix takes mail on 127.0.0.1 port {postfix.port}")
            try:
                tell(site)
            except AssertionError:
                show_logs(site)
                raise
    say("demo", f"all is stopped, {postfix.folder} is gone")


def show_logs(site):
    """What may explain a story that went wrong."""
    for title, text in site.logs().items():
        print(f"--- {title}", *text.splitlines()[-20:], sep="\n")


def main():
    """Exit codes as in the head of this file."""
    if os.geteuid() != 0:
        print("demo: needs root, as a private Postfix does; try: sudo make demo")
        return EXIT_NOT_ROOT
    raise_on_ending_signals()
    try:
        run()
    except Ended as ended:
        say("demo", f"interrupted ({ended}); all is stopped and removed")
        return EXIT_SIGNAL + ended.number
    except AssertionError as failure:
        say("demo", f"the story did not come true: {failure}")
        return EXIT_FAILED
    return 0


sys.exit(main())
