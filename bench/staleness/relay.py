"""Passes IP packets between two network namespaces through TUN devices. Delays every packet, loses a share of them, and counts them.

Usage: relay.py <pid in the server's namespace> <pid in the clients' namespace> <milliseconds one way>

Commands arrive as lines of JSON on the standard input, and each one gets a line of JSON as its answer. {"loss": 0.03, "seed": 1} sets the
share of packets to lose and begins to count from zero. {"counts": true} asks for the counts. The relay and its devices go away at the end of
the input.
"""
import collections
import fcntl
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
MTU = 1500
ADDRESSES = ("198.18.0.1", "198.18.0.2")  # RFC 2544: for benchmarks
DIRECTIONS = ("down", "up")  # what comes from the server goes down
PROTOCOLS = {6: "tcp", 17: "udp"}


def open_device(name, pid, own, other):
    """Opens a TUN device and moves it to the namespace of a process."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip"]
    for command in (
        ["ip", "link", "set", name, "netns", pid],
        [*inside, "link", "set", "lo", "up"],
        [*inside, "link", "set", name, "mtu", str(MTU), "up"],
        [*inside, "address", "add", own, "peer", other, "dev", name],
    ):
        subprocess.run(command, check=True)
    return device


def flow_of(packet, direction):
    """Names a flow by its direction, its protocol and the port of the server."""
    if packet[0] >> 4 != 4 or packet[9] not in PROTOCOLS:
        return None
    at = (packet[0] & 15) * 4 + (0 if direction == "down" else 2)
    return f"{direction} {PROTOCOLS[packet[9]]} {struct.unpack_from('!H', packet, at)[0]}"


class Relay:
    def __init__(self, devices, delay_s):
        self.devices = devices
        self.delay_s = delay_s
        self.queues = (collections.deque(), collections.deque())
        self.reset(0, 0)

    def reset(self, loss, seed):
        self.loss = loss
        self.random = random.Random(seed)
        self.flows = {}
        self.late_s = 0.0

    def take(self, index):
        """Reads the packets of one device. They wait for the other one."""
        while True:
            try:
                packet = os.read(self.devices[index], 65536)
            except BlockingIOError:
                return
            now = time.monotonic()
            is_lost = self.random.random() < self.loss
            self.count(packet, DIRECTIONS[index], is_lost)
            if not is_lost:
                self.queues[index].append((now + self.delay_s, packet))

    def count(self, packet, direction, is_lost):
        """Counts a packet, with the number of passed and of lost packets for each size."""
        flow = flow_of(packet, direction)
        if flow:
            sizes = self.flows.setdefault(flow, {})
            sizes.setdefault(len(packet), [0, 0])[is_lost] += 1

    def give(self):
        """Passes on what has waited long enough, and returns the seconds until the next packet is due."""
        wait_s = None
        for index, queue in enumerate(self.queues):
            now = time.monotonic()
            while queue and queue[0][0] <= now:
                due, packet = queue.popleft()
                self.late_s = max(self.late_s, now - due)
                os.write(self.devices[1 - index], packet)
            if queue:
                left_s = max(0.0, queue[0][0] - now)
                wait_s = left_s if wait_s is None else min(wait_s, left_s)
        return wait_s

    def run(self):
        commands = sys.stdin.fileno()
        while True:
            ready, _, _ = select.select([*self.devices, commands], [], [], self.give())
            for index, device in enumerate(self.devices):
                if device in ready:
                    self.take(index)
            if commands in ready:
                line = sys.stdin.readline()
                if not line:
                    return
                self.answer(json.loads(line))

    def answer(self, command):
        if "loss" in command:
            self.reset(command["loss"], command["seed"])
        print(json.dumps({"flows": self.flows, "lateMs": self.late_s * 1000}), flush=True)


def main():
    # A signal of the terminal goes to all processes at once. The end of the input ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server_pid, clients_pid, delay_ms = sys.argv[1:]
    names = [f"naru{os.getpid()}{side}" for side in "sc"]
    server, clients = ADDRESSES
    devices = (open_device(names[0], server_pid, server, clients), open_device(names[1], clients_pid, clients, server))
    # A relay that waits for the processor would delay packets by more than it should.
    os.nice(-15)
    print("{}", flush=True)
    Relay(devices, float(delay_ms) / 1000).run()


main()
