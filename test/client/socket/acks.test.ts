import { expect, test, vi } from 'vitest';
import { type AckingSocket, answerAck, expectAck, giveUpAck, giveUpSentAcks } from '../../../src/client/socket/acks.js';
import type { Ack, EventPacket } from '../../../src/client/socket/events.js';
import { createFakeClock } from '../fake-clock.js';

function start() {
  const clock = createFakeClock();
  const socket: AckingSocket = { io: { timers: clock }, acks: {}, sendBuffer: [] };
  const takingError = (): Ack => Object.assign(vi.fn(), { takesError: true });
  return { clock, socket, takingError };
}

test('an answer comes once, with an error first where the acknowledgement takes one', () => {
  const { socket, takingError } = start();
  const [plain, careful] = [vi.fn(), takingError()];
  expectAck(socket, 0, plain, undefined);
  expectAck(socket, 1, careful, undefined);
  for (const id of [0, 1, 1, 7, undefined]) answerAck(socket, id, ['yes']);
  expect(plain.mock.calls).toEqual([['yes']]);
  expect(careful).toHaveBeenCalledExactlyOnceWith(null, 'yes');
});

test('a time limit ends the wait, and takes back an event that was not sent', async () => {
  const { clock, socket } = start();
  const ack = vi.fn();
  socket.sendBuffer = [{ id: 0 }, { id: 1 }] as EventPacket[];
  expectAck(socket, 0, ack, 10);
  await clock.advance(10);
  answerAck(socket, 0, ['late']);
  expect(ack).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'TIMEOUT' }));
  expect(socket.sendBuffer).toEqual([{ id: 1 }]);
});

test('an answer in time ends the limit', async () => {
  const { clock, socket } = start();
  const ack = vi.fn();
  expectAck(socket, 0, ack, 10);
  answerAck(socket, 0, ['yes']);
  await clock.advance(20);
  expect(ack).toHaveBeenCalledExactlyOnceWith(null, 'yes');
});

test('giving up tells whether anybody heard of it', () => {
  const { socket, takingError } = start();
  const [plain, careful] = [vi.fn(), takingError()];
  socket.acks[0] = plain;
  socket.acks[1] = careful;
  expect([0, 1, 2].map((id) => giveUpAck(socket, id, 'why'))).toEqual([false, true, false]);
  expect(plain).not.toHaveBeenCalled();
  expect(careful).toHaveBeenCalledExactlyOnceWith('why');
  expect(socket.acks).toEqual({});
});

test('a lost connection ends the acknowledgements of what was sent, and of nothing else', () => {
  const { socket, takingError } = start();
  const [sent, waiting] = [takingError(), takingError()];
  socket.acks[0] = sent;
  socket.acks[1] = waiting;
  socket.sendBuffer = [{ id: 1 }] as EventPacket[];
  giveUpSentAcks(socket);
  expect(sent).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'DISCONNECTED' }));
  expect(socket.acks).toEqual({ 1: waiting });
});
