// A server on its own port, as on the first page of many tutorials.
import { Server } from 'socket.io';

const io = new Server(Number(process.env.PORT));
const plain = (value) =>
  JSON.stringify(value, (_key, inner) => (inner?.type === 'Buffer' ? `bytes ${inner.data}` : inner));

io.on('connection', (socket) => {
  console.log('connected by', socket.conn.transport.name);
  socket.emit('hello from server', 1, '2', { 3: Buffer.from([4]) });
  socket.on('hello from client', (...args) => {
    console.log('hello from client', plain(args), Buffer.isBuffer(args[2][7]));
    socket.emit('bye');
  });
  socket.on('disconnect', (reason) => {
    console.log('disconnect', reason);
    io.close();
  });
});
console.log('ready');
