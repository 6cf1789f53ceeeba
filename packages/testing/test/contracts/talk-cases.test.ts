import { describe, expect, it } from 'vitest';
import type { Talk } from '../../../naru/src/backplane/talk/talk.js';
import { brokenBy } from './broken-by.js';

describe('the contract between processes', () => {
  it('notices talk that repeats a message, or forgets who is missing', async () => {
    const cases = [
      'tells every other node each message once, in order',
      'names a node that leaves while it is asked, at once',
    ];
    const broken = await brokenBy((backplane) => {
      const { talk } = backplane;
      const join: Talk['join'] = (handler) => {
        const member = (talk as Talk).join(handler);
        return Object.assign(Object.create(member), {
          publish: (...args: Parameters<typeof member.publish>) => {
            member.publish(...args);
            member.publish(...args);
          },
          ask: async (...args: Parameters<typeof member.ask>) => ({ ...(await member.ask(...args)), missing: [] }),
        });
      };
      return { ...backplane, talk: { join } };
    });
    expect(broken).toEqual(expect.arrayContaining(cases));
  });
});
