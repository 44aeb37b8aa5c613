# SPDX-License-Identifier: ISC
"""Postfix's commands replaced by stand-ins that can be told to misbehave.

The private instance gets a command_directory of symbolic links to the real
commands, in which those that policyd runs are scripts: each counts its calls and
then is the real one, unless it was told to behave otherwise.
"""

import itertools
import shutil
from pathlib import Path

from instance import SYSTEM_PATH, Postfix
from waiting import wait_until

# beside the queue directory; the instance's folder is not known yet
MAIN_CF = "command_directory = $queue_directory/../commands\n"

COMMANDS = ("postqueue", "postcat", "postsuper", "postkick")
SCRIPT = """\
#!/bin/sh
name={name} real={real}
role=$(readlink {folder}/$name)
echo "$*" >>$role/calls
call=$(($(wc -l <$role/calls)))
. $role/script
exec $real "$@"
"""


class StandIns:
    """The command_directory of one instance, which is not started yet."""

    def __init__(self, postfix):
        self._links = postfix.folder / "commands"
        self._folder = postfix.folder / "stand-ins"
        self._links.mkdir(mode=0o755)
        self._folder.mkdir(mode=0o755)
        self._numbers = itertools.count(1)
        original = Path(shutil.which("postqueue", path=SYSTEM_PATH)).parent
        for real in original.glob("post*"):
            if real.name not in COMMANDS:
                (self._links / real.name).symlink_to(real)
        for name in COMMANDS:
            self._make(name, original / name)

    def _make(self, name, real):
        script = self._links / name
        script.write_text(SCRIPT.format(name=name, real=real, folder=self._folder))
        script.chmod(0o755)
        self.behave(name, ":")

    def behave(self, name, script):
        """From its next call on, which is $call 1, name runs this shell script.

        It knows $name, $real, its own arguments and $call; where it does not
        exit, the real command follows.
        """
        role = self._folder / f"{name}.{next(self._numbers)}"
        role.mkdir(mode=0o755)
        (role / "script").write_text(script + "\n")
        (role / "calls").touch()
        (role / "calls").chmod(0o666)  # some are run as root, some as mail_owner
        # A call that runs meanwhile plays the old role to its end.
        draft = self._folder / "draft"
        draft.symlink_to(role)
        draft.rename(self._folder / name)

    def restore(self, *names):
        """These, or all, are the real ones again; their calls are counted anew."""
        for name in names or COMMANDS:
            self.behave(name, ":")

    def calls(self, name):
        """The arguments of its calls since behave() or restore()."""
        return (self._folder / name / "calls").read_text().splitlines()

    def wait_for_calls(self, name, number, timeout_s=15):
        """Until name was called so often since behave() or restore()."""
        wait_until(
            f"{name} is called {number} times",
            lambda: len(self.calls(name)) >= number,
            timeout_s,
        )


class PostfixWithStandIns(Postfix):
    """A private Postfix with stand-ins, which all behave at first."""

    def __init__(self, relay_port, *, main_cf="", **options):
        super().__init__(relay_port, main_cf=main_cf + MAIN_CF, **options)
        self.standins = StandIns(self)
