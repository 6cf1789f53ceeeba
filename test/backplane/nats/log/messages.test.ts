import { expect, it } from 'vitest';
import { readMessages } from '../../../../src/backplane/nats/log/messages.js';
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
});
