# SPDX-License-Identifier: ISC
"""What the tests ran of hdrcheck/ and policyd/: coverage.py BUILD.

BUILD was compiled with --coverage, and what ran wrote its counts there. Leaves
BUILD/report (HTML) and BUILD/missing (lines that never ran, by file), prints the
figures of each file that is below the aim and of the whole. Exit 1 when the whole
is below it.

Nothing is left out but the branch of an assert() that ends the program, which
nothing takes. What ran is more than what is seen: a process that is killed, or has
given up opening files (the status page, with Landlock), cannot tell what it ran.
"""

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
OURS = ("hdrcheck", "policyd")
AIM_LINES = 95.0  # per cent
AIM_BRANCHES = 85.0
SETTINGS = (
    "--rc", "lcov_branch_coverage=1",
    "--rc", r"lcov_excl_br_line=\bassert\(",
)  # fmt: skip


class Counts:
    """Of one file or of all: how many lines and branches there are, and ran."""

    def __init__(self):
        self.lines = [0, 0]
        self.branches = [0, 0]
        self.missing = []

    def add(self, record):
        """One line of a tracefile, see geninfo(1)."""
        kind, _, rest = record.partition(":")
        if kind == "DA":
            line, count = (int(field) for field in rest.split(",")[:2])
            self.lines[0] += 1
            self.lines[1] += count > 0
            if count == 0:
                self.missing.append(line)
        elif kind == "BRDA":
            self.branches[0] += 1
            self.branches[1] += rest.split(",")[3] not in ("-", "0")

    def sum(self, others):
        """Count what others counted."""
        for one in others:
            for mine, theirs in (
                (self.lines, one.lines),
                (self.branches, one.branches),
            ):
                mine[:] = (a + b for a, b in zip(mine, theirs))
        return self

    def is_short(self):
        """True below an aim."""
        return _share(self.lines) < AIM_LINES or _share(self.branches) < AIM_BRANCHES

    def __str__(self):
        return (
            f"lines {_share(self.lines):5.1f} % of {self.lines[0]},"
            f" branches {_share(self.branches):5.1f} % of {self.branches[0]}"
        )


def _share(pair):
    return 100.0 * pair[1] / pair[0] if pair[0] else 100.0


def _gather(build, tracefile):
    """lcov's tracefile of what ran, and its report."""
    everything = build / "everything.info"
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    capture = ["--capture", "--directory", build / "obj", "--base-directory", TOP]
    wanted = [f"{TOP}/{folder}/*" for folder in OURS]
    lcov = ["lcov", "-q", *SETTINGS]
    # Some programs are never run: their counts are zeros.
    subprocess.run([*lcov, *capture, "--initial", "-o", f"{everything}.0"], **quiet)
    subprocess.run([*lcov, *capture, "-o", f"{everything}.1"], **quiet)
    both = ["-a", f"{everything}.0", "-a", f"{everything}.1"]
    subprocess.run([*lcov, *both, "-o", everything], **quiet)
    subprocess.run([*lcov, "--extract", everything, *wanted, "-o", tracefile], **quiet)
    report = ["--branch-coverage", "--prefix", TOP, "-o", build / "report", tracefile]
    subprocess.run(["genhtml", "-q", *report], **quiet)


def _read(tracefile):
    """Counts by file."""
    counts = {}
    current = None
    for record in tracefile.read_text().splitlines():
        if record.startswith("SF:"):
            name = str(Path(record[3:]).relative_to(TOP))
            current = counts.setdefault(name, Counts())
        elif current:
            current.add(record)
    return counts


def _ranges(lines):
    """3, 4, 5, 9 as '3-5 9'."""
    runs = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return " ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def main():
    """Gather, tell, judge."""
    build = Path(sys.argv[1]).resolve()
    tracefile = build / "coverage.info"
    _gather(build, tracefile)
    counts = _read(tracefile)
    with open(build / "missing", "w", encoding="ascii") as out:
        for name, one in sorted(counts.items()):
            if one.missing:
                print(f"{name}: {_ranges(one.missing)}", file=out)
    for name, one in sorted(counts.items()):
        if one.is_short():
            print(f"{name}: {one}")
    whole = Counts().sum(counts.values())
    print(f"all: {whole}")
    sys.exit(whole.is_short())


if __name__ == "__main__":
    main()
