"""Debian's python3-stomp, driven by the tests: one scenario a run, its outcome as JSON on the last line."""

import json
import queue
import sys

import stomp

WAIT = 10
CONNECTIONS = {"1.0": stomp.Connection10, "1.1": stomp.Connection11, "1.2": stomp.Connection12}


class Listener(stomp.ConnectionListener):
    """Puts what comes into queues, so that a scenario can wait for it."""

    def __init__(self):
        self.messages = queue.Queue()
        self.receipts = queue.Queue()
        self.errors = queue.Queue()
        self.gone = queue.Queue()
        self.beats = queue.Queue()

    def on_message(self, frame):
        self.messages.put(frame)

    def on_receipt(self, frame):
        self.receipts.put(frame.headers["receipt-id"])

    def on_error(self, frame):
        self.errors.put(frame)

    def on_disconnected(self):
        self.gone.put(True)

    def on_heartbeat(self):
        self.beats.put(True)


class Peer:
    """One client."""

    def __init__(self, version, port, beats=(0, 0), decode=True, passcode="right"):
        self.version = version
        self.listener = Listener()
        options = {} if version == "1.0" else {"heartbeats": beats}
        self.conn = CONNECTIONS[version]([("127.0.0.1", port)], auto_decode=decode, reconnect_attempts_max=1, **options)
        self.conn.set_listener("peer", self.listener)
        self.passcode = passcode
        self.receipts = 0

    def connect(self):
        self.conn.connect("ann", self.passcode, wait=True)
        return self

    def receipted(self, call, *args, **options):
        self.receipts += 1
        name = "receipt-%d" % self.receipts
        call(*args, receipt=name, **options)
        assert self.listener.receipts.get(timeout=WAIT) == name

    def subscribe(self, destination, ack="auto", name="s-1"):
        self.receipted(self.conn.subscribe, destination, id=name, ack=ack)

    def message(self):
        return self.listener.messages.get(timeout=WAIT)

    def settle(self, frame, is_done=True, **options):
        verb = self.conn.ack if is_done else self.conn.nack
        if self.version == "1.2":
            verb(frame.headers["ack"], **options)
        elif self.version == "1.1":
            verb(frame.headers["message-id"], frame.headers["subscription"], **options)
        else:
            verb(frame.headers["message-id"], **options)


def tour(version, port):
    one, other = Peer(version, port).connect(), Peer(version, port).connect()
    one.subscribe("/topic/lobby")
    one.conn.subscribe("/user/queue/answers", id="s-2", ack="auto")
    one.conn.subscribe("/queue/jobs", id="s-3", ack="client")
    outcome = {}

    headers = {"event": "say", "odd": "a:b\\c\nd"} if version != "1.0" else {"event": "say"}
    other.receipted(other.conn.send, "/topic/lobby", '["hi", {"a": null}]', "application/json", headers)
    frame = one.message()
    outcome["topic"] = [json.loads(frame.body), frame.headers["event"], frame.headers.get("odd")]

    one.conn.send("/app/add", "[2, 40]", "application/json", {"reply-to": "/user/queue/answers", "correlation-id": "9"})
    frame = one.message()
    outcome["answer"] = [json.loads(frame.body), frame.headers["correlation-id"]]

    other.conn.send("/queue/jobs", "job 1", "text/plain")
    other.conn.send("/queue/jobs", "job 2", "text/plain")
    jobs = [one.message(), one.message()]
    outcome["jobs"] = [job.body for job in jobs]
    if version != "1.0":
        one.settle(jobs[1], False)
        jobs = [one.message(), one.message()]
        outcome["again"] = [[job.body, job.headers.get("redelivered")] for job in jobs]
    one.receipted(one.settle, jobs[1])

    for verb in ("abort", "commit"):
        transaction = other.conn.begin()
        other.conn.send("/topic/lobby", verb + " 1", "text/plain", {"transaction": transaction})
        other.conn.send("/topic/lobby", verb + " 2", "text/plain", {"transaction": transaction})
        getattr(other.conn, verb)(transaction)
    other.receipted(other.conn.send, "/topic/lobby", "after", "text/plain")
    outcome["committed"] = [one.message().body for _ in range(3)]

    one.receipted(one.conn.unsubscribe, id="s-1")
    other.receipted(other.conn.send, "/topic/lobby", "nobody hears", "text/plain")
    one.conn.send("/app/add", "[1, 1]", "application/json", {"reply-to": "/user/queue/answers"})
    outcome["after unsubscribe"] = one.message().body

    for peer in (one, other):
        peer.conn.disconnect(receipt="bye")
        peer.listener.gone.get(timeout=WAIT)
    return outcome


def binary(version, port):
    peer = Peer(version, port, decode=False).connect()
    peer.subscribe("/topic/lobby")
    body = bytes(index & 255 for index in range(1024))
    peer.conn.send("/topic/lobby", body, "application/octet-stream")
    frame = peer.message()
    return {"same": frame.body == body, "type": frame.headers["content-type"]}


def refused(version, port):
    peer = Peer(version, port, passcode="wrong")
    try:
        peer.connect()
        failed = False
    except stomp.exception.ConnectFailedException:
        failed = True
    error = peer.listener.errors.get(timeout=WAIT)
    guest = Peer(version, port).connect()
    guest.conn.subscribe("/topic/secret", id="s", ack="auto")
    closed = guest.listener.errors.get(timeout=WAIT)
    guest.listener.gone.get(timeout=WAIT)
    return {"failed": failed, "message": error.headers["message"], "secret": closed.headers["message"]}


def beats(version, port):
    peer = Peer(version, port, beats=(1000, 1000)).connect()
    for _ in range(2):
        peer.listener.beats.get(timeout=WAIT)
    peer.subscribe("/topic/lobby")
    return {"alive": peer.conn.is_connected()}


SCENARIOS = {"tour": tour, "binary": binary, "refused": refused, "beats": beats}

if __name__ == "__main__":
    _, scenario, version, port = sys.argv
    print(json.dumps(SCENARIOS[scenario](version, int(port))))
    sys.stdout.flush()
    # Its threads wait for what will not come any more.
    import os

    os._exit(0)
