# SPDX-License-Identifier: ISC
"""Fixtures: what a test needs of a site, shared where that weakens nothing."""

import os

import pytest
from commands import Commands
from daemons import PROGRAMS
from harness import Site, open_site
from instance import Postfix, remove_left_behind
from interrupts import raise_on_ending_signals
from sink import Sink
from standins import PostfixWithStandIns

LOG_TAIL_LINES = 60
MAIN_CF = (
    "smtpd_sender_restrictions = check_sender_access"
    " inline:{{quarantine@sender.test=HOLD}}\n"
)


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "settings(**names): lines of deliver-at.conf for this test"
    )
    raise_on_ending_signals()


def pytest_unconfigure(config):
    """Workers that run the tests side by side are killed if they end too slowly."""
    if not hasattr(config, "workerinput"):
        remove_left_behind()


def pytest_sessionstart():
    if os.geteuid() != 0:
        pytest.exit("needs root: a private Postfix runs as root", returncode=77)
    missing = [n for n in ("hdrcheck", "policyd") if not (PROGRAMS / n).exists()]
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
def shared_commands(shared_sink):
    """The commands of another running Postfix, for tests that replace some."""
    with Postfix(shared_sink.port, main_cf=MAIN_CF) as postfix:
        with Commands(postfix) as commands:
            postfix.start()
            yield commands


@pytest.fixture
def commands(shared_commands):
    """Those commands, for one test."""
    with shared_commands:
        yield shared_commands


@pytest.fixture
def commands_site(commands, shared_sink, settings):
    """Their Postfix with daemons of this test's own, not started."""
    with open_site(commands.postfix, shared_sink, **settings) as site:
        yield site


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
def cold_standin_site(postfix_with_standins, shared_sink, settings):
    """That Postfix with daemons that walk each second, not started."""
    standins = postfix_with_standins.standins
    settings.setdefault("sweep_interval", "1s")
    standins.restore()
    with open_site(postfix_with_standins, shared_sink, **settings) as site:
        try:
            yield site
        finally:
            standins.restore()


@pytest.fixture
def standin_site(cold_standin_site):
    """The same with daemons that have settled: all they do at first is done."""
    site = cold_standin_site
    site.daemons.start()
    site.postfix.standins.wait_for_calls("postkick", 2)
    site.postfix.standins.wait_for_calls("postqueue", 1)
    return site


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
