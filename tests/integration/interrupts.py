# SPDX-License-Identifier: ISC
"""Ending in order: a signal may come at any moment, and nothing may be left running."""

import signal
import threading
from contextlib import contextmanager

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(KeyboardInterrupt):
    """Raised in the main thread by an ending signal; exits the way ctrl-C does."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


def _raise_ended(number, _frame):
    """Once: what follows is the cleaning up, and that is not to be cut short."""
    for other in ENDING_SIGNALS:
        signal.signal(other, lambda _number, _frame: None)
    raise Ended(number)


def raise_on_ending_signals():
    """Turn the ending signals into an exception, so that every `with` cleans up."""
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _raise_ended)


@contextmanager
def held_back():
    """Put an ending signal off until a step that must not be cut in two is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived = []
    before = {
        number: signal.signal(number, lambda got, _frame: arrived.append(got))
        for number in ENDING_SIGNALS
        if signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])
