/** Encodes packets for a connection whose wire may only carry short messages. docs/udp.md, "Size". */
import type { ConfigError } from '../base/errors.js';
import { PacketType, type SocketPacket } from '../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../transport/encoded-packet.js';
import type { Transport } from '../transport/transport.js';
import type { PacketCodec } from './event/codec.js';
import { isOwnEvent } from './socket/reserved.js';

/**
 * Encodes a packet. Throws ConfigError for data that cannot be encoded, and for an event of the application that the
 * wire cannot carry. An acknowledgement that the wire cannot carry becomes a short one with the error, because a client
 * often decides its size, and nobody may be there to catch the error. Other packets are not checked.
 */
export function encodeFitting(
  packet: SocketPacket,
  compress: boolean,
  codec: Pick<PacketCodec, 'encode'>,
  transport: Pick<Transport, 'checkFits'>,
): readonly EncodedPacket[] {
  const packets = codec.encode(packet, compress);
  const isAck = packet.type === PacketType.ACK;
  if (transport.checkFits === undefined || !(isAck || isApplicationsEvent(packet))) return packets;
  try {
    transport.checkFits(packets);
    return packets;
  } catch (thrown) {
    if (!isAck) throw thrown;
    const { code, message } = thrown as ConfigError;
    return codec.encode({ ...packet, data: [{ error: { code, message } }] }, compress);
  }
}

function isApplicationsEvent({ type, data }: SocketPacket): boolean {
  return type === PacketType.EVENT && !isOwnEvent((data as readonly unknown[])[0]);
}
