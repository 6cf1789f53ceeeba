/** Shows packets to the listeners of a session as engine.io does: `{ type, data, options }`. */
import { packetTypeOf } from '../protocol/engine-io/packet.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';

/** Returns the shape of a packet that is about to be sent, for listeners of `packetCreate`. */
export function shapeOf({ unit, compress }: EncodedPacket): object {
  const options = { compress };
  if (typeof unit !== 'string') return { type: 'message', data: unit, options };
  const type = packetTypeOf(unit);
  return unit.length > 1 || type === 'message' ? { type, data: unit.slice(1), options } : { type, options };
}
