/** The pages that are on air on this server. Their frames come over the socket: ready, or as a WebM stream. */
import type { Refusal, StreamFault } from '../../shared/protocol.js';
import type { Broadcaster, Studio } from '../broadcasts/studio.js';
import { type LiveSocket, unlogged } from '../live-server.js';
import { WebmStream } from '../media/webm.js';
import type { Plan, World } from '../world.js';
import { readBytes } from './readers.js';

interface OnSocket {
  readonly studio: Studio;
  readonly webm: WebmStream | undefined;
}

/** The broadcasters among the sockets. Invariant: a socket has at most one studio. */
export class PageBroadcasters {
  readonly #world: World;
  readonly #bySocket = new Map<LiveSocket, OnSocket>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Puts a page on air. Returns the reason if it may not. */
  async begin(socket: LiveSocket, plan: Plan, form: 'frames' | 'webm'): Promise<Refusal | undefined> {
    this.lose(socket);
    const studio = await this.#world.begin(plan, this.#broadcaster(socket));
    if (typeof studio === 'string') return studio;
    // An earlier start of this page may have been under way, too.
    this.lose(socket);
    // The page may have gone while the journal was read.
    if (!socket.connected) {
      this.#world.lose(studio);
      return 'gone';
    }
    const webm =
      form === 'webm'
        ? new WebmStream(this.#world.now, {
            onFrame: (bytes) => this.#world.take(studio, bytes) === undefined,
            onFault: (fault) => this.#world.fail(studio, fault),
          })
        : undefined;
    this.#bySocket.set(socket, { studio, webm });
    return undefined;
  }

  /**
   * Takes a frame from a socket. Bytes from a socket that is not on air are ignored: they were under way when it was
   * closed.
   */
  frame(socket: LiveSocket, raw: unknown): void {
    const on = this.#bySocket.get(socket);
    if (!on || on.webm) return;
    const bytes = readBytes(raw);
    if (bytes) this.#world.take(on.studio, bytes);
    else this.#world.fail(on.studio, 'bytes');
  }

  /** Takes a part of a WebM stream from a socket. */
  webm(socket: LiveSocket, raw: unknown): void {
    const on = this.#bySocket.get(socket);
    if (!on?.webm) return;
    const bytes = readBytes(raw);
    if (bytes) on.webm.write(bytes);
    else this.#world.fail(on.studio, 'bytes');
  }

  /** The connection of a socket is lost, so its broadcast waits. */
  lose(socket: LiveSocket): void {
    const on = this.forget(socket);
    if (on) this.#world.lose(on.studio);
  }

  /** Forgets that a socket was on air, with any broadcast or with this one. */
  forget(socket: LiveSocket, id?: string): OnSocket | undefined {
    const on = this.#bySocket.get(socket);
    if (id !== undefined && on?.studio.record.id !== id) return undefined;
    this.#bySocket.delete(socket);
    on?.webm?.close();
    return on;
  }

  #broadcaster(socket: LiveSocket): Broadcaster {
    return {
      refuse: (why: StreamFault) => {
        this.forget(socket);
        unlogged(socket).emit('refused', why);
      },
      close: () => void this.forget(socket),
    };
  }
}
