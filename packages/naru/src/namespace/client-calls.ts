/** The `naru:` events with which clients of any wire that carries Socket.IO use the permissions of their namespace. */

import { STOCK_ATTACHMENTS_MAX } from '../protocol/socket-io/packet.js';
import type { Room } from './event/target.js';
import { enterRoomWithHistory } from './history/entering.js';
import { toPage } from './history/history.js';
import { askForHistory, type HistoryNamespace, type HistoryWish, mayReadHistory } from './history/history-query.js';
import type { OnceNamespace } from './once/attempt.js';
import { type Answered, type CallAnswer, GONE, type Refusal } from './permissions/permissions.js';
import { askForPresence, askToChange, type PresenceNamespace } from './presence/presence-query.js';
import type { Member } from './socket/socket.js';

/** The parts of a namespace that client calls use. */
export interface CalledNamespace extends HistoryNamespace, PresenceNamespace, OnceNamespace {
  readonly recovery: OnceNamespace['recovery'];
}

/** Answers one `naru:` event. Any client may send these. */
export type ClientCall = (
  namespace: CalledNamespace,
  member: Member,
  args: readonly unknown[],
  answer: (...args: unknown[]) => void,
) => void;

/**
 * Returns the calls: `naru:subscribe` (room, { history: n, attachmentsMax }?), `naru:unsubscribe` (room),
 * `naru:publish` (room, event, ...args), `naru:history` (room, { before, after, limit, attachmentsMax }?),
 * `naru:presence` (room), `naru:presence:update` (room, state) and `naru:presence:leave` (room). Each is answered with
 * a CallAnswer or with the requested data. A page of history has at most `attachmentsMax` attachments. Without a number
 * from the client, `attachmentsMaxDefault` applies.
 */
export function createClientCalls(attachmentsMaxDefault = STOCK_ATTACHMENTS_MAX): Map<string, ClientCall> {
  const wishOf = (room: unknown, query: unknown): HistoryWish => {
    const { attachmentsMax = attachmentsMaxDefault } = (query ?? {}) as { attachmentsMax?: number };
    return { rooms: [room as Room], query, attachmentsMax };
  };
  const calls: Record<string, ClientCall> = {
    'naru:subscribe': (namespace, member, [room, options], answer) => {
      const { history, attachmentsMax } = (options ?? {}) as { history?: unknown; attachmentsMax?: unknown };
      if (history === undefined) namespace.permissions.subscribe(member.socket, room, answering(answer));
      else {
        const wish = wishOf(room, { limit: history, attachmentsMax });
        subscribeWithHistory(namespace, member, { ...wish, isEntering: true }, answer);
      }
    },
    'naru:unsubscribe': (namespace, member, [room], answer) =>
      namespace.permissions.unsubscribe(member.socket, room, () => answer({})),
    'naru:publish': (namespace, member, [room, event, ...args], answer) =>
      namespace.permissions.publish(member.socket, room, event, args, answering(answer)),
    'naru:history': (namespace, member, [room, query], answer) =>
      askForHistory(
        namespace,
        member,
        wishOf(room, query),
        (refusal, page) => answer(page ? toPage(page) : errorOf(refusal)),
        () => answer(errorOf(GONE)),
      ),
    'naru:presence': (namespace, member, [room], answer) =>
      askForPresence(namespace, member, room as Room, (refusal, list) => answer(list ?? errorOf(refusal))),
    'naru:presence:update': (namespace, member, [room, state], answer) =>
      askToChange(namespace, member, room as Room, { type: 'update', state }, answering(answer)),
    'naru:presence:leave': (namespace, member, [room], answer) =>
      askToChange(namespace, member, room as Room, { type: 'leave' }, answering(answer)),
  };
  return new Map(Object.entries(calls));
}

/**
 * Subscribes a client with history. The answer contains the earlier events, and the client receives later ones after
 * it.
 */
function subscribeWithHistory(
  namespace: CalledNamespace,
  member: Member,
  wish: HistoryWish,
  answer: (answer: unknown) => void,
): void {
  const { permissions } = namespace;
  const { socket } = member;
  const [room] = wish.rooms as [Room];
  let unwelcome: Refusal | undefined;
  permissions.maySubscribe(socket, room, (refusal) => {
    unwelcome = refusal;
  });
  // Both questions are asked at once, so that no later request of the client comes in between.
  mayReadHistory(namespace, member, wish, (forbidden) => {
    // Refused before the client is held, because holding is expensive for a client in thousands of rooms.
    const refusal = unwelcome ?? forbidden ?? permissions.refuseEntry(socket, room);
    if (refusal) answer(errorOf(refusal));
    else
      enterRoomWithHistory(namespace, member, room, wish, (failed, page) =>
        answer(page ? { history: toPage(page) } : errorOf(failed)),
      );
  });
}

function answering(answer: (answer: CallAnswer) => void): Answered {
  return (refusal) => answer(errorOf(refusal));
}

function errorOf(refusal: Refusal | undefined): CallAnswer {
  return refusal ? { error: refusal } : {};
}
