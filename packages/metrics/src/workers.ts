/**
 * Adds the numbers of several workers in their primary process, because one address of `/metrics` reaches one process.
 * The numbers of a worker that has ended stay in the counters, so that these only rise.
 */
import { systemClock, type Timers } from 'naru/base';
import { loadPromClient } from './prom-client.js';
import type { MetricsRegister } from './prometheus.js';

/** A message between a worker and its primary. */
type Message =
  | { readonly naruMetrics: 'here' }
  | { readonly naruMetrics: 'ask'; readonly id: number }
  | { readonly naruMetrics: 'answer'; readonly id: number; readonly metrics: object[] };

/** The way from a worker to its primary. Node's `process` is one. */
export interface WorkerChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send?(message: object): unknown;
}

/** A worker, as its primary sees it. */
export interface MeasuredWorker {
  readonly id: number;
  send(message: object, sent: (error: Error | null) => void): unknown;
}

/** The workers of a primary. `node:cluster` is one. */
export interface WorkerSource {
  on(event: 'message', listener: (worker: MeasuredWorker, message: unknown) => void): unknown;
  on(event: 'exit', listener: (worker: MeasuredWorker) => void): unknown;
}

/** Milliseconds after which the last numbers of a worker stand for its newest. */
const ANSWER_MS = 2_000;

/** Lets the primary ask for the numbers of a register. Call it in each worker. */
export function shareMetrics(
  register: Pick<MetricsRegister, 'getMetricsAsJSON'>,
  channel: WorkerChannel = process,
): void {
  channel.on('message', (given) => {
    const message = read(given);
    if (message?.naruMetrics !== 'ask') return;
    register.getMetricsAsJSON().then(
      (metrics) => channel.send?.({ naruMetrics: 'answer', id: message.id, metrics } satisfies Message),
      // The primary goes on with the last numbers.
      () => undefined,
    );
  });
  channel.send?.({ naruMetrics: 'here' } satisfies Message);
}

/** Returns the numbers of all workers together. Call it in the primary, before it starts workers. */
export function gatherMetrics(
  workers: WorkerSource,
  timers: Timers = systemClock,
): Pick<MetricsRegister, 'contentType' | 'metrics'> {
  return new Gathering(workers, timers);
}

/** The numbers of the workers of a primary. */
class Gathering {
  readonly #prom = loadPromClient();
  readonly #timers: Timers;
  /** The workers that answer, with their last numbers. */
  readonly #last = new Map<MeasuredWorker, object[]>();
  /** The counters and histograms of the workers that have ended. */
  #ended: object[] = [];
  /** The questions that wait for answers. */
  readonly #questions = new Map<number, (worker: MeasuredWorker) => void>();
  #count = 0;

  constructor(workers: WorkerSource, timers: Timers) {
    this.#timers = timers;
    workers.on('message', (worker, given) => this.#onMessage(worker, read(given)));
    workers.on('exit', (worker) => this.#onExit(worker));
  }

  get contentType(): string {
    return this.#prom.Registry.PROMETHEUS_CONTENT_TYPE;
  }

  async metrics(): Promise<string> {
    await this.#ask();
    return this.#sum([this.#ended, ...this.#last.values()]).metrics();
  }

  /** Asks all workers. Resolves when all have answered, or after ANSWER_MS. */
  #ask(): Promise<void> {
    const waiting = new Set(this.#last.keys());
    if (waiting.size === 0) return Promise.resolve();
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      const end = (): void => {
        this.#timers.clearTimeout(timer);
        this.#questions.delete(id);
        resolve();
      };
      const timer = this.#timers.setTimeout(end, ANSWER_MS, undefined);
      this.#questions.set(id, (worker) => {
        waiting.delete(worker);
        if (waiting.size === 0) end();
      });
      // A worker that cannot be reached has ended, which `exit` tells.
      for (const worker of waiting) worker.send({ naruMetrics: 'ask', id } satisfies Message, () => undefined);
    });
  }

  #onMessage(worker: MeasuredWorker, message: Message | undefined): void {
    if (message?.naruMetrics === 'here') this.#last.set(worker, []);
    // A worker that has ended counts among the ended ones.
    if (message?.naruMetrics !== 'answer' || !this.#last.has(worker)) return;
    this.#last.set(worker, message.metrics);
    this.#questions.get(message.id)?.(worker);
  }

  #onExit(worker: MeasuredWorker): void {
    const last = (this.#last.get(worker) ?? []) as { readonly type?: unknown }[];
    this.#last.delete(worker);
    for (const answered of [...this.#questions.values()]) answered(worker);
    const lasting = last.filter(({ type }) => type === 'counter' || type === 'histogram');
    this.#ended = this.#sum([this.#ended, lasting]).getMetricsAsArray();
  }

  #sum(lists: readonly (readonly object[])[]) {
    return this.#prom.AggregatorRegistry.aggregate([...lists] as object as object[]);
  }
}

function read(message: unknown): Message | undefined {
  const { naruMetrics } = (typeof message === 'object' && message !== null ? message : {}) as Partial<Message>;
  return naruMetrics === undefined ? undefined : (message as Message);
}
