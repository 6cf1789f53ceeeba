/** The stills of a tape: small pictures of the moments on which a pointer rests. */
import type { Session } from './session.js';

/** The stills of one broadcast. Invariant: at most `STILLS_MAX` of them are in memory. */
export class TapeStills {
  readonly #session: Session;
  readonly #id: string;
  /** The stills by their steps on the tape. A step without a still has none. */
  readonly #known = new Map<number, ImageBitmap | undefined>();
  /** Whether the broadcast has stills, as far as is known. */
  hasAny = false;

  constructor(session: Session, id: string) {
    this.#session = session;
    this.#id = id;
  }

  /** The still of a moment, in milliseconds of the server's clock, if it is here. */
  known(at: number): ImageBitmap | undefined {
    return this.#known.get(stepOf(at));
  }

  /** Loads the still of a moment. Returns `undefined` without one, and when the server refuses. */
  async load(at: number): Promise<ImageBitmap | undefined> {
    const step = stepOf(at);
    if (!this.#known.has(step)) {
      const answer = await this.#session.ask<{ still?: BlobPart }>((socket) =>
        socket.emitWithAck('tape:still', { id: this.#id, at: step * STILL_STEP_MS }),
      );
      if (!answer.ok) return undefined;
      // A damaged picture counts as missing.
      const small = createImageBitmap(new Blob([answer.still ?? '']), { resizeHeight: STILL_LINES });
      this.#keep(step, await small.catch(() => undefined));
    }
    return this.#known.get(step);
  }

  #keep(step: number, still: ImageBitmap | undefined): void {
    this.#known.set(step, still);
    this.hasAny ||= still !== undefined;
    const [oldest] = this.#known.size > STILLS_MAX ? this.#known.keys() : [];
    if (oldest === undefined) return;
    this.#known.get(oldest)?.close();
    this.#known.delete(oldest);
  }
}

function stepOf(at: number): number {
  return Math.round(at / STILL_STEP_MS);
}

/** Steps of five seconds, because a tape has a mark for each. */
const STILL_STEP_MS = 5_000;
/** Stills in memory. Each has a quarter of a megabyte. */
const STILLS_MAX = 60;
const STILL_LINES = 180;
