/** Packets as listeners of a session see them: `{ type, data, options }`, as in engine.io. */
import { packetTypeOf } from '../protocol/engine-io/packet.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';

/** The shape of a packet that is about to leave, for listeners of `packetCreate`. */
export function shapeOf({ unit, compress }: EncodedPacket): object {
  const options = { compress };
  if (typeof unit !== 'string') return { type: 'message', data: unit, options };
  const type = packetTypeOf(unit);
  return unit.length > 1 || type === 'message' ? { type, data: unit.slice(1), options } : { type, options };
}
