// The rooms of the application on socket.io, for comparison: frames go from the broadcaster to the viewers, and nothing
// else is done.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 1_000_000, pingInterval: 5_000, pingTimeout: 5_000 });
io.on('connection', (socket) => {
  socket.emit('welcome', {});
  socket.on('air:start', (_ask, reply) => reply({ ok: true, id: 'one' }));
  socket.on('watch', (_ask, reply) => {
    socket.join('one');
    reply({ ok: true });
  });
  socket.on('frame', (bytes) => {
    bytes.writeDoubleBE(Date.now(), 12);
    io.to('one').emit('frame', bytes);
  });
});
http.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}`));
