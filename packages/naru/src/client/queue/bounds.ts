/** The bounds of queues: their options, the size of an event, and the error at a bound. */
import { systemTimers, type Timers } from '../../base/clock.js';
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { withoutUndefined } from '../../base/options/without-undefined.js';
import { EVENT } from '../../protocol/socket-io/packet-type.js';
import { encodePacket, sizeOf as sizeOfUnits } from '../socket/packet-codec.js';

/** The bounds of every queue. */
export interface QueueBounds {
  /** Most events that wait. 1 or more. @default 10000 */
  countMax?: number | undefined;
  /** Most bytes of events that wait, as they would be sent. 1 or more. @default 16777216 */
  bytesMax?: number | undefined;
  /**
   * Milliseconds after which a waiting event is dropped. The queue checks this when an event is emitted, sent or
   * answered. 1 or more. @default 86400000
   */
  ageMax?: number | undefined;
  /**
   * At a bound, `emit` throws BUFFER_FULL (`refuse`), or drops the oldest event that is not being sent
   * (`drop-oldest`). An `emit` from the callbacks of dropped events never drops others. @default 'refuse'
   */
  whenFull?: 'refuse' | 'drop-oldest' | undefined;
}

const DEFAULTS = {
  countMax: 10_000,
  bytesMax: 16 * 1024 * 1024,
  ageMax: 24 * 60 * 60 * 1_000,
  whenFull: 'refuse' as NonNullable<QueueBounds['whenFull']>,
  timers: systemTimers as Pick<Timers, 'now'>,
};

/** Events that wait in the order of their emits, and their bytes. */
export interface Waiting<Entry> {
  readonly entries: readonly Entry[];
  readonly bytes: number;
  /** How many of them are being sent, and stay. */
  readonly sendingCount: number;
  /** Whether older events may be dropped now. Otherwise a callback that emits for each dropped event would not end. */
  readonly mayDrop: boolean;
}

/** An event that is dropped. */
export interface Dropped<Entry> {
  readonly entry: Entry;
  readonly reason: 'age' | 'count' | 'bytes';
}

/**
 * Returns the oldest events that have to go before one of `size` bytes fits. Throws BUFFER_FULL if it cannot fit, and
 * nothing has to go then.
 */
export function chooseDropped<Entry extends { readonly size: number }>(
  { entries, bytes, sendingCount, mayDrop }: Waiting<Entry>,
  size: number,
  { countMax, bytesMax, whenFull }: Pick<typeof DEFAULTS, 'countMax' | 'bytesMax' | 'whenFull'>,
): Dropped<Entry>[] {
  const dropped: Dropped<Entry>[] = [];
  let left = bytes;
  while (entries.length - dropped.length >= countMax || left + size > bytesMax) {
    const reason = size <= bytesMax && entries.length - dropped.length >= countMax ? 'count' : 'bytes';
    const isAllowed = mayDrop && whenFull === 'drop-oldest' && size <= bytesMax;
    const entry = isAllowed ? entries[sendingCount + dropped.length] : undefined;
    if (!entry) throw fullError(entries.length, bytes, reason);
    dropped.push({ entry, reason });
    left -= entry.size;
  }
  return dropped;
}

function fullError(count: number, bytes: number, reason: 'count' | 'bytes'): UnavailableError {
  return new UnavailableError('BUFFER_FULL', `${count} events with ${bytes} bytes are already waiting (${reason}Max)`);
}

/** Returns the bytes of an event as it would be sent, without its acknowledgement. Throws NOT_ENCODABLE. */
export function sizeOf(args: readonly unknown[]): number {
  // The acknowledgement is not sent.
  const data = typeof args.at(-1) === 'function' ? args.slice(0, -1) : args;
  return sizeOfUnits(encodePacket({ type: EVENT, nsp: '/', data }));
}

/**
 * Completes the options of a queue. Throws ConfigError BAD_OPTION for a bound below 1, and for an unknown `whenFull`.
 */
export function settleBounds<Options extends QueueBounds>(options: Options): Options & typeof DEFAULTS {
  const settled = { ...DEFAULTS, ...withoutUndefined(options) };
  const { whenFull } = settled;
  if (whenFull !== 'refuse' && whenFull !== 'drop-oldest')
    throw new ConfigError('BAD_OPTION', `Option "whenFull" must be "refuse" or "drop-oldest", got "${whenFull}".`);
  for (const name of ['countMax', 'bytesMax', 'ageMax'] as const) {
    if (settled[name] > 0) continue;
    throw new ConfigError('BAD_OPTION', `Option "${name}" must be 1 or more, got ${String(settled[name])}.`);
  }
  return settled;
}
