/** Writes the handshake packet of a session. engine.io-protocol, "Handshake". */

import { encodeTextFrame } from '../../transport/frames.js';
import type { EngineSettings } from '../options/engine-options.js';

const PLAIN_ID = /^[\w.-]+$/;
// Generated ids are much shorter.
const PLAIN_ID_LENGTH_MAX = 1_000;

/** Prepares the text once, because only the id differs between sessions. */
export class HandshakeText {
  readonly #tail: string;
  readonly #frameHeads = new Map<number, string>();

  /** Takes the options that the handshakes of all sessions have in common. */
  constructor(options: Pick<EngineSettings, 'pingInterval' | 'pingTimeout' | 'maxHttpBufferSize'>) {
    const { pingInterval, pingTimeout, maxHttpBufferSize } = options;
    const maxPayload = JSON.stringify(maxHttpBufferSize);
    this.#tail = `"pingInterval":${pingInterval},"pingTimeout":${pingTimeout},"maxPayload":${maxPayload}}`;
  }

  /** Returns the data of the packet. */
  encode(id: string, upgrades: readonly string[]): string {
    return `{"sid":${PLAIN_ID.test(id) ? `"${id}"` : JSON.stringify(id)},"upgrades":${JSON.stringify(upgrades)},${this.#tail}`;
  }

  /**
   * Returns the packet as a text frame, one character for each byte, or '' for an id that is long or not plain. RFC
   * 6455, section 5.2.
   */
  encodeFrame(id: string): string {
    if (id.length > PLAIN_ID_LENGTH_MAX || !PLAIN_ID.test(id)) return '';
    let head = this.#frameHeads.get(id.length);
    if (head === undefined) {
      const start = '0{"sid":"';
      const text = `${start}${id}","upgrades":[],${this.#tail}`;
      const frame = encodeTextFrame(text).toString('latin1');
      head = frame.slice(0, frame.length - text.length) + start;
      // Generated ids have one length. Ids of an application may have any, so the cache is bounded.
      if (this.#frameHeads.size < 100) this.#frameHeads.set(id.length, head);
    }
    return `${head}${id}","upgrades":[],${this.#tail}`;
  }
}
