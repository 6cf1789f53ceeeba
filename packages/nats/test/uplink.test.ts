import { expect, it } from 'vitest';
import { describeNats } from '../../../test/kit/brokers/nats-server.js';
import type { Swapped } from '../../naru/src/backplane/backplane.js';
import { decodeUtf8, encodeUtf8 } from '../../naru/src/base/bytes.js';
import { UnavailableError } from '../../naru/src/base/errors.js';
import { NatsUplink } from '../src/uplink.js';

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const ORDER = { isReady: () => true, beginErasure: async () => undefined };

describeNats('an uplink to NATS', ({ parts, newApp }) => {
  it('carries what others say on a channel that it hears, in order', async () => {
    const app = newApp();
    const heard: string[] = [];
    const [mine, theirs] = [
      await parts({ onSaid: (channel, bytes) => void heard.push(`${channel} ${decodeUtf8(bytes)}`) }, { app }),
      await parts({}, { app }),
    ];
    const one = new NatsUplink(mine, {}, ORDER);
    const two = new NatsUplink(theirs, {}, ORDER);
    expect(await two.say('/a', encodeUtf8('0'))).toBe(false);
    await one.hear('/a');
    await one.hear('/a');
    for (let n = 1; n <= 20; n += 1) void two.say('/a', encodeUtf8(`${n}`));
    void two.say('/b', encodeUtf8('other'));
    await expect.poll(() => heard.length).toBe(20);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, n) => `/a ${n + 1}`));
    one.unhear('/a');
    await mine.connection.flush();
    expect(await two.say('/a', encodeUtf8('0'))).toBe(false);
    expect(heard).toHaveLength(20);
  });

  it('lets a text wait for the appends of its namespace, and one of no namespace for all appends', async () => {
    const begun: string[] = [];
    const appends: (() => void)[] = [];
    const set = async (_: unknown, namespace: string | undefined): Promise<undefined> => {
      begun.push(`set ${namespace}`);
    };
    const swap = async (_: unknown, _namespace: string | undefined, key: string): Promise<Swapped> => {
      begun.push(`swap ${key}`);
      return { swapped: true, value: undefined };
    };
    const append = (_: unknown, namespace: string): Promise<never> =>
      new Promise((_resolve, reject) => {
        begun.push(`append ${namespace}`);
        appends.push(() => reject(new UnavailableError('NOT_KEPT', 'refused')));
      });
    const uplink = new NatsUplink(await parts(), { append, set, swap }, ORDER);
    const write = { writer: 'w', number: 1, settled: 0 };
    const outcomes = Promise.allSettled([
      uplink.call({ method: 'append', args: ['/a', []], write }),
      uplink.call({ method: 'append', args: ['/a', []], write }),
      uplink.call({ method: 'set', args: ['/a', 'key', ''], write }),
      uplink.call({ method: 'set', args: [undefined, 'key', ''], write }),
      uplink.call({ method: 'set', args: ['/b', 'key', ''], write }),
      uplink.call({ method: 'swap', args: [undefined, 'answer', '', '', 1, 'after-appends'], write }),
      uplink.call({ method: 'swap', args: [undefined, 'claim', '', '', 1], write }),
    ]);
    await turn();
    expect(begun).toEqual(['append /a', 'append /a', 'set /b', 'swap claim']);
    appends[0]?.();
    await turn();
    expect(begun).toHaveLength(4);
    appends[1]?.();
    await outcomes;
    expect(begun.slice(4).sort()).toEqual(['set /a', 'set undefined', 'swap answer']);
  });

  it('lets the tables with the nodes not wait for texts and presence, which keep their order', async () => {
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const wait = async (name: string): Promise<undefined> => {
      begun.push(name);
      await new Promise<void>((resolve) => void ends.push(resolve));
    };
    const tablePut = (_: unknown, _store: string | undefined, table: string) => wait(`put ${table}`);
    const tableList = async (_: unknown, _store: string | undefined, table: string): Promise<'same'> => {
      begun.push(`list ${table}`);
      return 'same';
    };
    const set = (_: unknown, _store: string | undefined, key: string) => wait(`set ${key}`);
    const uplink = new NatsUplink(await parts(), { set, tablePut, tableList }, ORDER);
    const write = { writer: 'w', number: 1, settled: 0 };
    const outcomes = Promise.allSettled([
      uplink.call({ method: 'set', args: [undefined, 'key', ''], write }),
      uplink.call({ method: 'tablePut', args: [undefined, 'presence /a b', 'a', '', 1], write }),
      uplink.call({ method: 'tablePut', args: [undefined, 'presence', 'a', '', 1], write }),
      uplink.call({ method: 'tableList', args: [undefined, 'presence', 1], write }),
      uplink.call({ method: 'tablePut', args: [undefined, 'talk', 'a', '', 1], write }),
      uplink.call({ method: 'tableList', args: [undefined, 'nodes', 1], write }),
      uplink.call({ method: 'tablePut', args: ['/', 'mine', 'a', '', 1], write }),
      uplink.call({ method: 'tablePut', args: ['/', 'other', 'a', '', 1], write }),
    ]);
    await turn();
    expect(begun).toEqual(['set key', 'put talk', 'put mine']);
    for (let end = ends.shift(); end; end = ends.shift()) {
      end();
      await turn();
    }
    await outcomes;
    expect(begun.slice(3)).toEqual(['put presence /a b', 'list nodes', 'put other', 'put presence', 'list presence']);
  });

  it('reads few pages at a time, and none that nobody waits for any more', async () => {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const read = (_: unknown, _namespace: string, _after: string, limit: number): Promise<never> => {
      begun.push(limit - 2);
      return new Promise((_resolve, reject) => void ends.push(() => reject(new UnavailableError('REFUSED', 'ended'))));
    };
    const uplink = new NatsUplink(await parts(), { read }, ORDER);
    let isWanted = true;
    for (let n = 0; n < 12; n += 1) {
      const args: [string, string, number] = ['/', '0', 2 + n];
      uplink.call({ method: 'read', args, write: undefined, isWanted: () => isWanted }).catch(() => undefined);
    }
    await turn();
    expect(begun).toEqual([0, 1, 2, 3]);
    ends[0]?.();
    await turn();
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    isWanted = false;
    for (const end of ends) end();
    await turn();
    expect(begun).toHaveLength(5);
  });

  it('lets no text wait for the removal of old ones', async () => {
    const begun: string[] = [];
    const never = (name: string) => () => {
      begun.push(name);
      return new Promise<never>(() => undefined);
    };
    const uplink = new NatsUplink(await parts(), { trim: never('trim'), set: never('set') }, ORDER);
    const bounds = { countMax: 1, bytesMax: 1, sparedMs: 0 };
    void uplink.call({ method: 'trim', args: ['', bounds], write: undefined });
    void uplink.call({ method: 'set', args: [undefined, 'key', ''], write: { writer: 'w', number: 1, settled: 0 } });
    expect(begun).toEqual(['trim', 'set']);
  });
});
