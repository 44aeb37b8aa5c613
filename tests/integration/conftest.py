# SPDX-License-Identifier: ISC
"""Fixtures: what a test needs of a site, shared where that weakens nothing."""

import os
import re

import pytest
from daemons import PROGRAMS, SANITIZER_MARKS
from faketime import SteppedClock
from harness import QUARANTINE, Site, open_site
from instance import Postfix, remove_left_behind
from interrupts import raise_on_ending_signals
from rules import RuledPostfix
from sink import Sink
from standins import PostfixWithStandIns

LOG_TAIL_LINES = 60
MAIN_CF = (
    "smtpd_sender_restrictions = check_sender_access"
    f" inline:{{{{{QUARANTINE}=HOLD}}}}\n"
)
# No machine is too slow for these: they get no second try. See patiently in
# GNUmakefile.
EARLY = re.compile(r"\d s early$", re.MULTILINE)
UNFORGIVEN_CODE = 8


class Unforgiven:
    """A run in which mail left early, or a sanitizer found something."""

    def __init__(self):
        self._seen = False

    def pytest_runtest_logreport(self, report):
        said = re.findall(r"^E +(.*)", report.longreprtext, re.MULTILINE)
        text = "\n".join(said)
        if report.failed and (EARLY.search(text) or SANITIZER_MARKS.search(text)):
            self._seen = True

    def pytest_sessionfinish(self, session):
        if self._seen:
            session.exitstatus = UNFORGIVEN_CODE


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "settings(**names): lines of deliver-at.conf for this test"
    )
    config.pluginmanager.register(Unforgiven())
    raise_on_ending_signals()


def pytest_unconfigure(config):
    """Workers that run the tests side by side are killed if they end too slowly."""
    if not hasattr(config, "workerinput"):
        remove_left_behind()


def pytest_sessionstart():
    if os.geteuid() != 0:
        pytest.exit("needs root: a private Postfix runs as root", returncode=77)
    programs = ("hdrcheck", "policyd", "policyctl")
    missing = [name for name in programs if not (PROGRAMS / name).exists()]
    if missing:
        pytest.exit(f"not built: {', '.join(missing)} in {PROGRAMS}", returncode=2)


@pytest.fixture(scope="session")
def shared_sink():
    """One sink for all tests."""
    with Sink() as sink:
        yield sink


@pytest.fixture(scope="session")
def shared_postfix(shared_sink):
    """One running Postfix for the tests that do not stop or reconfigure it."""
    with Postfix(shared_sink.port, main_cf=MAIN_CF) as postfix:
        postfix.start()
        yield postfix


@pytest.fixture(scope="session")
def postfix_with_standins(shared_sink):
    """One running Postfix whose commands can be told to misbehave."""
    with PostfixWithStandIns(shared_sink.port, main_cf=MAIN_CF) as postfix:
        postfix.start()
        yield postfix


@pytest.fixture
def settings(request):
    """deliver-at.conf lines of the test's settings marks, the closest mark last."""
    merged = {}
    for mark in reversed(list(request.node.iter_markers("settings"))):
        merged.update(mark.kwargs)
    return merged


@pytest.fixture
def cold_site(shared_postfix, shared_sink, settings):
    """The shared Postfix with daemons of this test's own, not started."""
    with open_site(shared_postfix, shared_sink, **settings) as site:
        yield site


@pytest.fixture
def site(cold_site):
    """The shared Postfix with daemons of this test's own, running."""
    cold_site.daemons.start()
    return cold_site


@pytest.fixture
def standins(postfix_with_standins):
    """Its stand-ins, none of which is in place at first or left at the end."""
    if not postfix_with_standins.is_running():  # a failed test may have killed it
        postfix_with_standins.start()
    with postfix_with_standins.standins as one:
        yield one


@pytest.fixture
def cold_standin_site(standins, postfix_with_standins, shared_sink, settings):
    """That Postfix with daemons of this test's own, not started."""
    with open_site(postfix_with_standins, shared_sink, **settings) as site:
        yield site


@pytest.fixture
def standin_site(cold_standin_site, standins):
    """The same with daemons that have settled: all they do at first is done.

    What they call is counted.
    """
    standins.count()
    cold_standin_site.daemons.start()
    standins.wait_for_calls("postkick", 2)
    standins.wait_for_calls("postqueue", 1)
    return cold_standin_site


@pytest.fixture
def clock():
    """A clock of the daemons' own, once it is given to them."""
    with SteppedClock() as stepped:
        yield stepped


@pytest.fixture(scope="session")
def ruled_postfix(shared_sink):
    """One running Postfix that asks for delivery rules."""
    with RuledPostfix(shared_sink.port) as postfix:
        postfix.add_users("ann", "ben")
        postfix.start()
        yield postfix


@pytest.fixture
def ruled_site(ruled_postfix, shared_sink, settings):
    """That Postfix with daemons of this test's own, not started: it has the rules."""
    settings.setdefault("rules_file", ruled_postfix.rules_file)
    with open_site(ruled_postfix, shared_sink, **settings) as site:
        yield site


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Add the ends of the logs to the report of a failed test."""
    report = (yield).get_result()
    if not report.failed:
        return
    sites = [f for f in getattr(item, "funcargs", {}).values() if isinstance(f, Site)]
    for title, text in sites[0].logs().items() if sites else ():
        tail = "\n".join(text.splitlines()[-LOG_TAIL_LINES:])
        report.sections.append((title, tail))
