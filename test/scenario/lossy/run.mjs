// Runs one scene: sets everything up, breaks the path as the scene says, restores it, and checks.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '@naru/testing';
import { check } from '../soak-real/check/checker.mjs';
import { NUMBERS, readLog, SERVER_OPTIONS } from '../soak-real/setting.mjs';
import { checkAlone, checkLanes, checkNoticed, longestSilence, SLACK_MS } from './checker.mjs';
import { CalledChild } from './child.mjs';
import { LossyPath, openFolder, SERVER } from './path.mjs';
import { SCENES } from './scenes.mjs';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The wires, each with the rule of the checker that applies to it. */
export const WIRES = {
  'stock websocket': 'stock websocket',
  'stock polling': 'stock polling',
  'stock upgrade': 'stock upgrade',
  'our websocket': 'our websocket',
  'our polling': 'our polling',
  'our sse': 'our sse',
  'our tcp': 'our tcp',
  events: 'events',
  curl: 'events',
  stomp: 'stomp',
  lines: 'stomp',
  'stompjs websocket': 'durable',
  'stompjs tcp': 'durable',
  'python stomp': 'durable',
};
const SAYING = new Set(['events', 'stomp']);

/** The requirements of a wire, and how to see that they are installed. */
const NEEDS = {
  curl: ['curl', ['--version']],
  'python stomp': ['/usr/bin/python3', ['-c', 'import stomp']],
};

/** Lists the wires whose programs are not installed. */
export function listMissing() {
  return Object.keys(NEEDS).filter((wire) => spawnSync(...NEEDS[wire], { stdio: 'ignore' }).status !== 0);
}

const LANES = [
  { transport: 'websocket', isTalking: true },
  { transport: 'websocket', isTalking: false },
  { transport: 'polling', isTalking: true },
];

/** Messages per second from the server, and from all clients together. */
const SERVER_RATE = 100;
const CLIENT_RATE = 40;
/** The most milliseconds until everything is delivered on the restored path. */
const CALM_MS_MAX = 60_000;
/**
 * Milliseconds after which a last message is repeated. This is shorter than the silence after which any client gives up
 * its connection.
 */
const LAST_WORD_EVERY_MS = 3_000;

/**
 * Runs one scene, leaves nothing behind, and returns the faults and a summary in lines. `slackMs` is by how much the
 * server may be late in noticing a silent client; `Infinity` turns that check off.
 */
export async function runScene(name, { seed, each = 1, wires = Object.keys(WIRES), slackMs = SLACK_MS }) {
  const folder = openFolder();
  const scene = new Scene(name, { seed, each, wires, slackMs }, folder);
  const stop = () => {
    scene.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  try {
    return await scene.run();
  } finally {
    process.removeListener('exit', stop);
    stop();
  }
}

class Scene {
  #name;
  #settings;
  #folder;
  #random;
  #path;
  #server;
  #crowd;
  #clients = [];
  #roomNames = [];
  #said = [];
  #notes = [];
  #faults = [];
  #isOver = false;

  constructor(name, settings, folder) {
    this.#name = name;
    this.#settings = settings;
    this.#folder = folder;
    this.#random = new SeededRandom(settings.seed);
  }

  stop() {
    this.#path?.close();
  }

  async run() {
    const scene = SCENES[this.#name];
    this.#path = await LossyPath.open({ nat: scene.nat });
    await this.#start();
    const startedAt = Date.now();
    const saying = [this.#sayAll(), this.#haveCrowdSay()];
    await scene.course(this.#path, (note) => this.#notes.push({ at: Date.now(), ...note }));
    const lost = await this.#path.lost();
    await this.#path.change({});
    const calmAt = Date.now();
    this.#isOver = true;
    await this.#until('all messages are sent', Promise.all(saying));
    const saidMs = Date.now() - calmAt;
    await this.#converge();
    const calmMs = Date.now() - calmAt;
    const state = await this.#server.call('state');
    const [notes, datagrams] = [await this.#server.call('notes'), await this.#server.call('datagrams')];
    await this.#crowd.call('handIn');
    const crowd = JSON.parse(readFileSync(join(this.#folder, 'crowd.json'), 'utf8'));
    const faults = await this.#check(crowd, notes, datagrams);
    if (state) faults.push(...state.errors);
    await this.#crowd.end();
    await this.#server.end();
    const lines = describe({
      name: this.#name,
      crowd,
      notes,
      datagrams,
      state,
      lost,
      calmMs,
      saidMs,
      ms: calmAt - startedAt,
    });
    return { faults, lines, lost, notes, datagrams, crowd };
  }

  async #start() {
    const { seed, each, wires } = this.#settings;
    this.#roomNames = Array.from({ length: Math.max(3, Math.round((each * wires.length) / 4)) }, (_, n) => `room-${n}`);
    const setup = { folder: join(this.#folder, 'log'), host: SERVER, options: SERVER_OPTIONS };
    const server = this.#path.fork('server', fileOf('./server.mjs'), setup);
    this.#server = new CalledChild(server, (how) => this.#faults.push(`the server ended by itself: ${how}`));
    const ports = await this.#server.ready;
    for (let round = 0; round < each; round += 1)
      for (const wire of wires) {
        const index = this.#clients.length;
        const room = this.#roomNames[index % this.#roomNames.length];
        const rooms = WIRES[wire] === 'durable' ? [room] : [...new Set([room, this.#random.pick(this.#roomNames)])];
        this.#clients.push({ index, wire, rooms });
      }
    const file = join(this.#folder, 'crowd.json');
    const datagrams = { alone: 2 * each, lanes: LANES };
    const crowd = { clients: this.#clients, datagrams, host: SERVER, ports, roomNames: this.#roomNames, seed, file };
    const child = this.#path.fork('client', fileOf('./crowd.mjs'), crowd);
    this.#crowd = new CalledChild(child, (how) => this.#faults.push(`the clients' process ended by itself: ${how}`));
    await this.#crowd.ready;
    await this.#gather('at first');
  }

  async #gather(when) {
    let out = [];
    await this.#poll(
      () => `all clients are in ${when}, but ${out.join('; ')}`,
      async () => {
        out = (await this.#crowd.call('listOut')) ?? ['nobody'];
        return out.length === 0;
      },
    );
  }

  /** Sends numbered messages from the server as long as the scene lasts. */
  async #sayAll() {
    const startedAt = Date.now();
    for (let next = 0; !this.#isOver; ) {
      const items = [];
      for (; next < ((Date.now() - startedAt) / 1_000) * SERVER_RATE && items.length < 40; next += 1)
        items.push([next, this.#random.pick(this.#roomNames)]);
      if (items.length > 0) {
        await this.#server.call('say', { items });
        for (const [n] of items) this.#said.push(n);
      }
      await sleep(20);
    }
  }

  async #haveCrowdSay() {
    const seconds = 10;
    const able = this.#clients.filter(({ wire }) => /^(stock|our)/.test(wire) || SAYING.has(wire));
    const count = Math.ceil((seconds * CLIENT_RATE) / able.length);
    const quotas = {};
    for (const { index } of able) quotas[index] = { from: (index + 1) * NUMBERS, count };
    for (let n = 0; n < 2 * this.#settings.each; n += 1)
      quotas[`udp ${n}`] = { from: (this.#clients.length + n + 1) * NUMBERS, count: 20 };
    await this.#crowd.call('say', { quotas, overMs: seconds * 1_000 });
  }

  /**
   * Sends a last message to each room until everybody has it, and repeats it for clients that did not know yet that
   * their connection was dead.
   */
  async #converge() {
    await this.#gather('again');
    let behind = [];
    let last;
    let saidAt = 0;
    await this.#poll(
      () => `everybody has the last word, but ${behind.join('; ')}`,
      async () => {
        if (Date.now() - saidAt > LAST_WORD_EVERY_MS) {
          saidAt = Date.now();
          const tags = await this.#server.call('say', { items: this.#roomNames.map((room) => [-1, room]) });
          last = Object.fromEntries(this.#roomNames.map((room, index) => [room, tags?.[index]]));
        }
        behind = (await this.#crowd.call('listBehind', { last })) ?? [];
        return behind.length === 0;
      },
    );
  }

  async #poll(what, isSo) {
    const until = Date.now() + CALM_MS_MAX;
    while (!(await isSo())) {
      if (Date.now() > until) {
        this.#faults.push(`not within ${CALM_MS_MAX} ms: ${what()}`);
        return;
      }
      await sleep(50);
    }
  }

  async #until(what, promise) {
    let isDone = false;
    void promise.then(() => {
      isDone = true;
    });
    await this.#poll(
      () => what,
      () => isDone,
    );
  }

  async #check({ records, alone, lanes }, notes, datagrams) {
    const { entries: log, faults: logFaults } = await readLog(this.#folder);
    const held = records.map((record) => hold(record));
    for (const [n] of alone.entries()) {
      const { from, count } = { from: (records.length + n + 1) * NUMBERS, count: 20 };
      // Messages over UDP count once, too, in their order.
      const sure = Array.from({ length: count }, (_, index) => from + index);
      held.push({ ...new Nobody(records.length + n), sure });
    }
    const events = this.#notes.map(({ at, ...note }) => ({ at, what: JSON.stringify(note) }));
    const found = check({ log, records: held, said: this.#said, maybe: [], events });
    const named = found.map((text) =>
      text.replace(/^client (\d+), \w+/, (all, index) =>
        records[index] ? `client ${index}, ${records[index].wire}` : all,
      ),
    );
    const silences = this.#notes.filter(({ what }) => what === 'silence');
    return [
      ...this.#faults,
      ...named,
      ...logFaults,
      ...checkNoticed(notes, silences, SERVER_OPTIONS, this.#settings.slackMs),
      ...checkAlone(alone, datagrams, SCENES[this.#name]),
      ...checkLanes(lanes, datagrams, SCENES[this.#name]),
    ];
  }
}

/** A sender whose own messages alone are known: it is not in any room. */
class Nobody {
  wire = 'our udp';
  rooms = [];
  seen = [];
  connects = [];
  enters = [];
  gaps = [];
  maybe = [];

  constructor(index) {
    this.index = index;
  }
}

/** Returns the record in the form for the rule of its wire. */
function hold(record) {
  const rule = WIRES[record.wire];
  // A durable subscription repeats unacknowledged messages. The first deliveries are in order.
  if (rule === 'durable') return { ...record, wire: 'events', seen: [...new Set(record.seen)] };
  return { ...record, wire: rule };
}

function describe({ name, crowd, notes, datagrams, state, lost, calmMs, saidMs, ms }) {
  const { records, alone, lanes } = crowd;
  const got = records.reduce((sum, { seen }) => sum + seen.length, 0);
  const rows = records.map(({ wire, seen, connects, lagMaxMs, sure, maybe }) => {
    const recovered = connects.slice(1).filter(({ goesOn }) => goesOn).length;
    const twice = seen.length - new Set(seen).size;
    return `  ${wire.padEnd(18)} got ${seen.length}${twice > 0 ? `, ${twice} of them again` : ''}; came back ${connects.length - 1} times, ${recovered} of them where it was; said ${sure.length}, unknown ${maybe.length}; lag up to ${lagMaxMs} ms`;
  });
  const reasons = new Map();
  for (const { what, reason: why, wire } of notes) {
    if (what !== 'out') continue;
    const reason = `${why} of ${wire}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const udp = alone.map(
    ({ name: who, sessions, counts }) =>
      `  ${who}: ${sessions.length} sessions (${sessions.map(({ reason }) => reason ?? 'open').join(', ')}), ${JSON.stringify(counts)}`,
  );
  const sides = lanes.map(({ name: who, heard, sent }) => {
    const own = datagrams.lanes.find(({ name: its }) => its === who)?.heard ?? [];
    return `  ${who}: heard ${heard.length}, longest silence ${longestSilence(heard)} ms; said ${sent}, the server heard ${own.length}, longest silence ${longestSilence(own)} ms`;
  });
  return [
    `${name}: ${(ms / 1_000).toFixed(1)} s, lost packets up ${lost.up}, down ${lost.down}; ${got} messages received; all sent after ${saidMs} ms and delivered after ${calmMs} ms on the restored path; server ${(state?.rss / 1024 ** 2).toFixed(0)} MiB`,
    `  disconnected: ${[...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'nobody'}`,
    ...rows,
    ...udp,
    ...sides,
    `  the endpoint of datagrams: ${JSON.stringify(datagrams.endpoint)}, ${JSON.stringify(datagrams.counts)}`,
  ];
}
