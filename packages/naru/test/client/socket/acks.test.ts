import { expect, test, vi } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { type AckingSocket, answerAck, expectAck, giveUpAck, giveUpSentAcks } from '../../../src/client/socket/acks.js';
import type { Ack, EventPacket } from '../../../src/client/socket/events.js';
import { createFakeClock } from '../fake-clock.js';

function start() {
  const clock = createFakeClock();
  const socket: AckingSocket = { io: { timers: clock }, acks: {}, sendBuffer: [] };
  const takingError = (): Ack => Object.assign(vi.fn(), { takesError: true });
  return { clock, socket, takingError };
}

test('answers once, with an error first if the acknowledgement takes one', () => {
  const { socket, takingError } = start();
  const [plain, careful] = [vi.fn(), takingError()];
  expectAck(socket, 0, plain, undefined);
  expectAck(socket, 1, careful, undefined);
  for (const id of [0, 1, 1, 7, undefined]) answerAck(socket, id, ['yes']);
  expect(plain.mock.calls).toEqual([['yes']]);
  expect(careful).toHaveBeenCalledExactlyOnceWith(null, 'yes');
});

test('ends the wait at a time limit, and withdraws an event that was not sent', async () => {
  const { clock, socket } = start();
  const ack = vi.fn();
  socket.sendBuffer = [{ id: 0 }, { id: 1 }] as EventPacket[];
  expectAck(socket, 0, ack, 10);
  await clock.advance(10);
  answerAck(socket, 0, ['late']);
  expect(ack).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'TIMEOUT' }));
  expect(socket.sendBuffer).toEqual([{ id: 1 }]);
});

test('ends the time limit with an answer', async () => {
  const { clock, socket } = start();
  const ack = vi.fn();
  expectAck(socket, 0, ack, 10);
  answerAck(socket, 0, ['yes']);
  await clock.advance(20);
  expect(ack).toHaveBeenCalledExactlyOnceWith(null, 'yes');
});

test('reports on close whether the event was sent', () => {
  const { socket, takingError } = start();
  const [plain, careful] = [vi.fn(), takingError()];
  socket.acks[0] = plain;
  socket.acks[1] = careful;
  expect([0, 1, 2].map((id) => giveUpAck(socket, id, 'why'))).toEqual([false, true, false]);
  expect(plain).not.toHaveBeenCalled();
  expect(careful).toHaveBeenCalledExactlyOnceWith('why');
  expect(socket.acks).toEqual({});
});

test('ends the other acknowledgements when one throws, and its error is uncaught', async () => {
  const { socket, takingError } = start();
  const uncaught = catchUncaught();
  const failing = (): never => {
    throw new RangeError('of an acknowledgement');
  };
  const other = takingError();
  Object.assign(socket.acks, { 0: Object.assign(failing, { takesError: true }), 1: other });
  giveUpSentAcks(socket);
  expect(other).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'DISCONNECTED' }));
  await vi.waitFor(() => expect(uncaught).toEqual(['of an acknowledgement']));
});

test('ends only the acknowledgements of sent events when a connection is lost', () => {
  const { socket, takingError } = start();
  const [sent, waiting] = [takingError(), takingError()];
  socket.acks[0] = sent;
  socket.acks[1] = waiting;
  socket.sendBuffer = [{ id: 1 }] as EventPacket[];
  giveUpSentAcks(socket);
  expect(sent).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'DISCONNECTED' }));
  expect(socket.acks).toEqual({ 1: waiting });
});

test('takes the refusal of an event with a key as an error, at the time limit if there is one', async () => {
  const { clock, socket, takingError } = start();
  const refusal = { error: { code: 'UNCONFIRMED', message: 'the log is full' } };
  const [plain, untimed, timed] = [takingError(), takingError(), takingError()];
  untimed.isKeyed = true;
  timed.isKeyed = true;
  expectAck(socket, 0, plain, undefined);
  expectAck(socket, 1, untimed, undefined);
  expectAck(socket, 2, timed, 10);
  for (const id of [0, 1, 2]) answerAck(socket, id, [refusal]);
  const error = expect.objectContaining({ code: 'NOT_KEPT', message: 'the log is full' });
  expect(plain).toHaveBeenCalledExactlyOnceWith(null, refusal);
  expect(untimed).toHaveBeenCalledExactlyOnceWith(error, refusal);
  expect(timed).not.toHaveBeenCalled();
  await clock.advance(10);
  expect(timed).toHaveBeenCalledExactlyOnceWith(error);
});

test.each([undefined, 10])('waits as long as a limit asks for, with a time limit of %s', async (timeoutMs) => {
  const { clock, socket, takingError } = start();
  const [keyed, lost, plain] = [takingError(), takingError(), takingError()];
  keyed.isKeyed = lost.isKeyed = true;
  const refused = { error: { code: 'LIMITED', message: 'too many events', retryAfter: 500 } };
  for (const [id, ack] of [keyed, lost, plain].entries()) {
    expectAck(socket, id, ack, timeoutMs);
    answerAck(socket, id, [refused]);
  }
  await clock.advance(499);
  expect(keyed).not.toHaveBeenCalled();
  // The connection is lost while the event waits. The server has refused it nevertheless.
  giveUpAck(socket, 1, 'gone');
  await clock.advance(1_000);
  expect(keyed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'LIMITED' }));
  expect(lost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'LIMITED' }));
  expect(plain).toHaveBeenCalledExactlyOnceWith(null, refused);
});

test('takes a refusal that cannot become a text', async () => {
  const { clock, socket, takingError } = start();
  const message = { toString: 0 };
  const [refused, limited] = [takingError(), takingError()];
  refused.isKeyed = limited.isKeyed = true;
  expectAck(socket, 0, refused, undefined);
  expectAck(socket, 1, limited, undefined);
  answerAck(socket, 0, [{ error: { code: 'UNCONFIRMED', message } }]);
  answerAck(socket, 1, [{ error: { code: 'LIMITED', message, retryAfter: 5 } }]);
  await clock.advance(5);
  const isRefused = (code: string) => expect.objectContaining({ code, message: 'refused' });
  expect(refused).toHaveBeenCalledExactlyOnceWith(isRefused('NOT_KEPT'), expect.anything());
  expect(limited).toHaveBeenCalledExactlyOnceWith(isRefused('LIMITED'));
});

test.each([
  [null],
  ['no'],
  [{ error: 'bad' }],
  [{ error: { code: 'BAD_KEY' } }],
  [{ error: { code: 'LIMITED' } }],
  [{ error: { code: 'LIMITED', retryAfter: { valueOf: 0, toString: 0 } } }],
])('takes %j as the answer of a listener to an event with a key', (value) => {
  const { socket, takingError } = start();
  const ack = takingError();
  ack.isKeyed = true;
  expectAck(socket, 0, ack, undefined);
  answerAck(socket, 0, [value]);
  expect(ack).toHaveBeenCalledExactlyOnceWith(null, value);
});
