# SPDX-License-Identifier: ISC
"""27. policyctl where Postfix's commands fail, and where policyd says odd things."""

import json
import os
import re
import socket
import threading
from contextlib import contextmanager, suppress

import pytest
from control import ask, control_socket
from ctl import NOT_ALL, OK, UNAVAILABLE, Policyctl, on_hold
from harness import deliver_at, due_in

FAR_S = 3600
PROTOCOL_ERROR = 76
FAILS = "echo '{}: fatal: out of order' >&2; exit 1"


@pytest.fixture(name="queue_id")
def _queue_id(cold_standin_site):
    """A message on hold, of a site without policyd."""
    cold_standin_site.daemons.hdrcheck.start()
    mail = cold_standin_site.send(deliver_at(due_in(FAR_S)))
    yield mail.queue_id
    cold_standin_site.postfix.standins.restore()
    for queue_id in on_hold(cold_standin_site):
        cold_standin_site.postfix.delete(queue_id)


@pytest.fixture(name="ctl")
def _ctl(cold_standin_site):
    return Policyctl(cold_standin_site)


# Postfix's commands


@pytest.mark.parametrize("verb, done", [("drop", "dropped"), ("fail", "failed")])
def test_postsuper_fails(cold_standin_site, standins, ctl, queue_id, verb, done):
    """What it said is passed on; the message is where it was."""
    standins.behave("postsuper", FAILS.format("postsuper"))
    said = ctl.fails(NOT_ALL, verb, queue_id)
    assert f"policyctl: {verb}: postsuper: fatal: out of order\n" in said
    assert f"{done} 0 of 1\n{queue_id}: is still on hold\n" in said
    assert list(on_hold(cold_standin_site)) == [queue_id]


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["count"],
        ["timeline"],
        ["show", "ID"],
        ["drop", "ID"],
        ["fail", "--yes", "--sender", "@sender.test"],
        ["release", "ID"],
        ["reschedule", "+1h", "ID"],
    ],
)
def test_the_queue_cannot_be_listed(standins, ctl, queue_id, words):
    """Each verb says why, and does nothing."""
    standins.behave("postqueue", FAILS.format("postqueue"))
    words = [queue_id if word == "ID" else word for word in words]
    said = ctl.fails(UNAVAILABLE, *words)
    assert re.match(rf"policyctl: {words[0]}: postqueue: .*out of order\n$", said)


def test_status_without_queue(standins, ctl, queue_id):
    """It tells what else there is."""
    assert queue_id
    standins.behave("postqueue", FAILS.format("postqueue"))
    said = ctl.fails(NOT_ALL, "status")
    assert "policyctl: status: postqueue: " in said
    assert re.search(r"^hdrcheck +runs: ", said, re.MULTILINE)


def test_the_queue_cannot_be_listed_again(cold_standin_site, standins, ctl, queue_id):
    """Whether it is still that message is not known: it is left alone."""
    fails = FAILS.format("postqueue")
    standins.behave("postqueue", f"[ $call -eq 1 ] || {{ {fails}; }}")
    said = ctl.fails(UNAVAILABLE, "drop", queue_id)
    assert "drop: the queue cannot be listed: postqueue: fatal: out of order" in said
    standins.restore("postqueue")
    assert list(on_hold(cold_standin_site)) == [queue_id]


# policyd


def _serve_one(connection, answers):
    """Its request, and what is to be said to it."""
    # policyctl may hang up before it was told all.
    with connection, connection.makefile("rb") as lines, suppress(OSError):
        verb, *words = lines.readline().decode().split() or [""]
        if verb in ("pause", "reschedule"):
            lines.read(int(words[-1]))
        answer = answers.get(verb, b"")
        if callable(answer):
            answer = answer()
        if answer is None:
            return
        connection.sendall(answer)
        lines.read()  # until it hangs up


def _serve_all(listener, answers):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # the end of the test
        threading.Thread(target=_serve_one, args=(connection, answers)).start()


@contextmanager
def instead_of_policyd(site, **answers):
    """Somebody on its control socket who says that to its verbs; None: the end."""
    path = control_socket(site)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=_serve_all, args=(listener, answers))
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            os.unlink(path)


@pytest.mark.parametrize(
    "answer, code, said",
    [
        (b"ok soon\n", PROTOCOL_ERROR, "policyd gives no such answer"),
        (b"\n", PROTOCOL_ERROR, "policyd gives no such answer"),
        (b"error no room \x1b[2J\n", UNAVAILABLE, "policyd says: no room ?[2J"),
        (None, UNAVAILABLE, "may be done all the same"),
        (b"x" * 70000, UNAVAILABLE, "cannot be asked: Message too long"),
    ],
)
def test_odd_answers_to_reschedule(
    cold_standin_site, ctl, queue_id, answer, code, said
):
    """It does not claim that it was done."""
    with instead_of_policyd(cold_standin_site, reschedule=answer):
        done = ctl.run("reschedule", "+1h", queue_id)
    assert done.returncode == code, done
    assert said in done.stderr
    assert done.stdout == ""


def test_what_left_is_named(cold_standin_site, ctl, queue_id):
    """By policyd, together with ids that nobody asked for."""
    answer = f"ok 0 1 ABCDEF0123 ?? {queue_id} {queue_id}\n".encode()
    with instead_of_policyd(cold_standin_site, reschedule=answer):
        said = ctl.fails(NOT_ALL, "reschedule", "+1h", queue_id)
    assert "rescheduled 0 of 1\n" in said
    assert f"{queue_id}: leaves just now, or has left\n" in said


@pytest.mark.parametrize("gone", [True, False])
def test_what_left_is_not_named(cold_standin_site, standins, ctl, queue_id, gone):
    """By policyd; the queue tells, unless it cannot be listed then."""

    def answer():
        if gone:
            cold_standin_site.postfix.delete(queue_id)
        else:
            standins.behave("postqueue", FAILS.format("postqueue"))
        return b"ok 0 1\n"

    with instead_of_policyd(cold_standin_site, reschedule=answer):
        done = ctl.run("reschedule", "+1h", queue_id)
    if gone:
        assert f"{queue_id}: leaves just now, or has left\n" in done.stdout
        assert done.returncode == NOT_ALL
    else:
        assert "the queue cannot be listed" in done.stderr
        assert (done.returncode, done.stdout) == (UNAVAILABLE, "")


def _event(name, **members):
    return json.dumps({"event": name, **members}, separators=(",", ":")).encode()


def test_faults_and_a_pause_while_it_waits(cold_standin_site, ctl, queue_id):
    """Faults of these messages are passed on, and the pause ends the wait."""
    tail = [
        _event("fault", queue_id="ABCDEF0123", text="of another"),
        _event("fault", queue_id=queue_id, text="of this one"),
        _event("fault", text="of all \x07"),
        _event("fault"),
        _event("released"),
        _event("paused", reason=""),
        b"",
    ]
    answers = {"tail": b"\n".join(tail), "reschedule": b"ok 1 0\n"}
    with instead_of_policyd(cold_standin_site, **answers):
        said = ctl.fails(NOT_ALL, "release", queue_id)
    assert "policyctl: policyd: of this one\n" in said
    assert "policyctl: policyd: of all ?\n" in said
    assert "of another" not in said
    assert f'{queue_id}: policyd was paused: it leaves at "policyctl resume"' in said


@pytest.mark.parametrize("tail", [None, b""])
def test_who_is_not_told_of_events_looks(cold_standin_site, ctl, queue_id, tail):
    """policyd has too many readers, or tells nothing: the queue tells."""

    def answer():
        cold_standin_site.postfix.release(queue_id)
        return b"ok 1 0\n"

    answers = {"tail": tail, "reschedule": answer}
    with instead_of_policyd(cold_standin_site, **answers):
        assert ctl.ok("release", queue_id) == "released 1 of 1\n"


@pytest.mark.parametrize(
    "words, answers, code, said",
    [
        (["--follow"], {"follow": None}, UNAVAILABLE, "this reader is too slow"),
        ([], {"events": None}, OK, ""),
        ([], {"events": b"error too many\n"}, UNAVAILABLE, "policyd says: too many"),
        ([], {"events": b"x" * 70000}, UNAVAILABLE, "events: Message too long"),
    ],
)
def test_odd_ends_of_events(cold_standin_site, ctl, words, answers, code, said):
    """The reader is told why there is no more."""
    with instead_of_policyd(cold_standin_site, **answers):
        done = ctl.run("events", *words)
    assert (done.returncode, done.stdout) == (code, ""), done
    assert said in done.stderr


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_lines_that_are_no_events(cold_standin_site, ctl, words):
    """They are not passed on; those behind them are."""
    paused = _event("paused", time="2026-12-25T09:00:00Z", reason="")
    answers = {"follow": b'hello \x1b[2J\n{"a":1}\n' + paused + b"\n"}
    with instead_of_policyd(cold_standin_site, **answers):
        with ctl.live("events", "--follow", *words) as follow:
            for _ in range(2):
                assert "a line that is no event" in follow.line_with("")
            assert "paused" in follow.line_with("")


@pytest.mark.parametrize(
    "answers, code, said",
    [
        ({"tail": None, "reload": b"ok\n"}, UNAVAILABLE, "policyd ended, or does not"),
        ({"tail": b"", "reload": b"error no\n"}, UNAVAILABLE, "policyd says: no"),
        (
            {"tail": _event("paused") + b"\n" + _event("reload", ok=True) + b"\n"},
            OK,
            "policyd: configuration read again",
        ),
    ],
)
def test_odd_answers_to_reload(cold_standin_site, ctl, answers, code, said):
    """What came of it is not known, or told without words."""
    with instead_of_policyd(cold_standin_site, **{"reload": b"ok\n", **answers}):
        done = ctl.run("reload")
    assert done.returncode == code, done
    assert said in done.stdout + done.stderr


def test_odd_answers_to_status(cold_standin_site, ctl, queue_id):
    """The queue tells what is there."""
    assert queue_id
    with instead_of_policyd(cold_standin_site, status=b"well\n"):
        said = ctl.fails(NOT_ALL, "status")
    assert "policyctl: policyd gives no such answer\n" in said
    assert re.search(r"^waiting +1 ", said, re.MULTILINE)


@pytest.mark.parametrize(
    "words, code", [(["pause"], UNAVAILABLE), (["status"], NOT_ALL)]
)
def test_a_control_socket_that_can_be_none(cold_standin_site, ctl, words, code):
    """That is another thing than a policyd that does not run."""
    path = cold_standin_site.daemons.configuration / "control"
    cold_standin_site.daemons.configure(control_socket=path)
    assert f"control_socket {path}: Not a directory\n" in ctl.fails(code, *words)


def test_check_tells_of_another_version(standin_site):
    """Of a policyd that was not restarted after an upgrade."""
    status = ask(standin_site, "status")
    version = json.loads(status)["version"]
    standin_site.daemons.policyd.stop()
    answer = status.replace(version, "0.0.1").encode() + b"\n"
    with instead_of_policyd(standin_site, status=answer):
        said = Policyctl(standin_site).run("check").stdout
    assert "policyd is version 0.0.1, policyctl is " + version in said


def test_check_where_the_queue_cannot_be_listed(standins, ctl, queue_id):
    """It is one finding among others."""
    assert queue_id
    standins.behave("postqueue", FAILS.format("postqueue"))
    said = ctl.run("check").stdout
    assert "what is on hold cannot be read: postqueue: " in said
