# SPDX-License-Identifier: ISC
"""Waiting with a deadline. Nothing here waits longer than for what it waits for."""

import os
import socket
import time

POLL_S = 0.02
# How much more time a test has to set up what is due soon, and what it waits for
# to come: on a machine that is busy with others, or is given to them by its host.
PATIENCE = float(os.environ.get("PATIENCE", "1"))


def wait_until(what, predicate, timeout_s=10):
    """Ask predicate until it answers something true, and return that.

    what names the event in the failure: "not within 10 s: WHAT".
    """
    timeout_s *= PATIENCE
    deadline = time.monotonic() + timeout_s
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(POLL_S)


def wait_for_clock(moment):
    """Return once the wall clock has reached moment (seconds since the epoch)."""
    left = moment - time.time()
    wait_until("the clock reaches it", lambda: time.time() >= moment, max(left, 0) + 1)


def somebody_listens(address):
    """True when a connection to a unix socket's path or a (host, port) is accepted."""
    is_inet = isinstance(address, tuple)
    family = socket.AF_INET if is_inet else socket.AF_UNIX
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(address if is_inet else str(address))
        except OSError:
            return False
        return True
