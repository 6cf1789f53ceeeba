/**
 * Opens the lane of the page, and says whether it is up. The code for it is loaded when a player enters, so the first
 * screen does not wait for it. Without a lane, volatile events take the connection by themselves.
 */
import type { Lane } from '@naru/udp/lane';
import type { LaneState } from '../state/state.js';
import type { ArenaSocket } from './socket.js';

/** Between two looks at the lane, in milliseconds. */
const LOOK_MS = 250;
/** A lane that is not up after this time counts as down. It may still come up later. */
const PATIENCE_MS = 6_000;

/** The lane of a page. */
export class LaneWatch {
  readonly #socket: ArenaSocket;
  readonly #tell: (state: LaneState) => void;
  #lane: Lane | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #state: LaneState = 'none';
  #openedAt = 0;

  /** `tell` hears each change. */
  constructor(socket: ArenaSocket, tell: (state: LaneState) => void) {
    this.#socket = socket;
    this.#tell = tell;
  }

  /** Opens the lane, if it is not open and the server offers one. */
  async open(isOffered: boolean): Promise<void> {
    if (!isOffered) this.#become('down');
    if (!isOffered || this.#timer !== undefined) return;
    this.#openedAt = performance.now();
    this.#become('opening');
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    try {
      const { openLane } = await import('@naru/udp/lane');
      if (this.#timer !== undefined) this.#lane = openLane(this.#socket);
    } catch {
      // The file of the lane did not load. The game goes on over the connection.
      this.#become('down');
    }
  }

  /** Closes the lane: a player who left needs none. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#lane?.close();
    this.#lane = undefined;
    this.#become('none');
  }

  #look(): void {
    if (this.#lane?.isFresh) this.#become('up');
    // A lane that was up is missed at once.
    else if (this.#state === 'up' || performance.now() - this.#openedAt > PATIENCE_MS) this.#become('down');
  }

  #become(state: LaneState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell(state);
  }
}
