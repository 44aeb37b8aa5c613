# SPDX-License-Identifier: ISC
"""A crowd: many messages that policyd finds on hold, and that have no file.

In the command_directory of the private instance fake_queue (fake_queue.c) stands
before postqueue and postcat. All else is real, and so is other mail on it.
"""

import json
import shutil
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from control import ask
from instance import SYSTEM_PATH, Postfix
from lookups import BENCH_PROGRAMS
from mail import mail_site
from standins import MAIN_CF
from waiting import wait_until

AHEAD_S = 30 * 86400  # of all that is measured; they are due over 30 days from then
ARRIVED_S = 3600  # before now
SCRIPT = """\
#!/bin/sh
{note}
exec {program} {name} {count} {arrival} {due} {real} "$@"
"""
READ_PER_S = 5000  # at least, in the cold start
LOOKS_AT_PER_S = 1_000_000


class CrowdedPostfix(Postfix):
    """A private Postfix with so many messages on hold that have no file."""

    def __init__(self, relay_port, *, count, main_cf="", **options):
        super().__init__(relay_port, main_cf=main_cf + MAIN_CF, **options)
        self.count = count
        self._commands = self.folder / "commands"
        self._commands.mkdir(mode=0o755)
        real = Path(shutil.which("postqueue", path=SYSTEM_PATH)).parent
        for command in real.glob("post*"):
            (self._commands / command.name).symlink_to(command)
        # a copy: the mail owner may not see where it was built
        self._program = shutil.copy(BENCH_PROGRAMS / "fake_queue", self.folder)
        self._walks = self.folder / "walks"
        self._walks.touch()
        self._replace("postqueue", real, f"echo >>{self._walks}")
        self._replace("postcat", real)

    def walks(self):
        """How many policyd has begun."""
        return self._walks.stat().st_size

    def _replace(self, name, real, note=""):
        script = self._commands / name
        script.unlink()
        now = int(time.time())
        text = SCRIPT.format(
            program=self._program,
            name=name,
            count=self.count,
            arrival=now - ARRIVED_S,
            due=now + AHEAD_S,
            real=real / name,
            note=note,
        )
        script.write_text(text)
        script.chmod(0o755)


def status(site):
    """What policyd says of itself."""
    return json.loads(ask(site, "status"))


def wait_until_known(site):
    """Until policyd has walked once and read all of the crowd."""
    count = site.postfix.count

    def is_known():
        time.sleep(count / LOOKS_AT_PER_S)  # a look costs the engine something
        try:
            now = status(site)
        except OSError:
            return False  # it has just started
        return now["waiting"] >= count and now["unread"] == 0 and now["walks"] > 0

    wait_until(f"{count} wait", is_known, 30 + count / READ_PER_S)


@contextmanager
def crowded_site(count, **options):
    """mail_site() with a crowd, both daemons running, all of it known to policyd."""
    with mail_site(kind=partial(CrowdedPostfix, count=count), **options) as site:
        site.daemons.start()
        wait_until_known(site)
        yield site
