import { expect, test, vi } from 'vitest';
import { ConfigError, UnavailableError } from '../../../src/base/errors.js';
import { RetryQueue } from '../../../src/client/socket/retry-queue.js';

type Answer = (error: unknown, ...values: unknown[]) => void;

function createQueue(retries: number) {
  const sent: { args: unknown[]; answer: Answer }[] = [];
  const link = { isUp: true };
  const queue = new RetryQueue(
    retries,
    () => link.isUp,
    (args) => sent.push({ args: args.slice(0, -1), answer: args.at(-1) as Answer }),
  );
  const names = (): unknown[] => sent.map(({ args }) => args[0]);
  return { queue, sent, link, names };
}

test('sends one event at a time, in order', () => {
  const { queue, sent, names } = createQueue(1);
  for (const name of ['a', 'b', 'c']) queue.add([name], {});
  expect(names()).toEqual(['a']);
  sent[0]?.answer(null);
  expect(names()).toEqual(['a', 'b']);
  expect(queue.length).toBe(2);
});

test('sends again after an error, and gives up after the retries with that error', () => {
  const { queue, sent, names } = createQueue(2);
  const got: unknown[] = [];
  queue.add(['a', (...args: unknown[]) => got.push(args)], {});
  for (let at = 0; at < 3; at += 1) sent[at]?.answer(`error ${at}`);
  expect(names()).toEqual(['a', 'a', 'a']);
  expect(got).toEqual([['error 2']]);
  expect(queue.length).toBe(0);
});

test('counts no try that a limit of the server has refused', () => {
  const { queue, sent } = createQueue(1);
  const got: unknown[] = [];
  queue.add(['a', (...args: unknown[]) => got.push(args)], {});
  for (let at = 0; at < 5; at += 1) sent[at]?.answer(new UnavailableError('LIMITED', 'too many events'));
  sent[5]?.answer('error');
  sent[6]?.answer(null, 'yes');
  expect([sent.length, got]).toEqual([7, [[null, 'yes']]]);
});

test('takes one answer: a late one to an earlier try is ignored', () => {
  const { queue, sent, names } = createQueue(1);
  const got: unknown[] = [];
  queue.add(['a', (...args: unknown[]) => got.push(args)], {});
  queue.add(['b'], {});
  sent[0]?.answer('timeout');
  sent[1]?.answer(null, 'yes');
  sent[0]?.answer(null, 'late');
  expect(got).toEqual([[null, 'yes']]);
  expect(names()).toEqual(['a', 'a', 'b']);
});

test('waits while there is no connection, and sends the first again on a new one', () => {
  const { queue, link, names } = createQueue(1);
  link.isUp = false;
  queue.add(['a'], {});
  expect(names()).toEqual([]);
  link.isUp = true;
  queue.drain(true);
  queue.drain();
  expect(names()).toEqual(['a']);
  queue.drain(true);
  expect(names()).toEqual(['a', 'a']);
});

test('drops an event that cannot be encoded, and does not delay later ones', () => {
  const sent: unknown[] = [];
  const queue = new RetryQueue(
    3,
    () => true,
    ([name]) => {
      if (name === 'bad') throw new ConfigError('NOT_ENCODABLE', 'it contains itself');
      sent.push(name);
    },
  );
  const ack = vi.fn();
  queue.add(['bad', ack], {});
  queue.add(['good'], {});
  expect(ack).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'NOT_ENCODABLE' }));
  expect([sent, queue.length]).toEqual([['good'], 1]);
});

test('keeps an event that cannot be sent now', () => {
  const queue = new RetryQueue(
    3,
    () => true,
    () => {
      throw new UnavailableError('DISCONNECTED', 'too many wait');
    },
  );
  expect(() => queue.add(['a'], {})).toThrow('too many wait');
  expect(queue.length).toBe(1);
});

test('gives each event a key that its tries share: 128 random bits and a rising number', () => {
  const keys: (string | undefined)[] = [];
  const answers: Answer[] = [];
  const queue = new RetryQueue(
    1,
    () => true,
    (args, { key }) => {
      keys.push(key);
      answers.push(args.at(-1) as Answer);
    },
  );
  queue.add(['a'], {});
  queue.add(['b'], {});
  answers[0]?.('timeout');
  answers[1]?.(null);
  const row = keys[0]?.slice(0, -1) ?? '';
  expect(row).toMatch(/^[\w+/]{22}==$/);
  expect(keys).toEqual([`${row}0`, `${row}0`, `${row}1`]);
});

test('works without keys on a platform without random bits', () => {
  vi.stubGlobal('crypto', undefined);
  try {
    const flags: unknown[] = [];
    const queue = new RetryQueue(
      1,
      () => true,
      (_args, each) => flags.push(each),
    );
    queue.add(['a'], {});
    expect(flags).toEqual([{}]);
  } finally {
    vi.unstubAllGlobals();
  }
});

test('sends nothing again after it was stopped', () => {
  const { queue, sent, names } = createQueue(3);
  queue.add(['a'], {});
  queue.add(['b'], {});
  queue.stop();
  sent[0]?.answer('timeout');
  queue.drain(true);
  expect([names(), queue.length]).toEqual([['a'], 0]);
});

test('sends the next event when an acknowledgement throws', () => {
  const { queue, sent, names } = createQueue(3);
  const failing = (): never => {
    throw new RangeError('of an acknowledgement');
  };
  queue.add(['a', failing], {});
  queue.add(['b'], {});
  expect(() => sent[0]?.answer(null)).toThrow('of an acknowledgement');
  expect([names(), queue.length]).toEqual([['a', 'b'], 1]);
});

test('sends an event again, before later ones, after its sending has thrown', () => {
  const sent: unknown[] = [];
  const answers: Answer[] = [];
  let isBroken = true;
  const queue = new RetryQueue(
    3,
    () => true,
    (args) => {
      if (isBroken) throw new RangeError('of a listener');
      sent.push(args[0]);
      answers.push(args.at(-1) as Answer);
    },
  );
  expect(() => queue.add(['a'], {})).toThrow('of a listener');
  isBroken = false;
  queue.add(['b'], {});
  answers[0]?.(null);
  expect(sent).toEqual(['a', 'b']);
});
