// Every documented way to make a server and a client.
const http = require('node:http');
const socketio = require('socket.io');
const { Server, Namespace, Socket } = require('socket.io');
const client = require('socket.io-client');
const { io: connect, Manager, Socket: ClientSocket } = require('socket.io-client');

const free = () =>
  new Promise((resolve) => {
    const server = http.createServer().listen(0, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const forms = {
  'new Server(port)': (port) => new Server(port),
  'new Server(port, options)': (port) => new Server(port, { serveClient: false }),
  'new Server(http)': (port) => new Server(http.createServer().listen(port)),
  'new Server(options), listen': (port) => new Server({ path: '/socket.io/' }).listen(port),
  'new Server(), attach to a port': (port) => new Server().attach(port),
  'new Server(), attach to a server': (port) => new Server().attach(http.createServer().listen(port)),
  'called with a port': (port) => socketio(port),
  'called with a server and options': (port) => socketio(http.createServer().listen(port), { pingInterval: 10000 }),
  'called, then attached': (port) => {
    const io = socketio();
    io.attach(http.createServer().listen(port));
    return io;
  },
  'the class as a property': (port) => new socketio.Server(port),
};

const clients = {
  called: (url) => client(url, { forceNew: true }),
  named: (url) => connect(url, { forceNew: true }),
  property: (url) => client.io(url, { forceNew: true }),
  connect: (url) => client.connect(url, { forceNew: true }),
  manager: (url) => new Manager(url).socket('/'),
};

(async () => {
  console.log(typeof Server, typeof Namespace, typeof Socket, typeof Manager, typeof ClientSocket);
  for (const [name, make] of Object.entries(forms)) {
    const port = await free();
    const io = make(port);
    const accepted = new Promise((resolve) => io.on('connection', resolve));
    const socket = client(`http://localhost:${port}`, { forceNew: true });
    const [first] = await Promise.all([accepted, new Promise((resolve) => socket.on('connect', resolve))]);
    console.log(
      name,
      io instanceof Server,
      first instanceof Socket,
      first.nsp instanceof Namespace,
      first.id === socket.id,
    );
    socket.close();
    await io.close();
  }
  for (const [name, make] of Object.entries(clients)) {
    const port = await free();
    const io = new Server(port);
    const socket = make(`http://localhost:${port}`);
    await new Promise((resolve) => socket.on('connect', resolve));
    console.log(name, socket instanceof ClientSocket, socket.io instanceof Manager, socket.active, socket.nsp);
    socket.close();
    await io.close();
  }
})();
