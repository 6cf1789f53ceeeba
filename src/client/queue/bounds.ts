/** What queues count: the bytes of an event, whether a bound is one, and what is said at it. */
import { ConfigError, UnavailableError } from '../../base/errors.js';
import { EVENT } from '../socket/packet-type.js';
import { sizeOf as sizeOfPacket } from '../socket/send-buffer-bounds.js';

/** The bounds of a queue of whom none are said. */
export const DEFAULT_BOUNDS = {
  countMax: 10_000,
  bytesMax: 16 * 1024 * 1024,
  ageMax: 24 * 60 * 60 * 1_000,
  whenFull: 'refuse',
} as const;

/** What `emit` throws when no more may wait. */
export function fullError(count: number, bytes: number, reason: 'count' | 'bytes'): UnavailableError {
  return new UnavailableError('BUFFER_FULL', `${count} events with ${bytes} bytes wait already (${reason}Max)`);
}

/** Bytes of an event as it would be sent, without its acknowledgement. Throws NOT_ENCODABLE. */
export function sizeOf(args: readonly unknown[]): number {
  return sizeOfPacket({ type: EVENT, nsp: '/', data: args });
}

/** Throws ConfigError BAD_OPTION for a bound below 1, and for a `whenFull` that there is not. */
export function checkBounds(
  options: Readonly<Record<'countMax' | 'bytesMax' | 'ageMax', number> & { whenFull: string }>,
): void {
  const { whenFull } = options;
  if (whenFull !== 'refuse' && whenFull !== 'drop-oldest')
    throw new ConfigError('BAD_OPTION', `the option "whenFull" is ${whenFull}; give "refuse" or "drop-oldest"`);
  for (const name of ['countMax', 'bytesMax', 'ageMax'] as const) {
    if (options[name] > 0) continue;
    throw new ConfigError('BAD_OPTION', `the option "${name}" is ${String(options[name])}; give a number of 1 or more`);
  }
}
