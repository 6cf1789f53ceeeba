/** Makes the permissions of a namespace from its members and its delivery. */

import { isSocketRoom } from '../../base/node/socket-ids.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { Target } from '../event/target.js';
import type { NotedNamespace } from '../explain/journal.js';
import { NO_ROOMS, type Rooms } from '../rooms.js';
import { type Member, memberOf, type Socket } from '../socket/socket.js';
import type { Guards } from './guard.js';
import { Permissions, type Rules } from './permissions.js';

/** The part of a namespace that its permissions use. */
export interface PermittedNamespace extends NotedNamespace {
  readonly members: Rooms<Member>;
  readonly delivery: { broadcast(packet: SocketPacket, target: Target): void };
}

/** Returns the permissions of a namespace with these rules, and with those of a guard. */
export function permissionsOf(
  namespace: PermittedNamespace,
  rules: Rules<Socket>,
  guards: Guards,
): Permissions<Socket> {
  const { name, members, delivery } = namespace;
  return new Permissions(
    {
      name,
      isSocketId: (room) => members.members.has(room) || isSocketRoom(room, name),
      isFull: (socket, count) => members.isFull(memberOf(socket), count),
      note: (fact) => namespace.journal?.note(namespace, fact),
      refuse: (...request) => guards.current?.refuse(...request),
      isMember: (room, socket) => members.membersOf(room)?.has(socket.id) === true,
      send: (room, event, args, _from, by) => {
        const packet = { type: PacketType.EVENT, nsp: name, data: [event, ...args] };
        delivery.broadcast(packet, { rooms: new Set([room]), except: NO_ROOMS, flags: by === undefined ? {} : { by } });
      },
    },
    rules,
  );
}
