/**
 * Sends one of Naru's own requests over any Socket.IO client, and turns a refusal or a missing answer into a clear
 * error.
 */
import { UnavailableError } from '../../base/errors.js';
import { textOf } from '../socket/acks.js';

type AnyMethod = (...args: never[]) => unknown;

/** A socket of `naru/client`, or of socket.io-client 4.6 or later, with any event types. */
export interface RoomSocket {
  readonly connected: boolean;
  readonly on: AnyMethod;
  readonly off: AnyMethod;
  readonly timeout: AnyMethod;
}

/** The part of a socket that requests use. */
interface RequestingSocket {
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
}

/** Milliseconds to wait for an answer, by default. */
export const ANSWER_MS = 10_000;

/** Returns the server's answer to a call. A disconnected socket first waits to connect, within the same time limit. */
export async function request<Answer extends object>(
  socket: RoomSocket,
  timeoutMs: number,
  call: string,
  ...args: unknown[]
): Promise<Answer> {
  let answer: (Answer & { error?: { code: string; message: unknown } }) | null;
  try {
    answer = (await (socket as RequestingSocket).timeout(timeoutMs).emitWithAck(call, ...args)) as typeof answer;
  } catch (error) {
    // Socket.IO clients distinguish these errors only by their messages.
    const { message, code } = error as Error & { code?: string };
    const isLate = code === 'TIMEOUT' || /timed out/.test(message);
    throw new UnavailableError(isLate ? 'TIMEOUT' : 'DISCONNECTED', `${call}: ${message}`, error);
  }
  if (typeof answer !== 'object' || !answer) throw badAnswer();
  if (answer.error) throw refusal(answer.error.code, answer.error.message);
  return answer;
}

/** Returns the error for an answer of another server. */
export function badAnswer(): UnavailableError {
  return refusal('BAD_ANSWER', "the answer is not in Naru's form: only a Naru server supports this call");
}

/** Returns the error that `socket.subscribe` also rejects with: REFUSED, with the server's code as `reason`. */
function refusal(reason: string, message: unknown): UnavailableError {
  return Object.assign(new UnavailableError('REFUSED', textOf(message)), { reason });
}
