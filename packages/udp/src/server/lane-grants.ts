/** The tokens for lanes. Each is valid once, for one session, for a short time. */
import { Buffer } from 'node:buffer';
import type { Clock, Random } from 'naru/base';
import { DeadlineEntry, Deadlines } from 'naru/base';
import type { Session } from 'naru/wire';
import { KEY_BYTES, TOKEN_BYTES } from '../protocol/datagram/layout.js';
import type { LaneReceiver } from '../transport/lane.js';
import type { LaneGrant } from '../transport/listener.js';

/** The lifetime of a token in milliseconds. */
export const GRANT_LIFE_MS = 30_000;

/**
 * Tokens that one session may have. One more replaces its oldest, so that a client that asks often does not take those
 * of others.
 */
export const GRANTS_PER_SESSION_MAX = 4;

interface Grant extends DeadlineEntry {
  readonly token: string;
  readonly key: Uint8Array;
  readonly session: Session;
}

/** Issues tokens, and accepts each of them once. */
export class LaneGrants {
  readonly #random: Random;
  readonly #countMax: number;
  readonly #grants = new Map<string, Grant>();
  /** The valid tokens of each session, the oldest first. */
  readonly #bySession = new Map<Session, Grant[]>();
  readonly #expiring: Deadlines<Grant>;

  constructor(clock: Clock, random: Random, countMax: number) {
    this.#random = random;
    this.#countMax = countMax;
    this.#expiring = new Deadlines<Grant>(clock, GRANT_LIFE_MS, (grant) => this.#forget(grant));
  }

  /** Tokens that are valid. */
  get count(): number {
    return this.#grants.size;
  }

  /**
   * Issues a token of 16 bytes and a key of 32 bytes for a session, both as base64url. Beyond the bound of a session,
   * the new token replaces the session's oldest. Beyond the bound of the endpoint, it replaces the oldest of all.
   */
  offer(session: Session): { token: string; key: string } {
    const own = this.#bySession.get(session) ?? [];
    const isOverOwn = own.length >= GRANTS_PER_SESSION_MAX;
    const oldest = isOverOwn ? own[0] : this.#expiring.first;
    if (oldest && (isOverOwn || this.#grants.size >= this.#countMax)) this.#remove(oldest);
    const token = Buffer.from(this.#random.bytes(TOKEN_BYTES)).toString('base64url');
    const grant = Object.assign(new DeadlineEntry(), { token, key: this.#random.bytes(KEY_BYTES), session });
    this.#grants.set(token, grant);
    this.#bySession.set(session, [...(this.#bySession.get(session) ?? []), grant]);
    this.#expiring.add(grant);
    return { token, key: Buffer.from(grant.key).toString('base64url') };
  }

  /**
   * Accepts a token, which is invalid from then on. Returns `undefined` for an unknown token or a session that is no
   * longer open.
   */
  take(token: Uint8Array): LaneGrant | undefined {
    const grant = this.#grants.get(Buffer.from(token).toString('base64url'));
    if (!grant) return undefined;
    this.#remove(grant);
    const { session, key } = grant;
    if (session.readyState !== 'open') return undefined;
    const receiver: LaneReceiver = {
      onVolatile: (lane, units) => session.onVolatile(lane, units),
      onLaneEnd: (lane) => {
        if (session.lane === lane) session.lane = undefined;
      },
    };
    return {
      key,
      receiver,
      open: (lane) => {
        session.lane?.close();
        session.lane = lane;
      },
    };
  }

  /** Invalidates all tokens. */
  close(): void {
    for (const grant of this.#grants.values()) this.#expiring.remove(grant);
    this.#grants.clear();
    this.#bySession.clear();
  }

  #remove(grant: Grant): void {
    this.#expiring.remove(grant);
    this.#forget(grant);
  }

  #forget(grant: Grant): void {
    const { token, session } = grant;
    this.#grants.delete(token);
    const left = this.#bySession.get(session)?.filter((other) => other !== grant) ?? [];
    if (left.length > 0) this.#bySession.set(session, left);
    else this.#bySession.delete(session);
  }
}
