import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HISTORY_MAX, historyFile, loadHistory, Prompt, saveHistory } from '../../src/connect/prompt.js';
import { Screen } from './screen.js';

const UP = '\u001b[A';
const LEFT = '\u001b[D';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

function sit({ columns = 80, state = '', isTTY = true, term = 'xterm' } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY, columns, rows: 24 });
  const screen = new Screen(columns);
  let written = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    written += text;
    screen.write(text);
  });
  const lines: string[] = [];
  let ends = 0;
  const prompt = new Prompt(
    { input, output, env: { TERM: term, XDG_STATE_HOME: state } },
    {
      complete: (line) => [['/join ', '/leave '].filter((word) => word.startsWith(line)), line],
      onLine: (line) => lines.push(line),
      onEnd: () => {
        ends += 1;
      },
    },
  );
  onTestFinished(() => prompt.close());
  return {
    prompt,
    screen,
    lines,
    get ends() {
      return ends;
    },
    get written() {
      return written;
    },
    async press(keys: string) {
      input.write(keys);
      // Node delays a single escape, to see whether a sequence follows.
      await new Promise((resolve) => setImmediate(resolve));
    },
    async shut() {
      input.end();
      await new Promise((resolve) => input.once('close', resolve));
    },
    async seen() {
      await new Promise((resolve) => setImmediate(resolve));
      return screen.text;
    },
  };
}

describe('at a terminal', () => {
  it('writes events above the line that is being typed', async () => {
    const seat = sit();
    await seat.press('half a li');
    seat.prompt.print('said "hello"');
    seat.prompt.print('said "again"');
    await seat.press('ne');
    expect(await seat.seen()).toBe('said "hello"\nsaid "again"\n> half a line');
    await seat.press('\r');
    expect(seat.lines).toEqual(['half a line']);
    seat.prompt.print('said "bye"');
    expect(await seat.seen()).toBe('said "hello"\nsaid "again"\n> half a line\nsaid "bye"\n>');
  });

  it.each([0, 1, 17, 18, 19, 38, 45])(
    'keeps a long line whole, with the cursor %i characters before its end',
    async (back) => {
      const seat = sit({ columns: 20 });
      const typed = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz';
      await seat.press(typed);
      await seat.press(LEFT.repeat(back));
      const { cursor } = seat.screen;
      seat.prompt.print('an event that is longer than a row');
      seat.prompt.print('another');
      const rows = `> ${typed}`.match(/.{1,20}/g);
      expect(await seat.seen()).toBe(['an event that is lon', 'ger than a row', 'another', ...(rows ?? [])].join('\n'));
      expect(seat.screen.cursor).toEqual([cursor[0] + 3, cursor[1]]);
      await seat.press('!');
      await seat.press('\r');
      expect(seat.lines).toEqual([`${typed.slice(0, typed.length - back)}!${typed.slice(typed.length - back)}`]);
    },
  );

  it('keeps a line of wide characters whole', async () => {
    const seat = sit({ columns: 20 });
    await seat.press('나루터에서 만나요 오늘 밤에');
    seat.prompt.print('news');
    await seat.press('\r');
    expect(seat.lines).toEqual(['나루터에서 만나요 오늘 밤에']);
  });

  it('discards a line on Ctrl-C, and ends without one', async () => {
    const seat = sit();
    await seat.press(`not this${LEFT}${LEFT}`);
    await seat.press(CTRL_C);
    expect(await seat.seen()).toBe('>');
    expect(seat.ends).toBe(0);
    await seat.press('but this\r');
    expect(seat.lines).toEqual(['but this']);
    await seat.press(CTRL_C);
    expect(seat.ends).toBe(1);
  });

  it('ends on Ctrl-D', async () => {
    const seat = sit();
    await seat.press(CTRL_D);
    expect(seat.ends).toBe(1);
  });

  it('completes on Tab, or shows the possibilities', async () => {
    const seat = sit();
    await seat.press('/j\t');
    expect(await seat.seen()).toBe('> /join');
    await seat.press('lobby\r');
    expect(seat.lines).toEqual(['/join lobby']);
    await seat.press('/');
    await seat.press('\t');
    await seat.press('\t');
    expect(await seat.seen()).toMatch(/\/join +\/leave/);
  });

  it('removes the prompt at the end, and keeps the rest', async () => {
    const seat = sit();
    seat.prompt.print('* connected');
    await seat.press('half a line');
    seat.prompt.close();
    seat.prompt.close();
    expect(await seat.seen()).toBe('* connected');
    expect(seat.screen.cursor).toEqual([1, 0]);
    seat.prompt.print('late');
    expect(await seat.seen()).toBe('* connected\nlate');
  });

  it('recalls earlier lines in the next visit, newest first, each line once', async () => {
    const state = mkdtempSync(join(tmpdir(), 'naru-prompt-'));
    onTestFinished(() => rmSync(state, { recursive: true }));
    const first = sit({ state });
    for (const line of ['one', 'two', 'one', '', 'three']) await first.press(`${line}\r`);
    first.prompt.close();
    expect(readFileSync(join(state, 'naru/history'), 'utf8')).toBe('two\none\nthree\n');
    const second = sit({ state });
    await second.press(UP);
    await second.press(UP);
    expect(await second.seen()).toBe('> one');
    await second.press('\r');
    expect(second.lines).toEqual(['one']);
  });
});

describe('at a pipe', () => {
  it('writes only text, also at a terminal that cannot move its cursor', async () => {
    const seat = sit({ term: 'dumb' });
    await seat.press('one\n');
    seat.prompt.print('said "hello"');
    seat.prompt.close();
    expect(seat.lines).toEqual(['one']);
    expect(seat.written).toBe('said "hello"\n');
  });

  it('writes only events, and no history', async () => {
    const state = mkdtempSync(join(tmpdir(), 'naru-prompt-'));
    onTestFinished(() => rmSync(state, { recursive: true }));
    const seat = sit({ isTTY: false, state });
    await seat.press('one\ntwo\r\nthree');
    seat.prompt.print('said "hello"');
    await seat.shut();
    expect(seat.lines).toEqual(['one', 'two', 'three']);
    expect(seat.ends).toBe(1);
    seat.prompt.close();
    seat.prompt.print('late');
    expect(seat.written).toBe('said "hello"\nlate\n');
    expect(() => readFileSync(join(state, 'naru/history'))).toThrow('ENOENT');
  });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-history-'));
  onTestFinished(() => {
    chmodSync(path, 0o700);
    rmSync(path, { recursive: true });
  });
  return path;
}

describe('the history of a prompt', () => {
  it('is kept in the state folder of the person', () => {
    expect(historyFile({ XDG_STATE_HOME: '/state', HOME: '/people/ann' })).toBe('/state/naru/history');
    expect(historyFile({ HOME: '/people/ann' })).toBe('/people/ann/.local/state/naru/history');
    expect(historyFile({ XDG_STATE_HOME: '', HOME: '' })).toBeUndefined();
  });

  it('returns as it was, newest first, and only its owner can read it', () => {
    const file = join(folder(), 'new', 'history');
    expect(loadHistory(file)).toEqual([]);
    saveHistory(file, ['third', 'second', 'first']);
    expect(readFileSync(file, 'utf8')).toBe('first\nsecond\nthird\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadHistory(file)).toEqual(['third', 'second', 'first']);
  });

  it('keeps the newest lines, up to a limit', () => {
    const file = join(folder(), 'history');
    const lines = Array.from({ length: HISTORY_MAX + 10 }, (_, index) => `line ${index}`);
    saveHistory(file, lines);
    expect(loadHistory(file)).toEqual(lines.slice(0, HISTORY_MAX));
    writeFileSync(file, lines.join('\n'));
    expect(loadHistory(file)).toEqual(lines.slice(10).reverse());
  });

  it('works without a file if there cannot be one', () => {
    const path = folder();
    writeFileSync(join(path, 'file'), '');
    expect(() => saveHistory(join(path, 'file', 'history'), ['a'])).not.toThrow();
    expect(loadHistory(path)).toEqual([]);
    expect(() => saveHistory(undefined, ['a'])).not.toThrow();
    expect(loadHistory(undefined)).toEqual([]);
  });
});
