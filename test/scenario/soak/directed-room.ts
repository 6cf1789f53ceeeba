/**
 * Says whether a client is in the room that it enters and leaves only by calls of servers, and holds what the client
 * got against it.
 */
import type { CourseOptions } from './course-options.js';
import { DIRECTED_ROOM } from './plan.js';
import type { Stays } from './stays.js';
import type { Directed, Kept, NamespaceTruth, Place, Truth } from './truth.js';

/** A record to the room that a client got, or that it passed over. */
interface Sign {
  readonly socketId: string;
  readonly sequence: number;
  readonly isIn: boolean;
}

/** The directed room, as one client finds it. */
export class DirectedRoom {
  readonly #truth: Truth;
  readonly #log: NamespaceTruth;
  readonly #options: CourseOptions;
  readonly #stays: Stays;
  readonly #isToldOf: (sequence: number) => boolean;
  #signs: Sign[] = [];

  /** `isToldOf` says whether the client was told that it misses what stands at a place. */
  constructor(truth: Truth, options: CourseOptions, stays: Stays, isToldOf: (sequence: number) => boolean) {
    this.#truth = truth;
    this.#log = truth.of(options.namespace);
    this.#options = options;
    this.#stays = stays;
    this.#isToldOf = isToldOf;
  }

  /** The client got a record to the room, or passed over it. */
  note(socketId: string, { sequence }: Kept, isIn: boolean): void {
    if (this.#signs.some((sign) => sign.socketId !== socketId)) this.#signs = [];
    this.#signs.push({ socketId, sequence, isIn });
  }

  /**
   * Whether servers had made the socket join the room at the place of the record; `undefined` where that is not exactly
   * known.
   */
  isIn(socketId: string, { sequence }: Kept): boolean | undefined {
    const greetedAt = this.#truth.greetedAt(socketId);
    const { rooms, isLog, isTopic } = this.#options;
    if (greetedAt === undefined || isLog || isTopic) return undefined;
    const sign = this.#signBefore(socketId, sequence);
    const since = sign?.sequence ?? greetedAt;
    let isIn = sign?.isIn ?? false;
    let isKnown = true;
    for (const change of this.#log.directed) {
      if (![socketId, DIRECTED_ROOM, ...rooms].includes(change.target)) continue;
      const at = this.#truth.sequenceOfChange(change);
      if (at === undefined) return undefined;
      // A sign of the same time says nothing about a session that goes on without the change.
      if (at < since && sign && this.#isForgotten(socketId, at) && this.#isSameStay(socketId, at, sign))
        return undefined;
      if (at < since && sign && this.#isAwayUnknown(socketId, at)) return undefined;
      if (at < since || at >= sequence) continue;
      // A session that is between two connections may miss a change.
      const isReached = this.#isReached(socketId, change, at);
      isKnown = isReached || (isKnown && isIn === change.isIn);
      isIn = change.isIn;
    }
    return isKnown ? isIn : undefined;
  }

  /**
   * The newest sign while a server had the socket. It shows what the session has missed before, between two
   * connections.
   */
  #signBefore(socketId: string, sequence: number): Sign | undefined {
    // Without the log, a server that is killed takes what it has not written with it.
    if (this.#log.directed[0]?.reached) return undefined;
    return this.#signs.findLast(
      (sign) =>
        sign.socketId === socketId &&
        sign.sequence < sequence &&
        this.#truth.attendances.covers(socketId, sign.sequence),
    );
  }

  /**
   * Whether a change at a place surely reached the session. A server that finds the log without it tells its clients of
   * a gap.
   */
  #isReached(socketId: string, { place, reached, writtenBy }: Directed, at: number): boolean {
    if (reached) return reached.has(socketId) && !this.#stays.isUnwritten(socketId, writtenBy, place as Place);
    if (this.#isForgotten(socketId, at)) return false;
    return this.#truth.attendances.covers(socketId, at) && !this.#isToldOf(at);
  }

  /** Whether the home has refused the text of a session with a change, and its log has dropped the change itself. */
  #isForgotten(socketId: string, at: number): boolean {
    const { oldest, wasRefused } = this.#options;
    const change = this.#log.at(at);
    return change !== undefined && wasRefused(socketId, change.at) && at < oldest();
  }

  /**
   * Whether a client was gone at a change, and the home refused the texts that say so. The next server then has it that
   * the change reached the client, and the server of its signs has it that it did not.
   */
  #isAwayUnknown(socketId: string, at: number): boolean {
    const change = this.#log.at(at);
    if (!change || this.#truth.attendances.covers(socketId, at)) return false;
    return this.#options.wasRefused(socketId, change.at);
  }

  /** Whether one server had the socket from a change to a sign. */
  #isSameStay(socketId: string, at: number, { sequence }: Sign): boolean {
    const { attendances } = this.#truth;
    return attendances.find(socketId, at) === attendances.find(socketId, sequence);
  }
}
