"""The Python client of the interop tests. One scenario a run: prints one line of JSON and ends with 0 when all went well.

usage: client_peer.py URL sync|asyncio polling|websocket|upgrade SCENARIO
"""
import asyncio
import json
import queue
import sys
import threading
import time

import socketio

URL, KIND, MODE, SCENARIO = sys.argv[1:5]
TRANSPORTS = {'polling': ['polling'], 'websocket': ['websocket'], 'upgrade': None}[MODE]
TIMEOUT = 12


def plain(value):
    """Replaces bytes so that JSON can show them."""
    if isinstance(value, (bytes, bytearray)):
        return 'bytes:' + bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


class Sync:
    """The synchronous client behind the few calls that the scenarios use."""

    def __init__(self, **options):
        self.io = socketio.Client(**options)
        self.seen = queue.Queue()

    def on(self, event, listener=None, namespace='/'):
        def default(*args):
            self.seen.put([event, *args])

        self.io.on(event, listener or default, namespace=namespace)

    def connect(self, wait_timeout=TIMEOUT, **options):
        self.io.connect(URL, transports=TRANSPORTS, wait_timeout=wait_timeout, **options)

    def emit(self, event, data=None, namespace='/'):
        self.io.emit(event, data, namespace=namespace)

    def call(self, event, data=None, namespace='/'):
        return self.io.call(event, data, namespace=namespace, timeout=TIMEOUT)

    def next(self):
        return self.seen.get(timeout=TIMEOUT)

    def sid(self, namespace='/'):
        return self.io.get_sid(namespace)

    def transport(self):
        return self.io.transport()

    def disconnect(self):
        self.io.disconnect()


class Asynchronous:
    """The asyncio client behind the same calls: its loop runs in a thread of its own."""

    def __init__(self, **options):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.io = socketio.AsyncClient(**options)
        self.seen = queue.Queue()

    def run(self, task):
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(2 * TIMEOUT)

    def on(self, event, listener=None, namespace='/'):
        async def default(*args):
            self.seen.put([event, *args])

        async def wrapped(*args):
            return listener(*args)

        self.io.on(event, wrapped if listener else default, namespace=namespace)

    def connect(self, wait_timeout=TIMEOUT, **options):
        self.run(self.io.connect(URL, transports=TRANSPORTS, wait_timeout=wait_timeout, **options))

    def emit(self, event, data=None, namespace='/'):
        self.run(self.io.emit(event, data, namespace=namespace))

    def call(self, event, data=None, namespace='/'):
        return self.run(self.io.call(event, data, namespace=namespace, timeout=TIMEOUT))

    def next(self):
        return self.seen.get(timeout=TIMEOUT)

    def sid(self, namespace='/'):
        return self.io.get_sid(namespace)

    def transport(self):
        return self.io.transport()

    def disconnect(self):
        self.run(self.io.disconnect())


def client(**options):
    return Sync(**options) if KIND == 'sync' else Asynchronous(**options)


def talk():
    """Events, acks and bytes, both ways; the rooms that the server puts us in; auth and headers."""
    peer = client()
    for event in ('hello', 'news'):
        peer.on(event)
    peer.on('question', lambda n, data: (n + 1, {'again': data}))
    peer.on('answered')
    peer.connect(auth={'token': '나루'}, headers={'x-token': 'abc'})
    hello = peer.next()
    echoed = peer.call('echo', ({'text': '한글 👩‍👩‍👧', 'list': [1, None, True]}, b'\x00\x01\xff', 'last'))
    peer.emit('ask me')
    answered = peer.next()
    peer.emit('join', 'room')
    news = peer.next()
    large = peer.call('measure', 'x' * 500_000)
    result = {
        'hello': hello,
        'echoed': echoed,
        'answered': answered,
        'news': news,
        'large': large,
        'sid': peer.sid(),
        'transport': peer.transport(),
    }
    peer.disconnect()
    return result


def order():
    """500 events each way, of which every third carries bytes, keep their order.

    They are asked for in portions, because by polling this client takes at most 16 packets at once.
    """
    peer = client()
    if KIND == 'sync':
        # This client gives each message to a thread of its own, and so promises no order; here the thread that reads takes them.
        trigger = peer.io.eio._trigger_event
        peer.io.eio._trigger_event = lambda event, *args, **_: trigger(event, *args, run_async=False)
    peer.on('n')
    peer.connect()
    seen = []
    for n in range(500):
        peer.emit('n', (n, bytes([n % 256]) * (n % 40) if n % 3 == 0 else 'text'))
        if n % 10 == 9:
            peer.emit('portion')
            seen += [peer.next()[1] for _ in range(10)]
    count = peer.call('count')
    peer.disconnect()
    return {'inOrder': seen == list(range(500)), 'count': count}


def namespaces():
    """Two namespaces on one connection, one of them dynamic, and one that refuses."""
    peer = client()
    peer.on('hello', namespace='/one')
    peer.on('hello', namespace='/dynamic-7')
    peer.connect(namespaces=['/one', '/dynamic-7'])
    hellos = sorted([peer.next()[1], peer.next()[1]])
    answer = peer.call('echo', 'in one', namespace='/one')
    peer.disconnect()
    guarded = client(reconnection=False)
    errors = queue.Queue()
    guarded.on('connect_error', lambda data: errors.put(data), namespace='/guarded')
    try:
        # The asyncio client waits to the end of this time even after it was refused.
        guarded.connect(namespaces=['/guarded'], wait_timeout=2)
        refused = 'no'
    except socketio.exceptions.ConnectionError as error:
        refused = str(error)
    return {'hellos': hellos, 'answer': answer, 'refused': refused, 'error': errors.get(timeout=TIMEOUT)}


def leaving():
    """The server disconnects us, and we come back by ourselves after it broke the connection."""
    peer = client(reconnection=True, reconnection_delay=0.05, randomization_factor=0)
    peer.on('connect', lambda: peer.seen.put(['connect']))
    peer.on('disconnect', lambda *args: peer.seen.put(['disconnect']))
    peer.connect()
    seen = [peer.next()[0]]
    peer.emit('break')
    seen += [peer.next()[0], peer.next()[0]]
    # This client passes over a goodbye that comes before it has noted that it is connected.
    while not peer.io.connected:
        time.sleep(0.01)
    peer.emit('kick')
    seen.append(peer.next()[0])
    return {'seen': seen}


def heartbeat():
    """Lives through many heartbeats of the server."""
    peer = client()
    peer.on('alive')
    peer.connect()
    peer.next()
    answer = peer.call('echo', 'still here')
    peer.disconnect()
    return {'answer': answer}


RESULT = {'talk': talk, 'order': order, 'namespaces': namespaces, 'leaving': leaving, 'heartbeat': heartbeat}[SCENARIO]()
print(json.dumps(plain(RESULT)), flush=True)
