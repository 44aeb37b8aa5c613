# SPDX-License-Identifier: ISC
"""24. policyctl setup: into somebody's Postfix, and out again."""

import fcntl
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from daemons import PROGRAMS
from harness import deliver_at, due_in, message, open_site
from instance import MASTER_CF_MODELS, Postfix, Recipe
from waiting import wait_until

OK, WRONG_USE, CANNOT_CREATE, TRY_LATER, NOT_ROOT, BAD = 0, 64, 73, 75, 77, 78
NOTHING = "nothing to do"
CHECKS = "regexp:{{/^X-Unwanted:/ REJECT 5.7.1 not wanted}}"
SUBMISSION = """\
submission inet n       -       n       -       -       smtpd
  -o syslog_name=postfix/submission
#  -o smtpd_tls_security_level=encrypt
  # of ours
  -o smtpd_sasl_auth_enable=yes

# behind it
#submissions     inet  n       -       n       -       -       smtpd
#  -o syslog_name=postfix/submissions
"""
PLAIN_CLEANUP = re.compile(r"^cleanup  .*\n", re.MULTILINE)


class Configuration:
    """Postfix's main.cf and master.cf in a folder, and a deliver-at.conf for it."""

    def __init__(self, folder, main_cf="", master_cf="", *, edit=None, **settings):
        self.folder = folder
        self.etc = folder / "etc"
        self.queue = folder / "q"
        self.etc.mkdir()
        self.queue.mkdir()
        (self.etc / "main.cf").write_text(
            "# Somebody's\n"
            f"compatibility_level = 3.6\nqueue_directory = {self.queue}\n"
            f"data_directory = {folder}/data\n{main_cf}# the end\n"
        )
        model = next(Path(path) for path in MASTER_CF_MODELS if os.path.exists(path))
        master = model.read_text()
        if edit:
            master = edit(master)
        (self.etc / "master.cf").write_text(master + master_cf)
        everything = {
            "user": "nobody",
            "socket_group": "postfix",
            "socketmap_listen": f"unix:{self.queue}/deliver-at/socketmap",
            "policy_listen": f"unix:{self.queue}/deliver-at/policy",
            "control_socket": folder / "run" / "control",
            "state_directory": folder / "state",
            "postfix_config_directory": self.etc,
        }
        everything.update(settings)
        self.file = folder / "deliver-at.conf"
        self.file.write_text("".join(f"{n} = {v}\n" for n, v in everything.items()))

    def cool(self):
        """Postfix reads a file that was just written again and again for 2 s."""
        for name in ("main.cf", "master.cf"):
            if (self.etc / name).exists():
                os.utime(self.etc / name, (0, 0))

    def content(self):
        """Both files, byte for byte."""
        return {
            name: (self.etc / name).read_bytes() for name in ("main.cf", "master.cf")
        }

    def seen(self):
        """What postconf says of them, and master.cf itself."""
        said = [self.postconf(option) for option in ("-n", "-M", "-P")]
        return (*said, (self.etc / "master.cf").read_bytes())

    def postconf(self, *arguments):
        """What postconf prints; it must have nothing to complain about."""
        self.cool()
        done = subprocess.run(
            ["postconf", "-c", self.etc, *arguments], capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def setup(self, *options, code=OK, **how):
        """Run policyctl setup; what it prints, and what it complains about."""
        self.cool()
        done = subprocess.run(
            [PROGRAMS / "policyctl", "-c", self.file, "setup", *options],
            capture_output=True,
            text=True,
            cwd="/",
            **how,
        )
        assert done.returncode == code, done
        return done.stdout if code == OK else done.stderr

    def value(self, name, service=None):
        """A parameter as it is, of main.cf or of an entry of master.cf."""
        if service:
            return self.postconf("-Ph", f"{service}/{name}").strip()
        return self.postconf("-h", name).strip()

    def edit(self, name, old, new):
        """Edit one of the files by hand."""
        file = self.etc / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


@dataclass(frozen=True)
class Had:
    """What a site has before."""

    main_cf: str = ""
    master_cf: str = ""
    edit: object = None
    main_cf_keeps_its_layout: bool = True


def cleanup_with(options):
    """The distribution's master.cf, with these options for cleanup."""
    return lambda text: PLAIN_CLEANUP.sub(lambda m: m.group() + options, text)


SITES = {
    "as it comes": Had(),
    "submission": Had(master_cf=SUBMISSION),
    "submission and more": Had(
        master_cf=SUBMISSION
        + "127.0.0.1:submissions inet n - n - - smtpd -o syslog_name=x\n"
        + "smtps inet n - n - - smtpd\n[::1]:587 inet n - n - - smtpd\n"
        + "127.0.0.1:10465 inet n - n - - smtpd -o syslog_name=postfix/smtps\n"
    ),
    "header_checks": Had(f"header_checks = {CHECKS}\n", SUBMISSION),
    "header_checks with blanks": Had("header_checks = regexp:{{/a  b/ WARN}}\n"),
    "header_checks of several lines": Had(
        "header_checks =\n    regexp:/etc/a,\n# why\n    regexp:/etc/b\n",
        main_cf_keeps_its_layout=False,
    ),
    "empty header_checks": Had("header_checks =\n", main_cf_keeps_its_layout=False),
    "mime_header_checks": Had("mime_header_checks = regexp:/etc/a\n"),
    "all three": Had(
        "header_checks = regexp:/etc/a\nmime_header_checks = regexp:/etc/b\n"
        "nested_header_checks =\n"
    ),
    "inner checks that name the outer": Had(
        "header_checks = regexp:/etc/a\n"
        "mime_header_checks = $header_checks, regexp:/etc/b\n"
        "nested_header_checks = ${header_checks}\n"
    ),
    "nested checks that name the inner": Had(
        "nested_header_checks = $mime_header_checks\n"
    ),
    "the default said": Had("mime_header_checks = $header_checks\n"),
    "a cleanup of its own": Had(
        "cleanup_service_name = pre-cleanup\n",
        SUBMISSION + "pre-cleanup unix n - n - 0 cleanup\n"
        "    -o virtual_alias_maps= -o { body_checks = regexp:{{/a  b/ WARN}} }\n",
    ),
    "options of cleanup": Had(
        edit=cleanup_with("  -o body_checks=regexp:/etc/a\n  -o always_bcc=\n")
    ),
    "names of our kind": Had(
        "my_checks = regexp:/etc/a\nheader_checks = $my_checks\n", SUBMISSION
    ),
}
OWN_CHECKS = Had(edit=cleanup_with("  -o { header_checks = regexp:/etc/a, regexp:/etc/b }\n"))
WAYS = {"submission": (), "everything": ("--everywhere",)}


@pytest.fixture
def make(tmp_path):
    """Makes the Configuration of a site."""

    def make_it(had=Had(), **settings):
        return Configuration(
            tmp_path, had.main_cf, had.master_cf, edit=had.edit, **settings
        )

    return make_it


def commands(printed):
    """The lines that are commands for postconf."""
    return [line for line in printed.splitlines() if line.startswith("postconf ")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SITES)
def test_in_and_out_again(make, name, way):
    """Done twice is done once; undone, all is as it was."""
    site = make(SITES[name])
    before, seen = site.content(), site.seen()
    printed = site.setup("--dry-run", *WAYS[way])
    assert site.content() == before
    assert not (site.queue / "deliver-at").exists()
    assert commands(printed) == commands(site.setup(*WAYS[way]))
    during = site.content()
    assert during != before
    assert during["master.cf"].startswith(before["master.cf"])
    assert NOTHING in site.setup(*WAYS[way])
    assert not commands(site.setup(*WAYS[way]))
    assert site.content() == during
    site.setup("--undo", "--dry-run")
    assert site.content() == during
    site.setup("--undo")
    assert site.seen() == seen
    if SITES[name].main_cf_keeps_its_layout:
        assert site.content() == before
    assert NOTHING in site.setup("--undo")


@pytest.mark.parametrize("name", ["submission and more", "a cleanup of its own"])
def test_what_is_printed_does_the_same(make, name, tmp_path):
    """Copied to a shell, it changes what setup changes."""
    site = make(SITES[name])
    (tmp_path / "copy").mkdir()
    copy = Configuration(
        tmp_path / "copy",
        SITES[name].main_cf,
        SITES[name].master_cf,
        edit=SITES[name].edit,
    )
    for line in commands(site.setup()):
        words = [str(copy.etc) if w == str(site.etc) else w for w in shlex.split(line)]
        subprocess.run(words, check=True)
    ours = {k: v.replace(b"/copy", b"") for k, v in copy.content().items()}
    assert ours == site.content()


def test_own_checks_of_cleanup_stay_behind_ours(make):
    """header_checks in the entry cleanup of master.cf: for users' mail, ours first."""
    site = make(OWN_CHECKS)
    before = site.content()
    site.setup()
    ours = site.value("header_checks", "cleanup-deliver-at/unix")
    assert ours == "$deliver_at_header_checks,regexp:/etc/a, regexp:/etc/b"
    for inner in ("mime_header_checks", "nested_header_checks"):
        assert (
            site.value(inner, "cleanup-deliver-at/unix")
            == "regexp:/etc/a, regexp:/etc/b"
        )
    assert NOTHING in site.setup()
    site.setup("--undo")
    assert site.content() == before


def test_commented_out_services_do_not_exist(make):
    """Without submission it is said what that means; pickup is there."""
    site = make()
    printed = site.setup()
    assert "note: master.cf has no service submission or submissions" in printed
    named = re.findall(r"\{([^{}$]+)\} \? \{yes\}", site.value("deliver_at_services"))
    assert named == ["pickup"]


def test_a_service_that_came_later(make):
    """Setup again takes it in."""
    site = make()
    site.setup()
    before = site.content()["main.cf"]
    with (site.etc / "master.cf").open("a") as master:
        master.write("submissions inet n - n - - smtpd\n")
    (change,) = commands(site.setup())
    assert "{submissions} ? {yes}" in change
    site.edit("master.cf", "submissions inet n - n - - smtpd\n", "")
    assert site.content()["main.cf"] != before
    site.setup("--undo")
    assert "deliver" not in site.postconf("-n")


def test_another_socket(make):
    """Setup again follows deliver-at.conf."""
    site = make()
    site.setup()
    text = site.file.read_text()
    site.file.write_text(re.sub("socketmap_listen.*", "", text))
    site.file.write_text(
        re.sub("socketmap_listen = .*", "socketmap_listen = inet:127.0.0.1:10044", text)
    )
    (change,) = commands(site.setup())
    assert "socketmap:inet:127.0.0.1:10044:deliver-at}" in change
    site.file.write_text(
        re.sub(
            "socketmap_listen = .*",
            "socketmap_listen = (off)\ntcp_table_listen = inet:127.0.0.1:10045",
            text,
        )
    )
    (change,) = commands(site.setup())
    assert ", tcp:127.0.0.1:10045}" in change
    assert "10044" not in site.value("deliver_at_header_checks")


@pytest.mark.parametrize("way", WAYS)
def test_header_checks_that_came_later(make, way):
    """What the administrator writes over ours is taken in by the next setup."""
    site = make()
    site.setup(*WAYS[way])
    site.postconf("-e", "header_checks=regexp:/etc/later")
    site.setup(*WAYS[way])
    assert site.value("deliver_at_other_header_checks") == "regexp:/etc/later"
    assert NOTHING in site.setup(*WAYS[way])
    site.setup("--undo")
    assert site.value("header_checks") == "regexp:/etc/later"
    assert "deliver" not in site.postconf("-n")


# By hand in between


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "old, new, want",
    [
        ("header_checks = $d", "header_checks = regexp:/etc/front, $d",
         "regexp:/etc/front, regexp:/etc/a"),
        ("$deliver_at_other_header_checks\n",
         "$deliver_at_other_header_checks regexp:/etc/behind\n",
         "regexp:/etc/a regexp:/etc/behind"),
        ("deliver_at_other_header_checks = regexp:/etc/a",
         "deliver_at_other_header_checks = regexp:/etc/a2", "regexp:/etc/a2"),
    ],
)
def test_tables_added_by_hand_stay(make, way, old, new, want):
    """In front of ours, behind ours, or in what was there before."""
    had = Had("header_checks = regexp:/etc/a\nmime_header_checks =\nnested_header_checks =\n")
    site = make(had)
    site.setup(*WAYS[way])
    site.edit("main.cf", old, new)
    site.setup("--undo")
    assert site.value("header_checks") == want
    assert "deliver" not in site.postconf("-n") + site.postconf("-M")


def test_tables_added_to_ours_stay(make):
    """With --everywhere they go where ours were."""
    site = make(Had("header_checks = regexp:/etc/a\n"))
    site.setup("--everywhere")
    site.edit("main.cf", ":deliver-at}", ":deliver-at}, regexp:/etc/mine")
    site.setup("--undo")
    assert site.value("header_checks") == "regexp:/etc/mine, regexp:/etc/a"
    assert "deliver" not in site.postconf("-n")


@pytest.mark.parametrize(
    "name, old, new",
    [
        ("main.cf", ":deliver-at}", ":deliver-at}, regexp:/etc/mine"),
        ("master.cf", "    -o header_checks=$deliver",
         "    -o body_checks=regexp:/etc/b\n    -o header_checks=$deliver"),
    ],
)
def test_a_service_with_more_in_it_stays(make, name, old, new):
    """Without asking us; what it was given by hand goes on working."""
    site = make(Had(master_cf=SUBMISSION))
    site.setup()
    site.edit(name, old, new)
    assert "cleanup-deliver-at stays" in site.setup("--undo")
    kept = site.value("deliver_at_header_checks")
    assert kept == ("regexp:/etc/mine" if name == "main.cf" else "")
    assert "{cleanup-deliver-at}" in site.value("cleanup_service_name")
    content = site.content()
    assert "cleanup-deliver-at stays" in site.setup("--undo")
    assert site.content() == content
    site.edit(name, new if name == "master.cf" else " = regexp:/etc/mine",
              old if name == "master.cf" else " =")
    site.setup("--undo")
    assert "deliver" not in site.postconf("-n") + site.postconf("-M")


def test_other_edits_survive(make):
    """Of parameters and entries that setup has nothing to do with."""
    site = make(Had(f"header_checks = {CHECKS}\n", SUBMISSION))
    before = site.content()
    site.setup()
    site.edit("main.cf", "# the end", "mydestination = a.test\n# the end")
    site.edit("master.cf", "-o smtpd_sasl_auth_enable=yes", "-o smtpd_sasl_auth_enable=no")
    site.setup("--undo")
    want = before["main.cf"].replace(b"# the end", b"mydestination = a.test\n# the end")
    assert site.content()["main.cf"] == want
    want = before["master.cf"].replace(b"auth_enable=yes", b"auth_enable=no")
    assert site.content()["master.cf"] == want


def test_cleanup_service_name_changed_by_hand_stays(make):
    """Undo leaves what is not ours any more."""
    site = make()
    site.setup()
    site.postconf("-e", "cleanup_service_name=cleanup2")
    site.setup("--undo")
    assert site.value("cleanup_service_name") == "cleanup2"
    assert "deliver" not in site.postconf("-n") + site.postconf("-M")


def test_a_parameter_that_is_used_by_hand_stays(make):
    """Whoever refers to it is named."""
    site = make(Had("header_checks = regexp:/etc/a\n"))
    site.setup()
    site.postconf("-e", "smtp_header_checks=$deliver_at_other_header_checks")
    printed = site.setup("--undo")
    assert "smtp_header_checks refers to it" in printed
    assert site.value("deliver_at_other_header_checks") == "regexp:/etc/a"
    assert site.value("header_checks") == "regexp:/etc/a"


def test_half_a_setup_is_finished_or_taken_out(make, tmp_path):
    """After each of its steps."""
    site = make(Had(f"header_checks = {CHECKS}\n", SUBMISSION))
    before = site.content()
    steps = commands(site.setup("--dry-run"))
    for n in range(1, len(steps)):
        for line in steps[:n]:
            subprocess.run(shlex.split(line), check=True)
        assert commands(site.setup("--dry-run")) == steps[n:]
        site.setup("--undo")
        assert site.content() == before, n


# What it does not do

REFUSED = {
    "another cleanup in an entry": (
        (),
        Had(master_cf="submission inet n - n - - smtpd -o cleanup_service_name=x\n"),
        "submission in master.cf has -o cleanup_service_name=x",
    ),
    "inner checks in a way we cannot keep apart": (
        (),
        Had("mime_header_checks = ${header_checks?{$header_checks}}\n"),
        "mime_header_checks",
    ),
    "by way of another name": (
        (),
        Had("my = $header_checks\nmime_header_checks = $my\n"),
        "name the tables themselves",
    ),
    "own header_checks of cleanup": (
        ("--everywhere",), OWN_CHECKS, "the service cleanup in master.cf has its own"
    ),
    "no such cleanup": ((), Had("cleanup_service_name = x\n"), "no service"),
    "by hand, in header_checks": (
        ("--everywhere",),
        Had("header_checks = pipemap:{regexp:{{/^(X-Deliver-At.*)$$/ $$1}},"
            " socketmap:unix:deliver-at/socketmap:deliver-at}\n"),
        "by hand",
    ),
    "by hand, in our name": (
        (),
        Had("deliver_at_header_checks =\n"
            "header_checks = $deliver_at_header_checks\n"),
        "by hand",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_anything_is_changed(make, name):
    """With a reason."""
    options, had, reason = REFUSED[name]
    site = make(had)
    before = site.content()
    assert reason in site.setup(*options, code=BAD)
    assert site.content() == before
    assert not (site.queue / "deliver-at").exists()


def test_the_other_recipe_is_taken_out_first(make):
    """Neither on top of the other."""
    site = make()
    site.setup()
    assert "setup --undo" in site.setup("--everywhere", code=BAD)
    site.setup("--undo")
    site.setup("--everywhere")
    assert "setup --undo" in site.setup(code=BAD)


def test_a_recipe_put_in_by_hand_is_not_taken_out(make):
    """README's names are not setup's."""
    site = make(Had("deliver_at_header_checks =\nheader_checks = $deliver_at_header_checks\n"))
    before = site.content()
    assert NOTHING in site.setup("--undo")
    assert site.content() == before


def test_a_socket_outside_the_chroot(make):
    """cleanup could not reach it."""
    site = make(socketmap_listen="unix:/run/x/socketmap")
    assert "chroot" in site.setup(code=BAD)


def test_an_older_postfix(make):
    """It has no tables in main.cf; what to do is named."""
    site = make(Had("mail_version = 3.6.4\n"))
    before = site.content()
    said = site.setup(code=BAD)
    assert "3.6.4" in said and "README" in said
    assert site.content() == before


@pytest.mark.parametrize(
    "options", [("--now",), ("everywhere",), ("--undo", "--everywhere"), ("",)]
)
def test_wrong_use(make, options):
    """It says where to look."""
    assert "setup" in make().setup(*options, code=WRONG_USE)


def test_not_root(make, tmp_path):
    """Only root may; to look, anybody."""
    site = make()
    tmp_path.chmod(0o755)
    for folder in list(tmp_path.parents)[:3]:
        folder.chmod(folder.stat().st_mode | 0o011)
    before = site.content()
    said = site.setup(code=NOT_ROOT, user="nobody", group="nogroup")
    assert "root" in said
    site.setup("--dry-run", user="nobody", group="nogroup")
    assert site.content() == before


def test_two_at_once(make):
    """The second one does not wait."""
    site = make()
    folder = os.open(site.etc, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        assert "another setup" in site.setup(code=TRY_LATER)
    finally:
        os.close(folder)
    site.setup()


@pytest.mark.parametrize(
    "name, content",
    [("main.cf", "no equal sign\n"), ("master.cf", "smtp inet n\n")],
)
def test_a_broken_configuration(make, name, content):
    """It says what Postfix says."""
    site = make()
    with (site.etc / name).open("a") as file:
        file.write(content)
    before = site.content()
    said = site.setup(code=BAD)
    assert f"{name}" in said and "nothing was changed" in said
    assert site.content() == before


@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
def test_a_missing_file(make, name):
    """Named."""
    site = make()
    (site.etc / name).unlink()
    assert name in site.setup(code=BAD)


def test_no_such_folder(make):
    """postfix_config_directory is wrong."""
    site = make(postfix_config_directory="/nonexistent/etc")
    assert "/nonexistent/etc" in site.setup(code=BAD)


def test_a_read_only_file_system(make):
    """Nothing is begun there."""
    site = make()
    mount = (
        f"mount --bind {site.etc} {site.etc} &&"
        f' mount -o remount,bind,ro {site.etc} && exec "$@"'
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, "sh"]
        + [PROGRAMS / "policyctl", "-c", site.file, "setup"],
        capture_output=True,
        text=True,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no mount namespaces here")
    assert done.returncode == CANNOT_CREATE, done
    assert "Read-only file system" in done.stderr
    assert not (site.queue / "deliver-at").exists()


# Folders


def test_folders(make, tmp_path):
    """Made with the right owner and mode, whatever the umask."""
    site = make(state_directory=f"{tmp_path}/var/lib/state")
    site.setup(umask=0o077)
    found = {
        str(path.relative_to(tmp_path)): (path.owner(), path.group(), path.stat().st_mode & 0o7777)
        for path in (site.queue / "deliver-at", tmp_path / "var/lib/state", tmp_path / "run")
    }
    assert found == {
        "q/deliver-at": ("nobody", "postfix", 0o710),
        "var/lib/state": ("nobody", "nogroup", 0o700),
        "run": ("root", "root", 0o755),
    }


def test_folders_with_another_owner_stay(make):
    """The command that mends them is printed."""
    site = make()
    folder = site.queue / "deliver-at"
    folder.mkdir(mode=0o755)
    printed = site.setup()
    assert (folder.owner(), folder.stat().st_mode & 0o7777) == ("root", 0o755)
    (mend,) = [
        line.split("should be: ")[1]
        for line in printed.splitlines()
        if line.startswith(f"note: {folder}")
    ]
    subprocess.run(["sh", "-c", mend], check=True)
    assert (folder.owner(), folder.stat().st_mode & 0o7777) == ("nobody", 0o710)
    assert "note: " + str(folder) not in site.setup()


def test_a_group_that_is_missing(make):
    """Said before anything is changed."""
    site = make(socket_group="no-such-group")
    before = site.content()
    assert "no-such-group" in site.setup(code=71)
    assert site.content() == before


# Rules


def ruled(make, tmp_path, had):
    """A site with rules."""
    rules = tmp_path / "rules"
    rules.write_text("freeze sender=@old.test : hold\n")
    return make(had, rules_file=rules)


HERE = "${{$deliver_at_services} == {} ? {} : {$deliver_at_rules}}"
USERS = "submission inet n - n - - smtpd\n"
RULED = {
    "not set": ((), Had(master_cf=USERS), HERE),
    "empty": (
        (),
        Had("smtpd_recipient_restrictions =\n", USERS),
        HERE.replace("$deliver_at_rules", "${deliver_at_rules}"),
    ),
    "permits, then an end": (
        (),
        Had(
            "smtpd_recipient_restrictions = reject_non_fqdn_recipient,"
            "  permit_mynetworks permit_sasl_authenticated, reject\n",
            USERS,
        ),
        f"reject_non_fqdn_recipient, {HERE}, permit_mynetworks"
        " permit_sasl_authenticated, reject",
    ),
    "refusals only": (
        ("--everywhere",),
        Had(
            "smtpd_recipient_restrictions = reject_rbl_client rbl.test,"
            " reject_unlisted_recipient\n"
        ),
        "reject_rbl_client rbl.test, reject_unlisted_recipient, $deliver_at_rules",
    ),
    "not set, everywhere": (
        ("--everywhere",),
        Had(),
        "reject_unlisted_recipient, $deliver_at_rules",
    ),
}


@pytest.mark.parametrize("name", RULED)
def test_rules_are_asked_for(make, tmp_path, name):
    """Where the list allows it, and undone."""
    options, had, want = RULED[name]
    site = ruled(make, tmp_path, had)
    before = site.seen()
    assert "not done" not in site.setup(*options)
    assert site.value("smtpd_recipient_restrictions") == want
    assert (
        site.value("deliver_at_rules") == "check_policy_service"
        " { unix:deliver-at/policy, timeout=5s, default_action=DUNNO }"
    )
    assert NOTHING in site.setup(*options)
    site.setup("--undo")
    assert site.seen() == before


def test_rules_in_a_list_that_an_entry_names(make, tmp_path):
    """mua_recipient_restrictions, as the distribution proposes."""
    site = ruled(
        make,
        tmp_path,
        Had(
            "mua_recipient_restrictions = permit_sasl_authenticated, reject\n",
            "submission inet n - n - - smtpd"
            " -o smtpd_recipient_restrictions=$mua_recipient_restrictions\n",
        ),
    )
    before = site.content()
    site.setup()
    assert (
        site.value("mua_recipient_restrictions")
        == f"{HERE}, permit_sasl_authenticated, reject"
    )
    site.setup("--undo")
    assert site.content() == before


def test_rules_that_master_cf_is_in_the_way_of(make, tmp_path):
    """What to write is said; written by hand, it is right, and undone harmless."""
    entry = "submission inet n - n - - smtpd\n    -o smtpd_recipient_restrictions="
    site = ruled(make, tmp_path, Had(master_cf=f"{entry}permit_sasl_authenticated,reject\n"))
    printed = site.setup()
    (line,) = [line for line in printed.splitlines() if "not done" in line]
    option = line.split("-o ")[-1]
    assert option == (
        "smtpd_recipient_restrictions=$deliver_at_rules,"
        "permit_sasl_authenticated,reject"
    )
    site.edit("master.cf", "smtpd_recipient_restrictions=permit_sasl_authenticated,reject", option)
    assert NOTHING in site.setup()
    assert "deliver_at_rules stays" in site.setup("--undo")
    assert site.value("deliver_at_rules") == ""


@pytest.mark.parametrize(
    "listed",
    [
        "check_recipient_access hash:/x, permit_mynetworks, reject",
        "permit_mynetworks, reject_unauth_destination",
        "reject",
        "$other",
    ],
)
def test_rules_where_it_cannot_be_told(make, tmp_path, listed):
    """Nothing is guessed."""
    site = ruled(make, tmp_path, Had(f"smtpd_recipient_restrictions = {listed}\n", USERS))
    assert "not done" in site.setup()
    assert f"smtpd_recipient_restrictions = {listed}\n".encode() in (
        site.content()["main.cf"]
    )


# On a real Postfix


def set_up(site, *options):
    """Run setup on a running site."""
    done = subprocess.run(
        [PROGRAMS / "policyctl", "-c", site.daemons.configuration, "setup", *options],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (OK, ""), done
    assert not site.postfix.command("postfix", "check")
    return done.stdout


ENTRY = """\
127.0.0.1:{submission_port} inet n - n - - smtpd
    -o syslog_name=postfix/submission
"""


@pytest.fixture(scope="module", params=WAYS)
def live_site(request, shared_sink, tmp_path_factory):
    """Set up while it runs."""
    rules = tmp_path_factory.mktemp("rules") / "rules"
    rules.write_text("freeze sender=@old.test : hold\n")
    recipe = Recipe(f"header_checks = {CHECKS}\n", ENTRY)
    with Postfix(shared_sink.port, recipe=recipe) as postfix:
        postfix.start()
        with open_site(postfix, shared_sink, rules_file=rules) as site:
            site.daemons.start()
            site.way = request.param
            set_up(site, "--reload", *WAYS[site.way])
            yield site


def test_users_postpone(live_site):
    """By submission and by sendmail(1)."""
    site = live_site
    due = due_in(2)
    by_smtp = site.send(deliver_at(due), port=site.postfix.submission_port)
    by_sendmail = site.sendmail(deliver_at(due))
    for mail in (by_smtp, by_sendmail):
        site.assert_held(mail)
    for mail in (by_smtp, by_sendmail):
        site.assert_on_time(mail, due)


def test_strangers(live_site):
    """Postpone only where everybody may."""
    site = live_site
    due = due_in(1)
    mail = site.send(deliver_at(due))
    if site.way == "everything":
        site.assert_on_time(mail, due)
    else:
        site.assert_passes_at_once(mail)


def test_attached_headers_hold_nothing(live_site):
    """mime_header_checks and nested_header_checks do not ask us."""
    site = live_site
    inner = message(deliver_at(due_in(3600))).decode()
    site.assert_passes_at_once(
        site.send(
            "Content-Type: message/rfc822",
            body=inner,
            port=site.postfix.submission_port,
        )
    )


def test_earlier_checks_work(live_site):
    """On both ports."""
    site = live_site
    for port in (site.postfix.port, site.postfix.submission_port):
        refused = site.submit(message("X-Unwanted: yes"), port=port)
        assert (refused.code, "not wanted" in refused.text) == (550, True)


def test_rules_hold(live_site):
    """Users' mail, and with --everywhere all."""
    site = live_site
    mail = site.send(sender="a@old.test", port=site.postfix.submission_port)
    site.assert_held(mail)
    site.discard(mail)
    mail = site.send(sender="a@old.test")
    if site.way == "everything":
        site.assert_held(mail)
        site.discard(mail)
    else:
        site.assert_passes_at_once(mail)


def test_requeued_mail_is_held_again(live_site):
    """pickup asks us too."""
    site = live_site
    mail = site.send(deliver_at(due_in(3600)), port=site.postfix.submission_port)
    site.postfix.requeue(mail.queue_id)
    site.discard(site.wait_until_held_anew(mail))


def test_out_of_a_running_postfix(live_site):
    """The last of these: nothing is postponed any more, and mail flows."""
    site = live_site
    set_up(site, "--undo", "--reload")
    for port in (site.postfix.port, site.postfix.submission_port):
        site.assert_passes_at_once(site.send(deliver_at(due_in(3600)), port=port))
    set_up(site, "--reload", *WAYS[site.way])


def test_until_the_reload_mail_of_users_waits(shared_sink):
    """Nothing is lost, and nothing leaves early: setup says that."""
    recipe = Recipe("", ENTRY)
    with Postfix(shared_sink.port, recipe=recipe) as postfix:
        postfix.start()
        with open_site(postfix, shared_sink) as site, ThreadPoolExecutor() as pool:
            site.daemons.start()
            assert "waits until then" in set_up(site)
            sending = pool.submit(
                site.send, deliver_at(due_in(3600)), port=postfix.submission_port
            )
            wait_until(
                "smtpd waits for our cleanup",
                lambda: postfix.logged("connect #1 to .* public/cleanup-deliver-at"),
            )
            site.assert_passes_at_once(site.send())
            assert NOTHING in set_up(site, "--reload")
            mail = sending.result()
            site.assert_held(mail)
            site.discard(mail)


def test_reload_of_a_postfix_that_does_not_run(make):
    """Everything else is done, and the exit code tells."""
    site = make()
    said = site.setup("--reload", code=69)
    assert "does not run" in said
    assert NOTHING in site.setup()
