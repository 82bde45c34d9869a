"""Tries a function verify(secret, headers, body) on a delivery that was captured.

usage: webhooks.py MODULE CAPTURE
"""

import json
import runpy
import sys

module, capture = sys.argv[1:]
verify = runpy.run_path(module)["verify"]
with open(capture, encoding="utf-8") as file:
    delivery = json.load(file)
headers, body = delivery["headers"], delivery["body"].encode()
stamp, signature = int(headers["webhook-timestamp"]), headers["webhook-signature"]


def refuses(why, secret, headers, body):
    try:
        verify(secret, headers, body)
    except Exception:
        return
    raise AssertionError(f"accepted with {why}")


for secret in delivery["secrets"]:
    assert verify(secret, headers, body) == json.loads(body)
    assert verify(secret, {name.title(): value for name, value in headers.items()}, body)
    refuses("another body", secret, headers, body.replace(b"player", b"plaxer"))
    refuses("a byte more", secret, headers, body + b" ")
    refuses("another id", secret, headers | {"webhook-id": "another"}, body)
    refuses("another time", secret, headers | {"webhook-timestamp": str(stamp + 1)}, body)
    refuses("an old time", secret, headers | {"webhook-timestamp": str(stamp - 301)}, body)
    refuses("no time", secret, headers | {"webhook-timestamp": "x"}, body)
    refuses("another version", secret, headers | {"webhook-signature": signature.replace("v1,", "v2,")}, body)
    refuses("half a signature", secret, headers | {"webhook-signature": signature[:20]}, body)
    refuses("no signature", secret, {name: headers[name] for name in headers if name != "webhook-signature"}, body)
refuses("a secret that did not sign", delivery["stranger"], headers, body)
