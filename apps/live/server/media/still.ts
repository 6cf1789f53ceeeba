/**
 * Answers `GET /still/<id>` with the newest key frame of a broadcast, so that a page has a picture before it is
 * connected. It also finds the stills of earlier moments on the tape. A key frame of VP8 is a picture of WebP that
 * lacks its container, so nothing is decoded.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readSecret } from 'naru-apps-kit/server/readers.js';
import { decodeFrame, type Frame, splitFrames } from '../../shared/frame.js';
import { LIMITS } from '../../shared/limits.js';
import { lowestOf } from '../../shared/protocol.js';
import { TAPE_START } from '../../shared/rooms.js';
import type { Entry } from '../broadcasts/directory.js';
import type { Tapes } from '../broadcasts/tape.js';
import { names } from '../people/names.js';
import type { World } from '../world.js';
import { fullRange } from './full-range.js';

/** The path of a still, up to the id of the broadcast. */
const STILL_PATH = '/still/';

/** The stills of all broadcasts. */
export class Stills {
  readonly #world: World;
  /** The newest stills of broadcasters on other servers. The log is read for each at most once in `LIMITS.stillMs`. */
  readonly #fromTape = new Map<string, { readonly at: number; readonly still: Promise<Buffer | undefined> }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Answers a request for a still. Returns false for other requests. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { url = '', method } = request;
    if (!url.startsWith(STILL_PATH)) return false;
    response.setHeader('cache-control', 'no-store');
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return true;
    }
    const [id = ''] = url.slice(STILL_PATH.length).split('?', 1);
    const still = await this.#newest(id);
    // The broadcast may have ended while its tape was read.
    const entry = this.#world.directory.get(id);
    // A page without a still waits for its first frame.
    if (!entry || !still || isRemoved(entry, request.headers.authorization)) response.writeHead(204).end();
    else response.writeHead(200, { 'content-type': 'image/webp', 'content-length': still.byteLength }).end(still);
    return true;
  }

  /** The newest key frame: from the broadcaster if it is connected to this server, and from its tape otherwise. */
  async #newest(id: string): Promise<Buffer | undefined> {
    const { directory, tapes } = this.#world;
    const now = this.#world.now();
    for (const [each, { at }] of this.#fromTape) {
      if (Math.abs(now - at) >= LIMITS.stillMs || !directory.get(each)) this.#fromTape.delete(each);
    }
    const entry = directory.get(id);
    if (!entry) return undefined;
    const bytes = this.#world.studioOf(id)?.newestKey;
    if (bytes) return stillOf(decodeFrame(bytes));
    const known = this.#fromTape.get(id);
    if (known) return known.still;
    const still = tapes.group(id, lowestOf(entry.qualities)).then(stillIn);
    this.#fromTape.set(id, { at: now, still });
    return still;
  }
}

/**
 * The still of a moment on the tape, from the first group after the newest mark before it. So it may be some seconds
 * older than the moment.
 */
export async function stillAt(tapes: Tapes, { id, qualities, marks }: Entry, at: number): Promise<Buffer | undefined> {
  const after = marks.filter((mark) => mark.at <= at).at(-1)?.offset ?? TAPE_START;
  return stillIn(await tapes.group(id, lowestOf(qualities), after));
}

/** The still in a record of the tape. */
function stillIn(group: Uint8Array | undefined): Buffer | undefined {
  return stillOf(group && splitFrames(group).find(({ type, isKey }) => type === 'video' && isKey));
}

/** Whether the ticket of a request is that of a person who was removed from the broadcast. */
function isRemoved({ kicked }: Entry, authorization = ''): boolean {
  const ticket = readSecret(authorization.replace(/^Bearer /, ''));
  return ticket !== undefined && kicked.includes(names.card(names.stub(ticket).seed).id);
}

/** The WebP file of a key frame: https://developers.google.com/speed/webp/docs/riff_container */
function stillOf(key: Frame | undefined): Buffer | undefined {
  if (key?.codec !== 'vp8') return undefined;
  const picture = chunk('VP8 ', key.data);
  if (!key.colours.endsWith('full')) return chunk('RIFF', Buffer.concat([Buffer.from('WEBP'), picture]));
  const about = Buffer.alloc(10);
  about[0] = HAS_PROFILE;
  about.writeUIntLE(key.width - 1, 4, 3);
  about.writeUIntLE(key.height - 1, 7, 3);
  return chunk('RIFF', Buffer.concat([Buffer.from('WEBP'), chunk('VP8X', about), chunk('ICCP', fullRange), picture]));
}

/** A chunk of a file. One with an odd number of bytes has a byte of padding. */
function chunk(name: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8 + data.byteLength + (data.byteLength % 2));
  bytes.write(name, 'latin1');
  bytes.writeUInt32LE(data.byteLength, 4);
  bytes.set(data, 8);
  return bytes;
}

/** The flag of an extended file that says that it has a colour profile. */
const HAS_PROFILE = 0x20;
