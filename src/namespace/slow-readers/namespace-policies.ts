/** The policies of one namespace: its own, and those of its rooms. */
import { ConfigError } from '../../base/errors.js';
import type { Room } from '../target.js';
import { type ActivePolicy, activePolicy, type SlowPolicy } from './policy.js';

/** What is the same for all namespaces of a server. */
export interface SlowSettings {
  /** What holds where an application says nothing; `undefined` for what is so by itself: catch-up from a log, else nothing. */
  readonly policy: SlowPolicy | undefined;
  /** Bytes that may wait for one client, where a policy does not say it. */
  readonly bytesMax: number;
  /** Rooms with a policy of their own, in a namespace. */
  readonly roomsMax: number;
  /** Bytes that may wait for one client whatever the policy; beyond it its session ends. */
  readonly bufferedBytesMax: number;
}

/** Says which policy an event has. The order is: the first of its rooms that has one, the namespace, the server. */
export class SlowPolicies {
  readonly #settings: SlowSettings;
  readonly #hasLog: boolean;
  #own: ActivePolicy | undefined;
  #rooms: Map<Room, ActivePolicy> | undefined;
  #isNoting = false;

  constructor(settings: SlowSettings, hasLog: boolean) {
    this.#settings = settings;
    this.#hasLog = hasLog;
    this.set(undefined);
  }

  /** Whether there is any. */
  get isActive(): boolean {
    return this.#own !== undefined || this.#rooms !== undefined;
  }

  /**
   * Whether any of them drops events, or did: then delivery notes what a backlog has to know of each. It stays so, because there may be
   * backlogs still, and these must be able to tell what stands in the log.
   */
  get isNoting(): boolean {
    return this.#isNoting;
  }

  /** Bytes that are sent ahead to who reads from the log: within the budget, and not so many that it is disconnected for them. */
  get lateBytesMax(): number {
    const { name, bytesMax } = this.#own ?? { name: undefined, bytesMax: 0 };
    if (name === 'catch-up') return bytesMax;
    return name === 'disconnect' ? Math.max(1, bytesMax / 2) : Number.POSITIVE_INFINITY;
  }

  /** Sets the policy of the namespace; without one, that of the server holds again. Throws ConfigError as `activePolicy`. */
  set(policy: SlowPolicy | undefined): void {
    const { bytesMax } = this.#settings;
    const chosen = policy ?? this.#settings.policy ?? (this.#hasLog ? { policy: 'catch-up' } : undefined);
    this.#own = chosen && sameOr(this.#own, activePolicy(chosen, bytesMax, this.#hasLog));
    this.#look();
  }

  /** Sets the policy of a room; without one, that of the namespace holds. Throws ConfigError also where too many rooms have one. */
  setRoom(room: Room, policy: SlowPolicy | undefined): void {
    if (policy === undefined) {
      this.#rooms?.delete(room);
      if (this.#rooms?.size === 0) this.#rooms = undefined;
    } else {
      const { bytesMax, roomsMax } = this.#settings;
      const active = activePolicy(policy, bytesMax, this.#hasLog);
      this.#rooms ??= new Map();
      if (this.#rooms.size >= roomsMax && !this.#rooms.has(room))
        throw new ConfigError(
          'BAD_ARGUMENT',
          `${roomsMax} rooms have a policy of their own; take some back, or raise "slowReaders.roomsMax"`,
        );
      this.#rooms.set(room, sameOr(this.#rooms.get(room), active));
    }
    this.#look();
  }

  /** The policy of an event to these rooms, or to everybody. */
  of(rooms: Iterable<Room>): ActivePolicy | undefined {
    if (this.#rooms === undefined) return this.#own;
    for (const room of rooms) {
      const policy = this.#rooms.get(room);
      if (policy) return policy;
    }
    return this.#own;
  }

  /** The same policies in another namespace. */
  copyTo(other: SlowPolicies): void {
    other.#own = this.#own;
    other.#rooms = this.#rooms && new Map(this.#rooms);
    other.#look();
  }

  #look(): void {
    this.#isNoting ||= this.#own?.isDropping === true;
    if (this.#rooms) for (const { isDropping } of this.#rooms.values()) this.#isNoting ||= isDropping;
  }
}

/** What waits by a policy has one budget, also where it is said again. */
function sameOr(known: ActivePolicy | undefined, policy: ActivePolicy): ActivePolicy {
  return known?.name === policy.name && known.bytesMax === policy.bytesMax ? known : policy;
}
