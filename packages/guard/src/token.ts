/** A token: what a guard knows of it, and where clients give it. */
import type { Handshake } from 'naru';
import { refusal } from './refusal.js';

/** The facts of a token that was accepted. */
export interface TokenFacts {
  /** The person, at most 200 characters. `io.to(user(id))` reaches all of their sockets. */
  readonly user: string;
  /** When the token was issued, in milliseconds since the Unix epoch. */
  readonly issuedAt: number;
  /** When the token ends, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
  /** Milliseconds for which the token is accepted after its end, up to 300,000. @default 0 */
  readonly leewayMs?: number | undefined;
  /** The id of the token, such as its `jti`, by which `revoke` finds it. */
  readonly id?: string | undefined;
  /** Everything else that the token says. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads a token. Throws or rejects for a token that is not accepted. The client learns no more than that, unless the
 * error is a `RefusalError`.
 */
export type TokenReader = (token: string, handshake: Handshake) => TokenFacts | Promise<TokenFacts>;

/** The most milliseconds for which a token is accepted after its end. */
export const LEEWAY_MAX_MS = 300_000;
/** Milliseconds by which the clock of the issuer may be ahead. */
export const AHEAD_MS = 30_000;
/** The longest name of a user, in characters. */
const USER_MAX = 200;
/** The longest token, in characters. */
export const TOKEN_MAX = 16_384;

/**
 * Returns the token of a handshake: `token` in the `auth` payload, the passcode of STOMP, or `Authorization: Bearer`.
 * Returns `undefined` for a client without one.
 */
export function tokenOf({ auth, headers }: Pick<Handshake, 'auth' | 'headers'>): string | undefined {
  return tokenIn(auth) ?? /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** Returns the token that a client gives: a text, or an object with `token` or `passcode`. */
export function tokenIn(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null) return undefined;
  const { token, passcode } = given as { readonly token?: unknown; readonly passcode?: unknown };
  return [token, passcode].find((text) => typeof text === 'string');
}

/**
 * Checks the facts of a token. Throws a refusal for a token that has ended, that was issued more than half a minute
 * ahead, or that lives for more than `lifetimeMax` milliseconds, and for facts in another form.
 */
export function checkFacts(facts: TokenFacts, now: number, lifetimeMax: number): TokenFacts {
  // A reader of the program may return anything.
  const { user, issuedAt, expiresAt, id } = (facts ?? {}) as TokenFacts;
  if (!isUserName(user)) throw refusal('TOKEN_INVALID', `The token must name a user of 1 to ${USER_MAX} characters`);
  if (!(id === undefined || (typeof id === 'string' && id !== '')))
    throw refusal('TOKEN_INVALID', 'The id of a token must be a text');
  if (!Number.isFinite(issuedAt) || !Number.isFinite(expiresAt))
    throw refusal('TOKEN_INVALID', 'The token must say when it was issued and when it ends');
  if (issuedAt > now + AHEAD_MS) throw refusal('TOKEN_INVALID', 'The token was issued in the future');
  if (endOf(facts) <= now) throw refusal('TOKEN_EXPIRED', 'The token has ended');
  if (expiresAt - issuedAt > lifetimeMax) throw refusal('TOKEN_INVALID', 'The token lives too long');
  return facts;
}

/** Whether something can name a person. */
export function isUserName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= USER_MAX;
}

/** Returns when a token is no longer accepted. */
export function endOf({ expiresAt, leewayMs = 0 }: TokenFacts): number {
  // A revocation is kept for as long as any token may be accepted.
  return expiresAt + Math.min(leewayMs, LEEWAY_MAX_MS);
}
