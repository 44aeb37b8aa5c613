# SPDX-License-Identifier: ISC
"""12. More than one Postfix instance, each with its own hdrcheck and policyd."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import deliver_at, due_in, message, open_site, private_site
from instance import SYSTEM_PATH, Postfix
from interrupts import held_back
from waiting import wait_for_clock, wait_until

DEFAULT_FOLDER = "/etc/postfix"
# What postfix(1) wants beside main.cf, where the distribution keeps it there
META_FILES = ("postfix-files", "postfix-script", "post-install", "dynamicmaps.cf")
META_FOLDERS = ("postfix-files.d", "dynamicmaps.cf.d")
PRIMARY = """\
multi_instance_enable = yes
multi_instance_wrapper = ${{command_directory}}/postmulti -p --
multi_instance_directories = {second}
"""
SECOND = """\
multi_instance_enable = yes
multi_instance_name = postfix-second
"""


def as_default_instance(folder, *command):
    """Run a command to which the configuration in folder is the default one.

    postmulti takes no other for its primary. The bind mount is in a name space of
    its own: nobody but the command and what it starts can see it.
    """
    script = f'mount --bind "$0" {DEFAULT_FOLDER} && exec "$@"'
    env = dict(os.environ, PATH=SYSTEM_PATH, LC_ALL="C", TZ="UTC")
    env.pop("MAIL_CONFIG", None)
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, str(folder), *command],
        env=env,
        capture_output=True,
        start_new_session=True,
        timeout=60,
    )


def make_multi_instance(primary, second):
    """Make second known to primary, as `postmulti -e create` would."""
    for name in META_FILES + META_FOLDERS:
        source = Path(DEFAULT_FOLDER) / name
        if source.is_file():
            shutil.copy(source, primary.config_folder)
        elif source.is_dir():
            shutil.copytree(source, primary.config_folder / name)
    with open(primary.config_folder / "main.cf", "a") as main_cf:
        main_cf.write(PRIMARY.format(second=second.config_folder))
    with open(second.config_folder / "main.cf", "a") as main_cf:
        main_cf.write(SECOND)


@contextmanager
def managed_sites(sink):
    """Two instances of one Postfix; a single `postfix start` starts them both."""
    if as_default_instance(DEFAULT_FOLDER, "true").returncode != 0:
        pytest.skip("a mount name space is not allowed here")
    with Postfix(sink.port) as primary, Postfix(sink.port) as second:
        make_multi_instance(primary, second)
        with held_back():
            done = as_default_instance(primary.config_folder, "postfix", "start")
        assert done.returncode == 0, done
        for postfix in (primary, second):
            wait_until("it takes mail", postfix.takes_mail)
        with open_site(primary, sink) as one, open_site(second, sink) as other:
            one.daemons.start()
            other.daemons.start()
            yield one, other


@contextmanager
def separate_sites(sink):
    """Two instances that know nothing of each other."""
    with private_site(sink) as one, private_site(sink) as other:
        yield one, other


@pytest.fixture(
    scope="module",
    params=[separate_sites, managed_sites],
    ids=["separate", "multi_instance_directories"],
)
def two_sites(request, shared_sink):
    """Two instances, each with its own daemons."""
    with request.param(shared_sink) as sites:
        yield sites


def assert_released_by_its_own(site, others, mail):
    """The policyd of its own instance released it; the other knows nothing of it."""
    assert site.daemons.policyd.logged(f"{mail.queue_id}: released")
    assert not others.daemons.policyd.logged(mail.queue_id)


def test_each_releases_its_own(two_sites):
    """In both directions, at the same moment."""
    one, other = two_sites
    due = due_in(2)
    mails = [(one, other, one.send(deliver_at(due))) for _ in range(3)]
    mails += [(other, one, other.send(deliver_at(due))) for _ in range(3)]
    for site, _, mail in mails:
        site.assert_held(mail)
    for site, others, mail in mails:
        site.assert_on_time(mail, due)
        assert_released_by_its_own(site, others, mail)


def test_one_pair_killed(two_sites):
    """The other instance notices nothing; mail of the first waits for its own."""
    one, other = two_sites
    due = due_in(2)
    stranded, mail = one.send(deliver_at(due)), other.send(deliver_at(due))
    one.daemons.hdrcheck.kill()
    one.daemons.policyd.kill()
    assert one.submit(message(deliver_at(due))).code == 451
    other.assert_held(other.send(deliver_at(due)))
    other.assert_on_time(mail, due)
    wait_for_clock(due + 1)
    one.assert_held(stranded)
    one.daemons.start()
    one.assert_delivered_once(stranded, due)
    one.assert_queue_empty()
    other.assert_queue_empty()
