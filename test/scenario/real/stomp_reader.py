"""Debian's python3-stomp with a durable subscription: prints each body, acknowledges it, and comes back when the connection breaks."""

import sys
import time

import stomp

PORT, DURABLE = int(sys.argv[1]), sys.argv[2]


class Listener(stomp.ConnectionListener):
    def __init__(self, connection):
        self.connection = connection

    def on_message(self, frame):
        print(frame.body)
        try:
            self.connection.ack(frame.headers["ack"])
        except stomp.exception.StompException:
            pass


while True:
    connection = stomp.Connection12([("127.0.0.1", PORT)], reconnect_attempts_max=1)
    connection.set_listener("", Listener(connection))
    try:
        connection.connect(wait=True)
        connection.subscribe("/topic/lobby", id="s1", ack="client-individual", headers={"durable": DURABLE})
        while connection.is_connected():
            time.sleep(0.02)
    except stomp.exception.StompException:
        pass
    time.sleep(0.05)
