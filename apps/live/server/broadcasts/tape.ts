/** Puts a broadcast on its tape: one record for each group of pictures and quality, in a room that nobody is in. */
import type { Frame } from '../../shared/frame.js';
import { joinFrames } from '../../shared/frame.js';
import { LIMITS } from '../../shared/limits.js';
import { QUALITIES, type Quality, type TapeMark } from '../../shared/protocol.js';
import { broadcastIn, channelOf, TAPE } from '../../shared/rooms.js';
import type { LiveServer, LiveSocket } from '../live-server.js';

/** The tapes of all broadcasts, in the log of their own namespace. */
export class Tapes {
  readonly #tape: ReturnType<LiveServer['of']>;

  /** `mayRead` decides whether a socket of the namespace may read the tape of a broadcast. `admit` lets sockets in. */
  constructor(
    io: LiveServer,
    admit: (socket: LiveSocket) => Error | undefined,
    mayRead: (socket: LiveSocket, id: string) => boolean,
  ) {
    this.#tape = io.of(TAPE);
    this.#tape.retain({ ageMs: LIMITS.tapeMs, bytes: LIMITS.tapeBytesMax });
    this.#tape.use((socket, next) => next(admit(socket)));
    this.#tape.allow({
      history: (socket, room) => {
        const id = QUALITIES.map((quality) => broadcastIn(room, quality)).find((each) => each !== undefined);
        return id !== undefined && mayRead(socket, id);
      },
    });
  }

  /** Keeps a record. */
  keep(id: string, quality: Quality, at: number, frames: readonly Uint8Array[]): void {
    const untyped = this.#tape as unknown as {
      to(rooms: string[]): { emit(event: 'group', at: number, bytes: Uint8Array): void };
    };
    // The room with the plain id is for erasing both qualities at once.
    untyped.to([channelOf(id, quality), id]).emit('group', at, joinFrames(frames));
  }

  /** The newest place on a tape. */
  async newest(id: string): Promise<TapeMark | undefined> {
    const page = await this.#tape.history(id, { limit: 1 }).catch(() => undefined);
    const record = page?.events.at(-1);
    return record && { at: record.at, offset: record.offset };
  }

  /**
   * The first record of a quality after a place on its tape, or the newest one without a place. It begins with a key
   * frame, unless a group was divided.
   */
  async group(id: string, quality: Quality, after?: string): Promise<Uint8Array | undefined> {
    const query = after === undefined ? { limit: 1 } : { limit: 1, after };
    const page = await this.#tape.history(channelOf(id, quality), query).catch(() => undefined);
    const bytes = page?.events.at(-1)?.args[1];
    return bytes instanceof Uint8Array ? bytes : undefined;
  }

  /** Erases the tape of a broadcast. */
  async erase(id: string): Promise<void> {
    await this.#tape.erase({ room: id });
  }
}

/** Collects the frames of one quality until its group is complete. */
export class TapeRecorder {
  readonly #keep: (at: number, frames: readonly Uint8Array[]) => void;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #at = 0;
  #hasBegun = false;

  /** `keep` takes each record, with the time of its first frame. */
  constructor(keep: (at: number, frames: readonly Uint8Array[]) => void) {
    this.#keep = keep;
  }

  /** Adds a frame. A key frame begins a new record, and so does a record that grows too large. */
  add({ type, isKey }: Frame, bytes: Uint8Array, now: number): void {
    const isPicture = type === 'video';
    if (isPicture && isKey) this.flush();
    else if (this.#bytes + bytes.byteLength > LIMITS.tapeRecordBytesMax) this.flush();
    // Nothing can be shown before the first key frame.
    this.#hasBegun ||= isPicture && isKey;
    if (!this.#hasBegun) return;
    if (this.#frames.length === 0) this.#at = now;
    this.#frames.push(bytes);
    this.#bytes += bytes.byteLength;
  }

  /** Keeps the frames so far as a record. */
  flush(): void {
    if (this.#frames.length > 0) this.#keep(this.#at, this.#frames);
    this.#frames = [];
    this.#bytes = 0;
  }
}
