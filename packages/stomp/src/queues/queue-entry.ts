/**
 * The texts of the work queues in a store: entries with commands, freed places, and the state. Everybody carries out
 * the same entries in the same order.
 */
import { FORMATS, isReadable, warnOfLaterVersion } from 'naru/backplane';
import { UnavailableError } from 'naru/base';
import type { QueueBounds, SizedPut } from './work-queue-store.js';

/** A change. Infinite numbers are `null`, as in JSON. */
export type QueueCommand =
  | {
      readonly op: 'put';
      /** The queues, and the bytes of each message. Its text is among those of the entry. */
      readonly puts: readonly SizedPut[];
      readonly bounds: { readonly [Name in keyof QueueBounds]: number | null };
    }
  | {
      readonly op: 'take';
      readonly queue: string;
      readonly count: number;
      readonly leaseMs: number | null;
      /** The holds that have ended. They are returned first. */
      readonly ended: readonly string[];
    }
  | { readonly op: 'finish'; readonly queue: string; readonly ids: readonly string[] }
  | {
      readonly op: 'giveBack';
      readonly queue: string;
      readonly ids: readonly string[];
      /** Whether the messages were sent to nobody, so that their takes do not count as deliveries. */
      readonly isUnsent?: boolean;
    }
  | { readonly op: 'renew'; readonly queue: string; readonly ids: readonly string[]; readonly leaseMs: number | null }
  /** The writer begins to store the state after this entry, instead of an earlier one that is not stored. */
  | { readonly op: 'save'; readonly instead: number | undefined }
  /** The state after an entry is stored, and the texts that it did not need any more are gone. */
  | { readonly op: 'saved'; readonly sequence: number };

/** An entry. */
export interface QueueEntry {
  readonly sequence: number;
  /** Names the entry. No two have the same name. */
  readonly id: string;
  /** The name of the entry before it, when it was written. It counts for nothing if another one is there. */
  readonly previous: string;
  readonly commands: readonly QueueCommand[];
  /** The texts of the messages that it puts. */
  readonly texts: readonly string[];
}

/** The content of a place: an entry, or the number of an entry that was there. */
export type Place = { readonly entry: QueueEntry } | { readonly freed: number } | undefined;

const FREED = 'freed ';

/** Returns the text of an entry: a line of JSON, and the texts of its messages. */
export function encodeEntry({ sequence, id, previous, commands, texts }: QueueEntry): string {
  const lengths = texts.map(({ length }) => length);
  return `${JSON.stringify([FORMATS.queues.written, sequence, id, previous, commands, lengths])}\n${texts.join('')}`;
}

/** Returns the text of a place whose entry is in a stored state. */
export function encodeFreed(sequence: number): string {
  return `${FREED}${sequence}`;
}

/** Reads the text of a place. Throws UnavailableError if a later version wrote it, or it is damaged. */
export function decodePlace(text: string | undefined): Place {
  if (text === undefined) return undefined;
  if (text.startsWith(FREED)) return { freed: Number(text.slice(FREED.length)) };
  const end = text.indexOf('\n');
  const [v, sequence, id, previous, commands, lengths] = readJson(text.slice(0, end)) as Line;
  checkVersion(v);
  const texts: string[] = [];
  let from = end + 1;
  for (const length of lengths) {
    texts.push(text.slice(from, from + length));
    from += length;
  }
  return { entry: { sequence, id, previous, commands, texts } };
}

type Line = [
  v: number,
  sequence: number,
  id: string,
  previous: string,
  commands: readonly QueueCommand[],
  lengths: readonly number[],
];

/** Throws UnavailableError for a version that this process cannot read. */
export function checkVersion(v: unknown): void {
  if (isReadable(FORMATS.queues, v)) return;
  warnOfLaterVersion('the work queues');
  throw new UnavailableError('REFUSED', 'A later version of Naru wrote the work queues. Update this process.');
}

/** Reads JSON. Throws UnavailableError if it is damaged. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnavailableError('IO_FAILED', 'The work queues in the store are damaged.', error);
  }
}
