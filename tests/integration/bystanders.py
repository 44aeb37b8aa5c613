# SPDX-License-Identifier: ISC
"""What must not happen to policyd and to other mail, whatever goes wrong meanwhile."""

from contextlib import contextmanager
from pathlib import Path

from harness import QUARANTINE, deliver_at, due_in
from processes import bounded_memory


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
        pids = (policyd.pid, policyd.child().pid)
        with bounded_memory(*pids):
            yield
            assert policyd.is_running()
            for pid in pids:
                assert Path(f"/proc/{pid}").exists(), "policyd has another engine"
        for mail in staying:
            site.assert_held(mail)
    finally:
        site.discard(*staying)
