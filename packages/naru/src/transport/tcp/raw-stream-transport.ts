/** Carries a plain wire over a byte stream, for line mode and for STOMP over TCP. A unit is a chunk, cut anywhere. */
import type { PacketList } from '../packet-list.js';
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

  send(list: PacketList): void {
    if (this.isShut) return;
    const { unit } = list.packet;
    // The stream encodes text for one peer itself, so that we need no Buffer.
    if (list.count === 1 && !list.isShared && typeof unit === 'string') this.stream.write(unit);
    else this.stream.write(list.bytes());
  }

  protected take(chunk: Buffer): void {
    this.handler.onData(this, chunk);
  }
}
