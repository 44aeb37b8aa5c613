# SPDX-License-Identifier: ISC
"""Somebody's Postfix configuration, and policyctl setup on it."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from daemons import PROGRAMS
from instance import MASTER_CF_MODELS

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


OWN_CHECKS = Had(
    edit=cleanup_with("  -o { header_checks = regexp:/etc/a, regexp:/etc/b }\n")
)
WAYS = {"submission": (), "everything": ("--everywhere",)}


def commands(printed):
    """The lines that are commands for postconf."""
    return [line for line in printed.splitlines() if line.startswith("postconf ")]
