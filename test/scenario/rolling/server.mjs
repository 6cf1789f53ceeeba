// A server in its own process, on one build of the package. It tells everybody what its clients say.
import { createServer } from 'node:http';
import { Server } from 'naru';

const { folder, options } = JSON.parse(process.argv[2]);
const warnings = [];
process.on('warning', ({ message }) => warnings.push(message));
const open = {
  folder: async () => (await import('@naru/local')).local(folder),
  redis: async () => (await import('@naru/redis')).redis(options.url),
  nats: async () => (await import('@naru/nats')).nats(options.url),
};
const backplane = await open[options.home]();
const http = createServer();
const io = new Server(http, { connectionStateRecovery: {}, backplane });

io.on('connection', (socket) => {
  if (!socket.recovered) socket.join('everybody');
  io.presence('lobby').join(socket, { id: socket.handshake.auth.name });
  socket.on('say', (text, answer) => {
    io.to('everybody').emit('said', text);
    answer(text);
  });
});

const calls = {
  versions: async () => (await io.fetchNodes()).map(({ version }) => version),
  sockets: async () => (await io.fetchSockets()).length,
  present: async () => (await io.presence('lobby').list()).map(({ id }) => id),
  warnings: () => warnings,
};
process.on('message', async ({ id, name, args }) => {
  process.send({ id, result: await calls[name](args ?? {}) });
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', async () => {
  await io.drain();
  await io.close();
  await backplane.close();
  process.exit(0);
});

await io.ready();
http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));
