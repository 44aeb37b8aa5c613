# SPDX-License-Identifier: ISC
"""28. policyctl check of a site whose daemons listen on ports."""

import pytest
from doctor import FINE, open_doctor, submission_recipe
from harness import deliver_at, due_in
from instance import Recipe, free_port
from waiting import wait_until

SOCKETMAP = "socketmap:unix:deliver-at/socketmap:deliver-at"
POLICY = "unix:deliver-at/policy"


def on_ports(recipe, table, policy):
    """The recipe with these in the place of its sockets."""
    assert SOCKETMAP in recipe.main_cf and POLICY in recipe.main_cf
    main_cf = recipe.main_cf.replace(SOCKETMAP, table).replace(POLICY, policy)
    return Recipe(main_cf, recipe.master_cf)


@pytest.fixture(name="site_on_ports", params=["socketmap", "tcp_table"], scope="module")
def _site_on_ports(request, shared_sink):
    asked, policy = (f"inet:127.0.0.1:{free_port()}" for _ in range(2))
    if request.param == "socketmap":
        table = f"socketmap:{asked}:deliver-at"
        listeners = {"socketmap_listen": asked}
    else:
        table = f"tcp:{asked.removeprefix('inet:')}"
        listeners = {"socketmap_listen": "(off)", "tcp_table_listen": asked}
    recipe = on_ports(submission_recipe(), table, policy)
    listeners["policy_listen"] = policy
    with open_doctor(shared_sink, recipe, **listeners) as doctor:
        yield doctor


def test_a_healthy_site(site_on_ports):
    """Nothing is found, and it says so; mail is held."""
    done = site_on_ports.run()
    assert (done.returncode, done.stderr) == (FINE, "")
    assert done.stdout.splitlines()[-1] == "all well"
    assert any("action=DUNNO" in line for line in done.stdout.splitlines())
    site = site_on_ports.site
    mail = site.send(
        deliver_at(due_in(2)),
        xclient="LOGIN=ben",
        port=site_on_ports.postfix.submission_port,
    )
    site.assert_held(mail)
    site.sink.wait_for(mail.recipient)


@pytest.mark.parametrize("name", ["hdrcheck", "policyd"])
def test_nobody_listens(site_on_ports, name):
    """The command that starts it is told, and mends it."""
    daemon = getattr(site_on_ports.site.daemons, name)
    daemon.stop()
    try:
        site_on_ports.mend(site_on_ports.finding(f"{name}-down"))
        wait_until("all is well", lambda: site_on_ports.findings() == [])
    finally:
        site_on_ports.replace_started(daemon)
