import { expect, it, vi } from 'vitest';
import { description, FakeChannelPort, FakePeerConnection } from '../../../../../test/kit/fake-channels.js';
import type { EngineSocket } from '../../../../naru/src/client/engine/engine.js';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { openDataChannel } from '../../../src/client/lane/data-channel.js';
import type { ClientLane } from '../../../src/client/lane/keeper.js';

/** Opens a channel against a server that gives `answer`. */
async function open(answer: unknown, hostname = 'game.example') {
  const clock = new FakeClock();
  const port = new FakeChannelPort();
  Object.assign(FakePeerConnection, { clock, port, isBlocked: false });
  vi.stubGlobal('RTCPeerConnection', FakePeerConnection);
  const server = await port.open('', 4_002);
  const state = { ends: 0, lane: undefined as ClientLane | undefined, units: [] as unknown[] };
  const close = openDataChannel(
    { timers: clock, iceServers: [] },
    {
      engine: { hostname, binaryType: 'arraybuffer' } as EngineSocket,
      ask: (_call, [asked], answered) => {
        const ignore = () => undefined;
        server.open(asked as typeof description, {
          onOpen: ignore,
          onDatagram: ignore,
          onMisuse: ignore,
          onEnd: ignore,
        });
        answered(answer);
      },
      onOpen: (lane) => {
        state.lane = lane;
      },
      onUnits: (units) => state.units.push(units),
      onEnd: () => {
        state.ends += 1;
      },
    },
  );
  await clock.advance(100);
  const [page] = port.pages as [FakePeerConnection];
  return { clock, state, close, page, port };
}

const good = { ...description, hosts: [], port: 4_002 };

it('opens an unordered channel without retransmission, and asks no STUN server', async () => {
  const { state, page } = await open(good);
  expect(page.configuration).toEqual({ iceServers: [] });
  expect(page.channel.options).toEqual({ negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
  expect(page.answer).toContain(' game.example 4002 typ host');
  expect([state.lane?.isFresh, state.ends]).toEqual([true, 0]);
});

it('tries the announced hosts, and only those', async () => {
  const { page } = await open({ ...good, hosts: ['203.0.113.7', 'a b', 5, ...Array(20).fill('2001:db8::7')] });
  expect(page.answer).toContain(' 203.0.113.7 4002 ');
  expect(page.answer).not.toMatch(/game\.example|a b/);
  expect(page.answer.match(/a=candidate/g)?.length).toBeLessThanOrEqual(8);
});

it.each([
  undefined,
  null,
  'text',
  { error: { code: 'NO_LANE' } },
  { ...good, port: 0 },
  { ...good, port: '4002' },
  { ...good, hosts: ['a b\r\na=x'] },
  { ...good, ufrag: 'a\r\nb' },
])('ends with the answer %j', async (answer) => {
  const { state, page } = await open(answer);
  expect([state.ends, state.lane, page.answer]).toEqual([1, undefined, '']);
});

it('ends when the channel does not open in time, and when it closes', async () => {
  const opened = await open(good);
  opened.page.end();
  await opened.clock.advance(10);
  expect([opened.state.ends, opened.state.lane?.isFresh]).toEqual([1, false]);
  expect(opened.state.lane?.send(['2["a"]'])).toBe(false);
  const blocked = await open(good, '');
  expect(blocked.state.ends).toBe(1);
  await blocked.clock.advance(10_000);
  expect([blocked.state.ends, blocked.state.lane]).toEqual([2, undefined]);
  blocked.close();
  expect(blocked.clock.timerCount).toBe(1);
});

it('leaves blobs and large messages to the connection, and gives bytes in the type of the engine', async () => {
  const { state, page } = await open(good);
  expect(state.lane?.send(['2["a"]', new Blob(['x'])])).toBe(false);
  expect(state.lane?.send([`2["${'x'.repeat(2_000)}"]`])).toBe(false);
  expect(state.lane?.send(['51-["a",{}]', Uint8Array.of(1).buffer])).toBe(true);
  page.channel.onmessage({ data: 'text' });
  page.channel.onmessage({ data: Uint8Array.of(0, 0, 0, 1, 1, 52, 129, 7).buffer });
  expect(state.units).toEqual([['4', Uint8Array.of(7).buffer]]);
});
