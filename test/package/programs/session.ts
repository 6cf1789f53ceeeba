/** Express sessions that sockets share, as the guide for express-session has it. */
import { createServer } from 'node:http';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import session from 'express-session';
import { type ExtendedError, Server, type Socket } from 'socket.io';

declare module 'express-session' {
  interface SessionData {
    count: number;
    user: string;
  }
}

const app = express();
const httpServer = createServer(app);
const sessionMiddleware = session({ secret: 'changeit', resave: true, saveUninitialized: true });
app.use(sessionMiddleware);
app.post('/incr', (req, res) => {
  req.session.count = (req.session.count ?? 0) + 1;
  io.to(req.session.id).emit('current count', req.session.count);
  res.status(200).end(`${req.session.count}\n`);
});
app.post('/logout', (req, res) => {
  const sessionId = req.session.id;
  req.session.destroy(() => {
    io.in(sessionId).disconnectSockets();
    res.status(204).end();
  });
});

const io = new Server(httpServer);
io.engine.use(sessionMiddleware);

// Middleware for the handshake alone, as in older programs.
const onlyForHandshake =
  (middleware: RequestHandler) =>
  (req: Request & { _query: Record<string, string> }, res: Response, next: NextFunction): void => {
    if (req._query.sid === undefined) middleware(req, res, next);
    else next();
  };
io.engine.use(onlyForHandshake(sessionMiddleware));
io.engine.use((req: Request, res: Response, next: NextFunction) => {
  if (req.session.user) {
    next();
  } else {
    res.writeHead(401);
    res.end();
  }
});

const wrap = (middleware: RequestHandler) => (socket: Socket, next: (error?: ExtendedError) => void) =>
  middleware(socket.request as Request, {} as Response, next as NextFunction);
io.use(wrap(sessionMiddleware));
io.of('/admin').use(wrap(sessionMiddleware));

io.use((socket, next) => {
  const { session: own } = socket.request as Request;
  if (own?.user) next();
  else next(new Error('unauthorized'));
});

io.on('connection', (socket) => {
  const req = socket.request as express.Request;
  socket.join(req.session.id);
  socket.use((_event, next) => {
    req.session.reload((error) => {
      if (error) socket.disconnect();
      else next();
    });
  });
  socket.on('my event', () => {
    req.session.count = (req.session.count ?? 0) + 1;
    req.session.save();
  });
});

httpServer.listen(3000);
