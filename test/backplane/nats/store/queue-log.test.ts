import { describe, expect, it } from 'vitest';
import { type QueueAction, QueueFold } from '../../../../src/backplane/nats/store/queue-fold.js';
import { decodeCommand, encodeCommand, QueueLog } from '../../../../src/backplane/nats/store/queue-log.js';
import { decodeUtf8, encodeUtf8 } from '../../../../src/base/bytes.js';
import { missing, serve } from './served.js';

const BOUNDS = { countMax: 1_000_000, bytesMax: 1e9, queuesMax: 9, totalBytesMax: 1e9 };
const nothing = (): void => undefined;

const commandOf = (number: number, action: QueueAction) =>
  ({ v: 1, at: number, writer: 'w', number, settled: number - 1, action }) as const;

describe('a command of the queues', () => {
  it('is read as it was written, wherever its bytes are', () => {
    const command = commandOf(3, { op: 'put', puts: [['é', [1, 0, 2]]], bounds: BOUNDS });
    const bytes = encodeCommand(command, ['a', '', 'bc'].map(encodeUtf8));
    const shifted = new Uint8Array(bytes.byteLength + 3);
    shifted.set(bytes, 3);
    const read = decodeCommand(7, shifted.subarray(3));
    expect([read.sequence, read.command, decodeUtf8(read.bodies)]).toEqual([7, command, 'abc']);
  });

  it('is refused if a later version wrote it', () => {
    const later = { ...commandOf(3, { op: 'mark' }), v: 2 };
    expect(() => decodeCommand(1, encodeCommand(later, []))).toThrow(expect.objectContaining({ code: 'REFUSED' }));
  });
});

describe.skipIf(missing !== undefined)('the log of queues in NATS', () => {
  const server = serve();

  async function filled(messages: number) {
    const log = new QueueLog(await server.stream({ max_msgs_per_subject: -1 }));
    const fold = new QueueFold();
    const run = async (number: number, action: QueueAction, bodies = [new Uint8Array(0)]): Promise<number> => {
      const command = commandOf(number, action);
      const { seq = 0 } = (await log.stream.publish(log.subject, encodeCommand(command, bodies), {})) ?? {};
      fold.apply(seq, command, nothing);
      return seq;
    };
    const sizes = Array.from({ length: messages }, () => 1);
    await run(1, { op: 'put', puts: [['a', sizes]], bounds: BOUNDS }, [new Uint8Array(messages)]);
    await run(2, { op: 'put', puts: [['b', [1]]], bounds: BOUNDS }, [new Uint8Array(1)]);
    return { log, fold, run };
  }

  it('lets a node begin with the state, which replaces the commands but for the bodies of messages', async () => {
    const { log, fold, run } = await filled(3);
    for (let number = 3; number < 20; number += 1) await run(number, { op: 'renew', queue: 'a', ids: [], leaseMs: 1 });
    await run(20, { op: 'take', queue: 'b', count: 1, leaseMs: 1 });
    await run(21, { op: 'finish', queue: 'b', ids: ['4.1'] });
    const last = await run(22, { op: 'put', puts: [['a', [1]]], bounds: BOUNDS });
    expect(await log.save(fold, last)).toBe(true);
    const { fold: loaded, sequence } = await log.load();
    expect([loaded.encode(), sequence]).toEqual([fold.encode(), last]);
    const left: number[] = [];
    await log.stream.scan(log.subject, 1, ({ seq }) => left.push(seq));
    expect(left).toEqual([...fold.bodies]);
    expect(left).toEqual([1, last]);
  });

  it('stores a state that is longer than a message', async () => {
    const { log, fold } = await filled(60_000);
    expect(fold.encode().length).toBeGreaterThan(log.stream.bytesMax);
    expect(await log.save(fold, 2)).toBe(true);
    expect((await log.load()).fold.encode()).toBe(fold.encode());
  });

  it('tells a node that is behind the state that commands may be gone', async () => {
    const { log, fold, run } = await filled(1);
    const last = await run(3, { op: 'finish', queue: 'a', ids: [] });
    expect((await log.read(0))?.map(({ sequence }) => sequence)).toEqual([1, 2, last]);
    await log.save(fold, last);
    expect(await log.read(last - 1)).toBeUndefined();
    expect(await log.read(last)).toEqual([]);
  });

  it('keeps the newest command, so that the next one shows a gap to a node that has missed it', async () => {
    const { log, fold, run } = await filled(1);
    const last = await run(3, { op: 'finish', queue: 'a', ids: [] });
    await log.save(fold, last);
    expect((await log.stream.last(log.subject))?.seq).toBe(last);
  });

  it('takes the newest state of several nodes', async () => {
    const { log, fold, run } = await filled(1);
    const older = QueueFold.decode(fold.encode()) ?? fold;
    const last = await run(3, { op: 'finish', queue: 'a', ids: [] });
    expect(await log.save(fold, last)).toBe(true);
    expect(await log.save(older, 2)).toBe(false);
    expect((await log.load()).sequence).toBe(last);
  });
});
