import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/kit/fast-check.js';
import { UnavailableError } from '../../../naru/src/base/errors.js';
import { type Cut, Inbox } from '../../src/datagram/inbox.js';
import { failure } from '../pair.js';

const half: Cut<string> = (item) => ({ taken: item.slice(0, 1), rest: item.length > 1 ? item.slice(1) : undefined });
const lost = new UnavailableError('DISCONNECTED', 'lost');

describe('an inbox', () => {
  it('gives items to waiting callers and to later ones, in order', async () => {
    const inbox = new Inbox<string>();
    const early = [inbox.take('take'), inbox.take('take')];
    expect(inbox.waiterCount).toBe(2);
    for (const item of 'abc') inbox.put(item);
    expect([inbox.count, inbox.waiterCount]).toEqual([1, 0]);
    expect([...(await Promise.all(early)), await inbox.take('take')]).toEqual(['a', 'b', 'c']);
  });

  it('cuts items, and gives the rest to the next caller', async () => {
    const inbox = new Inbox<string>();
    const early = [inbox.take('take', undefined, half), inbox.take('take', undefined, half)];
    inbox.put('abcd');
    inbox.put('e');
    expect(await Promise.all(early)).toEqual(['a', 'b']);
    expect(inbox.count).toBe(2);
    expect([await inbox.take('take', undefined, half), await inbox.take('take'), await inbox.take('take')]).toEqual([
      'c',
      'd',
      'e',
    ]);
  });

  it('does not keep a caller waiting that passed an invalid signal', async () => {
    const inbox = new Inbox<string>();
    const odd = {} as AbortSignal;
    await expect(inbox.take('take', odd)).rejects.toThrow(TypeError);
    expect(inbox.waiterCount).toBe(0);
    inbox.put('a');
    expect(await inbox.take('take')).toBe('a');
    inbox.end(lost);
  });

  it('loses nothing on abort, and rejects with the reason', async () => {
    const inbox = new Inbox<string>();
    const controller = new AbortController();
    const given = failure(inbox.take('waiting for it', controller.signal));
    const kept = inbox.take('take');
    controller.abort('enough');
    inbox.put('a');
    expect(await given).toMatchObject({ code: 'ABORTED', message: 'waiting for it: aborted', cause: 'enough' });
    expect(await kept).toBe('a');
    inbox.put('b');
    expect((await failure(inbox.take('take', controller.signal))).code).toBe('ABORTED');
    expect(await inbox.take('take', new AbortController().signal)).toBe('b');
  });

  it('ends or fails after the earlier items', async () => {
    for (const isFailure of [false, true]) {
      const inbox = new Inbox<string>();
      inbox.put('a');
      if (isFailure) inbox.end(lost);
      else inbox.end();
      inbox.put('too late');
      inbox.end();
      expect(inbox.isOver).toBe(true);
      expect(await inbox.take('take')).toBe('a');
      for (let again = 0; again < 2; again += 1) {
        if (isFailure) expect(await failure(inbox.take('take'))).toBe(lost);
        else expect(await inbox.take('take')).toBeNull();
      }
    }
  });

  it('tells waiting callers of the end, or of the failure', async () => {
    const ended = new Inbox<string>();
    const ends = [ended.take('take'), ended.take('take')];
    ended.end();
    expect(await Promise.all(ends)).toEqual([null, null]);
    const failed = new Inbox<string>();
    const fails = [failure(failed.take('take')), failure(failed.take('take'))];
    failed.end(lost);
    expect(await Promise.all(fails)).toEqual([lost, lost]);
  });

  it('reports a failure once, to the first or the next caller, and goes on', async () => {
    const inbox = new Inbox<string>();
    const first = failure(inbox.take('take'));
    const second = inbox.take('take');
    inbox.trouble(lost);
    inbox.put('a');
    expect([await first, await second]).toEqual([lost, 'a']);
    inbox.trouble(lost);
    inbox.put('b');
    expect(await inbox.take('take')).toBe('b');
    expect(await failure(inbox.take('take'))).toBe(lost);
    inbox.put('c');
    expect(await inbox.take('take')).toBe('c');
  });

  it('returns the remaining items when it is abandoned', async () => {
    const inbox = new Inbox<string>();
    for (const item of ['ab', 'c']) inbox.put(item);
    await inbox.take('take', undefined, half);
    inbox.end();
    expect(inbox.abandon(lost)).toEqual(['b', 'c']);
    expect([inbox.count, await failure(inbox.take('take'))]).toEqual([0, lost]);
  });

  it('loses, doubles and swaps nothing, in any order of events', async () => {
    const step = fc.constantFrom('put', 'take', 'cut', 'give up');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const inbox = new Inbox<string>();
        const takes: Promise<string | null>[] = [];
        const waiting: AbortController[] = [];
        let put = '';
        for (const [index, name] of steps.entries()) {
          if (name === 'put') {
            const item = String(index).padStart(2, '0');
            put += item;
            inbox.put(item);
          } else if (name === 'give up') waiting.shift()?.abort();
          else {
            const controller = new AbortController();
            if (inbox.count === 0) waiting.push(controller);
            takes.push(inbox.take('take', controller.signal, name === 'cut' ? half : undefined).catch(() => ''));
          }
          expect(inbox.count === 0 || inbox.waiterCount === 0).toBe(true);
        }
        inbox.end();
        const got = (await Promise.all(takes)).join('');
        let rest = '';
        for (let item = await inbox.take('take'); item !== null; item = await inbox.take('take')) rest += item;
        expect(got + rest).toBe(put);
      }),
      { numRuns: 300 },
    );
  });
});
