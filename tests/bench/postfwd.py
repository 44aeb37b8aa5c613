# SPDX-License-Identifier: ISC
"""A private postfwd, Debian's policy server: the yardstick of policyd."""

import shutil
import subprocess
from contextlib import ExitStack, contextmanager

from instance import SYSTEM_PATH
from interrupts import held_back
from processes import in_group, kill_all, working_in
from waiting import somebody_listens, wait_until

PROGRAM = "postfwd2"  # of the two in the package the quicker one, on each count
# At its best: no log, no statistics, no DNS. And it has to look at its rules: it
# would know our request again, which is always the same to it.
OPTIONS = (
    *("--perfmon", "--norulelog", "--norulestats", "--nodns"),
    *("--cache=0", "--no_parent_cache"),
    *("--min_servers=60", "--max_spare_servers=90"),  # a process each connection
)
UNPRIVILEGED = ("--user", "nobody", "--group", "nogroup")


def _command(folder):
    program = shutil.which(PROGRAM, path=SYSTEM_PATH)
    assert program, f"{PROGRAM} is not installed"
    sockets = ("--proto=unix", f"--port={folder}/postfwd", "--server_umask=077")
    cache = (f"--cache_socket=unix::{folder}/cache", "--cache_umask=077")
    files = ("--file", f"{folder}/postfwd.cf", "--pidfile", f"{folder}/postfwd.pid")
    return [program, "--daemon", *UNPRIVILEGED, *sockets, *cache, *files, *OPTIONS]


def _start(folder):
    """It goes into the background; the id of its process group."""
    pid_file = folder / "postfwd.pid"
    try:
        subprocess.run(
            _command(folder),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            check=True,
        )
        wait_until("postfwd has a process id", pid_file.is_file)
        group = int(wait_until("postfwd writes its process id", pid_file.read_text))
        wait_until("postfwd has its process group", lambda: in_group(group))
        return group
    except BaseException:
        kill_all(working_in(folder))
        raise


def _kill(group):
    """It has nothing to save, and takes seconds to end in order."""
    with held_back():
        while processes := in_group(group):
            kill_all(process.pid for process in processes)


@contextmanager
def postfwd(folder, rules):
    """It runs on these rules; its socket. nobody may write into the folder."""
    (folder / "postfwd.cf").write_text(rules)
    socket = folder / "postfwd"
    with ExitStack() as ending:
        with held_back():
            ending.callback(_kill, _start(folder))
        wait_until("postfwd is ready", lambda: somebody_listens(socket))
        yield socket
