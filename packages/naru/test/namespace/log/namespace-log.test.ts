import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import type { Log } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { DIALECT_V5, type PacketCodec, ParserCodec, StandardCodec } from '../../../src/namespace/event/codec.js';
import { eventOf } from '../../../src/namespace/event/outgoing-event.js';
import { NamespaceLog } from '../../../src/namespace/log/namespace-log.js';
import type { LoggedEvent } from '../../../src/namespace/log/records.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';
import type { EncodedPacket, Unit } from '../../../src/transport/encoded-packet.js';

/** A custom parser: JSON with the type in it, in one text. */
const PARSER = {
  Encoder: class {
    encode(packet: unknown): Unit[] {
      return [JSON.stringify(packet)];
    }
  },
  Decoder: class {
    on(): void {}
    add(): void {}
    destroy(): void {}
  },
};

function build(codec: PacketCodec = new StandardCodec(DIALECT_V5, {}), name = '/chat') {
  const clock = new FakeClock();
  const { log } = memoryBackplane(clock, { ageMs: 1_000, bytes: 10_000 });
  const failures: unknown[] = [];
  const onLogError = (error: unknown, namespace: string) => failures.push([namespace, (error as Error).message]);
  const open = (given: Log = log) => new NamespaceLog(name, given, { clock, codec, onLogError });
  const event = (data: unknown[], rooms: string[] = []): LoggedEvent => {
    const packet = { type: PacketType.EVENT, nsp: name, data };
    return { packet, packets: codec.encode(packet, true), target: { ...EVERYBODY, rooms: new Set(rooms) } };
  };
  return { clock, log, open, event, failures };
}

const unitsOf = (packets: readonly EncodedPacket[]): Unit[] => packets.map(({ unit }) => unit);

describe('NamespaceLog', () => {
  it('returns the events that went in, with the offset as the last argument', () => {
    const { open, event } = build();
    const log = open();
    const events = [event(['say', 'hi', { n: 1 }], ['a', 'b']), event(['pic', Uint8Array.of(1, 2)]), event(['bare'])];
    const appended = log.append(events);
    if (!appended || appended instanceof Promise) throw new TypeError('not kept');
    const marked = events.map((each, index) => unitsOf(log.packets.mark(each, appended.offsets[index] ?? '')));
    expect(marked).toEqual([
      ['42/chat,["say","hi",{"n":1},"00000000001"]'],
      ['451-/chat,["pic",{"_placeholder":true,"num":0},"00000000002"]', Uint8Array.of(1, 2)],
      ['42/chat,["bare","00000000003"]'],
    ]);
    const page = log.read('00000000000', 10);
    if (page instanceof Promise) throw new TypeError('not there');
    expect(page.records.map((record) => unitsOf(log.packets.encode(record)))).toEqual(marked);
    expect(page.records.map(({ rooms }) => rooms)).toEqual([['a', 'b'], [], []]);
  });

  it('has readers of other rooms told of a gap that this process has passed over', async () => {
    const { open, clock, log: home } = build();
    const log = open();
    const append = (count: number) => {
      const record = { rooms: ['busy'], except: [], event: '["say"]', attachments: [], at: clock.now() };
      return home.append('/chat', new Array(count).fill(record));
    };
    log.pages.expect();
    await append(20);
    const read = (until: string) => log.pages.read('00000000000', 10, until, new Set(['quiet']));
    // Somebody reads the records before this process has delivered them, and they leave the log after that.
    await log.read('00000000000', 100);
    expect(await read('0000000000k')).toMatchObject({ hasGap: false, records: [], passed: '0000000000k' });
    await append(100);
    log.skip('0000000000k');
    expect(await read('0000000000k')).toMatchObject({ hasGap: true });
  });

  it('reports a message to processes that cannot be read or carried out, and goes on', () => {
    const { open, failures, clock, log: home } = build();
    const told: unknown[] = [];
    const log = new NamespaceLog('/chat', home, {
      clock,
      codec: new StandardCodec(DIALECT_V5, {}),
      onLogError: (error, namespace) => failures.push([namespace, (error as Error).message]),
      onTold: (message) => {
        if (message[0] === 'bad') throw new RangeError('not carried out');
        told.push(message);
      },
    });
    open();
    const record = { rooms: ['\0naru'], except: ['\0naru'], attachments: [], at: 0, offset: '00000000001' };
    for (const event of ['{', '7', '["bad"]', '["good",1]']) expect(log.consume({ ...record, event })).toBe(true);
    expect(told).toEqual([['good', 1]]);
    expect(failures).toEqual([
      ['/chat', 'the text is not valid JSON'],
      ['/chat', 'a message to processes is not a list'],
      ['/chat', 'not carried out'],
    ]);
  });

  it('shares repeated readings, and describes them to plain wires', () => {
    const { open, event } = build();
    const log = open();
    void log.append([event(['say', 'hi', { n: 1 }], ['a'])]);
    const page = log.read('00000000000', 10);
    const [record] = page instanceof Promise ? [] : page.records;
    if (!record) throw new TypeError('nothing was kept');
    log.packets.encode(record);
    const packets = log.packets.encode(record);
    expect(log.packets.encode(record)).toBe(packets);
    const source = eventOf(packets[0]);
    if (!source) throw new TypeError('it says nothing');
    expect([source.name, source.args(), [...source.rooms], source.offset]).toEqual([
      'say',
      ['hi', { n: 1 }],
      ['a'],
      '00000000001',
    ]);
  });

  it('gives its messages to other processes a place, and reads them with the records of others', () => {
    const { open } = build();
    const [one, other] = [open(), open()];
    expect([one.tell(['taken', 1]), other.tell(['taken', 2])]).toEqual(['00000000001', '00000000002']);
    expect([one.offset, other.offset]).toEqual(['00000000000', '00000000000']);
  });

  it('works with a custom parser', () => {
    const { open, event } = build(new ParserCodec(PARSER));
    const log = open();
    const said = event(['say', { n: 1 }]);
    void log.append([said]);
    const text = '4{"type":2,"nsp":"/chat","data":["say",{"n":1},"00000000001"]}';
    expect(unitsOf(log.packets.mark(said, '00000000001'))).toEqual([text]);
    const page = log.read('00000000000', 10);
    const [record] = page instanceof Promise ? [] : page.records;
    expect(record && unitsOf(log.packets.encode(record))).toEqual([text]);
  });

  it('keeps its own bytes, and no memory around them', () => {
    const { open, event } = build();
    const log = open();
    const pool = Buffer.alloc(1_000, 7);
    void log.append([event(['pic', pool.subarray(10, 13)])]);
    pool.fill(0);
    const page = log.read('00000000000', 10);
    const [bytes] = page instanceof Promise ? [] : (page.records[0]?.attachments ?? []);
    expect([bytes, bytes?.buffer.byteLength]).toEqual([Uint8Array.of(7, 7, 7), 3]);
  });

  it('continues an existing log', () => {
    const { open, event } = build();
    void open().append([event(['one']), event(['two'])]);
    expect(open().offset).toBe('00000000002');
  });

  it('reports events that could not be stored', async () => {
    const { open, event, failures, log } = build();
    const full = (): never => {
      throw new Error('disk full');
    };
    const broken: Log = {
      ...log,
      append: full,
      read: log.read.bind(log),
      extent: log.extent.bind(log),
      readBack: log.readBack.bind(log),
      follow: log.follow.bind(log),
    };
    expect(open(broken).append([event(['one'])])).toEqual({ previous: '00000000000', offsets: [] });
    const late: Log = { ...broken, append: () => Promise.reject(new Error('no broker')) };
    expect(await open(late).append([event(['one'])])).toBeUndefined();
    expect(failures).toEqual([
      ['/chat', 'disk full'],
      ['/chat', 'no broker'],
    ]);
  });

  it('records, before the next stored event, that others are missing', async () => {
    for (const isLate of [false, true]) {
      const { open, event, log } = build();
      let isFull = false;
      const append: Log['append'] = (...args) => {
        if (!isFull) return isLate ? Promise.resolve(log.append(...args)) : log.append(...args);
        if (isLate) return Promise.reject(new Error('disk full'));
        throw new Error('disk full');
      };
      const flaky: Log = {
        append,
        read: log.read.bind(log),
        extent: log.extent.bind(log),
        readBack: log.readBack.bind(log),
        erase: log.erase.bind(log),
        retain: log.retain.bind(log),
        follow: log.follow.bind(log),
      };
      const own = open(flaky);
      const one = await own.append([event(['one'])]);
      own.skip(one?.offsets[0] ?? '', true);
      isFull = true;
      await own.append([event(['lost'], ['a'])]);
      await own.append([event(['lost, too'])]);
      isFull = false;
      const last = await own.append([event(['two'])]);
      // This shows that something is missing before it.
      expect(last).toEqual({ offsets: ['00000000003'], previous: '00000000002' });
      await own.append([event(['three'])]);
      const page = await own.read('00000000000', 10);
      expect(page.records.map((record) => [record.rooms, ...unitsOf(own.packets.encode(record))])).toEqual([
        [[], '42/chat,["one","00000000001"]'],
        [[], '42/chat,["naru:gap",{"after":"00000000001","before":null},"00000000002"]'],
        [[], '42/chat,["two","00000000003"]'],
        [[], '42/chat,["three","00000000004"]'],
      ]);
    }
  });
});
