import { expect, it } from 'vitest';
import { readArguments } from '../src/arguments.js';
import { checkShared, readWorkers } from '../src/worker-arguments.js';

it('reads a number, or one worker for each core, from the option before the variable', () => {
  expect(readWorkers(undefined, undefined)).toBeUndefined();
  expect(readWorkers(undefined, '')).toBeUndefined();
  expect([readWorkers('4', undefined), readWorkers('4', 'auto'), readWorkers(undefined, 'auto')]).toEqual([
    4,
    4,
    'auto',
  ]);
  expect(readArguments(['serve', 'app', '--workers', '2'], { NARU_WORKERS: 'auto' })).toMatchObject({ workers: 2 });
  expect(readArguments(['serve', 'app'], { NARU_WORKERS: 'auto' })).toMatchObject({ workers: 'auto' });
  expect(readArguments(['connect', 'ws://x', '--workers', '2'], {})).toMatchObject({ type: 'mistake' });
});

it.each(['', '0', '-1', '1.5', '513', '1e2', ' 4', 'all'])('refuses %j workers, and names the source', (text) => {
  expect(() => readWorkers(text, undefined)).toThrow(
    `--workers is '${text}'; it must be a number from 1 to 512, or 'auto'`,
  );
  if (text !== '') expect(() => readWorkers(undefined, text)).toThrow(`NARU_WORKERS is '${text}'`);
});

it('refuses a log that workers cannot share, and takes every endpoint', () => {
  expect(() => checkShared(undefined)).not.toThrow();
  expect(() => checkShared('memory')).toThrow('workers share a log, which cannot be in memory');
  const endpoints = ['serve', 'app', '--workers', '2', '--listen', 'udp://:4001', '--listen', 'stomp://:61613'];
  expect(readArguments(endpoints, {})).toMatchObject({ workers: 2, listen: ['udp://:4001', 'stomp://:61613'] });
  const args = ['serve', 'app', '--workers', '2', '--data', 'memory'];
  expect(readArguments(args, {})).toMatchObject({ type: 'mistake', message: expect.stringContaining('in memory') });
});

it('reads the links, with the secret from the environment alone', () => {
  const NARU_SECRET = 'what only these servers know';
  const address = 'tcp://10.0.0.5:4100';
  expect(readArguments(['serve', 'app', '--address', address], { NARU_SECRET, NARU_ADDRESS: 'x' })).toMatchObject({
    links: { address, secret: NARU_SECRET },
  });
  const NEXT = 'what they will know tomorrow';
  expect(readArguments(['serve', 'app'], { NARU_SECRET: `${NEXT}, ${NARU_SECRET}` })).toMatchObject({
    links: { secret: [NEXT, NARU_SECRET] },
  });
  expect(readArguments(['serve', 'app'], { NARU_ADDRESS: address, NARU_SECRET: '' })).toMatchObject({
    links: { address },
  });
  expect(readArguments(['serve', 'app'], { NARU_ADDRESS: '' })).toMatchObject({ links: undefined });
  expect(readArguments(['serve', 'app', '--secret', NARU_SECRET], {})).toMatchObject({ type: 'mistake' });
  expect(readArguments(['serve', 'app'], { NARU_SECRET: 'short' })).toMatchObject({
    ...{
      type: 'mistake',
      message: expect.stringMatching(/"links\.secret" must be a string of at least 16 characters/),
    },
  });
  expect(readArguments(['serve', 'app', '--address', '10.0.0.5'], {})).toMatchObject({ type: 'mistake' });
});
