/** The talk of the processes that share a home on another machine. It goes over the home, on channels. */

import type { NodeCode, Talk, TalkHandler, TalkLosses, TalkMember } from 'naru/backplane';
import { type Envelope, NOBODY, TalkExchange, warnOfLaterVersion } from 'naru/backplane';
import type { Bytes, Clock, Random } from 'naru/base';
import { getOrCreate, UnavailableError, unreferenced, within } from 'naru/base';
import type { HomeCalls } from './calls.js';
import type { Uplink } from './home.js';
import { type Message, Pieces } from './pieces.js';
import { decodeSaid, type SaidFrom } from './said.js';
import { SaidQueue, type Saying } from './said-queue.js';
import { TalkMembers } from './talk-members.js';

/** The parts of a backplane that its talk uses. */
export interface RemoteTalkContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly calls: Pick<HomeCalls, 'call' | 'uplink'>;
  /** Names this run of the process. */
  readonly run: string;
  /** Whether the home has a table of the nodes. */
  readonly hasTable: boolean;
  /** Called when the home refuses to keep the nodes known to each other. */
  onError(error: unknown): void;
}

/** The channel that every process hears. */
export const ALL_NODES = 'all';
/** Milliseconds in which the home has to take a message from a process without nodes. */
const PUBLISH_MS = 5_000;
/** Frames that are remembered while they may come over two uplinks, and for how many milliseconds. */
const FRAMES_MAX = 100_000;
const FRAMES_MS = 10_000;
/** Bytes that came over an uplink that is about to replace the present one. Beyond that, they are taken at once. */
const PREPARED_BYTES_MAX = 64 * 1024 * 1024;
/** Processes whose newest uplink is remembered. */
const RUNS_MAX = 10_000;
const NONE: Bytes = new Uint8Array(0);

/** An uplink that is about to replace the present one. */
interface Prepared {
  readonly uplink: Uplink;
  /** The channels that it hears. */
  readonly heard: Map<string, Promise<void>>;
  /** The frames that came over it. The present uplink may still bring earlier ones. */
  readonly said: (readonly [channel: string, bytes: Bytes])[];
  saidBytes: number;
}

/**
 * Talk over a home. Messages to one node go to a channel of that node, broadcasts to a channel of their namespace, and
 * messages to all nodes to one that every process hears. Without an uplink, broadcasts are lost, and everything else
 * waits for five seconds.
 */
export class RemoteTalk implements Talk {
  readonly #context: RemoteTalkContext;
  readonly #exchange: TalkExchange;
  readonly #queue: SaidQueue;
  readonly #members: TalkMembers;
  readonly #pieces: Pieces;
  /** The channels that the present uplink hears, or is about to hear. */
  #heard = new Map<string, Promise<void>>();
  /** The uplink that is about to replace the present one. */
  #prepared: Prepared | undefined;
  /** The nodes of this process whose channels are heard, or were heard over an earlier uplink. */
  readonly #reachable = new Set<NodeCode>();
  /** The newest uplink of each other process. */
  readonly #runs = new Map<string, number>();
  readonly #losses = { unsaid: 0, unreadable: 0, later: 0, outdated: 0 };
  #uplink: Uplink | undefined;
  /** Those that wait until a namespace is heard, and what tells them. */
  readonly #awaited = new Map<string, { readonly heard: Promise<void>; readonly tell: () => void }>();
  /** The frames that came while there were two uplinks, and shortly after. Each may come over both. */
  #frames: Set<string> | undefined;

  constructor(context: RemoteTalkContext) {
    const { clock, random, calls, run, hasTable } = context;
    this.#context = context;
    this.#queue = new SaidQueue(clock, run);
    this.#pieces = new Pieces(clock);
    this.#exchange = new TalkExchange(clock, random, {
      onJoin: () => {
        // A process without nodes speaks before it is heard.
        if (this.#exchange.members.length === 1) this.#queue.use(undefined);
        void this.#enter();
      },
      onLeave: (node) => {
        this.#reachable.delete(node);
        this.#members.leave(node);
        this.#unhear(channelOf(node));
      },
      onHeard: (namespace, isHeard) => {
        if (!isHeard) {
          this.#unhear(namespace);
          this.#awaited.delete(namespace);
        } else if (this.#present) void this.#hear(this.#present, namespace);
      },
      whenHeard: (namespace) => this.#whenHeard(namespace),
      carryToAll: (envelope, body) => this.#carryToAll(envelope, body),
      whenKnown: (timeoutMs) => this.#members.whenKnown(timeoutMs),
    });
    this.#members = new TalkMembers({
      clock,
      calls,
      hasTable,
      own: () => this.#exchange.members,
      reachable: () => [...this.#reachable],
      say: (kind, nodes) => {
        const isBeat = kind === 'here' && !hasTable;
        this.#add({ channel: ALL_NODES, head: { kind, nodes, ...(isBeat && { isBeat }) }, body: NONE });
      },
      onHere: (node) => this.#exchange.addNode(node, (to, envelope, body) => this.#carry(to, envelope, body)),
      onGone: (node, isLost) => this.#exchange.removeNode(node, isLost),
      onError: context.onError,
    });
  }

  get losses(): TalkLosses {
    const { lostCount } = this.#queue;
    return { ...this.#losses, unsaid: this.#losses.unsaid + lostCount, incomplete: this.#pieces.lostCount };
  }

  get hasCarriers(): boolean {
    return this.#members.hasCarriers;
  }

  join(handler: TalkHandler): TalkMember {
    return this.#exchange.join(handler);
  }

  async publish(namespace: string, message: Bytes, isBroadcast: boolean): Promise<void> {
    const envelope = this.#exchange.publishHere(namespace, message, isBroadcast);
    const head = { kind: 'talk', envelope, pieces: 1 } as const;
    const channel = isBroadcast ? namespace : ALL_NODES;
    const { clock } = this.#context;
    const taken = new Promise<true>((resolve) => {
      this.#add({ channel, head, body: message, onTaken: () => resolve(true) });
    });
    if (await within(clock, taken, PUBLISH_MS)) return;
    throw new UnavailableError('TIMEOUT', 'The home of the log has not taken a message for five seconds.');
  }

  /**
   * Hears everything over an uplink that is about to replace the present one, which has the time to take and to bring
   * what is under way. Frames that come over both are taken once. The answer never settles if one of them breaks first.
   */
  async prepare(uplink: Uplink): Promise<void> {
    const frames = new Set<string>();
    this.#frames = frames;
    const heard = new Map([...this.#heard.keys()].map((channel) => [channel, uplink.hear(channel)]));
    const prepared: Prepared = { uplink, heard, said: [], saidBytes: 0 };
    this.#prepared = prepared;
    const forget = (talk: RemoteTalk): void => {
      if (talk.#frames === frames) talk.#frames = undefined;
      // An uplink that has not come by now never comes. The present one has brought the same.
      if (talk.#prepared === prepared) talk.#prepared = undefined;
    };
    unreferenced(this.#context.clock.setTimeout(forget, FRAMES_MS, this));
    await Promise.all(heard.values());
    // The present uplink alone has what others said before that. It brings this before its answer.
    await Promise.allSettled([this.#uplink?.call({ method: 'ping', args: [], write: undefined }), this.#queue.drain()]);
  }

  /** A new uplink is there. */
  onUplink(uplink: Uplink): void {
    const prepared = this.#prepared;
    this.#uplink = uplink;
    this.#heard = prepared?.uplink === uplink ? prepared.heard : new Map();
    this.#prepared = undefined;
    this.#queue.use(undefined);
    this.#members.onUplink();
    // If both uplinks broke, the prepared one may have brought more than the other.
    for (const said of prepared?.said ?? []) this.onSaid(...said);
    void this.#enter();
  }

  /** Takes what somebody said on a channel. `uplink` brought it, and is `undefined` until it is open. */
  onSaid(channel: string, bytes: Bytes, uplink?: Uplink): void {
    const prepared = uplink && uplink === this.#prepared?.uplink ? this.#prepared : undefined;
    if (prepared && prepared.said.length < FRAMES_MAX && prepared.saidBytes < PREPARED_BYTES_MAX) {
      prepared.said.push([channel, bytes]);
      prepared.saidBytes += bytes.byteLength;
      return;
    }
    const said = decodeSaid(bytes);
    if (typeof said === 'string') {
      this.#losses[said] += 1;
      if (said === 'later') warnOfLaterVersion('a message between processes');
      return;
    }
    const { from, head, body } = said;
    if (from.run === this.#context.run || this.#isRepeated(from)) return;
    if (!this.#isPresent(from)) this.#losses.outdated += 1;
    else if ('nodes' in head) this.#onNodes(head.kind === 'here', head.nodes, head.isBeat === true);
    else this.#take(channel, this.#pieces.take(channel, from, head, body));
  }

  /** Ends the part of this process. The others learn of it at once. */
  close(): void {
    for (const node of this.#exchange.members) this.#members.leave(node);
    this.#members.close();
  }

  /** The uplink over which this process can be reached. */
  get #present(): Uplink | undefined {
    return this.#uplink === this.#context.calls.uplink ? this.#uplink : undefined;
  }

  /** Makes the nodes of this process heard and known over the present uplink. */
  async #enter(): Promise<void> {
    const uplink = this.#uplink;
    const { members, heard } = this.#exchange;
    if (!uplink) return;
    if (members.length === 0) {
      this.#queue.use(uplink);
      return;
    }
    await Promise.all([ALL_NODES, ...members.map(channelOf), ...heard].map((channel) => this.#hear(uplink, channel)));
    if (uplink !== this.#present) return;
    // Another node may have left meanwhile, or have joined and not be heard yet.
    for (const node of this.#exchange.members) if (members.includes(node)) this.#reachable.add(node);
    this.#queue.use(uplink);
    this.#members.enter();
  }

  /** Waits until the present uplink hears a namespace, or the next one does. */
  #whenHeard(namespace: string): Promise<void> {
    const { heard } = getOrCreate(this.#awaited, namespace, () => {
      let tell = (): void => undefined;
      const promise = new Promise<void>((resolve) => {
        tell = resolve;
      });
      return { heard: promise, tell };
    });
    if (this.#present) void this.#hear(this.#present, namespace);
    return heard;
  }

  async #hear(uplink: Uplink, channel: string): Promise<void> {
    const next = this.#prepared;
    await getOrCreate(this.#heard, channel, () => uplink.hear(channel));
    if (next && next === this.#prepared) await getOrCreate(next.heard, channel, () => next.uplink.hear(channel));
    const awaited = uplink === this.#uplink ? this.#awaited.get(channel) : undefined;
    if (!awaited) return;
    this.#awaited.delete(channel);
    awaited.tell();
  }

  #unhear(channel: string): void {
    if (this.#heard.delete(channel)) this.#present?.unhear(channel);
    if (this.#prepared?.heard.delete(channel)) this.#prepared.uplink.unhear(channel);
  }

  #carry(to: NodeCode, envelope: Envelope, body: Bytes): boolean {
    const onUnheard = (): void => {
      if (envelope.kind !== 'ask') return;
      this.#exchange.receive(envelope.from, { kind: 'fail', from: to, id: envelope.id }, NONE);
    };
    const head = { kind: 'talk', to, envelope, pieces: 1 } as const;
    return this.#add({ channel: channelOf(to), head, body, onUnheard });
  }

  #carryToAll(envelope: Envelope & { readonly kind: 'say' }, body: Bytes): void {
    const { isBroadcast, namespace } = envelope;
    // A process that was just cut off does not say later what was meant for this moment.
    if (isBroadcast && !this.#present) this.#losses.unsaid += 1;
    else this.#add({ channel: isBroadcast ? namespace : ALL_NODES, head: { kind: 'talk', envelope, pieces: 1 }, body });
  }

  /**
   * Whether a frame came over the newest uplink of its sender. Frames that come here over two uplinks may overtake
   * those of the uplink before.
   */
  #isPresent({ run, uplink }: SaidFrom): boolean {
    const newest = this.#runs.get(run) ?? 0;
    if (uplink < newest) return this.#frames !== undefined && uplink === newest - 1;
    this.#runs.delete(run);
    this.#runs.set(run, uplink);
    const [oldest] = this.#runs.size > RUNS_MAX ? this.#runs.keys() : [];
    if (oldest !== undefined) this.#runs.delete(oldest);
    return true;
  }

  /** Whether a frame came over the other uplink already. */
  #isRepeated({ run, uplink, number }: SaidFrom): boolean {
    const frames = this.#frames;
    // An earlier version did not number its frames.
    if (!frames || number === 0) return false;
    const name = `${run} ${uplink} ${number}`;
    if (frames.has(name)) return true;
    frames.add(name);
    const [oldest] = frames.size > FRAMES_MAX ? frames : [];
    if (oldest !== undefined) frames.delete(oldest);
    return false;
  }

  #onNodes(isHere: boolean, nodes: readonly NodeCode[], isBeat: boolean): void {
    if (isHere) this.#members.onHere(nodes, isBeat);
    else for (const node of nodes) this.#members.onGone(node);
  }

  #take(channel: string, message: Message | undefined): void {
    this.#pieces.expire();
    if (!message) return;
    const { to, envelope } = message.head;
    if (!isFor(channel, message)) this.#losses.unreadable += 1;
    else if (envelope.from !== NOBODY && !this.#members.hear(envelope.from)) this.#losses.outdated += 1;
    else this.#exchange.receive(to, envelope, message.body);
  }

  #add(saying: Saying): boolean {
    // A broken uplink loses what is said over it.
    if (!this.#present) this.#queue.use(undefined);
    return this.#queue.add(saying);
  }
}

function channelOf(node: NodeCode): string {
  return `node:${node}`;
}

/** Whether a message belongs on a channel. */
function isFor(channel: string, { head: { to, envelope } }: Message): boolean {
  if (to !== undefined) return channel === channelOf(to);
  if (envelope.kind !== 'say') return false;
  return channel === (envelope.isBroadcast === true ? envelope.namespace : ALL_NODES);
}
