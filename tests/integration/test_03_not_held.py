# SPDX-License-Identifier: ISC
"""3. A past date passes at once; only the outer header counts."""

import time

import pytest
from harness import deliver_at, due_in, message

BOUNDARY = "parts"
MULTIPART = f'Content-Type: multipart/mixed; boundary="{BOUNDARY}"'


def mime_part(*lines):
    """A multipart body whose one part is made of these lines."""
    return "\r\n".join((f"--{BOUNDARY}", *lines, f"--{BOUNDARY}--", ""))


@pytest.mark.parametrize("seconds_ago", [1, 60, 20 * 365 * 86400])
@pytest.mark.parametrize("submit", ["smtp", "sendmail"])
def test_past_date_passes_at_once(site, submit, seconds_ago):
    """A moment that is over holds nothing, however long ago."""
    line = deliver_at(int(time.time()) - seconds_ago)
    mail = site.send(line) if submit == "smtp" else site.sendmail(line)
    site.assert_passes_at_once(mail)


def test_header_in_the_body(site):
    """The line as first line of the text."""
    mail = site.send(body=f"{deliver_at(due_in(3600))}\r\n\r\nGood morning.\r\n")
    site.assert_passes_at_once(mail)


def test_header_in_a_mime_part(site):
    """The line among the headers of a MIME part."""
    part = mime_part("Content-Type: text/plain", deliver_at(due_in(3600)), "", "Hello.")
    site.assert_passes_at_once(site.send(MULTIPART, body=part))


def test_header_in_an_attached_message(site):
    """A forwarded message that was itself postponed."""
    inner = message(deliver_at(due_in(3600))).decode()
    part = mime_part("Content-Type: message/rfc822", "", inner)
    site.assert_passes_at_once(site.send(MULTIPART, body=part))


def test_header_in_a_message_that_is_an_attachment_only(site):
    """The whole body is one message/rfc822: its headers follow ours directly."""
    inner = message(deliver_at(due_in(3600))).decode()
    site.assert_passes_at_once(site.send("Content-Type: message/rfc822", body=inner))


def test_outer_header_counts_beside_inner_ones(site):
    """The outer date holds until the outer date, whatever is inside."""
    due = due_in(1)
    part = mime_part("Content-Type: text/plain", deliver_at(due_in(3600)), "", "Hello.")
    mail = site.send(deliver_at(due), MULTIPART, body=part)
    site.assert_held(mail)
    site.assert_on_time(mail, due)
