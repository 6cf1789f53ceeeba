/** The servers that had the socket of each session, from place to place in the log. A change at such a place reaches the session. */
import { getOrCreate } from '../../../src/base/get-or-create.js';

interface Attendance {
  readonly node: number;
  /** The newest record that the server had delivered when the socket came. */
  readonly from: number;
  /** The same when its connection was lost, `undefined` if its server has not let go of it. */
  to: number | undefined;
}

/** The attendances of all sockets. */
export class Attendances {
  readonly #bySocket = new Map<string, Attendance[]>();

  /** A server has the socket from now on. A server that was killed, or from which the session was taken, had it until then. */
  begin(socketId: string, node: number, from: number): void {
    const known = getOrCreate(this.#bySocket, socketId, () => []);
    for (const each of known) each.to ??= from;
    known.push({ node, from, to: undefined });
  }

  /** The connection of the socket was lost. */
  end(socketId: string, node: number, to: number): void {
    const last = this.#bySocket.get(socketId)?.findLast((each) => each.node === node && each.to === undefined);
    if (last) last.to = to;
  }

  /** Whether a server surely had the socket at a place of the log. */
  covers(socketId: string, sequence: number): boolean {
    const known = this.#bySocket.get(socketId) ?? [];
    return known.some(({ from, to }) => sequence > from && (to === undefined || sequence <= to));
  }
}
