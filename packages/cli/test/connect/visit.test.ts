import { describe, expect, it, vi } from 'vitest';
import { Visit } from '../../src/connect/visit.js';
import type { WireClient, WireEvents } from '../../src/connect/wires/wire-client.js';
import { isHarmless } from './visits.js';

const OPTIONS = { auth: undefined, transports: undefined, trust: {}, showsWire: false };

/** A visit on a wire that the test plays. */
function visit(waits = true) {
  const lines: string[] = [];
  const done: unknown[][] = [];
  const codes: boolean[] = [];
  let events: WireEvents | undefined;
  let fails: string | undefined;
  const note = async (...what: unknown[]): Promise<void> => {
    if (fails !== undefined) throw new Error(fails);
    done.push(what);
  };
  const wire: WireClient = {
    emit: async (event, args, wantsAnswer) => {
      await note('emit', event, args);
      return wantsAnswer ? ['answer', event] : undefined;
    },
    join: (room) => note('join', room),
    leave: (room) => note('leave', room),
    publish: (room, event, args) => note('publish', room, event, args),
    close: () => {
      done.push(['close']);
    },
  };
  const subject = new Visit(
    'x:',
    (_url, _options, told) => {
      events = told;
      return wire;
    },
    OPTIONS,
    { waits, print: (line) => lines.push(line), end: (isFailed) => codes.push(isFailed) },
  );
  if (!events) throw new TypeError('the wire was not opened');
  return {
    visit: subject,
    events,
    lines,
    done,
    codes,
    fail(message: string | undefined): void {
      fails = message;
    },
  };
}

describe('a line', () => {
  it('waits until the client is in, and is sent then', async () => {
    const { visit: here, events, done } = visit();
    const taken = [here.take('say "hi" 2'), here.take('words for all'), here.take('/to lobby say 3')];
    expect(done).toEqual([]);
    events.onOpen('now');
    await Promise.all(taken);
    expect(done).toEqual([
      ['emit', 'say', ['hi', 2]],
      ['emit', 'message', ['words for all']],
      ['publish', 'lobby', 'say', [3]],
    ]);
  });

  it('shows the answer with its number if it asks', async () => {
    const { visit: here, events, lines } = visit();
    events.onOpen('now');
    await here.take('/ask time');
    await here.take('/ask time 1');
    expect(lines.slice(1)).toEqual(['= 1 "answer" "time"', '= 2 "answer" "time"']);
  });

  it('that asks for help is answered at once, and an empty one does nothing', async () => {
    const { visit: here, lines, done } = visit();
    await here.take('/help');
    expect(lines.length).toBeGreaterThan(5);
    expect(done).toEqual([]);
  });

  it.each([
    ['/nonsense', 'there is no command /nonsense; /help lists the commands'],
    ['/join', 'a room is missing, as in: /join lobby'],
    ['/ack 7 1', 'no event ?7 waits for an acknowledgement'],
    ['/in chat', 'give the namespace in the address, and your credentials with --auth'],
    ['/auth {}', 'give the namespace in the address, and your credentials with --auth'],
    ['/json', 'use --wire to see frames and packets'],
    ['/history lobby', '/history and /who work only in line mode over TCP, for example with nc'],
    ['/who lobby', '/history and /who work only in line mode over TCP, for example with nc'],
  ])('%s fails with the reason', async (line, message) => {
    const { visit: here, events, lines } = visit();
    events.onOpen('now');
    await here.take(line);
    expect(lines.at(-1)).toBe(`! ${message}`);
  });

  it('that the wire refuses says so, and does not remember the room', async () => {
    const { visit: here, events, lines, fail } = visit();
    events.onOpen('now');
    fail('not \u001b here');
    await here.take('/join lobby');
    await here.take('/rooms');
    expect(lines.slice(1)).toEqual(['! not \\u001b here', '* rooms']);
  });

  it('is not sent any more after the client leaves', async () => {
    const { visit: here, events, done } = visit();
    const late = here.take('say 1');
    here.leave();
    here.leave();
    events.onClose('closed', true);
    await late;
    expect(done).toEqual([['close']]);
  });
});

describe('received messages', () => {
  it('are shown as in line mode, and never move the cursor', () => {
    const { events, lines } = visit();
    const evil = '\u001b[2J\u009b\u202e\r';
    events.onOpen(evil);
    events.onMove(evil);
    events.onEvent(evil, [evil, { [evil]: evil }], evil, undefined);
    events.onEvent('say', [1], 'lobby', undefined);
    events.onNote(evil);
    events.onFailure(evil);
    events.onWire('in', evil);
    events.onClose(evil, false);
    events.onClose(evil, true);
    expect(isHarmless(lines)).toBe(true);
    expect(lines).toContain('#lobby say 1');
    expect(lines).toHaveLength(9);
  });

  it('can be answered once, by number', async () => {
    const { visit: here, events, lines } = visit();
    const answers = [vi.fn(), vi.fn()];
    events.onOpen('now');
    for (const answer of answers) events.onEvent('ask', [], undefined, answer);
    expect(lines.slice(1)).toEqual(['?1 ask', '?2 ask']);
    await here.take('/ack 2 "yes" 1');
    await here.take('/ack 2 "again"');
    expect(answers.map(({ mock }) => mock.calls)).toEqual([[], [['yes', 1]]]);
    expect(lines.at(-1)).toBe('! no event ?2 waits for an acknowledgement');
  });

  it('are forgotten when a thousand wait for an answer', async () => {
    const { visit: here, events, lines } = visit();
    events.onOpen('now');
    for (let count = 0; count <= 1_000; count += 1) events.onEvent('ask', [], undefined, vi.fn());
    await here.take('/ack 1');
    expect(lines.at(-1)).toContain('no event ?1 waits');
    await here.take('/ack 2');
    expect(lines.at(-1)).toContain('no event ?1 waits');
  });
});

describe('completion', () => {
  it('knows commands, events and rooms, each in its place', async () => {
    const { visit: here, events } = visit();
    events.onOpen('now');
    events.onEvent('said', [], 'lobby', undefined);
    events.onEvent('saved', [], 'lounge', undefined);
    await here.take('/join news');
    expect(here.complete('/j')).toEqual([['/join '], '/j']);
    expect(here.complete('/')[0]).toHaveLength(9);
    expect(here.complete('sa')).toEqual([['said', 'saved'], 'sa']);
    expect(here.complete('/ask sai')).toEqual([['said '], 'sai']);
    expect(here.complete('/join lo')).toEqual([['lobby', 'lounge'], 'lo']);
    expect(here.complete('/leave ')).toEqual([['lobby', 'lounge', 'news'], '']);
    expect(here.complete('/to lob')).toEqual([['lobby '], 'lob']);
    expect(here.complete('/to lobby sav')).toEqual([['saved '], 'sav']);
    expect(here.complete('said "wh')).toEqual([[], '"wh']);
  });

  it('offers nothing that cannot be typed, and keeps the newest thousand', () => {
    const { visit: here, events } = visit();
    for (const name of ['two words', '\u001b[2J', '"quoted"', '', 'x'.repeat(201)]) {
      events.onEvent(name, [], undefined, undefined);
    }
    expect(here.complete('')[0]).toHaveLength(9);
    for (let count = 0; count < 1_100; count += 1) events.onEvent(`event${count}`, [], undefined, undefined);
    expect(here.complete('event')[0]).toHaveLength(1_000);
    expect(here.complete('event1099')[0]).toEqual(['event1099 ']);
    expect(here.complete('event99')[0]).not.toContain('event99');
  });
});

describe('a connection', () => {
  it('that fails is reported once for each reason, to a client that waits', () => {
    const { events, lines, codes } = visit();
    for (const reason of ['refused', 'refused', 'timeout', 'refused']) events.onFailure(reason);
    expect(lines.map((line) => line.slice(0, 25))).toEqual(
      ['! cannot connect: refused;', '! cannot connect: timeout;', '! cannot connect: refused;'].map((line) =>
        line.slice(0, 25),
      ),
    );
    expect(codes).toEqual([]);
  });

  it('that fails ends a script with a failure', () => {
    const { events, lines, codes, done } = visit(false);
    events.onFailure('refused');
    events.onClose('closed', true);
    expect(lines).toEqual(['! cannot connect: refused']);
    expect(done).toEqual([['close']]);
    expect(codes).toEqual([true]);
  });

  it('that is reopened restores the rooms, unless the server still knows them', async () => {
    const { visit: here, events, done, lines } = visit();
    events.onOpen('now');
    await here.take('/join lobby');
    await here.take('/join gone');
    await here.take('/leave gone');
    done.length = 0;
    events.onClose('transport close', false);
    events.onOpen('later');
    await vi.waitFor(() => expect(lines.at(-1)).toBe('* joined lobby'), { timeout: 20_000 });
    expect(done).toEqual([['join', 'lobby']]);
    events.onClose('transport close', false);
    events.onOpen('still later', true);
    expect(done).toEqual([['join', 'lobby']]);
    expect(lines.at(-1)).toBe('* connected again: still later');
  });

  it('that is reopened reports the rooms that are closed now', async () => {
    const { visit: here, events, lines, fail } = visit();
    events.onOpen('now');
    await here.take('/join lobby');
    fail('no more');
    events.onClose('transport close', false);
    events.onOpen('later');
    await vi.waitFor(() => expect(lines.at(-1)).toBe('! no longer in lobby: no more'), { timeout: 20_000 });
    await here.take('/rooms');
    expect(lines.at(-1)).toBe('* rooms');
  });

  it.each([
    ['the person left', true, true, false],
    ['the server ended it', true, false, true],
    ['a person left before anybody was there', false, true, false],
  ])('that ended because %s has its exit code, once', (_case, opens, leaves, isFailed) => {
    const { visit: here, events, codes } = visit();
    if (opens) events.onOpen('now');
    if (leaves) here.leave();
    events.onClose('over', true);
    events.onClose('over', true);
    expect(codes).toEqual([isFailed]);
  });

  it('that does not end keeps nobody waiting', () => {
    vi.useFakeTimers();
    const { visit: here, events, codes } = visit();
    events.onOpen('now');
    here.leave();
    expect(codes).toEqual([]);
    vi.advanceTimersByTime(3_000);
    expect(codes).toEqual([false]);
    vi.useRealTimers();
  });
});
