/** One server of `own-rooms.mjs`, in a process of its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'naru';
import { answer } from '../channel.mjs';
import { backplaneAt } from './home.mjs';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const BYTES = 2 ** 28;
/** Milliseconds between two turns that emit. */
const TURN_MS = 5;

/** @type {any} */
let backplane;
/** @type {import('naru').Server} */
let io;
/** @type {{ cpu: NodeJS.CpuUsage, at: number, counts: any }} */
let start;
let sent = 0;

function counts() {
  const { batchesHeard, recordsHeard, reads, appends } = io.backplane?.counts ?? {};
  return { batchesHeard, recordsHeard, reads, appends };
}

answer({
  /** @param {'redis' | 'nats'} home @param {string} url */
  async open(home, url) {
    backplane = await backplaneAt(home, url, { bytes: BYTES });
    const http = createServer();
    const recovery = { maxDisconnectionDuration: 600_000, bytesMax: BYTES };
    io = new Server(http, { backplane, connectionStateRecovery: recovery, pingInterval: 300_000, printNodes: false });
    io.on('connection', () => {});
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return /** @type {import('node:net').AddressInfo} */ (http.address()).port;
  },
  ids: () => [...io.sockets.sockets.keys()],
  /** Emits to one room after another. @param {readonly string[]} rooms @param {number} rate @param {number} seconds */
  async emit(rooms, rate, seconds) {
    const [began, first] = [performance.now(), sent];
    while (performance.now() - began < seconds * 1_000) {
      const due = Math.min(rate * seconds, Math.floor(((performance.now() - began) * rate) / 1_000));
      for (; sent - first < due; sent += 1) io.to(rooms[sent % rooms.length] ?? '').emit('said', sent, TEXT);
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
    return sent;
  },
  begin() {
    start = { cpu: process.cpuUsage(), at: performance.now(), counts: counts() };
  },
  /** Returns the share of a core since `begin`, and how far the counters have risen. */
  end() {
    const { user, system } = process.cpuUsage(start.cpu);
    const share = (user + system) / 1_000 / (performance.now() - start.at);
    const now = /** @type {Record<string, number>} */ (counts());
    const risen = Object.fromEntries(Object.keys(now).map((key) => [key, (now[key] ?? 0) - (start.counts[key] ?? 0)]));
    return { share, ...risen };
  },
  async stop() {
    await io.close();
    await backplane.close();
  },
});
