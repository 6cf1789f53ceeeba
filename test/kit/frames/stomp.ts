/** Whole STOMP frames with a body of bytes. */
import { encodeHead, type HeaderEntries } from '../../../packages/stomp/src/protocol/frame.js';
import type { StompVersion } from '../../../packages/stomp/src/protocol/version.js';

/** Encodes a frame with a body of bytes and its size in `content-length`. */
export function encodeBinaryFrame(
  command: string,
  headers: HeaderEntries,
  body: Uint8Array,
  version: StompVersion,
): Buffer {
  const head = encodeHead(command, [...headers, ['content-length', String(body.byteLength)]], version);
  return Buffer.concat([Buffer.from(head), body, Uint8Array.of(0)]);
}
