import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/base/errors.js';
import { choose, lineOf, printTaps } from '../../src/taps/debug.js';
import type { Tap } from '../../src/taps/tap.js';
import * as TAPS from '../../src/taps/taps.js';

const all = Object.values(TAPS) as readonly object[] as readonly Tap<object>[];
const areas = [...new Set(all.map(({ name }) => name.replace(/^naru:|\..*$/g, '')))];

const namesOf = (wish: string): string[] => choose(wish).map(({ name }) => name);
const afterTime = (line: string): string => line.slice(line.indexOf(' ') + 1);

afterEach(() => void vi.unstubAllEnvs());

/** Loads the module again, as another process does. */
async function another(): Promise<typeof printTaps> {
  delete (globalThis as Record<symbol, unknown>)[Symbol.for('naru.debug')];
  return copy();
}

/** Loads the module again, as a process does that has both builds of the package. */
async function copy(): Promise<typeof printTaps> {
  vi.resetModules();
  return (await import('../../src/taps/debug.js')).printTaps;
}

describe('printTaps', () => {
  it.each([undefined, ''])('listens to nothing when NARU_DEBUG is %j', (value) => {
    vi.stubEnv('NARU_DEBUG', value);
    printTaps();
    expect(all.some(({ hasSubscribers }) => hasSubscribers)).toBe(false);
  });

  it('prints one line on standard error for everything that the wanted taps tell', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.stubEnv('NARU_DEBUG', 'drain.began, drain.ended');
    (await another())();
    TAPS.drainBegan.publish({ clients: 2, perSecond: 100 });
    TAPS.drainEnded.publish({ clients: 2 });
    expect(error.mock.calls.map(([line]) => afterTime(String(line)))).toEqual([
      'naru drain.began clients=2 perSecond=100',
      'naru drain.ended clients=2',
    ]);
    expect(TAPS.nodeCame.hasSubscribers).toBe(false);
    error.mockRestore();
  });

  it('prints each line once, however many servers a program has', async () => {
    const lines: string[] = [];
    const print = await another();
    print('worker', (line) => lines.push(line));
    print('worker', (line) => lines.push(line));
    TAPS.workerChanged.publish({ what: 'started' });
    expect(lines.map(afterTime)).toEqual(['naru worker.changed what=started']);
  });

  it('prints each line once with two copies of the package in a process', async () => {
    const lines: string[] = [];
    (await another())('worker', (line) => lines.push(line));
    (await copy())('worker', (line) => lines.push(line));
    TAPS.workerChanged.publish({ what: 'ended' });
    expect(lines.map(afterTime)).toEqual(['naru worker.changed what=ended']);
  });

  it('leaves lines out while much waits for a reader, and then says how many', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const waiting = vi.spyOn(process.stderr, 'writableLength', 'get').mockReturnValue(2 * 1024 * 1024);
    (await another())('worker.changed');
    for (const what of ['started', 'ended']) TAPS.workerChanged.publish({ what });
    waiting.mockReturnValue(0);
    TAPS.workerChanged.publish({ what: 'started' });
    expect(error.mock.calls.map(([line]) => String(line).replace(/^\S+Z /, ''))).toEqual([
      'naru left out 2 lines, because nobody read them in time',
      'naru worker.changed what=started',
    ]);
    error.mockRestore();
    waiting.mockRestore();
  });

  it('goes on without the reader of standard error, which may go before the program', async () => {
    process.stderr.removeAllListeners('error');
    (await another())('worker.changed', () => undefined);
    expect(process.stderr.listenerCount('error')).toBe(0);
    (await another())('worker.changed');
    expect(process.stderr.emit('error', new Error('write EPIPE'))).toBe(true);
    process.stderr.removeAllListeners('error');
  });

  it('does not listen to the arguments of events for "all"', async () => {
    (await another())('all', () => undefined);
    expect(all.filter(({ hasSubscribers }) => !hasSubscribers).map(({ name }) => name)).toEqual([
      'naru:event.arguments',
    ]);
  });

  it('refuses a name that does not exist', async () => {
    vi.stubEnv('NARU_DEBUG', 'sesion');
    const print = await another();
    expect(() => print()).toThrow('NARU_DEBUG must be "all"');
  });
});

describe('choose', () => {
  it('takes areas and taps with commas between them, each tap once', () => {
    expect(namesOf('drain,node.came')).toEqual(['naru:drain.began', 'naru:drain.ended', 'naru:node.came']);
    expect(namesOf(' drain.ended , drain')).toEqual(['naru:drain.ended', 'naru:drain.began']);
  });

  it.each(['all', '*'])('takes every tap for %s, except the one with the content of messages', (wish) => {
    expect(namesOf(wish)).toHaveLength(all.length - 1);
    expect(namesOf(wish)).not.toContain('naru:event.arguments');
  });

  it('takes the arguments of events only by their full name', () => {
    expect(namesOf('event')).not.toContain('naru:event.arguments');
    expect(namesOf('event.arguments')).toEqual(['naru:event.arguments']);
    expect(namesOf('all,event.arguments')).toHaveLength(all.length);
  });

  it.each(['sesion', 'all,sesion', 'session.', 'session.open', 'naru:session.opened', 'ALL', 'argument', '.'])(
    'refuses %j, and names the areas',
    (wish) => {
      expect(() => choose(wish)).toThrow(ConfigError);
      expect(() => choose(wish)).toThrow(`The areas are ${areas.join(', ')}, client.`);
    },
  );

  it('takes no tap for an empty name', () => {
    expect(namesOf(' ')).toEqual([]);
    expect(namesOf('node.came,')).toEqual(['naru:node.came']);
  });

  it('leaves the area of the client to the client', () => {
    expect(namesOf('client')).toEqual([]);
    expect(namesOf('client,node.came')).toEqual(['naru:node.came']);
  });

  it('names the part that it does not know', () => {
    expect(() => choose('session,sesion,drain')).toThrow('got "sesion"');
  });
});

describe('lineOf', () => {
  it('has the time, the name of the tap and its facts', () => {
    const facts = { connection: 7, wire: 'websocket', reason: 'transport close', isLost: false, code: undefined };
    const line = lineOf('session.ended', facts);
    expect(new Date(line.slice(0, line.indexOf(' '))).getFullYear()).toBeGreaterThan(2000);
    expect(afterTime(line)).toBe(
      'naru session.ended connection=7 wire=websocket reason="transport close" isLost=false',
    );
  });

  it('shows nothing by code of the program, which may throw', () => {
    const fail = (): never => {
      throw new Error('no');
    };
    const shown = Object.defineProperty({ [inspect.custom]: fail }, Symbol.toStringTag, { get: fail });
    expect(afterTime(lineOf('event.arguments', { args: [{ [inspect.custom]: fail }] }))).toContain('args="[ {');
    expect(afterTime(lineOf('event.arguments', { args: [shown] }))).toContain('args="[not to be shown]"');
  });

  it('shows marks of direction and without a width as question marks', () => {
    expect(lineOf('event.in', { event: 'a\u200e\u061c\u200b\ufeffb' })).toContain('event="a????b"');
  });

  it('has lists in quotes, and leaves empty ones out', () => {
    expect(afterTime(lineOf('event.out', { rooms: ['a', 'b c'], except: [] }))).toBe(
      `naru event.out rooms="[ 'a', 'b c' ]"`,
    );
  });

  it('ends with a bar and the remedy, if there is one', () => {
    expect(afterTime(lineOf('event.dropped', { connection: 7, wire: 'polling' }))).toBe(
      'naru event.dropped connection=7 wire=polling | The event was volatile, and earlier data waited for the client.',
    );
    expect(lineOf('session.ended', { reason: 'transport close' })).not.toContain('|');
  });

  it('has the quotes of a remedy as they are', () => {
    expect(lineOf('session.ended', { reason: 'ping timeout' })).toContain(' within "pingTimeout". ');
  });

  /** Texts that clients may give as the name of an event or a room. */
  const hostile = {
    'a new line': 'a\n2026-01-01T00:00:00.000Z naru session.ended reason=forged',
    'a carriage return': 'a\rnaru',
    'both of them': 'a\r\nnaru',
    'a quote and a space': 'a" event=forged | Pay somebody.',
    'a backslash before a quote': 'a\\" b=c',
    'an escape of a terminal': '\u001b[2J\u001b[31mred\u0007',
    'an escape of eight bits': '\u009b2J\u009d0;title\u009c',
    'a null character': 'a\0b',
    'a separator of lines': 'a\u2028b\u2029c\u0085d',
    'a deletion': 'a\u007f\u007fb',
    'ten thousand letters': 'x'.repeat(10_000),
    'ten thousand new lines': '\n'.repeat(10_000),
    'a lone surrogate': '\ud800\n',
    nothing: '',
  };

  describe.each(Object.entries(hostile))('with %s', (_what, text) => {
    it.each([
      ['the name of an event', { event: text, isAsking: false }],
      ['a room', { room: text, act: 'subscribe', code: 'FORBIDDEN', namespace: '/' }],
      ['one of several rooms', { rooms: ['a', text], except: [text] }],
      ['a namespace', { namespace: text, message: 'Invalid namespace' }],
      ['an origin', { origin: text }],
      ['an argument', { arguments: [text, { [text]: text }] }],
    ])('stays one short line that can be read, as %s', (_where, facts) => {
      for (const name of ['event.in', 'permission.refused', 'socket.refused', 'handshake.foreign']) {
        const line = lineOf(name, facts);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(afterTime(line)).toMatch(/^naru [\w.-]+( \w+=([\w./:+-]+|"([^"\\]|\\.)*"))*( \| .*)?$/);
        // An escape takes six characters at most.
        expect(line.length).toBeLessThan(100 + 6 * 310 * (Object.keys(facts).length + 1));
      }
    });
  });

  it('shortens a long value, and says so', () => {
    const [, shown = ''] = /event=(\S+)/.exec(lineOf('event.in', { event: 'x'.repeat(10_000) })) ?? [];
    expect(shown).toMatch(/^"x{200,400}\.{3}"$/);
  });

  const circular: object[] = [];
  circular.push(circular);
  const angry = {
    get text(): string {
      throw new TypeError('nobody may read this');
    },
    toJSON: () => {
      throw new TypeError('nor this');
    },
  };

  it.each([
    ['a symbol', Symbol('x'), 'Symbol(x)'],
    ['a big integer', 12n, '12n'],
    ['bytes', new Uint8Array([222, 173]), 'Uint8Array(2)'],
    ['a great many bytes', new Uint8Array(10_000_000), 'Uint8Array(10000000)'],
    ['nothing', null, 'null'],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), 'a: 1'],
    ['an invalid date', new Date(Number.NaN), 'Invalid Date'],
    ['data that contains itself', circular, 'Circular'],
    ['an object that throws', angry, 'Getter'],
    ['a great many items', Array(1_000_000).fill(1), 'more items'],
  ])('shows %s, alone and among the arguments', (_what, value, shown) => {
    for (const facts of [{ value }, { arguments: [value] }]) {
      const line = lineOf('event.arguments', facts);
      expect(line).toContain(shown);
      expect(line.length).toBeLessThan(1_000);
    }
  });
});
