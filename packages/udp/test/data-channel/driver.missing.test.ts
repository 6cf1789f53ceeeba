import { expect, it, vi } from 'vitest';
import { openChannelPort } from '../../src/data-channel/driver.js';

vi.mock('node-datachannel', () => {
  throw new Error('Cannot find package');
});

it('names the package that an application has to install', async () => {
  await expect(openChannelPort('127.0.0.1', 0)).rejects.toMatchObject({
    name: 'ConfigError',
    code: 'WRONG_STATE',
    message: 'Lanes in browsers need the package "node-datachannel". Install it: npm install node-datachannel',
  });
});
