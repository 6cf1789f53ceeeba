// Runs one soak: sets everything up, breaks it at random for some seconds, restores it, and checks.
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '@naru/testing';
import { keepBusy } from './busy.mjs';
import { Callers, FAR } from './callers.mjs';
import { check } from './check/checker.mjs';
import { Outages } from './check/outages.mjs';
import { checkGone, checkStates } from './check/states.mjs';
import { Fleet } from './fleet.mjs';
import { judgeVisits } from './halls/judge.mjs';
import { openHome } from './home.mjs';
import { mayOwn, OWN_ROOMS } from './own-rooms.mjs';
import { setPatience } from './patience.mjs';
import { openLane } from './relay.mjs';
import { Secrets } from './secrets.mjs';
import { addForgotten, findLinkPort, NUMBERS, readLogOf, SERVER_OPTIONS } from './setting.mjs';
import { Storm } from './storm.mjs';
import { summarise } from './summary.mjs';
import { Update } from './update.mjs';
import { Weather } from './weather.mjs';
import { WorkerFleet } from './workers/worker-fleet.mjs';

const CROWD = fileURLToPath(new URL('./crowd.mjs', import.meta.url));

/** The share of the clients on each wire, and the server's port for it. */
const WIRES = [
  ['stock websocket', 4, 'http'],
  ['stock polling', 3, 'http'],
  ['stock upgrade', 3, 'http'],
  ['our websocket', 3, 'http'],
  ['our polling', 2, 'http'],
  ['our sse', 2, 'http'],
  ['our tcp', 3, 'tcp'],
  ['events', 3, 'http'],
  ['stomp', 2, 'stomp'],
];

/** The share of all messages that servers send by themselves, and the share of those that go to own rooms alone. */
const SERVERS_PART = 0.5;
const OWN_PART = 0.4;

/** The most milliseconds from the faults until all is delivered, and those until the last message is repeated. */
const [CALM_MS_MAX, REPEAT_MS] = [180_000, 15_000];

/** The most milliseconds from the end of the faults to the end of the soak. */
const AFTER_MS_MAX = 600_000;

/**
 * A broker's folder is in memory. While a disk is busy, Redis answers before it has written, and a crash loses more
 * than the soak allows.
 */
const MEMORY = '/dev/shm';

/** Milliseconds between the update of the application and the middle of the faults, in which workers are reloaded. */
const UPDATE_BEFORE_MS = 100;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs the soak, leaves nothing behind, and returns the faults and a summary in lines. */
export async function runSoak(settings, log) {
  const folder = mkdtempSync(join(settings.home !== 'folder' && existsSync(MEMORY) ? MEMORY : tmpdir(), 'naru-soak-'));
  const soak = new Soak(settings, folder, log);
  const rest = settings.busy ? keepBusy() : undefined;
  const stop = () => {
    rest?.();
    soak.end();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', stop);
  const cut = () => {
    log(`The soak was ended. It waits until ${soak.stage}, and has these faults so far: ${soak.faults.join('; ')}`);
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, cut);
  let timer;
  const late = new Promise((_resolve, reject) => {
    const ms = settings.seconds * 1_000 + AFTER_MS_MAX;
    const what = () => `The soak did not end within ${ms} ms. It waits until ${soak.stage}.`;
    timer = setTimeout(() => reject(new Error(what())), ms);
  });
  try {
    return await Promise.race([soak.run(), late]);
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', stop);
    stop();
  }
}

class Soak {
  /** The present stage: the soak waits until this is so. */
  stage = 'the faults are over';
  #settings;
  #folder;
  #log;
  #random;
  #home;
  #fleet;
  #lanes = [];
  #clients = [];
  #crowds = [];
  #roomNames;
  /** Messages that servers sent by themselves, and those that they were to send when they were killed. */
  #said = [];
  #maybe = [];
  #next = 0;
  /** The faults that the run itself has noticed. */
  faults = [];
  /** The port of each place for links. A server that takes the place of another one has its port. */
  #linkPorts = [];
  /** The secrets of links, which change while everything runs. */
  #secrets;
  /** Whether servers speak in halls, which clients enter with history. */
  #hasHalls;
  /** The faults of clients, which can also ask for one. */
  #weather;
  /** The application of the servers, if it is updated in the middle. */
  #update;

  constructor(settings, folder, log) {
    this.#settings = settings;
    this.#folder = folder;
    this.#log = log;
    this.#random = new SeededRandom(settings.seed);
    // Calls and words are records of the log, and nobody knows which of them a home has lost.
    this.#hasHalls = settings.calls !== false && !settings.promote;
    this.#update = settings.update ? new Update(folder) : undefined;
    const { heartbeat } = setPatience(settings.clients);
    const setup = (place) => ({
      program: this.#update?.program(settings.workers ? 'workers/program.mjs' : 'server.mjs'),
      home: this.#home.of(place),
      options: { ...SERVER_OPTIONS, ...heartbeat },
      linkPort: this.#linkPorts[place],
      secrets: this.#secrets?.startAt(place),
      hasHalls: this.#hasHalls,
    });
    this.#fleet = settings.workers ? new WorkerFleet(settings.workers, setup) : new Fleet(settings.servers, setup);
    this.#roomNames = Array.from({ length: Math.max(3, Math.round(settings.clients / 4)) }, (_, n) => `room-${n}`);
  }

  async run() {
    const { seed, clients, messages, seconds, workers, home = 'folder' } = this.#settings;
    const servers = `${this.#fleet.size} ${workers ? 'workers' : 'servers'}`;
    this.#log(`seed ${seed}, ${home}: ${clients} clients, ${servers}, ${messages} messages, ${seconds} s`);
    const startedAt = Date.now();
    this.#home = await openHome(this.#settings, this.#folder);
    if (this.#settings.links) {
      this.#secrets = new Secrets(this.#fleet.size, this.#settings.leap);
      Object.assign(this.#fleet, { hasLinks: true, isLeap: this.#settings.leap });
      while (this.#linkPorts.length < this.#fleet.size) this.#linkPorts.push(await findLinkPort(this.#linkPorts));
    }
    await this.#fleet.open();
    if (this.#fleet.living.length < this.#fleet.size) throw new Error('A server did not start.');
    await this.#gather();
    const weather = new Weather(this.#fleet, this.#lanes, this.#random.fork(), this.#settings.seconds);
    weather.pickPlace = () => this.#secrets?.behind;
    this.#weather = weather;
    const [quotas, count] = this.#quotas();
    const overMs = seconds * 1_000;
    const sayings = [
      this.#sayAll(count, overMs, weather),
      ...this.#crowds.map((crowd) => crowd.call('say', { quotas, overMs })),
      ...this.#crowds.map((crowd) => crowd.call('visit', { overMs })),
    ];
    const joins = this.#joinSome(overMs);
    const callers = new Callers(this.#fleet, this.#random.fork());
    const isCalling = this.#settings.calls !== false && !this.#home.isReplicated;
    const calls = isCalling ? callers.call(overMs) : undefined;
    const storm = new Storm(this.#home, this.#random.fork(), overMs);
    // Those that start in the second half have the later build.
    setTimeout(() => this.#update?.carryOut(), overMs / 2 - UPDATE_BEFORE_MS);
    await Promise.all([weather, storm].map((each) => each.rage((line) => this.#log(line))));
    const counts = weather.counts;
    this.#log(`calm after ${Date.now() - startedAt} ms`);
    await joins;
    await this.#within('all is said', Promise.all([...sayings, calls]));
    await Promise.all(this.#fleet.living.map((server) => server.call('rest')));
    await this.#converge();
    const askable = this.#clients.filter(({ wire }) => wire !== 'events' && wire !== 'stomp').map(({ index }) => index);
    await this.#until('all calls are complete', () => callers.isComplete(clients, askable.length));
    let differences = [];
    await this.#until('presence is the same everywhere', async () => {
      differences = await callers.presenceFaults(askable);
      return differences.length === 0;
    });
    this.faults.push(...differences);
    await this.#fleet.look();
    const [records, crowds] = await this.#handIn();
    const { entries, marks, deeds, words, faults: logFaults } = await this.#readLog();
    const events = [...this.#fleet.events, ...weather.events, ...storm.events];
    const { questions, sides, fetches } = callers;
    const answers = { questions, sides, fetches, lives: this.#fleet.lives };
    const [said, maybe] = [this.#said, this.#maybe];
    const { forgottenAt, kind } = this.#home;
    const { lives, unready, beats, stored, askings, states } = this.#fleet;
    const all = new Map([...unready, ...lives]);
    const outages = new Outages(kind === 'folder' ? undefined : all, beats, stored, storm.crashes, forgottenAt);
    const course = { log: entries, marks, deeds, records, said, maybe, calls: answers, events, forgottenAt, outages };
    if (this.#settings.course)
      writeFileSync(
        this.#settings.course,
        JSON.stringify({ ...course, words, crowds, lives: [...all], beats: [...beats], stored: [...stored] }),
      );
    const visits = await judgeVisits({ words, askings, lives, outages, crowds });
    const faults = check(course);
    faults.push(...checkStates(states, storm.silences, kind !== 'folder'), ...checkGone(answers, states));
    faults.push(...logFaults, ...visits.faults, ...this.faults, ...this.#fleet.faults);
    const lines = summarise({
      settings: this.#settings,
      records,
      entries,
      counts: { ...counts, ...storm.counts, outages: outages.count },
      fleet: this.#fleet,
      visits: visits.counts,
      secrets: this.#secrets,
      startedAt,
      callers,
      faults: [...weather.events, ...storm.events],
    });
    return { faults, lines };
  }

  /** Ends everything at once. */
  end() {
    for (const lane of this.#lanes) lane.relay.close();
    for (const crowd of this.#crowds) crowd.child.kill('SIGKILL');
    void this.#fleet.stop();
    this.#home?.end();
  }

  /** Reads what the home has, and what it had before it lost records. */
  async #readLog() {
    await this.#fleet.stop();
    await this.#home.open?.();
    const [now, former] = await Promise.all(this.#home.logs.map((each) => readLogOf(each)));
    return former ? addForgotten(now, former) : now;
  }

  /** Starts the clients, and waits until all are in their rooms. */
  async #gather() {
    const { clients, crowds } = this.#settings;
    const all = WIRES.flatMap(([wire, weight, kind]) => Array.from({ length: weight }, () => [wire, kind]));
    // Each wire at least once, however few clients there are.
    const order = [
      ...WIRES.map(([wire, , kind]) => [wire, kind]),
      ...Array.from({ length: clients }, (_, n) => all[n % all.length]),
    ];
    for (let index = 0; index < clients; index += 1) {
      const [wire, kind] = order[index];
      const lane = await openLane(kind, this.#fleet);
      lane.index = index;
      this.#lanes.push(lane);
      this.#fleet.lanes.push(lane);
      const rooms = new Set([this.#roomNames[index % this.#roomNames.length], this.#random.pick(this.#roomNames)]);
      if (mayOwn(wire)) rooms.add(this.#random.pick(OWN_ROOMS));
      this.#clients.push({ index, wire, port: lane.relay.port, rooms: [...rooms] });
    }
    for (let index = 0; index < crowds; index += 1) this.#crowds.push(this.#startCrowd(index));
    await Promise.all(this.#crowds.map(({ ready }) => ready));
    await this.#gatherAll('all clients are in their rooms');
  }

  async #gatherAll(what) {
    await this.#until(what, async () => {
      const counts = await Promise.all(this.#crowds.map((crowd) => crowd.call('countIn')));
      return counts.reduce((sum, count) => sum + count, 0) === this.#clients.length;
    });
  }

  #startCrowd(index) {
    const clients = this.#clients.filter((client) => client.index % this.#settings.crowds === index);
    const file = join(this.#folder, `crowd-${index}.json`);
    const setup = {
      clients,
      count: this.#clients.length,
      roomNames: this.#roomNames,
      seed: this.#settings.seed + index,
      hasHalls: this.#hasHalls,
      file,
    };
    const child = fork(CROWD, [JSON.stringify(setup)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const calls = new Map();
    let next = 0;
    const ready = new Promise((resolve) => calls.set(0, resolve));
    child.on('message', ({ id, result, stall, ms }) => {
      if (ms) this.#weather?.stall(stall, ms);
      else calls.get(id)?.(result);
    });
    child.on('exit', (code, signal) => {
      if (signal !== 'SIGKILL') this.faults.push(`the clients' process ${index} ended with ${code ?? signal}`);
      for (const call of calls.values()) call(undefined);
    });
    const call = (name, args = {}) => {
      next += 1;
      const id = next;
      if (child.connected) child.send({ id, name, args });
      return new Promise((resolve) => calls.set(id, resolve));
    };
    return { child, call, ready, file };
  }

  /** Divides the messages between clients of all wires and the servers themselves. */
  #quotas() {
    const { messages } = this.#settings;
    const share = Math.floor((messages * (1 - SERVERS_PART)) / this.#clients.length);
    const quotas = {};
    for (const { index } of this.#clients) quotas[index] = { from: (index + 1) * NUMBERS, count: share };
    return [quotas, messages - share * this.#clients.length];
  }

  /** Makes servers send numbered messages, and records which of them are confirmed. */
  async #sayAll(count, overMs, weather) {
    const startedAt = Date.now();
    while (this.#next < count) {
      const due = Math.min(count, Math.ceil(((Date.now() - startedAt) / overMs) * count));
      const [server] = this.#shuffled(this.#fleet.living);
      if (server && due > this.#next) {
        const items = [];
        const own = this.#random.chance(OWN_PART) && [this.#random.pick(OWN_ROOMS), this.#random.pick(OWN_ROOMS)];
        for (; this.#next < due && items.length < 40; this.#next += 1)
          items.push([this.#next, this.#random.pick(own || (this.#random.chance(0.1) ? FAR : this.#roomNames))]);
        // All servers send at once, without waiting for each other, as in real use.
        const size = weather.isRaging && this.#random.chance(0.01) ? 20_000 : 0;
        void this.#sayBy(server, items, size);
      }
      await sleep(due > this.#next ? 1 : 10);
    }
    await this.#until('the servers have sent all messages', () => this.#said.length + this.#maybe.length === count);
  }

  async #sayBy(server, items, size) {
    const tags = await server.call('say', { items, size });
    for (const [n] of items) (tags ? this.#said : this.#maybe).push(n);
  }

  #shuffled(list) {
    return list.length > 1 && this.#random.chance(0.5) ? [...list].reverse() : list;
  }

  /** Lets some clients join another room meanwhile. */
  async #joinSome(overMs) {
    const able = this.#clients.filter(({ wire }) => mayOwn(wire));
    for (const { index, rooms } of able) {
      await sleep((overMs * 0.8) / able.length);
      const room = this.#random.pick(this.#random.chance(OWN_PART) ? OWN_ROOMS : this.#roomNames);
      if (rooms.includes(room)) continue;
      rooms.push(room);
      void this.#crowds[index % this.#settings.crowds].call('join', { index, room });
    }
  }

  /** Sends a last message to each room until everybody has it. */
  async #converge() {
    await this.#gatherAll('all clients are back in their rooms');
    const items = [...this.#roomNames, ...OWN_ROOMS].map((room) => [-1, room]);
    let [behind, saidAt, lasts] = [[], 0, []];
    await this.#until('all clients have the last message', async () => {
      // A connection may break only now, or have broken without a sign, and STOMP brings nothing again.
      if (Date.now() - saidAt > REPEAT_MS) {
        saidAt = Date.now();
        const tags = await this.#fleet.living[0].call('say', { items, size: 0 });
        lasts = [...lasts, Object.fromEntries(items.map(([, room], index) => [room, tags[index]]))];
      }
      behind = (await Promise.all(this.#crowds.map((crowd) => crowd.call('listBehind', { lasts })))).flat();
      return behind.length === 0;
    });
    if (behind.length > 0) this.faults.push(`clients ${behind.join(', ')} did not converge`);
  }

  async #until(what, isSo) {
    this.stage = what;
    const until = Date.now() + CALM_MS_MAX;
    // A server may never answer.
    const late = new Promise((resolve) => setTimeout(resolve, CALM_MS_MAX).unref());
    while (!(await Promise.race([isSo(), late]))) {
      if (Date.now() >= until) return void this.faults.push(`not within ${CALM_MS_MAX} ms: ${what}`);
      await sleep(50);
    }
  }

  async #within(what, promise) {
    let isDone = false;
    void promise.then(() => {
      isDone = true;
    });
    await this.#until(what, () => isDone);
  }

  async #handIn() {
    await Promise.all(this.#crowds.map((crowd) => crowd.call('handIn')));
    const crowds = this.#crowds.map(({ file }) => JSON.parse(readFileSync(file, 'utf8')));
    const records = crowds.flatMap((crowd) => crowd.records);
    return [records.sort((one, other) => one.index - other.index), crowds];
  }
}
