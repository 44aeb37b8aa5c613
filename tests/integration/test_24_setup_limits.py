# SPDX-License-Identifier: ISC
"""24. policyctl setup: what it refuses, makes, and leaves to the administrator."""

import fcntl
import os
import subprocess

import pytest
from daemons import PROGRAMS
from setups import (
    BAD,
    CANNOT_CREATE,
    NOT_ROOT,
    NOTHING,
    OWN_CHECKS,
    TRY_LATER,
    WRONG_USE,
    Configuration,
    Had,
)


@pytest.fixture
def make(tmp_path):
    """Makes the Configuration of a site."""

    def make_it(had=Had(), **settings):
        return Configuration(
            tmp_path, had.main_cf, had.master_cf, edit=had.edit, **settings
        )

    return make_it


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
        Had(
            "header_checks = pipemap:{regexp:{{/^(X-Deliver-At.*)$$/ $$1}},"
            " socketmap:unix:deliver-at/socketmap:deliver-at}\n"
        ),
        "by hand",
    ),
    "by hand, in our name": (
        (),
        Had(
            "deliver_at_header_checks =\n"
            "header_checks = $deliver_at_header_checks\n"
        ),
        "by hand",
    ),
}


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
    site = make(
        Had("deliver_at_header_checks =\nheader_checks = $deliver_at_header_checks\n")
    )
    before = site.content()
    assert NOTHING in site.setup("--undo")
    assert site.content() == before


def test_a_socket_outside_the_chroot(make):
    """cleanup could not reach it."""
    site = make(socketmap_listen="unix:/run/x/socketmap")
    assert "chroot" in site.setup(code=BAD)


@pytest.mark.parametrize("name", ["a b", "a,b", "a{b}", "$a"])
def test_a_socket_that_postfix_cannot_name(make, tmp_path, name):
    """It would take it for two tables, or for a parameter."""
    site = make(socketmap_listen=f"unix:{tmp_path}/q/{name}/socketmap")
    before = site.content()
    assert "Postfix could not read that" in site.setup(code=BAD)
    assert site.content() == before


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


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--undo",)])
@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
def test_a_last_line_without_an_end(make, name, options):
    """postconf(1) would write into it; the command that mends it is printed."""
    site = make()
    file = site.etc / name
    file.write_text(file.read_text() + "# the end")
    before = site.content()
    said = site.setup(*options, code=BAD)
    assert site.content() == before
    subprocess.run(["sh", "-c", said.partition("Run: ")[2]], check=True)
    site.setup(*options)


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


def setup_behind(mount, site, *options):
    """Set it up where only this process sees what the shell command mounts."""
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]
        + [PROGRAMS / "policyctl", "-c", site.file, "setup", *options],
        capture_output=True,
        text=True,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no mount namespaces here")
    return done


def test_a_read_only_file_system(make):
    """Nothing is begun there."""
    site = make()
    site.cool()
    mount = (
        f"mount --bind {site.etc} {site.etc} && mount -o remount,bind,ro {site.etc}"
    )
    done = setup_behind(mount, site)
    assert done.returncode == CANNOT_CREATE, done
    assert "Read-only file system" in done.stderr
    assert not (site.queue / "deliver-at").exists()


def test_postconf_cannot_write(make):
    """What it says is passed on, and that it may be tried again."""
    site = make()
    before = site.content()
    main_cf = site.etc / "main.cf"
    done = setup_behind(f"mount --bind {main_cf} {main_cf}", site)
    assert done.returncode == 71, done
    assert "policyctl: setup: postconf: exit 1\n" in done.stderr
    assert ": Device or resource busy\n" in done.stderr
    assert "Run it again, or take it out" in done.stderr
    assert site.content() == before
    site.setup()
    assert NOTHING in site.setup()


# Folders


def test_folders(make, tmp_path):
    """Made with the right owner and mode, whatever the umask."""
    site = make(state_directory=f"{tmp_path}/var/lib/state")
    site.setup(umask=0o077)
    wanted = {
        "q/deliver-at": ("nobody", "postfix", 0o710),
        "var/lib/state": ("nobody", "nogroup", 0o700),
        "run": ("root", "root", 0o755),
    }
    for name, (owner, group, mode) in wanted.items():
        path = tmp_path / name
        assert (path.owner(), path.group()) == (owner, group)
        assert path.stat().st_mode & 0o7777 == mode


def test_commands_for_folders_do_the_same(make, tmp_path):
    """With quotes where a shell needs them, and the group that the user has."""
    state = tmp_path / "it's a state"
    site = make(state_directory=state)
    printed = site.setup("--dry-run")
    for line in printed.splitlines():
        if line.startswith("install "):
            subprocess.run(["sh", "-c", line], check=True)
    assert (state.owner(), state.group()) == ("nobody", "nogroup")
    printed = site.setup()
    assert "install" not in printed and "another owner" not in printed


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


def test_what_is_no_folder(make, tmp_path):
    """It stays, and nothing else is begun."""
    state = tmp_path / "state"
    state.write_text("of somebody")
    site = make(state_directory=state)
    before = site.content()
    assert f"folder {state}: is not a folder\n" in site.setup(code=71)
    assert state.read_text() == "of somebody"
    assert site.content() == before


@pytest.mark.parametrize(
    "name, why", [("state", "File exists"), ("file/state", "Not a directory")]
)
def test_a_folder_that_cannot_be_made(make, tmp_path, name, why):
    """Something that leads nowhere has its name, or a file is above it."""
    state = tmp_path / name
    (tmp_path / "file").touch()
    (tmp_path / "state").symlink_to(tmp_path / "nowhere")
    site = make(state_directory=state)
    assert f"folder {state}: {why}\n" in site.setup(code=71)


# The user

NEW_USER = "deliver-at-new"
USERADD = (
    "useradd --system --no-create-home --home-dir /nonexistent --shell"
    f" /usr/sbin/nologin {NEW_USER}\n"
)


def test_a_user_that_is_missing(make, tmp_path):
    """It is made, and the folders are its own; a dry run tells the command."""
    site = make(user=NEW_USER)
    assert USERADD in site.setup("--dry-run")
    assert not (tmp_path / "state").exists()
    etc = tmp_path / "etc-of-the-system"
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    done = setup_behind(f"mount --bind {etc} /etc", site)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert USERADD in done.stdout
    (line,) = [
        line.split(":")
        for line in (etc / "passwd").read_text().splitlines()
        if line.startswith(NEW_USER)
    ]
    assert line[5:] == ["/nonexistent", "/usr/sbin/nologin"]
    state = (tmp_path / "state").stat()
    assert (state.st_uid, state.st_gid) == (int(line[2]), int(line[3]))
    done = setup_behind(f"mount --bind {etc} /etc", site)
    assert NOTHING in done.stdout, done


def test_a_user_that_cannot_be_made(make, tmp_path):
    """What useradd says is passed on; nothing is changed."""
    site = make(user=NEW_USER)
    before = site.content()
    etc = "mount --bind /etc /etc && mount -o remount,bind,ro /etc"
    done = setup_behind(etc, site)
    assert done.returncode == 71, done
    said = f"policyctl: setup: useradd {NEW_USER}: useradd: cannot lock /etc/"
    assert said in done.stderr
    assert site.content() == before
    assert not (tmp_path / "state").exists()


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
    listed = "permit_sasl_authenticated,reject"
    site = ruled(make, tmp_path, Had(master_cf=f"{entry}{listed}\n"))
    printed = site.setup()
    (line,) = [line for line in printed.splitlines() if "not done" in line]
    option = line.split("-o ")[-1]
    assert option == (
        "smtpd_recipient_restrictions=$deliver_at_rules,"
        "permit_sasl_authenticated,reject"
    )
    site.edit("master.cf", f"smtpd_recipient_restrictions={listed}", option)
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
    had = Had(f"smtpd_recipient_restrictions = {listed}\n", USERS)
    site = ruled(make, tmp_path, had)
    assert "not done" in site.setup()
    assert f"smtpd_recipient_restrictions = {listed}\n".encode() in (
        site.content()["main.cf"]
    )


def test_reload_of_a_postfix_that_does_not_run(make):
    """Everything else is done, and the exit code tells."""
    site = make()
    said = site.setup("--reload", code=69)
    assert "does not run" in said
    assert NOTHING in site.setup()
