/** What a link has to bring over: one datagram on its way, the rest behind it. */
import type { Bytes } from '../../base/bytes.js';
import { DeadlineEntry } from '../../base/deadlines.js';
import { writeUint32 } from '../../protocol/bytes.js';
import { CONTROL_BYTES_MAX, NUMBER_BYTES } from '../../protocol/datagram/layout.js';
import type { Repeating } from './repeats.js';

/** Whom a control tells when it is time to repeat. */
export interface Repeater {
  repeat(control: Control): void;
}

/** Bodies that wait. It exists only while a body is on its way, so that an idle link has none. */
export class Control extends DeadlineEntry implements Repeating {
  /** The body that is on its way, its number first. */
  body: Uint8Array = new Uint8Array(0);
  repeatCount = 0;
  readonly #link: Repeater;
  #waiting: Bytes[];
  #waitingBytes: number;

  constructor(link: Repeater, records: Bytes) {
    super();
    this.#link = link;
    this.#waiting = [records];
    this.#waitingBytes = records.byteLength;
  }

  /** Bytes that wait, those on their way included. */
  get bytes(): number {
    return this.#waitingBytes + this.body.byteLength;
  }

  /** Whether something waits behind the body. */
  get hasMore(): boolean {
    return this.#waiting.length > 0;
  }

  /** Adds records behind all others. */
  add(records: Bytes): void {
    this.#waiting.push(records);
    this.#waitingBytes += records.byteLength;
  }

  /** Puts as much of what waits as fits into the next body. */
  next(number: number): void {
    let count = 0;
    let size = 0;
    for (const { byteLength } of this.#waiting) {
      if (count > 0 && size + byteLength > CONTROL_BYTES_MAX) break;
      count += 1;
      size += byteLength;
    }
    this.body = new Uint8Array(NUMBER_BYTES + size);
    writeUint32(this.body, 0, number);
    let at = NUMBER_BYTES;
    for (const records of this.#waiting.splice(0, count)) {
      this.body.set(records, at);
      at += records.byteLength;
    }
    this.#waitingBytes -= size;
  }

  onRepeat(): void {
    this.#link.repeat(this);
  }
}
