# SPDX-License-Identifier: ISC
"""7. Mail that an administrator lets go and holds again right before its second."""

import os

import pytest
from harness import NO_INOTIFY, deliver_at, due_in
from processes import descendants, kill_all
from waiting import wait_for_clock

HANG = "read -r line <$never"
# While mail is read, news of the hold queue are taken ten times a second.
NEWS_END_S = 0.09
HELD_AGAIN_S = 0.05


@pytest.mark.skipif(NO_INOTIFY, reason="nobody hears of it before a walk")
def test_held_again_at_the_last_moment_is_read_again(standin_site, standins):
    """News count that nobody has taken yet: what is known from before does not.

    Somebody could have tried it meanwhile. It was not, as it turns out: so it leaves.
    """
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
    below = descendants(site.daemons.policyd.pid)
    kill_all(p.pid for p in below if p.name == "postcat")
    site.daemons.policyd.reload()
    site.sink.wait_for(mail.recipient)
    site.assert_once(mail.recipient)
    site.discard(other)
