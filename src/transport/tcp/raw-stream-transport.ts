/** Carries a plain wire over a byte stream, for line mode and for STOMP over TCP. A unit is a chunk, cut anywhere. */
import type { Batch } from '../batch.js';
import { StreamTransport } from './stream-transport.js';

/**
 * A byte stream without framing. Sent units are written one after the other, text as UTF-8. Received units are chunks
 * as the system gave them, so the receiver has to find where messages end. The receiver can stop reading with `pause`
 * and continue with `resume`.
 */
export class RawStreamTransport extends StreamTransport {
  get isPlain(): boolean {
    return true;
  }

  send(batch: Batch): void {
    if (this.isShut) return;
    const { unit } = batch.packet;
    // The stream encodes text for one peer itself, so that we need no Buffer.
    if (batch.count === 1 && !batch.isShared && typeof unit === 'string') this.stream.write(unit);
    else this.stream.write(batch.bytes());
  }

  protected take(chunk: Buffer): void {
    this.handler.onData(this, chunk);
  }
}
