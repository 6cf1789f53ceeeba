/** Computes a person's name and colour from the ticket in their tab, so that no name has to be stored. */
import { createHash } from 'node:crypto';
import type { Card } from '../shared/protocol.js';
import { ADJECTIVES, HUES, NOUNS } from '../shared/words.js';

/** The digests of a ticket: a key to find the session by, and a seed for its names. The ticket itself is not kept. */
export interface Stub {
  readonly key: string;
  readonly seed: Buffer;
}

/** The names of one application. The same ticket has another name in another application. */
export class Names {
  readonly #application: string;

  constructor(application: string) {
    this.#application = application;
  }

  /** Makes the stub of a ticket. */
  stub(ticket: string): Stub {
    return { key: this.digest('key', ticket).toString('base64url'), seed: this.digest('seed', ticket) };
  }

  /**
   * The public alias, name and colour of a seed. Another `turn` yields another name and colour under the same alias.
   */
  card(seed: Buffer, turn = 0): Card {
    const bytes = this.digest(`name ${turn}`, seed);
    return {
      id: this.alias('alias', seed),
      name: [
        bytes.readUInt16BE(0) % ADJECTIVES.length,
        bytes.readUInt16BE(2) % NOUNS.length,
        10 + (bytes.readUInt16BE(4) % 90),
      ],
      hue: bytes.readUInt16BE(6) % HUES,
    };
  }

  /** A public id for a secret. It does not reveal the secret. */
  alias(purpose: string, secret: string | Buffer): string {
    return this.digest(purpose, secret).toString('base64url').slice(0, 14);
  }

  /** The digest of a secret for one purpose. */
  digest(purpose: string, secret: string | Buffer): Buffer {
    return createHash('sha256').update(`${this.#application} ${purpose} `).update(secret).digest();
  }
}
