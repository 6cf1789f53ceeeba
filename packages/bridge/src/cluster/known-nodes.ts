/** The nodes of version 0.2 of the adapter for streams, which know each other by signs of life in the stream. */
import { type Clock, type Timer, UnavailableError, unreferenced } from 'naru/base';
import { EMITTER } from '../messages.js';
import { ClusterKind, type ClusterMessage } from './cluster-messages.js';

/** Milliseconds between two signs of life, and after which a node without one counts no more, as in the adapter. */
const SIGN_MS = 5_000;
const DEAD_MS = 10_000;
/** Milliseconds after which the nodes have answered a newcomer. */
const ANSWER_MS = 500;
/** The most nodes of one namespace that are known. Anybody may append messages of nodes that do not exist. */
const NODES_MAX = 10_000;

/** A namespace that this node has entered. */
interface Entered {
  /** When each node was heard for the last time, this one among them. */
  readonly heardAt: Map<string, number>;
  /** Resolves when the other nodes have answered the first sign of this one. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

/** The other nodes of each namespace. */
export class KnownNodes {
  readonly #clock: Clock;
  readonly #show: (namespace: string, kind: number) => void;
  readonly #entered = new Map<string, Entered>();
  /** Whether the stream is read, so that answers of others are heard. */
  #isReading = false;
  #timer: Timer | undefined;

  /** `show` sends a sign of life. */
  constructor(clock: Clock, show: (namespace: string, kind: number) => void) {
    this.#clock = clock;
    this.#show = show;
  }

  /** The stream is read from now on. */
  begin(): void {
    this.#isReading = true;
    for (const namespace of this.#entered.keys()) this.#show(namespace, ClusterKind.INITIAL_HEARTBEAT);
  }

  /** Shows this node in a namespace from now on. */
  enter(namespace: string): void {
    let settle = (): void => undefined;
    const settled = new Promise<void>((resolve) => {
      settle = () => void unreferenced(this.#clock.setTimeout(() => resolve(), ANSWER_MS, undefined));
    });
    this.#entered.set(namespace, { heardAt: new Map(), settled, settle });
    if (this.#isReading) this.#show(namespace, ClusterKind.INITIAL_HEARTBEAT);
    this.#showLater();
  }

  leave(namespace: string): void {
    if (this.#entered.delete(namespace)) this.#show(namespace, ClusterKind.CLOSE);
  }

  /** Tells all that this node is gone, until it enters again. */
  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isReading = false;
    for (const namespace of this.#entered.keys()) this.leave(namespace);
  }

  /** Returns the count of the other nodes in a namespace. Throws an error if the stream cannot be read. */
  async count(namespace: string): Promise<number> {
    const entered = this.#entered.get(namespace);
    if (!entered) return 0;
    await entered.settled;
    const { heardAt } = entered;
    for (const [uid, at] of heardAt) if (at < this.#clock.now() - DEAD_MS) heardAt.delete(uid);
    // The signs of this node come by the stream, too.
    if (heardAt.size === 0) throw new UnavailableError('TIMEOUT', 'the stream of Socket.IO cannot be read');
    return heardAt.size - 1;
  }

  /** Notes the node of a message; `own` is this one. Returns `true` for a message that says nothing else. */
  onMessage({ uid, namespace, kind }: ClusterMessage, own: string): boolean {
    const entered = this.#entered.get(namespace);
    if (entered && uid !== EMITTER) {
      const { heardAt, settle } = entered;
      if (uid === own && !heardAt.has(own)) settle();
      if (kind === ClusterKind.CLOSE && uid !== own) heardAt.delete(uid);
      else if (uid === own || heardAt.size < NODES_MAX || heardAt.has(uid)) heardAt.set(uid, this.#clock.now());
      if (kind === ClusterKind.INITIAL_HEARTBEAT && uid !== own) this.#show(namespace, ClusterKind.HEARTBEAT);
    }
    return kind === ClusterKind.INITIAL_HEARTBEAT || kind === ClusterKind.HEARTBEAT || kind === ClusterKind.CLOSE;
  }

  #showLater(): void {
    const show = (): void => {
      this.#timer = undefined;
      for (const namespace of this.#entered.keys()) this.#show(namespace, ClusterKind.HEARTBEAT);
      if (this.#entered.size > 0) this.#showLater();
    };
    this.#timer ??= unreferenced(this.#clock.setTimeout(show, SIGN_MS, undefined));
  }
}
