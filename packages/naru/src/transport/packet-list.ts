/**
 * A list of packets that wait in an outbox. Sessions with the same packets share one list, so its bytes are joined once
 * for all.
 */
import { Buffer } from 'node:buffer';
import type { EncodedPacket, EngineProtocol } from './encoded-packet.js';
import type { PacketRun } from './packet-run.js';

// The approximate memory of a packet besides its data: the packet, its list node and its text are separate objects.
const PACKET_COST = 200;

/** The encodings of all packets of a list together. */
interface Joined {
  frames: Buffer | undefined;
  framesV3: Buffer | undefined;
  stream: Buffer | undefined;
  /** Pairs in one array: a wire, then the form that it made of the list. */
  forms: unknown[] | undefined;
}

/**
 * An immutable list of packets, linked from the last to the first. If the same packet is appended to the same list
 * twice in a row, both calls return the same list. So a thousand sessions with the same packets in a turn hold one
 * list, and its bytes exist once.
 */
export class PacketList {
  readonly previous: PacketList | undefined;
  /** The last packet. */
  readonly packet: EncodedPacket;
  /** The run that ends with this packet, if the packets were appended together. */
  readonly #run: PacketRun | undefined;
  /** The number of packets. */
  readonly count: number;
  /** The size of all packets in bytes. */
  readonly size: number;
  /** Whether more than one session holds the list, so that its encodings are worth keeping. */
  isShared = false;
  #next: PacketList | undefined;
  /** Created on first use, because most lists of one packet need none. */
  #joined: Joined | undefined;

  private constructor(previous: PacketList | undefined, packet: EncodedPacket, run: PacketRun | undefined) {
    this.previous = previous;
    this.packet = packet;
    this.#run = run;
    this.count = (previous ? previous.count : 0) + (run ? run.length : 1);
    this.size = (previous ? previous.size : 0) + (run ?? packet).size;
  }

  /** Creates an unshared list of one packet. */
  static of(packet: EncodedPacket): PacketList {
    return new PacketList(undefined, packet, undefined);
  }

  /** Returns an unshared list of the packets of `previous`, if any, followed by those of a run, which is not empty. */
  static ofRun(previous: PacketList | undefined, run: PacketRun): PacketList {
    return new PacketList(previous, run.at(-1) as EncodedPacket, run);
  }

  /** An estimate of the list's memory in bytes. Many small packets take more memory than their size. */
  get cost(): number {
    return this.size + (this.count - 1) * PACKET_COST;
  }

  /** Returns a list of this one's packets followed by `packet`. */
  append(packet: EncodedPacket): PacketList {
    // The newest successor is enough, because a broadcast sends one packet to all its recipients before the next
    // broadcast starts.
    if (this.#next && this.#next.packet === packet) {
      this.#next.isShared = true;
      return this.#next;
    }
    this.#next = new PacketList(this, packet, undefined);
    return this.#next;
  }

  /** Returns the packets from first to last. */
  packets(): EncodedPacket[] {
    const packets = new Array<EncodedPacket>(this.count);
    let index = this.count;
    for (let at: PacketList | undefined = this; at; at = at.previous) {
      index -= at.#run?.length ?? 1;
      if (!at.#run) packets[index] = at.packet;
      else for (let each = 0; each < at.#run.length; each += 1) packets[index + each] = at.#run[each] as EncodedPacket;
    }
    return packets;
  }

  /** Returns all packets as consecutive RFC 6455 frames, joined once. */
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
   * Returns all packets as consecutive RFC 6455 frames in a string, if one session alone holds the list and its parts,
   * and each packet has its `shortFrame`. @internal
   */
  shortFrames(): string | undefined {
    for (let at: PacketList | undefined = this; at; at = at.previous) if (at.isShared || at.#run) return undefined;
    let frames = '';
    for (let at: PacketList | undefined = this; at; at = at.previous) {
      const frame = at.packet.shortFrame();
      if (frame === undefined) return undefined;
      frames = frame + frames;
    }
    return frames;
  }

  /** Returns all packets as consecutive records of a byte stream, joined once. */
  records(): Buffer {
    if (this.count === 1) return this.packet.record();
    const joined = this.#joins();
    joined.stream ??= Buffer.concat(this.packets().map((packet) => packet.record()));
    return joined.stream;
  }

  /**
   * Returns the bytes of all units without framing, joined once. A caller asks a list for `bytes` or for `records`,
   * never for both.
   */
  bytes(): Buffer {
    if (this.count === 1) return this.packet.bytes();
    const joined = this.#joins();
    joined.stream ??= Buffer.concat(this.packets().map((packet) => packet.bytes()));
    return joined.stream;
  }

  /**
   * Returns the list in the form that `make` builds for `wire`. If several sessions hold the list, `make` runs once
   * for each wire.
   */
  formFor<Form>(wire: object, make: (list: PacketList) => Form): Form {
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

  #join(protocol: EngineProtocol): Buffer {
    if (!this.previous && this.#run) return this.#run.framesFor(protocol);
    const frames: Buffer[] = [];
    for (let at: PacketList | undefined = this; at; at = at.previous)
      frames.push(at.#run ? at.#run.framesFor(protocol) : at.packet.frameFor(protocol));
    return Buffer.concat(frames.reverse());
  }
}
