/**
 * From `keep` to one buffer per session, 16 events in a turn. There are four logs: in memory, in memory while the rooms
 * of records are noted, in memory with answers in a later turn, and on a simulated other machine. The time is the CPU
 * time of a turn. The kinds take turns. It leaves out sockets, timers and sleep, which hide the few microseconds that
 * waiting for an answer costs here.
 */

import { systemClock } from '../../.build.modules/packages/naru/src/base/clock.js';
import { DIALECT_V5, StandardCodec } from '../../.build.modules/packages/naru/src/namespace/event/codec.js';
import { EffectiveRooms } from '../../.build.modules/packages/naru/src/namespace/log/effective-rooms.js';
import { NamespaceLog } from '../../.build.modules/packages/naru/src/namespace/log/namespace-log.js';
import { LogDelivery } from '../../.build.modules/packages/naru/src/namespace/log/order/log-delivery.js';
import { Rooms } from '../../.build.modules/packages/naru/src/namespace/rooms.js';
import { Outbox } from '../../.build.modules/packages/naru/src/session/outbox.js';
import { lateBackplane, memory, remoteBackplane } from '../late/late-memory.mjs';
import { spread } from '../statistics.mjs';

const WINDOW = 16;
const WARM_UP_TURNS = 2000;
const TURNS = 500;
const ROUNDS = 15;
const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';
const target = { rooms: new Set(['room']), except: new Set(), flags: {} };
const packet = { type: 2, nsp: '/', data: ['said', TEXT] };
const codec = new StandardCodec(DIALECT_V5, { attachmentsMax: 10, attachmentBytesMax: 1e6, depthMax: 100 });
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

class Member {
  isInOwnRoom = false;
  joinedRooms = /** @type {Set<string> | undefined} */ (undefined);
  waiting = /** @type {any} */ (undefined);
  isDirty = false;
  bytes = 0;
  /** @param {string} id @param {Outbox} outbox */
  constructor(id, outbox) {
    this.id = id;
    this.outbox = outbox;
  }
  /** @param {readonly any[]} packets */
  sendLogged(packets) {
    this.outbox.addAll(/** @type {any} */ (this), packets);
  }
  flush() {
    this.bytes += this.waiting.framesFor(4).byteLength;
    this.waiting = undefined;
  }
}

/** A namespace whose turns end by hand. */
class Subject {
  /** The callbacks of the turn's end, and the answers that are due in the next turn. @type {(() => void)[]} */
  #ends = [];
  /** @type {(() => void)[]} */
  #answers = [];
  #last;
  #delivery;

  /**
   * @param {(later: (call: () => void) => void) => any} createBackplane
   * @param {number} members
   * @param {boolean} [isIndexed] whether the rooms of records are noted, because a client is expected back
   */
  constructor(createBackplane, members, isIndexed = false) {
    const { log } = createBackplane((call) => this.#answers.push(call));
    const defer = (/** @type {(argument: any) => void} */ callback, /** @type {unknown} */ argument) =>
      this.#ends.push(() => callback(argument));
    const clock = /** @type {any} */ ({ ...systemClock, defer });
    const outbox = new Outbox(clock);
    const rooms = new Rooms(members);
    const all = Array.from({ length: members }, (_, index) => new Member(`member-${index}`, outbox));
    for (const member of all) {
      rooms.add(/** @type {any} */ (member));
      rooms.join(/** @type {any} */ (member), 'room');
    }
    this.#last = /** @type {Member} */ (all.at(-1));
    const onLogError = (/** @type {unknown} */ error) => {
      throw error;
    };
    const namespaceLog = new NamespaceLog('/', log, { clock, codec, onLogError });
    if (isIndexed) namespaceLog.pages.expect();
    this.#delivery = new LogDelivery({
      rooms: /** @type {any} */ (new EffectiveRooms(rooms)),
      outbox,
      codec,
      log: namespaceLog,
      describe() {},
    });
    this.#delivery.follow();
  }

  /** @param {number} turns */
  async run(turns) {
    for (let count = 0; count < turns; count += 1) {
      const before = this.#last.bytes;
      for (let event = 0; event < WINDOW; event += 1) this.#delivery.keep(packet, target);
      // Two turns for all kinds: one emits, and the answer comes in the other.
      for (let turn = 0; turn < 2 || this.#last.bytes === before; turn += 1) {
        for (const call of this.#ends.splice(0)) call();
        await nextTurn();
        for (const call of this.#answers.splice(0)) call();
        await nextTurn();
      }
    }
  }
}

for (const members of [50, 1000]) {
  const subjects = [
    { title: 'in memory', subject: new Subject(memory, members) },
    { title: 'in memory, with an index of rooms', subject: new Subject(memory, members, true) },
    { title: 'answers later', subject: new Subject(lateBackplane, members) },
    { title: 'on another machine', subject: new Subject(remoteBackplane, members) },
  ].map((each) => ({ ...each, micros: /** @type {number[]} */ ([]) }));
  for (const { subject } of subjects) await subject.run(WARM_UP_TURNS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { subject, micros } of round % 2 === 0 ? subjects : subjects.toReversed()) {
      const before = process.cpuUsage();
      await subject.run(TURNS);
      const { user, system } = process.cpuUsage(before);
      micros.push((user + system) / TURNS);
    }
  }
  const [first] = subjects;
  for (const { title, micros } of subjects) {
    const { median } = spread(micros);
    const more = spread(micros.map((value, round) => value - (first?.micros[round] ?? 0)));
    const name = `${WINDOW} events to ${members} members, the log ${title}`;
    console.log(
      `${name.padEnd(64)} ${median.toFixed(1).padStart(8)} µs  (${more.median.toFixed(1)} µs more than memory)`,
    );
  }
}
