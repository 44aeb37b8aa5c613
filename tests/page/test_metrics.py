# SPDX-License-Identifier: ISC
"""What Prometheus says of our metrics and alerts: promtool, which PROMTOOL names."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import control
import pytest
from daemons import PROGRAMS, TOP
from harness import deliver_at, due_in, open_site
from metrics import Page
from rules import start
from waiting import wait_until

PROMTOOL = os.environ.get("PROMTOOL", "promtool")
ALERTS = TOP / "etc/deliver-at.alerts.yml"
ALERTS_TEST = Path(__file__).resolve().with_name("alerts_test.yml")
AN_HOUR = 3600
RULES = (
    "later recipient=later@sink.test : delay 1h",
    "stop.it_now-1 recipient=stop@sink.test : hold",
)
TIMEOUT_S = 60

pytestmark = pytest.mark.skipif(
    shutil.which(PROMTOOL) is None, reason="promtool is not there: make check-page"
)


def promtool(*arguments, text=""):
    """It succeeds; what it said."""
    done = subprocess.run(
        [PROMTOOL, *map(str, arguments)],
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done
    return done.stdout + done.stderr


def check_metrics(text):
    """promtool takes it, and has no remark on it."""
    assert promtool("check", "metrics", text=text) == "", text


@pytest.fixture
def page():
    """Where a status page is to be."""
    return Page()


def test_metrics_in_different_states(ruled_postfix, shared_sink, page):
    """Empty, with mail of all kinds, after a release, paused; metrics do not change."""
    settings = {"rules_file": ruled_postfix.rules_file, **page.settings}
    with open_site(ruled_postfix, shared_sink, **settings) as site:
        start(site, *RULES)
        page.await_health(200, "ok")
        empty = page.get("/metrics").text
        check_metrics(empty)
        mails = [site.send(deliver_at(due_in(AN_HOUR)))]
        mails.append(site.send(recipient="later@sink.test"))
        mails.append(site.send(recipient="stop@sink.test"))
        due = due_in(1)
        site.assert_on_time(site.send(deliver_at(due)), due)
        page.await_numbers({("deliverat_waiting", "later"): 1})
        check_metrics(page.get("/metrics").text)
        control.pause(site, b"a test")
        page.await_numbers({("deliverat_paused", None): 1})
        paused = page.get("/metrics").text
        check_metrics(paused)
        assert heads(paused) == heads(empty)
        assert alerting_on() <= set(re.findall(r"^deliverat_\w+", paused, re.MULTILINE))
        control.resume(site)
        site.discard(*mails)


def test_metrics_without_rules_and_hdrcheck(shared_postfix, shared_sink, page):
    """There are no rules, and nobody answers where hdrcheck should listen."""
    with open_site(shared_postfix, shared_sink) as site:
        site.daemons.configure(**page.settings)
        site.daemons.policyd.start()
        wait_until(
            "the engine has told",
            lambda: ("deliverat_paused", None) in page.metrics(),
        )
        text = page.get("/metrics").text
        assert "\ndeliverat_hdrcheck_up 0\n" in text
        check_metrics(text)


def heads(text):
    """The metrics, by their head lines."""
    return re.findall(r"^# .*", text, re.MULTILINE)


def alerting_on():
    """The metrics that the alerts look at."""
    return set(re.findall(r"deliverat_\w+", ALERTS.read_text()))


def test_promtool_finds_what_is_wrong():
    """So that the checks above can fail."""
    done = subprocess.run(
        [PROMTOOL, "check", "metrics"],
        input="# TYPE a_total gauge\na_total 1\n",
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_S,
    )
    assert done.returncode != 0 and "a_total" in done.stdout + done.stderr


def test_alerts_are_rules():
    """Prometheus takes the file."""
    assert "SUCCESS" in promtool("check", "rules", ALERTS)


def test_alerts_fire_when_they_are_to():
    """And not before."""
    assert "SUCCESS" in promtool("test", "rules", ALERTS_TEST)


def test_each_alert_is_tested():
    """All that the file has are seen to fire; each says what is and what to do."""
    text = ALERTS.read_text()
    names = re.findall(r"- alert: (\w+)", text)
    tested = set(re.findall(r'alertname="(\w+)"', ALERTS_TEST.read_text()))
    assert names and set(names) == tested
    for part in ("summary:", "description:", "severity:"):
        assert text.count(part) == len(names)


def test_alerts_name_verbs_of_policyctl():
    """What they tell to do can be done."""
    program = [PROGRAMS / "policyctl", "--help"]
    helped = subprocess.run(program, capture_output=True, encoding="utf-8").stdout
    verbs = set(re.findall(r"^  ([a-z]+)  ", helped, re.MULTILINE))
    named = set(re.findall(r"policyctl\s+(\w+)", ALERTS.read_text()))
    assert "status" in named and named <= verbs
