# SPDX-License-Identifier: ISC
"""16. A thousand connections that do harm: one that behaves hardly notices them.

All places but one are theirs, for each of the protocols. Answers to the client that
was there before come at most LATER times as late as without them, and the daemon's
memory stays below what its manual page says. PYTEST_ADDOPTS=-s JOBS=0 shows the
figures.
"""

import json
import os
import select
import statistics
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest
from harness import open_site
from instance import free_port
from peers import POLICY, SOCKETMAP, TCP_TABLE, Protocol
from processes import bounded_memory, status
from waiting import PATIENCE, wait_until

CONNECTIONS = 1000  # max_connections
LATER = 5
QUIET_SLICES = 3
ATTACK_SLICES = 5
START_S = 20
# What the manual pages say that a connection may take, and what all of them leave.
KIB_A_CONNECTION = {"socketmap": 212, "tcp_table": 468, "policy": 152}
LEFT_MAX_KIB = 4 * 1024
STAYING = ("stall", "trickle", "hoard", "flood", "deaf")
COMING = ("lie", "gigabyte", "half_close", "reset", "come_and_go")
# Said once in the life of a daemon, if at all.
MEANT = (
    "connections are taken, the longest idle one gives way (logged once)",
    "policy: not a request, the connection is closed (logged once)",
)
FOLDER = Path(__file__).parent


@contextmanager
def helper(program, *arguments):
    """A process of our own that ends when its standard input does."""
    command = [sys.executable, str(FOLDER / program), *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Steady:
    """The client that behaves."""

    def __init__(self, process):
        self._process = process

    def measure(self, slices):
        """The medians of p50, p99 and max in microseconds, from now on.

        Medians, as others on this machine delay something now and then.
        """
        now = monotonic()
        heard = []
        while len(heard) < slices:
            line = self._process.stdout.readline()
            assert line, "it has not got its answer"
            one = json.loads(line)
            if one["began"] >= now:
                heard.append(one)
        return {
            name: statistics.median(one[name] for one in heard)
            for name in ("p50", "p99", "max")
        }


@dataclass(frozen=True)
class Service:
    """One listener of a running daemon, and its client that behaves."""

    protocol: Protocol
    address: str
    pid: int
    daemon: object
    steady: Steady

    def anonymous_kib(self):
        """Memory that is in no file."""
        return int(status(self.pid, "RssAnon")[0])

    def sockets(self):
        """How many it has."""
        count = 0
        for descriptor in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it is closed meanwhile
                count += os.readlink(descriptor).startswith("socket:")
        return count

    @contextmanager
    def attacked(self, kind, count=CONNECTIONS - 1):
        """By such a crowd; what that did comes into the dictionary."""
        done = {}
        arguments = kind, self.protocol.name, self.address, count
        with helper("attackers.py", *arguments) as crowd:
            in_place, _, _ = select.select([crowd.stdout], [], [], START_S * PATIENCE)
            assert in_place, "the crowd is not in place"
            assert crowd.stdout.readline() == "attacking\n"
            yield done
            crowd.stdin.close()
            done.update(json.loads(crowd.stdout.readline()))

    @contextmanager
    def logs_only_what_is_meant(self):
        """And that once."""
        before = self.daemon.log()
        yield
        after = self.daemon.log()
        for line in after.removeprefix(before).splitlines():
            (meant,) = (text for text in MEANT if text in line)
            assert after.count(meant) == 1


def prefer(pid):
    """Let a daemon run whenever it has something to do.

    Both in quiet and in attack: others of this machine are to delay neither.
    """
    with suppress(PermissionError):
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(pid, policy, os.sched_param(1))


@pytest.fixture(
    scope="module", params=[SOCKETMAP, TCP_TABLE, POLICY], ids=lambda p: p.name
)
def service(request, shared_postfix, shared_sink):
    """Each of the three protocols, with as many connections as by default."""
    address = f"127.0.0.1:{free_port()}"
    settings = {"tcp_table_listen": f"inet:{address}"}
    with open_site(shared_postfix, shared_sink, **settings) as site:
        for daemon in (site.daemons.hdrcheck, site.daemons.policyd):
            # A sanitizer keeps what was freed: it would look like memory in use.
            options = [os.environ.get("ASAN_OPTIONS", ""), "quarantine_size_mb=1"]
            daemon.environment["ASAN_OPTIONS"] = ":".join(options)
        site.daemons.start()
        hdrcheck, policyd = site.daemons.hdrcheck, site.daemons.policyd
        address, pid, daemon = {
            "socketmap": (site.daemons.socketmap, hdrcheck.pid, hdrcheck),
            "tcp_table": (address, hdrcheck.pid, hdrcheck),
            "policy": (
                shared_postfix.socket_folder / "policy",
                policyd.child().pid,
                policyd,
            ),
        }[request.param.name]
        prefer(pid)
        with helper("steady.py", request.param.name, address) as process:
            yield Service(request.param, str(address), pid, daemon, Steady(process))


def tell(service, kind, quiet, attacked, more):
    """A line of the table of figures."""
    figures = " ".join(f"{quiet[name]:6.0f} {attacked[name]:7.0f}" for name in quiet)
    ratio = attacked["p99"] / quiet["p99"]
    text = f"{service.protocol.name:9} {kind:11} {figures} x{ratio:5.1f} {more}"
    print(f"\n{text}", end="")
    return text


@pytest.mark.parametrize("kind", STAYING + COMING)
def test_crowd(service, kind):
    """It is answered in time; memory has its bound, and comes back."""
    each_kib = KIB_A_CONNECTION[service.protocol.name]
    with service.logs_only_what_is_meant():
        quiet = service.steady.measure(QUIET_SLICES)
        at_first = service.anonymous_kib(), service.sockets()
        with bounded_memory(service.pid, growth_max_kib=CONNECTIONS * each_kib) as growth:
            with service.attacked(kind) as done:
                attacked = service.steady.measure(ATTACK_SLICES)
                there = service.sockets() - at_first[1]
        wait_until("they are gone", lambda: service.sockets() == at_first[1])
    left = service.anonymous_kib() - at_first[0]
    memory = f"{growth[service.pid]:6} {left:5} KiB"
    text = tell(service, kind, quiet, attacked, f"{memory} {done}")
    if kind in STAYING:
        assert there == done["connections"] == CONNECTIONS - 1, text
    else:
        assert done["connections"] > 2 * CONNECTIONS, text
    assert attacked["p99"] <= LATER * quiet["p99"], text
    assert left < LEFT_MAX_KIB, text
