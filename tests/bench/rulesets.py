# SPDX-License-Identifier: ISC
"""Rules as an administrator would write them, for policyd and the same for postfwd,
and the requests that Postfix asks about them."""

# As Postfix 3.7 sends it at RCPT. The # are a number that load counts up: each
# request is about another message.
ATTRIBUTES = {
    "request": "smtpd_access_policy",
    "protocol_state": "RCPT",
    "protocol_name": "ESMTP",
    "client_address": "192.0.2.7",
    "client_name": "mail.branch.test",
    "client_port": "45678",
    "reverse_client_name": "mail.branch.test",
    "server_address": "192.0.2.1",
    "server_port": "587",
    "helo_name": "client.branch.test",
    "sender": "ann.lee@branch.test",
    "recipient": "ben.smith@customers.test",
    "recipient_count": "0",
    "queue_id": "",
    "instance": "1f2a.################.0",
    "size": "63102",
    "etrn_domain": "",
    "stress": "",
    "sasl_method": "plain",
    "sasl_username": "ann.lee@branch.test",
    "sasl_sender": "",
    "ccert_subject": "",
    "ccert_issuer": "",
    "ccert_fingerprint": "",
    "ccert_pubkey_fingerprint": "",
    "encryption_protocol": "TLSv1.3",
    "encryption_cipher": "TLS_AES_256_GCM_SHA384",
    "encryption_keysize": "256",
    "policy_context": "",
}
POSTPONED_LOGIN = "undo@branch.test"

# Rules that no request here matches: the condition and the action of policyd's,
# and the condition of postfwd's, each written as is quickest there.
KINDS = (
    (
        "sender=news@shop-{i}.example",
        "window Mon-Fri 08:00-20:00",
        "sender==news@shop-{i}.example",
    ),
    (
        "recipient=@customer-{i}.example",
        "delay 1h",
        "recipient_domain==customer-{i}.example",
    ),
    ("sasl_username=user{i}", "delay 30s", "sasl_username==user{i}"),
    ("client_address={net}.0/24", "delay 10m", "client_address={net}.0/24"),
    (
        "recipient=@.pager-{i}.example",
        "window Mon-Sat 08:00-20:00",
        r"recipient_domain=~^(.*\.)?pager-{i}\.example$",
    ),
    (
        "size>{mib}m recipient=@mobile-{i}.example",
        "window 22:00-06:00",
        "size>{size}; recipient_domain==mobile-{i}.example",
    ),
    (
        "sender=@old-{i}.example client_address!=10.0.0.0/8",
        'hold reason="audit"',
        "sender_domain==old-{i}.example; client_address!=10.0.0.0/8",
    ),
    (
        "recipient=help@desk-{i}.example,info@desk-{i}.example,ann@desk-{i}.example",
        "window Mon-Fri 09:00-17:00",
        "recipient==help@desk-{i}.example; recipient==info@desk-{i}.example;"
        " recipient==ann@desk-{i}.example",
    ),
)
PREPEND = "PREPEND X-Deliver-At: {moment} (rule {name})"


def policy_request(**changed):
    """The bytes of a request."""
    attributes = ATTRIBUTES | changed
    return "".join(f"{name}={value}\n" for name, value in attributes.items()) + "\n"


def policy_reply(action):
    """The bytes of a reply."""
    return f"action={action}\n\n"


def _unmatched(count):
    """Rules that do not match: name, condition, action, postfwd's condition."""
    for i in range(count):
        condition, action, theirs = KINDS[i % len(KINDS)]
        mib = 1 + i % 50
        words = {"i": i, "mib": mib, "size": mib << 20, "net": f"10.{i >> 8}.{i % 256}"}
        yield f"r{i}", condition.format(**words), action, theirs.format(**words)


def _all(count, until):
    """So many; the last but one postpones POSTPONED_LOGIN, the last matches."""
    yield from _unmatched(count - 2)
    login = POSTPONED_LOGIN
    yield "undo", f"sasl_username={login}", f"until {until}", f"sasl_username=={login}"
    yield "rest", "sasl_username=*", "pass", "sasl_username=~."


def policyd_rules(count, until):
    """rules_file. until is RFC 3339."""
    lines = (f"{name} {ours} : {does}\n" for name, ours, does, _ in _all(count, until))
    return "".join(lines)


def postfwd_rules(count, until, moment):
    """The same for postfwd, which is given the moment of each header."""

    def action(name, does):
        return "DUNNO" if does == "pass" else PREPEND.format(name=name, moment=moment)

    return "".join(
        f"id={name}; {theirs}; action={action(name, does)}\n"
        for name, _, does, theirs in _all(count, until)
    )
