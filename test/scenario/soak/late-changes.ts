/**
 * Changes of rooms that a server could not write, because another one had taken the session by then. The server makes
 * them again through the log, and there they take effect.
 */
import { getOrCreate } from '../../../packages/naru/src/base/get-or-create.js';
import type { Place } from './truth.js';

/** One such change. */
export interface LateChange {
  readonly socketId: string;
  readonly node: number;
  /** The sequence at which the server has made the change again. */
  readonly sequence: number | undefined;
}

/** A text of a session that the home has accepted. */
interface Accepted {
  readonly node: number;
  readonly at: number;
  readonly rooms: readonly string[];
  /** Whether the client had no connection. */
  readonly isLost: boolean;
}

/** A change that a server made through the log. */
interface Act {
  readonly node: number;
  readonly at: number;
  readonly room: string;
  readonly isIn: boolean;
  readonly sequence: number;
}

/** The late changes of all sessions. */
export class LateChanges {
  readonly #texts = new Map<string, Accepted[]>();
  readonly #acts = new Map<string, Act[]>();
  /** Whether a change is late, where that is settled. */
  readonly #settled = new WeakMap<Place, boolean>();

  /** The home has accepted a text of a session. */
  accept(socketId: string, text: Accepted): void {
    getOrCreate(this.#texts, socketId, () => []).push(text);
  }

  /** Returns the newest text, or that of the servers before `node`, if it says that the client was gone. */
  lostBefore(socketId: string, node?: number): Accepted | undefined {
    const text = this.#texts.get(socketId)?.findLast((each) => each.node !== node);
    return text?.isLost ? text : undefined;
  }

  /** A server has made a change through the log. */
  act(socketId: string, act: Act): void {
    getOrCreate(this.#acts, socketId, () => []).push(act);
  }

  /** Returns the change that a program made at a place if it is late. */
  of(socketId: string, room: string, isIn: boolean, place: Place): LateChange | undefined {
    if (!this.#isLate(socketId, room, isIn, place)) return undefined;
    const { node, at } = place;
    const acts = this.#acts.get(socketId) ?? [];
    const act = acts.find((each) => each.node === node && each.at >= at && each.room === room && each.isIn === isIn);
    return { socketId, node, sequence: act?.sequence };
  }

  /** Whether the home accepted a text of another server before it had one of this server with the change. */
  #isLate(socketId: string, room: string, isIn: boolean, place: Place): boolean {
    const known = this.#settled.get(place);
    if (known !== undefined) return known;
    const text = this.#texts
      .get(socketId)
      ?.find(({ node, at, rooms }) => at >= place.at && (node !== place.node || rooms.includes(room) === isIn));
    if (!text) return false;
    const isLate = text.node !== place.node;
    this.#settled.set(place, isLate);
    return isLate;
  }
}
