import { expect, it } from 'vitest';
import { connect, listen } from '../src/open.js';
import { closeLater, failure } from './pair.js';

it('runs all verbs in a row, and leaves nothing behind when one fails', async () => {
  const listener = await listen('tcp://127.0.0.1:0', { backlog: 3, noDelay: false });
  expect(await failure(listen(listener.localEndpoint))).toMatchObject({ code: 'ADDRESS_IN_USE' });
  const client = closeLater(
    await connect(listener.localEndpoint, { recvBytesMax: 10, signal: AbortSignal.timeout(20_000) }),
  );
  const server = closeLater(await listener.accept());
  await client.send('x');
  expect(String(await server.recv())).toBe('x');
  await listener.close();
  expect((await failure(listen(listener.localEndpoint, { backlog: 0 }))).code).toBe('BAD_OPTION');
  const again = await listen(listener.localEndpoint);
  await again.close();
});

it.each([
  [{ backlg: 3 }, 'Option "backlg" does not exist: use "backlog".'],
  [{ signal: 5 }, 'Option "signal" must be an AbortSignal, got 5.'],
  [{ nodelay: true }, 'Option "nodelay" does not exist: use "noDelay".'],
])('listen refuses %j', async (options, message) => {
  expect(await failure(listen('tcp://127.0.0.1:0', options as object))).toMatchObject({ code: 'BAD_OPTION', message });
});

it.each([
  [{ signl: undefined, Signal: AbortSignal.timeout(1) }, 'Option "Signal" does not exist: use "signal".'],
  [{ keepAliveMs: '5s' }, 'Option "keepAliveMs" must be 0, or a whole number of milliseconds'],
])('connect refuses %j', async (options, message) => {
  const refused = await failure(connect('tcp://127.0.0.1:1', options as object));
  expect(refused).toMatchObject({ code: 'BAD_OPTION', message: expect.stringContaining(message) });
});
