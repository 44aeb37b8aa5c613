# SPDX-License-Identifier: ISC
"""13. Postfix's commands hang past their deadline: they are ended, and tried again.

The deadlines are up to ten minutes, so policyd goes by a clock that is stepped past
them, monotonic clock and all. One deadline is short enough to be waited for.
"""

import time

import pytest
from bystanders import unharmed
from faketime import SteppedClock
from harness import deliver_at, due_in
from processes import descendants, in_group
from waiting import wait_for_clock, wait_until

# Walk often: what goes wrong with one walk is made good by the next.
pytestmark = pytest.mark.settings(sweep_interval="1s")

HANG_ONCE = "[ $call -gt 1 ] || sleep 10000"
KICK_DEADLINE_S = 10
SOON_S = 15

REQUEUE = pytest.mark.settings(release_method="requeue")


@pytest.fixture
def clock():
    """The clock of policyd."""
    with SteppedClock(monotonic=True) as stepped:
        yield stepped


@pytest.fixture
def hasty_site(clock, cold_standin_site):
    """A site with stand-ins whose policyd goes by that clock."""
    site = cold_standin_site
    clock.give_to(site.daemons.policyd)
    site.postfix.standins.count()
    site.daemons.start()
    site.postfix.standins.wait_for_calls("postkick", 2)
    return site


def hanging(site, name):
    """The process group of the command that hangs: a shell and its sleep."""

    def found():
        below = descendants(site.daemons.policyd.pid)
        groups = {p.group for p in below if p.name == name}
        return [g for g in groups if "sleep" in (p.name for p in in_group(g))]

    return wait_until(f"{name} hangs", found)[0]


def assert_ended(site, name, group, deadline_s, timeout_s=5):
    """The whole group is gone, and the log says why."""
    wait_until(f"{name} is ended", lambda: not in_group(group), timeout_s)
    assert len(site.daemons.policyd.logged(f"{name}: killed after {deadline_s} s")) == 1


@pytest.mark.parametrize(
    "name, deadline_s",
    [
        ("postcat", 60),
        ("postsuper", 300),
        pytest.param("postsuper", 300, marks=REQUEUE, id="postsuper-requeue"),
    ],
)
def test_hanging_command(hasty_site, clock, name, deadline_s):
    """Mail in its hands is read or released by the next call, once."""
    site = hasty_site
    with unharmed(site):
        site.postfix.standins.behave(name, HANG_ONCE)
        due, since = due_in(1), time.monotonic()
        mail = site.send(deliver_at(due))
        group = hanging(site, name)
        wait_for_clock(due)
        clock.step_to(deadline_s - 10 - int(time.monotonic() - since))
        site.daemons.policyd.reload()  # has it look at the clock
        wait_until("it has", lambda: site.daemons.policyd.logged("read again"))
        assert in_group(group), "ended before its deadline"
        clock.step_to(deadline_s + 1)
        site.daemons.policyd.reload()
        assert_ended(site, name, group, deadline_s)
        site.assert_delivered_once(mail, due, SOON_S)


def test_hanging_listing(hasty_site, clock):
    """Delays no release meanwhile; walks go on after it."""
    site = hasty_site
    standins = site.postfix.standins
    with unharmed(site):
        due = due_in(2)
        mail = site.send(deliver_at(due))
        standins.wait_for_call_about("postcat", mail.queue_id)
        standins.behave("postqueue", HANG_ONCE)
        group = hanging(site, "postqueue")
        site.assert_on_time(mail, due)
        clock.step_to(601)
        site.daemons.policyd.reload()
        assert_ended(site, "postqueue", group, 600)
        standins.wait_for_calls("postqueue", 2)


def test_hanging_kick(standin_site):
    """By the machine's clock: Postfix is woken after the deadline."""
    site = standin_site
    with unharmed(site):
        site.postfix.standins.behave("postkick", HANG_ONCE)
        due = due_in(1)
        mail = site.send(deliver_at(due))
        group = hanging(site, "postkick")
        timeout_s = KICK_DEADLINE_S + 5
        assert_ended(site, "postkick", group, KICK_DEADLINE_S, timeout_s)
        site.assert_delivered_once(mail, due, KICK_DEADLINE_S + SOON_S)
