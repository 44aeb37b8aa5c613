# SPDX-License-Identifier: ISC
"""13. Half-written, empty and garbage files in the hold queue, among 200 good ones."""

import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import deliver_at, due_in
from waiting import wait_for_clock, wait_until

# Walk often: each walk could report the same file again.
pytestmark = pytest.mark.settings(sweep_interval="1s")

MANY = 200
SENDERS = 4
REPORTS_MAX = 2  # of one file, in the walks of one test


@pytest.fixture
def hold(shared_postfix, cold_site):
    """The hold folder; what a test put there by hand is removed."""
    folder = shared_postfix.queue_folder / "hold"
    yield folder
    for path in folder.glob("BAD*"):
        path.unlink(missing_ok=True)


def plant(hold, whole):
    """Bad queue files, the first a part of the whole one; their paths."""
    contents = {
        "BAD0001": whole[: len(whole) // 2],
        "BAD0002": b"",
        "BAD0003": random.Random(13).randbytes(5000),
        "BAD0004": whole[:-2],  # only the end record is missing
    }
    for name, content in contents.items():
        draft = hold.parent / "incoming" / name
        draft.write_bytes(content)
        shutil.chown(draft, "postfix", "postfix")
        draft.chmod(0o600)
        path = draft.rename(hold / name)
        path.chmod(0o700)  # as cleanup ends
    return [hold / name for name in contents]


def send_many(site, due, number):
    """So many messages over some connections at once."""
    with ThreadPoolExecutor(SENDERS) as pool:
        return list(pool.map(lambda _: site.send(deliver_at(due)), range(number)))


def assert_all_on_time(site, mails, due):
    """All leave hold in the second that they are due, and are delivered once."""
    hold = site.postfix.queue_folder / "hold"
    assert time.time() < due, "sending took too long to tell anything"
    wait_for_clock(due)
    wait_until(
        "all have left hold",
        lambda: not any((hold / mail.queue_id).exists() for mail in mails),
    )
    site.assert_soon(due, time.time())
    for mail in mails:
        site.assert_not_early(mail.recipient, due, 60)
        site.assert_not_active_before(mail, due)
    wait_until("none is queued", lambda: not queued(site) & {m.queue_id for m in mails})
    site.assert_once(*(mail.recipient for mail in mails))


def queued(site):
    """The queue ids that are listed."""
    return {entry["queue_id"] for entry in site.postfix.queue()}


def assert_stay(site, bad, contents):
    """The bad files are as they were, and the log does not repeat itself."""
    assert [path.read_bytes() for path in bad] == contents
    listed = [path.name for path in bad if path.name in queued(site)]
    assert listed, "postqueue shows none of them"
    for name in listed:
        report = f"{name}: its headers cannot be read"
        wait_until(f"{report} is logged", lambda: site.daemons.policyd.logged(report))
    for path in bad:
        assert len(site.daemons.policyd.logged(path.name)) <= REPORTS_MAX


def test_bad_files_appear(site, hold):
    """Between good ones, while policyd runs: each of those is on time."""
    due = due_in(5)
    mails = send_many(site, due, MANY // 2)
    bad = plant(hold, (hold / mails[0].queue_id).read_bytes())
    contents = [path.read_bytes() for path in bad]
    mails += send_many(site, due, MANY // 2)
    assert_all_on_time(site, mails, due)
    assert_stay(site, bad, contents)


def test_bad_files_at_the_start(cold_site, hold):
    """They are read with 200 good ones that policyd has not seen either."""
    site = cold_site
    site.daemons.hdrcheck.start()
    due = due_in(6)
    mails = send_many(site, due, MANY)
    bad = plant(hold, (hold / mails[0].queue_id).read_bytes())
    contents = [path.read_bytes() for path in bad]
    site.daemons.policyd.start()
    assert_all_on_time(site, mails, due)
    assert_stay(site, bad, contents)
