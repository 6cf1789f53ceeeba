/** Turns refusals of clients of plain events into HTTP responses. */

import type { Refusal } from '../../namespace/permissions/permissions.js';
import { UNUSABLE } from '../../namespace/socket/turned-away.js';
import { encodeError, type JsonError } from '../../protocol/json-event/error.js';
import type { HttpAnswer } from '../../transport/plain-http/answer.js';

const STATUSES: Readonly<Record<Refusal['code'], number>> = {
  FORBIDDEN: 403,
  BAD_ROOM: 400,
  BAD_EVENT: 400,
  BAD_QUERY: 400,
  BAD_STATE: 400,
  NOT_PRESENT: 409,
  NOT_KEPT: 501,
  TOO_MANY: 429,
  LIMITED: 429,
  FAILED: 503,
  GONE: 503,
};

/** Returns a refusal with the given status. */
export function refuseWith(status: number, error: JsonError, headers: Record<string, string> = {}): HttpAnswer {
  return { status, headers, body: `${encodeError(error)}\n` };
}

/** Returns a refusal by the permissions of the namespace. */
export function refuseRoom({ code, message, retryAfter }: Refusal, room: string): HttpAnswer {
  return refuseWith(STATUSES[code], { code, message, room }, retryAfter === undefined ? {} : later(retryAfter));
}

function later(retryAfterMs: number): Record<string, string> {
  return { 'Retry-After': `${Math.ceil(retryAfterMs / 1_000)}` };
}

/**
 * Returns a refusal by the middleware of a namespace, or for an unknown namespace. A client without credentials is
 * asked for some. `data.retryAfter` is milliseconds after which the client may try again.
 */
export function refuseEntry(message: string, data: unknown, hasCredentials: boolean): HttpAnswer {
  if (message === 'Invalid namespace' && data === undefined) {
    return refuseWith(404, { code: 'UNKNOWN_NAMESPACE', message: 'there is no such namespace' });
  }
  const { retryAfter } = (data ?? {}) as { retryAfter?: unknown };
  const error = data === UNUSABLE ? { ...UNUSABLE, message } : { code: 'REFUSED', message, data };
  if (typeof retryAfter === 'number' && retryAfter > 0) return refuseWith(503, error, later(retryAfter));
  return hasCredentials ? refuseWith(403, error) : refuseWith(401, error, { 'WWW-Authenticate': 'Bearer' });
}

/** Returns the answer when the application does not decide in time, or the server does not accept the client. */
export function refuseLate(): HttpAnswer {
  return refuseWith(503, { code: 'UNAVAILABLE', message: 'the request was not decided in time' });
}

/** Returns the answer to a client whose events may be published, although not all of them are confirmed. */
export function refuseUnkept(): HttpAnswer {
  return refuseWith(503, { code: 'UNCONFIRMED', message: 'the events are not confirmed; some may be published' });
}
