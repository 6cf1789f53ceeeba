/** The requests of clients, and how often listeners carried them out: once, and in the order of the requests. */
import { Violation } from './truth.js';

/** One run of a listener. */
interface Run {
  readonly answer: string;
  readonly node: number;
  readonly startedAt: number;
  answeredAt: number | undefined;
  /** The time when its answer was stored for other servers. */
  writtenAt: number | undefined;
}

/** Facts about servers. */
export interface NodeFacts {
  /** Whether the server of a run is still the same process. */
  isLiving(node: number): boolean;
  /** Whether the server was paused for long since a time. */
  wasStill(node: number, since: number): boolean;
}

interface Sender {
  /** The highest number whose listener ran. */
  last: number;
  readonly runs: Map<number, Run[]>;
  acked: number;
}

/** The requests of all clients. */
export class Deeds {
  /** Events that ran more than once for a documented reason. */
  reruns = 0;
  runs = 0;
  acks = 0;
  readonly #senders = new Map<string, Sender>();
  readonly #answers = new Map<string, Run>();
  readonly #said = new Map<string, number>();
  /** The events that listeners emitted before they answered, by their answers. */
  readonly #emitted = new Map<string, string>();
  readonly #facts: NodeFacts;
  /** Milliseconds for which a server may use an older state of the store. */
  readonly #staleMs: number;

  constructor(facts: NodeFacts, staleMs: number) {
    this.#facts = facts;
    this.#staleMs = staleMs;
  }

  /** A listener runs. Returns the answer that it must give. */
  begin(sender: string, number: number, node: number, now: number): string {
    const { runs, last } = this.#of(sender);
    const former = this.#of(sender).runs.get(number) ?? [];
    for (const run of former) this.#expectExcuse(sender, number, run, node, now);
    if (former.length === 0 && number !== last + 1)
      throw new Violation(`${sender}: number ${number} ran after number ${last}`);
    if (former.length > 0) this.reruns += 1;
    this.runs += 1;
    const answer = `answer-${this.runs}`;
    const run: Run = { answer, node, startedAt: now, answeredAt: undefined, writtenAt: undefined };
    runs.set(number, [...former, run]);
    this.#of(sender).last = Math.max(last, number);
    this.#answers.set(answer, run);
    return answer;
  }

  /** A listener emits an event, before it answers. */
  emit(answer: string, id: string): void {
    this.#emitted.set(answer, id);
  }

  /** Returns the event that a listener emitted before it gave an answer. */
  emittedBefore(answer: unknown): string | undefined {
    return this.#emitted.get(String(answer));
  }

  /** A listener answers. */
  answer(answer: string, now: number): void {
    const run = this.#answers.get(answer);
    if (run) run.answeredAt = now;
  }

  /** Something was written to the store. */
  onWritten(value: string, now: number): void {
    const [answer] = /answer-\d+/.exec(value) ?? [];
    const run = answer === undefined ? undefined : this.#answers.get(answer);
    if (run) run.writtenAt ??= now;
  }

  /** A sender received an answer. */
  onAck(sender: string, number: number, answer: unknown): void {
    const known = this.#of(sender);
    this.acks += 1;
    if (number !== known.acked + 1)
      throw new Violation(`${sender}: number ${number} was answered after ${known.acked}`);
    known.acked = number;
    const runs = known.runs.get(number) ?? [];
    if (!runs.some((run) => run.answer === answer && run.answeredAt !== undefined))
      throw new Violation(`${sender}: number ${number} was answered with ${String(answer)}, which no listener gave`);
  }

  /** A server received an event that is sent once. */
  onSaid(sender: string, number: number): void {
    const last = this.#said.get(sender) ?? 0;
    if (number === last) throw new Violation(`${sender}: the event ${number} came twice`);
    if (number < last) throw new Violation(`${sender}: the event ${number} arrived after ${last}`);
    this.#said.set(sender, number);
  }

  /** Nothing is on its way any more: every request must have an answer. */
  expectAnswered(sender: string, count: number): void {
    const { acked } = this.#of(sender);
    if (acked !== count) throw new Violation(`${sender}: ${acked} of ${count} were answered`);
  }

  #expectExcuse(sender: string, number: number, run: Run, node: number, now: number): void {
    const { isLiving, wasStill } = this.#facts;
    const isGone = !isLiving(run.node) || wasStill(run.node, run.startedAt);
    const isUnknown = run.writtenAt === undefined || run.writtenAt + this.#staleMs >= now;
    if (isUnknown && isGone) return;
    const written = run.writtenAt === undefined ? 'not written' : `written at ${run.writtenAt}`;
    throw new Violation(
      `${sender}: number ${number} ran on server ${run.node} at ${run.startedAt} (${written}), and again on ${node} at ${now}`,
    );
  }

  #of(sender: string): Sender {
    let known = this.#senders.get(sender);
    if (!known) {
      known = { last: 0, runs: new Map(), acked: 0 };
      this.#senders.set(sender, known);
    }
    return known;
  }
}
