/** Broadcasts that ask the clients of several nodes for acknowledgements. */
import { type Offset, ZERO_OFFSET } from '../../backplane/backplane.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { type Clock, type Timer, unreferenced } from '../../base/clock.js';
import { type Answer, after } from '../../base/steps/answer.js';
import type { Target } from '../event/target.js';
import type { AnswerHandler } from '../socket/far-sockets.js';
import { readEvent, unreadable } from './incoming.js';
import type { Remote } from './remote.js';

/**
 * The newest record that a node knew when it asked, and the time at which it asks its own clients even if the log is
 * silent. A client that goes to another node after that time may have the question, so the other node does not ask it
 * again.
 */
export interface AskedAt {
  readonly after: Offset;
  readonly patientUntil: number;
}

/** The part of a namespace that its questions use. */
export interface RemoteAsker {
  readonly name: string;
  readonly clock: Clock;
  readonly remote: Remote;
  /** Asks the clients of this node at this place in the log. Returns the function that stops waiting for them. */
  askInPlace(target: Target, data: readonly unknown[], handler: AnswerHandler, askedAt?: AskedAt): () => void;
  /**
   * The newest record that this node knows, and the time until which its own clients wait for the log. `undefined` if
   * the nodes share no log of the namespace.
   */
  askedAt(): AskedAt | undefined;
  /**
   * Resolves when this node has delivered all that is in the log by now, as far as the home lets it read. Gives whether
   * that goes up to the record `until`. It does for a node that hears the log for nobody.
   */
  catchUp(until: Offset): Answer<boolean>;
  /** Milliseconds for which a question may arrive after its node says that it has asked it. */
  readonly arrivalMs: number;
  /** Calls back when what the program has sent so far is in the log and delivered here. */
  whenDelivered(callback: () => void): void;
}

/** Receives the answers of the clients of other nodes. */
export interface FarAnswerHandler {
  onAnswer(argument: unknown): void;
  /**
   * Called once, when all answers have come, or can no longer come. `missing` are the nodes that ended or did not say
   * whom they asked.
   */
  onComplete(missing: readonly NodeCode[]): void;
}

/** A question of this node. */
interface Asked {
  readonly handler: FarAnswerHandler;
  /** The nodes that have not said how many clients they asked, and how many answers have come from each. */
  readonly uncounted: Map<NodeCode, number>;
  /** Answers that are still to come from each of the other nodes. */
  readonly open: Map<NodeCode, number>;
  readonly missing: NodeCode[];
  /** Whether all nodes that owe answers are known. */
  isWhole: boolean;
  readonly timer: Timer;
}

/** A question of another node. */
interface Answering {
  count: number;
  answered: number;
  /** Whether the node that asks knows the count. */
  isCounted: boolean;
  giveUp: () => void;
  timer: Timer | undefined;
}

/** The name of a question in the log. */
export const ASK = 'ask';
/** The answer of a node that cannot count its clients. */
const LOST = 'lost';
/** Milliseconds for which a question without a timeout is remembered, at both ends. */
const FOREVER_MS = 24 * 60 * 60 * 1_000;
/** Questions of this node that wait at once. Beyond that, the oldest gets no more answers. */
const ASKED_MAX = 10_000;
/** Questions of other nodes that are remembered at once. Beyond that, the clients' answers to the oldest are lost. */
const ANSWERING_MAX = 10_000;
/** Questions whose answers are lost, and that are remembered for nodes that count them. */
const LOST_MAX = 10_000;

/**
 * The id of the newest question of this process. A namespace that was idle begins anew, and late answers to its earlier
 * questions may still come.
 */
let lastId = 0;

/**
 * The questions of one namespace to many clients. The question goes through the log, so that it stays in order with
 * events. The other nodes send each answer by talk.
 */
export class Questions {
  readonly #context: RemoteAsker;
  readonly #tell: (message: readonly unknown[]) => void;
  readonly #asked = new Map<number, Asked>();
  readonly #answering = new Map<string, Answering>();
  /** Questions that their nodes count, and that have not arrived. */
  readonly #expected = new Map<string, (isHere: boolean) => void>();
  /** Questions that were given up although their nodes may still count them. */
  readonly #lost = new Set<string>();

  constructor(context: RemoteAsker, tell: (message: readonly unknown[]) => void) {
    this.#context = context;
    this.#tell = tell;
  }

  /** Whether this node waits for answers: those of other nodes, or those of its clients for another node. */
  get isOpen(): boolean {
    return this.#asked.size + this.#answering.size > 0;
  }

  /**
   * Asks the clients of the other nodes. Returns the function that stops waiting, and returns the nodes that still owe
   * answers.
   */
  ask(
    far: readonly unknown[],
    data: readonly unknown[],
    timeoutMs: number | undefined,
    handler: FarAnswerHandler,
  ): () => readonly NodeCode[] {
    const { remote, name, clock } = this.#context;
    lastId += 1;
    const id = lastId;
    const uncounted = new Map(remote.others.map((node) => [node, 0]));
    const waitMs = timeoutMs ?? FOREVER_MS;
    const askedAt = this.#context.askedAt();
    const since = askedAt ? [askedAt.after, askedAt.patientUntil] : [];
    this.#tell([ASK, remote.node, far, id, data, waitMs, ...since]);
    const [oldest] = this.#asked.size >= ASKED_MAX ? this.#asked.keys() : [];
    if (oldest !== undefined) this.#drop(oldest);
    const timer = unreferenced(clock.setTimeout(() => this.#drop(id), waitMs, undefined));
    const asked: Asked = { handler, uncounted, open: new Map(), missing: [], isWhole: false, timer };
    this.#asked.set(id, asked);
    const count = (silent: readonly NodeCode[]): void => {
      if (!this.#asked.has(id)) return;
      for (const node of remote.others) if (!uncounted.has(node)) uncounted.set(node, 0);
      asked.missing.push(...silent);
      asked.isWhole = true;
      for (const node of uncounted.keys()) {
        const counting = remote.ask(name, ['asked', id, this.#context.askedAt()?.after], waitMs, [node]);
        void counting.then(({ answers }) => this.#onCounted(id, node, answers.get(node)));
      }
      this.#finishIfWhole(id, asked);
    };
    this.#context.whenDelivered(() => {
      void after<readonly NodeCode[] | undefined, void>(remote.whenKnown(), (silent = []) => count(silent));
    });
    return () => {
      this.#drop(id);
      return [...asked.missing, ...uncounted.keys()];
    };
  }

  /** Takes an answer of a client of another node. */
  onMessage(from: NodeCode, name: string, [id, argument]: readonly unknown[]): void {
    const asked = name === 'answer' ? this.#asked.get(Number(id)) : undefined;
    const answered = asked?.uncounted.get(from) ?? (asked?.isWhole === false ? 0 : undefined);
    const owed = asked?.open.get(from);
    if (!asked || (answered === undefined && owed === undefined)) return;
    asked.handler.onAnswer(argument);
    if (answered !== undefined) asked.uncounted.set(from, answered + 1);
    else this.#owe(Number(id), asked, from, (owed ?? 0) - 1);
  }

  #onCounted(id: number, node: NodeCode, count: unknown): void {
    const asked = this.#asked.get(id);
    const answered = asked?.uncounted.get(node);
    if (!asked || answered === undefined) return;
    asked.uncounted.delete(node);
    // A node without the namespace has no client in it, and answers with nothing.
    const asks = count === null ? 0 : count;
    const isCount = Number.isSafeInteger(asks);
    if (!isCount) asked.missing.push(node);
    this.#owe(id, asked, node, isCount ? (asks as number) - answered : 0);
  }

  /**
   * Returns how many clients of this node were asked, or `LOST` if their answers are lost. The question stands in the
   * log before or at the record `until`, which an earlier version did not name.
   */
  async onCount(from: NodeCode, id: unknown, until: unknown): Promise<number | typeof LOST> {
    const isThere = await this.#context.catchUp(typeof until === 'string' ? until : ZERO_OFFSET);
    const key = `${from} ${String(id)}`;
    const isHere = await this.#hasArrived(key);
    const answering = this.#answering.get(key);
    // If the home could not be read, the question may still come.
    if (!answering) return this.#lost.has(key) || !isHere || !isThere ? LOST : 0;
    answering.isCounted = true;
    if (answering.answered === answering.count) this.#forget(key);
    return answering.count;
  }

  /** Asks the clients of this node for another one. */
  onTold(from: NodeCode, target: Target, [id, data, waitMs, after, patientUntil]: readonly unknown[]): void {
    const { remote, clock } = this.#context;
    if (typeof id !== 'number' || typeof waitMs !== 'number' || waitMs > FOREVER_MS) throw unreadable('a question');
    const event = readEvent(data);
    const key = `${from} ${String(id)}`;
    const answering: Answering = { count: 0, answered: 0, isCounted: false, giveUp: ignore, timer: undefined };
    // A question that comes twice, or too many at once.
    const [oldest] = this.#answering.size >= ANSWERING_MAX ? this.#answering.keys() : [];
    this.#forget(key);
    if (oldest !== undefined) this.#lose(oldest);
    this.#answering.set(key, answering);
    answering.timer = unreferenced(clock.setTimeout(() => this.#forget(key), waitMs, undefined));
    const handler: AnswerHandler = {
      onAsked: (clients) => {
        answering.count = clients;
      },
      onAnswer: ([argument]) => {
        remote.send(this.#context.name, ['answer', id, argument], [from]);
        answering.answered += 1;
        if (answering.isCounted && answering.answered === answering.count) this.#forget(key);
      },
    };
    // An earlier version did not say when it asked.
    const isKnown = typeof after === 'string' && typeof patientUntil === 'number';
    const askedAt = isKnown ? { after, patientUntil } : undefined;
    answering.giveUp = this.#context.askInPlace(target, event, handler, askedAt);
    this.#expected.get(key)?.(true);
  }

  /** Waits for a question that may still be on its way. Resolves with `false` if it has not come. */
  #hasArrived(key: string): Answer<boolean> {
    const { arrivalMs, clock } = this.#context;
    if (arrivalMs === 0 || this.#answering.has(key) || this.#lost.has(key)) return true;
    return new Promise((resolve) => {
      const arrive = (isHere: boolean): void => {
        clock.clearTimeout(timer);
        if (this.#expected.get(key) === arrive) this.#expected.delete(key);
        resolve(isHere);
      };
      const timer = unreferenced(clock.setTimeout(arrive, arrivalMs, false));
      this.#expected.set(key, arrive);
    });
  }

  /** Ends all questions. Those of this node get no more answers. */
  close(): void {
    for (const id of [...this.#asked.keys()]) this.#drop(id);
    for (const arrive of [...this.#expected.values()]) arrive(false);
    for (const key of [...this.#answering.keys()]) this.#forget(key);
  }

  /** A node has ended. One that is lost may come back, and count what it has asked. */
  onGone(node: NodeCode): void {
    for (const [id, asked] of [...this.#asked]) {
      if (!asked.open.has(node)) continue;
      asked.missing.push(node);
      this.#owe(id, asked, node, 0);
    }
    for (const key of [...this.#answering.keys()]) if (key.startsWith(`${node} `)) this.#lose(key);
  }

  /** Notes how many answers a node owes, and reports when nobody owes any. */
  #owe(id: number, asked: Asked, node: NodeCode, owed: number): void {
    if (owed > 0) asked.open.set(node, owed);
    else asked.open.delete(node);
    this.#finishIfWhole(id, asked);
  }

  #finishIfWhole(id: number, asked: Asked): void {
    if (!asked.isWhole || asked.uncounted.size > 0 || asked.open.size > 0 || !this.#drop(id)) return;
    asked.handler.onComplete(asked.missing);
  }

  /** Waits no more for the answers to a question. Returns whether it was open. */
  #drop(id: number): boolean {
    const asked = this.#asked.get(id);
    if (asked) this.#context.clock.clearTimeout(asked.timer);
    return this.#asked.delete(id);
  }

  #lose(key: string): void {
    this.#forget(key);
    const [oldest] = this.#lost.size >= LOST_MAX ? this.#lost : [];
    if (oldest !== undefined) this.#lost.delete(oldest);
    this.#lost.add(key);
  }

  #forget(key: string): void {
    const answering = this.#answering.get(key);
    if (!answering) return;
    this.#answering.delete(key);
    if (answering.timer !== undefined) this.#context.clock.clearTimeout(answering.timer);
    answering.giveUp();
  }
}

function ignore(): void {}
