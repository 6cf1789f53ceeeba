// A server in its own process, on the built package. Its own listener kills it in the middle of a turn of the event
// loop.
import { createServer } from 'node:http';
import { local } from '@naru/local';
import { Server } from 'naru';

const { folder, options } = JSON.parse(process.argv[2]);
const http = createServer();
const io = new Server(http, { connectionStateRecovery: {}, backplane: local(folder) });
const ran = [];

io.on('connection', (socket) => {
  socket.on('order', (n, ack) => {
    ran.push(n);
    io.emit('ordered', n);
    ack(`done ${n}`);
    // Puts the event into the log at once, because a socket that enters now must not receive it.
    socket.join('customers');
    if (options.dies) process.kill(process.pid, 'SIGKILL');
  });
});

const calls = { ran: () => ran };
process.on('message', async ({ id, name }) => process.send({ id, result: await calls[name]() }));
process.on('disconnect', () => process.exit(0));
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));
