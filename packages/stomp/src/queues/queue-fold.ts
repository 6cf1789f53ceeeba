/** The work queues as the outcome of their entries, which every process carries out in the same order. */

import { FORMATS } from 'naru/backplane';
import { getOrCreate } from 'naru/base';
import { idOf, MessageQueue, type StoredMessage } from './message-queue.js';
import { checkVersion, type QueueCommand, type QueueEntry, readJson } from './queue-entry.js';
import { extend, type QueueBounds, type QueueExtent, type QueueFull } from './work-queue-store.js';

/** A message that a command has taken. */
export interface Taken {
  readonly id: string;
  readonly deliveries: number;
  readonly message: StoredMessage;
}

/** The answer to a command. */
export type QueueAnswer = 'kept' | QueueFull | readonly Taken[] | readonly string[] | boolean | null;

type Put = Extract<QueueCommand, { op: 'put' }>;

const NONE: QueueExtent = Object.freeze({ count: 0, bytes: 0 });

/**
 * The state of the queues. Invariant: it depends on the entries and on nothing else, so all processes have the same,
 * except for the times at which holds end.
 */
export class QueueFold {
  readonly #queues = new Map<string, MessageQueue>();
  /** The texts that may stand under keys of their own although nobody needs them, and since which entry. */
  readonly #dead = new Map<string, number>();
  #bytes = 0;
  #count = 0;
  #last = 0;
  /** The newest entry, which counts for something or not. */
  #sequence = 0;
  #id = '';
  /** The entry after which the state is being stored. */
  #saving: number | undefined;
  /** The newest entry whose state is stored. */
  #saved = 0;

  get sequence(): number {
    return this.#sequence;
  }

  get id(): string {
    return this.#id;
  }

  /** Number of messages. */
  get count(): number {
    return this.#count;
  }

  get saving(): number | undefined {
    return this.#saving;
  }

  get saved(): number {
    return this.#saved;
  }

  /** Texts that nobody needs any more, once the present state is stored. */
  get dead(): readonly string[] {
    return [...this.#dead.keys()];
  }

  /** All messages. */
  *messages(): Generator<StoredMessage> {
    for (const { waiting, returned, held } of this.#queues.values())
      for (const place of [waiting, returned, held]) yield* place.values();
  }

  /** Returns how much is in a queue. */
  extent(name: string): QueueExtent {
    return this.#queues.get(name)?.extent ?? NONE;
  }

  /** Whether a hold is the newest one of its message. */
  has(name: string, id: string): boolean {
    return this.#queues.get(name)?.has(id) === true;
  }

  /** Returns the holds of a queue that have ended at the time `now`. */
  endedAt(name: string, now: number): readonly string[] {
    return this.#queues.get(name)?.endedAt(now) ?? [];
  }

  /** Returns the answer to a command that would change nothing, `undefined` for any other command. */
  idle(command: QueueCommand): QueueAnswer | undefined {
    if (command.op === 'save' || command.op === 'saved') return undefined;
    if (command.op === 'put') {
      const extended = this.#extend(command);
      return 'bound' in extended ? extended : undefined;
    }
    const queue = this.#queues.get(command.queue);
    if (command.op === 'take')
      return queue && command.count > 0 && (queue.hasMore || command.ended.length > 0) ? undefined : [];
    if (queue && command.ids.some((id) => queue.has(id))) return undefined;
    return command.op === 'renew' ? [] : null;
  }

  /**
   * Carries out the next entry. Its holds count from `now` on. `onMore` is called with queues that may have more to
   * take. Returns the answers to its commands, or `undefined` if it counts for nothing: it was written after an entry
   * that the store has lost.
   */
  apply(entry: QueueEntry, now: number, onMore: (queue: string) => void): readonly QueueAnswer[] | undefined {
    const isNext = entry.previous === this.#id;
    this.#sequence = entry.sequence;
    this.#id = entry.id;
    if (!isNext) return undefined;
    let texts = 0;
    return entry.commands.map((command, at) => {
      const answer = this.#carryOut(command, { entry, at, texts, now }, onMore);
      if (command.op === 'put') for (const [, sizes] of command.puts) texts += sizes.length;
      return answer;
    });
  }

  #carryOut(
    command: QueueCommand,
    place: { readonly entry: QueueEntry; readonly at: number; readonly texts: number; readonly now: number },
    onMore: (queue: string) => void,
  ): QueueAnswer {
    const { entry, at, now } = place;
    switch (command.op) {
      case 'put':
        return this.#put(command, entry, place.texts, onMore);
      case 'take':
        return this.#take(command, `${entry.id}.${at}`, now);
      case 'finish':
        return this.#finish(command.queue, command.ids);
      case 'giveBack':
        if (this.#queues.get(command.queue)?.giveBack(command.ids, command.isUnsent)) onMore(command.queue);
        return null;
      case 'renew':
        return this.#queues.get(command.queue)?.renew(command.ids, now, limit(command.leaseMs)) ?? [];
      case 'save':
        if (this.#saving !== command.instead) return false;
        this.#saving = entry.sequence;
        for (const message of this.messages()) message.isMoved = true;
        return true;
      case 'saved':
        if (this.#saving === command.sequence) this.#saving = undefined;
        this.#saved = Math.max(this.#saved, command.sequence);
        for (const [key, sequence] of this.#dead) if (sequence <= command.sequence) this.#dead.delete(key);
        return null;
    }
  }

  #extend({ puts, bounds }: Put): QueueFull | ReadonlyMap<string, QueueExtent> {
    const all: QueueBounds = {
      countMax: limit(bounds.countMax),
      bytesMax: limit(bounds.bytesMax),
      queuesMax: limit(bounds.queuesMax),
      totalBytesMax: limit(bounds.totalBytesMax),
    };
    return extend(puts, all, { count: this.#queues.size, bytes: this.#bytes }, (queue) => this.extent(queue));
  }

  #put(command: Put, { id, sequence }: QueueEntry, texts: number, onMore: (queue: string) => void): QueueAnswer {
    const extended = this.#extend(command);
    if ('bound' in extended) return extended;
    let text = texts;
    for (const [name, sizes] of command.puts) {
      if (sizes.length === 0) continue;
      const queue = getOrCreate(this.#queues, name, () => new MessageQueue());
      for (const size of sizes) {
        this.#last += 1;
        const hold = { isMoved: false, isFinished: false, deliveries: 0, holder: '', leaseMs: 0, heldUntil: 0 };
        this.#add(queue.waiting, queue, { number: this.#last, key: `${id}.${text}`, sequence, size, ...hold });
        text += 1;
      }
      onMore(name);
    }
    return 'kept';
  }

  #add(place: Map<number, StoredMessage>, queue: MessageQueue, message: StoredMessage): void {
    queue.add(place, message);
    this.#count += 1;
    this.#bytes += message.size;
  }

  #take(
    { queue: name, count, leaseMs, ended }: Extract<QueueCommand, { op: 'take' }>,
    holder: string,
    now: number,
  ): readonly Taken[] {
    const queue = this.#queues.get(name);
    queue?.giveBack(ended);
    const taken = queue?.take(count, { holder, now, leaseMs: limit(leaseMs) }) ?? [];
    return taken.map((message) => ({ id: idOf(message), deliveries: message.deliveries, message }));
  }

  #finish(name: string, ids: readonly string[]): null {
    const queue = this.#queues.get(name);
    for (const { size, isMoved, key } of queue?.finish(ids) ?? []) {
      this.#bytes -= size;
      this.#count -= 1;
      if (isMoved) this.#dead.set(key, this.#sequence);
    }
    if (queue?.extent.count === 0) this.#queues.delete(name);
    return null;
  }

  /** Returns the state as text. */
  encode(): string {
    const queues = [...this.#queues].map(([name, { waiting, returned, held }]) => [
      name,
      ...[waiting, returned, held].map((messages) => [...messages.values()].map(packed)),
    ]);
    const { written: v } = FORMATS.queues;
    const dead = [...this.#dead];
    return JSON.stringify({ v, sequence: this.#sequence, id: this.#id, last: this.#last, queues, dead });
  }

  /** Reads a state. Its holds count from `now` on. Throws UnavailableError if a later version wrote it. */
  static decode(text: string, now: number): QueueFold {
    const { v, sequence, id, last, queues, dead } = readJson(text) as Encoded;
    checkVersion(v);
    const fold = new QueueFold();
    fold.#last = last;
    fold.#sequence = sequence;
    fold.#id = id;
    // It was encoded when its writer began to store it.
    fold.#saving = sequence;
    fold.#saved = sequence;
    for (const [name, ...places] of queues) {
      const queue = getOrCreate(fold.#queues, name, () => new MessageQueue());
      const targets = [queue.waiting, queue.returned, queue.held];
      for (const [at, messages] of places.entries()) {
        const target = targets[at];
        for (const each of messages) if (target) fold.#add(target, queue, unpacked(each, now));
      }
    }
    for (const [key, since] of dead) fold.#dead.set(key, since);
    return fold;
  }
}

type Packed = readonly [number, string, number, number, string, number | null];

interface Encoded {
  readonly v: number;
  readonly sequence: number;
  readonly id: string;
  readonly last: number;
  readonly queues: readonly (readonly [name: string, ...places: readonly (readonly Packed[])[]])[];
  readonly dead: readonly (readonly [key: string, since: number])[];
}

function packed({ number, key, size, deliveries, holder, leaseMs }: StoredMessage): Packed {
  return [number, key, size, deliveries, holder, leaseMs];
}

function unpacked([number, key, size, deliveries, holder, lease]: Packed, now: number): StoredMessage {
  const leaseMs = limit(lease);
  const hold = { deliveries, holder, leaseMs, heldUntil: now + leaseMs };
  return { number, key, sequence: 0, size, isMoved: true, isFinished: false, ...hold };
}

function limit(value: number | null): number {
  return value ?? Number.POSITIVE_INFINITY;
}
