# SPDX-License-Identifier: ISC
"""30. What each process may do and has open: no more than it needs (I10).

The status page's process is looked at where it is tested.
"""

import re
import subprocess
from pathlib import Path

import pytest
from daemons import PROGRAMS
from harness import NO_INOTIFY, deliver_at, due_in
from instance import free_port
from processes import links, status
from waiting import wait_until

NOBODY = "65534"
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")
STANDARD = 3  # descriptors
EPOLL = ["eventpoll"] * 2  # of each loop
TIMEOUT_S = 30

pytestmark = pytest.mark.skipif(
    NO_INOTIFY, reason="elsewhere signals and news have other descriptors"
)


def listening():
    """The paths of unix sockets, by what links() shows of them."""
    rows = map(str.split, Path("/proc/net/unix").read_text().splitlines()[1:])
    return {f"socket:[{row[6]}]": row[7] for row in rows if len(row) > 7}


def described(site, pid):
    """What a process has open beside the standard ones, in words; sorted."""
    paths = listening()
    folder = str(site.postfix.queue_folder)

    def word(link):
        link = paths.get(link, link)
        link = re.sub(r"^(socket|pipe):.*", r"\1", link)
        return link.removeprefix("anon_inode:").strip("[]").replace(folder, "queue")

    return sorted(word(link) for fd, link in links(pid).items() if fd >= STANDARD)


def assert_has(site, pid, *expected):
    """It has just these open, once nobody is being asked or answered."""
    expected = sorted(expected)
    wait_until(
        f"{expected}, not {described(site, pid)}",
        lambda: described(site, pid) == expected,
    )


def assert_unprivileged(pid):
    """It is the configured user, without a way back."""
    assert status(pid, "Uid") == [NOBODY] * 4
    assert len(set(status(pid, "Gid"))) == 1
    assert status(pid, "Gid")[0] != "0"
    assert status(pid, "Groups") == []
    for capabilities in CAPABILITIES:
        assert int(status(pid, capabilities)[0], 16) == 0
    assert status(pid, "NoNewPrivs") == ["1"]
    # Not dumpable: what is known of it belongs to root.
    assert Path(f"/proc/{pid}/mem").stat().st_uid == 0


# What root may not do in a container without these capabilities.
STUCK = ["setpriv", "--bounding-set=-setuid,-setgid", "--"]


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["hdrcheck", "-d"], 71, "cannot become user nobody: Operation not permitted"),
        (["hdrcheck", "-q", "X: y"], 71, "cannot give up being root: Operation not"),
        (["policyd", "-d"], 70, "cannot become user nobody: Operation not permitted"),
    ],
)
def test_who_cannot_give_up_root_does_not_work(cold_site, words, code, said):
    """What strangers write is never read as root."""
    program, *arguments = words
    cold_site.daemons.configure(
        socketmap_listen=f"inet:127.0.0.1:{free_port()}",
        policy_listen=f"inet:127.0.0.1:{free_port()}",
    )
    configuration = ["-c", cold_site.daemons.configuration]
    done = subprocess.run(
        [*STUCK, PROGRAMS / program, *configuration, *arguments],
        capture_output=True,
        text=True,
        cwd="/",
        timeout=TIMEOUT_S,
    )
    assert (done.returncode, done.stdout) == (code, ""), done
    assert said in done.stderr


def test_hdrcheck(site):
    """A listener, and how it hears of signals."""
    pid = site.daemons.hdrcheck.pid
    assert_unprivileged(pid)
    assert_has(site, pid, *EPOLL, "signalfd", "queue/deliver-at/socketmap")


def test_engine(site):
    """What it serves, the runner, and news of the hold queue; not the queue."""
    pid = site.daemons.policyd.child().pid
    assert_unprivileged(pid)
    assert_has(
        site,
        pid,
        *EPOLL,
        "inotify",
        "queue/deliver-at/policy",
        "socket",  # the runner
        str(site.daemons.control_socket),
    )


def test_runner(site):
    """Root has the engine, and the lock; nothing that strangers could reach."""
    pid = site.daemons.policyd.pid
    assert status(pid, "Uid") == ["0"] * 4
    assert_has(site, pid, *EPOLL, "queue/hold", "signalfd", "socket")


# What a command of Postfix finds, before it is that command.
TELL = """\
{{ grep -E '^(Uid|Groups|CapEff):' /proc/$$/status
echo environment: $(tr '\\0' ' ' </proc/$$/environ)
for fd in /proc/$$/fd/*; do
    case $fd in *"/*") continue ;; esac
    echo "fd: ${{fd##*/}} $(readlink $fd)"
done; echo told; }} >>{told}"""


def whole(text):
    """What was told to its end, be it more than once."""
    return "".join(re.findall(r".*?^told\n", text, re.M | re.S))


@pytest.mark.settings(sweep_interval="1s")
@pytest.mark.parametrize(
    "name, as_root",
    [("postqueue", True), ("postcat", False), ("postsuper", True), ("postkick", False)],
)
def test_commands(standin_site, standins, name, as_root):
    """Each as the user it needs, with its pipes, and nothing else of ours."""
    site = standin_site
    told = site.postfix.folder / "told"
    told.touch()
    told.chmod(0o666)
    standins.behave(name, TELL.format(told=told))
    due = due_in(1)
    mail = site.send(deliver_at(due))
    site.assert_delivered_once(mail, due)
    text = wait_until("it tells", lambda: whole(told.read_text()))
    told.unlink()
    uid = 0 if as_root else site.postfix.mail_owner_uid
    assert set(re.findall(r"^Uid:\t(.*)", text, re.M)) == {"\t".join([str(uid)] * 4)}
    if not as_root:
        assert set(re.findall(r"^CapEff:\t(\w+)", text, re.M)) == {"0" * 16}
    environments = set(re.findall(r"^environment: (.*)", text, re.M))
    assert environments <= {"LC_ALL=C", "LC_ALL=C TZ=UTC"}
    open_ones = re.findall(r"^fd: (\d+) (.*)", text, re.M)
    # The shell has its script, and the file that it tells to.
    ours = [link for _, link in open_ones if str(site.postfix.folder) not in link]
    assert ours
    assert all(re.match(r"(pipe:|/dev/null)", link) for link in ours), open_ones
    assert {int(fd) for fd, _ in open_ones} >= set(range(STANDARD))
