# SPDX-License-Identifier: ISC
"""Postfix's commands replaced by stand-ins that can be told to misbehave.

The private instance gets a command_directory of symbolic links to the real
commands, in which those that policyd runs can be replaced by scripts: each counts
its calls and then is the real one, unless it was told to behave otherwise. It is
run as policyd runs the real one: by root or by the mail owner, with its arguments,
input and signals.
"""

import itertools
import os
import shutil
from pathlib import Path

from instance import SYSTEM_PATH, Postfix
from processes import kill_all, working_in
from waiting import wait_until

# beside the queue directory; the instance's folder is not known yet
MAIN_CF = "command_directory = $queue_directory/../commands\n"

COMMANDS = ("postqueue", "postcat", "postsuper", "postkick")
SCRIPT = """\
#!/bin/sh
name={name} real={real} never={never}
echo "$*" >>{calls}
call=0
while read -r _; do call=$((call + 1)); done <{calls}
{behaviour}
exec $real "$@"
"""

# It hangs: nobody ever writes to the FIFO. Only SIGKILL ends it.
STUBBORN = """\
trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2
read -r line <$never
exit 1"""
# Likewise, and so does a child of it.
STUBBORN_FAMILY = """\
trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2
{ read -r line <$never; } &
wait
exit 1"""
# The real command for one id after the other, so that it takes its time; for all
# that are left once the real one is back in its place.
ONE_BY_ONE = """\
while read -r id; do
    echo "$id" | $real "$@" || exit
    [ "$0" -ef $real ] && exec $real "$@"
done
exit 0"""


class StandIns:
    """The command_directory of one instance, which is not started yet.

    As a context it is one test's: in the end the commands are the real ones, and
    no call to them runs any more.
    """

    def __init__(self, postfix):
        self._links = postfix.folder / "commands"
        self._folder = postfix.folder / "stand-ins"
        self._links.mkdir(mode=0o755)
        self._folder.mkdir(mode=0o755)
        self._never = self._folder / "never"
        os.mkfifo(self._never)
        self._never.chmod(0o666)  # some are run as root, some as mail_owner
        self._numbers = itertools.count(1)
        self._calls = {}
        self._original = Path(shutil.which("postqueue", path=SYSTEM_PATH)).parent
        for real in self._original.glob("post*"):
            self._link(real.name, real)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.restore()
        kill_all(working_in(self._links))

    def _link(self, name, program):
        draft = self._folder / "draft"
        draft.symlink_to(program)
        draft.rename(self._links / name)

    def behave(self, name, script=":"):
        """From its next call on, which is $call 1, name runs this shell script.

        It knows $name, $real, its own arguments and $call, and $never, which cannot
        be opened; where it does not exit, the real command follows. A call that
        runs meanwhile plays the old role to its end.
        """
        role = self._folder / f"{name}.{next(self._numbers)}"
        calls = role.with_suffix(f"{role.suffix}-calls")
        calls.touch()
        calls.chmod(0o666)
        text = SCRIPT.format(
            name=name,
            real=self._original / name,
            never=self._never,
            calls=calls,
            behaviour=script,
        )
        role.write_text(text)
        role.chmod(0o755)
        self._calls[name] = calls
        self._link(name, role)

    def count(self):
        """All are scripts that count their calls, and otherwise the real ones."""
        for name in COMMANDS:
            self.behave(name)

    def restore(self, *names):
        """These, or all, are the real ones, no script before them; none counts."""
        for name in names or COMMANDS:
            self._calls.pop(name, None)
            self._link(name, self._original / name)

    def calls(self, name):
        """The arguments of its calls since behave() or count()."""
        return self._calls[name].read_text().splitlines()

    def wait_for_calls(self, name, number, timeout_s=15):
        """Until name was called so often since behave() or count()."""
        wait_until(
            f"{name} is called {number} times",
            lambda: len(self.calls(name)) >= number,
            timeout_s,
        )

    def wait_for_call_about(self, name, word):
        """Until name was called with this among its arguments."""
        wait_until(
            f"{name} is called about {word}",
            lambda: any(word in call for call in self.calls(name)),
        )


class PostfixWithStandIns(Postfix):
    """A private Postfix with stand-ins, none of which is in place at first."""

    def __init__(self, relay_port, *, main_cf="", **options):
        super().__init__(relay_port, main_cf=main_cf + MAIN_CF, **options)
        self.standins = StandIns(self)
