# SPDX-License-Identifier: ISC
"""A private postsrsd, Debian's address rewriter: the yardstick of tcp_table."""

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

from daemons import PROGRAMS
from instance import SYSTEM_PATH, free_port
from interrupts import held_back
from processes import in_group, kill_all
from waiting import somebody_listens, wait_until

UNPACKED = PROGRAMS.parent / "postsrsd/usr/sbin/postsrsd"
ADDRESS = "ann.lee@branch.test"
DOMAIN = "srs.test"
REWRITTEN = "200 SRS0="
ANSWER_TIMEOUT_S = 5


def _program():
    named = os.environ.get("POSTSRSD") or shutil.which("postsrsd", path=SYSTEM_PATH)
    program = Path(named or UNPACKED).resolve()
    assert program.is_file(), "postsrsd is not there: make bench fetches it"
    return program


def _command(folder, forward, reverse):
    secret = folder / "secret"
    secret.write_text("of the bench\n")
    ports = f"-f{forward}", f"-r{reverse}", "-l127.0.0.1", "-4"
    return [_program(), f"-s{secret}", f"-d{DOMAIN}", *ports, "-unobody"]


def _kill(group):
    """It has a process for each connection."""
    with held_back():
        while processes := in_group(group):
            kill_all(process.pid for process in processes)


def _question_and_answer(port):
    """What it answers depends on the day."""
    asked = f"get {ADDRESS}\n"
    with socket.create_connection(("127.0.0.1", port), ANSWER_TIMEOUT_S) as client:
        client.sendall(asked.encode())
        answer = client.makefile().readline()
    assert answer.startswith(REWRITTEN), f"postsrsd says {answer!r}"
    return asked, answer


@contextmanager
def postsrsd(folder):
    """It runs; its address, a question, and the answer to it."""
    forward, reverse = free_port(), free_port()
    with ExitStack() as ending:
        with held_back():
            command = _command(folder, forward, reverse)
            server = subprocess.Popen(command, start_new_session=True)
            ending.callback(server.wait)
            ending.callback(_kill, server.pid)
        wait_until(
            "postsrsd is ready", lambda: somebody_listens(("127.0.0.1", forward))
        )
        yield f"inet:127.0.0.1:{forward}", *_question_and_answer(forward)
