import { createClient, createClientPool } from '@redis/client';
import { describe, expect, it } from 'vitest';
import { readOptions } from '../../naru/src/base/options/table.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { bridgeTable, socketIo } from '../src/socket-io.js';

describe('the options of socketIo', () => {
  walkOptions(bridgeTable, (given) => readOptions(bridgeTable, given));
});

describe('socketIo', () => {
  it('refuses anything but a client, and invalid options', () => {
    for (const given of [undefined, null, {}, 'redis://localhost', createClientPool()])
      expect(() => socketIo(given as never)).toThrow('socketIo needs a client of @redis/client or ioredis');
    const client = createClient();
    expect(() => socketIo(client, { key: 'a*' })).toThrow('Option "socketIo.key" must be text without stars');
    expect(() => socketIo(client, { requestTimeout: 1 } as never)).toThrow('requestsTimeout');
    expect(() => socketIo(client, { requestsTimeout: -1 })).toThrow('socketIo.requestsTimeout');
  });

  it('opens no connection before a server has it', () => {
    expect(socketIo({ duplicate: () => expect.fail('opened') })).toHaveProperty('open');
  });
});
