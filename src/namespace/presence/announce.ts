/** Sends presence events to the members of a room in this process. They bypass the log, because each process sends its own. */
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { NamespaceContext } from '../context.js';
import type { PacketCodec } from '../event/codec.js';
import { OutgoingEvent } from '../event/outgoing-event.js';
import type { Room, Target } from '../event/target.js';
import type { MemberNamespace } from '../membership/member-namespace.js';
import { memberOf, type Socket } from '../socket/socket.js';
import type { PresenceContext } from './presences.js';

/** Returns the parts of a namespace and its server that presence uses. */
export function presenceContext(
  namespace: Pick<MemberNamespace, 'name' | 'members' | 'recipients' | 'inOrder'>,
  context: NamespaceContext,
): PresenceContext<Socket> {
  const { name, members } = namespace;
  const packetOf = (event: string, args: readonly unknown[]): SocketPacket => ({
    type: PacketType.EVENT,
    nsp: name,
    data: [event, ...args],
  });
  return {
    name,
    clock: context.clock,
    settings: context.presence,
    shared: context.sharedPresence,
    isOver: (socket) => memberOf(socket).isOver,
    onLeaveRoom: (left) => members.on('leave-room', left),
    tell(room, event, args) {
      const target: Target = { rooms: new Set([room]), except: NOBODY, flags: {} };
      const packets = encode(packetOf(event, args), target, context.codec);
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

/** Encodes a packet without an offset. It is not in the log, so it must not advance the position of a client that is catching up. */
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
