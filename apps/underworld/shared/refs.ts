/** The identity of messages. */
import type { Message, MessageRef } from './protocol.js';

/** The identity of a message. */
export function refOf({ from, key }: Message): MessageRef {
  return { from: from.id, key };
}

/** The identity of a message as one word, for maps. */
export function nameOfRef({ from, key }: MessageRef): string {
  return `${from} ${key}`;
}
