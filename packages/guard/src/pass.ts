/** The pass of one socket: its token, when to ask for a new one, and when it ends. */
import type { Socket } from 'naru';
import type { Timer } from 'naru/base';
import type { Holder } from './limits/limiter.js';
import { digestOf } from './revocations.js';
import type { Rights } from './rights.js';
import type { TokenFacts } from './token.js';

/** The person behind a socket. */
export interface User {
  readonly id: string;
  /** The claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** When the token ends, in milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** A socket that a guard has been asked about. It is over when the membership of the socket is. */
export class Pass {
  readonly socket: Socket;
  facts: TokenFacts | undefined = undefined;
  /** The digests by which the token can be revoked. */
  digests: readonly string[] = [];
  /** The rights of the client to rooms, if the guard has the option `rights`. */
  rights: Rights | undefined = undefined;
  /** The use of the client, if the guard has limits. */
  holder: Holder | undefined = undefined;
  /** Whether it counts towards the sessions of the server. */
  isInside = false;
  /** Reads on, while the client has to wait. */
  readOn: (() => void) | undefined = undefined;
  /** Calls `readOn` when everything is paid back. */
  readTimer: Timer | undefined = undefined;
  timer: Timer | undefined = undefined;
  /** When the client has given its token. */
  takenAt = 0;
  isOver = false;
  isRenewing = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Takes a token. */
  take(token: string, facts: TokenFacts, rights: Rights | undefined, now: number): void {
    const { user: id, claims = {}, expiresAt } = facts;
    this.facts = facts;
    this.takenAt = now;
    this.rights = rights;
    this.digests = digestsOf(token, facts);
    this.socket.user = { id, claims, expiresAt };
  }
}

/** Returns the digests of a token and of its id. */
export function digestsOf(token: string, { id }: TokenFacts): readonly string[] {
  return id === undefined ? [digestOf(token)] : [digestOf(token), digestOf(id)];
}

/** The shortest time between two looks at the tokens, in milliseconds. Timers that share a moment share a list. */
const STEP_MS = 250;
/** The longest delay of a timer. */
export const DELAY_MAX_MS = 2 ** 31 - 1;
/** A new token is asked for by this time before the end of the old one, or by a fifth of its life if that is less. */
const LEAD_MS = 5_000;
/** The requests for tokens that end together are spread over this time at least, or half of what is left. */
const SPREAD_MS = 10_000;

/**
 * Returns when the client is asked for a new token: at a random time before the end, so that clients whose tokens end
 * together do not ask for new ones together. `chance` is at least 0 and less than 1.
 */
export function renewalTime(now: number, expiresAt: number, chance: number): number {
  const left = expiresAt - now;
  const lead = Math.min(LEAD_MS, left / 5);
  const spread = Math.min(Math.max(SPREAD_MS, left / 10), left / 2);
  return expiresAt - lead - spread * chance;
}

/** Returns the delay of a timer that fires at a time or up to a quarter of a second later. */
export function delayUntil(now: number, time: number): number {
  return Math.min(Math.max(Math.ceil((time - now) / STEP_MS) * STEP_MS, 0), DELAY_MAX_MS);
}
