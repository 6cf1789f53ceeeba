/** Packets that many sessions get one after another, although not in the same turn. */
import { Buffer } from 'node:buffer';
import type { EncodedPacket, EngineProtocol } from './encoded-packet.js';

/**
 * A list of packets that never changes. Its frames are joined once for all sessions. A run is an array, because it
 * passes through all the code that takes packets. Only the outbox and its lists know the difference.
 */
export class PacketRun extends Array<EncodedPacket> {
  /** The size of all packets in bytes. */
  readonly size: number;
  #frames: Buffer | undefined;

  /** `map` and the like return plain arrays. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  constructor(packets: readonly EncodedPacket[]) {
    super();
    let size = 0;
    for (const packet of packets) {
      this.push(packet);
      size += packet.size;
    }
    this.size = size;
  }

  /** Returns all packets as consecutive RFC 6455 frames. Clients of protocol 3 are few, so theirs are not kept. */
  framesFor(protocol: EngineProtocol): Buffer {
    if (protocol === 3) return this.#join(3);
    this.#frames ??= this.#join(4);
    return this.#frames;
  }

  #join(protocol: EngineProtocol): Buffer {
    return Buffer.concat(this.map((packet) => packet.frameFor(protocol)));
  }
}
