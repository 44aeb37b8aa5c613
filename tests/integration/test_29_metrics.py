# SPDX-License-Identifier: ISC
"""29. What the status page counts is what was done, and /healthz says what is wrong."""

import json
import math
import os
import signal
import subprocess
import time

import control
import pytest
from daemons import PROGRAMS
from harness import (
    HEADER,
    NO_INOTIFY,
    deliver_at,
    due_in,
    message,
    open_site,
    private_site,
)
from metrics import Page
from peers import SOCKETMAP, Peer, netstring
from policyctl import policyctl, said
from processes import frozen
from rules import policy_socket, reload, request, reply_to, start
from waiting import wait_until

AN_HOUR = 3600
SILENT_S = 10  # hdrcheck or the engine: then it is a fault
ASKED_S = 4  # it may have been this long ago that it was asked, and answered
OVERDUE_S = 60
SLACK_S = 8  # between two questions, for one that is under way, and a busy machine
RULES = (
    "later recipient=later@sink.test : delay 1h",
    'stop recipient=stop@sink.test : hold reason="audit"',
    "no recipient=no@sink.test : reject 5.7.1 no",
    "busy recipient=busy@sink.test : defer 4.7.1 later",
    "idle recipient=idle@sink.test : delay 1h",
)


@pytest.fixture
def page():
    """Where a status page is to be."""
    return Page()


@pytest.fixture
def page_site(shared_postfix, shared_sink, page, settings):
    """A site with a status page, running."""
    with open_site(shared_postfix, shared_sink, **page.settings, **settings) as one:
        one.daemons.start()
        yield one


@pytest.fixture
def ruled_page_site(ruled_postfix, shared_sink, page):
    """One that has RULES as well."""
    rules_file = ruled_postfix.rules_file
    with open_site(
        ruled_postfix, shared_sink, rules_file=rules_file, **page.settings
    ) as one:
        start(one, *RULES)
        yield one


def labelled(name, **numbers):
    """The samples of a metric by their label."""
    return {(name, value): number for value, number in numbers.items()}


def plain(**numbers):
    """Samples without a label."""
    return {(name, None): number for name, number in numbers.items()}


# Counters


def send_all_kinds(site):
    """One run: mail that waits, leaves, and is refused. What is to stay on hold."""
    far = due_in(AN_HOUR)
    waiting = [site.send(deliver_at(far + n)) for n in range(3)]
    waiting += [site.send(recipient="later@sink.test") for _ in range(2)]
    waiting += [site.send(recipient="stop@sink.test")]
    site.assert_passes_at_once(site.send())
    site.assert_passes_at_once(site.send(deliver_at(due_in(-AN_HOUR))))
    due = due_in(2)
    for mail in [site.send(deliver_at(due)) for _ in range(2)]:
        site.assert_on_time(mail, due)
    for _ in range(2):
        assert site.submit(b"%s: tomorrow\r\n\r\n.\r\n" % HEADER.encode()).code == 550
    for recipient, code in (("no@sink.test", 550), ("busy@sink.test", 450)):
        assert site.postfix.smtp(b"", [recipient]).code // 100 == code // 100
    return waiting


def send_what_is_wrong(site):
    """To hdrcheck 3 that are no frames, and a header not ours; to policyd one."""
    for content in SOCKETMAP.malformed[:3]:
        with Peer(site.daemons.socketmap) as peer:
            peer.send(content)
            assert peer.is_hung_up_on()
    with Peer(site.daemons.socketmap) as peer:
        peer.send(netstring("deliver-at Subject: tea"))
        assert peer.receive(12) == netstring("NOTFOUND ")
    with Peer(policy_socket(site)) as peer:
        peer.send(b"no equals sign\n\n")
        assert peer.is_hung_up_on()


def test_counters_are_what_was_done(ruled_page_site, page):
    """Each of them, after a run of which it is known what happened."""
    site = ruled_page_site
    waiting = send_all_kinds(site)
    send_what_is_wrong(site)
    held = 3 + 2 + 1 + 2  # own dates, later, stop, and those that left again
    page.await_numbers(
        {
            ("deliverat_waiting", "(sender)"): 3,
            ("deliverat_waiting", "later"): 2,
            ("deliverat_waiting", "stop"): 1,
            ("deliverat_waiting", "idle"): 0,
            ("deliverat_waiting", "(administrator)"): 0,
            ("deliverat_waiting", "(other)"): 0,
            **labelled("deliverat_released_total", release=2, requeue=0),
            **labelled(
                "deliverat_hdrcheck_lookups_total",
                hold=held,
                dunno=1,
                reject=2,
                notfound=1,
            ),
            **labelled(
                "deliverat_policy_requests_total",
                postponed=2 + 1,
                rejected=1,
                deferred=1,
                misplaced=0,
                malformed=1,
                # Own dates, none, one in the past, 2 that left, 2 that were refused.
                dunno=3 + 1 + 1 + 2 + 2,
            ),
            **labelled(
                "deliverat_rule_hits_total", later=2, stop=1, no=1, busy=1, idle=0
            ),
            **plain(
                deliverat_hdrcheck_malformed_total=3,
                deliverat_late_seconds_count=2,
                deliverat_frozen=1,
                deliverat_rules=len(RULES),
                deliverat_healthy=1,
                deliverat_headers_read_total=held,
                deliverat_foreign_dated=0,
                deliverat_overdue=0,
            ),
        }
    )
    site.discard(*waiting)


def test_waiting_is_what_the_queue_has(ruled_page_site, page):
    """Bytes, the next moment, and lateness, as the queue, clock and log say."""
    site = ruled_page_site
    due = due_in(AN_HOUR)
    mails = [site.send(deliver_at(due + n)) for n in range(2)]
    sizes = [site.postfix.find(mail.recipient)["message_size"] for mail in mails]
    page.await_numbers(
        plain(
            deliverat_waiting_bytes=sum(sizes),
            deliverat_next_due_timestamp_seconds=due,
            deliverat_oldest_overdue_seconds=0,
        )
    )
    told = page.metrics()
    count = told["deliverat_late_seconds_count", None]
    assert told["deliverat_late_seconds_bucket", "+Inf"] == count == 0
    now = due_in(1)
    site.assert_on_time(site.send(deliver_at(now)), now)
    page.await_numbers(plain(deliverat_late_seconds_count=1))
    told = page.metrics()
    late = told["deliverat_late_seconds_sum", None]
    assert late >= 0
    site.assert_soon(now, now + late)
    for (name, bound), below in told.items():
        if name == "deliverat_late_seconds_bucket":
            assert below == (late <= float(bound)), bound
    site.discard(*mails)


def test_what_an_administrator_says(ruled_page_site, page):
    """Rescheduled mail is his; a pause is told; rules that are gone are others."""
    site = ruled_page_site
    mine = site.send(deliver_at(due_in(AN_HOUR)))
    later = site.send(recipient="later@sink.test")
    assert control.reschedule(site, due_in(2 * AN_HOUR), mine).startswith("ok")
    control.pause(site, b"a test")
    reload(site, *RULES[1:])
    page.await_numbers(
        {
            ("deliverat_waiting", "(sender)"): 0,
            ("deliverat_waiting", "(administrator)"): 1,
            ("deliverat_waiting", "(other)"): 1,
            **plain(deliverat_rescheduled=1, deliverat_paused=1, deliverat_rules=4),
        }
    )
    assert ("deliverat_waiting", "later") not in page.metrics()
    assert page.get("/healthz").status == 200
    assert later.queue_id in page.get("/").text
    control.resume(site)
    page.await_numbers(plain(deliverat_paused=0))
    site.discard(mine, later)


def test_hits_survive_a_reload(ruled_page_site, page):
    """Of rules that are in the file before and after; counters do not go back."""
    site = ruled_page_site
    site.discard(*(site.send(recipient="later@sink.test") for _ in range(2)))
    hits = ("deliverat_rule_hits_total", "later")
    page.await_numbers({hits: 2})
    reload(site, "new sender=new@sender.test : hold", *RULES)
    page.await_numbers({hits: 2, ("deliverat_rule_hits_total", "new"): 0})


def test_policy_requests_by_hand(ruled_page_site, page):
    """A request at a moment that takes no header is misplaced."""
    with Peer(policy_socket(ruled_page_site)) as peer:
        reply_to(peer, request(recipient="later@sink.test", protocol_state="CONNECT"))
        page.await_numbers(
            {
                ("deliverat_policy_requests_total", "misplaced"): 1,
                **plain(
                    deliverat_policy_connections=1,
                    deliverat_policy_connections_total=2,  # start() tries it
                ),
            }
        )
    page.await_numbers(plain(deliverat_policy_connections=0))


@pytest.mark.settings(requeue_after="0s")
def test_requeued(page_site, page):
    """By method; it took the commands for that."""
    due = due_in(1)
    mail = page_site.send(deliver_at(due))
    page_site.assert_delivered_once(mail, due)
    page.await_numbers(
        {
            **labelled("deliverat_released_total", release=0, requeue=1),
            **labelled("deliverat_commands_total", requeue=1, release=0),
        }
    )
    assert page.metrics()["deliverat_commands_total", "kick_pickup"] >= 1


def test_walk_on_demand(page_site, page):
    """A walk more, as policyd counts them too; it has just ended, and took a time."""
    page.await_numbers(plain(deliverat_last_walk_ok=1))
    before = page.metrics()["deliverat_walks_total", "ok"]
    began = math.floor(time.time())
    control.walk(page_site)
    walks = ("deliverat_walks_total", "ok")
    wait_until("it is counted", lambda: page.metrics()[walks] > before)
    told = page.metrics()
    assert told["deliverat_walks_total", "failed"] == 0
    assert told["deliverat_last_walk_timestamp_seconds", None] >= began
    assert 0 < told["deliverat_last_walk_duration_seconds", None] < SLACK_S
    assert told["deliverat_commands_total", "list"] >= told[walks]


def test_hdrcheck_connections(page_site, page):
    """Those that are open, the page's own one included."""
    page.await_numbers(plain(deliverat_hdrcheck_connections=1))
    total = page.metrics()["deliverat_hdrcheck_connections_total", None]
    with Peer(page_site.daemons.socketmap) as one, Peer(
        page_site.daemons.socketmap
    ) as other:
        one.ask(SOCKETMAP)
        other.ask(SOCKETMAP)
        page.await_numbers(plain(deliverat_hdrcheck_connections=3))
        more = page.metrics()["deliverat_hdrcheck_connections_total", None] - total
        assert 2 <= more <= 3  # it takes a new one itself now and then
    page.await_numbers(plain(deliverat_hdrcheck_connections=1))


def test_foreign_mail_with_a_date(page_site, page):
    """On hold by somebody else: counted, and no fault."""
    due = due_in(AN_HOUR)
    mail = page_site.send(deliver_at(due), sender="quarantine@sender.test")
    past = deliver_at(due_in(-AN_HOUR))
    undated = page_site.send(past, sender="quarantine@sender.test")
    page.await_numbers(plain(deliverat_foreign_dated=1))
    assert page.get("/healthz").status == 200
    page_site.discard(mail, undated)


def test_who_it_is(page_site, page):
    """Version and start, as the program and the clock say."""
    program = [PROGRAMS / "policyd", "--version"]
    version = subprocess.run(program, capture_output=True, text=True).stdout.split()[-1]
    page.await_numbers({("deliverat_build_info", version): 1})
    started = page.metrics()["deliverat_start_time_seconds", None]
    assert 0 <= time.time() - started < AN_HOUR
    assert page.metrics()["deliverat_snapshot_age_seconds", None] < SLACK_S


# /status.json


def comparable(told):
    """A status without what passes: moments of walks, and the page's own lookups."""
    if told["policyd"] is not None:
        for name in ("last_walk", "walks"):
            del told["policyd"][name]
    if told["hdrcheck"] is not None:
        for name in ("connections", "open"):
            del told["hdrcheck"][name]
    return told


def test_status_json_is_that_of_policyctl(ruled_page_site, page):
    """All members, in the same order, with mail that waits and a pause."""
    site = ruled_page_site
    mails = [site.send(deliver_at(due_in(AN_HOUR))) for _ in range(2)]
    mails.append(site.send(recipient="stop@sink.test"))
    due = due_in(1)
    site.assert_on_time(site.send(deliver_at(due)), due)
    assert policyctl(site, "pause", 'a "test" \N{SNOWMAN}').returncode == 0

    def same():
        ours, theirs = page.status_json(), policyctl_status(site)
        assert list(ours) == list(theirs)
        assert list(ours["policyd"]) == list(theirs["policyd"])
        assert list(ours["hdrcheck"]) == list(theirs["hdrcheck"])
        return comparable(ours) == comparable(theirs)

    wait_until("both say the same", same)
    assert page.status_json()["paused"]["reason"] == 'a "test" \N{SNOWMAN}'
    assert policyctl(site, "resume").returncode == 0
    site.discard(*mails)


def policyctl_status(site):
    """What policyctl says at the same moment."""
    return json.loads(said(site, "status", "--json"))


# /healthz


def test_all_is_well(page_site, page):
    """200, and "ok" is all of it."""
    assert page.await_health(200, "ok") == "ok\n"


def test_hdrcheck_hangs(page_site, page):
    """503 once it has not answered for that long, and not sooner; then all is well."""
    page.await_health(200, "ok")
    page.await_numbers(plain(deliverat_hdrcheck_up=1))
    with frozen(page_site.daemons.hdrcheck.pid):
        began = time.monotonic()
        text = page.await_health(503, "hdrcheck: ", SILENT_S + SLACK_S)
        assert time.monotonic() - began >= SILENT_S - ASKED_S
        assert page_site.daemons.socketmap.name in text
        assert page.metrics()["deliverat_hdrcheck_up", None] == 0
        assert page.metrics()["deliverat_healthy", None] == 0
        assert page.status_json()["hdrcheck"] is None
    page.await_health(200, "ok")
    page.await_numbers(plain(deliverat_hdrcheck_up=1, deliverat_healthy=1))


def test_hdrcheck_is_down(page_site, page):
    """The page says why it cannot be asked; it finds one that is started again."""
    page.await_health(200, "ok")
    page_site.daemons.hdrcheck.stop()
    text = page.await_health(503, "hdrcheck: ", SILENT_S + SLACK_S)
    assert "No such file" in text or "refused" in text
    page_site.daemons.hdrcheck.start()
    page.await_health(200, "ok")


def test_hdrcheck_cannot_be_reached_any_more(page_site, page):
    """Its socket is gone: whoever is connected is answered, but not Postfix."""
    page.await_numbers(plain(deliverat_hdrcheck_up=1))
    page_site.daemons.socketmap.unlink()
    page.await_health(503, "hdrcheck: ", 3 * SILENT_S)
    assert page_site.submit(message(deliver_at(due_in(AN_HOUR)))).code == 451
    assert page.metrics()["deliverat_hdrcheck_up", None] == 0


@pytest.mark.skipif(NO_INOTIFY, reason="elsewhere the engine cannot be told apart")
def test_engine_hangs(page_site, page):
    """The page tells the old numbers and how old they are; it is not well."""
    page.await_health(200, "ok")
    with frozen(page_site.daemons.policyd.child().pid):
        page.await_health(503, "scheduler: ", SILENT_S + SLACK_S)
        age = page.metrics()["deliverat_snapshot_age_seconds", None]
        assert SILENT_S <= age < SILENT_S + 2 * SLACK_S
    page.await_health(200, "ok")


def test_postfix_is_stopped(shared_sink, page):
    """As the next walk sees it."""
    with private_site(shared_sink, sweep_interval="1s", **page.settings) as site:
        page.await_health(200, "ok")
        page.await_numbers(plain(deliverat_postfix_up=1))
        site.postfix.stop()
        page.await_health(503, "postfix: ")
        page.await_numbers(plain(deliverat_postfix_up=0))
        site.postfix.start()
        page.await_health(200, "ok")


def test_walks_fail(standins, postfix_with_standins, shared_sink, page):
    """Counted as walks and as commands; a good one mends it."""
    how = {"sweep_interval": "1s", **page.settings}
    with open_site(postfix_with_standins, shared_sink, **how) as site:
        site.daemons.start()
        page.await_health(200, "ok")
        standins.behave("postqueue", "exit 1")
        page.await_health(503, "walk: ")
        standins.restore("postqueue")
        told = page.metrics()
        assert told["deliverat_walks_total", "failed"] >= 1
        assert told["deliverat_commands_failed_total", "list"] >= 1
        assert told["deliverat_last_walk_ok", None] == 0
        page.await_health(200, "ok", 3 * SLACK_S)
        page.await_numbers(plain(deliverat_last_walk_ok=1))


def test_overdue(clock, shared_postfix, shared_sink, page):
    """In a pause too, whose reason is told; policyd's clock makes the minute short."""
    with open_site(shared_postfix, shared_sink, **page.settings) as site:
        clock.give_to(site.daemons.policyd)
        site.daemons.start()
        control.pause(site, b"moving house")
        due = due_in(2)
        mail = site.send(deliver_at(due))
        wait_until("it is due", lambda: time.time() > due + 1)
        page.await_numbers(plain(deliverat_overdue=1))
        page.await_health(200, "ok")
        clock.step_to(OVERDUE_S)
        text = page.await_health(503, "overdue: 1 message is overdue, by 1 min ")
        assert text.endswith(": moving house\n")
        told = page.metrics()
        assert told["deliverat_oldest_overdue_seconds", None] > OVERDUE_S
        assert told["deliverat_waiting", "(sender)"] == 1
        control.resume(site)
        site.assert_delivered_once(mail, due)
        page.await_health(200, "ok")


def test_page_outlives_hdrcheck_at_the_start(cold_site, page):
    """Neither order of start nor the lack of the other one matters."""
    site = cold_site
    site.daemons.configure(**page.settings)
    site.daemons.policyd.start()
    page.await_health(503, "hdrcheck: ", SILENT_S + SLACK_S)
    site.daemons.hdrcheck.start()
    page.await_health(200, "ok")
    os.kill(site.daemons.hdrcheck.pid, signal.SIGTERM)
    site.daemons.hdrcheck.wait_for_end()
    site.daemons.hdrcheck.start()
    page.await_health(200, "ok")
