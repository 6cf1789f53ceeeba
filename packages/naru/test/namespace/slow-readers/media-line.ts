/** A client behind a line of a given speed, whose kernel takes megabytes, and a member of a namespace for it. */
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { noteEvent } from '../../../src/namespace/event/event-notes.js';
import type { Mark } from '../../../src/namespace/event/marks.js';
import { Reception } from '../../../src/namespace/membership/reception.js';
import { Rooms } from '../../../src/namespace/rooms.js';
import { SlowPolicies } from '../../../src/namespace/slow-policies/namespace-policies.js';
import { type ActivePolicy, activePolicy, type SlowPolicy } from '../../../src/namespace/slow-policies/policy.js';
import { type SlowMember, SlowReaders } from '../../../src/namespace/slow-readers/slow-readers.js';
import { SlowTable } from '../../../src/namespace/slow-readers/slow-table.js';
import type { Member } from '../../../src/namespace/socket/socket.js';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';

interface Item {
  readonly text: string;
  size: number;
  readonly sentAt: number;
  readonly onPong?: () => void;
}

export interface LineOptions {
  /** Bytes that the line carries in a millisecond. */
  readonly rate?: number;
  /** Bytes that the kernel takes before the socket says that it is full. */
  readonly kernelBytes?: number;
  /** Milliseconds of a round trip without any queue. */
  readonly roundTripMs?: number;
  /** Whether the client answers pings. */
  readonly answers?: boolean;
  readonly bufferedBytesMax?: number;
}

/** The server's side and the client's side of one line, in steps of milliseconds. */
export class MediaLine {
  now = 1_000_000;
  rate: number;
  /** The texts that the client received, and the time from `emit` to their arrival. */
  readonly received: { readonly text: string; readonly ageMs: number }[] = [];
  readonly slow: SlowReaders;
  readonly reception: Reception;
  readonly member: Member;
  readonly ended: number[] = [];
  pings = 0;
  readonly #options: Required<LineOptions>;
  readonly #queue: Item[] = [];
  readonly #pongs: { readonly at: number; readonly call: () => void }[] = [];
  /** When each text was emitted. */
  readonly emittedAt = new Map<string, number>();
  readonly #deferred: (() => void)[] = [];

  constructor(options: LineOptions = {}) {
    const defaults = {
      rate: 1_000,
      kernelBytes: 4_000_000,
      roundTripMs: 40,
      answers: true,
      bufferedBytesMax: 20_000_000,
    };
    this.#options = { ...defaults, ...options };
    this.rate = this.#options.rate;
    const clock = {
      now: () => this.now,
      setTimeout: () => 0,
      clearTimeout: () => undefined,
      defer: <T>(callback: (argument: T) => void, argument: T) => void this.#deferred.push(() => callback(argument)),
    };
    const codec = new StandardCodec(DIALECT_V5, {});
    const { bufferedBytesMax } = this.#options;
    const slowSettings = {
      policy: undefined,
      policyWithoutLog: undefined,
      bytesMax: 1_000_000,
      roomsMax: 10,
      bufferedBytesMax,
    };
    const context = { clock, codec, slowSettings, slowTable: new SlowTable(clock) };
    this.slow = new SlowReaders('/', context, new Rooms<SlowMember>(10), new SlowPolicies(slowSettings, false));
    const slowReaders = this.slow;
    this.reception = new Reception({ log: undefined, slowReaders, settle: () => undefined, lateBytesMax: () => 1 });
    this.member = this.#createMember(clock);
  }

  /** Bytes in the kernel, and on the way. */
  get bytes(): number {
    return this.#queue.reduce((sum, { size }) => sum + size, 0);
  }

  /** The texts that the client received, without those of pings. */
  get texts(): string[] {
    return this.received.map(({ text }) => text);
  }

  policy(given: Partial<SlowPolicy> = {}): ActivePolicy {
    return activePolicy({ policy: 'newest-group', bytesMax: 500_000, ...given }, 1, true);
  }

  /** Emits an event to the member. */
  emit(policy: ActivePolicy, text: string, size: number, mark?: Mark, stream = 'live'): void {
    const packets = [new EncodedPacket(text.padEnd(size))];
    noteEvent(packets, undefined, undefined, mark && { mark, stream });
    this.emittedAt.set(text, this.now);
    this.reception.send(this.member, packets, true, policy);
    if (mark === undefined) throw new TypeError('an event without a mark is volatile here');
    this.#turn();
  }

  /** Emits an event that is neither volatile nor marked. */
  say(policy: ActivePolicy | undefined, text: string, size: number): void {
    const packets = [new EncodedPacket(text.padEnd(size))];
    noteEvent(packets, undefined, undefined);
    this.reception.send(this.member, packets, false, policy);
    this.#turn();
  }

  /** Lets time pass. */
  advance(ms: number): void {
    for (let step = 0; step < ms; step += 1) {
      this.now += 1;
      let left = this.rate;
      for (let [item] = this.#queue; item && left > 0; [item] = this.#queue) {
        const part = Math.min(left, item.size);
        left -= part;
        item.size -= part;
        if (item.size > 0) break;
        this.#queue.shift();
        this.#arrive(item);
      }
      for (const pong of this.#pongs.filter(({ at }) => at <= this.now)) {
        this.#pongs.splice(this.#pongs.indexOf(pong), 1);
        pong.call();
      }
      this.#turn();
    }
  }

  #arrive({ text, onPong }: Item): void {
    if (onPong) {
      if (this.#options.answers) this.#pongs.push({ at: this.now + this.#options.roundTripMs, call: onPong });
      return;
    }
    this.received.push({ text, ageMs: this.now - (this.emittedAt.get(text) ?? this.now) });
  }

  #turn(): void {
    for (const call of this.#deferred.splice(0)) call();
    if (this.bytes <= this.#options.kernelBytes) this.reception.onSpace(this.member);
  }

  #createMember(clock: { now(): number }): Member {
    const isFull = (): boolean => this.bytes > this.#options.kernelBytes;
    const bufferedBytes = (): number => Math.max(0, this.bytes - this.#options.kernelBytes);
    const conn = {
      waiting: undefined,
      readyState: 'open',
      isAwaitingSpace: false,
      transport: {
        name: 'websocket',
        carries: { reliable: true },
        get writable() {
          return !isFull();
        },
      },
      get bufferedBytes() {
        return bufferedBytes();
      },
      giveUp: (bytesMax: number) => this.ended.push(bytesMax),
      probe: (onPong: () => void) => {
        if (!this.#options.answers) return false;
        this.pings += 1;
        this.#queue.push({ text: 'ping', size: 1, sentAt: this.now, onPong });
        return true;
      },
    };
    return {
      id: 'me',
      connected: true,
      lag: undefined,
      namespace: { name: '/', clock },
      client: {
        conn,
        isRecoverable: true,
        sink: {
          sendPackets: (packets: readonly EncodedPacket[]) => {
            for (const { unit, size } of packets) {
              const told = /"naru:dropped",\{"count":(\d+)\}/.exec(String(unit));
              this.#queue.push({ text: told ? `(${told[1]})` : String(unit).trim(), size, sentAt: this.now });
            }
          },
        },
      },
      get waitingBytes(): number {
        const { lag } = this as unknown as Member;
        return conn.bufferedBytes + (lag?.bytes ?? 0);
      },
    } as unknown as Member;
  }
}
