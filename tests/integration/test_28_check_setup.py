# SPDX-License-Identifier: ISC
"""28. policyctl check on what policyctl setup made: they agree, and policyd too."""

import subprocess
import time
from contextlib import contextmanager

import pytest
from daemons import PROGRAMS
from doctor import FINE, TIDY, Doctor
from harness import deliver_at, due_in, open_site
from instance import Postfix, Recipe
from rules import delay
from setups import CHECKS, NOTHING, WAYS
from waiting import wait_until

ENTRY = """\
127.0.0.1:{submission_port} inet n - y - - smtpd
    -o syslog_name=postfix/submission
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
    -o smtpd_recipient_restrictions=$mua_recipient_restrictions
"""
MAIN_CF = (
    TIDY
    + "mua_recipient_restrictions = permit_sasl_authenticated, reject\n"
    + "smtpd_recipient_restrictions = reject_unlisted_recipient, permit_mynetworks\n"
)
OWN = {"none": "", "some": f"header_checks = {CHECKS}\n"}
# Beside checks of its own, which would act twice, old mail is not requeued: it
# has to leave while it is young.
LIMITS = {"none": {"requeue_after": "1s"}, "some": {"max_postpone": "2d"}}
ASKING = {"submission": "cleanup-deliver-at", "everything": "cleanup"}
RULES = f"undo sasl_username=ann : {delay(2)}\n"


def set_up(doctor, *options):
    """policyctl setup, and Postfix knows."""
    done = subprocess.run(
        [
            PROGRAMS / "policyctl",
            "-c",
            doctor.site.daemons.configuration,
            "setup",
            *options,
        ],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


@contextmanager
def open_set_up(sink, way, own):
    """A site in Debian's chroot, set up while it runs, with its doctor."""
    with Postfix(
        sink.port, recipe=Recipe(MAIN_CF + OWN[own], ENTRY), chroot=True
    ) as postfix:
        rules = postfix.folder / "rules"
        rules.write_text(RULES)
        postfix.start()
        with open_site(
            postfix,
            sink,
            rules_file=rules,
            permit_postpone="authenticated, local",
            **LIMITS[own],
        ) as site:
            site.daemons.start()
            policyd = site.daemons.policyd
            wait_until("policyd has started", lambda: policyd.logged("started, v"))
            doctor = Doctor(site, rules)
            printed = set_up(doctor, "--reload", *WAYS[way])
            assert "not done" not in printed
            doctor.keep()
            yield doctor


@pytest.fixture(
    scope="module", params=[(w, o) for w in WAYS for o in OWN], ids="-".join
)
def doctor(request, shared_sink):
    """One for each way, with and without header_checks of the site's own."""
    way, own = request.param
    with open_set_up(shared_sink, way, own) as one:
        one.way, one.own = way, own
        yield one


def send(doctor, *headers, login):
    """Somebody who logged in submits a message."""
    return doctor.site.send(
        *headers, port=doctor.postfix.submission_port, xclient=f"LOGIN={login}"
    )


def test_nothing_is_found(doctor):
    """What setup makes, check is content with; and the other way round."""
    done = doctor.run()
    assert (done.returncode, done.stderr) == (FINE, ""), done.stdout
    assert "for cleanup" in done.stdout and "HOLD until" in done.stdout
    assert "action=DUNNO" in done.stdout
    assert NOTHING in set_up(doctor, *WAYS[doctor.way])


def test_old_mail_is_requeued_where_nothing_acts_twice(doctor):
    """policyd knows which cleanup service a requeued message passes."""
    site = doctor.site
    due = due_in(2)
    mail = send(doctor, deliver_at(due), login="ben")
    site.assert_held(mail)
    site.assert_delivered_once(mail, due)
    (line,) = site.daemons.policyd.logged(f"{mail.queue_id}: released")
    assert ("method=requeue" in line) == (doctor.own == "none")


def test_a_rule_postpones(doctor):
    """Asked where setup put the question, for those who log in."""
    site = doctor.site
    began = time.time()
    mail = send(doctor, login="ann")
    site.assert_held(mail)
    site.assert_delivered_once(mail, began + 1)


def test_a_copy_at_our_service_forbids_requeues(doctor):
    """An option that somebody adds to it; mail that is young needs none."""
    doctor.postconf("-P", f"{ASKING[doctor.way]}/unix/always_bcc=copy@sink.test")
    found = [finding.name for finding in doctor.findings()]
    doctor.restore()
    assert found == (["queue-life"] if doctor.own == "none" else [])


def test_taken_out_again(doctor):
    """The last of these: postconf -n is what it was, and nobody asks."""
    set_up(doctor, "--undo", "--reload")
    doctor.age()
    assert "deliver" not in doctor.postfix.command("postconf", "-n")
    assert "not-asked" in {f.name for f in doctor.findings()}
