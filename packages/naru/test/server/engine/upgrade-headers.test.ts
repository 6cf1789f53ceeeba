import { expect, it } from 'vitest';
import { pickUpgradeHeaders } from '../../../src/server/engine/upgrade-headers.js';

it('takes the headers that decide an upgrade, in any case, and joins repeated ones', () => {
  const picked = pickUpgradeHeaders([
    'Host',
    'a',
    'UPGRADE',
    'websocket',
    'connection',
    'keep-alive',
    'Connection',
    'Upgrade',
    'Cookie',
    'x',
    'Sec-WebSocket-Key',
    'k',
    'Sec-WebSocket-Version',
    '13',
    'sec-websocket-extensions',
    'permessage-deflate',
    'Sec-WebSocket-Protocol',
    'p',
    'Origin',
    'http://a',
    'Sec-WebSocket-Keyx',
    'no',
    '__proto__',
    'no',
    'Odd',
  ]);
  expect(picked).toEqual({
    upgrade: 'websocket',
    connection: 'keep-alive, Upgrade',
    'sec-websocket-key': 'k',
    'sec-websocket-version': '13',
    'sec-websocket-extensions': 'permessage-deflate',
    'sec-websocket-protocol': 'p',
    origin: 'http://a',
  });
});
