# SPDX-License-Identifier: ISC
"""29. The status page is a process of its own that can do next to nothing."""

import urllib.request

import pytest
from instance import free_port

def test_it_answers(cold_site):
    port = free_port()
    site = cold_site
    site.daemons.configure(metrics_listen=f"inet:127.0.0.1:{port}")
    site.daemons.start()
    print(site.daemons.policyd.page())
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as reply:
        print(reply.read())
    import subprocess
    pid = site.daemons.policyd.page().pid
    for p in [site.daemons.policyd.pid, site.daemons.policyd.child().pid, pid]:
        print(subprocess.run(f"ls -l /proc/{p}/fd; cat /proc/{p}/status | egrep 'Name|Uid|Groups|Cap|NoNew'", shell=True, capture_output=True, text=True).stdout)
    print(site.daemons.policyd.log())
    site.daemons.stop()
    print(site.daemons.policyd.log())
    assert 0
