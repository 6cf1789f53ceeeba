/** Computes a person's name and colour from the ticket in their tab, so that no name has to be stored. */
import { createHash } from 'node:crypto';
import type { Card } from '../../shared/protocol.js';
import { ADJECTIVES, HUES, NOUNS } from '../../shared/words.js';

/** The digests of a ticket: a key to find the session by, and a seed for its names. The ticket itself is not kept. */
export interface Stub {
  readonly key: string;
  readonly seed: Buffer;
}

/** Makes the stub of a ticket. */
export function stubOf(ticket: string): Stub {
  return { key: digest('key', ticket).toString('base64url'), seed: digest('seed', ticket) };
}

/** The public id of the broadcast of a key. A broadcaster proves by the key, on every server, that the broadcast is theirs. No server keeps a list of keys. */
export function broadcastOf(key: string): string {
  return digest('broadcast', key).toString('base64url').slice(0, 14);
}

/** The public alias, name and colour of a seed. */
export function cardOf(seed: Buffer): Card {
  const bytes = digest('name', seed);
  return {
    id: digest('alias', seed).toString('base64url').slice(0, 14),
    name: [
      bytes.readUInt16BE(0) % ADJECTIVES.length,
      bytes.readUInt16BE(2) % NOUNS.length,
      10 + (bytes.readUInt16BE(4) % 90),
    ],
    hue: bytes.readUInt16BE(6) % HUES,
  };
}

function digest(purpose: string, secret: string | Buffer): Buffer {
  return createHash('sha256').update(`live ${purpose} `).update(secret).digest();
}
