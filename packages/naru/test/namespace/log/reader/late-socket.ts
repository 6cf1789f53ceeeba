/** Sockets that read a log late, for the tests of their reader. */

import { FakeClock } from '../../../../../testing/src/index.js';
import type { Log, LogExtent, MaybePromise, Offset, Page } from '../../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../../src/backplane/memory.js';
import { DIALECT_V5, StandardCodec } from '../../../../src/namespace/event/codec.js';
import { NamespaceLog } from '../../../../src/namespace/log/namespace-log.js';
import { SocketReader } from '../../../../src/namespace/log/reader/socket-reader.js';
import type { Member } from '../../../../src/namespace/socket/socket.js';
import type { SocketPacket } from '../../../../src/protocol/socket-io/packet.js';
import type { EncodedPacket } from '../../../../src/transport/encoded-packet.js';

/** A late socket, and what its client got. */
export class Late {
  readonly joined = new Set(['me', 'lobby']);
  readonly got: string[] = [];
  readonly gaps: unknown[] = [];
  caughtUp = 0;
  /** The events that it takes before it is full. */
  most = Number.POSITIVE_INFINITY;
  /** The bytes that it takes at once, with or without events before. */
  bytes = Number.POSITIVE_INFINITY;
  takes = 0;
  /** Called after each piece that it was sent. */
  onTake = (): void => undefined;

  get rooms(): Set<string> {
    return new Set(this.joined);
  }

  get bufferedBytes(): number {
    return this.got.length < this.most ? -this.bytes : 1;
  }

  take(packets: readonly EncodedPacket[]): void {
    this.takes += 1;
    for (const { unit } of packets) this.got.push(String(JSON.parse(String(unit).slice(2))[0]));
    this.onTake();
  }

  /** Returns what reads the log for it after an offset. */
  readAfter(log: NamespaceLog, after: Offset): SocketReader {
    const late = this;
    const conn = {
      readyState: 'open',
      transport: {},
      get bufferedBytes() {
        return late.bufferedBytes;
      },
    };
    const member = {
      client: {
        conn,
        sink: { sendPackets: (packets: readonly EncodedPacket[]) => this.take(packets) },
        write: ({ data }: SocketPacket) => this.gaps.push((data as unknown[])[1]),
      },
      namespace: { name: '/' },
      get effectiveRooms() {
        return late.rooms;
      },
    };
    const onLevel = (): void => {
      this.caughtUp += 1;
    };
    return new SocketReader(log, member as unknown as Member, () => 0, onLevel, after);
  }
}

/** A log, and a socket that reads it late. */
export function build(bytes = 10_000_000, isSlow = false) {
  const clock = new FakeClock();
  const { log } = memoryBackplane(clock, { ageMs: 1_000, bytes });
  const slow: Log = {
    append: (...args) => log.append(...args),
    read: (...args): MaybePromise<Page> => Promise.resolve(log.read(...args)),
    readBack: (...args) => log.readBack(...args),
    extent: (...args) => log.extent(...args),
    erase: (...args) => log.erase(...args),
    retain: (...args) => log.retain(...args),
    follow: (...args) => log.follow(...args),
  };
  const errors: unknown[] = [];
  const onLogError = (error: unknown): void => void errors.push(error);
  const context = { clock, codec: new StandardCodec(DIALECT_V5, {}), onLogError };
  const reader = new Late();
  const append = (from: number, to: number, rooms: string[] = [], pad = ''): void => {
    for (let n = from; n <= to; n += 1)
      void log.append('/', [{ rooms, except: [], event: `["${n}"${pad}]`, attachments: [], at: clock.now() }]);
  };
  const logs: NamespaceLog[] = [];
  const start = (after: Offset = '00000000000') => {
    const own = new NamespaceLog('/', isSlow ? slow : log, context);
    logs.push(own);
    const catchUp = reader.readAfter(own, after);
    catchUp.start();
    return catchUp;
  };
  const skipToEnd = (own: NamespaceLog): void => own.skip((log.extent('/') as LogExtent).newest);
  /** The appended events were delivered to the others. */
  const handOut = (): void => {
    for (const each of logs) skipToEnd(each);
  };
  const breakLog = (): void => {
    log.read = () => {
      throw new TypeError('broken');
    };
  };
  return { clock, reader, append, start, handOut, breakLog, errors, log, slow, context };
}
