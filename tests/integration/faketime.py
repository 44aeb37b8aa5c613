# SPDX-License-Identifier: ISC
"""A clock of their own for the daemons, which a test can step: libfaketime.

Only programs that the environment is given to have it; Postfix, the sink and the
tests keep the machine's clock.
"""

import os
import tempfile
from pathlib import Path

from interrupts import held_back

LIBRARY = "faketime/libfaketime.so.1"
FOLDERS = ("usr/lib/*", "usr/lib*")
SHARED = Path("/dev/shm")


def library():
    """Where libfaketime is."""
    found = [path for where in FOLDERS for path in Path("/").glob(f"{where}/{LIBRARY}")]
    assert found, "libfaketime is not installed: make deps"
    return found[0]


class SteppedClock:
    """A wall clock so many seconds beside the machine's; monotonic: that clock too."""

    def __init__(self, monotonic=False):
        with held_back():
            self._folder = Path(tempfile.mkdtemp(prefix="dat-", dir="/tmp"))
        self._folder.chmod(0o755)
        self._file = self._folder / "offset"
        self._daemons = []
        self.step_to(0)
        sanitizer = os.environ.get("ASAN_OPTIONS")
        options = ["verify_asan_link_order=0"] + ([sanitizer] if sanitizer else [])
        self._environment = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "0" if monotonic else "1",
            "ASAN_OPTIONS": ":".join(options),
        }

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        with held_back():
            for daemon in self._daemons:
                for pid in daemon.pids:
                    for left in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
                        (SHARED / left).unlink(missing_ok=True)
            self._file.unlink()
            self._folder.rmdir()

    def give_to(self, *daemons):
        """They go by this clock from their next start on."""
        for daemon in daemons:
            daemon.environment.update(self._environment)
            self._daemons.append(daemon)

    def step_to(self, seconds):
        """From now on it is so far ahead of the machine's clock (negative: behind)."""
        self.offset = seconds
        draft = self._folder / "draft"
        draft.write_text(f"{seconds:+d}\n")
        draft.rename(self._file)
