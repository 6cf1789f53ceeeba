/** A world of servers and clients. A seed plans its faults, and the world knows what must still be true. */
import type { Duplex } from 'node:stream';
import { REMEMBERED_MS } from '../../../packages/naru/src/namespace/explain/journal.js';
import { homeOf } from '../../../packages/naru/src/namespace/log/log-home.js';
import { coreOf, type Namespace } from '../../../packages/naru/src/namespace/namespace.js';
import { RECOVERED_WAIT_MS } from '../../../packages/naru/src/namespace/recovery/session-writer.js';
import { FakeClock } from '../../../packages/testing/src/fake-clock.js';
import type { LinkEnd } from '../../../packages/testing/src/network/link.js';
import { TestNetwork } from '../../../packages/testing/src/network/network.js';
import { SeededRandom } from '../../../packages/testing/src/seeded-random.js';
import { Deeds } from './deeds.js';
import { EventsClient } from './events-client.js';
import { Meanwhile } from './meanwhile.js';
import { OwnClient } from './own-client.js';
import { HOME_ROOMS, type WorldPlan } from './plan.js';
import { RawClient } from './raw-client.js';
import { SharedHome } from './shared-home.js';
import type { ClientParts, LostSession, SoakClient } from './soak-client.js';
import { NAMESPACES, SoakNode } from './soak-node.js';
import { StompClient } from './stomp-client.js';
import { Truth } from './truth.js';
import { Trace, type WorldState } from './world-state.js';

/** The state of a node when it ended. */
interface Ended {
  readonly at: number;
  readonly wasKilled: boolean;
}

/** The place to which a client is led. */
interface Place {
  place: number;
  /**
   * The client's server. Like a sticky load balancer, the network leads all of its connections there while the server
   * accepts any.
   */
  node: SoakNode | undefined;
  readonly isRecords: boolean;
}

/** Milliseconds until a server has a link to the home again: at most two seconds and the way. */
const UNSURE_MS = 2_500;
/** Milliseconds for which the answer to a client is on its way at most. */
const ANSWER_MS = 1_000;

export class World {
  readonly plan: WorldPlan;
  readonly clock = new FakeClock({ quietTurns: 2 });
  readonly network: TestNetwork;
  readonly home: SharedHome;
  readonly truth = new Truth();
  readonly deeds: Deeds;
  readonly trace = new Trace();
  readonly clients: SoakClient[] = [];
  /** The servers by their places; `undefined` when one is down. */
  readonly nodes: (SoakNode | undefined)[] = [];
  /** The first fault. */
  failure: Error | undefined = undefined;
  readonly lostAt = new Map<string, number>();
  readonly leftLate = new Set<string>();
  readonly putOut = new Set<string>();
  readonly counts = {
    ...{ restarts: 0, kills: 0, cuts: 0, holds: 0 },
    moves: 0,
    histories: 0,
    breaks: 0,
    calls: 0,
    misses: 0,
    explained: 0,
    unknown: 0,
  };
  readonly #random: SeededRandom;
  readonly #meanwhile = new Meanwhile(this);
  readonly #isKeyed: boolean;
  readonly #all = new Map<number, SoakNode>();
  readonly #ended = new Map<number, Ended>();
  /** The place to which each address is led. */
  readonly #places = new Map<string, Place>();
  #nextId = 1;
  /** Until when no server may reach the home of the log. */
  #unsureUntil = 0;

  constructor(plan: WorldPlan, isKeyed = false) {
    this.plan = plan;
    this.#isKeyed = isKeyed;
    this.truth.keepsTagsApart = plan.keepsTagsApart && plan.callMs !== undefined;
    this.#random = new SeededRandom(plan.seed ^ 0x3c6e);
    this.network = new TestNetwork({ ...plan.link, seed: plan.seed, clock: this.clock });
    this.network.serve({ emit: (_event: string, stream: LinkEnd) => this.#lead(stream) } as never);
    const callMost = plan.callMs?.[1] ?? 0;
    this.deeds = new Deeds(
      {
        isLiving: (node) => this.#isLiving(node),
        wasStill: (node, since) => this.#all.get(node)?.wasStill(since) ?? false,
      },
      2 * callMost,
    );
    setReading(plan);
    const { ageMs, bytes } = plan;
    this.home = new SharedHome(
      this.clock,
      { ...plan, retention: { ageMs, bytes } },
      {
        onAppended: (...args) => this.#guard(() => this.truth.append(...args)),
        onErased: (namespace, what) => 'room' in what && this.truth.erase(namespace, what.room),
        onSet: (_key, value) => this.deeds.onWritten(value, this.clock.now()),
        onText: (id, node, { rooms, endedAt }) =>
          this.truth.late.accept(id, { node, at: this.clock.now(), rooms, isLost: endedAt !== undefined }),
        onSessionAsked: (socketId, node) => this.#meanwhile.onAsked(socketId, node),
      },
    );
    for (let place = 0; place < plan.nodes; place += 1) this.start(place);
    for (const each of plan.clients) this.clients.push(this.#createClient(each));
  }

  /** Starts a server at a place, if there is none. */
  start(place: number): void {
    if (this.nodes[place]) return;
    const node = new SoakNode(this.#state, this.#nextId, this.plan);
    this.#nextId += 1;
    node.unsureUntil = this.#unsureUntil;
    this.nodes[place] = node;
    this.#all.set(node.id, node);
    this.trace.note(`${this.clock.elapsed} server ${node.id} starts`);
  }

  /** Kills a server: its memory is gone, and its connections break. */
  kill(node: SoakNode): void {
    const place = this.nodes.indexOf(node);
    if (place < 0 || !node.isLiving) return;
    this.trace.note(`${this.clock.elapsed} server ${node.id} is killed`);
    this.nodes[place] = undefined;
    node.kill();
    const { attendances } = this.truth;
    const since = this.clock.now() - this.#writtenMs - RECOVERED_WAIT_MS;
    attendances.kill(node.id, (at) => at < since && !node.wasUnsure(at));
    this.counts.kills += 1;
    this.#ended.set(node.id, { at: this.clock.elapsed, wasKilled: true });
    for (const [link, owner] of this.#links) if (owner === node) link.resetAndDestroy();
  }

  /** Whether a server has ended of late, with all that it remembered. */
  get hasLostMemory(): boolean {
    return [...this.#ended.values()].some(({ at }) => at > this.clock.elapsed - REMEMBERED_MS);
  }

  /** Closes a server in order. */
  async stop(node: SoakNode, isDrained: boolean): Promise<void> {
    const place = this.nodes.indexOf(node);
    if (place < 0 || !node.isOpen) return;
    this.trace.note(`${this.clock.elapsed} server ${node.id} stops${isDrained ? ' in waves' : ''}`);
    this.counts.restarts += 1;
    await node.close(isDrained);
    if (this.nodes[place] !== node) return;
    this.nodes[place] = undefined;
    this.#ended.set(node.id, { at: this.clock.elapsed, wasKilled: false });
    await new Promise<void>((resolve) => void this.clock.setTimeout(() => resolve(), 5_000, undefined));
    for (const [link, owner] of this.#links) if (owner === node) link.destroy();
    await new Promise<void>((resolve) => void this.clock.setTimeout(() => resolve(), 1_000, undefined));
    this.#guard(() => node.expectNothingLeft());
  }

  /** Returns a server that accepts clients, at a place or at random. */
  node(place: number): SoakNode | undefined {
    for (let each = 0; each < this.plan.nodes; each += 1) {
      const node = this.nodes[(place + each) % this.plan.nodes];
      if (node?.isOpen) return node;
    }
    return undefined;
  }

  /** Leads the client to another place from now on. */
  move(client: SoakClient, place: number): void {
    const known = this.#places.get(client.device.address);
    if (!known || known.place === place) return;
    known.place = place;
    known.node = undefined;
    this.counts.moves += 1;
    // Some stay at their former server, too, and see what that one does after the move.
    if (this.counts.moves % 2 === 0 || !client.redial()) client.device.cut();
  }

  /** Holds back all data to or from a client for `ms` milliseconds. */
  hold(client: SoakClient, way: 'up' | 'down' | 'both', ms: number): void {
    this.counts.holds += 1;
    client.device.hold(way);
    this.#holdPaused();
    this.clock.setTimeout(() => this.release(client), ms, undefined);
  }

  /** Ends the silence of a client. */
  release(client: SoakClient): void {
    client.device.release();
    this.#holdPaused();
  }

  /** Cuts a server off from the log for `ms` milliseconds. */
  cutLine(node: SoakNode, ms: number): void {
    this.counts.breaks += 1;
    node.line.cut(ms);
    this.#unsure([node], ms);
  }

  /** Makes the home of the log unreachable, or stand still, for `ms` milliseconds. */
  disturbHome(way: 'stop' | 'pause', ms: number): void {
    this.counts.breaks += 1;
    const { late } = this.home;
    if (way === 'pause') late.pause(ms);
    else {
      late.stop();
      this.clock.setTimeout(() => late.start(), ms, undefined);
    }
    this.#unsureUntil = Math.max(this.#unsureUntil, this.clock.now() + ms + UNSURE_MS);
    this.#unsure([...this.#all.values()], ms);
  }

  /**
   * The home of the log loses what was appended in the last `ms` milliseconds, unless that tells servers of something.
   */
  forget(ms: number): void {
    const tail = this.home.late.tail(ms);
    if (tail.some(({ namespace, offsets }) => this.truth.of(namespace).isTold(offsets))) return;
    this.counts.breaks += 1;
    this.home.late.forget(ms);
    for (const { namespace, offsets } of tail) this.truth.forget(namespace, offsets);
    this.#unsure([...this.#all.values()], 0);
  }

  /** The home refuses the texts of sessions for `ms` milliseconds. */
  refuseTexts(ms: number): void {
    this.counts.breaks += 1;
    this.home.texts.refuse(ms);
  }

  /** The home loses a share of the texts of sessions. */
  loseTexts(share: number, dice: number): void {
    this.counts.breaks += 1;
    this.home.texts.lose(share, new SeededRandom(dice));
  }

  /**
   * The home refuses or loses the texts of sessions that have just changed at a server, which stands still before it
   * learns of that.
   */
  stallTexts(node: SoakNode, isLost: boolean, dice: number, ms: number): void {
    const random = new SeededRandom(dice);
    if (isLost) this.loseTexts(1, dice);
    else this.refuseTexts(1_000);
    for (const name of NAMESPACES) node.direct(name, random.pick(HOME_ROOMS), random);
    const callMost = this.plan.callMs?.[1] ?? 0;
    this.clock.setTimeout(() => node.isOpen && this.pause(node, ms), random.integer(0, 5 * callMost), undefined);
  }

  /**
   * Requests of servers to the home take longer for a while: until the next link, which takes up to two seconds and a
   * way.
   */
  #unsure(nodes: readonly SoakNode[], ms: number): void {
    const until = this.clock.now() + ms + UNSURE_MS;
    for (const node of nodes) node.unsureUntil = Math.max(node.unsureUntil, until);
  }

  /** Pauses a server for `ms` milliseconds: its timers do not fire, and no data arrives. */
  pause(node: SoakNode, ms: number): void {
    node.pause();
    this.#holdPaused();
    this.clock.setTimeout(() => this.resume(node), ms, undefined);
  }

  /** Resumes a paused server. */
  resume(node: SoakNode): void {
    if (!node.isPaused) return;
    // The renewal of its sessions may be due by now, and the answers to their texts come in the same turn.
    for (const nsp of node.io._nsps.values()) coreOf(nsp as object as Namespace).recovery?.rewrite();
    node.resume();
    for (const link of this.network.links) if (this.#links.get(link.server) === node) link.release();
  }

  /** Holds back all data to paused servers. */
  #holdPaused(): void {
    for (const link of this.network.links) if (this.#links.get(link.server)?.isPaused) link.hold('up');
  }

  fail(error: unknown): void {
    if (this.failure) return;
    this.failure = error instanceof Error ? error : new TypeError(String(error));
    this.trace.note(`${this.clock.elapsed} FAILS ${this.failure.message}`);
  }

  readonly #links = new Map<LinkEnd, SoakNode>();

  get #state(): WorldState {
    const { clock, truth, deeds, home, trace, lostAt, leftLate, putOut } = this;
    const fail = (error: unknown): void => this.fail(error);
    return {
      seed: this.plan.seed,
      isKeyed: this.#isKeyed,
      clock,
      truth,
      deeds,
      home,
      trace,
      lostAt,
      leftLate,
      putOut,
      fail,
    };
  }

  #isLiving(id: number): boolean {
    return this.#all.get(id)?.isLiving === true && !this.#ended.has(id);
  }

  #createClient(plan: WorldPlan['clients'][number]): SoakClient {
    const device = this.network.device();
    const place = this.#random.integer(0, this.plan.nodes - 1);
    const where: Place = { place, node: undefined, isRecords: plan.kind === 'record' };
    this.#places.set(device.address, where);
    const parts: ClientParts = {
      state: this.#state,
      plan,
      device,
      random: this.#random.fork(),
      excuse: (lost) => this.#excuse(lost),
      isLate: (namespace, socketId) => this.nodes.some((node) => node?.isLate(namespace, socketId) ?? false),
      isLiving: (node) => this.#isLiving(node),
      wasUnsure: (node, since) => this.#all.get(node)?.wasUnsure(since) ?? false,
      wasSlow: (node, since) => this.#all.get(node)?.line.wasSlow(since) ?? false,
      node: () => where.node?.id ?? 0,
      writtenMs: this.#writtenMs,
    };
    if (plan.kind === 'stomp' || plan.kind === 'stomp-durable') return new StompClient(parts);
    if (plan.kind === 'events') return new EventsClient(parts);
    return plan.kind === 'stock' || plan.kind === 'record' ? new RawClient(parts) : new OwnClient(parts);
  }

  #lead(stream: LinkEnd): boolean {
    const known = this.#places.get(stream.remoteAddress);
    if (known && !known.node?.isOpen) known.node = this.node(known.place);
    const node = known?.node;
    if (!node) {
      stream.on('error', () => undefined).resetAndDestroy();
      return false;
    }
    this.#links.set(stream, node);
    stream.once('close', () => this.#links.delete(stream));
    node.take(stream as Duplex, known.isRecords);
    if (node.isPaused) this.clock.defer(() => this.#holdPaused(), undefined);
    return true;
  }

  /** Returns why a session need not be recovered. */
  #excuse({ node, socketId, connectedAt, heardAt, last, namespace }: LostSession): string | undefined {
    if (this.putOut.has(socketId)) return 'it was put out';
    const { maxDisconnectionDuration, isDurable } = this.plan;
    const now = this.clock.elapsed;
    const ended = this.#ended.get(node);
    // Data may arrive long after the server has lost the client.
    const lostAt = Math.min(heardAt, ended?.at ?? now, this.lostAt.get(socketId) ?? now);
    if (now - lostAt >= maxDisconnectionDuration * 0.9) return 'it was away for too long';
    const { count } = this.home.log.extent(namespace);
    if (this.truth.of(namespace).end - count > last) return 'the log does not reach back';
    if (this.truth.of(namespace).at(last)?.isForgotten) return 'it has more than the log';
    if (!isDurable && !this.#isLiving(node)) return 'its server is gone, with all that it knew';
    if (ended?.wasKilled && ended.at - connectedAt <= this.#writtenMs)
      return 'its server was killed before it was written';
    if (now - connectedAt <= this.#writtenMs) return 'it came back before it was written';
    const since = connectedAt + this.clock.now() - now;
    if (this.#all.get(node)?.wasUnsure(since)) return 'its server could not reach the log';
    if (this.home.texts.wasAbsent(socketId, lostAt + this.clock.now() - now)) return 'the home lacked its text';
    const earlier = this.truth.late.lostBefore(socketId);
    const isExpired = earlier && this.clock.now() - earlier.at >= maxDisconnectionDuration * 0.9;
    if (ended?.wasKilled && isExpired && this.home.texts.wasRefused(socketId, since - ANSWER_MS))
      return 'the home refused its text, and the earlier one has expired';
    return undefined;
  }

  get #writtenMs(): number {
    return 4 * (this.plan.callMs?.[1] ?? 0) + 1;
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail(error);
    }
  }
}

/** The traits of homes as they are, by `isRemote`. */
const TRAITS = [false, true].map((isRemote) => ({ isRemote, ...homeOf({ isRemote }) }));

/** In half of the worlds, readers that are some records back wait for each other, as far ones do in a long log. */
function setReading({ isCrowded }: WorldPlan): void {
  for (const { isRemote, ...traits } of TRAITS)
    Object.assign(homeOf({ isRemote }), traits, isCrowded && { crowd: 0, nearRecords: 20 });
}
