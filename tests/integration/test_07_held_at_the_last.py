# SPDX-License-Identifier: ISC
"""7. Mail that an administrator lets go and holds again right before its second."""

import os

import pytest
from harness import NO_INOTIFY, deliver_at, due_in
from processes import kill_all, working_in
from waiting import wait_for_clock, wait_until

HANG = "read -r line <$never"
# While mail is read, news of the hold queue are taken ten times a second.
NEWS_END_S = 0.09
HELD_AGAIN_S = 0.05


@pytest.mark.skipif(NO_INOTIFY, reason="nobody hears of it before a walk")
def test_held_again_at_the_last_moment_stays(standin_site, standins):
    """What is known of only by news that nobody has taken yet counts as well."""
    site, postfix = standin_site, standin_site.postfix
    due = due_in(3)
    mail = site.send(deliver_at(due))
    standins.wait_for_calls("postcat", 1)
    standins.behave("postcat", HANG)
    other = site.send(deliver_at(due_in(3600)))
    standins.wait_for_calls("postcat", 1)
    held, let_go = (
        postfix.queue_folder / name / mail.queue_id for name in ("hold", "incoming")
    )
    wait_for_clock(due - NEWS_END_S)
    os.utime(postfix.queue_folder / "hold" / other.queue_id)
    wait_for_clock(due - HELD_AGAIN_S)
    # As postsuper does it, but quicker, and without a qmgr that is told.
    held.rename(let_go)
    let_go.rename(held)
    wait_for_clock(due + 1)
    site.assert_held(mail)
    standins.restore("postcat")
    kill_all(working_in(postfix.folder / "commands"))
    stays = f"{mail.queue_id}: stays on hold"
    wait_until("it is looked at", lambda: site.daemons.policyd.logged(stays))
    site.assert_held(mail)
    site.discard(mail, other)
