# SPDX-License-Identifier: ISC
"""A command_directory for a private Postfix, in which commands can be replaced.

It is a folder of links to the installed commands. policyd runs the commands that
Postfix's configuration names, so a stand-in there is run as policyd runs the real
one: by root or by the mail owner, with its arguments, input and signals.
"""

import os
import shutil
from pathlib import Path

from instance import SYSTEM_PATH
from processes import kill_all, running

COMMANDS = "postalias postcat postconf postdrop postfix postkick postlock postlog"
COMMANDS += " postmap postmulti postqueue postsuper sendmail"

# A stand-in that hangs: nobody ever writes to the FIFO. Only SIGKILL ends it.
STUBBORN = """\
#!/bin/sh
trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2
read -r line <{folder}/never
"""
# Likewise, and so does a child of it.
STUBBORN_FAMILY = """\
#!/bin/sh
trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2
{{ read -r line <{folder}/never; }} &
wait
"""
# The real command for one id after the other, so that it takes its time; for all
# that are left once the stand-in has been replaced.
ONE_BY_ONE = """\
#!/bin/sh
while read -r id; do
    echo "$id" | {real} "$@" || exit
    [ -L "$0" ] && exec {real} "$@"
done
"""


class Commands:
    """The folder. To be made before Postfix is started."""

    def __init__(self, postfix):
        self.postfix = postfix
        self.folder = postfix.folder / "commands"
        self.folder.mkdir()
        os.mkfifo(self.folder / "never")
        (self.folder / "never").chmod(0o666)
        self._real = {}
        for name in COMMANDS.split():
            self._real[name] = shutil.which(name, path=SYSTEM_PATH)
            (self.folder / name).symlink_to(self._real[name])
        with open(postfix.config_folder / "main.cf", "a") as main_cf:
            main_cf.write(f"command_directory = {self.folder}\n")

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.close()

    def replace(self, name, script):
        """Put a script in the place of a command."""
        text = script.format(folder=self.folder, real=self._real[name])
        stand_in = self.folder / f"new-{name}"
        stand_in.write_text(text)
        stand_in.chmod(0o755)
        stand_in.rename(self.folder / name)

    def restore(self):
        """The real commands from now on. Stand-ins that run are left alone."""
        for name, real in self._real.items():
            link = self.folder / f"new-{name}"
            link.symlink_to(real)
            link.rename(self.folder / name)

    def close(self):
        """The real commands, and no stand-in runs any more."""
        self.restore()
        kill_all(p.pid for p in running() if self._is_stand_in(p.pid))

    def _is_stand_in(self, pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return words[0] == b"/bin/sh" and str(self.folder).encode() in words[1]
