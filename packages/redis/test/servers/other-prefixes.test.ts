import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { redis } from '../../src/redis.js';
import { startRedis, whyNoRedis } from '../servers-and-uplinks.js';

describe.skipIf(whyNoRedis)('a prefix that no other server uses', () => {
  it('is told at the start while servers use another one, and never otherwise', async () => {
    const { url } = await startRedis();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const lonely = () =>
      warn.mock.calls.filter(([, options]) => JSON.stringify(options).includes('NARU_LONELY_PREFIX'));
    const open = async (prefix: string) => {
      const backplane = redis(url, { prefix });
      onTestFinished(() => backplane.close());
      await backplane.ready();
      const member = backplane.talk.join({ onMessage: () => undefined, onQuestion: () => undefined });
      // Its channels are heard once it knows the others.
      await member.whenKnown?.(5_000);
      return backplane;
    };
    await open('chat');
    await open('chat');
    expect(lonely()).toEqual([]);
    await open('chta');
    await expect.poll(lonely).toHaveLength(1);
    expect(String(lonely()[0]?.[0])).toMatch(
      /^No other server uses the prefix "chta" on this Redis, and servers use "chat"\./,
    );
    await open('chta');
    expect(lonely()).toHaveLength(1);
  });
});
