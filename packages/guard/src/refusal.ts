/** The refusals of a guard, as clients get them. */
import { isNaruError, UnavailableError } from 'naru/base';

/** Why a guard refuses a client, a token or a request. docs/errors.md says what to do about each. */
export type RefusalCode =
  | 'TOKEN_MISSING'
  | 'TOKEN_INVALID'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_REVOKED'
  | 'TOKEN_OLD'
  | 'SESSION_REVOKED'
  | 'OTHER_USER'
  | 'REFUSED'
  | 'NO_RIGHT'
  | 'LIMITED'
  | 'FULL'
  | 'TOO_MANY'
  | 'UNAVAILABLE'
  | 'GONE';

/** The data of a refusal, which goes to the client. */
export interface RefusalData {
  readonly code: RefusalCode;
  /** Milliseconds after which the client may try again. */
  readonly retryAfter?: number;
}

/** An error whose message and data go to the client. */
export interface RefusalError extends Error {
  readonly data: RefusalData;
}

/** Returns a refusal. Its message goes to the client, so it names nothing that the client must not know. */
export function refusal(code: RefusalCode, message: string, retryAfter?: number): RefusalError {
  const data: RefusalData = retryAfter === undefined ? { code } : { code, retryAfter };
  return Object.assign(new UnavailableError('REFUSED', message), { data });
}

/** Whether an error is a refusal that may go to the client as it is. */
export function isRefusal(error: unknown): error is RefusalError {
  return isNaruError(error, 'UnavailableError') && 'data' in error;
}
