import { expect, it } from 'vitest';
import { encodeDatagram } from '../../../naru/src/protocol/webtransport/datagram.js';
import { EncodedPacket } from '../../../naru/src/transport/encoded-packet.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import { CHANNEL_OPEN_MS, ChannelLane, ChannelLaneContext } from '../../src/data-channel/lane.js';
import { CHANNEL_BYTES_MAX } from '../../src/protocol/lane/channel-end.js';
import { LANE_SILENCE_MS_MAX } from '../../src/protocol/lane/freshness.js';

function createLane(messagesPerSecondMax = 10) {
  const clock = new FakeClock();
  const events: unknown[] = [];
  const sent: Uint8Array[] = [];
  const lane = new ChannelLane(new ChannelLaneContext(clock, messagesPerSecondMax), {
    onOpen: () => events.push('open'),
    onVolatile: (_lane, units) => events.push(units),
    onEnd: (_lane, reason) => events.push(reason),
  });
  lane.start({
    description: { ufrag: '', pwd: '', fingerprint: '' },
    bufferedBytes: 0,
    send: (datagram) => sent.push(datagram),
    close: () => events.push('peer closed'),
  });
  let sequence = 0;
  const receive = (...units: (string | Uint8Array)[]) => {
    sequence += 1;
    lane.onDatagram(encodeDatagram(sequence, units, 2_000) ?? new Uint8Array());
  };
  return { clock, events, sent, lane, receive };
}

it('carries messages in both directions while it is open', () => {
  const { clock, events, sent, lane, receive } = createLane();
  expect([lane.isFresh, lane.send([new EncodedPacket('4')])]).toEqual([false, false]);
  receive('4early');
  lane.onOpen();
  receive('42["a"]', Uint8Array.of(1));
  expect(events).toEqual(['open', ['42["a"]', Buffer.of(1)]]);
  expect([lane.isFresh, lane.send([new EncodedPacket('42["b"]')]), sent.length]).toEqual([true, true, 1]);
  lane.close();
  receive('4late');
  lane.onOpen();
  lane.onEnd();
  expect([lane.isFresh, lane.send([new EncodedPacket('4')])]).toEqual([false, false]);
  expect(events.slice(2)).toEqual(['peer closed', 'closed']);
  expect(clock.timerCount).toBe(0);
});

it('ends when its channel does not open in time', async () => {
  const { clock, events } = createLane();
  await clock.advance(CHANNEL_OPEN_MS);
  expect([events, clock.timerCount]).toEqual([['peer closed', 'unopened'], 0]);
});

it('ends when its client opens it and never speaks, or stops speaking', async () => {
  const { clock, events, lane, receive } = createLane();
  lane.onOpen();
  await clock.advance(LANE_SILENCE_MS_MAX - 1);
  receive('');
  await clock.advance(LANE_SILENCE_MS_MAX - 1);
  expect(events).toEqual(['open']);
  await clock.advance(1);
  expect([events, clock.timerCount]).toEqual([['open', 'peer closed', 'silent'], 0]);
});

it('ends when its client speaks without end', async () => {
  const { clock, events, lane, receive } = createLane(10);
  lane.onOpen();
  for (let second = 0; second < 3; second += 1) {
    for (let count = 0; count < 10; count += 1) receive('');
    await clock.advance(1_000);
  }
  expect(events).toEqual(['open']);
  for (let count = 0; count < 11; count += 1) receive('');
  expect(events).toEqual(['open', 'peer closed', 'flooded']);
});

it.each([
  ['a datagram that is too large', (lane: ChannelLane) => lane.onDatagram(new Uint8Array(CHANNEL_BYTES_MAX + 1))],
  ['text, or a channel of its own', (lane: ChannelLane) => lane.onMisuse()],
])('ends when its client sends %s', (_what, send) => {
  const { events, lane } = createLane();
  lane.onOpen();
  send(lane);
  expect(events).toEqual(['open', 'peer closed', 'misused']);
});
