# SPDX-License-Identifier: ISC
"""policyctl check beside a private site, and the commands that it prints."""

import json
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass

from daemons import PROGRAMS, TOP
from harness import open_site
from instance import SYSTEM_PATH, Postfix, Recipe
from processes import kill_all, working_in
from waiting import wait_until

FINE, WARNINGS, ERRORS = 0, 1, 2
READ_AGAIN = "configuration read again"
ASK_US = "    -o cleanup_service_name=cleanup-deliver-at\n"
SUBMISSION = (
    "127.0.0.1:{submission_port} inet n - n - - smtpd\n"
    + ASK_US
    + "    -o smtpd_sasl_auth_enable=yes\n"
    "    -o smtpd_relay_restrictions=\n"
    "    -o smtpd_recipient_restrictions="
    "$deliver_at_rules,permit_sasl_authenticated,reject\n"
)
# What the doctor would tell of a private Postfix for tests.
TIDY = "enable_long_queue_ids = yes\n"


def recipe_text(name):
    """A recipe of etc/."""
    return (TOP / "etc" / name).read_text()


def submission_recipe():
    """The default recipe with rules."""
    return Recipe(
        recipe_text("submission.main.cf") + recipe_text("rules.main.cf") + TIDY,
        recipe_text("submission.master.cf")
        + SUBMISSION
        + "pickup unix n - n 60 1 pickup\n"
        + ASK_US,
    )


def everything_recipe():
    """The recipe for everything, with rules; port 25 is what it is called."""
    return Recipe(
        recipe_text("everything.main.cf")
        + recipe_text("rules.main.cf")
        + TIDY
        + "smtpd_relay_restrictions ="
        " permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination\n"
        "smtpd_recipient_restrictions = reject_unlisted_recipient, $deliver_at_rules\n"
    )


@dataclass(frozen=True)
class Finding:
    """A line of policyctl check --json."""

    name: str
    severity: str
    text: str
    mend: str


class Doctor:
    """A site with rules, running, whose health is looked at."""

    def __init__(self, site, rules):
        self.site = site
        self.rules = rules
        self.postfix = site.postfix
        self.config = site.postfix.config_folder
        self.environment = dict(
            os.environ, PATH=f"{PROGRAMS}:{SYSTEM_PATH}", LC_ALL="C"
        )
        self._kept = {}
        self.keep()

    def age(self):
        """Postfix's programs wait until main.cf is some seconds old."""
        then = time.time() - 60
        for name in ("main.cf", "master.cf"):
            os.utime(self.config / name, (then, then))

    # What it says

    def run(self, *options, **environment):
        """policyctl check."""
        self.age()
        return subprocess.run(
            [
                PROGRAMS / "policyctl",
                "-c",
                self.site.daemons.configuration,
                "check",
                *options,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
            env={**self.environment, **environment},
        )

    def findings(self, **environment):
        """What is found; the exit code goes with it."""
        done = self.run("--json", **environment)
        assert done.stderr == "", done
        found = [Finding(**json.loads(line)) for line in done.stdout.splitlines()]
        worst = {finding.severity for finding in found}
        code = ERRORS if "error" in worst else WARNINGS if worst else FINE
        assert done.returncode == code, done
        return found

    def finding(self, name, **environment):
        """The first one of that name; it must be there."""
        found = self.findings(**environment)
        named = [finding for finding in found if finding.name == name]
        assert named, found
        return named[0]

    def mend(self, finding, **environment):
        """Have a shell do what it says."""
        self.age()
        done = subprocess.run(
            ["sh", "-c", finding.mend],
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
            env={**self.environment, **environment},
        )
        assert done.returncode == 0, (finding, done)

    @contextmanager
    def paper_only(self):
        """In this block Postfix is not told to reload: that takes seconds."""
        folder = self.postfix.folder / "stubs"
        folder.mkdir(exist_ok=True)
        stub = folder / "postfix"
        stub.write_text(f'#!/bin/sh\ntest "$*" = "-c {self.config} reload"\n')
        stub.chmod(0o755)
        path = self.environment["PATH"]
        self.environment["PATH"] = f"{folder}:{path}"
        yield
        self.environment["PATH"] = path

    def assert_mended(self, name, *, others=(), rest=(), **environment):
        """It is found with others, its command mends it, and only rest is left."""
        found = {finding.name: finding for finding in self.findings()}
        assert set(found) == {name, *others}, found
        self.mend(found[name], **environment)
        left = self.findings()
        assert {finding.name for finding in left} == set(rest), (found[name], left)
        return found[name]

    # Changes by hand

    def postconf(self, *arguments):
        """Change main.cf or master.cf."""
        self.postfix.command("postconf", *arguments)

    def set_line(self, name, value):
        """A line of deliver-at.conf; the daemons do not know."""
        file = self.site.daemons.configuration
        lines = [
            line
            for line in file.read_text().splitlines(keepends=True)
            if not line.startswith(f"{name} =")
        ]
        file.write_text("".join(lines) + f"{name} = {value}\n")

    def files(self):
        """All that is configuration."""
        return [
            self.config / "main.cf",
            self.config / "master.cf",
            self.site.daemons.configuration,
            self.rules,
        ]

    def keep(self):
        """This is how it was when all was well."""
        self._kept = {file: file.read_bytes() for file in self.files()}

    def restore(self):
        """Back to that, whatever commands did; the daemons are told."""
        changed = [file for file in self.files() if self.file_differs(file)]
        for file in changed:
            file.write_bytes(self._kept[file])
        daemons = self.site.daemons
        if daemons.configuration in changed or self.rules in changed:
            for daemon in (daemons.hdrcheck, daemons.policyd):
                if daemon.is_running():
                    self.reload(daemon)

    @staticmethod
    def reload(daemon):
        """Have it read its configuration again; it has when this returns."""
        before = len(daemon.logged(READ_AGAIN))
        daemon.reload()
        wait_until(
            f"{daemon.name} has read it",
            lambda: len(daemon.logged(READ_AGAIN)) > before,
        )

    def file_differs(self, file):
        """It is not what it was."""
        return file.read_bytes() != self._kept[file]

    # Daemons that a command started

    def strangers(self):
        """Processes of ours that the tests did not start."""
        daemons = (self.site.daemons.hdrcheck, self.site.daemons.policyd)
        ours = {
            process.pid
            for daemon in daemons
            if daemon.is_running()
            for process in daemon.processes()
        }
        folder = self.site.daemons.configuration.parent
        return set(working_in(folder)) - ours - {os.getpid()}

    def replace_started(self, *daemons):
        """End what a command started, and start these as tests do."""
        kill_all(self.strangers())
        wait_until("they are gone", lambda: not self.strangers())
        for daemon in daemons:
            daemon.start()


@contextmanager
def open_doctor(sink, recipe, **settings):
    """A site with that recipe and its doctor."""
    with Postfix(sink.port, recipe=recipe) as postfix:
        rules = postfix.folder / "rules"
        rules.write_text("undo sasl_username=ann : delay 30s\n")
        postfix.start()
        settings = {"permit_postpone": "authenticated, local, 127.0.0.1", **settings}
        with open_site(postfix, sink, rules_file=rules, **settings) as site:
            site.daemons.start()
            policyd = site.daemons.policyd
            wait_until("policyd has started", lambda: policyd.logged("started, v"))
            yield Doctor(site, rules)
