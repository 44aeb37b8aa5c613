# SPDX-License-Identifier: ISC
"""make instructions: how many instructions each hot path takes, beside a reference.

instructions.py [update]. callgrind counts COUNT runs of a path and twice as many
(paths.c); what one run more costs is the figure. Prints "name reference now change".
Exit 0 whatever the change is; 1 when a path cannot be measured.
"""

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from interrupts import Ended, raise_on_ending_signals

BUILD = HERE.parents[1] / os.environ.get("BUILD", "build")
PROGRAM = BUILD / "bench" / "paths"
REFERENCE = HERE / "instructions"
COUNT = 1000
EXIT_SIGNAL = 128
AT_ONCE = os.cpu_count()
LINE = "{:<24} {:>10} {:>10} {:>8}"
HEAD = """\
# Instructions of each hot path: make instructions (UPDATE=1 writes this file).
# Another compiler or another libc gives other figures.
# {compiler}
"""


def counted(name, measured, count):
    """The instructions inside the measured function when the path runs so often."""
    with tempfile.NamedTemporaryFile(prefix="dat-callgrind-") as out:
        command = ["valgrind", "-q", "--tool=callgrind"]
        command += [f"--callgrind-out-file={out.name}", f"--toggle-collect={measured}*"]
        command += [PROGRAM, name, str(count)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        total = re.search(r"^(?:totals|summary): (\d+)", Path(out.name).read_text(), re.M)
    assert total and int(total[1]) > count, f"{name}: callgrind saw nothing"
    return int(total[1])


def cost(path):
    """What one run more of a path costs."""
    return round((counted(*path, 2 * COUNT) - counted(*path, COUNT)) / COUNT)


def measure():
    """The cost of each path, by its name."""
    told = subprocess.run([PROGRAM], check=True, capture_output=True, text=True)
    paths = [line.split() for line in told.stdout.splitlines()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip((name for name, _ in paths), pool.map(cost, paths)))


def read_reference():
    """The cost of each path as it was, by its name."""
    lines = REFERENCE.read_text().splitlines() if REFERENCE.exists() else ()
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {name: int(count) for name, count in pairs}


def write_reference(now):
    """Keep these figures."""
    compiler = subprocess.run(
        ["gcc", "--version"], check=True, capture_output=True, text=True
    ).stdout.splitlines()[0]
    lines = [f"{name} {count}\n" for name, count in now.items()]
    REFERENCE.write_text(HEAD.format(compiler=compiler) + "".join(lines))


def show(now, before):
    """The table."""
    print(LINE.format("name", "reference", "now", "change"))
    for name, count in now.items():
        if name in before:
            change = f"{(count / before[name] - 1) * 100:+.1f}%"
            print(LINE.format(name, before[name], count, change))
        else:
            print(LINE.format(name, "-", count, "new"))


def main(update):
    """Exit codes as in the head of this file."""
    raise_on_ending_signals()
    try:
        now = measure()
    except Ended as ended:
        print(f"instructions: interrupted ({ended})", file=sys.stderr)
        return EXIT_SIGNAL + ended.number
    except (AssertionError, OSError, subprocess.SubprocessError) as failure:
        print(f"instructions: {failure}", file=sys.stderr)
        return 1
    show(now, read_reference())
    if update:
        write_reference(now)
    return 0


sys.exit(main(sys.argv[1:] == ["update"]))
