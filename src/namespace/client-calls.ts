/** The events of Naru's own by which a client of any wire that carries Socket.IO uses the doors of its namespace. */
import type { ClientCall } from './context.js';
import type { Answered } from './doors.js';

/** What the answer to such a call says: nothing, or why not. */
export interface CallAnswer {
  readonly error?: { readonly code: string; readonly message: string };
}

/** `naru:subscribe` (room), `naru:unsubscribe` (room) and `naru:publish` (room, event, ...args); each is answered with a CallAnswer. */
export function createDoorCalls(): Map<string, ClientCall> {
  return new Map<string, ClientCall>([
    ['naru:subscribe', (socket, [room], answer) => socket.nsp.doors.subscribe(socket, room, answering(answer))],
    [
      'naru:unsubscribe',
      (socket, [room], answer) => {
        socket.nsp.doors.unsubscribe(socket, room);
        answer({});
      },
    ],
    [
      'naru:publish',
      (socket, [room, event, ...args], answer) =>
        socket.nsp.doors.publish(socket, room, event, args, answering(answer)),
    ],
  ]);
}

function answering(answer: (answer: CallAnswer) => void): Answered {
  return (refusal) => answer(refusal ? { error: { code: refusal.code, message: refusal.message } } : {});
}
