# SPDX-License-Identifier: ISC
"""A Postfix that asks policyd for delivery rules, and what tests say about those."""

import itertools
import math
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from harness import HEADER, Mail, due_in, message
from instance import (
    EVERYTHING,
    SYSTEM_PATH,
    Postfix,
    Recipe,
    free_port,
    transaction,
)
from peers import Peer
from waiting import PATIENCE, wait_until

REFUSED_BEFORE = "refused-before@sink.test"  # by what stands before the policy service
REFUSED_BEHIND = "refused-behind@sink.test"
PASSWORD = "open sesame"
SASL_REALM = "private.test"

# The place of the policy service: behind what refuses, before what permits.
MAIN_CF = f"""\
delivery_rules =
    check_policy_service {{ unix:deliver-at/policy, timeout=5s, default_action=DUNNO }}
smtpd_recipient_restrictions =
    check_recipient_access inline:{{{{{REFUSED_BEFORE}=REJECT}}}},
    $delivery_rules,
    check_recipient_access inline:{{{{{REFUSED_BEHIND}=REJECT}}}}
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain = {SASL_REALM}
cyrus_sasl_config_path = $config_directory/sasl
"""
MASTER_CF = """\
127.0.0.1:{data_port} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=
    -o smtpd_data_restrictions=$delivery_rules
127.0.0.1:{end_port} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=
    -o smtpd_end_of_data_restrictions=$delivery_rules
"""
SMTPD_CONF = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
mech_list: PLAIN LOGIN
sasldb_path: {database}
"""

_numbers = itertools.count(1)


class RuledPostfix(Postfix):
    """A private Postfix that asks for rules, and where users can log in.

    Services on ports of their own ask at DATA and at the end of the message instead
    of for each recipient.
    """

    def __init__(self, relay_port):
        self.data_port = free_port()
        self.end_port = free_port()
        ports = {"data_port": self.data_port, "end_port": self.end_port}
        recipe = Recipe(EVERYTHING.main_cf + MAIN_CF, MASTER_CF.format(**ports))
        super().__init__(relay_port, recipe=recipe)
        self.rules_file = self.folder / "rules"

    def write_rules(self, *lines):
        """Write the rules file; in force after a start or a reload."""
        self.rules_file.write_text("".join(f"{line}\n" for line in lines))

    def add_users(self, *names):
        """Let these log in with PASSWORD."""
        folder = self.config_folder / "sasl"  # the only place Debian looks in
        database = folder / "sasldb2"
        folder.mkdir(exist_ok=True)
        (folder / "smtpd.conf").write_text(SMTPD_CONF.format(database=database))
        program = shutil.which("saslpasswd2", path=SYSTEM_PATH)
        for name in names:
            subprocess.run(
                [program, "-c", "-p", "-f", database, "-u", SASL_REALM, name],
                input=PASSWORD.encode(),
                check=True,
            )
        shutil.chown(database, group="postfix")
        database.chmod(0o640)


def start(site, *rules):
    """Start the daemons with these rules, which are good."""
    policyd = site.daemons.policyd
    site.postfix.write_rules(*rules)
    site.daemons.start()
    wait_until("policyd has started", lambda: policyd.logged("started, version"))


def reload(site, *rules):
    """Have policyd take these rules; it must."""
    site.postfix.write_rules(*rules)
    with logs_anew(site, "configuration read again"):
        site.daemons.policyd.reload()


@contextmanager
def logs_anew(site, pattern):
    """policyd logs one more line that pattern is found in, on account of the block."""
    policyd = site.daemons.policyd
    before = len(policyd.logged(pattern))
    yield
    wait_until(
        f"policyd logs: {pattern}", lambda: len(policyd.logged(pattern)) > before
    )


# Policy requests by hand


def policy_socket(site):
    """Where policyd answers Postfix."""
    return site.postfix.socket_folder / "policy"


def request(**attributes):
    """A request like Postfix's, of a message of its own unless attributes say so."""
    pairs = {
        "request": "smtpd_access_policy",
        "protocol_state": "RCPT",
        "instance": f"test.{next(_numbers)}",
        **attributes,
    }
    lines = "".join(f"{name}={value}\n" for name, value in pairs.items())
    return lines.encode("latin-1") + b"\n"


def reply_to(peer, content):
    """Send this request; the action of the reply."""
    peer.send(content)
    return receive_action(peer)


def receive_action(peer):
    """The action of the next reply."""
    reply = peer.receive_until(b"\n\n").decode("latin-1")
    assert reply.startswith("action=") and reply.endswith("\n\n"), reply
    return reply.removeprefix("action=").removesuffix("\n\n")


def ask(site, **attributes):
    """Ask policyd about this; the action of its reply."""
    with Peer(policy_socket(site)) as peer:
        return reply_to(peer, request(**attributes))


# What rules prepend


@dataclass(frozen=True)
class Postponement:
    """A rule's header: until when (seconds since the epoch; None: its end)."""

    rule: str
    until: object


def postponements(text):
    """All headers of rules in text, from the top."""
    lines = re.findall(rf"{HEADER}: (.*) \(rule (\S+)\)\r?$", text, re.MULTILINE)
    return [Postponement(rule, _moment(date)) for date, rule in lines]


def _moment(date):
    if date == "never":
        return None
    return int(parsedate_to_datetime(date).timestamp())


def postponed_by(site, mail):
    """The headers of rules in a message that is on hold."""
    assert site.is_held(mail), site.postfix.queue()
    return postponements(site.postfix.headers(mail.queue_id))


def only_postponement(site, mail, rule):
    """Until when the one rule's header in a message on hold says."""
    (postponement,) = postponed_by(site, mail)
    assert postponement.rule == rule
    return postponement.until


def delay(seconds):
    """The action of a rule; PATIENCE makes it longer, as due_in() does."""
    return f"delay {math.ceil(seconds * PATIENCE)}s"


@contextmanager
def delayed(seconds):
    """What happens in the block is delayed by so much: a list for its moments."""
    moments = []
    earliest = due_in(seconds)
    yield moments
    latest = due_in(seconds)
    assert moments
    assert all(earliest <= moment <= latest for moment in moments), moments


# Mail


def send_to(site, *recipients, headers=(), **how):
    """One message to all of them, over a connection of its own.

    The Reply to each recipient, and the one to the message.
    """
    with site.postfix.connect() as session:
        return transaction(session, message(*headers), recipients, **how)


def send_to_all(site, *recipients, **how):
    """One message that is accepted for all of them; the Mail of each."""
    replies, end = send_to(site, *recipients, **how)
    assert {reply.code for reply in (*replies.values(), end)} == {250}, replies
    return [Mail(recipient, end.queue_id, time.time()) for recipient in recipients]


def assert_nothing_was_done(site, recipient):
    """Delivered at once, and as it was sent."""
    delivery = site.sink.wait_for(recipient)
    assert not postponements(delivery.content.decode("latin-1"))
    assert not site.hold_lines(recipient)


def discard_postponed(site, rule, mail):
    """This rule alone has postponed mail (what has a queue id): more need not be."""
    only_postponement(site, mail, rule)
    site.discard(mail)


def assert_each_on_time(site, mails, rule):
    """Each is on hold by this rule alone, and leaves when it says."""
    dues = [only_postponement(site, mail, rule) for mail in mails]
    for mail, due in zip(mails, dues, strict=True):
        site.assert_on_time(mail, due)
