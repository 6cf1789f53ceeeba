/**
 * The acknowledgements that a socket waits for. Each ends once: with the answer, with an error if it accepts one, or
 * silently.
 */
import type { Timers } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { attempt } from '../../base/uncaught.js';
import { hasChecks } from '../features.js';
import type { Ack, DisconnectDescription, EventPacket } from './events.js';

/** The code of an event that a limit of the server has refused. */
export const LIMITED = 'LIMITED';
/** The longest wait in milliseconds before such an event is sent again: a day. */
const WAIT_MAX_MS = 86_400_000;

/** The part of a socket that acknowledgements need. */
export interface AckingSocket {
  readonly io: { readonly timers: Pick<Timers, 'setTimeout' | 'clearTimeout'> };
  /** The acknowledgements by their ids. */
  readonly acks: Record<number, Ack>;
  /** Events that have not been sent yet. */
  sendBuffer: EventPacket[];
}

/** The answer of a server to an event with a key, where it may be an error. */
type KeyedAnswer =
  | { readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly retryAfter?: unknown } }
  | null
  | undefined;

/** Returns the message of a refusal. A hostile server may send an object that cannot become a text, and would throw. */
export function textOf(message: unknown): string {
  return typeof message === 'object' ? 'refused' : `${message}`;
}

/**
 * Waits for the acknowledgement of a packet, for `timeoutMs` milliseconds if that is given. Without that time, the wait
 * for a dropped packet ends at once.
 */
export function expectAck(
  socket: AckingSocket,
  id: number,
  ack: Ack,
  timeoutMs: number | undefined,
  isDropped?: boolean,
): void {
  socket.acks[id] = ack;
  if (timeoutMs === undefined) {
    if (isDropped) giveUpAck(socket, id, new UnavailableError('DISCONNECTED', 'event dropped'));
    return;
  }
  const { timers } = socket.io;
  const onTimeout = (): void => {
    socket.sendBuffer = socket.sendBuffer.filter((packet) => packet.id !== id);
    giveUpAck(socket, id, timed.refusal ?? new UnavailableError('TIMEOUT', 'operation has timed out'));
  };
  const timer = timers.setTimeout(onTimeout, timeoutMs, undefined);
  const timed: Ack = (...args) => {
    timed.stopTimer?.();
    ack.apply(socket, args);
  };
  timed.takesError = true;
  timed.stopTimer = () => timers.clearTimeout(timer);
  timed.isKeyed = ack.isKeyed;
  socket.acks[id] = timed;
}

/**
 * Passes an answer to its acknowledgement. Ignores an answer to an acknowledgement that has ended. The answer that the
 * log has refused the event is an error. With a time limit it waits until then, so that the attempts keep their pace.
 * The answer that a limit has refused the event is an error as well, after the time that the server asks for.
 */
export function answerAck(socket: AckingSocket, id: number | undefined, answer: unknown[]): void {
  const ack = socket.acks[id as number];
  const giveUp = (): unknown => giveUpAck(socket, id, undefined);
  const { code, message, retryAfter } = (ack?.isKeyed && (answer[0] as KeyedAnswer)?.error) || {};
  const text = hasChecks ? textOf(message) : (message as string);
  const refusal = code === 'UNCONFIRMED' ? new UnavailableError('NOT_KEPT', text) : null;
  // The comparison may throw for an object.
  const isNumber = !hasChecks || typeof retryAfter === 'number';
  if (ack && code === LIMITED && isNumber && (retryAfter as number) > 0) {
    const { timers } = socket.io;
    ack.stopTimer?.();
    ack.refusal = new UnavailableError(LIMITED, text);
    const timer = timers.setTimeout(giveUp, Math.min(retryAfter as number, WAIT_MAX_MS), undefined);
    ack.stopTimer = () => timers.clearTimeout(timer);
  } else if (refusal && ack?.stopTimer) ack.refusal = refusal;
  else {
    delete socket.acks[id as number];
    ack?.apply(socket, ack.takesError ? [refusal, ...answer] : answer);
  }
}

/**
 * Ends an acknowledgement without an answer. Returns whether it existed and got the error, or that of a server that has
 * refused its event.
 */
export function giveUpAck(socket: Pick<AckingSocket, 'acks'>, id: number | undefined, error: unknown): boolean {
  const ack = socket.acks[id as number];
  delete socket.acks[id as number];
  ack?.stopTimer?.();
  if (ack?.takesError) ack.call(socket, ack.refusal ?? error);
  return !!ack?.takesError;
}

/**
 * Ends the acknowledgements of all sent events after the connection was lost. The others can still be answered.
 * `details` may have the server's reason.
 */
export function giveUpSentAcks(socket: AckingSocket, details?: DisconnectDescription): void {
  // A server closes a WebSocket with words, such as the limit that a message has exceeded.
  const why = hasChecks && (details as { context?: Partial<CloseEvent> } | undefined)?.context?.reason;
  const text = `socket has been disconnected${why ? `: ${why}` : ''}`;
  const waiting = new Set(socket.sendBuffer.map((packet) => packet.id));
  for (const id of Object.keys(socket.acks).map(Number))
    if (!waiting.has(id)) attempt(giveUpAck, socket, id, new UnavailableError('DISCONNECTED', text));
}
