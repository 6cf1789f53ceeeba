/** Keeps how the rooms of a session have changed, for a client that has not read everything yet when its connection breaks. */
import type { Offset } from '../../backplane/backplane.js';
import type { RoomChange } from '../log/effective-rooms.js';

/** The most changes that are kept. */
export const MOVES_MAX = 256;
/** The changes after which the server asks the client how far it has read. */
const ASKED_MIN = 16;

/** Asks a client to say that it has received everything so far. Returns `false` if it cannot be asked now. */
export type AskReader = (onRead: () => void) => boolean;

/**
 * The changes of the rooms of one session, oldest first, back to a place that its client has read. A room that was left and entered again counts as
 * never left when there are too many changes. If that is not enough, the oldest changes are forgotten.
 */
export class RoomMoves {
  #moves: RoomChange[];
  #isAsking = false;
  /** The place of the newest forgotten change. A client that goes on before it may miss events. */
  forgotten: Offset | undefined;

  constructor(moves: readonly RoomChange[] = [], forgotten?: Offset) {
    this.#moves = [...moves].sort((one, other) => (one.after < other.after ? -1 : 1));
    this.forgotten = forgotten;
  }

  /** Adds a change. */
  add(move: RoomChange, ask: AskReader): void {
    this.#moves.push(move);
    if (this.#moves.length > MOVES_MAX) this.#shorten();
    if (this.#isAsking || this.#moves.length < ASKED_MIN) return;
    const { after } = move;
    this.#isAsking = ask(() => {
      this.#isAsking = false;
      this.#moves = this.after(after);
    });
  }

  /** Returns the changes after an offset. */
  after(offset: Offset): RoomChange[] {
    return this.#moves.filter(({ after }) => after > offset);
  }

  #shorten(): void {
    const [oldest] = this.#moves.splice(0, 1);
    if (!oldest || oldest.isIn) return;
    const again = this.#moves.findIndex(({ room }) => room === oldest.room);
    if (again >= 0) this.#moves.splice(again, 1);
    else this.forgotten = oldest.after;
  }
}
