/** Runs a seed: carries out its plan on its world, and checks everything when the world is calm. */

import { ENTRY_LEASES } from '../../../packages/naru/src/namespace/presence/shared-presence.js';
import type { Socket } from '../../../packages/naru/src/namespace/socket/socket.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { Calls } from './calls.js';
import { askHistory, expectHistory } from './histories.js';
import { OwnClient } from './own-client.js';
import { type Action, CALM_MS, type Deed, planActions, planWorld, VISITED } from './plan.js';
import { Questions } from './questions.js';
import { NAMESPACES, PRESENCE } from './soak-node.js';
import { chatter, flood, whisper } from './speeches.js';
import { Violation } from './truth.js';
import { World } from './world.js';

/** Milliseconds for which the store keeps who was present, after that has been written. */
const PRESENT_MS = ENTRY_LEASES * PRESENCE.lease;

/** Options of a run. */
export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  /** The actions to carry out; all by default. */
  readonly keep?: ReadonlySet<number>;
  /** Whether clients enter rooms with history. @default false */
  readonly isEntering?: boolean;
  /** Whether answers to events with keys are checked against the log. @default false */
  readonly isKeyed?: boolean;
  /** Whether servers are asked what became of events for clients. @default false */
  readonly isExplained?: boolean;
  /** Called with each event of the run. */
  readonly onLine?: (line: string) => void;
}

/** The result of a run. */
export interface RunResult {
  readonly seed: number;
  readonly failure: Error | undefined;
  /** A digest of everything that happened. */
  readonly digest: string;
  readonly lines: number;
  /** Milliseconds of simulated time. */
  readonly elapsedMs: number;
  /** The last action before the failure. */
  readonly lastIndex: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** Runs a seed to its end, or to the first fault. */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const plan = planWorld(options.seed);
  const actions = planActions(plan, options.minutes, options.isEntering).filter(
    ({ index }) => options.keep?.has(index) !== false,
  );
  const world = new World(plan, options.isKeyed);
  world.trace.onLine = options.onLine;
  const run = new Run(world, options.isExplained === true);
  let lastIndex = -1;
  // An uncaught exception is a failure of this seed, and must not end the soak.
  const onUncaught = (error: unknown): void => world.fail(error);
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
  try {
    await run.begin();
    for (const round of roundsOf(actions)) {
      lastIndex = await run.round(round, (index) => {
        lastIndex = index;
      });
      if (world.failure) break;
    }
    if (!world.failure) await run.end();
  } catch (error) {
    world.fail(error);
  } finally {
    // An exception of the last turn is reported in the next.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
  }
  return {
    seed: options.seed,
    failure: world.failure,
    digest: world.trace.digest(),
    lines: world.trace.count,
    elapsedMs: world.clock.elapsed,
    lastIndex,
    counts: countsOf(world),
  };
}

/** Groups actions by their rounds. Rounds without actions are left out. */
function roundsOf(actions: readonly Action[]): Action[][] {
  const rounds = new Map<number, Action[]>();
  for (const action of actions) {
    const round = rounds.get(action.round);
    if (round) round.push(action);
    else rounds.set(action.round, [action]);
  }
  return [...rounds.values()];
}

const ENDINGS: ReadonlySet<Deed['type']> = new Set(['restart', 'kill', 'kill-in']);

class Run {
  readonly #world: World;
  readonly #calls: Calls;
  readonly #questions: Questions | undefined;

  constructor(world: World, isExplained: boolean) {
    this.#world = world;
    this.#questions = isExplained ? new Questions(world) : undefined;
    this.#calls = new Calls(world);
  }

  async begin(): Promise<void> {
    for (const client of this.#world.clients) client.connect();
    await this.#advance(8_000);
  }

  /** Carries out the actions of a round, and checks the world afterwards. Returns the last action. */
  async round(actions: readonly Action[], onAction: (index: number) => void): Promise<number> {
    const { clock, trace } = this.#world;
    const startedAt = clock.now();
    for (const { at, deed, index } of actions) {
      await this.#advance(Math.max(0, startedAt + at - clock.now()));
      if (this.#world.failure) return index;
      onAction(index);
      trace.note(`${clock.elapsed} [${index}] ${JSON.stringify(deed)}`);
      this.#act(deed);
      if (this.#world.failure) return index;
    }
    await this.#calm();
    return actions.at(-1)?.index ?? -1;
  }

  /** Disconnects every client and ends every server. Nothing may remain. */
  async end(): Promise<void> {
    const { clients, nodes, clock, network } = this.#world;
    for (const client of clients) client.leave();
    await this.#advance(20_000);
    // A server may close an idle connection of HTTP just as the client sends its farewell over it. Then it still counts
    // the client as connected.
    const hasMissed = nodes.some((node) => node !== undefined && node.io.engine.clientsCount > 0);
    const stopped = nodes.map((node) => node && this.#world.stop(node, false));
    await this.#advance(20_000);
    await Promise.all(stopped);
    network.close();
    await clock.advance(hasMissed ? PRESENT_MS : 60_000);
    if (this.#world.failure) return;
    const left = { links: network.links.size, timers: clock.timerCount, deferred: clock.deferredCount };
    if (left.links + left.timers + left.deferred > 0)
      throw new Violation(`after the end there are remains: ${JSON.stringify(left)}`);
    const kept = this.#world.home.store.tables.names;
    if (kept.length > 0) throw new Violation(`everybody has left, but the store still has the tables ${kept}`);
  }

  async #advance(ms: number): Promise<void> {
    const { clock } = this.#world;
    // Small steps, so that the run stops soon after a failure.
    for (let left = ms; left > 0 && !this.#world.failure; left -= 5_000) await clock.advance(Math.min(left, 5_000));
    if (ms === 0) await clock.settle();
  }

  /** Stops all faults: every client must connect, and receive everything. */
  async #calm(): Promise<void> {
    const world = this.#world;
    world.network.change({ delayMs: [0, 30], windowBytes: 65_536, cutAfterBytes: undefined }).restore();
    world.home.late.start();
    world.home.texts.accept();
    for (const node of world.nodes) {
      node?.line.mend();
      node?.line.disarm();
      if (node) world.resume(node);
    }
    for (let place = 0; place < world.plan.nodes; place += 1) world.start(place);
    for (const client of world.clients) {
      world.release(client);
      // A slow connection stays slow, so the client needs a new one.
      client.device.cut();
      client.connect();
    }
    await this.#advance(CALM_MS - 5_000);
    for (let place = 0; place < world.plan.nodes; place += 1) world.start(place);
    for (const client of world.clients) client.connect();
    if (world.failure) return;
    for (const client of world.clients) client.mood(world.truth.sent.size);
    await this.#advance(5_000);
    if (world.failure) return;
    const missing = world.truth.missing((node) => world.nodes.some((each) => each?.id === node));
    if (missing.length > 0) throw new Violation(`${missing.map(({ id }) => id)} never reached the log`);
    for (const client of world.clients) client.expectAll();
    await this.#expectPresence();
    await this.#calls.expectAll((asked) => this.#settled(asked));
    await expectHistory(this.#world, (asked) => this.#settled(asked));
    await this.#questions?.ask((asked) => this.#settled(asked));
  }

  async #expectPresence(): Promise<void> {
    const { nodes, clients, clock } = this.#world;
    for (const name of [...NAMESPACES, ...VISITED]) {
      const here = clients.filter(({ plan }) => plan.namespace === name);
      const expected = here.map(({ plan }) => plan.name).sort();
      for (const node of nodes) {
        if (!node) continue;
        const listed = await this.#settled(node.presence(name));
        const found = listed
          .map(({ id, connections }) => `${id}${connections === 1 ? '' : ` ${connections} times`}`)
          .sort();
        if (String(found) !== String(expected))
          throw new Violation(`server ${node.id}: presence in ${name} is ${found}, expected ${expected}`);
        const states = listed.map(({ id, state }) => `${id} ${JSON.stringify(state)}`).sort();
        for (const client of here) {
          if (!(client instanceof OwnClient)) continue;
          const seen = [...client.present].map(([id, state]) => `${id} ${JSON.stringify(state)}`).sort();
          if (String(seen) !== String(states))
            throw new Violation(`${client.plan.name} sees ${seen} in ${name}, expected ${states}`);
        }
      }
    }
    await clock.settle();
  }

  /** Returns the result of a call, which may take simulated time. */
  async #settled<T>(asked: Promise<T>): Promise<T> {
    let isOver = false;
    const over = asked.finally(() => {
      isOver = true;
    });
    for (let count = 0; !isOver && count < 100; count += 1) await this.#world.clock.advance(isOver ? 0 : 100);
    return over;
  }

  #act(deed: Deed): void {
    const world = this.#world;
    const client = 'client' in deed ? world.clients[deed.client] : undefined;
    const node = 'node' in deed ? world.node(deed.node) : undefined;
    if (client) this.#actOnClient(deed, client);
    // A log that does not outlive servers promises nothing when one ends.
    if (client && node && deed.type === 'whisper') whisper(node, client, deed.count);
    if (node && (world.plan.isDurable || !ENDINGS.has(deed.type))) this.#actOnNode(deed, node);
    if (deed.type === 'cut-all') {
      world.network.cutAll();
      world.counts.cuts += 1;
    } else if (deed.type === 'home') {
      world.disturbHome(deed.way, deed.ms);
    } else if (deed.type === 'forget') {
      world.forget(deed.ms);
    } else if (deed.type === 'refuse-texts') {
      world.refuseTexts(deed.ms);
    } else if (deed.type === 'lose-texts') {
      world.loseTexts(deed.share, deed.dice);
    } else if (deed.type === 'network') {
      world.network.change(deed.link);
    } else if (deed.type === 'hold-all') {
      for (const each of world.clients) world.hold(each, 'both', deed.ms);
    }
  }

  #actOnClient(deed: Deed, client: World['clients'][number]): void {
    const world = this.#world;
    const { clock } = world;
    if (deed.type === 'op') client.op(deed.count);
    else if (deed.type === 'visit') client.visitor?.visit(deed.rooms, deed.limit);
    else if (deed.type === 'part') client.visitor?.part(deed.room);
    else if (deed.type === 'shout') client.visitor?.shout(deed.room);
    else if (deed.type === 'say') client.say(deed.count);
    else if (deed.type === 'enter') client.enter(deed.room);
    else if (deed.type === 'exit') client.exit(deed.room);
    else if (deed.type === 'mood') client.mood(deed.state);
    else if (deed.type === 'hold') world.hold(client, deed.way, deed.ms);
    else if (deed.type === 'move') world.move(client, deed.node);
    else if (deed.type === 'kick') this.#kick(client, deed.isClose);
    else if (deed.type === 'cut') {
      world.counts.cuts += 1;
      client.device.cut();
    } else if (deed.type === 'away') {
      client.device.cut();
      world.hold(client, 'both', deed.ms);
    } else if (deed.type === 'leave') {
      client.leave();
      clock.setTimeout(() => client.connect(), Math.max(100, deed.ms), undefined);
    }
  }

  #kick(client: World['clients'][number], isClose: boolean): void {
    const world = this.#world;
    for (const node of world.nodes)
      for (const socket of node?.io.of(client.plan.namespace).sockets.values() ?? [])
        if (socket.handshake.query.client === client.plan.name) {
          // Of two kicks, either may come first. A socket of an earlier session may not be known to be dead.
          const isUnsure = world.putOut.has(socket.id) || socket.id !== client.course.socketId;
          world.putOut.add(socket.id);
          const { namespace } = client.plan;
          const far = world.nodes.find((each) => each !== node && each?.isOpen && socket.id.charCodeAt(0) % 2 === 0);
          if (far) {
            // A client that reads late loses what it has not read, as when its own server puts it out.
            const isLate = node?.isLate(namespace, socket.id);
            const id = far.kickFromAfar(namespace, socket.id, isClose);
            client.kicked(isLate || isUnsure ? undefined : id);
          } else {
            const id = node?.kick(namespace, socket as object as Socket, isClose);
            client.kicked(isUnsure ? undefined : id);
          }
        }
  }

  #actOnNode(deed: Deed, node: NonNullable<World['nodes'][number]>): void {
    const world = this.#world;
    const [{ clock }, place] = [world, world.nodes.indexOf(node)];
    if (deed.type === 'emit') {
      const random = new SeededRandom(deed.dice);
      for (let each = 0; each < deed.count && node.isLiving; each += 1)
        node.emitRandomly(random.integer(0, 2 ** 32 - 1), deed.namespace);
    } else if (deed.type === 'volatile') {
      node.emitVolatile(deed.dice, deed.namespace);
      this.#calls.ask(node);
    } else if (deed.type === 'chatter') chatter(node, deed);
    else if (deed.type === 'flood') flood(node, deed, world.plan);
    else if (deed.type === 'history') askHistory(this.#world, node, deed.dice);
    else if (deed.type === 'pause') world.pause(node, deed.ms);
    else if (deed.type === 'cut-line') world.cutLine(node, deed.ms);
    else if (deed.type === 'stall-texts') world.stallTexts(node, deed.isLost, deed.dice, deed.ms);
    else if (deed.type === 'restart') {
      // A paused server hears of it later.
      world.resume(node);
      void world.stop(node, deed.isDrained).catch((error) => world.fail(error));
      clock.setTimeout(() => world.start(place), deed.ms + 4_000, undefined);
    } else if (deed.type === 'kill') {
      world.kill(node);
      clock.setTimeout(() => world.start(place), deed.ms, undefined);
    } else if (deed.type === 'kill-in') {
      node.line.crashAt({ call: deed.call, isDone: deed.isDone }, () => {
        world.kill(node);
        clock.setTimeout(() => world.start(place), deed.ms, undefined);
      });
    }
  }
}

function countsOf(world: World): Record<string, number> {
  const sum = { events: 0, connects: 0, recoveries: 0, gaps: 0, volatiles: 0 };
  for (const { course } of world.clients)
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += course.counts[key];
  const { runs, reruns, acks } = world.deeds;
  const entered = world.clients.reduce((count, { course }) => count + course.entries.pages, 0);
  const shown = world.clients.reduce((count, { course }) => count + course.entries.shown, 0);
  return { emitted: world.truth.sent.size, ...sum, runs, reruns, acks, entered, shown, ...world.counts };
}
