/** Splits the frames of a packet list into pieces, so that large messages are written uncopied. */
import { Buffer } from 'node:buffer';
import { FIN, OPCODE } from '../../protocol/websocket/frame.js';
import type { EncodedPacket, EngineProtocol } from '../encoded-packet.js';
import { encodeServerHeader } from '../frames.js';
import type { PacketList } from '../packet-list.js';

/**
 * A binary message of at least this many bytes is written as a piece of its own, instead of being copied into one
 * buffer with its header.
 */
const ALONE_BYTES = 16 * 1024;

/**
 * Up to this size, packets that several sessions get are copied into one buffer, since two pieces in each write cost
 * more.
 */
const SHARED_BYTES_MAX = 128 * 1024;

/** The keys under which a list keeps the pieces for each protocol among its forms. */
const PIECES: Readonly<Record<EngineProtocol, object>> = { 3: {}, 4: {} };

/**
 * Returns all packets as consecutive RFC 6455 frames, in several pieces to avoid copies of large messages. A binary
 * message of 16 KiB or more is a piece of its own; headers and smaller packets are joined. Several sessions that hold
 * the list share the pieces. If they hold at most 128 KiB, there is one piece.
 */
export function piecesOf(list: PacketList, protocol: EngineProtocol): readonly Buffer[] {
  return list.formFor(PIECES[protocol], (each) => split(each, protocol));
}

function split(list: PacketList, protocol: EngineProtocol): readonly Buffer[] {
  if (list.isShared && list.size <= SHARED_BYTES_MAX) return [list.framesFor(protocol)];
  const packets = list.packets();
  if (protocol === 3 || !packets.some(isLarge)) return [list.framesFor(protocol)];
  const pieces: Buffer[] = [];
  let together: Buffer[] = [];
  for (const packet of packets) {
    if (!isLarge(packet)) {
      together.push(packet.frameFor(protocol));
      continue;
    }
    together.push(encodeServerHeader(FIN | OPCODE.binary, packet.unit.length));
    pieces.push(Buffer.concat(together), packet.bytes());
    together = [];
  }
  if (together.length > 0) pieces.push(Buffer.concat(together));
  return pieces;
}

function isLarge({ isBinary, size }: EncodedPacket): boolean {
  return isBinary && size >= ALONE_BYTES;
}
