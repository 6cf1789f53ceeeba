/** Carries a language of its own over a byte stream: a unit is a chunk, cut anywhere. For line mode, and for STOMP over TCP. */
import type { Batch } from '../batch.js';
import { StreamTransport } from './stream-transport.js';

/**
 * A byte stream without framing. Units that are sent go out behind one another, text as UTF-8; those that come are chunks as the system
 * gave them, so whoever reads them has to find the ends of things. `pause` and `resume` let it wait with reading.
 */
export class RawStreamTransport extends StreamTransport {
  get isPlain(): boolean {
    return true;
  }

  send(batch: Batch): void {
    if (this.isShut) return;
    const { unit } = batch.packet;
    // Text for one peer needs no Buffer of ours.
    if (batch.count === 1 && !batch.isShared && typeof unit === 'string') this.stream.write(unit);
    else this.stream.write(batch.bytes());
  }

  protected take(chunk: Buffer): void {
    this.handler.onData(this, chunk);
  }
}
