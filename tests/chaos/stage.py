# SPDX-License-Identifier: ISC
"""The site of a run: Postfix on a small disk, and daemons that are restarted."""

import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from faketime import SteppedClock
from harness import QUARANTINE, open_site
from instance import EVERYTHING, Recipe, free_port
from interrupts import held_back
from standins import PostfixWithStandIns
from waiting import PATIENCE

QUEUE_MIB = 64
STATE_KIB = 256
RESTART_S = 0.3  # unless a fault says otherwise
LAST_WORDS = 10  # lines of a daemon that ended by itself
PICKUP_S = 5  # what is requeued while hdrcheck is down is tried again so often

DELAYED = "ann@delayed.test"
FROZEN = "ann@frozen.test"
DELAY_RULE = "slow sender=@delayed.test : delay {delay_s}s"
DELAY_S = 20
FREEZE_RULE = "freeze sender=@frozen.test : hold"

# What a rule has to see is not accepted without policyd; other mail does not need it.
MAIN_CF = f"""\
smtpd_restriction_classes = delivery_rules
delivery_rules = check_policy_service {{ unix:deliver-at/policy, timeout=5s,
    {{ default_action = 451 4.3.5 try later }} }}
smtpd_recipient_restrictions = check_sender_access inline:{{
    {{delayed.test=delivery_rules}}, {{frozen.test=delivery_rules}},
    {{{QUARANTINE}=HOLD}} }}
service_throttle_time = 1s
transport_retry_time = 1s
in_flow_delay = 0
"""
MASTER_CF = f"pickup unix n - n {PICKUP_S} 1 pickup\n"

SETTINGS = {
    "sweep_interval": "5s",
    "requeue_after": "30s",  # both ways out of hold
    "max_connections": "100",
}


def _mount(folder, *options):
    """A small disk of its own, with root's view of it alone (see GNUmakefile)."""
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    subprocess.run(command, check=True)


def _unmount(folder):
    subprocess.run(["umount", "-l", str(folder)], check=False)


class ChaosPostfix(PostfixWithStandIns):
    """A private Postfix with a queue that can be full, stand-ins, and rules."""

    def __init__(self, relay_port):
        recipe = Recipe(EVERYTHING.main_cf, MASTER_CF)
        super().__init__(relay_port, main_cf=MAIN_CF, recipe=recipe)
        self.rules_file = self.folder / "rules"

    def _make_socket_folder(self, daemon_user):
        _mount(self.queue_folder, f"size={QUEUE_MIB}m", "mode=755")
        super()._make_socket_folder(daemon_user)

    def write_rules(self, *lines):
        """Write the rules file, whole at any moment."""
        draft = self.rules_file.with_suffix(".draft")
        draft.write_text("".join(f"{line}\n" for line in lines))
        draft.rename(self.rules_file)

    def stop_in_order(self):
        """As an administrator does; running deliveries may end."""
        self.command("postfix", "stop")

    def close(self):
        with held_back():
            try:
                self.stop()
            finally:
                _unmount(self.queue_folder)
                super().close()


@dataclass
class Keeper:
    """One daemon, and what a service manager knows about it."""

    daemon: object
    killed: bool = False  # since its last start
    restart_s: float = RESTART_S
    restarts: int = 0
    start_failures: int = 0


class Stage:
    """All that runs, and what keeps it running."""

    def __init__(self, site, clock, page_port):
        self.site = site
        self.clock = clock
        self.page_port = page_port
        self.keepers = {
            "hdrcheck": Keeper(site.daemons.hdrcheck),
            "policyd": Keeper(site.daemons.policyd),
        }
        self.unexplained = []  # ends of daemons that nobody killed
        self._ended = threading.Event()

    def expect_end(self, name, restart_s):
        """A daemon is about to be killed; it stays down for so long."""
        keeper = self.keepers[name]
        keeper.killed, keeper.restart_s = True, restart_s

    def set_rules(self, frozen):
        """Write the rules; policyd has them from its next start or reload on."""
        rules = [DELAY_RULE.format(delay_s=int(DELAY_S * PATIENCE))]
        self.site.postfix.write_rules(*rules, *([FREEZE_RULE] if frozen else []))

    def start(self):
        """All of it."""
        self.set_rules(frozen=True)
        self.site.postfix.start()
        self.site.daemons.start()

    @contextmanager
    def kept_running(self):
        """Daemons that end are started again, until the end of the block."""
        threads = [
            threading.Thread(target=self._keep, args=(keeper,))
            for keeper in self.keepers.values()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def _keep(self, keeper):
        while not self._ended.wait(0.05):
            if not keeper.daemon.is_running():
                self._note_end(keeper)
                self._ended.wait(keeper.restart_s)
                self._start_again(keeper)

    def _note_end(self, keeper):
        if not keeper.killed:
            code = keeper.daemon.wait_for_end()
            last = keeper.daemon.log().splitlines()[-LAST_WORDS:]
            self.unexplained.append((time.time(), keeper.daemon.name, code, last))

    def _start_again(self, keeper):
        keeper.daemon.kill()  # what may be left of it
        keeper.killed, keeper.restart_s = False, RESTART_S
        keeper.restarts += 1
        try:
            keeper.daemon.start()
        except AssertionError:
            keeper.start_failures += 1
            if keeper.daemon.is_running():
                keeper.killed = True
                keeper.daemon.kill()

    def all_run(self):
        """True when both daemons and Postfix are up."""
        daemons_run = all(k.daemon.is_running() for k in self.keepers.values())
        return daemons_run and self.site.postfix.takes_mail()


@contextmanager
def open_stage(sink):
    """A Stage, not started; nothing of it is left in the end."""
    page_port = free_port()
    with ExitStack() as ending:
        postfix = ending.enter_context(ChaosPostfix(sink.port))
        clock = ending.enter_context(SteppedClock())
        site = ending.enter_context(
            open_site(
                postfix,
                sink,
                rules_file=postfix.rules_file,
                metrics_listen=f"inet:127.0.0.1:{page_port}",
                **SETTINGS,
            )
        )
        state = site.daemons.state_folder
        options = (f"size={STATE_KIB}k", "mode=700", "uid=nobody")
        _mount(state, *options)
        ending.callback(_unmount, state)
        clock.give_to(site.daemons.hdrcheck, site.daemons.policyd)
        yield Stage(site, clock, page_port)
