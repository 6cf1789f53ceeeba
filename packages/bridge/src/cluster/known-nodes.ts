/** The nodes of version 0.2 of the adapter for streams, which know each other by signs of life in the stream. */
import { type Clock, type Timer, unreferenced } from 'naru/base';
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
  /** When each node was heard for the last time. */
  readonly heardAt: Map<string, number>;
  /** Resolves when the other nodes have answered. */
  readonly settled: Promise<void>;
}

/** The other nodes of each namespace. */
export class KnownNodes {
  readonly #clock: Clock;
  readonly #show: (namespace: string) => void;
  readonly #entered = new Map<string, Entered>();
  #timer: Timer | undefined;

  /** `show` sends a sign of life. */
  constructor(clock: Clock, show: (namespace: string) => void) {
    this.#clock = clock;
    this.#show = show;
  }

  /** Shows this node in a namespace from now on. */
  enter(namespace: string): void {
    const settled = new Promise<void>((resolve) => {
      unreferenced(this.#clock.setTimeout(() => resolve(), ANSWER_MS, undefined));
    });
    this.#entered.set(namespace, { heardAt: new Map(), settled });
    this.#showLater();
  }

  leave(namespace: string): void {
    this.#entered.delete(namespace);
  }

  /** Shows nothing until a namespace is entered again. */
  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Returns the count of the other nodes in a namespace. */
  async count(namespace: string): Promise<number> {
    const entered = this.#entered.get(namespace);
    if (!entered) return 0;
    await entered.settled;
    const { heardAt } = entered;
    for (const [uid, at] of heardAt) if (at < this.#clock.now() - DEAD_MS) heardAt.delete(uid);
    return heardAt.size;
  }

  /** Notes the node of a message. Returns `true` for a message that says nothing else. */
  onMessage({ uid, namespace, kind }: ClusterMessage): boolean {
    const entered = this.#entered.get(namespace);
    if (entered && uid !== EMITTER) {
      if (kind === ClusterKind.CLOSE) entered.heardAt.delete(uid);
      else if (entered.heardAt.size < NODES_MAX || entered.heardAt.has(uid))
        entered.heardAt.set(uid, this.#clock.now());
      if (kind === ClusterKind.INITIAL_HEARTBEAT) this.#show(namespace);
    }
    return kind === ClusterKind.INITIAL_HEARTBEAT || kind === ClusterKind.HEARTBEAT || kind === ClusterKind.CLOSE;
  }

  #showLater(): void {
    const show = (): void => {
      this.#timer = undefined;
      for (const namespace of this.#entered.keys()) this.#show(namespace);
      if (this.#entered.size > 0) this.#showLater();
    };
    this.#timer ??= unreferenced(this.#clock.setTimeout(show, SIGN_MS, undefined));
  }
}
