// The form of the first years: a function of the HTTP server, and events with spaces in their names.
const app = require('node:http').createServer(answer);
const io = require('socket.io')(app);
const connect = require('socket.io-client');

function answer(request, response) {
  response.writeHead(200);
  response.end(`page for ${request.url}`);
}

io.on('connection', (socket) => {
  socket.emit('news', { hello: 'world' });
  socket.on('my other event', (data) => {
    console.log('my other event', data);
    socket.broadcast.emit('user joined', 'somebody');
    io.sockets.emit('this', { will: 'be received by everyone' });
  });
  socket.on('ferret', (name, word, fn) => {
    fn(`${name} says ${word}`);
  });
  socket.on('disconnect', () => {
    io.emit('user disconnected');
  });
});

app.listen(0, async () => {
  const url = `http://localhost:${app.address().port}`;
  console.log(await (await fetch(`${url}/page`)).text());
  const other = connect.connect(url, { forceNew: true });
  await new Promise((resolve) => other.on('connect', resolve));
  other.on('user joined', (who) => console.log('other: user joined', who));
  const socket = connect(url, { forceNew: true });
  socket.on('news', (data) => {
    console.log('news', data);
    socket.emit('my other event', { my: 'data' });
  });
  socket.on('this', (data) => {
    console.log('this', data);
    socket.emit('ferret', 'tobi', 'woot', (said) => {
      console.log(said);
      other.on('user disconnected', () => {
        console.log('other: user disconnected');
        other.close();
        io.close(() => console.log('closed'));
      });
      socket.close();
    });
  });
});
