"""Debian's python3-stomp as a guest of the scene: does what lines of JSON tell it, and prints what it hears as such."""

import base64
import json
import sys

import stomp

_, port, name = sys.argv


def tell(**what):
    print(json.dumps(what), flush=True)


class Listener(stomp.ConnectionListener):
    def on_message(self, frame):
        body = base64.b64encode(frame.body).decode()
        tell(event=frame.headers.get("event"), type=frame.headers["content-type"], body=body)

    def on_receipt(self, frame):
        tell(receipt=frame.headers["receipt-id"])

    def on_error(self, frame):
        tell(error=frame.headers["message"])

    def on_disconnected(self):
        tell(gone=True)


conn = stomp.Connection12([("127.0.0.1", int(port))], auto_decode=False, reconnect_attempts_max=1)
conn.set_listener("guest", Listener())
conn.connect(name, "x", wait=True)

for line in sys.stdin:
    verb, destination, *rest = json.loads(line)
    if verb == "subscribe":
        conn.subscribe(destination, id=destination, ack="auto", receipt="entered")
    else:
        event, kind, body = rest
        conn.send(destination, base64.b64decode(body), kind, {"event": event})
