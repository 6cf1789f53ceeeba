/** Packets as listeners of a session see them: `{ type, data, options }`, as in engine.io. */
import { type EnginePacketType, packetTypeOf } from '../protocol/engine-io/packet.js';
import type { EncodedPacket, Unit } from '../transport/encoded-packet.js';

/** What listeners of `packet` and `packetCreate` get. */
export interface PacketShape {
  readonly type: EnginePacketType | undefined;
  readonly data?: Unit;
  readonly options?: { readonly compress: boolean };
}

/** The shape of a packet that is about to leave. */
export function shapeOf({ unit, compress }: EncodedPacket): PacketShape {
  const options = { compress };
  if (typeof unit !== 'string') return { type: 'message', data: unit, options };
  const type = packetTypeOf(unit);
  return unit.length > 1 || type === 'message' ? { type, data: unit.slice(1), options } : { type, options };
}
