/** The events of Naru's own by which a client of any wire that carries Socket.IO uses the permissions of its namespace. */
import { toPage } from '../history/history.js';
import {
  askForHistory,
  enterRoomWithHistory,
  type HistoryNamespace,
  type HistoryWish,
  mayReadHistory,
} from '../history/history-query.js';
import { askForPresence, askToChange, type PresenceNamespace } from '../presence/presence-query.js';
import type { Member } from '../socket/socket.js';
import type { Room } from '../target.js';
import type { Answered, Refusal } from './permissions.js';

/** What client calls need of a namespace. */
export interface CalledNamespace extends HistoryNamespace, PresenceNamespace {
  /** Answers an event of Naru's own; `false` when there is none of that name. */
  answer(member: Member, event: readonly unknown[], ack: (...args: unknown[]) => void): boolean;
}

/** Answers an event of Naru's own, `naru:...`, which any client may send. */
export type ClientCall = (
  namespace: CalledNamespace,
  member: Member,
  args: readonly unknown[],
  answer: (...args: unknown[]) => void,
) => void;

/** What the answer to such a call says: nothing, or why not. */
export interface CallAnswer {
  readonly error?: { readonly code: string; readonly message: string };
}

/** The attachments of a packet that the parser of socket.io-client takes. It closes the connection for more. */
const STOCK_ATTACHMENTS_MAX = 10;

/**
 * `naru:subscribe` (room, { history: n, attachmentsMax }?), `naru:unsubscribe` (room), `naru:publish` (room, event, ...args),
 * `naru:history` (room, { before, after, limit, attachmentsMax }?), `naru:presence` (room), `naru:presence:update` (room, state) and
 * `naru:presence:leave` (room). Each is answered with a CallAnswer, or with what was asked for. A page of history has at most
 * `attachmentsMax` attachments: those that the client names, or else `attachmentsMaxDefault`.
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
    'naru:unsubscribe': (namespace, member, [room], answer) => {
      namespace.permissions.unsubscribe(member.socket, room);
      answer({});
    },
    'naru:publish': (namespace, member, [room, event, ...args], answer) =>
      namespace.permissions.publish(member.socket, room, event, args, answering(answer)),
    'naru:history': (namespace, member, [room, query], answer) =>
      askForHistory(namespace, member, wishOf(room, query), (refusal, page) =>
        answer(page ? toPage(page) : errorOf(refusal)),
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

/** The client gets what was sent before it came as the answer, and what is sent from then on behind it. */
function subscribeWithHistory(
  namespace: CalledNamespace,
  member: Member,
  wish: HistoryWish,
  answer: (answer: unknown) => void,
): void {
  const { permissions } = namespace;
  const { socket } = member;
  const [room] = wish.rooms as [Room];
  permissions.maySubscribe(socket, room, (refusal) => {
    if (refusal) {
      answer(errorOf(refusal));
      return;
    }
    mayReadHistory(namespace, member, wish, (forbidden) => {
      // Before it is held for what it may not get: that costs a client in thousands of rooms much.
      const refusal = forbidden ?? permissions.refuseEntry(socket, room);
      if (refusal) answer(errorOf(refusal));
      else
        enterRoomWithHistory(namespace, member, room, wish, (failed, page) =>
          answer(page ? { history: toPage(page) } : errorOf(failed)),
        );
    });
  });
}

function answering(answer: (answer: CallAnswer) => void): Answered {
  return (refusal) => answer(errorOf(refusal));
}

function errorOf(refusal: Refusal | undefined): CallAnswer {
  return refusal ? { error: { code: refusal.code, message: refusal.message } } : {};
}
