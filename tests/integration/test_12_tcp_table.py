# SPDX-License-Identifier: ISC
"""12. tcp_table instead of socketmap."""

import pytest
from harness import deliver_at, due_in, message, open_site, rfc5322
from instance import Postfix, free_port, recipe_for_everything


@pytest.fixture(scope="module")
def tcp_port():
    """Where Postfix looks for hdrcheck."""
    return free_port()


@pytest.fixture(scope="module")
def tcp_postfix(shared_sink, tcp_port):
    """A Postfix that asks by tcp_table."""
    recipe = recipe_for_everything(f"tcp:127.0.0.1:{tcp_port}")
    with Postfix(shared_sink.port, recipe=recipe) as postfix:
        postfix.start()
        yield postfix


@pytest.fixture
def tcp_site(tcp_postfix, shared_sink, tcp_port):
    """That Postfix with both daemons; there is no socketmap."""
    listeners = {
        "socketmap_listen": "(off)",
        "tcp_table_listen": f"inet:127.0.0.1:{tcp_port}",
    }
    with open_site(tcp_postfix, shared_sink, **listeners) as site:
        site.daemons.start()
        assert not site.daemons.socketmap.exists()
        yield site


def folded(header):
    """The header with a line break at each blank, and a comment, and much white."""
    return header.replace(" ", "\r\n \t ") + " (100%\r\n\ttea)"


def test_held_and_on_time(tcp_site):
    """By SMTP and by sendmail(1), folded as headers may be."""
    due = due_in(2)
    mails = [
        tcp_site.send(deliver_at(due)),
        tcp_site.sendmail(deliver_at(due)),
        tcp_site.send(folded(deliver_at(due))),
    ]
    for mail in mails:
        tcp_site.assert_held(mail)
    for mail in mails:
        tcp_site.assert_on_time(mail, due)


def test_due_and_without_the_header_pass_at_once(tcp_site):
    """200 DUNNO; and no question for other headers."""
    tcp_site.assert_passes_at_once(tcp_site.send(deliver_at(due_in(-60))))
    tcp_site.assert_passes_at_once(tcp_site.send("X-Deliver-By: tomorrow"))


@pytest.mark.parametrize(
    "date, text",
    [
        ("soon", "550 5.6.0 X-Deliver-At: "),
        (rfc5322(due_in(400 * 86400)), "550 5.7.1 X-Deliver-At: more than 366 days"),
        ("x" * 2000, "550 5.6.0 X-Deliver-At: line too long"),
    ],
    ids=["unreadable", "too far", "too long"],
)
def test_refused_with_the_reason(tcp_site, date, text):
    """The blanks and signs of the reason come through the protocol's quoting."""
    reply = tcp_site.submit(message(f"X-Deliver-At: {date}"))
    answer = f"{reply.code} {reply.text}"
    assert answer.startswith(text)
    assert "%" not in answer


def test_server_down(tcp_site):
    """451 to mail with the header; other mail passes; back without a restart.

    Takes 10 s: Postfix's client tries so often before it gives up.
    """
    tcp_site.daemons.hdrcheck.stop()
    assert tcp_site.submit(message(deliver_at(due_in(60)))).code == 451
    tcp_site.assert_passes_at_once(tcp_site.send())
    tcp_site.daemons.hdrcheck.start()
    due = due_in(1)
    mail = tcp_site.send(deliver_at(due))
    tcp_site.assert_held(mail)
    tcp_site.assert_on_time(mail, due)
