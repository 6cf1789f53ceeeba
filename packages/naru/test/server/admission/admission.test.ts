import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { Admission, type IdGenerator, protocolOf } from '../../../src/server/admission/admission.js';
import type { Refusal } from '../../../src/server/admission/refusals.js';
import { type EngineOptions, readEngineOptions } from '../../../src/server/options/engine-options.js';
import type { Session } from '../../../src/session/session.js';
import { requestOf } from '../../session/request.js';

function build(options: EngineOptions = {}, sessions: [string, string][] = [], id: IdGenerator = () => 'a'): Admission {
  const table = new Map(
    sessions.map(([sid, name]) => [sid, { transport: { name }, protocol: 4 } as unknown as Session]),
  );
  return new Admission(readEngineOptions(options), table, id, (given) => given);
}

const check = (
  admission: Admission,
  query: string,
  method = 'GET',
  upgrade?: Record<string, string>,
): Refusal | undefined => {
  const request = requestOf(`/engine.io/?${query}`);
  request.method = method;
  return admission.check(request, upgrade);
};

describe('Admission.check', () => {
  it.each([
    ['EIO=4', 'GET', undefined, 0],
    ['EIO=4&transport=pigeon', 'GET', undefined, 0],
    ['EIO=4&transport=constructor', 'GET', undefined, 0],
    ['EIO=4&transport=polling&sid=x', 'GET', undefined, 1],
    ['EIO=4&transport=polling', 'POST', undefined, 2],
    ['EIO=4&transport=polling', 'OPTIONS', undefined, 2],
    ['EIO=4&transport=websocket', 'GET', undefined, 3],
    ['EIO=4&transport=polling', 'GET', {}, 3],
    ['EIO=4&transport=websocket', 'GET', { origin: 'http://\u0007' }, 3],
    ['EIO=3&transport=polling', 'GET', undefined, 5],
    ['transport=polling', 'GET', undefined, 5],
    ['EIO=4&transport=polling', 'GET', undefined, undefined],
    ['EIO=4&transport=websocket', 'GET', { origin: 'http://a' }, undefined],
  ] as const)('answers %s %s (upgrade: %j) with code %j', (query, method, upgrade, code) => {
    expect(check(build(), query, method, upgrade)?.code).toBe(code);
  });

  it('lets a session continue with its transport or an upgrade, and with no other', () => {
    const admission = build({}, [
      ['p', 'polling'],
      ['w', 'websocket'],
    ]);
    expect(check(admission, 'EIO=4&transport=polling&sid=p', 'POST')).toBeUndefined();
    expect(check(admission, 'EIO=4&transport=websocket&sid=p', 'GET', {})).toBeUndefined();
    expect(check(admission, 'EIO=4&transport=polling&sid=w')?.context).toMatchObject({ name: 'TRANSPORT_MISMATCH' });
    expect(check(admission, 'EIO=4&transport=websocket&sid=w')?.context).toEqual({ name: 'TRANSPORT_HANDSHAKE_ERROR' });
    expect(check(admission, 'EIO=4&transport=polling&sid=p', 'GET', {})?.context).toEqual({
      name: 'TRANSPORT_HANDSHAKE_ERROR',
    });
    for (const query of ['EIO=3&transport=polling&sid=p', 'transport=polling&sid=p', 'EIO=NaN&transport=polling&sid=p'])
      expect(check(admission, query, 'POST')?.context).toEqual({
        name: 'PROTOCOL_MISMATCH',
        protocol: 3,
        previousProtocol: 4,
      });
    expect(check(admission, 'EIO=3&transport=websocket&sid=p', 'GET', {})?.context).toMatchObject({
      name: 'PROTOCOL_MISMATCH',
    });
  });

  it('refuses WebTransport by a request, even if the engine offers it', () => {
    const admission = build({ transports: ['polling', 'websocket', 'webtransport'] }, [['p', 'polling']]);
    for (const query of ['EIO=4&transport=webtransport', 'EIO=4&transport=webtransport&sid=p'])
      for (const upgrade of [undefined, {}]) expect(check(admission, query, 'GET', upgrade)?.code).toBe(0);
  });

  it('admits nobody above the limit of sessions', () => {
    expect(check(build({ sessionsMax: 1 }, [['p', 'polling']]), 'EIO=4&transport=polling')).toMatchObject({
      code: 6,
      status: 503,
    });
  });
});

describe('Admission.admit', () => {
  const request = requestOf('/engine.io/?EIO=4&transport=polling');
  const outcome = (admission: Admission) =>
    new Promise<unknown>((resolve) => admission.admit(request, (refusal, given) => resolve(refusal?.context ?? given)));

  it('returns an id, at once or later', async () => {
    expect(await outcome(build({}, [], () => 'a'))).toBe('a');
    expect(await outcome(build({}, [], async () => 'b'))).toBe('b');
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('no');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('no'))],
    ['gives no text', () => 5 as unknown as string],
    ['gives nothing', async () => ''],
    ['gives the id of another', () => 'taken'],
  ])('refuses when generateId %s', async (_name, id) => {
    expect(await outcome(build({}, [['taken', 'polling']], id))).toMatchObject({ name: 'ID_GENERATION_ERROR' });
  });

  it('asks the application, takes its first answer, and counts the waiting clients', async () => {
    let answer: (message: string | null, isAllowed: boolean) => void = () => undefined;
    const admission = build({
      handshakesMax: 1,
      allowRequest: (_request, callback) => {
        answer = callback;
      },
    });
    const pending = outcome(admission);
    expect(check(admission, 'EIO=4&transport=polling')?.code).toBe(6);
    answer('not today', false);
    answer(null, true);
    expect(await pending).toEqual({ message: 'not today' });
    expect(check(admission, 'EIO=4&transport=polling')).toBeUndefined();
    const next = outcome(admission);
    answer(null, true);
    expect(await next).toBe('a');
  });

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('failed');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('failed'))],
  ])('takes it as an answer when allowRequest %s, and refuses', async (_how, allowRequest) => {
    const uncaught = catchUncaught();
    const admission = build({ handshakesMax: 1, allowRequest });
    expect(await outcome(admission)).toEqual({ message: undefined });
    await new Promise(setImmediate);
    expect(uncaught).toEqual(['failed']);
    expect(check(admission, 'EIO=4&transport=polling')).toBeUndefined();
  });

  it('does not count a client that is gone, even while the application still decides', () => {
    let answer: (message: string | null, isAllowed: boolean) => void = () => undefined;
    const admission = build({
      handshakesMax: 1,
      allowRequest: (_request, callback) => {
        answer = callback;
      },
    });
    const outcomes: unknown[] = [];
    const leaving = requestOf('/engine.io/?EIO=4&transport=polling');
    admission.admit(leaving, (...given) => outcomes.push(given));
    expect(check(admission, 'EIO=4&transport=polling')?.code).toBe(6);
    leaving.socket.emit('close', false);
    expect(check(admission, 'EIO=4&transport=polling')).toBeUndefined();
    answer(null, true);
    expect([outcomes, leaving.socket.listenerCount('close')]).toEqual([[], 0]);
    expect(check(admission, 'EIO=4&transport=polling')).toBeUndefined();
  });

  describe.each(['allowRequest', 'generateId'])('while %s takes time', (waits) => {
    function begin(sessionsMax: number) {
      const sessions = new Map<string, Session>();
      const answers: (() => void)[] = [];
      const allowRequest: EngineOptions['allowRequest'] = (_request, callback) =>
        void answers.push(() => callback(null, true));
      let count = 0;
      const next = (): string => `id ${count++}`;
      const later = () => new Promise<string>((resolve) => answers.push(() => resolve(next())));
      const isAsked = waits === 'allowRequest';
      const settings = readEngineOptions(isAsked ? { sessionsMax, allowRequest } : { sessionsMax });
      const admission = new Admission(settings, sessions, isAsked ? next : later, (given) => given);
      const outcomes: unknown[] = [];
      for (let i = 0; i < 3; i += 1)
        admission.admit(requestOf('/engine.io/?EIO=4&transport=polling'), (refusal, sid) => {
          outcomes.push(refusal?.code ?? 'open');
          if (refusal === undefined) sessions.set(sid, {} as Session);
        });
      const answer = async () => {
        for (const each of answers) each();
        await new Promise(setImmediate);
        return outcomes;
      };
      return { admission, answer };
    }

    it('opens no session above the limit', async () => {
      expect(await begin(2).answer()).toEqual(['open', 'open', 6]);
    });

    it('opens no session after the close', async () => {
      const { admission, answer } = begin(2);
      admission.close();
      expect(await answer()).toEqual([7, 7, 7]);
    });
  });
});

describe('Admission.ask', () => {
  function begin(handshakesMax: number) {
    const answers: ((message: string | null, isAllowed: boolean) => void)[] = [];
    const admission = build({ handshakesMax, allowRequest: (_request, callback) => void answers.push(callback) });
    const outcomes: unknown[] = [];
    const ask = (carrier?: EventEmitter): void =>
      admission.ask(requestOf('/events/a'), carrier, (refusal) => outcomes.push(refusal?.code ?? 'allowed'));
    return { admission, answers, outcomes, ask };
  }

  it('asks as many questions at once as handshakes may wait, together with those of the engine', () => {
    const { admission, answers, outcomes, ask } = begin(2);
    ask();
    admission.admit(requestOf('/engine.io/?EIO=4&transport=polling'), (refusal) => outcomes.push(refusal?.code));
    ask();
    expect([answers.length, outcomes]).toEqual([2, [6]]);
    admission.admit(requestOf('/engine.io/?EIO=4&transport=polling'), (refusal) => outcomes.push(refusal?.code));
    expect([answers.length, outcomes]).toEqual([2, [6, 6]]);
    answers[0]?.(null, true);
    answers[0]?.(null, true);
    answers[1]?.('no', false);
    expect(outcomes).toEqual([6, 6, 'allowed', 4]);
    ask();
    ask();
    ask();
    expect([answers.length, outcomes.at(-1)]).toEqual([4, 6]);
  });

  it('counts a request until its carrier closes, and passes on no answer after that', () => {
    const { answers, outcomes, ask } = begin(1);
    const carrier = new EventEmitter();
    ask(carrier);
    carrier.emit('close');
    answers[0]?.(null, true);
    ask(carrier);
    expect([answers.length, outcomes, carrier.listenerCount('close')]).toEqual([2, [], 1]);
    answers[1]?.(null, true);
    expect([outcomes, carrier.listenerCount('close')]).toEqual([['allowed'], 0]);
  });

  it('allows everything at once without the option', () => {
    const outcomes: unknown[] = [];
    build({ handshakesMax: 1 }).ask(requestOf('/events/a'), undefined, (refusal) => outcomes.push(refusal));
    expect(outcomes).toEqual([undefined]);
  });
});

describe('protocolOf', () => {
  it.each([
    ['EIO=4', 4],
    ['EIO=3', 3],
    ['', 3],
    ['EIO=5', 3],
  ])('of %j is %i', (query, protocol) => {
    expect(protocolOf(requestOf(`/?${query}`))).toBe(protocol);
  });
});

it('takes its part of the sessions where several engines share the bound', () => {
  const three: [string, string][] = ['a', 'b', 'c'].map((sid) => [sid, 'polling']);
  const shared = (sessionsMax: number, count: number): boolean => {
    const admission = build({ sessionsMax }, three);
    admission.share(count);
    return admission.hasRoom;
  };
  expect([shared(16, 4), shared(15, 4), shared(6, 2), shared(8, 2)]).toEqual([true, false, false, true]);
  const alone = build({ sessionsMax: 1 });
  alone.share(8);
  expect(alone.hasRoom).toBe(true);
});
