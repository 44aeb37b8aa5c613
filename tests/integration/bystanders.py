# SPDX-License-Identifier: ISC
"""What must not happen to policyd and to other mail, whatever goes wrong meanwhile."""

from contextlib import contextmanager
from pathlib import Path

from harness import deliver_at, due_in
from processes import peak_memory
from waiting import wait_until

GROWTH_MAX = 64 * 1024 * 1024
QUARANTINE = "quarantine@sender.test"  # check_sender_access says HOLD (conftest)


@contextmanager
def unharmed(site):
    """policyd goes on as it is, within bounds; mail that is to stay on hold stays."""
    policyd = site.daemons.policyd
    staying = (
        site.send(sender=QUARANTINE),
        site.send(deliver_at(due_in(-3600)), sender=QUARANTINE),
        site.send(deliver_at(due_in(3600))),
    )
    try:
        before = {pid: peak_memory(pid) for pid in (policyd.pid, policyd.child().pid)}
        yield
        assert policyd.is_running()
        for pid, peak in before.items():
            assert Path(f"/proc/{pid}").exists(), "policyd has another engine"
            assert peak_memory(pid) - peak < GROWTH_MAX
        for mail in staying:
            site.assert_held(mail)
    finally:
        site.discard(*staying)


def assert_delivered_once(site, mail, due, timeout_s):
    """Neither early nor twice, timeout_s after due (or now) at the latest."""
    delivery = site.sink.wait_for(mail.recipient, timeout_s + max(due - mail.sent, 0))
    assert delivery.began >= due, f"{due - delivery.began:.3f} s early"
    wait_until("it has left the queue", lambda: not site.postfix.find(mail.recipient))
    assert len(site.sink.deliveries(mail.recipient)) == 1
