import { expect, it } from 'vitest';
import { stomp } from '../../stomp/src/stomp.js';
import { KNOWN_WIRES, wiresFor } from '../src/wires.js';

const schemesOf = async (endpoints: readonly string[], given = [] as Parameters<typeof wiresFor>[1]) =>
  (await wiresFor(endpoints, given)).map(({ schemes }) => Object.keys(schemes));

it('adds the wires that the endpoints need, and no other', async () => {
  expect(await schemesOf([])).toEqual([]);
  expect(await schemesOf(['tcp://:4000'])).toEqual([]);
  expect(await schemesOf([' STOMPS://:61614', 'stomp://:61613', 'udp://:4001'])).toEqual([
    ['udp'],
    ['stomp', 'stomps'],
  ]);
});

it('leaves out those that the application gives', async () => {
  expect(await schemesOf(['stomp://:61613', 'webrtc://:4002'], [stomp()])).toEqual([['webrtc']]);
});

it('knows their schemes without loading them, and they open nothing on the HTTP server', async () => {
  const loaded = await wiresFor(['udp://:1', 'webrtc://:1', 'stomp://:1'], []);
  expect(loaded.map(({ schemes }) => schemes)).toEqual(KNOWN_WIRES.slice(1).map(({ schemes }) => schemes));
  expect(loaded.map((wire) => wire.openOnHttp?.({} as never))).toEqual([undefined, undefined, undefined]);
});
