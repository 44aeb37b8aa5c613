# SPDX-License-Identifier: ISC
"""5. Folded, oddly cased, `X-Deliver-At :`, RFC 3339, comment, obsolete zone.

All forms are sent first, with one due moment; then each has a test of its own.
"""

import time

import pytest
from harness import (
    HEADER,
    Mail,
    due_in,
    message,
    new_recipient,
    open_site,
    rfc5322,
)

HOUR_S = 3600


def zoned(due, hours_east, zone, pattern="%a, %d %b %Y %H:%M:%S"):
    """The due moment on a clock that many hours east of Greenwich."""
    return time.strftime(pattern, time.gmtime(due + hours_east * HOUR_S)) + zone


def iso(due, hours_east, zone):
    """The same in the manner of RFC 3339."""
    return zoned(due, hours_east, zone, "%Y-%m-%dT%H:%M:%S")


# Each makes a whole header from the due moment.
FORMS = {
    "plain": lambda due: f"{HEADER}: {rfc5322(due)}",
    "folded once": lambda due: f"{HEADER}:\r\n {rfc5322(due)}",
    "folded everywhere": lambda due: f"{HEADER}: " + rfc5322(due).replace(" ", "\r\n\t "),
    "lower case": lambda due: f"x-deliver-at: {rfc5322(due)}",
    "upper case": lambda due: f"X-DELIVER-AT: {rfc5322(due).upper()}",
    "oddly cased": lambda due: f"x-dELIVER-aT: {rfc5322(due).swapcase()}",
    "blank before the colon": lambda due: f"{HEADER} : {rfc5322(due)}",
    "tab before the colon": lambda due: f"{HEADER}\t: {rfc5322(due)}",
    "no blank after the colon": lambda due: f"{HEADER}:{rfc5322(due)}",
    "blanks around": lambda due: f"{HEADER}: \t {rfc5322(due)} \t ",
    "RFC 3339 Z": lambda due: f"{HEADER}: {iso(due, 0, 'Z')}",
    "RFC 3339 t z": lambda due: f"{HEADER}: {iso(due, 0, 'Z').lower()}",
    "RFC 3339 east": lambda due: f"{HEADER}: {iso(due, 5.5, '+05:30')}",
    "RFC 3339 west": lambda due: f"{HEADER}: {iso(due, -8, '-08:00')}",
    "RFC 3339 fraction": lambda due: f"{HEADER}: {iso(due - 1, 0, '.001Z')}",
    "comment behind": lambda due: f"{HEADER}: {rfc5322(due)} (UTC (really))",
    "comment in front": lambda due: f"{HEADER}: (tea) {rfc5322(due)}",
    "comments inside": lambda due: f"{HEADER}: " + rfc5322(due).replace(" ", " (\\)) "),
    "comment with a date": lambda due: f"{HEADER}: {rfc5322(due)} ({rfc5322(0)})",
    "no day name": lambda due: f"{HEADER}: {rfc5322(due)[5:]}",
    "numeric zone east": lambda due: f"{HEADER}: {rfc5322(due, 13)}",
    "numeric zone west": lambda due: f"{HEADER}: {rfc5322(due, -11)}",
    "minus zero": lambda due: f"{HEADER}: {zoned(due, 0, ' -0000')}",
    "two-digit year": lambda due: f"{HEADER}: "
    + zoned(due, 0, " GMT", "%a, %d %b %y %H:%M:%S"),
    **{
        f"zone {name}": lambda due, name=name, hours=hours: f"{HEADER}: "
        + zoned(due, hours, f" {name}")
        for name, hours in {
            "UT": 0,
            "GMT": 0,
            "UTC": 0,
            "Z": 0,
            "EST": -5,
            "EDT": -4,
            "CST": -6,
            "CDT": -5,
            "MST": -7,
            "MDT": -6,
            "PST": -8,
            "PDT": -7,
        }.items()
    },
}


@pytest.fixture(scope="module")
def forms_site(shared_postfix, shared_sink):
    """One pair of daemons for all forms."""
    with open_site(shared_postfix, shared_sink) as site:
        site.daemons.start()
        yield site


@pytest.fixture(scope="module")
def due():
    """The moment all forms spell."""
    return due_in(3)


@pytest.fixture(scope="module")
def submitted(forms_site, due):
    """One message of each form: recipient, reply, and its queue before the moment."""
    replies = {}
    for name, form in FORMS.items():
        recipient = new_recipient()
        replies[name] = recipient, forms_site.postfix.smtp(message(form(due)), [recipient])
    queues = {mail["queue_id"]: mail["queue_name"] for mail in forms_site.postfix.queue()}
    assert time.time() < due, "sending took too long to tell anything"
    return {
        name: (recipient, reply, queues.get(reply.queue_id))
        for name, (recipient, reply) in replies.items()
    }


@pytest.mark.parametrize("name", FORMS)
def test_form(forms_site, submitted, due, name):
    """It was accepted and held, and came in the second it names."""
    recipient, reply, queue_name = submitted[name]
    assert reply.code == 250, reply
    assert queue_name == "hold"
    forms_site.assert_on_time(Mail(recipient, reply.queue_id), due)
