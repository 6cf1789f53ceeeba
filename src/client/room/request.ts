/** Asks the server by an event of Naru's own, over any client of Socket.IO, and says plainly why there is no answer. */
import { UnavailableError } from '../../base/errors.js';

type AnyMethod = (...args: never[]) => unknown;

/** A socket of `naru/client`, or of socket.io-client from 4.6 on, whatever events it is typed with. */
export interface RoomSocket {
  readonly connected: boolean;
  readonly on: AnyMethod;
  readonly off: AnyMethod;
  readonly timeout: AnyMethod;
}

/** A socket as it is used here. */
interface RequestingSocket {
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
}

/** Milliseconds for an answer, where the caller names none. */
export const ANSWER_MS = 10_000;

/** The answer to a call; while there is no connection it waits for one, within the same time. */
export async function request<Answer extends object>(
  socket: RoomSocket,
  timeoutMs: number,
  call: string,
  ...args: unknown[]
): Promise<Answer> {
  let answer: (Answer & { error?: { code: string; message: string } }) | null;
  try {
    answer = (await (socket as RequestingSocket).timeout(timeoutMs).emitWithAck(call, ...args)) as typeof answer;
  } catch (error) {
    // Clients of Socket.IO tell these apart by their words only.
    const { message, code } = error as Error & { code?: string };
    const isLate = code === 'TIMEOUT' || /timed out/.test(message);
    throw new UnavailableError(isLate ? 'TIMEOUT' : 'DISCONNECTED', `${call}: ${message}`, error);
  }
  if (typeof answer !== 'object' || !answer)
    throw refusal('BAD_ANSWER', 'the server answered what is no answer of Naru to this');
  if (answer.error) throw refusal(answer.error.code, answer.error.message);
  return answer;
}

/** What `socket.subscribe` of Naru's client rejects with as well: REFUSED, and why as `reason`. */
function refusal(reason: string, message: string): UnavailableError {
  return Object.assign(new UnavailableError('REFUSED', message), { reason });
}
