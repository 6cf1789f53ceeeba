"""Debian's python3-stomp with heart-beats and a durable subscription, which comes back when the connection is lost; prints lines of JSON."""

import json
import sys
import time

import stomp

HOST, PORT, ROOM, DURABLE, BEAT_MS = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])


def tell(**what):
    print(json.dumps(what), flush=True)


class Listener(stomp.ConnectionListener):
    def __init__(self, connection):
        self.connection = connection

    def on_message(self, frame):
        tell(event=frame.headers.get("event"), body=frame.body)
        try:
            self.connection.ack(frame.headers["ack"])
        except stomp.exception.StompException:
            pass

    def on_error(self, frame):
        tell(error=frame.headers.get("message"))


while True:
    connection = stomp.Connection12(
        [(HOST, PORT)], reconnect_attempts_max=1, heartbeats=(BEAT_MS, BEAT_MS), timeout=8, auto_content_length=True
    )
    connection.set_listener("", Listener(connection))
    try:
        connection.connect(wait=True)
        tell(connected=True)
        connection.subscribe("/topic/" + ROOM, id="s1", ack="client-individual", headers={"durable": DURABLE})
        while connection.is_connected():
            time.sleep(0.05)
    except (stomp.exception.StompException, OSError):
        pass
    tell(left=True)
    time.sleep(0.1)
