/** What waits in an outbox: a list of packets that sessions with the same packets share, so it is joined once for all of them. */
import { Buffer } from 'node:buffer';
import { FIN, OPCODE } from '../protocol/websocket/frame.js';
import type { EncodedPacket, EngineProtocol } from './encoded-packet.js';
import { encodeServerHeader } from './websocket/frames.js';

// A packet, its place in the batch and its text, each an object of its own.
const PACKET_COST = 200;

/** Bytes from which on a binary message is written as it is instead of being copied behind its header. */
const ALONE_BYTES = 16 * 1024;

/** Names the pieces of each protocol among the forms of a batch. */
const PIECES: Readonly<Record<EngineProtocol, object>> = { 3: {}, 4: {} };

function isLarge({ isBinary, size }: EncodedPacket): boolean {
  return isBinary && size >= ALONE_BYTES;
}

/** What was made of all packets of a batch together. */
interface Joined {
  frames: Buffer | undefined;
  framesV3: Buffer | undefined;
  stream: Buffer | undefined;
  /** Wires, each followed by the form that it made of the batch. */
  forms: unknown[] | undefined;
}

/**
 * An immutable list of packets, linked from its last to its first. Appending the same packet to the same batch twice gives the same
 * batch, so a thousand sessions that got the same packets in a turn hold one batch, and its bytes exist once.
 */
export class Batch {
  readonly previous: Batch | undefined;
  readonly packet: EncodedPacket;
  /** Packets in the batch. */
  readonly count: number;
  /** Size of its packets in bytes. */
  readonly size: number;
  /** Whether more than one session has it, so that it is worth to keep its bytes. */
  isShared = false;
  #next: Batch | undefined;
  /** Made when it is needed: a batch of one packet has nothing to join. */
  #joined: Joined | undefined;

  private constructor(previous: Batch | undefined, packet: EncodedPacket) {
    this.previous = previous;
    this.packet = packet;
    this.count = previous ? previous.count + 1 : 1;
    this.size = (previous ? previous.size : 0) + packet.size;
  }

  /** A batch of one packet that is shared with nobody. */
  static of(packet: EncodedPacket): Batch {
    return new Batch(undefined, packet);
  }

  /** Bytes of memory that the batch may hold on to: many small packets weigh more than what they say. */
  get cost(): number {
    return this.size + (this.count - 1) * PACKET_COST;
  }

  /** The batch that has `packet` behind the packets of this one. */
  append(packet: EncodedPacket): Batch {
    // Only the newest successor is remembered: a broadcast visits all its recipients with one packet before the next comes.
    if (this.#next && this.#next.packet === packet) {
      this.#next.isShared = true;
      return this.#next;
    }
    this.#next = new Batch(this, packet);
    return this.#next;
  }

  /** The packets from first to last. */
  packets(): EncodedPacket[] {
    const packets = new Array<EncodedPacket>(this.count);
    let at: Batch | undefined = this;
    for (let index = this.count - 1; at; index -= 1) {
      packets[index] = at.packet;
      at = at.previous;
    }
    return packets;
  }

  /** All packets as consecutive RFC 6455 frames, joined once. */
  framesFor(protocol: EngineProtocol): Buffer {
    if (this.count === 1) return this.packet.frameFor(protocol);
    const joined = this.#joins();
    if (protocol === 4) {
      joined.frames ??= this.#join(4);
      return joined.frames;
    }
    joined.framesV3 ??= this.#join(3);
    return joined.framesV3;
  }

  /**
   * All packets as consecutive RFC 6455 frames in as few pieces as need no copy of large bytes: what has 16 KiB and more stands as it is
   * behind its header, and all else is joined. Made once where several sessions have the batch.
   */
  piecesFor(protocol: EngineProtocol): readonly Buffer[] {
    return this.formFor(PIECES[protocol], (batch) => batch.#split(protocol));
  }

  /** All packets as consecutive records of a byte stream, joined once. */
  records(): Buffer {
    if (this.count === 1) return this.packet.record();
    const joined = this.#joins();
    joined.stream ??= Buffer.concat(this.packets().map((packet) => packet.record()));
    return joined.stream;
  }

  /** All units behind one another and without anything around them, joined once. A batch is asked for this or for records, never both. */
  bytes(): Buffer {
    if (this.count === 1) return this.packet.bytes();
    const joined = this.#joins();
    joined.stream ??= Buffer.concat(this.packets().map((packet) => packet.bytes()));
    return joined.stream;
  }

  /** The batch as a wire writes it: made once for each wire, and kept while more than one session has the batch. `wire` says which. */
  formFor<Form>(wire: object, make: (batch: Batch) => Form): Form {
    if (!this.isShared) return make(this);
    const joined = this.#joins();
    joined.forms ??= [];
    const at = joined.forms.indexOf(wire);
    if (at >= 0) return joined.forms[at + 1] as Form;
    const form = make(this);
    joined.forms.push(wire, form);
    return form;
  }

  #joins(): Joined {
    this.#joined ??= { frames: undefined, framesV3: undefined, stream: undefined, forms: undefined };
    return this.#joined;
  }

  #split(protocol: EngineProtocol): readonly Buffer[] {
    const packets = this.packets();
    if (protocol === 3 || !packets.some(isLarge)) return [this.framesFor(protocol)];
    const pieces: Buffer[] = [];
    let together: Buffer[] = [];
    for (const packet of packets) {
      if (!isLarge(packet)) {
        together.push(packet.frameFor(protocol));
        continue;
      }
      together.push(encodeServerHeader(FIN | OPCODE.binary, packet.unit.length));
      pieces.push(Buffer.concat(together), packet.bytes());
      together = [];
    }
    if (together.length > 0) pieces.push(Buffer.concat(together));
    return pieces;
  }

  #join(protocol: EngineProtocol): Buffer {
    return Buffer.concat(this.packets().map((packet) => packet.frameFor(protocol)));
  }
}

/** The common start of all batches of a turn. Invariant: it remembers nothing from one turn to the next. */
export class BatchRoot {
  #first: Batch | undefined;

  /** The batch that holds only `packet`, shared by all that ask for it in a row. */
  start(packet: EncodedPacket): Batch {
    if (this.#first && this.#first.packet === packet) {
      this.#first.isShared = true;
      return this.#first;
    }
    this.#first = Batch.of(packet);
    return this.#first;
  }

  /** Forgets the turn. */
  reset(): void {
    this.#first = undefined;
  }
}
