# SPDX-License-Identifier: ISC
"""29. The status page is a process of its own that can do next to nothing.

Whatever becomes of it, mail is held and released as without it.
"""

import os
import re
import signal
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest
from harness import NO_INOTIFY, deliver_at, due_in
from instance import free_port
from peers import POLICY, Peer
from processes import frozen, in_group, links, running, status
from waiting import somebody_listens, wait_until

AN_HOUR = 3600
OUTLIVE_S = 1.0
MANY = 12  # messages whose lateness is compared
FLOODERS = 6
SLOWER_S = 0.5  # what a flood may cost a message on a machine with few cores
NOTICED_S = 20  # until /healthz tells that hdrcheck is silent
PAGE_NICE = 5
NOBODY = 65534

on_linux = pytest.mark.skipif(
    NO_INOTIFY, reason="elsewhere a process has no name and keeps its files"
)


@pytest.fixture
def port():
    """Where the status page is."""
    return free_port()


@pytest.fixture
def cold_page_site(request, settings, port):
    """A site with a status page, not started."""
    settings["metrics_listen"] = f"inet:127.0.0.1:{port}"
    return request.getfixturevalue("cold_site")


@pytest.fixture
def page_site(cold_page_site, port):
    """A site with a status page, running."""
    cold_page_site.daemons.start()
    wait_until_served(("127.0.0.1", port))
    return cold_page_site


def get(address, path="/healthz"):
    """The status line and the rest of a reply, over a connection of its own."""
    with Peer(address) as peer:
        peer.send(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        reply = peer.receive(1 << 20)
    assert reply.startswith(b"HTTP/1."), reply
    return reply


def wait_until_served(address):
    """The page is there a moment after the policy service."""
    wait_until("the page is there", lambda: somebody_listens(address))
    assert get(address)


def others(policyd):
    """The processes of policyd but the first one."""
    return {p.pid for p in in_group(policyd.pid)} - {policyd.pid}


def are_gone(pids):
    """True when none of these runs."""
    return not [process for process in running() if process.pid in pids]


def of_kind(pid, kind):
    """The sockets or pipes a process has."""
    return {link for link in links(pid).values() if link.startswith(f"{kind}:")}


def flags_of(pid, link):
    """As open(2) knows them."""
    (number,) = (number for number, what in links(pid).items() if what == link)
    info = Path(f"/proc/{pid}/fdinfo/{number}").read_text()
    return int(re.search(r"^flags:\s*(\d+)", info, re.MULTILINE)[1], 8)


def niceness(pid):
    """How much it stands back behind others."""
    return os.getpriority(os.PRIO_PROCESS, pid)


def listening_inode(port):
    """The socket that listens on a port, as links() shows it."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[3] == "0A":
            return f"socket:[{fields[9]}]"
    return None


# What it is


@on_linux
def test_third_process_has_no_privileges(page_site):
    """It is the configured user, with nothing beside that, and stands back."""
    policyd = page_site.daemons.policyd
    page = policyd.page()
    assert page.parent == policyd.pid
    wait_until("there are three", lambda: len(in_group(policyd.pid)) == 3)
    wait_until("it serves", lambda: policyd.logged("status page on"))
    assert status(page.pid, "Uid") == [str(NOBODY)] * 4
    assert len(set(status(page.pid, "Gid"))) == 1
    assert status(page.pid, "Gid")[0] != "0"
    assert status(page.pid, "Groups") == []
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status(page.pid, capabilities)[0], 16) == 0
    assert status(page.pid, "NoNewPrivs") == ["1"]
    limits = Path(f"/proc/{page.pid}/limits").read_text()
    assert re.search(r"^Max processes +0 +0 ", limits, re.MULTILINE)
    assert niceness(page.pid) == min(niceness(policyd.pid) + PAGE_NICE, 19)
    assert niceness(policyd.child().pid) == niceness(policyd.pid)
    # Not dumpable: what is known of it belongs to root.
    assert os.stat(f"/proc/{page.pid}/mem").st_uid == 0


@on_linux
def test_each_process_has_its_own_descriptors(page_site, port):
    """The page has its listener, its pipe and a question; nobody else has these."""
    policyd = page_site.daemons.policyd
    runner, engine, page = policyd.pid, policyd.child().pid, policyd.page().pid
    wait_until("hdrcheck is asked", lambda: len(of_kind(page, "socket")) == 2)
    (pipe,) = of_kind(page, "pipe")
    assert len(links(page)) == 3 + 3 + 2  # the standard ones, and epoll's
    assert listening_inode(port) in of_kind(page, "socket")
    assert pipe in of_kind(engine, "pipe")
    assert pipe not in of_kind(runner, "pipe")
    theirs = of_kind(runner, "socket") | of_kind(engine, "socket")
    assert not of_kind(page, "socket") & theirs
    for pid in (engine, page):
        assert flags_of(pid, pipe) & os.O_NONBLOCK
        assert flags_of(pid, pipe) & os.O_CLOEXEC


@on_linux
def test_it_says_how_it_is_confined(page_site, port):
    """With Landlock where the kernel has it; the log tells where it has not."""
    policyd = page_site.daemons.policyd
    (line,) = wait_until("it is told", lambda: policyd.logged("status page on"))
    assert f"[{policyd.page().pid}]: status page on inet:127.0.0.1:{port}" in line
    assert line.endswith(", without Landlock") is not has_landlock()


def has_landlock():
    """Whether this kernel has it: asked by a call that changes nothing."""
    import ctypes  # pylint: disable=import-outside-toplevel

    create_ruleset, version = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, version) > 0


def test_it_hears_of_both_daemons(page_site, port):
    """All is well soon after the start, and no more without hdrcheck."""
    wait_until("all is well", lambda: b" 200 " in get(("127.0.0.1", port)))
    page_site.daemons.hdrcheck.stop()
    wait_until(
        "that is noticed", lambda: b"hdrcheck:" in get(("127.0.0.1", port)), NOTICED_S
    )
    page_site.daemons.hdrcheck.start()
    wait_until(
        "all is well again", lambda: b" 200 " in get(("127.0.0.1", port)), NOTICED_S
    )


@on_linux  # elsewhere signals come through a pipe
def test_without_it_nothing_is_there(site):
    """metrics_listen is off by default: two processes, and no pipe."""
    policyd = site.daemons.policyd
    wait_until("no command runs", lambda: len(policyd.processes()) == 2)
    engine = policyd.child().pid
    for pid in (policyd.pid, engine):
        wait_until("no command is read from", lambda: not of_kind(pid, "pipe"))
    assert not policyd.logged("status page")


# Where it listens


def test_unix_socket(cold_site):
    """It belongs to whom the other sockets belong to, and can be asked."""
    path = cold_site.postfix.socket_folder / "metrics"
    cold_site.daemons.configure(metrics_listen=f"unix:{path}", socket_mode="0640")
    cold_site.daemons.start()
    wait_until_served(path)
    assert b" 200 " in get(path, "/metrics")
    policy = os.stat(cold_site.postfix.socket_folder / "policy")
    ours = os.stat(path)
    assert (ours.st_uid, ours.st_gid) == (policy.st_uid, policy.st_gid)
    assert ours.st_mode & 0o777 == 0o640


def test_socket_of_a_service_manager(cold_site):
    """By the name metrics, whatever the configuration says."""
    with socket.socket(socket.AF_UNIX) as policy, socket.socket() as metrics:
        policy.bind(str(cold_site.postfix.socket_folder / "policy"))
        metrics.bind(("127.0.0.1", 0))
        for one in (policy, metrics):
            one.listen()
        cold_site.daemons.hdrcheck.start()
        cold_site.daemons.policyd.start(
            inherited=(policy, metrics), LISTEN_FDNAMES="policy:metrics"
        )
        assert get(metrics.getsockname(), "/metrics")
    assert cold_site.daemons.policyd.logged("status page on an inherited socket")


def test_somebody_else_listens_there(cold_page_site, port):
    """Exit 75, and the log says where; to look at the configuration is no matter."""
    policyd = cold_page_site.daemons.policyd
    with socket.create_server(("127.0.0.1", port)):
        result = policyd.run_another()
        assert result.returncode == 75, result.stderr
        assert f"inet:127.0.0.1:{port}: somebody listens there" in result.stderr
        assert policyd.run_another("-n").returncode == 0
    folder = cold_page_site.postfix.socket_folder
    assert not somebody_listens(folder / "policy")


def test_change_needs_a_restart(page_site, settings, port):
    """A reload says so, and the page stays where it is."""
    site, elsewhere = page_site, free_port()
    settings["metrics_listen"] = f"inet:127.0.0.1:{elsewhere}"
    site.daemons.configure(**settings)
    site.daemons.policyd.reload()
    wait_until(
        "the log says so",
        lambda: site.daemons.policyd.logged("change of metrics_listen needs a restart"),
    )
    assert get(("127.0.0.1", port))
    assert not somebody_listens(("127.0.0.1", elsewhere))
    site.daemons.policyd.stop()
    site.daemons.policyd.start()
    wait_until_served(("127.0.0.1", elsewhere))
    assert not somebody_listens(("127.0.0.1", port))


# How it ends


@on_linux
def test_its_end_is_nobody_s_end(page_site, port):
    """Killed, it is gone until a restart; mail and policy go on."""
    site = page_site
    policyd = site.daemons.policyd
    assert get(("127.0.0.1", port))
    due = due_in(2)
    mail = site.send(deliver_at(due))
    os.kill(policyd.page().pid, signal.SIGKILL)
    wait_until(
        "the log says so",
        lambda: policyd.logged(
            "warning: the status page ended with code 137; a restart brings it back"
        ),
    )
    assert not somebody_listens(("127.0.0.1", port))
    with Peer(site.postfix.socket_folder / "policy") as peer:
        peer.ask(POLICY)
    site.assert_on_time(mail, due)
    policyd.reload()
    wait_until("it reads again", lambda: policyd.logged("read again"))
    due = due_in(1)
    site.assert_on_time(site.send(deliver_at(due)), due)
    wait_until("nothing is in its place", lambda: len(others(policyd)) == 1)
    policyd.stop()
    policyd.start()
    wait_until_served(("127.0.0.1", port))


def kill_engine(policyd):
    """kill -9 of the process that does the thinking."""
    os.kill(policyd.child().pid, signal.SIGKILL)
    return 70


def kill_runner(policyd):
    """kill -9 of the root process that starts the others."""
    os.kill(policyd.pid, signal.SIGKILL)
    return -signal.SIGKILL


def stop(policyd):
    """As an administrator does it."""
    os.kill(policyd.pid, signal.SIGTERM)
    return 0


@on_linux
@pytest.mark.parametrize("end", [kill_engine, kill_runner, stop])
@pytest.mark.parametrize("hangs", [False, True])
def test_it_ends_with_the_others(page_site, port, end, hangs):
    """Even where it hangs; nobody listens any more, and a new start can."""
    policyd = page_site.daemons.policyd
    page = policyd.page().pid
    if hangs:
        with frozen(page):
            code = end(policyd)
            assert policyd.wait_for_end() == code
            wait_until("it is gone", lambda: are_gone({page}), OUTLIVE_S)
    else:
        with Peer(("127.0.0.1", port)):  # an open connection is no reason to stay
            code = end(policyd)
            assert policyd.wait_for_end() == code
            wait_until("it is gone", lambda: are_gone({page}), OUTLIVE_S)
    assert not somebody_listens(("127.0.0.1", port))
    assert not policyd.logged("the status page ended")
    policyd.start()
    wait_until_served(("127.0.0.1", port))


# How little it matters


@on_linux
def test_it_hangs(page_site):
    """The engine waits for nobody who does not read what it tells."""
    site = page_site
    with frozen(site.daemons.policyd.page().pid):
        for seconds in (1, 3):
            due = due_in(seconds)
            site.assert_on_time(site.send(deliver_at(due)), due)


def test_a_look_that_hangs(request, settings, standins, port):
    """What is read to be shown, and for nothing else, keeps no news waiting."""
    settings["metrics_listen"] = f"inet:127.0.0.1:{port}"
    settings["status_page_addresses"] = "yes"
    site = request.getfixturevalue("cold_standin_site")
    standins.behave("postcat", "[ $call = 2 ] && read -r line <$never")
    site.daemons.start()
    shown = site.send(deliver_at(due_in(AN_HOUR)))
    standins.wait_for_calls("postcat", 2)
    due = due_in(1)
    site.assert_on_time(site.send(deliver_at(due)), due)
    site.postfix.delete(shown.queue_id)


@contextmanager
def flood(port, path):
    """Connections and requests as fast as may be; how many were answered."""
    ended, answers = threading.Event(), []

    def ask():
        while not ended.is_set():
            try:
                with socket.create_connection(("127.0.0.1", port), 5) as one:
                    one.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 8)
                    answers.append(len(one.recv(65536)))
            except OSError:
                continue  # it had to give way to another

    threads = [threading.Thread(target=ask) for _ in range(FLOODERS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def lateness(site):
    """How late each of some messages left hold, as the log says."""
    due = due_in(2)
    mails = [site.send(deliver_at(due + n % 3)) for n in range(MANY)]
    for mail in mails:
        site.sink.wait_for(mail.recipient)
    lines = wait_until(
        "all are logged as released",
        lambda: [
            line
            for mail in mails
            for line in site.daemons.policyd.logged(rf" {mail.queue_id}: released,")
        ][: len(mails)],
    )
    return [float(re.search(r"late=([\d.]+)s", line)[1]) for line in lines]


@pytest.mark.parametrize("path", ["/", "/metrics"])
def test_flood_of_requests(page_site, port, path):
    """Releases are about as punctual as without it, and lookups are answered."""
    quiet = lateness(page_site)
    with flood(port, path) as answers:
        flooded = lateness(page_site)
    assert len(answers) > MANY and sum(answers) > 0
    # One may wait for a core, most must not.
    assert median(flooded) < median(quiet) + SLOWER_S
    assert get(("127.0.0.1", port))
