/**
 * The work queues of a home in NATS. All nodes that use queues carry out the same commands in the same order, so all
 * know the same.
 */
import type { Bytes } from '../../../base/bytes.js';
import { systemRandom } from '../../../base/id.js';
import { FORMATS } from '../../formats.js';
import type { WriteId } from '../../remote/home.js';
import type { HeldMessage, QueueExtent, QueueFull } from '../../work-queues.js';
import type { NatsMessage } from '../driver.js';
import type { Methods, UplinkParts } from '../uplink.js';
import type { BrokerClock } from './broker-clock.js';
import { type QueueAction, type QueueAnswer, type QueueCommand, QueueFold, type Taken } from './queue-fold.js';
import { decodeCommand, encodeCommand, type LoggedCommand, QueueLog } from './queue-log.js';
import type { NatsStream } from './stream.js';

/** A command of this uplink without an answer. */
interface Open {
  readonly command: QueueCommand;
  /** The sequence of the command, once the stream has answered. */
  sequence: number | undefined;
  resolve(answer: QueueAnswer): void;
  reject(error: unknown): void;
}

/** Commands after which a state is stored, unless there are more messages than that. */
const STORED_AFTER = 4_096;
/** If the node that should store it does not, another one tries after so many more. */
const RETRIED_AFTER = 64;
/** Bytes of the newest commands with bodies that are kept, so that a taker need not ask for them. */
const CACHE_BYTES = 16 * 1024 * 1024;
/** Milliseconds after which a stored command that was not told is read. */
const UNTOLD_MS = 50;
/** Commands that were told while earlier ones are read, and their bytes. Beyond that, they are read as well. */
const TOLD_MAX = 8_192;
const TOLD_BYTES = 16 * 1024 * 1024;

/** A command as the stream has told it, and the sequence of the one before it. */
interface Told {
  readonly sequence: number;
  readonly previous: number;
  readonly body: Bytes;
}

/** The queues over one uplink. It reads the commands of all queues from its first request on. */
export class NatsQueues {
  readonly #parts: UplinkParts;
  readonly #log: QueueLog;
  readonly #clock: BrokerClock;
  readonly #push: string;
  readonly #storedAfter: number;
  #fold = new QueueFold();
  /** The sequence of the newest command that was carried out. */
  #applied = 0;
  #opening: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  /**
   * Commands that were told while earlier ones are read, in order. A node that read each of them anew would never catch
   * up with faster nodes.
   */
  #told: Told[] = [];
  #toldBytes = 0;
  /** Whether there may be commands that are not read. */
  #isBehind = true;
  #isStoring = false;
  /** Open commands by writer and number. */
  readonly #open = new Map<string, Open>();
  /** Names this uplink in its questions. */
  readonly #asker = systemRandom.id();
  #asked = 0;
  readonly #bodies = new Map<number, Bytes>();
  #bodiesBytes = 0;
  readonly #watched = new Set<string>();

  /** `push` is the subject on which the stream tells of commands. */
  constructor(parts: UplinkParts, stream: NatsStream, clock: BrokerClock, push: string, storedAfter = STORED_AFTER) {
    this.#parts = parts;
    this.#log = new QueueLog(stream);
    this.#clock = clock;
    this.#push = push;
    this.#storedAfter = storedAfter;
  }

  readonly methods: Methods<
    | 'queuePut'
    | 'queueExtent'
    | 'queueTake'
    | 'queueFinish'
    | 'queueGiveBack'
    | 'queueRenew'
    | 'queueWatch'
    | 'queueUnwatch'
  > = {
    queuePut: async (write, puts, bounds) => {
      const sizes = puts.map(({ queue, messages }) => [queue, messages.map((each) => each.byteLength)] as const);
      const bodies = puts.flatMap(({ messages }) => [...messages]);
      return (await this.#run({ op: 'put', puts: sizes, bounds }, write, bodies)) as 'kept' | QueueFull;
    },
    queueExtent: async (_, queue) => (await this.#run({ op: 'extent', queue })) as QueueExtent,
    queueTake: async (write, queue, count, leaseMs) => {
      const taken = (await this.#run({ op: 'take', queue, count, leaseMs }, write)) as readonly Taken[];
      return this.#withBodies(taken);
    },
    queueFinish: async (write, queue, ids) => void (await this.#run({ op: 'finish', queue, ids }, write)),
    queueGiveBack: async (write, queue, ids) => void (await this.#run({ op: 'giveBack', queue, ids }, write)),
    queueRenew: async (write, queue, ids, leaseMs) =>
      (await this.#run({ op: 'renew', queue, ids, leaseMs }, write)) as readonly string[],
    queueWatch: async (_, queue) => {
      this.#watched.add(queue);
      await this.#begin();
    },
    queueUnwatch: async (_, queue) => void this.#watched.delete(queue),
  };

  /** Adds a command to the log, and resolves with its answer when it was carried out here. */
  async #run(action: QueueAction, write?: WriteId, bodies: readonly Bytes[] = []): Promise<QueueAnswer> {
    await this.#begin();
    this.#asked += 1;
    // Only this uplink looks for the answer to a question.
    const { writer, number, settled } = write ?? { writer: this.#asker, number: -this.#asked, settled: 0 };
    const at = await this.#clock.now();
    const command: QueueCommand = { v: FORMATS.natsQueues.written, at, writer, number, settled, action };
    const tag = tagOf(command);
    const answer = new Promise<QueueAnswer>((resolve, reject) =>
      this.#open.set(tag, { command, sequence: undefined, resolve, reject }),
    );
    this.#log.stream.publish(this.#log.subject, encodeCommand(command, bodies), {}).then(
      (stored) => this.#expect(tag, stored?.seq ?? 0),
      (error: unknown) => this.#settle(tag, (open) => open.reject(error)),
    );
    return answer;
  }

  /** The stream has a command. It reads the command itself if nobody tells of it. */
  #expect(tag: string, sequence: number): void {
    const open = this.#open.get(tag);
    if (!open) return;
    open.sequence = sequence;
    this.#settleCovered();
    if (!this.#open.has(tag)) return;
    const look = (): void => {
      if (this.#open.has(tag)) void this.#catchUp();
    };
    this.#parts.clock.setTimeout(look, UNTOLD_MS, undefined);
  }

  /** Answers the commands that the state of another node covers. */
  #settleCovered(): void {
    for (const [tag, { command, sequence }] of this.#open)
      if (sequence !== undefined && sequence <= this.#applied)
        this.#settle(tag, (open) => open.resolve(this.#fold.answerOf(command)));
  }

  #settle(tag: string, tell: (open: Open) => void): void {
    const open = this.#open.get(tag);
    this.#open.delete(tag);
    if (open) tell(open);
  }

  // Reading.

  async #begin(): Promise<void> {
    // NATS may refuse to make the stream now, and make it later.
    await this.#log.stream.ready();
    this.#opening ??= this.#follow();
    await this.#opening;
  }

  async #follow(): Promise<void> {
    this.#parts.connection.subscribe(this.#push, (message) => this.#onPush(message));
    await this.#parts.connection.flush();
    const { fold, sequence } = await this.#log.load();
    this.#fold = fold;
    this.#applied = sequence;
    await this.#catchUp();
  }

  #onPush({ body, header }: NatsMessage): void {
    const sequence = Number(header('Nats-Sequence'));
    if (sequence <= this.#applied) return;
    if (this.#toldBytes > TOLD_BYTES || this.#told.length === TOLD_MAX) this.#forgetTold();
    this.#told.push({ sequence, previous: Number(header('Nats-Last-Sequence')), body: new Uint8Array(body) });
    this.#toldBytes += body.byteLength;
    if (this.#reading) return;
    if (!this.#isBehind) this.#carryOut(() => this.#applyTold());
    if (this.#isBehind || this.#told.length > 0) void this.#catchUp();
  }

  /** Carries out what was told, as far as nothing is missing. */
  #applyTold(): void {
    for (let [next] = this.#told; next; [next] = this.#told) {
      const { sequence, previous, body } = next;
      const isNext = this.#applied > 0 && previous === this.#applied;
      if (sequence > this.#applied && !isNext) return;
      this.#told.shift();
      this.#toldBytes -= body.byteLength;
      if (isNext) this.#apply(decodeCommand(sequence, body));
    }
  }

  #forgetTold(): void {
    this.#told = [];
    this.#toldBytes = 0;
  }

  /** Reads commands until there are no more. */
  #catchUp(): Promise<void> {
    this.#isBehind = true;
    this.#reading ??= this.#read();
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (this.#isBehind || this.#told.length > 0) {
        this.#isBehind = false;
        const commands = await this.#log.read(this.#applied);
        if (commands) for (const command of commands) this.#apply(command);
        else await this.#reload();
        this.#applyTold();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#reading = undefined;
  }

  /** Goes on from the stored state, which covers commands that are gone. */
  async #reload(): Promise<void> {
    const { fold, sequence } = await this.#log.load();
    this.#isBehind = true;
    this.#fold = fold;
    this.#applied = sequence;
    this.#settleCovered();
    for (const queue of this.#watched) this.#parts.handler.onQueue(queue);
  }

  #carryOut(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A later version writes commands that this one cannot read. */
  #fail(error: unknown): void {
    this.#isBehind = true;
    for (const tag of [...this.#open.keys()]) this.#settle(tag, (open) => open.reject(error));
  }

  #apply({ sequence, command, bodies }: LoggedCommand): void {
    if (sequence <= this.#applied) return;
    this.#applied = sequence;
    const more: string[] = [];
    const answer = this.#fold.apply(sequence, command, (queue) => more.push(queue));
    if (command.action.op === 'put' && answer === 'kept') this.#cache(sequence, bodies);
    const isOwn = this.#open.has(tagOf(command));
    this.#settle(tagOf(command), (open) => open.resolve(answer));
    for (const queue of new Set(more)) if (this.#watched.has(queue)) this.#parts.handler.onQueue(queue);
    const over = this.#fold.commands - Math.max(this.#storedAfter, this.#fold.count);
    if (isOwn && over >= 0 && over % RETRIED_AFTER === 0) void this.#store();
  }

  /** Stores the state, so that older commands can be removed. Without an answer, another node does it later. */
  async #store(): Promise<void> {
    if (this.#isStoring) return;
    this.#isStoring = true;
    try {
      if (await this.#log.save(this.#fold, this.#applied)) await this.#run({ op: 'mark' });
    } catch {
      // NATS has no room for it, or another node has a later version. The queues work as before.
    } finally {
      this.#isStoring = false;
    }
  }

  // Bodies.

  #cache(sequence: number, bodies: Bytes): void {
    this.#bodies.set(sequence, bodies);
    this.#bodiesBytes += bodies.byteLength;
    for (const [oldest, { byteLength }] of this.#bodies) {
      if (this.#bodiesBytes <= CACHE_BYTES) return;
      this.#bodies.delete(oldest);
      this.#bodiesBytes -= byteLength;
    }
  }

  async #withBodies(taken: readonly Taken[]): Promise<readonly HeldMessage[]> {
    const sequences = [...new Set(taken.map(({ sequence }) => sequence))];
    const found = new Map<number, Bytes | undefined>();
    const find = async (sequence: number): Promise<void> => {
      const message = this.#bodies.get(sequence) ? undefined : await this.#log.stream.at(sequence);
      found.set(sequence, this.#bodies.get(sequence) ?? (message && decodeCommand(sequence, message.body).bodies));
    };
    await Promise.all(sequences.map(find));
    return taken.flatMap(({ id, deliveries, sequence, from, size }) => {
      const bodies = found.get(sequence);
      // Somebody has finished the message after this hold had ended.
      return bodies ? [{ id, deliveries, body: bodies.slice(from, from + size) }] : [];
    });
  }
}

const tagOf = ({ writer, number }: QueueCommand): string => `${writer} ${number}`;
