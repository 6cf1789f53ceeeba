// Measures the server with bots that play over the network: node apps/arena/bench/bots.mjs [--bots 200] [--room 50]
// [--seconds 20] [--whole seen | everybody] [--lane udp | webrtc] [--nodes 1] [--profile <folder>].
//
// Each bot is a real client with its own connection. It decodes its snapshots, decides by them, and sends its inputs 30
// times in a second. BENCH_CORE=0 binds the server to that core, and the bots to another one. With --whole seen, all
// snapshots are whole instead of differences. With --whole everybody, they also have all players of the room instead of
// those in sight. With --lane, inputs and snapshots go over the lanes of programs or of pages. With --nodes 2, the bots
// are spread over two servers on one core, which share a log, so half of them are in rooms of the other server. Build
// first: npm run build.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { udp } from '@naru/udp/client';
import { io } from 'naru/client';
import { load, startServer } from './server.mjs';

const { values } = parseArgs({
  options: {
    bots: { type: 'string', default: '200' },
    room: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
    whole: { type: 'string', default: 'no' },
    lane: { type: 'string', default: 'no' },
    nodes: { type: 'string', default: '1' },
    profile: { type: 'string' },
  },
});
const { Brain, TICK_MS, encodeInputs, decodeSnapshot } = await load('./player.ts');
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const core = process.env.BENCH_CORE;
if (core !== undefined)
  execFileSync('taskset', ['-cp', core === '0' ? '1' : '0', String(process.pid)], { stdio: 'ignore' });

// The lanes of pages need the WebRTC of a browser, which this package has for Node.
const openLane = values.lane === 'webrtc' ? (await import('@naru/udp/lane')).openLane : undefined;
if (openLane) Object.assign(globalThis, await import('node-datachannel/polyfill'));

/**
 * The bytes of an event with one binary argument on a WebSocket: its text, the argument, and the heads of both frames.
 */
function bytesOf(name, size, isMasked) {
  const text = `51-["${name}",{"_placeholder":true,"num":0}]`.length + 1;
  const mask = isMasked ? 8 : 0;
  return text + 2 + size + (size > 125 ? 4 : 2) + mask;
}

/** One bot with a connection. */
class Player {
  received = 0;
  undecoded = 0;
  bytesIn = 0;
  payloadIn = 0;
  bytesOut = 0;
  #socket;
  #brain;
  #snapshots = new Map();
  #newest;
  #sent = [];
  #seq = 0;
  #welcome;

  constructor(port, index) {
    this.#brain = new Brain(index + 1);
    const auth = { ticket: (index + 1).toString(16).padStart(32, '0') };
    this.#socket = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'],
      forceNew: true,
      auth,
      wires: values.lane === 'udp' ? [udp({ lane: true })] : [],
    });
    openLane?.(this.#socket);
    this.#welcome = new Promise((done) => this.#socket.once('welcome', done));
  }

  get tick() {
    return this.#newest?.tick ?? 0;
  }

  async enter(room) {
    await this.#welcome;
    const answer = await this.#socket.emitWithAck('play', { room });
    if (!answer.ok) throw new RangeError(`no place: ${answer.why}`);
    this.#seq = answer.place.seq;
    this.#socket.on('s', (bytes) => this.#take(bytes));
    this.#socket.on('over', (_room, why) => console.log(`a place ended: ${why}`));
    this.#socket.on('disconnect', (why) => why !== 'io client disconnect' && console.log(`disconnected: ${why}`));
  }

  #take(bytes) {
    this.received++;
    this.payloadIn += bytes.length;
    this.bytesIn += bytesOf('s', bytes.length, false);
    const snapshot = decodeSnapshot(bytes, (tick) => this.#snapshots.get(tick));
    if (!snapshot) {
      this.undecoded++;
      return;
    }
    this.#snapshots.set(snapshot.tick, snapshot);
    this.#snapshots.delete(snapshot.tick - 32);
    this.#newest = snapshot;
  }

  play() {
    const newest = this.#newest;
    if (!newest) return;
    const action = this.#brain.decide(newest);
    this.#sent.unshift({ ...action, seq: ++this.#seq, view: (newest.tick - 2) * 16 });
    // The inputs that the server has taken need not be sent again.
    const inputs = this.#sent.filter(({ seq }) => seq > newest.seq).slice(0, 8);
    this.#sent = inputs;
    const bytes = encodeInputs({ ack: newest.tick, inputs });
    this.bytesOut += bytesOf('in', bytes.length, true);
    this.#socket.volatile.emit('in', bytes);
  }

  close() {
    this.#socket.disconnect();
  }
}

const [count, size, seconds] = [Number(values.bots), Number(values.room), Number(values.seconds)];
const env = { ARENA_BOTS: '0', ARENA_LANE_PORT: 'off', ARENA_WHOLE: values.whole, ARENA_NAMED: 'on' };
const listen = values.lane === 'udp' ? ['udp://127.0.0.1:0'] : values.lane === 'webrtc' ? ['webrtc://127.0.0.1:0'] : [];
const nodes = Number(values.nodes);
const data = nodes > 1 ? mkdtempSync(join(tmpdir(), 'arena-bench-')) : 'memory';
const servers = [];
for (let index = 0; index < nodes; index++) {
  servers.push(await startServer({ core, env, listen, data, profile: values.profile }));
}
const cpuSeconds = () => servers.reduce((total, server) => total + server.processor(), 0);
const memory = () => servers.reduce((total, server) => total + server.memory(), 0) / 1_048_576;
const players = Array.from({ length: count }, (_, index) => new Player(servers[index % nodes].port, index));
for (let from = 0; from < count; from += 10) {
  const group = players.slice(from, from + 10);
  await Promise.all(group.map((player, index) => player.enter(`bench${Math.floor((from + index) / size)}`)));
}
// The bots of a tick do not act all at once, as people do not either.
const startedAt = performance.now();
const turns = new Array(count).fill(0);
const playing = setInterval(() => {
  const elapsed = performance.now() - startedAt;
  for (let index = 0; index < count; index++) {
    if ((turns[index] + index / count) * TICK_MS > elapsed) continue;
    turns[index] = Math.max(turns[index] + 1, Math.floor(elapsed / TICK_MS) - 2);
    players[index].play();
  }
}, 2);
// Lanes open one after the other, within the bounds of the server.
await wait(openLane ? 8_000 : 4_000);
const sum = (field) => players.reduce((total, player) => total + player[field], 0);
for (const player of players)
  Object.assign(player, { received: 0, undecoded: 0, bytesIn: 0, payloadIn: 0, bytesOut: 0 });
const begun = { at: performance.now(), busy: cpuSeconds(), own: process.cpuUsage(), tick: players[0].tick };
await wait(seconds * 1_000);
const elapsed = (performance.now() - begun.at) / 1_000;
const busy = cpuSeconds() - begun.busy;
const { user, system } = process.cpuUsage(begun.own);
const ticks = players[0].tick - begun.tick;
clearInterval(playing);
const each = (value) => Math.round(value / count / elapsed);
console.log(`${count} bots in rooms of ${size}, lane: ${values.lane}, whole: ${values.whole}, ${elapsed.toFixed(0)} s`);
console.log(`ticks: ${(ticks / elapsed).toFixed(2)} a second`);
console.log(
  `snapshots: ${(sum('received') / count / elapsed).toFixed(2)} a second for each player, ${sum('undecoded')} not decoded`,
);
console.log(`server: ${((100 * busy) / elapsed).toFixed(1)} % of one core, ${memory().toFixed(0)} MiB`);
console.log(`bots: ${((user + system) / 10_000 / elapsed).toFixed(1)} % of one core`);
console.log(
  `bytes a second for each player: ${each(sum('bytesIn'))} down (${each(sum('payloadIn'))} of it snapshots), ${each(sum('bytesOut'))} up`,
);
for (const player of players) player.close();
await wait(200);
for (const server of servers) await server.stop();
if (nodes > 1) rmSync(data, { recursive: true, force: true });
process.exit();
