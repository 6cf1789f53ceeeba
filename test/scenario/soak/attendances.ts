/**
 * The servers that had the socket of each session, from place to place in the log. A change at such a place reaches the
 * session.
 */
import { getOrCreate } from '../../../packages/naru/src/base/get-or-create.js';

interface Attendance {
  readonly node: number;
  /** The newest record that the server had delivered when the socket came. */
  readonly from: number;
  /** When that was, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** The same when its connection was lost, `undefined` if its server has not let go of it. */
  to: number | undefined;
}

/** The newest text in the home that a server wrote of a session, if it says that the client is gone. */
export interface Lost {
  readonly node: number;
  readonly at: number;
}

/** The attendances of all sockets. */
export class Attendances {
  readonly #bySocket = new Map<string, Attendance[]>();

  /**
   * A server has the socket from now on. A server that was killed, or from which the session was taken, had it until
   * then. With `lost`, the home never learned from that server that the client had come back to it.
   */
  begin(socketId: string, node: number, from: number, at: number, lost?: Lost): void {
    const isUnknown = (each: Attendance): boolean =>
      each.node === lost?.node && (each.to === undefined || each.at > lost.at);
    const known = getOrCreate(this.#bySocket, socketId, () => []).filter((each) => !isUnknown(each));
    // A server that has lost the session without knowing it delivers further than the one that has taken it.
    for (const each of known) each.to = Math.min(each.to ?? from, from);
    this.#bySocket.set(socketId, [...known, { node, from, at, to: undefined }]);
  }

  /** The connection of the socket was lost. */
  end(socketId: string, node: number, to: number): void {
    const last = this.#bySocket.get(socketId)?.findLast((each) => each.node === node && each.to === undefined);
    if (last) last.to = to;
  }

  /** Another server had taken the session when the socket came, and has lost it since. The home never had it. */
  forget(socketId: string, node: number): void {
    const known = this.#bySocket.get(socketId) ?? [];
    this.#bySocket.set(
      socketId,
      known.filter((each) => each.node !== node || each.to !== undefined),
    );
  }

  /**
   * A server was killed. Changes do not reach a session that its home had as lost: one whose socket came at a time that
   * was not written.
   */
  kill(node: number, isWritten: (at: number) => boolean): void {
    for (const [socketId, known] of this.#bySocket) {
      const kept = known.filter((each) => each.node !== node || each.to !== undefined || isWritten(each.at));
      if (kept.length < known.length) this.#bySocket.set(socketId, kept);
    }
  }

  /** Whether a server surely had the socket at a place of the log. */
  covers(socketId: string, sequence: number): boolean {
    return this.find(socketId, sequence) !== undefined;
  }

  /** Returns the attendance at a place of the log, if a server surely had the socket there. */
  find(socketId: string, sequence: number): Attendance | undefined {
    const known = this.#bySocket.get(socketId) ?? [];
    return known.find(({ from, to }) => sequence > from && (to === undefined || sequence <= to));
  }
}
