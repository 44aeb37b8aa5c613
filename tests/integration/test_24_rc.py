# SPDX-License-Identifier: ISC
"""24. etc/rc.example, for machines without systemd, with paths of the test's own."""

import os
import subprocess

import pytest
from daemons import PROGRAMS, TOP
from harness import deliver_at, due_in
from processes import descendants, in_group, kill_all
from waiting import somebody_listens, wait_until

RC = TOP / "etc/rc.example"
DAEMONS = ("hdrcheck", "policyd")
WRAPPER = '#!/bin/sh\nexec {program} "$@" -d 2>>{log}\n'
RUNS, DOES_NOT_RUN, WRONG_USE = 0, 3, 64
CONFIGURATION_WRONG = 78


class Rc:
    """The script, and the folders it is told to use."""

    def __init__(self, site, folder):
        self._sbin = folder / "sbin"
        self._run = folder / "run"
        self._logs = folder
        self._groups = []
        self._place = site.postfix.folder  # by which left-overs are known
        self._sbin.mkdir()
        for name in DAEMONS:
            self._wrap(name)
        configuration = site.daemons.configuration
        self.environment = {
            "SBIN": self._sbin,
            "CONF": configuration,
            "RUN": self._run,
            "STATE": configuration.parent / "state",
            "SOCKETS": site.postfix.socket_folder,
            "OWNER": "nobody",
        }

    def _wrap(self, name):
        """So that it logs to a file and not to this machine's syslog."""
        wrapper = self._sbin / name
        log = self._logs / f"{name}.log"
        wrapper.write_text(WRAPPER.format(program=PROGRAMS / name, log=log))
        wrapper.chmod(0o755)

    def __call__(self, *words):
        """Run it; its exit code. What it starts goes on in a process group."""
        process = subprocess.Popen(
            [RC, *words],
            env={**os.environ, **{k: str(v) for k, v in self.environment.items()}},
            cwd=self._place,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._groups.append(process.pid)
        return process.wait(30)

    def log(self, name):
        """What that daemon wrote so far."""
        path = self._logs / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def pid_file(self, name):
        """Where the keeper of that daemon is written down."""
        return self._run / f"{name}.pid"

    def keeper(self, name):
        """The process id of the keeper of that daemon."""
        return int(self.pid_file(name).read_text().split()[0])

    def daemon(self, name):
        """The process id of the daemon that runs, once it does."""

        def found():
            """Its first process: the runner of policyd."""
            below = descendants(self.keeper(name))
            return [p.pid for p in below if p.name == name]

        return wait_until(f"{name} runs", found)[0]

    def processes(self):
        """All that run of what was ever started."""
        return [process.pid for group in self._groups for process in in_group(group)]

    def close(self):
        """End all of it."""
        for pid in self.processes():
            kill_all([p.pid for p in descendants(pid)])
        kill_all(self.processes())


@pytest.fixture
def rc(cold_site, tmp_path):
    """The script, and in the end nothing of what it started."""
    one = Rc(cold_site, tmp_path)
    yield one
    one.close()


@pytest.fixture
def started(rc, cold_site):
    """It has started both."""
    assert rc("start") == 0
    folder = cold_site.postfix.socket_folder
    for path in (folder / "socketmap", folder / "policy"):
        wait_until(f"{path} answers", lambda path=path: somebody_listens(path))
    return rc


def test_start_and_stop(started, cold_site):
    """Both run, mail is held and delivered on time; then nothing is left."""
    assert started("status") == RUNS
    due = due_in(1)
    mail = cold_site.send(deliver_at(due))
    cold_site.assert_on_time(mail, due)
    assert started("stop") == 0
    assert started.processes() == []
    assert not started.pid_file("hdrcheck").exists()
    assert started("status") == DOES_NOT_RUN
    assert started("stop") == 0, "there is nothing to stop"
    for name in DAEMONS:
        assert "stopped" in started.log(name)


def test_one_of_them(started):
    """A name behind the verb."""
    hdrcheck = started.daemon("hdrcheck")
    assert started("stop", "policyd") == 0
    assert started("status", "policyd") == DOES_NOT_RUN
    assert started("status", "hdrcheck") == RUNS
    assert started("start", "policyd") == 0
    assert started("status") == RUNS
    assert started.daemon("hdrcheck") == hdrcheck


def test_a_second_start(started):
    """It changes nothing."""
    before = {name: started.daemon(name) for name in DAEMONS}
    assert started("start") == 0
    assert before == {name: started.daemon(name) for name in DAEMONS}


def test_restart(started):
    """Others run then."""
    before = {name: started.daemon(name) for name in DAEMONS}
    assert started("restart") == 0
    for name in DAEMONS:
        assert started.daemon(name) != before[name]


@pytest.mark.parametrize("name", DAEMONS)
def test_killed(started, name):
    """The keeper starts it again."""
    pid = started.daemon(name)
    keeper = started.keeper(name)
    kill_all([pid])
    wait_until(f"another {name} runs", lambda: started.daemon(name) != pid)
    assert started.keeper(name) == keeper


def test_reload(started, cold_site):
    """Both read their files again; files that are wrong are not passed on."""
    before = {name: started.daemon(name) for name in DAEMONS}
    assert started("reload") == 0
    for name in DAEMONS:
        wait_until("read", lambda name=name: "read again" in started.log(name))
    cold_site.daemons.configure(max_postpone="soon")
    assert started("reload") == CONFIGURATION_WRONG
    assert "the old configuration stays" not in started.log("hdrcheck")
    assert before == {name: started.daemon(name) for name in DAEMONS}


def test_wrong_configuration(rc, cold_site):
    """Nothing is started."""
    cold_site.daemons.configure(max_postpone="soon")
    assert rc("start") != 0
    assert rc("status") == DOES_NOT_RUN
    assert rc.processes() == []


def test_it_becomes_wrong(started, cold_site):
    """A daemon that cannot start again is not tried for ever."""
    keeper = started.keeper("hdrcheck")
    cold_site.daemons.configure(max_postpone="soon")
    kill_all([started.daemon("hdrcheck")])
    wait_until("the keeper gives up", lambda: keeper not in started.processes())
    assert started("status", "hdrcheck") == DOES_NOT_RUN


@pytest.mark.parametrize(
    "text", ["{pid}\n1\n", "{pid}\n\n", "{pid}\n", "\n", "", "x\ny\n"]
)
def test_somebody_else(rc, text):
    """Who has got the number of a keeper that is gone is not touched."""
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            rc.environment["RUN"].mkdir()
            rc.pid_file("hdrcheck").write_text(text.format(pid=other.pid))
            assert rc("status", "hdrcheck") == DOES_NOT_RUN
            assert rc("stop", "hdrcheck") == 0
            assert rc("reload", "hdrcheck") != 0
            assert other.poll() is None
        finally:
            other.kill()


def test_folders_are_made(rc):
    """Those that go at a reboot, with their owners."""
    assert rc("start", "hdrcheck") == 0
    run = rc.environment["RUN"].stat()
    assert (run.st_mode & 0o777, run.st_uid) == (0o755, 0)
    state = rc.environment["STATE"]
    assert (state.stat().st_mode & 0o777, state.owner()) == (0o700, "nobody")


@pytest.mark.parametrize("words", [(), ("begin",), ("start", "postfix")])
def test_wrong_use(rc, words):
    """Exit 64, and nothing is done."""
    assert rc(*words) == WRONG_USE
    assert rc.processes() == []
