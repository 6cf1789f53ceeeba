import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import {
  PermissionQuestions,
  REQUEST_BYTES_PER_CLIENT_MAX,
  REQUESTS_PER_CLIENT_MAX,
} from '../../../src/namespace/permissions/permission-questions.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function build() {
  const questions = new PermissionQuestions<object>();
  const done: unknown[] = [];
  const client = {};
  const ask = (question: () => unknown, by: object = client): void =>
    questions.ask(
      by,
      question,
      (verdict) => done.push(verdict),
      () => done.push('failed'),
    );
  /** A question that the test answers. */
  const askLater = (by?: object) => {
    let answer: (verdict: unknown) => void = () => undefined;
    let fail: (error: Error) => void = () => undefined;
    ask(() => new Promise((resolve, reject) => ([answer, fail] = [resolve, reject])), by);
    return { answer: (verdict: unknown) => answer(verdict), fail: (error: Error) => fail(error) };
  };
  return { questions, done, client, ask, askLater };
}

describe('PermissionQuestions', () => {
  it('decides at once if the application does, and nobody waits', () => {
    const { questions, done, client, ask } = build();
    ask(() => 1);
    questions.queue(client, () => done.push(2));
    ask(() => 3);
    expect(done).toEqual([1, 2, 3]);
  });

  it('asks questions at once, and applies their answers in the order of the questions', async () => {
    const { questions, done, client, ask, askLater } = build();
    const [first, second] = [askLater(), askLater()];
    let isAsked = false;
    ask(() => {
      isAsked = true;
      return 'third';
    });
    questions.queue(client, () => done.push('fourth'));
    expect(isAsked).toBe(true);
    second.answer('second');
    await settled();
    expect(done).toEqual([]);
    first.answer('first');
    await settled();
    expect(done).toEqual(['first', 'second', 'third', 'fourth']);
    ask(() => 'fifth');
    expect(done.at(-1)).toBe('fifth');
  });

  it('does not make a client wait for another', async () => {
    const { done, ask, askLater } = build();
    const { answer } = askLater();
    ask(() => 'other', {});
    expect(done).toEqual(['other']);
    answer('mine');
    await settled();
    expect(done).toEqual(['other', 'mine']);
  });

  it('continues after a question that fails, or an effect that throws', async () => {
    const uncaught = catchUncaught();
    const { questions, done, client, ask, askLater } = build();
    const { fail } = askLater();
    ask(() => {
      throw new Error('no idea');
    });
    questions.queue(client, () => {
      throw new Error('no effect');
    });
    questions.queue(client, () => done.push('last'));
    fail(new Error('no database'));
    await settled();
    expect(done).toEqual(['failed', 'failed', 'last']);
    expect(uncaught.sort()).toEqual(['no database', 'no effect', 'no idea']);
  });

  it('lets an effect ask more, which follows all earlier questions', async () => {
    const { questions, done, client, askLater } = build();
    const { answer } = askLater();
    questions.queue(client, () => questions.queue(client, () => done.push('more')));
    questions.queue(client, () => done.push('before'));
    answer('first');
    await settled();
    expect(done).toEqual(['first', 'before', 'more']);
  });

  it('applies the consequences of the last question at once', async () => {
    const { questions, done, client, askLater } = build();
    const { answer } = askLater();
    questions.queue(client, () => {
      questions.queue(client, () => done.push('at once'));
      done.push('last');
    });
    answer('first');
    await settled();
    expect(done).toEqual(['first', 'at once', 'last']);
  });

  it('keeps nothing of an endless queue', async () => {
    const { done, askLater } = build();
    let open = askLater();
    for (let count = 0; count < 2 * REQUESTS_PER_CLIENT_MAX; count += 1) {
      const next = askLater();
      open.answer(count);
      open = next;
      if (count % 1000 === 0) await settled();
    }
    await settled();
    expect(done).toEqual(Array.from({ length: 2 * REQUESTS_PER_CLIENT_MAX }, (_, count) => count));
  });

  it('is full for a client that waits for too much, and for no other', async () => {
    const { questions, done, client, askLater } = build();
    const asked = Array.from({ length: REQUESTS_PER_CLIENT_MAX }, () => askLater());
    expect([questions.isFull(client), questions.isFull({})]).toEqual([true, false]);
    for (const { answer } of asked) answer('done');
    await settled();
    expect(done).toHaveLength(REQUESTS_PER_CLIENT_MAX);
    expect(questions.isFull(client)).toBe(false);
  });

  it('is full for a client whose requests take too much memory, until they are done', async () => {
    const { questions, done, client, ask, askLater } = build();
    const held = 'x'.repeat(REQUEST_BYTES_PER_CLIENT_MAX / 4);
    const { answer } = askLater();
    questions.queue(client, () => done.push('queued'), held);
    expect(questions.isFull(client)).toBe(false);
    questions.ask(
      client,
      () => 'decided',
      (verdict) => done.push(verdict),
      () => done.push('failed'),
      held,
    );
    expect([questions.isFull(client), questions.isFull({})]).toEqual([true, false]);
    answer('first');
    await settled();
    expect(done).toEqual(['first', 'queued', 'decided']);
    expect(questions.isFull(client)).toBe(false);
    ask(() => 'at once');
    expect(done.at(-1)).toBe('at once');
  });

  it('is full for everybody when all of them together wait for too much', async () => {
    const { questions, askLater } = build();
    const clients = Array.from({ length: 10 }, () => ({}));
    const asked = clients.flatMap((by) => Array.from({ length: REQUESTS_PER_CLIENT_MAX }, () => askLater(by)));
    expect(questions.isFull({})).toBe(true);
    for (const { answer } of asked) answer('done');
    await settled();
    expect(questions.isFull({})).toBe(false);
  });
});
