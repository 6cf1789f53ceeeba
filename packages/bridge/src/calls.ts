/** The calls of one namespace to the other nodes, which wait for their answers. */
import { type Clock, type Timer, unreferenced, within } from 'naru/base';
import { type FarAnswerHandler, unanswered } from 'naru/bridge';

/** The parts of a namespace that its calls use. */
export interface CallsContext {
  readonly clock: Clock;
  /** Milliseconds that the other nodes have to answer. */
  readonly requestsTimeout: number;
  createId(): string;
  /** Returns the count of the other nodes that answer. */
  count(): Promise<number>;
}

/** The answers of the other nodes, and a name for each node that was silent. */
export interface Collected<Answer> {
  readonly answers: readonly Answer[];
  readonly silent: readonly string[];
}

/** The name of a silent node in errors. Redis tells how many there are, and not who. */
export const SILENT = 'a node of Socket.IO';
/** Calls that wait for answers. Beyond that, the oldest is given up. */
const WAITING_MAX = 10_000;
/** Milliseconds for which an answer to a question without a timeout is waited for. */
const FOREVER_MS = 24 * 60 * 60 * 1_000;

/** A call that waits. */
interface Waiting {
  readonly timer: Timer;
  /** A node asks so many clients. */
  onAsked?(clients: number): void;
  onAnswer(answer: unknown): void;
  giveUp(): void;
}

/** The calls that wait. */
export class Calls {
  readonly #context: CallsContext;
  readonly #waiting = new Map<string, Waiting>();
  /** Resolves when the other nodes count this one. */
  #entered: Promise<void> = Promise.resolve();
  #isEntered = false;

  constructor(context: CallsContext) {
    this.#context = context;
  }

  /** The other nodes count this one when `entered` resolves. Its calls wait for that. */
  enter(entered: Promise<void>): void {
    this.#isEntered = false;
    this.#entered = entered.then(() => {
      this.#isEntered = true;
    });
  }

  /** Whether the other nodes count this one, and wait for its responses. */
  get isEntered(): boolean {
    return this.#isEntered;
  }

  /** Whether any call waits for answers. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Asks the clients of the other nodes. Each node first says how many it asks. Returns the function that stops
   * waiting, and names the silent nodes.
   */
  ask(
    timeoutMs: number | undefined,
    handler: FarAnswerHandler,
    send: (requestId: string) => void,
  ): () => readonly string[] {
    let [expected, counted, asked, answered] = [Number.POSITIVE_INFINITY, 0, 0, 0];
    const requestId = this.#context.createId();
    const silent = (): string[] => silentOf(Math.max(expected - counted, answered < asked ? 1 : 0));
    const finish = (missing: readonly string[]): void => {
      if (this.#end(requestId)) handler.onComplete(missing);
    };
    const look = (): void => {
      if (counted >= expected && answered >= asked) finish([]);
    };
    send(requestId);
    this.#wait(requestId, timeoutMs ?? FOREVER_MS, {
      onAsked: (clients) => {
        counted += 1;
        asked += clients;
        look();
      },
      onAnswer: (answer) => {
        answered += 1;
        handler.onAnswer(answer);
        look();
      },
      giveUp: () => finish(silent()),
    });
    void this.#others().then(
      (count) => {
        expected = count;
        look();
      },
      () => finish([SILENT]),
    );
    return () => (this.#end(requestId) ? silent() : []);
  }

  /** Sends a request, and collects one answer of each other node. */
  async collect<Answer>(send: (requestId: string) => void): Promise<Collected<Answer>> {
    const count = await this.#others().catch(() => undefined);
    const answers: Answer[] = [];
    if (count === undefined) return { answers, silent: [SILENT] };
    if (count === 0) return { answers, silent: [] };
    const requestId = this.#context.createId();
    return new Promise((resolve) => {
      const finish = (): void => {
        if (this.#end(requestId)) resolve({ answers, silent: silentOf(count - answers.length) });
      };
      send(requestId);
      this.#wait(requestId, this.#context.requestsTimeout, {
        onAnswer: (answer) => {
          answers.push(answer as Answer);
          if (answers.length >= count) finish();
        },
        giveUp: finish,
      });
    });
  }

  /** A node has told how many clients it asks. */
  onAsked(requestId: unknown, clients: unknown): void {
    if (Number.isSafeInteger(clients)) this.#find(requestId)?.onAsked?.(clients as number);
  }

  /** An answer has come: of a client, or of a node to a request. */
  onAnswer(requestId: unknown, answer: unknown): void {
    this.#find(requestId)?.onAnswer(answer);
  }

  /** Gives up all calls. The other nodes no longer count this one. */
  close(): void {
    this.#isEntered = false;
    for (const each of this.#waiting.values()) each.giveUp();
  }

  #find(requestId: unknown): Waiting | undefined {
    return typeof requestId === 'string' ? this.#waiting.get(requestId) : undefined;
  }

  /** Returns the count of the other nodes. Rejects if nobody says it in time. */
  async #others(): Promise<number> {
    const { clock, requestsTimeout } = this.#context;
    const counted = await within(
      clock,
      this.#entered.then(() => this.#context.count()),
      requestsTimeout,
    );
    if (!counted) throw unanswered([SILENT], {});
    return counted.value;
  }

  #wait(requestId: string, timeoutMs: number, waiting: Omit<Waiting, 'timer'>): void {
    const timer = unreferenced(this.#context.clock.setTimeout(() => waiting.giveUp(), timeoutMs, undefined));
    this.#waiting.set(requestId, { ...waiting, timer });
    if (this.#waiting.size > WAITING_MAX) this.#waiting.values().next().value?.giveUp();
  }

  /** Ends the waiting for a call. Returns `false` if it has ended before. */
  #end(requestId: string): boolean {
    const timer = this.#waiting.get(requestId)?.timer;
    if (timer !== undefined) this.#context.clock.clearTimeout(timer);
    return this.#waiting.delete(requestId);
  }
}

function silentOf(count: number): string[] {
  if (!Number.isFinite(count)) return [SILENT];
  return Array.from({ length: Math.max(0, count) }, () => SILENT);
}
