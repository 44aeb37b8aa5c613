# SPDX-License-Identifier: ISC
"""10. Children never outlive their parent by a second, whatever they hang in."""

import os
import shutil
import signal
import stat

import pytest
from harness import NO_INOTIFY, deliver_at, due_in
from instance import SYSTEM_PATH
from processes import descendants, frozen, running
from standins import COMMANDS, STUBBORN, STUBBORN_FAMILY
from waiting import wait_until

OUTLIVE_S = 1.0
STOP_S = 10

on_linux = pytest.mark.skipif(
    NO_INOTIFY, reason="elsewhere a hanging command is not told of its parent's death"
)


# How policyd ends, and the exit code of the runner


def kill_engine(policyd):
    """kill -9 of the process that does the thinking."""
    os.kill(policyd.child().pid, signal.SIGKILL)
    return 70


def kill_runner(policyd):
    """kill -9 of the root process that starts the others."""
    os.kill(policyd.pid, signal.SIGKILL)
    return -signal.SIGKILL


def stop(policyd):
    """As an administrator does it."""
    os.kill(policyd.pid, signal.SIGTERM)
    return 0


def assert_children_end_too(site, end, *children):
    """However policyd ends, none of these runs a second later."""
    policyd = site.daemons.policyd
    pids = {policyd.child().pid, *(child.pid for child in children)}
    code = end(policyd)
    wait_until(
        "no child is left",
        lambda: not [p for p in running() if p.pid in pids],
        OUTLIVE_S,
    )
    assert policyd.wait_for_end() == code


def start_until_it_hangs(site, name, count=1):
    """Start policyd, with a message to work on; the message and who hangs then."""
    site.daemons.start()
    due = due_in(0.5)
    mail = site.send(deliver_at(due))
    hung = wait_until(f"{name} hangs", lambda: commands_of(site, name, count))
    return mail, due, hung


def commands_of(site, name, count):
    """The running commands of this name, if there are so many."""
    found = descendants(site.daemons.policyd.pid)
    named = [process for process in found if process.name == name]
    return named if len(named) >= count else None


def assert_delivered_after_all(site, mail, due):
    """A new start delivers what the end left behind: once, and not early."""
    site.daemons.policyd.start()
    site.assert_delivered_once(mail, due)
    site.assert_queue_empty()


however_killed = pytest.mark.parametrize(
    "end", [kill_engine, pytest.param(kill_runner, marks=on_linux)]
)


@however_killed
@pytest.mark.parametrize("name", COMMANDS)
def test_command_that_hangs(cold_standin_site, standins, name, end):
    """One that heeds no signal but SIGKILL, and reads and writes nothing."""
    site = cold_standin_site
    standins.behave(name, STUBBORN)
    mail, due, hung = start_until_it_hangs(site, name)
    assert_children_end_too(site, end, *hung)
    standins.restore()
    assert_delivered_after_all(site, mail, due)


@pytest.mark.parametrize(
    "end", [kill_engine, stop, pytest.param(kill_runner, marks=on_linux)]
)
def test_command_with_a_child_of_its_own(cold_standin_site, standins, end):
    """As postqueue has, when Postfix is down: showq."""
    site = cold_standin_site
    standins.behave("postqueue", STUBBORN_FAMILY)
    mail, due, hung = start_until_it_hangs(site, "postqueue", 2)
    assert_children_end_too(site, end, *hung)
    standins.restore()
    assert_delivered_after_all(site, mail, due)


@however_killed
def test_real_postqueue_that_hangs(cold_standin_site, end):
    """It is set-gid, for which Linux forgets who is to die with whom."""
    site = cold_standin_site
    program = shutil.which("postqueue", path=SYSTEM_PATH)
    assert os.stat(program).st_mode & stat.S_ISGID
    site.postfix.queue()  # now there is a showq, idle
    with frozen(site.postfix.daemon("showq").pid):
        mail, due, hung = start_until_it_hangs(site, "postqueue")
        assert_children_end_too(site, end, *hung)
    assert_delivered_after_all(site, mail, due)


def test_check_that_is_interrupted(cold_standin_site, standins):
    """`policyd -n` looks at the queue, and ctrl-C is heard while it does."""
    standins.behave("postqueue", STUBBORN)
    with cold_standin_site.daemons.policyd.start_another("-n") as check:
        standins.wait_for_calls("postqueue", 1)
        family = {process.pid for process in descendants(check.pid)}
        assert len(family) >= 2
        check.send_signal(signal.SIGINT)
        assert check.wait(STOP_S) == 75
    wait_until(
        "nothing of it is left",
        lambda: not [p for p in running() if p.pid in family],
        OUTLIVE_S,
    )


@pytest.mark.parametrize("end", [kill_engine, kill_runner])
def test_idle(cold_standin_site, end):
    """Nothing runs but the two of policyd."""
    site = cold_standin_site
    site.daemons.start()
    due = due_in(2)
    mail = site.send(deliver_at(due))
    wait_until("no command runs", lambda: len(site.daemons.policyd.processes()) == 2)
    assert_children_end_too(site, end)
    assert_delivered_after_all(site, mail, due)


def test_the_log_says_that_the_engine_ended(cold_standin_site):
    """The administrator is told why policyd ended."""
    site = cold_standin_site
    site.daemons.start()
    kill_engine(site.daemons.policyd)
    site.daemons.policyd.wait_for_end()
    assert site.daemons.policyd.logged("the engine (ended with code 137|is gone)")


@on_linux
def test_engine_that_hangs(cold_standin_site):
    """The runner was all that it could hear of; it must not keep the socket."""
    site = cold_standin_site
    site.daemons.start()
    due = due_in(2)
    mail = site.send(deliver_at(due))
    with frozen(site.daemons.policyd.child().pid):
        assert_children_end_too(site, kill_runner)
    assert_delivered_after_all(site, mail, due)
