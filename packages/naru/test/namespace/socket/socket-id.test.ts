import { expect, it } from 'vitest';
import { newSocketId } from '../../../src/namespace/socket/socket-id.js';

it('takes the id of the session for clients of Socket.IO 2, with the namespace in front', () => {
  const createId = (): string => 'new';
  const idIn = (name: string, protocol: number): string => newSocketId({ name, createId }, { protocol, id: 'sid' });
  expect([idIn('/', 4), idIn('/', 3), idIn('/chat', 3)]).toEqual(['new', 'sid', '/chat#sid']);
});
