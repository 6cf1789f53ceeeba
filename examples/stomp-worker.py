"""A worker for examples/stomp-jobs.ts. It takes numbers from the queue and sends their squares to the room.

    python3 examples/stomp-worker.py [port]
"""

import json
import os
import sys
import time

import stomp


class Worker(stomp.ConnectionListener):
    def __init__(self, connection):
        self.connection = connection

    def on_message(self, frame):
        try:
            number = int(frame.body)
        except ValueError:
            # Another worker may understand this job.
            self.connection.nack(frame.headers["ack"])
            return
        result = json.dumps([number, number * number, os.getpid()])
        self.connection.send("/topic/results", result, "application/json", {"event": "squared"})
        self.connection.ack(frame.headers["ack"])
        print(result)

    def on_error(self, frame):
        print("refused:", frame.headers["message"])


port = int(sys.argv[1]) if len(sys.argv) > 1 else 61613
connection = stomp.Connection12([("127.0.0.1", port)], heartbeats=(10000, 10000))
connection.set_listener("worker", Worker(connection))
connection.connect("worker-%d" % os.getpid(), wait=True)
connection.subscribe("/queue/jobs", id="jobs", ack="client-individual", headers={"prefetch-count": "1"})
for number in range(10):
    connection.send("/queue/jobs", str(number), "text/plain")
while connection.is_connected():
    time.sleep(1)
