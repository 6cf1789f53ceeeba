/** Packets as listeners of a session see them: `{ type, data, options }`, as in engine.io. */
import type { EncodedPacket, Unit } from '../transport/encoded-packet.js';

const MESSAGE = '4';

const CONTROL_NAMES: Readonly<Record<string, string | undefined>> = {
  '0': 'open',
  '1': 'close',
  '2': 'ping',
  '3': 'pong',
  '5': 'upgrade',
  '6': 'noop',
};

/** What listeners of `packet` and `packetCreate` get. */
export interface PacketShape {
  readonly type: string | undefined;
  readonly data?: Unit;
  readonly options?: { readonly compress: boolean };
}

/** The name of a control packet by its first character; `undefined` for a message and for what is no packet. */
export function controlNameOf(unit: string): string | undefined {
  return CONTROL_NAMES[unit.charAt(0)];
}

/** A packet that is about to leave. */
export function shapeOf({ unit, compress }: EncodedPacket): PacketShape {
  const options = { compress };
  if (typeof unit !== 'string') return { type: 'message', data: unit, options };
  const type = unit.startsWith(MESSAGE) ? 'message' : controlNameOf(unit);
  return unit.length > 1 || type === 'message' ? { type, data: unit.slice(1), options } : { type, options };
}
