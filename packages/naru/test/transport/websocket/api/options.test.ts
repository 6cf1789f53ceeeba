import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { join, readOptions } from '../../../../src/base/options/table.js';
import { connect, listen } from '../../../../src/transport/websocket/api/functions.js';
import { acceptingTable, listeningTable } from '../../../../src/transport/websocket/api/options.js';
import { connectingTable } from '../../../../src/transport/websocket/dial.js';
import { webSocketTable } from '../../../../src/transport/websocket/settings.js';
import { walkOptions } from '../../../base/options/walk.js';

describe('the options of a server', () => {
  walkOptions(join(join(webSocketTable, acceptingTable), listeningTable), (given) => listen(createServer(), given));
});

describe('the options of an outgoing connection', () => {
  const table = join(webSocketTable, connectingTable);

  walkOptions(join(webSocketTable, connectingTable), (given) => readOptions(table, given));

  it('reject a misspelt one', async () => {
    await expect(connect('ws://127.0.0.1:1', { timeout: 5 } as object)).rejects.toThrow(
      'Option "timeout" does not exist: use "timeoutMs".',
    );
  });
});
