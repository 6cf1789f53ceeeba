/**
 * The program of `npm run soak -- --entries N`: clients enter rooms with history N times, amid everything that happens
 * to them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { startRelay } from '../../kit/relay/relay.mjs';
import { openHome, whyNoHome } from '../soak-real/home.mjs';
import { Fleet, SERVER_FLAG } from './fleet.js';
import { Guest, WIRES } from './guest.js';
import type { HomeAddress, ServerSetup } from './messages.js';
import { explain, FAULT_KINDS, Record, replay } from './replay.js';
import { serve } from './server.js';
import type { Step } from './steps.js';

const USAGE = `npm run soak -- --entries N [--home memory|folder|redis|nats] [--seed N] [--clients N] [--servers N] [--delay MS]
  --entries N   how often clients enter
  --home HOME   where the log is (memory, which has one server)
  --seed N      the choices of clients and faults; without it, new ones
  --clients N   clients (32)
  --servers N   servers (3)
  --delay MS    milliseconds to the broker; without it, 0 or 5 by the seed`;

interface Settings {
  readonly entries: number;
  readonly home: HomeAddress['kind'];
  readonly seed: number;
  readonly clients: number;
  readonly servers: number;
  readonly delayMs: number;
}

/** Milliseconds between two lines that tell how far the soak is. */
const TELL_MS = 10_000;
/** Milliseconds and entries between two kills. On a busy machine, clients need longer to come back. */
const KILL_MS = 5_000;
const KILL_ENTRIES = 50;
/** Milliseconds in which everything arrives after the last entry. */
const CALM_MS = 60_000;
/** Milliseconds of silence after which nothing is on its way any more. */
const QUIET_MS = 2_000;
/** Milliseconds without an entry after which the soak gives up. */
const STILL_MS = 300_000;
/** Faults that are printed, each with the steps before it. */
const SHOWN = 5;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs the soak. Its servers are processes that run `program`, which is this module. Returns the exit code. */
export async function main(args: readonly string[], program: string): Promise<number> {
  const settings = read(args);
  const why = settings && (settings.home === 'memory' ? undefined : whyNoHome(settings.home));
  if (!settings || why) {
    console.error(why ?? USAGE);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'naru-entries-'));
  const stop = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  process.once('exit', stop);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  return new EntrySoak(settings, folder, program).run();
}

function read(args: readonly string[]): Settings | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { entries: text, home: text, seed: text, clients: text, servers: text, delay: text },
  });
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const kind = (['memory', 'folder', 'redis', 'nats'] as const).find((each) => each === (values.home ?? 'memory'));
  const settings = {
    entries: Number(values.entries),
    seed,
    clients: Number(values.clients ?? 32),
    servers: kind === 'memory' ? 1 : Number(values.servers ?? 3),
    delayMs: Number(values.delay ?? (seed % 2) * 5),
  };
  const isRight = Object.values(settings).every((each) => Number.isSafeInteger(each) && each >= 0);
  return kind && isRight && settings.servers > 0 ? { ...settings, home: kind } : undefined;
}

/** One soak. */
class EntrySoak {
  readonly #settings: Settings;
  readonly #folder: string;
  readonly #program: string;
  readonly #random: SeededRandom;
  readonly #rooms = Array.from({ length: 8 }, (_, index) => `room-${index}`);
  readonly #known = new Map(this.#rooms.map((room) => [room, new Map<string, number | null>()]));
  readonly #guests: Guest[] = [];
  #entered = 0;
  #enteredAt = 0;

  constructor(settings: Settings, folder: string, program: string) {
    this.#settings = settings;
    this.#folder = folder;
    this.#program = program;
    this.#random = new SeededRandom(settings.seed);
  }

  /** Runs it. Returns the exit code. */
  async run(): Promise<number> {
    const { home, seed, entries, clients, servers, delayMs } = this.#settings;
    console.log(
      `seed ${seed}, ${home}, ${delayMs} ms away: ${entries} entries, ${clients} clients, ${servers} servers`,
    );
    const startedAt = Date.now();
    const broker = home === 'memory' ? undefined : await openHome({ home, servers }, this.#folder);
    for (const link of broker && 'links' in broker ? broker.links : []) link.delayMs = delayMs;
    const homes = Array.from(
      { length: servers },
      (_, place) => (broker?.of(place) ?? { kind: 'memory' }) as HomeAddress,
    );
    const fleet = new Fleet(this.#program, { seed, rooms: this.#rooms, everyMs: 6 * servers }, homes);
    process.once('exit', () => fleet.end());
    try {
      await fleet.open();
      await this.#gather(fleet);
      await this.#enter(fleet);
      const calm = await this.#calm(fleet);
      const log = await fleet.readLog();
      console.log(`${this.#entered} entries and ${log.length} events in ${seconds(startedAt)} s, ${fleet.kills} kills`);
      const { askings, killedAt } = fleet;
      return this.#judge(new Record({ log, askings, killedAt, known: this.#known }), calm);
    } finally {
      for (const guest of this.#guests) guest.end();
      for (const { relay } of this.#guests) relay.close();
      fleet.end();
      broker?.end();
    }
  }

  async #gather(fleet: Fleet): Promise<void> {
    const onEntered = (): void => {
      this.#entered += 1;
      this.#enteredAt = Date.now();
    };
    const world = { rooms: this.#rooms, known: this.#known, onEntered };
    for (let index = 0; index < this.#settings.clients; index += 1) {
      let place = index % this.#settings.servers;
      const relay = await startRelay(() => {
        place = fleet.placeFor(place);
        const port = fleet.portOf(place);
        return port === undefined ? undefined : { port };
      });
      const wire = WIRES[index % WIRES.length] ?? WIRES[0];
      this.#guests.push(new Guest(`c${index}`, wire, relay, this.#random.fork(), world));
    }
  }

  async #enter(fleet: Fleet): Promise<void> {
    const { entries, servers, home } = this.#settings;
    this.#enteredAt = Date.now();
    const isOver = (): boolean => this.#entered >= entries || Date.now() - this.#enteredAt > STILL_MS;
    const acting = this.#guests.map(async (guest) => {
      while (!isOver()) await guest.visits.act();
    });
    const killing = (async () => {
      let entered = 0;
      for (let at = Date.now(); !isOver() && home !== 'memory'; await sleep(50)) {
        if (Date.now() - at < KILL_MS || this.#entered - entered < KILL_ENTRIES) continue;
        await fleet.kill(this.#random.integer(0, servers - 1), this.#random.integer(0, 1_000));
        at = Date.now();
        entered = this.#entered;
      }
    })();
    const telling = setInterval(() => console.log(`  ${this.#entered} entries, ${fleet.kills} kills`), TELL_MS);
    await Promise.all([...acting, killing]);
    clearInterval(telling);
  }

  /** Waits until everything has arrived. Returns what did not come to rest. */
  async #calm(fleet: Fleet): Promise<string[]> {
    fleet.rest();
    const until = Date.now() + CALM_MS;
    const visits = this.#guests.map((guest) => guest.visits);
    const isQuiet = (): boolean => visits.every(({ heardAt, isIn }) => isIn && Date.now() - heardAt > QUIET_MS);
    while (!isQuiet() && Date.now() < until) await sleep(50);
    return this.#guests
      .filter(({ visits: { isIn } }) => !isIn)
      .map(({ name }) => `${name}: is not in all of its rooms`);
  }

  #judge(record: Record, faults: readonly string[]): number {
    const counts = new Map<string, number>(FAULT_KINDS.map((kind) => [kind, 0]));
    let shown = 0;
    for (const { name, visits } of this.#guests) {
      const { steps } = visits;
      const found = replay(name, steps, record);
      for (const { kind } of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const [first] = found;
      if (!first || shown === SHOWN) continue;
      shown += 1;
      console.log(`FAULT ${explain(name, first, steps).join('\n')}`);
    }
    for (const fault of faults) console.log(`FAULT ${fault}`);
    const waits = this.#guests.flatMap(({ visits }) => waitsOf(visits.steps)).sort((one, other) => one - other);
    const rank = (share: number): number => waits[Math.max(0, Math.ceil(share * waits.length) - 1)] ?? 0;
    console.log(`answers: median ${rank(0.5)} ms, 99th percentile ${rank(0.99)} ms, at most ${rank(1)} ms`);
    const sum = [...counts.values()].reduce((one, other) => one + other, faults.length);
    console.log([...counts].map(([kind, count]) => `${kind}: ${count}`).join(', '));
    console.log(sum === 0 ? 'No faults.' : `${sum} faults. SEED ${this.#settings.seed}`);
    return sum === 0 && this.#entered >= this.#settings.entries ? 0 : 1;
  }
}

/** Returns the milliseconds from each request to its page. */
function waitsOf(steps: readonly Step[]): number[] {
  const asked = new Map(steps.flatMap((step) => (step.type === 'ask' ? [[step.id, step.at] as const] : [])));
  return steps.flatMap((step) => (step.type === 'page' ? [step.at - (asked.get(step.id) ?? step.at)] : []));
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1_000).toFixed(1);
}

const [, , flag, setup = ''] = process.argv;
if (flag === SERVER_FLAG) await serve(JSON.parse(setup) as ServerSetup);
