/** What queues count: the bytes of an event, and whether a bound is one. */
import { ConfigError } from '../../base/errors.js';
import { encodePacket } from '../codec.js';
import { EVENT } from '../packet-type.js';

/** Bytes of an event as it would be sent. Throws NOT_ENCODABLE. */
export function sizeOf(args: readonly unknown[]): number {
  let size = 0;
  for (const unit of encodePacket({ type: EVENT, nsp: '/', data: args })) {
    size += typeof unit === 'string' ? unit.length : 'size' in unit ? unit.size : unit.byteLength;
  }
  return size;
}

/** Throws ConfigError BAD_OPTION for a bound below 1. */
export function checkBounds(options: Readonly<Record<'countMax' | 'bytesMax' | 'ageMax', number>>): void {
  for (const name of ['countMax', 'bytesMax', 'ageMax'] as const) {
    if (options[name] > 0) continue;
    throw new ConfigError('BAD_OPTION', `the option "${name}" is ${String(options[name])}; give a number of 1 or more`);
  }
}
