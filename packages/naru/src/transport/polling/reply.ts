/** The body of a response to a poll. It is encoded and compressed once for all clients that get the same packets. */
import { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { asBuffer } from '../../base/node/buffer.js';
import { nodeModule } from '../../base/node/modules.js';
import { encodePayload } from '../../protocol/engine-io/payload.js';
import { encodeJsonpResponse } from '../../protocol/engine-io/v3/jsonp.js';
import * as v3 from '../../protocol/engine-io/v3/payload.js';
import type { EngineProtocol, Unit } from '../encoded-packet.js';

/** The encodings of a compressed payload. */
export type ContentEncoding = 'gzip' | 'deflate';

/** The form in which a client wants its payloads. */
export interface ReplyForm {
  readonly protocol: EngineProtocol;
  /** Whether payloads may be binary, which only protocol 3 has. */
  readonly takesBinary: boolean;
  /** The index of the page's callback, if the client polls with script tags (JSONP). */
  readonly jsonpIndex: string | undefined;
}

/** The body of a response and its content type. */
export class Reply {
  readonly data: string | Buffer;
  /** Size of `data` in bytes. */
  readonly size: number;
  readonly contentType: string;
  /** Whether the body may be compressed. */
  readonly mayCompress: boolean;
  #compressed: Partial<Record<ContentEncoding, Promise<Buffer>>> | undefined;

  constructor(data: string | Buffer, contentType: string, mayCompress: boolean) {
    this.data = data;
    this.size = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
    this.contentType = contentType;
    this.mayCompress = mayCompress;
  }

  /** Resolves to the body in the given encoding. Rejects with the error of node:zlib. */
  compress(encoding: ContentEncoding): Promise<Buffer> {
    this.#compressed ??= {};
    this.#compressed[encoding] ??= promisify(nodeModule('zlib')[encoding])(this.data);
    return this.#compressed[encoding];
  }
}

/** Encodes units in the form that a client wants. The units are given as a WebSocket of that protocol carries them. */
export function encodeReply(units: readonly Unit[], form: ReplyForm, mayCompress: boolean): Reply {
  const isV4 = form.protocol === 4;
  if (form.jsonpIndex !== undefined) {
    const script = encodeJsonpResponse(form.jsonpIndex, v3.encodePayload(units));
    return new Reply(script, 'text/javascript; charset=UTF-8', mayCompress);
  }
  if (!isV4 && form.takesBinary && units.some((unit) => typeof unit !== 'string')) {
    return new Reply(asBuffer(v3.encodeBinaryPayload(units)), 'application/octet-stream', mayCompress);
  }
  // Pages that are not in UTF-8 themselves need the charset.
  return new Reply(isV4 ? encodePayload(units) : v3.encodePayload(units), 'text/plain; charset=UTF-8', mayCompress);
}
