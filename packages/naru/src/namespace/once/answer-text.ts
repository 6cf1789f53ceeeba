/**
 * The text of an answer to an event with a key. An event that changes the socket itself has the id of the socket in it.
 */
import { decodeValue, encodeValue } from '../../protocol/json-event/message.js';
import type { Attempt } from './attempt.js';

/** Naru's own events that change the socket. Another socket of the client is in none of its rooms. */
const OF_SOCKET: ReadonlySet<unknown> = new Set([
  'naru:subscribe',
  'naru:unsubscribe',
  'naru:presence:update',
  'naru:presence:leave',
]);

/** The parts of a try that decide about its answer. */
type Asked = { readonly event: Attempt['event']; readonly member: Pick<Attempt['member'], 'id'> };

/** Returns the text of an answer. Throws ConfigError for values that cannot be sent. */
export function encodeAnswer({ event, member }: Asked, args: readonly unknown[]): string {
  return encodeValue(OF_SOCKET.has(event[0]) ? [args[0], member.id] : args);
}

/** Returns the arguments of an answer. */
export function decodeAnswer({ event }: Asked, text: string): unknown[] {
  const values = decodeValue(text, Number.POSITIVE_INFINITY) as unknown[];
  return OF_SOCKET.has(event[0]) ? values.slice(0, 1) : values;
}

/** Whether a text answers another socket, so that the event has to be carried out again for this one. */
export function isForOther({ event, member }: Asked, text: string | undefined): boolean {
  if (text === undefined || !OF_SOCKET.has(event[0])) return false;
  return (decodeValue(text, Number.POSITIVE_INFINITY) as unknown[])[1] !== member.id;
}
