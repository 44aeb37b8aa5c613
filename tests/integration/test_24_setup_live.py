# SPDX-License-Identifier: ISC
"""24. policyctl setup: on a Postfix that runs."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from daemons import PROGRAMS
from harness import deliver_at, due_in, message, open_site
from instance import Postfix, Recipe
from setups import CHECKS, NOTHING, OK, WAYS
from waiting import wait_until


def set_up(site, *options):
    """Run setup on a running site."""
    done = subprocess.run(
        [PROGRAMS / "policyctl", "-c", site.daemons.configuration, "setup", *options],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (OK, ""), done
    assert not site.postfix.command("postfix", "check")
    return done.stdout


ENTRY = """\
127.0.0.1:{submission_port} inet n - n - - smtpd
    -o syslog_name=postfix/submission
"""


@pytest.fixture(scope="module", params=WAYS)
def live_site(request, shared_sink, tmp_path_factory):
    """Set up while it runs."""
    rules = tmp_path_factory.mktemp("rules") / "rules"
    rules.write_text("freeze sender=@old.test : hold\n")
    recipe = Recipe(f"header_checks = {CHECKS}\n", ENTRY)
    with Postfix(shared_sink.port, recipe=recipe) as postfix:
        postfix.start()
        with open_site(postfix, shared_sink, rules_file=rules) as site:
            site.daemons.start()
            site.way = request.param
            set_up(site, "--reload", *WAYS[site.way])
            yield site


def test_users_postpone(live_site):
    """By submission and by sendmail(1)."""
    site = live_site
    due = due_in(2)
    by_smtp = site.send(deliver_at(due), port=site.postfix.submission_port)
    by_sendmail = site.sendmail(deliver_at(due))
    for mail in (by_smtp, by_sendmail):
        site.assert_held(mail)
    for mail in (by_smtp, by_sendmail):
        site.assert_on_time(mail, due)


def test_strangers(live_site):
    """Postpone only where everybody may."""
    site = live_site
    due = due_in(1)
    mail = site.send(deliver_at(due))
    if site.way == "everything":
        site.assert_on_time(mail, due)
    else:
        site.assert_passes_at_once(mail)


def test_attached_headers_hold_nothing(live_site):
    """mime_header_checks and nested_header_checks do not ask us."""
    site = live_site
    inner = message(deliver_at(due_in(3600))).decode()
    site.assert_passes_at_once(
        site.send(
            "Content-Type: message/rfc822",
            body=inner,
            port=site.postfix.submission_port,
        )
    )


def test_earlier_checks_work(live_site):
    """On both ports."""
    site = live_site
    for port in (site.postfix.port, site.postfix.submission_port):
        refused = site.submit(message("X-Unwanted: yes"), port=port)
        assert (refused.code, "not wanted" in refused.text) == (550, True)


def test_rules_hold(live_site):
    """Users' mail, and with --everywhere all."""
    site = live_site
    mail = site.send(sender="a@old.test", port=site.postfix.submission_port)
    site.assert_held(mail)
    site.discard(mail)
    mail = site.send(sender="a@old.test")
    if site.way == "everything":
        site.assert_held(mail)
        site.discard(mail)
    else:
        site.assert_passes_at_once(mail)


def test_requeued_mail_is_held_again(live_site):
    """pickup asks us too."""
    site = live_site
    mail = site.send(deliver_at(due_in(3600)), port=site.postfix.submission_port)
    site.postfix.requeue(mail.queue_id)
    site.discard(site.wait_until_held_anew(mail))


def test_out_of_a_running_postfix(live_site):
    """The last of these: nothing is postponed any more, and mail flows."""
    site = live_site
    set_up(site, "--undo", "--reload")
    for port in (site.postfix.port, site.postfix.submission_port):
        site.assert_passes_at_once(site.send(deliver_at(due_in(3600)), port=port))
    set_up(site, "--reload", *WAYS[site.way])


def test_until_the_reload_mail_of_users_waits(shared_sink):
    """Nothing is lost, and nothing leaves early: setup says that."""
    recipe = Recipe("", ENTRY)
    with Postfix(shared_sink.port, recipe=recipe) as postfix:
        postfix.start()
        with open_site(postfix, shared_sink) as site, ThreadPoolExecutor() as pool:
            site.daemons.start()
            assert "waits until then" in set_up(site)
            sending = pool.submit(
                site.send, deliver_at(due_in(3600)), port=postfix.submission_port
            )
            wait_until(
                "smtpd waits for our cleanup",
                lambda: postfix.logged("connect #1 to .* public/cleanup-deliver-at"),
            )
            site.assert_passes_at_once(site.send())
            assert NOTHING in set_up(site, "--reload")
            mail = sending.result()
            site.assert_held(mail)
            site.discard(mail)
