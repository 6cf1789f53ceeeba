/** The types of the client's own events, on sockets with and without declared events. Checked, never run. */
import type { ConfigErrorCode, ProtocolErrorCode, UnavailableErrorCode } from '../../packages/naru/src/base/errors.js';
import type { Member, Socket } from '../../packages/naru/src/entry/client.js';
import { has, same } from './equal.js';

interface ToClient {
  news: (message: string, count: number) => void;
}

interface ToServer {
  hello: (message: string) => void;
}

export function eventsOfNaru(socket: Socket<ToClient, ToServer>): void {
  socket.on('naru:gap', (gap) => {
    same<string, typeof gap.after>(true);
    same<string | null, typeof gap.before>(true);
  });
  socket.once('naru:dropped', ({ count }) => same<number, typeof count>(true));
  socket.on('naru:restart', ({ retryAfterMs }) => same<number, typeof retryAfterMs>(true));
  socket.on('naru:presence:join', (room, member) => {
    same<string, typeof room>(true);
    has<Member>(member);
  });
  socket.on('naru:presence:leave', (_room, { id, connections }) =>
    same<[string, number], [typeof id, typeof connections]>(true),
  );
  // An application's state has the type that the application declares.
  socket.on('naru:presence:update', (_room: string, member: Member<{ isTyping: boolean }>) =>
    has<boolean>(member.state.isTyping),
  );
  socket.on('naru:presence:list', (_room, { members, count }) => {
    same<number, typeof count>(true);
    has<readonly Member[]>(members);
  });
  // @ts-expect-error there is no such event
  socket.on('naru:gaps', () => {});
  // @ts-expect-error only a server sends it
  socket.emit('naru:gap', { after: '', before: null });
}

export function errorsOfConnecting(typed: Socket<ToClient, ToServer>, untyped: Socket): void {
  typed.on('connect_error', (error) => {
    has<Error>(error);
    same<ConfigErrorCode | ProtocolErrorCode | UnavailableErrorCode | undefined, typeof error.code>(true);
    same<[unknown, unknown], [typeof error.description, typeof error.context]>(true);
    // As in Socket.IO, the data is not typed, and can be read without a check.
    has<string>(error.data.code);
  });
  untyped.on('connect_error', (error) => has<boolean>(error.code === 'TIMEOUT' || error.description === 413));
  untyped.on('naru:gap', ({ after }) => same<string, typeof after>(true));
}
