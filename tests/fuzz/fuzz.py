# SPDX-License-Identifier: ISC
"""fuzz.py BUILD [--seconds N] [--jobs N] [--seed N] TARGET...

Runs libFuzzer's targets of BUILD/fuzz, each for N seconds on the files of
corpus/, which stay as they are; what is new goes to BUILD/found/TARGET. Says a
line for each: executions, coverage, and what it stopped at. Exit 1 when one
did; the file that did it is in BUILD/crash.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
MAX_LEN = {"conf": 8192, "postcat": 8192, "http": 9000}
USUAL_MAX_LEN = 4096
# An input that takes longer, in seconds, or a target more memory, in MB, fails.
TIMEOUT = 10
MEMORY = 1024


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int)
    parser.add_argument("targets", nargs="+")
    return parser.parse_args()


def command(args, target):
    found = args.build / "found" / target
    if args.seed is not None:
        # What other runs found would make other inputs.
        found = args.build / "found" / f"{target}-{args.seed}"
        shutil.rmtree(found, ignore_errors=True)
    crash = args.build / "crash"
    found.mkdir(parents=True, exist_ok=True)
    crash.mkdir(parents=True, exist_ok=True)
    words = [
        str(args.build / "fuzz" / target),
        f"-max_total_time={args.seconds}",
        f"-max_len={MAX_LEN.get(target, USUAL_MAX_LEN)}",
        f"-timeout={TIMEOUT}",
        f"-rss_limit_mb={MEMORY}",
        f"-artifact_prefix={crash}/{target}-",
        "-print_final_stats=1",
    ]
    if args.seed is not None:
        words.append(f"-seed={args.seed}")
    words_of = HERE / f"{target}.dict"
    if words_of.exists():
        words.append(f"-dict={words_of}")
    return words + [str(found), str(HERE / "corpus" / target)]


def last_number(pattern, text):
    numbers = re.findall(pattern, text)
    return int(numbers[-1]) if numbers else 0


def run(args, target):
    """The words for a target, and whether it held."""
    done = subprocess.run(
        command(args, target),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=8"),
        timeout=args.seconds * 3 + 120,
        check=False,
    )
    text = done.stderr.decode(errors="replace")
    log = args.build / "found" / f"{target}.log"
    log.write_text(text)
    line = "{:10} {:>11,} executions, cov {:5}, ft {:6}".format(
        target,
        last_number(r"stat::number_of_executed_units: +(\d+)", text)
        or last_number(r"^#(\d+)", text),
        last_number(r"cov: (\d+)", text),
        last_number(r"ft: (\d+)", text),
    )
    if done.returncode == 0:
        return line, True
    files = re.findall(r"Test unit written to (\S+)", text)
    why = re.findall(r"(?:does not hold: .*|SUMMARY: .*|runtime error: .*)", text)
    what = why[0] if why else f"exit code {done.returncode}"
    where = files[-1] if files else f"see {log}"
    return f"{line}\n{target}: FAILED: {what}: {where}", False


def main():
    args = arguments()
    good = True
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for line, ok in pool.map(lambda t: run(args, t), args.targets):
            print(line, flush=True)
            good = good and ok
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
