/** A user whom middleware like passport.js puts on the request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Server } from 'socket.io';

declare global {
  namespace Express {
    interface User {
      id: number;
      username: string;
    }
    interface Request {
      user?: User;
      isAuthenticated(): boolean;
    }
  }
}

declare const passport: { session(): (req: Request, res: Response, next: NextFunction) => void };

const app = express();
const httpServer = createServer(app);
const io = new Server(httpServer, { cors: { origin: 'http://localhost:8080', credentials: true } });

function onlyForHandshake(middleware: (req: Request, res: Response, next: NextFunction) => void) {
  return (req: IncomingMessage & { _query: { sid?: string } }, res: ServerResponse, next: (error?: Error) => void) => {
    const isHandshake = req._query.sid === undefined;
    if (isHandshake) middleware(req as unknown as Request, res as Response, next as NextFunction);
    else next();
  };
}

io.engine.use(onlyForHandshake(passport.session()));
io.engine.use(
  onlyForHandshake((req, res, next) => {
    if (req.user) {
      next();
    } else {
      res.writeHead(401);
      res.end();
    }
  }),
);

io.on('connection', (socket) => {
  const req = socket.request as Request & { user: Express.User };
  socket.join(`user:${req.user.id}`);
  socket.on('whoami', (callback: (username: string) => void) => {
    callback(req.user.username);
  });
});

io.in('user:1')
  .fetchSockets()
  .then((sockets) => console.log(sockets.length));
httpServer.listen(3000);
