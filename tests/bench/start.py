# SPDX-License-Identifier: ISC
"""From the start of a daemon to its first answer."""

import socket
import subprocess
import time
from contextlib import ExitStack, suppress

from daemons import PROGRAMS
from instance import SYSTEM_PATH
from interrupts import held_back
from lookups import BENCH_PROGRAMS, question_and_answer
from mail import mail_site
from processes import in_group, kill_all
from rulesets import policy_reply, policy_request
from table import ours_below, row
from waiting import wait_until

ROUNDS = 9
LOOK_S = 0.0001
ANSWER_MAX = 4096
TIMEOUT_S = 10
AIM_MS = ours_below(10)


def ask(path, asked):
    """One question to a unix socket that listens; what it answered."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(TIMEOUT_S)
        client.connect(str(path))
        client.sendall(asked.encode())
        return client.recv(ANSWER_MAX).decode()


def ask_as_soon_as_possible(path, asked):
    """The same, of one that does not listen yet."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            return ask(path, asked)
        time.sleep(LOOK_S)
    raise AssertionError(f"{path}: no answer")


def end(process):
    """It and what it started, so that the next can be measured in peace."""
    with held_back():
        process.terminate()
        try:
            process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            kill_all(one.pid for one in in_group(process.pid))
            process.wait()
    wait_until("all of it is gone", lambda: not in_group(process.pid))


def first_answer_ms(command, path, asked, answer):
    """Start it, ask, end it."""
    path.unlink(missing_ok=True)
    with ExitStack() as ending:
        began = time.monotonic()
        with held_back():
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            ending.callback(end, process)
        said = ask_as_soon_as_possible(path, asked)
        took = time.monotonic() - began
    assert said == answer, f"{command[0]} said {said!r}"
    return took * 1000


def postconf_ms(site):
    """What policyd has to know from Postfix first."""
    command = ["postconf", "-c", str(site.postfix.config_folder)]
    began = time.monotonic()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={"PATH": SYSTEM_PATH}
    )
    return (time.monotonic() - began) * 1000


def measure(site):
    """One round: hdrcheck and the echo server, policyd and postconf."""
    daemons, sockets = site.daemons, site.postfix.socket_folder
    options = "-d", "-c", daemons.configuration
    asked, answer = question_and_answer()
    bare = site.postfix.folder / "echo"
    echo = BENCH_PROGRAMS / "echo", f"unix:{bare}"
    dialogue = policy_request(), policy_reply("DUNNO")
    hdrcheck = PROGRAMS / "hdrcheck", *options
    policyd = PROGRAMS / "policyd", *options
    return (
        first_answer_ms(hdrcheck, daemons.socketmap, asked, answer),
        first_answer_ms(echo, bare, asked, asked),
        first_answer_ms(policyd, sockets / "policy", *dialogue),
        postconf_ms(site),
    )


def start():
    """Milliseconds to the first answer."""
    with mail_site() as site:
        rounds = [measure(site) for _ in range(ROUNDS)]
    hdrcheck, echo, policyd, postconf = zip(*rounds)
    yield row("start_ms_hdrcheck", hdrcheck, echo, AIM_MS)
    yield row("start_ms_policyd", policyd, postconf, AIM_MS)
