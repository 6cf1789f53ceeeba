/**
 * The work queues of a home on NATS as the outcome of their commands, which every node carries out in the same order.
 */
import { getOrCreate } from '../../../base/get-or-create.js';
import { FORMATS, isReadable } from '../../formats.js';
import { MessageQueue, type QueuedMessage } from '../../message-queue.js';
import { encodeHold, extend, type QueueBounds, type QueueExtent, type QueueFull } from '../../work-queues.js';

/** The change or question of a command. Infinite numbers are `null`, as in JSON. */
export type QueueAction =
  | {
      readonly op: 'put';
      readonly puts: readonly (readonly [queue: string, sizes: readonly number[]])[];
      readonly bounds: Bounds;
    }
  | { readonly op: 'take'; readonly queue: string; readonly count: number | null; readonly leaseMs: number | null }
  | { readonly op: 'finish' | 'giveBack'; readonly queue: string; readonly ids: readonly string[] }
  | { readonly op: 'renew'; readonly queue: string; readonly ids: readonly string[]; readonly leaseMs: number | null }
  | { readonly op: 'extent'; readonly queue: string }
  /** The state up to a sequence is stored elsewhere. */
  | { readonly op: 'mark' };

type Bounds = { readonly [Name in keyof QueueBounds]: number | null };

/** A command, as the log of the queues has it. */
export interface QueueCommand {
  readonly v: number;
  /** When it was sent, by the clock of the server. */
  readonly at: number;
  readonly writer: string;
  /** The number of the write; one for a command that changes nothing is negative. */
  readonly number: number;
  readonly settled: number;
  readonly action: QueueAction;
}

/** A message that a command has taken: its hold, and the place of its body in the bodies of a command. */
export interface Taken {
  readonly id: string;
  readonly deliveries: number;
  readonly sequence: number;
  readonly from: number;
  readonly size: number;
}

/** The answer to a command. */
export type QueueAnswer = 'kept' | QueueFull | QueueExtent | readonly Taken[] | readonly string[] | null;

/** A message. Its body is in the command with this sequence. */
interface Message extends QueuedMessage {
  readonly sequence: number;
  readonly from: number;
}

/** A node that has sent commands. */
interface Writer {
  at: number;
  settled: number;
  readonly answers: Map<number, QueueAnswer>;
}

/** Milliseconds for which a writer is known that sends nothing. No uplink lasts as long without an answer. */
const WRITER_MS = 3_600_000;

/** The state of the queues. Invariant: it depends on the commands and on nothing else, so all nodes have the same. */
export class QueueFold {
  readonly #queues = new Map<string, MessageQueue<Message>>();
  readonly #writers = new Map<string, Writer>();
  /** The number of messages whose bodies are in a command, by its sequence. */
  readonly #bodies = new Map<number, number>();
  #bytes = 0;
  #count = 0;
  #last = 0;
  #now = 0;
  #commands = 0;

  /** Number of messages. */
  get count(): number {
    return this.#count;
  }

  /** Number of commands since the last mark. */
  get commands(): number {
    return this.#commands;
  }

  /** The sequences of the commands with bodies of messages. */
  get bodies(): ReadonlySet<number> {
    return new Set(this.#bodies.keys());
  }

  /** Returns the answer to a command that was carried out. A question is answered anew. */
  answerOf({ writer: name, number, action }: QueueCommand): QueueAnswer {
    if (action.op === 'extent') return this.#extent(action.queue);
    return this.#writers.get(name)?.answers.get(number) ?? null;
  }

  /**
   * Carries out a command unless it was carried out before. `onMore` is called with queues that may have more to take.
   */
  apply(sequence: number, command: QueueCommand, onMore: (queue: string) => void): QueueAnswer {
    const { at, writer: name, number, settled, action } = command;
    // The clocks of nodes differ by a round trip at most. Time never goes back.
    this.#now = Math.max(this.#now, at);
    this.#commands += 1;
    if (number < 0) return this.#carryOut(sequence, action, onMore);
    const writer = getOrCreate(this.#writers, name, () => ({ at: 0, settled: 0, answers: new Map() }));
    writer.at = this.#now;
    const known = writer.answers.get(number);
    if (known !== undefined || number <= writer.settled) return known ?? null;
    writer.settled = Math.max(writer.settled, settled);
    for (const old of writer.answers.keys()) if (old <= writer.settled) writer.answers.delete(old);
    const answer = this.#carryOut(sequence, action, onMore);
    writer.answers.set(number, answer);
    return answer;
  }

  #carryOut(sequence: number, action: QueueAction, onMore: (queue: string) => void): QueueAnswer {
    switch (action.op) {
      case 'put':
        return this.#put(sequence, action, onMore);
      case 'take':
        return this.#take(action.queue, action.count ?? Number.POSITIVE_INFINITY, action.leaseMs);
      case 'finish':
        return this.#finish(action.queue, action.ids);
      case 'giveBack':
        return this.#giveBack(action.queue, action.ids, onMore);
      case 'renew':
        return this.#renew(action.queue, action.ids, action.leaseMs);
      case 'extent':
        return this.#extent(action.queue);
      case 'mark':
        this.#commands = 0;
        return null;
    }
  }

  #put(
    sequence: number,
    { puts: given, bounds }: Extract<QueueAction, { op: 'put' }>,
    onMore: (queue: string) => void,
  ): QueueAnswer {
    const puts = given.map(([queue, sizes]) => ({ queue, messages: sizes.map((byteLength) => ({ byteLength })) }));
    const total = { count: this.#queues.size, bytes: this.#bytes };
    const extended = extend(puts, readBounds(bounds), total, (queue) => this.#extent(queue));
    if ('bound' in extended) return extended;
    let from = 0;
    for (const [name, sizes] of given) {
      if (sizes.length === 0) continue;
      const queue = getOrCreate(this.#queues, name, () => new MessageQueue<Message>());
      for (const size of sizes) {
        this.#last += 1;
        this.#add(queue.waiting, queue, { number: this.#last, sequence, from, size, deliveries: 0, heldUntil: 0 });
        from += size;
      }
    }
    for (const name of extended.keys()) onMore(name);
    return 'kept';
  }

  #add(place: Map<number, Message>, queue: MessageQueue<Message>, message: Message): void {
    queue.add(place, message);
    this.#count += 1;
    this.#bytes += message.size;
    this.#bodies.set(message.sequence, (this.#bodies.get(message.sequence) ?? 0) + 1);
  }

  #extent(name: string): QueueExtent {
    return this.#queues.get(name)?.extent ?? { count: 0, bytes: 0 };
  }

  #take(name: string, count: number, leaseMs: number | null): readonly Taken[] {
    const taken = this.#queues.get(name)?.take(count, this.#now, leaseMs ?? Number.POSITIVE_INFINITY) ?? [];
    return taken.map(({ number, deliveries, sequence, from, size }) => ({
      id: encodeHold(number, deliveries),
      ...{ deliveries, sequence, from, size },
    }));
  }

  #finish(name: string, ids: readonly string[]): null {
    const queue = this.#queues.get(name);
    if (!queue) return null;
    for (const { size, sequence } of queue.finish(ids)) {
      this.#bytes -= size;
      this.#count -= 1;
      const left = (this.#bodies.get(sequence) ?? 0) - 1;
      if (left > 0) this.#bodies.set(sequence, left);
      else this.#bodies.delete(sequence);
    }
    if (queue.extent.count === 0) this.#queues.delete(name);
    return null;
  }

  #giveBack(name: string, ids: readonly string[], onMore: (queue: string) => void): null {
    this.#queues.get(name)?.giveBack(ids);
    onMore(name);
    return null;
  }

  #renew(name: string, ids: readonly string[], leaseMs: number | null): readonly string[] {
    return this.#queues.get(name)?.renew(ids, this.#now + (leaseMs ?? Number.POSITIVE_INFINITY)) ?? [];
  }

  /** Returns the state as text, for nodes that begin later. */
  encode(): string {
    const queues = [...this.#queues].map(([name, { waiting, returned, held }]) => [
      name,
      ...[waiting, returned, held].map((messages) => [...messages.values()].map(packed)),
    ]);
    const writers = [...this.#writers]
      .filter(([, { at }]) => at > this.#now - WRITER_MS)
      .map(([name, { at, settled, answers }]) => [name, at, settled, [...answers]]);
    return JSON.stringify({ v: FORMATS.natsQueues.written, now: this.#now, last: this.#last, queues, writers });
  }

  /** Returns the state of a text, or `undefined` if a later version wrote it. */
  static decode(text: string): QueueFold | undefined {
    const state = JSON.parse(text) as Encoded;
    if (!isReadable(FORMATS.natsQueues, state.v)) return undefined;
    const fold = new QueueFold();
    fold.#now = state.now;
    fold.#last = state.last;
    for (const [name, ...places] of state.queues) {
      const queue = getOrCreate(fold.#queues, name, () => new MessageQueue<Message>());
      const targets = [queue.waiting, queue.returned, queue.held];
      for (const [at, messages] of places.entries()) {
        const target = targets[at];
        for (const each of messages) if (target) fold.#add(target, queue, unpacked(each));
      }
    }
    for (const [name, at, settled, answers] of state.writers)
      fold.#writers.set(name, { at, settled, answers: new Map(answers) });
    return fold;
  }
}

type Packed = readonly [number, number, number, number, number, number | null];

interface Encoded {
  readonly v: number;
  readonly now: number;
  readonly last: number;
  readonly queues: readonly (readonly [name: string, ...places: readonly (readonly Packed[])[]])[];
  readonly writers: readonly (readonly [string, number, number, readonly (readonly [number, QueueAnswer])[]])[];
}

function packed({ number, sequence, from, size, deliveries, heldUntil }: Message): Packed {
  return [number, sequence, from, size, deliveries, heldUntil];
}

function unpacked([number, sequence, from, size, deliveries, heldUntil]: Packed): Message {
  return { number, sequence, from, size, deliveries, heldUntil: heldUntil ?? Number.POSITIVE_INFINITY };
}

function readBounds(bounds: Bounds): QueueBounds {
  const { countMax, bytesMax, queuesMax, totalBytesMax } = bounds;
  const limit = (value: number | null): number => value ?? Number.POSITIVE_INFINITY;
  return {
    countMax: limit(countMax),
    bytesMax: limit(bytesMax),
    queuesMax: limit(queuesMax),
    totalBytesMax: limit(totalBytesMax),
  };
}
