import { describe, expect, test } from 'vitest';
import { createMemory, type RememberedSession } from '../../../src/client/engine/websocket-memory.js';

const session: RememberedSession = {
  hostname: 'a',
  port: '1',
  opts: { path: '/x/', rememberUpgrade: true },
  transports: ['polling', 'websocket'],
  transport: { name: 'websocket' },
};

describe("the memory's suggestion", () => {
  test('is a WebSocket after one has worked, until one fails', () => {
    const memory = createMemory();
    expect(memory.suggests(session)).toBe(false);
    memory.note(session, true);
    expect(memory.suggests(session)).toBe(true);
    memory.note(session, false);
    expect(memory.suggests(session)).toBe(false);
  });

  test('does not change with the fate of another transport', () => {
    const memory = createMemory();
    memory.note({ ...session, transport: { name: 'polling' } }, true);
    expect(memory.suggests(session)).toBe(false);
  });

  test('is nothing at other servers and paths', () => {
    const memory = createMemory();
    memory.note(session, true);
    expect(memory.suggests({ ...session, port: '2' })).toBe(false);
    expect(memory.suggests({ ...session, opts: { ...session.opts, path: '/y/' } })).toBe(false);
  });

  test('is nothing if the order of transports or the options forbid it', () => {
    const memory = createMemory();
    memory.note(session, true);
    expect(memory.suggests({ ...session, transports: ['polling'] })).toBe(false);
    expect(memory.suggests({ ...session, transports: ['websocket', 'polling'] })).toBe(false);
    expect(memory.suggests({ ...session, opts: { ...session.opts, upgrade: false } })).toBe(false);
    expect(memory.suggests({ ...session, opts: { path: '/x/' } })).toBe(false);
  });
});

describe('storage', () => {
  test('carries it over to another page', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as unknown as Storage;
    createMemory(() => storage).note(session, true);
    expect(createMemory(() => storage).suggests(session)).toBe(true);
    createMemory(() => storage).note(session, false);
    expect(createMemory(() => storage).suggests(session)).toBe(false);
    expect(kept.size).toBe(0);
  });

  test('may be denied', () => {
    const memory = createMemory(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    memory.note(session, true);
    expect(memory.suggests(session)).toBe(true);
    expect(memory.suggests({ ...session, port: '2' })).toBe(false);
  });
});

test('forgets old entries rather than grow without limit', () => {
  const memory = createMemory();
  for (let port = 0; port < 1_001; port += 1) memory.note({ ...session, port: `${port}` }, true);
  expect(memory.suggests({ ...session, port: '0' })).toBe(false);
  expect(memory.suggests({ ...session, port: '1000' })).toBe(true);
});
