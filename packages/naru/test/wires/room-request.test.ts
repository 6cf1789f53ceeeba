import { expect, it } from 'vitest';
import { Stage } from '../../../../test/kit/clients/stomp-tester.js';
import { askAboutRoom, type RoomRequest } from '../../src/wires/room-request.js';

async function open() {
  const stage = new Stage({}, { connectionStateRecovery: {} });
  const { connection } = await stage.connect();
  const { namespace, entered } = connection;
  const ask = async (request: RoomRequest) => {
    const outcomes: unknown[] = [];
    askAboutRoom(namespace, entered, request, 'lobby', (refusal, page, list) =>
      outcomes.push(refusal?.code ?? page?.events.map(({ event }) => event) ?? list?.count),
    );
    await stage.clock.settle();
    expect(outcomes).toHaveLength(1);
    return outcomes[0];
  };
  return { io: stage.io, rooms: () => entered.rooms.has('lobby'), ask };
}

const about = { room: 'lobby', id: undefined };
const event: RoomRequest = { type: 'event', event: 'say', args: ['hi'], ...about };

it('does as the permissions allow, and reports the outcome once', async () => {
  const { io, rooms, ask } = await open();
  io.allow({ subscribe: true, publish: true, history: true, presence: true });
  expect([await ask({ type: 'join', ...about }), rooms()]).toEqual([undefined, true]);
  expect(await ask(event)).toBeUndefined();
  expect(await ask({ type: 'history', query: {}, ...about })).toEqual(['say']);
  expect(await ask({ type: 'presence', ...about })).toBe(0);
  expect([await ask({ type: 'leave', ...about }), rooms()]).toEqual([undefined, false]);
});

it('reports the reason of a refusal', async () => {
  const { rooms, ask } = await open();
  for (const type of ['join', 'presence'] as const) expect(await ask({ type, ...about })).toBe('FORBIDDEN');
  expect(await ask({ type: 'history', query: {}, ...about })).toBe('FORBIDDEN');
  expect([await ask(event), rooms()]).toEqual(['FORBIDDEN', false]);
});
