import { describe, expect, it } from 'vitest';
import type { HomeRequest } from '../../broker/src/home.js';
import { Keys } from '../src/script.js';
import { storeCommandFor, tagOfRequest } from '../src/store-commands.js';

const write = { writer: 'me', number: 1, settled: 0 };

const REQUESTS: readonly HomeRequest[] = [
  { method: 'get', args: ['/chat', 'a'], write: undefined },
  { method: 'get', args: [undefined, '/chat'], write: undefined },
  { method: 'list', args: ['/chat', 1], write: undefined },
  { method: 'set', args: ['/chat', 'a', '1'], write },
  { method: 'set', args: [undefined, 'a', '1'], write },
  { method: 'delete', args: ['/chat', 'a'], write },
  { method: 'swap', args: [undefined, 'a', undefined, '1'], write },
  { method: 'tablePut', args: ['/chat', 't', 'a', '1', 1], write },
  { method: 'tableGet', args: [undefined, 't', 'a'], write: undefined },
  { method: 'tableRemove', args: ['/chat', 't', 'a'], write },
  { method: 'tableList', args: [undefined, 't', 1], write: undefined },
];

describe('the command of a request', () => {
  it.each(REQUESTS)('has all its keys in the slot of its tag ($method)', (request) => {
    const keys = new Keys('naru');
    const command = storeCommandFor(request, keys);
    const start = `${keys.key(tagOfRequest(request))}:`;
    expect(command?.keys.length).toBeGreaterThan(0);
    for (const key of command?.keys ?? []) expect(key.startsWith(start)).toBe(true);
  });

  it('is not needed to know the tag of texts to trim', () => {
    const bounds = { countMax: 1, bytesMax: 1, sparedMs: 0 };
    expect(tagOfRequest({ method: 'trim', args: ['once ', bounds], write: undefined })).toBe('texts');
  });

  it('is left to others if the request is about a log', () => {
    expect(storeCommandFor({ method: 'extent', args: ['/chat'], write: undefined }, new Keys('naru'))).toBeUndefined();
  });
});
