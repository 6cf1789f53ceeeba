import { describe, expect, it } from 'vitest';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { systemClock } from '../../../src/base/clock.js';
import { readLinkAddress } from '../../../src/server/options/links-options.js';
import { readServerOptions } from '../../../src/server/options/options.js';

const secret = 'what only these servers know';

describe('the options of links', () => {
  it('are absent by default', () => {
    expect(readServerOptions({}).links).toEqual({});
  });

  it.each(['tcp://0.0.0.0:4100', 'tcp://:4100', 'tcp://10.0.0.5', '10.0.0.5:4100', 'tcp://10.0.0.5:0'])(
    'refuse the address %s, which no other machine can reach',
    (address) =>
      expect(() => readServerOptions({ links: { address, secret } })).toThrow(
        `Option "links.address" must be an address that the other machines reach, such as "tcp://10.0.0.5:4100", got "${address}".`,
      ),
  );

  it('never show a secret that is too short', () => {
    expect(() => readServerOptions({ links: { secret: 'too short' } })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('too short') }),
    );
  });

  it.each([
    ['no secret', []],
    ['more than four', Array(5).fill(secret)],
    ['one that is too short', [secret, 'too short']],
    ['something else', [secret, 16]],
  ])('refuse a list with %s', (_, list) => {
    expect(() => readServerOptions({ links: { secret: list } })).toThrow(
      'Option "links.secret" must be a string of at least 16 characters, or a list of 1 to 4 of them, got a value of type object.',
    );
  });

  it('need a secret for an address, and a log that servers share', () => {
    const address = 'tcp://10.0.0.5:4100';
    expect(() => readServerOptions({ links: { address } })).toThrow('Option "links.address" needs "links.secret"');
    const alone = memoryBackplane(systemClock, { ageMs: 1, bytes: 1 });
    for (const backplane of [undefined, alone])
      expect(() => readServerOptions({ links: { secret }, ...(backplane && { backplane }) })).toThrow(
        'Option "links" needs a log that the servers share',
      );
  });
});

it.each(['', 'tcp://', 'tcp://10.0.0.1', 'tcp://:4100', 'tcp://0.0.0.0:4100', 'tcp://[::]:4100', 'tcp://a:0', 7, null])(
  'takes %j for no address that another machine can reach',
  (text) => expect(readLinkAddress(text)).toBeUndefined(),
);
