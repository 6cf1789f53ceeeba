/** The newest group of each room in memory, for clients that come later. */
import type { Clock } from '../../base/clock.js';
import { DeadlineEntry, Deadlines } from '../../base/deadlines.js';
import { ENTRY_COST, type GroupNote } from '../event/event-notes.js';
import type { Room } from '../event/target.js';
import type { LoggedEvent } from '../log/records.js';
import type { ActivePolicy } from '../slow-policies/policy.js';

/** Milliseconds after the newest event, after which the group of an empty room is forgotten. */
const IDLE_MS = 60_000;

/** The newest group of one room: its key, and what came after it. */
class RoomGroup extends DeadlineEntry {
  readonly stream: Room | undefined;
  policy: ActivePolicy;
  /** Empty if the group is larger than its policy allows. */
  events: LoggedEvent[] = [];
  bytes = 0;

  constructor(stream: Room | undefined, policy: ActivePolicy) {
    super();
    this.stream = stream;
    this.policy = policy;
  }
}

/**
 * Keeps the newest group of each room with the policy `newest-group`. Invariants: a group begins with its key and has
 * everything after it, and its bytes are within `bytesMax` of the policy. There are at most `roomsMax` groups. One more
 * replaces the one with the oldest newest event.
 */
export class GroupMemory {
  readonly #roomsMax: number;
  readonly #groups = new Map<Room | undefined, RoomGroup>();
  readonly #idle: Deadlines<RoomGroup>;

  /** `isEmpty` says whether a room has no members. A group for everybody goes when no event came for a while. */
  constructor(clock: Clock, roomsMax: number, isEmpty: (room: Room) => boolean) {
    this.#roomsMax = roomsMax;
    this.#idle = new Deadlines<RoomGroup>(clock, IDLE_MS, (group) => {
      if (group.stream === undefined || isEmpty(group.stream)) this.#groups.delete(group.stream);
      else this.#idle.add(group);
    });
  }

  /** The number of rooms with a group. */
  get count(): number {
    return this.#groups.size;
  }

  /** Adds an event to the group of its room. A key begins a new group, and without one, there is nothing to add to. */
  add({ mark, stream }: GroupNote, event: LoggedEvent, policy: ActivePolicy): void {
    let group = this.#groups.get(stream);
    if (mark === 'key') {
      group ??= this.#create(stream, policy);
      group.policy = policy;
      group.events = [];
      group.bytes = 0;
    }
    if (!group) return;
    this.#idle.add(group);
    if (mark !== 'key' && group.events.length === 0) return;
    group.events.push(event);
    group.bytes += ENTRY_COST;
    for (const { size } of event.packets) group.bytes += size;
    if (group.bytes > policy.bytesMax) group.events = [];
  }

  /**
   * Returns the events of the newest group, oldest first. Empty if the room has no group, or a group that is too large.
   */
  of(stream: Room | undefined): readonly LoggedEvent[] {
    return this.#groups.get(stream)?.events ?? [];
  }

  /** Forgets the groups of rooms whose policy has changed, of all or of one. */
  sweep(policyOf: (rooms: readonly Room[]) => ActivePolicy | undefined, room?: Room): void {
    const groups = room === undefined ? this.#groups.values() : [this.#groups.get(room)];
    for (const group of groups)
      if (group && policyOf(group.stream === undefined ? [] : [group.stream]) !== group.policy) this.#forget(group);
  }

  /** Forgets all groups. */
  clear(): void {
    for (const group of this.#groups.values()) this.#forget(group);
  }

  #create(stream: Room | undefined, policy: ActivePolicy): RoomGroup {
    const { first } = this.#idle;
    if (first && this.#groups.size >= this.#roomsMax) this.#forget(first);
    const group = new RoomGroup(stream, policy);
    this.#groups.set(stream, group);
    return group;
  }

  #forget(group: RoomGroup): void {
    this.#idle.remove(group);
    this.#groups.delete(group.stream);
  }
}
