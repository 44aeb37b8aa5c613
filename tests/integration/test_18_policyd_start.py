# SPDX-License-Identifier: ISC
"""18. policyd as a command: where it does not start, and says why."""

import subprocess

import pytest
from daemons import PROGRAMS
from setups import Configuration

OK, WRONG_USE, NO_USER, UNAVAILABLE, NOT_ROOT, BAD = 0, 64, 67, 69, 77, 78
TIMEOUT_S = 30
STRANGE_OWNER = "mail_owner = no-such-user\n"
STRANGE_ZONE = "import_environment = TZ=CET PATH\n"
NOT_LOOKED_AT = "the files are right, but what is on hold cannot be looked at\n"


@pytest.fixture(name="make")
def _make(tmp_path):
    """Makes a configuration of Postfix, which does not run, and one for policyd."""

    def make_it(main_cf="", **settings):
        site = Configuration(tmp_path, main_cf, **settings)
        site.cool()
        return site

    return make_it


def policyd(file, *options, before=()):
    """Run it; what became of that. It does not stay."""
    return subprocess.run(
        [*before, PROGRAMS / "policyd", "-c", file, *options],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        cwd="/",
    )


@pytest.mark.parametrize(
    "main_cf, settings, code, said",
    [
        (STRANGE_OWNER, {}, BAD, "mail_owner no-such-user: no such user"),
        (STRANGE_ZONE, {}, BAD, "Postfix's import_environment sets TZ"),
        ("", {"postfix_config_directory": "/nonexistent"}, UNAVAILABLE, "postconf: "),
        ("", {"socket_group": "no-such-group"}, BAD, "no-such-group"),
        ("", {"user": "no-such-user"}, NO_USER, "no-such-user: no such user; make it"),
    ],
)
def test_what_it_needs(make, main_cf, settings, code, said):
    """It is an error of whoever configured it, which a restart does not mend."""
    done = policyd(make(main_cf, **settings).file, "-d")
    assert (done.returncode, done.stdout) == (code, ""), done
    assert said in done.stderr


def test_not_root():
    """It would not be able to release anything."""
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    done = policyd("/dev/null", "-d", before=nobody)
    assert (done.returncode, done.stdout) == (NOT_ROOT, ""), done
    assert "policyd must be started as root" in done.stderr


@pytest.mark.parametrize("options", [["-x"], ["-c"], ["word"], ["-n", "word"]])
def test_wrong_use(make, options):
    """Exit 64, the usage on standard error."""
    done = policyd(make().file, *options)
    assert (done.returncode, done.stdout) == (WRONG_USE, ""), done
    assert "usage: policyd" in done.stderr


@pytest.mark.parametrize("main_cf", [STRANGE_OWNER, STRANGE_ZONE])
def test_a_check_where_it_cannot_start(make, tmp_path, main_cf):
    """The files are looked at all the same; without rules that is all there is."""
    rules = tmp_path / "rules"
    rules.write_text("freeze sender=@old.test : hold\n")
    done = policyd(make(main_cf, rules_file=rules).file, "-n")
    assert (done.returncode, done.stdout) == (OK, ""), done
    assert done.stderr.endswith(NOT_LOOKED_AT)


def test_a_check_without_rules(make):
    """Whether Postfix can be asked does not matter."""
    done = policyd(make(STRANGE_OWNER).file, "-n")
    assert (done.returncode, done.stdout, done.stderr) == (OK, "", ""), done
