/** Each write of a node at most once, although it is sent again over another uplink. */
import type { WriteId } from '@naru/broker';
import type { Headers, KeptMessage } from '../connection.js';
import type { UplinkWrite } from '../uplink.js';
import { encodeHead, type Head } from './head.js';
import type { NatsStream } from './stream.js';

const ID_HEADER = 'Nats-Msg-Id';
/** A fence is swept away when nothing arrives so late any more. */
const FENCE: Head = { lifeMs: 600_000, isGone: false, since: 0 };

/** A write that was sent and is not settled. */
interface Sent {
  /** How often it was begun. Each time has its own message id, because an earlier message may still arrive. */
  attempt: number;
  readonly newest: number;
}

/** One attempt at a write. */
export interface Attempt {
  /** The headers of its next message. */
  readonly headers: Headers;
  /** Whether it is the first attempt. */
  readonly isFirst: boolean;
  /** The newest sequence that was known before the write was first sent. Later messages came after that. */
  readonly newest: number;
  /** To be called when the message of the write is on its way. */
  readonly onSent: (() => void) | undefined;
  /** To be called when the stream has refused the message, whose id is spent by that. The next one has another id. */
  onRefused(): void;
}

/** The writes of a node that no uplink has settled. They outlive uplinks. */
export class SentWrites {
  readonly #sent = new Map<number, Sent>();

  /**
   * Begins a write. Resolves with the attempt, or with `'done'` if an earlier attempt has stored the message. Otherwise
   * no earlier attempt stores anything from now on, within the time for which servers know ids.
   */
  async begin(stream: NatsStream, { writer, number, settled, onSent }: UplinkWrite): Promise<Attempt | 'done'> {
    for (const old of this.#sent.keys()) {
      if (old > settled) break;
      this.#sent.delete(old);
    }
    await stream.ready();
    const known = this.#sent.get(number);
    const sent = known ?? { attempt: 0, newest: stream.newest };
    this.#sent.set(number, sent);
    if (known) {
      if (await isStored(stream, idOf(writer, number, known.attempt))) return 'done';
      sent.attempt += 1;
    }
    let id = idOf(writer, number, sent.attempt);
    return {
      get headers() {
        return { [ID_HEADER]: id };
      },
      isFirst: !known,
      newest: sent.newest,
      onSent,
      onRefused() {
        sent.attempt += 1;
        id = idOf(writer, number, sent.attempt);
      },
    };
  }
}

/**
 * Finds out whether a message with an id was stored. If it was not, a fence takes its place: a message with the same id
 * on a subject of its own. The message is not stored any more if it arrives late.
 */
async function isStored(stream: NatsStream, id: string): Promise<boolean> {
  const subject = `${stream.prefix}.fence.${id}`;
  const headers = { ...encodeHead(FENCE), [ID_HEADER]: id };
  const fence = await stream.publish(subject, new Uint8Array(0), headers);
  // The answer to an earlier fence may have been lost.
  return fence?.isDuplicate === true && (await stream.last(subject)) === undefined;
}

/** Whether `message` is what a write has stored, in any attempt. */
export function isOf(message: KeptMessage | undefined, { writer, number }: WriteId): boolean {
  const id = message?.header(ID_HEADER) ?? '';
  const first = idOf(writer, number, 0);
  return id === first || id.startsWith(`${first}-`);
}

/**
 * Whether nothing is left to do for a write that was begun before: it has stored `newest`, or somebody else has stored
 * it after the write was sent. Nobody can tell then whether the write came just before that or not at all.
 */
export function isOvertaken(newest: KeptMessage | undefined, write: WriteId, attempt: Attempt): boolean {
  return !attempt.isFirst && newest !== undefined && (isOf(newest, write) || newest.seq > attempt.newest);
}

function idOf(writer: string, number: number, attempt: number): string {
  return attempt === 0 ? `${writer}-${number}` : `${writer}-${number}-${attempt}`;
}
