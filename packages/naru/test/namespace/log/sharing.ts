/** Processes that share a log, for tests of its delivery. */

import { FakeClock } from '../../../../testing/src/index.js';
import type { Log, LogFollower, MaybePromise, Offset } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { after } from '../../../src/base/steps/answer.js';
import { DIALECT_V5, StandardCodec } from '../../../src/namespace/event/codec.js';
import { EffectiveRooms } from '../../../src/namespace/log/effective-rooms.js';
import { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import { LogDelivery } from '../../../src/namespace/log/order/log-delivery.js';
import type { LogRecipient } from '../../../src/namespace/log/order/sending.js';
import { EVERYBODY, Rooms } from '../../../src/namespace/rooms.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';
import { Outbox } from '../../../src/session/outbox.js';
import type { EncodedPacket } from '../../../src/transport/encoded-packet.js';

class Listener implements LogRecipient {
  readonly client = { attachmentsMax: 1_000 } as LogRecipient['client'];
  isInOwnRoom = false;
  joinedRooms: Set<string> | undefined = undefined;
  readonly got: string[] = [];
  readonly readsFrom: Offset[] = [];
  onEvent: (name: string) => void = () => undefined;
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  readonly lag = undefined;

  sendEncoded(packets: readonly EncodedPacket[]): void {
    this.sendLogged(packets);
  }

  sendLogged(packets: readonly EncodedPacket[]): void {
    for (const { unit } of packets) {
      const [name] = JSON.parse(String(unit).slice(2)) as string[];
      this.got.push(String(name));
      this.onEvent(String(name));
    }
  }

  readFrom(after: Offset): void {
    this.readsFrom.push(after);
  }
}

/** A log that answers late, like one on the network. */
function later(log: Log): Log {
  return {
    isRemote: true,
    append: async (...args) => log.append(...args),
    read: async (...args) => log.read(...args),
    readBack: async (...args) => log.readBack(...args),
    extent: async (...args) => {
      const extent = log.extent(...args);
      // After the answers to earlier requests.
      for (let turn = 0; turn < 10; turn += 1) await undefined;
      return extent;
    },
    erase: async (...args) => log.erase(...args),
    retain: (...args) => log.retain(...args),
    follow: (...args) => {
      const { ready, end } = log.follow(...args);
      return { ready: Promise.resolve(ready), end };
    },
  };
}

/** Processes that share a log. Each has one listener in the room `a`. */
export function build(count: number, isLate = false, bytes = 1_000_000, ageMs = 1_000) {
  const clock = new FakeClock();
  const shared = memoryBackplane(clock, { ageMs, bytes }).log;
  const followers = new Set<LogFollower>();
  const log: Log = {
    append: (...args) => shared.append(...args),
    read: (...args) => shared.read(...args),
    readBack: (...args) => shared.readBack(...args),
    extent: (...args) => shared.extent(...args),
    erase: (...args) => shared.erase(...args),
    retain: (...args) => shared.retain(...args),
    follow(namespace, follower) {
      followers.add(follower);
      return { end: () => followers.delete(follower), ready: after(shared.extent(namespace), ({ newest }) => newest) };
    },
  };
  const errors: unknown[] = [];
  const create = () => {
    const outbox = new Outbox(clock);
    const rooms = new Rooms<LogRecipient>(10);
    const onLogError = (error: unknown): void => void errors.push(error);
    const context = { clock, codec: new StandardCodec(DIALECT_V5, {}), onLogError };
    const told: unknown[] = [];
    const onRefresh = (): MaybePromise<void> => delivery.catchUp();
    const onTold = (message: unknown): void => void told.push(message);
    const own = new NamespaceLog('/', isLate ? later(log) : log, { ...context, onRefresh, onTold });
    const { codec } = context;
    const parts = { rooms: new EffectiveRooms(rooms), outbox, codec, log: own, describe: () => undefined };
    const delivery: LogDelivery = new LogDelivery(parts);
    const listener = new Listener('a');
    rooms.add(listener);
    delivery.follow();
    const emit = (name: string, room?: string): void => {
      const packet = { type: PacketType.EVENT, nsp: '/', data: [name] };
      const target = { ...EVERYBODY, rooms: new Set(room === undefined ? [] : [room]) };
      delivery.keep(packet, target);
    };
    return { delivery, context: parts, log: own, listener, emit, outbox, rooms, told };
  };
  const signal = (): void => {
    for (const each of followers) each.onMore();
  };
  return { clock, log, errors, signal, followers, create, processes: Array.from({ length: count }, create) };
}

/** Lets the answers of a late log come. */
export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
