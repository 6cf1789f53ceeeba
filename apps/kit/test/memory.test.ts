import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Memory } from '../page/memory.js';

const tab = new Map<string, string>();
const browser = new Map<string, string>();
let isFull = false;

const storage = (kept: Map<string, string>) => ({
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => {
    if (isFull) throw new RangeError('the storage is full');
    kept.set(name, value);
  },
});

beforeEach(() => {
  tab.clear();
  browser.clear();
  isFull = false;
  vi.stubGlobal('sessionStorage', storage(tab));
  vi.stubGlobal('localStorage', storage(browser));
  vi.stubGlobal('navigator', { languages: ['fr', 'ko-KR', 'en'] });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the memory of a page', () => {
  it('has a secret for each name, which stays until it is replaced', () => {
    const memory = new Memory('app');
    const secret = memory.secret('ticket');
    expect(secret).toMatch(/^[0-9a-f]{32}$/);
    expect(new Memory('app').secret('ticket')).toBe(secret);
    expect(memory.secret('key')).not.toBe(secret);
    expect(new Memory('other').secret('ticket')).not.toBe(secret);
    const fresh = memory.freshSecret('ticket');
    expect(fresh).not.toBe(secret);
    expect(memory.secret('ticket')).toBe(fresh);
  });

  it('has the settings of the system, until others are chosen', () => {
    const memory = new Memory('app');
    expect(memory.settings()).toEqual({ language: 'ko', theme: 'auto' });
    memory.rememberSettings({ language: 'en', theme: 'dark' });
    expect(new Memory('app').settings()).toEqual({ language: 'en', theme: 'dark' });
    expect(tab.size).toBe(0);
  });

  it('takes no setting that it does not know', () => {
    browser.set('app.language', '"tlh"').set('app.theme', '{broken');
    expect(new Memory('app').settings()).toEqual({ language: 'ko', theme: 'auto' });
  });

  it('keeps what the browser refuses to store, until a reload', () => {
    isFull = true;
    const memory = new Memory('app');
    const secret = memory.secret('ticket');
    expect(memory.secret('ticket')).toBe(secret);
    expect(new Memory('app').secret('ticket')).not.toBe(secret);
  });

  it('works where the browser forbids all storage', () => {
    vi.stubGlobal('sessionStorage', undefined);
    const memory = new Memory('app');
    expect(memory.read('tab', 'state')).toBeUndefined();
    memory.write('tab', 'state', 5);
    expect(memory.read('tab', 'state')).toBe(5);
  });
});
