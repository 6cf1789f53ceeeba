/** WebTransport in Node, over a `globalThis.WebTransport` that the application must provide, because Node lacks it. */
import type { Bytes } from '../../base/bytes.js';
import type { EnginePacket } from '../../protocol/engine-io/packet.js';
import { WebTransportTransport } from '../webtransport/webtransport.js';
import * as stream from '../webtransport/webtransport-stream.js';

/** Delivers Buffers, like everything else in Node. */
export class NodeWebTransport extends WebTransportTransport {
  protected override load(): Promise<typeof stream> {
    return Promise.resolve(stream);
  }

  protected override decode(unit: string | Bytes): EnginePacket | undefined {
    const isBuffer = typeof unit === 'string' || Buffer.isBuffer(unit);
    return super.decode(isBuffer ? unit : Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength));
  }
}
