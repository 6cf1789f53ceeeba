/**
 * Sends presence events to the members of a room in this process. They bypass the log, because each process sends its
 * own.
 */
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { PacketCodec } from '../event/codec.js';
import { OutgoingEvent } from '../event/outgoing-event.js';
import type { Room, Target } from '../event/target.js';
import type { Rooms } from '../rooms.js';
import { type Member, memberOf, type Socket } from '../socket/socket.js';
import type { PresenceContext } from './context.js';

/** The parts of a namespace that announce presence. */
export interface PresenceAnnouncer {
  readonly name: string;
  readonly members: Pick<Rooms<Member>, 'on' | 'off'>;
  /** The recipients of events. */
  readonly recipients: Pick<Rooms<Member>, 'recipientsOf'>;
  /** Carries out an operation after the events before it. */
  inOrder(operation: () => void): void;
}

/** Returns the parts of a namespace and its server that presence uses. */
export function presenceContext(
  namespace: PresenceAnnouncer,
  codec: PacketCodec,
  server: Pick<PresenceContext<Socket>, 'clock' | 'settings' | 'shared'>,
): PresenceContext<Socket> {
  const { name, members } = namespace;
  const packetOf = (event: string, args: readonly unknown[]): SocketPacket => ({
    type: PacketType.EVENT,
    nsp: name,
    data: [event, ...args],
  });
  return {
    name,
    ...server,
    isOver: (socket) => memberOf(socket).isOver,
    onLeaveRoom: (left) => {
      members.on('leave-room', left);
      return () => members.off('leave-room', left);
    },
    tell(room, event, args) {
      const target: Target = { rooms: new Set([room]), except: NOBODY, flags: {} };
      const packets = encode(packetOf(event, args), target, codec);
      // Earlier events go out first.
      namespace.inOrder(() => {
        for (const member of namespace.recipients.recipientsOf(target)) member.sendEncoded(packets, false);
        for (const packet of packets) packet.source = undefined;
      });
    },
    tellOne(socket, event, args) {
      const packet = packetOf(event, args);
      namespace.inOrder(() => memberOf(socket).sendPacket(packet, {}));
    },
  };
}

const NOBODY: ReadonlySet<Room> = new Set();

/**
 * Encodes a packet without an offset. It is not in the log, so it must not advance the position of a client that is
 * catching up.
 */
function encode(packet: SocketPacket, { rooms }: Target, codec: PacketCodec): readonly EncodedPacket[] {
  const packets = codec.encode(packet, true);
  const [first] = packets;
  const details = { rooms, offset: undefined };
  if (first) {
    first.source = codec.isOwnFormat
      ? OutgoingEvent.ofEncoded(packet, packets, details)
      : OutgoingEvent.of(packet, details);
  }
  return packets;
}
