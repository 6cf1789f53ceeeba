/** Tells the taps about sockets and their events. */
import type { Offset } from '../../backplane/backplane.js';
import { readTrace } from '../../backplane/trace.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import { counters } from '../../taps/counters.js';
import {
  acknowledgementIn,
  acknowledgementOut,
  eventArguments,
  eventFar,
  eventIn,
  eventOut,
  socketJoined,
  socketLeft,
  socketRefused,
} from '../../taps/taps.js';
import type { Flags, Room, Target } from '../event/target.js';
import type { NotedNamespace, SocketFact } from '../explain/journal.js';
import { NO_ROOMS } from '../rooms.js';
import { isOwnEvent, ONCE } from './reserved.js';

/** The part of a member that taps show. */
export interface TappedMember {
  readonly id: string;
  readonly namespace: NotedNamespace;
  readonly client: { readonly conn: { readonly number: number } };
  readonly lag?: { readonly isHeld: boolean } | undefined;
}

/** A member that comes or goes. It may wait for its fence, and gets no events before that. */
interface ComingMember extends TappedMember {
  readonly namespace: NotedNamespace & {
    readonly recipients: { readonly waiting: ReadonlySet<object> };
    inOrder(operation: () => void, isPatient: true): void;
  };
}

/** A member that has just joined. */
export interface JoinedMember extends ComingMember {
  readonly isRecovered: boolean;
  readonly rooms: ReadonlySet<Room>;
}

/** The members whose coming is noted later, at the fence for which they waited when they came. */
const coming = new WeakSet<ComingMember>();

/** Returns the facts by which a tap names a socket. */
export function socketFacts({ id, namespace, client }: TappedMember) {
  return { connection: client.conn.number, socket: id, namespace: namespace.name };
}

/** A client joined a namespace. */
export function tellJoined(member: JoinedMember): void {
  const { id: socket, namespace, isRecovered } = member;
  if (namespace.recipients.waiting.has(member)) coming.add(member);
  if (namespace.journal && !isRecovered) {
    const rooms = [...member.rooms];
    noteInOrder(member, { type: 'joined', socket, rooms: rooms.length > 1 || rooms[0] !== socket ? rooms : undefined });
  }
  if (socketJoined.hasSubscribers) socketJoined.publish({ ...socketFacts(member), isRecovered });
}

/**
 * A client left a namespace. It `isGone` if it gets nothing more that was sent before. `lateAt` is the newest record
 * that it had got, if it was late.
 */
export function tellLeft(member: ComingMember, reason: string, isGone: boolean, lateAt: Offset | undefined): void {
  if (isGone) noteLeft(member, reason, lateAt);
  if (socketLeft.hasSubscribers) socketLeft.publish({ ...socketFacts(member), reason });
}

/** A client that left has got everything that was sent before, or everything up to `lateAt`. */
export function noteLeft(member: ComingMember, reason: string, lateAt?: Offset): void {
  noteInOrder(member, { type: 'left', socket: member.id, reason, lateAt });
}

/** Notes a fact, at the fence of a member whose coming is noted there. */
function noteInOrder(member: ComingMember, fact: SocketFact): void {
  const { namespace } = member;
  const note = (): void => {
    coming.delete(member);
    namespace.journal?.note(namespace, fact);
  };
  if (coming.has(member)) namespace.inOrder(note, true);
  else note();
}

/** A room was entered or left, as events see it. A client that goes on with its session was in its rooms before. */
export function noteRoom({ id: socket, namespace, lag }: TappedMember, room: Room, isIn: boolean): void {
  if (!lag?.isHeld) namespace.journal?.note(namespace, { type: 'room', socket, room, isIn });
}

/** A client may not join a namespace. Middleware of the program may give anything as its message. */
export function tellRefused(
  { number: connection, remoteAddress: address }: { readonly number: number; readonly remoteAddress: string },
  name: string,
  why: unknown,
): void {
  if (!socketRefused.hasSubscribers) return;
  const message = typeof why === 'string' ? why : 'refused';
  socketRefused.publish({ connection, namespace: name, message, address });
}

/** A client sent an event. */
export function tellEventIn(member: TappedMember, { id, data }: SocketPacket): void {
  counters.eventsIn += 1;
  if (eventIn.hasSubscribers)
    eventIn.publish({ ...socketFacts(member), event: nameOf(data), isAsking: id !== undefined });
  if (eventArguments.hasSubscribers) tellArguments(member.namespace.name, data, true);
}

/** The program sent an event. Returns its target, with the trace that a listener has given. */
export function tellEventOut(packet: SocketPacket, target: Target): Target {
  counters.eventsOut += 1;
  const traced = eventOut.hasSubscribers ? publishOut(packet, target) : target;
  if (eventArguments.hasSubscribers) tellArguments(packet.nsp, packet.data, false);
  return traced;
}

function publishOut({ nsp, id, data }: SocketPacket, target: Target): Target {
  const { rooms, except, flags } = target;
  const facts = {
    ...{ namespace: nsp, event: nameOf(data), id, rooms: [...rooms], except: [...except] },
    ...{ isVolatile: flags.volatile === true, isLocal: flags.local === true, trace: flags.trace },
  };
  eventOut.publish(facts);
  // Operators of the program share their flags.
  return facts.trace === flags.trace ? target : { ...target, flags: { ...flags, trace: readTrace(facts.trace) } };
}

/** The program sent an event to one socket. No log keeps it. */
export function tellEmit({ id, namespace }: TappedMember, packet: SocketPacket, flags: Flags): void {
  noteSent(namespace, packet, tellEventOut(packet, { rooms: new Set([id]), except: NO_ROOMS, flags }));
}

/** An event of another node goes to sockets of this one, beside the log. */
export function tellEventFar({ nsp: namespace, id, data }: SocketPacket, { trace }: Flags): void {
  if (eventFar.hasSubscribers) eventFar.publish({ namespace, event: nameOf(data), id, trace });
}

/** An event that no log keeps goes to the sockets of this node. */
export function noteSent(
  namespace: NotedNamespace | undefined,
  { type, data }: SocketPacket,
  { rooms, except, flags }: Target,
): void {
  if (!namespace?.journal || type !== PacketType.EVENT) return;
  const [isVolatile, isLocal] = [flags.volatile === true, flags.local === true];
  const [to, not] = [[...rooms], [...except]];
  namespace.journal.note(namespace, { type: 'sent', event: nameOf(data), rooms: to, except: not, isVolatile, isLocal });
}

/** A client acknowledged an event. */
export function tellAckIn(member: TappedMember, id: number | undefined): void {
  counters.acknowledgementsIn += 1;
  if (acknowledgementIn.hasSubscribers && id !== undefined) acknowledgementIn.publish({ ...socketFacts(member), id });
}

/** The program acknowledged an event of a client. */
export function tellAckOut(member: TappedMember, id: number | undefined): void {
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
