import { expect, it } from 'vitest';
import { readMessages, removeMessages } from '../../../../src/backplane/nats/log/messages.js';
import { encodeUtf8 } from '../../../../src/base/bytes.js';
import { describeNats } from '../../../kit/brokers/nats-server.js';

describeNats('messages of a stream', ({ parts }) => {
  it.each([5, 600])('are read in order, from one sequence to another, out of %i', async (count) => {
    const { line } = await parts();
    const stream = `M${count}`;
    await line.api(`STREAM.CREATE.${stream}`, { name: stream, subjects: [`${stream}.*`], allow_direct: true });
    for (let n = 1; n <= count; n += 1) await line.store(`${stream}.${n % 2}`, encodeUtf8(`${n}`), { 'X-N': `${n}` });
    const read = async (more: object, most = Number.POSITIVE_INFINITY): Promise<[boolean, number[]]> => {
      const seen: number[] = [];
      const isEnd = await readMessages(line, { stream, subject: `${stream}.1`, from: 1, ...more }, (message) => {
        expect(message.header('X-N')).toBe(`${message.seq}`);
        return seen.push(message.seq) < most;
      });
      return [isEnd, seen];
    };
    const odd = Array.from({ length: (count + 1) >> 1 }, (_, n) => 2 * n + 1);
    for (const isBrief of [false, true]) {
      expect(await read({ isBrief })).toEqual([true, odd]);
      expect(await read({ isBrief, from: 2, before: count })).toEqual([true, odd.filter((n) => n > 2 && n < count)]);
      expect(await read({ isBrief }, 2)).toEqual([false, [1, 3]]);
      expect(await read({ isBrief, from: count + 1 })).toEqual([true, []]);
      expect(await read({ isBrief, subject: `${stream}.none` })).toEqual([true, []]);
    }
    expect(await line.api(`CONSUMER.NAMES.${stream}`)).toMatchObject({ total: 0 });
  });

  it('are removed up to a sequence, and give their room back', async () => {
    const { line } = await parts();
    await line.api('STREAM.CREATE.GONE', { name: 'GONE', subjects: ['gone.*'], allow_direct: true });
    const used = async (): Promise<number | undefined> => (await line.api<{ storage: number }>('INFO')).storage;
    const before = await used();
    for (let n = 1; n <= 200; n += 1) await line.store(`gone.${n % 2}`, new Uint8Array(1_000));
    const kept = ((await used()) ?? 0) - (before ?? 0);
    await removeMessages(line, { stream: 'GONE', subject: 'gone.1', before: 151 });
    const { state } = await line.api<{ state: object }>('STREAM.INFO.GONE', { subjects_filter: '>' });
    expect(state).toMatchObject({ messages: 125, subjects: { 'gone.0': 100, 'gone.1': 25 } });
    expect((await used()) ?? 0).toBeLessThan((before ?? 0) + 0.7 * kept);
  });
});
