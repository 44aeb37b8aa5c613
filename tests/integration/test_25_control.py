# SPDX-License-Identifier: ISC
"""25. The control socket: pause, moments of messages, status; all through kill -9."""

import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import time

import pytest
from control import (
    Control,
    arrival,
    ask,
    control_socket,
    following,
    overrides,
    pause,
    request,
    reschedule,
    resume,
    state_file,
    status,
    sweep,
    walk,
)
from daemons import Daemon
from harness import deliver_at, due_in, open_site
from peers import Peer
from test_17_service_managers import listening
from waiting import wait_for_clock, wait_until

FAR_S = 3600
CONNECT = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG = 73, 75, 78


@pytest.fixture(name="site")
def started_site(cold_site):
    """The shared Postfix with daemons that have read their state."""
    cold_site.daemons.hdrcheck.start()
    start_policyd(cold_site)
    return cold_site


def start_policyd(site):
    """Start it; returns when it has read its state and is at work."""
    started = len(site.daemons.policyd.logged("started, version"))
    site.daemons.policyd.start()
    wait_until(
        "policyd is at work",
        lambda: len(site.daemons.policyd.logged("started, version")) > started,
    )


def restart_hard(site):
    """kill -9 of policyd, and a new one."""
    site.daemons.policyd.kill()
    start_policyd(site)


def refused_start(site):
    """A start that ends by itself: its exit code and what it said."""
    done = site.daemons.policyd.run_another()
    return done.returncode, done.stderr


# The socket


def test_the_socket_is_roots_alone(site):
    """0600, and nobody else gets in."""
    path = control_socket(site)
    found = path.stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (0, 0o600)
    command = [sys.executable, "-c", CONNECT, str(path)]
    assert subprocess.run(command, check=False).returncode == 0
    done = subprocess.run(
        command, check=False, user="nobody", capture_output=True, text=True
    )
    assert "PermissionError" in done.stderr


def test_its_folder_is_made(cold_site, tmp_path):
    """Where only that one is missing; as /run is empty when a machine starts."""
    site = cold_site
    folder = tmp_path / "run"
    site.daemons.configure(control_socket=folder / "control")
    os.umask(0o077)
    site.daemons.policyd.start()
    os.umask(0o022)
    assert (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode)) == (0, 0o755)
    with Control(folder / "control") as control:
        assert control.ask("sweep") == "ok"


def test_its_folder_cannot_be_made(cold_site, tmp_path):
    """The error names what makes it."""
    site = cold_site
    folder = tmp_path / "a" / "b"
    site.daemons.configure(control_socket=folder / "control")
    code, said = refused_start(site)
    assert code == EX_CANTCREAT
    assert f"{folder}/control: its folder cannot be used: No such file" in said
    assert "policyctl setup" in said
    assert not folder.exists()


def test_what_is_no_socket_stays(cold_site):
    """A file in its place is not removed."""
    site = cold_site
    control_socket(site).write_text("precious")
    code, said = refused_start(site)
    assert code == EX_CANTCREAT
    assert "exists and is not a socket" in said
    assert control_socket(site).read_text() == "precious"


def test_another_listens_there(cold_site):
    """Of two for different queues the second one does not start."""
    site = cold_site
    with listening(control_socket(site)):
        code, said = refused_start(site)
    assert code == EX_TEMPFAIL
    assert f"{control_socket(site)}: somebody listens there already" in said


def test_a_stale_one_is_replaced(site):
    """As after a kill -9."""
    restart_hard(site)
    assert status(site)["paused"] is None


def test_it_may_be_inherited(cold_site, tmp_path):
    """Under the name control, whatever its place among the sockets."""
    site = cold_site
    here = tmp_path / "somewhere"
    policy = site.postfix.socket_folder / "policy"
    with listening(here) as control, listening(policy) as other:
        site.daemons.policyd.start((control, other), LISTEN_FDNAMES="control:policy")
    with Control(here) as control:
        assert control.ask("sweep") == "ok"
    assert not control_socket(site).exists()


GARBAGE = (
    b"\n",
    b"\0" * 500,
    b"x" * 100_000,
    b"GET / HTTP/1.1\r\n\r\n",
    b"pause 18446744073709551616\n",
    b"pause -1\n",
    b"pause 1025\n" + b"x" * 1025,
    b"reschedule now 48000001\n",
    b"reschedule later 0\n",
    b"reschedule 9223372036854775807 0\n",
    b"status status\n",
    b"follow 1\n",
    b"\xff\xfe" * 64,
)


def test_garbage(site):
    """Answered by an error and the end; the daemon goes on."""
    before = site.daemons.policyd.child().pid
    for garbage in GARBAGE:
        with Control(control_socket(site)) as control:
            try:
                control.send(garbage)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert control.read_line() == "error not a request"
    dice = random.Random(25)
    for _ in range(300):
        with Peer(control_socket(site)) as peer:
            peer.send_what_fits(dice.randbytes(dice.randrange(1, 2000)))
    for line in (b"reschedule now 99\nABCDEF 1\n", b"pause 9\nhalf", b"stat"):
        for _ in range(20):
            with Peer(control_socket(site)) as peer:
                peer.send(line)
    assert status(site)["paused"] is None
    assert site.daemons.policyd.child().pid == before


def test_a_list_with_a_mistake(site):
    """Nothing of it is done."""
    mail = site.send(deliver_at(due_in(FAR_S)))
    body = f"{mail.queue_id} {arrival(site, mail)}\nwhat\n".encode()
    answer = ask(site, "reschedule now", body)
    assert answer == "error not a list of messages; nothing is changed"
    assert not state_file(site, "overrides").exists()
    site.assert_stays_held(mail)
    site.discard(mail)


def test_a_large_list(site):
    """A hundred thousand in one request: taken, written once, and forgotten."""
    count = 100_000
    body = b"".join(b"X%08dZ 1700000000\n" % number for number in range(count))
    with Control(control_socket(site)) as control:
        control.send(request("reschedule never", body))
        assert control.read_line() == f"ok {count} 0"
    assert status(site)["rescheduled"] == count

    def all_forgotten():
        walk(site)
        return state_file(site, "overrides").read_bytes().count(b"\n") == 1

    wait_until("all is forgotten", all_forgotten, 30)
    site.assert_passes_at_once(site.send())


# Pause


@pytest.mark.parametrize("end", [Daemon.kill, Daemon.stop])
def test_paused_through_a_restart(site, end):
    """Nothing leaves until it is resumed, and then all."""
    due = due_in(2)
    mails = [site.send(deliver_at(due)) for _ in range(3)]
    pause(site, b"the relay moves")
    end(site.daemons.policyd)
    start_policyd(site)
    assert site.daemons.policyd.logged(
        r"started, version .*, paused since \S+Z: the relay moves$"
    )
    wait_for_clock(due + 1)
    walk(site)
    told = status(site)
    assert told["paused"]["reason"] == "the relay moves"
    assert (told["waiting"], told["overdue"]) == (3, 3)
    assert told["oldest_overdue"] >= 1
    for mail in mails:
        site.assert_held(mail)
    resume(site)
    for mail in mails:
        site.sink.wait_for(mail.recipient)
        site.assert_once(mail.recipient)
    assert status(site)["paused"] is None
    assert not state_file(site, "paused").exists()
    for line in ("paused: the relay moves", "resumed"):
        assert len(site.daemons.policyd.logged(rf"\]: {line}$")) == 1


def test_mail_passes_while_it_is_paused(site):
    """The brake is for postponed mail alone; new postponed mail waits."""
    pause(site)
    site.assert_passes_at_once(site.send())
    mail = site.send(deliver_at(due_in(1)))
    site.assert_held(mail)
    resume(site)
    site.sink.wait_for(mail.recipient)


def test_killed_right_after_the_answer(site):
    """ok means that it is on the disk."""
    due = due_in(8)
    mail = site.send(deliver_at(due))
    for _ in range(3):
        pause(site, b"why")
        restart_hard(site)
        assert status(site)["paused"]["reason"] == "why"
        resume(site)
        restart_hard(site)
        assert status(site)["paused"] is None
    site.assert_on_time(mail, due)


# Moments of messages


def wait_until_forgotten(site, *mails):
    """After walks that do not show them the file has no line of these."""
    gone = {mail.queue_id for mail in mails}

    def is_forgotten():
        sweep(site)
        return not gone & set(overrides(site))

    wait_until("they are forgotten", is_forgotten, 20)


def test_earlier_and_later_through_kill(site):
    """Several rounds of a change and a kill -9 right behind its answer."""
    far = due_in(FAR_S)
    for _ in range(4):
        first, last = due_in(3), due_in(5)
        earlier, later = site.send(deliver_at(far)), site.send(deliver_at(first))
        assert reschedule(site, first, earlier) == "ok 1 0"
        assert reschedule(site, last, later) == "ok 1 0"
        site.daemons.policyd.kill()
        assert overrides(site) == {
            earlier.queue_id: str(first),
            later.queue_id: str(last),
        }
        start_policyd(site)
        assert time.time() < first, "the restart took too long to tell anything"
        site.assert_on_time(earlier, first)
        site.assert_on_time(later, last)
        wait_until_forgotten(site, earlier, later)


def test_now(site):
    """It leaves at once."""
    mails = [site.send(deliver_at(due_in(FAR_S))) for _ in range(3)]
    before = time.time()
    assert reschedule(site, "now", *mails) == "ok 3 0"
    for mail in mails:
        site.assert_soon(before, site.sink.wait_for(mail.recipient).began, 1)
        site.assert_once(mail.recipient)
        assert site.daemons.policyd.logged(f"{mail.queue_id}: rescheduled, due=")


def test_never_and_again(site):
    """Longer than its header says, until somebody says otherwise."""
    due = due_in(2)
    mail = site.send(deliver_at(due))
    assert reschedule(site, "never", mail) == "ok 1 0"
    restart_hard(site)
    site.assert_stays_held(mail, after=due)
    assert status(site)["frozen"] == 1
    assert reschedule(site, "now", mail) == "ok 1 0"
    site.sink.wait_for(mail.recipient)
    site.assert_once(mail.recipient)


def test_too_late(site):
    """What has left by our hand is told of."""
    mail = site.send(deliver_at(due_in(FAR_S)))
    other = site.send(deliver_at(due_in(FAR_S)))
    when = arrival(site, mail)
    reschedule(site, "now", mail)
    site.sink.wait_for(mail.recipient)
    body = f"{mail.queue_id} {when}\n{other.queue_id} {arrival(site, other)}\n"
    answer = ask(site, "reschedule never", body.encode())
    # Once it is seen to be gone, nothing is known of it any more.
    assert answer in (f"ok 1 1 {mail.queue_id}", "ok 2 0")
    site.discard(other)


def test_foreign_mail_is_left_alone(site):
    """An administrator's hold is no business of ours, whatever is asked."""
    mail = site.send_and_defer()
    site.postfix.hold(mail.queue_id)
    reschedule(site, "now", mail)
    site.assert_stays_held(mail)
    site.discard(mail)


@pytest.mark.parametrize("due", [5, "never"])
def test_follows_a_requeue(site, due):
    """postsuper -r gives a new id, which is held by the header's date."""
    mail = site.send(deliver_at(due_in(FAR_S)))
    moment = due if due == "never" else due_in(due)
    assert reschedule(site, moment, mail) == "ok 1 0"
    site.postfix.requeue(mail.queue_id)
    site.postfix.wake_pickup()
    anew = site.wait_until_held_anew(mail)
    wait_until("it is followed", lambda: anew.queue_id in overrides(site))
    assert overrides(site)[anew.queue_id] == str(moment)
    restart_hard(site)
    if due == "never":
        site.assert_stays_held(anew)
        site.discard(anew)
    else:
        site.assert_on_time(anew, moment)


def test_a_requeue_asks_anew(site):
    """Once its own date is over nothing holds it any more, as the manual says."""
    first = due_in(3)
    mail = site.send(deliver_at(first))
    assert reschedule(site, due_in(FAR_S), mail) == "ok 1 0"
    wait_for_clock(first + 1)
    assert site.is_held(mail)
    site.postfix.requeue(mail.queue_id)
    site.postfix.wake_pickup()
    site.sink.wait_for(mail.recipient)
    wait_until_forgotten(site, mail)


def test_forgotten_when_gone(site):
    """However it went: the file has no line of it any more."""
    far = due_in(FAR_S)
    mails = [site.send(deliver_at(far)) for _ in range(4)]
    out, gone, left, stays = mails
    assert reschedule(site, far + 60, *mails) == "ok 4 0"
    assert len(overrides(site)) == 4
    site.postfix.delete(gone.queue_id)
    site.postfix.release(left.queue_id)
    reschedule(site, "now", out)
    site.sink.wait_for(out.recipient)
    site.sink.wait_for(left.recipient)

    wait_until_forgotten(site, out, gone, left)
    assert set(overrides(site)) == {stays.queue_id}
    assert status(site)["rescheduled"] == 1
    site.discard(stays)


# Status and reload


def test_status_counts(site):
    """What it says is what was done."""
    site.discard(site.send(deliver_at(due_in(FAR_S))))
    now, far = due_in(1), due_in(FAR_S)
    leaving = [site.send(deliver_at(now)) for _ in range(3)]
    waiting = [site.send(deliver_at(far + number)) for number in range(4)]
    foreign = site.send_and_defer(deliver_at(time.time() - 60))
    site.postfix.hold(foreign.queue_id)
    for mail in leaving:
        site.sink.wait_for(mail.recipient)
    reschedule(site, "never", waiting[3])
    for _ in range(2):
        walk(site)
    told = status(site)
    assert told["pid"] == site.daemons.policyd.child().pid
    assert (told["waiting"], told["frozen"], told["foreign"]) == (3, 1, 1)
    assert (told["overdue"], told["oldest_overdue"]) == (0, None)
    assert (told["unreadable"], told["unread"], told["rescheduled"]) == (0, 0, 1)
    sizes = sum(
        site.postfix.find(mail.recipient)["message_size"] for mail in waiting[:3]
    )
    assert told["waiting_bytes"] == sizes
    assert told["next_due"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(far))
    assert told["released"] == {"release": 3, "requeue": 0}
    assert told["last_walk"]["ok"] and told["walks"] >= 3
    assert 0 <= told["late"]["median"] <= told["late"]["p99"] <= 2
    site.discard(*waiting, foreign)


def test_reload(site):
    """As SIGHUP; what comes of it is told."""
    site.daemons.configure(sweep_interval="33s")
    with following(site) as control:
        assert ask(site, "reload") == "ok"
        assert '"ok":true' in control.read_line()
        site.daemons.configure(sweep_interval="soon")
        assert ask(site, "reload") == "ok"
        line = control.read_line()
        assert '"ok":false' in line and "sweep_interval" in line
    assert len(site.daemons.policyd.logged("configuration read again")) == 1


# The folder of the state


def test_the_folder_is_missing(cold_site):
    """A word at the start; all but what must be kept is done."""
    site = cold_site
    site.daemons.state_folder.rmdir()
    site.daemons.hdrcheck.start()
    start_policyd(site)
    assert site.daemons.policyd.logged("state_directory .* is missing: .*policyctl")
    answer = ask(site, "pause", b"")
    assert answer.startswith("error ") and "policyctl setup makes the folder" in answer
    due = due_in(2)
    mail = site.send(deliver_at(due))
    answer = reschedule(site, "never", mail)
    assert answer.startswith("error ") and "policyctl setup makes the folder" in answer
    assert status(site)["rescheduled"] == 0
    site.assert_on_time(mail, due)


def assert_nothing_can_be_kept(site, why):
    """Neither is done, both are told of, and mail leaves as it would have."""
    due = due_in(2)
    mail = site.send(deliver_at(due))
    for answer in (ask(site, "pause", b"x" * 200), reschedule(site, "never", mail)):
        assert answer.startswith(f"error {site.daemons.state_folder}/"), answer
        assert why in answer
    assert status(site)["paused"] is None
    assert not list(site.daemons.state_folder.glob("*.new"))
    site.assert_on_time(mail, due)


def test_the_folder_is_not_ours(site):
    """It is another user's."""
    shutil.chown(site.daemons.state_folder, "root")
    site.daemons.state_folder.chmod(0o755)
    assert_nothing_can_be_kept(site, "Permission denied")


def test_the_disk_is_full(site):
    """What was kept before stays as it was."""
    folder = site.daemons.state_folder
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "full", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount")
    try:
        mail = site.send(deliver_at(due_in(FAR_S)))
        assert reschedule(site, "never", mail) == "ok 1 0"
        before = state_file(site, "overrides").read_text()
        with open(folder / "ballast", "wb", buffering=0) as ballast:
            with pytest.raises(OSError):
                while True:
                    ballast.write(b"x" * 4096)
        assert_nothing_can_be_kept(site, "No space left on device")
        assert state_file(site, "overrides").read_text() == before
        site.discard(mail)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    "name, content", [("paused", "yes\n"), ("overrides", "deliver-at overrides 0\n")]
)
def test_what_cannot_be_understood_stops_the_start(site, name, content):
    """An administrator's word is not forgotten: no mail leaves by mistake."""
    due = due_in(2)
    mail = site.send(deliver_at(due))
    site.daemons.policyd.kill()
    state_file(site, name).write_text(content)
    shutil.chown(state_file(site, name), "nobody")
    code, said = refused_start(site)
    assert code == EX_CONFIG
    assert f"{state_file(site, name)}:" in said and "remove it" in said
    wait_for_clock(due + 1)
    site.assert_held(mail)
    state_file(site, name).unlink()
    site.daemons.policyd.start()
    site.sink.wait_for(mail.recipient)


def test_a_check_does_not_touch_it(site):
    """policyd -n neither reads the state nor takes the socket."""
    state_file(site, "paused").write_text("yes\n")
    state_file(site, "overrides").write_text("what\n")
    done = site.daemons.policyd.run_another("-n")
    assert done.returncode == 0, done
    state_file(site, "paused").unlink()
    assert state_file(site, "overrides").read_text() == "what\n"
    assert status(site)["paused"] is None


def test_two_instances_do_not_mix(shared_postfix, shared_sink):
    """A socket that is asked for by its path alone is the one of that policyd."""
    with open_site(shared_postfix, shared_sink) as site:
        start_policyd(site)
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(str(control_socket(site)))
        assert status(site)["pid"] == site.daemons.policyd.child().pid
