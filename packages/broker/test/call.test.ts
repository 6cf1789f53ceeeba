import { describe, expect, it } from 'vitest';
import { encodeOffset } from '../../naru/src/backplane/backplane.js';
import {
  type Call,
  isAboutNodes,
  isPatient,
  letsAppendsPass,
  notKept,
  shareOut,
  tooOld,
  unansweredError,
} from '../src/call.js';
import type { HomeMethod } from '../src/home.js';

function call(method: HomeMethod, args: readonly unknown[] = [], resolve: (answer: unknown) => void = () => undefined) {
  const built: Call = { method, args, bytes: 0, madeAt: 0, sentAt: 0, number: undefined, resolve, reject: () => {} };
  return built;
}

describe('a request to a home', () => {
  it('waits for a home that cannot be used if it writes, tidies up or asks for the end of the log, and no other does', () => {
    expect((['append', 'set', 'newest', 'follow', 'trim'] as const).every(isPatient)).toBe(true);
    expect((['read', 'readBack', 'get', 'tableList', 'ping'] as const).some(isPatient)).toBe(false);
  });

  it('lets appends pass if it swaps or reads a text of no namespace', () => {
    expect(letsAppendsPass(call('swap', [undefined, 'key']))).toBe(true);
    expect(letsAppendsPass(call('get', [undefined, 'key']))).toBe(true);
    expect([call('swap', ['/', 'key']), call('set', [undefined, 'key']), call('trim')].some(letsAppendsPass)).toBe(
      false,
    );
  });

  it('is about nodes if it concerns their tables of no namespace', () => {
    const [put, list] = [call('tablePut', [undefined, 'talk', 'a']), call('tableList', [undefined, 'nodes'])];
    expect([put, list].every(isAboutNodes)).toBe(true);
    const others = [
      call('tablePut', ['/', 'talk']),
      call('tablePut', [undefined, 'presence']),
      call('get', [undefined, 'talk']),
    ];
    expect(others.some(isAboutNodes)).toBe(false);
  });

  it('fails with the reason why its home cannot be used', () => {
    const reason = new TypeError('wrong policy.');
    expect(tooOld(call('read'), reason)).toMatchObject({ code: 'REFUSED', cause: reason });
    const write = tooOld(call('append'), reason);
    expect(write).toMatchObject({ code: 'NOT_KEPT', cause: reason });
    expect(write.message).toBe('Nothing was written, because the home of the log cannot be used: wrong policy.');
    expect(tooOld(call('read'), undefined)).toMatchObject({ code: 'TIMEOUT' });
    expect(tooOld(call('append'), undefined).message).toMatch(/could not be reached for a minute\.$/);
    expect(notKept('it is full').message).toBe('Nothing was written, because it is full.');
  });

  it('is one of those that the error at the end of a node counts', () => {
    const { code, message } = unansweredError([call('append'), call('set'), call('read')]);
    expect([code, message]).toEqual(['CLOSED', expect.stringMatching(/Open requests: 3\. 2 of them are writes/)]);
  });
});

describe('appends that go together', () => {
  it('get their parts of the answer', () => {
    const answers: unknown[] = [];
    const parts = [1, 2].map((count) => call('append', ['/', Array(count)], (answer) => answers.push(answer)));
    shareOut(parts, { offsets: [4, 5, 6].map(encodeOffset), previous: encodeOffset(3) });
    expect(answers).toEqual([
      { offsets: [encodeOffset(4)], previous: encodeOffset(3) },
      { offsets: [encodeOffset(5), encodeOffset(6)], previous: encodeOffset(4) },
    ]);
  });
});
