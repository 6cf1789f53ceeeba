// The client of greeting-server.mjs.
import { io } from 'socket.io-client';

const socket = io(`ws://localhost:${process.env.PORT}`, { transports: ['websocket'] });

socket.on('connect', () => {
  console.log('connected', socket.connected, socket.id.length > 10);
  socket.emit('hello from client', 5, '6', { 7: Uint8Array.from([8]) });
});
socket.on('hello from server', (...args) => {
  console.log('hello from server', args[0], args[1], [...args[2][3]]);
});
socket.on('bye', () => socket.disconnect());
socket.on('disconnect', (reason) => console.log('disconnect', reason));
