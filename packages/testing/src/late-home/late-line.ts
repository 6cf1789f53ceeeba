/** The way of one server to a simulated home: its uplinks, on which everything takes time and which break. */
import { ok } from 'node:assert/strict';
import type { Home, HomeRequest, Uplink, UplinkHandler } from '@naru/broker';
import { followsAppends } from '@naru/broker';
import type { Batch, Offset } from 'naru/backplane';
import { SAID_BYTES_MAX } from 'naru/backplane';
import type { Bytes, Clock } from 'naru/base';
import { getOrCreate, UnavailableError } from 'naru/base';
import type { FakeClock } from '../fake-clock.js';
import type { SeededRandom } from '../seeded-random.js';
import type { LateHomeSettings } from './options.js';

/** The part of a home that its lines use. */
export interface LineHome {
  /** The time of the home and of the way to it. */
  readonly clock: FakeClock;
  readonly settings: Pick<LateHomeSettings, 'callMs' | 'pushMs' | 'breakChance' | 'splitChance' | 'dropChance'>;
  /** Whether the home accepts uplinks. */
  readonly isThere: boolean;
  /** How often another home has taken over. Nothing that was sent to an earlier one arrives. */
  readonly takeovers: number;
  /** Milliseconds for which the home does nothing at all. */
  readonly stillMs: number;
  /** Carries out a request of a line. Throws if the home refuses it. */
  carryOut(request: HomeRequest, line: LateLine): unknown;
  /** Passes on what a line says. Returns whether any line hears the channel. */
  passOn(channel: string, bytes: Bytes): boolean;
}

/** A batch on its way to a line. */
export interface Told {
  readonly namespace: string;
  readonly batch: Batch;
  readonly writer: string;
}

/** A namespace of which a line is told. */
interface Followed {
  /** The tags of which it is told, `undefined` if it is told of everything. */
  readonly tags: Set<string> | undefined;
  /** The newest offset that it was told, or at which that began. */
  told: Offset;
}

/** The line of a server. Requests arrive in order. When an uplink breaks, those under way arrive in part, or all. */
export class LateLine implements Home {
  /** The clock of the server. Answers and batches come on it, so a server that stands still gets them later. */
  readonly clock: Clock;
  readonly #home: LineHome;
  readonly #random: SeededRandom;
  readonly #followed = new Map<string, Followed>();
  readonly #heard = new Set<string>();
  #uplink: LateUplink | undefined;
  #cutUntil = 0;

  constructor(home: LineHome, clock: Clock, random: SeededRandom) {
    this.#home = home;
    this.clock = clock;
    this.#random = random;
  }

  async connect(handler: UplinkHandler): Promise<Uplink> {
    await this.travel();
    const { isThere, clock } = this.#home;
    if (!isThere || clock.now() < this.#cutUntil)
      throw new UnavailableError('CONNECT_FAILED', 'The simulated home cannot be reached.');
    this.end();
    this.#uplink = new LateUplink(this.#home, this, handler, this.#random);
    return this.#uplink;
  }

  /** Breaks the uplink. No new one is made for `ms` milliseconds. */
  cut(ms = 0): void {
    this.#cutUntil = Math.max(this.#cutUntil, this.#home.clock.now() + ms);
    this.#uplink?.break();
    this.end();
  }

  /** Number of namespaces that the line is told of. Requests of an uplink that broke may arrive later. */
  get followedCount(): number {
    return this.#uplink ? this.#followed.size : 0;
  }

  /** All requests under way will arrive, even if the uplink breaks. */
  keepAll(): void {
    this.#uplink?.keepAll();
  }

  /** The server ended its uplink, or makes a new one: it is told nothing more. */
  end(): void {
    this.#uplink = undefined;
    this.#followed.clear();
    this.#heard.clear();
  }

  /** Ends the cut. */
  mend(): void {
    this.#cutUntil = 0;
  }

  /** Whether the line is told of a namespace, or of what is for a tag there. */
  follows(namespace: string, tag?: string): boolean {
    const followed = this.#uplink && this.#followed.get(namespace);
    return followed !== undefined && (tag === undefined || followed.tags?.has(tag) !== false);
  }

  /** Begins to tell the line of a namespace, or of more tags. */
  follow(namespace: string, tags: readonly string[] | undefined, newest: Offset): void {
    const followed = getOrCreate(this.#followed, namespace, () => ({ tags: tags && new Set<string>(), told: newest }));
    for (const tag of tags ?? []) followed.tags?.add(tag);
  }

  /** Ends that. */
  unfollow(namespace: string): void {
    this.#followed.delete(namespace);
  }

  /** Returns the newest offset of a namespace that the line was told. */
  toldOf(namespace: string): Offset | undefined {
    const followed = this.#followed.get(namespace);
    return followed?.tags && followed.told;
  }

  /** Whether the line is told what is said on a channel. */
  hears(channel: string): boolean {
    return this.#uplink !== undefined && this.#heard.has(channel);
  }

  /** Begins or ends to tell the line what is said on a channel. */
  hear(channel: string, isHeard: boolean): void {
    if (isHeard) this.#heard.add(channel);
    else this.#heard.delete(channel);
  }

  /** Tells the server what was said. */
  tellSaid(channel: string, bytes: Bytes): void {
    this.#uplink?.tellSaid(channel, bytes);
  }

  /** Tells the server of a batch. */
  tell({ namespace, batch, writer }: Told): void {
    const followed = this.#followed.get(namespace);
    this.#uplink?.tell({ namespace, batch: { ...batch, told: this.toldOf(namespace) }, writer });
    if (followed) followed.told = batch.records.at(-1)?.offset ?? followed.told;
  }

  /** Waits as long as something travels, and until the home moves. */
  async travel(): Promise<void> {
    const { clock, settings } = this.#home;
    for (let ms = this.#random.integer(...settings.callMs); ms > 0; ms = this.#home.stillMs)
      await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), ms, undefined));
  }
}

/** One uplink. */
class LateUplink implements Uplink {
  readonly #home: LineHome;
  readonly #line: LateLine;
  readonly #handler: UplinkHandler;
  readonly #random: SeededRandom;
  readonly #takeovers: number;
  /** The requests that have arrived while the home stood still. */
  readonly #waiting: (() => void)[] = [];
  /** Requests made, and the number of those that arrive although the uplink is broken. */
  #made = 0;
  #arriving = Number.POSITIVE_INFINITY;
  #arrivesAt = 0;
  /** When the newest request arrives that overtakes appends. */
  #overtakesAt = 0;
  #answersAt = 0;
  #tellsAt = 0;
  /** When the newest bytes arrive that were said, at the home and here. They overtake requests and batches. */
  #saysAt = 0;
  #hearsAt = 0;
  #carried = 0;
  /** Requests up to this number arrive in any case. */
  #kept = 0;
  #isBroken = false;

  constructor(home: LineHome, line: LateLine, handler: UplinkHandler, random: SeededRandom) {
    this.#home = home;
    this.#line = line;
    this.#handler = handler;
    this.#random = random;
    this.#takeovers = home.takeovers;
  }

  call(request: HomeRequest): Promise<unknown> {
    if (this.#isBroken) return new Promise(() => undefined);
    const { clock, settings } = this.#home;
    if (this.#random.chance(settings.breakChance))
      clock.setTimeout(() => this.break(), this.#random.integer(0, 4 * settings.callMs[1]), undefined);
    const isOvertaking = overtakesAppends(request);
    const arrivesAt = isOvertaking ? this.#overtake() : this.#follow(request);
    return new Promise((resolve, reject) =>
      this.#send(arrivesAt, () => this.#carryOut(request, resolve, reject), isOvertaking),
    );
  }

  /** Returns when a request arrives that overtakes appends, and no texts. */
  #overtake(): number {
    this.#overtakesAt = this.#after(this.#overtakesAt, this.#home.settings.callMs);
    return this.#overtakesAt;
  }

  /** Returns when any other request arrives. */
  #follow({ method }: HomeRequest): number {
    this.#arrivesAt = this.#after(Math.max(this.#arrivesAt, this.#overtakesAt), this.#home.settings.callMs);
    if (method !== 'append') this.#overtakesAt = this.#arrivesAt;
    return this.#arrivesAt;
  }

  say(channel: string, bytes: Bytes): Promise<boolean> {
    ok(bytes.byteLength <= SAID_BYTES_MAX);
    // The sender keeps its bytes, as over a real network.
    const copy = new Uint8Array(bytes);
    return this.#ask(() => this.#home.passOn(channel, copy));
  }

  hear(channel: string): Promise<void> {
    return this.#ask(() => {
      if (!this.#isBroken) this.#line.hear(channel, true);
    });
  }

  unhear(channel: string): void {
    void this.#ask(() => {
      if (!this.#isBroken) this.#line.hear(channel, false);
    });
  }

  tell({ namespace, batch, writer }: Told): void {
    const { settings, clock } = this.#home;
    if (this.#random.chance(settings.dropChance)) {
      // A home that drops batches says so sooner or later.
      this.#arrive(this.#random.integer(0, 3_000), () => this.#handler.onMore(namespace));
      return;
    }
    const isOwn = writer === this.#handler.writer;
    for (const part of this.#split(batch)) {
      this.#tellsAt = this.#after(this.#tellsAt, settings.pushMs);
      this.#arrive(this.#tellsAt - clock.now(), () => !isOwn && this.#handler.onBatch(namespace, part));
    }
  }

  keepAll(): void {
    this.#kept = this.#made;
  }

  tellSaid(channel: string, bytes: Bytes): void {
    this.#hearsAt = this.#after(this.#hearsAt, this.#home.settings.pushMs);
    this.#arrive(this.#hearsAt - this.#home.clock.now(), () => this.#handler.onSaid(channel, bytes));
  }

  /** Breaks the uplink: answers and batches under way are lost, and the requests under way from some point on. */
  break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    if (!this.#isLost) this.#arriving = this.#random.integer(Math.max(this.#carried, this.#kept), this.#made);
    this.#line.clock.setTimeout(() => this.#handler.onClose(), 0, undefined);
  }

  close(): void {
    this.#isBroken = true;
    this.#line.end();
  }

  /** Whether the home that took the requests is gone. */
  get #isLost(): boolean {
    return this.#takeovers !== this.#home.takeovers;
  }

  /** Carries something to the home, unless it is lost with the uplink. */
  #send(arrivesAt: number, take: () => void, isOvertaking = false): void {
    const { clock } = this.#home;
    this.#made += 1;
    const number = this.#made;
    const carry = (): void => {
      if (number > this.#arriving || this.#isLost) return;
      // The requests that were overtaken may still get lost.
      if (!isOvertaking) this.#carried = Math.max(this.#carried, number);
      take();
    };
    const arrive = (): void => {
      if (this.#home.stillMs === 0 && this.#waiting.length === 0) carry();
      else if (this.#waiting.push(carry) === 1) this.#goOnLater();
    };
    clock.setTimeout(arrive, arrivesAt - clock.now(), undefined);
  }

  /**
   * The home takes what has arrived while it stood still, in the order in which it was sent, and before all that
   * arrives later.
   */
  #goOnLater(): void {
    const { clock, stillMs } = this.#home;
    clock.setTimeout(
      () => {
        if (this.#home.stillMs > 0) this.#goOnLater();
        else for (const carry of this.#waiting.splice(0)) carry();
      },
      stillMs,
      undefined,
    );
  }

  /** Has the home do something beside the requests. */
  #ask<T>(act: () => T): Promise<T> {
    if (this.#isBroken) return new Promise(() => undefined);
    const { settings, clock } = this.#home;
    this.#saysAt = this.#after(this.#saysAt, settings.callMs);
    return new Promise((resolve) => {
      this.#send(this.#saysAt, () => {
        const answer = act();
        this.#hearsAt = this.#after(this.#hearsAt, settings.callMs);
        this.#arrive(this.#hearsAt - clock.now(), () => resolve(answer));
      });
    });
  }

  #carryOut(request: HomeRequest, resolve: (answer: unknown) => void, reject: (error: unknown) => void): void {
    let settle: () => void;
    try {
      const answer = this.#home.carryOut(request, this.#line);
      settle = () => resolve(answer);
    } catch (error) {
      settle = () => reject(error);
    }
    this.#answersAt = this.#after(this.#answersAt, this.#home.settings.callMs);
    this.#arrive(this.#answersAt - this.#home.clock.now(), settle);
  }

  /** Something arrives at the server after a while, unless the uplink breaks before. */
  #arrive(ms: number, take: () => void): void {
    this.#line.clock.setTimeout(() => !this.#isBroken && take(), ms, undefined);
  }

  /** Returns when something arrives that was sent now, after what was sent before it. */
  #after(previous: number, [least, most]: readonly [number, number]): number {
    return Math.max(previous, this.#home.clock.now() + this.#random.integer(least, most));
  }

  /** A batch may come in two pieces. */
  #split(batch: Batch): readonly Batch[] {
    const { records, previous, told } = batch;
    if (records.length < 2 || !this.#random.chance(this.#home.settings.splitChance)) return [batch];
    const at = this.#random.integer(1, records.length - 1);
    const first = records.slice(0, at);
    return [
      { previous, told, records: first },
      { previous: first.at(-1)?.offset ?? previous, records: records.slice(at) },
    ];
  }
}

/**
 * Whether a request may be carried out before appends that were made earlier: the log and the texts of no namespace are
 * in different places.
 */
function overtakesAppends({ method, args }: HomeRequest): boolean {
  return method === 'swap' && args[0] === undefined && !followsAppends(method, args);
}
