/** Says which events a client must get, and which it may get, for the rooms that it has entered and left. */
import { tagOf } from '../../../packages/naru/src/base/node/socket-ids.js';
import type { CourseOptions } from './course-options.js';
import type { LateChange } from './late-changes.js';
import type { Kept, Place, Stay, Truth } from './truth.js';

/** The stays of the sockets of one client. */
export class Stays {
  readonly #truth: Truth;
  readonly #options: CourseOptions;

  constructor(truth: Truth, options: CourseOptions) {
    this.#truth = truth;
    this.#options = options;
  }

  /** Whether an event may reach a socket. Events up to `resumedTo` go by the rooms that were written. */
  mayGet(socketId: string, record: Kept, resumedTo: number): boolean {
    return this.#truth.staysOf(socketId).some((stay) => {
      if (!record.rooms.includes(stay.room)) return false;
      const isExact = this.#isDuring(socketId, stay, record, resumedTo);
      if (isExact !== undefined) return isExact;
      return record.sequence > stay.mayFrom && record.sequence < this.#latestEnd(socketId, stay);
    });
  }

  /** Whether an event has to reach a socket. */
  mustGet(socketId: string, record: Kept, resumedTo: number): boolean {
    return this.#truth.staysOf(socketId).some((stay) => {
      if (!record.rooms.includes(stay.room)) return false;
      const isExact = this.#isDuring(socketId, stay, record, resumedTo);
      if (isExact !== undefined) return isExact;
      return record.sequence > this.#latestStart(socketId, stay) && record.sequence <= stay.mustTo;
    });
  }

  /** Returns a change of a socket that no server has made again, although its own server could not write it. */
  unmade(socketId: string): LateChange | undefined {
    for (const stay of this.#truth.staysOf(socketId)) {
      for (const late of [this.#lateEntry(socketId, stay), this.#lateExit(socketId, stay)])
        if (late && late.sequence === undefined && this.#options.isLiving(late.node)) return late;
    }
    return undefined;
  }

  /** Whether a change has perhaps not been written. */
  isUnwritten(socketId: string, mark: string | undefined, { node, at }: Place): boolean {
    const isWritten = this.#truth.sequenceOf(mark) !== undefined && !this.#options.wasRefused(socketId, at);
    return !isWritten && !this.#options.isLiving(node);
  }

  #latestStart(socketId: string, stay: Stay): number {
    const late = this.#lateEntry(socketId, stay);
    if (late) return this.#placeOf(late) ?? Number.POSITIVE_INFINITY;
    const isUnwritten = this.isUnwritten(socketId, stay.enteredBy, stay.entered);
    return (isUnwritten ? undefined : this.#truth.sequenceOf(stay.enteredBy)) ?? Number.POSITIVE_INFINITY;
  }

  #latestEnd(socketId: string, stay: Stay): number {
    const late = this.#lateExit(socketId, stay);
    if (late) return this.#placeOf(late) ?? Number.POSITIVE_INFINITY;
    // A server that ended without the log could not write that the socket had left.
    const { left, leftBy } = stay;
    const isLost = left && !this.#options.isLiving(left.node) && this.#wasUnsure(left);
    const isWritten = !isLost && !(left && this.isUnwritten(socketId, leftBy, left));
    return (isWritten ? this.#truth.sequenceOf(stay.leftBy) : undefined) ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the socket is in the room at the place of the record; `undefined` where that is not exactly known. */
  #isDuring(socketId: string, stay: Stay, { sequence }: Kept, resumedTo: number): boolean | undefined {
    const { entered, enteredBy, left, leftBy } = stay;
    if (sequence <= resumedTo || this.#lateEntry(socketId, stay) || this.#lateExit(socketId, stay)) return undefined;
    const isOpen = (mark: string | undefined, at: Place): boolean =>
      this.isUnwritten(socketId, mark, at) || this.#wasUnsure(at);
    // The last changes of a server before it died are perhaps not written. Without the log, a change waits for what its
    // server had begun.
    if (isOpen(enteredBy, entered) || (left && isOpen(leftBy, left))) return undefined;
    const start = this.#truth.sequenceAt(entered);
    const end = left ? this.#truth.sequenceAt(left) : Number.POSITIVE_INFINITY;
    if (start === undefined || end === undefined) return undefined;
    const isIn = sequence > start && sequence <= end;
    const latest = [this.#enteredAtMost(stay), left ? this.#truth.sequenceAtMost(left) : end] as const;
    return isIn === (sequence > (latest[0] ?? 0) && sequence <= (latest[1] ?? 0)) ? isIn : undefined;
  }

  /** A server to which nothing of a room was carried yet has a socket enter the room at the end of the log. */
  #enteredAtMost({ room, entered, enteredBy }: Stay): number | undefined {
    if (tagOf(room) === undefined) return this.#truth.sequenceAtMost(entered);
    return this.#truth.sequenceOf(enteredBy) ?? Number.POSITIVE_INFINITY;
  }

  #lateEntry(socketId: string, { room, entered }: Stay): LateChange | undefined {
    return this.#truth.late.of(socketId, room, true, entered);
  }

  #lateExit(socketId: string, { room, left }: Stay): LateChange | undefined {
    return left && this.#truth.late.of(socketId, room, false, left);
  }

  /** The sequence at which a late change has surely taken effect: at that moment, a server had the socket. */
  #placeOf({ socketId, sequence }: LateChange): number | undefined {
    return sequence !== undefined && this.#truth.attendances.covers(socketId, sequence) ? sequence : undefined;
  }

  /** Whether the server could not reach the log at a place of its program, or after it. */
  #wasUnsure({ node, at }: Place): boolean {
    return this.#options.wasUnsure(node, at);
  }
}
