import { describe, expect, it, vi } from 'vitest';
import { FakeClock, SeededRandom } from '../../../../testing/src/index.js';
import { encodeOffset } from '../../../src/backplane/backplane.js';
import { TOLD_ROOM } from '../../../src/backplane/own-records.js';
import { carryOut } from '../../../src/base/steps/answer.js';
import { ORDER_WAIT_MS } from '../../../src/namespace/log/fences.js';
import { homeOf } from '../../../src/namespace/log/log-home.js';
import { RECOVERY_WAIT_MS } from '../../../src/namespace/recovery/kept-session.js';
import { SessionSearch } from '../../../src/namespace/recovery/session-search.js';
import { SessionWriter } from '../../../src/namespace/recovery/session-writer.js';
import type { Restored } from '../../../src/namespace/recovery/written-session.js';
import { Outbox } from '../../../src/session/outbox.js';
import { recoveryFailed } from '../../../src/taps/taps.js';
import { hear } from '../../taps/hear.js';
import { connectionOf } from './asking.js';
import { build, durable, now } from './built-recovery.js';

/**
 * A search of one process, and the session `p` of another one. The client has the first event, and the rooms are those
 * after the second.
 */
function search(text: object = {}, isRemote = false) {
  const clock = new FakeClock();
  const backplane = durable(clock);
  const { store } = backplane;
  const { log, append } = build({}, backplane, clock);
  Object.defineProperty(log, 'home', { value: homeOf({ isRemote }) });
  const [first, second] = [append('["a"]'), append('["b"]')] as [string, string];
  const session = { id: 'a', startedAfter: first, rooms: ['a'], owner: 'other', roomsAt: second, ...text };
  store.set('session / p', JSON.stringify(session));
  const fail = (error: unknown): never => {
    throw error;
  };
  const out: string[] = [];
  const sessions = new Map();
  const context = {
    ...{ name: '/', log, store, sessions, owner: 'me', keptMs: 1_000 },
    ...{ outbox: new Outbox(clock), random: new SeededRandom(1) },
    onLost: fail,
    onPutOut: (pid: string) => out.push(pid),
  };
  const found = new SessionSearch(context, new SessionWriter(context));
  const call = (...action: unknown[]): string => {
    return append(JSON.stringify(['act', 'n', [['a'], [], true], ...action]), [TOLD_ROOM], [TOLD_ROOM]);
  };
  const restore = (): Restored | undefined => now(found.restore('p', first));
  return { found, out, log, store, first, append, call, restore, clock };
}

describe('SessionSearch', () => {
  it('tells why it does not give a session, and nothing of one that it gives', () => {
    const { found, restore } = search();
    const heard = hear(recoveryFailed);
    restore();
    expect(heard).toEqual([]);
    now(found.restore('nobody', encodeOffset(1)));
    now(found.restore('p', 'of another log'));
    expect(heard.map(([, facts]) => facts)).toEqual([
      { namespace: '/', reason: 'unknown', after: encodeOffset(1) },
      { namespace: '/', reason: 'gap', after: undefined },
    ]);
  });

  it('finds a session of another process with the rooms that later calls gave it', () => {
    const { call, restore } = search();
    const at = call('join', ['r']);
    const { state } = restore() ?? {};
    expect([[...(state?.rooms ?? [])], state?.moves]).toEqual([['a', 'r'], [{ after: at, room: 'r', isIn: true }]]);
  });

  it('writes the rooms that later calls gave a session before its client has them, on a remote home', () => {
    const { call, restore, store } = search({}, true);
    const at = call('join', ['r']);
    expect(restore()?.state?.rooms).toEqual(['a', 'r']);
    // The client may have thousands of events after this, and the server end before it writes again.
    const { rooms, roomsAt } = JSON.parse(now(store.get('session / p')) ?? '{}');
    expect([rooms, roomsAt]).toEqual([['a', 'r'], at]);
  });

  it('brings a session up to date that it has found before', () => {
    const { found, call, restore } = search();
    call('join', ['r']);
    const { state } = restore() ?? {};
    call('join', ['s']);
    const renewed = state && now(carryOut(found.renew(state)));
    expect([...(renewed?.state?.rooms ?? [])]).toEqual(['a', 'r', 's']);
  });

  it('brings a session up to date although the log has dropped what this process still holds', () => {
    const { found, first, restore, log } = search();
    const { state } = restore() ?? {};
    vi.spyOn(log, 'read').mockReturnValue({ records: [], hasGap: true });
    const renewed = state && now(carryOut(found.renew({ ...state, roomsAt: undefined })));
    expect([state?.after, renewed?.state?.after]).toEqual([first, first]);
  });

  it('gives a gap for a session whose client was disconnected by a later call', () => {
    const { out, first, call, restore } = search();
    call('disconnect', true);
    expect([restore(), out]).toEqual([{ gap: { after: first, before: undefined } }, ['p']]);
  });

  it('gives a gap for a session if the log loses the changes of its rooms while they are looked up', () => {
    const { append, out, log, first, call, restore } = search({ roomsAt: encodeOffset(0) });
    call('join', ['r']);
    const { pages } = log;
    const read = pages.read.bind(pages);
    vi.spyOn(pages, 'read').mockImplementationOnce((...args) => {
      const page = now(read(...args));
      for (let count = 0; count < 40; count += 1) append('["b"]');
      return page;
    });
    expect([restore(), out]).toEqual([{ gap: { after: first, before: undefined } }, []]);
  });

  it('waits three seconds for a session that another server has announced, and no longer once the client has gone', async () => {
    const connection = connectionOf('open');
    const ends: [string, (test: ReturnType<typeof search>) => unknown][] = [
      ['three seconds pass', ({ clock }) => clock.advance(200)],
      ['the client goes', ({ clock }) => Object.assign(connection, { readyState: 'closed' }) && clock.advance(100)],
    ];
    for (const [what, end] of ends) {
      const test = search({ isAnnounced: true }, true);
      const answers: unknown[] = [];
      const outcome = Promise.resolve(test.found.restore('p', test.first, connection));
      void outcome.then((restored) => answers.push(restored));
      await test.clock.advance(2_900);
      expect([what, answers]).toEqual([what, []]);
      await end(test);
      await outcome;
      expect([what, answers]).toEqual([what, [{ gap: { after: test.first, before: undefined } }]]);
    }
  });

  it('waits no longer for an announced session on a busy home, which answers late', async () => {
    const { found, store, first, clock } = search({ isAnnounced: true }, true);
    const text = now(store.get('session / p'));
    let looks = 0;
    vi.spyOn(store, 'get').mockImplementation(() => {
      looks += 1;
      return new Promise((resolve) => clock.setTimeout(resolve, 400, text));
    });
    const outcome = found.restore('p', first, connectionOf('open'));
    // The first look ends after 400 ms. Six more begin within three seconds after that, and each takes 500 ms.
    await clock.advance(3_400);
    expect([await outcome, looks]).toEqual([{ gap: { after: first, before: undefined } }, 7]);
  });

  it('does not wait for an announced session if its client is gone', () => {
    const remote = search({ isAnnounced: true }, true);
    const gap = { gap: { after: remote.first, before: undefined } };
    expect(now(remote.found.restore('p', remote.first, connectionOf('closed')))).toEqual(gap);
  });

  it('reports a log that fails, and asks it once more, only for a client that is still there', async () => {
    for (const [readyState, tries] of [
      ['open', 2],
      ['closed', 1],
    ] as const) {
      const { found, first, log, clock } = search();
      const read = vi.spyOn(log.pages, 'read').mockImplementation(() => {
        throw new Error('the home is away');
      });
      const report = vi.spyOn(log, 'report').mockReturnValue(undefined);
      const failed = (async () => found.restore('p', first, connectionOf(readyState)))().catch(
        ({ message }) => message,
      );
      await clock.advance(10_000);
      expect([await failed, read.mock.calls.length, report.mock.calls.length]).toEqual([
        'the home is away',
        tries,
        readyState === 'open' ? 2 : 0,
      ]);
    }
  });

  it.each([
    [1, []],
    [2, ['unavailable']],
  ])('tells of a log that has failed %i times: %j', async (failures, told) => {
    const { found, first, log, clock } = search();
    const heard = hear(recoveryFailed);
    vi.spyOn(log, 'report').mockReturnValue(undefined);
    const read = vi.spyOn(log.pages, 'read');
    for (let count = 0; count < failures; count += 1)
      read.mockImplementationOnce(() => {
        throw new Error('the home is away');
      });
    const outcome = (async () => found.restore('p', first))().catch(() => 'failed');
    await clock.advance(10_000);
    expect(await outcome).toEqual(failures === 2 ? 'failed' : expect.objectContaining({ state: expect.anything() }));
    expect(heard.map(([, facts]) => (facts as { reason: string }).reason)).toEqual(told);
  });

  it('applies later calls after an end only if the client has newer events', () => {
    for (const [endedAt, rooms] of [
      ['00000000001', ['a']],
      ['00000000000', ['a', 'r']],
    ] as const) {
      const { call, restore } = search({ endedAt });
      call('join', ['r']);
      expect([...(restore()?.state?.rooms ?? [])]).toEqual(rooms);
    }
  });

  it('delivers what the server of a session had delivered before it goes on with that session', () => {
    const { log, call, restore } = search({ roomsAt: '00000000003' });
    const refreshes: (() => void)[] = [() => undefined, () => call('join', ['r'])];
    Object.defineProperty(log, 'refresh', { value: () => refreshes.shift()?.() });
    const { state } = restore() ?? {};
    expect([state?.roomsAt, refreshes.length, log.offset]).toEqual(['00000000003', 0, '00000000003']);
  });

  it('gives a session that it has found the changes since then, or none if it may lack some', () => {
    const { found, log, restore } = search();
    const { state } = restore() ?? {};
    if (!state) throw new TypeError('nothing was restored');
    const target = { rooms: new Set(['a']), except: new Set<string>(), flags: {} };
    found.changes.add({ offset: '00000000003', target, action: ['join', ['r']] });
    log.skip('00000000003', true);
    expect([...(found.latest(state)?.rooms ?? [])]).toEqual(['a', 'r']);
    log.skip('00000000004');
    expect(found.latest(state)).toBeUndefined();
  });
});

describe('the connections that ask for a session', () => {
  const OUTDATED = 'the client has another connection';

  it('do not get it while a later one waits for it', async () => {
    const { found, store, first } = search();
    const text = store.get('session / p');
    const answers: (() => void)[] = [];
    vi.spyOn(store, 'get').mockImplementation(() => new Promise((resolve) => answers.push(() => resolve(text))));
    const [oldest, older, newest] = [1, 2, 3].map(() => Promise.resolve(found.restore('p', first)));
    for (const [at, ask] of [oldest, older].entries()) {
      answers[at]?.();
      await expect(ask).rejects.toThrow(OUTDATED);
    }
    answers[2]?.();
    expect((await newest)?.state?.id).toBe('a');
  });

  it('count as there for a second if they are open, and never if they are closed', () => {
    for (const [state, connection] of [
      ['open', connectionOf('open')],
      ['unknown', undefined],
    ] as const) {
      const { found, first } = search({}, true);
      expect([state, now(found.restore('p', first, connection))?.state?.id]).toEqual([state, 'a']);
    }
    const { found, first } = search({}, true);
    expect(() => found.restore('p', first, connectionOf('closed'))).toThrow(OUTDATED);
  });

  const answers = ['answer', 'close', 'wait'] as const;
  it.each(
    ['after a long wait', 'when another process has taken it'].flatMap((when) => answers.map((how) => [when, how])),
  )('have to show that they are there %s: %s', async (when, how) => {
    const { found, store, first, clock } = search({}, true);
    const connection = connectionOf('open');
    const text = store.get('session / p');
    if (when === 'after a long wait')
      vi.spyOn(store, 'get').mockImplementation(
        () => new Promise((resolve) => clock.setTimeout(() => resolve(text), ORDER_WAIT_MS, undefined)),
      );
    else vi.spyOn(store, 'swap').mockReturnValueOnce({ swapped: false, value: undefined });
    const outcome = Promise.resolve(found.restore('p', first, connection)).then(
      (restored) => restored?.state?.id,
      (error) => error.message,
    );
    const outcomes: unknown[] = [];
    void outcome.then((each) => outcomes.push(each));
    await clock.advance(ORDER_WAIT_MS);
    expect(outcomes).toEqual([]);
    if (how === 'answer') connection.answer();
    else if (how === 'close') connection.close();
    else await clock.advance(RECOVERY_WAIT_MS);
    expect(await outcome).toBe(how === 'answer' ? 'a' : OUTDATED);
  });

  it('count as there if they cannot be asked', async () => {
    const { found, store, first } = search({}, true);
    vi.spyOn(store, 'swap').mockReturnValueOnce({ swapped: false, value: undefined });
    expect((await found.restore('p', first, connectionOf('open', false)))?.state?.id).toBe('a');
  });
});
