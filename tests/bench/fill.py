# SPDX-License-Identifier: ISC
"""A full hold queue in seconds: copies of one message's queue file.

Postfix took the first one in by itself. The copies have ids of their own, which
no real message can have: the microseconds in them are a million or more. A queue
file names its id nowhere but in a Received: header, so that Postfix's commands,
qmgr and the delivery agents take them as any other.
"""

import os
import pwd

from harness import deliver_at, message
from waiting import wait_until

FIRST_ID = 0xFFFFF000000  # the first five digits are microseconds
OWNER_MODE = 0o700


def held_names(site):
    """The names in the hold queue."""
    return os.listdir(site.postfix.queue_folder / "hold")


def any_held(site):
    """Whether there is a name. Who lists all of them holds up who takes them away."""
    with os.scandir(site.postfix.queue_folder / "hold") as names:
        return next(names, None) is not None


def copies(site, template, count, first=FIRST_ID):
    """So many copies of a queue file beside it; their ids."""
    owner = pwd.getpwnam("postfix")
    content = template.read_bytes()
    ids = [f"{first + i:X}" for i in range(count)]
    for queue_id in ids:
        new = site.postfix.queue_folder / "incoming" / queue_id
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(descriptor, content)
        os.fchown(descriptor, owner.pw_uid, owner.pw_gid)
        os.rename(new, template.parent / queue_id)
        os.fchmod(descriptor, OWNER_MODE)
        os.close(descriptor)
    return ids


def fill(site, due, count, recipient="ben@sink.test"):
    """So many messages on hold that are due then, one of them submitted."""
    before = set(held_names(site))
    site.postfix.smtp(message(deliver_at(due)), [recipient])
    wait_until("one is held", lambda: len(held_names(site)) > len(before))
    (first,) = set(held_names(site)) - before
    copies(site, site.postfix.queue_folder / "hold" / first, count - 1)
    assert len(held_names(site)) == len(before) + count
