/** Tells the taps about sockets and their events. */
import type { SocketPacket } from '../../protocol/socket-io/packet.js';
import { counters } from '../../taps/counters.js';
import {
  acknowledgementIn,
  acknowledgementOut,
  eventArguments,
  eventIn,
  eventOut,
  socketJoined,
  socketLeft,
  socketRefused,
} from '../../taps/taps.js';
import type { Flags, Room } from '../event/target.js';
import { NO_ROOMS } from '../rooms.js';
import { isOwnEvent, ONCE } from './reserved.js';

/** The part of a member that taps show. */
export interface TappedMember {
  readonly id: string;
  readonly namespace: { readonly name: string };
  readonly client: { readonly conn: { readonly number: number } };
}

/** Returns the facts by which a tap names a socket. */
export function socketFacts({ id, namespace, client }: TappedMember) {
  return { connection: client.conn.number, socket: id, namespace: namespace.name };
}

/** A client joined a namespace. */
export function tellJoined(member: TappedMember & { readonly isRecovered: boolean }): void {
  if (socketJoined.hasSubscribers) socketJoined.publish({ ...socketFacts(member), isRecovered: member.isRecovered });
}

/** A client left a namespace. */
export function tellLeft(member: TappedMember, reason: string): void {
  if (socketLeft.hasSubscribers) socketLeft.publish({ ...socketFacts(member), reason });
}

/** A client may not join a namespace. */
export function tellRefused({ number: connection }: { readonly number: number }, namespace: string, why: object): void {
  const { message } = why as { readonly message?: unknown };
  if (socketRefused.hasSubscribers) socketRefused.publish({ connection, namespace, message: String(message) });
}

/** A client sent an event. */
export function tellEventIn(member: TappedMember, { id, data }: SocketPacket): void {
  counters.eventsIn += 1;
  if (eventIn.hasSubscribers)
    eventIn.publish({ ...socketFacts(member), event: nameOf(data), isAsking: id !== undefined });
  if (eventArguments.hasSubscribers) tellArguments(member.namespace.name, data, true);
}

/** The program sent an event. */
export function tellEventOut(
  { nsp, data }: SocketPacket,
  flags: Flags,
  rooms: Iterable<Room>,
  except: Iterable<Room> = NO_ROOMS,
): void {
  counters.eventsOut += 1;
  if (eventOut.hasSubscribers)
    eventOut.publish({
      ...{ namespace: nsp, event: nameOf(data), rooms: [...rooms], except: [...except] },
      ...{ isVolatile: flags.volatile === true, isLocal: flags.local === true },
    });
  if (eventArguments.hasSubscribers) tellArguments(nsp, data, false);
}

/** A client acknowledged an event. */
export function tellAcknowledgementIn(member: TappedMember, id: number | undefined): void {
  counters.acknowledgementsIn += 1;
  if (acknowledgementIn.hasSubscribers && id !== undefined) acknowledgementIn.publish({ ...socketFacts(member), id });
}

/** The program acknowledged an event of a client. */
export function tellAcknowledgementOut(member: TappedMember, id: number | undefined): void {
  counters.acknowledgementsOut += 1;
  if (acknowledgementOut.hasSubscribers && id !== undefined) acknowledgementOut.publish({ ...socketFacts(member), id });
}

function tellArguments(namespace: string, data: unknown, isIncoming: boolean): void {
  const event = nameOf(data);
  const list = data as readonly unknown[];
  // Naru's own events carry tokens and keys.
  const args = isOwnEvent(event) ? [] : list.slice(list[0] === ONCE ? 3 : 1);
  eventArguments.publish({ namespace, event, isIncoming, arguments: args });
}

/** Returns the name of an event. One that is to run once comes inside another one, after its key. */
function nameOf(data: unknown): string {
  const [name, , inner] = data as readonly unknown[];
  const given = name === ONCE ? inner : name;
  // A client may send anything there, and an object may not become text.
  return typeof given === 'string' || typeof given === 'number' ? String(given) : ONCE;
}
