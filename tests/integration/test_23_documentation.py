# SPDX-License-Identifier: ISC
"""23. Programs, their pages, the samples and the completion say the same."""

import re
import subprocess

import pytest
from daemons import PROGRAMS, TOP

PAGES = {
    "hdrcheck": TOP / "hdrcheck/hdrcheck.8",
    "policyd": TOP / "policyd/policyd.8",
    "policyctl": TOP / "policyd/ctl/policyctl.8",
    "deliver-at.conf": TOP / "policyd/deliver-at.conf.5",
    "deliver-at.rules": TOP / "policyd/deliver-at.rules.5",
}
COMPLETION = TOP / "etc/policyctl.bash-completion"
# --json anywhere; -n where it starts a line, or behind a bracket or comma: else
# it is another program's.
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*|(?:(?<=^  )|(?<=\[)|(?<=, ))-\w\b", re.M)
# Of mandoc's remarks those that are about this machine, or about taste.
NOT_OURS = re.compile(r"referenced manual not found|possible typo in section name")


def run(*command):
    """What a command prints."""
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=30
    ).stdout


def options_in(text):
    """What stands in a help as an option of ours."""
    return set(OPTION.findall(text))


def help_of(program, verb=None):
    """What a program, or a verb of policyctl, says to --help."""
    words = [verb] if verb else []
    return run(PROGRAMS / program, *words, "--help")


def verbs_of_program():
    """What policyctl --help lists: two blanks, the verb, blanks."""
    return set(re.findall(r"^  ([a-z]+)  ", help_of("policyctl"), re.MULTILINE))


def helps_of(program):
    """All that a program says to --help, its verbs included."""
    helps = [help_of(program)]
    if program == "policyctl":
        helps += [help_of(program, verb) for verb in sorted(verbs_of_program())]
    return "\n".join(helps)


def options_of_page(program):
    """What the page marks up as an option: Fl, in each of its places."""
    found = set()
    for line in PAGES[program].read_text().splitlines():
        if not line.startswith("."):
            continue
        words = line.replace("|", " ").split()
        for at, word in enumerate(words):
            if word in (".Fl", "Fl"):
                found |= set(flags_behind(words[at + 1 :]))
    return found


def flags_behind(words):
    """Fl takes all words up to the next macro: "-json", "n", "q ," ..."""
    for word in words:
        if re.fullmatch(r"[A-Z][a-z]", word):
            return
        if re.fullmatch(r"-?[A-Za-z][\w-]*", word):
            yield "-" + word


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_clean(page):
    """mandoc -T lint has nothing to say."""
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "all", PAGES[page]],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    remarks = (done.stdout + done.stderr).splitlines()
    ours = [
        line
        for line in remarks
        if str(PAGES[page]) in line and not NOT_OURS.search(line)
    ]
    assert not ours, "\n".join(ours)


@pytest.mark.parametrize("program", ["hdrcheck", "policyd", "policyctl"])
def test_options(program):
    """Those of --help are those of the page."""
    helped = options_in(helps_of(program))
    assert {"--help", "--version", "-c"} <= helped
    assert helped == options_of_page(program)


def settings_of_program():
    """{name: default}, from the table in settings.c."""
    source = (TOP / "hdrcheck/settings.c").read_text()
    table = source[source.index("conf_setting table[] = {") :]
    table = table[: table.index("\n};")]
    return dict(re.findall(r'\{"(\w+)", "([^"]*)",', table))


def settings_of_page():
    """{name: default}, from deliver-at.conf(5)."""
    text = PAGES["deliver-at.conf"].read_text()
    pairs = re.findall(r"\bCm (\w+) No = (.*?)(?= , Cm|$)", text, re.MULTILINE)
    assert len(dict(pairs)) == len(pairs), "a setting twice"
    return dict(pairs)


def settings_of_sample():
    """{name: default}, from the sample in etc/, where all are comments."""
    text = (TOP / "etc/deliver-at.conf").read_text()
    pairs = re.findall(r"^#(\w+) = (.*)$", text, re.MULTILINE)
    assert len(dict(pairs)) == len(pairs), "a setting twice"
    assert not re.search(r"^[^#\n]", text, re.MULTILINE), "a setting that is set"
    return dict(pairs)


def test_settings():
    """Names and defaults in program, page and sample."""
    ours = settings_of_program()
    assert len(ours) > 10
    assert settings_of_page() == ours
    assert settings_of_sample() == ours


def test_sample_settings_are_valid(tmp_path):
    """Each default of the sample is one that the programs take."""
    sample = (TOP / "etc/deliver-at.conf").read_text()
    configuration = tmp_path / "deliver-at.conf"
    configuration.write_text(re.sub(r"^#(\w+ = )", r"\1", sample, flags=re.M))
    subprocess.run([PROGRAMS / "hdrcheck", "-n", "-c", configuration], check=True)


def verbs_of_page():
    """The verbs that policyctl(8) explains: tags of its outer lists, Cm first."""
    depth, found = 0, set()
    description = PAGES["policyctl"].read_text().partition(".Sh FINDINGS")[0]
    for line in description.splitlines():
        depth += line.startswith(".Bl ") - line.startswith(".El")
        verb = re.match(r"\.It Cm ([a-z]+)\b(?!=)", line)
        if verb and depth == 1:
            found.add(verb[1])
    return found


def test_verbs():
    """Those that policyctl knows are in its page."""
    assert verbs_of_program() == verbs_of_page()


def complete(*words):
    """What bash offers for the last of the words."""
    script = f"""
        source {COMPLETION}
        compopt() {{ :; }}
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _policyctl {PROGRAMS / "policyctl"} "${{!#}}" "${{COMP_WORDS[COMP_CWORD - 1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = run("bash", "-euc", script, "bash", "policyctl", *words)
    return [word for word in done.splitlines() if word]


def test_completion_of_verbs():
    """All verbs, and no others."""
    assert set(complete("")) == verbs_of_program()
    assert set(complete("-c", "FILE", "")) == verbs_of_program()
    assert complete("exp") == ["explain"]


def test_completion_of_options():
    """Those of each verb, and no others; and what stands before a verb."""
    assert set(complete("-")) == {"-c", "--help", "--version"}
    assert complete("-c", "FILE", "--v") == ["--version"]
    for verb in verbs_of_program():
        offered = options_in(help_of("policyctl", verb)) | {"--help"}
        assert set(complete(verb, "-")) == offered
        assert set(complete("-c", "FILE", verb, "word", "-")) == offered


@pytest.mark.parametrize(
    "words, offered",
    [
        (["list", "--sort", ""], ["due", "arrival", "sender", "size"]),
        (["list", "--sort", "s"], ["sender", "size"]),
        (["explain", "rec"], ["recipient="]),
        (["list", "--sender", ""], []),
        (["show", ""], []),
        (["nonsense", ""], []),
    ],
    ids=" ".join,
)
def test_completion_of_words(words, offered):
    """What is offered, in whatever order."""
    assert sorted(complete(*words)) == sorted(offered)


def test_completion_of_files(tmp_path, monkeypatch):
    """Behind -c."""
    (tmp_path / "deliver-at.conf").touch()
    monkeypatch.chdir(tmp_path)
    assert complete("-c", "del") == ["deliver-at.conf"]


def test_version_of_the_package():
    """The changelog of the Debian package begins with our version."""
    header = (TOP / "hdrcheck/daemon.h").read_text()
    version = re.search(r'DELIVER_AT_VERSION "(.*)"', header)[1]
    first = (TOP / "etc/debian/changelog").read_text().splitlines()[0]
    assert first.startswith(f"deliver-at ({version}-"), first
