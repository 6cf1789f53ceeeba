import { describe, expect, it } from 'vitest';
import { Stage } from '../../../kit/clients/stomp-tester.js';

const NAME = 'a name that nobody guesses';
const HEADERS = { id: 's', destination: '/topic/lobby', durable: NAME, ack: 'client' };

describe('UNSUBSCRIBE', () => {
  it.each([
    ['goes on later', {}, ['[1]']],
    ['is forgotten, where it names it', { durable: NAME }, []],
  ])('a durable subscription %s', async (_title, headers, bodies) => {
    const stage = new Stage({}, { connectionStateRecovery: {} });
    stage.io.allow({ subscribe: true });
    const client = await stage.connect();
    await client.send('SUBSCRIBE', HEADERS);
    expect(await client.send('UNSUBSCRIBE', { id: 's', receipt: 'r', ...headers })).toMatchObject([
      { command: 'RECEIPT' },
    ]);
    stage.io.to('lobby').emit('n', 1);
    await stage.clock.settle();
    expect((await client.send('SUBSCRIBE', HEADERS)).map(({ body }) => body)).toEqual(bodies);
  });

  it('is a mistake without an id, for what there is not, and with a name that cannot be', async () => {
    for (const headers of [{}, { id: 'x' }, { id: 's', durable: 'short' }]) {
      const stage = new Stage({}, { connectionStateRecovery: {} });
      stage.io.allow({ subscribe: true });
      const client = await stage.connect();
      await client.send('SUBSCRIBE', HEADERS);
      const [error] = await client.send('UNSUBSCRIBE', headers as Record<string, string>);
      expect(error).toMatchObject({ command: 'ERROR', headers: { code: 'STOMP_BAD_REQUEST' } });
    }
  });
});
