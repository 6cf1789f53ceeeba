/**
 * The log of the queues' commands in NATS: what every node carries out, and a state from which a node that begins can
 * go on.
 */
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8 } from '../../../base/bytes.js';
import { UnavailableError } from '../../../base/errors.js';
import { FORMATS, isReadable, warnOfLaterVersion } from '../../formats.js';
import { type QueueCommand, QueueFold } from './queue-fold.js';
import type { NatsStream } from './stream.js';

const SIZE_BYTES = 4;
/** Bytes of one part of a state. */
const PART_BYTES = 512 * 1024;

/** A command in the log. */
export interface LoggedCommand {
  readonly sequence: number;
  readonly command: QueueCommand;
  /** The bodies of the messages that it puts, one after the other. */
  readonly bodies: Bytes;
}

/** The place of a stored state. */
interface Head {
  /** The sequence of the newest command in the state. */
  readonly sequence: number;
  /** The sequences of its parts. */
  readonly parts: readonly number[];
  /** The sequence of the head itself. */
  readonly at: number;
}

/** Returns the bytes of a command: the size of its JSON, the JSON, and the bodies. */
export function encodeCommand(command: QueueCommand, bodies: readonly Bytes[]): Bytes {
  const json = encodeUtf8(JSON.stringify(command));
  const size = new Uint8Array(SIZE_BYTES);
  new DataView(size.buffer).setUint32(0, json.byteLength);
  return concatBytes([size, json, ...bodies]);
}

/**
 * Reads a command. Throws UnavailableError if a later version wrote it, because this node cannot know the state after
 * it.
 */
export function decodeCommand(sequence: number, data: Bytes): LoggedCommand {
  const size = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0);
  const command = JSON.parse(decodeUtf8(data.subarray(SIZE_BYTES, SIZE_BYTES + size))) as QueueCommand;
  if (!isReadable(FORMATS.natsQueues, command.v)) throw laterVersion();
  return { sequence, command, bodies: data.subarray(SIZE_BYTES + size) };
}

/** The stream with the commands and the newest state. */
export class QueueLog {
  readonly stream: NatsStream;
  /** The subject of commands. */
  readonly subject: string;
  readonly #head: string;
  readonly #state: string;

  constructor(stream: NatsStream) {
    this.stream = stream;
    this.subject = `${stream.prefix}.log`;
    this.#head = `${stream.prefix}.head`;
    this.#state = `${stream.prefix}.state`;
  }

  /**
   * Returns the commands after a sequence, or `undefined` if some of them may be gone, because a newer state covers
   * them. That is looked at last, because a state is stored before commands are removed.
   */
  async read(after: number): Promise<readonly LoggedCommand[] | undefined> {
    const commands: LoggedCommand[] = [];
    await this.stream.scan(this.subject, after + 1, ({ seq, body }) => commands.push(decodeCommand(seq, body)));
    return ((await this.#readHead())?.sequence ?? 0) > after ? undefined : commands;
  }

  /** Returns the newest state and the sequence of the newest command in it. */
  async load(): Promise<{ readonly fold: QueueFold; readonly sequence: number }> {
    for (;;) {
      const head = await this.#readHead();
      if (!head) return { fold: new QueueFold(), sequence: 0 };
      const parts = await Promise.all(head.parts.map((part) => this.stream.at(part)));
      const bodies = parts.flatMap((part) => (part ? [part.body] : []));
      // Without all parts, a newer state has taken its place.
      if (bodies.length < head.parts.length) continue;
      const fold = QueueFold.decode(decodeUtf8(concatBytes(bodies)));
      if (!fold) throw laterVersion();
      return { fold, sequence: head.sequence };
    }
  }

  /** Stores the state after a command. Resolves with `false` if another node has stored one meanwhile. */
  async save(fold: QueueFold, sequence: number): Promise<boolean> {
    const state = encodeUtf8(fold.encode());
    const live = fold.bodies;
    const before = await this.#readHead();
    if ((before?.sequence ?? 0) >= sequence) return false;
    const parts: number[] = [];
    const size = Math.min(PART_BYTES, this.stream.bytesMax);
    for (let from = 0; from < state.byteLength; from += size)
      parts.push((await this.stream.publish(this.#state, state.subarray(from, from + size), {}))?.seq ?? 0);
    const head = encodeUtf8(JSON.stringify({ v: FORMATS.natsQueues.written, sequence, parts }));
    const stored = await this.stream.publish(this.#head, head, {}, before?.at ?? 0);
    if (!stored) {
      await Promise.all(parts.map((part) => this.stream.delete(part)));
      return false;
    }
    await this.#clean(sequence, live, parts[0] ?? stored.seq, stored.seq);
    return true;
  }

  /**
   * Removes what a stored state covers, except for the bodies of messages. The newest command stays: the next one names
   * it as the one before, which shows a node that has missed it that something is missing.
   */
  async #clean(sequence: number, live: ReadonlySet<number>, firstPart: number, head: number): Promise<void> {
    await this.stream.purge(this.#state, firstPart);
    await this.stream.purge(this.#head, head);
    let first = sequence;
    for (const each of live) first = Math.min(first, each);
    await this.stream.purge(this.subject, first);
    const dead: number[] = [];
    const note = ({ seq }: { readonly seq: number }): void => {
      if (seq < sequence && !live.has(seq)) dead.push(seq);
    };
    if (first < sequence) await this.stream.scan(this.subject, first, note, { isBrief: true });
    for (const each of dead) await this.stream.delete(each);
  }

  async #readHead(): Promise<Head | undefined> {
    const message = await this.stream.last(this.#head);
    if (!message) return undefined;
    const { v, sequence, parts } = JSON.parse(decodeUtf8(message.body)) as Omit<Head, 'at'> & { readonly v: number };
    if (!isReadable(FORMATS.natsQueues, v)) throw laterVersion();
    return { sequence, parts, at: message.seq };
  }
}

function laterVersion(): UnavailableError {
  warnOfLaterVersion('the work queues in NATS');
  return new UnavailableError('REFUSED', 'A later version of Naru wrote the work queues in NATS. Update this process.');
}
