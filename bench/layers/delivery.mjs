/**
 * From `broadcast` to one buffer per session: encoding, rooms, outbox and packet list, for 1,000 members of one room on
 * transports that only look at the bytes. The time is for one delivery. It leaves out the kernel's time for a write,
 * which is nine tenths of the whole, so a change here moves a fan-out row only a little.
 */

import { Delivery } from '../../.build.modules/packages/naru/src/namespace/delivery.js';
import { DIALECT_V5, StandardCodec } from '../../.build.modules/packages/naru/src/namespace/event/codec.js';
import { EffectiveRooms } from '../../.build.modules/packages/naru/src/namespace/log/effective-rooms.js';
import { Rooms } from '../../.build.modules/packages/naru/src/namespace/rooms.js';
import { Outbox } from '../../.build.modules/packages/naru/src/session/outbox.js';
import { time } from './time.mjs';

const MEMBERS = 1000;
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const NONE = new Set();

/** The callbacks of the turn's end. @type {(() => void)[]} */
let deferred = [];
const clock = {
  now: () => 0,
  setTimeout: () => 0,
  clearTimeout() {},
  defer: (/** @type {(argument: any) => void} */ callback, /** @type {unknown} */ argument) => {
    deferred.push(() => callback(argument));
  },
};
const outbox = new Outbox(clock);
let bytes = 0;

class Member {
  isInOwnRoom = false;
  joinedRooms = /** @type {Set<string> | undefined} */ (undefined);
  waiting = /** @type {any} */ (undefined);
  isDirty = false;
  /** @param {string} id */
  constructor(id) {
    this.id = id;
  }
  /** @param {readonly any[]} packets */
  sendEncoded(packets) {
    for (const packet of packets) outbox.add(this, packet);
  }
  notifyOutgoing() {}
  flush() {
    const list = this.waiting;
    this.waiting = undefined;
    bytes += list.framesFor(4).byteLength;
  }
}

const rooms = new Rooms(1000);
for (let index = 0; index < MEMBERS; index++) {
  const member = new Member(`member-${index}`);
  rooms.add(member);
  rooms.join(member, 'room');
}
const limits = { attachmentsMax: 10, attachmentBytesMax: 1e6, depthMax: 100 };
const recipients = new EffectiveRooms(rooms);
const delivery = new Delivery(rooms, recipients, outbox, new StandardCodec(DIALECT_V5, limits), undefined);
const packet = { type: 2, nsp: '/', data: ['said', TEXT] };

/** @param {string} title @param {number} window @param {any} target */
function turn(title, window, target) {
  time(
    title,
    (count) => {
      for (let index = 0; index < count; index++) {
        for (let message = 0; message < window; message++) delivery.broadcast(packet, target);
        const turns = deferred;
        deferred = [];
        for (const end of turns) end();
      }
      return bytes;
    },
    { perRun: window * MEMBERS },
  );
}

for (const window of [1, 16, 64]) {
  turn(`to a room, ${window} in a turn, each delivery`, window, { rooms: new Set(['room']), except: NONE, flags: {} });
  const except = new Set(['member-0']);
  turn(`to a room but one, ${window} in a turn, each delivery`, window, {
    rooms: new Set(['room']),
    except,
    flags: {},
  });
}
