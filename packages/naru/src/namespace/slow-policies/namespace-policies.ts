/** The policies of one namespace: its own and those of its rooms. */
import { ConfigError } from '../../base/errors.js';
import type { SlowPolicyName } from '../../session/slow-report.js';
import type { Room } from '../event/target.js';
import { type ActivePolicy, activePolicy, type SlowPolicy } from './policy.js';

/** The arguments of `slow`: a policy for the namespace, or for one room. */
export type SlowArguments = readonly [SlowPolicy | undefined] | readonly [Room, SlowPolicy | undefined];

/** The settings that all namespaces of a server share. */
export interface SlowSettings {
  /**
   * The policy of namespaces without their own. If `undefined`, they catch up from the log, or have no policy without a
   * log.
   */
  readonly policy: SlowPolicy | undefined;
  /** The policy of namespaces without a log, although the server has one. */
  readonly policyWithoutLog: SlowPolicy | undefined;
  /** Bytes that may wait for one client, unless the policy sets its own limit. */
  readonly bytesMax: number;
  /** The most rooms of a namespace with a policy of their own. */
  readonly roomsMax: number;
  /** Bytes that may wait for one client under any policy. With more, its session ends. */
  readonly bufferedBytesMax: number;
}

/**
 * Finds the policy of an event: that of its first room that has one, else that of the namespace, else that of the
 * server.
 */
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

  /** Whether the namespace has any policy. */
  get isActive(): boolean {
    return this.#own !== undefined || this.#rooms !== undefined;
  }

  /**
   * Whether any policy drops events, or did so earlier. Delivery then notes each event for the backlogs. This stays
   * true, because old backlogs may still exist and have to know which events are in the log.
   */
  get isNoting(): boolean {
    return this.#isNoting;
  }

  /**
   * Bytes that may wait for a client that reads from the log. The value is within the budget, and low enough that the
   * client is not disconnected.
   */
  get lateBytesMax(): number {
    const { name, bytesMax } = this.#own ?? { name: undefined, bytesMax: 0 };
    if (name === 'catch-up') return bytesMax;
    return name === 'disconnect' ? Math.max(1, bytesMax / 2) : Number.POSITIVE_INFINITY;
  }

  /** Sets the policy of the namespace or of a room, as `set` and `setRoom` do. */
  change(...args: SlowArguments): void {
    if (args.length === 2) this.setRoom(...args);
    else if (typeof args[0] === 'string') this.setRoom(args[0], undefined);
    else this.set(args[0]);
  }

  /**
   * Sets the policy of the namespace. `undefined` restores that of the server. Throws ConfigError as `activePolicy`
   * does.
   */
  set(policy: SlowPolicy | undefined): void {
    const general = this.#hasLog ? this.#settings.policy : this.#settings.policyWithoutLog;
    const chosen = policy ?? general ?? (this.#hasLog ? { policy: 'catch-up' } : undefined);
    this.#own = chosen && sameOr(this.#own, activePolicy(chosen, this.#settings.bytesMax, this.#hasLog));
    this.#look();
  }

  /**
   * Sets the policy of a room. `undefined` removes it. Throws ConfigError as `activePolicy` does, and if too many rooms
   * have a policy.
   */
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
          `${roomsMax} rooms already have a policy of their own: remove some, or raise "slowReaders.roomsMax"`,
        );
      this.#rooms.set(room, sameOr(this.#rooms.get(room), active));
    }
    this.#look();
  }

  /** Returns the policy of an event to these rooms, or to everybody. */
  of(rooms: Iterable<Room>): ActivePolicy | undefined {
    if (this.#rooms === undefined) return this.#own;
    for (const room of rooms) {
      const policy = this.#rooms.get(room);
      if (policy) return policy;
    }
    return this.#own;
  }

  /**
   * Returns the room whose groups an event to these rooms belongs to: the first one with a policy of its own, else the
   * first one.
   */
  streamOf(rooms: Iterable<Room>): Room | undefined {
    let first: Room | undefined;
    for (const room of rooms) {
      if (this.#rooms?.has(room)) return room;
      first ??= room;
    }
    return first;
  }

  /** Copies the policies to another namespace. One without a log has nothing to catch up from. */
  copyTo(other: SlowPolicies): void {
    if (!this.#own || other.#canHave(this.#own.name)) other.#own = this.#own;
    const rooms = [...(this.#rooms ?? [])].filter(([, { name }]) => other.#canHave(name));
    other.#rooms = rooms.length > 0 ? new Map(rooms) : undefined;
    other.#look();
  }

  #canHave(policy: SlowPolicyName): boolean {
    return this.#hasLog || policy !== 'catch-up';
  }

  #look(): void {
    this.#isNoting ||= this.#own?.isDropping === true;
    if (this.#rooms) for (const { isDropping } of this.#rooms.values()) this.#isNoting ||= isDropping;
  }
}

/**
 * Keeps the known object if the policy is the same, so that waiting events stay in one budget when a policy is set
 * again.
 */
function sameOr(known: ActivePolicy | undefined, policy: ActivePolicy): ActivePolicy {
  const isSame =
    known?.name === policy.name && known.bytesMax === policy.bytesMax && known.behindMaxMs === policy.behindMaxMs;
  return isSame ? known : policy;
}
