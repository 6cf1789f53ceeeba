import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HISTORY_MAX, historyFile, loadHistory, saveHistory } from '../../../src/cli/connect/history.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'naru-history-'));
  onTestFinished(() => {
    chmodSync(path, 0o700);
    rmSync(path, { recursive: true });
  });
  return path;
}

describe('history', () => {
  it('is kept in the state folder of the person', () => {
    expect(historyFile({ XDG_STATE_HOME: '/state', HOME: '/people/ann' })).toBe('/state/naru/history');
    expect(historyFile({ HOME: '/people/ann' })).toBe('/people/ann/.local/state/naru/history');
    expect(historyFile({ XDG_STATE_HOME: '', HOME: '' })).toBeUndefined();
  });

  it('comes back as it was, newest first, and is for nobody else to read', () => {
    const file = join(folder(), 'new', 'history');
    expect(loadHistory(file)).toEqual([]);
    saveHistory(file, ['third', 'second', 'first']);
    expect(readFileSync(file, 'utf8')).toBe('first\nsecond\nthird\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(loadHistory(file)).toEqual(['third', 'second', 'first']);
  });

  it('keeps the newest lines, however many there were', () => {
    const file = join(folder(), 'history');
    const lines = Array.from({ length: HISTORY_MAX + 10 }, (_, index) => `line ${index}`);
    saveHistory(file, lines);
    expect(loadHistory(file)).toEqual(lines.slice(0, HISTORY_MAX));
    writeFileSync(file, lines.join('\n'));
    expect(loadHistory(file)).toEqual(lines.slice(10).reverse());
  });

  it('does without a file that cannot be had', () => {
    const path = folder();
    writeFileSync(join(path, 'file'), '');
    expect(() => saveHistory(join(path, 'file', 'history'), ['a'])).not.toThrow();
    expect(loadHistory(path)).toEqual([]);
    expect(() => saveHistory(undefined, ['a'])).not.toThrow();
    expect(loadHistory(undefined)).toEqual([]);
  });
});
