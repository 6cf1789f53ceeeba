// A server in its own process, on the built package. Its listener counts its runs.
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { redis } from '@naru/redis';
import { Server } from 'naru';

const { folder, port = 0, options } = JSON.parse(process.argv[2]);
const http = createServer();
const io = new Server(http, { backplane: options ? redis(options.redis) : local(folder) });
const ran = [];
let answer;

io.on('connection', (socket) => {
  socket.on('order', (n, ack) => {
    ran.push(n);
    ack(`done ${n}`);
  });
  socket.on('slow', (n, ack) => {
    ran.push(n);
    answer = () => ack(`done ${n}`);
  });
  socket.on('keep', (n, ack) => {
    ran.push(n);
    answer = () => {
      io.emit('kept', n);
      ack(`done ${n}`);
    };
  });
  socket.on('note', (ack) => {
    io.emit('noted');
    ack();
  });
});

const calls = { ran: () => ran, answer: () => answer() };
process.on('message', async ({ id, name }) => {
  const result = await calls[name]();
  // The answer of the call is written at the end of the turn.
  setTimeout(() => process.send({ id, result }), 20);
});
process.on('disconnect', () => process.exit(0));
http.listen(port, '127.0.0.1', () => process.send({ port: http.address().port }));
